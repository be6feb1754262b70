//! An event that is read can be stored and read back.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use schemas::{
    event::Event,
    ids::{EventId, ProjectId},
    wire::sentry_event,
};

fuzz_target!(|data: &[u8]| {
    let _ = sentry_event::event_id(data);
    if let Ok(event) = sentry_event::read(data, EventId([7; 16]), ProjectId(1), Timestamp::UNIX_EPOCH) {
        let stored = serde_json::to_vec(&event).expect("an event is JSON");
        serde_json::from_slice::<Event>(&stored).expect("what was stored is read");
    }
});
