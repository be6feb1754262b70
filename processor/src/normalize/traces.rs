//! Frames out of stack traces that came as text, whatever door they came through.
//!
//! The text stays as it is beside the frames; one that no parser knows stays alone.

use schemas::{
    event::{Event, Exception, Stacktrace},
    wire::stack_text::{self, Language, Parsed},
};

/// Reads every stack trace that has a text and no frames. A text with causes makes a chain of the event's only
/// exception.
pub(super) fn read(event: &mut Event) {
    if event.exceptions.is_empty() && event.stacktrace.as_ref().is_some_and(is_unread) {
        let stacktrace = event.stacktrace.take();
        event.exceptions.push(Exception { stacktrace, ..Exception::default() });
    }
    if !event.exceptions.iter().any(|exception| exception.stacktrace.as_ref().is_some_and(is_unread)) {
        return;
    }
    let is_only = event.exceptions.len() == 1;
    let mut exceptions = Vec::with_capacity(event.exceptions.len());
    for mut exception in std::mem::take(&mut event.exceptions) {
        let raw = exception.stacktrace.as_ref().filter(|stack| is_unread(stack)).and_then(|stack| stack.raw.as_deref());
        if let Some(mut parsed) = raw.and_then(|raw| stack_text::parse(raw, event.platform.as_deref())) {
            settle_platform(event, &mut parsed);
            if event.threads.is_empty() {
                event.threads = std::mem::take(&mut parsed.threads);
            }
            let causes = merge(&mut exception, parsed, is_only);
            exceptions.extend(causes);
        }
        exceptions.push(exception);
    }
    event.exceptions = exceptions;
}

fn is_unread(stack: &Stacktrace) -> bool {
    stack.frames.is_empty() && stack.raw.is_some()
}

/// Completes an exception by what its text says of the raised one, and answers the causes in the text. What the
/// client said stands.
fn merge(exception: &mut Exception, parsed: Parsed, is_only: bool) -> Vec<Exception> {
    let mut causes = parsed.exceptions;
    let Some(raised) = causes.pop() else { return causes };
    exception.kind = exception.kind.take().or(raised.kind);
    exception.value = exception.value.take().or(raised.value);
    exception.thread_id = exception.thread_id.take().or(raised.thread_id);
    if let (Some(stack), Some(read)) = (&mut exception.stacktrace, raised.stacktrace) {
        stack.frames = read.frames;
        stack.frames_omitted = stack.frames_omitted.saturating_add(read.frames_omitted);
    }
    if !is_only {
        // The client lists the others itself.
        causes.clear();
    }
    if let Some(read) = raised.mechanism {
        let own = exception.mechanism.get_or_insert_default();
        own.handled = own.handled.or(read.handled);
        own.meta = own.meta.take().or(read.meta);
        if is_only {
            own.is_exception_group = own.is_exception_group.or(read.is_exception_group);
            own.exception_id = read.exception_id.or(own.exception_id);
            own.parent_id = read.parent_id;
        }
    }
    causes
}

/// The text tells the platform where nobody else did; where it is another than the event's, its frames say so.
fn settle_platform(event: &mut Event, parsed: &mut Parsed) {
    let stacks = || parsed.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
    match &event.platform {
        None => {
            let is_node = parsed.language == Language::JavaScript && stacks().any(is_of_node);
            event.platform = Some(if is_node { "node" } else { parsed.language.platform() }.to_owned());
        }
        Some(platform) if Language::named(platform) == Some(parsed.language) => {}
        Some(_) => {
            let platform = parsed.language.platform();
            let stacks = parsed.exceptions.iter_mut().filter_map(|exception| exception.stacktrace.as_mut());
            for frame in stacks.flat_map(|stack| &mut stack.frames) {
                frame.platform = Some(platform.to_owned());
            }
        }
    }
}

