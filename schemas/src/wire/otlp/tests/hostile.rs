//! Requests that were made to hurt.

use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::wire::otlp::fields::write;

/// A field that is a message around these bytes.
fn around(number: u32, content: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    write(&mut output, number, content);
    output
}

/// A request with these log records, or spans, in Protobuf.
fn request(records: &[Vec<u8>]) -> Bytes {
    let scope: Vec<u8> = records.iter().flat_map(|record| around(2, record)).collect();
    around(1, &around(2, &scope)).into()
}

/// A log record with an exception, in Protobuf.
fn raised_record() -> Vec<u8> {
    let split = split_json(Signal::Logs, &logs(json!([{"attributes": raised("E", "m")}])));
    let data = proto::LogsData::decode(split.items[0].payload.clone()).unwrap();
    data.resource_logs[0].scope_logs[0].log_records[0].encode_to_vec()
}

/// An attribute with that many lists in each other.
fn nested(depth: usize) -> Vec<u8> {
    let value = (0..depth).fold(Vec::new(), |inner, _| around(5, &around(1, &inner)));
    around(6, &[around(1, b"a"), around(2, &value)].concat())
}

#[test]
fn a_record_that_is_nested_too_deeply_is_rejected_alone() {
    for (depth, expected) in [(40, (3, 0)), (60, (2, 1)), (3_000, (2, 1))] {
        let deep = [raised_record(), nested(depth)].concat();
        let split = split_protobuf(Signal::Logs, &request(&[raised_record(), deep, raised_record()]));
        assert_eq!((split.items.len(), split.rejected), expected, "{depth}");
        assert!(events(Signal::Logs, &split).len() >= 2);
    }
}

#[test]
fn a_record_with_a_wrong_type_inside_is_rejected_alone() {
    // Field 6, attributes, as a number.
    let wrong = [raised_record(), vec![0x30, 1]].concat();
    let split = split_protobuf(Signal::Logs, &request(&[wrong, raised_record()]));
    assert_eq!((split.items.len(), split.rejected), (1, 1));
    let split = split_protobuf(Signal::Traces, &request(&[vec![0x5a, 4, 0x12, 9, b'e', b'x']]));
    assert_eq!((split.items.len(), split.uninteresting, split.rejected), (0, 1, 0));
}

#[test]
fn an_event_of_a_span_that_is_broken_does_not_cost_its_neighbours() {
    let name = around(2, b"exception");
    let good = around(11, &name);
    // Field 3, attributes, as a number.
    let broken = around(11, &[name, vec![0x18, 1]].concat());
    let span = [around(1, &[7; 16]), around(2, &[7; 8]), good.clone(), broken, good].concat();
    let split = split_protobuf(Signal::Traces, &request(&[span]));
    assert_eq!((split.items.len(), split.rejected), (2, 1));
}

#[test]
fn text_that_is_not_utf8_costs_nothing() {
    let record = raised_record();
    let at = record.windows(4).position(|bytes| bytes == b"type").unwrap() + 8;
    let mut bytes = record;
    assert_eq!(bytes[at], b'E');
    bytes[at] = 0xff;
    let split = split_protobuf(Signal::Logs, &request(&[bytes]));
    assert_eq!(events(Signal::Logs, &split)[0].exceptions[0].kind.as_deref(), Some("\u{fffd}"));
}

#[test]
fn a_cut_request_is_refused() {
    let body = request(&[raised_record()]);
    assert_eq!(split_protobuf(Signal::Logs, &Bytes::new()).items.len(), 0);
    for length in 1..body.len() {
        let error = split(Signal::Logs, Format::Protobuf, &body.slice(..length), &options()).unwrap_err();
        assert_eq!(error.status(), 400, "{length}");
    }
}

#[test]
fn a_resource_that_can_not_be_read_costs_its_own_records_only() {
    let scope = around(2, &around(2, &raised_record()));
    let broken = around(1, &[around(1, b"\x0a\x05"), scope.clone()].concat());
    let good = around(1, &scope);
    let split = split_protobuf(Signal::Logs, &[broken, good].concat().into());
    assert_eq!((split.items.len(), split.rejected), (1, 1));
}

