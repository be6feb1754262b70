//! The address that clients reach this server at, for DSNs.

use http::{header, request::Parts};

/// `scheme://host[:port]` as the client used it, unless the operator set one. What is no host is not repeated.
pub(crate) fn address(parts: &Parts, public_url: Option<&str>) -> String {
    if let Some(url) = public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    // HTTP/2 has the host in the address of the request.
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    let host = text(header::HOST).or(authority).filter(|host| is_host(host)).unwrap_or("localhost");
    let scheme = if parts.headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https") { "https" } else { "http" };
    format!("{scheme}://{host}")
}

fn is_host(host: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    !host.is_empty() && host.len() <= 300 && host.bytes().all(plain)
}
