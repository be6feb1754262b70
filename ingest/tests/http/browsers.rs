//! What browsers send by themselves, and which pages may send at all.

use axum::body::Body;
use http::Request;
use schemas::{
    ids::ProjectId,
    record::{Kind, Record},
};
use serde_json::{Value, json};
use storage::catalog::projects;

use crate::app::{App, ENVELOPE, KEY, STORE, auth, payload, post};

const SECURITY: &str = "/api/42/security/?sentry_key=0123456789abcdef0123456789abcdef&sentry_release=shop%401&sentry_environment=live";

fn csp() -> Value {
    json!({ "csp-report": { "effective-directive": "img-src", "blocked-uri": "https://evil.example/a.png" } })
}

async fn report(app: &App, path: &str, media_type: &str, body: impl Into<Body>) -> u16 {
    let request = post(path).header("content-type", media_type).header("user-agent", "Firefox");
    let answer = app.send(request.body(body.into()).unwrap()).await;
    if answer.status == 200 {
        assert_eq!(answer.body, "");
    }
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    answer.status
}

#[tokio::test]
async fn a_report_is_kept_with_what_the_query_says() {
    let app = App::new().await;
    for path in [SECURITY.to_owned(), SECURITY.replace("security/", "csp-report"), SECURITY.replace("/security", "//security/")] {
        assert_eq!(report(&app, &path, "application/csp-report", csp().to_string()).await, 200, "{path}");
        let [record] = app.records().await.try_into().unwrap();
        assert_eq!(record.kind, Kind::SecurityReport);
        let kept: Value = serde_json::from_slice(&payload(&record)).unwrap();
        assert_eq!(kept, json!({ "release": "shop@1", "environment": "live", "user_agent": "Firefox", "report": csp() }));
    }
}

#[tokio::test]
async fn a_list_is_one_record_each_and_reports_about_the_network_are_only_counted() {
    let app = App::new().await;
    let list = json!([{ "type": "csp-violation", "body": {} }, { "type": "network-error", "body": {} }]).to_string();
    assert_eq!(report(&app, SECURITY, "application/reports+json; charset=utf-8", list.clone()).await, 200);
    assert_eq!(report(&app, &SECURITY.replace("security", "nel"), "application/reports+json", list).await, 200);
    let kinds: Vec<Kind> = app.records().await.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [Kind::SecurityReport, Kind::Unsupported, Kind::SecurityReport, Kind::Unsupported]);
}

#[tokio::test]
async fn what_is_no_report_has_its_answer() {
    let app = App::new().await;
    let many = format!("[{}0]", "0,".repeat(200));
    for (media_type, body, status) in [
        ("text/plain", csp().to_string(), 415),
        ("", csp().to_string(), 415),
        ("application/json", "{\"a\":\"b".to_owned(), 400),
        ("application/json", String::new(), 400),
        ("application/json", many, 413),
        ("application/json", format!("\"{}\"", "x".repeat(64 << 10)), 413),
    ] {
        assert_eq!(report(&app, SECURITY, media_type, body).await, status, "{media_type}");
    }
    assert_eq!(report(&app, "/api/42/security/", "application/json", csp().to_string()).await, 401);
    assert_eq!(app.records().await, [] as [Record; 0]);
}

#[tokio::test]
async fn an_envelope_brings_a_report_as_its_event() {
    let app = App::new().await;
    let id = "9ec79c33ec9942ab8353589fcb2e04dc";
    let answer = app.post(ENVELOPE, format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"raw_security\"}}\n{}", csp())).await;
    assert_eq!(answer.json(), json!({ "id": id }));
    let [record] = app.records().await.try_into().unwrap();
    assert_eq!((record.kind, record.event_id), (Kind::SecurityReport, id.parse().unwrap()));
    assert_eq!(serde_json::from_slice::<Value>(&payload(&record)).unwrap(), json!({ "report": csp() }));
}

