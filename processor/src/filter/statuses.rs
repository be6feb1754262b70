//! Events by the HTTP status that was answered: by the system that was called, else by the program itself.

use std::ops::RangeInclusive;

use schemas::event::Event;
use serde_json::Value;

use super::view::View;

pub(super) fn fits(view: &View<'_>, ranges: &[RangeInclusive<u16>]) -> bool {
    status(view.event).is_some_and(|status| ranges.iter().any(|range| range.contains(&status)))
}

/// SDKs that report failed calls tell the status in the context `response`.
fn status(event: &Event) -> Option<u16> {
    let called = event.call.as_ref().and_then(|call| call.status_code);
    let answered = || event.request.as_ref().and_then(|request| request.status_code);
    let context = || event.contexts.get("response").and_then(|response| response.get("status_code")).and_then(Value::as_u64);
    called.or_else(answered).or_else(|| context().and_then(|status| u16::try_from(status).ok()))
}
