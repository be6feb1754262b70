//! When so many events of one group come at once that their payloads are left out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RuleError;

/// Storm control of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Storms {
    /// Whether it is on.
    pub enabled: bool,
    /// Events of a group that are kept whole in a minute. At least 1.
    pub events: u64,
}

impl Default for Storms {
    fn default() -> Self {
        Self { enabled: true, events: 100 }
    }
}

impl Storms {
    /// How many events of a group are kept whole in a minute; `None`: all.
    pub fn whole(&self) -> Option<u64> {
        self.enabled.then_some(self.events)
    }
}

/// What is wrong with it.
pub(super) fn check(storms: Option<&Storms>) -> Vec<RuleError> {
    let none = storms.is_some_and(|storms| storms.events == 0);
    let error = || RuleError::new("/storms/events", "at least 1 event of a group is kept whole; to keep none is what filters are for");
    none.then(error).into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::rules::RuleSet;

    fn errors(json: &str) -> Vec<(String, String)> {
        let rules: RuleSet = serde_json::from_str(json).unwrap();
        rules.check().into_iter().map(|error| (error.pointer, error.message)).collect()
    }

    #[test]
    fn what_is_left_out_is_as_usual() {
        let rules: RuleSet = serde_json::from_str(r#"{"storms":{"events":7}}"#).unwrap();
        assert_eq!(rules.storms.unwrap().whole(), Some(7));
        let rules: RuleSet = serde_json::from_str(r#"{"storms":{"enabled":false}}"#).unwrap();
        assert_eq!(rules.storms.unwrap().whole(), None);
        assert_eq!(super::Storms::default().whole(), Some(100));
        assert!(serde_json::from_str::<RuleSet>(r#"{"storms":{"event":7}}"#).is_err());
    }

    #[test]
    fn none_whole_is_refused() {
        let [(pointer, message)] = &errors(r#"{"storms":{"events":0}}"#)[..] else { panic!("one error") };
        assert!(pointer == "/storms/events" && message.contains("at least 1"), "{message}");
    }
}
