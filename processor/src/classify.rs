//! What kind of failure an event is, and how soon someone should look.
//!
//! The first rule that speaks decides: a time-out, a connection that failed, the status that was answered, the
//! type of the exception. What nothing tells is `UNKNOWN`; a guess would be worse.

use schemas::event::{Category, Event};

use crate::context::{Context, Verdict};

mod priority;
mod status;

pub use priority::raise;

/// Words in the type of an exception that tell its category. Types are matched in lower case, the raised exception
/// first, then its causes.
const TYPES: [(Category, &[&str]); 2] = [
    (Category::Timeout, &["timeout", "timedout", "timed_out", "deadlineexceeded", "etimedout", "sockettimeout"]),
    (
        Category::Network,
        &[
            "connection",
            "connecterror",
            "connectexception",
            "unknownhost",
            "econnre",
            "ehostunreach",
            "enetunreach",
            "epipe",
            "brokenpipe",
            "networkerror",
            "socketexception",
            "socketerror",
            "dnserror",
            "gaierror",
            "noroutetohost",
            "unreachable",
            "sslerror",
            "sslexception",
            "sslhandshake",
            "tlserror",
            "httprequestexception",
        ],
    ),
];

/// Words in the types of exceptions that are asked last, after the status.
const TYPES_LAST: [(Category, &[&str]); 7] = [
    (Category::RateLimit, &["ratelimit", "toomanyrequests", "throttl", "quotaexceeded"]),
    (
        Category::Auth,
        &[
            "authentication",
            "authorization",
            "unauthorized",
            "unauthenticated",
            "forbidden",
            "permissiondenied",
            "permissionerror",
            "accessdenied",
            "badcredentials",
            "invalidtoken",
            "expiredsignature",
            "jwt",
        ],
    ),
    (Category::Validation, &["validation", "constraintviolation", "invalidargument", "illegalargument", "unprocessable", "badrequest"]),
    (
        Category::Mapping,
        &[
            "jsondecode",
            "jsonparse",
            "jsonmapping",
            "jsonexception",
            "parseerror",
            "parseexception",
            "serializ",
            "deserializ",
            "decodeerror",
            "unmarshal",
            "mappingexception",
            "classcast",
            "unrecognizedproperty",
            "numberformat",
            "formatexception",
            "unicodedecode",
            "unicodeencode",
            "invalidformat",
        ],
    ),
    (
        Category::Plugin,
        &[
            "plugin",
            "extension",
            "modulenotfound",
            "importerror",
            "classnotfound",
            "noclassdeffound",
            "nosuchmethoderror",
            "unsatisfiedlink",
            "chunkloaderror",
            "loaderror",
            "serviceconfigurationerror",
        ],
    ),
    (Category::Server, &["internalservererror", "serviceunavailable", "badgateway", "servererror"]),
    (Category::Client, &["notfoundexception", "http404", "methodnotallowed", "clienterror"]),
];

/// Phrases in a message that tell of a time-out or a failed connection. Matched in lower case.
const PHRASES: [(Category, &[&str]); 2] = [
    (
        Category::Timeout,
        &["timed out", "timeout exceeded", "time-out", "deadline exceeded", "etimedout", "connect timeout", "read timeout"],
    ),
    (
        Category::Network,
        &[
            "connection refused",
            "connection reset",
            "econnrefused",
            "econnreset",
            "no route to host",
            "network is unreachable",
            "broken pipe",
            "connection aborted",
            "connection closed",
            "name or service not known",
            "getaddrinfo",
            "host unreachable",
            "socket hang up",
            "failed to fetch",
            "failed to connect",
            "could not connect",
            "failed to establish a new connection",
        ],
    ),
];

/// Longest head of a message that is looked through for [`PHRASES`], in bytes.
const MESSAGE: usize = 512;

/// Gives the event category and priority.
pub fn classify(_: &Context<'_>, mut event: Event) -> Verdict {
    event.category = category(&event);
    priority::rate(&mut event);
    Ok(event)
}

