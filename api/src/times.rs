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
pub(crate) const DAY: i64 = 24 * HOUR;

/// How far past now a range without an end goes: clocks of clients may be ahead so much.
const AHEAD: i64 = limits::FUTURE_SECONDS * SECOND;

/// The longest range.
pub(crate) const LONGEST: i64 = limits::RANGE_DAYS * DAY;

/// `from` and `to` in milliseconds: without `from` the 24 hours before `to`, without `to` up to a minute from now.
pub(crate) fn range(params: &Params, now: Timestamp) -> Answer<Range<i64>> {
    range_in(params, now, &TimeZone::UTC)
}

/// The same where days and times that say no zone are of this one.
pub(crate) fn range_in(params: &Params, now: Timestamp, zone: &TimeZone) -> Answer<Range<i64>> {
    let to = time_in(params, "to", now, zone)?.unwrap_or(open_end(now));
    let from = time_in(params, "from", now, zone)?.unwrap_or(to.min(now.as_millisecond()) - DAY);
    check(from..to)
}

/// The parameter `timezone`; without it, UTC. The rules of zones are built in: nothing is read from the machine.
pub(crate) fn zone(params: &Params) -> Answer<TimeZone> {
    let Some(name) = params.one("timezone")? else { return Ok(TimeZone::UTC) };
    let expected = || format!("it must be the IANA name of a time zone, like Europe/Berlin or UTC, not {:?}", short(name));
    TimeZone::get(name).map_err(|_| Problem::parameter("timezone", expected()))
}

/// A zone's name.
pub(crate) fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// The window of the same length before `range`, of which only what has passed counts.
pub(crate) fn before(range: &Range<i64>, now: Timestamp) -> Range<i64> {
    let end = Some(range.end.min(now.as_millisecond())).filter(|end| *end > range.start).unwrap_or(range.end);
    (2 * range.start - end).max(0)..range.start
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
    time_in(params, name, now, &TimeZone::UTC)
}

fn time_in(params: &Params, name: &str, now: Timestamp, zone: &TimeZone) -> Answer<Option<i64>> {
    let Some(text) = params.one(name)? else { return Ok(None) };
    let found = at(text, now, zone);
    let found = found.filter(|millis| possible(*millis));
    let expected = "it must be a time like 2026-01-31T12:00:00Z, a day, milliseconds since 1970, now, or back from now like -24h or -30m";
    found.map(Some).ok_or_else(|| Problem::parameter(name, format!("{expected}, not {:?}", short(text))))
}

/// Whether these milliseconds are of the years 1970 to 9999, so that no sum of times overflows.
pub(crate) fn possible(millis: i64) -> bool {
    (0..253_402_300_800_000).contains(&millis)
}

/// A time as users write it.
pub(crate) fn at(text: &str, now: Timestamp, zone: &TimeZone) -> Option<i64> {
    absolute(text, zone).or_else(|| relative(text, now.as_millisecond()))
}

fn absolute(text: &str, zone: &TimeZone) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let time: civil::DateTime = text.parse().ok()?;
    zone.to_timestamp(time).ok().map(Timestamp::as_millisecond)
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
    fn days_without_a_zone_are_of_the_zone_asked_for() {
        let params = Params::read(Some("from=2026-03-29&to=2026-03-30&timezone=europe/berlin"), &["from", "to", "timezone"]).unwrap();
        let zone = zone(&params).unwrap();
        assert_eq!(zone_name(&zone), "Europe/Berlin");
        let range = range_in(&params, stamp(NOW), &zone).unwrap();
        assert_eq!(
            (stamp(range.start), stamp(range.end)),
            ("2026-03-28T23:00:00Z".parse().unwrap(), "2026-03-29T22:00:00Z".parse().unwrap())
        );
        let unknown = Params::read(Some("timezone=Europe/Bonn"), &["timezone"]).unwrap();
        assert!(super::zone(&unknown).is_err());
    }

    #[test]
    fn the_window_before_is_as_long_as_what_has_passed() {
        let now = stamp(1_000_000);
        assert_eq!(before(&(600_000..900_000), now), 300_000..600_000);
        assert_eq!(before(&(600_000..1_060_000), now), 200_000..600_000);
        assert_eq!(before(&(100_000..900_000), now), 0..100_000);
        assert_eq!(before(&(2_000_000..2_500_000), now), 1_500_000..2_000_000);
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
    fn durations_are_spelt_in_the_largest_unit() {
        let day = 24 * 3_600_000;
        assert_eq!(
            (spell(day / 48), spell(90_000), spell(7 * day), spell(1_500)),
            ("30m".into(), "90s".into(), "7d".into(), "1500ms".into())
        );
        assert_eq!((buckets(&(0..10), 3), buckets(&(0..9), 3)), (4, 3));
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_refused(text: String) {
            let _ = absolute(&text, &TimeZone::UTC);
            let _ = relative(&text, NOW);
            let _ = duration(&text);
        }

        #[test]
        fn a_spelt_duration_reads_back(seconds in 1_i64..10_000_000) {
            prop_assert_eq!(duration(&spell(seconds * 1_000)), Some(seconds * 1_000));
        }
    }
}
