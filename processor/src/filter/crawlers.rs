//! Events that crawlers cause: of search engines, of models that learn, of previews of links.
//!
//! A crawler says so in its user agent: by a name that ends in `bot`, `crawler` or `spider` with a sign that it is a
//! program, or by one of the names below. There are apps that are no crawlers but carry the same names, such as the
//! ones with a browser inside, and phones called Cubot.

use super::view::View;

/// Parts of user agents in lower case that no browser has.
const NAMES: [&str; 52] = [
    "mediapartners-google",
    "adsbot-google",
    "apis-google",
    "feedfetcher-google",
    "google-read-aloud",
    "google-inspectiontool",
    "google-site-verification",
    "google-safety",
    "googleother",
    "google-extended",
    "google web preview",
    "google page speed",
    "chrome-lighthouse",
    "bingpreview",
    "yahoo! slurp",
    "baiduspider",
    "yandex.com/bots",
    "sogou web spider",
    "duckduckgo-favicons",
    "duckassistbot",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "meta-externalfetcher",
    "ia_archiver",
    "archive.org_bot",
    "chatgpt-user",
    "claude-user",
    "claude-web",
    "anthropic-ai",
    "perplexity-user",
    "mistralai-user",
    "cohere-ai",
    "bytespider",
    "petalbot",
    "ahrefssiteaudit",
    "screaming frog seo",
    "skypeuripreview",
    "slack-imgproxy",
    "vkshare",
    "flipboardproxy",
    "embedly/",
    "iframely/",
    "quora link preview",
    "google-adwords-",
    "scrapy/",
    "nutch",
    "heritrix",
    "w3c_validator",
    "w3c-checklink",
    "prerender (+",
    "microsoftpreview",
];

/// What the page's own objects say when a crawler of mail services runs it, not the page.
const MESSAGE: &str = "Object Not Found Matching Id:";

pub(super) fn fits(view: &View<'_>) -> bool {
    let agent = view.agent();
    let named = !agent.is_empty() && (NAMES.iter().any(|name| agent.contains(name)) || says_so(agent) || is_preview(agent));
    named || view.in_browser() && view.error().1.contains(MESSAGE)
}

/// Programs that look at a link for a preview, by the name that they begin with; apps with a browser inside have it
/// elsewhere.
fn is_preview(agent: &str) -> bool {
    ["whatsapp/", "pinterest/0.", "telegrambot ", "snap url preview"].iter().any(|name| agent.starts_with(name))
}

/// Whether a word ends as the names of crawlers do, and something says that it is a program. Apps on iPhones begin with
/// their own name, whatever it is.
fn says_so(agent: &str) -> bool {
    if agent.contains("cfnetwork/") {
        return false;
    }
    let is_program = agent.contains("compatible;") || agent.contains("+http") || agent.contains("(http");
    let mut from = 0;
    for word in agent.split(|c: char| !c.is_ascii_alphanumeric()) {
        let behind = &agent[from + word.len()..];
        if is_crawler(word, behind) && (is_program || from == 0 || behind.starts_with('/')) {
            return true;
        }
        from += word.len() + behind.chars().next().map_or(0, char::len_utf8);
    }
    false
}

fn is_crawler(word: &str, behind: &str) -> bool {
    // "Slackbot 1.0" delivers what people type in Slack; the one that looks at links is Slackbot-LinkExpanding.
    let other = word == "cubot" || word == "slackbot" && behind.starts_with(' ');
    ["bot", "crawler", "spider"].iter().any(|end| word.ends_with(end)) && !other
}
