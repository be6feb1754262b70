//! What it takes to forget a user, and what is said about it afterwards.

use core::net::IpAddr;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::ProjectId;

/// Longest value that a user is known by, in bytes.
pub const VALUE_BYTES: usize = 320;

/// Whom to forget: by one or more of these, each of which is enough to know the user by.
///
/// It is never printed, and leaves the job when the job ends.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EraseUser)]
pub struct Subject {
    /// The application's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// E-mail address, in any letter case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Login name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(..)")
    }
}

impl Subject {
    /// Its values with the names of their fields.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [("id", &self.id), ("email", &self.email), ("username", &self.username), ("ip_address", &self.ip_address)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// What is wrong with it: the field, and why. Never the value.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        for (name, value) in self.values() {
            if value.trim() != value || value.is_empty() || value.len() > VALUE_BYTES {
                return Err((name, format!("it must have 1 to {VALUE_BYTES} bytes, without white space around it")));
            }
            if value.chars().any(char::is_control) {
                return Err((name, "it must not have control characters".to_owned()));
            }
            if name == "email" && !value.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) {
                return Err((name, "it must be an e-mail address".to_owned()));
            }
            if name == "ip_address" && value.parse::<IpAddr>().is_err() {
                return Err((name, "it must be an IP address".to_owned()));
            }
        }
        match self.values().next() {
            Some(_) => Ok(()),
            None => Err(("", "it must have an id, email, username or ip_address".to_owned())),
        }
    }
}

/// How much of a user to forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EraseWhat)]
pub enum What {
    /// Their events with everything that came with them.
    Events,
    /// Who they are: their events stay and count, for a user without a name.
    Identity,
}

/// An order to forget a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erase {
    /// Whom; nobody any more once the job is done, failed or called off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Subject>,
    /// How much.
    pub what: What,
    /// Only count what would go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// In these projects.
    pub projects: Vec<ProjectId>,
    /// Whether these are all projects: then also in what belongs to none.
    #[serde(default)]
    pub all_projects: bool,
    /// The beginning of the hash of the token that it was ordered with; `bootstrap` is the one of the environment.
    pub ordered_by: String,
}

/// What was forgotten. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = EraseReceipt)]
pub struct Receipt {
    /// Who: a keyed hash of what was ordered, the same for the same order, which only this installation can make.
    pub subject: String,
    /// Whether it was only counted.
    #[serde(default)]
    pub dry_run: bool,
    /// Events that were taken away; they ended as `erased`.
    pub events: u64,
    /// Events in which what says who it was was replaced.
    pub rewritten: u64,
    /// Issues in which it was replaced.
    pub issues: u64,
    /// Feedback that was emptied, or in which it was replaced.
    pub feedback: u64,
    /// Files that were taken away.
    pub attachments: u64,
    /// Dead letters whose record was taken away.
    pub dead_letters: u64,
    /// Other jobs in whose results it was replaced.
    pub jobs: u64,
    /// Days that were looked through.
    pub days: u64,
    /// The token that it was ordered with, as in the order.
    pub ordered_by: String,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// Until then the log may hold raw records from before, which are never read again but to be processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(change: impl FnOnce(&mut Subject)) -> Subject {
        let mut subject = Subject::default();
        change(&mut subject);
        subject
    }

    #[test]
    fn a_user_is_known_by_something() {
        assert_eq!(Subject::default().check().map_err(|(name, _)| name), Err(""));
        assert_eq!(subject(|s| s.id = Some("u-1".into())).check(), Ok(()));
        assert_eq!(subject(|s| s.email = Some("jane@shop.example".into())).check(), Ok(()));
        assert_eq!(subject(|s| s.ip_address = Some("2001:db8::1".into())).check(), Ok(()));
    }

    #[test]
    fn values_that_nobody_has_are_refused_by_field() {
        let refused = |subject: Subject| subject.check().map_err(|(name, _)| name);
        for bad in ["", " u-1", "u\n1", &"x".repeat(VALUE_BYTES + 1)] {
            assert_eq!(refused(subject(|s| s.id = Some(bad.into()))), Err("id"), "{bad:?}");
        }
        for bad in ["jane", "@shop.example", "jane@"] {
            assert_eq!(refused(subject(|s| s.email = Some(bad.into()))), Err("email"), "{bad}");
        }
        assert_eq!(refused(subject(|s| s.ip_address = Some("10.0.0".into()))), Err("ip_address"));
    }

    #[test]
    fn it_is_never_printed() {
        assert_eq!(format!("{:?}", subject(|s| s.id = Some("u-1".into()))), "Subject(..)");
    }
}
