//! What is done to what a rule finds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stands in place of a value when a rule says no other text.
const FILTERED: &str = "[Filtered]";

/// The part `redaction` of a rule, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Redaction {
    /// `remove`, `replace`, `mask` or `hash`; empty or `default`: what is usual for the type.
    pub method: String,
    /// For `replace`: what stands in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What is done to what a rule finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Nothing stays.
    Remove,
    /// This text stands in its place.
    Replace(String),
    /// A star stands in place of each character.
    Mask,
    /// A keyed hash stands in its place.
    Hash,
}

impl Method {
    /// The names.
    pub const NAMES: [&str; 4] = ["remove", "replace", "mask", "hash"];

    /// The method of this name; `text` is what `replace` puts there.
    pub fn of_name(name: &str, text: Option<&str>) -> Option<Self> {
        match name {
            "remove" => Some(Self::Remove),
            "replace" => Some(Self::Replace(text.unwrap_or(FILTERED).to_owned())),
            "mask" => Some(Self::Mask),
            "hash" => Some(Self::Hash),
            _ => None,
        }
    }
}

impl Redaction {
    /// Whether it leaves the choice to the type.
    pub(super) fn is_default(&self) -> bool {
        matches!(self.method.as_str(), "" | "default")
    }

    /// What it says, if that is anything.
    pub(super) fn method(&self) -> Option<Method> {
        Method::of_name(&self.method, self.text.as_deref())
    }
}
