//! What each kind of condition finds.

use std::ops::Bound::{Excluded, Included, Unbounded};

use schemas::{
    event::{Call, Category, Event, Frame, Grouping, Message, Ownership, Priority, Sdk, Severity, Stacktrace, User, UserAgent},
    fields::{Field, Type, visit},
    ids::{Fingerprint, ProjectId},
    limits,
    query::{Expr, FieldRef, Piece, Test, Value, Wildcard},
};
use storage::{
    Error,
    index::{Count, Scope},
};

use super::{Store, events::*};

fn services(names: &[&str]) -> Vec<Event> {
    let service = |(n, name): (usize, &&str)| with(event(n as u64), |e| e.service = Some((*name).to_owned()));
    names.iter().enumerate().map(service).collect()
}

fn service(value: &str) -> Expr {
    equals(FieldRef::new(Field::Service), keyword(value))
}

fn matches(field: FieldRef, pieces: Vec<Piece>) -> Expr {
    Expr::Field(field, Test::Wildcard(Wildcard(pieces)))
}

fn literal(text: &str) -> Piece {
    Piece::Literal(text.into())
}

pub(crate) async fn keywords_are_compared_byte_by_byte(store: &dyn Store) {
    let index = store.open().await;
    let names = hostile();
    let mut events: Vec<Event> = services(&names.iter().map(String::as_str).collect::<Vec<_>>());
    events.push(event(900));
    super::events::store(&index, events).await;
    for (n, name) in names.iter().enumerate() {
        assert_eq!(found(&index, service(name)).await, [n as u64], "{name:?}");
    }
    for absent in ["", "b", "starry", "quesT?", "AND OR", " ", "e", "null "] {
        assert_eq!(found(&index, service(absent)).await, [0; 0], "{absent:?}");
    }
}

pub(crate) async fn patterns_match_whole_keywords(store: &dyn Store) {
    use Piece::{AnyMany, AnyOne};
    let index = store.open().await;
    super::events::store(&index, services(&["checkout", "check", "recheck", "ünï", "CHECKOUT", "x"])).await;
    for (pieces, expected) in [
        (vec![literal("check"), AnyMany], vec![0, 1]),
        (vec![AnyMany, literal("check")], vec![1, 2]),
        (vec![AnyMany, literal("check"), AnyMany], vec![0, 1, 2]),
        (vec![literal("c"), AnyMany, literal("o"), AnyOne, literal("t")], vec![0]),
        (vec![AnyOne], vec![5]),
        (vec![AnyOne, AnyOne, AnyOne], vec![3]),
        (vec![AnyOne, literal("n"), AnyOne], vec![3]),
        (vec![AnyMany, AnyOne, AnyOne, AnyOne, AnyOne, AnyMany], vec![0, 1, 2, 4]),
        (vec![AnyMany], vec![0, 1, 2, 3, 4, 5]),
        (vec![AnyMany, AnyMany, literal("x")], vec![5]),
        (vec![literal("chec"), literal("k")], vec![1]),
        (vec![literal("check"), AnyOne], vec![]),
        (vec![literal("nothing"), AnyMany], vec![]),
        (vec![], vec![]),
    ] {
        assert_eq!(found(&index, matches(FieldRef::new(Field::Service), pieces.clone())).await, expected, "{pieces:?}");
    }
    assert_eq!(found(&index, matches(FieldRef::new(Field::Host), vec![AnyMany])).await, [0; 0]);
}

pub(crate) async fn patterns_match_hostile_keywords_literally(store: &dyn Store) {
    let index = store.open().await;
    let names = hostile();
    super::events::store(&index, services(&names.iter().map(String::as_str).collect::<Vec<_>>())).await;
    for (n, name) in names.iter().enumerate() {
        assert_eq!(found(&index, matches(FieldRef::new(Field::Service), vec![literal(name)])).await, [n as u64], "{name:?}");
        let head: Vec<u64> = (0..names.len() as u64).filter(|m| names[*m as usize].starts_with(name.as_str())).collect();
        let pattern = vec![literal(name), Piece::AnyMany];
        assert_eq!(found(&index, matches(FieldRef::new(Field::Service), pattern)).await, head, "{name:?}*");
    }
}

