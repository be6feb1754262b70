//! The description of what may be sent against the routes.

use std::collections::BTreeSet;

use ingest::Ingest;

use crate::app::App;

#[tokio::test]
async fn every_described_operation_is_there() {
    let app = App::new().await;
    let document = Ingest::description();
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let uri = path.replace("{project}", "42");
            let request = http::Request::builder().method(method.to_uppercase().as_str()).uri(&uri);
            let answer = app.send(request.body(axum::body::Body::empty()).unwrap()).await;
            assert!(![404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            let described = &item[method]["responses"];
            assert!(described.get(answer.status.to_string()).is_some(), "{method} {path}: {answer:?}");
            tried += 1;
        }
    }
    assert!(tried >= 13, "{tried}");
}

/// Without slashes at the end, gRPC, and what answers whatever is not there.
#[test]
fn every_route_is_described() {
    let plain = |path: &str| path.trim_end_matches('/').to_owned();
    let document = Ingest::description();
    let described: BTreeSet<String> = document["paths"].as_object().unwrap().keys().map(|path| plain(path)).collect();
    let mut routes = BTreeSet::new();
    for file in ["routes.rs", "routes/otlp.rs"] {
        let source = std::fs::read_to_string(format!("{}/src/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let paths = source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        routes.extend(paths.filter(|path| !path.contains("{*") && !path.starts_with("/opentelemetry.")).map(plain));
    }
    assert_eq!(described, routes);
}
