//! Whom an event happened to: what stays of them, and how they stay countable.
//!
//! By default an e-mail address becomes a keyed hash of it, so that users who are known by nothing else are still told
//! apart. Anonymous users are only a keyed hash and a country.

use std::{net::IpAddr, ops::Range};

use schemas::{
    event::{ScrubMethod, User},
    rules::scrubbing::{Addresses, Emails, Type},
};

use super::{
    emails,
    path::Path,
    patterns::Look,
    walk::{Part, Walk},
};

/// The rules of remarks about values that options took away.
pub(super) const SENSITIVE: &str = "sensitive_fields";
const ANONYMOUS: &str = "anonymous_users";
const ADDRESS: &str = "ip_addresses";

const HASHED: &str = "[email:";
/// Hex digits of a hash.
const DIGITS: usize = 32;

/// Takes of a user what must not be stored.
pub(super) fn user(walk: &mut Walk<'_>, user: &mut Option<User>) {
    let path = Path::root("user").of(Type::User);
    let Some(one) = user else { return };
    match walk.part(&path, one) {
        Part::Safe => return,
        Part::Gone => {
            *user = None;
            return;
        }
        Part::Kept => {}
    }
    if walk.chosen().anonymous {
        anonymous(walk, &path, one);
    } else {
        fields(walk, &path, one);
    }
    user.take_if(|user| *user == User::default());
}

fn fields(walk: &mut Walk<'_>, path: &Path<'_>, user: &mut User) {
    address(walk, &path.name("email"), &mut user.email);
    for (name, text) in [("id", &mut user.id), ("username", &mut user.username)] {
        login(walk, &path.name(name), text);
    }
    walk.optional(&path.name("name"), &mut user.name, Look::Prose);
    ip(walk, &path.name("ip_address"), &mut user.ip_address);
    if walk.addresses() == Addresses::Remove && !user.geo.is_empty() {
        walk.remark(&path.name("geo"), ADDRESS, ScrubMethod::Remove, user.geo.values().map(String::len).sum());
        user.geo.clear();
    }
    walk.hidden_tags(&path.name("geo"), &mut user.geo);
    walk.map(&path.name("data"), &mut user.data);
}

/// Leaves a hash of what the user is counted by, and the country.
fn anonymous(walk: &mut Walk<'_>, path: &Path<'_>, user: &mut User) {
    let identity = user.identity().filter(|identity| !is_replaced(walk, identity)).map(folded);
    let hash = identity.as_ref().map(|identity| walk.chosen().key.as_ref().map(|key| key.hash(identity)));
    let id = match hash {
        Some(hash) => hash,
        None => user.identity().map(str::to_owned),
    };
    let old = user.id.take();
    for (name, text) in [
        ("id", old.filter(|old| Some(old) != id.as_ref())),
        ("email", user.email.take()),
        ("username", user.username.take()),
        ("name", user.name.take()),
        ("ip_address", user.ip_address.take()),
    ] {
        if let Some(text) = text {
            let is_hashed = name == "id" && id.is_some();
            walk.remark(&path.name(name), ANONYMOUS, if is_hashed { ScrubMethod::Hash } else { ScrubMethod::Remove }, text.len());
        }
    }
    user.id = id;
    if !user.data.is_empty() {
        let bytes = serde_json::to_string(&user.data).map_or(0, |json| json.len());
        walk.remark(&path.name("data"), ANONYMOUS, ScrubMethod::Remove, bytes);
        user.data.clear();
    }
    user.geo.retain(|name, _| name == "country_code");
}

/// The e-mail address goes whole, also one that does not look like one.
fn address(walk: &mut Walk<'_>, path: &Path<'_>, email: &mut Option<String>) {
    if !walk.takes_emails() {
        return walk.optional(path, email, Look::Prose);
    }
    walk.own(path, email);
    let Some(text) = email.as_mut().filter(|text| !text.is_empty()) else { return };
    if walk.is_settled(path, text) || is_replaced(walk, text) {
        return;
    }
    let bytes = text.len();
    let method = hashed(walk, text);
    walk.remark(path, emails::RULE, method, bytes);
}

/// Id and login name stay unless they are an e-mail address, so that users can be counted.
fn login(walk: &mut Walk<'_>, path: &Path<'_>, name: &mut Option<String>) {
    loop {
        walk.own(path, name);
        let Some(text) = name.as_mut().filter(|text| walk.takes_emails() && !walk.is_settled(path, text)) else { break };
        let Some(found) = emails::find(text, 0) else { break };
        let mut email = text[found.range.clone()].to_owned();
        let bytes = email.len();
        let method = hashed(walk, &mut email);
        text.replace_range(found.range, &email);
        walk.remark(path, emails::RULE, method, bytes);
    }
    walk.optional(path, name, Look::Name);
}

/// Puts the hash of an address, or what stands for any, in its place.
fn hashed(walk: &Walk<'_>, email: &mut String) -> ScrubMethod {
    match &walk.chosen().key {
        Some(key) if walk.chosen().emails != Some(Emails::Replace) => {
            *email = format!("{HASHED}{}]", key.hash(&folded(email)));
            ScrubMethod::Hash
        }
        _ => {
            emails::WITH.clone_into(email);
            ScrubMethod::Replace
        }
    }
}

/// Whether a text is what some rule put in place of a value.
fn is_replaced(walk: &Walk<'_>, text: &str) -> bool {
    walk.is_filtered(text)
        || hashed_emails(text).next() == Some(0..text.len())
        || walk.chosen().key.as_ref().is_some_and(|key| key.made(text))
}

fn ip(walk: &mut Walk<'_>, path: &Path<'_>, address: &mut Option<String>) {
    walk.own(path, address);
    let Some(text) = address.as_ref() else { return };
    if walk.addresses() == Addresses::Keep || walk.is_settled(path, text) || is_replaced(walk, text) {
        return;
    }
    let network = if walk.addresses() == Addresses::Truncate { text.trim().parse().ok().map(network) } else { None };
    if network.as_ref() != Some(text) {
        let method = network.as_ref().map_or(ScrubMethod::Remove, |_| ScrubMethod::Replace);
        walk.remark(path, ADDRESS, method, text.len());
        *address = network;
    }
}

/// The first 24 bits of an address of version 4, the first 48 of version 6.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(ip) => (ip & std::net::Ipv4Addr::from_bits(!0 << 8)).to_string(),
        IpAddr::V6(ip) => (ip & std::net::Ipv6Addr::from_bits(!0 << 80)).to_string(),
    }
}

/// The same address for all ways to write it.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Where in a text hashes of e-mail addresses stand.
pub(super) fn hashed_emails(text: &str) -> impl Iterator<Item = Range<usize>> {
    memchr::memmem::find_iter(text.as_bytes(), HASHED).filter_map(|at| {
        let digits = at + HASHED.len();
        let end = digits + DIGITS;
        let hash = text.get(digits..end)?;
        (hash.bytes().all(|b| b.is_ascii_hexdigit()) && text.as_bytes().get(end) == Some(&b']')).then_some(at..end + 1)
    })
}

#[cfg(test)]
#[path = "users/tests.rs"]
mod tests;
