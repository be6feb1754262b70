//! Errors that are known to mean nothing: nobody can mend them and nobody is hurt.
//!
//! The list is short on purpose. `Failed to fetch` or a chunk that did not load are left alone: a server that is down
//! or a release that broke looks just like that. A closed connection is harmless only where the program answers
//! someone: then the code of a web server is at work between the crash and the program's own.

use super::view::View;

/// Parts of messages of browsers.
const IN_BROWSERS: [&str; 6] = [
    // Layout took two turns: https://www.w3.org/TR/resize-observer/#deliver-resize-error
    "ResizeObserver loop limit exceeded",
    "ResizeObserver loop completed with undelivered notifications",
    // No sound before the user has clicked: https://developer.chrome.com/blog/autoplay
    "play() failed because the user didn't interact with the document first",
    "The play() request was interrupted by",
    "NS_BINDING_ABORTED",
    "Document is not focused",
];

/// Messages, whole, of what the page itself gave up, mostly because the user went on.
const GIVEN_UP: [&str; 4] =
    ["The user aborted a request.", "The operation was aborted.", "signal is aborted without reason", "Fetch is aborted"];

/// Messages, whole, of a Go server whose caller is gone.
const IN_GO: [&str; 2] = ["context canceled", "net/http: abort Handler"];

/// Types, without their packages, that only ever say that whoever asked went away.
const GONE: [&str; 9] = [
    "ClientAbortException",
    "AsyncRequestNotUsableException",
    "ClientDisconnect",
    "ClientDisconnected",
    "UnreadablePostError",
    "NoMoreData",
    "ConnectionResetException",
    "ConnectionAbortedException",
    "Puma::ConnectionError",
];

/// Messages that only web servers say of those who went away.
const OF_SERVERS: [&str; 5] = [
    "request aborted",
    "Unexpected end of request content.",
    "The client has disconnected",
    "The remote host closed the connection. The error code is 0x",
    "Client disconnected",
];

/// Parts of messages of a connection that the other side closed.
const CLOSED: [&str; 7] = [
    "Broken pipe",
    "broken pipe",
    "EPIPE",
    "ECONNRESET",
    "Connection reset by peer",
    "connection reset by peer",
    "forcibly closed by the remote host",
];

/// Parts of modules and files of web servers.
const SERVERS: [&str; 26] = [
    "gunicorn",
    "uvicorn",
    "hypercorn",
    "uwsgi",
    "waitress",
    "cheroot",
    "werkzeug/serving",
    "werkzeug.serving",
    "wsgiref",
    "socketserver",
    "django/core/servers",
    "django.core.servers",
    "daphne",
    "aiohttp/web",
    "aiohttp.web",
    "_http_server",
    "_http_outgoing",
    "puma",
    "webrick",
    "unicorn/",
    "org.apache.catalina",
    "org.apache.coyote",
    "org.eclipse.jetty.server",
    "io.undertow.server",
    "net/http.(*conn)",
    "net/http.(*response)",
];

/// How far from the crash a web server's code is looked for.
const NEAR: usize = 15;

pub(super) fn fits(view: &View<'_>) -> bool {
    let (kind, message) = view.error();
    let (message, last) = (message.trim(), kind.rsplit(['.', '\\']).next().unwrap_or_default());
    if view.in_browser() {
        return last == "AbortError"
            || GIVEN_UP.contains(&message)
            || IN_BROWSERS.iter().any(|part| message.contains(part))
            || is_opaque(view, kind, message);
    }
    let closed = message == "aborted" || CLOSED.iter().any(|part| message.contains(part));
    GONE.contains(&last)
        || kind == "org.eclipse.jetty.io.EofException"
        || IN_GO.contains(&message) && view.event.platform.as_deref() == Some("go")
        || OF_SERVERS.iter().any(|part| message.starts_with(part))
        || closed && is_answering(view)
}

/// What browsers say of an error in a script of another origin: nothing. With frames there is something to see.
fn is_opaque(view: &View<'_>, kind: &str, message: &str) -> bool {
    let text = if message.is_empty() { kind } else { message };
    matches!(text.trim_end_matches('.'), "Script error" | "Script Error") && view.frames().all(|frame| frame.lineno.unwrap_or(0) == 0)
}

/// Whether a web server's code raised it, before the program's own.
fn is_answering(view: &View<'_>) -> bool {
    let library = view.frames().take(NEAR).take_while(|frame| frame.in_app != Some(true));
    library
        .flat_map(|frame| [&frame.module, &frame.abs_path, &frame.filename, &frame.function])
        .flatten()
        .any(|name| SERVERS.iter().any(|server| name.contains(server)))
}
