//! What rules cost: all stages on the events that the load generator makes (16 KB), without rules and with hundreds of
//! them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{hint::black_box, process::Command};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use processor::{
    context::{Context, run},
    filter::Filters,
    rules::Rules,
};
use schemas::{
    catalog::ProjectSettings,
    event::Event,
    ids::{EventId, ProjectId},
    rules::{Filter, RuleSet, scrubbing::Scrubbing},
    wire::{envelope, sentry_event},
};
use serde_json::{Value, json};

/// Events of `../shared/load/gen.py`, as read.
fn events() -> Vec<Event> {
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/load/gen.py");
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("events");
    let arguments = ["--count", "200", "--formats", "plain"];
    let made = Command::new("python3").arg(generator).arg(&prefix).args(arguments).output().unwrap();
    assert!(made.status.success(), "the load generator failed");
    let mut rest = Bytes::from(std::fs::read(prefix.with_extension("plain")).unwrap());
    let mut events = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest.split_to(4).as_ref().try_into().unwrap());
        let payload = envelope::parse(rest.split_to(length as usize)).unwrap().items.remove(0).payload;
        let received_at = "2026-11-23T12:00:00Z".parse().unwrap();
        events.push(sentry_event::read(&payload, EventId([1; 16]), ProjectId(1), received_at).unwrap());
    }
    // The filter of transient errors leaves them out, and what is behind it would not be measured.
    let aborted = |event: &Event| event.exceptions.iter().any(|exception| exception.kind.as_deref() == Some("AbortError"));
    events.retain(|event| !aborted(event));
    events
}

/// 200 rules of the kinds that people write: some hold of frames of the events, most do not.
fn stack_traces() -> String {
    let line = |n: usize| match n % 8 {
        0 => format!("path:**/generated/part{n}/** -app"),
        1 => format!("family:other module:shop.part{n}.* function:handle_* +app"),
        2 => format!("function:retry_{n} ^-group -group"),
        3 => format!("[ module:framework{n}.* ] | app:yes function:call* -group"),
        4 => format!("error.type:Error{n} path:**/site-packages/** -group"),
        5 => format!("package:**/libpart{n}.so max-frames=5"),
        6 => format!("path:**/*.part{n}.py -app"),
        _ => format!("value:*timeout{n}* app:no +app"),
    };
    (0..200).map(|n| line(n) + "\n").collect()
}

/// 200 rules, none of which holds, so that all are tried.
fn fingerprints() -> String {
    let line = |n: usize| match n % 8 {
        0 => format!("error.type:Error{n} -> e{n}"),
        1 => format!("error.value:\"*connection {n} reset*\" -> reset, {{{{ transaction }}}}"),
        2 => format!("message:\"tenant * is over quota {n}\" -> quota title=\"Quota of {{{{ tags.tenant }}}}\""),
        3 => format!("logger:shop.part{n}.* level:error -> part{n}, {{{{ logger }}}}"),
        4 => format!("stack.function:query_{n} -> {{{{ default }}}}, {{{{ transaction }}}}"),
        5 => format!("path:**/part{n}/*.py type:Value* -> part{n}"),
        6 => format!("tags.server:canary-{n}-* -> canary"),
        _ => format!("!level:debug app:yes module:shop.part{n} -> part{n}"),
    };
    (0..200).map(|n| line(n) + "\n").collect()
}

/// Filter `n`: six kinds of conditions, patterns, releases, statuses, browsers, and each built-in once in a while. None
/// of them fits, so that all are tried.
fn filter(n: usize) -> Filter {
    let mut filter: Value = match n % 20 {
        0 => json!({ "condition": format!("service:none-{n} level:error") }),
        1 => json!({ "condition": format!("message:*no-such-thing-{n}*") }),
        2 => json!({ "condition": format!("\"nothing like this {n}\"") }),
        3 => json!({ "condition": format!("tags.tenant:none{n}* -environment:production") }),
        4 => json!({ "condition": format!("error.type:*Error{n} handled:false status:>=500") }),
        5 => json!({ "condition": format!("checkout refused{n}") }),
        6..10 => json!({ "messages": [format!("NoSuchError{n}: *"), format!("*it is not so {n}?*"), format!("no*such*{n}")] }),
        10..13 => json!({ "releases": [format!("<0.0.{n}"), format!("none@{n}.*")] }),
        13 => json!({ "http_statuses": [418, "421-427"] }),
        14 => json!({ "legacy_browsers": ["ie", "safari<6"] }),
        15 => json!({ "browser_extensions": true }),
        16 => json!({ "localhost": true }),
        17 => json!({ "web_crawlers": true }),
        18 => json!({ "health_checks": true }),
        _ => json!({ "transient_errors": true }),
    };
    filter["name"] = format!("filter {n}").into();
    serde_json::from_value(filter).unwrap()
}

