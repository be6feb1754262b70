//! What clients may send, as paths and components of an OpenAPI document. Written by hand, since most bodies are
//! protocols that are described elsewhere; `tests/http/described.rs` holds it to the routes, `tests/contract` to the
//! answers. gRPC and what is said differently (slashes, `HEAD`, `OPTIONS`) is left out.

use serde_json::{Map, Value, json};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// The whole.
pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    paths.extend(sentry());
    paths.extend(own());
    for (signal, summary) in [("logs", "Log records of OpenTelemetry"), ("traces", "Spans of OpenTelemetry")] {
        paths.insert(format!("/v1/{signal}"), json!({ "post": otlp(signal, summary, false) }));
        paths.insert(format!("/api/{{project}}/integration/otlp/v1/{signal}"), json!({ "post": otlp(signal, summary, true) }));
    }
    for (path, item) in &mut paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let words = path.trim_start_matches("/api/v1/").split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            operation["operationId"] = [method].into_iter().map(String::as_str).chain(words).collect::<Vec<_>>().join("_").into();
            operation["tags"] = json!(["ingest"]);
        }
    }
    json!({ "paths": paths, "components": { "schemas": schemas(), "securitySchemes": keys() } })
}

/// How a project's key is shown.
fn keys() -> Value {
    json!({
        "key": { "type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`, the key of a project's DSN" },
        "sentryHeader": {
            "type": "apiKey", "in": "header", "name": "X-Sentry-Auth", "description": "`Sentry sentry_key=KEY, sentry_version=7`"
        },
        "sentryQuery": { "type": "apiKey", "in": "query", "name": "sentry_key", "description": "The key of a project's DSN" },
    })
}

/// What Sentry's SDKs and browsers send.
fn sentry() -> Vec<(String, Value)> {
    let envelope = json!({ "application/x-sentry-envelope": { "schema": { "type": "string", "format": "binary" } } });
    let event = json!({ (JSON): { "schema": { "type": "object" } } });
    let report = json!({
        "application/csp-report": { "schema": { "type": "object" } },
        "application/reports+json": { "schema": { "type": "array", "items": { "type": "object" } } },
        (JSON): { "schema": { "type": "object" } },
    });
    let id = json!({ "description": "Durable", "content": { (JSON): { "schema": { "$ref": "#/components/schemas/SentryAccepted" } } } });
    let nothing = json!({ "description": "Durable" });
    let pixel =
        json!({ "description": "Durable; a pixel", "content": { "image/gif": { "schema": { "type": "string", "format": "binary" } } } });
    let data = json!({ "name": "sentry_data", "in": "query", "required": true, "description": "The event as JSON, or base64 of it, or of it compressed by zlib", "schema": { "type": "string" } });
    let mut get = of_project(&sent("An event in a query string", None, &pixel, &SENTRY));
    get["parameters"].as_array_mut().expect("a list").push(data);
    let post = |summary: &str, body: &Value, done: &Value| of_project(&sent(summary, Some(body), done, &SENTRY));
    let mut paths = vec![
        (
            "/api/{project}/envelope/".to_owned(),
            json!({ "post": post("An envelope: events, attachments, sessions, feedback, reports", &envelope, &id) }),
        ),
        ("/api/{project}/store/".to_owned(), json!({ "post": post("One event", &event, &id), "get": get })),
        ("/api/store/".to_owned(), json!({ "post": sent("One event, of the project that the key is of", Some(&event), &id, &SENTRY) })),
    ];
    for (end, summary) in [("security", "What a browser reports of a page"), ("csp-report", "The same"), ("nel", "The same")] {
        paths.push((format!("/api/{{project}}/{end}/"), json!({ "post": post(summary, &report, &nothing) })));
    }
    paths
}

/// What has words of its own.
fn own() -> Vec<(String, Value)> {
    let answer = |name: &str| json!({ (JSON): { "schema": { "$ref": format!("#/components/schemas/{name}") } } });
    let events = json!({
        (JSON): { "schema": { "oneOf": [{ "type": "object" }, { "type": "array", "items": { "type": "object" } }] } },
        "application/x-ndjson": { "schema": { "type": "string" } },
    });
    let mut native = sent(
        "Events, as `/api/v1/schemas/event.json` says: one, a list, or lines",
        Some(&events),
        &json!({ "description": "All are durable", "content": answer("EventsAccepted") }),
        &PROBLEM,
    );
    native["responses"]["207"] = json!({ "description": "Some are durable; `results` says which", "content": answer("EventsAccepted") });
    native["parameters"] = json!([{ "name": "Idempotency-Key", "in": "header", "description": "Makes ids of events that have none, so that the same request again changes nothing", "schema": { "type": "string" } }]);
    let mut text = sent(
        "The text of a log: each stack trace in it becomes an event",
        Some(&json!({ (TEXT): { "schema": { "type": "string" } } })),
        &json!({ "description": "All are durable", "content": answer("LogTextAccepted") }),
        &PROBLEM,
    );
    text["responses"]["207"] = json!({ "description": "Limits held some back: send it again from byte `consumed` on, later", "content": answer("LogTextAccepted") });
    let mut parameters: Vec<Value> = ["service", "environment", "release", "host", "platform", "source"]
        .iter()
        .map(|name| json!({ "name": name, "in": "query", "description": "Of all events that do not say it themselves", "schema": { "type": "string" } }))
        .collect();
    parameters.push(json!({ "name": "offset", "in": "query", "description": "Byte of `source` at which the text begins, from 0", "schema": { "type": "integer", "minimum": 0 } }));
    text["parameters"] = parameters.into();
    vec![("/api/v1/events".to_owned(), json!({ "post": native })), ("/api/v1/logs/text".to_owned(), json!({ "post": text }))]
}

