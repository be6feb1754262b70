use http::StatusCode;
use schemas::limits;
use serde_json::{Value, json};
use storage::catalog::deploys;

use crate::server::{BILLING, SHOP, Server, ago, now};

const PATH: &str = "/api/v1/projects/shop/deploys";

async fn post(server: &Server, body: Value) -> (StatusCode, Value) {
    let reply = server.send("POST", PATH, Some("member"), &body.to_string()).await;
    (reply.status, reply.json())
}

#[tokio::test]
async fn deploys_are_listed_newest_first_and_the_same_again_is_the_same() {
    let server = Server::empty().await;
    let early = json!({"release": "shop@1.0", "environment": "production", "commit": "5f8d0a1c", "at": ago(60).to_string(),
        "url": "https://ci.example.com/7", "name": "Build 7"});
    let (status, first) = post(&server, early.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(post(&server, early).await, (StatusCode::OK, first.clone()));
    let (_, second) = post(&server, json!({"release": "shop@1.1"})).await;
    assert_eq!((&second["at"], &second["commit"]), (&json!(now().to_string()), &Value::Null));
    assert_eq!(server.get(PATH).await, json!({"deploys": [second, first], "more": false}));
    let page = server.get(&format!("{PATH}?limit=1")).await;
    assert_eq!((&page["deploys"][0]["release"], &page["more"]), (&json!("shop@1.1"), &json!(true)));
    assert_eq!(server.get("/api/v1/projects/billing/deploys").await["deploys"], json!([]));
}

#[tokio::test]
async fn a_release_that_is_a_commit_names_it() {
    let server = Server::empty().await;
    let (_, made) = post(&server, json!({"release": "shop@5f8d0a1c"})).await;
    assert_eq!(made["commit"], "5f8d0a1c");
    let known = deploys::commits(&*server.catalog, &[BILLING, SHOP]).await.unwrap();
    assert_eq!((known[0].of("shop@5f8d0a1c", None), known[1].of("shop@5f8d0a1c", Some("qa"))), (None, Some("5f8d0a1c")));
}

#[tokio::test]
async fn what_is_wrong_with_a_deploy_is_named_by_its_pointer() {
    let server = Server::empty().await;
    for (body, pointer) in [
        (json!({"release": " "}), "/release"),
        (json!({"release": "1", "url": "javascript:alert(1)"}), "/url"),
        (json!({"release": "1", "at": "2027-01-01T00:00:00Z"}), "/at"),
        (json!({"release": "1", "at": "yesterday"}), "/at"),
        (json!({"release": "1", "enviroment": "qa"}), "/enviroment"),
        (json!({"release": "x".repeat(limits::NAME_CHARS + 1)}), "/release"),
    ] {
        let (status, problem) = post(&server, body).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!(pointer)), "{problem}");
    }
    let reply = server.send("POST", PATH, Some("viewer"), "{\"release\":\"1\"}").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}