/// 200 rules of scrubbing at selectors of the kinds that people write, and as many names of fields.
fn scrubbing() -> Scrubbing {
    let names = || (0..200).map(|n| format!("rule{n}"));
    let rule = |n: usize| match n % 4 {
        0 => json!({ "type": "pattern", "pattern": format!("ticket-{n}-\\d+") }),
        1 => {
            json!({ "type": "pattern", "pattern": format!("(?i)customer{n}: (\\w+)"), "replaceGroups": [1], "redaction": { "method": "hash" } })
        }
        2 => json!({ "type": "redact_pair", "keyPattern": format!("field{n}") }),
        _ => json!({ "type": "alias", "rule": "@imei", "redaction": { "method": "mask" } }),
    };
    let selector = |n: usize| match n % 4 {
        0 => format!("$string && !extra.part{n}"),
        1 => format!("extra.part{n}.**"),
        2 => format!("$frame.vars.value{n}"),
        _ => format!("request.data.card{n}"),
    };
    let rules: serde_json::Map<String, Value> = names().zip((0..200).map(rule)).collect();
    let applications: serde_json::Map<String, Value> = (0..200).map(selector).zip(names().map(|name| json!([name]))).collect();
    let fields: Vec<String> = (0..200).map(|n| format!("sensitive{n}")).collect();
    serde_json::from_value(json!({ "rules": rules, "applications": applications, "sensitive_fields": fields })).unwrap()
}

fn texts(criterion: &mut Criterion) {
    let settings = ProjectSettings::default();
    let events = events();
    let none = RuleSet::default();
    let stack_traces = RuleSet { stack_traces: stack_traces(), ..RuleSet::default() };
    let fingerprints = RuleSet { fingerprints: fingerprints(), ..RuleSet::default() };
    let both = RuleSet { stack_traces: stack_traces.stack_traces.clone(), ..fingerprints.clone() };
    let filters = RuleSet { filters: (0..200).map(filter).collect(), ..RuleSet::default() };
    let scrubbing = RuleSet { scrubbing: scrubbing(), ..RuleSet::default() };
    let mut group = criterion.benchmark_group("rules");
    for (name, set) in [
        ("200 filters", &filters),
        ("none", &none),
        ("200 stack traces", &stack_traces),
        ("200 fingerprints", &fingerprints),
        ("200 and 200", &both),
        ("200 scrubbing", &scrubbing),
    ] {
        assert_eq!(set.check(), Vec::new());
        let rules = Rules::new(set, &none);
        let context = Context { rules: &rules, client_address: Some("203.0.113.7"), ..Context::plain(&settings) };
        let mut next = events.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| next.next().unwrap().clone(), |event| run(&context, event).unwrap(), BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// Ten filters of one kind by themselves.
fn filters(criterion: &mut Criterion) {
    let settings = ProjectSettings::default();
    let staged: Vec<Event> = events().into_iter().map(|event| run(&Context::plain(&settings), event).unwrap()).collect();
    let mut group = criterion.benchmark_group("filters");
    for kind in 0..20 {
        let ten: Vec<Filter> = (0..10).map(|n| filter(20 * n + kind)).collect();
        let (filters, name) = (Filters::new(&ten, &[]), ten[0].what().unwrap().kind());
        let mut next = staged.iter().cycle();
        group.bench_function(format!("10 of {name} ({kind})"), |bencher| {
            bencher.iter(|| filters.find(black_box(next.next().unwrap())).is_none());
        });
    }
    group.finish();
}

criterion_group!(benches, texts, filters);
criterion_main!(benches);
