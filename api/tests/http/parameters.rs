//! Bad input for each parameter of each route.

use crate::server::Server;

/// Requests with one parameter that can't be taken, and which.
const REFUSED: [(&str, &str); 59] = [
    ("events?project=nothing", "project"),
    ("events?project=99", "project"),
    ("events?project=1&project=nothing", "project"),
    ("events?query=a&query=b", "query"),
    ("events?query=%ff", "query"),
    ("events?from=x", "from"),
    ("events?to=x", "to"),
    ("events?from=now&to=-1h", "from"),
    ("events?from=-401d", "from"),
    ("events?limit=0", "limit"),
    ("events?limit=1001", "limit"),
    ("events?limit=x", "limit"),
    ("events?cursor=x", "cursor"),
    ("events?cursor=aSBjb3VudCAxIDIgMyB4", "cursor"),
    ("events/00000000000000000000000000000001?project=nothing", "project"),
    ("fields?limit=1", "limit"),
    ("fields/service/values?limit=101", "limit"),
    ("fields/service/values?prefx=a", "prefx"),
    ("issues?sort=title", "sort"),
    ("issues?limit=501", "limit"),
    ("issues?cursor=%21", "cursor"),
    ("issues?from=x", "from"),
    // i last_seen -9223372036854775808 9223372036854775807 0 x
    ("issues?cursor=aSBsYXN0X3NlZW4gbSAtOTIyMzM3MjAzNjg1NDc3NTgwOCA5MjIzMzcyMDM2ODU0Nzc1ODA3IDAgeA", "cursor"),
    ("issues/shop-00000?query=a", "query"),
    ("stats/trend?interval=x", "interval"),
    ("stats/trend?interval=0s", "interval"),
    ("stats/trend?interval=-5m", "interval"),
    ("stats/trend?from=-30d&interval=1s", "interval"),
    ("stats/trend?by=servce", "by"),
    ("stats/trend?by=service,level", "by"),
    ("stats/trend?by=service&limit=1000&interval=1m", "limit"),
    ("stats/top", "by"),
    ("stats/top?by=a.b", "by"),
    ("stats/top?by=tags", "by"),
    ("stats/top?by=timestamp", "by"),
    ("stats/top?by=id", "by"),
    ("stats/top?by=level,level", "by"),
    ("stats/top?by=level,service,host", "by"),
    ("stats/top?by=level&limit=1001", "limit"),
    ("stats/rates?window=x", "window"),
    ("stats/rates?window=201d", "window"),
    ("stats/rates?from=-1h", "from"),
    ("stats/rates?to=x", "to"),
    ("sessions?by=reason", "by"),
    ("sessions?by=release,release", "by"),
    ("sessions?interval=1h", "interval"),
    ("sessions?interval=hour&from=-100d", "interval"),
    ("sessions?interval=hour&from=-30d&limit=100", "limit"),
    ("sessions?limit=1001", "limit"),
    ("sessions?query=a", "query"),
    ("sessions?from=x", "from"),
    ("sessions?project=nothing", "project"),
    ("client-reports?by=release", "by"),
    ("client-reports?interval=day", "interval"),
    ("ledger?day=2026-13-01", "day"),
    ("ledger?day=today", "day"),
    ("dead-letters?limit=501", "limit"),
    ("dead-letters?cursor=x", "cursor"),
    ("dead-letters?project=nothing", "project"),
];

#[tokio::test]
async fn a_misspelt_parameter_is_answered_with_the_nearest() {
    let server = Server::empty().await;
    let (code, detail) = server.problem("/api/v1/events?projct=1", 400).await;
    assert_eq!(
        (code.as_str(), detail.as_str()),
        ("invalid_parameter", "projct: there is no such parameter here, did you mean \"project\"?")
    );
    let (_, detail) = server.problem("/api/v1/ledger?zzz=1", 400).await;
    assert_eq!(detail, "zzz: there is no such parameter here; there are day");
    let (_, detail) = server.problem("/api/v1/projects?zzz=1", 400).await;
    assert_eq!(detail, "zzz: this takes no parameters");
}

#[tokio::test]
async fn each_parameter_says_what_it_expects() {
    let server = Server::empty().await;
    for (path, parameter) in REFUSED {
        let reply = server.send("GET", &format!("/api/v1/{path}"), Some("viewer"), "").await;
        assert_eq!(reply.status.as_u16(), 400, "{path}: {}", reply.text);
        let problem = reply.json();
        assert_eq!((&problem["code"], &problem["errors"][0]["parameter"]), (&"invalid_parameter".into(), &parameter.into()), "{path}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert!(!message.is_empty() && problem["detail"].as_str().unwrap().contains(message), "{path}");
    }
}

#[tokio::test]
async fn a_query_that_can_not_be_read_is_told_with_its_place() {
    let server = Server::empty().await;
    for path in ["events", "issues", "stats/trend", "stats/rates", "stats/summary"] {
        let (code, detail) = server.problem(&format!("/api/v1/{path}?query=level:error+enviroment:x"), 400).await;
        assert_eq!(code, "invalid_query");
        assert_eq!(detail, "query: at character 13: unknown field \"enviroment\", did you mean \"environment\"?");
    }
    // ä has two bytes.
    let reply = server.send("GET", "/api/v1/events?query=%C3%A4+(level:errr", Some("viewer"), "").await;
    let expected = serde_json::json!([{
        "parameter": "query",
        "message": "level must be one of debug, info, warning, error, critical, not \"errr\"; did you mean error?",
        "position": { "start": 10, "end": 14, "column": 10 },
        "expected": "one of debug, info, warning, error, critical",
        "nearest": "error",
    }]);
    assert_eq!(reply.json()["errors"], expected);
}

#[tokio::test]
async fn ids_that_are_none_are_refused() {
    let server = Server::empty().await;
    assert_eq!(server.problem("/api/v1/events/xyz", 400).await.1, "event id must be 32 hex digits, with or without hyphens");
    assert_eq!(server.problem("/api/v1/events/xyz/outcome", 400).await.0, "invalid_path");
    for path in ["issues/nothing", "issues/-", "issues/%C3%A4-1", "projects/nothing", "projects/99", "projects/%20"] {
        server.problem(&format!("/api/v1/{path}"), 404).await;
    }
}
