//! Times, ranges and intervals as users write them.

use std::ops::Range;

use jiff::{Timestamp, civil, tz::TimeZone};
use schemas::limits;

use crate::{
    params::{Params, short},
    problem::{Answer, Problem},
};

const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How far past now a range without an end goes: clocks of clients may be ahead so much.
const AHEAD: i64 = limits::FUTURE_SECONDS * SECOND;

/// The longest range.
pub(crate) const LONGEST: i64 = limits::RANGE_DAYS * DAY;

/// Intervals that fit a clock's face.
const ROUND: [i64; 16] = [
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    60 * SECOND,
    5 * 60 * SECOND,
    10 * 60 * SECOND,
    15 * 60 * SECOND,
    30 * 60 * SECOND,
    DAY / 24,
    DAY / 8,
    DAY / 4,
    DAY / 2,
    DAY,
    7 * DAY,
    28 * DAY,
];

/// `from` and `to` in milliseconds: without `from` the 24 hours before `to`, without `to` up to a minute from now.
pub(crate) fn range(params: &Params, now: Timestamp) -> Answer<Range<i64>> {
    let to = time(params, "to", now)?.unwrap_or(open_end(now));
    let from = time(params, "from", now)?.unwrap_or(to.min(now.as_millisecond()) - DAY);
    check(from..to)
}

/// The end of a range that has none: a minute from now.
pub(crate) fn open_end(now: Timestamp) -> i64 {
    now.as_millisecond() + AHEAD
}

/// A range that is neither empty nor too long.
pub(crate) fn check(range: Range<i64>) -> Answer<Range<i64>> {
    if !possible(range.start) || !possible(range.end) {
        return Err(Problem::parameter("from", "times lie between the years 1970 and 9999"));
    }
    if range.start >= range.end {
        return Err(Problem::parameter("from", "it must be before `to`"));
    }
    if range.end - range.start > LONGEST {
        return Err(Problem::parameter("from", format!("from and to may lie {} days apart at most", limits::RANGE_DAYS)));
    }
    Ok(range)
}

/// A time: RFC 3339, a day, milliseconds since 1970, `now`, or relative to now like `-24h`.
pub(crate) fn time(params: &Params, name: &str, now: Timestamp) -> Answer<Option<i64>> {
    let Some(text) = params.one(name)? else { return Ok(None) };
    let found = absolute(text).or_else(|| relative(text, now.as_millisecond()));
    let found = found.filter(|millis| possible(*millis));
    let expected = "it must be a time like 2026-01-31T12:00:00Z, a day, milliseconds since 1970, now, or back from now like -24h or -30m";
    found.map(Some).ok_or_else(|| Problem::parameter(name, format!("{expected}, not {:?}", short(text))))
}

/// Whether these milliseconds are of the years 1970 to 9999, so that no sum of times overflows.
pub(crate) fn possible(millis: i64) -> bool {
    (0..253_402_300_800_000).contains(&millis)
}

fn absolute(text: &str) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let time: civil::DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok().map(Timestamp::as_millisecond)
}

fn relative(text: &str, now: i64) -> Option<i64> {
    match text.strip_prefix("now").unwrap_or(text) {
        "" => Some(now),
        back => now.checked_sub(duration(back.strip_prefix('-')?)?),
    }
}

/// A duration like `90s`, `5m`, `24h`, `7d`, `2w` in milliseconds, more than none.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let length = match unit {
        's' => SECOND,
        'm' => 60 * SECOND,
        'h' => 3_600 * SECOND,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let number = &text[..text.len() - unit.len_utf8()];
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(length).filter(|millis| *millis > 0)
}

/// A duration as text, in the largest unit that divides it.
pub(crate) fn spell(millis: i64) -> String {
    for (unit, length) in [("d", DAY), ("h", DAY / 24), ("m", 60 * SECOND), ("s", SECOND)] {
        if millis % length == 0 {
            return format!("{}{unit}", millis / length);
        }
    }
    format!("{millis}ms")
}

