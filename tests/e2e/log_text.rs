//! Log text over HTTP and by `belfry send`: each stack trace is stored once, whatever happens on the way.

use std::{
    fs::OpenOptions,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, http::StatusCode, response::IntoResponse, routing::post};
use serde_json::{Value, json};

use crate::{
    client::parts,
    server::{Server, eventually},
};

fn trace(number: usize) -> String {
    format!(
        "2026-11-23 10:00:00 INFO [main] shop.web - request {number}\n\
         2026-11-23 10:00:01 ERROR [main] shop.pay - payment {number} failed\n\
         java.lang.IllegalStateException: no stock {number}\n\tat com.shop.Pay.run(Pay.java:12)\n\tat com.shop.Main.main(Main.java:3)\n\
         Caused by: java.io.IOException: disk\n\tat com.shop.Disk.read(Disk.java:7)\n\t... 1 more\n"
    )
}

async fn post_text(address: &str, key: &str, query: &str, body: String) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("http://{address}/api/v1/logs/text{query}")).bearer_auth(key).body(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn total(server: &Server) -> Value {
    server.client().get("/api/v1/stats/summary").await["total"].clone()
}

async fn stored(server: &Server, events: usize) {
    eventually(&format!("{events} events are stored"), async || total(server).await == events).await;
}

/// Runs `belfry send`. Exit code, standard output, standard error.
fn send(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_belfry")).arg("send").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

struct Follower(Child);

impl Follower {
    fn start(log: &Path, dsn: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_belfry"));
        Self(command.arg("send").arg(log).args(["--follow", "--dsn", dsn]).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn append(log: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(log).unwrap().write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn the_traces_of_a_text_become_events_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, _) = parts(&server.read_dsn());
    let text = trace(1) + &trace(2);
    let (status, first) = post_text(&server.address, &key, "?service=shop&environment=staging", text.clone()).await;
    assert_eq!((status, &first["accepted"]), (200, &json!(2)), "{first}");
    let (status, second) = post_text(&server.address, &key, "?service=shop&environment=staging", text).await;
    assert_eq!((status, &second), (200, &first));
    let (status, none) = post_text(&server.address, &key, "", "all is well\n".into()).await;
    assert_eq!((status, &none), (200, &json!({"accepted": 0, "ids": []})));
    let (status, problem) = post_text(&server.address, &key, "?offset=x", "a\n".into()).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_offset")));
    let (status, _) = post_text(&server.address, "00000000000000000000000000000000", "", "a\n".into()).await;
    assert!(matches!(status, 401 | 403), "{status}");

    let client = server.client();
    let path = format!("/api/v1/events/{}", first["ids"][0].as_str().unwrap());
    eventually("the event is there", async || client.try_get(&path).await.unwrap().0 == 200).await;
    let event = client.get(&path).await;
    let exceptions =
        event["exceptions"].as_array().or_else(|| event["event"]["exceptions"].as_array()).unwrap_or_else(|| panic!("{event}"));
    let kinds: Vec<&Value> = exceptions.iter().map(|exception| &exception["type"]).collect();
    assert_eq!(kinds, [&json!("java.io.IOException"), &json!("java.lang.IllegalStateException")]);
    let frames = exceptions[1]["stacktrace"]["frames"].as_array().unwrap();
    assert_eq!((frames.len(), &frames[1]["function"], &frames[1]["in_app"]), (2, &json!("run"), &json!(true)));
    stored(&server, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_whole_and_again_without_counting_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", &dir.path().join("data"), &[]).await;
    let dsn = server.read_dsn();
    let log = dir.path().join("app.log");
    append(&log, &(0..40).map(trace).collect::<String>());
    append(&log, "Traceback (most recent call last):\n  File \"/srv/a.py\", line 1, in a\nValueError: \u{fc}ber \n".trim_end());
    for _ in 0..2 {
        let (code, output, error) = tokio::task::block_in_place(|| send(&[log.to_str().unwrap(), "--dsn", &dsn]));
        assert_eq!(code, 0, "{error}");
        assert!(output.starts_with("41 events sent"), "{output}");
    }
    stored(&server, 41).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_followed_log_survives_rotation_and_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", &dir.path().join("data"), &[]).await;
    let dsn = server.read_dsn();
    let log = dir.path().join("app.log");
    let follower = Follower::start(&log, &dsn);
    append(&log, &trace(1));
    stored(&server, 1).await;
    // Renamed, with something written to the old file after that.
    append(&log, &trace(2));
    std::fs::rename(&log, dir.path().join("app.log.1")).unwrap();
    append(&dir.path().join("app.log.1"), &trace(3));
    append(&log, &trace(4));
    stored(&server, 4).await;
    // Emptied in place, then with what has no time of its own, at the same place as before.
    OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    append(&log, &trace(5));
    stored(&server, 5).await;
    // Ended without warning, and rotated while nobody looked.
    drop(follower);
    append(&log, &trace(6));
    std::fs::rename(&log, dir.path().join("app.log.2")).unwrap();
    append(&log, &trace(7));
    let _follower = Follower::start(&log, &dsn);
    stored(&server, 7).await;
    assert_eq!(server.client().get("/api/v1/stats/summary").await["total"], 7);
}

#[tokio::test]
async fn a_pipe_is_read_while_it_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let dsn = server.read_dsn();
    let mut command = Command::new(env!("CARGO_BIN_EXE_belfry"));
    let mut child = command.args(["send", "-", "--dsn", &dsn]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(trace(1).as_bytes()).unwrap();
    pipe.flush().unwrap();
    stored(&server, 1).await;
    pipe.write_all(trace(2).trim_end().as_bytes()).unwrap();
    drop(pipe);
    assert!(tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap().success());
    stored(&server, 2).await;
}

#[tokio::test]
async fn what_can_not_be_sent_is_said_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("app.log");
    append(&log, &trace(1));
    let log = log.to_str().unwrap();
    let (code, _, error) = send(&[log, "--dsn", "nonsense"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("https://KEY@HOST/PROJECT"), "{error}");
    let key = "0123456789abcdef0123456789abcdef";
    let (code, _, error) = send(&["/nowhere/app.log", "--dsn", &format!("http://{key}@127.0.0.1:9/1")]);
    assert_eq!((code, error.contains("/nowhere/app.log")), (1, true), "{error}");
    let server = Server::start("serve", &dir.path().join("data"), &[]).await;
    let dsn = format!("http://{key}@{}/1", server.address);
    let (code, _, error) = tokio::task::spawn_blocking({
        let log = log.to_owned();
        move || send(&[&log, "--dsn", &dsn])
    })
    .await
    .unwrap();
    assert_eq!((code, error.contains("check the DSN")), (1, true), "{error}");
}

/// A server that says these in turn, and then yes.
async fn refusing(answers: &'static [(u16, &'static str)]) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let answer = move || {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match answers.get(number) {
                Some((status, seconds)) => {
                    let status = StatusCode::from_u16(*status).unwrap();
                    (status, [("retry-after", *seconds)], "{\"detail\":\"not now\"}").into_response()
                }
                None => "{\"accepted\":1,\"ids\":[]}".into_response(),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/api/v1/logs/text", post(answer))).await.unwrap() });
    (address, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_later_is_asked_again() {
    let (address, asked) = refusing(&[(429, "1"), (503, "1")]).await;
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("app.log");
    append(&log, &trace(1));
    let dsn = format!("http://0123456789abcdef0123456789abcdef@{address}/1");
    let (code, output, error) = tokio::task::spawn_blocking(move || send(&[log.to_str().unwrap(), "--dsn", &dsn])).await.unwrap();
    assert_eq!((code, asked.load(Ordering::SeqCst)), (0, 3), "{error}");
    assert!(output.starts_with("1 events sent") && error.contains("429") && error.contains("trying again in 1.0 s"), "{output}{error}");
}
