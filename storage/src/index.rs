//! The index: where events are found and counted.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use async_trait::async_trait;
use jiff::civil::Date;
use schemas::{
    event::Event,
    fields::{Field, Type},
    ids::{EventId, ProjectId},
    limits,
    outcome::Outcome,
    query::{Expr, FieldRef, Value},
    record::Position,
    tally::Tally,
};

use crate::{Error, Result};

pub mod elastic;
mod sums;
pub mod tantivy;

pub use sums::{ROWS, Row, Sum, Summed};

/// An event ready to be stored.
#[derive(Debug, Clone)]
pub struct Document {
    /// Scrubbed and fingerprinted.
    pub event: Event,
    /// The same as JSON, made once by the caller: what `get` and `search` give back, byte for byte.
    pub json: Vec<u8>,
    /// The record it came from.
    pub position: Position,
    /// Whether an earlier try may have decided against the record and have left an outcome. Costs a look for it.
    pub may_have_ended: bool,
}

impl Document {
    /// The document of `event`. Costs one serialization; call it where there are cores to spare.
    pub fn new(event: Event, position: Position) -> Self {
        let json = serde_json::to_vec(&event).expect("an event has only text keys and finite depth");
        Self { event, json, position, may_have_ended: false }
    }
}

/// What `put` did with one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is new and will be found after the next `flush`.
    Stored,
    /// The same record is there already, from before a restart, and stays as it is.
    Unchanged {
        /// Whether what is there is slim, whatever was put.
        slim: bool,
    },
    /// The record has an outcome from before a restart, which stays: the event is not stored. Only of documents that
    /// [`Document::may_have_ended`], and of records whose event was erased or replaced since.
    Ended,
    /// The event id was stored from another record within [`schemas::limits::DEDUPLICATION_HOURS`].
    Duplicate {
        /// The record that was first.
        of: Position,
    },
    /// The engine refuses this document for good; the others are not affected.
    Refused {
        /// Why, without any of the content.
        reason: String,
    },
}

/// Which events a question is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// Of these projects. Empty: of none.
    pub projects: Vec<ProjectId>,
    /// Whose `timestamp` lies in this range of milliseconds since 1970, UTC.
    pub millis: Range<i64>,
    /// For which this holds.
    pub expr: Expr,
}

/// Where a page ended: the last event on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Its `timestamp` in milliseconds.
    pub millis: i64,
    /// Its id.
    pub id: EventId,
    /// Its project.
    pub project: ProjectId,
}

/// An event as found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// [`Document::json`].
    pub json: Vec<u8>,
    /// The record it came from.
    pub position: Position,
    /// For the next page.
    pub cursor: Cursor,
}

/// One page of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Newest first; of the same millisecond by id and then project, descending.
    pub hits: Vec<Hit>,
    /// Whether there are more.
    pub more: bool,
}

/// How far the index knows the log: the greatest offset of each partition.
pub type Marks = BTreeMap<u32, u64>;

/// Events that were stored since.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrivals {
    /// In order of receipt, then of position.
    pub hits: Vec<Hit>,
    /// How many there are, those beyond the limit too.
    pub total: u64,
    /// How far the log was known when this was answered, whatever was asked for. At least what was given.
    pub marks: Marks,
}

/// A question that is answered by counting.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// Which events.
    pub scope: Scope,
    /// Split by these fields, at most two; an event without one of them is in no group. Empty: one group of all.
    pub by: Vec<FieldRef>,
    /// Only the groups with the greatest weight, at most this many; of equal ones the one with the lesser key first.
    pub limit: usize,
    /// Count over time as well: buckets of this many milliseconds, the first and the last one perhaps cut short by the
    /// scope. At most [`schemas::limits::BUCKETS`].
    pub interval: Option<i64>,
    /// A time that a bucket begins or would begin at, in milliseconds: the others begin whole intervals before and after.
    /// `None`: the start of the scope.
    pub origin: Option<i64>,
    /// Count users too, in all and of each group. Costs more.
    pub users: bool,
    /// Count the users of each bucket too, of all events in scope. Costs more.
    pub users_over_time: bool,
    /// Find the newest event of each group too, when fields to split by are given.
    pub newest: bool,
    /// Count the distinct values of these fields too, at most [`DISTINCT_FIELDS`], of all events in scope.
    pub distinct: Vec<FieldRef>,
}

impl Count {
    /// How many events there are, and nothing else.
    pub fn of(scope: Scope) -> Self {
        Self {
            scope,
            by: Vec::new(),
            limit: 0,
            interval: None,
            origin: None,
            users: false,
            users_over_time: false,
            newest: false,
            distinct: Vec::new(),
        }
    }

    /// Whether nothing is asked about groups but their counts and times.
    fn is_plain(&self) -> bool {
        !self.users && !self.newest && self.interval.is_none()
    }

    /// Where the bucket begins that the scope begins in.
    fn first_bucket(&self) -> i64 {
        let start = self.scope.millis.start;
        let into = |interval: i64, origin: i64| (i128::from(start) - i128::from(origin)).rem_euclid(i128::from(interval)) as i64;
        match (self.interval, self.origin) {
            (Some(interval @ 1..), Some(origin)) => start.saturating_sub(into(interval, origin)),
            _ => start,
        }
    }

