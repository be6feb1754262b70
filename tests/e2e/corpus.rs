//! Every real payload there is goes in, comes out, and what it lost on the way is listed.
//!
//! The list is `lost-fields.txt`. Each line is a value of the input that stands nowhere in the stored event, by file
//! and path; times are left out, which are stored in another notation. It changes only by intent: run with `BELFRY_UPDATE_LISTS=1` and read the difference.

use std::{collections::BTreeSet, fmt::Write, path::Path};

use schemas::limits;
use serde_json::Value;

use crate::{
    client::{Client, parts},
    events::{corpora, envelope, payloads},
    server::{Server, eventually},
};

/// One event of the corpora and the id it is sent under.
struct Sent {
    name: String,
    id: String,
    event: Value,
}

/// The events of every JSON payload; one file is a parsed envelope, whose third line is the event.
fn events() -> Vec<Sent> {
    let root = corpora();
    let mut sent: Vec<Sent> = payloads(&["events", "sdk-payloads", "glitchtip-2022/incoming_events"])
        .into_iter()
        .enumerate()
        .map(|(number, (name, bytes))| {
            let value: Value = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            let event = match value {
                Value::Array(lines) => lines[2].clone(),
                event => event,
            };
            let name = Path::new(&name).strip_prefix(&root).unwrap().display().to_string();
            Sent { name, id: format!("{:032x}", number + 1), event }
        })
        .collect();
    sent.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(sent.len() > 150, "only {} payloads", sent.len());
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn every_payload_is_accepted_stored_and_readable() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let sent = events();
    for Sent { name, id, event } in &sent {
        let answer = client.envelope(project, &key, envelope(id, &serde_json::to_vec(event).unwrap())).await;
        assert_eq!(answer, Some(200), "{name}");
    }
    let captured = send_captured(&client, project, &key).await;
    let total = sent.len() + captured;
    eventually("every event is stored", async || stored(&client).await >= total).await;
    assert_eq!(stored(&client).await, total, "sent against stored");

    let mut lost = String::new();
    for Sent { name, id, event } in &sent {
        let out = client.get(&format!("/api/v1/events/{id}")).await;
        for path in missing(event, &out) {
            writeln!(lost, "{name}\t{path}").unwrap();
        }
    }
    compare(&lost);
}

/// How many events are stored. None is older than the past that is kept: its time would have been moved.
async fn stored(client: &Client) -> usize {
    let now = jiff::Timestamp::now();
    let days = |days: i64| jiff::SignedDuration::from_hours(24 * days);
    let path = format!("/api/v1/stats/summary?from={}&to={}", now - days(limits::PAST_DAYS + 1), now + days(1));
    client.get(&path).await["total"].as_u64().unwrap() as usize
}

/// Sends what SDKs were heard to send, byte by byte with its own encoding, and the envelopes of the Java SDK's tests.
/// Answers how many events were among it.
async fn send_captured(client: &Client, project: u64, key: &str) -> usize {
    let mut count = 0;
    for sdk in ["python", "node", "browser", "rust"] {
        let dir = corpora().join("captured-sdk").join(sdk);
        let mut names: Vec<_> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "wire")).collect();
        names.sort();
        for path in names {
            let request: Value = serde_json::from_slice(&std::fs::read(path.with_extension("req.json")).unwrap()).unwrap();
            let headers = request["headers"].as_array().unwrap();
            let encoding = headers.iter().find(|h| h[0].as_str().unwrap().eq_ignore_ascii_case("content-encoding"));
            let encoding = encoding.map(|h| h[1].as_str().unwrap().to_owned());
            let body = std::fs::read(&path).unwrap();
            let status = client.encoded(project, key, body, encoding.as_deref()).await;
            assert_eq!(status, Some(200), "{}", path.display());
            count += events_in(&std::fs::read(path.with_extension("body")).unwrap());
        }
    }
    let mut java: Vec<_> = std::fs::read_dir(corpora().join("sentry-java")).unwrap().map(|e| e.unwrap().path()).collect();
    java.sort();
    for path in java.iter().filter(|p| p.extension().is_some_and(|e| e == "txt")) {
        let body = std::fs::read(path).unwrap();
        let status = client.envelope(project, key, body.clone()).await;
        // This one is no envelope: it is a damaged file of the SDK's disk queue.
        let expected = if path.ends_with("corrupt_queue_file.txt") { 400 } else { 200 };
        assert_eq!(status, Some(expected), "{}", path.display());
        count += events_in(&body);
    }
    count
}

/// How many items of an envelope say that they are events.
fn events_in(body: &[u8]) -> usize {
    let lines = body.split(|b| *b == b'\n').skip(1);
    lines.filter(|line| serde_json::from_slice::<Value>(line).is_ok_and(|v| v["type"] == "event" && v.get("timestamp").is_none())).count()
}

/// Paths of the values in `input` that stand nowhere in `output`.
fn missing(input: &Value, output: &Value) -> Vec<String> {
    let mut present = BTreeSet::new();
    leaves(output, String::new(), &mut |_, text| {
        present.insert(text);
    });
    let whole = output.to_string();
    let mut missing = Vec::new();
    leaves(input, String::new(), &mut |path, text| {
        let quoted = Value::String(text.clone()).to_string();
        let inside = text.len() >= 3 && whole.contains(&quoted[1..quoted.len() - 1]);
        if !text.is_empty() && !path.ends_with(".timestamp") && !present.contains(&text) && !inside {
            missing.push(path);
        }
    });
    missing
}

fn leaves(value: &Value, path: String, visit: &mut impl FnMut(String, String)) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, format!("{path}.{key}"), visit)),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| leaves(value, format!("{path}.{at}"), visit)),
        Value::Null => {}
        Value::String(text) => visit(path, text.clone()),
        Value::Number(number) => visit(path, number.to_string()),
        Value::Bool(yes) => visit(path, yes.to_string()),
    }
}

fn compare(lost: &str) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/lost-fields.txt");
    if std::env::var_os("BELFRY_UPDATE_LISTS").is_some() {
        std::fs::write(file, lost).unwrap();
        return;
    }
    let known = std::fs::read_to_string(file).unwrap();
    let known: BTreeSet<&str> = known.lines().collect();
    let lost: BTreeSet<&str> = lost.lines().collect();
    let newly: Vec<_> = lost.difference(&known).collect();
    let found: Vec<_> = known.difference(&lost).collect();
    assert!(newly.is_empty() && found.is_empty(), "lost now: {newly:#?}\nno longer lost: {found:#?}");
}
