//! Events of browsers up to a version, by the user agent.
//!
//! On iPhones every browser is Safari underneath, and those whose versions count differently are taken for the Safari
//! of their system. Sources of the forms: <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/User-Agent>.

use schemas::rules::filters::{Browser, Family};
use serde_json::Value;

use super::view::View;

pub(super) fn fits(view: &View<'_>, browsers: &[Browser]) -> bool {
    let found = detect(view.agent()).or_else(|| of_context(view));
    let Some((family, version)) = found else { return false };
    browsers.iter().any(|browser| browser.family == family && browser.below.is_none_or(|below| version < below))
}

/// What the client says itself, where there is no user agent.
fn of_context(view: &View<'_>) -> Option<(Family, u32)> {
    let browser = view.event.contexts.get("browser")?;
    let text = |key| browser.get(key).and_then(Value::as_str);
    let family = match text("name")?.to_ascii_lowercase().as_str() {
        "ie" | "internet explorer" | "ie mobile" => Family::Ie,
        "edge" | "microsoft edge" => Family::Edge,
        "firefox" => Family::Firefox,
        "chrome" | "google chrome" => Family::Chrome,
        "safari" | "mobile safari" => Family::Safari,
        "opera" => Family::Opera,
        "opera mini" => Family::OperaMini,
        "android" | "android browser" => Family::Android,
        "samsung internet" => Family::Samsung,
        _ => return None,
    };
    Some((family, number(text("version")?)?))
}

/// Browser and first number of the version of a user agent in lower case.
fn detect(agent: &str) -> Option<(Family, u32)> {
    let after = |name: &str| agent.split_once(name).and_then(|(_, rest)| number(rest));
    if let Some(version) = after("opera mini/") {
        return Some((Family::OperaMini, version));
    }
    if let Some(version) = after("opera/").or_else(|| after("opera ")) {
        return Some((Family::Opera, after("version/").unwrap_or(version)));
    }
    if let Some(version) = after("msie ").or_else(|| after("iemobile/")) {
        return Some((Family::Ie, version));
    }
    if agent.contains("trident/") {
        return Some((Family::Ie, after("rv:").unwrap_or(11)));
    }
    let mobile_chrome = after("edga/").filter(|version| *version < 79).is_some();
    if let Some(version) = after("edg/").or_else(|| after("edge/")).or_else(|| after("edga/").filter(|_| !mobile_chrome)) {
        return Some((Family::Edge, version));
    }
    let plain = [("opr/", Family::Opera), ("samsungbrowser/", Family::Samsung), ("firefox/", Family::Firefox), ("crios/", Family::Chrome)];
    if let Some(found) = plain.into_iter().find_map(|(name, family)| Some((family, after(name)?))) {
        return Some(found);
    }
    if let Some(version) = after("chrome/").or_else(|| after("chromium/")) {
        return Some((Family::Chrome, version));
    }
    if agent.contains("android") {
        return Some((Family::Android, after("android ").filter(|_| agent.contains("version/") && agent.contains("safari/"))?));
    }
    apple(agent)
}

/// Safari, and what is Safari underneath.
fn apple(agent: &str) -> Option<(Family, u32)> {
    let after = |name: &str| agent.split_once(name).and_then(|(_, rest)| number(rest));
    let phone = ["iphone", "ipad", "ipod"].iter().any(|name| agent.contains(name));
    let own = after("version/").filter(|_| agent.contains("safari/") && (phone || agent.contains("macintosh")));
    let of_system = || after(" os ").filter(|_| phone && agent.contains("applewebkit/"));
    own.or_else(of_system).map(|version| (Family::Safari, version))
}

/// The whole number that a text begins with.
fn number(text: &str) -> Option<u32> {
    text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// User agents as browsers send them.
    const AGENTS: [(&str, Option<(Family, u32)>); 24] = [
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)", Some((Family::Ie, 9))),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", Some((Family::Ie, 11))),
        (
            "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
            Some((Family::Ie, 10)),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763",
            Some((Family::Edge, 18)),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
            Some((Family::Edge, 130)),
        ),
        (
            "Mozilla/5.0 (Linux; Android 9; Pixel 3) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/77.0.3865.116 Mobile Safari/537.36 EdgA/45.12.4.5121",
            Some((Family::Chrome, 77)),
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36 EdgA/130.0.0.0",
            Some((Family::Edge, 130)),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.0 EdgiOS/45.11.11 Mobile/15E148 Safari/605.1.15",
            Some((Family::Safari, 14)),
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0", Some((Family::Firefox, 60))),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/33.0 Mobile/15E148 Safari/605.1.15",
            Some((Family::Safari, 14)),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3 like Mac OS X) AppleWebKit/602.1.50 (KHTML, like Gecko) CriOS/56.0.2924.75 Mobile/14E5239e Safari/602.1",
            Some((Family::Chrome, 56)),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
            Some((Family::Safari, 17)),
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 9_3 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Version/9.0 Mobile/13E188a Safari/601.1",
            Some((Family::Safari, 9)),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/19E241 [FBAN/FBIOS;FBAV/360.0.0.30.113]",
            Some((Family::Safari, 15)),
        ),
        ("Opera/9.80 (Windows NT 6.1; U; en) Presto/2.8.131 Version/11.11", Some((Family::Opera, 11))),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; en) Opera 8.50", Some((Family::Opera, 8))),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/62.0.3202.94 Safari/537.36 OPR/49.0.2725.39",
            Some((Family::Opera, 49)),
        ),
        ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10", Some((Family::OperaMini, 7))),
        (
            "Mozilla/5.0 (Linux; U; Android 4.0.3; ko-kr; LG-L160L Build/IML74K) AppleWebkit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
            Some((Family::Android, 4)),
        ),
        (
            "Mozilla/5.0 (Linux; Android 8.0.0; SAMSUNG SM-G950F) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/7.2 Chrome/59.0.3071.125 Mobile Safari/537.36",
            Some((Family::Samsung, 7)),
        ),
        (
            "Mozilla/5.0 (Linux; Android 5.0; SM-G900P Build/LRX21T) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/48.0.2564.23 Mobile Safari/537.36",
            Some((Family::Chrome, 48)),
        ),
        ("Dalvik/2.1.0 (Linux; U; Android 11; Pixel 5 Build/RQ3A)", None),
        ("python-requests/2.31.0", None),
        ("", None),
    ];

    #[test]
    fn browsers_are_told_by_their_user_agents() {
        for (agent, expected) in AGENTS {
            assert_eq!(detect(&agent.to_ascii_lowercase()), expected, "{agent}");
        }
    }

    proptest! {
        #[test]
        fn any_text_may_be_a_user_agent(agent in "([a-z/. ;()0-9é]|opera |msie |version/|edga/|android ){0,20}") {
            let _ = detect(&agent);
        }
    }
}
