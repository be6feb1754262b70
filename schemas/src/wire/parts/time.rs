//! Points in time, as clients write them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::wire::{
    odd::{Odd, Path},
    tree::Tree,
};

/// A time in any of the known forms.
pub(in crate::wire) fn timestamp(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Timestamp> {
    let time = match &value {
        Tree::Null => return None,
        Tree::String(text) if text.trim().is_empty() => return None,
        Tree::String(text) => parse(text),
        Tree::Number(number) => number.as_f64().and_then(unix),
        _ => None,
    };
    if time.is_none() {
        odd.misfit(at, value, "expected a time: RFC 3339, or seconds since 1970");
    }
    time
}

/// RFC 3339; ISO 8601 without an offset, taken as UTC; or seconds since 1970 in digits.
pub(in crate::wire) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return unix(text.parse().ok()?);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let (date_time, cut) = cut_fraction(text)?;
    if let Some(time) = cut.then(|| date_time.parse::<Timestamp>().ok()).flatten() {
        return Some(time);
    }
    TimeZone::UTC.to_timestamp(date_time.parse::<DateTime>().ok()?).ok()
}

/// The text with at most 9 digits of a second, all that are read, and whether any were cut.
fn cut_fraction(text: &str) -> Option<(std::borrow::Cow<'_, str>, bool)> {
    let Some(point) = text.find('.') else { return Some((text.into(), false)) };
    let digits = text[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
    if digits <= 9 {
        return Some((text.into(), false));
    }
    Some((format!("{}{}", &text[..point + 10], &text[point + 1 + digits..]).into(), true))
}

/// Seconds since 1970, to the microsecond: more a double does not hold. `None` beyond the year 9999.
fn unix(seconds: f64) -> Option<Timestamp> {
    let micros = (seconds * 1e6).round();
    // The range of the target also bounds the cast.
    (micros.abs() < 9e18).then(|| Timestamp::from_microsecond(micros as i64).ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "short to call")]
    fn read(value: Value) -> Option<Timestamp> {
        timestamp(serde_json::from_str(&value.to_string()).unwrap(), &Path::top("timestamp"), &mut Odd::default())
    }

    #[test]
    fn the_forms_of_all_clients_are_read() {
        let noon: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-11-23T12:00:00.5Z".parse().unwrap();
        for value in [
            json!("2026-11-23T12:00:00Z"),
            json!("2026-11-23T13:00:00+01:00"),
            json!("2026-11-23 12:00:00"),
            json!("2026-11-23T12:00:00.000000"),
            json!(" 2026-11-23t12:00:00z "),
            json!(1_795_435_200),
            json!(1_795_435_200.0),
            json!("1795435200"),
            json!("1795435200.0"),
        ] {
            assert_eq!(read(value.clone()), Some(noon), "{value}");
        }
        for value in [json!("2026-11-23T12:00:00.5000000Z"), json!("2026-11-23T12:00:00.500000000000"), json!(1_795_435_200.5)] {
            assert_eq!(read(value.clone()), Some(later), "{value}");
        }
        assert_eq!(read(json!("2026-11-23T13:00:00.500000000000+01:00")), Some(later));
    }

    #[test]
    fn what_is_no_time_is_noted() {
        for value in [
            json!("yesterday"),
            json!("."),
            json!("12345-01-01T00:00:00Z"),
            json!(1e12),
            json!(1e300),
            json!(true),
            json!(["x"]),
            json!("é."),
        ] {
            let mut odd = Odd::default();
            assert_eq!(timestamp(serde_json::from_str(&value.to_string()).unwrap(), &Path::top("timestamp"), &mut odd), None, "{value}");
            assert!(odd.first().is_some(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text: String, like in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,20})?(Z|[+-][0-9]{2}:[0-9]{2})?") {
            let _ = (parse(&text), parse(&like));
        }

        #[test]
        fn times_are_read_back_to_the_microsecond(micros in 0_i64..4_000_000_000_000_000) {
            let time = Timestamp::from_microsecond(micros).unwrap();
            prop_assert_eq!(parse(&time.to_string()), Some(time));
            prop_assert_eq!(read(json!(micros as f64 / 1e6)), Some(time));
        }
    }
}
