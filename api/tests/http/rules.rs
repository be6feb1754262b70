use http::StatusCode;
use serde_json::json;

use crate::server::{Reply, Server};

const SHOP: &str = "/api/v1/projects/shop/rules";
const ALL: &str = "/api/v1/rules";

async fn put(server: &Server, path: &str, if_match: Option<&str>, body: &str) -> Reply {
    let headers: Vec<(&str, &str)> = if_match.map(|tag| ("if-match", tag)).into_iter().collect();
    server.send_with("PUT", path, Some("admin"), &headers, body).await
}

fn tag(reply: &Reply) -> &str {
    reply.headers["etag"].to_str().unwrap()
}

#[tokio::test]
async fn rules_are_set_and_read_back_with_a_growing_revision() {
    let server = Server::empty().await;
    for path in [SHOP, ALL] {
        let first = server.send("GET", path, Some("viewer"), "").await;
        assert_eq!((first.status, tag(&first)), (StatusCode::OK, "\"0\""));
        let set = put(&server, path, None, "{}").await;
        assert_eq!((set.status, tag(&set)), (StatusCode::OK, "\"1\""), "{}", set.text);
        let read = server.send("GET", path, Some("viewer"), "").await;
        assert_eq!((tag(&read), &read.text), ("\"1\"", &set.text));
        let body = json!({ "stack_traces": "path:**/ours/** +app", "fingerprints": "type:A -> a" });
        let kept = put(&server, path, Some("\"1\""), &body.to_string()).await.json();
        assert_eq!((&kept["stack_traces"], &kept["fingerprints"]), (&body["stack_traces"], &body["fingerprints"]));
    }
    let other = server.send("GET", "/api/v1/projects/billing/rules", Some("viewer"), "").await;
    assert_eq!(tag(&other), "\"0\"");
}

#[tokio::test]
async fn a_change_of_rules_that_someone_else_changed_since_is_refused() {
    let server = Server::empty().await;
    assert_eq!(tag(&put(&server, SHOP, Some("\"0\""), "{}").await), "\"1\"");
    let stale = put(&server, SHOP, Some("\"0\""), "{}").await;
    assert_eq!((stale.status, &stale.json()["code"]), (StatusCode::PRECONDITION_FAILED, &json!("stale_revision")));
    assert_eq!(tag(&put(&server, SHOP, Some("W/\"1\""), "{}").await), "\"2\"");
    assert_eq!(tag(&put(&server, SHOP, Some("*"), "{}").await), "\"3\"");
    let odd = put(&server, SHOP, Some("3"), "{}").await;
    assert_eq!((odd.status, &odd.json()["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_header")));
}

#[tokio::test]
async fn only_an_admin_sets_rules() {
    let server = Server::empty().await;
    for (method, token, expected) in [
        ("GET", None, StatusCode::UNAUTHORIZED),
        ("GET", Some("viewer"), StatusCode::OK),
        ("PUT", Some("viewer"), StatusCode::FORBIDDEN),
        ("PUT", Some("member"), StatusCode::FORBIDDEN),
        ("PUT", Some("admin"), StatusCode::OK),
    ] {
        for path in [SHOP, ALL] {
            assert_eq!(server.send(method, path, token, "{}").await.status, expected, "{method} {path} {token:?}");
        }
    }
    assert_eq!(server.send("GET", "/api/v1/projects/none/rules", Some("viewer"), "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(put(&server, "/api/v1/projects/none/rules", None, "{}").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_section_that_nobody_knows_is_refused_by_its_place() {
    let server = Server::empty().await;
    let reply = put(&server, SHOP, None, r#"{"no_such_section":1}"#).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let problem = reply.json();
    assert_eq!((&problem["code"], &problem["errors"][0]["pointer"]), (&json!("invalid_body"), &json!("/no_such_section")));
    assert_eq!(tag(&server.send("GET", SHOP, Some("viewer"), "").await), "\"0\"");
}

#[tokio::test]
async fn everything_that_is_wrong_with_rules_is_told_at_once() {
    let server = Server::empty().await;
    let rules = json!({ "stack_traces": "function:a -app\nfucntion:b -app", "fingerprints": "# ours\ntype:A -> {{ trasaction }}" });
    let reply = put(&server, SHOP, None, &rules.to_string()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let problem = reply.json();
    assert_eq!(problem["code"], "invalid_rules");
    let place = |n: usize| {
        let error = &problem["errors"][n];
        (error["pointer"].clone(), error["line"].clone(), error["column"].clone(), error["suggestion"].clone())
    };
    assert_eq!(place(0), (json!("/stack_traces"), json!(2), json!(1), json!("function")));
    assert_eq!(place(1), (json!("/fingerprints"), json!(2), json!(11), json!("transaction")));
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2));
    let misspelt = put(&server, SHOP, None, r#"{"stack_trace":""}"#).await.json();
    assert!(misspelt["errors"][0]["message"].as_str().unwrap().contains("did you mean `stack_traces`?"), "{misspelt}");
}

#[tokio::test]
async fn rules_have_a_size() {
    let server = Server::empty().await;
    let body = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
    assert_eq!(put(&server, SHOP, None, &body(schemas::limits::RULES_BYTES)).await.status, StatusCode::OK);
    let reply = put(&server, SHOP, None, &body(schemas::limits::RULES_BYTES + 1)).await;
    assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
}
