//! An event as a line of a bulk request: the fields of `schemas::fields` under their ECS names, a few more for
//! people in Kibana, the tokens, and the whole event as a text.
//!
//! Names stand flat with their dots; Elasticsearch reads `log.level` as it reads `log: {level}`.

use std::io::Write;

use jiff::Timestamp;
use schemas::{
    event::{Event, Exception, Stacktrace},
    fields::{self, Field, Found},
    limits,
    tokens::cut,
};

use super::{
    escape::escape,
    template::{ERASED, ORIGINAL, POSITION, TAG_KEYS, TAGS, TEXT, push_label_key, push_tag_key},
};
use crate::index::Document;

/// Most frames in `error.stack_trace`, from the crash outwards. All of them stand in the event itself.
const TRACE_FRAMES: usize = 50;
/// Longest `error.stack_trace`, in bytes.
const TRACE_BYTES: usize = 8 << 10;

/// Texts that are made anew for each document and keep their room.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    labels: Vec<u8>,
    tags: Vec<u8>,
    tag_keys: Vec<u8>,
    key: String,
    last: String,
}

/// Appends the two lines that create `document`.
pub(super) fn write(document: &Document, scratch: &mut Scratch, out: &mut Vec<u8>) {
    let Document { event, .. } = document;
    print(out, format_args!("{{\"create\":{{\"_id\":\"{}-{}\"}}}}\n", event.project, event.id));
    write_source(document, scratch, out);
}

/// Appends the line of a document that takes the place of another one.
pub(super) fn write_replacement(document: &Document, out: &mut Vec<u8>) {
    write_source(document, &mut Scratch::default(), out);
    out.truncate(out.len() - "}\n".len());
    print(out, format_args!(",\"{ERASED}\":true}}\n"));
}

fn write_source(document: &Document, scratch: &mut Scratch, out: &mut Vec<u8>) {
    let Document { event, json, position, .. } = document;
    print(out, format_args!("{{\"{POSITION}\":{{\"partition\":{},\"offset\":{}}}", position.partition, position.offset));
    write_fields(event, scratch, out);
    write_for_people(event, scratch, out);
    out.extend_from_slice(b",\"");
    out.extend_from_slice(TEXT.as_bytes());
    out.extend_from_slice(b"\":\"");
    fields::text(event, |token| {
        escape(token.as_bytes(), out);
        out.push(b' ');
    });
    out.extend_from_slice(b"\",\"");
    out.extend_from_slice(ORIGINAL.as_bytes());
    out.extend_from_slice(b"\":\"");
    escape(json, out);
    out.extend_from_slice(b"\"}\n");
}

/// About how many bytes `write` appends, for cutting batches.
pub(super) fn estimate(document: &Document) -> usize {
    // Quotes of the event are escaped, and what is indexed stands beside it.
    document.json.len() * 5 / 4 + 2_048
}

fn write_fields(event: &Event, scratch: &mut Scratch, out: &mut Vec<u8>) {
    scratch.labels.clear();
    scratch.tags.clear();
    scratch.tag_keys.clear();
    fields::visit(event, |field, found| match found {
        Found::Keyword(text) => text_member(field.ecs(), text, out),
        Found::Long(number) => print(out, format_args!(",\"{}\":{number}", field.ecs())),
        Found::Bool(yes) => print(out, format_args!(",\"{}\":{yes}", field.ecs())),
        Found::Millis(millis) => time_member(field, millis, out),
        Found::Tag(key, value) => write_tag(key, value, scratch),
    });
    if !scratch.labels.is_empty() {
        print(out, format_args!(",\"{}\":{{", Field::Tags.ecs()));
        out.extend_from_slice(&scratch.labels[1..]);
        print(out, format_args!("}},\"{TAGS}\":["));
        out.extend_from_slice(&scratch.tags[1..]);
        print(out, format_args!("],\"{TAG_KEYS}\":["));
        out.extend_from_slice(&scratch.tag_keys[1..]);
        out.push(b']');
    }
}

