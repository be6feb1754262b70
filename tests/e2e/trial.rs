//! Rules before they are set, and what they do then: tried on one event, previewed on history, set, explained.

use serde_json::{Value, json};

use crate::{
    client::{Client, parts},
    events::{envelope, small},
    server::{Server, eventually},
};

/// What came of a job, once it is done.
async fn done(client: &Client, job: &Value) -> Value {
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    eventually("the job ends", async || client.get(&path).await["ended_at"].is_string()).await;
    let ended = client.get(&path).await;
    assert_eq!(ended["state"], "done", "{ended}");
    ended["outcome"].clone()
}

#[tokio::test]
async fn a_rule_does_what_its_trial_and_its_preview_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    // Two groups of three events each, and one of two.
    for (number, group) in [0, 1, 2, 0, 1, 2, 0, 1].into_iter().enumerate() {
        let event = small(group, 3).to_string();
        assert_eq!(client.envelope(project, &key, envelope(&format!("{number:032x}"), event.as_bytes())).await, Some(200));
    }
    eventually("all is stored", async || client.get("/api/v1/stats/summary").await["total"] == 8).await;

    let rules = json!({ "fingerprints": "error.type:Error[01] -> early title=\"Early: {{ error.type }}\"" });
    let of_project = format!("/api/v1/projects/{project}/rules");
    let pasted = json!({ "rules": rules, "event": small(1, 3) });
    let (status, tried) = client.post(&format!("{of_project}/try"), &pasted).await;
    assert_eq!((status, &tried["kind"], &tried["event"]["title"]), (200, &json!("stored"), &json!("Early: Error1")), "{tried}");
    let stored = json!({ "rules": rules, "event_id": format!("{:032x}", 2) });
    let (_, untouched) = client.post(&format!("{of_project}/try"), &stored).await;
    assert_eq!(untouched["event"]["title"], "Error2: case 2", "{untouched}");

    let (status, job) = client.post(&format!("{of_project}/preview"), &json!({ "rules": rules })).await;
    assert_eq!(status, 202, "{job}");
    let preview = done(&client, &job).await;
    let said = ["events", "groups_before", "groups_after", "moved", "splits", "merges"].map(|name| preview[name].as_u64().unwrap());
    assert_eq!(said, [8, 3, 2, 6, 0, 1], "{preview}");
    let merged: Vec<_> = preview["examples"][0]["parts"].as_array().unwrap().iter().map(|part| part["events"].clone()).collect();
    assert_eq!(merged, [json!(3), json!(3)], "{preview}");

    assert_eq!(client.put(&of_project, &rules).await.0, 200);
    eventually("the rules are in use", async || {
        let id = format!("{:032x}", jiff::Timestamp::now().as_nanosecond());
        assert_eq!(client.envelope(project, &key, envelope(&id, small(0, 3).to_string().as_bytes())).await, Some(200));
        let path = format!("/api/v1/events/{id}/explain");
        eventually("it is stored", async || client.status_of(&path).await == 200).await;
        let explained = client.get(&path).await;
        explained["grouping"]["by"] == "rule" && explained["grouping"]["fingerprint"] == tried["event"]["grouping"]["fingerprint"]
    })
    .await;
    assert!(server.stop().success());
}
