//! The description of the API against the API.

use serde_json::{Value, json};

use crate::{
    reach,
    routes::{ROUTES, Route},
    server::Server,
};

#[test]
fn what_else_a_server_answers_stands_beside_what_the_api_does() {
    let also = json!({ "paths": { "/api/v1/events": { "post": { "summary": "sends" } } }, "components": { "schemas": { "Sent": {} } } });
    let (own, both) = (api::Api::description(&Value::Null), api::Api::description(&also));
    assert_eq!(both["paths"]["/api/v1/events"]["post"]["summary"], "sends");
    assert_eq!(both["paths"]["/api/v1/events"]["get"], own["paths"]["/api/v1/events"]["get"]);
    assert_eq!(both["components"]["schemas"]["Sent"], json!({}));
    assert_eq!(both["components"]["schemas"]["Problem"], own["components"]["schemas"]["Problem"]);
}

#[tokio::test]
async fn the_description_is_there_for_everyone_and_its_references_lead_somewhere() {
    let server = Server::empty().await;
    let reply = server.send("GET", "/api/v1/openapi.json", None, "").await;
    assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    let document = reply.json();
    assert_eq!(document, api::Api::description(&Value::Null));
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut references = 0;
    each(&document, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            references += 1;
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} is not there");
        }
    });
    assert!(references > 100);
}

fn each(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
        Value::Object(members) => members.values().for_each(|member| each(member, visit)),
        _ => {}
    }
}

/// Whether a path of the description stands for this example.
fn stands_for(template: &str, route: &Route) -> bool {
    let example = route.path.split('?').next().unwrap();
    let (template, example): (Vec<_>, Vec<_>) = (template.split('/').collect(), example.split('/').collect());
    template.len() == example.len() && template.iter().zip(&example).all(|(part, given)| part == given || part.starts_with('{'))
}

#[test]
fn every_route_is_described_and_tried_with_tokens_of_other_projects() {
    let document = api::Api::description(&Value::Null);
    // The stream never ends; tests/http/live.rs tries it.
    // Signing in and out take no token; tests/http/session.rs tries them.
    let open = [("GET", "/api/v1/schemas/event.json"), ("GET", "/api/v1/live"), ("POST", "/api/v1/session"), ("DELETE", "/api/v1/session")];
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (path.as_str(), method.to_uppercase(), operation))
    });
    let operations: Vec<_> = operations.filter(|(path, method, _)| !open.contains(&(method.as_str(), *path))).collect();
    for (path, method, operation) in &operations {
        assert!(operation.get("parameters").is_none_or(Value::is_array), "{method} {path}: no list of parameters");
        assert_eq!(operation["security"], json!([{ "token": [] }]), "{method} {path}");
        let tried = ROUTES.iter().any(|route| route.method == method && stands_for(path, route));
        assert!(tried, "{method} {path} is not in the list of tests/http/routes.rs");
    }
    for route in &ROUTES {
        let described = operations.iter().any(|(path, method, _)| route.method == method && stands_for(path, route));
        assert!(described, "{} {} is not described", route.method, route.path);
    }
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes.rs")).unwrap();
    for line in source.lines().filter(|line| line.contains(".route(\"")) {
        assert!(line.contains("any(not_found)"), "a route without a description: {}", line.trim());
    }
}

/// A parameter that no route has.
const UNKNOWN: &str = "zzzzqqqq=1";

#[tokio::test]
async fn described_parameters_are_those_that_are_taken() {
    let (server, ids) = reach::shop().await;
    let document = api::Api::description(&Value::Null);
    for route in &ROUTES {
        let (path, method) = (ids.path_of(route), route.method.to_lowercase());
        let (path, _) = path.split_once('?').unwrap_or((&path, ""));
        let operations = document["paths"].as_object().unwrap().iter().filter(|(template, _)| stands_for(template, route));
        let exact = operations.min_by_key(|(template, _)| template.matches('{').count()).unwrap().1;
        let parameters = exact[&method]["parameters"].as_array().cloned().unwrap_or_default();
        let of_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let mut described: Vec<_> = of_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
        described.sort_unstable();
        let reply = server.send(route.method, &format!("{path}?{UNKNOWN}"), Some("admin"), route.body).await;
        let mut taken = Vec::new();
        if let Some(detail) = reply.json_or_null()["detail"].as_str().filter(|detail| detail.starts_with("zzzzqqqq")) {
            assert!(!detail.contains("did you mean"), "{detail}");
            taken.extend(detail.split_once("there are ").into_iter().flat_map(|(_, names)| names.split(", ")).map(str::to_owned));
        }
        taken.sort_unstable();
        assert_eq!(described, taken, "{} {path}", route.method);
    }
}

#[tokio::test]
async fn every_answer_to_a_query_says_how_it_was_understood() {
    let (server, ids) = reach::shop().await;
    let document = api::Api::description(&Value::Null);
    let takes = |operation: &Value| operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "query"));
    let paths = document["paths"].as_object().unwrap().iter().filter(|(_, item)| takes(&item["get"]));
    let mut tried = 0;
    for (template, _) in paths.filter(|(path, _)| *path != "/api/v1/live") {
        let route = ROUTES.iter().find(|route| route.method == "GET" && stands_for(template, route)).unwrap();
        let path = ids.path_of(route);
        let sign = if path.contains('?') { '&' } else { '?' };
        for (asked, understood) in [("&", "*"), ("&query=severity%3AERROR%20AND%20(%22of%22)", "level:error of")] {
            let path = if path.contains("query=") { path.split('?').next().unwrap().to_owned() + "?" } else { format!("{path}{sign}") };
            let reply = server.send("GET", &format!("{path}{asked}"), Some("viewer"), "").await;
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            let answer: Value = serde_json::from_str(reply.text.lines().last().unwrap()).unwrap();
            assert_eq!(answer["query"], understood, "{path}");
            tried += 1;
        }
    }
    assert!(tried >= 26, "{tried}");
}

#[tokio::test]
async fn the_page_is_whole_and_may_load_nothing_from_elsewhere() {
    let server = Server::empty().await;
    let page = server.send("GET", "/api/docs/", None, "").await;
    assert_eq!(page.status, 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    let mut files = 0;
    for tag in page.text.split('<').filter(|tag| tag.starts_with("script") || tag.starts_with("link")) {
        let file = tag.split(['"', '\'']).find(|part| part.starts_with("./") || part.ends_with(".css")).unwrap_or_default();
        assert!(!file.is_empty(), "an inline script: {tag}");
        let reply = server.send("GET", &format!("/api/docs/{}", file.trim_start_matches("./")), None, "").await;
        assert_eq!(reply.status, 200, "{file}");
        files += 1;
    }
    assert!(files >= 3);
    let config = server.send("GET", "/api/docs/swagger-initializer.js", None, "").await;
    assert!(config.text.contains("/api/v1/openapi.json"), "{}", config.text);
}

#[test]
fn every_code_that_is_used_is_described_and_explained() {
    let document = api::Api::description(&Value::Null);
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md")).unwrap();
    for code in codes {
        assert!(page.contains(&format!(" | `{}` | ", code.as_str().unwrap())), "docs/api.md does not explain {code}");
    }
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut used = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            // Problem::new(StatusCode::NOT_FOUND, "not_found", …)
            for call in source.split("Problem::new(StatusCode::").skip(1) {
                let code = call.split('"').nth(1).unwrap();
                used += 1;
                assert!(codes.contains(&json!(code)), "{}: {code} is not one of the codes", path.display());
            }
        }
    }
    assert!(used > 10);
}
