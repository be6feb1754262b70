//! The facts in a client's report of what it threw away.

use super::{Counts, MINUTE, Measure, Origin, Subject, Tally, begin, sessions::part_key};
use crate::wire::client_report::Report;

impl Report {
    /// What the report tells, one fact for each reason and category, for the minute of receipt.
    pub fn tallies(&self, origin: &Origin) -> Vec<Tally> {
        let at = begin(origin.received_at, MINUTE);
        let lost = self.lost.iter().enumerate().filter(|(_, (_, quantity))| **quantity > 0);
        let tally = |(part, ((reason, category), quantity)): (usize, (&(String, String), &u64))| Tally {
            key: part_key(origin, part),
            project: origin.project,
            subject: Subject::Loss,
            at,
            names: [reason.clone(), category.clone()],
            user: None,
            counts: Counts::default().with(Measure::Lost, *quantity),
        };
        lost.map(tally).collect()
    }
}
