//! What envelopes leave in the log.

use jiff::Timestamp;
use schemas::{
    ids::ProjectId,
    record::{Kind, Record},
};
use serde_json::{Value, json};
use storage::catalog::keys;

use crate::app::{App, ENVELOPE, KEY, auth, payload, post, read};

const ID: &str = "9ec79c33ec9942ab8353589fcb2e04dc";

fn find<'a>(records: &'a [Record], item_type: &str) -> &'a Record {
    records.iter().find(|record| record.item_type == item_type).unwrap_or_else(|| panic!("no record of {item_type}"))
}

#[tokio::test]
async fn the_38_vectors_are_answered_as_expected() {
    let expected: Vec<Value> = serde_json::from_slice(&read("envelope-vectors/expected.json")).unwrap();
    assert_eq!(expected.len(), 38);
    // The key in the vectors' DSNs.
    let key = "e12d836b15bb49d7bbf99e64295d995b";
    for vector in expected {
        let app = App::new().await;
        keys::create(app.catalog.as_ref(), ProjectId(42), key.parse().unwrap(), Timestamp::UNIX_EPOCH).await.unwrap();
        let name = vector["name"].as_str().unwrap();
        let request = post(ENVELOPE).header("x-sentry-auth", format!("Sentry sentry_key={key}, sentry_version=7"));
        let body = read(&format!("envelope-vectors/{}", vector["file"].as_str().unwrap()));
        let answer = app.send(request.body(body.into()).unwrap()).await;
        assert_eq!(Value::from(answer.status), vector["http"], "{name}: {}", answer.body);
        let stored = app.records().await.len();
        match vector["item_lens"].as_array() {
            Some(items) if answer.status == 200 => assert_eq!(stored, items.len(), "{name}"),
            _ if answer.status == 200 => assert!(stored > 0, "{name}"),
            _ => {
                assert_eq!(stored, 0, "{name}");
                assert!(!answer.detail().is_empty(), "{name}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn an_event_is_stored_with_all_that_is_known_about_its_sender() {
    let app = App::new().await;
    let event = json!({"message": "it broke", "filler": "a b c ".repeat(1000)}).to_string();
    let body = format!("{{\"event_id\":\"{ID}\",\"sent_at\":\"2026-11-22T01:31:52.314Z\"}}\n{{\"type\":\"event\"}}\n{event}\n");
    let answer = app.post(ENVELOPE, body).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "id": ID })));
    assert_eq!(answer.headers["content-type"], "application/json");
    let [record] = app.records().await.try_into().unwrap();
    assert_eq!(payload(&record), event);
    assert!(record.payload.len() < event.len());
    assert_eq!(record.payload_bytes, event.len() as u64);
    assert_eq!((record.project, record.event_id, record.kind), (ProjectId(42), ID.parse().unwrap(), Kind::SentryEvent));
    assert_eq!(record.sent_at, Some("2026-11-22T01:31:52.314Z".parse().unwrap()));
    assert_eq!(record.client_address.as_deref(), Some("203.0.113.7"));
    assert_eq!(record.client.as_deref(), Some("test/1.0"));
    assert_eq!((record.item_type.as_str(), record.quantity), ("event", 1));
}

#[tokio::test]
async fn the_header_id_wins_over_the_payload_id_and_one_is_made_if_there_is_none() {
    let app = App::new().await;
    let other = "00000000000000000000000000000001";
    let with_both = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{other}\"}}");
    assert_eq!(app.post(ENVELOPE, with_both).await.json()["id"], ID);
    let with_payload_id = format!("{{}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{other}\"}}");
    assert_eq!(app.post(ENVELOPE, with_payload_id).await.json()["id"], other);
    let made = app.post(ENVELOPE, "{}\n{\"type\":\"event\"}\n{}").await.json()["id"].as_str().unwrap().to_owned();
    let ids: Vec<String> = app.records().await.iter().map(|record| record.event_id.to_string()).collect();
    assert_eq!(ids, [ID.to_owned(), other.to_owned(), made]);
}

#[tokio::test]
async fn an_envelope_without_an_event_is_answered_without_an_id() {
    let app = App::new().await;
    assert_eq!(app.post(ENVELOPE, "{}\n{\"type\":\"session\"}\n{}").await.json(), json!({}));
    assert_eq!(app.post(ENVELOPE, format!("{{\"event_id\":\"{ID}\"}}\n")).await.json(), json!({ "id": ID }));
}

