//! Reports of clients about what they threw away themselves.
//!
//! `{"timestamp", "discarded_events": [{"reason", "category", "quantity"}]}`, as
//! <https://develop.sentry.dev/sdk/telemetry/client-reports/> has it; proxies between client and server add the same
//! lists under other names. Names come from outside and are made harmless here.

use std::collections::BTreeMap;

use super::{
    ReadError, json,
    odd::{Odd, Path},
    parts,
    tree::{Object, Tree},
};
use crate::{limits, outcome::Reason};

/// Longest name, in characters.
const NAME: usize = 40;
/// Most different losses in the text of a report.
const TOLD: usize = 20;
/// Where the losses stand.
const LISTS: [&str; 4] = ["discarded_events", "rate_limited_events", "filtered_events", "filtered_sampling_events"];

/// What a client threw away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many things by reason and category, each at most [`limits::COUNTED_AT_ONCE`] times the number of entries.
    pub lost: BTreeMap<(String, String), u64>,
}

impl Report {
    /// How many things in all.
    pub fn total(&self) -> u64 {
        self.lost.values().sum()
    }
}

impl std::fmt::Display for Report {
    /// `reason/category quantity`, the first few.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, ((reason, category), quantity)) in self.lost.iter().take(TOLD).enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            write!(f, "{comma}{reason}/{category} {quantity}")?;
        }
        Ok(())
    }
}

/// Reads a report; at most [`limits::FREE_ENTRIES`] of each list. What is no object is refused.
pub fn read(payload: &[u8]) -> Result<Report, ReadError> {
    json::read_tree(payload, |tree| {
        let Tree::Object(mut object) = tree else {
            return Err(ReadError { reason: Reason::InvalidEvent, detail: "a client's report is a JSON object".into() });
        };
        let mut report = Report::default();
        for list in LISTS {
            let Some(Tree::Array(losses)) = object.remove(list) else { continue };
            losses.into_iter().take(limits::FREE_ENTRIES).for_each(|loss| report.add(loss));
        }
        Ok(report)
    })?
}

impl Report {
    fn add(&mut self, loss: Tree<'_>) {
        let Tree::Object(mut loss) = loss else { return };
        let quantity = match loss.remove("quantity") {
            None | Some(Tree::Null) => 1,
            Some(quantity) => parts::unsigned(quantity, &Path::top("quantity"), &mut Odd::default()).unwrap_or(0),
        };
        let key = (name(&loss, "reason"), name(&loss, "category"));
        *self.lost.entry(key).or_default() += quantity.min(limits::COUNTED_AT_ONCE);
    }
}

fn name(loss: &Object<'_>, key: &str) -> String {
    let text = loss.get(key).and_then(Tree::as_str).unwrap_or_default();
    let name: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).take(NAME).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn losses_are_added_up_by_reason_and_category() {
        let report = read(
            br#"{"timestamp":1700000000,"discarded_events":[
                {"reason":"queue_overflow","category":"error","quantity":23},
                {"reason":"queue_overflow","category":"error","quantity":2},
                {"reason":"queue_overflow","category":"transaction","quantity":1321},
                {"reason":"<b>","category":7}, 5],
              "rate_limited_events":[{"reason":"quota","category":"error","quantity":"4"}]}"#,
        )
        .unwrap();
        assert_eq!(report.to_string(), "b/unknown 1, queue_overflow/error 25, queue_overflow/transaction 1321, quota/error 4");
        assert_eq!(report.total(), 1_351);
    }

    #[test]
    fn a_report_of_nothing_is_empty_and_what_is_no_report_is_refused() {
        for empty in ["{}", r#"{"discarded_events":null}"#, r#"{"discarded_events":{}}"#, r#"{"discarded_events":[]}"#] {
            assert_eq!(read(empty.as_bytes()), Ok(Report::default()), "{empty}");
        }
        assert_eq!(read(b"[]").unwrap_err().reason, Reason::InvalidEvent);
        assert_eq!(read(b"{\"a").unwrap_err().reason, Reason::InvalidJson);
    }

    #[test]
    fn no_quantity_grows_beyond_its_limit() {
        for quantity in ["18446744073709551615", "1e300", "-1", "[]", "9007199254740992"] {
            let loss = format!(r#"{{"reason":"r","category":"c","quantity":{quantity}}}"#);
            let losses = vec![loss; limits::FREE_ENTRIES + 5].join(",");
            let report = read(format!(r#"{{"discarded_events":[{losses}]}}"#).as_bytes()).unwrap();
            assert!(report.total() <= limits::COUNTED_AT_ONCE * limits::FREE_ENTRIES as u64, "{quantity}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, like in r#"\{"discarded_events":\[(\{"reason":"[a-z<]{0,3}","quantity":-?[0-9]{1,20}\},?){0,3}\]?\}"#) {
            let _ = (read(&bytes), read(like.as_bytes()));
        }
    }
}
