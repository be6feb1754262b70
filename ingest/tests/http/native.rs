//! The native API.

use schemas::{ids::ProjectId, record::Kind};
use serde_json::{Value, json};

use crate::app::{Answer, App, KEY, auth, payload, post};

const PATH: &str = "/api/v1/events";
const ID: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";

async fn send(app: &App, content_type: &str, body: impl ToString) -> Answer {
    let request = post(PATH).header("authorization", format!("Bearer {KEY}")).header("content-type", content_type);
    app.send(request.body(body.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn one_event_is_taken() {
    let app = App::new().await;
    let event = json!({"id": ID, "message": "it broke", "service": "checkout"});
    let answer = send(&app, "application/json", &event).await;
    assert_eq!((answer.status, answer.json()["results"][0]["id"].as_str()), (200, Some(ID)), "{}", answer.body);
    let [record] = app.records().await.try_into().unwrap();
    assert_eq!((record.kind, record.project, record.event_id), (Kind::NativeEvent, ProjectId(42), ID.parse().unwrap()));
    assert_eq!(serde_json::from_slice::<Value>(&payload(&record)).unwrap(), event);
}

#[tokio::test]
async fn lists_and_lines_are_taken_in_their_order() {
    let app = App::new().await;
    let messages = ["one", "two", "three"];
    let list = json!(messages.map(|message| json!({ "message": message })));
    let lines = messages.map(|message| json!({ "message": message }).to_string()).join("\n");
    for (content_type, body) in [("application/json", list.to_string()), ("application/x-ndjson", lines)] {
        let answer = send(&app, content_type, body).await;
        assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (200, Some(3)), "{}", answer.body);
        let records = app.records().await;
        for ((record, message), result) in records.iter().zip(messages).zip(answer.json()["results"].as_array().unwrap()) {
            assert_eq!(serde_json::from_slice::<Value>(&payload(record)).unwrap()["message"], message);
            assert_eq!(result, &json!({"id": record.event_id, "status": "accepted"}));
        }
    }
}

#[tokio::test]
async fn a_bad_event_does_not_spoil_the_others() {
    let app = App::new().await;
    let answer = send(&app, "application/json", json!([{"message": "good"}, 7, {"message": "x", "timestamp": "yesterday"}])).await;
    assert_eq!(answer.status, 207, "{}", answer.body);
    let body = answer.json();
    assert_eq!((body["accepted"].as_u64(), body["rejected"].as_u64()), (Some(1), Some(2)));
    assert_eq!(body["results"][1]["status"], "rejected");
    assert_eq!(body["results"][1]["errors"][0]["pointer"], "/1");
    assert_eq!(body["results"][2]["errors"][0]["pointer"], "/2/timestamp");
    assert_eq!(app.records().await.len(), 1);
}

#[tokio::test]
async fn when_no_event_is_good_it_is_a_problem_that_names_each_place() {
    let app = App::new().await;
    let answer = send(&app, "application/json", json!([7, {"message": "x", "timestamp": "yesterday"}])).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let body = answer.json();
    assert_eq!((body["code"].as_str(), body["status"].as_u64()), (Some("invalid_events"), Some(400)));
    assert_eq!((body["errors"][0]["pointer"].as_str(), body["errors"][1]["pointer"].as_str()), (Some("/0"), Some("/1/timestamp")));
    assert_eq!(body["results"].as_array().unwrap().len(), 2);
    for (body, code) in [("{\"message\":}", "invalid_json"), ("nope", "invalid_json"), ("{}", "missing_field")] {
        let answer = send(&app, "application/json", body).await;
        assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (400, "application/problem+json"), "{body}");
        assert!(answer.body.contains(code), "{}", answer.body);
    }
    assert!(app.records().await.is_empty());
}

#[tokio::test]
async fn the_key_is_needed_and_its_places_are_those_of_the_sdks() {
    let app = App::new().await;
    let answer = app.send(post(PATH).body("{}".into()).unwrap()).await;
    assert_eq!((answer.status, answer.headers["www-authenticate"].to_str().unwrap()), (401, "Bearer"));
    assert_eq!(answer.json()["code"], "missing_key");
    let unknown = post(PATH).header("authorization", format!("Bearer {}", "f".repeat(32)));
    assert_eq!(app.send(unknown.body("{}".into()).unwrap()).await.status, 403);
    let sentry = post(PATH).header("x-sentry-auth", auth());
    assert_eq!(app.send(sentry.body(json!({"message": "x"}).to_string().into()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_batch_that_is_longer_than_one_append_is_stored_whole() {
    let app = App::new().await;
    let lines = (0..3_000).map(|n| json!({ "message": format!("event {n}") }).to_string()).collect::<Vec<_>>().join("\n");
    let answer = send(&app, "application/x-ndjson", lines).await;
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (200, Some(3_000)));
    assert_eq!(app.records().await.len(), 3_000);
    let too_many = "{\"message\":\"x\"}\n".repeat(10_001);
    assert_eq!(send(&app, "application/x-ndjson", too_many).await.status, 413);
}

#[tokio::test]
async fn a_request_with_an_idempotency_key_makes_the_same_ids_again() {
    let app = App::new().await;
    let send = async |key: &'static str, body: Value| {
        let request = post(PATH).header("authorization", format!("Bearer {KEY}")).header("idempotency-key", key);
        let answer = app.send(request.body(body.to_string().into()).unwrap()).await;
        let ids: Vec<_> = app.records().await.iter().map(|record| record.event_id).collect();
        (answer, ids)
    };
    let batch = json!([{"message": "a"}, 7, {"message": "b"}, {"message": "c", "id": ID}]);
    let (answer, first) = send("order-17", batch.clone()).await;
    assert_eq!((answer.status, answer.json()["results"][0]["id"].as_str()), (207, Some(first[0].to_string().as_str())));
    assert_eq!(send("order-17", batch.clone()).await.1, first);
    assert!(first[0] != first[1] && first[2] == ID.parse().unwrap());
    assert_eq!(send("order-17", json!({"message": "a"})).await.1, first[..1], "a lone event is the first of a list of one");
    assert_ne!(send("order-18", batch).await.1[..2], first[..2]);
    let long: &'static str = "x".repeat(256).leak();
    for key in ["", " ", "\u{e9}", long] {
        let (answer, ids) = send(key, json!({"message": "a"})).await;
        assert_eq!((answer.status, answer.json()["code"].as_str(), ids.len()), (400, Some("invalid_idempotency_key"), 0), "{key:?}");
    }
}
