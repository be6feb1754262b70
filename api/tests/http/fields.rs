//! What can be asked for, and the values that there are.

use serde_json::{Value, json};

use crate::server::{SHOP, Server, ago};

fn values(answer: &Value) -> Vec<(Value, u64)> {
    let values = answer["values"].as_array().unwrap().iter();
    values.map(|value| (value["value"].clone(), value["count"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn every_field_says_what_it_takes() {
    let server = Server::empty().await;
    let answer = server.get("/api/v1/fields").await;
    let fields = answer["fields"].as_array().unwrap();
    assert_eq!(fields.len(), schemas::fields::Field::ALL.len());
    let field = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
    let status = json!({
        "name": "status", "type": "number", "description": "Status answered, by us or by the system that was called.",
        "example": "503", "operators": ["has:", ":", ":>", ":>=", ":<", ":<=", ":[ TO ]"], "splits": true,
        "ecs": "http.response.status_code",
    });
    assert_eq!(field("status"), &status);
    assert_eq!(field("level")["values"], json!(["debug", "info", "warning", "error", "critical"]));
    assert_eq!((&field("id")["splits"], &field("tags")["type"]), (&json!(false), &json!("tags")));
    // What is shown as an example can be asked for.
    for field in fields.iter().filter(|field| field["name"] != "tags") {
        let query = format!("{}:{}", field["name"].as_str().unwrap(), field["example"].as_str().unwrap());
        schemas::query::parse(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
}

#[tokio::test]
async fn values_come_by_count_and_begin_with_the_prefix() {
    let server = Server::full().await;
    let answer = server.get("/api/v1/fields/service/values?prefix=c").await;
    assert_eq!(values(&answer), [(json!("checkout"), 3), (json!("cart"), 1)]);
    assert_eq!((&answer["field"], &answer["more"]), (&json!("service"), &json!(false)));
    let one = server.get("/api/v1/fields/service/values?prefix=c&limit=1").await;
    assert_eq!((values(&one), &one["more"]), (vec![(json!("checkout"), 3)], &json!(true)));
    let billing = server.get("/api/v1/fields/service/values?prefix=c&project=billing").await;
    assert_eq!(values(&billing), []);
    let asked = server.get("/api/v1/fields/user/values?prefix=u&query=service:checkout%20user:u1").await;
    assert!(values(&asked).iter().all(|(value, _)| value == "u1") && values(&asked).len() == 1, "{asked}");
    let levels = server.get("/api/v1/fields/severity/values?prefix=crit").await;
    assert_eq!((&levels["field"], values(&levels)), (&json!("level"), vec![(json!("critical"), 1)]));
}

#[tokio::test]
async fn tags_are_completed_by_key_and_by_value_and_nothing_in_a_prefix_is_a_wildcard() {
    let server = Server::empty().await;
    let tagged = |number: u128, tags: &[(&str, &str)]| {
        let id = schemas::ids::EventId(number.to_be_bytes());
        let mut event = schemas::event::Event::new(id, SHOP, ago(60));
        event.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        event.request = Some(schemas::event::Request { status_code: Some(500 + number as u16), ..Default::default() });
        event.grouping = Some(schemas::event::Grouping::new(schemas::ids::Fingerprint::fp1("x"), Value::Null));
        event
    };
    server.store(vec![tagged(1, &[("tenant", "a*"), ("team", "x")]), tagged(2, &[("tenant", "ab")])]).await;
    let keys = server.get("/api/v1/fields/tags/values?prefix=te").await;
    assert_eq!((&keys["field"], values(&keys)), (&json!("tags"), vec![(json!("tenant"), 2), (json!("team"), 1)]));
    assert_eq!(values(&server.get("/api/v1/fields/tags/values?prefix=t*").await), []);
    assert_eq!(values(&server.get("/api/v1/fields/tags.tenant/values").await), [(json!("a*"), 1), (json!("ab"), 1)]);
    assert_eq!(values(&server.get("/api/v1/fields/tags.tenant/values?prefix=a*").await), [(json!("a*"), 1)]);
    assert_eq!(values(&server.get("/api/v1/fields/tags.tenant/values?prefix=%3F").await), []);
    assert_eq!(values(&server.get("/api/v1/fields/status/values?prefix=50").await), [(json!(501), 1), (json!(502), 1)]);
    assert_eq!(values(&server.get("/api/v1/fields/slim/values").await), []);
}

#[tokio::test]
async fn fields_that_are_none_or_have_nothing_to_complete_are_refused() {
    let server = Server::empty().await;
    let (code, detail) = server.problem("/api/v1/fields/servce/values", 400).await;
    assert_eq!((code.as_str(), detail.as_str()), ("invalid_path", "unknown field \"servce\", did you mean \"service\"?"));
    for field in ["id", "timestamp", "received_at", "nothing"] {
        assert_eq!(server.problem(&format!("/api/v1/fields/{field}/values"), 400).await.0, "invalid_path");
    }
    let long = "a".repeat(201);
    assert_eq!(server.problem(&format!("/api/v1/fields/service/values?prefix={long}"), 400).await.0, "invalid_parameter");
    assert_eq!(server.problem("/api/v1/fields/service/values?query=(", 400).await.0, "invalid_query");
}
