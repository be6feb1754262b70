//! What was taken and what was refused, counted by project, key, category, reason and hour: without a document for
//! each thing that was refused.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    category::Category,
    ids::{ProjectId, PublicKey},
    limits,
};

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:tt,)*) => {
        /// What became of a thing at ingest, before the log: taken, or why not. The names stand in the API, in
        /// metrics, in documents, in the codes of refusals and in `X-Sentry-Rate-Limits`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[schema(as = UsageReason)]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of [`Reason::index`].
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant,)*];

            /// The snake-case name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The reason of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

reasons! {
    /// It is in the log.
    Accepted = "accepted",
    /// A limit of its project was reached.
    ProjectQuota = "project_quota",
    /// A limit of its key was reached.
    KeyQuota = "key_quota",
    /// The project sends many times its usual.
    SpikeProtection = "spike_protection",
    /// The log is short of room and keeps it for what is worse.
    LogShort = "log_short",
    /// The log has no room.
    LogFull = "log_full",
    /// The log's server is away.
    LogUnavailable = "log_unavailable",
    /// Too much is being received at once.
    Busy = "busy",
    /// The key is disabled.
    DisabledKey = "disabled_key",
    /// The key was rotated, and its overlap with the new one is over.
    RotatedKey = "rotated_key",
    /// The project is disabled.
    DisabledProject = "disabled_project",
    /// It is over a size limit.
    TooLarge = "too_large",
    /// It can't be read.
    Invalid = "invalid",
    /// A fault of ours.
    Internal = "internal",
}

impl Reason {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Its place in [`Reason::ALL`], for tables.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Numbers by key, category, reason and hour of the day (0 to 23).
pub type Counts = BTreeMap<PublicKey, BTreeMap<Category, BTreeMap<Reason, BTreeMap<u8, u64>>>>;

/// What one ingest process counted of one project on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageDay {
    /// Whose it is.
    pub project: ProjectId,
    /// The day, UTC.
    pub day: Date,
    /// The process: drawn at its start, so that a restart adds a document and changes none.
    pub instance: String,
    /// The numbers.
    pub counts: Counts,
}

/// One number of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<'a> {
    /// Who sent it.
    pub key: &'a PublicKey,
    /// What it was.
    pub category: Category,
    /// What became of it.
    pub reason: Reason,
    /// The hour of the day, 0 to 23.
    pub hour: u8,
    /// How many.
    pub events: u64,
}

impl UsageDay {
    /// Adds to one number.
    pub fn add(&mut self, count: Count<'_>) {
        let Count { key, category, reason, hour, events } = count;
        if !self.counts.contains_key(key) {
            self.counts.insert(key.clone(), BTreeMap::new());
        }
        if let Some(categories) = self.counts.get_mut(key) {
            let number = categories.entry(category).or_default().entry(reason).or_default().entry(hour).or_default();
            *number = number.saturating_add(events);
        }
    }

    /// Every number.
    pub fn iter(&self) -> impl Iterator<Item = Count<'_>> {
        self.counts.iter().flat_map(|(key, categories)| {
            categories.iter().flat_map(move |(category, reasons)| {
                reasons.iter().flat_map(move |(reason, hours)| {
                    let (category, reason) = (*category, *reason);
                    hours.iter().map(move |(hour, events)| Count { key, category, reason, hour: *hour, events: *events })
                })
            })
        })
    }
}

