use http::StatusCode;
use schemas::{catalog::Role, wire::dsn::Dsn};
use serde_json::{Value, json};
use storage::catalog::{keys, tokens};

use crate::server::{Server, ago, now};

async fn admin(server: &Server, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let reply = server.send(method, &format!("/api/v1/{path}"), Some("admin"), &body.to_string()).await;
    (reply.status, reply.json())
}

/// The settings of a project of which nothing else was changed.
fn settings(scrub_ip_addresses: bool) -> Value {
    let spike_protection = json!({ "enabled": true, "multiple": 10, "floor_per_hour": 100_000 });
    json!({ "scrub_ip_addresses": scrub_ip_addresses, "otlp_errors": false, "limits": [], "spike_protection": spike_protection })
}

#[tokio::test]
async fn a_new_project_comes_with_a_dsn_of_the_address_that_was_used() {
    let server = Server::empty().await;
    let (status, made) = admin(&server, "POST", "projects", json!({ "name": " My Shop " })).await;
    assert_eq!(status, StatusCode::CREATED);
    let expected = json!({
        "id": 3, "slug": "my-shop", "name": "My Shop", "created_at": now().to_string(), "enabled": true,
        "settings": settings(false),
    });
    assert_eq!(made["project"], expected);
    let key = made["key"]["key"].as_str().unwrap();
    assert_eq!(made["key"]["dsn"], format!("http://{key}@errors.example.com:8787/3"));
    let dsn: Dsn = made["key"]["dsn"].as_str().unwrap().parse().unwrap();
    let kept = keys::get(&*server.catalog, &dsn.public_key).await.unwrap().unwrap();
    assert_eq!((kept.project.0, kept.enabled), (3, true));
    assert_eq!(server.get("/api/v1/projects/my-shop").await, expected);
    assert_eq!(server.get("/api/v1/projects/3").await, expected);
    let slugs: Vec<Value> =
        server.get("/api/v1/projects").await["projects"].as_array().unwrap().iter().map(|project| project["slug"].clone()).collect();
    assert_eq!(slugs, ["shop", "billing", "my-shop"]);
}

#[tokio::test]
async fn a_public_address_wins_over_the_one_that_was_used() {
    let server = Server::empty().await;
    let router = Server::router_over(&server.index, &server.catalog, Some("https://errors.example.org/belfry/"));
    let reply = server.send_to(router, "GET", "/api/v1/projects/shop/keys", Some("member"), "").await;
    assert_eq!(reply.json()["keys"][0]["dsn"], "https://01010101010101010101010101010101@errors.example.org/belfry/1");
}

#[tokio::test]
async fn a_project_changes_in_what_is_given() {
    let server = Server::empty().await;
    let (status, changed) = admin(&server, "PATCH", "projects/shop", json!({ "enabled": false })).await;
    assert_eq!((status, &changed["enabled"], &changed["name"]), (StatusCode::OK, &json!(false), &json!("Shop")));
    let change = json!({ "name": "Shöp", "settings": { "scrub_ip_addresses": true } });
    let (_, changed) = admin(&server, "PATCH", "projects/1", change).await;
    let expected = json!({
        "id": 1, "slug": "shop", "name": "Shöp", "created_at": ago(3_600).to_string(), "enabled": false,
        "settings": settings(true),
    });
    assert_eq!(changed, expected);
    assert_eq!(server.get("/api/v1/projects/shop").await, expected);
    assert_eq!(admin(&server, "PATCH", "projects/99", json!({})).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_project_says_how_many_files_it_keeps_and_how_long() {
    let server = Server::empty().await;
    let settings = json!({ "attachment_bytes": 0, "attachment_days": 7 });
    let (status, changed) = admin(&server, "PATCH", "projects/shop", json!({ "settings": settings })).await;
    assert_eq!(
        (status, &changed["settings"]["attachment_bytes"], &changed["settings"]["attachment_days"]),
        (StatusCode::OK, &json!(0), &json!(7))
    );
    for days in [0, 401] {
        let (status, problem) = admin(&server, "PATCH", "projects/shop", json!({ "settings": { "attachment_days": days } })).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!("/settings/attachment_days")));
    }
}

