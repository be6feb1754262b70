//! What the status of an answer says.

use schemas::event::{Category, Event};

/// The category that a status stands for; one below 400 for none.
pub(super) fn category(status: u16) -> Option<Category> {
    match status {
        401 | 403 => Some(Category::Auth),
        422 => Some(Category::Validation),
        429 => Some(Category::RateLimit),
        400..500 => Some(Category::Client),
        500..600 => Some(Category::Server),
        _ => None,
    }
}

/// The status with which a call to another system was answered.
pub(super) fn called(event: &Event) -> Option<u16> {
    event.call.as_ref()?.status_code
}

/// The status with which the request was answered, or what the SDK keeps with the response.
pub(super) fn answered(event: &Event) -> Option<u16> {
    let request = event.request.as_ref().and_then(|r| r.status_code);
    request.or_else(|| event.contexts.get("response")?.get("status_code")?.as_u64()?.try_into().ok())
}
