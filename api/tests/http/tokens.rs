use serde_json::{Value, json};

use crate::server::{Server, now};

async fn made(server: &Server, body: Value) -> Value {
    let reply = server.send("POST", "/api/v1/tokens", Some("admin"), &body.to_string()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_token_may_be_for_projects_by_number_or_slug() {
    let server = Server::empty().await;
    let token = made(&server, json!({ "role": "viewer", "projects": ["2", "billing"] })).await;
    assert_eq!((&token["projects"], &token["role"]), (&json!([2]), &json!("viewer")));
    let seen = server.send("GET", "/api/v1/projects", token["token"].as_str(), "").await.json();
    assert_eq!((&seen["projects"][0]["slug"], seen["projects"].as_array().unwrap().len()), (&json!("billing"), 1));
    assert_eq!(made(&server, json!({ "role": "viewer" })).await["projects"], Value::Null);
}

#[tokio::test]
async fn projects_that_are_not_there_or_none_at_all_are_refused() {
    let server = Server::empty().await;
    let many = vec!["shop"; schemas::limits::TOKEN_PROJECTS + 1];
    for (projects, pointer) in [(json!([]), "/projects"), (json!(["shop", "nowhere"]), "/projects/1"), (json!(many), "/projects")] {
        let body = json!({ "role": "viewer", "projects": projects }).to_string();
        let reply = server.send("POST", "/api/v1/tokens", Some("admin"), &body).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["pointer"]), (400, &json!(pointer)), "{}", reply.text);
    }
}

#[tokio::test]
async fn tokens_are_listed_without_secrets_and_open_nothing_once_revoked() {
    let server = Server::empty().await;
    let token = made(&server, json!({ "role": "member", "projects": ["shop"] })).await;
    let secret = token["token"].as_str().unwrap();
    let listed = server.send("GET", "/api/v1/tokens", Some("admin"), "").await;
    assert!(!listed.text.contains(secret));
    let tokens = listed.json()["tokens"].as_array().unwrap().clone();
    let expected = json!({ "id": token["id"], "role": "member", "projects": [1], "created_at": now().to_string() });
    assert!(tokens.len() == 4 && tokens.contains(&expected), "{tokens:#?}");
    let path = format!("/api/v1/tokens/{}", token["id"].as_str().unwrap());
    assert_eq!(server.send("GET", "/api/v1/projects", Some(secret), "").await.status, 200);
    assert_eq!(server.send("DELETE", &path, Some("admin"), "").await.status, 204);
    assert_eq!(server.send("GET", "/api/v1/projects", Some(secret), "").await.status, 401);
    assert_eq!(server.send("DELETE", &path, Some("admin"), "").await.status, 404);
    assert_eq!(server.send("DELETE", &format!("/api/v1/tokens/{secret}"), Some("admin"), "").await.status, 404);
}
