//! The parts of a URL that filters look at. Takes any text: what is no URL has no host, and its path is all of it.

/// Scheme and host of a URL, as written, without user and port; the host of an IPv6 address without its brackets.
pub(super) fn origin(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    };
    Some((scheme, host)).filter(|_| !host.is_empty())
}

/// The path of a URL or of a route, without query and fragment and without slashes at its end.
pub(super) fn path(url: &str) -> &str {
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_behind_users_and_before_ports() {
        for (url, expected) in [
            ("http://localhost:3000/a", Some(("http", "localhost"))),
            ("https://u:p@shop.example?x@y", Some(("https", "shop.example"))),
            ("http://[::1]:8080/", Some(("http", "::1"))),
            ("http://[::1", None),
            ("file:///x", None),
            ("/cart", None),
            ("", None),
        ] {
            assert_eq!(origin(url), expected, "{url}");
        }
    }

    #[test]
    fn paths_end_before_query_and_slashes() {
        for (url, expected) in [
            ("https://shop.example/healthz/?a=/b", "/healthz"),
            ("https://shop.example", ""),
            ("/a/b#c", "/a/b"),
            ("https://shop.example?x=/healthz", ""),
        ] {
            assert_eq!(path(url), expected, "{url}");
        }
    }
}