/// Whether a trace of JavaScript is of Node: its own modules, or files by their path.
fn is_of_node(stack: &Stacktrace) -> bool {
    stack.frames.iter().any(|frame| {
        let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
        path.starts_with("node:") || path.starts_with('/') || path.starts_with("internal/")
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use schemas::{
        event::Event,
        ids::{EventId, ProjectId},
        wire::native,
    };
    use serde_json::{Value, json};

    use crate::testing;

    /// All stages on an event of the native API.
    fn staged(event: &Value) -> Event {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        testing::staged(native::read(event.to_string().as_bytes(), EventId([1; 16]), ProjectId(1), now).unwrap())
    }

    const JAVA: &str = "com.shop.CheckoutFailed: order 17\n\tat com.shop.Pay.run(Pay.java:12)\n\tat java.base/java.lang.Thread.run(Thread.java:833)\n\
        Caused by: java.net.ConnectException: refused\n\tat com.shop.Net.open(Net.java:3)\n\t... 2 more\n";

    #[test]
    fn a_text_alone_becomes_a_chain_with_the_applications_frames() {
        let event = staged(&json!({"error": {"stack_trace": JAVA}}));
        let kinds: Vec<_> = event.exceptions.iter().map(|e| e.kind.as_deref().unwrap()).collect();
        assert_eq!(kinds, ["java.net.ConnectException", "com.shop.CheckoutFailed"]);
        assert_eq!(event.title, "com.shop.CheckoutFailed: order 17");
        assert_eq!(event.culprit.as_deref(), Some("com.shop.Pay in run"));
        assert_eq!(event.platform.as_deref(), Some("java"));
        let stack = event.exceptions[1].stacktrace.as_ref().unwrap();
        assert_eq!(stack.raw.as_deref(), Some(JAVA));
        assert_eq!(stack.frames.iter().map(|frame| frame.in_app.unwrap()).collect::<Vec<_>>(), [false, true]);
        assert_eq!(event.exceptions[0].stacktrace.as_ref().unwrap().frames.len(), 3);
    }

    #[test]
    fn what_the_client_says_stands() {
        let event = staged(&json!({"platform": "kotlin", "error": {"type": "Own", "message": "mine", "stack_trace": JAVA}}));
        let raised = event.exceptions.last().unwrap();
        assert_eq!((raised.kind.as_deref(), raised.value.as_deref()), (Some("Own"), Some("mine")));
        assert_eq!(event.platform.as_deref(), Some("kotlin"));
        assert!(raised.stacktrace.as_ref().unwrap().frames.iter().all(|frame| frame.platform.is_none()));
    }

    #[test]
    fn listed_exceptions_keep_their_number_and_each_gets_its_frames() {
        let listed = json!([{"type": "ConnectException", "stacktrace": "java.net.ConnectException: refused\n\tat com.shop.Net.open(Net.java:3)"},
            {"type": "CheckoutFailed", "stacktrace": JAVA}]);
        let event = staged(&json!({"platform": "java", "exceptions": listed}));
        let frames: Vec<usize> = event.exceptions.iter().map(|e| e.stacktrace.as_ref().unwrap().frames.len()).collect();
        assert_eq!(frames, [1, 2]);
    }

    #[test]
    fn text_of_another_language_says_so_in_its_frames() {
        let text = "TypeError: x\n    at pay (https://shop.example/app.js:1:2)";
        let event = staged(&json!({"platform": "python", "error": {"stack_trace": text}}));
        assert_eq!(event.exceptions[0].stacktrace.as_ref().unwrap().frames[0].platform.as_deref(), Some("javascript"));
        let node = staged(&json!({"error": {"stack_trace": "TypeError: x\n    at pay (/srv/app.js:1:2)"}}));
        assert_eq!(node.platform.as_deref(), Some("node"));
    }

    #[test]
    fn text_that_no_parser_knows_stays() {
        let event = staged(&json!({"error": {"type": "E", "stack_trace": "frame 1 of 3: somewhere"}}));
        let stack = event.exceptions[0].stacktrace.as_ref().unwrap();
        assert_eq!((stack.frames.len(), stack.raw.as_deref()), (0, Some("frame 1 of 3: somewhere")));
    }

    #[test]
    fn libraries_are_told_from_the_application_in_text_too() {
        for (text, expected) in [
            (
                "** (RuntimeError) boom\n    (shop 0.1.0) lib/pay.ex:5: Shop.run/2\n    (phoenix 1.7.10) lib/phoenix/router.ex:4: P.call/5\n",
                vec![false, true],
            ),
            ("ActionError (no):\n\napp/pay.rb:1:in `pay'\nrack (2.0.3) lib/rack/head.rb:12:in `call'\n", vec![false, true]),
            (
                "panic: x\n\ngoroutine 1 [running]:\nmain.pay()\n\t/srv/pay.go:1 +0x1\npanic(0x1)\n\t/opt/go/src/runtime/panic.go:1 +0x1\n",
                vec![false, true],
            ),
        ] {
            let event = staged(&json!({"error": {"stack_trace": text}}));
            let mut flags: Vec<bool> = event.exceptions[0].stacktrace.iter().flat_map(|s| &s.frames).map(|f| f.in_app.unwrap()).collect();
            flags.sort_unstable();
            assert_eq!(flags, expected, "{text}");
        }
    }
}