    /// Refuses what no engine answers.
    fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::terminal("reading the count", why));
        if self.by.len() > 2 {
            return refuse("events are split by at most two fields".into());
        }
        let most = if self.is_plain() { limits::PLAIN_GROUPS } else { limits::GROUPS };
        if self.limit > most {
            return refuse(format!("at most {most} groups are answered"));
        }
        if self.distinct.len() > DISTINCT_FIELDS {
            return refuse(format!("the values of at most {DISTINCT_FIELDS} fields are counted at once"));
        }
        let mut fields = self.by.iter().chain(&self.distinct);
        if let Some(field) = fields.find(|field| field.key.is_some() != (field.field.kind() == Type::Tags)) {
            return refuse(format!("{field} needs a key, or has one and must not"));
        }
        match self.interval {
            Some(..=0) => refuse("an interval is at least a millisecond".into()),
            Some(interval) if self.buckets(interval) > limits::BUCKETS as u64 => {
                refuse(format!("at most {} buckets are answered: ask for a longer interval or a shorter time", limits::BUCKETS))
            }
            _ => Ok(()),
        }
    }

    /// How many buckets of `interval` there are.
    fn buckets(&self, interval: i64) -> u64 {
        let Range { start, end } = self.scope.millis;
        let span = if start < end { i128::from(end) - i128::from(self.first_bucket()) } else { 0 };
        u64::try_from((span + i128::from(interval) - 1) / i128::from(interval)).unwrap_or(u64::MAX)
    }
}

/// Most fields whose distinct values are counted at once.
pub const DISTINCT_FIELDS: usize = 8;

/// The answer to a [`Count`].
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// Events in scope, those without a group too.
    pub total: u64,
    /// The sum of their weights: about how many happened. As `total` when none of them was sampled.
    pub weight: u64,
    /// Events in scope per bucket, when an interval was asked for.
    pub buckets: Vec<u64>,
    /// The sums of their weights.
    pub weights: Vec<u64>,
    /// Users in scope, when asked for; see [`Group::users`].
    pub users: Option<u64>,
    /// Users per bucket, when asked for: exact while no bucket has more than 40,000 and all together have at most 400,000;
    /// beyond, estimates that are rarely off by more than 3 %.
    pub users_over_time: Vec<u64>,
    /// How many distinct values each field of [`Count::distinct`] has; exact and estimated as [`Group::users`].
    pub distinct: Vec<u64>,
    /// Groups, greatest weight first.
    pub groups: Vec<Group>,
    /// How many groups there are in all, those beyond the limit too.
    pub groups_total: u64,
    /// By how much at most a group's count may be too low. 0: every count is exact.
    pub error_bound: u64,
}

/// One group of a [`Counted`].
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// One value for each field of `by`.
    pub key: Vec<Value>,
    /// Events.
    pub count: u64,
    /// The sum of their weights.
    pub weight: u64,
    /// Least and greatest `timestamp`, in milliseconds.
    pub seen: (i64, i64),
    /// Events per bucket, when an interval was asked for.
    pub buckets: Vec<u64>,
    /// The sums of their weights.
    pub weights: Vec<u64>,
    /// Distinct values of [`Field::User`], when asked for. Exact up to 40,000; beyond, an estimate that is rarely off by
    /// more than 3 %.
    pub users: Option<u64>,
    /// The newest event and its project, when asked for; of the same millisecond the one with the greatest id.
    pub newest: Option<(EventId, ProjectId)>,
}

/// How many records ended how, by kind and reason in their order; see [`schemas::outcome`]. A stored event counts as
/// accepted, a slim one as counted by storm control. Every record counts once, whatever quantity it stands for; what did not happen is left out.
pub type Balance = Vec<(schemas::outcome::Kind, schemas::outcome::Reason, u64)>;

/// What became of one record, as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The event is stored whole and came from this record.
    Stored(Position),
    /// The event is stored slim and came from this record.
    Counted(Position),
    /// It ended otherwise.
    Ended(Outcome),
}

/// What is to become of a stored event.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It stays as it is.
    Keep,
    /// This one takes its place: of the same project, id and time of receipt.
    Replace(Box<Event>),
    /// It goes, and its record has ended as [`schemas::outcome::Kind::Erased`].
    Erase,
}

/// Whether the event with this JSON is looked for.
pub type Wanted = dyn Fn(&[u8]) -> bool + Send + Sync;

/// What is to become of the event with this JSON.
pub type Decide = dyn Fn(&[u8]) -> Change + Send + Sync;

