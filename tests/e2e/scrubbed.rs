//! An event full of secrets, as an SDK sends it, leaves none of them behind: not in the index, the catalog, the API, the
//! metrics or what the server logs. Raw bytes are in the log of events only, which is not looked at.

use std::{io::Read, path::Path, sync::LazyLock};

use serde_json::{Value, json};

#[cfg(feature = "servers")]
mod cluster;

use crate::{
    client::{Client, parts},
    events::envelope,
    server::{Server, eventually},
};

/// The event's id.
const ID: &str = "5ec3e700000000000000000000000001";
/// When it happened, in seconds since 1970; the same however often it is sent.
static HAPPENED: LazyLock<i64> = LazyLock::new(|| jiff::Timestamp::now().as_second());
const PASSWORD: &str = "Tr0ub4dor-and-3";
const TOKEN: &str = "q7Rk2Zp9LmXw4TbN8vYc";
const SESSION: &str = "s3ss10n9f8e7d6c5b4a3";
const CARD: &str = "4111 1111 1111 1111";
const MAIL: &str = "jane.roe@shop.example";
const IBAN: &str = "DE89 3704 0044 0532 0130 00";

/// Put together here, so that no scanner takes the source for a leak.
fn keys() -> [String; 5] {
    let body = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7j";
    ["ghp_", "sk_live_", "npm_", "glsa_", "xoxb-123456789012-123456789012-"].map(|head| match head {
        "glsa_" => format!("{head}{}_0a1b2c3d", &body[..32]),
        _ => format!("{head}{body}"),
    })
}

/// What must be nowhere. The parts of what is written with spaces or marks stand for the whole.
fn secrets() -> Vec<String> {
    let mut secrets: Vec<String> = [PASSWORD, TOKEN, SESSION, CARD, MAIL, IBAN, "jane.roe", "4111111111111111"].map(str::to_owned).into();
    secrets.extend(keys());
    secrets
}

/// As the Python SDK of a web shop reports that a login failed.
fn event() -> Value {
    let [github, stripe, npm, grafana, slack] = keys();
    let frame = json!({
        "function": "login", "module": "shop.auth", "filename": "shop/auth.py", "abs_path": "/srv/shop/auth.py", "lineno": 42, "in_app": true,
        "pre_context": ["def login(form):", format!("    client = Client(\"{github}\")")],
        "context_line": format!("    check(form, password=\"{PASSWORD}\")"),
        "post_context": [format!("    # mail {MAIL} when it fails"), "    return None"],
        "vars": {"form": {"user": "'jane'", "password": format!("'{PASSWORD}'")}, "card": format!("'{CARD}'"), "api_key": format!("'{stripe}'"),
            "request": format!("<Request 'POST' token={TOKEN} path='/login'>"), "count": "3"},
    });
    json!({
        "platform": "python", "level": "error", "release": "shop@1.2.3", "environment": "staging", "server_name": "web-1", "logger": "shop.auth",
        "transaction": "/login", "timestamp": *HAPPENED,
        "logentry": {"message": "login of %s failed with %s", "params": [MAIL, PASSWORD],
            "formatted": format!("login of {MAIL} failed with {PASSWORD}")},
        "exception": {"values": [{"type": "AuthError", "value": format!("{PASSWORD} is wrong, token {TOKEN} and {grafana} too"),
            "mechanism": {"type": "django", "handled": false, "data": {"header": format!("Bearer {TOKEN}")}}, "stacktrace": {"frames": [frame]}}]},
        "request": {
            "method": "POST", "url": format!("https://jane:{PASSWORD}@shop.example/login?access_token={TOKEN}&page=2"),
            "query_string": format!("access_token={TOKEN}&page=2"),
            "headers": {"Authorization": format!("Bearer {TOKEN}"), "Cookie": format!("sessionid={SESSION}; theme=dark"), "X-Api-Key": npm,
                "Referer": format!("https://shop.example/reset?token={TOKEN}"), "User-Agent": "Mozilla/5.0", "Accept": "*/*"},
            "cookies": {"sessionid": SESSION, "theme": "dark"},
            "data": {"username": "jane", "password": PASSWORD, "iban": IBAN, "note": format!("card {CARD}")},
            "env": {"REMOTE_ADDR": "203.0.113.7", "DATABASE_URL": format!("postgres://app:{PASSWORD}@db/shop")},
        },
        "breadcrumbs": {"values": [
            {"category": "query", "message": format!("UPDATE users SET password = '{PASSWORD}' WHERE id = 7")},
            {"category": "httplib", "type": "http", "data": {"url": format!("https://api.example/v1?key={stripe}"), "authorization": format!("token {slack}")}},
            {"category": "log", "message": format!("{{\"user\":\"jane\",\"client_secret\":\"{TOKEN}\"}} from session {SESSION}")},
        ]},
        "user": {"id": "42", "email": MAIL, "username": "jane"},
        "tags": {"tenant": "acme", "last_token": TOKEN, "mail": MAIL},
        "contexts": {"state": {"body": format!("password={PASSWORD}&card=4111111111111111")}},
        "extra": {"argv": ["manage.py", format!("--password={PASSWORD}")], "settings": {"SMTP": {"PASSWORD": PASSWORD}}, "iban": IBAN,
            "nested": format!("{{\\\"session\\\":\\\"{SESSION}\\\"}}")},
        "fingerprint": ["{{ default }}", format!("login-{PASSWORD}")],
    })
}

