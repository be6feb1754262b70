use schemas::catalog::Feedback;
use serde_json::{Value, json};
use storage::catalog::feedback;

use crate::server::{BILLING, SHOP, Server, ago, id};

fn words(n: u32, about: Option<u32>) -> Feedback {
    let project = if n.is_multiple_of(2) { SHOP } else { BILLING };
    let (name, email) = (Some("Jane".into()), Some("jane@shop.example".into()));
    let message = format!("words {n}");
    Feedback { id: id(n), project, event: about.map(id), received_at: ago(n.into()), name, email, message, url: None }
}

fn messages(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_event_shows_what_users_wrote_about_it() {
    let server = Server::full().await;
    let event = format!("/api/v1/events/{}", id(1));
    assert_eq!(server.get(&event).await["feedback"], json!([]));
    // Number 3 is about an event of another project that has the same id.
    feedback::add(&*server.catalog, vec![words(2, Some(1)), words(4, Some(1)), words(3, Some(1)), words(6, None)]).await.unwrap();
    let shown = server.get(&event).await;
    assert_eq!(messages(&shown["feedback"]), ["words 4", "words 2"]);
    assert_eq!(shown["error"]["message"], "message of a");
    let expected = json!({
        "id": id(2).to_string(), "project": 1, "event": id(1).to_string(), "received_at": ago(2).to_string(),
        "name": "Jane", "email": "jane@shop.example", "message": "words 2",
    });
    assert_eq!(shown["feedback"][1], expected);
}

#[tokio::test]
async fn feedback_is_listed_newest_first_page_by_page_and_kept_to_a_project() {
    let server = Server::empty().await;
    feedback::add(&*server.catalog, (1..=20).map(|n| words(n, None)).collect()).await.unwrap();
    let mut path = "/api/v1/feedback?project=shop&limit=4".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = server.get(&path).await;
        seen.extend(messages(&page["feedback"]));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/feedback?project=shop&limit=4&cursor={next}");
    }
    assert_eq!(seen, (1..=10).map(|n| format!("words {}", 2 * n)).collect::<Vec<_>>());
    assert_eq!(server.get("/api/v1/feedback").await["feedback"].as_array().unwrap().len(), 20);
    assert_eq!(server.send("GET", "/api/v1/feedback", None, "").await.status, 401);
    assert_eq!(server.problem("/api/v1/feedback?cursor=x", 400).await.0, "invalid_parameter");
}
