//! Rules that are set over the API decide which frames count, which group an event belongs to and what it is called.

use serde_json::json;

use crate::{
    client::parts,
    events::{envelope, small},
    server::{Server, eventually},
};

#[tokio::test]
async fn rules_that_are_set_hold_for_the_events_that_come_after() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let own = json!({ "stack_traces": "function:main -app\nmodule:app.work +group" });
    let all = json!({ "fingerprints": "type:Error1 tags.tenant:* -> failed-work, {{ tags.tenant }} title=\"Work failed for {{ tags.tenant }}\"" });
    for (path, rules) in [(format!("/api/v1/projects/{project}/rules"), own), ("/api/v1/rules".to_owned(), all)] {
        let (status, answer) = client.put(&path, &rules).await;
        assert_eq!(status, 200, "{answer}");
    }
    let (status, problem) = client.put("/api/v1/rules", &json!({ "stack_traces": "function:main -aap" })).await;
    assert_eq!((status, &problem["errors"][0]["suggestion"]), (400, &json!("-app")));
    // The processor has the rules within two seconds.
    let mut sent = 0;
    let mut event = json!({});
    eventually("the rules are in use", async || {
        sent += 1;
        let id = format!("{sent:032x}");
        assert_eq!(client.envelope(project, &key, envelope(&id, small(1, 2).to_string().as_bytes())).await, Some(200));
        let path = format!("/api/v1/events/{id}");
        eventually("it is stored", async || client.status_of(&path).await == 200).await;
        event = client.get(&path).await;
        event["grouping"]["rule"].is_string()
    })
    .await;
    assert_eq!(event["title"], "Work failed for t1");
    assert_eq!(event["grouping"]["parts"], json!(["fp1", "custom", ["failed-work", "t1"]]));
    let frames = &event["exceptions"][0]["stacktrace"]["frames"];
    assert_eq!((&frames[0]["in_app"], &frames[0]["why"]), (&json!(false), &json!("function:main -app")));
    assert_eq!((&frames[1]["counts"], &frames[1]["why"]), (&json!(true), &json!("module:app.work +group")));
}

#[tokio::test]
async fn rules_of_scrubbing_and_judging_change_what_is_stored_and_explained() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let rules = json!({
        "scrubbing": {
            "sensitive_fields": ["account no"],
            "safe_fields": ["extra.token"],
            "rules": { "ticket": { "type": "pattern", "pattern": "TCK-\\d+", "redaction": { "method": "replace", "text": "[ticket]" } } },
            "applications": { "$string": ["ticket"] },
        },
        "classification": [{ "name": "the bank's break", "condition": "error.type:Error1", "category": "SERVER", "severity": "warning" }],
        "strategies": [{ "category": "SERVER", "strategies": ["SKIP", "FALLBACK"] }],
    });
    let (status, answer) = client.put(&format!("/api/v1/projects/{project}/rules"), &rules).await;
    assert_eq!(status, 200, "{answer}");
    let mut sent = small(1, 2);
    sent["extra"] = json!({ "account_no": "8812", "token": "q7Rk2Zp9LmXw4TbN8vYc", "note": "see TCK-4711 for more" });
    let (mut number, mut id) = (0, String::new());
    eventually("the rules are in use", async || {
        number += 1;
        id = format!("{number:032x}");
        assert_eq!(client.envelope(project, &key, envelope(&id, sent.to_string().as_bytes())).await, Some(200));
        let path = format!("/api/v1/events/{id}");
        eventually("it is stored", async || client.status_of(&path).await == 200).await;
        client.get(&path).await["category"] == "SERVER"
    })
    .await;
    let event = client.get(&format!("/api/v1/events/{id}")).await;
    let expected = json!({ "account_no": "[Filtered]", "token": "q7Rk2Zp9LmXw4TbN8vYc", "note": "see [ticket] for more" });
    assert_eq!(event["extra"], expected);
    assert_eq!((&event["severity"], &event["strategies"]), (&json!("warning"), &json!(["SKIP", "FALLBACK"])));
    let explained = client.get(&format!("/api/v1/events/{id}/explain")).await;
    let judgement = &explained["judgement"];
    assert_eq!((&judgement["category"], &judgement["strategies"]), (&json!("SERVER"), &json!(["SKIP", "FALLBACK"])));
    let why = judgement["changes"].to_string();
    assert!(why.contains("the bank's break"), "{why}");
    let removed = explained["scrubbed"].to_string();
    assert!(removed.contains("extra.account_no") && removed.contains("ticket"), "{removed}");
}
