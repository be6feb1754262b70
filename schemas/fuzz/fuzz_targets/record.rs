//! A record that is read is written as a record that reads the same.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use schemas::record::Record;

fuzz_target!(|data: &[u8]| {
    if let Ok(record) = Record::decode(Bytes::copy_from_slice(data)) {
        assert_eq!(Record::decode(record.encode().into()).expect("what was written is read"), record);
    }
});