pub(crate) async fn numbers_and_times_lie_in_ranges(store: &dyn Store) {
    let index = store.open().await;
    let codes = [0, 404, 500, 503, 65_535];
    let mut events: Vec<Event> = codes.iter().enumerate().map(|(n, c)| with(event(n as u64), |e| e.request = status(*c))).collect();
    events[1].call = Some(Call { status_code: Some(500), ..Call::default() });
    events[3].timestamp = at("2026-11-20T11:59:59.999Z");
    events.push(event(5));
    super::events::store(&index, events).await;
    let status = || FieldRef::new(Field::Status);
    let range = |low, high| Expr::Field(status(), Test::Range(low, high));
    let long = Value::Long;
    for (expr, expected) in [
        (equals(status(), long(500)), vec![1, 2]),
        (equals(status(), long(0)), vec![0]),
        (equals(status(), long(404)), vec![]),
        (range(Included(long(500)), Unbounded), vec![1, 2, 3, 4]),
        (range(Excluded(long(500)), Unbounded), vec![3, 4]),
        (range(Unbounded, Excluded(long(500))), vec![0]),
        (range(Unbounded, Included(long(500))), vec![0, 1, 2]),
        (range(Included(long(500)), Included(long(503))), vec![1, 2, 3]),
        (range(Excluded(long(500)), Excluded(long(503))), vec![]),
        (range(Included(long(503)), Included(long(500))), vec![]),
        (range(Excluded(long(503)), Excluded(long(503))), vec![]),
        (range(Excluded(long(i64::MAX)), Unbounded), vec![]),
        (range(Included(long(i64::MIN)), Included(long(i64::MAX))), vec![0, 1, 2, 3, 4]),
        (range(Unbounded, Unbounded), vec![0, 1, 2, 3, 4]),
        (Expr::Field(status(), Test::Exists), vec![0, 1, 2, 3, 4]),
        (not(range(Unbounded, Unbounded)), vec![5]),
    ] {
        assert_eq!(found(&index, expr.clone()).await, expected, "{expr:?}");
    }
    let noon = noon().as_millisecond();
    let time = |low, high| Expr::Field(FieldRef::new(Field::Timestamp), Test::Range(low, high));
    assert_eq!(found(&index, time(Unbounded, Excluded(Value::Millis(noon)))).await, [3]);
    assert_eq!(found(&index, time(Included(Value::Millis(noon)), Unbounded)).await, [0, 1, 2, 4, 5]);
    assert_eq!(found(&index, equals(FieldRef::new(Field::Timestamp), Value::Millis(noon - 1))).await, [3]);
    assert_eq!(found(&index, equals(FieldRef::new(Field::ReceivedAt), Value::Millis(noon))).await, [0, 1, 2, 3, 4, 5]);
}

pub(crate) async fn a_yes_or_no_is_told_from_a_missing_one(store: &dyn Store) {
    let index = store.open().await;
    let says = |n, yes| with(event(n), |e| e.exceptions = handled(yes));
    super::events::store(&index, vec![says(0, true), says(1, false), event(2)]).await;
    let field = || FieldRef::new(Field::Handled);
    let range = |low, high| Expr::Field(field(), Test::Range(low, high));
    for (expr, expected) in [
        (equals(field(), Value::Bool(true)), vec![0]),
        (equals(field(), Value::Bool(false)), vec![1]),
        (not(equals(field(), Value::Bool(true))), vec![1, 2]),
        (Expr::Field(field(), Test::Exists), vec![0, 1]),
        (range(Included(Value::Bool(false)), Unbounded), vec![0, 1]),
        (range(Excluded(Value::Bool(false)), Unbounded), vec![0]),
        (range(Unbounded, Excluded(Value::Bool(true))), vec![1]),
    ] {
        assert_eq!(found(&index, expr.clone()).await, expected, "{expr:?}");
    }
}