/// The shortest round interval that cuts `range` into at most `most` buckets.
pub(crate) fn interval_for(range: &Range<i64>, most: usize) -> i64 {
    let fits = |interval: &i64| buckets(range, *interval) <= most;
    ROUND.into_iter().find(fits).unwrap_or_else(|| (range.end - range.start) / i64::try_from(most).unwrap_or(1) + 1)
}

/// How many buckets there are, the last one perhaps shorter.
pub(crate) fn buckets(range: &Range<i64>, interval: i64) -> usize {
    usize::try_from((range.end - range.start + interval - 1) / interval).unwrap_or(usize::MAX)
}

/// As a time of the answer.
pub(crate) fn stamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-09-21T14:13:20Z
    const NOW: i64 = 1_790_000_000_000;

    fn read(query: &str) -> Answer<Range<i64>> {
        range(&Params::read(Some(query), &["from", "to"]).unwrap(), stamp(NOW))
    }

    #[test]
    fn times_are_read_in_each_form() {
        let hour = 3_600_000;
        for (query, from, to) in [
            ("", NOW - 24 * hour, NOW + 60_000),
            ("to=now", NOW - 24 * hour, NOW),
            ("from=-2h", NOW - 2 * hour, NOW + 60_000),
            ("from=now-2h&to=-1h", NOW - 2 * hour, NOW - hour),
            ("from=-1w&to=-6d", NOW - 7 * 24 * hour, NOW - 6 * 24 * hour),
            ("from=0&to=1", 0, 1),
            ("from=2026-09-21&to=2026-09-21T14:13:20", NOW - 14 * hour - 13 * 60_000 - 20_000, NOW),
            ("from=2026-09-21T13:13:20Z&to=2026-09-21T16:13:20.5%2B02:00", NOW - hour, NOW + 500),
            ("to=2026-09-21T13:13:20Z", NOW - 25 * hour, NOW - hour),
        ] {
            assert_eq!(read(query), Ok(from..to), "{query}");
        }
    }

    #[test]
    fn impossible_ranges_are_refused() {
        for bad in [
            "from=x",
            "from=-5",
            "from=-5y",
            "from=-0h",
            "from=--5h",
            "from=+5h",
            "to=tomorrow",
            "from=now&to=now",
            "from=-1h&to=-2h",
            "from=-401d",
            "from=-99999999999999999h",
            "from=99999999999999999999",
            "from=2026-13-01",
            "to=253402300800000",
            "from=-%C3%A4",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn intervals_are_round_and_few() {
        let day = 24 * 3_600_000;
        assert_eq!(interval_for(&(0..day), 60), day / 48);
        assert_eq!(interval_for(&(0..day), 24), day / 24);
        assert_eq!(interval_for(&(0..7 * day), 60), day / 8);
        assert_eq!(interval_for(&(0..1), 60), 1_000);
        assert_eq!(
            (spell(day / 48), spell(90_000), spell(7 * day), spell(1_500)),
            ("30m".into(), "90s".into(), "7d".into(), "1500ms".into())
        );
        assert_eq!((buckets(&(0..10), 3), buckets(&(0..9), 3)), (4, 3));
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_refused(text: String) {
            let _ = absolute(&text);
            let _ = relative(&text, NOW);
            let _ = duration(&text);
        }

        #[test]
        fn a_spelt_duration_reads_back(seconds in 1_i64..10_000_000) {
            prop_assert_eq!(duration(&spell(seconds * 1_000)), Some(seconds * 1_000));
        }

        #[test]
        fn an_interval_never_gives_more_buckets_than_wanted(start in 0..NOW, length in 1..400 * 24 * 3_600_000_i64, most in 1_usize..100) {
            let range = start..start + length;
            prop_assert!(buckets(&range, interval_for(&range, most)) <= most);
        }
    }
}
