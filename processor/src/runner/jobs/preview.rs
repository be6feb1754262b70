//! What other rules would do to the groups of stored events.
//!
//! Each event goes through the stages twice, under the present rules and under the others, so that what differs is the
//! rules' doing alone. A stored event is scrubbed already, and what a present rule changed in it can't always be undone.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use schemas::{
    catalog::{DeployedCommits, ProjectSettings},
    event::Event,
    ids::{EventId, Fingerprint},
    job::{Example, Kind, Outcome, Part, Preview, Progress},
    limits,
    query::Expr,
    rules::RuleSet,
};
use storage::{
    Error, Result,
    catalog::{deploys, jobs::Held, projects, rules, scrub_key},
    index::{Count, Hit, Scope},
};

use super::Work;
use crate::{context::Context, enrich::Lookups, rules::Rules, scrub::HashKey, trial};

/// Events of one step.
const STEP: usize = 200;
/// How often progress is written.
const TELL: Duration = Duration::from_secs(2);

/// What an event is grouped under.
struct Sides {
    settings: ProjectSettings,
    deploys: DeployedCommits,
    lookups: Arc<Lookups>,
    before: Rules,
    after: Rules,
}

/// Groups the newest events of a time again. `None`: the job was called off.
pub(super) async fn run(work: &Work, held: &mut Held, own: RuleSet, from: Timestamp, to: Timestamp) -> Result<Option<Outcome>> {
    let project = held.job.project;
    let mut present = rules::get(&*work.catalog, &[None, Some(project)]).await?.into_iter().map(|revised| revised.rules);
    let (all, before) = (present.next().unwrap_or_default(), present.next().unwrap_or_default());
    let Some(found) = projects::get(&*work.catalog, &[project]).await?.into_iter().next().flatten() else {
        return Err(Error::terminal("previewing rules", "the project is not there any more"));
    };
    let secret = scrub_key::get(&*work.catalog).await?;
    let rules = |own: &RuleSet| Rules::new(own, &all).keyed(HashKey::new(&secret.0, project));
    let deploys = deploys::commits(&*work.catalog, &[project]).await?.into_iter().next().unwrap_or_default();
    let lookups = work.tables.now();
    let sides = Arc::new(Sides { settings: found.settings, deploys, lookups, before: rules(&before), after: rules(&own) });
    let scope = Scope { projects: vec![project], millis: from.as_millisecond()..to.as_millisecond(), expr: Expr::All };
    let count = Count::of(scope.clone());
    let total = work.index.count(&count).await?.total.min(limits::PREVIEW_EVENTS);
    let mut groups = Groups::default();
    let (mut after, mut told, mut done) = (None, Instant::now(), 0);
    loop {
        let page = work.index.search(&scope, after, STEP).await?;
        after = page.hits.last().map(|hit| hit.cursor).or(after);
        done += page.hits.len() as u64;
        let sides = Arc::clone(&sides);
        let hits = page.hits;
        let grouped = tokio::task::spawn_blocking(move || hits.iter().map(|hit| regroup(&sides, hit)).collect::<Vec<_>>()).await;
        grouped.map_err(|error| Error::terminal("previewing rules", error))?.into_iter().for_each(|one| groups.add(one));
        if !page.more || done >= limits::PREVIEW_EVENTS {
            return Ok(Some(Outcome::PreviewGrouping(groups.preview(!page.more))));
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            if !work.progress(held, Progress { done, total: total.max(done) }).await? {
                return Ok(None);
            }
        }
    }
}

/// An event under both sets of rules.
struct Regrouped {
    id: EventId,
    before: (Fingerprint, String),
    after: (Fingerprint, String),
}

/// `None` when it can't be grouped again: without its payload, or left out by rule.
fn regroup(sides: &Sides, hit: &Hit) -> Option<Regrouped> {
    let event: Event = serde_json::from_slice(&hit.json).ok()?;
    if event.slim {
        return None;
    }
    let grouped = |rules: &Rules, event: Event| {
        let known = Context::plain(&sides.settings);
        let event = trial::run(&Context { rules, lookups: &sides.lookups, deploys: &sides.deploys, ..known }, event).ok()?;
        Some((event.fingerprint()?.clone(), event.title))
    };
    Some(Regrouped { id: event.id, before: grouped(&sides.before, event.clone())?, after: grouped(&sides.after, event)? })
}

/// Events that are in one group before and in one after.
struct Cell {
    events: u64,
    /// Events come newest first.
    newest: EventId,
    titles: (String, String),
}

