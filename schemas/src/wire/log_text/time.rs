//! The times that logs begin their lines with.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

const MONTHS: [&[u8; 3]; 12] = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// The time at the start of a text, if it is whole, and how many bytes it takes.
pub(super) fn leading(text: &str, now: Timestamp) -> Option<(Option<Timestamp>, usize)> {
    let bytes = text.as_bytes();
    let first = *bytes.first()?;
    if first.is_ascii_digit() {
        return iso(bytes).or_else(|| common(bytes)).or_else(|| clock(bytes, 0).map(|(_, end)| (None, end)));
    }
    // `Mon Nov 23 10:00:00.123 2026` of Apache, `Nov 23 10:00:00` of syslog.
    let skip = if first.is_ascii_uppercase() && bytes.get(3) == Some(&b' ') && month(bytes, 0).is_none() { 4 } else { 0 };
    let month = month(bytes, skip)?;
    let day_at = skip + 4;
    let (day, end) = match bytes.get(day_at..day_at + 2)? {
        [b' ', _] => (number(bytes, day_at + 1, 1)?, day_at + 2),
        [_, b' '] => (number(bytes, day_at, 1)?, day_at + 1),
        _ => (number(bytes, day_at, 2)?, day_at + 2),
    };
    let (time, end) = clock(bytes, end + 1)?;
    let year = (bytes.get(end) == Some(&b' ')).then(|| number(bytes, end + 1, 4)).flatten();
    let year_end = if year.is_some() { end + 5 } else { end };
    let this_year = Offset::UTC.to_datetime(now).year();
    let at = |year: i16| instant(year, month, day, time, Offset::UTC);
    let stamp = match year {
        Some(year) => at(year),
        // A log of December that is read in January is of last year.
        None => at(this_year).map(|stamp| {
            let is_ahead = stamp.as_second() > now.as_second() + 2 * 86_400;
            if is_ahead { at(this_year - 1).unwrap_or(stamp) } else { stamp }
        }),
    };
    Some((stamp, year_end))
}

/// `2026-11-23T10:00:00.123Z`, `2026-11-23 10:00:00,123 +01:00`, `2026/11/23 10:00:00`.
fn iso(bytes: &[u8]) -> Option<(Option<Timestamp>, usize)> {
    let (year, month, day) = (number(bytes, 0, 4)?, number(bytes, 5, 2)?, number(bytes, 8, 2)?);
    let separators = [*bytes.get(4)?, *bytes.get(7)?];
    if separators != *b"--" && separators != *b"//" || !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let (time, end) = clock(bytes, 11)?;
    let (offset, end) = zone(bytes, end);
    Some((instant(year, month, day, time, offset), end))
}

/// `23/Nov/2026:10:00:00 +0000` of access logs.
fn common(bytes: &[u8]) -> Option<(Option<Timestamp>, usize)> {
    let (day, month, year) = (number(bytes, 0, 2)?, month(bytes, 3)?, number(bytes, 7, 4)?);
    let (time, end) = clock(bytes, 12)?;
    let (offset, end) = zone(bytes, end);
    Some((instant(year, month, day, time, offset), end))
}

type Clock = (i16, i16, i16, i32);

/// `10:00:00` with a fraction, if there is one: hour, minute, second, nanosecond.
fn clock(bytes: &[u8], at: usize) -> Option<(Clock, usize)> {
    let (hour, minute, second) = (number(bytes, at, 2)?, number(bytes, at + 3, 2)?, number(bytes, at + 6, 2)?);
    if bytes[at + 2] != b':' || bytes[at + 5] != b':' || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut end = at + 8;
    let mut nanos = 0;
    if matches!(bytes.get(end), Some(b'.' | b',')) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        let mut scale = 100_000_000;
        end += 1;
        while let Some(digit) = bytes.get(end).filter(|b| b.is_ascii_digit()) {
            nanos += i32::from(digit - b'0') * scale;
            scale /= 10;
            end += 1;
        }
    }
    Some(((hour, minute, second.min(59), nanos), end))
}

/// `Z`, `+01:00`, `+0100`, ` +0000`, ` UTC`; none is UTC.
fn zone(bytes: &[u8], at: usize) -> (Offset, usize) {
    if matches!(bytes.get(at), Some(b'Z' | b'z')) {
        return (Offset::UTC, at + 1);
    }
    let spaced = usize::from(bytes.get(at) == Some(&b' '));
    if bytes.get(at + spaced..).is_some_and(|rest| rest.starts_with(b"UTC") || rest.starts_with(b"GMT")) {
        return (Offset::UTC, at + spaced + 3);
    }
    let sign = match bytes.get(at + spaced) {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return (Offset::UTC, at),
    };
    let from = at + spaced + 1;
    let colon = usize::from(bytes.get(from + 2) == Some(&b':'));
    match (number(bytes, from, 2), number(bytes, from + 2 + colon, 2)) {
        (Some(hours), Some(minutes)) => {
            let seconds = sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60);
            (Offset::from_seconds(seconds).unwrap_or(Offset::UTC), from + 4 + colon)
        }
        _ => (Offset::UTC, at),
    }
}

fn instant(year: i16, month: i16, day: i16, (hour, minute, second, nanos): Clock, offset: Offset) -> Option<Timestamp> {
    let small = |number: i16| i8::try_from(number).ok();
    let civil = DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, nanos).ok()?;
    offset.to_timestamp(civil).ok()
}

fn month(bytes: &[u8], at: usize) -> Option<i16> {
    let name = bytes.get(at..at + 3)?;
    let index = MONTHS.iter().position(|month| &month[..] == name)?;
    i16::try_from(index + 1).ok()
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<i16> {
    let digits = bytes.get(at..at + length)?;
    digits.iter().try_fold(0_i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
}
