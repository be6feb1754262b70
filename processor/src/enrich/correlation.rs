//! The ids that tie an event to others of the same request, where the client did not name them: out of the headers of
//! the request that was being served, and out of tags.
//!
//! Facts: <https://www.w3.org/TR/trace-context/>, <https://develop.sentry.dev/sdk/telemetry/traces/#header-sentry-trace>.

use schemas::{event::Event, limits};

/// Hex digits of a trace id and of a span id.
const DIGITS: [usize; 2] = [32, 16];
/// Headers that services hand on with a request as they got it.
const HEADERS: [&str; 2] = ["x-correlation-id", "x-request-id"];
/// Tags by which programs name the same.
const TAGS: [&str; 6] = ["correlation_id", "correlationId", "correlation-id", "request_id", "requestId", "request-id"];

/// Puts the ids into one form and fills in those that are missing.
pub(super) fn fill(event: &mut Event) {
    let trace = &mut event.trace;
    if let Some(plain) = trace.trace_id.as_deref().and_then(|id| hex(id, DIGITS[0])) {
        trace.trace_id = Some(plain);
    }
    let headers = event.request.as_ref().map_or(&[][..], |request| &request.headers);
    let header = |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    if trace.trace_id.is_none()
        && let Some((id, span)) = header("traceparent").and_then(traceparent).or_else(|| header("sentry-trace").and_then(sentry_trace))
    {
        trace.trace_id = Some(id);
        if trace.parent_span_id.is_none() && trace.span_id.is_none() {
            trace.parent_span_id = Some(span);
        }
    }
    if trace.correlation_id.is_none() {
        let tag = |name: &&str| event.tags.get(*name).map(|value| value.trim());
        let found = HEADERS.iter().filter_map(|name| header(name)).chain(TAGS.iter().filter_map(tag)).find(|id| is_id(id));
        trace.correlation_id = found.map(str::to_owned);
    }
}

/// `00-TRACE-SPAN-FLAGS`.
fn traceparent(value: &str) -> Option<(String, String)> {
    let (version, rest) = value.split_once('-')?;
    if version.len() != 2 || version == "ff" {
        return None;
    }
    sentry_trace(rest)
}

/// `TRACE-SPAN` and perhaps more.
fn sentry_trace(value: &str) -> Option<(String, String)> {
    let mut parts = value.split('-');
    let (trace, span) = (hex(parts.next()?, DIGITS[0])?, hex(parts.next()?, DIGITS[1])?);
    let zero = |id: &str| id.bytes().all(|b| b == b'0');
    (!zero(&trace) && !zero(&span)).then_some((trace, span))
}

/// So many hex digits in lower case, without hyphens.
fn hex(text: &str, digits: usize) -> Option<String> {
    if text.len() > 2 * digits {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    (plain.len() == digits && plain.bytes().all(|b| b.is_ascii_hexdigit())).then_some(plain)
}

/// Whether requests can be told apart by it.
fn is_id(text: &str) -> bool {
    (4..=limits::NAME_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic())
        && !matches!(text, "null" | "None" | "undefined")
}

#[cfg(test)]
mod tests {
    use schemas::event::Trace;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::read;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn trace(event: &Value) -> Trace {
        let mut event = read(event);
        fill(&mut event);
        event.trace
    }

    fn with_header(name: &str, value: &str) -> Trace {
        trace(&json!({"message": "m", "request": {"headers": {name: value}}}))
    }

    #[test]
    fn the_trace_is_that_of_the_request_where_the_client_names_none() {
        for (name, value) in [
            ("traceparent", format!("00-{TRACE}-{SPAN}-01")),
            ("Traceparent", format!("00-{}-{SPAN}-00", TRACE.to_uppercase())),
            ("Sentry-Trace", format!("{TRACE}-{SPAN}-1")),
            ("sentry-trace", format!("{TRACE}-{SPAN}")),
        ] {
            let trace = with_header(name, &value);
            assert_eq!((trace.trace_id.as_deref(), trace.parent_span_id.as_deref()), (Some(TRACE), Some(SPAN)), "{name}: {value}");
        }
        for value in ["", "00", "00-x-y-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] {
            assert_eq!(with_header("traceparent", value), Trace::default(), "{value}");
        }
        let none = format!("00-{}-{SPAN}-01", "0".repeat(32));
        assert_eq!(with_header("traceparent", &none), Trace::default());
        let known = json!({"contexts": {"trace": {"trace_id": TRACE, "span_id": SPAN}},
            "request": {"headers": {"traceparent": format!("00-{}-{}-01", "1".repeat(32), "2".repeat(16))}}});
        let known = trace(&known);
        assert_eq!((known.trace_id.as_deref(), known.span_id.as_deref(), known.parent_span_id), (Some(TRACE), Some(SPAN), None));
    }

    #[test]
    fn what_correlates_is_a_header_that_is_handed_on_else_a_tag() {
        assert_eq!(with_header("X-Request-ID", "req-7f31").correlation_id.as_deref(), Some("req-7f31"));
        let both = json!({"tags": {"request_id": "tag-1"}, "request": {"headers": {"X-Request-Id": "r-10", "X-Correlation-Id": "c-10"}}});
        assert_eq!(trace(&both).correlation_id.as_deref(), Some("c-10"));
        assert_eq!(trace(&json!({"message": "m", "tags": {"correlationId": "tag-1"}})).correlation_id.as_deref(), Some("tag-1"));
        for value in ["", "-", "null", "a b c d", &"x".repeat(300)] {
            assert_eq!(with_header("X-Request-ID", value).correlation_id, None, "{value}");
        }
    }

    #[test]
    fn trace_ids_are_kept_in_one_form() {
        let mut event = read(&json!({"message": "m"}));
        for (given, kept) in [
            ("0AF76519-16CD-43DD-8448-EB211C80319C", TRACE),
            (TRACE, TRACE),
            ("1-5759e988-bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272793"),
            ("order 17", "order 17"),
        ] {
            event.trace.trace_id = Some(given.into());
            fill(&mut event);
            assert_eq!(event.trace.trace_id.as_deref(), Some(kept));
        }
    }
}