#[derive(Default)]
struct Groups {
    cells: HashMap<(Fingerprint, Fingerprint), Cell>,
    events: u64,
    left_out: u64,
}

impl Groups {
    fn add(&mut self, one: Option<Regrouped>) {
        let Some(Regrouped { id, before, after }) = one else {
            self.left_out += 1;
            return;
        };
        self.events += 1;
        let titles = (before.1, after.1);
        self.cells.entry((before.0, after.0)).or_insert_with(|| Cell { events: 0, newest: id, titles }).events += 1;
    }

    fn preview(self, complete: bool) -> Preview {
        let (mut by_before, mut by_after) = (BTreeMap::new(), BTreeMap::new());
        let mut moved = 0;
        for ((before, after), cell) in &self.cells {
            let part = |fingerprint: &Fingerprint, title: &String| Part {
                fingerprint: fingerprint.clone(),
                events: cell.events,
                example: cell.newest,
                title: title.clone(),
            };
            by_before.entry(before).or_insert_with(Vec::new).push((part(before, &cell.titles.0), part(after, &cell.titles.1)));
            by_after.entry(after).or_insert_with(Vec::new).push((part(after, &cell.titles.1), part(before, &cell.titles.0)));
            moved += if before == after { 0 } else { cell.events };
        }
        let (groups_before, groups_after) = (by_before.len() as u64, by_after.len() as u64);
        let (splits, mut examples) = examples(Kind::Split, by_before.into_values());
        let (merges, merged) = self::examples(Kind::Merge, by_after.into_values());
        examples.extend(merged);
        Preview { events: self.events, complete, left_out: self.left_out, groups_before, groups_after, moved, splits, merges, examples }
    }
}

/// How many groups have several parts, and those with the most events.
fn examples(kind: Kind, groups: impl Iterator<Item = Vec<(Part, Part)>>) -> (u64, Vec<Example>) {
    let several = groups.filter(|parts| parts.len() > 1).map(|pairs| {
        let events = pairs.iter().map(|(_, part)| part.events).sum();
        let mut parts: Vec<Part> = pairs.iter().map(|(_, part)| part.clone()).collect();
        parts.sort_unstable_by(|a, b| (b.events, &a.fingerprint).cmp(&(a.events, &b.fingerprint)));
        let most = pairs.into_iter().map(|(group, _)| group).max_by_key(|group| (group.events, group.example));
        let group = most.map(|group| Part { events, ..group });
        parts.truncate(limits::PREVIEW_EXAMPLES);
        group.map(|group| Example { kind, group, parts })
    });
    let mut several: Vec<Example> = several.flatten().collect();
    several.sort_unstable_by(|a, b| (b.group.events, &a.group.fingerprint).cmp(&(a.group.events, &b.group.fingerprint)));
    let count = several.len() as u64;
    several.truncate(limits::PREVIEW_EXAMPLES);
    (count, several)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn moved(id: u8, before: &str, after: &str) -> Option<Regrouped> {
        let side = |name: &str| (Fingerprint::fp1(name), format!("title of {name}"));
        Some(Regrouped { id: EventId([id; 16]), before: side(before), after: side(after) })
    }

    #[test]
    fn splits_and_merges_are_told_with_the_newest_event_of_each_part() {
        let mut groups = Groups::default();
        for one in [
            moved(9, "a", "a"),
            moved(8, "a", "x"),
            moved(7, "a", "x"),
            moved(6, "b", "y"),
            moved(5, "c", "y"),
            moved(4, "c", "y"),
            moved(3, "d", "d"),
            None,
        ] {
            groups.add(one);
        }
        let preview = groups.preview(true);
        assert_eq!((preview.events, preview.left_out, preview.moved), (7, 1, 5));
        assert_eq!((preview.groups_before, preview.groups_after, preview.splits, preview.merges), (4, 4, 1, 1));
        let [split, merge] = preview.examples.as_slice() else { panic!("{:?}", preview.examples) };
        let shown = |example: &Example| {
            let parts: Vec<_> = example.parts.iter().map(|part| (part.title.clone(), part.events, part.example.0[0])).collect();
            (example.kind, example.group.title.clone(), example.group.events, parts)
        };
        assert_eq!(shown(split), (Kind::Split, "title of a".into(), 3, vec![("title of x".into(), 2, 8), ("title of a".into(), 1, 9)]));
        assert_eq!(shown(merge), (Kind::Merge, "title of y".into(), 3, vec![("title of c".into(), 2, 5), ("title of b".into(), 1, 6)]));
    }
}
