//! Events of real programs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora");

/// Every event of a folder of the corpora, with its file's name: JSON events, bodies of captured requests and texts of
/// stack traces.
pub(crate) fn events(folder: &str) -> Vec<(String, Value)> {
    let mut paths = Vec::new();
    files(&Path::new(CORPORA).join(folder), &mut paths);
    paths.sort();
    let mut events = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        match path.extension().and_then(|end| end.to_str()) {
            Some("txt") => events.push((name, json!({"error": {"stack_trace": String::from_utf8_lossy(&bytes)}}))),
            Some("json") if !name.ends_with(".req.json") => {
                events.extend(serde_json::from_slice::<Value>(&bytes).ok().filter(is_event).map(|event| (name, event)));
            }
            Some("body") => {
                let items = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
                events.extend(items.filter(is_event).map(|event| (format!("{}/{name}", folder), event)));
            }
            _ => {}
        }
    }
    assert!(!events.is_empty(), "no events in {folder}");
    events
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

fn is_event(json: &Value) -> bool {
    ["exception", "logentry", "message", "platform", "sentry.interfaces.Exception"].iter().any(|key| json.get(key).is_some())
}
