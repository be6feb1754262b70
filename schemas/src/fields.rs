//! The fields that events can be searched, counted and split by: their names in queries, their types, their
//! places in Elasticsearch (ECS, <https://www.elastic.co/docs/reference/ecs>), and their values for an event.
//!
//! Both index engines index exactly what [`visit`] gives, so both answer alike.

use std::str::FromStr;

use crate::{
    event::{Category, Event, Priority, Severity},
    limits,
    nearest::nearest,
    query::Value,
    tokens,
};

mod text;

pub use text::text;

/// What values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A text that is compared whole; at most [`limits::KEYWORD_BYTES`].
    Keyword,
    /// A whole number.
    Long,
    /// Yes or no.
    Bool,
    /// A time, in milliseconds.
    Millis,
    /// Keywords by key.
    Tags,
}

impl Type {
    /// Its name for people and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Long => "number",
            Self::Bool => "boolean",
            Self::Millis => "time",
            Self::Tags => "tags",
        }
    }

    /// How its values can be asked for, as it is written between a field's name and the value.
    pub fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Keyword | Self::Tags => &["has:", ":", ":*"],
            Self::Long | Self::Millis => &["has:", ":", ":>", ":>=", ":<", ":<=", ":[ TO ]"],
            Self::Bool => &["has:", ":"],
        }
    }
}

macro_rules! fields {
    ($(#[doc = $doc:literal] $variant:ident, $name:literal, $type:ident, $ecs:literal, $example:literal;)*) => {
        /// A field of the index.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $(#[doc = $doc] $variant,)* }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in queries and answers.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What values it has.
            pub fn kind(self) -> Type {
                match self { $(Self::$variant => Type::$type,)* }
            }

            /// Its path in Elasticsearch documents.
            pub fn ecs(self) -> &'static str {
                match self { $(Self::$variant => $ecs,)* }
            }

            /// A value or pattern to show how it is asked for.
            pub fn example(self) -> &'static str {
                match self { $(Self::$variant => $example,)* }
            }

            /// What it is, in one sentence.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $doc.trim_ascii(),)* }
            }
        }
    };
}

fields! {
    /// The event's id, 32 hex digits.
    Id, "id", Keyword, "event.id", "fc6d8c0c43fc4630ad850ee518f1b9d0";
    /// The project's number.
    Project, "project", Long, "belfry.project", "1";
    /// When it happened.
    Timestamp, "timestamp", Millis, "@timestamp", "2026-01-31T12:00:00Z";
    /// When ingest took it.
    ReceivedAt, "received_at", Millis, "event.ingested", "2026-01-31T12:00:00Z";
    /// How bad it is.
    Level, "level", Keyword, "log.level", "error";
    /// What kind of failure it is.
    Category, "category", Keyword, "belfry.category", "TIMEOUT";
    /// How soon someone should look.
    Priority, "priority", Keyword, "belfry.priority", "critical";
    /// The group.
    Fingerprint, "fingerprint", Keyword, "belfry.fingerprint", "fp1-0*";
    /// Service or application.
    Service, "service", Keyword, "service.name", "checkout";
    /// Environment.
    Environment, "environment", Keyword, "service.environment", "production";
    /// Version of the service.
    Release, "release", Keyword, "service.version", "checkout@1.2.0";
    /// Host name.
    Host, "host", Keyword, "host.name", "web-1";
    /// Type of the exception that was raised.
    ErrorType, "error.type", Keyword, "error.type", "TimeoutError";
    /// Message of the exception that was raised, else the log message.
    Message, "message", Keyword, "message", "connection*";
    /// The function or transaction to blame.
    Culprit, "culprit", Keyword, "belfry.culprit", "charge";
    /// Route, view, job or screen.
    Transaction, "transaction", Keyword, "transaction.name", "/cart";
    /// The logger that reported it.
    Logger, "logger", Keyword, "log.logger", "app.payments";
    /// Language or platform.
    Platform, "platform", Keyword, "belfry.platform", "python";
    /// Name of the SDK.
    Sdk, "sdk", Keyword, "agent.name", "sentry.python";
    /// Whom it happened to: id, else e-mail, else login name, else address.
    User, "user", Keyword, "belfry.user", "42";
    /// The application's id for the user.
    UserId, "user.id", Keyword, "user.id", "42";
    /// The user's e-mail address, as scrubbed.
    UserEmail, "user.email", Keyword, "user.email", "*@example.com";
    /// The user's session.
    Session, "session", Keyword, "session.id", "4c1b";
    /// The trace.
    TraceId, "trace_id", Keyword, "trace.id", "4bf92f3577b34da6a3ce929d0e0e4736";
    /// What the services of one request share.
    CorrelationId, "correlation_id", Keyword, "belfry.correlation_id", "req-42";
    /// Method of the request that was being served.
    Method, "method", Keyword, "http.request.method", "POST";
    /// Address of the request that was being served.
    Url, "url", Keyword, "url.full", "*/cart";
    /// Status answered, by us or by the system that was called.
    Status, "status", Long, "http.response.status_code", "503";
    /// The operation of a failed call.
    Operation, "operation", Keyword, "belfry.operation", "charge";
    /// Whether the program handled the error itself.
    Handled, "handled", Bool, "belfry.handled", "false";
    /// Country of the user's address, ISO 3166-1 alpha-2.
    Country, "country", Keyword, "source.geo.country_iso_code", "DE";
    /// The user's browser or application.
    Browser, "browser", Keyword, "user_agent.name", "Firefox";
    /// The user's system.
    Os, "os", Keyword, "user_agent.os.name", "Windows";
    /// The user's device.
    Device, "device", Keyword, "user_agent.device.name", "iPhone";
    /// The team that answers for the service.
    Team, "team", Keyword, "belfry.team", "payments";
    /// How much hangs on the service: `1` is most.
    Tier, "tier", Keyword, "belfry.tier", "1";
    /// What similar groups share.
    Similar, "similar", Keyword, "belfry.similar", "*";
    /// How many events it stands for; only on those that stand for more than themselves.
    Weight, "weight", Long, "belfry.weight", "10";
    /// Whether the payload was left out; only on those without it.
    Slim, "slim", Bool, "belfry.slim", "true";
    /// Tags by key: `tags.tenant`.
    Tags, "tags", Tags, "labels", "acme";
}

