use proptest::prelude::*;
use schemas::catalog::ProjectSettings;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::{context, rules::Rules, testing};

fn filters(json: &Value) -> Vec<Filter> {
    Vec::deserialize(json).unwrap()
}

fn rules(own: &Value, all: &Value) -> Rules {
    Rules { filters: Filters::new(&filters(own), &filters(all)), ..Rules::default() }
}

/// What becomes of an event after all stages: the reason and the filter's name, if one leaves it out.
fn ended(rules: &Rules, event: &Value) -> Option<(Reason, String)> {
    let settings = ProjectSettings::default();
    let verdict = context::run(&Context { rules, ..Context::plain(&settings) }, testing::read(event));
    verdict.err().map(|ended| {
        assert_eq!(ended.kind, Kind::Filtered);
        (ended.reason, ended.detail)
    })
}

/// Whether one filter, given without its name, leaves the events out.
fn check(mut filter: Value, left_out: bool, events: impl IntoIterator<Item = Value>) {
    filter["name"] = "it".into();
    let rules = rules(&json!([filter]), &json!([]));
    for event in events {
        let found = ended(&rules, &event);
        assert_eq!(found.is_some(), left_out, "{filter} on {event}: {found:?}");
    }
}

/// The error of a page.
fn of_page(kind: &str, message: &str, frames: &[&str]) -> Value {
    let frames: Vec<Value> =
        frames.iter().map(|path| json!({ "function": "f", "abs_path": path, "filename": path, "lineno": 7 })).collect();
    json!({ "platform": "javascript", "exception": { "values": [{ "type": kind, "value": message, "stacktrace": { "frames": frames } }] } })
}

fn agent(agent: &str) -> Value {
    json!({ "platform": "javascript", "message": "m", "request": { "url": "https://shop.example/", "headers": { "User-Agent": agent } } })
}

fn url(url: &str) -> Value {
    json!({ "platform": "python", "message": "m", "request": { "url": url } })
}

/// The error of a server, from the caller to the crash: module, whether it is the application's.
fn of_server(platform: &str, kind: &str, message: &str, frames: &[(&str, bool)]) -> Value {
    let frame = |(module, in_app): &(&str, bool)| json!({ "function": "f", "module": module, "filename": module, "in_app": in_app });
    let frames: Vec<Value> = frames.iter().map(frame).collect();
    json!({ "platform": platform, "exception": { "values": [{ "type": kind, "value": message, "stacktrace": { "frames": frames } }] } })
}

const PAGE: &str = "https://shop.example/static/app.js";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

#[test]
fn errors_raised_in_extensions_are_told_from_those_of_pages() {
    let extension = "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn/inpage.js";
    let inside = |path| of_page("TypeError", "x is undefined", &[PAGE, path]);
    check(
        json!({ "browser_extensions": true }),
        true,
        [
            inside(extension),
            inside("moz-extension://2f1d4a5c-0b1e-4a57-8f5e-1b9b8d1c1a11/content.js"),
            inside("safari-web-extension://1A2B3C4D-0000-4000-8000-ABCDEF012345/script.js"),
            inside("safari-extension://com.example.addon-ABCDE12345/1/content.js"),
            inside("webkit-masked-url://hidden/"),
            of_page("TypeError", "x is undefined", &[PAGE, extension, "<anonymous>"]),
            of_page("Error", "Extension context invalidated.", &[]),
            of_page("ReferenceError", "Can't find variable: _AutofillCallbackHandler", &["https://shop.example/"]),
            of_page("TypeError", "undefined is not an object (evaluating 'window.__firefox__.reader')", &[]),
        ],
    );
    check(
        json!({ "browser_extensions": true }),
        false,
        [
            // Called by an extension, raised by the page.
            of_page("TypeError", "x is undefined", &[extension, PAGE]),
            inside("https://shop.example/chrome-extension.js"),
            inside("https://cdn.example/moz-extension://x.js"),
            of_page("Error", "The context is invalidated", &[PAGE]),
            of_server("python", "Error", "Extension context invalidated", &[("app.browsers", true)]),
            of_page("TypeError", "x is undefined", &[]),
        ],
    );
}

