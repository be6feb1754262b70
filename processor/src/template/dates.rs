//! Dates and times in the forms that programs write: ISO 8601, RFC 822 and 850, JavaScript, syslog, Python, clocks.

use super::{ends, run};

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const ZONES: [&str; 18] =
    ["Z", "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "CET", "CEST", "BST", "IST", "JST", "MSK", "EEST"];
/// Longest argument list of Python's `datetime`, in bytes.
const ARGUMENTS: usize = 80;

pub(super) fn date(text: &[u8], at: usize) -> Option<usize> {
    if text[at].is_ascii_digit() {
        iso(text, at).or_else(|| compact(text, at)).or_else(|| day_first(text, at)).or_else(|| time(text, at))
    } else {
        named(text, at).or_else(|| python(text, at))
    }
}

/// The end and value of a run of `least` to `most` digits.
fn digits(text: &[u8], at: usize, least: usize, most: usize) -> Option<(usize, u64)> {
    let end = run(text, at, most + 1, |b| b.is_ascii_digit());
    let value = text.get(at..end)?.iter().fold(0, |value, b| value * 10 + u64::from(b - b'0'));
    (least..=most).contains(&(end - at)).then_some((end, value))
}

fn mark(text: &[u8], at: usize, marks: &[u8]) -> Option<usize> {
    text.get(at).filter(|b| marks.contains(b)).map(|_| at + 1)
}

/// `2006-01-02`, with `T15:04:05.999Z` and the like behind it.
fn iso(text: &[u8], at: usize) -> Option<usize> {
    let (end, _) = digits(text, at, 4, 4)?;
    let separator = [*text.get(end)?];
    let (end, month) = digits(text, mark(text, end, b"-/")?, 2, 2)?;
    let (end, day) = digits(text, mark(text, end, &separator)?, 2, 2)?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let with_time = mark(text, end, b"T ").and_then(|at| clock(text, at)).map(|(end, _)| zone(text, end).unwrap_or(end));
    with_time.and_then(|end| ends(text, end)).or_else(|| ends(text, end))
}

/// `20060102T150405Z`
fn compact(text: &[u8], at: usize) -> Option<usize> {
    let (end, _) = digits(text, at, 8, 8)?;
    let (end, _) = digits(text, mark(text, end, b"T")?, 6, 6)?;
    ends(text, mark(text, end, b"Z").unwrap_or(end))
}

/// `15:04`, `15:04:05`, `15:04:05.999`; whether it has seconds.
fn clock(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let (end, hour) = digits(text, at, 1, 2)?;
    let (end, minute) = digits(text, mark(text, end, b":")?, 2, 2)?;
    if hour > 23 || minute > 59 {
        return None;
    }
    let seconds = mark(text, end, b":").and_then(|at| digits(text, at, 2, 2)).filter(|(_, seconds)| *seconds <= 60);
    let Some((end, _)) = seconds else { return Some((end, false)) };
    let fraction = mark(text, end, b".,").and_then(|at| digits(text, at, 1, 9));
    Some((fraction.map_or(end, |(end, _)| end), true))
}

/// A time by itself: with seconds, or with AM or PM.
fn time(text: &[u8], at: usize) -> Option<usize> {
    let (end, seconds) = clock(text, at)?;
    let noon = mark(text, end, b" ").unwrap_or(end);
    let half = text.get(noon..noon + 2).filter(|half| half.eq_ignore_ascii_case(b"am") || half.eq_ignore_ascii_case(b"pm"));
    if half.is_some() && ends(text, noon + 2).is_some() {
        return Some(noon + 2);
    }
    if seconds { ends(text, end) } else { None }
}

/// `Z`, `+01:00`, ` GMT-0800`, ` MST`
fn zone(text: &[u8], at: usize) -> Option<usize> {
    let start = mark(text, at, b" ").unwrap_or(at);
    let name = run(text, start, 5, |b| b.is_ascii_uppercase());
    let known = ZONES.iter().any(|zone| zone.as_bytes() == &text[start..name]);
    let start = if known { name } else { start };
    let offset = mark(text, start, b"+-").and_then(|at| digits(text, at, 2, 4)).map(|(end, _)| end);
    let offset = offset.map(|end| mark(text, end, b":").and_then(|at| digits(text, at, 2, 2)).map_or(end, |(end, _)| end));
    offset.or(known.then_some(name)).and_then(|end| ends(text, end))
}

/// ` (Pacific Standard Time)`
fn long_zone(text: &[u8], at: usize) -> Option<usize> {
    let start = mark(text, mark(text, at, b" ")?, b"(")?;
    mark(text, run(text, start, 60, |b| b.is_ascii_alphabetic() || b == b' '), b")")
}

/// The end of a name of `names` at `at`: whole or its first three letters, in any case.
fn name(text: &[u8], at: usize, names: &[&str]) -> Option<usize> {
    let end = run(text, at, 10, |b| b.is_ascii_alphabetic());
    let word = &text[at..end];
    let is = |name: &&str| word.eq_ignore_ascii_case(name.as_bytes()) || word.eq_ignore_ascii_case(&name.as_bytes()[..3]);
    names.iter().any(is).then_some(end)
}

/// What begins with the name of a weekday or month.
fn named(text: &[u8], at: usize) -> Option<usize> {
    let start = match name(text, at, &WEEKDAYS) {
        Some(end) => run(text, mark(text, end, b",").unwrap_or(end), 2, |b| b == b' '),
        None => at,
    };
    if text.get(start)?.is_ascii_digit() { day_first(text, start) } else { month_first(text, start) }
}

/// `Jan 18, 2019`, `Jan  2 15:04:05`, `Jan 02 2006 14:04:05 GMT-0800 (Pacific Standard Time)`
fn month_first(text: &[u8], at: usize) -> Option<usize> {
    let end = name(text, at, &MONTHS)?;
    let (end, day) = digits(text, run(text, mark(text, end, b" ")?, 1, |b| b == b' '), 1, 2)?;
    let start = mark(text, mark(text, end, b",").unwrap_or(end), b" ")?;
    let year = |at| digits(text, at, 4, 4).map(|(end, _)| end).and_then(|end| ends(text, end));
    let end = match year(start) {
        Some(end) => mark(text, end, b" ").and_then(|at| clock(text, at)).map_or(end, |(end, _)| end),
        None => clock(text, start)?.0,
    };
    let end = match zone(text, end) {
        Some(end) => long_zone(text, end).unwrap_or(end),
        None => end,
    };
    let end = mark(text, end, b" ").and_then(year).unwrap_or(end);
    if (1..=31).contains(&day) { ends(text, end) } else { None }
}

/// `02 Jan 06 15:04 MST`, `02-Jan-06 15:04:05 MST`
fn day_first(text: &[u8], at: usize) -> Option<usize> {
    let (end, day) = digits(text, at, 1, 2)?;
    let separator = [*text.get(end)?];
    let end = name(text, mark(text, end, b" -/")?, &MONTHS)?;
    let (end, _) = digits(text, mark(text, end, &separator)?, 2, 4)?;
    let end = mark(text, end, b" :").and_then(|at| clock(text, at)).map_or(end, |(end, _)| zone(text, end).unwrap_or(end));
    if (1..=31).contains(&day) { ends(text, end) } else { None }
}

/// `datetime.datetime(2025, 6, 24)`
fn python(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..];
    let name = ["datetime.datetime(", "datetime.date("].into_iter().find(|name| rest.starts_with(name.as_bytes()))?;
    let end = run(text, at + name.len(), ARGUMENTS, |b| b.is_ascii_digit() || matches!(b, b',' | b' '));
    mark(text, end, b")")
}
