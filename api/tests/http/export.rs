use std::io::Read;

use flate2::read::MultiGzDecoder;
use http::StatusCode;
use serde_json::{Value, json};

use crate::server::{SHOP, Server, event, events, id};

/// A day around all events of the tests.
const RANGE: &str = "from=2026-11-19T12:00:00Z&to=2026-11-20T12:01:00Z";

fn lines(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn exported(server: &Server, query: &str) -> Vec<Value> {
    let reply = server.send("GET", &format!("/api/v1/export?{query}"), Some("viewer"), "").await;
    assert_eq!(
        (reply.status, &reply.headers["content-type"]),
        (StatusCode::OK, &"application/x-ndjson".parse().unwrap()),
        "{}",
        reply.text
    );
    lines(&reply.text)
}

fn ids(lines: &[Value]) -> Vec<String> {
    lines.iter().filter_map(|line| Some(line["event"]["id"].as_str()?.trim_start_matches('0').to_owned())).collect()
}

#[tokio::test]
async fn events_come_newest_first_as_they_are_stored_and_the_last_line_says_that_these_were_all() {
    let server = Server::full().await;
    let all = exported(&server, &format!("{RANGE}&project=shop")).await;
    assert_eq!(ids(&all), ["1", "2", "4", "3"]);
    assert_eq!(all[4], json!({ "complete": true, "events": 4, "query": "*" }));
    assert_eq!(all[0]["event"], serde_json::to_value(&events()[0]).unwrap());
    assert_eq!(ids(&exported(&server, &format!("{RANGE}&query=service:cart")).await), ["4"]);
    assert_eq!(
        exported(&server, &format!("{RANGE}&query=service:none")).await,
        [json!({ "complete": true, "events": 0, "query": "service:none" })]
    );
}

#[tokio::test]
async fn it_goes_on_behind_any_line_whatever_came_meanwhile() {
    let server = Server::empty().await;
    server.store((1..=250).map(|n| event(n, SHOP, "a", 600 + i64::from(n))).collect()).await;
    let all = exported(&server, "from=-1h&query=error.type:Errora").await;
    assert_eq!(all.len(), 251);
    for behind in [0, 99, 100, 248] {
        let cursor = all[behind]["cursor"].as_str().unwrap();
        // Newer than the range that was fixed at the beginning.
        server.store(vec![event(1_000 + behind as u32, SHOP, "a", 0)]).await;
        let rest = exported(&server, &format!("from=-1h&query=error.type:Errora&cursor={cursor}")).await;
        assert_eq!(ids(&rest), ids(&all)[behind + 1..]);
        assert_eq!(rest.last().unwrap()["events"], 249 - behind);
    }
    let cursor = all[249]["cursor"].as_str().unwrap();
    assert_eq!(
        exported(&server, &format!("query=error.type:Errora&cursor={cursor}")).await,
        [json!({ "complete": true, "events": 0, "query": "error.type:Errora" })]
    );
}

#[tokio::test]
async fn only_the_fields_that_were_asked_for_come() {
    let server = Server::full().await;
    let some = exported(&server, &format!("{RANGE}&query=tags.tenant:acme&fields=id,timestamp,service,tags.tenant,status")).await;
    let expected = json!({ "id": id(1).to_string(), "timestamp": "2026-11-20T11:59:50Z", "service": "checkout", "tags.tenant": "acme" });
    assert_eq!(some[0]["event"], expected);
}

#[tokio::test]
async fn it_is_compressed_when_asked() {
    let server = Server::full().await;
    let plain = server.send("GET", &format!("/api/v1/export?{RANGE}"), Some("viewer"), "").await;
    let path = format!("/api/v1/export?{RANGE}");
    for (path, accept, content, coding) in [
        (path.clone(), "br, gzip;q=0.5", "application/x-ndjson", Some("gzip")),
        (format!("{path}&format=gzip"), "identity", "application/gzip", None),
        (path.clone(), "gzip;q=0", "application/x-ndjson", None),
    ] {
        let (headers, bytes) = server.bytes(&path, &[("accept-encoding", accept)]).await;
        assert_eq!(headers["content-type"], content, "{accept}");
        assert_eq!(headers.get("content-encoding").map(|value| value.to_str().unwrap()), coding, "{accept}");
        let mut text = String::new();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(bytes).unwrap();
        }
        assert_eq!(text, plain.text, "{accept}");
    }
}

#[tokio::test]
async fn what_can_not_be_exported_is_refused_before_it_begins() {
    let server = Server::full().await;
    let all = exported(&server, RANGE).await;
    let cursor = all[0]["cursor"].as_str().unwrap();
    for query in [
        format!("{RANGE}&query=servce:x"),
        format!("{RANGE}&fields=servce"),
        format!("{RANGE}&fields=service,service"),
        format!("{RANGE}&format=csv"),
        format!("{RANGE}&project=nowhere"),
        format!("{RANGE}&query=service:cart&cursor={cursor}"),
        format!("{RANGE}&project=shop&cursor={cursor}"),
        "cursor=x".to_owned(),
        "from=now&to=-1h".to_owned(),
    ] {
        let (code, _) = server.problem(&format!("/api/v1/export?{query}"), 400).await;
        assert!(["invalid_parameter", "invalid_query"].contains(&code.as_str()), "{query}: {code}");
    }
}

#[tokio::test]
async fn only_so_many_go_on_at_once_and_one_that_nobody_reads_any_more_makes_room() {
    let server = Server::empty().await;
    server.store((1..=450).map(|n| event(n, SHOP, "a", 600 + i64::from(n))).collect()).await;
    let path = "/api/v1/export?from=-1h";
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(server.unread(path).await);
    }
    let (code, detail) = server.problem(path, 429).await;
    assert_eq!(code, "too_many_requests", "{detail}");
    open.clear();
    // The task behind it sees it at its next page.
    loop {
        let reply = server.send("GET", path, Some("viewer"), "").await;
        if reply.status == StatusCode::OK {
            assert_eq!(lines(&reply.text).len(), 451);
            break;
        }
        tokio::task::yield_now().await;
    }
}