/// Events and outcomes by day of receipt, facts by the day that they count for (UTC).
///
/// # Contract
///
/// 1. `put` is idempotent: a document with the project and event id of one that is there, uncommitted ones and
///    earlier ones of the same batch included, changes nothing and is answered [`Put::Unchanged`] or
///    [`Put::Duplicate`]. One that [`Document::may_have_ended`] and whose record has an outcome, uncommitted ones
///    included, changes nothing either and is answered [`Put::Ended`]. What is there is looked for on the day of `received_at` and, within
///    [`schemas::limits::DEDUPLICATION_HOURS`] of it, on the day before and the day after. An id says nothing
///    about another project's.
/// 2. `record` is idempotent by position, and changes nothing for a record whose event is there: what was decided before
///    a restart stays. The outcome of a filtered event leaves the fact that [`Tally::of_filter`] makes of it. `tally` is
///    idempotent by key within the day of [`Tally::at`]: of facts with the same key and day the first stays.
/// 3. After `flush` everything put, recorded and tallied before survives a power cut and is found by every question. Before,
///    it may be found or not. A process that ends without `flush` may lose what it put: the log still has it.
/// 4. `search`, `arrivals`, `count`, `tag_keys`, `get`, `fate`, `balance` and `sum` answer for whole and right or with an error. A shard that
///    failed, a time that ran out or an unknown field is an error, never a short answer.
/// 5. Fields, values and tokens are exactly those of [`schemas::fields`]. Every engine gives the same answers.
/// 6. A server that is away is [`crate::Error::Retryable`]; a query an engine can't do is [`crate::Error::Terminal`],
///    one with more groups than it can hold [`crate::Error::TooMuch`].
/// 7. One task calls `put`, `record`, `tally` and `flush` at a time in a process; several processes may. Questions may be
///    asked at any time by any task.
/// 8. An event that says nothing else has the weight 1. Sums of weights are exact up to 2^53.
/// 9. What `change` did is durable and found by every question when it returns, and it can be repeated, after a crash in
///    the middle too: a day is never without both the event and the outcome of its record. Any task may call it at any
///    time. A record whose event was replaced or erased is answered [`Put::Ended`] when it is put again, so that nothing
///    is taken from it anew; another one with its id [`Put::Duplicate`], as if the event were there. Of what was replaced or erased nothing is left: not in the files of an
///    embedded engine, and not in any answer of a cluster, whose files lose it when their segments are merged next.
#[async_trait]
pub trait Index: Send + Sync + 'static {
    /// Stores events. Answers what was done with each, in order.
    async fn put(&self, documents: Vec<Document>) -> Result<Vec<Put>>;

    /// Stores the outcomes of records that left no event.
    async fn record(&self, outcomes: Vec<Outcome>) -> Result<()>;

    /// Stores facts to be summed.
    async fn tally(&self, tallies: Vec<Tally>) -> Result<()>;

    /// Makes everything put, recorded and tallied durable and visible.
    async fn flush(&self) -> Result<()>;

    /// One page of events, newest first.
    async fn search(&self, scope: &Scope, after: Option<Cursor>, limit: usize) -> Result<Page>;

    /// The events in scope from records behind `after`, at most `limit`; all of a partition that it doesn't know. Without
    /// `after` none, only how far the log is known. Costs little while nothing was stored.
    async fn arrivals(&self, scope: &Scope, after: Option<&Marks>, limit: usize) -> Result<Arrivals>;

    /// The events with this id in these projects, newest first.
    async fn get(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Hit>>;

    /// Counts events.
    async fn count(&self, count: &Count) -> Result<Counted>;

    /// The keys of the tags of events in scope that begin with `prefix`, letter by letter, with how many events have
    /// each: the `limit` most frequent, of equal ones the lesser first. `None` when there are more than
    /// [`schemas::limits::TAG_KEYS`] of them: a longer prefix or a narrower scope helps.
    async fn tag_keys(&self, scope: &Scope, prefix: &str, limit: usize) -> Result<Option<Vec<(String, u64)>>>;

    /// Sums facts.
    async fn sum(&self, sum: &Sum) -> Result<Summed>;

    /// What became of the records with this event id in these projects, by position.
    async fn fate(&self, projects: &[ProjectId], id: EventId) -> Result<Vec<Fate>>;

    /// The outcomes of every record received on this day.
    async fn balance(&self, day: Date) -> Result<Balance>;

    /// The events of one day and these projects for whose JSON `wanted` says yes, in any order. Looks at every event of
    /// the day that was flushed before.
    async fn scan(&self, day: Date, projects: &[ProjectId], wanted: Arc<Wanted>) -> Result<Vec<(ProjectId, EventId)>>;

    /// Replaces or erases these events of one day as `decide` says of each that is there. What it says of an event must
    /// not depend on anything but its JSON.
    async fn change(&self, day: Date, events: &[(ProjectId, EventId)], decide: Arc<Decide>) -> Result<()>;

    /// The days that hold anything, in order.
    async fn days(&self) -> Result<Vec<Date>>;

    /// Forgets a day, whole.
    async fn drop_day(&self, day: Date) -> Result<()>;

    /// Whether questions can be expected to be answered now. Cheap; for readiness.
    async fn health(&self) -> Result<()>;

    /// Flushes and lets go of files, threads and connections. Nothing is called afterwards.
    async fn close(&self) -> Result<()>;
}

/// The field that users are counted by.
pub const USERS: Field = Field::User;
