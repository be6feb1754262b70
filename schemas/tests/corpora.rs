//! Every real payload reads, and what an event loses of it is known.
#![allow(clippy::unwrap_used)]

mod corpora {
    pub(crate) mod lost;
    pub(crate) mod payloads;
}

use corpora::{lost, payloads};
use schemas::{
    event::Event,
    ids::{EventId, ProjectId},
    wire::sentry_event,
};

fn read(payload: &[u8]) -> Event {
    let id = sentry_event::event_id(payload).unwrap_or(EventId([7; 16]));
    sentry_event::read(payload, id, ProjectId(1), "2026-11-23T12:00:00Z".parse().unwrap()).unwrap()
}

#[test]
fn every_payload_reads_and_each_value_that_an_event_lost_is_known() {
    let mut report = String::new();
    let payloads = payloads::all();
    assert!(payloads.len() > 170, "only {} payloads found", payloads.len());
    for (name, payload) in payloads {
        let event = read(&payload);
        for line in lost::values(&payload, &event) {
            report.push_str(&format!("{name}: {line}\n"));
        }
    }
    insta::assert_snapshot!("lost", report);
    assert!(!report.contains(lost::UNEXPLAINED), "{report}");
}

#[test]
fn what_is_odd_in_real_payloads_is_known() {
    let mut report = String::new();
    for (name, payload) in payloads::all() {
        for error in read(&payload).errors {
            report.push_str(&format!("{name}: {}: {}\n", error.path, error.reason));
        }
    }
    insta::assert_snapshot!("odd", report);
}

#[test]
fn every_payload_survives_being_stored() {
    for (name, payload) in payloads::all() {
        let event = read(&payload);
        let stored = serde_json::to_vec(&event).unwrap();
        assert_eq!(serde_json::from_slice::<Event>(&stored).unwrap(), event, "{name}");
    }
}

#[test]
fn what_is_known_to_be_malformed_is_noted_and_kept() {
    let broken = std::fs::read_to_string(format!("{}/events/KNOWN-BROKEN", payloads::CORPORA)).unwrap();
    for name in broken.split_whitespace() {
        let path = format!("{}/events/{}", payloads::CORPORA, name.replace("sentry/", "grouping/"));
        read(&std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")));
    }
}
