//! How the program starts, waits, refuses and stops.

use std::{net::TcpListener, path::Path, process::Command};

use serde_json::Value;

use crate::{
    client::parts,
    events::{envelope, small},
    server::{Server, eventually},
};

/// Runs a command that ends by itself. Exit code, standard output, standard error.
fn belfry(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_belfry")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn path(dir: &Path) -> &str {
    dir.to_str().unwrap()
}

#[test]
fn a_port_that_is_taken_is_named_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, error) = belfry(&["serve", "--data", path(dir.path()), "--listen", &address]);
    assert_eq!(code, 1);
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
}

#[tokio::test]
async fn a_data_directory_serves_one_process_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start("serve", dir.path(), &[]).await;
    let (code, _, error) = belfry(&["serve", "--data", path(dir.path()), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, 1);
    assert!(error.contains("in use by process") && error.contains("--data"), "{error}");
    drop(server);
}

#[test]
fn a_single_role_without_shared_engines_says_what_it_needs() {
    let (code, _, error) = belfry(&["ingest"]);
    assert_eq!(code, 1);
    assert!(error.contains("belfry serve"), "{error}");
}

#[test]
fn configuration_is_checked_with_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("belfry.toml");
    std::fs::write(&file, "lisen = \"127.0.0.1:1\"\n").unwrap();
    let (code, _, error) = belfry(&["check-config", path(&file)]);
    assert_eq!(code, 2);
    assert!(error.contains("did you mean \"listen\""), "{error}");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/config.example.toml");
    let (code, output, _) = belfry(&["check-config", example]);
    assert_eq!((code, output.contains("in order")), (0, true));
}

#[tokio::test]
async fn projects_and_tokens_made_beside_the_server_work_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start("serve", dir.path(), &[]).await;
    let data = path(dir.path());
    let (code, output, error) = belfry(&["project", "create", "Check out", "--json", "--data", data]);
    assert_eq!(code, 0, "{error}");
    let project: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(project["slug"], "check-out");
    let (key, number) = parts(project["dsn"].as_str().unwrap());
    assert_eq!(project["key"], key.as_str());
    let client = server.client();
    eventually("the new project takes events", async || {
        let body = envelope("0123456789abcdef0123456789abcdef", small(1, 1).to_string().as_bytes());
        client.envelope(number, &key, body).await == Some(200)
    })
    .await;
    let (code, listed, _) = belfry(&["project", "list", "--json", "--data", data]);
    assert_eq!((code, listed.lines().count()), (0, 2), "{listed}");
    let (code, output, _) = belfry(&["token", "create", "--role", "viewer", "--json", "--data", data]);
    assert_eq!(code, 0);
    let token: Value = serde_json::from_str(&output).unwrap();
    let answer = reqwest::Client::new().get(format!("http://{}/api/v1/issues", server.address));
    assert_eq!(answer.bearer_auth(token["token"].as_str().unwrap()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_orderly_stop_keeps_what_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let id = "00000000000000000000000000000001";
    let status = server.client().envelope(project, &key, envelope(id, small(1, 1).to_string().as_bytes())).await;
    assert_eq!(status, Some(200));
    assert!(server.stop().success());
    let server = Server::start("serve", dir.path(), &[]).await;
    let client = server.client();
    eventually("the event is there", async || client.try_get(&format!("/api/v1/events/{id}")).await.unwrap().0 == 200).await;
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let variables: Vec<(String, String)> = [
        ("BELFRY_LOG__ENGINE", "kafka".to_owned()),
        ("BELFRY_INDEX__ENGINE", "elasticsearch".to_owned()),
        ("BELFRY_LOG__KAFKA__BROKERS", nobody.clone()),
        ("BELFRY_ELASTICSEARCH__URLS", format!("[\"http://{nobody}\"]")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let server = Server::spawn("ingest", dir.path(), &variables, "127.0.0.1:0");
    let client = server.client();
    eventually("it answers", async || client.status("/healthz").await == Some(200)).await;
    let (status, body) = client.try_get("/readyz").await.unwrap();
    assert_eq!((status, body["status"].as_str()), (503, Some("not ready")));
    assert!(server.stop().success());
}