/// An event with a value in every field.
fn full(number: u64) -> Event {
    with(event(number), |e| {
        let text = |what: &str| Some(format!("{what}-{number}"));
        e.severity = if number == 1 { Severity::Critical } else { Severity::Debug };
        e.category = if number == 1 { Category::RateLimit } else { Category::Plugin };
        e.priority = if number == 1 { Priority::Minor } else { Priority::Critical };
        e.grouping = Some(Grouping::new(Fingerprint::fp1(&number.to_string()), serde_json::Value::Null));
        e.timestamp = at(&format!("2026-11-20T10:00:{number:02}Z"));
        e.received_at = at(&format!("2026-11-20T11:00:{number:02}Z"));
        (e.service, e.environment, e.release, e.host) = (text("service"), text("environment"), text("release"), text("host"));
        (e.error.kind, e.error.message, e.culprit) = (text("Type"), text("message"), text("culprit"));
        (e.transaction, e.logger, e.platform, e.session_id) = (text("transaction"), text("logger"), text("platform"), text("session"));
        e.sdk = Some(Sdk { name: text("sdk"), ..Sdk::default() });
        (e.trace.trace_id, e.trace.correlation_id) = (text("trace"), text("correlation"));
        e.user = Some(User { id: text("user"), email: text("email"), ..User::default() });
        e.request = status(400 + number as u16);
        let request = e.request.as_mut().unwrap();
        (request.method, request.url) = (text("METHOD"), text("https://example.com"));
        e.call = Some(Call { operation: text("operation"), ..Call::default() });
        e.exceptions = handled(number == 1);
        e.tags.insert("key".into(), format!("value-{number}"));
        e.user.as_mut().unwrap().geo.insert("country_code".into(), format!("country-{number}"));
        e.user_agent = Some(UserAgent { name: text("browser"), os: text("os"), device: text("device"), ..UserAgent::default() });
        e.ownership = Some(Ownership { team: text("team"), tier: text("tier"), ..Ownership::default() });
        e.grouping.as_mut().unwrap().similar = text("similar");
        (e.weight, e.slim) = (1 + number, number == 1);
    })
}

pub(crate) async fn every_field_can_be_asked_for(store: &dyn Store) {
    let index = store.open().await;
    let other_project = with(full(2), |e| e.project = ProjectId(8));
    let without = event_at(3, "2026-11-20T09:00:00Z");
    super::events::store(&index, vec![full(1), other_project, without]).await;
    let mut asked = 0;
    let mut questions = Vec::new();
    visit(&full(1), |field, value| {
        let name = if field.kind() == Type::Tags { FieldRef::tag("key") } else { FieldRef::new(field) };
        questions.push((name, value.to_value()));
    });
    for (field, value) in questions {
        asked += 1;
        let everywhere = |expr| Scope { projects: vec![PROJECT, ProjectId(8)], ..scope(expr) };
        let always = [Field::Id, Field::Project, Field::Timestamp, Field::ReceivedAt, Field::Level, Field::Category, Field::Priority];
        let having = match field.field {
            field if always.contains(&field) => vec![1, 2, 3],
            Field::Slim => vec![1],
            _ => vec![1, 2],
        };
        let equal = if field.field == Field::Project { vec![1, 3] } else { vec![1] };
        let exists = Expr::Field(field.clone(), Test::Exists);
        assert_eq!(numbers(&hits(&index, &everywhere(equals(field.clone(), value.clone()))).await), equal, "{field}");
        assert_eq!(numbers(&hits(&index, &everywhere(exists)).await), having, "{field}");
        if let Value::Keyword(text) = value {
            let (head, tail) = text.split_at(1);
            let pattern = matches(field.clone(), vec![literal(head), Piece::AnyMany, literal(&tail[1..])]);
            assert_eq!(numbers(&hits(&index, &everywhere(pattern)).await), [1], "{field}");
        } else {
            let range = Expr::Field(field.clone(), Test::Range(Included(value.clone()), Included(value)));
            assert_eq!(numbers(&hits(&index, &everywhere(range)).await), equal, "{field}");
        }
    }
    assert_eq!(asked, Field::ALL.len());
}