#[tokio::test]
async fn items_that_are_not_kept_are_counted_under_ids_that_a_resend_repeats() {
    let app = App::new().await;
    let body = format!(
        "{{\"event_id\":\"{ID}\"}}\n\
         {{\"type\":\"event\"}}\n{{}}\n\
         {{\"type\":\"span\",\"length\":5}}\nhello\n\
         {{\"type\":\"span\",\"length\":5}}\nhello\n\
         {{\"type\":\"log\",\"item_count\":7}}\n{{\"items\":[]}}\n\
         {{\"type\":\"client_report\"}}\n{{\"discarded_events\":[]}}\n\
         {{\"type\":\"profile_of_2031\"}}\n{{}}\n"
    );
    assert_eq!(app.post(ENVELOPE, body.clone()).await.status, 200);
    let first = app.records().await;
    assert_eq!(first.len(), 6);
    let log = find(&first, "log");
    assert_eq!((log.kind, log.quantity, log.payload.len(), log.payload_bytes), (Kind::Unsupported, 7, 0, 12));
    assert_eq!(find(&first, "span").kind, Kind::Unsupported);
    assert_eq!(find(&first, "profile_of_2031").kind, Kind::Unsupported);
    let report = find(&first, "client_report");
    assert_eq!((report.kind, payload(report).as_ref()), (Kind::ClientReport, &br#"{"discarded_events":[]}"#[..]));
    let ids = |records: &[Record]| records.iter().map(|record| record.event_id).collect::<Vec<_>>();
    let mut unique = ids(&first);
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 6);
    assert_eq!(app.post(ENVELOPE, body).await.status, 200);
    assert_eq!(ids(&app.records().await), ids(&first));
}

#[tokio::test]
async fn an_event_that_is_not_json_is_left_to_the_processor() {
    let app = App::new().await;
    assert_eq!(app.post(ENVELOPE, "{}\n{\"type\":\"event\"}\n{nope").await.status, 200);
    assert_eq!(payload(&app.records().await[0]), "{nope");
}

#[tokio::test]
async fn without_credentials_the_dsn_of_the_envelope_counts() {
    let app = App::new().await;
    let body = |dsn: &str| {
        format!("{{\"dsn\":\"{dsn}\",\"sdk\":{{\"name\":\"sentry.cocoa\",\"version\":\"8.1.0\"}}}}\n{{\"type\":\"event\"}}\n{{}}")
    };
    let send = async |dsn: String| app.send(post(ENVELOPE).header("user-agent", "CFNetwork").body(body(&dsn).into()).unwrap()).await;
    assert_eq!(send(format!("https://{KEY}@errors.example.com/42")).await.status, 200);
    assert_eq!(app.records().await[0].client.as_deref(), Some("sentry.cocoa/8.1.0"));
    assert_eq!(send(format!("https://{KEY}@errors.example.com/43")).await.status, 400);
    assert_eq!(send(format!("https://{}@errors.example.com/42", "f".repeat(32))).await.status, 403);
    let nothing = app.send(post(ENVELOPE).body("{}\n{\"type\":\"event\"}\n{}".into()).unwrap()).await;
    assert_eq!((nothing.status, nothing.detail().as_str()), (401, "missing authorization information"));
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn the_limits_of_an_envelope_are_413_and_name_the_type() {
    let app = App::new().await;
    let event = format!("{{}}\n{{\"type\":\"event\"}}\n{{\"m\":\"{}\"}}", "x".repeat(1 << 20));
    let answer = app.post(ENVELOPE, event).await;
    assert_eq!(answer.status, 413);
    assert!(answer.detail().contains("'event'"), "{}", answer.body);
    let reports = format!("{{}}\n{{\"type\":\"client_report\"}}\n{{\"m\":\"{}\"}}", "x".repeat(200 << 10));
    let answer = app.post(ENVELOPE, reports).await;
    assert_eq!(answer.status, 413);
    assert!(answer.detail().contains("'client_report'"), "{}", answer.body);
    let attachment = format!("{{}}\n{{\"type\":\"attachment\"}}\n{}", "x".repeat(10 << 20));
    assert_eq!(app.post(ENVELOPE, attachment).await.status, 200);
    assert_eq!(app.records().await.len(), 1);
}

#[tokio::test]
async fn sessions_are_kept_within_their_limits() {
    let app = App::new().await;
    let both = "{}\n{\"type\":\"session\"}\n{\"sid\":\"1\"}\n{\"type\":\"sessions\"}\n{\"aggregates\":[]}";
    assert_eq!(app.post(ENVELOPE, both).await.status, 200);
    let kept: Vec<_> = app.records().await.iter().map(|record| (record.kind, record.item_type.clone(), payload(record).to_vec())).collect();
    let expected = [("session", &br#"{"sid":"1"}"#[..]), ("sessions", &br#"{"aggregates":[]}"#[..])];
    assert_eq!(kept, expected.map(|(name, bytes)| (Kind::Session, name.to_owned(), bytes.to_vec())));
    let many = |items: usize| format!("{{}}\n{}", "{\"type\":\"session\"}\n{}\n".repeat(items));
    assert_eq!(app.post(ENVELOPE, many(100)).await.status, 200);
    let answer = app.post(ENVELOPE, many(101)).await;
    assert!(answer.status == 413 && answer.detail().contains("100 items of sessions"), "{}", answer.body);
    let long = format!("{{}}\n{{\"type\":\"sessions\"}}\n{{\"m\":\"{}\"}}", "x".repeat(1 << 20));
    let answer = app.post(ENVELOPE, long).await;
    assert!(answer.status == 413 && answer.detail().contains("'sessions'"), "{}", answer.body);
    assert_eq!(app.records().await.len(), 100);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_sender_is_whom_it_names() {
    let options = ingest::Options { trusted_proxies: vec!["203.0.113.0/24".parse().unwrap()], ..Default::default() };
    let app = App::with(std::sync::Arc::new(storage::log::memory::MemoryLog::new()), options).await;
    let request = post(ENVELOPE).header("x-sentry-auth", auth()).header("x-forwarded-for", "6.6.6.6, 198.51.100.9");
    assert_eq!(app.send(request.body("{}\n{\"type\":\"event\"}\n{}".into()).unwrap()).await.status, 200);
    assert_eq!(app.records().await[0].client_address.as_deref(), Some("198.51.100.9"));
}

/// An envelope of the event [`ID`] with these files.
fn with_files(headers: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = format!("{headers}\n").into_bytes();
    for (item, bytes) in files {
        let length = bytes.len();
        body.extend_from_slice(format!("{{\"type\":\"attachment\",\"length\":{length}{item}}}\n").as_bytes());
        body.extend_from_slice(bytes);
        body.push(b'\n');
    }
    body
}

#[tokio::test]
async fn a_file_is_cut_into_records_of_its_event() {
    let app = App::new().await;
    let long = "a line of the log\n".repeat(100_000);
    let named = r#","filename":"../app\u0000.log","content_type":"text/plain","attachment_type":"event.minidump""#;
    let body = with_files(&format!("{{\"event_id\":\"{ID}\"}}"), &[(named, long.as_bytes()), ("", b"\0\n{}")]);
    let answer = app.post(ENVELOPE, body.clone()).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "id": ID })));
    let records = app.records().await;
    assert!(records.iter().all(|record| record.kind == Kind::Attachment && record.event_id == ID.parse().unwrap()));
    let files: Vec<_> = records.iter().map(|record| record.attachment.clone().unwrap()).collect();
    let places: Vec<_> = files.iter().map(|file| (file.part, file.parts, file.file_bytes)).collect();
    assert_eq!(places, [(0, 4, 1_800_000), (1, 4, 1_800_000), (2, 4, 1_800_000), (3, 4, 1_800_000), (0, 1, 4)]);
    assert_eq!((files[0].filename.as_str(), files[0].attachment_type.as_str()), ("../app\0.log", "event.minidump"));
    assert_eq!((files[4].filename.as_str(), files[4].attachment_type.as_str(), &files[4].content_type), ("", "event.attachment", &None));
    assert_ne!(files[0].id, files[4].id);
    let whole: Vec<u8> = records[..4].iter().flat_map(payload).collect();
    assert!(whole == long.as_bytes());
    app.post(ENVELOPE, body).await;
    let again: Vec<_> = app.records().await.into_iter().map(|record| record.attachment.unwrap()).collect();
    assert_eq!(again, files, "the same when it is sent again");
}

#[tokio::test]
async fn files_beyond_30_and_those_of_no_event_are_only_counted() {
    let app = App::new().await;
    let many: Vec<(&str, &[u8])> = vec![("", b"x"); 32];
    app.post(ENVELOPE, with_files(&format!("{{\"event_id\":\"{ID}\"}}"), &many)).await;
    let records = app.records().await;
    let kinds = |kind| records.iter().filter(|record| record.kind == kind).count();
    assert_eq!((kinds(Kind::Attachment), kinds(Kind::Unsupported)), (30, 2));
    let answer = app.post(ENVELOPE, with_files("{}", &many[..1])).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    let [record] = app.records().await.try_into().unwrap();
    assert_eq!((record.kind, record.item_type.as_str(), record.payload.len()), (Kind::Unsupported, "attachment", 0));
}