fn otlp(signal: &str, summary: &str, of_path: bool) -> Value {
    let both = |name: &str| json!({ (JSON): { "schema": { "$ref": format!("#/components/schemas/{name}") } }, "application/x-protobuf": { "schema": { "type": "string", "format": "binary" } } });
    let list = if signal == "logs" { "resourceLogs" } else { "resourceSpans" };
    let request = json!({
        (JSON): { "schema": { "type": "object", "properties": { (list): { "type": "array", "items": { "type": "object" } } } } },
        "application/x-protobuf": { "schema": { "type": "string", "format": "binary" } },
    });
    let done =
        json!({ "description": "What is an error is durable; `partialSuccess` says what was rejected", "content": both("OtlpAccepted") });
    let mut operation = sent(summary, Some(&request), &done, &PROBLEM);
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if status != "200" {
            response["content"] = both("RpcStatus");
        }
    }
    if of_path { of_project(&operation) } else { operation }
}

/// How a protocol says no.
struct Refusals {
    statuses: &'static [&'static str],
    media_type: &'static str,
    schema: &'static str,
    security: &'static [&'static str],
}

/// 503 is lost by Sentry's SDKs, so they are never told it.
const SENTRY: Refusals = Refusals {
    statuses: &["400", "401", "403", "408", "413", "415", "429", "500"],
    media_type: JSON,
    schema: "SentryRefusal",
    security: &["sentryHeader", "sentryQuery", "key"],
};
const PROBLEM: Refusals = Refusals {
    statuses: &["400", "401", "403", "408", "413", "415", "429", "500", "503"],
    media_type: "application/problem+json",
    schema: "IngestProblem",
    security: &["key"],
};

fn why(status: &str) -> &'static str {
    match status {
        "400" => "It can't be read; the same again is refused again",
        "401" => "No key",
        "403" => "The key may not send here",
        "408" => "The body came too slowly",
        "413" => "It is longer than may be",
        "415" => "The media type or the encoding is unknown",
        "429" => "The limits of the project or key are used up; come again after `Retry-After`",
        "500" => "The server failed; its log says why",
        _ => "Not now; come again after `Retry-After`",
    }
}

fn sent(summary: &str, body: Option<&Value>, done: &Value, refusals: &Refusals) -> Value {
    let refused = json!({ (refusals.media_type): { "schema": { "$ref": format!("#/components/schemas/{}", refusals.schema) } } });
    let mut responses = Map::from_iter([("200".to_owned(), done.clone())]);
    responses
        .extend(refusals.statuses.iter().map(|status| ((*status).to_owned(), json!({ "description": why(status), "content": refused }))));
    let security: Vec<Value> = refusals.security.iter().map(|name| json!({ (*name): [] })).collect();
    let mut operation = json!({ "summary": summary, "security": security, "responses": responses });
    if let Some(content) = body {
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

fn of_project(operation: &Value) -> Value {
    let mut operation = operation.clone();
    operation["parameters"] = json!([{ "name": "project", "in": "path", "required": true, "description": "Number of the project, as in the DSN", "schema": { "type": "integer", "minimum": 1 }, "example": 1 }]);
    operation
}

fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let number = || json!({ "type": "integer", "minimum": 0 });
    let pointed = json!({
        "type": "object", "required": ["pointer", "code", "message"], "properties": { "pointer": text(), "code": text(), "message": text() }
    });
    let results = json!({ "type": "array", "description": "Of each event, in the order of the request", "items": {
        "type": "object", "required": ["status"],
        "properties": { "id": text(), "status": { "enum": ["accepted", "rejected"] }, "errors": { "type": "array", "items": pointed } },
    } });
    json!({
        "SentryAccepted": { "type": "object", "properties": { "id": { "type": "string", "description": "Of the event, if there is one" } } },
        "SentryRefusal": { "type": "object", "required": ["detail"], "properties": { "detail": text(), "causes": texts() } },
        "EventsAccepted": {
            "type": "object", "required": ["accepted", "rejected", "results"],
            "properties": { "accepted": number(), "rejected": number(), "results": results },
        },
        "LogTextAccepted": {
            "type": "object", "required": ["accepted", "ids"],
            "properties": { "accepted": number(), "ids": texts(), "rejected": number(), "consumed": number() },
        },
        "IngestProblem": {
            "type": "object", "required": ["type", "title", "status", "code", "detail"],
            "properties": {
                "type": text(), "title": text(), "status": number(), "code": text(), "detail": text(),
                "errors": { "type": "array", "items": pointed }, "results": results,
            },
        },
        "OtlpAccepted": { "type": "object", "properties": { "partialSuccess": { "type": "object" } } },
        "RpcStatus": { "type": "object", "properties": { "code": { "type": "integer" }, "message": text(), "details": { "type": "array" } } },
    })
}
