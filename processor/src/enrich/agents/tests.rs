#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// Name, version, system, its version, device; `-` where nothing is known.
const REAL: [(&str, [&str; 5]); 22] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
        ["Chrome", "124.0.0.0", "Windows", "10", "-"],
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51",
        ["Edge", "124.0.2478.51", "Windows", "10", "-"],
    ),
    ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0", ["Firefox", "125.0", "Ubuntu", "-", "-"]),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15",
        ["Safari", "17.4.1", "macOS", "10.15.7", "Mac"],
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
        ["Mobile Safari", "17.4.1", "iOS", "17.4.1", "iPhone"],
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1",
        ["Mobile Safari", "12.1.2", "iOS", "12.5.7", "iPad"],
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.82 Mobile Safari/537.36",
        ["Chrome Mobile", "124.0.6367.82", "Android", "14", "Pixel 8"],
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36",
        ["Samsung Internet", "24.0", "Android", "13", "Samsung SM-S911B"],
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1",
        ["Chrome Mobile iOS", "124.0.6367.88", "iOS", "16.6", "iPhone"],
    ),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", ["IE", "11.0", "Windows", "10", "-"]),
    ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)", ["IE", "8.0", "Windows", "7", "-"]),
    (
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
        ["Chrome", "124.0.0.0", "Chrome OS", "14541.0.0", "-"],
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 OPR/109.0.0.0",
        ["Opera", "109.0.0", "Windows", "10", "-"],
    ),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", ["Googlebot", "2.1", "-", "-", "Spider"]),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", ["bingbot", "2.0", "-", "-", "Spider"]),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", ["FacebookBot", "1.1", "-", "-", "Spider"]),
    ("curl/8.5.0", ["curl", "8.5.0", "-", "-", "-"]),
    ("python-requests/2.31.0", ["Python Requests", "2.31", "-", "-", "-"]),
    ("okhttp/4.12.0", ["okhttp", "4.12.0", "-", "-", "-"]),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-A546B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36",
        ["Chrome Mobile WebView", "124.0.6367.82", "Android", "14", "Samsung SM-A546B"],
    ),
    ("-", ["-", "-", "-", "-", "-"]),
    ("Shop", ["-", "-", "-", "-", "-"]),
];

#[test]
fn real_headers_are_read() {
    let agents = Agents::default();
    let mut wrong = Vec::new();
    for (header, expected) in REAL {
        for _ in 0..2 {
            let found = agents.of(header);
            let found = [&found.name, &found.version, &found.os, &found.os_version, &found.device].map(|f| f.as_deref().unwrap_or("-"));
            if found != expected {
                wrong.push(format!("{header}\n  expected {expected:?}\n  found    {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_empty_header_says_nothing() {
    assert_eq!(Agents::default().of("  "), UserAgent::default());
}

#[test]
fn a_long_header_is_read_as_far_as_real_ones_go() {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0";
    let long = format!("{firefox} {}", "x".repeat(100_000));
    assert_eq!(Agents::default().of(&long).name.as_deref(), Some("Firefox"));
    let late = format!("{}{firefox}", "x".repeat(HEADER_BYTES));
    assert_eq!(Agents::default().of(&late), UserAgent::default());
}

#[test]
fn names_that_are_none_are_left_out() {
    assert_eq!(name("Other"), None);
    assert_eq!(name("jane@shop.example"), None);
    assert_eq!(name(&"x".repeat(NAME_BYTES + 1)), None);
    assert_eq!(version([Some("1"), None, Some("3"), None]).as_deref(), Some("1"));
}

#[test]
fn only_so_many_headers_are_remembered() {
    let agents = Agents::default();
    for number in 0..REMEMBERED.get() + 10 {
        agents.seen().put(number.to_string().into(), UserAgent::default());
    }
    assert_eq!(agents.seen().len(), REMEMBERED.get());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_header_is_read_to_short_names(header in "(Mozilla/5\\.0 |\\(|\\)|; |Android [0-9.]*|Build/|bot|Chrome/[0-9.]*|.){0,40}") {
        let found = Agents::default().of(&header);
        for text in [found.name, found.version, found.os, found.os_version, found.device].into_iter().flatten() {
            prop_assert!(!text.is_empty() && text.len() <= NAME_BYTES && !text.contains('@'), "{text}");
        }
    }
}
