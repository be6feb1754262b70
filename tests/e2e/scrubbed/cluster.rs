//! The same on Kafka and Elasticsearch: every document of every index, those of the catalog too, and the files below.

use std::path::PathBuf;

use serde_json::Value;

use super::{assert_clean, assert_clean_answers, files, memmem, send};
use crate::{
    pairs::{Pair, comparable},
    server::Server,
};

/// Most documents that the servers keep of one event and one project.
const DOCUMENTS: usize = 1_000;

/// The JSON that Elasticsearch answers to a GET.
async fn ask(url: &str) -> Value {
    let answer = reqwest::get(url).await.unwrap();
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    answer.json().await.unwrap()
}

/// The folders of these indices, where Elasticsearch runs on this machine.
async fn folders(elasticsearch: &str, indices: &str) -> Vec<PathBuf> {
    let listed = ask(&format!("{elasticsearch}/_cat/indices/{indices}?expand_wildcards=all&h=uuid&format=json")).await;
    let uuids: Vec<&str> = listed.as_array().unwrap().iter().map(|index| index["uuid"].as_str().unwrap()).collect();
    assert!(!uuids.is_empty(), "there are no indices");
    let nodes = ask(&format!("{elasticsearch}/_nodes/stats/fs")).await;
    let disks = nodes["nodes"].as_object().unwrap().values().flat_map(|node| node["fs"]["data"].as_array().cloned().unwrap_or_default());
    let roots: Vec<PathBuf> = disks.filter_map(|disk| Some(PathBuf::from(disk["path"].as_str()?).join("indices"))).collect();
    roots.iter().flat_map(|root| uuids.iter().map(|uuid| root.join(uuid))).filter(|folder| folder.is_dir()).collect()
}

async fn check(variable: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut embedded = Server::start("serve", dir.path(), &[]).await;
    let dsn = embedded.read_dsn();
    send(&embedded.client(), &dsn, &embedded.client()).await;
    let one = assert_clean_answers(&embedded.client()).await;

    let pair = Pair::elasticsearch(variable);
    let api = Server::start("api", dir.path(), &pair.variables).await;
    let (status, project) = api.client().post("/api/v1/projects", &serde_json::json!({"name": "default"})).await;
    assert_eq!(status, 201, "{project}");
    let ingest = Server::start("ingest", dir.path(), &pair.variables).await;
    let processor = Server::start("process", dir.path(), &pair.variables).await;
    send(&ingest.client(), project["key"]["dsn"].as_str().unwrap(), &api.client()).await;
    let other = assert_clean_answers(&api.client()).await;
    assert_eq!(comparable(one), comparable(other), "both pairs keep the same event");

    let (elasticsearch, indices) = pair.indices();
    let documents = format!("{elasticsearch}/{indices}/_search?expand_wildcards=all&size={DOCUMENTS}");
    for action in ["_refresh", "_flush"] {
        let url = format!("{elasticsearch}/{indices}/{action}?expand_wildcards=all");
        assert!(reqwest::Client::new().post(url).send().await.unwrap().status().is_success(), "{action}");
    }
    let found = ask(&documents).await;
    assert!(found["hits"]["total"]["value"].as_u64().unwrap() < DOCUMENTS as u64, "not all documents were looked at");
    assert!(found["hits"]["hits"].as_array().unwrap().len() > 2, "an event, an issue and a project: {found}");
    let text = found.to_string();
    assert!(text.contains("AuthError"), "the stored event was not found: {text}");
    assert_clean("the documents", text.as_bytes());
    let mut stored = Vec::new();
    folders(&elasticsearch, &indices).await.iter().for_each(|folder| files(folder, &mut stored));
    assert!(stored.is_empty() || stored.iter().any(|(_, bytes)| memmem(bytes, b"fp1-")), "the files are not those of the event");
    eprintln!("{} documents and {} files looked through", found["hits"]["total"]["value"], stored.len());
    stored.iter().for_each(|(name, bytes)| assert_clean(name, bytes));
    for server in [&api, &ingest, &processor] {
        assert_clean("a server's own log", server.log().lock().unwrap().as_bytes());
    }
    pair.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_an_event_is_in_elasticsearch_9() {
    check("BELFRY_TEST_ES9").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_an_event_is_in_elasticsearch_8() {
    check("BELFRY_TEST_ES8").await;
}
