//! The dashboards of `deploy/` against the indices as they are: fields, types, queries.

use serde_json::{Value, json};

use crate::{
    place::Place,
    suite::{Store, events::*},
};

const GRAFANA: &str = include_str!("../../../deploy/grafana/dashboards/belfry.json");
const KIBANA: &str = include_str!("../../../deploy/kibana/belfry.ndjson");

/// One question of a dashboard: a query in Lucene's syntax and aggregations, the outer ones first.
struct Question {
    title: String,
    query: String,
    /// Kind and field.
    groups: Vec<(String, String)>,
    metrics: Vec<(String, String)>,
    /// Fields that are only shown.
    shown: Vec<String>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn of_grafana() -> Vec<Question> {
    let dashboard: Value = serde_json::from_str(GRAFANA).unwrap();
    let kind_and_field = |part: &Value| (text(&part["type"]), text(&part["field"]));
    items(&dashboard["panels"])
        .flat_map(|panel| items(&panel["targets"]).map(move |target| (panel, target)))
        .map(|(panel, target)| Question {
            title: text(&panel["title"]),
            query: text(&target["query"]).replace("$query", "*"),
            groups: items(&target["bucketAggs"]).map(kind_and_field).collect(),
            metrics: items(&target["metrics"]).filter(|metric| metric["type"] != "count").map(kind_and_field).collect(),
            shown: vec![text(&target["timeField"])],
        })
        .collect()
}

fn of_kibana() -> Vec<Question> {
    let objects: Vec<Value> = KIBANA.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
    for reference in objects.iter().flat_map(|object| items(&object["references"])) {
        assert!(ids.contains(&reference["id"].as_str().unwrap()), "{reference} is not in the file");
    }
    let inner = |value: &Value| serde_json::from_str::<Value>(value.as_str().unwrap_or("{}")).unwrap();
    let asks = |object: &&Value| object["type"] == "search" || object["type"] == "visualization";
    let question = |object: &Value| {
        let attributes = &object["attributes"];
        let source = inner(&attributes["kibanaSavedObjectMeta"]["searchSourceJSON"]);
        let state = inner(&attributes["visState"]);
        let kind_and_field = |part: &Value| (text(&part["type"]), text(&part["params"]["field"]));
        let (metrics, groups): (Vec<&Value>, Vec<&Value>) = items(&state["aggs"]).partition(|part| part["schema"] == "metric");
        Question {
            title: text(&attributes["title"]),
            query: text(&source["query"]["query"]),
            groups: groups.into_iter().map(kind_and_field).collect(),
            metrics: metrics.into_iter().filter(|metric| metric["type"] != "count").map(kind_and_field).collect(),
            shown: items(&attributes["columns"]).map(text).collect(),
        }
    };
    objects.iter().filter(asks).map(question).collect()
}

impl Question {
    fn body(&self) -> Value {
        let mut aggregations = json!({});
        for (n, (kind, field)) in self.metrics.iter().enumerate() {
            aggregations[format!("metric{n}")] = json!({ kind: { "field": field } });
        }
        for (kind, field) in self.groups.iter().rev() {
            let mut group = json!({ kind: { "field": field }, "aggs": aggregations });
            if kind == "date_histogram" {
                group[kind]["fixed_interval"] = "1h".into();
            }
            aggregations = json!({ "group": group });
        }
        let query = if self.query.is_empty() { "*" } else { &self.query };
        json!({ "size": 0, "query": { "query_string": { "query": query, "analyze_wildcard": true } }, "aggs": aggregations })
    }
}

/// What a panel asks of a field, and what types do.
fn fits(kind: &str, field_type: &str) -> bool {
    match kind {
        "date_histogram" => field_type == "date",
        "max" => matches!(field_type, "date" | "long"),
        "terms" => matches!(field_type, "keyword" | "long" | "boolean"),
        "cardinality" => field_type == "keyword",
        _ => false,
    }
}

/// A critical error that no panel leaves out.
async fn store_one(place: &Place) {
    let index = place.open().await;
    let shown = with(event(1), |e| {
        e.severity = schemas::event::Severity::Critical;
        (e.service, e.release, e.transaction) = (Some("shop".into()), Some("shop@1".into()), Some("/pay".into()));
        (e.error.kind, e.error.message) = (Some("Declined".into()), Some("no funds".into()));
        (e.request, e.exceptions, e.user) = (status(503), handled(false), user("u1"));
        let agent = schemas::event::UserAgent { name: Some("Firefox".into()), os: Some("Linux".into()), ..Default::default() };
        e.user_agent = Some(agent);
    });
    store(&index, vec![shown]).await;
}

pub(crate) async fn use_fields_that_are_mapped_and_queries_that_run(place: &Place) {
    store_one(place).await;
    let (grafana, kibana) = (of_grafana(), of_kibana());
    assert_eq!((grafana.len(), kibana.len()), (12, 6));
    for question in grafana.into_iter().chain(kibana) {
        let asked: Vec<&(String, String)> = question.groups.iter().chain(&question.metrics).collect();
        let fields = asked.iter().map(|(_, field)| field).chain(&question.shown);
        for field in fields {
            let caps = place.ask("GET", &format!("{}-events-*/_field_caps?fields={field}", place.prefix()), None).await;
            let types: Vec<String> = caps["fields"][field].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
            assert_eq!(types.len(), 1, "{}: {field} is mapped as {types:?}", question.title);
            for (kind, _) in asked.iter().filter(|(_, of)| of == field) {
                assert!(fits(kind, &types[0]), "{}: {kind} of {field}, which is {}", question.title, types[0]);
            }
        }
        let answer = place.ask("POST", &format!("{}-events-*/_search", place.prefix()), Some(&question.body())).await;
        assert_eq!(answer["hits"]["total"]["value"], 1, "{}: {answer}", question.title);
        let mut level = &answer["aggregations"];
        for _ in &question.groups {
            level = &level["group"]["buckets"][0];
            assert_eq!(level["doc_count"], 1, "{}: {answer}", question.title);
        }
        for n in 0..question.metrics.len() {
            assert!(level[format!("metric{n}")]["value"].as_f64() > Some(0.0), "{}: {answer}", question.title);
        }
    }
}
