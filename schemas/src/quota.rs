//! How much a project or a key may send: what its owner sets. Counting is ingest's.

use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{category::Category, limits};

/// One limit. Several hold side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What it counts; empty: everything but [`Category::Internal`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// Over what time.
    pub per: Period,
    /// How many. 0 takes none at all.
    pub events: u64,
    /// With [`Period::Minute`] only: how many may come at once, after a pause. `None`: those of a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u64>,
}

/// Over what time a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// Any minute, as a bucket that fills evenly.
    Minute,
    /// The hour of the clock, UTC.
    Hour,
    /// The month of the calendar, UTC.
    Month,
}

/// What holds a project that suddenly sends many times its usual, so that it does not use up what others need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpikeProtection {
    /// Whether it holds.
    pub enabled: bool,
    /// At how many times a busy hour of the days before, from 2 to 1,000.
    pub multiple: u32,
    /// Never below this many an hour in one category.
    pub floor_per_hour: u64,
}

impl Default for SpikeProtection {
    fn default() -> Self {
        Self { enabled: true, multiple: 10, floor_per_hour: 100_000 }
    }
}

/// What is wrong with one value of limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaError {
    /// JSON pointer within the list or the object.
    pub pointer: String,
    /// For people.
    pub message: String,
}

impl Limit {
    /// Whether it counts this category.
    pub fn covers(&self, category: Category) -> bool {
        if self.categories.is_empty() { category != Category::Internal } else { self.categories.contains(&category) }
    }

