//! Whom it happened to: the address that the client leaves to us to fill in.

use schemas::{
    event::{Event, User},
    limits,
};
use serde_json::Value;

use super::trims;
use crate::context::Context;

/// What SDKs send in place of an address that the server shall fill in.
const AUTO: &str = "{{auto}}";

/// Fills in the address where the client asks for it or can't know it, and empties a user without content.
pub(super) fn complete(context: &Context<'_>, event: &mut Event) {
    let asked = event.user.as_ref().is_some_and(|user| user.ip_address.as_deref() == Some(AUTO));
    let known = event.user.as_ref().is_some_and(|user| user.ip_address.as_ref().is_some_and(|ip| !ip.is_empty()));
    if asked || !known && is_behind_its_user(event) {
        let address = context.client_address.map(str::to_owned);
        if address.is_some() || asked {
            event.user.get_or_insert_default().ip_address = address;
        }
    }
    if let Some(user) = &mut event.user {
        trim(user);
    }
    event.user.take_if(|user| *user == User::default());
}

/// Whether the event comes from the user's own device, whose address is the sender's.
fn is_behind_its_user(event: &Event) -> bool {
    let infer = event.sdk.as_ref().and_then(|sdk| sdk.settings.get("infer_ip")).and_then(Value::as_str);
    matches!(event.platform.as_deref(), Some("javascript" | "cocoa" | "objc")) && infer != Some("never")
}

fn trim(user: &mut User) {
    for name in [&mut user.id, &mut user.username, &mut user.name, &mut user.email, &mut user.ip_address] {
        if let Some(text) = name {
            trims::text(text, limits::NAME_CHARS);
        }
        name.take_if(|text| text.trim().is_empty());
    }
    for value in user.geo.values_mut() {
        trims::text(value, limits::NAME_CHARS);
    }
    trims::free(&mut user.data, limits::CONTEXT_BYTES);
}
