//! How much room a project's files take: a document a day, so that it goes away with the files of that day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{civil::Date, tz::Offset};
use schemas::{
    catalog::{AttachmentUsage, CountedBytes},
    ids::ProjectId,
    limits,
};

use super::Part;
use crate::{
    Result,
    catalog::{
        Catalog, Collection, Expect, List,
        document::{self, Place},
    },
};

/// Most days of one project: all that are kept, and some that wait to be swept.
const DAYS: usize = 2 * limits::ATTACHMENT_DAYS_MOST as usize;

/// What is counted, and what is to be added.
pub(super) struct Usage {
    days: BTreeMap<(ProjectId, Date), AttachmentUsage>,
    changed: BTreeSet<(ProjectId, Date)>,
}

impl Usage {
    /// The usage of these projects.
    pub(super) async fn load(c: &dyn Catalog, projects: impl Iterator<Item = ProjectId>) -> Result<Self> {
        let mut days = BTreeMap::new();
        for project in projects.collect::<BTreeSet<_>>() {
            for usage in of_project(c, project).await? {
                days.insert((project, usage.day), usage);
            }
        }
        Ok(Self { days, changed: BTreeSet::new() })
    }

    /// Bytes of all files of a project.
    pub(super) fn total(&self, project: ProjectId) -> u64 {
        let days = self.days.range((project, Date::MIN)..=(project, Date::MAX));
        days.flat_map(|(_, usage)| usage.partitions.values()).fold(0, |total, counted| total.saturating_add(counted.bytes))
    }

    /// Whether the record was counted, or not taken, before.
    pub(super) fn has_seen(&self, part: &Part) -> bool {
        let usage = self.days.get(&(part.project, day(part)));
        let counted = usage.and_then(|usage| usage.partitions.get(&part.position.partition));
        counted.is_some_and(|counted| part.position.offset < counted.end)
    }

    /// Counts a record, if it was not seen before.
    pub(super) fn see(&mut self, part: &Part, bytes: u64) {
        if self.has_seen(part) {
            return;
        }
        let key = (part.project, day(part));
        let usage = self.days.entry(key).or_insert_with(|| AttachmentUsage { day: key.1, partitions: BTreeMap::new() });
        let counted = usage.partitions.entry(part.position.partition).or_default();
        *counted = CountedBytes { bytes: counted.bytes.saturating_add(bytes), end: part.position.offset + 1 };
        self.changed.insert(key);
    }

    /// Writes what was added. Others may have counted other partitions meanwhile; of one partition who came further
    /// knows more.
    pub(super) async fn save(self, c: &dyn Catalog) -> Result<()> {
        for key in self.changed {
            let Some(usage) = self.days.get(&key) else { continue };
            let (project, day) = key;
            let place = |_: &AttachmentUsage| place(project, day);
            let none = AttachmentUsage { day, partitions: BTreeMap::new() };
            document::put(c, Collection::AttachmentUsage, document::draft(place(&none), &none), Expect::Absent).await?;
            let change = |kept: &mut AttachmentUsage| {
                for (partition, counted) in &usage.partitions {
                    let held = kept.partitions.entry(*partition).or_default();
                    if held.end < counted.end {
                        *held = *counted;
                    }
                }
            };
            document::update(c, Collection::AttachmentUsage, name(project, day), place, change).await?;
        }
        Ok(())
    }
}

/// The days of a project on which files came, oldest first.
pub(super) async fn of_project(c: &dyn Catalog, project: ProjectId) -> Result<Vec<AttachmentUsage>> {
    let list = List { projects: Some(vec![project]), ..List::default() };
    document::all(c, Collection::AttachmentUsage, list, DAYS).await
}

fn day(part: &Part) -> Date {
    Offset::UTC.to_datetime(part.received_at).date()
}

pub(super) fn name(project: ProjectId, day: Date) -> String {
    format!("{project}-{day}")
}

fn place(project: ProjectId, day: Date) -> Place {
    let order = -i64::from(day.year()) * 1_000 - i64::from(day.day_of_year());
    Place { id: name(project, day), project: Some(project), order }
}
