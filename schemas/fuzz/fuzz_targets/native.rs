//! What `split` lets through, `read` takes.
#![no_main]

use bytes::Bytes;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use schemas::{
    ids::{EventId, ProjectId},
    wire::native,
};

fuzz_target!(|data: &[u8]| {
    let body = Bytes::copy_from_slice(data);
    for content_type in [None, Some("application/x-ndjson")] {
        for item in native::split(&body, content_type).into_iter().flatten().flatten() {
            assert!(native::read(&item.payload, EventId([7; 16]), ProjectId(1), Timestamp::UNIX_EPOCH).is_ok());
        }
    }
});
