//! What scrubbing does for a project beside, or instead of, what it does for all.
//!
//! Rules and selectors have the form of Sentry's advanced data scrubbing, so that a configuration can be taken over as
//! it is: `rules` by name and `applications`, which say at which selector which rules are used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RuleError;

mod check;
mod known;
mod redaction;
mod rule;
mod selector;

pub use known::Known;
pub use redaction::{Method, Redaction};
pub use rule::{Matcher, Rule, Step};
pub use selector::{Item, Selector, SelectorError, Type};

/// The section `scrubbing` of a rule set. What a project does not say is taken from the rules of all projects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scrubbing {
    /// Whether the built-in rules are used. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scrub_defaults: Option<bool>,
    /// Names whose values are secrets beside the built-in ones. A name of up to four letters must be whole words of a
    /// key (`pin`: `user_pin`, not `shipping`), a longer one may stand anywhere in it; case and punctuation do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sensitive_fields: Vec<String>,
    /// Selectors, or names, of what is never scrubbed, by no rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub safe_fields: Vec<String>,
    /// Whether of users only a keyed hash stays, in `user.id`, and their country. Takes IP addresses away everywhere.
    /// Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_users: Option<bool>,
    /// What becomes of IP addresses. Default: `keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_addresses: Option<Addresses>,
    /// What becomes of the e-mail addresses that users are known by. Default: `hash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Emails>,
    /// Own rules by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Rule>,
    /// Names of rules, own or built-in (`@email:hash`), by the selector at which they are used.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub applications: BTreeMap<String, Vec<String>>,
}

/// What becomes of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Addresses {
    /// They stay.
    Keep,
    /// The network stays: 24 bits of version 4, 48 of version 6.
    Truncate,
    /// They go; where they are in the world stays.
    GeoOnly,
    /// They go, and where they are in the world too.
    Remove,
}

/// What becomes of the e-mail addresses that users are known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Emails {
    /// `[email:<keyed hash>]`: users stay countable.
    Hash,
    /// `[email]`: all users without an id are one.
    Replace,
}

impl Scrubbing {
    /// Everything that is wrong with it, in order.
    pub fn check(&self) -> Vec<RuleError> {
        check::check(self)
    }

    /// What the rule of this name does, aliases and lists of rules followed. An error says what is wrong with the
    /// reference.
    pub fn resolve(&self, name: &str) -> Result<Vec<Step<'_>>, RuleError> {
        rule::resolve(&self.rules, name)
    }

    /// What an entry of `safe_fields` selects.
    pub fn safe(entry: &str) -> Result<Selector, SelectorError> {
        let is_name = !entry.trim().is_empty() && !entry.contains(['*', '$', '!', '&', '|', '(', ')', '\'', '~']);
        match entry.parse() {
            Err(_) if is_name => Ok(Selector::Path(vec![Item::Key(entry.trim().to_owned())])),
            parsed => parsed,
        }
    }
}