#[test]
fn old_browsers_are_left_out_by_version() {
    let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763";
    let ie = "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko";
    let safari = |version: u32| {
        format!(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version}.1 Safari/605.1.15"
        )
    };
    check(json!({ "legacy_browsers": ["default"] }), true, [agent(edge), agent(ie), agent(&safari(11))]);
    check(json!({ "legacy_browsers": ["default"] }), false, [agent(CHROME), agent(&safari(12)), agent("okhttp/4.9"), json!({})]);
    check(json!({ "legacy_browsers": ["ie", "safari<14"] }), true, [agent(ie), agent(&safari(13))]);
    check(json!({ "legacy_browsers": ["ie", "safari<14"] }), false, [agent(edge), agent(&safari(14)), agent(CHROME)]);
    let context = |version: &str| json!({ "message": "m", "contexts": { "browser": { "name": "Firefox", "version": version } } });
    check(json!({ "legacy_browsers": ["firefox<=52"] }), true, [context("52.9.0")]);
    check(json!({ "legacy_browsers": ["firefox<=52"] }), false, [context("53.0"), context("nightly")]);
}

#[test]
fn the_developers_own_machine_is_known_in_both_versions_of_ip() {
    let user = |ip: &str| json!({ "message": "m", "user": { "ip_address": ip } });
    check(
        json!({ "localhost": true }),
        true,
        [
            url("http://localhost:3000/cart"),
            url("https://LOCALHOST/"),
            url("http://127.0.0.1:8000/"),
            url("http://127.1.2.3/"),
            url("http://[::1]:8080/x"),
            url("http://[::ffff:127.0.0.1]/"),
            url("http://0.0.0.0:5000/"),
            url("http://shop.localhost:3000/"),
            user("127.0.0.1"),
            user("::1"),
        ],
    );
    let web_view = "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36";
    check(
        json!({ "localhost": true }),
        false,
        [
            url("https://localhost.shop.example/"),
            url("https://shop.example/?next=http://localhost/"),
            url("https://notlocalhost/"),
            url("https://localhost@shop.example/"),
            url("capacitor://localhost/index.html"),
            url("file:///android_asset/www/index.html"),
            json!({ "message": "m", "request": { "url": "https://localhost/", "headers": { "User-Agent": web_view } } }),
            user("128.0.0.1"),
            user("{{auto}}"),
            // A server behind a proxy on its own machine.
            json!({ "message": "m", "user": { "ip_address": "127.0.0.1" }, "request": { "url": "https://shop.example/" } }),
        ],
    );
}

#[test]
fn crawlers_are_told_from_phones_and_apps() {
    let crawlers = [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Googlebot-Image/1.0",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0 Safari/537.36",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "WhatsApp/2.23.20.0 A",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    ];
    check(json!({ "web_crawlers": true }), true, crawlers.map(agent));
    let outlook = of_page(
        "UnhandledRejection",
        "Non-Error promise rejection captured with value: Object Not Found Matching Id:2, MethodName:update, ParamCount:4",
        &[],
    );
    check(json!({ "web_crawlers": true }), true, [outlook]);
    let people = [
        CHROME,
        "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 4.4.2; X6 Build/CUBOT/1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/33.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/19E241 [FBAN/FBIOS;FBAV/360.0]",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 YaBrowser/24.10 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36 GSA/15.42",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
        "Slackbot 1.0 (+https://api.slack.com/robots)",
        "ChatBot/1.2 CFNetwork/1410.0.3 Darwin/22.6.0",
        "Botany Garden/2.0 CFNetwork/1410.0.3 Darwin/22.6.0",
        "okhttp/4.12.0",
        "",
    ];
    check(json!({ "web_crawlers": true }), false, people.map(agent));
}

