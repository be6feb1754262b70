//! What real exporters write into JSON beside the specification: each is mended, or costs its own record only.

use super::*;

/// The event of a record that stands between two others, all three of which must be there.
#[expect(clippy::needless_pass_by_value, reason = "short to call")]
fn event_of(record: Value) -> Event {
    let neighbour = json!({"attributes": raised("Neighbour", "m")});
    let split = split_json(Signal::Logs, &logs(json!([neighbour, record, neighbour])));
    assert_eq!((split.items.len(), split.rejected), (3, 0));
    events(Signal::Logs, &split).remove(1)
}

fn with(key: &str, value: Value) -> Event {
    let mut record = json!({"attributes": raised("E", "m")});
    record[key] = value;
    event_of(record)
}

/// The extra or tag `a` of a record with that attribute.
#[expect(clippy::needless_pass_by_value, reason = "short to call")]
fn value_of(value: Value) -> Option<Value> {
    let mut attributes = raised("E", "m");
    attributes.as_array_mut().unwrap().push(json!({"key": "a", "value": value}));
    let mut event = event_of(json!({"attributes": attributes}));
    event.tags.remove("a").map(Value::from).or_else(|| event.extra.remove("a"))
}

#[test]
fn null_lists_ids_times_and_objects_are_empty_ones() {
    let record = json!({"traceId": null, "spanId": null, "timeUnixNano": null, "observedTimeUnixNano": null, "severityNumber": null,
        "severityText": null, "body": null, "eventName": null, "droppedAttributesCount": null, "attributes": raised("E", "m")});
    let event = event_of(record);
    assert_eq!((event.trace.trace_id, event.timestamp), (None, event.received_at));
    for body in [
        json!({"resourceLogs": null}),
        json!({}),
        json!({"resourceLogs": [null]}),
        json!({"resourceLogs": [{"resource": null, "scopeLogs": null}]}),
        json!({"resourceLogs": [{"scopeLogs": [{"scope": null, "logRecords": null}]}]}),
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": {}}]}]}),
    ] {
        let split = split_json(Signal::Logs, &body.to_string());
        assert_eq!((split.items.len(), split.uninteresting, split.rejected), (0, 0, 0), "{body}");
    }
    let split = split_json(Signal::Logs, &logs(json!([{"attributes": null}])));
    assert_eq!((split.uninteresting, split.rejected), (1, 0));
}

#[test]
fn spans_with_null_lists_are_spans() {
    let event = json!({"name": "exception", "timeUnixNano": null, "attributes": raised("E", "m")});
    let split = split_json(
        Signal::Traces,
        &spans(
            json!([{"events": null, "links": null, "attributes": null, "status": null}, {"name": "op", "kind": null, "events": [null, event]}]),
        ),
    );
    assert_eq!((split.items.len(), split.uninteresting, split.rejected), (1, 1, 0));
}

#[test]
fn lists_and_objects_without_values_are_empty() {
    for empty in [json!({"arrayValue": {}}), json!({"arrayValue": {"values": null}}), json!({"arrayValue": {"values": []}})] {
        assert_eq!(value_of(empty), Some(json!([])));
    }
    for empty in [json!({"kvlistValue": {}}), json!({"kvlistValue": {"values": null}})] {
        assert_eq!(value_of(empty), Some(json!({})));
    }
    for none in [json!({}), json!(null), json!({"arrayValue": null}), json!({"stringValue": null})] {
        assert_eq!(value_of(none.clone()), None, "{none}");
    }
}

#[test]
fn numbers_may_be_texts_and_texts_numbers() {
    for (written, read) in [
        (json!({"doubleValue": "NaN"}), json!("NaN")),
        (json!({"doubleValue": "Infinity"}), json!("Infinity")),
        (json!({"doubleValue": "-Infinity"}), json!("-Infinity")),
        (json!({"doubleValue": "1.5"}), json!("1.5")),
        (json!({"doubleValue": 7}), json!("7.0")),
        (json!({"doubleValue": "many"}), json!("many")),
        (json!({"intValue": "9223372036854775807"}), json!("9223372036854775807")),
        (json!({"intValue": -3}), json!("-3")),
        (json!({"intValue": 7.0}), json!("7")),
        (json!({"intValue": "0x10"}), json!("0x10")),
        (json!({"boolValue": "TRUE"}), json!("true")),
        (json!({"boolValue": 1}), json!("1")),
        (json!({"stringValue": 12}), json!("12")),
        (json!({"string_value": "x"}), json!("x")),
        (json!("bare"), json!("bare")),
        (json!(3), json!("3")),
    ] {
        assert_eq!(value_of(written.clone()), Some(read), "{written}");
    }
}

#[test]
fn bytes_may_be_in_either_alphabet_and_without_padding() {
    // 0xfb 0xef 0xff 0xfe
    for text in ["++///g==", "--___g==", "--___g", "++///g"] {
        assert_eq!(value_of(json!({"bytesValue": text})), Some(json!("++///g==")), "{text}");
    }
    assert_eq!(value_of(json!({"bytesValue": "not base64!"})), Some(json!("not base64!")));
}