#[tokio::test]
async fn a_project_says_which_pages_may_send() {
    let server = Server::empty().await;
    let origins = json!(["https://shop.example/", "*.Pay.example", "localhost"]);
    let (_, changed) = admin(&server, "PATCH", "projects/shop", json!({ "settings": { "allowed_origins": origins } })).await;
    let kept = json!(["https://shop.example", "*.pay.example", "localhost"]);
    assert_eq!(changed["settings"]["allowed_origins"], kept);
    let (status, problem) =
        admin(&server, "PATCH", "projects/shop", json!({ "settings": { "allowed_origins": ["*", "https://*.shop.example"] } })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!("/settings/allowed_origins/1")));
    assert_eq!(server.get("/api/v1/projects/shop").await["settings"]["allowed_origins"], kept);
    admin(&server, "PATCH", "projects/shop", json!({ "settings": { "allowed_origins": [] } })).await;
    assert_eq!(server.get("/api/v1/projects/shop").await["settings"].get("allowed_origins"), None);
}

#[tokio::test]
async fn keys_are_added_and_switched_off() {
    let server = Server::empty().await;
    let (status, added) = admin(&server, "POST", "projects/shop/keys", json!({})).await;
    assert_eq!((status, &added["project"], &added["enabled"]), (StatusCode::CREATED, &json!(1), &json!(true)));
    let key = added["key"].as_str().unwrap();
    let (status, off) = admin(&server, "PATCH", &format!("projects/shop/keys/{key}"), json!({ "enabled": false })).await;
    assert_eq!((status, &off["enabled"], &off["dsn"]), (StatusCode::OK, &json!(false), &added["dsn"]));
    let keys = server.send("GET", "/api/v1/projects/1/keys", Some("member"), "").await.json();
    let enabled: Vec<(&Value, &Value)> = keys["keys"].as_array().unwrap().iter().map(|key| (&key["key"], &key["enabled"])).collect();
    assert_eq!(enabled, [(&json!(key), &json!(false)), (&json!("01010101010101010101010101010101"), &json!(true))]);
}

#[tokio::test]
async fn the_key_of_another_project_is_not_there() {
    let server = Server::empty().await;
    let path = "projects/billing/keys/01010101010101010101010101010101";
    let (status, _) = admin(&server, "PATCH", path, json!({ "enabled": false })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let key = "01010101010101010101010101010101".parse().unwrap();
    assert!(keys::get(&*server.catalog, &key).await.unwrap().unwrap().enabled);
}

#[tokio::test]
async fn a_project_has_a_limited_number_of_keys() {
    let server = Server::empty().await;
    for _ in 1..schemas::limits::PROJECT_KEYS {
        assert_eq!(admin(&server, "POST", "projects/shop/keys", json!({})).await.0, StatusCode::CREATED);
    }
    let (status, problem) = admin(&server, "POST", "projects/shop/keys", json!({})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("limit_reached")));
}

#[tokio::test]
async fn a_new_token_works_and_its_secret_is_not_kept() {
    let server = Server::empty().await;
    let (status, made) = admin(&server, "POST", "tokens", json!({ "role": "viewer" })).await;
    assert_eq!((status, &made["role"], &made["created_at"]), (StatusCode::CREATED, &json!("viewer"), &json!(now().to_string())));
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("belfry_"));
    assert_eq!(server.send("GET", "/api/v1/projects", Some(token), "").await.status, StatusCode::OK);
    assert_eq!(server.send("POST", "/api/v1/projects", Some(token), "").await.status, StatusCode::FORBIDDEN);
    let kept = tokens::find(&*server.catalog, token).await.unwrap().unwrap();
    assert_eq!(kept.role, Role::Viewer);
    let (_, other) = admin(&server, "POST", "tokens", json!({ "role": "admin" })).await;
    assert_ne!(other["token"], made["token"]);
}

