use schemas::{
    event::{Breadcrumb, Message},
    ids::Fingerprint,
};
use serde_json::json;

use super::*;

const ORDER: EventId = EventId([0xab; 16]);

fn key() -> HashKey {
    HashKey::new(&[7; 32], ProjectId(1))
}

fn search(subject: &Subject, what: What) -> Search {
    Search::new(subject, &[key()], what, ORDER)
}

fn jane() -> Subject {
    Subject { id: Some("u-7731".into()), email: Some("Jane@Shop.example".into()), ..Subject::default() }
}

fn event(change: impl FnOnce(&mut Event)) -> Event {
    let mut event = Event::new(EventId([1; 16]), ProjectId(1), "2026-11-20T12:00:00Z".parse().unwrap());
    change(&mut event);
    event
}

fn decide(search: &Search, event: &Event) -> Change {
    search.decide(&serde_json::to_vec(event).unwrap())
}

fn user(id: &str) -> Option<User> {
    Some(User { id: Some(id.into()), ..User::default() })
}

fn replaced(search: &Search, text: &str) -> String {
    let mut document = json!({ "message": text });
    search.replace(&mut document);
    document["message"].as_str().unwrap().to_owned()
}

#[test]
fn events_of_the_user_go_and_those_of_others_stay() {
    let search = search(&jane(), What::Events);
    let email = |email: &str| Some(User { email: Some(email.into()), ..User::default() });
    let hash = key().hashes("jane@shop.example").next().unwrap();
    for own in [
        user("u-7731"),
        email("jane@shop.EXAMPLE"),
        user("JANE@shop.example"),
        email(&format!("[email:{hash}]")),
        user(&hash),
        user(&key().hashes("u-7731").next().unwrap()),
    ] {
        assert_eq!(decide(&search, &event(|e| e.user = own.clone())), Change::Erase, "{own:?}");
    }
    for other in [user("u-77312"), user("u-773"), email("mary.jane@shop.example"), email("jane@shop.example.org"), None] {
        assert_eq!(decide(&search, &event(|e| e.user = other.clone())), Change::Keep, "{other:?}");
    }
}

#[test]
fn of_another_ones_event_that_tells_of_the_user_only_that_goes() {
    let search = search(&jane(), What::Events);
    let told = event(|e| {
        e.user = user("bob");
        e.message = Some(Message { formatted: "no mail to jane@shop.example, nor u-7731.".into(), ..Message::default() });
        e.title.clone_from(&e.message.as_ref().unwrap().formatted);
        e.tags.insert("jane@shop.example".into(), "x".into());
        e.extra.insert("list".into(), json!([{ "u-7731": "/u/u-7731?m=jane%40shop.example" }]));
        let data = [("to".to_owned(), json!("jane@shop.example"))].into();
        e.breadcrumbs.push(Breadcrumb { data, ..Breadcrumb::default() });
        e.grouping = Some(schemas::event::Grouping::new(Fingerprint::fp1("x"), json!(["u-7731"])));
    });
    let Change::Replace(left) = decide(&search, &told) else { panic!("it is not replaced") };
    let text = serde_json::to_string(&left).unwrap().to_lowercase();
    assert!(!text.contains("7731") && !text.contains("jane"), "{text}");
    assert_eq!(left.title, "no mail to [erased], nor [erased].");
    assert_eq!(left.extra["list"], json!([{ "[erased]": "/u/[erased]?m=[erased]" }]));
    assert_eq!((left.user.as_ref(), left.fingerprint()), (told.user.as_ref(), told.fingerprint()));
    assert_eq!(decide(&search, &left), Change::Keep, "once is enough");
}

#[test]
fn an_identity_goes_with_all_that_the_event_knows_of_the_user() {
    let search = search(&Subject { id: Some("42".into()), ..Subject::default() }, What::Identity);
    let own = event(|e| {
        e.user = Some(User {
            id: Some("42".into()),
            name: Some("Jane Doe".into()),
            email: Some("jane@shop.example".into()),
            ip_address: Some("192.0.2.17".into()),
            geo: [("country_code".into(), "NL".into()), ("city".into(), "Delft".into())].into(),
            ..User::default()
        });
        e.title = "Jane Doe at 192.0.2.17 line 42".into();
        e.tags.insert("user_id".into(), "42".into());
        e.tags.insert("line".into(), "42".into());
    });
    let Change::Replace(left) = decide(&search, &own) else { panic!("it is not replaced") };
    assert_eq!(left.title, "[erased] at [erased] line 42", "a short value is not looked for in texts");
    let nobody = left.user.as_ref().unwrap();
    assert_eq!(nobody.id.as_deref(), Some("erased-abababababab"));
    assert_eq!((nobody.email.as_ref(), nobody.name.as_ref(), nobody.geo.len()), (None, None, 1));
    assert_eq!((left.tags["user_id"].as_str(), left.tags["line"].as_str()), ("[erased]", "42"));
    assert_eq!(decide(&search, &left), Change::Keep);
}

