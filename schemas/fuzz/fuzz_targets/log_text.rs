//! Whatever is found in a log is an event that the native reader takes.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use schemas::{
    ids::ProjectId,
    wire::{
        log_text::{self, Defaults},
        native,
    },
};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for at_end in [true, false] {
        let found = log_text::split(&text, Timestamp::UNIX_EPOCH, at_end);
        assert!(found.consumed <= text.len() && text.is_char_boundary(found.consumed));
        for (id, json) in log_text::events(&found.items, ProjectId(1), &Defaults::default()) {
            assert!(native::read(&json, id, ProjectId(1), Timestamp::UNIX_EPOCH).is_ok());
        }
    }
});
