//! A hash that is looser than the fingerprint. Groups that share it may be one error; it only suggests, never merges.

use schemas::{event::Canonical, ids::Fingerprint};

use super::{chain::Told, family::Family, frames::Call, frames::Selection, kinds};
use crate::template::template;

/// Hex digits of the hash.
const DIGITS: usize = 12;
/// Words of a message that count.
const WORDS: usize = 4;

/// Of exceptions: family, the type of the root cause that says something, and the call nearest its crash.
pub(super) fn of_exceptions(told: &[Told<'_>], selections: &[Selection<'_>], family: Family) -> String {
    let kind = told.iter().map(|told| kinds::of(told.exception, family)).find(|kind| !kind.is_empty()).unwrap_or_default();
    match selections.iter().find(|selection| !selection.calls.is_empty()) {
        Some(selection) => of_calls(&kind, &selection.calls, family),
        None => {
            let value = told.first().and_then(|told| told.exception.value.as_deref()).unwrap_or_default();
            hash(&[family.name(), &kind, words(&template(value))])
        }
    }
}

/// Of calls: the one nearest the crash.
pub(super) fn of_calls(kind: &str, calls: &[Call<'_>], family: Family) -> String {
    let (place, function) = calls.last().map_or(("", ""), |call| (&*call.place, &*call.function));
    hash(&[family.name(), kind, place, function])
}

/// Of a message: the first words of its template.
pub(super) fn of_message(template: &str, family: Family) -> String {
    hash(&[family.name(), "message", words(template)])
}

fn words(template: &str) -> &str {
    let end = template.match_indices(char::is_whitespace).nth(WORDS - 1).map_or(template.len(), |(at, _)| at);
    &template[..end]
}

fn hash(parts: &[&str]) -> String {
    let fingerprint = Fingerprint::fp1(Canonical::array(|array| parts.iter().for_each(|part| array.text(part))).as_str());
    let hex = fingerprint.as_str().trim_start_matches("fp1-");
    hex[..DIGITS.min(hex.len())].to_owned()
}
