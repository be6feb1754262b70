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

use super::template::{ORIGINAL, POSITION, TAGS, TEXT, push_label_key, push_tag_key};
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
    key: String,
    last: String,
}

/// Appends the two lines that create `document`.
pub(super) fn write(document: &Document, scratch: &mut Scratch, out: &mut Vec<u8>) {
    let Document { event, json, position } = document;
    print(out, format_args!("{{\"create\":{{\"_id\":\"{}-{}\"}}}}\n", event.project, event.id));
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
        out.push(b']');
    }
}

fn write_tag(key: &str, value: &str, scratch: &mut Scratch) {
    let Scratch { labels, tags, key: keyed, last } = scratch;
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
        for (ours, name) in [("country_code", "country_iso_code"), ("region", "region_name"), ("city", "city_name")] {
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

/// Appends text as it stands between the quotes of a JSON string. The bulk of the work of a document: its JSON has
/// a quote every few bytes, so bytes are written one by one into room made before.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for part in text.chunks(ESCAPED_AT_ONCE) {
        let start = out.len();
        // Each byte may get a backslash; control characters, which are rare, are appended apart.
        out.resize(start + 2 * part.len(), 0);
        let mut at = start;
        let mut rest = None;
        for (n, &byte) in part.iter().enumerate() {
            if byte < 0x20 {
                rest = Some(n);
                break;
            }
            out[at] = b'\\';
            at += usize::from(byte == b'"' || byte == b'\\');
            out[at] = byte;
            at += 1;
        }
        out.truncate(at);
        if let Some(n) = rest {
            escape_slowly(&part[n..], out);
        }
    }
}

/// How many bytes [`escape`] makes room for at once.
const ESCAPED_AT_ONCE: usize = 4 << 10;

fn escape_slowly(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => print(out, format_args!("\\u{byte:04x}")),
            _ => out.push(byte),
        }
    }
}
