//! The small documents of the catalog that are not issues: projects, keys, tokens, dead letters, feedback, files,
//! services, deploys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{EventId, ProjectId, PublicKey},
    limits,
    outcome::Reason,
    quota::{Limit, SpikeProtection},
    record::Position,
};

mod attachment;
mod deploy;
mod feedback;
mod origin;
mod service;
mod token;

pub use attachment::{Attachment, AttachmentUsage, CountedBytes, EventAttachments};
pub use deploy::{Deploy, DeployedCommit, DeployedCommits};
pub use feedback::Feedback;
pub use origin::{AllowedOrigin, OriginError};
pub use service::{Invalid, Service};
pub use token::{Role, Token};

/// One application or service whose errors are kept apart from all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Project {
    /// Its number, as in a DSN.
    pub id: ProjectId,
    /// Its short name: lower-case letters, digits and hyphens, unique.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether events are taken.
    pub enabled: bool,
    /// What its owner chose.
    #[serde(default)]
    pub settings: ProjectSettings,
}

impl Project {
    /// The short name that `name` suggests: its ASCII letters and digits in lower case, one hyphen for each run of
    /// anything else. Never empty and never a number, which would read as a project id.
    pub fn slug_of(name: &str) -> String {
        let mut slug = String::new();
        for c in name.chars() {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(limits::SLUG_BYTES);
        let slug = slug.trim_end_matches('-');
        match slug {
            "" => "project".to_owned(),
            number if number.bytes().all(|b| b.is_ascii_digit()) => format!("project-{}", &number[..number.len().min(20)]),
            _ => slug.to_owned(),
        }
    }
}

/// What a project's owner can choose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProjectSettings {
    /// Take IP addresses away before storing.
    pub scrub_ip_addresses: bool,
    /// Pages that may send, at most [`limits::PROJECT_ORIGINS`]. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<AllowedOrigin>,
    /// Most bytes of attached files that are kept at once. `None`: [`limits::PROJECT_ATTACHMENT_BYTES`]. 0: no files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_bytes: Option<u64>,
    /// How long attached files are kept, in days. `None`: [`limits::ATTACHMENT_DAYS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_days: Option<u32>,
    /// How much its keys may send together.
    pub limits: Vec<Limit>,
    /// What holds it when it suddenly sends many times its usual.
    pub spike_protection: SpikeProtection,
    /// Take OpenTelemetry's log records of severity ERROR and more, and its spans with status ERROR, as errors when they
    /// tell of no exception too. Off by default: services log much at ERROR that nobody must look at, and a failed
    /// span makes each span above it fail.
    pub otlp_errors: bool,
}

/// The public key of a DSN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key itself. It is public by design: it stands in web pages.
    pub key: PublicKey,
    /// The one project it writes to.
    pub project: ProjectId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is taken.
    pub enabled: bool,
    /// How much may be sent with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
    /// Which key replaces it, and until when it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated: Option<Rotation>,
}

/// What replaces a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rotation {
    /// The new key.
    pub to: PublicKey,
    /// Until then the old one is taken beside it.
    pub until: Timestamp,
}

/// A record that could not be processed, kept for people to look at, mend and retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Where the record stands in the log; names the dead letter.
    pub position: Position,
    /// Whose it is.
    pub project: ProjectId,
    /// The record's event id.
    pub event_id: EventId,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// Why it could not be processed.
    pub reason: Reason,
    /// Particulars for people, without any of the payload.
    pub detail: String,
    /// The record as it stands in the log, base64: raw, so for admins only.
    pub record: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_are_short_plain_and_never_a_number() {
        for (name, slug) in [
            ("Checkout", "checkout"),
            ("  My Shop (EU) ", "my-shop-eu"),
            ("a__b", "a-b"),
            ("Größe", "gr-e"),
            ("支払い", "project"),
            ("", "project"),
            ("42", "project-42"),
            ("4-2", "4-2"),
        ] {
            assert_eq!(Project::slug_of(name), slug, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_gives_a_slug_of_letters_digits_and_hyphens(name: String) {
            let slug = Project::slug_of(&name);
            prop_assert!(!slug.is_empty() && slug.len() <= limits::SLUG_BYTES);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{slug}");
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-'), "{slug}");
            prop_assert!(slug.parse::<ProjectId>().is_err(), "{slug}");
        }
    }
}
