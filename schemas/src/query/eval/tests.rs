use super::*;
use crate::{
    event::{Exception, Mechanism, Message, Request, Severity, User},
    ids::{EventId, ProjectId},
    query::parse,
};

fn event() -> Event {
    let mut event = Event::new(EventId([0xab; 16]), ProjectId(7), "2026-11-20T12:00:00Z".parse().unwrap());
    event.severity = Severity::Warning;
    event.service = Some("checkout".into());
    event.environment = Some(String::new());
    event.error.kind = Some("ConnectionError".into());
    event.error.message = Some("x".repeat(limits::KEYWORD_BYTES) + "tail");
    event.message = Some(Message { formatted: "Connection reset by HttpClient.java".into(), ..Message::default() });
    event.request = Some(Request { status_code: Some(503), ..Request::default() });
    event.user = Some(User { email: Some("[email]".into()), ..User::default() });
    let mechanism = Some(Mechanism { handled: Some(false), ..Mechanism::default() });
    event.exceptions = vec![Exception { mechanism, ..Exception::default() }];
    event.tags = [("tenant", "acme"), ("tenants", "2"), ("empty", ""), ("a:b c", "*")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    event
}

fn holds(event: &Event, query: &str) -> bool {
    Compiled::new(&parse(query).unwrap()).holds(&Facts::of(event))
}

#[test]
fn each_kind_of_test_holds_where_it_should() {
    let long = "x".repeat(limits::KEYWORD_BYTES);
    for query in [
        "",
        "level:warning",
        "service:checkout -has:environment NOT has:release -has:host",
        "service:check*",
        "service:?heck*t",
        "error.type:*Error",
        "id:abababababababababababababababab",
        "id:ab*",
        "project:7",
        "status:503",
        "status:>=500",
        "status:[500 TO 503]",
        "status:<504",
        "handled:false",
        "timestamp:2026-11-20T12:00:00Z",
        "timestamp:>2026-11-20",
        "received_at:[* TO 2026-11-20T12:00:00Z]",
        "user:\"[email]\"",
        "tags.tenant:acme",
        "tags.tenant:a*",
        "has:tags.empty",
        "tags.\"a:b c\":\\*",
        "connection",
        "\"reset by\"",
        "\"by HttpClient.java\"",
        "java",
        "-service:cart",
        "-tags.nothing:x",
        &format!("message:{long}tail"),
        &format!("message:{long}"),
    ] {
        assert!(holds(&event(), query), "{query}");
        assert!(!holds(&event(), &format!("-level:error service:cart {query}")), "{query}");
    }
}

#[test]
fn each_kind_of_test_fails_where_it_should() {
    for query in [
        "level:error",
        "service:check",
        "service:Checkout",
        "has:environment",
        "environment:*",
        "has:release",
        "error.type:*error",
        "project:8",
        "status:>503",
        "status:[504 TO *]",
        "handled:true",
        "timestamp:>2026-11-20T12:00:00Z",
        "user:jane",
        "tags.tenant:2",
        "tags.tenan:acme",
        "has:tags.missing",
        "\"by reset\"",
        "connect",
        "-connection",
        "-service:checkout",
        "release:*",
        "has:slim",
        "weight:1",
        "message:*tail",
    ] {
        assert!(!holds(&event(), query), "{query}");
    }
}

#[test]
fn keys_too_long_for_the_index_are_all_looked_at() {
    let key = "k".repeat(limits::KEYWORD_BYTES);
    let mut event = event();
    event.tags = [(format!("{key}1"), "a".to_owned()), (format!("{key}2"), "b".to_owned())].into();
    for (value, found) in [("a", true), ("b", true), ("c", false)] {
        assert_eq!(holds(&event, &format!("tags.{key}:{value}")), found, "{value}");
    }
    assert!(!holds(&event, &format!("has:tags.{}", &key[1..])));
}

#[test]
fn what_an_index_refuses_holds_for_no_event() {
    let range = |value: Value| Test::Range(Bound::Included(value), Bound::Unbounded);
    for (field, test) in [
        (FieldRef::new(Field::Status), range(Value::Bool(true))),
        (FieldRef::new(Field::Service), range(Value::Keyword("a".into()))),
        (FieldRef::new(Field::Tags), Test::Exists),
        (FieldRef { field: Field::Service, key: Some("x".into()) }, Test::Exists),
        (FieldRef::new(Field::Status), Test::Equals(Value::Keyword("503".into()))),
    ] {
        assert!(!Compiled::new(&Expr::Field(field.clone(), test)).holds(&Facts::of(&event())), "{field}");
    }
    assert!(!Compiled::new(&Expr::Text(vec!["reset by".to_owned()].into())).holds(&Facts::of(&event())));
}

#[test]
fn what_does_not_depend_on_the_event_is_known() {
    for (query, always) in [
        ("", Some(true)),
        ("has:id level:*", Some(true)),
        ("-has:project", Some(false)),
        ("service:a -has:level", Some(false)),
        ("timestamp:[* TO *]", Some(true)),
        ("service:*", None),
        ("level:error", None),
        ("has:id service:a", None),
        ("id:a*", None),
    ] {
        assert_eq!(Compiled::new(&parse(query).unwrap()).always(), always, "{query}");
    }
}
