//! From a trace to an event of the native API.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::Item;
use crate::ids::{EventId, ProjectId};

/// What the sender says of the whole log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The service.
    pub service: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// The release.
    pub release: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The platform; without it each trace tells its own.
    pub platform: Option<String>,
    /// What the text is from, as the sender tells sources apart: it goes into the ids.
    pub source: Option<String>,
    /// Where in its source the text begins, in bytes.
    pub offset: u64,
}

impl Item {
    /// What the id is made of besides project and number: the same trace at the same time is the same event. A
    /// source tells traces without a time apart by where they are.
    fn parts(&self, defaults: &Defaults) -> [Vec<u8>; 5] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
        let place = defaults.source.as_ref().map(|source| format!("{source}:{}", defaults.offset + self.offset as u64));
        [text(&self.timestamp.map(|at| at.to_string())), text(&self.kind), text(&self.value), self.text.clone().into_bytes(), text(&place)]
    }

    fn json(&self, id: EventId, defaults: &Defaults) -> Value {
        let mut event = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                event.insert(name.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.clone().map(Value::String);
        put("id", Some(Value::String(id.to_string())));
        put("timestamp", self.timestamp.map(|at| Value::String(at.to_string())));
        put("severity", self.severity.map(|severity| Value::String(severity.to_string())));
        put("logger", text(&self.logger));
        put("service", text(&defaults.service));
        put("environment", text(&defaults.environment));
        put("release", text(&defaults.release));
        put("host", text(&defaults.host));
        put("platform", text(&defaults.platform));
        put("message", text(&self.message));
        put("error", Some(json!({"type": self.kind, "message": self.value, "stack_trace": self.text})));
        put("extra", Some(json!({"log": {"line": self.line}})));
        Value::Object(event)
    }
}

/// The items as events of the native API, each with an id that is the same whenever the same text is sent again.
pub fn events<'i>(items: &'i [Item], project: ProjectId, defaults: &'i Defaults) -> impl Iterator<Item = (EventId, Bytes)> + 'i {
    let mut seen = std::collections::BTreeMap::<EventId, u64>::new();
    items.iter().map(move |item| {
        let parts = item.parts(defaults);
        let project = project.0.to_be_bytes();
        let all: Vec<&[u8]> = [b"log_text".as_slice(), &project].into_iter().chain(parts.iter().map(Vec::as_slice)).collect();
        let base = EventId::from_parts(&all);
        let times = seen.entry(base).or_default();
        let id = if *times == 0 { base } else { EventId::from_parts(&[&base.0, &times.to_be_bytes()]) };
        *times += 1;
        (id, Bytes::from(item.json(id, defaults).to_string()))
    })
}