#[test]
fn health_checks_are_told_from_pages_about_health() {
    let transaction = |name: &str| json!({ "message": "m", "transaction": name });
    let probes = [
        "/healthz",
        "/api/health",
        "/health/",
        "/readyz?verbose",
        "/actuator/health/db",
        "/v1/ping",
        "/up",
        "/health/live",
        "/shop/healthcheck",
    ];
    check(json!({ "health_checks": true }), true, probes.map(|path| url(&format!("https://shop.example{path}"))));
    check(
        json!({ "health_checks": true }),
        true,
        ["GET /livez", "/ping", "app.views.healthcheck", "HealthController#health_check", "/readyz/"].map(transaction),
    );
    let probe = |of: &str| json!({ "message": "m", "request": { "url": "http://10.0.0.7:8080/", "headers": [["user-agent", of]] } });
    check(
        json!({ "health_checks": true }),
        true,
        ["kube-probe/1.29", "ELB-HealthChecker/2.0", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"].map(probe),
    );
    let pages = [
        "/",
        "/articles/health",
        "/health/insurance",
        "/orders/17/status",
        "/status",
        "/live",
        "/get-ready",
        "/shipping",
        "/users/ping",
        "/health-tips",
        "/checkout?next=/healthz",
    ];
    check(json!({ "health_checks": true }), false, pages.map(|path| url(&format!("https://shop.example{path}"))));
    check(
        json!({ "health_checks": true }),
        false,
        ["GET /health-insurance", "HealthController#create", "app.views.live", "ping"].map(transaction),
    );
    check(json!({ "health_checks": true }), false, [agent(CHROME)]);
}

#[test]
fn statuses_are_those_answered_wherever_they_are_told() {
    let answered = |status: u16| json!({ "message": "m", "contexts": { "response": { "status_code": status } } });
    check(json!({ "http_statuses": [404, "405-410", "5xx"] }), true, [404, 405, 410, 500, 599].map(answered));
    check(json!({ "http_statuses": [404, "405-410", "5xx"] }), false, [200, 403, 411, 499].map(answered));
    check(
        json!({ "http_statuses": [404] }),
        false,
        [json!({ "message": "404" }), json!({ "contexts": { "response": { "status_code": "x" } } })],
    );
}

#[test]
fn errors_that_mean_nothing_are_told_from_those_that_look_alike() {
    let write = [("app.views", true), ("gunicorn.http.wsgi", false), ("gunicorn.util", false)];
    let tomcat = [("com.shop.Api", true), ("org.apache.catalina.connector.OutputBuffer", false), ("sun.nio.ch.FileDispatcherImpl", false)];
    check(
        json!({ "transient_errors": true }),
        true,
        [
            of_page("Error", "ResizeObserver loop limit exceeded", &[]),
            of_page("Error", "ResizeObserver loop completed with undelivered notifications.", &[PAGE]),
            of_page("Error", "Script error.", &[]),
            of_page("AbortError", "The user aborted a request.", &[PAGE]),
            of_page("AbortError", "signal is aborted without reason", &[PAGE]),
            of_page("NotAllowedError", "play() failed because the user didn't interact with the document first.", &[PAGE]),
            of_server("python", "BrokenPipeError", "[Errno 32] Broken pipe", &write),
            of_server("python", "starlette.requests.ClientDisconnect", "", &[("app.views", true)]),
            of_server("node", "Error", "aborted", &[("node:_http_server", false), ("node:internal/errors", false)]),
            of_server("java", "org.apache.catalina.connector.ClientAbortException", "java.io.IOException: Broken pipe", &tomcat),
            of_server("java", "java.io.IOException", "Connection reset by peer", &tomcat),
            of_server("go", "*errors.errorString", "context canceled", &[("main", true)]),
        ],
    );
    check(
        json!({ "transient_errors": true }),
        false,
        [
            of_page("Error", "Script error.", &[PAGE]),
            of_page("TypeError", "Failed to fetch", &[PAGE]),
            of_page("ChunkLoadError", "Loading chunk 7 failed.", &[PAGE]),
            of_page("Error", "ResizeObserver is not defined", &[PAGE]),
            // The database went away, not the caller.
            of_server(
                "python",
                "ConnectionResetError",
                "[Errno 104] Connection reset by peer",
                &[("gunicorn.http.wsgi", false), ("app.views", true), ("redis.connection", false)],
            ),
            of_server("node", "Error", "read ECONNRESET", &[("app", true), ("node:internal/stream_base_commons", false)]),
            of_server("node", "AbortError", "This operation was aborted", &[("app", true)]),
            of_server("python", "InternalError", "current transaction is aborted", &[("gunicorn", false)]),
            of_server("go", "*errors.errorString", "context deadline exceeded", &[("main", true)]),
            of_server("java", "java.io.IOException", "No space left on device", &tomcat),
        ],
    );
}

#[test]
fn releases_and_messages_are_found_by_patterns() {
    let release = |release: &str| json!({ "message": "m", "release": release });
    check(json!({ "releases": ["<1.4.0", "shop@2.0.*"] }), true, ["1.3.9", "shop@1.0+7", "shop@2.0.1"].map(release));
    check(json!({ "releases": ["<1.4.0", "shop@2.0.*"] }), false, ["1.4.0", "shop@2.1.0", "5f8d0a1"].map(release));
    check(json!({ "releases": ["<1.4.0"] }), false, [json!({ "message": "m" })]);
    let both = json!({ "messages": ["chunkloaderror: *", "*is NOT a constructor", "*ünbekannt*"] });
    let raised = |kind, message| of_page(kind, message, &[PAGE]);
    let log = |text: &str| json!({ "logentry": { "formatted": text } });
    check(
        both.clone(),
        true,
        [raised("ChunkLoadError", "Loading chunk 7 failed.\n(x)"), raised("TypeError", "a.b is not a constructor"), log("Kunde ÜNBEKANNT")],
    );
    check(
        both,
        false,
        [raised("Error", "a ChunkLoadError: x was caught"), raised("TypeError", "x is not a constructor!"), log("unbekannt"), json!({})],
    );
}

#[test]
fn the_first_filter_that_fits_is_named_and_those_switched_off_are_not_asked() {
    let own = json!([
        { "name": "off", "condition": "level:warning", "enabled": false },
        { "name": "broken", "condition": "nosuchfield:x" },
        { "name": "quiet", "condition": "level:warning environment:dev" },
    ]);
    let all = json!([{ "name": "quiet", "condition": "level:warning" }, { "name": "plain", "condition": "category:UNKNOWN message:bye" }]);
    let rules = rules(&own, &all);
    let event = |level: &str, environment: &str, message: &str| json!({ "logentry": { "formatted": message }, "level": level, "environment": environment });
    for (event, expected) in [
        (event("warning", "dev", "hello"), Some("project: quiet")),
        (event("warning", "production", "hello"), Some("all: quiet")),
        (event("error", "dev", "bye"), Some("all: plain")),
        (event("error", "dev", "hello"), None),
    ] {
        let found = ended(&rules, &event);
        assert_eq!(found, expected.map(|name| (Reason::FilterRule, name.to_owned())), "{event}");
    }
}

fn every_kind() -> Rules {
    rules(
        &json!([
            { "name": "a", "browser_extensions": true },
            { "name": "b", "legacy_browsers": ["default"] },
            { "name": "c", "localhost": true },
            { "name": "d", "web_crawlers": true },
            { "name": "e", "health_checks": true },
            { "name": "f", "http_statuses": ["4xx"] },
            { "name": "g", "transient_errors": true },
            { "name": "h", "releases": ["<1.0", "x*y"] },
            { "name": "i", "messages": ["*a*b?c*", "é*"] },
            { "name": "j", "condition": "\"no such words\" tags.t:*x*" },
        ]),
        &json!([]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_event_makes_a_filter_panic(event in testing::events(), agent in ".{0,60}|([a-zé/. ;:0-9-]|bot|crawler){0,12}", path in "(https?://|/)?([a-z/\\[\\]:@?#é]|health|localhost){0,12}") {
        let mut event = event;
        event["request"] = json!({ "url": path, "headers": { "User-Agent": agent } });
        event["release"] = path.clone().into();
        event["transaction"] = path.into();
        let _ = ended(&every_kind(), &event);
    }
}
