//! One event as an SDK sends it, from the request to the issue.

use serde_json::json;

use crate::{
    client::parts,
    events::envelope,
    server::{Server, eventually},
};

#[tokio::test]
async fn a_chained_exception_becomes_an_issue_with_its_event() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let id = "b2c8f9d4e1a04b6f8c3d5e7f90123456";
    let event = json!({
        "platform": "python", "release": "shop@1.2.3", "environment": "staging",
        "exception": {"values": [
            {"type": "ZeroDivisionError", "value": "division by zero", "stacktrace": {"frames": [
                {"function": "inner", "module": "shop.cart", "filename": "shop/cart.py", "lineno": 4, "in_app": true}]}},
            {"type": "ValueError", "value": "bad order 9912", "mechanism": {"type": "excepthook", "handled": false},
             "stacktrace": {"frames": [
                {"function": "main", "module": "shop.app", "filename": "shop/app.py", "lineno": 20, "in_app": true},
                {"function": "checkout", "module": "shop.cart", "filename": "shop/cart.py", "lineno": 9, "in_app": true}]}}]},
        "user": {"id": "u-42", "email": "jane.doe@example.com"},
        "tags": {"tenant": "acme"}, "extra": {"password": "hunter2"}
    });
    assert_eq!(client.envelope(project, &key, envelope(id, event.to_string().as_bytes())).await, Some(200));

    eventually("the issue is there", async || !client.get("/api/v1/issues").await["issues"].as_array().unwrap().is_empty()).await;
    let issue = &client.get("/api/v1/issues").await["issues"][0];
    assert_eq!((issue["count"].as_u64(), issue["users"].as_u64()), (Some(1), Some(1)), "{issue}");
    assert_eq!(issue["title"], "ValueError: bad order 9912");

    let stored = client.get(&format!("/api/v1/events/{id}")).await;
    let raised = &stored["exceptions"][1];
    assert_eq!((&raised["type"], &raised["value"]), (&json!("ValueError"), &json!("bad order 9912")));
    let functions: Vec<_> = raised["stacktrace"]["frames"].as_array().unwrap().iter().map(|f| f["function"].as_str().unwrap()).collect();
    assert_eq!(functions, ["main", "checkout"]);
    assert_eq!((&stored["tags"]["tenant"], &stored["user"]["id"]), (&json!("acme"), &json!("u-42")));
    let whole = stored.to_string();
    assert!(!whole.contains("hunter2") && !whole.contains("jane.doe"), "{whole}");

    let detail = client.get(&format!("/api/v1/issues/{}", issue["id"].as_str().unwrap())).await;
    assert_eq!(detail["latest_event"]["id"], id, "{detail}");
    let fate = client.get(&format!("/api/v1/events/{id}/outcome")).await;
    assert_eq!(fate["outcomes"][0]["kind"], "stored", "{fate}");
}

#[tokio::test]
async fn what_is_no_event_is_set_aside_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let id = "00000000000000000000000000000bad";
    assert_eq!(client.envelope(project, &key, envelope(id, b"{\"message\":")).await, Some(200));
    let path = format!("/api/v1/events/{id}/outcome");
    eventually("its fate is known", async || client.try_get(&path).await.unwrap().0 == 200).await;
    let fate = client.get(&path).await;
    assert_eq!((&fate["outcomes"][0]["kind"], &fate["outcomes"][0]["reason"]), (&json!("dead_lettered"), &json!("invalid_json")), "{fate}");
    let letters = client.get("/api/v1/dead-letters").await;
    assert_eq!(letters["dead_letters"][0]["reason"], "invalid_json", "{letters}");
}

#[tokio::test]
async fn the_same_id_is_stored_once_and_the_second_record_knows_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let id = "00000000000000000000000000000002";
    let body = envelope(id, b"{\"message\":\"again\"}");
    assert_eq!(server.client().envelope(project, &key, body.clone()).await, Some(200));
    assert!(server.stop().success());

    let server = Server::start("serve", dir.path(), &[]).await;
    let client = server.client();
    assert_eq!(client.envelope(project, &key, body).await, Some(200));
    let path = format!("/api/v1/events/{id}/outcome");
    let kinds = async || -> Vec<String> {
        let (_, fate) = client.try_get(&path).await.unwrap();
        fate["outcomes"].as_array().into_iter().flatten().map(|o| o["kind"].as_str().unwrap().to_owned()).collect()
    };
    eventually("both records have ended", async || kinds().await.len() == 2).await;
    assert_eq!(kinds().await, ["stored", "duplicate"]);
    assert_eq!(client.get("/api/v1/stats/summary").await["total"], 1);
}
