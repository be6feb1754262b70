//! How well events are grouped: the table of `tests/quality/grouping`, written by hand, and events of real programs
//! that are changed as another sighting of the same error would be.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use processor::context::{Context, run};
use schemas::{
    catalog::ProjectSettings,
    event::Event,
    ids::{EventId, ProjectId},
    wire::{native, sentry_event},
};
use serde::Deserialize;
use serde_json::Value;

#[path = "quality_grouping/corpora.rs"]
mod corpora;
#[path = "quality_grouping/doors.rs"]
mod doors;
#[path = "quality_grouping/promise.rs"]
mod promise;
#[path = "quality_grouping/sightings.rs"]
mod sightings;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/quality/grouping/cases.jsonl");
/// The greatest share of groups that may be split or merged, in percent.
const MOST: f64 = 1.0;

/// A row of the table. Events of one group must share a fingerprint, those of others must not.
#[derive(Deserialize)]
struct Row {
    /// What makes this event differ from the others of its group.
    case: String,
    platform: String,
    group: String,
    event: Value,
}

fn table() -> Vec<Row> {
    let text = std::fs::read_to_string(Path::new(TABLE)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// An event as ingest hands it over: of the native API if it has an `error`, else Sentry's.
fn read(json: &Value) -> Event {
    let (text, received_at) = (json.to_string(), "2026-11-23T12:00:00Z".parse().unwrap());
    let (id, project) = (EventId([1; 16]), ProjectId(1));
    if json.get("error").is_some() {
        return native::read(text.as_bytes(), id, project, received_at).unwrap();
    }
    sentry_event::read(text.as_bytes(), id, project, received_at).unwrap()
}

/// The array that an event is grouped by, after all stages.
fn parts(event: Event) -> String {
    let settings = ProjectSettings::default();
    run(&Context::plain(&settings), event).unwrap().grouping.unwrap().parts.as_str().to_owned()
}

#[derive(Default)]
struct Figures {
    rows: usize,
    groups: usize,
    splits: usize,
    merges: usize,
}

#[test]
fn the_table_is_grouped_as_people_would() {
    let mut groups: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut figures: BTreeMap<String, Figures> = BTreeMap::new();
    let mut platforms: BTreeMap<String, String> = BTreeMap::new();
    for row in table() {
        groups.entry(row.group.clone()).or_default().push((row.case, parts(read(&row.event))));
        figures.entry(row.platform.clone()).or_default().rows += 1;
        platforms.insert(row.group, row.platform);
    }
    let mut owners: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (group, events) in &groups {
        for (_, parts) in events {
            owners.entry(parts).or_default().insert(group);
        }
    }
    let mut wrong = Vec::new();
    for (group, events) in &groups {
        let own = figures.get_mut(&platforms[group]).unwrap();
        let distinct: BTreeSet<&str> = events.iter().map(|(_, parts)| parts.as_str()).collect();
        let merged = distinct.iter().any(|parts| owners[parts].len() > 1);
        (own.groups, own.splits, own.merges) =
            (own.groups + 1, own.splits + usize::from(distinct.len() > 1), own.merges + usize::from(merged));
        if distinct.len() > 1 {
            let told: Vec<String> = events.iter().map(|(case, parts)| format!("    {case}: {parts}")).collect();
            wrong.push(format!("split: {group}\n{}", told.join("\n")));
        }
        if merged {
            let others: BTreeSet<&str> = distinct.iter().flat_map(|parts| &owners[parts]).copied().collect();
            wrong.push(format!("merged: {others:?}"));
        }
    }
    println!("{:<10} {:>5} {:>7} {:>7} {:>7}", "platform", "rows", "groups", "splits", "merges");
    for (platform, own) in &figures {
        println!("{platform:<10} {:>5} {:>7} {:>7} {:>7}", own.rows, own.groups, own.splits, own.merges);
    }
    assert!(figures.len() >= 10 && figures.values().map(|own| own.rows).sum::<usize>() >= 150);
    for (platform, own) in &figures {
        let share = |wrong: usize| 100.0 * wrong as f64 / own.groups as f64;
        assert!(share(own.splits) <= MOST && share(own.merges) <= MOST, "{platform}\n{}", wrong.join("\n"));
    }
}
