//! Issues: groups of events under one or more fingerprints, as people see them.
//!
//! An issue never holds a count: events are counted in the index. What it holds can be merged again and again
//! without change (least first seen, greatest last seen, union of fingerprints), so that a replay does nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    event::{ErrorSummary, Event, Priority, Severity},
    ids::{Fingerprint, IssueId, ProjectId},
    limits,
};

pub mod merges;

/// Where an issue stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IssueState)]
pub enum State {
    /// Nobody has looked.
    #[default]
    New,
}

/// What stays the same about a group of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Issue {
    /// For people.
    pub id: IssueId,
    /// Whose it is.
    pub project: ProjectId,
    /// The groups of events that belong to it; the first one gave it its id. Sorted after the first.
    pub fingerprints: Vec<Fingerprint>,
    /// Of the newest event merged.
    pub title: String,
    /// Of the newest event merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub culprit: Option<String>,
    /// Of the newest event merged.
    #[serde(default)]
    pub error: ErrorSummary,
    /// Of the newest event merged.
    pub severity: Severity,
    /// Of the newest event merged.
    #[serde(default)]
    pub priority: Priority,
    /// Of the newest event merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Time of the oldest event merged.
    pub first_seen: Timestamp,
    /// Time of the newest event merged.
    pub last_seen: Timestamp,
    /// Where it stands.
    #[serde(default)]
    pub state: State,
}

impl Issue {
    /// The issue that one event makes. The event must have been fingerprinted; `None` if not.
    pub fn of(event: &Event, id: IssueId) -> Option<Self> {
        Some(Self {
            id,
            project: event.project,
            fingerprints: vec![event.fingerprint()?.clone()],
            title: event.title.clone(),
            culprit: event.culprit.clone(),
            error: event.error.clone(),
            severity: event.severity,
            priority: event.priority,
            platform: event.platform.clone(),
            first_seen: event.timestamp,
            last_seen: event.timestamp,
            state: State::New,
        })
    }

    /// Takes in what another sighting of the same issue knows. Commutative up to events of the same instant,
    /// associative and idempotent. Answers whether anything changed.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = self.clone();
        if (other.last_seen, &other.title) > (self.last_seen, &self.title) {
            self.title.clone_from(&other.title);
            self.culprit.clone_from(&other.culprit);
            self.error.clone_from(&other.error);
            self.severity = other.severity;
            self.priority = other.priority;
            self.platform.clone_from(&other.platform);
        }
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        for fingerprint in &other.fingerprints {
            let known = self.fingerprints.contains(fingerprint);
            if !known && self.fingerprints.len() < limits::ISSUE_FINGERPRINTS {
                self.fingerprints.push(fingerprint.clone());
            }
        }
        if let Some((_, rest)) = self.fingerprints.split_first_mut() {
            rest.sort_unstable();
        }
        *self != before
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::EventId;

    fn sighting(title: &str, second: i64) -> Issue {
        let at = Timestamp::from_second(second).unwrap();
        let mut event = Event::new(EventId([0; 16]), ProjectId(1), at);
        event.title = title.into();
        event.grouping = Some(crate::event::Grouping::new(Fingerprint::fp1("[]"), serde_json::json!([])));
        Issue::of(&event, IssueId("p-00000".into())).unwrap()
    }

    proptest! {
        #[test]
        fn merging_in_any_order_and_again_gives_the_same(sightings in proptest::collection::vec(("[a-c]", 0_i64..5), 1..8)) {
            let issues: Vec<Issue> = sightings.iter().map(|(title, at)| sighting(title, *at)).collect();
            let forward = merge_all(issues.iter());
            let backward = merge_all(issues.iter().rev());
            let twice = merge_all(issues.iter().chain(issues.iter()));
            prop_assert_eq!(&forward, &backward);
            prop_assert_eq!(&forward, &twice);
            prop_assert_eq!(forward.first_seen.as_second(), sightings.iter().map(|s| s.1).min().unwrap());
            prop_assert_eq!(forward.last_seen.as_second(), sightings.iter().map(|s| s.1).max().unwrap());
        }
    }

    fn merge_all<'a>(mut issues: impl Iterator<Item = &'a Issue>) -> Issue {
        let mut merged = issues.next().unwrap().clone();
        for issue in issues {
            merged.merge(issue);
        }
        merged
    }

    #[test]
    fn merging_what_is_known_changes_nothing() {
        let mut issue = sighting("a", 5);
        assert!(!issue.merge(&sighting("a", 5)));
        assert!(issue.merge(&sighting("a", 6)));
    }
}