impl Field {
    /// Its only values, where there are a few.
    pub fn values(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Level => Some(Severity::ALL.iter().map(|level| level.as_str()).collect()),
            Self::Category => Some(Category::ALL.iter().map(|category| category.as_str()).collect()),
            Self::Priority => Some(Priority::ALL.iter().map(|priority| priority.as_str()).collect()),
            Self::Handled => Some(vec!["false", "true"]),
            _ => None,
        }
    }

    /// Whether events can be split by it: nearly every event has another id and another time.
    pub fn splits(self) -> bool {
        !matches!(self, Self::Id | Self::Timestamp | Self::ReceivedAt)
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        let name = match name {
            "severity" => "level",
            "type" => "error.type",
            "trace" | "trace.id" => "trace_id",
            other => other,
        };
        Self::ALL.iter().copied().find(|f| f.name() == name && f.kind() != Type::Tags).ok_or_else(|| UnknownField::new(name))
    }
}

/// A name that no field has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown field {name:?}{}", .nearest.map(|n| format!(", did you mean {n:?}?")).unwrap_or_default())]
pub struct UnknownField {
    /// What was asked for, cut short.
    pub name: String,
    /// The field with the most similar name, if one is similar.
    pub nearest: Option<&'static str>,
}

impl UnknownField {
    fn new(name: &str) -> Self {
        let name = tokens::cut(name, 100).to_owned();
        let nearest = nearest(&name, Field::ALL.iter().map(|field| field.name()));
        Self { name, nearest }
    }
}

/// What an event has in a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found<'a> {
    /// A keyword, at most [`limits::KEYWORD_BYTES`] long.
    Keyword(&'a str),
    /// A whole number.
    Long(i64),
    /// Yes or no.
    Bool(bool),
    /// A time in milliseconds.
    Millis(i64),
    /// A tag: key and value.
    Tag(&'a str, &'a str),
}

impl Found<'_> {
    /// The value by itself.
    pub fn to_value(self) -> Value {
        match self {
            Self::Keyword(text) | Self::Tag(_, text) => Value::Keyword(text.to_owned()),
            Self::Long(number) => Value::Long(number),
            Self::Bool(yes) => Value::Bool(yes),
            Self::Millis(millis) => Value::Millis(millis),
        }
    }
}

