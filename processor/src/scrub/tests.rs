#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use schemas::{
    catalog::ProjectSettings,
    event::{Frame, Stacktrace, User, UserAgent},
    ids::{EventId, ProjectId},
};
use serde_json::json;

use super::*;
use crate::testing;

fn scrubbed(event: Event, ips: bool) -> Event {
    let settings = ProjectSettings { scrub_ip_addresses: ips, ..Default::default() };
    scrub(&Context::plain(&settings), event).unwrap()
}

fn event() -> Event {
    Event::new(EventId([1; 16]), ProjectId(1), "2026-11-23T12:00:00Z".parse().unwrap())
}

fn text(text: &str) -> String {
    let mut event = event();
    event.title = text.to_owned();
    scrubbed(event, false).title
}

#[test]
fn what_was_read_of_a_user_agent_keeps_no_secret() {
    let mut event = event();
    let device = Some("Pixel 8 of jane@shop.example".to_owned());
    event.user_agent = Some(UserAgent { device, version: Some("10.0.0.1".into()), ..UserAgent::default() });
    let agent = scrubbed(event, true).user_agent.unwrap();
    assert_eq!((agent.device.as_deref(), agent.version.as_deref()), (Some("Pixel 8 of [email]"), Some("10.0.0.1")));
}

#[test]
fn only_the_secret_is_replaced() {
    for (raw, expected) in [
        ("mail to jane.doe+x@shop.example failed", "mail to [email] failed"),
        ("<jane@shop.example>, bob@b.example.", "<[email]>, [email]."),
        ("card 4111 1111 1111 1111 declined", "card [creditcard] declined"),
        ("card 4111-1111-1111-1111, 378282246310005", "card [creditcard], [creditcard]"),
        ("7 4111 1111 1111 1111 12/28", "7 [creditcard] 12/28"),
        ("amex 3782 822463 10005", "amex [creditcard]"),
        ("sent Authorization: Bearer abc123def456 to it", "sent Authorization: Bearer [token] to it"),
        ("sent Authorization: Basic dXNlcjpwYXNz to it", "sent Authorization: Basic [token] to it"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln expired", "Bearer [token] expired"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln back", "got [token] back"),
        ("postgres://app:hunter2@db.internal:5432/shop", "postgres://[auth]@db.internal:5432/shop"),
        ("GET https://a.example/x?token=abc&page=2", "GET https://a.example/x?token=[Filtered]&page=2"),
        ("GET https://a.example/x?page=2&api_key=abc#top", "GET https://a.example/x?page=2&api_key=[Filtered]#top"),
        ("username=jane&password=hunter2&next=/", "username=jane&password=[Filtered]&next=/"),
        (r#"{"user":"jane","password":"hun\"ter2","n":1}"#, r#"{"user":"jane","password":"[Filtered]","n":1}"#),
        (r#"{"pin":1,"client_secret":12345}"#, r#"{"pin":1,"client_secret":"[Filtered]"}"#),
        (r#"{"credentials":{"a":[1,"x"]},"b":2}"#, r#"{"credentials":"[Filtered]","b":2}"#),
        (r#""{\"password\":\"hunter2\",\"a\":1}""#, r#""{\"password\":\"[Filtered]\",\"a\":1}""#),
        ("{'password': 'hunter2', 'a': 1}", "{'password': '[Filtered]', 'a': 1}"),
        (r#""password" => "hunter2""#, r#""password" => "[Filtered]""#),
        ("Server=db;User=sa;Password=hunter2;Encrypt=1", "Server=db;User=sa;Password=[Filtered];Encrypt=1"),
        ("Cookie: a=1; sessionid=abc\nHost: x", "Cookie: [Filtered]\nHost: x"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\n[pemkey]\n-----END RSA PRIVATE KEY-----",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----\n[pemkey]"),
    ] {
        assert_eq!(text(raw), expected);
    }
}

#[test]
fn what_only_resembles_a_secret_stays() {
    for raw in [
        "order 4111111111111112 is late",
        "0.4111111111111111 seconds",
        "at 1763899200000 ms",
        "id 7c184111-1111-1111-1111-58c757ff494f",
        "password must not be empty: password is required",
        "Invalid password: must have 8 characters",
        "the bearer token has expired",
        "git@github.com:shop/pay.git",
        "icon@2x.png and lodash@4.17.21",
        "com.shop.Pay@1b2c3d4e",
        "https://a.example/?page=2&sort=author",
        "max_tokens=4096 token_type=bearer",
        "password=null token=",
        "a == b, c != d, e => f",
        "eyJust.a.word",
        "127.0.0.1 and 10.1.2.3",
    ] {
        assert_eq!(text(raw), raw);
    }
}

#[test]
fn code_is_no_secret_but_its_literals_are() {
    for (raw, expected) in [
        ("password = get_password()", "password = get_password()"),
        ("connect(password=password, token=cfg.token)", "connect(password=password, token=cfg.token)"),
        ("password = \"hunter2\"", "password = \"[Filtered]\""),
        ("API_KEY: 'k-123'", "API_KEY: '[Filtered]'"),
        ("const password: string = \"hunter2\";", "const password: string = \"[Filtered]\";"),
        ("TOKEN_FIELD = TOKEN; key: str = 'theme'", "TOKEN_FIELD = TOKEN; key: str = 'theme'"),
        ("raise Error('Unexpected token: \"}\"')", "raise Error('Unexpected token: \"}\"')"),
        ("{'api_key': 'k-123'}", "{'api_key': '[Filtered]'}"),
    ] {
        let mut event = event();
        let frame = Frame { context_line: Some(raw.to_owned()), ..Frame::default() };
        event.stacktrace = Some(Stacktrace { frames: vec![frame], ..Stacktrace::default() });
        let found = scrubbed(event, false).stacktrace.unwrap().frames.remove(0).context_line.unwrap();
        assert_eq!(found, expected);
    }
}

#[test]
fn maps_lists_and_pairs_are_scrubbed_by_key_at_any_depth() {
    let mut event = event();
    event.extra = serde_json::from_value(json!({
        "config": {"db": {"password": "hunter2", "host": "db", "port": 5432}},
        "credentials": {"user": "jane", "code": 7},
        "headers": [["X-Api-Key", "abc"], ["Accept", "json"]],
        "session": {"theme": "dark", "sessionid": "abc"},
        "jane@shop.example": 1,
        "card": 4111111111111111_u64,
        "has_password": true,
        "passwords": null,
    }))
    .unwrap();
    event.request = Some(Request {
        headers: vec![("Authorization".into(), "Basic abc".into()), ("Cookie".into(), "a=b".into()), ("Accept".into(), "*/*".into())],
        cookies: vec![("sessionid".into(), "abc".into()), ("theme".into(), "dark".into())],
        query: vec![("token".into(), "abc".into()), ("page".into(), "2".into())],
        body: Some(json!("user=jane&password=hunter2")),
        ..Request::default()
    });
    let event = scrubbed(event, false);
    assert_eq!(
        json!(event.extra),
        json!({
            "config": {"db": {"password": "[Filtered]", "host": "db", "port": 5432}},
            "credentials": "[Filtered]",
            "headers": [["X-Api-Key", "[Filtered]"], ["Accept", "json"]],
            "session": {"theme": "dark", "sessionid": "[Filtered]"},
            "[email]": 1,
            "card": "[creditcard]",
            "has_password": true,
            "passwords": null,
        })
    );
    let request = event.request.unwrap();
    assert_eq!(json!(request.headers), json!([["Authorization", "[Filtered]"], ["Cookie", "[Filtered]"], ["Accept", "*/*"]]));
    assert_eq!(json!(request.cookies), json!([["sessionid", "[Filtered]"], ["theme", "dark"]]));
    assert_eq!(json!(request.query), json!([["token", "[Filtered]"], ["page", "2"]]));
    assert_eq!(request.body, Some(json!("user=jane&password=[Filtered]")));
    let remark = event.scrubbed.iter().find(|remark| remark.path == "extra.config.db.password").unwrap();
    assert_eq!((remark.rule.as_str(), remark.bytes), ("@password", 7));
    assert!(!serde_json::to_string(&event.scrubbed).unwrap().contains("jane@"));
}

#[test]
fn users_stay_countable() {
    let mut event = event();
    event.user = Some(User {
        id: Some("42".into()),
        email: Some("jane@shop.example".into()),
        username: Some("jane@shop.example".into()),
        ip_address: Some("203.0.113.7".into()),
        ..User::default()
    });
    let user = scrubbed(event.clone(), false).user.unwrap();
    assert_eq!(user.id.as_deref(), Some("42"));
    assert_eq!(user.email.as_deref(), Some("[email]"));
    assert_eq!(user.username.as_deref(), Some("[email]"));
    assert_eq!(user.ip_address.as_deref(), Some("203.0.113.7"));
    assert_eq!(scrubbed(event, true).user.unwrap().ip_address, None);
}

#[test]
fn ip_addresses_go_only_when_the_project_wants_it() {
    let mut event = event();
    event.title = "refused by 203.0.113.7:443, 2001:db8::1 and 127.0.0.1; Fee::add() in 1.2.3".into();
    assert_eq!(scrubbed(event.clone(), false).title, event.title);
    assert_eq!(scrubbed(event, true).title, "refused by [ip]:443, [ip] and 127.0.0.1; Fee::add() in 1.2.3");
}

#[test]
fn what_stood_under_a_telling_name_goes_wherever_it_stands() {
    let mut event = event();
    event.title = "AuthError: login with hunter2! failed".into();
    event.transaction = Some("/login".into());
    event.client_fingerprint = vec!["login-hunter2!".into()];
    event.tags = [("attempt".to_owned(), "pw=hunter2!".to_owned())].into();
    event.breadcrumbs =
        vec![Breadcrumb { message: Some("GET /reset?x=hunter2%21&page=2 with s3cr3t-t0ken-1".into()), ..Breadcrumb::default() }];
    event.request = Some(Request {
        headers: vec![("Authorization".into(), "Bearer s3cr3t-t0ken-1".into())],
        body: Some(json!("user=jane&password=hunter2%21")),
        ..Request::default()
    });
    event.extra = serde_json::from_value(json!({"otp": 482913, "note": "code 482913, order 1482913", "hunter2!": 482913})).unwrap();
    let event = scrubbed(event, false);
    assert_eq!(event.title, "AuthError: login with [Filtered] failed");
    assert_eq!(event.client_fingerprint, ["login-[Filtered]"]);
    assert_eq!(event.tags["attempt"], "pw=[Filtered]");
    assert_eq!(event.breadcrumbs[0].message.as_deref(), Some("GET /reset?x=[Filtered]&page=2 with [Filtered]"));
    assert_eq!(json!(event.extra), json!({"otp": "[Filtered]", "note": "code [Filtered], order 1482913", "[Filtered]": "[Filtered]"}));
    assert!(event.scrubbed.iter().any(|remark| remark.rule == "@taint" && remark.path == "title" && remark.bytes == 8));
    let whole = serde_json::to_string(&event).unwrap();
    assert!(!whole.contains("hunter2") && !whole.contains("s3cr3t"), "{whole}");
}

#[test]
fn common_words_and_names_of_the_event_are_no_secrets_elsewhere() {
    let mut event = event();
    event.title = "checkout-service: password of postgres at production, token 12345, basic; orders_table is locked".into();
    event.service = Some("checkout-service".into());
    event.extra = serde_json::from_value(json!({
        "password": "postgres", "secret": "checkout-service", "token": 12345, "api_key": "production", "auth": "basic", "pass": "at", "next": {"auth_token": "orders_table"},
    }))
    .unwrap();
    assert_eq!(scrubbed(event.clone(), false).title, event.title);
}

proptest! {
    #[test]
    fn scrubbing_again_changes_nothing(text in testing::texts(), ips: bool) {
        let mut event = event();
        event.title = text.clone();
        event.extra = serde_json::from_value(json!({"a": text, "password": text})).unwrap();
        let once = scrubbed(event, ips);
        prop_assert_eq!(scrubbed(once.clone(), ips), once);
    }

    #[test]
    fn any_event_can_be_scrubbed_and_a_second_time_changes_nothing(json in testing::events(), ips: bool) {
        let once = scrubbed(testing::read(&json), ips);
        prop_assert_eq!(scrubbed(once.clone(), ips), once);
    }
}
