use http::StatusCode;
use schemas::limits;
use serde_json::{Value, json};

use crate::server::Server;

async fn ordered(server: &Server, body: &Value) -> (StatusCode, Value) {
    let reply = server.send("POST", "/api/v1/projects/shop/rules/preview", Some("member"), &body.to_string()).await;
    if reply.status == StatusCode::ACCEPTED {
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(reply.headers["location"], format!("/api/v1/jobs/{id}"));
    }
    (reply.status, reply.json())
}

#[tokio::test]
async fn a_preview_is_a_job_of_the_last_week_that_can_be_called_off() {
    let server = Server::empty().await;
    let (status, job) = ordered(&server, &json!({ "rules": {} })).await;
    assert_eq!((status, &job["state"]), (StatusCode::ACCEPTED, &json!("waiting")));
    assert_eq!((&job["task"]["from"], &job["task"]["to"]), (&json!("2026-11-13T12:01:00Z"), &json!("2026-11-20T12:01:00Z")));
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(server.get(&path).await, job);
    assert_eq!(server.get("/api/v1/jobs?project=shop").await["jobs"][0], job);
    assert_eq!(server.get("/api/v1/jobs?project=billing").await["jobs"], json!([]));
    let cancelled = server.send("DELETE", &path, Some("member"), "").await.json();
    assert_eq!((&cancelled["state"], &cancelled["ended_at"]), (&json!("cancelled"), &json!("2026-11-20T12:00:00Z")));
    assert_eq!(server.send("DELETE", &path, Some("member"), "").await.json(), cancelled);
}

#[tokio::test]
async fn only_so_many_jobs_of_a_project_wait() {
    let server = Server::empty().await;
    for _ in 0..limits::JOBS_WAITING {
        assert_eq!(ordered(&server, &json!({ "rules": {} })).await.0, StatusCode::ACCEPTED);
    }
    let (status, problem) = ordered(&server, &json!({ "rules": {} })).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("limit_reached")));
}

#[tokio::test]
async fn what_can_not_be_ordered_is_named() {
    let server = Server::empty().await;
    for (body, pointer) in [
        (json!({}), ""),
        (json!({ "rules": {}, "from": "2026-11-20T12:00:00Z", "to": "2026-11-20T12:00:00Z" }), "/from"),
        (json!({ "rules": {}, "from": "yesterday" }), "/from"),
    ] {
        let (status, problem) = ordered(&server, &body).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!(pointer)), "{body}");
    }
    let (code, _) = server.problem("/api/v1/jobs/00000000000000000000000000000001", 404).await;
    assert_eq!(code, "not_found");
    let reply = server.send("POST", "/api/v1/projects/shop/rules/preview", Some("viewer"), "{}").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}
