#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::testing::read;

const PIXEL: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";

fn agent(event: &Value) -> Option<UserAgent> {
    let mut event = read(event);
    fill(Some(&Agents::default()), &mut event);
    event.user_agent
}

/// Name, version, system, its version, device.
fn found(event: &Value) -> [Option<String>; 5] {
    let UserAgent { name, version, os, os_version, device } = agent(event).unwrap_or_default();
    [name, version, os, os_version, device]
}

fn some(texts: [&str; 5]) -> [Option<String>; 5] {
    texts.map(|text| Some(text.to_owned()).filter(|text| text != "-"))
}

#[test]
fn the_header_of_a_request_is_read_in_any_case_of_its_name() {
    for name in ["User-Agent", "user-agent", "USER-AGENT"] {
        let event = json!({"platform": "python", "request": {"url": "https://shop.example", "headers": {name: WINDOWS}}});
        assert_eq!(found(&event), some(["Chrome", "124.0.0.0", "Windows", "10", "-"]), "{name}");
    }
    assert_eq!(agent(&json!({"platform": "python", "request": {"headers": {"Accept": "*/*"}}})), None);
    assert_eq!(agent(&json!({"message": "m"})), None);
}

#[test]
fn hints_say_what_the_frozen_header_does_not() {
    let event = json!({"platform": "python", "request": {"headers": {
        "User-Agent": PIXEL, "Sec-CH-UA-Platform": "\"Android\"", "Sec-CH-UA-Platform-Version": "\"14.0.0\"", "Sec-CH-UA-Model": "\"Pixel 8\""}}});
    assert_eq!(found(&event), some(["Chrome Mobile", "124.0.0.0", "Android", "14.0.0", "Pixel 8"]));
    let windows = |version: &str| {
        found(&json!({"platform": "node", "request": {"headers": {
            "User-Agent": WINDOWS, "sec-ch-ua-platform": "\"Windows\"", "sec-ch-ua-platform-version": format!("\"{version}\"")}}}))[3]
            .clone()
    };
    assert_eq!(windows("15.0.0").as_deref(), Some("11"));
    assert_eq!(windows("10.0.0").as_deref(), Some("10"));
    assert_eq!(windows("0.3.0").as_deref(), Some("8.1"));
    assert_eq!(windows("x").as_deref(), Some("10"), "what can't be read changes nothing");
}

#[test]
fn what_runs_in_hands_says_it_in_its_contexts() {
    let contexts = json!({"os": {"name": "iOS", "version": "17.4.1"}, "device": {"model": "iPhone14,2", "family": "iPhone"}});
    let event = json!({"platform": "cocoa", "sdk": {"name": "sentry.cocoa", "version": "8"}, "contexts": contexts});
    assert_eq!(found(&event), some(["-", "-", "iOS", "17.4.1", "iPhone14,2"]));
    let contexts = json!({"os": {"name": "Android", "version": "14"}, "device": {"family": "Pixel"}});
    let event = json!({"platform": "java", "sdk": {"name": "sentry.java.android", "version": "7"}, "contexts": contexts});
    assert_eq!(found(&event), some(["-", "-", "Android", "14", "Pixel"]));
    let contexts = json!({"browser": {"name": "Chrome", "version": "120.0.6099"}, "os": {"name": "Windows", "version": "10.0.22631"}});
    let event = json!({"platform": "node", "sdk": {"name": "sentry.javascript.electron", "version": "4"}, "contexts": contexts});
    assert_eq!(found(&event), some(["Chrome", "120.0.6099", "Windows", "10.0.22631", "-"]));
}

#[test]
fn contexts_in_hands_count_before_the_header_and_a_version_stays_with_its_name() {
    let contexts = json!({"os": {"name": "Windows"}, "browser": {"name": "Electron", "version": "30.0"}});
    let event = json!({"platform": "javascript", "contexts": contexts, "request": {"headers": {"User-Agent": WINDOWS}}});
    assert_eq!(found(&event), some(["Electron", "30.0", "Windows", "10", "-"]));
    let contexts = json!({"os": {"name": "macOS"}});
    let event = json!({"platform": "javascript", "contexts": contexts, "request": {"headers": {"User-Agent": WINDOWS}}});
    assert_eq!(found(&event), some(["Chrome", "124.0.0.0", "macOS", "-", "-"]));
}

#[test]
fn the_system_of_a_server_is_not_its_users() {
    let contexts = json!({"os": {"name": "Linux", "version": "6.1"}, "device": {"model": "PowerEdge"}, "browser": {"name": "x"}});
    for (platform, sdk) in [
        ("python", "sentry.python"),
        ("node", "sentry.javascript.node"),
        ("javascript", "sentry.javascript.deno"),
        ("javascript", "sentry.javascript.bun"),
        ("java", "sentry.java.spring-boot"),
        ("csharp", "sentry.dotnet.aspnetcore"),
    ] {
        assert_eq!(agent(&json!({"platform": platform, "sdk": {"name": sdk, "version": "1"}, "contexts": contexts})), None, "{sdk}");
    }
}

#[test]
fn odd_contexts_are_left_out() {
    let contexts =
        json!({"os": {"name": 7, "version": "x"}, "device": {"model": "x".repeat(200), "family": "jane@shop.example"}, "browser": []});
    assert_eq!(agent(&json!({"platform": "cocoa", "contexts": contexts})), None);
}

#[test]
fn what_the_event_says_itself_stands() {
    let mut event = read(&json!({"platform": "python", "request": {"headers": {"User-Agent": WINDOWS}}}));
    event.user_agent = Some(UserAgent { name: Some("Shop App".into()), ..UserAgent::default() });
    fill(Some(&Agents::default()), &mut event);
    let agent = event.user_agent.unwrap();
    assert_eq!((agent.name.as_deref(), agent.version, agent.os.as_deref()), (Some("Shop App"), None, Some("Windows")));
}
