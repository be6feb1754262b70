//! Items are slices of the body, in order, and none is longer than it.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use schemas::wire::envelope;

fuzz_target!(|data: &[u8]| {
    let first = envelope::first_dsn(data);
    if let Ok(envelope) = envelope::parse(Bytes::copy_from_slice(data)) {
        assert_eq!(first, envelope.headers.dsn);
        assert!(envelope.items.iter().map(|item| item.payload.len()).sum::<usize>() <= data.len());
    }
});