fn write_tag(key: &str, value: &str, scratch: &mut Scratch) {
    let Scratch { labels, tags, tag_keys, key: keyed, last } = scratch;
    keyed.clear();
    push_label_key(key, keyed);
    // Long keys that were cut may be the same now; they follow each other, and an object has each key once.
    if labels.is_empty() || keyed != last {
        text_member(keyed, value, labels);
    }
    std::mem::swap(keyed, last);
    keyed.clear();
    push_tag_key(key, keyed);
    tags.extend_from_slice(b",\"");
    escape(keyed.as_bytes(), tags);
    escape(value.as_bytes(), tags);
    tags.push(b'"');
    tag_keys.extend_from_slice(b",\"");
    escape(key.as_bytes(), tag_keys);
    tag_keys.push(b'"');
}

/// Elasticsearch reads bare numbers of four digits as years, and years before 0 only as numbers.
fn time_member(field: Field, millis: i64, out: &mut Vec<u8>) {
    /// 0000-01-01.
    const YEAR_ZERO: i64 = -62_167_219_200_000;
    match Timestamp::from_millisecond(millis) {
        Ok(time) if millis >= YEAR_ZERO => print(out, format_args!(",\"{}\":\"{time}\"", field.ecs())),
        _ => print(out, format_args!(",\"{}\":{millis}", field.ecs())),
    }
}

/// What is not asked for by queries of ours but looked for in Kibana.
fn write_for_people(event: &Event, scratch: &mut Scratch, out: &mut Vec<u8>) {
    let mut keyword = |name: &str, text: Option<&str>| {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            text_member(name, cut(text, limits::KEYWORD_BYTES), out);
        }
    };
    if let Some(user) = &event.user {
        keyword("user.name", user.username.as_deref());
        keyword("user.full_name", user.name.as_deref());
        keyword("source.ip", user.ip_address.as_deref());
        for (ours, name) in [("region", "region_name"), ("city", "city_name")] {
            keyword(&format!("source.geo.{name}"), user.geo.get(ours).map(String::as_str));
        }
    }
    let headers = event.request.iter().flat_map(|r| &r.headers);
    let agent = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
    keyword("user_agent.original", agent.map(|(_, value)| value.as_str()));
    let trace = &mut scratch.key;
    trace.clear();
    write_trace(event, trace);
    if !trace.is_empty() {
        text_member("error.stack_trace", cut(trace, TRACE_BYTES), out);
    }
}

/// The exception that was raised and its calls, the place of the crash first.
fn write_trace(event: &Event, into: &mut String) {
    use std::fmt::Write;
    let raised = event.exceptions.last();
    let Some(stack) = raised.and_then(|e| e.stacktrace.as_ref()).or(event.stacktrace.as_ref()) else { return };
    if let Some(Exception { kind, value, .. }) = raised {
        let value = cut(value.as_deref().unwrap_or_default(), limits::KEYWORD_BYTES);
        let _ = writeln!(into, "{}: {value}", kind.as_deref().unwrap_or("Error"));
    }
    let Stacktrace { frames, raw, .. } = stack;
    if frames.is_empty() {
        into.push_str(cut(raw.as_deref().unwrap_or_default(), TRACE_BYTES));
    }
    for frame in frames.iter().rev().take(TRACE_FRAMES) {
        if into.len() >= TRACE_BYTES {
            break;
        }
        let function = frame.function.as_deref().unwrap_or("?");
        let file = frame.filename.as_deref().or(frame.module.as_deref()).unwrap_or("?");
        let _ = match frame.lineno {
            Some(line) => writeln!(into, "  at {function} ({file}:{line})"),
            None => writeln!(into, "  at {function} ({file})"),
        };
    }
}

/// Appends `,"name":"text"`.
fn text_member(name: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    escape(name.as_bytes(), out);
    out.extend_from_slice(b"\":\"");
    escape(text.as_bytes(), out);
    out.push(b'"');
}

