//! What rules cost: all stages on the events that the load generator makes (16 KB), without rules and with hundreds of
//! them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use processor::{
    context::{Context, run},
    rules::Rules,
};
use schemas::{
    catalog::ProjectSettings,
    event::Event,
    ids::{EventId, ProjectId},
    rules::RuleSet,
    wire::{envelope, sentry_event},
};

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

fn texts(criterion: &mut Criterion) {
    let settings = ProjectSettings::default();
    let events = events();
    let none = RuleSet::default();
    let stack_traces = RuleSet { stack_traces: stack_traces(), ..RuleSet::default() };
    let fingerprints = RuleSet { fingerprints: fingerprints(), ..RuleSet::default() };
    let both = RuleSet { stack_traces: stack_traces.stack_traces.clone(), ..fingerprints.clone() };
    let mut group = criterion.benchmark_group("rules");
    for (name, set) in [("none", &none), ("200 stack traces", &stack_traces), ("200 fingerprints", &fingerprints), ("200 and 200", &both)] {
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

criterion_group!(benches, texts);
criterion_main!(benches);