#[test]
fn values_are_whole_words() {
    let search = search(&jane(), What::Events);
    for (text, expected) in [
        ("u-7731", "[erased]"),
        ("u-77310 xu-7731 éu-7731 u-7731é", "u-77310 xu-7731 éu-7731 u-7731é"),
        ("u-7731,u-7731;(u-7731)", "[erased],[erased];([erased])"),
        ("<jane@shop.example>. Jane@shop.example.", "<[erased]>. [erased]."),
        ("mary.jane@shop.example jane@shop.example.org", "mary.jane@shop.example jane@shop.example.org"),
        ("?to=%22jane%40shop.example%22", "?to=%22[erased]%22"),
        ("", ""),
    ] {
        assert_eq!(replaced(&search, text), expected, "{text}");
    }
    let hash = key().hashes("jane@shop.example").next().unwrap();
    assert_eq!(replaced(&search, &format!("to [email:{hash}]!")), "to [erased]!");
}

#[test]
fn what_stands_where_something_else_is_needed_is_no_obstacle() {
    let search = search(&Subject { username: Some("breadcrumb".into()), ..Subject::default() }, What::Identity);
    let event = event(|e| e.message = Some(Message { formatted: "a breadcrumb".into(), ..Message::default() }));
    assert!(matches!(decide(&search, &event), Change::Replace(_)));
    let mut raw = serde_json::to_value(&event).unwrap();
    raw["metrics"] = json!({ "cpu": 123_456_789_012_u64 });
    let search = self::search(&Subject { id: Some("123456789012".into()), ..Subject::default() }, What::Identity);
    let json = serde_json::to_vec(&raw).unwrap();
    assert!(matches!(search.decide(&json), Change::Erase | Change::Keep), "a number that is needed can't be replaced");
    assert_eq!(search.decide(br#"{"id":"123456789012"#), Change::Erase, "nor what can't be read");
}

#[test]
fn raw_bytes_are_looked_through() {
    let search = search(&jane(), What::Events);
    for (bytes, found) in [
        (&b"\xff\xfe{\"user\":{\"id\":\"u-7731\""[..], true),
        (b"To: JANE@shop.example\r\n", true),
        (b"\"line\\njane@shop.example\"", true),
        (b"xu-7731", false),
        (b"", false),
    ] {
        assert_eq!(search.is_in(bytes), found, "{bytes:?}");
    }
    let short = self::search(&Subject { id: Some("42".into()), ..Subject::default() }, What::Events);
    for (bytes, found) in
        [(&br#"{"user":{"id": "42""#[..], true), (br#"{"line":"42"}"#, false), (br#"{"user_id" : "42"}"#, true), (b"42 \"42\"", false)]
    {
        assert_eq!(short.is_in(bytes), found, "{bytes:?}");
    }
}

#[test]
fn a_value_with_quotes_is_found_in_json() {
    let subject = Subject { id: Some("jane \"j\" doe".into()), ..Subject::default() };
    let own = event(|e| e.user = user("jane \"j\" doe"));
    assert_eq!(decide(&search(&subject, What::Events), &own), Change::Erase);
    let told = event(|e| e.title = "by jane \"j\" doe".into());
    let Change::Replace(left) = decide(&search(&subject, What::Events), &told) else { panic!("it is not replaced") };
    assert_eq!(left.title, "by [erased]");
}

proptest::proptest! {
    #[test]
    fn nothing_of_the_user_is_left_in_any_event(
        texts in proptest::collection::vec("[ ,a-z]{0,6}(u-7731|jane@shop\\.example|JANE@SHOP\\.EXAMPLE)?[ ,;]{1,3}[a-z]{0,4}", 0..6),
        own: bool, identity: bool,
    ) {
        let search = search(&jane(), if identity { What::Identity } else { What::Events });
        let event = event(|e| {
            e.user = user(if own { "u-7731" } else { "bob" });
            for (n, text) in texts.iter().enumerate() {
                // A letter in front makes another word of it.
                let text = text.replace("u-7731", " u-7731").replace("jane@", " jane@").replace("JANE@", " JANE@");
                e.extra.insert(format!("k{n}"), json!({ text.clone(): [text.clone()] }));
                e.title.push_str(&text);
            }
        });
        let left = match decide(&search, &event) {
            Change::Erase => { proptest::prop_assert!(own && !identity); return Ok(()); }
            Change::Replace(left) => *left,
            Change::Keep => event,
        };
        let text = serde_json::to_string(&left).unwrap().to_lowercase();
        proptest::prop_assert!(!text.contains("u-7731") && !text.contains("jane@shop.example"), "{}", text);
    }
}
