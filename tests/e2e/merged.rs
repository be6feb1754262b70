//! Issues are merged and split again by whoever asks the API, and every process knows, after kill -9 too.

use serde_json::{Value, json};

use crate::{
    client::{Client, parts},
    events::{envelope, small},
    server::{Server, eventually},
};

/// So many events of each of the errors.
const EACH: usize = 3;
const ERRORS: usize = 3;

/// Events `from..` of the errors, in turn.
async fn send(client: &Client, dsn: &str, from: usize) {
    let (key, project) = parts(dsn);
    for number in from..from + EACH * ERRORS {
        let body = envelope(&format!("{:032x}", number + 1), small(number, ERRORS).to_string().as_bytes());
        assert_eq!(client.envelope(project, &key, body).await, Some(200));
    }
}

/// Count, users and title of each issue, the most frequent first and then by title.
async fn issues(api: &Client) -> Vec<(u64, u64, String)> {
    let page = api.get("/api/v1/issues?sort=count").await;
    let one = |issue: &Value| {
        let title = issue["title"].as_str().unwrap().split(':').next().unwrap().to_owned();
        (issue["count"].as_u64().unwrap(), issue["users"].as_u64().unwrap(), title)
    };
    let mut issues: Vec<_> = page["issues"].as_array().unwrap().iter().map(one).collect();
    issues.sort_by(|a, b| b.0.cmp(&a.0).then(a.2.cmp(&b.2)));
    issues
}

async fn id_of(api: &Client, error: &str) -> String {
    let page = api.get(&format!("/api/v1/issues?query=error.type:{error}")).await;
    assert_eq!(page["total"], 1, "{page}");
    page["issues"][0]["id"].as_str().unwrap().to_owned()
}

async fn posted(api: &Client, id: &str, what: &str, body: Value) -> Value {
    let (status, answer) = api.post(&format!("/api/v1/issues/{id}/{what}"), &body).await;
    assert_eq!(status, 200, "{what}: {answer}");
    answer
}

fn apart(each: u64) -> Vec<(u64, u64, String)> {
    (0..ERRORS).map(|n| (each, each, format!("Error{n}"))).collect()
}

/// Merges two of three, and says what there is to undo.
async fn merge(ingest: &Client, api: &Client, dsn: &str) -> (String, Value) {
    send(ingest, dsn, 0).await;
    eventually("each error is an issue", async || issues(api).await == apart(EACH as u64)).await;
    let (first, second) = (id_of(api, "Error0").await, id_of(api, "Error1").await);
    let merged = posted(api, &first, "merge", json!({ "issues": [second] })).await;
    assert_eq!((&merged["issue"]["id"], &merged["change"]["what"]), (&json!(first), &json!("merge")), "{merged}");
    let both = issues(api).await;
    assert_eq!((both.len(), both[0].0, both[0].1), (2, 6, 6), "{both:?}");
    let part = api.get(&format!("/api/v1/issues/{second}")).await;
    assert_eq!((&part["id"], &part["merged_into"], &part["count"]), (&json!(first), &json!(first), &json!(6)));
    (first, merged["change"]["id"].clone())
}

/// More events of all three, which go to the whole; then all is as if nothing had been merged.
async fn undo(ingest: &Client, api: &Client, dsn: &str, (first, change): (String, Value)) {
    send(ingest, dsn, EACH * ERRORS).await;
    eventually("events of both are the whole's", async || {
        let both = issues(api).await;
        (both.len(), both[0].0) == (2, 12) && both[1].0 == 6
    })
    .await;
    posted(api, &first, "undo", json!({ "change": change })).await;
    // Every event of an error has another user.
    let mut apart = apart(6);
    apart.sort();
    let mut found = issues(api).await;
    found.sort();
    assert_eq!(found, apart);
    let history = api.get(&format!("/api/v1/issues/{first}/history")).await;
    let what: Vec<_> = history["changes"].as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["undo", "merge"], "{history}");
    let (status, refused) = api.post(&format!("/api/v1/issues/{first}/undo"), &json!({ "change": change })).await;
    assert_eq!((status, &refused["code"]), (409, &json!("changed_since")), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_are_merged_through_a_crash_and_the_undo_brings_both_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let dsn = server.read_dsn();
    let merged = merge(&server.client(), &server.client(), &dsn).await;
    server.end();
    let server = Server::start("serve", dir.path(), &[]).await;
    undo(&server.client(), &server.client(), &dsn, merged).await;
}

#[cfg(feature = "servers")]
mod cluster {
    use super::*;
    use crate::pairs::Pair;

    /// Merged by one process, undone by another, with a processor that knows of neither.
    async fn merged_and_undone(variable: &str) {
        let dir = tempfile::tempdir().unwrap();
        let pair = Pair::elasticsearch(variable);
        let mut api = Server::start("api", dir.path(), &pair.variables).await;
        let (status, project) = api.client().post("/api/v1/projects", &json!({ "name": "default" })).await;
        assert_eq!(status, 201, "{project}");
        let dsn = project["key"]["dsn"].as_str().unwrap();
        let ingest = Server::start("ingest", dir.path(), &pair.variables).await;
        let _processor = Server::start("process", dir.path(), &pair.variables).await;
        let merged = merge(&ingest.client(), &api.client(), dsn).await;
        let other = Server::start("api", dir.path(), &pair.variables).await;
        api.end();
        undo(&ingest.client(), &other.client(), dsn, merged).await;
        pair.remove().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn issues_are_merged_and_undone_on_elasticsearch_9() {
        merged_and_undone("BELFRY_TEST_ES9").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn issues_are_merged_and_undone_on_elasticsearch_8() {
        merged_and_undone("BELFRY_TEST_ES8").await;
    }
}
