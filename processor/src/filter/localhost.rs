//! Events of the developer's own machine: the page or the request was at `localhost` or a loopback address.
//!
//! Where the address of the request is known it decides: a server behind a proxy on its own machine sees every user at
//! 127.0.0.1. Mobile apps with pages inside have `capacitor://localhost` or, in Android's web view,
//! `https://localhost`; those are not development.

use std::net::IpAddr;

use super::{address, view::View};

pub(super) fn fits(view: &View<'_>) -> bool {
    let url = view.event.request.as_ref().and_then(|request| request.url.as_deref());
    if let Some((scheme, host)) = url.and_then(address::origin) {
        let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        return web && is_local(host) && !view.agent().contains("; wv)");
    }
    let user = view.event.user.as_ref().and_then(|user| user.ip_address.as_deref());
    user.is_some_and(|ip| ip.parse().is_ok_and(is_loopback))
}

fn is_local(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(ip) => is_loopback(ip) || ip.is_unspecified(),
        Err(_) => matches!(host.as_str(), "localhost" | "localhost.localdomain" | "ip6-localhost") || host.ends_with(".localhost"),
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}
