#![no_main]

use libfuzzer_sys::fuzz_target;
use schemas::query::parse;

fuzz_target!(|text: &str| {
    match parse(text) {
        // What was read is written so that it is read as the same; only times may take more room than they did.
        Ok(expr) => {
            let written = expr.to_string();
            if written.len() <= schemas::limits::QUERY_BYTES {
                assert_eq!(parse(&written), Ok(expr));
            }
        }
        Err(error) => assert!(text.get(error.span).is_some()),
    }
});
