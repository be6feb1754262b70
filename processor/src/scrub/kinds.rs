//! The kinds of personal data and secrets that own rules name, and how each is found.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;
use schemas::rules::scrubbing::Known;

use super::{assignments, cards, checks, chosen::Find, emails, homes, ibans, ips, macs, secrets, spoken, ssns, urls};

static UUID: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i-u)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"));
static IMEI: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)\b\d{2}[- ]?\d{6}[- ]?\d{6}[- ]?\d\b"));

/// Stands in place of an IP address.
pub(super) const IP: &str = "[ip]";

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern that a test compiles")
}

/// What finds this kind in a text.
pub(super) fn find(known: Known) -> Find {
    match known {
        Known::Email => |text, at| emails::find(text, at).map(|found| found.range),
        Known::Ip => |text, at| ips::find(text, at).map(|found| found.range),
        Known::CreditCard => |text, at| cards::find(text, at).map(|found| found.range),
        Known::Iban => |text, at| ibans::find(text, at).map(|found| found.range),
        Known::Mac => |text, at| macs::find(text, at).map(|found| found.range),
        Known::PemKey => |text, at| secrets::pem(text, at).map(|found| found.range),
        Known::Bearer => |text, at| secrets::bearer(text, at).map(|found| found.range),
        Known::UrlAuth => |text, at| urls::find(text, at).map(|found| found.range),
        Known::UsSsn => |text, at| ssns::find(text, at).map(|found| found.range),
        Known::UserPath => |text, at| homes::find(text, at).map(|found| found.range),
        Known::Password => |text, at| {
            let found = [assignments::find(text, at), spoken::find(text, at)];
            found.into_iter().flatten().map(|found| found.range).min_by_key(|range| range.start)
        },
        Known::Uuid => |text, at| UUID.find_at(text, at).map(|found| found.range()),
        Known::Imei => |text, at| checked(&IMEI, text, at, |number| checks::luhn(number.as_bytes())),
    }
}

fn checked(pattern: &Regex, text: &str, at: usize, check: fn(&str) -> bool) -> Option<Range<usize>> {
    pattern.find_iter(&text[at..]).find(|found| check(found.as_str())).map(|found| at + found.start()..at + found.end())
}
