use serde_json::{Value, json};

use super::*;
use crate::rules::RuleSet;

fn check(filters: &Value) -> Vec<RuleError> {
    serde_json::from_value::<RuleSet>(json!({ "filters": filters })).unwrap().check()
}

/// The example of the module's documentation.
fn example() -> Value {
    let text = include_str!("../filters.rs");
    let lines = text.lines().skip_while(|line| *line != "//! ```json").skip(1).take_while(|line| *line != "//! ```");
    serde_json::from_str(&lines.map(|line| &line[3..]).collect::<String>()).unwrap()
}

#[test]
fn filters_are_read_and_written_as_people_write_them() {
    let written = example();
    let rules: RuleSet = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(rules.check(), []);
    assert_eq!(serde_json::to_value(&rules.filters).unwrap(), written["filters"]);
    let kinds: Vec<&str> = rules.filters.iter().map(|filter| filter.what().unwrap().kind()).collect();
    assert_eq!(kinds.len(), 10);
    assert!(kinds.iter().all(|kind| KINDS.contains(kind)));
    assert!(rules.filters.iter().all(|filter| filter.enabled == (filter.name != "own machines")));
}

#[test]
fn each_error_says_where_it_is() {
    for (filters, pointer, part) in [
        (json!([{ "localhost": true }]), "/filters/0/name", "needs a name"),
        (json!([{ "name": "a\nb", "localhost": true }]), "/filters/0/name", "no line breaks"),
        (json!([{ "name": "a ", "localhost": true }]), "/filters/0/name", "space"),
        (json!([{ "name": "x".repeat(101), "localhost": true }]), "/filters/0/name", "at most 100"),
        (json!([{ "name": "a", "localhost": true }, { "name": "a", "web_crawlers": true }]), "/filters/1/name", "/filters/0 has this name"),
        (json!([{ "name": "a" }]), "/filters/0", "exactly one of"),
        (json!([{ "name": "a", "localhost": false }]), "/filters/0", "exactly one of"),
        (json!([{ "name": "a", "localhost": true, "messages": ["x"] }]), "/filters/0", "exactly one of"),
        (json!([{ "name": "a", "condition": "servce:x" }]), "/filters/0/condition", "did you mean"),
        (json!([{ "name": "a", "condition": "" }]), "/filters/0/condition", "every event"),
        (json!([{ "name": "a", "legacy_browsers": [] }]), "/filters/0/legacy_browsers", "1 to 100"),
        (json!([{ "name": "a", "legacy_browsers": ["ie", "safary<6"] }]), "/filters/0/legacy_browsers/1", "did you mean safari"),
        (json!([{ "name": "a", "legacy_browsers": ["ie<x"] }]), "/filters/0/legacy_browsers/0", "whole number"),
        (json!([{ "name": "a", "http_statuses": [404, 99] }]), "/filters/0/http_statuses/1", "from 100 to 599"),
        (json!([{ "name": "a", "http_statuses": ["410-405"] }]), "/filters/0/http_statuses/0", "from 100 to 599"),
        (json!([{ "name": "a", "http_statuses": ["6xx"] }]), "/filters/0/http_statuses/0", "from 100 to 599"),
        (json!([{ "name": "a", "releases": ["*"] }]), "/filters/0/releases/0", "every release"),
        (json!([{ "name": "a", "releases": ["<"] }]), "/filters/0/releases/0", "comparison"),
        (json!([{ "name": "a", "releases": ["<1.0 2.0"] }]), "/filters/0/releases/0", "comparison"),
        (json!([{ "name": "a", "messages": ["?*"] }]), "/filters/0/messages/0", "every message"),
        (json!([{ "name": "a", "messages": ["x".repeat(257)] }]), "/filters/0/messages/0", "256 bytes"),
        (json!(vec![json!({ "name": "a", "localhost": true }); 201]), "/filters", "200"),
    ] {
        let errors = check(&filters);
        assert_eq!(errors.len(), 1, "{filters}: {errors:?}");
        assert_eq!(errors[0].pointer, pointer, "{filters}");
        assert!(errors[0].message.contains(part), "{filters}: {}", errors[0].message);
    }
    assert!(serde_json::from_value::<RuleSet>(json!({ "filters": [{ "name": "a", "http_statuses": [[]] }] })).is_err());
    assert!(serde_json::from_value::<RuleSet>(json!({ "filters": [{ "name": "a", "localhosts": true }] })).is_err());
}

#[test]
fn statuses_are_ranges() {
    let range = |json: Value| serde_json::from_value::<Status>(json).unwrap().range().ok();
    assert_eq!(range(json!(404)), Some(404..=404));
    assert_eq!(range(json!("404")), Some(404..=404));
    assert_eq!(range(json!("405-410")), Some(405..=410));
    assert_eq!(range(json!("405 - 410")), Some(405..=410));
    assert_eq!(range(json!("5xx")), Some(500..=599));
    for bad in [json!(0), json!(600), json!("xx"), json!("0xx"), json!("x"), json!("-"), json!("400-"), json!("-1")] {
        assert_eq!(range(bad.clone()), None, "{bad}");
    }
}

#[test]
fn browsers_are_families_below_a_version() {
    let one = |text: &str| Browser::parse(text).unwrap()[..] == [Browser { family: Family::Safari, below: Some(12) }];
    assert!(one("safari<12") && one("safari<=11") && one(" safari < 12 "));
    assert_eq!(Browser::parse("ie").unwrap(), [Browser { family: Family::Ie, below: None }]);
    assert!(Browser::parse("default").unwrap().len() > 5);
    for bad in ["", "<12", "safari<", "safari>12", "safari<=x", "safari<4294967296", "safari<=4294967295", "Netscape"] {
        assert!(Browser::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn releases_are_compared_or_match_a_pattern() {
    for (test, inside, outside) in [
        ("<1.4.0", vec!["1.3.9", "shop@1.3", "1.4.0-rc.1", "0.1+7"], vec!["1.4.0", "1.10.0", "2.0", "nightly", "a1b2c3d"]),
        (">=2.0.0 <2.1.0", vec!["2.0.0", "2.0.17"], vec!["1.9", "2.1.0"]),
        ("shop@<2", vec!["shop@1.9", "1.9"], vec!["cart@1.9", "shop@2.0"]),
        ("=1.4", vec!["1.4.0", "x@1.4"], vec!["1.4.1", "1.40"]),
        (">1 <=1.2", vec!["1.2", "1.0.1"], vec!["1", "1.2.1"]),
        ("shop@2.0.*", vec!["shop@2.0.1", "shop@2.0."], vec!["shop@2.10.1", "cart@2.0.1"]),
        ("nightly-?", vec!["nightly-1"], vec!["nightly-12", "Nightly-1"]),
        ("1.4.0", vec!["1.4.0"], vec!["1.4", "shop@1.4.0"]),
    ] {
        let releases = Releases::parse(test).unwrap();
        inside.iter().for_each(|release| assert!(releases.contain(release), "{test}: {release}"));
        outside.iter().for_each(|release| assert!(!releases.contain(release), "{test}: {release}"));
    }
}
