//! Which partitions a group's consumer has, and what was given of each. Pure; never talks to Kafka.
//!
//! Every assignment of a partition has its own number. What was taken under an earlier one is another process's by
//! now, even if the partition has come back in the meantime: it is neither given nor committed, because a late
//! commit would move the group back.

use std::collections::HashMap;

use schemas::record::Position;

/// The partitions that a consumer has now.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    assigned: u64,
    partitions: HashMap<u32, Partition>,
}

#[derive(Debug)]
struct Partition {
    /// Number of this assignment.
    number: u64,
    /// The first and the last offset given under it.
    given: Option<(u64, u64)>,
    /// The next offset that is not committed, as far as it was committed under this assignment.
    committed: u64,
}

impl Assignment {
    pub(super) fn assign(&mut self, partition: u32) {
        self.assigned += 1;
        self.partitions.insert(partition, Partition { number: self.assigned, given: None, committed: 0 });
    }

    pub(super) fn revoke(&mut self, partition: u32) {
        self.partitions.remove(&partition);
    }

    /// The number of the partition's assignment, if it is here.
    pub(super) fn number(&self, partition: u32) -> Option<u64> {
        self.partitions.get(&partition).map(|partition| partition.number)
    }

    /// Notes that a record is given. Answers how many offsets before it were skipped, which only retention does.
    pub(super) fn give(&mut self, position: Position) -> u64 {
        let Some(partition) = self.partitions.get_mut(&position.partition) else { return 0 };
        let (first, skipped) = match partition.given {
            Some((first, last)) => (first, position.offset.saturating_sub(last + 1)),
            None => (position.offset, 0),
        };
        partition.given = Some((first, position.offset));
        skipped
    }

    /// Whether a commit is to be sent: it is for a record given under the present assignment, and moves forward.
    pub(super) fn wants(&self, position: Position) -> bool {
        self.partitions.get(&position.partition).is_some_and(|partition| {
            let given = partition.given.is_some_and(|(first, last)| (first..=last).contains(&position.offset));
            given && position.offset >= partition.committed
        })
    }

    /// Notes that a commit is durable.
    pub(super) fn committed(&mut self, position: Position) {
        if let Some(partition) = self.partitions.get_mut(&position.partition) {
            partition.committed = partition.committed.max(position.offset + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Position {
        Position { partition: 3, offset }
    }

    #[test]
    fn only_what_was_given_is_committed_and_only_forward() {
        let mut assignment = Assignment::default();
        assert!(!assignment.wants(at(10)));
        assignment.assign(3);
        assert!(!assignment.wants(at(10)));
        for offset in 10..=12 {
            assert_eq!(assignment.give(at(offset)), 0);
        }
        assert!(assignment.wants(at(11)) && !assignment.wants(at(9)) && !assignment.wants(at(13)));
        assignment.committed(at(11));
        assert!(assignment.wants(at(12)) && !assignment.wants(at(11)) && !assignment.wants(at(10)));
    }

    #[test]
    fn a_late_commit_of_a_partition_that_was_away_is_not_sent() {
        let mut assignment = Assignment::default();
        assignment.assign(3);
        assignment.give(at(100));
        let before = assignment.number(3);
        assignment.revoke(3);
        assert!(!assignment.wants(at(100)));
        assignment.assign(3);
        assert_ne!(assignment.number(3), before);
        assignment.give(at(201));
        assert!(!assignment.wants(at(100)) && assignment.wants(at(201)));
    }

    #[test]
    fn skipped_offsets_are_counted() {
        let mut assignment = Assignment::default();
        assignment.assign(3);
        assert_eq!((assignment.give(at(5)), assignment.give(at(9))), (0, 3));
    }
}
