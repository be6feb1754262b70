//! Numbers of bank accounts (IBAN, ISO 13616): country, length and check digits must all be right.

use super::{edges::free_after, patterns::Found};

/// Length of an IBAN by country: the registry of SWIFT, release 99, and those of partial use.
const LENGTHS: &str = "\
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 \
    EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 \
    IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 \
    NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 \
    SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

/// The first account number at or after `from`.
pub(super) fn find(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    (from..bytes.len().saturating_sub(14)).find_map(|at| {
        let head = &bytes[at..at + 4];
        let may = head[0].is_ascii_alphabetic() && head[1].is_ascii_alphabetic() && head[2].is_ascii_digit() && head[3].is_ascii_digit();
        let free = || at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let end = if may && free() { account(bytes, at)? } else { return None };
        Some(Found { rule: "@iban", range: at..end, with: "[iban]" })
    })
}

/// The end of the account number that begins at `at`.
fn account(bytes: &[u8], at: usize) -> Option<usize> {
    let length = length(&bytes[at..at + 2])?;
    let mut digits = [0_u8; 34];
    let (mut end, mut count) = (at, 0);
    while count < length {
        let byte = *bytes.get(end)?;
        if byte.is_ascii_alphanumeric() {
            digits[count] = byte.to_ascii_uppercase();
            count += 1;
        } else if !(matches!(byte, b' ' | b'-') && count.is_multiple_of(4) && bytes[end - 1].is_ascii_alphanumeric()) {
            return None;
        }
        end += 1;
    }
    let number = &digits[..length];
    (free_after(bytes, end) && rest(number) == 1).then_some(end)
}

/// How long the account numbers of a country are.
fn length(country: &[u8]) -> Option<usize> {
    let known = LENGTHS.split(' ').find(|known| known.as_bytes()[..2].eq_ignore_ascii_case(country))?;
    known[2..].parse().ok()
}

/// What is left when the number is divided by 97, its first four places moved to the end and letters read as 10 to 35.
fn rest(number: &[u8]) -> u32 {
    number[4..].iter().chain(&number[..4]).fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    })
}