fn category(event: &Event) -> Category {
    let types: Vec<String> = types(event).map(str::to_ascii_lowercase).collect();
    by_type(&types, &TYPES)
        .or_else(|| by_message(event))
        .or_else(|| by_status(event))
        .or_else(|| by_type(&types, &TYPES_LAST))
        .unwrap_or_default()
}

/// Types of exceptions, the raised one first.
fn types(event: &Event) -> impl Iterator<Item = &str> {
    let summary = event.error.kind.as_deref().filter(|_| event.exceptions.is_empty());
    event.exceptions.iter().rev().filter_map(|e| e.kind.as_deref()).chain(summary)
}

fn by_type(types: &[String], rules: &[(Category, &[&str])]) -> Option<Category> {
    let tells = |kind: &String| rules.iter().find(|(_, words)| words.iter().any(|word| kind.contains(word)));
    types.iter().find_map(tells).map(|(category, _)| *category)
}

fn by_message(event: &Event) -> Option<Category> {
    let values = event.exceptions.iter().rev().filter_map(|e| e.value.as_deref());
    let message = event.error.message.as_deref().filter(|_| event.exceptions.is_empty());
    values.chain(message).find_map(|text| {
        let head = schemas::tokens::cut(text, MESSAGE).to_ascii_lowercase();
        PHRASES.iter().find(|(_, phrases)| phrases.iter().any(|phrase| head.contains(phrase))).map(|(category, _)| *category)
    })
}

