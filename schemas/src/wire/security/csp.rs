//! Content security policy: which directive blocked what from where.

use url::Url;

use super::{Fields, Said, unknown};
use crate::{event::Severity, wire::ReadError};

/// What a report says; `page` is what the Reporting API says around it.
pub(super) fn said(fields: &Fields<'_>, page: Option<String>) -> Result<Said, ReadError> {
    let directive = fields.text(&["effectivedirective"]).or_else(|| fields.text(&["violateddirective"]));
    let directive = directive.ok_or_else(|| unknown("a policy report without effective-directive and violated-directive"))?;
    // `violated-directive` holds the whole rule with its sources.
    let directive = directive.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let page = fields.text(&["documenturi", "documenturl"]).or(page);
    let blocked = Blocked::of(&fields.text(&["blockeduri", "blockedurl"]).unwrap_or_default(), page.as_deref());
    let enforced = fields.text(&["disposition"]).is_none_or(|disposition| disposition != "report");
    let violated = fields.text(&["violateddirective"]).unwrap_or_default();
    Ok(Said {
        logger: "csp",
        severity: if enforced { Severity::Error } else { Severity::Warning },
        message: blocked.message(&directive, &violated),
        group: vec!["csp".to_owned(), directive.clone(), blocked.name().to_owned()],
        tags: vec![("effective-directive", directive.clone()), ("blocked-uri", blocked.name().to_owned())],
        culprit: Some(directive),
        page,
        referrer: fields.text(&["referrer"]),
        source: fields.source(),
    })
}

/// What was blocked, without its path: that differs from page to page.
enum Blocked {
    /// `inline`, `eval`, `data`, a scheme: what stands in the page, or no host at all.
    Local(String),
    /// The page's own host.
    Own,
    /// A host, with its port if it is an unusual one.
    Host(String),
}

impl Blocked {
    fn of(uri: &str, page: Option<&str>) -> Self {
        let host = |uri: &str| {
            Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "ws" | "wss")).and_then(|url| host_of(&url))
        };
        match uri {
            "" => Self::Local("inline".to_owned()),
            "self" | "'self'" => Self::Own,
            _ => match host(uri) {
                Some(blocked) if page.and_then(host).as_ref() == Some(&blocked) => Self::Own,
                Some(blocked) => Self::Host(blocked),
                None => match uri.split_once(':') {
                    // `data:text/html,...`, `chrome-extension://...`: the scheme; but `host:port` is a host.
                    Some((scheme, rest)) if !rest.starts_with(|c: char| c.is_ascii_digit()) => Self::Local(short(scheme)),
                    None if !uri.contains('.') => Self::Local(short(uri.trim_matches('\''))),
                    _ => Self::Host(short(uri.split('/').next().unwrap_or_default())),
                },
            },
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Local(name) | Self::Host(name) => name,
            Self::Own => "self",
        }
    }

    fn message(&self, directive: &str, violated: &str) -> String {
        let what = thing(directive);
        match self {
            Self::Local(kind) if kind == "inline" && violated.contains("'unsafe-eval'") && !violated.contains("'unsafe-inline'") => {
                format!("Blocked unsafe eval in '{what}'")
            }
            Self::Local(kind) if kind == "inline" => format!("Blocked inline '{what}'"),
            Self::Local(kind) if kind.ends_with("eval") => format!("Blocked unsafe {kind} in '{what}'"),
            _ if directive == "form-action" => format!("Blocked 'form' action to '{}'", self.name()),
            _ => format!("Blocked '{what}' from '{}'", self.name()),
        }
    }
}

fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(short(&url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))))
}

/// Hosts have at most 253 characters, with a port a few more.
fn short(text: &str) -> String {
    text.chars().take(260).collect::<String>().to_ascii_lowercase()
}

/// What a directive is about, for people.
fn thing(directive: &str) -> &str {
    let stem = directive.trim_end_matches("-elem").trim_end_matches("-attr");
    match stem.strip_suffix("-src").unwrap_or(stem) {
        "img" => "image",
        "base-uri" => "base",
        "form-action" => "form",
        "frame-ancestors" => "embedding",
        "require-trusted-types-for" | "trusted-types" => "trusted types",
        other => other,
    }
}