pub(crate) async fn tags_are_found_by_key_and_value(store: &dyn Store) {
    let index = store.open().await;
    let tagged = |n, tags: &[(&str, &str)]| with(event(n), |e| e.tags = tags.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
    let events = vec![
        tagged(0, &[("tenant", "acme"), ("zone", "eu")]),
        tagged(1, &[("tenant", "eu"), ("zone", "acme")]),
        tagged(2, &[("tenant2", "acme")]),
        tagged(3, &[("Tenant", "acme")]),
        tagged(4, &[("tenant", "")]),
        event(5),
    ];
    super::events::store(&index, events).await;
    let tenant = || FieldRef::tag("tenant");
    for (expr, expected) in [
        (equals(tenant(), keyword("acme")), vec![0]),
        (equals(tenant(), keyword("eu")), vec![1]),
        (equals(tenant(), keyword("")), vec![4]),
        (Expr::Field(tenant(), Test::Exists), vec![0, 1, 4]),
        (not(Expr::Field(tenant(), Test::Exists)), vec![2, 3, 5]),
        (matches(tenant(), vec![literal("a"), Piece::AnyMany]), vec![0]),
        (matches(tenant(), vec![Piece::AnyMany]), vec![0, 1, 4]),
        (matches(tenant(), vec![Piece::AnyMany, literal("u")]), vec![1]),
        (equals(FieldRef::tag(""), keyword("acme")), vec![]),
        (Expr::Field(FieldRef::tag("t"), Test::Exists), vec![]),
        (Expr::Field(FieldRef::tag("tenant.x"), Test::Exists), vec![]),
    ] {
        assert_eq!(found(&index, expr.clone()).await, expected, "{expr:?}");
    }
}

pub(crate) async fn hostile_tag_keys_stay_apart(store: &dyn Store) {
    let index = store.open().await;
    let mut keys = hostile();
    keys.extend(["a.b", "a", "b", "1:a", "a=", "a=b", "__proto__", "_id", "tags.a", "a.b.c."].map(str::to_owned));
    keys.sort();
    keys.dedup();
    let events = keys.iter().enumerate().map(|(n, key)| with(event(n as u64), |e| drop(e.tags.insert(key.clone(), "b".into()))));
    let mut events: Vec<Event> = events.collect();
    // Key and value of these could be mistaken for each other when they are joined.
    events.push(with(event(900), |e| drop(e.tags.insert("p".into(), "q\0r".into()))));
    events.push(with(event(901), |e| drop(e.tags.insert("p\0q".into(), "r".into()))));
    super::events::store(&index, events).await;
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(found(&index, equals(FieldRef::tag(key.clone()), keyword("b"))).await, [n as u64], "{key:?}");
        assert_eq!(found(&index, Expr::Field(FieldRef::tag(key.clone()), Test::Exists)).await, [n as u64], "{key:?}");
    }
    assert_eq!(found(&index, equals(FieldRef::tag("p"), keyword("q\0r"))).await, [900]);
    assert_eq!(found(&index, equals(FieldRef::tag("p\0q"), keyword("r"))).await, [901]);
    assert_eq!(found(&index, Expr::Field(FieldRef::tag("p"), Test::Exists)).await, [900]);
}

pub(crate) async fn text_is_found_as_a_phrase(store: &dyn Store) {
    let index = store.open().await;
    let says = |n, text: &str| with(event(n), |e| e.message = Some(Message { formatted: text.into(), ..Message::default() }));
    let framed = with(event(3), |e| {
        let frame = Frame { function: Some("parseConfig".into()), filename: Some("src/loader.py".into()), ..Frame::default() };
        e.stacktrace = Some(Stacktrace { frames: vec![frame], ..Stacktrace::default() });
    });
    let long = says(4, &format!("{} last", "go ".repeat(limits::TEXT_TOKENS - 1)));
    let longer = says(5, &format!("{} beyond", "go ".repeat(limits::TEXT_TOKENS)));
    let events = vec![
        says(0, "Connection reset by peer"),
        says(1, "peer: reset, CONNECTION refused; connection RESET"),
        says(2, "HttpClient.java failed \u{1F514} Gr\u{f6}\u{df}e"),
        framed,
        long,
        longer,
        event(6),
    ];
    super::events::store(&index, events).await;
    let text = |tokens: &str| Expr::Text(tokens.split(' ').filter(|t| !t.is_empty()).map(str::to_owned).collect::<Vec<_>>().into());
    for (tokens, expected) in [
        ("connection", vec![0, 1]),
        ("connection reset", vec![0, 1]),
        ("reset connection", vec![1]),
        ("reset by peer", vec![0]),
        ("reset peer", vec![]),
        ("connection reset connection", vec![]),
        ("Connection", vec![]),
        ("conn", vec![]),
        ("httpclient.java http client java", vec![2]),
        ("client java failed", vec![2]),
        ("gr\u{f6}\u{df}e", vec![2]),
        ("parseconfig parse config", vec![3]),
        ("loader py", vec![3]),
        ("go go go", vec![4, 5]),
        ("go last", vec![4]),
        ("beyond", vec![]),
        ("*", vec![]),
        ("connect*", vec![]),
        ("", vec![0, 1, 2, 3, 4, 5, 6]),
    ] {
        assert_eq!(found(&index, text(tokens)).await, expected, "{tokens:?}");
    }
    assert_eq!(found(&index, Expr::Text(vec!["connection reset".to_owned()].into())).await, [0; 0], "one token, not two");
    assert_eq!(found(&index, Expr::Text(vec!["\"quoted\" \\ {".to_owned(), "\0".to_owned()].into())).await, [0; 0]);
}

