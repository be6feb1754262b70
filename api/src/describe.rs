//! The description of the API, OpenAPI 3.1: made of the routes and the types that they answer with. What all routes
//! share (the token, problems, names of operations) is added here once.

use serde_json::{Map, Value, json};
use utoipa::{IntoParams, PartialSchema, ToSchema, openapi::OpenApi};

use crate::problem::{CODES, InputError, Problem};

/// The parameter `project` of lists.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described here, read by `scope`")]
pub(crate) struct Projects {
    /// Numbers or slugs of projects between commas; without it all that the token may see.
    #[param(example = "shop")]
    project: Option<String>,
}

/// The parameter `query`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described here, read by `scope`")]
pub(crate) struct Asked {
    /// Which events count, in the query language; without it all.
    #[param(example = "level:error")]
    query: Option<String>,
}

/// The range of time.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described here, read by `times`")]
pub(crate) struct Between {
    /// Begin: RFC 3339, a day, milliseconds since 1970, `now`, or back from now like `-24h`; without it a day before `to`.
    #[param(example = "-24h")]
    from: Option<String>,
    /// End, in the same forms; without it up to a minute from now.
    #[param(example = "now")]
    to: Option<String>,
}

/// The parameter `cursor` of lists in pages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described here, read by `cursor`")]
pub(crate) struct Paged {
    /// What `next` of the page before was; without it the first page.
    cursor: Option<String>,
}

/// The header of who changes what they read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "described here, read by `routes::rules`")]
pub(crate) struct IfMatch {
    /// The revision that is to be replaced, as `ETag` told it; without it whichever there is.
    #[param(rename = "If-Match", example = "\"3\"")]
    if_match: Option<String>,
}

const ABOUT: &str = "Answers what breaks, how often, for whom and since when. Times are RFC 3339 in UTC. Errors are \
problems (RFC 9457) with a stable `code`. Every answer has an `x-request-id`.";

/// The whole description. `routes` says what each route takes and answers.
pub(crate) fn complete(routes: OpenApi) -> Value {
    let mut document = serde_json::to_value(routes).expect("a description has text keys only");
    document["info"] = json!({ "title": "Belfry", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT });
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "`Authorization: Bearer TOKEN`, an API token" }
    });
    for (name, schema) in [("Problem", Problem::schema()), ("InputError", InputError::schema())] {
        document["components"]["schemas"][name] = json!(schema);
    }
    let mut more = Vec::new();
    InputError::schemas(&mut more);
    for (name, schema) in more {
        document["components"]["schemas"][name] = json!(schema);
    }
    // What is wrong with a rule has a pointer too.
    if let Some(either) = document["components"]["schemas"]["InputError"].as_object_mut() {
        let any = either.remove("oneOf").unwrap_or_default();
        either.insert("anyOf".to_owned(), any);
    }
    document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] = CODES.iter().map(|code| code.name).collect();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            finish(path, method, operation);
        }
    }
    document
}

/// Adds what the one has to the other, object by object.
pub(crate) fn join(document: &mut Value, also: &Value) {
    for (name, value) in also.as_object().into_iter().flatten() {
        match document.get_mut(name) {
            Some(known) if known.is_object() => join(known, value),
            _ => document[name.as_str()] = value.clone(),
        }
    }
}

/// What every operation has.
fn finish(path: &str, method: &str, operation: &mut Value) {
    let words = path.trim_start_matches("/api/v1/").split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    operation["operationId"] = [method].into_iter().chain(words).collect::<Vec<_>>().join("_").into();
    let open = operation.get("security").is_some();
    if !open {
        operation["security"] = json!([{ "token": [] }]);
    }
    let mut inputs = operation["parameters"].as_array().is_some_and(|parameters| !parameters.is_empty());
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        never_null(&mut parameter["schema"]);
    }
    let body = operation.get("requestBody").is_some();
    inputs |= body;
    let mut refusals = vec!["500"];
    if !open {
        refusals.extend(["400", "401", "403", "429", "503", "507"]);
    }
    if inputs {
        refusals.push("400");
    }
    if path.contains('{') {
        refusals.push("404");
    }
    if body {
        refusals.push("413");
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for status in refusals {
        responses.entry(status).or_insert_with(|| json!({ "description": codes_of(status) }));
    }
    for (status, response) in responses.iter_mut() {
        if status.starts_with(['4', '5']) {
            problem(response);
        }
    }
    if method == "get" {
        responses.insert("304".to_owned(), json!({ "description": "It is what `If-None-Match` names" }));
    }
}

fn problem(response: &mut Value) {
    if response["content"].is_null() {
        response["content"] = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    }
}

/// The codes of a status, between commas.
fn codes_of(status: &str) -> String {
    let codes = CODES.iter().filter(|code| code.status.to_string() == status);
    codes.map(|code| code.name).collect::<Vec<_>>().join(", ")
}

/// A parameter that may be left out is never sent as null.
fn never_null(schema: &mut Value) {
    let Some(Value::Array(types)) = schema.get("type") else { return };
    if let Some(kind) = types.iter().find(|kind| *kind != "null").cloned() {
        schema.as_object_mut().unwrap_or(&mut Map::new()).insert("type".to_owned(), kind);
    }
}
