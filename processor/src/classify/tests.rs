#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use schemas::{
    catalog::ProjectSettings,
    event::{Call, ErrorSummary, Exception, Mechanism, Ownership, Priority, Request, Severity, Strategy},
    ids::{EventId, ProjectId},
    rules::RuleSet,
};
use serde_json::json;

use super::*;
use crate::rules::Rules;

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

#[test]
fn the_root_cause_counts_more_than_its_wrappers_and_each_judgement_says_why() {
    let chain = |kinds: &[(&str, &str)]| {
        classified(|event| {
            let exception = |(kind, value): &(&str, &str)| Exception {
                kind: Some((*kind).into()),
                value: Some((*value).into()),
                ..Exception::default()
            };
            event.exceptions = kinds.iter().map(exception).collect();
        })
    };
    let timeout =
        chain(&[("SocketTimeoutException", "Read timed out"), ("ServiceUnavailableError", "no answer"), ("ExecutionException", "")]);
    assert_eq!((timeout.category, timeout.changes[0].why.as_str()), (Category::Timeout, "type SocketTimeoutException"));
    let password = chain(&[("PSQLException", "FATAL: password authentication failed for user \"app\""), ("SQLTimeoutException", "")]);
    assert_eq!((password.category, password.changes[0].why.as_str()), (Category::Auth, "“password authentication failed” in the message"));
    let mistake = chain(&[("NullPointerException", "connection refused"), ("JsonMappingException", "")]);
    assert_eq!(mistake.category, Category::Mapping);
    assert_eq!(mistake.strategies, [Strategy::FailFast]);
}

#[test]
fn what_was_only_being_handled_counts_less_than_what_was_raised() {
    let context = Mechanism { source: Some("__context__".into()), ..Mechanism::default() };
    let handled = Exception { kind: Some("ConnectionError".into()), mechanism: Some(context), ..Exception::default() };
    let raised = |kind: &str| {
        let raised = Exception { kind: Some(kind.into()), ..Exception::default() };
        classified(|event| event.exceptions = vec![handled.clone(), raised]).category
    };
    assert_eq!((raised("ValidationError"), raised("CheckoutFailed")), (Category::Validation, Category::Network));
}

#[test]
fn a_status_of_the_call_counts_more_than_words_and_less_than_a_type_of_time_out() {
    let of = |kind: &str, value: &str, call: u16| {
        classified(|event| {
            event.exceptions = vec![Exception { kind: Some(kind.into()), value: Some(value.into()), ..Exception::default() }];
            event.call = Some(Call { status_code: Some(call), ..Call::default() });
        })
        .category
    };
    assert_eq!(of("Error", "upstream timed out", 502), Category::Server);
    assert_eq!(of("ReadTimeout", "", 502), Category::Timeout);
    assert_eq!(of("JSONDecodeError", "", 200), Category::Mapping);
}

#[test]
fn codes_beside_an_exception_tell() {
    let event = classified(|event| {
        event.exceptions = vec![Exception { kind: Some("Error".into()), value: Some("query failed".into()), ..Exception::default() }];
        event.contexts.insert("Error".into(), json!({ "code": "ECONNREFUSED" }));
    });
    assert_eq!((event.category, event.changes[0].why.as_str()), (Category::Network, "code econnrefused"));
}

#[test]
fn an_error_that_nobody_lets_lie_is_critical_and_a_mere_mention_is_not() {
    let of = |severity, message: &str| {
        let event = classified(|event| {
            event.severity = severity;
            event.error.message = Some(message.into());
        });
        (event.severity, event.priority)
    };
    let critical = (Severity::Critical, Priority::Critical);
    for message in [
        "write failed: No space left on device (os error 28)",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "x509: certificate has expired or is not yet valid",
        "accept: too many open files",
    ] {
        assert_eq!(of(Severity::Error, message), critical, "{message}");
    }
    for message in ["failover done, no data loss", "runs without data loss", "disk fullness report failed", "preventing data loss failed"] {
        assert_eq!(of(Severity::Error, message).0, Severity::Error, "{message}");
    }
    assert_eq!(of(Severity::Info, "disk full").0, Severity::Info);
    let memory =
        classified(|event| event.exceptions = vec![Exception { kind: Some("java.lang.OutOfMemoryError".into()), ..Exception::default() }]);
    assert_eq!(
        (memory.severity, memory.changes[0].field.as_str(), memory.changes[0].why.as_str()),
        (Severity::Critical, "severity", "type OutOfMemoryError")
    );
}

#[test]
fn an_event_judged_again_is_judged_the_same() {
    let once = classified(|event| {
        event.exceptions =
            vec![Exception { kind: Some("MemoryError".into()), value: Some("Read timed out".into()), ..Exception::default() }];
        event.environment = Some("staging".into());
    });
    assert_eq!(once.changes.len(), 2);
    assert_eq!(classify(&Context::plain(&ProjectSettings::default()), once.clone()).unwrap(), once);
}