pub(crate) async fn conditions_combine(store: &dyn Store) {
    let index = store.open().await;
    let events = services(&["a", "b", "c"]).into_iter().chain([event(3)]);
    let events = events.map(|e| with(e, |e| e.host = (e.id != id(0)).then(|| "h".to_owned()))).collect();
    super::events::store(&index, events).await;
    let (a, b, c) = (|| service("a"), || service("b"), || service("c"));
    let host = || equals(FieldRef::new(Field::Host), keyword("h"));
    for (expr, expected) in [
        (Expr::All, vec![0, 1, 2, 3]),
        (not(Expr::All), vec![]),
        (Expr::And(vec![]), vec![0, 1, 2, 3]),
        (Expr::Or(vec![]), vec![]),
        (not(Expr::And(vec![])), vec![]),
        (not(Expr::Or(vec![])), vec![0, 1, 2, 3]),
        (Expr::And(vec![a()]), vec![0]),
        (Expr::Or(vec![a()]), vec![0]),
        (Expr::And(vec![a(), b()]), vec![]),
        (Expr::Or(vec![a(), b(), a()]), vec![0, 1]),
        (not(a()), vec![1, 2, 3]),
        (not(not(a())), vec![0]),
        (Expr::And(vec![not(a()), not(b())]), vec![2, 3]),
        (Expr::Or(vec![not(a()), not(b())]), vec![0, 1, 2, 3]),
        (Expr::Or(vec![not(host()), b()]), vec![0, 1]),
        (Expr::And(vec![Expr::Or(vec![a(), b(), c()]), host(), not(c())]), vec![1]),
        (Expr::And(vec![Expr::All, not(Expr::Or(vec![a(), Expr::And(vec![host(), b()])]))]), vec![2, 3]),
        (Expr::Or(vec![Expr::All, a()]), vec![0, 1, 2, 3]),
        (Expr::Or(vec![Expr::Or(vec![]), a()]), vec![0]),
    ] {
        assert_eq!(found(&index, expr.clone()).await, expected, "{expr:?}");
    }
    let mut deep = a();
    for _ in 0..limits::QUERY_DEPTH {
        deep = not(Expr::And(vec![deep, Expr::All]));
    }
    assert_eq!(found(&index, deep).await, [0], "nested as deep as a query may be");
    let wide = Expr::Or((0..limits::QUERY_TERMS).map(|n| service(&format!("s{n}"))).chain([b()]).collect());
    assert_eq!(found(&index, wide).await, [1], "as many terms as a query may have");
}

pub(crate) async fn long_keywords_are_cut_alike_everywhere(store: &dyn Store) {
    let index = store.open().await;
    let full = "x".repeat(limits::KEYWORD_BYTES);
    let over = format!("{full}y");
    let wide = "\u{e9}".repeat(limits::KEYWORD_BYTES);
    let cut = "\u{e9}".repeat(limits::KEYWORD_BYTES / 2);
    let long = |n, text: &str| with(event(n), |e| (e.service, _) = (Some(text.into()), e.tags.insert("k".into(), text.into())));
    super::events::store(&index, vec![long(0, &full), long(1, &over), long(2, &wide)]).await;
    for field in [FieldRef::new(Field::Service), FieldRef::tag("k")] {
        assert_eq!(found(&index, equals(field.clone(), keyword(&full))).await, [0, 1]);
        assert_eq!(found(&index, equals(field.clone(), keyword(&over))).await, [0; 0]);
        assert_eq!(found(&index, equals(field.clone(), keyword(&cut))).await, [2]);
        // Elasticsearch 8 refuses patterns of 1,000 characters and more.
        let pattern = vec![literal(&full[..900]), Piece::AnyMany];
        assert_eq!(found(&index, matches(field.clone(), pattern)).await, [0, 1]);
        assert_eq!(found(&index, matches(field.clone(), vec![Piece::AnyMany, literal("y")])).await, [0; 0]);
        let counted = index.count(&count(vec![field])).await.unwrap();
        let groups: Vec<_> = counted.groups.iter().map(|g| (g.key[0].clone(), g.count)).collect();
        assert_eq!(groups, [(keyword(&full), 2), (keyword(&cut), 1)]);
    }
}