#[test]
fn parts_of_a_resource_are_one_resource() {
    let resource = |key: &str| around(1, &around(1, &[around(1, key.as_bytes()), around(2, &around(1, b"x"))].concat()));
    let group = [resource("service.name"), around(2, &around(2, &raised_record())), resource("host.name")].concat();
    let split = split_protobuf(Signal::Logs, &around(1, &group).into());
    let event = events(Signal::Logs, &split).remove(0);
    assert_eq!([event.service.as_deref(), event.host.as_deref()], [Some("x"), Some("x")]);
}

#[test]
fn counts_and_lengths_have_limits() {
    let refused = |format, body: Vec<u8>| split(Signal::Logs, format, &body.into(), &options()).unwrap_err().status();
    let records = vec![Vec::new(); limits::OTLP_RECORDS];
    assert_eq!(split_protobuf(Signal::Logs, &request(&records)).uninteresting, limits::OTLP_RECORDS as u64);
    assert_eq!(refused(Format::Protobuf, request(&vec![Vec::new(); limits::OTLP_RECORDS + 1]).to_vec()), 413);
    assert_eq!(refused(Format::Protobuf, around(1, b"").repeat(limits::OTLP_GROUPS + 1)), 413);
    let list = |element: &str, count: usize| vec![element; count].join(",");
    let body = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{}]}}]}}]}}"#, list("0", limits::OTLP_RECORDS + 1));
    assert_eq!(refused(Format::Json, body.into_bytes()), 413);
    let body = format!(r#"{{"resourceLogs":[{}]}}"#, list("{}", limits::OTLP_GROUPS + 1));
    assert_eq!(refused(Format::Json, body.into_bytes()), 413);
    // One long resource, given to many records.
    let resource = around(1, &around(1, &[around(1, b"k"), around(2, &around(1, &vec![b'x'; 900 << 10]))].concat()));
    let scope: Vec<u8> = (0..100).flat_map(|_| around(2, &raised_record())).collect();
    assert_eq!(refused(Format::Protobuf, around(1, &[resource, around(2, &scope)].concat())), 413);
}

#[test]
fn a_record_that_is_too_long_is_rejected_alone() {
    let long = [raised_record(), around(5, &around(1, &vec![b'x'; limits::EVENT_BYTES]))].concat();
    let split = split_protobuf(Signal::Logs, &request(&[long, raised_record()]));
    assert_eq!((split.items.len(), split.rejected), (1, 1));
    assert_eq!(split.reason, Some("a record with its resource and scope is longer than 1 MiB"));
}

proptest! {
    #[test]
    fn any_bytes_are_taken_apart_or_refused_and_what_comes_out_is_read(
        noise: Vec<u8>, at in 0_usize..2_000, flip in 1_u8.., from in 0_usize..4,
    ) {
        let (name, signal) = [("python-logs-1", Signal::Logs), ("python-traces", Signal::Traces), ("logs", Signal::Logs), ("trace", Signal::Traces)][from];
        let mut damaged = fixture(name).to_vec();
        let at = at % damaged.len();
        damaged[at] ^= flip;
        for (signal, body) in [(signal, damaged), (Signal::Logs, noise.clone()), (Signal::Traces, noise)] {
            for errors in [false, true] {
                let options = Options { errors, ..options() };
                if let Ok(split) = split(signal, Format::Protobuf, &body.clone().into(), &options) {
                    events(signal, &split);
                }
            }
        }
    }

    #[test]
    fn any_damaged_json_is_taken_apart_or_refused_and_what_comes_out_is_read(at in 0_usize..3_000, with in ".{0,3}", number in 1..5) {
        let mut body = corpus(&format!("captured-sdk/otel-js/00{number}.body"));
        let at = at % body.len();
        body.replace_range(at..=at, &with);
        let signal = if number == 3 { Signal::Logs } else { Signal::Traces };
        if let Ok(split) = split(signal, Format::Json, &body.into(), &options()) {
            events(signal, &split);
        }
    }
}