#[tokio::test]
async fn a_page_sends_an_event_by_asking_for_an_image() {
    let app = App::new().await;
    let event = r#"{"message":"it broke ??>>"}"#;
    let base64 = data_encoding::BASE64.encode(event.as_bytes());
    assert!(base64.contains('/') || base64.contains('+'), "{base64}");
    let percent = percent_encoding::utf8_percent_encode(event, percent_encoding::NON_ALPHANUMERIC).to_string();
    for data in [percent, base64] {
        let request = Request::get(format!("{STORE}?sentry_version=7&sentry_key={KEY}&sentry_data={data}"));
        let response = tower::ServiceExt::oneshot(app.router.clone(), request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"image/gif".parse().unwrap()));
        let pixel = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        assert!(pixel.starts_with(b"GIF89a\x01\0\x01\0") && pixel.ends_with(b";"));
        let [record] = app.records().await.try_into().unwrap();
        assert_eq!((record.kind, payload(&record).as_ref()), (Kind::SentryEvent, event.as_bytes()));
    }
    let get = async |query: &str| app.send(Request::get(format!("{STORE}?{query}")).body(Body::empty()).unwrap()).await.status;
    assert_eq!(get(&format!("sentry_key={KEY}")).await, 400);
    assert_eq!(get(&format!("sentry_key={KEY}&sentry_data=nope")).await, 400);
    assert_eq!(get("sentry_data={}").await, 401);
    let head = Request::head(format!("{STORE}?sentry_key={KEY}&sentry_data={{}}")).body(Body::empty()).unwrap();
    assert_eq!(app.send(head).await.status, 200);
    assert_eq!(app.records().await, [] as [Record; 0]);
}

#[tokio::test]
async fn only_allowed_pages_may_send() {
    let app = App::new().await;
    let origins = vec!["https://shop.example".parse().unwrap(), "*.pay.example".parse().unwrap()];
    projects::update(app.catalog.as_ref(), ProjectId(42), |project| project.settings.allowed_origins = origins.clone()).await.unwrap();
    let send = async |name: &'static str, value: &str, path: &str, body: String| {
        let request = post(path).header(name, value).header("x-sentry-auth", auth());
        app.send(request.body(body.into()).unwrap()).await
    };
    for (name, value, status) in [
        ("origin", "https://shop.example", 200),
        ("referer", "https://eu.pay.example/cart?x=1", 200),
        ("x-nothing", "at all", 200),
        ("origin", "http://shop.example", 403),
        ("origin", "null", 403),
        ("referer", "https://evil.example/?https://shop.example", 403),
    ] {
        let answer = send(name, value, STORE, "{}".into()).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        if status == 403 {
            assert_eq!(answer.detail(), "event submission rejected with_reason: Origin");
        }
    }
    let dsn = format!("{{\"dsn\":\"https://{KEY}@errors.example/42\"}}\n{{\"type\":\"event\"}}\n{{}}");
    let request = post(ENVELOPE).header("origin", "https://evil.example").body(dsn.into()).unwrap();
    assert_eq!(app.send(request).await.status, 403, "a key that stands in the envelope");
}

#[tokio::test]
async fn a_page_may_read_every_answer_and_what_is_not_there_is_said_so() {
    let app = App::new().await;
    for (method, path, status) in [
        ("POST", "/api/42/nothing/", 404),
        ("GET", "/api/42/minidump/", 404),
        ("GET", ENVELOPE, 405),
        ("PUT", STORE, 405),
        ("DELETE", "/api/42/security", 405),
        ("OPTIONS", SECURITY, 200),
    ] {
        let request = Request::builder().method(method).uri(path).header("origin", "https://x.example").body(Body::empty()).unwrap();
        let answer = app.send(request).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert!(answer.headers["access-control-expose-headers"].to_str().unwrap().contains("x-sentry-rate-limits"));
        if status != 200 {
            assert!(!answer.detail().is_empty());
        }
    }
}

#[tokio::test]
async fn bombs_and_deep_nesting_are_refused() {
    let app = App::new().await;
    let bomb = crate::bad_input::gzip_bomb(64);
    let request = post(SECURITY).header("content-type", "application/json").header("content-encoding", "gzip");
    assert_eq!(app.send(request.body(bomb.into()).unwrap()).await.status, 413);
    assert_eq!(report(&app, SECURITY, "application/json", "[".repeat(60_000)).await, 400);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut zlib, &vec![b' '; 8 << 20]).unwrap();
    let data = data_encoding::BASE64URL_NOPAD.encode(&zlib.finish().unwrap()).replace('-', "%2B").replace('_', "%2F");
    let request = Request::get(format!("{STORE}?sentry_key={KEY}&sentry_data={data}")).body(Body::empty()).unwrap();
    assert_eq!(app.send(request).await.status, 413);
    assert_eq!(app.records().await, [] as [Record; 0]);
}
