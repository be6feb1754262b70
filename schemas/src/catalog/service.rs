//! Services and who answers for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{event::Ownership, limits};

/// One entry of the service catalogue: which events it is about, and what stands in them then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name. Events of a service of exactly this name are its events.
    pub name: String,
    /// Names of further services that are its events, with `*` for any characters and `?` for one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Files or modules of the application's own frames, with `*` and `?`: `src/checkout/*`, `com.shop.checkout.*`. They
    /// are asked for events whose service is in no entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// A person or a list of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// How much hangs on it: `1` is most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Where its source is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// What to do when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// What is wrong with a document that someone sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct Invalid {
    /// Where, as a JSON pointer: `/paths/3`.
    pub pointer: String,
    /// What is expected.
    pub message: String,
}

impl Service {
    /// What stands in its events.
    pub fn ownership(&self) -> Ownership {
        Ownership {
            owner: self.owner.clone(),
            team: self.team.clone(),
            tier: self.tier.clone(),
            repository: self.repository.clone(),
            runbook: self.runbook.clone(),
        }
    }

    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), Invalid> {
        text("/name", &self.name, limits::NAME_CHARS)?;
        for (name, patterns) in [("services", &self.services), ("paths", &self.paths)] {
            if patterns.len() > limits::SERVICE_PATTERNS {
                return Err(invalid(format!("/{name}"), format!("it must have at most {} patterns", limits::SERVICE_PATTERNS)));
            }
            for (number, pattern) in patterns.iter().enumerate() {
                text(&format!("/{name}/{number}"), pattern, limits::NAME_CHARS)?;
            }
        }
        if let Some(number) = self.paths.iter().position(|path| path.chars().all(|c| matches!(c, '*' | '?' | '/' | '\\' | '.'))) {
            return Err(invalid(format!("/paths/{number}"), "it matches every path; name a directory, a file or a module"));
        }
        for (name, value, most) in [
            ("owner", &self.owner, limits::NAME_CHARS),
            ("team", &self.team, limits::NAME_CHARS),
            ("tier", &self.tier, limits::SHORT_NAME_CHARS),
            ("repository", &self.repository, limits::PATH_CHARS),
            ("runbook", &self.runbook, limits::PATH_CHARS),
        ] {
            optional(&format!("/{name}"), value.as_deref(), most)?;
        }
        Ok(())
    }
}

pub(super) fn text(pointer: &str, text: &str, most: usize) -> Result<(), Invalid> {
    if text.trim().is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(invalid(pointer, format!("it must have 1 to {most} characters, none of them control characters")));
    }
    Ok(())
}

pub(super) fn optional(pointer: &str, value: Option<&str>, most: usize) -> Result<(), Invalid> {
    value.map_or(Ok(()), |value| text(pointer, value, most))
}

pub(super) fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Invalid {
    Invalid { pointer: pointer.into(), message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(change: impl FnOnce(&mut Service)) -> Option<String> {
        let mut service = Service { name: "checkout".into(), paths: vec!["src/checkout/*".into()], ..Service::default() };
        change(&mut service);
        service.check().err().map(|error| error.pointer)
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        assert_eq!(pointer(|_| {}), None);
        assert_eq!(pointer(|service| service.name = " ".into()).as_deref(), Some("/name"));
        assert_eq!(pointer(|service| service.services = vec!["a".into(), "b\n".into()]).as_deref(), Some("/services/1"));
        assert_eq!(pointer(|service| service.services = vec!["*".into()]), None);
        assert_eq!(pointer(|service| service.paths.push("*/*".into())).as_deref(), Some("/paths/1"));
        assert_eq!(pointer(|service| service.paths = vec!["a".into(); 1_000]).as_deref(), Some("/paths"));
        assert_eq!(pointer(|service| service.tier = Some("1".repeat(65))).as_deref(), Some("/tier"));
        assert_eq!(pointer(|service| service.runbook = Some(String::new())).as_deref(), Some("/runbook"));
    }
}
