//! The payloads of real SDKs.

use std::{fs, path::Path};

use bytes::Bytes;
use schemas::wire::envelope::{self, ItemType};

/// Where the corpora are.
pub(crate) const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora");

/// Every event of the corpora, named by its file.
pub(crate) fn all() -> Vec<(String, Bytes)> {
    let mut payloads = Vec::new();
    for folder in ["events/bugsink", "events/glitchtip", "events/grouping", "sdk-payloads", "glitchtip-2022/incoming_events"] {
        for (name, bytes) in files(folder, "json") {
            // Some files hold what was sent as an envelope, or several events.
            match serde_json::from_slice::<serde_json::Value>(&bytes) {
                Ok(serde_json::Value::Array(list)) => {
                    payloads.extend(list.iter().enumerate().map(|(i, event)| (format!("{name}[{i}]"), event.to_string().into())));
                }
                Ok(_) => payloads.push((name, bytes)),
                Err(_) => enveloped(&name, bytes, &mut payloads),
            }
        }
    }
    for (name, bytes) in files("sentry-java", "txt") {
        if name.contains("envelope") {
            enveloped(&name, bytes, &mut payloads);
        }
    }
    for sdk in ["browser", "node", "python", "rust"] {
        for (name, bytes) in files(&format!("captured-sdk/{sdk}"), "body") {
            enveloped(&name, bytes, &mut payloads);
        }
    }
    payloads
}

fn enveloped(name: &str, bytes: Bytes, payloads: &mut Vec<(String, Bytes)>) {
    let envelope = envelope::parse(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    for item in envelope.items {
        if matches!(item.headers.kind, ItemType::Event | ItemType::Feedback | ItemType::Transaction) {
            payloads.push((format!("{name} ({})", item.headers.type_name), item.payload));
        }
    }
}

fn files(folder: &str, extension: &str) -> Vec<(String, Bytes)> {
    let path = Path::new(CORPORA).join(folder);
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| (format!("{folder}/{}", path.file_name().unwrap().to_string_lossy()), fs::read(&path).unwrap().into()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no .{extension}", path.display());
    files
}