/// The bytes of every file below a folder but those of the log of events.
pub fn files(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().unwrap() != "log" {
                files(&path, found);
            }
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// What the compressed frames in some bytes hold.
pub fn unpacked(bytes: &[u8]) -> Vec<u8> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let mut unpacked = Vec::new();
    for at in (0..bytes.len().saturating_sub(MAGIC.len())).filter(|at| bytes[*at..].starts_with(&MAGIC)) {
        let mut frame = Vec::new();
        let decoder = zstd::stream::read::Decoder::new(&bytes[at..]).map(zstd::stream::read::Decoder::single_frame);
        if decoder.is_ok_and(|mut decoder| decoder.read_to_end(&mut frame).is_ok()) {
            unpacked.extend(frame);
        }
    }
    unpacked
}

fn assert_clean(place: &str, bytes: &[u8]) {
    for secret in secrets() {
        let found = bytes.windows(secret.len()).position(|window| window.eq_ignore_ascii_case(secret.as_bytes()));
        let around = found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(80)..bytes.len().min(at + 80)]).into_owned());
        assert_eq!(around, None, "{secret} in {place}");
    }
}

/// Sends the event to `ingest` and waits until `api` has it.
async fn send(ingest: &Client, dsn: &str, api: &Client) {
    let (key, project) = parts(dsn);
    assert_eq!(ingest.envelope(project, &key, envelope(ID, event().to_string().as_bytes())).await, Some(200));
    eventually("the event is there", async || api.status_of(&format!("/api/v1/events/{ID}")).await == 200).await;
}

/// Nothing that the API answers has a secret, or finds the event by one, and the rest of the event is there. The stored
/// event.
async fn assert_clean_answers(client: &Client) -> Value {
    let stored = client.get(&format!("/api/v1/events/{ID}")).await;
    let kept = stored.to_string();
    for kept_part in ["AuthError", "shop/auth.py", "theme", "dark", "\"page\"", "UPDATE users SET password = '", "is wrong, token ", "acme"]
    {
        assert!(kept.contains(kept_part), "{kept_part} is lost: {kept}");
    }
    assert!(stored["scrubbed"].as_array().unwrap().iter().any(|remark| remark["rule"] == "@taint"), "{stored}");
    for path in ["issues", "events", &format!("events/{ID}"), &format!("events/{ID}/explain"), "stats/summary", "ledger"] {
        assert_clean(path, client.get(&format!("/api/v1/{path}")).await.to_string().as_bytes());
    }
    for secret in secrets().iter().filter(|secret| !secret.contains([' ', '@'])) {
        let found = client.get(&format!("/api/v1/events?query=%22{secret}%22")).await;
        assert_eq!(found["events"].as_array().map(Vec::len), Some(0), "{secret} can be searched for: {found}");
    }
    stored
}

#[tokio::test]
async fn no_secret_of_an_event_is_stored_shown_counted_or_logged() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let dsn = server.read_dsn();
    let client = server.client();
    send(&client, &dsn, &client).await;
    assert_clean_answers(&client).await;
    let metrics = client.try_get("/metrics").await.unwrap().1;
    assert_clean("/metrics", metrics.to_string().as_bytes());
    let log = server.log();
    assert!(server.stop().success());
    assert_clean("the server's own log", log.lock().unwrap().as_bytes());

    let mut stored_files = Vec::new();
    files(dir.path(), &mut stored_files);
    let mut events = 0;
    for (name, bytes) in &stored_files {
        let whole = unpacked(bytes);
        events += usize::from(memmem(&whole, b"AuthError"));
        assert_clean(name, bytes);
        assert_clean(name, &whole);
    }
    assert!(events > 0, "the stored event was not found in {:?}", stored_files.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

fn memmem(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
