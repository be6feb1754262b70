//! The names that the native API accepts for each attribute.

macro_rules! names {
    ($($name:literal $(= $($alias:literal)|+)?;)*) => {
        /// The canonical name of the attribute that a client writes as `key`.
        pub(super) fn canonical(key: &str) -> Option<&'static str> {
            match key {
                $($name $($(| $alias)+)? => Some($name),)*
                _ => None,
            }
        }

        /// Every name that a client may write for an attribute, with the canonical one.
        pub fn names() -> Vec<(&'static str, &'static str)> {
            vec![$(($name, $name), $($(($alias, $name),)+)?)*]
        }

        /// The other names of an attribute.
        pub(super) fn aliases(name: &str) -> &'static [&'static str] {
            match name {
                $($name => &[$($($alias),+)?],)*
                _ => &[],
            }
        }
    };
}

names! {
    "id" = "event_id" | "eventId";
    "timestamp";
    "severity" = "level";
    "platform";
    "service" = "serviceName" | "applicationName" | "service_name";
    "environment";
    "host" = "hostname";
    "instance_id" = "instanceId";
    "release" = "version" | "applicationVersion";
    "dist";
    "commit";
    "logger";
    "transaction";
    "culprit";
    "trace_id" = "traceId";
    "span_id" = "spanId";
    "parent_span_id" = "parentSpanId";
    "correlation_id" = "correlationId";
    "session_id" = "sessionId";
    "error";
    "error.type" = "errorType" | "type";
    "error.message" = "errorMessage";
    "error.stack_trace" = "stackTrace" | "stack_trace";
    "error.frames" = "frames";
    "message";
    "exceptions";
    "stacktrace";
    "threads";
    "source";
    "source.file" = "sourceFile";
    "source.line" = "lineNumber";
    "user";
    "user.id" = "userId";
    "request";
    "request.url" = "requestUrl";
    "request.method" = "httpMethod";
    "request.headers" = "requestHeaders";
    "request.body" = "requestBody";
    "call";
    "call.operation";
    "call.operation_id" = "operation_id" | "operationId";
    "call.url" = "request_url";
    "call.method" = "request_method";
    "call.status_code" = "status_code" | "statusCode";
    "call.response_body" = "response_body" | "responseBody";
    "call.attempt";
    "call.duration_ms";
    "call.provider";
    "trace";
    "breadcrumbs" = "logs";
    "metrics";
    "tags" = "customTags";
    "extra" = "metadata";
    "contexts";
    "modules";
    "sdk";
    "debug_meta";
    "fingerprint" = "client_fingerprint";
}
