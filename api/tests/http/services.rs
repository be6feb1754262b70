use http::StatusCode;
use serde_json::{Value, json};

use crate::server::Server;

async fn send(server: &Server, method: &str, path: &str, token: &str, body: Value) -> (StatusCode, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let reply = server.send(method, path, Some(token), &body).await;
    (reply.status, if reply.text.is_empty() { Value::Null } else { reply.json() })
}

#[tokio::test]
async fn an_entry_is_set_replaced_read_and_removed() {
    let server = Server::empty().await;
    let path = "/api/v1/services/check%20out";
    let entry = json!({"team": "Shop", "tier": "1", "services": ["checkout-*"], "paths": ["src/checkout/*"]});
    let expected = json!({"name": "check out", "team": "Shop", "tier": "1", "services": ["checkout-*"], "paths": ["src/checkout/*"]});
    assert_eq!(send(&server, "PUT", path, "admin", entry).await, (StatusCode::CREATED, expected.clone()));
    send(&server, "PUT", "/api/v1/services/cart", "admin", json!({"owner": "jane"})).await;
    assert_eq!(server.get(path).await, expected);
    assert_eq!(server.get("/api/v1/services").await, json!({"services": [{"name": "cart", "owner": "jane"}, expected]}));
    assert_eq!(
        send(&server, "PUT", path, "admin", json!({"team": "Pay"})).await,
        (StatusCode::OK, json!({"name": "check out", "team": "Pay"}))
    );
    assert_eq!(send(&server, "DELETE", path, "admin", Value::Null).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(send(&server, "DELETE", path, "admin", Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(server.problem(path, 404).await.0, "not_found");
}

#[tokio::test]
async fn what_is_wrong_with_an_entry_is_named_by_its_pointer() {
    let server = Server::empty().await;
    for (body, pointer) in [
        (json!({"paths": ["a", "*"]}), "/paths/1"),
        (json!({"tier": "1".repeat(65)}), "/tier"),
        (json!({"services": [""]}), "/services/0"),
        (json!({"teem": "Shop"}), "/teem"),
        (json!({"team": 7}), "/team"),
    ] {
        let (status, problem) = send(&server, "PUT", "/api/v1/services/cart", "admin", body).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!(pointer)), "{problem}");
    }
    let (status, problem) = send(&server, "PUT", "/api/v1/services/%0A", "admin", json!({})).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!("/name")));
}

#[tokio::test]
async fn only_admins_change_the_catalogue() {
    let server = Server::empty().await;
    for (method, body) in [("PUT", json!({})), ("DELETE", Value::Null)] {
        assert_eq!(send(&server, method, "/api/v1/services/cart", "member", body).await.0, StatusCode::FORBIDDEN);
    }
}
