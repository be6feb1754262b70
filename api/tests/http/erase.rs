use http::StatusCode;
use schemas::job::{Erase, Subject, Task, What};
use serde_json::{Value, json};
use storage::catalog::jobs;

use crate::server::{SHOP, Server};

async fn ordered(server: &Server, token: &str, body: &Value) -> (StatusCode, Value) {
    let reply = server.send("POST", "/api/v1/erase", Some(token), &body.to_string()).await;
    (reply.status, reply.json())
}

#[tokio::test]
async fn an_order_is_a_job_that_tells_nobody_whom_it_is_about() {
    let server = Server::empty().await;
    let body = json!({ "project": "shop", "user": { "id": "user-7731", "email": "jane@shop.example" }, "what": "events" });
    let reply = server.send("POST", "/api/v1/erase", Some("admin"), &body.to_string()).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
    let job = reply.json();
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(reply.headers["location"], path);
    assert_eq!((&job["task"]["type"], &job["task"]["what"], &job["project"]), (&json!("erase"), &json!("events"), &json!(SHOP.0)));
    let told = [reply.text, server.get(&path).await.to_string(), server.get("/api/v1/jobs?project=shop").await.to_string()];
    for text in told {
        assert!(text.contains("\"erase\"") && !text.contains("7731") && !text.contains("jane"), "{text}");
    }
    let kept = jobs::list(&*server.catalog, None, 10).await.unwrap().remove(0);
    let Task::Erase(Erase { user, what, dry_run, projects, all_projects, ordered_by }) = kept.task else { panic!("{:?}", kept.task) };
    let jane = Subject { id: Some("user-7731".into()), email: Some("jane@shop.example".into()), ..Subject::default() };
    assert_eq!((user, what, dry_run, projects, all_projects), (Some(jane), What::Events, false, vec![SHOP], false));
    assert_eq!(ordered_by, schemas::catalog::Token::hash_of("admin"), "as the list of tokens names it");
    let cancelled = server.send("DELETE", &path, Some("admin"), "").await;
    assert_eq!(cancelled.json()["state"], "cancelled");
    let kept = jobs::list(&*server.catalog, None, 10).await.unwrap().remove(0);
    assert!(matches!(kept.task, Task::Erase(Erase { user: None, .. })), "once it is called off nobody is named");
}

#[tokio::test]
async fn without_a_project_it_is_about_all() {
    let server = Server::empty().await;
    let body = json!({ "user": { "email": "jane@shop.example" }, "what": "identity", "dry_run": true });
    let (status, job) = ordered(&server, "admin", &body).await;
    assert_eq!((status, &job["task"]["all_projects"], &job["task"]["dry_run"]), (StatusCode::ACCEPTED, &json!(true), &json!(true)));
    assert_eq!(server.get("/api/v1/jobs").await["jobs"][0]["id"], job["id"]);
    assert_eq!(server.get("/api/v1/jobs?project=shop").await["jobs"], json!([]));
}

#[tokio::test]
async fn only_admins_order_it_and_what_can_not_be_meant_is_named() {
    let server = Server::empty().await;
    let good = json!({ "user": { "id": "u" }, "what": "events" });
    for role in ["viewer", "member"] {
        assert_eq!(ordered(&server, role, &good).await.0, StatusCode::FORBIDDEN);
    }
    for (body, pointer) in [
        (json!({ "what": "events" }), ""),
        (json!({ "user": {}, "what": "events" }), "/user"),
        (json!({ "user": { "id": "" }, "what": "events" }), "/user/id"),
        (json!({ "user": { "email": "jane" }, "what": "events" }), "/user/email"),
        (json!({ "user": { "ip_address": "localhost" }, "what": "events" }), "/user/ip_address"),
        (json!({ "user": { "name": "Jane" }, "what": "events" }), "/user/name"),
        (json!({ "user": { "id": "u" }, "what": "all" }), "/what"),
        (json!({ "user": { "id": "u" } }), ""),
        (json!({ "user": { "id": "u" }, "what": "events", "project": "nowhere" }), "/project"),
    ] {
        let (status, problem) = ordered(&server, "admin", &body).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!(pointer)), "{body} {problem}");
    }
    assert_eq!(server.get("/api/v1/jobs").await["jobs"], json!([]));
}
