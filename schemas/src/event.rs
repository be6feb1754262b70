//! The canonical event: what every platform's report becomes, what the index keeps and what the API answers.
//!
//! Order is Sentry's throughout: in `exceptions` causes come first and the exception that was raised last; in
//! `frames` callers come first and the place of the crash last; breadcrumbs are oldest first. What a client sent
//! and no field takes is kept under `extra`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::ids::{EventId, Fingerprint, ProjectId};

mod canonical;
mod http;
mod judgement;
mod severity;
mod stack;
mod user;

pub use canonical::{Canonical, List};
pub use http::{Call, Request};
pub use judgement::{Category, Change, EventError, FrameUse, Grouping, Ownership, Priority, Remark, ScrubMethod, Strategy};
pub use severity::Severity;
pub use stack::{Exception, Frame, Mechanism, Stacktrace, Thread};
pub use user::{User, UserAgent};

/// Free text to text, sorted by key.
pub type Tags = BTreeMap<String, String>;
/// Free text to any JSON, sorted by key.
pub type Free = BTreeMap<String, Value>;

/// One error event. `Event::new` gives the empty one; readers fill it, stages complete it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The client's id, else made at ingest.
    pub id: EventId,
    /// The project whose key sent it.
    pub project: ProjectId,
    /// When the error happened, corrected for the client's clock.
    pub timestamp: Timestamp,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// `python`, `javascript`, `native`, ... as the SDK says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// One line that names the error: `Type: message`, or the message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The function or transaction to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub culprit: Option<String>,
    /// Type and message of the exception that was raised, or the message alone.
    #[serde(default, skip_serializing_if = "ErrorSummary::is_empty")]
    pub error: ErrorSummary,
    /// A log message, apart from any exception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The chain or group, causes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// A stack trace without an exception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacktrace: Option<Stacktrace>,
    /// Threads at the time of the error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<Thread>,
    /// Where the error was written down in the source, when the client says it apart from frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What happened before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breadcrumbs: Vec<Breadcrumb>,
    /// Service or application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `production`, `staging`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Version of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Build of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dist: Option<String>,
    /// Commit of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Container or instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The logger that reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    /// The route, view, job or screen it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// Ids that tie it to other events.
    #[serde(default, skip_serializing_if = "Trace::is_empty")]
    pub trace: Trace,
    /// Whom it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The user's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The request that was being served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The call to another system that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// System metrics at the time, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// Short texts to filter and count by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// Structured surroundings by name: `os`, `device`, `runtime`, ...
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub contexts: Free,
    /// Everything else the client sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub extra: Free,
    /// Loaded packages and their versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modules: Tags,
    /// Debug ids and images, for symbolication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debug_meta: Option<Value>,
    /// What reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Sdk>,
    /// The client's own fingerprint, as sent; may hold `{{ default }}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_fingerprint: Vec<String>,
    /// Why it belongs to its group. Set by the fingerprint stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouping: Option<Grouping>,
    /// What kind of failure it is. Set by the classify stage.
    #[serde(default)]
    pub category: Category,
    /// How soon someone should look. Set by the classify stage.
    #[serde(default)]
    pub priority: Priority,
    /// What a caller can try against it, in order. Set by the classify stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<Strategy>,
    /// How severity, priority and category came to be what they are, each step with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Who answers for the service. Set by the enrich stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<Ownership>,
    /// The user's browser or application, system and device. Set by the enrich stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<UserAgent>,
    /// How many events it stands for, itself included, when others like it were left out by sampling.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: u64,
    /// Whether its payload was left out because too many of its group came at once; what can be searched and counted is
    /// whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slim: bool,
    /// What was odd about the input; the event was kept all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<EventError>,
    /// What was scrubbed: where and by which rule, never the value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scrubbed: Vec<Remark>,
}

impl Event {
    /// An event of which only this is known.
    pub fn new(id: EventId, project: ProjectId, received_at: Timestamp) -> Self {
        Self {
            id,
            project,
            timestamp: received_at,
            received_at,
            severity: Severity::default(),
            platform: None,
            title: String::new(),
            culprit: None,
            error: ErrorSummary::default(),
            message: None,
            exceptions: Vec::new(),
            stacktrace: None,
            threads: Vec::new(),
            source: None,
            breadcrumbs: Vec::new(),
            service: None,
            environment: None,
            release: None,
            dist: None,
            commit: None,
            host: None,
            instance_id: None,
            logger: None,
            transaction: None,
            trace: Trace::default(),
            user: None,
            session_id: None,
            request: None,
            call: None,
            metrics: BTreeMap::new(),
            tags: Tags::new(),
            contexts: Free::new(),
            extra: Free::new(),
            modules: Tags::new(),
            debug_meta: None,
            sdk: None,
            client_fingerprint: Vec::new(),
            grouping: None,
            category: Category::default(),
            priority: Priority::default(),
            strategies: Vec::new(),
            changes: Vec::new(),
            ownership: None,
            user_agent: None,
            weight: 1,
            slim: false,
            errors: Vec::new(),
            scrubbed: Vec::new(),
        }
    }

    /// Whether the program handled the error itself, as far as any exception says; the raised one counts first.
    pub fn handled(&self) -> Option<bool> {
        self.exceptions.iter().rev().find_map(|e| e.mechanism.as_ref()?.handled)
    }

    /// The group it belongs to, once the fingerprint stage has run.
    pub fn fingerprint(&self) -> Option<&Fingerprint> {
        self.grouping.as_ref().map(|g| &g.fingerprint)
    }

    /// Notes what was odd at `path`, up to [`crate::limits::EVENT_ERRORS`].
    pub fn note(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        if self.errors.len() < crate::limits::EVENT_ERRORS {
            self.errors.push(EventError { path: path.into(), reason: reason.into() });
        }
    }
}

fn one() -> u64 {
    1
}

fn is_one(weight: &u64) -> bool {
    *weight == 1
}

/// Type and message of what went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ErrorSummary {
    /// The exception's type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The exception's value, or the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl ErrorSummary {
    fn is_empty(&self) -> bool {
        self.kind.is_none() && self.message.is_none()
    }
}

/// A log message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// What was logged, parameters filled in.
    pub formatted: String,
    /// The text before the parameters were filled in, when the client sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
}

/// A place in the source code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Path of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// Something that happened before the error.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Breadcrumb {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// `default`, `http`, `navigation`, `query`, ...
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A dotted name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How bad it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The rest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub data: Free,
}

/// Ids that tie an event to others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Trace {
    /// 32 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// 16 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// 16 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    /// Any text that the services of one request share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

impl Trace {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The software that reported the event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Sdk {
    /// `sentry.python`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Switched-on parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub integrations: Vec<String>,
    /// The packages it came in, `name@version`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// What it was told to do, e.g. `infer_ip`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub settings: Free,
}
