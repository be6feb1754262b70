//! Ids: equal for what is the same, different for what is not.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn ids(split: &Split) -> Vec<EventId> {
    split.items.iter().map(|item| item.id).collect()
}

const TRACE: &str = "5B8EFFF798038103D269B633813FC60C";
const SPAN: &str = "EEE19B7EC3C1B174";

#[test]
fn an_exception_that_python_logs_and_records_has_one_id() {
    let of_span = ids(&split_protobuf(Signal::Traces, &fixture("python-traces")));
    let of_logs: Vec<EventId> =
        ["python-logs-1", "python-logs-2"].iter().flat_map(|name| ids(&split_protobuf(Signal::Logs, &fixture(name)))).collect();
    let all: HashSet<_> = of_span.iter().chain(&of_logs).collect();
    // BadOrder and ZeroDivisionError, each once as a log record and once as an event.
    assert_eq!((of_span.len(), of_logs.len(), all.len()), (2, 2, 2));
}

#[test]
fn equal_exceptions_of_one_span_are_told_apart_by_their_order() {
    let event = json!({"name": "exception", "timeUnixNano": 1, "attributes": raised("E", " m ")});
    let span = json!({"traceId": TRACE, "spanId": SPAN, "name": "op", "events": [event, event]});
    let of_span = ids(&split_json(Signal::Traces, &spans(json!([span]))));
    let record = json!({"traceId": TRACE.to_lowercase(), "spanId": SPAN, "timeUnixNano": 2, "attributes": raised("a.b.E", "m")});
    let of_logs = ids(&split_json(Signal::Logs, &logs(json!([record, record]))));
    assert_ne!(of_span[0], of_span[1]);
    assert_eq!(of_span, of_logs);
}

#[test]
fn no_two_projects_spans_messages_or_types_share_an_id() {
    let id = |project: u64, trace: &str, span: &str, kind: &str, message: &str| {
        let body = logs(json!([{"traceId": trace, "spanId": span, "attributes": raised(kind, message)}]));
        let options = Options { project: ProjectId(project), errors: false };
        split(Signal::Logs, Format::Json, &body.into(), &options).unwrap().items[0].id
    };
    let other_trace = TRACE.replace("5B", "5C");
    let other_span = SPAN.replace("EE", "EF");
    let all = HashSet::from([
        id(1, TRACE, SPAN, "E", "m"),
        id(2, TRACE, SPAN, "E", "m"),
        id(1, &other_trace, SPAN, "E", "m"),
        id(1, TRACE, &other_span, "E", "m"),
        id(1, TRACE, SPAN, "F", "m"),
        id(1, TRACE, SPAN, "E", "n"),
        id(1, TRACE, SPAN, "Em", ""),
        id(1, "", SPAN, "E", "m"),
        id(1, TRACE, "", "E", "m"),
        id(1, "00000000000000000000000000000000", SPAN, "E", "m"),
    ]);
    assert_eq!(all.len(), 10);
}

/// Records that differ in little, as those of a busy service do.
fn records() -> impl Strategy<Value = Vec<Value>> {
    let record = (0..2_u8, 0..3_u64, "[ab]", "[ab]?").prop_map(|(traced, time, kind, message)| {
        let ids = if traced == 1 { (TRACE, SPAN) } else { ("", "") };
        json!({"traceId": ids.0, "spanId": ids.1, "timeUnixNano": time, "attributes": raised(&kind, &message)})
    });
    proptest::collection::vec(record, 0..20)
}

proptest! {
    #[test]
    fn a_request_sent_again_has_the_same_ids_and_no_two_of_its_errors_share_one(records in records()) {
        let body = logs(json!(records));
        let first = ids(&split_json(Signal::Logs, &body));
        prop_assert_eq!(&first, &ids(&split_json(Signal::Logs, &body)));
        prop_assert_eq!(first.len(), records.len());
        prop_assert_eq!(first.iter().collect::<HashSet<_>>().len(), records.len());
    }

    #[test]
    fn a_payload_split_again_has_the_same_id_and_payload(records in records()) {
        // The first of each group of equal records, whose ordinal is 0.
        for record in records {
            let split = split_json(Signal::Logs, &logs(json!([record])));
            let again = split_protobuf(Signal::Logs, &split.items[0].payload);
            prop_assert_eq!(split.items, again.items);
        }
    }
}
