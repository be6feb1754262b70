use proptest::prelude::*;

use super::*;
use crate::event::Severity;

const NOW: &str = "2026-11-23T12:00:00Z";

fn event(report: &Value) -> Event {
    let around =
        Surroundings { release: Some("shop@1".into()), environment: Some("production".into()), user_agent: Some("Firefox".into()) };
    let reports = split(report.to_string().as_bytes(), &around).unwrap();
    let [Report::Kept(packed)] = reports.as_slice() else { panic!("{reports:?}") };
    read(packed, EventId([7; 16]), ProjectId(1), NOW.parse().unwrap()).unwrap()
}

fn message(event: &Event) -> &str {
    &event.message.as_ref().unwrap().formatted
}

/// As Chrome sends it to `report-uri`.
fn csp(directive: &str, blocked: &str) -> Value {
    json!({ "csp-report": {
        "document-uri": "https://shop.example/cart?id=7", "referrer": "https://search.example/", "violated-directive": directive,
        "effective-directive": directive, "original-policy": "default-src 'self'; report-uri /x", "disposition": "enforce",
        "blocked-uri": blocked, "status-code": 200, "source-file": "https://shop.example/app.js", "line-number": 12,
    }})
}

#[test]
fn a_policy_report_says_what_was_blocked_from_where() {
    for (directive, blocked, expected, name) in [
        ("script-src", "https://evil.example/a.js?x=1", "Blocked 'script' from 'evil.example'", "evil.example"),
        ("script-src-elem", "https://EVIL.example:8443/a.js", "Blocked 'script' from 'evil.example:8443'", "evil.example:8443"),
        ("img-src", "https://shop.example/a.png", "Blocked 'image' from 'self'", "self"),
        ("style-src-attr", "inline", "Blocked inline 'style'", "inline"),
        ("script-src", "eval", "Blocked unsafe eval in 'script'", "eval"),
        ("script-src", "wasm-eval", "Blocked unsafe wasm-eval in 'script'", "wasm-eval"),
        ("script-src 'self' 'unsafe-inline'", "", "Blocked inline 'script'", "inline"),
        ("font-src", "data", "Blocked 'font' from 'data'", "data"),
        ("img-src", "data:image/png;base64,AAAA", "Blocked 'image' from 'data'", "data"),
        ("script-src", "chrome-extension://abcdef/x.js", "Blocked 'script' from 'chrome-extension'", "chrome-extension"),
        ("connect-src", "wss://live.example/socket", "Blocked 'connect' from 'live.example'", "live.example"),
        ("connect-src", "live.example:9000", "Blocked 'connect' from 'live.example:9000'", "live.example:9000"),
        ("form-action", "https://pay.example/x", "Blocked 'form' action to 'pay.example'", "pay.example"),
        ("frame-ancestors", "self", "Blocked 'embedding' from 'self'", "self"),
    ] {
        let event = event(&csp(directive, blocked));
        assert_eq!(message(&event), expected, "{directive} {blocked}");
        assert_eq!(event.tags["blocked-uri"], name);
        assert_eq!(event.culprit.as_deref(), directive.split(' ').next());
        assert_eq!(event.client_fingerprint, ["csp", event.culprit.as_deref().unwrap(), name]);
    }
}

#[test]
fn a_policy_report_keeps_its_surroundings() {
    let event = event(&csp("script-src", "https://evil.example/a.js"));
    let request = event.request.unwrap();
    assert_eq!((request.url.as_deref(), request.query), (Some("https://shop.example/cart"), vec![("id".into(), "7".into())]));
    let headers = [("Referer".to_owned(), "https://search.example/".to_owned()), ("User-Agent".into(), "Firefox".into())];
    assert_eq!(request.headers, headers);
    assert_eq!(
        (event.release.as_deref(), event.environment.as_deref(), event.logger.as_deref()),
        (Some("shop@1"), Some("production"), Some("csp"))
    );
    let source = event.source.unwrap();
    assert_eq!((source.file.as_deref(), source.line), (Some("https://shop.example/app.js"), Some(12)));
    assert_eq!(event.extra["report"]["csp-report"]["status-code"], 200);
    assert_eq!(event.severity, Severity::Error);
}

#[test]
fn the_reporting_api_says_the_same_in_other_words() {
    let report = json!({ "type": "csp-violation", "age": 60_000, "url": "https://shop.example/", "user_agent": "Chrome", "body": {
        "documentURL": "https://shop.example/", "blockedURL": "https://evil.example/x.js", "effectiveDirective": "script-src-elem",
        "disposition": "report", "sourceFile": "https://shop.example/", "lineNumber": "3", "sample": "",
    }});
    let event = event(&report);
    assert_eq!((message(&event), event.severity), ("Blocked 'script' from 'evil.example'", Severity::Warning));
    assert_eq!(event.timestamp, "2026-11-23T11:59:00Z".parse().unwrap());
    assert_eq!(event.source.unwrap().line, Some(3));
    let normalized = json!({ "csp": { "document_uri": "https://shop.example/", "blocked_uri": "https://evil.example/", "effective_directive": "img-src" } });
    assert_eq!(message(&self::event(&normalized)), "Blocked 'image' from 'evil.example'");
}

