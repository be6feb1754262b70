//! What `split` gives, the reader of its kind takes; and a request sent again has the same ids.
#![no_main]

use bytes::Bytes;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use schemas::{
    ids::ProjectId,
    wire::otlp::{Format, Options, Signal, read_log, read_span, split},
};

fuzz_target!(|data: &[u8]| {
    let body = Bytes::copy_from_slice(data);
    for (signal, read) in [(Signal::Logs, read_log as fn(&[u8], _, _, _) -> _), (Signal::Traces, read_span)] {
        let options = Options { project: ProjectId(1), errors: true };
        let Ok(first) = split(signal, Format::Json, &body, &options) else { continue };
        for item in &first.items {
            assert!(read(&item.payload, item.id, ProjectId(1), Timestamp::UNIX_EPOCH).is_ok());
        }
        assert_eq!(first.items, split(signal, Format::Json, &body, &options).unwrap().items);
    }
});
