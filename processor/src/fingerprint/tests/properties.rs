//! What holds for every event.

use proptest::prelude::*;

use super::*;

/// JSON with the members of objects in the opposite order.
fn backwards(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(backwards).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let mut members: Vec<String> =
                map.iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), backwards(value))).collect();
            members.reverse();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

fn parts_of_text(json: &str) -> Value {
    let received_at = "2026-11-23T12:00:00Z".parse().unwrap();
    let (id, project) = (schemas::ids::EventId([1; 16]), schemas::ids::ProjectId(1));
    let event = schemas::wire::sentry_event::read(json.as_bytes(), id, project, received_at).unwrap();
    testing::staged(event).grouping.unwrap().parts.value()
}

/// Changes what differs between two sightings of one error: lines, columns, addresses, source, variables, numbers.
fn moved(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(moved),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match (key.as_str(), &mut *value) {
                    ("lineno" | "colno", Value::Number(_)) => *value = json!(99_999),
                    ("instruction_addr", Value::String(_)) => *value = json!("0x7fff00112233"),
                    ("vars", _) => *value = json!({"a": 1}),
                    _ => moved(value),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn no_event_of_the_corpora_changes_its_group_when_its_code_moves() {
    for (name, mut event) in testing::corpus("events/grouping") {
        let before = parts_of(&event);
        moved(&mut event);
        assert_eq!(parts_of(&event), before, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_event_has_a_group_that_moving_code_does_not_change(json in testing::events()) {
        let before = parts_of(&json);
        // A secret that a variable tells is taken out of the message too; without the variable it stays there.
        let told = |json: &Value| testing::staged(testing::read(json)).scrubbed.iter().any(|remark| remark.rule == "@taint");
        prop_assume!(!told(&json));
        let mut json = json;
        moved(&mut json);
        prop_assert_eq!(parts_of(&json), before);
    }

    #[test]
    fn the_order_of_keys_fields_that_nobody_knows_and_people_do_not_change_the_group(mut json in testing::events(), name in "[a-z]{3,8}") {
        let before = parts_of(&json);
        prop_assert_eq!(&parts_of_text(&backwards(&json)), &before);
        json["user"] = json!({"id": name, "email": format!("{name}@shop.example"), "ip_address": "203.0.113.9", "username": name});
        json["unheard_of"] = json!({"deep": [name]});
        json["server_name"] = json!(name);
        prop_assert_eq!(parts_of(&json), before);
    }

    #[test]
    fn a_person_s_address_in_a_message_does_not_change_the_group(name in "[a-z]{3,8}", host in 1..255_u8) {
        let of = |name: &str, host: u8| {
            let text = format!("login of {name}@shop.example from 203.0.113.{host} failed");
            (parts_of(&python(&[raised("LoginFailed", &text, &[])])), parts_of(&json!({"logentry": {"formatted": text}})))
        };
        prop_assert_eq!(of(&name, host), of("jane", 7));
    }

    #[test]
    fn numbers_in_a_value_do_not_change_the_group(a in 0..9_999_999_u32, b in 0..9_999_999_u32) {
        let event = |n: u32| parts_of(&python(&[raised("KeyError", &format!("row {n} is locked"), &[])]));
        prop_assert_eq!(event(a), event(b));
    }

    #[test]
    fn scrubbing_addresses_does_not_change_the_group(text in "[a-z ]{0,10}(203\\.0\\.113\\.7|2001:db8::1|jane@shop\\.example)[a-z ]{0,10}") {
        let event = testing::read(&python(&[raised("KeyError", &text, &[])]));
        let of = |event: Event, ips: bool, scrub: bool| {
            let settings = schemas::catalog::ProjectSettings { scrub_ip_addresses: ips, ..Default::default() };
            let context = Context::plain(&settings);
            let event = crate::normalize::normalize(&context, event).unwrap();
            let event = if scrub { crate::scrub::scrub(&context, event).unwrap() } else { event };
            fingerprint(&context, event).unwrap().grouping.unwrap().fingerprint
        };
        let raw = of(event.clone(), false, false);
        prop_assert_eq!(&of(event.clone(), false, true), &raw);
        prop_assert_eq!(&of(event, true, true), &raw);
    }
}