/// Calls `visit` with each value that `event` has in the index; a field has at most one, but for tags.
pub fn visit(event: &Event, visit: impl FnMut(Field, Found<'_>)) {
    values(event, &event.id.to_string(), visit);
}

/// The same, with the event's id as text: so every value lives as long as the event. With an empty one the event has
/// no id here.
pub fn values<'e>(event: &'e Event, id: &'e str, mut visit: impl FnMut(Field, Found<'e>)) {
    let mut keyword = |field, text: Option<&'e str>| {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            visit(field, Found::Keyword(tokens::cut(text, limits::KEYWORD_BYTES)));
        }
    };
    keyword(Field::Id, Some(id));
    keyword(Field::Level, Some(event.severity.as_str()));
    keyword(Field::Category, Some(event.category.as_str()));
    keyword(Field::Priority, Some(event.priority.as_str()));
    keyword(Field::Fingerprint, event.fingerprint().map(|f| f.as_str()));
    keyword(Field::Service, event.service.as_deref());
    keyword(Field::Environment, event.environment.as_deref());
    keyword(Field::Release, event.release.as_deref());
    keyword(Field::Host, event.host.as_deref());
    keyword(Field::ErrorType, event.error.kind.as_deref());
    keyword(Field::Message, event.error.message.as_deref());
    keyword(Field::Culprit, event.culprit.as_deref());
    keyword(Field::Transaction, event.transaction.as_deref());
    keyword(Field::Logger, event.logger.as_deref());
    keyword(Field::Platform, event.platform.as_deref());
    keyword(Field::Sdk, event.sdk.as_ref().and_then(|s| s.name.as_deref()));
    keyword(Field::Session, event.session_id.as_deref());
    keyword(Field::TraceId, event.trace.trace_id.as_deref());
    keyword(Field::CorrelationId, event.trace.correlation_id.as_deref());
    if let Some(user) = &event.user {
        keyword(Field::User, user.identity());
        keyword(Field::UserId, user.id.as_deref());
        keyword(Field::UserEmail, user.email.as_deref());
        keyword(Field::Country, user.geo.get("country_code").map(String::as_str));
    }
    if let Some(agent) = &event.user_agent {
        keyword(Field::Browser, agent.name.as_deref());
        keyword(Field::Os, agent.os.as_deref());
        keyword(Field::Device, agent.device.as_deref());
    }
    if let Some(ownership) = &event.ownership {
        keyword(Field::Team, ownership.team.as_deref());
        keyword(Field::Tier, ownership.tier.as_deref());
    }
    keyword(Field::Similar, event.grouping.as_ref().and_then(|grouping| grouping.similar.as_deref()));
    if let Some(request) = &event.request {
        keyword(Field::Method, request.method.as_deref());
        keyword(Field::Url, request.url.as_deref());
    }
    keyword(Field::Operation, event.call.as_ref().and_then(|c| c.operation.as_deref()));
    visit(Field::Project, Found::Long(i64::try_from(event.project.0).unwrap_or(i64::MAX)));
    visit(Field::Timestamp, Found::Millis(event.timestamp.as_millisecond()));
    visit(Field::ReceivedAt, Found::Millis(event.received_at.as_millisecond()));
    if let Some(status) = status(event) {
        visit(Field::Status, Found::Long(status.into()));
    }
    if let Some(handled) = event.handled() {
        visit(Field::Handled, Found::Bool(handled));
    }
    if event.weight > 1 {
        visit(Field::Weight, Found::Long(i64::try_from(event.weight).unwrap_or(i64::MAX)));
    }
    if event.slim {
        visit(Field::Slim, Found::Bool(true));
    }
    for (key, value) in &event.tags {
        visit(Field::Tags, Found::Tag(tokens::cut(key, limits::KEYWORD_BYTES), tokens::cut(value, limits::KEYWORD_BYTES)));
    }
}

fn status(event: &Event) -> Option<u16> {
    let of_call = event.call.as_ref().and_then(|c| c.status_code);
    of_call.or_else(|| event.request.as_ref().and_then(|r| r.status_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for field in Field::ALL {
            if field.kind() != Type::Tags {
                assert_eq!(field.name().parse(), Ok(*field));
            }
        }
    }

    #[test]
    fn a_misspelt_field_is_answered_with_the_nearest() {
        assert_eq!("enviroment".parse::<Field>().unwrap_err().to_string(), "unknown field \"enviroment\", did you mean \"environment\"?");
        assert_eq!("zzz".parse::<Field>().unwrap_err().nearest, None);
    }
}
