//! The share of real errors that get the category a person would give them, by ecosystem. The table is
//! `tests/quality/classification.tsv`: its expectations come from what the errors mean, not from what the code says.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;

use processor::{classify::classify, context::Context};
use schemas::{
    catalog::ProjectSettings,
    event::{Call, Event, Exception, Mechanism, Request},
    ids::{EventId, ProjectId},
};
use serde_json::json;

const TABLE: &str = include_str!("../../tests/quality/classification.tsv");

struct Case {
    ecosystem: &'static str,
    platform: &'static str,
    kind: &'static str,
    message: String,
    status: &'static str,
    causes: Vec<&'static str>,
    category: &'static str,
}

fn cases() -> Vec<Case> {
    let unescaped = |text: &str| text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r");
    let case = |line: &'static str| {
        let columns: Vec<_> = line.split('\t').collect();
        let [ecosystem, platform, kind, message, status, causes, category, _why] = columns[..] else {
            panic!("a case has 8 columns: {line}");
        };
        let causes = causes.split(" <- ").filter(|cause| !cause.is_empty()).collect();
        Case { ecosystem, platform, kind, message: unescaped(message), status, causes, category }
    };
    TABLE.lines().skip(1).map(case).collect()
}

/// The exception as the platform's SDK sends it: Java's and Python's name the module apart.
fn exception(platform: &str, kind: &str, message: &str) -> Exception {
    let (module, kind) = match kind.rsplit_once('.').filter(|_| ["java", "python"].contains(&platform)) {
        Some((module, kind)) => (Some(module.to_owned()), kind),
        None => (None, kind),
    };
    Exception { kind: Some(kind.to_owned()), module, value: Some(message.to_owned()), ..Exception::default() }
}

fn event(case: &Case) -> Event {
    let mut event = Event::new(EventId([1; 16]), ProjectId(1), "2026-11-23T12:00:00Z".parse().unwrap());
    event.platform = Some(case.platform.to_owned());
    if case.kind.is_empty() {
        event.error.message = Some(case.message.clone());
    } else {
        event.exceptions.push(exception(case.platform, case.kind, &case.message));
    }
    for cause in &case.causes {
        let (cause, source) = match cause.strip_prefix("(context) ") {
            Some(cause) => (cause, "__context__"),
            None => (*cause, "__cause__"),
        };
        let (kind, message) = cause.split_once(": ").unwrap_or((cause, ""));
        let mechanism = Some(Mechanism { source: Some(source.into()), ..Mechanism::default() });
        event.exceptions.insert(0, Exception { mechanism, ..exception(case.platform, kind, message) });
    }
    let number = || case.status.rsplit_once(' ').unwrap().1.parse::<u16>().unwrap();
    match case.status.split([' ', ':']).next().unwrap() {
        "call" => event.call = Some(Call { status_code: Some(number()), ..Call::default() }),
        "request" => event.request = Some(Request { status_code: Some(number()), ..Request::default() }),
        "response" => _ = event.contexts.insert("response".into(), json!({ "status_code": number() })),
        "ns" => {
            let (domain, code) = case.status[3..].split_once(':').unwrap();
            let meta = Some(json!({ "ns_error": { "domain": domain, "code": code.parse::<i64>().unwrap() } }));
            event.exceptions[0].mechanism = Some(Mechanism { meta, ..Mechanism::default() });
        }
        other => assert_eq!(other, "", "a status is of a call, request, response or ns"),
    }
    event
}

#[test]
fn at_least_95_of_100_real_errors_get_their_category_in_every_ecosystem() {
    let settings = ProjectSettings::default();
    let cases = cases();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let mut shares: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in &cases {
        let event = classify(&Context::plain(&settings), event(case)).unwrap();
        let share = shares.entry(case.ecosystem).or_default();
        share.1 += 1;
        if event.category.as_str() == case.category {
            share.0 += 1;
        } else {
            let why = event.changes.iter().find(|change| change.field == "category").map_or("nothing told", |change| change.why.as_str());
            println!(
                "  {} for {}: {}: {} {} [{}] ({why})",
                event.category.as_str(),
                case.category,
                case.kind,
                case.message,
                case.status,
                case.causes.join(" <- ")
            );
        }
    }
    assert!(shares.len() >= 12, "{} ecosystems", shares.len());
    let (mut right, mut below) = (0, Vec::new());
    for (ecosystem, (good, all)) in &shares {
        println!("classification {ecosystem:<10} {good:>4} of {all:>4} right, {:.1} %", *good as f64 * 100.0 / *all as f64);
        right += good;
        if good * 100 < all * 95 {
            below.push(ecosystem);
        }
    }
    println!("classification {:<10} {right:>4} of {:>4} right, {:.1} %", "all", cases.len(), right as f64 * 100.0 / cases.len() as f64);
    assert!(right * 100 >= cases.len() * 95, "less than 95 % right");
    assert!(below.is_empty(), "less than 95 % right in {below:?}");
}
