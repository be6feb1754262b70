//! Events, scopes and short ways to put and find them.

use std::sync::Arc;

use jiff::Timestamp;
use schemas::{
    event::{Event, Exception, Mechanism, Request, User},
    ids::{EventId, ProjectId},
    query::{Expr, FieldRef, Test, Value},
    record::Position,
};
use storage::index::{Count, Document, Hit, Index, Put, Scope};

/// The project of most tests.
pub(crate) const PROJECT: ProjectId = ProjectId(7);
/// All of time that a test uses: 2000 to 2100.
pub(crate) const EVER: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Noon of the day that most tests use.
pub(crate) fn noon() -> Timestamp {
    at("2026-11-20T12:00:00Z")
}

pub(crate) fn id(number: u64) -> EventId {
    EventId(u128::from(number).to_be_bytes())
}

/// The event with this number, received at noon.
pub(crate) fn event(number: u64) -> Event {
    Event::new(id(number), PROJECT, noon())
}

pub(crate) fn event_at(number: u64, received_at: &str) -> Event {
    Event::new(id(number), PROJECT, at(received_at))
}

/// An event after `change`.
pub(crate) fn with(mut event: Event, change: impl FnOnce(&mut Event)) -> Event {
    change(&mut event);
    event
}

pub(crate) fn position(offset: u64) -> Position {
    Position { partition: 0, offset }
}

/// The document of `event` from the record at `offset`.
pub(crate) fn document(event: Event, offset: u64) -> Document {
    Document::new(event, position(offset))
}

/// Puts events as records from offset 0 on and flushes.
pub(crate) async fn store(index: &Arc<dyn Index>, events: Vec<Event>) {
    let documents = events.into_iter().enumerate().map(|(n, event)| document(event, n as u64)).collect();
    for put in index.put(documents).await.unwrap() {
        assert_eq!(put, Put::Stored);
    }
    index.flush().await.unwrap();
}

pub(crate) async fn put_one(index: &Arc<dyn Index>, event: &Event, offset: u64) -> Put {
    let mut puts = index.put(vec![document(event.clone(), offset)]).await.unwrap();
    assert_eq!(puts.len(), 1);
    puts.remove(0)
}

/// Every event of the project of most tests for which `expr` holds.
pub(crate) fn scope(expr: Expr) -> Scope {
    Scope { projects: vec![PROJECT], millis: EVER, expr }
}

/// A count of all events by `by`, with nothing else asked for.
pub(crate) fn count(by: Vec<FieldRef>) -> Count {
    Count { by, limit: 100, ..Count::of(scope(Expr::All)) }
}

pub(crate) async fn hits(index: &Arc<dyn Index>, scope: &Scope) -> Vec<Hit> {
    let page = index.search(scope, None, 1_000).await.unwrap();
    assert!(!page.more);
    page.hits
}

/// The numbers of the events for which `expr` holds, in order.
pub(crate) async fn found(index: &Arc<dyn Index>, expr: Expr) -> Vec<u64> {
    numbers(&hits(index, &scope(expr)).await)
}

/// The numbers of these hits, in order.
pub(crate) fn numbers(hits: &[Hit]) -> Vec<u64> {
    let mut numbers: Vec<u64> = hits.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

pub(crate) fn number(hit: &Hit) -> u64 {
    u128::from_be_bytes(hit.cursor.id.0) as u64
}

pub(crate) fn keyword(text: &str) -> Value {
    Value::Keyword(text.into())
}

pub(crate) fn equals(field: FieldRef, value: Value) -> Expr {
    Expr::Field(field, Test::Equals(value))
}

pub(crate) fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

pub(crate) fn handled(yes: bool) -> Vec<Exception> {
    vec![Exception { mechanism: Some(Mechanism { handled: Some(yes), ..Mechanism::default() }), ..Exception::default() }]
}

pub(crate) fn user(id: &str) -> Option<User> {
    Some(User { id: Some(id.into()), ..User::default() })
}

pub(crate) fn status(code: u16) -> Option<Request> {
    Some(Request { status_code: Some(code), ..Request::default() })
}

/// Keywords that break careless engines.
pub(crate) fn hostile() -> Vec<String> {
    let texts = [
        "a\0b",
        "\0",
        "ünï🙂",
        "\u{10ffff}",
        "\"quoted\"",
        "back\\slash",
        "star*",
        "*",
        "quest?",
        "?",
        "[a TO b]",
        "{\"a\":1}",
        " space ",
        "a b",
        "tab\tline\r\n",
        "../../etc/passwd",
        "-1",
        "true",
        "null",
        "a:b",
        "AND",
        "(",
        ")",
        "/.*/",
        "~",
        "#",
        "@&<>",
        "A",
        "a",
        "ä",
        "a\u{308}",
    ];
    texts.into_iter().map(str::to_owned).collect()
}
