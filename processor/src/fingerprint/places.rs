//! The last resort for events that say nothing: where they came from, so that they do not all fall into one group.

use schemas::event::{Canonical, Event};

use super::{content::Content, family::Family, similar};
use crate::template::template;

/// Groups by the place, severity and logger.
pub(super) fn content(event: &Event, family: Family) -> Content {
    let place = place(event).unwrap_or_else(|| sender(event));
    let similar = Some(similar::of_message(&place, family));
    let parts = ["fp1", "none", family.name(), &place, event.severity.as_str(), event.logger.as_deref().unwrap_or_default()];
    let parts = Canonical::array(|array| parts.iter().for_each(|part| array.text(part)));
    Content { parts, similar, frames: Vec::new() }
}

/// The first of transaction, operation, culprit, file, address and last breadcrumb.
fn place(event: &Event) -> Option<String> {
    let operation = event.call.as_ref().and_then(|c| c.operation.as_ref());
    let file = event.source.as_ref().and_then(|s| s.file.as_ref());
    let url = event.request.as_ref().and_then(|r| r.url.as_ref());
    let crumb = event.breadcrumbs.iter().rev().find_map(|crumb| crumb.message.as_ref().or(crumb.category.as_ref()));
    let places = [event.transaction.as_ref(), operation, event.culprit.as_ref(), file, url, crumb];
    places.into_iter().flatten().find(|place| !place.trim().is_empty()).map(|place| template(place))
}

/// Who sent it: all that is left.
fn sender(event: &Event) -> String {
    let sdk = event.sdk.as_ref().and_then(|sdk| sdk.name.as_deref());
    match (event.service.as_deref(), sdk) {
        (None, None) => "<none>".to_owned(),
        (service, sdk) => format!("<none> {} {}", service.unwrap_or_default(), sdk.unwrap_or_default()),
    }
}