    /// Whether a list of limits can be used.
    pub fn check(list: &[Self]) -> Result<(), QuotaError> {
        let fault = |pointer: String, message: String| Err(QuotaError { pointer, message });
        if list.len() > limits::LIMITS {
            return fault(String::new(), format!("there may be {} limits, not {}", limits::LIMITS, list.len()));
        }
        for (index, limit) in list.iter().enumerate() {
            if limit.events > limits::LIMIT_EVENTS {
                return fault(format!("/{index}/events"), format!("at most {}", limits::LIMIT_EVENTS));
            }
            for (place, category) in limit.categories.iter().enumerate() {
                if *category == Category::Internal {
                    return fault(format!("/{index}/categories/{place}"), "what clients say about themselves is never limited".into());
                }
                if limit.categories[..place].contains(category) {
                    return fault(format!("/{index}/categories/{place}"), format!("{category} stands there twice"));
                }
            }
            match limit.burst {
                Some(_) if limit.per != Period::Minute => {
                    return fault(format!("/{index}/burst"), "only limits per minute have a burst".into());
                }
                Some(burst) if !(1..=limits::LIMIT_EVENTS).contains(&burst) => {
                    return fault(format!("/{index}/burst"), format!("from 1 to {}", limits::LIMIT_EVENTS));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Period {
    /// The number of the period in which a time lies, and the seconds until it ends. Different periods have different
    /// numbers. A minute has no place in the calendar: it gives what an hour does.
    pub fn window(self, now: Timestamp) -> (u32, u64) {
        let at = Offset::UTC.to_datetime(now);
        let ends = |end: Option<Timestamp>| end.map_or(1, |end| u64::try_from(end.as_second() - now.as_second()).unwrap_or(1).max(1));
        match self {
            Self::Minute | Self::Hour => {
                let hour = now.as_second().div_euclid(3_600);
                (u32::try_from(hour).unwrap_or(0), ends(Timestamp::from_second((hour + 1) * 3_600).ok()))
            }
            Self::Month => {
                let number = i32::from(at.year()) * 12 + i32::from(at.month());
                let next = at.date().first_of_month().checked_add(jiff::Span::new().months(1)).ok();
                (u32::try_from(number).unwrap_or(0), ends(next.and_then(start_of)))
            }
        }
    }
}

/// The first moment of a day, UTC.
pub fn start_of(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

impl SpikeProtection {
    /// Whether it can be used.
    pub fn check(&self) -> Result<(), QuotaError> {
        let fault = |pointer: &str, message: String| Err(QuotaError { pointer: pointer.into(), message });
        if !(2..=1_000).contains(&self.multiple) {
            return fault("/multiple", format!("from 2 to 1000, not {}", self.multiple));
        }
        if self.floor_per_hour > limits::LIMIT_EVENTS {
            return fault("/floor_per_hour", format!("at most {}", limits::LIMIT_EVENTS));
        }
        Ok(())
    }

    /// How many it lets through in an hour of a category of which a busy hour had `usual`. `None`: any number.
    pub fn threshold(&self, usual: Option<u64>) -> Option<u64> {
        let usual = usual.filter(|_| self.enabled)?;
        Some(usual.saturating_mul(self.multiple.into()).max(self.floor_per_hour))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        let list: Vec<Limit> = serde_json::from_str(json).unwrap();
        Limit::check(&list).unwrap_err().pointer
    }

    #[test]
    fn what_makes_no_sense_is_named_by_its_place() {
        assert_eq!(refused(r#"[{"per":"hour","events":5},{"per":"hour","events":5,"burst":5}]"#), "/1/burst");
        assert_eq!(refused(r#"[{"per":"minute","events":5,"burst":0}]"#), "/0/burst");
        assert_eq!(refused(r#"[{"per":"month","events":1000000000001}]"#), "/0/events");
        assert_eq!(refused(r#"[{"per":"hour","events":5,"categories":["error","error"]}]"#), "/0/categories/1");
        assert_eq!(refused(r#"[{"per":"hour","events":5,"categories":["internal"]}]"#), "/0/categories/0");
        let many = vec![Limit { categories: vec![], per: Period::Hour, events: 1, burst: None }; limits::LIMITS + 1];
        assert_eq!(Limit::check(&many).unwrap_err().pointer, "");
        assert_eq!(Limit::check(&many[1..]), Ok(()));
        for (multiple, floor_per_hour) in [(1, 0), (1_001, 0), (2, limits::LIMIT_EVENTS + 1)] {
            assert!(SpikeProtection { enabled: true, multiple, floor_per_hour }.check().is_err());
        }
    }

    #[test]
    fn a_limit_without_categories_counts_all_but_clients_own_reports() {
        let limit = Limit { categories: vec![], per: Period::Hour, events: 1, burst: None };
        assert!(limit.covers(Category::Error) && limit.covers(Category::Session) && !limit.covers(Category::Internal));
        let errors = Limit { categories: vec![Category::Error], ..limit };
        assert!(errors.covers(Category::Error) && !errors.covers(Category::Session));
    }

    #[test]
    fn windows_end_with_the_hour_and_the_month() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (hour, left) = Period::Hour.window(at("2026-11-23T12:59:50.9Z"));
        assert_eq!(left, 10);
        assert_eq!(Period::Hour.window(at("2026-11-23T13:00:00Z")), (hour + 1, 3_600));
        let (month, left) = Period::Month.window(at("2026-12-31T23:59:00Z"));
        assert_eq!(left, 60);
        assert_eq!(Period::Month.window(at("2027-01-01T00:00:00Z")), (month + 1, 31 * 86_400));
        // A clock that was never set, and one at the end of time.
        assert_eq!(Period::Hour.window(Timestamp::MIN).0, 0);
        assert!(Period::Month.window(Timestamp::MAX).1 >= 1);
    }

    #[test]
    fn a_spike_is_a_multiple_of_the_usual_and_never_below_the_floor() {
        let spikes = SpikeProtection::default();
        assert_eq!(spikes.threshold(Some(50_000)), Some(500_000));
        assert_eq!(spikes.threshold(Some(3)), Some(100_000));
        assert_eq!(spikes.threshold(None), None);
        assert_eq!(SpikeProtection { enabled: false, ..spikes }.threshold(Some(50_000)), None);
    }
}
