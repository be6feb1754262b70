//! Dart and Flutter.

use super::{
    chain::{Chain, Link, Order},
    place::{frame_at, is_error_name, is_type},
};
use crate::event::{Exception, Frame};

/// How errors of the core library print themselves, where that does not begin with their type.
const TYPES: [(&str, &str); 11] = [
    ("Bad state: ", "StateError"),
    ("Unsupported operation: ", "UnsupportedError"),
    ("Invalid argument", "ArgumentError"),
    ("Concurrent modification during iteration", "ConcurrentModificationError"),
    ("Stack Overflow", "StackOverflowError"),
    ("Out of Memory", "OutOfMemoryError"),
    ("Assertion failed", "AssertionError"),
    ("Null check operator used on a null value", "TypeError"),
    ("type '", "TypeError"),
    ("Cannot instantiate abstract class ", "AbstractClassInstantiationError"),
    ("Reading static variable '", "CyclicInitializationError"),
];

pub(super) fn parse(lines: &[&str]) -> Option<Vec<Exception>> {
    let mut head: Option<Link> = None;
    let mut link = None;
    let mut uncaught = false;
    for line in lines {
        let bare = line.trim();
        if let Some(frame) = frame_of(bare) {
            link.get_or_insert_with(|| head.take().unwrap_or_default()).frames.push(frame);
        } else if link.is_some() || bare == "When the exception was thrown, this was the stack:" {
        } else if let Some(at) = bare.find("Unhandled exception:").or_else(|| bare.find("Unhandled Exception:")) {
            let value = bare[at + "Unhandled exception:".len()..].trim();
            uncaught = true;
            head = (!value.is_empty()).then(|| error_of(value));
        } else if let Some(kind) = thrown(bare) {
            head = Some(Link::new(Some(kind), ""));
        } else if let Some(head) = &mut head {
            head.append(line.trim_end());
        } else if !bare.is_empty() {
            head = Some(error_of(bare));
        }
    }
    let mut chain = Chain::default();
    let link = link?;
    chain.push(if uncaught { link.uncaught() } else { link });
    chain.finish(Order::CrashFirst)
}

fn error_of(text: &str) -> Link {
    if let Some(kind) = text.strip_prefix("Instance of '").and_then(|rest| rest.split('\'').next()) {
        return Link::new(Some(kind), text);
    }
    if let Some((_, kind)) = TYPES.iter().find(|(start, _)| text.starts_with(start)) {
        return Link::new(Some(kind), text);
    }
    let (head, value) = text.split_once(": ").unwrap_or((text, ""));
    // `RangeError (index): message` names the argument.
    let kind = head.split(" (").next().unwrap_or_default();
    if is_type(kind) && is_error_name(kind) { Link::new(Some(kind), value) } else { Link::new(None, text) }
}

/// Flutter says `The following StateError was thrown building Home:` before the message.
fn thrown(bare: &str) -> Option<&str> {
    let (kind, _) = bare.strip_prefix("The following ")?.split_once(" was thrown")?;
    let kind = kind.strip_suffix(" object").unwrap_or(kind);
    Some(if kind == "assertion" { "AssertionError" } else { kind })
}

/// `#0      main.<anonymous closure> (package:shop/main.dart:12:20)`.
pub(super) fn frame_of(bare: &str) -> Option<Frame> {
    let rest = bare.strip_prefix('#')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let call = rest[digits..].strip_prefix(' ').filter(|_| digits > 0)?.trim_start().strip_suffix(')')?;
    let open = call.rfind(" (")?;
    let place = &call[open + 2..];
    let known = ["package:", "file:", "dart:", "org-dartlang", "http://", "https://"].iter().any(|start| place.starts_with(start));
    (known || place.contains(".dart")).then(|| frame_at(&call[..open], place))
}
