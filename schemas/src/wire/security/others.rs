//! Reports about certificates, and those of the Reporting API that are not about content security policy.

use super::{Fields, Said};
use crate::event::Severity;

/// A host showed a certificate, or did not staple one, as it had promised.
pub(super) fn certificate(logger: &'static str, failed: &str, fields: &Fields<'_>) -> Said {
    let host = fields.text(&["hostname", "notedhostname"]).unwrap_or_else(|| "an unknown host".to_owned());
    let port = fields.number(&["port"]).filter(|port| *port != 443);
    let mut tags = vec![("hostname", host.clone())];
    tags.extend(port.map(|port| ("port", port.to_string())));
    for (tag, field) in [("failure_mode", "failuremode"), ("response_status", "responsestatus"), ("cert_status", "certstatus")] {
        tags.extend(fields.text(&[field]).map(|value| (tag, value)));
    }
    let scheme = fields.text(&["scheme"]).unwrap_or_else(|| "https".to_owned());
    let place = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    Said {
        logger,
        severity: Severity::Error,
        message: format!("{failed} '{host}'"),
        culprit: Some(host.clone()),
        group: vec![logger.to_owned(), host],
        tags,
        page: fields.text(&["hostname"]).map(|_| format!("{scheme}://{place}/")),
        ..Said::default()
    }
}

/// A report of the type `kind` about a page.
pub(super) fn reported(kind: &str, fields: &Fields<'_>, page: Option<String>) -> Said {
    let id = fields.text(&["id", "featureid", "policyid", "reason", "type"]);
    let told = fields.text(&["message", "effectivepolicy"]);
    let named = |what: &str, else_: &str| format!("{what} '{}'", id.as_deref().unwrap_or(else_));
    let enforced = fields.text(&["disposition"]).is_none_or(|disposition| disposition != "report");
    let (logger, severity, message) = match kind {
        "deprecation" => ("deprecation", Severity::Warning, told.unwrap_or_else(|| named("Deprecated feature", "unknown"))),
        "intervention" => ("intervention", Severity::Warning, told.unwrap_or_else(|| named("Intervention", "unknown"))),
        "crash" => ("crash", Severity::Critical, named("The page crashed:", "unknown")),
        "permissions-policy-violation" | "feature-policy-violation" => {
            let severity = if enforced { Severity::Error } else { Severity::Warning };
            ("permissions-policy", severity, named("Blocked use of", "a feature"))
        }
        _ => ("report", Severity::Warning, told.unwrap_or_else(|| named("Browser report", "unknown"))),
    };
    let kind: String = kind.chars().take(64).collect();
    Said {
        logger,
        severity,
        message,
        culprit: Some(id.clone().unwrap_or_else(|| kind.clone())),
        // Of what names nothing, the message tells what is alike.
        group: id.iter().flat_map(|id| [kind.clone(), id.clone()]).collect(),
        tags: std::iter::once(("report", kind)).chain(id.clone().map(|id| ("report-id", id))).collect(),
        page,
        source: fields.source(),
        ..Said::default()
    }
}
