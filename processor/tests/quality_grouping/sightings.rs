//! Another sighting of the same error: the same event with what differs from one to the next changed.

use std::collections::BTreeMap;

use processor::{context::Context, fingerprint::fingerprint, normalize::normalize};
use schemas::{
    catalog::ProjectSettings,
    event::{Event, Frame, Stacktrace, User},
};
use serde_json::json;

use super::{MOST, corpora, read};

const FOLDERS: [&str; 5] = ["events/grouping", "sdk-payloads", "captured-sdk", "glitchtip-2022", "stacktraces/texts"];

type Change = fn(&mut Event);

const CHANGES: [(&str, Change); 7] = [
    ("lines", |event| each_frame(event, |frame| (frame.lineno, frame.colno) = (frame.lineno.map(|n| n + 17), frame.colno.map(|n| n + 3)))),
    ("addresses", |event| {
        each_frame(event, |frame| {
            frame.instruction_addr = frame.instruction_addr.as_ref().map(|_| "0x7fff5fc01234".to_owned());
            frame.data.clear();
        });
    }),
    ("variables", |event| each_frame(event, |frame| frame.vars = [("order".to_owned(), json!({"id": 99_120}))].into())),
    ("source", |event| {
        each_frame(event, |frame| {
            frame.pre_context = vec!["// another comment".to_owned()];
            if frame.function.is_some() {
                frame.context_line = Some("    changed();".to_owned());
            }
        });
    }),
    ("numbers", numbers),
    ("people", |event| {
        event.user = Some(User { id: Some("another".to_owned()), ip_address: Some("203.0.113.9".to_owned()), ..User::default() });
        event.release = Some("9.9.9".to_owned());
        event.host = Some("web-77".to_owned());
        event.extra.insert("order".to_owned(), json!(77));
        event.tags.insert("node".to_owned(), "web-77".to_owned());
    }),
    ("builds", |event| {
        let is_script = matches!(event.platform.as_deref(), Some("javascript"));
        each_frame(event, |frame| {
            for path in [&mut frame.abs_path, &mut frame.filename].into_iter().flatten().filter(|_| is_script) {
                if let Some(bare) = path.strip_suffix(".js") {
                    *path = format!("{bare}.3f2a1bcd.js?v=17");
                }
            }
        });
    }),
];

fn each_frame(event: &mut Event, change: impl Fn(&mut Frame)) {
    let stacks = event.exceptions.iter_mut().filter_map(|e| e.stacktrace.as_mut());
    let threads = event.threads.iter_mut().filter_map(|t| t.stacktrace.as_mut());
    let all = stacks.chain(&mut event.stacktrace).chain(threads);
    all.flat_map(|stack: &mut Stacktrace| &mut stack.frames).for_each(change);
}

/// Other numbers in messages, but for those that are codes.
fn numbers(event: &mut Event) {
    for value in event.exceptions.iter_mut().filter_map(|exception| exception.value.as_mut()) {
        *value = other_numbers(value);
    }
    if let Some(message) = &mut event.message {
        message.formatted = other_numbers(&message.formatted);
    }
}

/// Each number that stands by itself becomes another; one after a word that makes it a code, and the name of a
/// standard, stay.
fn other_numbers(text: &str) -> String {
    let is_code =
        |word: &str| ["status", "code", "errno", "error", "http", "client", "server"].iter().any(|w| word.to_lowercase().contains(w));
    let coded = text.split_whitespace().any(is_code);
    let other = |word: &str| if word.bytes().all(|b| b.is_ascii_digit()) && !coded { format!("9{}", word.len()) } else { word.to_owned() };
    text.split(' ').map(|word| if word.is_empty() { String::new() } else { other(word) }).collect::<Vec<_>>().join(" ")
}

fn group(event: Event) -> String {
    let settings = ProjectSettings::default();
    fingerprint(&Context::plain(&settings), event).unwrap().grouping.unwrap().parts.as_str().to_owned()
}

#[test]
fn another_sighting_of_a_real_event_has_its_group() {
    let settings = ProjectSettings::default();
    let mut wrong = Vec::new();
    let mut figures: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for folder in FOLDERS {
        for (name, json) in corpora::events(folder) {
            let event = normalize(&Context::plain(&settings), read(&json)).unwrap();
            let before = group(event.clone());
            for (change, apply) in CHANGES {
                let mut other = event.clone();
                apply(&mut other);
                let after = group(other);
                let figure = figures.entry(change).or_default();
                figure.0 += 1;
                if after != before {
                    figure.1 += 1;
                    wrong.push(format!("{change} of {folder}/{name}:\n    {before}\n    {after}"));
                }
            }
        }
    }
    println!("{:<10} {:>6} {:>7}", "changed", "events", "splits");
    for (change, (events, splits)) in &figures {
        println!("{change:<10} {events:>6} {splits:>7}");
    }
    for (change, (events, splits)) in figures {
        assert!(100.0 * splits as f64 <= MOST * events as f64, "{change}\n{}", wrong.join("\n"));
    }
}
