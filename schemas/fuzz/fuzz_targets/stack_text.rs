//! No text makes a parser of stack traces panic, hang or answer more than its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schemas::{limits, wire::stack_text};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for hint in [None, Some("python"), Some("java"), Some("javascript"), Some("go")] {
        let Some(parsed) = stack_text::parse(&text, hint) else { continue };
        assert!(!parsed.exceptions.is_empty() && parsed.exceptions.len() <= 4 * limits::EXCEPTIONS);
        assert!(parsed.threads.len() <= limits::THREADS + 1);
    }
});
