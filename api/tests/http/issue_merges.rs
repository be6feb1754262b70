use schemas::ids::EventId;
use serde_json::{Value, json};

use crate::server::{BILLING, Reply, SHOP, Server, ago, event, fingerprint, issue_id};

async fn post(server: &Server, id: &str, what: &str, body: Value) -> Reply {
    server.send("POST", &format!("/api/v1/issues/{id}/{what}"), Some("member"), &body.to_string()).await
}

async fn done(server: &Server, id: &str, what: &str, body: Value) -> Value {
    let reply = post(server, id, what, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn refused(server: &Server, id: &str, what: &str, body: Value) -> (u16, String, String) {
    let reply = post(server, id, what, body).await;
    let problem = reply.json();
    (reply.status.as_u16(), problem["code"].as_str().unwrap().to_owned(), problem["detail"].as_str().unwrap().to_owned())
}

async fn counts(server: &Server, project: &str) -> Vec<(String, u64)> {
    let page = server.get(&format!("/api/v1/issues?from=-31h&sort=count&project={project}")).await;
    let of = |issue: &Value| (issue["id"].as_str().unwrap().to_owned(), issue["count"].as_u64().unwrap());
    let found: Vec<_> = page["issues"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(page["total"], found.len());
    found
}

#[tokio::test]
async fn merged_issues_count_as_one_from_then_on_and_an_undo_brings_both_back() {
    let server = Server::full().await;
    let (a, b, c) = (issue_id(SHOP, "a"), issue_id(SHOP, "b"), issue_id(SHOP, "c"));
    let before = counts(&server, "shop").await;
    let merged = done(&server, &c, "merge", json!({ "issues": [a.to_lowercase(), b] })).await;
    assert_eq!(merged["issue"]["id"], c);
    assert_eq!(
        (&merged["issue"]["first_seen"], &merged["issue"]["last_seen"]),
        (&json!(ago(30 * 3_600).to_string()), &json!(ago(10).to_string()))
    );
    assert_eq!(merged["issue"]["title"], "Error a", "the newest event is of it");
    assert_eq!(counts(&server, "shop").await, [(c.clone(), 5)]);
    // Of a fingerprint that was merged away.
    server.store(vec![event(60, SHOP, "b", 5)]).await;
    assert_eq!(counts(&server, "shop").await, [(c.clone(), 6)]);
    let old = server.get(&format!("/api/v1/issues/{b}")).await;
    assert_eq!((&old["id"], &old["merged_into"], &old["count"]), (&json!(c), &json!(c), &json!(6)));
    assert_eq!(old["latest_event"]["id"], EventId(crate::server::id(60).0).to_string());
    let mut parts = [a.clone(), b.clone()];
    parts.sort();
    assert_eq!(server.get(&format!("/api/v1/issues/{c}")).await["merged"], json!(parts));
    let change = merged["change"]["id"].clone();
    let undone = done(&server, &c, "undo", json!({ "change": change })).await;
    assert_eq!(undone["issue"]["last_seen"], ago(30 * 3_600).to_string());
    let mut expected = before;
    expected.iter_mut().find(|(id, _)| *id == b).unwrap().1 += 1;
    expected.sort_by(|x, y| y.1.cmp(&x.1).then(x.0.cmp(&y.0)));
    assert_eq!(counts(&server, "shop").await, expected);
    assert_eq!(server.get(&format!("/api/v1/issues/{b}")).await["merged_into"], Value::Null);
    let (status, code, detail) = refused(&server, &c, "undo", json!({ "change": change })).await;
    assert_eq!((status, code.as_str()), (409, "changed_since"));
    assert!(detail.contains("moved again by change 2"), "{detail}");
}

#[tokio::test]
async fn a_split_takes_one_fingerprint_out_and_the_history_tells_who_did_what() {
    let server = Server::full().await;
    let (a, b, c) = (issue_id(SHOP, "a"), issue_id(SHOP, "b"), issue_id(SHOP, "c"));
    done(&server, &a, "merge", json!({ "issues": [b, c] })).await;
    done(&server, &a, "split", json!({ "fingerprints": [fingerprint("c")] })).await;
    assert_eq!(counts(&server, "shop").await, [(a.clone(), 4), (c.clone(), 1)]);
    let history = server.get(&format!("/api/v1/issues/{a}/history")).await;
    let changes = history["changes"].as_array().unwrap();
    assert_eq!((&changes[0]["what"], &changes[1]["what"]), (&json!("split"), &json!("merge")));
    assert_eq!(changes[0]["moves"], json!([{ "issue": c, "from": a, "to": c }]));
    let token = schemas::catalog::Token::hash_of("member");
    assert_eq!((&changes[0]["by"], &changes[0]["at"]), (&json!({ "token": token, "role": "member" }), &json!(ago(0).to_string())));
    assert_eq!(server.get(&format!("/api/v1/issues/{b}/history")).await["changes"].as_array().unwrap().len(), 1);
    let again = done(&server, &b, "merge", json!({ "issues": [a] })).await;
    assert_eq!((&again["change"], &again["issue"]["id"]), (&Value::Null, &json!(a)), "they are one already");
}

#[tokio::test]
async fn users_of_merged_issues_count_once_in_the_order_too() {
    let server = Server::empty().await;
    let mut events = Vec::new();
    for (name, users) in [("a", ["u1", "u2"]), ("b", ["u1", "u2"]), ("c", ["u3", "u4"])] {
        for user in users {
            let mut event = event(events.len() as u32 + 1, SHOP, name, 60);
            event.user = Some(schemas::event::User { id: Some(user.into()), ..Default::default() });
            events.push(event);
        }
    }
    let mut third = event(50, SHOP, "c", 60);
    third.user = Some(schemas::event::User { id: Some("u5".into()), ..Default::default() });
    events.push(third);
    server.store(events).await;
    done(&server, &issue_id(SHOP, "a"), "merge", json!({ "issues": [issue_id(SHOP, "b")] })).await;
    let page = server.get("/api/v1/issues?sort=users").await;
    let users: Vec<(&Value, &Value)> = page["issues"].as_array().unwrap().iter().map(|issue| (&issue["id"], &issue["users"])).collect();
    assert_eq!(users, [(&json!(issue_id(SHOP, "c")), &json!(3)), (&json!(issue_id(SHOP, "a")), &json!(2))]);
}

#[tokio::test]
async fn what_cannot_be_merged_or_split_is_refused_with_its_place() {
    let server = Server::full().await;
    let (a, b) = (issue_id(SHOP, "a"), issue_id(SHOP, "b"));
    let before = counts(&server, "shop").await;
    let detail = async |what: &str, body| refused(&server, &a, what, body).await;
    let other = detail("merge", json!({ "issues": [b, issue_id(BILLING, "a")] })).await;
    assert_eq!((other.0, other.1.as_str()), (400, "invalid_body"));
    assert!(other.2.starts_with("/issues/1: ") && other.2.contains("another project"), "{}", other.2);
    assert!(detail("merge", json!({ "issues": ["shop-00000"] })).await.2.starts_with("/issues/0: there is no issue"));
    assert!(detail("merge", json!({ "issues": [] })).await.2.starts_with("/issues: it must have 1 to 1000 entries"));
    assert_eq!(detail("split", json!({ "fingerprints": [fingerprint("b")] })).await.0, 400);
    assert_eq!(detail("split", json!({ "fingerprints": ["x"] })).await.0, 400);
    let own = detail("split", json!({ "fingerprints": [fingerprint("a")] })).await;
    assert_eq!((own.0, own.1.as_str()), (409, "not_merged"));
    assert_eq!(detail("undo", json!({ "change": 1 })).await.0, 404);
    assert_eq!(refused(&server, "shop-00000", "merge", json!({ "issues": [b] })).await.0, 404);
    let reply = server.send("POST", &format!("/api/v1/issues/{a}/merge"), Some("viewer"), &json!({ "issues": [b] }).to_string()).await;
    assert_eq!(reply.status, 403);
    assert_eq!(counts(&server, "shop").await, before);
}