/// The status of the failed call, else the one that was answered.
fn by_status(event: &Event) -> Option<Category> {
    status::category(status::called(event).or_else(|| status::answered(event))?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use schemas::{
        catalog::ProjectSettings,
        event::{Call, ErrorSummary, Exception, Mechanism, Ownership, Priority, Request, Severity},
        ids::{EventId, ProjectId},
    };

    use super::*;

    fn classified(fill: impl FnOnce(&mut Event)) -> Event {
        let mut event = Event::new(EventId([1; 16]), ProjectId(1), "2026-11-23T12:00:00Z".parse().unwrap());
        fill(&mut event);
        classify(&Context::plain(&ProjectSettings::default()), event).unwrap()
    }

    fn of_type(kind: &str) -> Category {
        classified(|event| event.exceptions = vec![Exception { kind: Some(kind.into()), ..Exception::default() }]).category
    }

    fn of_status(status: u16) -> Category {
        classified(|event| event.call = Some(Call { status_code: Some(status), ..Call::default() })).category
    }

    #[test]
    fn the_status_of_a_failed_call_tells_the_category() {
        for (status, expected) in [
            (401, Category::Auth),
            (403, Category::Auth),
            (422, Category::Validation),
            (429, Category::RateLimit),
            (400, Category::Client),
            (404, Category::Client),
            (408, Category::Client),
            (500, Category::Server),
            (503, Category::Server),
            (504, Category::Server),
            (200, Category::Unknown),
        ] {
            assert_eq!(of_status(status), expected, "{status}");
        }
    }

    #[test]
    fn the_type_of_the_exception_tells_the_category() {
        for (kind, expected) in [
            ("java.net.SocketTimeoutException", Category::Timeout),
            ("TimeoutError", Category::Timeout),
            ("ConnectionRefusedError", Category::Network),
            ("System.Net.Sockets.SocketException", Category::Network),
            ("PermissionDenied", Category::Auth),
            ("pydantic.ValidationError", Category::Validation),
            ("json.decoder.JSONDecodeError", Category::Mapping),
            ("ModuleNotFoundError", Category::Plugin),
            ("ValueError", Category::Unknown),
        ] {
            assert_eq!(of_type(kind), expected, "{kind}");
        }
    }

    #[test]
    fn a_time_out_counts_more_than_the_status_and_the_status_more_than_other_types() {
        let event = classified(|event| {
            event.exceptions = vec![Exception { kind: Some("ReadTimeout".into()), ..Exception::default() }];
            event.call = Some(Call { status_code: Some(503), ..Call::default() });
        });
        assert_eq!(event.category, Category::Timeout);
        let event = classified(|event| {
            event.exceptions = vec![Exception { kind: Some("ValidationError".into()), ..Exception::default() }];
            event.request = Some(Request { status_code: Some(500), ..Request::default() });
        });
        assert_eq!(event.category, Category::Server);
    }

    #[test]
    fn a_cause_tells_when_the_raised_exception_does_not() {
        let event = classified(|event| {
            event.exceptions =
                ["ConnectTimeout", "CheckoutFailed"].map(|kind| Exception { kind: Some(kind.into()), ..Exception::default() }).into();
        });
        assert_eq!(event.category, Category::Timeout);
    }

    #[test]
    fn a_message_without_an_exception_can_tell_too() {
        let event = classified(|event| {
            event.error = ErrorSummary { kind: None, message: Some("dial tcp: Connection refused".into()) };
        });
        assert_eq!(event.category, Category::Network);
    }

    #[test]
    fn priority_follows_severity() {
        for (severity, expected) in [
            (Severity::Critical, Priority::Critical),
            (Severity::Error, Priority::Major),
            (Severity::Warning, Priority::Minor),
            (Severity::Info, Priority::Warning),
            (Severity::Debug, Priority::Warning),
        ] {
            assert_eq!(classified(|event| event.severity = severity).priority, expected);
        }
    }

    #[test]
    fn what_is_known_around_the_event_moves_the_priority_and_says_why() {
        let handled =
            |handled| Exception { mechanism: Some(Mechanism { handled: Some(handled), ..Mechanism::default() }), ..Exception::default() };
        let crash = classified(|event| event.exceptions = vec![handled(false)]);
        assert_eq!((crash.severity, crash.priority), (Severity::Error, Priority::Critical));
        assert_eq!(
            (crash.changes[0].field.as_str(), crash.changes[0].from.as_str(), crash.changes[0].to.as_str()),
            ("priority", "major", "critical")
        );
        let served = classified(|event| {
            event.exceptions = vec![handled(false)];
            event.request = Some(Request::default());
        });
        assert_eq!((served.priority, served.changes.len()), (Priority::Major, 0));
        assert_eq!(classified(|event| event.exceptions = vec![handled(true)]).priority, Priority::Major);
        let refused = classified(|event| event.request = Some(Request { status_code: Some(404), ..Request::default() }));
        assert_eq!(refused.priority, Priority::Minor);
        for (tier, expected) in [
            ("1", Priority::Critical),
            ("tier-1", Priority::Critical),
            ("2", Priority::Major),
            ("T3", Priority::Minor),
            ("gold", Priority::Major),
        ] {
            let owned = classified(|event| event.ownership = Some(Ownership { tier: Some(tier.into()), ..Ownership::default() }));
            assert_eq!(owned.priority, expected, "{tier}");
        }
        for (environment, expected) in [
            ("production", Priority::Major),
            ("eu-west-1", Priority::Major),
            ("Staging", Priority::Minor),
            ("dev2", Priority::Minor),
            ("test-eu", Priority::Minor),
            ("latest", Priority::Major),
            ("live-test", Priority::Major),
        ] {
            assert_eq!(classified(|event| event.environment = Some(environment.into())).priority, expected, "{environment}");
        }
    }

    #[test]
    fn what_rises_is_moved_up_one_step_and_no_further_than_the_top() {
        let mut event = classified(|event| event.severity = Severity::Warning);
        for expected in [Priority::Major, Priority::Critical, Priority::Critical] {
            raise(&mut event, "10 times its usual rate".into());
            assert_eq!(event.priority, expected);
        }
        assert_eq!(event.changes.iter().map(|c| c.why.as_str()).collect::<Vec<_>>(), ["10 times its usual rate"; 2]);
    }
}