#[test]
fn enumerations_may_be_numbers_texts_or_names() {
    use crate::event::Severity;
    for (written, severity) in [
        (json!("9"), Severity::Info),
        (json!(9), Severity::Info),
        (json!(9.0), Severity::Info),
        (json!("SEVERITY_NUMBER_WARN3"), Severity::Warning),
        (json!("FATAL"), Severity::Critical),
        (json!("SEVERITY_NUMBER_UNSPECIFIED"), Severity::Error),
        (json!("ERROR9"), Severity::Error),
        (json!(["x"]), Severity::Error),
        (json!(1e300), Severity::Error),
    ] {
        assert_eq!(with("severityNumber", written.clone()).severity, severity, "{written}");
    }
}

#[test]
fn ids_may_be_in_any_case_and_wrong_ones_are_left_out() {
    let right = Some("5b8efff798038103d269b633813fc60c");
    for (written, read) in [
        (json!("5B8EFFF798038103D269B633813FC60C"), right),
        (json!("5b8EFff798038103d269b633813fc60c"), right),
        (json!("W47/95gDgQPSabYzgT/GDA=="), right),
        (json!("5b8efff798038103"), None),
        (json!("5b8efff798038103d269b633813fc60c00"), None),
        (json!("00000000000000000000000000000000"), None),
        (json!("zz8efff798038103d269b633813fc60c"), None),
        (json!(""), None),
        (json!(7), None),
        (json!({}), None),
    ] {
        assert_eq!(with("traceId", written.clone()).trace.trace_id.as_deref(), read, "{written}");
    }
}

#[test]
fn times_may_be_numbers_texts_or_written_out_and_others_are_none() {
    let noon = 1_795_435_200_000_000_000_i128;
    for (written, read) in [
        (json!("1795435200000000000"), Some(noon)),
        (json!(1_795_435_200_000_000_000_u64), Some(noon)),
        (json!(1.7954352e18), Some(noon)),
        (json!("2026-11-23T12:00:00Z"), Some(noon)),
        (json!(""), None),
        (json!("soon"), None),
        (json!(-5), None),
        (json!(true), None),
    ] {
        let event = with("timeUnixNano", written.clone());
        assert_eq!(event.timestamp.as_nanosecond(), read.unwrap_or(event.received_at.as_nanosecond()), "{written}");
    }
    assert_eq!(with("observedTimeUnixNano", json!("1795435200000000000")).timestamp.as_nanosecond(), noon);
}

#[test]
fn a_hundred_nested_lists_lose_their_depths_only() {
    for depth in [100, 5_000] {
        let open = r#"{"arrayValue":{"values":["#.repeat(depth);
        let close = "]}}".repeat(depth);
        let deep =
            format!(r#"{{"attributes":[{{"key":"exception.type","value":{{"stringValue":"E"}}}},{{"key":"a","value":{open}{close}}}]}}"#);
        let body = logs(json!(["DEEP", {"attributes": raised("Neighbour", "m")}])).replace("\"DEEP\"", &deep);
        let split = split_json(Signal::Logs, &body);
        assert_eq!((split.items.len(), split.rejected), (2, 0), "{depth}");
        let event = events(Signal::Logs, &split).remove(0);
        assert_eq!(event.exceptions[0].kind.as_deref(), Some("E"));
        assert!(event.extra["a"].to_string().starts_with("[[[[[["));
        // And with something that the whole text must be mended for.
        let split = split_json(Signal::Logs, &body.replace("\"E\"", "NaN"));
        assert_eq!((split.items.len(), split.uninteresting, split.rejected), (1, 1, 0), "{depth}");
    }
}

#[test]
fn what_is_no_record_is_rejected_alone() {
    let good = json!({"attributes": raised("E", "m")});
    let split = split_json(Signal::Logs, &logs(json!([null, "x", 7, [], good, good])));
    assert_eq!((split.items.len(), split.rejected), (2, 4));
    assert_eq!(split.reason, Some("a record is no JSON object, or longer than 2 MiB"));
}

#[test]
fn text_that_is_no_json_is_mended_as_everywhere() {
    let body = logs(json!([{"attributes": raised("E", "REPLACE")}]));
    for (written, read) in [("\\ud83d", "\u{fffd}"), ("a\u{1}b", "a\u{1}b"), ("C:\\Users", "C:\\Users")] {
        let split = split_json(Signal::Logs, &body.replace("REPLACE", written));
        assert_eq!(events(Signal::Logs, &split)[0].exceptions[0].value.as_deref(), Some(read), "{written}");
    }
    let cut = &body[..body.len() - 3];
    assert_eq!(split_json(Signal::Logs, cut).items.len(), 1);
    let mut bytes = body.clone().into_bytes();
    let at = body.find("REPLACE").unwrap();
    bytes[at] = 0xff;
    assert_eq!(split(Signal::Logs, Format::Json, &bytes.into(), &options()).unwrap().items.len(), 1);
}

#[test]
fn what_is_no_request_is_refused() {
    for body in ["", "[]", "7", "{oops", "{\"resourceLogs\": 7}", "{\"resourceLogs\": [7]}"] {
        let error = split(Signal::Logs, Format::Json, &Bytes::copy_from_slice(body.as_bytes()), &options()).unwrap_err();
        assert_eq!(error.status(), 400, "{body}");
    }
}
