//! Earlier versions of the fingerprint.
//!
//! When what goes into a fingerprint changes, the old way is kept here for a while, under its old name, and an event
//! is told what its group was called before. The catalog attaches a group that it does not know to the issue that
//! has one of those names ([`storage::catalog::issues::merge`]). To make a new version: move the code that is to
//! change to a child of this module, give it a line in [`EARLIER`] with the day the new version comes, and name the
//! new version in `content`. A line may go when its time is over.

use jiff::{SignedDuration, Timestamp};
use schemas::{event::Event, ids::Fingerprint};

/// How long events are told their earlier names: whatever happens at least once in this time stays one issue.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A way that events were grouped before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earlier {
    /// When the version that replaced it came.
    pub(super) until: Timestamp,
    /// The fingerprint that it gives.
    pub(super) of: fn(&Event) -> Fingerprint,
}

/// Every earlier version that is still of use, newest first. `fp1` is the first version.
const EARLIER: [Earlier; 0] = [];

/// What the group of an event was called before, newest first.
pub(super) fn previous(event: &Event) -> Vec<Fingerprint> {
    of(&EARLIER, event)
}

fn of(earlier: &[Earlier], event: &Event) -> Vec<Fingerprint> {
    // The time of receipt, not of the event: clients' clocks are wrong, and this stage has none.
    let kept = earlier.iter().filter(|version| event.received_at.duration_since(version.until) < KEPT);
    kept.map(|version| (version.of)(event)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use schemas::ids::{EventId, ProjectId};

    use super::*;

    #[test]
    fn events_are_told_their_earlier_names_for_ninety_days() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let by_title = |event: &Event| Fingerprint::fp1(&event.title);
        let by_platform = |event: &Event| Fingerprint::fp1(event.platform.as_deref().unwrap_or_default());
        let earlier =
            [Earlier { until: at("2026-11-01T00:00:00Z"), of: by_title }, Earlier { until: at("2026-08-01T00:00:00Z"), of: by_platform }];
        let names = |received: &str| {
            let mut event = Event::new(EventId([1; 16]), ProjectId(1), at(received));
            event.title = "boom".to_owned();
            of(&earlier, &event)
        };
        assert_eq!(names("2026-11-02T00:00:00Z"), [Fingerprint::fp1("boom")], "the older one's time is over");
        assert_eq!(names("2026-10-20T00:00:00Z"), [Fingerprint::fp1("boom"), Fingerprint::fp1("")]);
        assert!(names("2027-02-01T00:00:00Z").is_empty());
    }
}