#[test]
fn reports_about_certificates_name_the_host() {
    let ct = json!({ "expect-ct-report": { "date-time": "2026-11-20T01:02:03Z", "hostname": "shop.example", "port": 8443,
        "failure-mode": "enforce", "scts": [], "served-certificate-chain": ["-----BEGIN CERTIFICATE-----\n"] } });
    let expect = event(&ct);
    assert_eq!((message(&expect), expect.logger.as_deref()), ("Expect-CT failed for 'shop.example'", Some("expectct")));
    assert_eq!(expect.timestamp, "2026-11-20T01:02:03Z".parse().unwrap());
    assert_eq!(expect.request.unwrap().url.as_deref(), Some("https://shop.example:8443/"));
    assert_eq!(expect.client_fingerprint, ["expectct", "shop.example"]);
    let pins = json!({ "date-time": "2026-11-20T01:02:03Z", "hostname": "shop.example", "port": 443, "known-pins": ["pin-sha256=\"x\""] });
    assert_eq!(message(&event(&pins)), "Public key pinning validation failed for 'shop.example'");
    let staple = json!({ "expect-staple-report": { "hostname": "shop.example", "response-status": "MISSING", "cert-status": "REVOKED" } });
    let staple = event(&staple);
    assert_eq!(message(&staple), "Expect-Staple failed for 'shop.example'");
    assert_eq!((staple.tags["response_status"].as_str(), staple.tags["cert_status"].as_str()), ("MISSING", "REVOKED"));
}

#[test]
fn other_reports_of_the_reporting_api_become_events() {
    let report = |kind: &str, body: Value| event(&json!({ "type": kind, "url": "https://shop.example/", "body": body }));
    for (kind, body, expected, severity, group) in [
        (
            "deprecation",
            json!({ "id": "websql", "message": "WebSQL goes away" }),
            "WebSQL goes away",
            Severity::Warning,
            vec!["deprecation", "websql"],
        ),
        ("intervention", json!({ "message": "Audio was stopped" }), "Audio was stopped", Severity::Warning, vec![]),
        ("crash", json!({ "reason": "oom" }), "The page crashed: 'oom'", Severity::Critical, vec!["crash", "oom"]),
        (
            "permissions-policy-violation",
            json!({ "featureId": "geolocation", "disposition": "enforce" }),
            "Blocked use of 'geolocation'",
            Severity::Error,
            vec!["permissions-policy-violation", "geolocation"],
        ),
        (
            "coep",
            json!({ "type": "corp", "blockedURL": "https://x.example/" }),
            "Browser report 'corp'",
            Severity::Warning,
            vec!["coep", "corp"],
        ),
    ] {
        let event = report(kind, body);
        assert_eq!((message(&event), event.severity), (expected, severity), "{kind}");
        assert_eq!(event.client_fingerprint, group, "{kind}");
        assert_eq!(event.tags["report"], kind);
    }
}

#[test]
fn a_list_is_one_report_each_and_those_about_the_network_are_only_counted() {
    let network = json!({ "type": "network-error", "body": {} });
    let list = json!([csp("img-src", "x"), network, 5]);
    let reports = split(list.to_string().as_bytes(), &Surroundings::default()).unwrap();
    assert!(matches!(reports[..], [Report::Kept(_), Report::Network(34), Report::Kept(_)]), "{reports:?}");
    assert_eq!(network.to_string().len(), 34);
    assert_eq!(split(b"{\"a\":\"b", &Surroundings::default()).unwrap_err().reason, Reason::InvalidJson);
}

#[test]
fn what_is_no_report_is_refused() {
    for report in [json!({}), json!([[]]), json!({ "csp-report": {} }), json!({ "csp-report": 5 }), json!({ "type": "x" })] {
        let reports = split(report.to_string().as_bytes(), &Surroundings::default()).unwrap();
        let [Report::Kept(packed)] = reports.as_slice() else { panic!("{report}") };
        let error = read(packed, EventId([7; 16]), ProjectId(1), Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(error.reason, Reason::InvalidEvent, "{report}");
    }
}

proptest! {
    #[test]
    fn any_report_is_read_or_refused(directive: String, blocked: String, page: String, age: u64, kind: String) {
        let body = json!({ "effectiveDirective": directive, "blockedURL": blocked, "documentURL": page, "id": page });
        for report in [json!({ "csp-report": body }), json!({ "type": kind, "age": age, "body": body })] {
            for report in split(report.to_string().as_bytes(), &Surroundings::default()).unwrap() {
                if let Report::Kept(packed) = report {
                    let _ = read(&packed, EventId([7; 16]), ProjectId(1), NOW.parse().unwrap());
                }
            }
        }
    }
}