proptest! {
    #[test]
    fn any_texts_are_judged_twice_alike_and_without_a_panic(kind in any::<String>(), value in any::<String>(), module in proptest::option::of(any::<String>())) {
        let of = || classified(|event| event.exceptions = vec![Exception { kind: Some(kind.clone()), value: Some(value.clone()), module: module.clone(), ..Exception::default() }]);
        prop_assert_eq!(of(), of());
    }

    #[test]
    fn pieces_of_messages_in_any_order_are_judged_without_a_panic(pieces in proptest::collection::vec("(status code|SQLSTATE\\[|code = |cURL error |Domain=|timed out|404|[0-9]{1,5}|[A-Z]{2,5}|[ :=(\\['\"é]|ü| Code=-?)", 0..12)) {
        classified(|event| event.error.message = Some(pieces.concat()));
    }
}

fn ruled(own: serde_json::Value, all: serde_json::Value, fill: impl FnOnce(&mut Event)) -> Event {
    let read = |rules| {
        let rules: RuleSet = serde_json::from_value(rules).unwrap();
        assert_eq!(rules.check(), []);
        rules
    };
    let rules = Rules::new(&read(own), &read(all));
    let settings = ProjectSettings::default();
    let mut event = Event::new(EventId([1; 16]), ProjectId(1), "2026-11-23T12:00:00Z".parse().unwrap());
    fill(&mut event);
    classify(&Context { rules: &rules, ..Context::plain(&settings) }, event).unwrap()
}

#[test]
fn the_first_rule_that_gives_a_thing_gives_it_and_the_projects_own_come_first() {
    let own = json!({ "classification": [
        { "name": "other", "condition": "service:other", "category": "PLUGIN" },
        { "name": "time-outs of the bank", "condition": "category:TIMEOUT service:bank", "category": "SERVER" },
        { "name": "bank", "condition": "service:bank", "category": "CLIENT", "severity": "warning" },
    ]});
    let all = json!({ "classification": [
        { "name": "never mind", "condition": "service:bank", "severity": "debug", "priority": "critical" },
    ]});
    let event = ruled(own, all, |event| {
        event.service = Some("bank".into());
        event.error.message = Some("request timed out".into());
    });
    assert_eq!((event.category, event.severity, event.priority), (Category::Server, Severity::Warning, Priority::Critical));
    assert_eq!(event.strategies, Category::Server.strategies());
    let steps: Vec<_> = event.changes.iter().map(|c| [&*c.field, &*c.from, &*c.to, &*c.why]).collect();
    assert_eq!(
        steps,
        [
            ["category", "UNKNOWN", "TIMEOUT", "“timed out” in the message"],
            ["category", "TIMEOUT", "SERVER", "rule “time-outs of the bank”"],
            ["severity", "error", "warning", "rule “bank”"],
            ["priority", "minor", "critical", "rule “never mind”"],
        ]
    );
}

#[test]
fn a_severity_by_rule_brings_its_priority_and_the_steps_around_it() {
    let own = json!({ "classification": [{ "name": "loud", "condition": "service:bank", "severity": "critical" }] });
    let event = ruled(own, json!({}), |event| {
        event.service = Some("bank".into());
        event.environment = Some("staging".into());
    });
    assert_eq!((event.severity, event.priority), (Severity::Critical, Priority::Major));
    let steps: Vec<_> = event.changes.iter().map(|c| [&*c.field, &*c.from, &*c.to]).collect();
    assert_eq!(steps, [["severity", "error", "critical"], ["priority", "critical", "major"]]);
}

#[test]
fn strategies_are_replaced_by_category_and_by_operation() {
    let own = json!({ "strategies": [
        { "category": "TIMEOUT", "operation": "charge_*", "strategies": ["FAIL_FAST"] },
        { "operation": "lookup", "strategies": ["FALLBACK", "SKIP"] },
    ]});
    let all = json!({ "strategies": [{ "category": "TIMEOUT", "strategies": ["RETRY"] }] });
    let of = |operation: Option<&str>, message: &str| {
        ruled(own.clone(), all.clone(), |event| {
            event.call = operation.map(|operation| Call { operation: Some(operation.into()), ..Call::default() });
            event.error.message = Some(message.into());
        })
        .strategies
    };
    assert_eq!(of(Some("charge_card"), "timed out"), [Strategy::FailFast]);
    assert_eq!(of(Some("charge_card"), "connection refused"), [Strategy::ExponentialBackoff]);
    assert_eq!(of(Some("lookup"), "timed out"), [Strategy::Fallback, Strategy::Skip]);
    assert_eq!(of(None, "timed out"), [Strategy::Retry]);
}
