//! The session of a browser: its token in a cookie that no script can read. What a browser sends by itself is no proof of
//! who asked, so a cookie counts only for pages of this server. A session holds nothing else: revoking the token ends it.

use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};

use crate::{
    access::TOKEN_BYTES,
    problem::{Answer, Problem},
};

const COOKIE: &str = "belfry_session";

/// How long a browser keeps it: 90 days.
const KEPT_SECONDS: u32 = 90 * 86_400;

/// Says which site a request comes from; browsers set it, pages can't (Fetch Metadata).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The cookie that holds this token. `secure`: the browser came by https, and is to send it by https only.
pub(crate) fn cookie(token: &str, secure: bool) -> String {
    set(&BASE64URL_NOPAD.encode(token.as_bytes()), KEPT_SECONDS, secure)
}

/// The cookie that takes the place of a session and is gone at once.
pub(crate) fn ended(secure: bool) -> String {
    set("", 0, secure)
}

fn set(value: &str, seconds: u32, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/api; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// The token in the cookie of these headers.
pub(crate) fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let value = cookies.flat_map(|cookies| cookies.split(';')).find_map(|one| one.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    // Base64 is longer than what it stands for by a third.
    let short = (1..=TOKEN_BYTES * 4 / 3 + 4).contains(&value.len());
    short.then(|| BASE64URL_NOPAD.decode(value.as_bytes()).ok()).flatten().and_then(|token| String::from_utf8(token).ok())
}

/// Refuses what another site's page asks in the name of a session. What only reads may come from a browser's address
/// bar or an old browser; what changes something must prove that it comes from a page of this server.
pub(crate) fn check_site(method: &Method, headers: &HeaderMap, uri: &Uri, public_url: Option<&str>) -> Answer<()> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let own = match (text(&SITE), text(&header::ORIGIN)) {
        (Some("same-origin"), _) => true,
        (Some("none"), _) => reads,
        (Some(_), _) => false,
        (None, Some(origin)) => is_own(origin, headers, uri, public_url),
        (None, None) => reads,
    };
    if own {
        return Ok(());
    }
    let detail = "a session of a browser is for the pages of this server only; elsewhere send Authorization: Bearer TOKEN";
    Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", detail))
}

/// Whether an `Origin` is the host that was asked, or the address that the operator gave.
fn is_own(origin: &str, headers: &HeaderMap, uri: &Uri, public_url: Option<&str>) -> bool {
    let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(uri.authority().map(|host| host.as_str()));
    let host = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
    let public = public_url.and_then(|url| url.parse::<Uri>().ok()).and_then(|url| {
        let (scheme, host) = (url.scheme_str()?, url.authority()?);
        Some(format!("{scheme}://{host}"))
    });
    (host.is_some() && host == asked) || public.is_some_and(|public| public == origin)
}