fn print(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to memory never fails");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use schemas::{
        event::User,
        ids::{EventId, ProjectId},
        record::Position,
    };
    use serde_json::{Value, json};

    use super::*;

    fn source(event: Event) -> Value {
        let document = Document::new(event, Position { partition: 3, offset: 9 });
        let mut out = Vec::new();
        write(&document, &mut Scratch::default(), &mut out);
        let lines: Vec<Value> = out.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
        assert_eq!(lines.len(), 2, "an action and a document");
        assert_eq!(lines[0], json!({ "create": { "_id": format!("{}-{}", document.event.project, document.event.id) } }));
        assert_eq!(lines[1][ORIGINAL].as_str().unwrap().as_bytes(), document.json);
        lines[1].clone()
    }

    fn event() -> Event {
        Event::new(EventId([0xab; 16]), ProjectId(7), "2026-11-20T12:00:00.123456Z".parse().unwrap())
    }

    #[test]
    fn fields_stand_under_their_ecs_names() {
        let mut event = event();
        event.service = Some("checkout".into());
        event.user = Some(User { id: Some("u1".into()), username: Some("ada".into()), ..User::default() });
        event.tags.insert("a.b*".into(), "1\"".into());
        event.error.message = Some("Connection refused".into());
        let source = source(event);
        for (name, expected) in [
            ("@timestamp", json!("2026-11-20T12:00:00.123Z")),
            ("event.ingested", json!("2026-11-20T12:00:00.123Z")),
            ("event.id", json!("abababababababababababababababab")),
            ("belfry.project", json!(7)),
            ("belfry.position", json!({ "partition": 3, "offset": 9 })),
            ("service.name", json!("checkout")),
            ("belfry.user", json!("u1")),
            ("user.name", json!("ada")),
            ("log.level", json!("error")),
            ("labels", json!({ "a.b%2A": "1\"" })),
            ("belfry.tags", json!(["a.b*=1\""])),
            ("belfry.tag_keys", json!(["a.b*"])),
            ("message", json!("Connection refused")),
            ("belfry.text", json!("connection refused ")),
        ] {
            assert_eq!(source[name], expected, "{name}");
        }
    }

    #[test]
    fn keys_of_tags_that_are_cut_to_the_same_stand_once_in_labels() {
        let mut event = event();
        let long = "k".repeat(limits::KEYWORD_BYTES);
        event.tags.insert(format!("{long}1"), "first".into());
        event.tags.insert(format!("{long}2"), "second".into());
        let document = Document::new(event, Position { partition: 0, offset: 0 });
        let mut out = Vec::new();
        write(&document, &mut Scratch::default(), &mut out);
        let text = String::from_utf8(out).unwrap();
        let labels = &text[text.find("\"labels\":{").unwrap()..text.find("},\"belfry.tags\"").unwrap()];
        assert!(labels.contains("first") && !labels.contains("second"));
        assert_eq!(text.matches("=first").count() + text.matches("=second").count(), 2);
    }

    #[test]
    fn the_trace_of_a_raised_exception_begins_with_the_crash_and_is_short() {
        let frame = |n: u64| schemas::event::Frame { function: Some("f".repeat(500)), lineno: Some(n), ..Default::default() };
        let stacktrace = Some(Stacktrace { frames: (0..1_000).map(frame).collect(), ..Stacktrace::default() });
        let mut event = event();
        event.exceptions.push(Exception { kind: Some("E".into()), value: Some("v".into()), stacktrace, ..Exception::default() });
        let source = source(event);
        let trace = source["error.stack_trace"].as_str().unwrap();
        assert!(trace.starts_with("E: v\n  at ff") && trace.contains("(?:999)"));
        assert!(trace.len() <= TRACE_BYTES);
    }

    proptest! {
        #[test]
        fn any_event_makes_a_document(
            texts in proptest::collection::vec(".{0,30}", 8), tags in proptest::collection::btree_map(".{0,10}", ".{0,10}", 0..5),
            millis in -377_705_000_000_000_i64..253_402_200_000_000,
        ) {
            let mut event = event();
            event.timestamp = Timestamp::from_millisecond(millis).unwrap();
            let mut texts = texts.into_iter();
            event.service = texts.next();
            event.error.kind = texts.next();
            event.error.message = texts.next();
            event.culprit = texts.next();
            event.user = Some(User { ip_address: texts.next(), name: texts.next(), id: texts.next(), ..User::default() });
            event.tags = tags;
            source(event);
        }
    }
}
