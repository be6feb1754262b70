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
