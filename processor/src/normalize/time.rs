//! When it happened, whatever the client's clock says.

use jiff::{SignedDuration, Timestamp};
use schemas::{event::Event, limits};

use crate::context::Context;

const DRIFT: SignedDuration = SignedDuration::from_secs(limits::CLOCK_DRIFT_SECONDS);
const FUTURE: SignedDuration = SignedDuration::from_secs(limits::FUTURE_SECONDS);
const PAST: SignedDuration = SignedDuration::from_hours(24 * limits::PAST_DAYS);

/// Moves the event's times by the drift of the client's clock, when that is large; then moves a time that can't be
/// to the time of receipt. An event without a time has that of its receipt already.
pub(super) fn correct(context: &Context<'_>, event: &mut Event) {
    let drift = context.sent_at.map(|sent_at| event.received_at.duration_since(sent_at)).filter(|drift| drift.abs() >= DRIFT);
    if let Some(drift) = drift
        && event.timestamp != event.received_at
    {
        event.timestamp = moved(event.timestamp, drift);
        for breadcrumb in &mut event.breadcrumbs {
            breadcrumb.timestamp = breadcrumb.timestamp.map(|timestamp| moved(timestamp, drift));
        }
        event.note("timestamp", format!("clock drift: all times moved by {} s", drift.as_secs()));
    }
    let age = event.received_at.duration_since(event.timestamp);
    let reason = match age {
        age if age < -FUTURE => "in the future: the time of receipt was taken",
        age if age > PAST => "too old: the time of receipt was taken",
        _ => return,
    };
    event.timestamp = event.received_at;
    event.note("timestamp", reason);
}

/// Times beyond what a timestamp can hold stay where they are.
fn moved(timestamp: Timestamp, by: SignedDuration) -> Timestamp {
    timestamp.checked_add(by).unwrap_or(timestamp)
}
