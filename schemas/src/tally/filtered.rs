//! What the outcome of a filtered event says about the filter.

use super::{Counts, MINUTE, Measure, Subject, Tally, begin};
use crate::{ids::EventId, limits, outcome::Outcome, rules::filters::FilterName, tokens::cut};

impl Tally {
    /// That a filter left out the event of this outcome, for the minute of receipt; `None` if no filter did. Made of the
    /// outcome alone: whatever is stored again counts once, like the outcome itself.
    pub fn of_filter(outcome: &Outcome) -> Option<Self> {
        let filter = FilterName::parse(outcome.detail.as_deref()?).filter(|_| outcome.reason.is_filter())?;
        let (partition, offset) = (outcome.position.partition.to_be_bytes(), outcome.position.offset.to_be_bytes());
        let project = outcome.project.0.to_be_bytes();
        Some(Self {
            key: EventId::from_parts(&[&project, b"filtered", &outcome.event_id.0, &partition, &offset]).0,
            project: outcome.project,
            subject: Subject::Filter,
            at: begin(outcome.received_at, MINUTE),
            names: [cut(filter.name, limits::KEYWORD_BYTES).to_owned(), filter.scope.as_str().to_owned()],
            user: None,
            counts: Counts::default().with(Measure::Filtered, outcome.quantity),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::ProjectId,
        outcome::{Kind, Reason},
        record::Position,
        tally::Dimension,
    };

    fn outcome(reason: Reason, detail: &str, offset: u64) -> Outcome {
        Outcome {
            position: Position { partition: 0, offset },
            project: ProjectId(7),
            event_id: EventId([1; 16]),
            received_at: "2026-11-23T12:00:31Z".parse().unwrap(),
            kind: Kind::Filtered,
            reason,
            detail: Some(detail.into()),
            quantity: 1,
        }
    }

    #[test]
    fn a_filtered_event_counts_for_its_filter_once() {
        let tally = Tally::of_filter(&outcome(Reason::Localhost, "all: own: machines", 3)).unwrap();
        assert_eq!((tally.name(Dimension::Rule), tally.name(Dimension::Scope)), ("own: machines", "all"));
        assert_eq!((tally.at.to_string().as_str(), tally.counts.get(Measure::Filtered)), ("2026-11-23T12:00:00Z", 1));
        assert_eq!(Tally::of_filter(&outcome(Reason::Localhost, "all: own: machines", 3)), Some(tally.clone()));
        assert_ne!(Tally::of_filter(&outcome(Reason::Localhost, "all: own: machines", 4)).unwrap().key, tally.key);
    }

    #[test]
    fn what_no_filter_left_out_counts_for_none() {
        assert_eq!(Tally::of_filter(&outcome(Reason::DuplicateId, "all: x", 1)), None);
        assert_eq!(Tally::of_filter(&outcome(Reason::Localhost, "own: x", 1)), None);
        assert_eq!(Tally::of_filter(&outcome(Reason::Localhost, "x", 1)), None);
    }
}
