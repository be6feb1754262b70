//! GraphQL: what a query was asked with, and what was answered under the same names, is the user's own.

use schemas::event::{Free, Request};
use serde_json::Value;

use super::{path::Path, walk::Walk};

/// Deepest in an answer that names are looked for.
const DEPTH: usize = 8;

/// Takes the values of variables out of the request.
pub(super) fn request(walk: &mut Walk<'_>, path: &Path<'_>, request: &mut Request) {
    if walk.chosen().without_defaults || !is_graphql(request) {
        return;
    }
    let path = path.name("body").alias("data");
    match &mut request.body {
        Some(Value::String(text)) => {
            if let Ok(mut body) = serde_json::from_str::<Value>(text) {
                let before = body.clone();
                variables(walk, &path, &mut body);
                if body != before {
                    *text = body.to_string();
                }
            }
        }
        Some(body) => variables(walk, &path, body),
        None => {}
    }
}

/// Takes the values that stand under the names of variables out of the answer.
pub(super) fn response(walk: &mut Walk<'_>, request: Option<&Request>, contexts: &mut Free) {
    let Some(request) = request.filter(|request| !walk.chosen().without_defaults && is_graphql(request)) else { return };
    let Some(Value::Object(variables)) = request.body.as_ref().and_then(|body| body.get("variables")) else { return };
    if let Some(data) = contexts.get_mut("response").and_then(|response| response.get_mut("data")) {
        let path = Path::root("contexts");
        let path = path.name("response");
        let path = path.name("data");
        under_names(walk, &path, data, &|name| variables.contains_key(name), DEPTH);
    }
}

fn is_graphql(request: &Request) -> bool {
    let target = request.data.get("api_target").and_then(Value::as_str);
    let path = request.url.as_deref().and_then(|url| url.rsplit('/').next());
    target.is_some_and(|target| target.eq_ignore_ascii_case("graphql")) || path.is_some_and(|last| last.eq_ignore_ascii_case("graphql"))
}

/// Of one operation, or of each of a list of them.
fn variables(walk: &mut Walk<'_>, path: &Path<'_>, body: &mut Value) {
    match body {
        Value::Array(list) => {
            for (number, body) in list.iter_mut().enumerate() {
                if let Some(map) = body.get_mut("variables").and_then(Value::as_object_mut) {
                    let path = path.number(number);
                    all(walk, &path.name("variables"), map);
                }
            }
        }
        body => {
            if let Some(map) = body.get_mut("variables").and_then(Value::as_object_mut) {
                all(walk, &path.name("variables"), map);
            }
        }
    }
}

fn all(walk: &mut Walk<'_>, path: &Path<'_>, map: &mut serde_json::Map<String, Value>) {
    for (name, value) in map.iter_mut() {
        walk.given(&path.name(name), value);
    }
}

fn under_names(walk: &mut Walk<'_>, path: &Path<'_>, value: &mut Value, is: &dyn Fn(&str) -> bool, depth: usize) {
    match value {
        Value::Object(map) if depth > 0 => {
            for (name, value) in map.iter_mut() {
                let path = path.name(name);
                if is(name) {
                    walk.given(&path, value);
                } else {
                    under_names(walk, &path, value, is, depth - 1);
                }
            }
        }
        Value::Array(list) if depth > 0 => {
            for (number, value) in list.iter_mut().enumerate() {
                under_names(walk, &path.number(number), value, is, depth - 1);
            }
        }
        _ => {}
    }
}
