use serde_json::{Value, json};

use crate::server::{BILLING, SHOP, Server, event, id};

async fn tried(server: &Server, body: &Value) -> (u16, Value) {
    let reply = server.send("POST", "/api/v1/projects/shop/rules/try", Some("member"), &body.to_string()).await;
    (reply.status.as_u16(), reply.json())
}

#[tokio::test]
async fn rules_are_tried_on_pasted_events_of_both_forms_and_on_stored_ones() {
    let server = Server::full().await;
    for body in [
        json!({ "event": { "message": "hello" }, "rules": {} }),
        json!({ "event": { "error": { "message": "hello" } }, "format": "native" }),
        json!({ "event_id": id(1) }),
    ] {
        let (status, answer) = tried(&server, &body).await;
        assert_eq!((status, &answer["kind"], &answer["event"]["title"]), (200, &json!("stored"), &json!("tried in shop")), "{body}");
    }
    let (_, answer) = tried(&server, &json!({ "event": { "message": "left out" } })).await;
    assert_eq!((&answer["kind"], &answer["detail"], &answer["event"]), (&json!("filtered"), &json!("the rule"), &Value::Null));
}

#[tokio::test]
async fn what_can_not_be_tried_is_named() {
    let server = Server::empty().await;
    server.store(vec![event(1, BILLING, "a", 10), event(2, SHOP, "a", 10)]).await;
    for (body, pointer) in [
        (json!({}), ""),
        (json!({ "event_id": id(2), "event": {} }), ""),
        // Of another project.
        (json!({ "event_id": id(1) }), "/event_id"),
        (json!({ "event": [] }), "/event"),
        (json!({ "event": {}, "rules": { "nosuch": 1 } }), "/rules"),
        (json!({ "event": {}, "format": "otlp" }), "/format"),
    ] {
        let (status, answer) = tried(&server, &body).await;
        let found = answer["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{body}");
        assert!(found.starts_with(pointer), "{body}: {answer}");
    }
    let reply = server.send("POST", "/api/v1/projects/shop/rules/try", Some("viewer"), "{}").await;
    assert_eq!(reply.status.as_u16(), 403);
}