pub(crate) async fn the_time_range_includes_its_start_and_excludes_its_end(store: &dyn Store) {
    let index = store.open().await;
    let events = [0, 1, 2].map(|n| with(event(n), |e| e.timestamp = at(&format!("2026-11-20T10:00:00.00{n}Z"))));
    super::events::store(&index, events.into()).await;
    let start = at("2026-11-20T10:00:00Z").as_millisecond();
    for (range, expected) in [
        (start..start + 3, vec![0, 1, 2]),
        (start..start + 2, vec![0, 1]),
        (start + 1..start + 2, vec![1]),
        (start + 1..start + 1, vec![]),
        (start + 3..EVER.end, vec![]),
        (EVER.start..start, vec![]),
    ] {
        let scope = Scope { millis: range.clone(), ..scope(Expr::All) };
        assert_eq!(numbers(&hits(&index, &scope).await), expected, "{range:?}");
        let counted = index.count(&Count { scope, ..count(vec![]) }).await.unwrap();
        assert_eq!(counted.total, expected.len() as u64, "{range:?}");
    }
}

pub(crate) async fn projects_never_see_each_other(store: &dyn Store) {
    let index = store.open().await;
    let of = |n, project| with(event(n), |e| (e.project, e.service) = (ProjectId(project), Some("a".into())));
    super::events::store(&index, vec![of(0, 1), of(1, 2), of(2, 2), of(3, 10), of(4, 12)]).await;
    for (projects, expected) in [
        (vec![1], vec![0]),
        (vec![2], vec![1, 2]),
        (vec![1, 12, 1], vec![0, 4]),
        (vec![], vec![]),
        (vec![3], vec![]),
        (vec![1, 2, 10, 12], vec![0, 1, 2, 3, 4]),
    ] {
        let projects: Vec<ProjectId> = projects.into_iter().map(ProjectId).collect();
        for expr in [Expr::All, service("a"), not(service("b")), Expr::Or(vec![service("a"), not(Expr::Or(vec![]))])] {
            let scope = Scope { projects: projects.clone(), ..scope(expr) };
            assert_eq!(numbers(&hits(&index, &scope).await), expected, "{scope:?}");
            let counted = index.count(&Count { scope, ..count(vec![]) }).await.unwrap();
            assert_eq!(counted.total, expected.len() as u64);
        }
    }
    let asked = equals(FieldRef::new(Field::Project), Value::Long(1));
    let foreign = Scope { projects: vec![ProjectId(2)], ..scope(asked) };
    assert_eq!(hits(&index, &foreign).await, [], "asking for a project by field does not widen the scope");
}

pub(crate) async fn what_can_not_be_asked_is_an_error(store: &dyn Store) {
    let index = store.open().await;
    super::events::store(&index, vec![event(1)]).await;
    let service = || FieldRef::new(Field::Service);
    let status = || FieldRef::new(Field::Status);
    for expr in [
        equals(service(), Value::Long(1)),
        equals(status(), keyword("500")),
        equals(FieldRef::new(Field::Timestamp), Value::Long(1)),
        equals(FieldRef::new(Field::Handled), keyword("true")),
        Expr::Field(service(), Test::Range(Included(keyword("a")), Unbounded)),
        Expr::Field(status(), Test::Range(Included(Value::Millis(1)), Unbounded)),
        matches(status(), vec![Piece::AnyMany]),
        matches(FieldRef::new(Field::ReceivedAt), vec![Piece::AnyMany]),
        Expr::Field(FieldRef::new(Field::Tags), Test::Exists),
        Expr::Field(FieldRef { field: Field::Service, key: Some("a".into()) }, Test::Exists),
    ] {
        for expr in [expr.clone(), Expr::And(vec![Expr::All, not(expr)])] {
            let answer = index.search(&scope(expr.clone()), None, 10).await;
            assert!(matches!(answer, Err(Error::Terminal { .. })), "{expr:?}: {answer:?}");
            let answer = index.count(&Count { scope: scope(expr.clone()), ..count(vec![]) }).await;
            assert!(matches!(answer, Err(Error::Terminal { .. })), "{expr:?}: {answer:?}");
        }
    }
}
