//! Finding a user in what is stored, and taking them out of it.
//!
//! A value is looked for as a whole word in every text and name of a document: as it was given (an e-mail address in any
//! letter case), percent-encoded as in URLs, and as the keyed hash that scrubbing makes of it. A short one, which would
//! be found everywhere, is looked for as a whole text under a name that stands for a user. Never for anything but JSON
//! and bytes: it knows no storage.

use schemas::{
    event::{Event, User},
    ids::{EventId, ProjectId},
    job::{Subject, What},
};
use serde::Deserialize;
use serde_json::Value;
use storage::index::Change;

use crate::scrub::HashKey;

mod names;
mod needles;

use needles::{Kind, Needles};

/// What stands where a value of the user stood.
pub(crate) const ERASED: &str = "[erased]";
/// Own values of an event's user that are shorter would be found everywhere.
const LEAST: usize = 6;
/// Hex digits of the name that takes a user's place.
const DIGITS: usize = 12;

/// Looks for one user.
pub(crate) struct Search {
    subject: Subject,
    /// What scrubbing made of the values.
    hashes: Vec<String>,
    needles: Needles,
    what: What,
    /// Who stands for the user from now on: the same for all events of one order, so that they still count as one.
    stand_in: String,
}

/// What is known of an event without reading it whole.
#[derive(Deserialize)]
struct Head {
    id: EventId,
    project: ProjectId,
    #[serde(default)]
    user: Option<User>,
}

impl Search {
    /// Looks for `subject`, and for what scrubbing made of it with these keys. `order` names who takes the user's place.
    pub(crate) fn new(subject: &Subject, keys: &[HashKey], what: What, order: EventId) -> Self {
        let hashes: Vec<String> = keys.iter().flat_map(|key| subject.values().flat_map(|(_, value)| key.hashes(value))).collect();
        let given = subject.values().map(|(name, value)| (Kind::of(name, value), value.to_owned()));
        let needles = Needles::new(given.chain(hashes.iter().map(|hash| (Kind::Word, hash.clone()))).collect());
        let digits = order.to_string();
        let stand_in = format!("erased-{}", &digits[..DIGITS]);
        Self { subject: subject.clone(), hashes, needles, what, stand_in }
    }

    /// What is to become of an event.
    pub(crate) fn decide(&self, json: &[u8]) -> Change {
        if !self.needles.touch(json) {
            return Change::Keep;
        }
        // What can't be read can't be cleaned either.
        let Ok(Head { user, .. }) = serde_json::from_slice(json) else { return Change::Erase };
        let own = user.filter(|user| self.is(user));
        if own.is_some() && self.what == What::Events {
            return Change::Erase;
        }
        let Ok(mut value) = serde_json::from_slice::<Value>(json) else { return Change::Erase };
        let mut changed = self.needles.replace(&mut value, ERASED);
        if let Some(own) = &own {
            changed |= own_needles(own).replace(&mut value, ERASED);
            value["user"] = serde_json::json!(self.nobody(own));
        }
        match serde_json::from_value::<Event>(value) {
            _ if !changed && own.is_none() => Change::Keep,
            Ok(event) => Change::Replace(Box::new(event)),
            // It stood where something else is needed: nothing can be put in its place.
            Err(_) => Change::Erase,
        }
    }

    /// Project and id of an event.
    pub(crate) fn name(json: &[u8]) -> Option<(ProjectId, EventId)> {
        serde_json::from_slice(json).ok().map(|Head { id, project, .. }| (project, id))
    }

    /// Whether an e-mail address is the user's.
    pub(crate) fn is_email(&self, text: &str) -> bool {
        self.subject.email.as_ref().is_some_and(|email| folded(email) == folded(text)) || self.is_hash(text)
    }

    /// Replaces the user's values in a document. Answers whether there were any.
    pub(crate) fn replace(&self, document: &mut Value) -> bool {
        self.needles.replace(document, ERASED)
    }

    /// Whether a document can hold a value; no is sure.
    pub(crate) fn touches(&self, json: &[u8]) -> bool {
        self.needles.touch(json)
    }

    /// Whether raw bytes hold a value.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.needles.are_in(bytes)
    }

    /// So many bytes can stand at the end of one part and belong to a value that goes on in the next.
    pub(crate) fn longest(&self) -> usize {
        self.needles.longest()
    }

    fn is(&self, user: &User) -> bool {
        let same = |field: &Option<String>, value: &Option<String>| value.is_some() && field == value;
        let User { id, username, email, ip_address, .. } = user;
        let texts = || [id, username, email, ip_address].into_iter().flatten();
        same(id, &self.subject.id)
            || same(username, &self.subject.username)
            || [id, username, email].into_iter().flatten().any(|text| self.is_email(text))
            || ip_address.as_ref().is_some_and(|text| self.is_address(text))
            || texts().any(|text| self.is_hash(text))
    }

    fn is_address(&self, text: &str) -> bool {
        let Some(address) = &self.subject.ip_address else { return false };
        let parse = |text: &str| text.trim().parse::<std::net::IpAddr>().ok().map(|ip| ip.to_canonical());
        address == text || parse(address).is_some_and(|address| parse(text) == Some(address))
    }

    fn is_hash(&self, text: &str) -> bool {
        let text = text.strip_prefix("[email:").and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        self.hashes.iter().any(|hash| hash == text)
    }

    /// Someone of whom only the country is known.
    fn nobody(&self, user: &User) -> User {
        let mut geo = user.geo.clone();
        geo.retain(|name, _| name == "country_code");
        User { id: Some(self.stand_in.clone()), geo, ..User::default() }
    }
}

/// What else names the user of an event: it goes wherever it stands in this event.
fn own_needles(user: &User) -> Needles {
    let User { id, username, name, email, ip_address, .. } = user;
    let fields = [("id", id), ("username", username), ("name", name), ("email", email), ("ip_address", ip_address)];
    let values = fields.into_iter().filter_map(|(field, value)| Some((field, value.as_deref()?)));
    let told = values.filter(|(_, value)| value.len() >= LEAST && !value.starts_with('['));
    Needles::new(told.map(|(field, value)| (Kind::of(field, value), value.to_owned())).collect())
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
#[path = "erasing/tests.rs"]
mod tests;
