//! Whom an event happened to, and what they had in hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Free, Tags};

/// A person or an account.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// The application's id for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Login name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Name as shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// `country_code`, `region`, `city`, as sent or looked up.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub geo: Tags,
    /// The rest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub data: Free,
}

impl User {
    /// What to count a person by: id, else e-mail, else login name, else address.
    pub fn identity(&self) -> Option<&str> {
        [&self.id, &self.email, &self.username, &self.ip_address].into_iter().flatten().map(String::as_str).find(|s| !s.is_empty())
    }
}

/// What a user's request came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct UserAgent {
    /// `Firefox`, `Mobile Safari`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `Windows`, `iOS`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// `iPhone`, `Spider`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}