#[tokio::test]
async fn a_body_is_refused_with_a_pointer_to_what_is_wrong() {
    let server = Server::empty().await;
    const KEY_PATH: &str = "projects/shop/keys/01010101010101010101010101010101";
    let rotate = format!("{KEY_PATH}/rotate");
    let long = json!({ "name": "x".repeat(201) }).to_string();
    for (method, path, body, pointer, message) in [
        ("POST", "projects", "", "", "a JSON object is expected"),
        ("POST", "projects", "{", "", "EOF"),
        ("POST", "projects", "[\"a\"]", "", "a JSON object is expected"),
        ("POST", "projects", "{}", "", "missing field `name`"),
        ("POST", "projects", "{\"name\":5}", "/name", "expected a string"),
        ("POST", "projects", "{\"name\":\"a\",\"slug\":\"b\"}", "/slug", "unknown field `slug`"),
        ("POST", "projects", "{\"name\":\"a\"} x", "", "trailing characters"),
        ("POST", "projects", "{\"name\":\"  \"}", "/name", "1 to 200 characters"),
        ("POST", "projects", "{\"name\":\"a\\u0007\"}", "/name", "control characters"),
        ("POST", "projects", &long, "/name", "1 to 200 characters"),
        ("PATCH", "projects/shop", "{\"enabled\":1}", "/enabled", "expected a boolean"),
        ("PATCH", "projects/shop", "{\"settings\":{\"scrub\":true}}", "/settings/scrub", "unknown field"),
        ("PATCH", "projects/shop", "{\"name\":\"\"}", "/name", "1 to 200 characters"),
        ("PATCH", "projects/shop", r#"{"settings":{"limits":[{"per":"day","events":1}]}}"#, "/settings/limits/0/per", "unknown variant"),
        (
            "PATCH",
            "projects/shop",
            r#"{"settings":{"limits":[{"per":"hour","events":1,"burst":1}]}}"#,
            "/settings/limits/0/burst",
            "per minute",
        ),
        ("PATCH", "projects/shop", r#"{"settings":{"limits":[{"per":"hour","events":-1}]}}"#, "/settings/limits/0/events", "invalid value"),
        ("PATCH", "projects/shop", r#"{"settings":{"spike_protection":{"multiple":1}}}"#, "/settings/spike_protection/multiple", "from 2"),
        (
            "PATCH",
            KEY_PATH,
            r#"{"limits":[{"per":"hour","events":1,"categories":["errors"]}]}"#,
            "/limits/0/categories/0",
            "unknown variant",
        ),
        (
            "PATCH",
            KEY_PATH,
            r#"{"limits":[{"per":"hour","events":1,"categories":["internal"]}]}"#,
            "/limits/0/categories/0",
            "never limited",
        ),
        ("POST", &rotate, r#"{"overlap_hours":8761}"#, "/overlap_hours", "from 0 to 8760"),
        ("POST", "tokens", "{\"role\":\"root\"}", "/role", "unknown variant `root`"),
        ("POST", "tokens", "{\"role\":\"admn\"}", "/role", "did you mean `admin`?"),
        ("PATCH", "projects/shop", "{\"enabeld\":true}", "/enabeld", "did you mean `enabled`?"),
    ] {
        let reply = server.send(method, &format!("/api/v1/{path}"), Some("admin"), body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path} {body}: {}", reply.text);
        let problem = reply.json();
        assert_eq!((&problem["code"], &problem["errors"][0]["pointer"]), (&json!("invalid_body"), &json!(pointer)), "{path} {body}");
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains(message), "{path} {body}: {problem}");
    }
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    let reply = server.send("POST", "/api/v1/projects", Some("admin"), &huge).await;
    assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
}
