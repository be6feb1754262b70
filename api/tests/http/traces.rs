use schemas::event::Event;
use serde_json::{Value, json};

use crate::server::{BILLING, SHOP, Server, ago, event, id, issue_id};

const TRACE: &str = "771a43a4192642ef9b1c0d2e3f405162";

fn traced(mut event: Event, trace: Option<&str>, correlation: Option<&str>) -> Event {
    event.trace.trace_id = trace.map(str::to_owned);
    event.trace.span_id = trace.map(|_| "9b1c0d2e3f405162".to_owned());
    event.trace.correlation_id = correlation.map(str::to_owned);
    event.service = Some("checkout".into());
    event
}

async fn server() -> Server {
    let server = Server::empty().await;
    let day = 24 * 3_600;
    server
        .store(vec![
            traced(event(1, SHOP, "a", 10), Some(TRACE), None),
            traced(event(2, BILLING, "b", 30), Some(TRACE), None),
            traced(event(3, SHOP, "c", 20), None, Some(TRACE)),
            traced(event(4, SHOP, "a", 5), Some("00000000000000000000000000000001"), Some("order-17")),
            traced(event(5, BILLING, "a", 6), None, Some("order-17")),
            traced(event(6, SHOP, "a", 40 * day), Some(TRACE), None),
        ])
        .await;
    server
}

fn ids(trace: &Value) -> Vec<&str> {
    trace["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_of_a_trace_are_told_in_order_across_projects() {
    let server = server().await;
    let trace = server.get(&format!("/api/v1/traces/{TRACE}")).await;
    assert_eq!(ids(&trace), [id(2), id(3), id(1)].map(|id| id.to_string()));
    let expected = json!({
        "id": id(1).to_string(), "project": 1, "timestamp": ago(10).to_string(), "title": "Error a", "level": "error", "service": "checkout",
        "environment": null, "release": null, "transaction": null, "span_id": "9b1c0d2e3f405162", "parent_span_id": null,
        "fingerprint": crate::server::fingerprint("a").to_string(), "issue": issue_id(SHOP, "a"),
    });
    assert_eq!(trace["events"][2], expected);
    assert_eq!((&trace["id"], &trace["more"]), (&json!(TRACE), &json!(false)));
    assert_eq!(trace["events"][0]["issue"], issue_id(BILLING, "b"));
}

#[tokio::test]
async fn an_id_is_found_in_any_form_and_by_what_correlates() {
    let server = server().await;
    for form in ["771A43A4192642EF9B1C0D2E3F405162", "771a43a4-1926-42ef-9b1c-0d2e3f405162"] {
        assert_eq!(ids(&server.get(&format!("/api/v1/traces/{form}")).await).len(), 3, "{form}");
    }
    assert_eq!(ids(&server.get("/api/v1/traces/order-17").await), [id(5), id(4)].map(|id| id.to_string()));
    assert_eq!(ids(&server.get("/api/v1/traces/order-17?project=billing").await), [id(5).to_string()]);
    assert!(ids(&server.get("/api/v1/traces/ORDER-17").await).is_empty());
}

#[tokio::test]
async fn the_newest_are_told_when_there_are_more_and_the_time_can_be_chosen() {
    let server = server().await;
    let trace = server.get(&format!("/api/v1/traces/{TRACE}?limit=2")).await;
    assert_eq!((ids(&trace), &trace["more"]), (vec![id(3).to_string().as_str(), id(1).to_string().as_str()], &json!(true)));
    assert_eq!(ids(&server.get(&format!("/api/v1/traces/{TRACE}?from=-60d")).await).len(), 4);
    assert_eq!(ids(&server.get(&format!("/api/v1/traces/{TRACE}?to=-15s")).await).len(), 2);
    assert_eq!(server.problem(&format!("/api/v1/traces/{TRACE}?limit=0"), 400).await.0, "invalid_parameter");
    assert_eq!(server.problem(&format!("/api/v1/traces/{}", "a".repeat(2_000)), 400).await.0, "invalid_path");
    assert_eq!(server.problem("/api/v1/traces/%20", 400).await.0, "invalid_path");
}

#[tokio::test]
async fn an_event_says_how_many_others_share_its_trace() {
    let server = server().await;
    let siblings = async |n| server.get(&format!("/api/v1/events/{}", id(n))).await["siblings"].clone();
    assert_eq!(siblings(1).await, json!({"trace": TRACE, "events": 2}));
    assert_eq!(siblings(4).await, json!({"trace": "00000000000000000000000000000001", "events": 1}), "by what correlates");
    assert_eq!(siblings(5).await, json!({"trace": "order-17", "events": 1}));
    assert_eq!(siblings(6).await, json!({"trace": TRACE, "events": 0}), "a month apart");
    server.store(vec![event(7, SHOP, "a", 1)]).await;
    assert_eq!(siblings(7).await, Value::Null);
}
