//! Exceptions that only carry another one across a thread, a task, a call by reflection or a template.

use schemas::event::Exception;

use super::kinds;

/// Last part of the types that carry others and say nothing themselves.
const WRAPPERS: [&str; 40] = [
    // Java and what runs on its machine.
    "ExecutionException",
    "CompletionException",
    "InvocationTargetException",
    "UndeclaredThrowableException",
    "UncheckedExecutionException",
    "UncheckedIOException",
    "ExecutionError",
    "ExceptionInInitializerError",
    "PrivilegedActionException",
    "InvokerInvocationException",
    "NestedServletException",
    "ServletException",
    "JasperException",
    "EJBException",
    "ListenerExecutionFailedException",
    "ReactiveException",
    "OnErrorNotImplementedException",
    "UndeliverableException",
    "CompositeException",
    // .NET.
    "TargetInvocationException",
    "TypeInitializationException",
    "AggregateException",
    "HttpUnhandledException",
    // JavaScript.
    "AggregateError",
    // Python: pools of processes, and groups that are not described as trees.
    "RemoteTraceback",
    "_RemoteTraceback",
    "ExceptionWithTraceback",
    "RetryError",
    "ExceptionGroup",
    "BaseExceptionGroup",
    // Go.
    "wrapError",
    "wrapErrors",
    "joinError",
    "withStack",
    "withMessage",
    // Rust.
    "ContextError",
    // Elixir.
    "WrapperError",
    // PHP.
    "ViewException",
    "HandlerFailedException",
    // Dart.
    "AsyncError",
];

/// The whole type, where its last part says something elsewhere.
const WHOLE: [&str; 3] = ["ActionView::Template::Error", "Twig\\Error\\RuntimeError", "Sidekiq::JobRetry::Handled"];

/// Types that say nothing when their message is that of their cause, as `new RuntimeException(cause)` makes it.
const PLAIN: [&str; 6] = ["RuntimeException", "Exception", "Error", "Throwable", "RuntimeError", "IOException"];

/// Whether an exception only carries the one before it.
pub(super) fn is_wrapper(exception: &Exception, cause: Option<&Exception>) -> bool {
    let kind = exception.kind.as_deref().unwrap_or_default();
    let name = kinds::last(kind);
    WRAPPERS.contains(&name) || WHOLE.contains(&kind) || PLAIN.contains(&name) && cause.is_some_and(|cause| repeats(exception, cause))
}

/// Whether the message is nothing but the type and the message of the cause.
fn repeats(exception: &Exception, cause: &Exception) -> bool {
    let value = exception.value.as_deref().unwrap_or_default().trim();
    let kind = kinds::last(cause.kind.as_deref().unwrap_or_default());
    let (head, message) = value.split_once(": ").unwrap_or((value, ""));
    !kind.is_empty() && kinds::last(head) == kind && message.trim() == cause.value.as_deref().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exception(kind: &str, value: &str) -> Exception {
        Exception { kind: Some(kind.to_owned()), value: Some(value.to_owned()), ..Exception::default() }
    }

    #[test]
    fn what_only_repeats_its_cause_is_a_wrapper() {
        let cause = exception("com.shop.PayFailed", "order 17");
        for (kind, value, expected) in [
            ("java.util.concurrent.ExecutionException", "anything", true),
            ("jakarta.servlet.ServletException", "Request processing failed", true),
            ("java.lang.RuntimeException", "com.shop.PayFailed: order 17", true),
            ("RuntimeException", "com.shop.PayFailed: order 17", true),
            ("java.lang.RuntimeException", "cannot pay", false),
            ("com.shop.CheckoutFailed", "com.shop.PayFailed: order 17", false),
            ("ActionView::Template::Error", "undefined method", true),
            ("OpenSSL::Error", "x", false),
        ] {
            assert_eq!(is_wrapper(&exception(kind, value), Some(&cause)), expected, "{kind}: {value}");
        }
        assert!(!is_wrapper(&exception("java.lang.RuntimeException", ""), None));
    }
}
