//! The facts in updates of sessions and in counted sessions.
//!
//! The rules are Sentry's: a session counts once, by the update that begins it; it is errored once, by any update
//! with errors or a bad end; it crashes once. What differs: an update that is sent again counts nothing again.

use jiff::{SignedDuration, Timestamp};

use super::{Counts, HOUR, Key, MINUTE, Measure, Origin, Subject, Tally, begin};
use crate::{
    ids::EventId,
    limits,
    tokens::cut,
    wire::session::{Aggregate, Aggregates, Attributes, Status, Update},
};

impl Update {
    /// What one update tells.
    pub fn tallies(&self, origin: &Origin) -> Vec<Tally> {
        let bad = match self.status {
            Status::Crashed => Some(Measure::Crashed),
            Status::Abnormal => Some(Measure::Abnormal),
            Status::Unhandled => Some(Measure::Unhandled),
            Status::Ok | Status::Exited | Status::Errored => None,
        };
        let errored = self.errors > 0 || bad.is_some() || self.status == Status::Errored;
        let told = [self.init.then_some(Measure::Sessions), errored.then_some(Measure::Errored), bad];
        let facts = Facts { origin, attributes: &self.attributes, at: counted_at(self.started, origin), user: self.user.as_deref() };
        let mut tallies: Vec<Tally> = told.into_iter().flatten().map(|measure| facts.of_session(&self.sid, measure)).collect();
        // A user who is known later than the session's begin.
        if !self.init {
            tallies.extend(facts.of_user());
        }
        tallies
    }
}

impl Aggregates {
    /// What the counts tell. They have no ids: each counts once for the record that it stands in.
    pub fn tallies(&self, origin: &Origin) -> Vec<Tally> {
        let tally = |(part, aggregate): (usize, &Aggregate)| {
            let user = aggregate.user.as_deref();
            let facts = Facts { origin, attributes: &self.attributes, at: counted_at(aggregate.started, origin), user };
            let counts = aggregate.counts();
            (counts != Counts::default() || user.is_some()).then(|| facts.tally(part_key(origin, part), facts.at, counts))
        };
        self.aggregates.iter().enumerate().filter_map(tally).collect()
    }
}

impl Aggregate {
    fn counts(&self) -> Counts {
        let bad = [(Measure::Crashed, self.crashed), (Measure::Abnormal, self.abnormal), (Measure::Unhandled, self.unhandled)];
        // Each session stands in one number only: `errored` are those that ended well all the same.
        let errored = bad.iter().map(|(_, number)| number).sum::<u64>() + self.errored;
        let counts = bad.into_iter().fold(Counts::default(), |counts, (measure, number)| counts.with(measure, number));
        counts.with(Measure::Sessions, errored + self.exited).with(Measure::Errored, errored)
    }
}

/// What the facts of one update or aggregate share.
struct Facts<'a> {
    origin: &'a Origin,
    attributes: &'a Attributes,
    at: Timestamp,
    user: Option<&'a str>,
}

impl Facts<'_> {
    /// A session without an id is known by its record.
    fn of_session(&self, sid: &str, measure: Measure) -> Tally {
        let key = match sid {
            "" => part_key(self.origin, measure as usize),
            sid => key(self.origin, &[b"session", sid.as_bytes(), measure.as_str().as_bytes()]),
        };
        self.tally(key, self.at, Counts::default().with(measure, 1))
    }

    /// That the user was there in this hour.
    fn of_user(&self) -> Option<Tally> {
        let (user, at) = (self.user?, begin(self.at, HOUR));
        let second = at.as_second().to_be_bytes();
        let [release, environment] = self.names();
        let key = key(self.origin, &[b"user", user.as_bytes(), release.as_bytes(), environment.as_bytes(), &second]);
        Some(self.tally(key, at, Counts::default()))
    }

    fn names(&self) -> [String; 2] {
        let Attributes { release, environment } = self.attributes;
        [release, environment].map(|name| cut(name.as_deref().unwrap_or_default(), limits::KEYWORD_BYTES).to_owned())
    }

    fn tally(&self, key: Key, at: Timestamp, counts: Counts) -> Tally {
        let user = self.user.map(|user| {
            let [a, b, c, d, e, f, g, h, ..] = self::key(self.origin, &[b"user id", user.as_bytes()]);
            u64::from_be_bytes([a, b, c, d, e, f, g, h])
        });
        Tally { key, project: self.origin.project, subject: Subject::Session, at, names: self.names(), user, counts }
    }
}

fn key(origin: &Origin, parts: &[&[u8]]) -> Key {
    let project = origin.project.0.to_be_bytes();
    let parts: Vec<&[u8]> = std::iter::once(&project[..]).chain(parts.iter().copied()).collect();
    EventId::from_parts(&parts).0
}

/// The key of a fact that is known by its place in its record only.
pub(super) fn part_key(origin: &Origin, part: usize) -> Key {
    key(origin, &[b"part", &origin.record.0, &(part as u64).to_be_bytes()])
}

/// The minute that a session counts for: that of its begin, by a clock that is put right as for events. A session that
/// began in the future, or longer ago than [`limits::SESSION_DAYS`], counts for the minute of receipt.
fn counted_at(started: Option<Timestamp>, origin: &Origin) -> Timestamp {
    const DRIFT: SignedDuration = SignedDuration::from_secs(limits::CLOCK_DRIFT_SECONDS);
    const PAST: SignedDuration = SignedDuration::from_hours(24 * limits::SESSION_DAYS);
    let received_at = origin.received_at;
    let drift = origin.sent_at.map(|sent_at| received_at.duration_since(sent_at)).filter(|drift| drift.abs() >= DRIFT);
    let started = started.map(|started| drift.and_then(|drift| started.checked_add(drift).ok()).unwrap_or(started));
    let possible = |started: &Timestamp| *started <= received_at && received_at.duration_since(*started) <= PAST;
    begin(started.filter(possible).unwrap_or(received_at), MINUTE)
}

#[cfg(test)]
#[path = "sessions/tests.rs"]
mod tests;