/// How many of each category a busy hour has, learned from days before today: the hour that 95 % of all hours stay
/// below or reach. `None` while there are fewer than [`limits::SPIKE_LEARNING_DAYS`] days to learn from. A day before
/// the first one with numbers is no day to learn from; one without numbers in between is.
pub fn busy_hour(days: &[UsageDay], today: Date) -> Option<[u64; Category::COUNT]> {
    let first = days.iter().map(|day| day.day).filter(|day| *day < today).min()?;
    let seen: std::collections::BTreeSet<Date> = days.iter().map(|day| day.day).filter(|day| *day < today).collect();
    if seen.len() < limits::SPIKE_LEARNING_DAYS {
        return None;
    }
    let span = usize::try_from(first.until(today).ok()?.get_days()).ok()?;
    let mut hours = vec![[0_u64; Category::COUNT]; span * 24];
    for day in days.iter().filter(|day| day.day < today) {
        let offset = usize::try_from(first.until(day.day).ok()?.get_days()).ok()?;
        for count in day.iter().filter(|count| count.reason == Reason::Accepted) {
            if let Some(hour) = hours.get_mut(offset * 24 + usize::from(count.hour)) {
                let number = &mut hour[count.category.index()];
                *number = number.saturating_add(count.events);
            }
        }
    }
    let mut busy = [0; Category::COUNT];
    for (index, busy) in busy.iter_mut().enumerate() {
        let mut numbers: Vec<u64> = hours.iter().map(|hour| hour[index]).collect();
        let place = (numbers.len() * 95).div_ceil(100).saturating_sub(1);
        *busy = *numbers.select_nth_unstable(place).1;
    }
    Some(busy)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn key() -> PublicKey {
        PublicKey::from_bytes([7; 16])
    }

    fn day(number: i8, hours: &[(u8, u64)]) -> UsageDay {
        let mut day = UsageDay { project: ProjectId(1), day: date(2026, 11, number), instance: "a".into(), counts: Counts::new() };
        for (hour, events) in hours {
            let count = Count { key: &key(), category: Category::Error, reason: Reason::Accepted, hour: *hour, events: *events };
            day.add(count);
        }
        day
    }

    #[test]
    fn names_read_back_and_are_those_of_documents() {
        for (index, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), index);
            assert_eq!(Reason::from_name(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.as_str()));
        }
    }

    #[test]
    fn a_day_is_kept_by_name_so_that_later_programs_read_it() {
        let mut day = day(23, &[(5, 3)]);
        day.add(Count { key: &key(), category: Category::Error, reason: Reason::Accepted, hour: 5, events: 4 });
        let json = serde_json::to_value(&day).unwrap();
        assert_eq!(json["counts"]["07070707070707070707070707070707"]["error"]["accepted"]["5"], 7);
        assert_eq!(json["day"], "2026-11-23");
        assert_eq!(serde_json::from_value::<UsageDay>(json).unwrap(), day);
    }

    #[test]
    fn the_fullest_day_of_the_largest_project_fits_a_document() {
        let mut day = day(1, &[]);
        for key in 0..limits::PROJECT_KEYS {
            let key = PublicKey::from_bytes([key as u8; 16]);
            for category in [Category::Error, Category::Session, Category::Attachment, Category::Internal] {
                for reason in [Reason::Accepted, Reason::ProjectQuota] {
                    for hour in 0..24 {
                        day.add(Count { key: &key, category, reason, hour, events: 1_000_000_000 });
                    }
                }
            }
        }
        assert!(serde_json::to_vec(&day).unwrap().len() < limits::DOCUMENT_BYTES);
    }

    #[test]
    fn a_new_project_has_no_usual_rate() {
        let days = [day(1, &[(5, 100)]), day(2, &[(5, 100)])];
        assert_eq!(busy_hour(&days, date(2026, 11, 3)), None);
        assert_eq!(busy_hour(&[], date(2026, 11, 3)), None);
        // Two processes on one day are one day.
        let days = [day(1, &[(5, 100)]), day(2, &[(5, 100)]), day(2, &[(5, 100)])];
        assert_eq!(busy_hour(&days, date(2026, 11, 3)), None);
    }

    #[test]
    fn a_busy_hour_is_one_that_few_hours_exceed() {
        // Three days of 24 hours: 72, of which 95 % are 69 (68.4): the 69th smallest is the 4th largest.
        let days = [day(1, &[(9, 900), (10, 500)]), day(2, &[(9, 400), (10, 300)]), day(3, &[(9, 200)])];
        let busy = busy_hour(&days, date(2026, 11, 4)).unwrap();
        assert_eq!(busy[Category::Error.index()], 300);
        assert_eq!(busy[Category::Session.index()], 0);
        // Today's own numbers teach nothing.
        let spiking = [days.as_slice(), &[day(4, &[(1, 1_000_000), (2, 1_000_000), (3, 1_000_000), (4, 1_000_000)])]].concat();
        assert_eq!(busy_hour(&spiking, date(2026, 11, 4)), Some(busy));
    }

    #[test]
    fn what_several_processes_took_in_an_hour_is_one_hour() {
        let one = |number| day(number, &[(9, 100), (10, 100), (11, 100), (12, 100)]);
        let days = [one(1), one(1), one(2), one(2), one(3), one(3)];
        assert_eq!(busy_hour(&days, date(2026, 11, 4)).unwrap()[Category::Error.index()], 200);
    }
}
