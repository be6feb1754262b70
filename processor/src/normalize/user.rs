//! Whom it happened to: the address that the client leaves to us to fill in.

use schemas::{
    event::{Event, User},
    limits,
};
use serde_json::Value;

use super::trims::Cuts;
use crate::context::Context;

/// What SDKs send in place of an address that the server shall fill in.
const AUTO: &str = "{{auto}}";

/// Fills in the address where the client asks for it or can't know it, and empties a user without content. An SDK
/// that is told never to infer it gets none, however it asks.
pub(super) fn complete(context: &Context<'_>, event: &mut Event) {
    let infer = event.sdk.as_ref().and_then(|sdk| sdk.settings.get("infer_ip")).and_then(Value::as_str);
    let is_never = infer == Some("never");
    let wanted = infer == Some("auto") || matches!(event.platform.as_deref(), Some("javascript" | "cocoa" | "objc"));
    let held = event.user.as_ref().and_then(|user| user.ip_address.as_deref()).filter(|ip| !ip.is_empty());
    let asked = held == Some(AUTO);
    if asked || held.is_none() && wanted {
        let address = context.client_address.filter(|_| !is_never).map(str::to_owned);
        if address.is_some() || asked {
            event.user.get_or_insert_default().ip_address = address;
        }
    }
    if let Some(user) = &mut event.user {
        let mut cuts = Cuts::default();
        trim(user, &mut cuts);
        cuts.note(event, "user");
    }
    event.user.take_if(|user| *user == User::default());
}

fn trim(user: &mut User, cuts: &mut Cuts) {
    for name in [&mut user.id, &mut user.username, &mut user.name, &mut user.email, &mut user.ip_address] {
        if let Some(text) = name {
            cuts.text(text, limits::NAME_CHARS);
        }
        name.take_if(|text| text.trim().is_empty());
    }
    user.geo.values_mut().for_each(|value| cuts.text(value, limits::NAME_CHARS));
    cuts.free(&mut user.data, limits::CONTEXT_BYTES);
}
