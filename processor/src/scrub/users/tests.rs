#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use schemas::{
    catalog::ProjectSettings,
    event::{Event, User},
    ids::ProjectId,
    rules::RuleSet,
};
use serde_json::{Value, json};

use crate::{
    context::Context,
    rules::Rules,
    scrub::{HashKey, scrub},
    testing,
};

fn scrubbed_for(project: u64, section: Value, settings: &ProjectSettings, event: &Value) -> Event {
    let set: RuleSet = serde_json::from_value(json!({ "scrubbing": section })).unwrap();
    assert_eq!(set.check(), []);
    let rules = Rules::new(&set, &RuleSet::default()).keyed(HashKey::new(&[1; 32], ProjectId(project)));
    let context = Context { rules: &rules, ..Context::plain(settings) };
    let once = scrub(&context, testing::read(event)).unwrap();
    assert_eq!(scrub(&context, once.clone()).unwrap(), once, "a second time changes nothing");
    once
}

fn scrubbed(section: Value, event: &Value) -> Event {
    scrubbed_for(1, section, &ProjectSettings::default(), event)
}

fn user(section: Value, user: &Value) -> User {
    scrubbed(section, &json!({ "user": user })).user.unwrap()
}

fn is_hash(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[test]
fn users_known_by_their_address_alone_are_told_apart_and_known_again() {
    let identity = |project: u64, sent: Value| {
        let event = scrubbed_for(project, json!({}), &ProjectSettings::default(), &json!({ "user": sent }));
        event.user.unwrap().identity().unwrap().to_owned()
    };
    let jane = identity(1, json!({ "email": "jane@shop.example" }));
    assert!(is_hash(jane.strip_prefix("[email:").unwrap().strip_suffix(']').unwrap()), "{jane}");
    assert_eq!(identity(1, json!({ "email": " Jane@Shop.example" })), jane);
    assert_eq!(identity(1, json!({ "username": "jane@shop.example" })), jane);
    assert_eq!(identity(1, json!({ "id": "jane@shop.example", "email": "x@y.example" })), jane);
    assert_ne!(identity(1, json!({ "email": "bob@shop.example" })), jane);
    assert_ne!(identity(2, json!({ "email": "jane@shop.example" })), jane);
    assert_eq!(identity(1, json!({ "id": "42", "email": "jane@shop.example" })), "42");
    let login = identity(1, json!({ "id": "ldap:jane@shop.example/7" }));
    assert_eq!(login, format!("ldap:{jane}/7"));
}

#[test]
fn addresses_in_texts_are_not_hashed() {
    let event =
        scrubbed(json!({}), &json!({ "extra": { "note": "jane@shop.example" }, "user": { "id": 1, "plan": "of jane@shop.example" } }));
    assert_eq!((event.extra["note"].as_str(), event.user.unwrap().data["plan"].as_str()), (Some("[email]"), Some("of [email]")));
}

#[test]
fn a_project_may_have_all_addresses_look_the_same() {
    let sent = json!({ "email": "jane@shop.example", "id": "bob@shop.example" });
    let user = user(json!({ "email": "replace" }), &sent);
    assert_eq!((user.email.as_deref(), user.id.as_deref()), (Some("[email]"), Some("[email]")));
}

#[test]
fn of_anonymous_users_a_hash_and_a_country_stay() {
    let sent = json!({ "id": "42", "email": "jane@shop.example", "username": "jane", "name": "Jane Doe", "ip_address": "203.0.113.7",
        "geo": { "country_code": "AT", "city": "Vienna" }, "plan": "gold" });
    let event = json!({ "user": sent, "request": { "env": { "REMOTE_ADDR": "203.0.113.7" } } });
    let event = scrubbed(json!({ "anonymous_users": true }), &event);
    let jane = event.user.clone().unwrap();
    assert!(is_hash(jane.id.as_deref().unwrap()));
    let expected = User { id: jane.id.clone(), geo: [("country_code".to_owned(), "AT".to_owned())].into(), ..User::default() };
    assert_eq!(jane, expected);
    let json = serde_json::to_string(&event).unwrap();
    for gone in ["jane", "Jane", "203.0.113.7", "Vienna", "gold"] {
        assert!(!json.contains(gone), "{gone}: {json}");
    }
    let anonymous = |sent: Value| user(json!({ "anonymous_users": true }), &sent).id.unwrap();
    assert_eq!(anonymous(json!({ "id": 42 })), jane.id.unwrap());
    assert_ne!(anonymous(json!({ "ip_address": "203.0.113.7" })), anonymous(json!({ "ip_address": "203.0.113.8" })));
}

#[test]
fn what_stays_of_addresses_is_as_the_project_wants_it() {
    let event = json!({ "user": { "ip_address": "203.0.113.77", "geo": { "city": "Vienna" } },
        "extra": { "note": "from 203.0.113.77:443, 2001:db8:1:2::3 and 127.0.0.1" }, "request": { "env": { "REMOTE_ADDR": "203.0.113.77" } } });
    for (policy, ip, city, note, remote) in [
        ("keep", Some("203.0.113.77"), true, "from 203.0.113.77:443, 2001:db8:1:2::3 and 127.0.0.1", "203.0.113.77"),
        ("truncate", Some("203.0.113.0"), true, "from 203.0.113.0:443, 2001:db8:1:: and 127.0.0.1", "203.0.113.0"),
        ("geo_only", None, true, "from [ip]:443, [ip] and 127.0.0.1", "[ip]"),
        ("remove", None, false, "from [ip]:443, [ip] and 127.0.0.1", "[ip]"),
    ] {
        for defaults in [true, false] {
            let event = scrubbed(json!({ "ip_addresses": policy, "scrub_defaults": defaults }), &event);
            let user = event.user.unwrap_or_default();
            assert_eq!((user.ip_address.as_deref(), user.geo.contains_key("city")), (ip, city), "{policy}");
            assert_eq!(
                (event.extra["note"].as_str(), event.request.unwrap().env["REMOTE_ADDR"].as_str()),
                (Some(note), remote),
                "{policy}"
            );
        }
    }
    let odd = user(json!({ "ip_addresses": "truncate" }), &json!({ "id": 1, "ip_address": "not an address" }));
    assert_eq!(odd.ip_address, None);
    let mapped = user(json!({ "ip_addresses": "truncate" }), &json!({ "ip_address": "::ffff:203.0.113.77" }));
    assert_eq!(mapped.ip_address.as_deref(), Some("203.0.113.0"));
}

#[test]
fn the_setting_of_the_project_takes_addresses_out_whatever_the_rules_say() {
    let settings = ProjectSettings { scrub_ip_addresses: true, ..Default::default() };
    let event = json!({ "user": { "id": 1, "ip_address": "203.0.113.7" } });
    let event = scrubbed_for(1, json!({ "ip_addresses": "keep" }), &settings, &event);
    assert_eq!(event.user.unwrap().ip_address, None);
}

#[test]
fn own_rules_for_users_come_before_what_is_usual() {
    let sent = json!({ "email": "jane@shop.example", "id": "jane@shop.example", "plan": "gold" });
    let hashed = user(json!({ "applications": { "user.email || user.id": ["@email:hash"] } }), &sent);
    assert!(is_hash(hashed.email.as_deref().unwrap()));
    assert_eq!(hashed.email, hashed.id);
    let gone = user(json!({ "applications": { "$user.email": ["@anything:remove"], "user.data": ["@anything:remove"] } }), &sent);
    assert_eq!((gone.email, gone.data.len(), gone.id.is_some()), (None, 0, true));
    assert_eq!(scrubbed(json!({ "applications": { "user": ["@anything:remove"] } }), &json!({ "user": sent })).user, None);
}
