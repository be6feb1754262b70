//! Parsing and checking agree, and repair changes nothing that a strict parser takes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schemas::wire::json;

fuzz_target!(|data: &[u8]| {
    let parsed = json::parse(data);
    assert_eq!(parsed.as_ref().map(|_| ()), json::check(data).as_ref().map(|()| ()));
    if let Ok(strict) = serde_json::from_slice::<serde_json::Value>(data)
        && !data.windows(15).any(|window| window == b"serde_json::pri")
    {
        assert_eq!(parsed, Ok(strict));
    }
});
