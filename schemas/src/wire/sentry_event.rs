//! Sentry events, from the SDKs of today and of ten years ago.
//!
//! Only what is not JSON, or no object, is refused. A field of a form that nobody expects is noted under the event's
//! `errors` and kept under `extra`; unknown fields are kept under `extra`. Sources: the SDK documentation and what
//! Relay accepts. Never for trimming, clock drift or titles: that is the normalize stage's work.

use jiff::Timestamp;

use super::{
    json,
    odd::{Odd, Path},
    parts,
    tree::Tree,
};
use crate::{
    event::Event,
    ids::{EventId, ProjectId},
    outcome::Reason,
};

pub use super::{ReadError, peek::event_id};

/// Reads an event. The given id wins over the payload's.
pub fn read(payload: &[u8], id: EventId, project: ProjectId, received_at: Timestamp) -> Result<Event, ReadError> {
    json::read_tree(payload, |tree| {
        let Tree::Object(object) = tree else {
            return Err(ReadError { reason: Reason::InvalidEvent, detail: "an event is a JSON object".into() });
        };
        let mut reader = Reader { event: Event::new(id, project, received_at), odd: Odd::default(), checksum: None };
        // Sorted, so that of two names for the same the newer one comes first.
        for (key, value) in object.sorted() {
            if !value.is_null() {
                reader.member(&key, value);
            }
        }
        Ok(reader.finish())
    })?
}

struct Reader {
    event: Event,
    odd: Odd,
    checksum: Option<String>,
}

impl Reader {
    /// Takes one field of the outermost object.
    fn member(&mut self, key: &str, value: Tree<'_>) {
        let at = &Path::top(key);
        let (event, odd) = (&mut self.event, &mut self.odd);
        let text = |value, odd: &mut Odd| parts::text(value, at, odd).filter(|text| !text.is_empty());
        match key {
            "event_id" => {
                if value.as_str().and_then(|text| text.parse().ok()) != Some(event.id) {
                    odd.misfit(at, value, "not the id of this event");
                }
            }
            // Says only that it is an event.
            "type" if matches!(value.as_str(), Some("error" | "default" | "event")) => {}
            "timestamp" => event.timestamp = parts::timestamp(value, at, odd).unwrap_or(event.received_at),
            "level" => event.severity = parts::severity(value, at, odd).unwrap_or_default(),
            "platform" => event.platform = text(value, odd),
            "logger" => event.logger = text(value, odd),
            "release" => event.release = text(value, odd),
            "dist" => event.dist = text(value, odd),
            "environment" => event.environment = text(value, odd),
            "server_name" => event.host = text(value, odd),
            "transaction" => event.transaction = text(value, odd),
            "culprit" => event.culprit = text(value, odd),
            "checksum" => self.checksum = text(value, odd),
            "site" => {
                if let Some(site) = text(value, odd) {
                    event.tags.entry("site".into()).or_insert(site);
                }
            }
            _ => self.part(key, value),
        }
    }

    /// Takes one field that has parts.
    fn part(&mut self, key: &str, value: Tree<'_>) {
        let at = &Path::top(key);
        let (event, odd) = (&mut self.event, &mut self.odd);
        match interface(key) {
            "logentry" | "message" => match &event.message {
                None => event.message = parts::message(value, at, odd),
                Some(held) if value.as_str().is_some_and(|text| text == held.formatted || Some(text) == held.template.as_deref()) => {}
                Some(_) => odd.keep(at, value),
            },
            "exception" if event.exceptions.is_empty() => event.exceptions = parts::exceptions(value, at, odd),
            "stacktrace" if event.stacktrace.is_none() => event.stacktrace = parts::stacktrace(value, at, odd),
            "threads" if event.threads.is_empty() => event.threads = parts::threads(value, at, odd),
            "breadcrumbs" if event.breadcrumbs.is_empty() => event.breadcrumbs = parts::breadcrumbs(value, at, odd),
            "user" if event.user.is_none() => event.user = parts::user(value, at, odd),
            "request" if event.request.is_none() => event.request = parts::request(value, at, odd),
            "contexts" if event.contexts.is_empty() => event.contexts = parts::free(value, at, odd),
            "tags" => event.tags.extend(parts::tags(value, at, odd)),
            "fingerprint" => event.client_fingerprint = parts::fingerprint(value, at, odd),
            "modules" => event.modules = parts::modules(value, at, odd),
            "sdk" => event.sdk = parts::sdk(value, at, odd),
            "debug_meta" => event.debug_meta = Some(value.into()),
            "template" if event.source.is_none() => event.source = parts::template(value, at, odd),
            "extra" => event.extra = parts::free(value, at, odd),
            _ => odd.keep(at, value),
        }
    }

    /// Settles what depends on several fields.
    fn finish(mut self) -> Event {
        let event = &mut self.event;
        parts::adopt_stacktrace(event);
        parts::adopt_trace(event, &mut self.odd);
        if event.client_fingerprint.is_empty() {
            // Before fingerprints, clients could send the hash to group by.
            event.client_fingerprint.extend(self.checksum.take());
        }
        if event.transaction.is_none() {
            event.transaction.clone_from(&event.culprit);
        }
        for (key, slot) in [("environment", &mut event.environment), ("release", &mut event.release), ("dist", &mut event.dist)] {
            match event.tags.get(key) {
                Some(tag) if slot.as_ref().is_none_or(|held| held == tag) => *slot = event.tags.remove(key),
                _ => {}
            }
        }
        self.odd.finish(event);
        self.event
    }
}

/// Today's name of a part.
fn interface(key: &str) -> &str {
    match key {
        "sentry.interfaces.Message" => "logentry",
        "sentry.interfaces.Exception" => "exception",
        "sentry.interfaces.Stacktrace" => "stacktrace",
        "sentry.interfaces.Http" => "request",
        "sentry.interfaces.User" => "user",
        "sentry.interfaces.Contexts" => "contexts",
        "sentry.interfaces.Breadcrumbs" => "breadcrumbs",
        "sentry.interfaces.Threads" => "threads",
        "sentry.interfaces.Template" => "template",
        key => key,
    }
}
