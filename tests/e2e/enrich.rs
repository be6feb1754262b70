//! What events are completed from: files, entries over the API, deploys; and what of it can be asked for.

use std::{path::Path, process::Command};

use serde_json::json;

use crate::{
    client::parts,
    events::envelope,
    server::{Server, eventually},
};

const CITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/processor/tests/data/city.mmdb");
const TRACE: &str = "771a43a4192642ef9b1c0d2e3f405162";

fn id(number: usize) -> String {
    format!("{number:032x}")
}

async fn start(dir: &Path) -> Server {
    let services = dir.join("services.toml");
    std::fs::write(&services, "[[services]]\nname = \"mail\"\npaths = [\"shop/mail/*\"]\nteam = \"Mail\"\n").unwrap();
    let variables = [("BELFRY_ENRICH__GEO_FILE", CITY), ("BELFRY_ENRICH__SERVICES_FILE", services.to_str().unwrap())];
    Server::start("serve", &dir.join("data"), &variables.map(|(name, value)| (name.to_owned(), value.to_owned()))).await
}

#[tokio::test]
async fn an_event_says_where_its_user_is_what_they_used_who_answers_for_it_and_which_commit_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = start(dir.path()).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let (status, made) =
        client.put("/api/v1/services/shop", &json!({"team": "Shop", "tier": "1", "runbook": "https://wiki.example/shop"})).await;
    assert_eq!(status, 201, "{made}");
    let deploy = json!({"release": "shop@1.2.3", "environment": "production", "commit": "5f8d0a1c"});
    assert_eq!(client.post(&format!("/api/v1/projects/{project}/deploys"), &deploy).await.0, 201);

    let agent = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0";
    let event = json!({
        "platform": "python", "release": "shop@1.2.3", "environment": "production", "message": "refused",
        "user": {"id": "u1", "ip_address": "81.2.69.142"}, "request": {"url": "https://shop.example/", "headers": {"User-Agent": agent}},
        "contexts": {"trace": {"trace_id": TRACE, "span_id": "9b1c0d2e3f405162"}},
    });
    let mut sent = 0;
    eventually("processors know the service and the deploy", async || {
        sent += 1;
        assert_eq!(client.envelope(project, &key, envelope(&id(sent), event.to_string().as_bytes())).await, Some(200));
        let found = client.get("/api/v1/events?query=team:Shop%20tier:1%20country:GB%20browser:Firefox%20os:Ubuntu").await;
        found["events"].as_array().unwrap().iter().any(|event| event["commit"] == "5f8d0a1c")
    })
    .await;
    let page = client.get("/api/v1/events?query=team:Shop&limit=1").await;
    let stored = &page["events"][0];
    assert_eq!(stored["user"]["geo"], json!({"city": "London", "country_code": "GB", "region": "England"}));
    assert_eq!(stored["user_agent"], json!({"name": "Firefox", "version": "125.0", "os": "Ubuntu"}));
    assert_eq!(stored["ownership"], json!({"team": "Shop", "tier": "1", "runbook": "https://wiki.example/shop"}));

    let frame = json!({"function": "send", "filename": "shop/mail/send.py", "in_app": true});
    let other = json!({"platform": "python", "exception": {"values": [{"type": "E", "value": "v", "stacktrace": {"frames": [frame]}}]},
        "contexts": {"trace": {"trace_id": TRACE}}});
    assert_eq!(client.envelope(project, &key, envelope(&id(1_000), other.to_string().as_bytes())).await, Some(200));
    eventually("the other is stored", async || client.status_of(&format!("/api/v1/events/{}", id(1_000))).await == 200).await;
    assert_eq!(client.get(&format!("/api/v1/events/{}", id(1_000))).await["ownership"], json!({"team": "Mail"}));
    let trace = client.get(&format!("/api/v1/traces/{}?limit=1000", TRACE.to_uppercase())).await;
    let siblings = trace["events"].as_array().unwrap();
    assert_eq!((siblings.len(), &siblings.last().unwrap()["id"]), (sent + 1, &json!(id(1_000))), "{trace}");
    assert!(siblings.iter().all(|event| event["issue"].is_string()), "{trace}");
}

#[test]
fn files_that_cannot_be_used_are_found_by_check_config() {
    let dir = tempfile::tempdir().unwrap();
    let (config, table) = (dir.path().join("belfry.toml"), dir.path().join("table"));
    let check = |key: &str, content: &[u8]| {
        std::fs::write(&table, content).unwrap();
        std::fs::write(&config, format!("[enrich]\n{key} = {table:?}\n")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_belfry")).arg("check-config").arg(&config).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(check("geo_file", &std::fs::read(CITY).unwrap()), (Some(0), String::new()));
    let (code, error) = check("geo_file", b"no database");
    assert!(code == Some(2) && error.contains("enrich.geo_file") && error.contains("MaxMind"), "{error}");
    assert_eq!(check("services_file", b"[[services]]\nname = \"a\"\n"), (Some(0), String::new()));
    let (code, error) = check("services_file", b"[[services]]\nname = \"a\"\nteem = \"b\"\n");
    assert!(code == Some(2) && error.contains("enrich.services_file") && error.contains("line 3"), "{error}");
}
