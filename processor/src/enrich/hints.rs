//! User-agent client hints: what newer browsers say instead of in their `User-Agent`, which stands still.
//! Facts: <https://wicg.github.io/ua-client-hints/>.

use schemas::event::UserAgent;

/// Longest value that is taken.
const VALUE_BYTES: usize = 100;

/// Takes what hints among the headers say better than the `User-Agent` did.
pub(super) fn apply(headers: &[(String, String)], agent: &mut UserAgent) {
    if let Some(os) = hint(headers, "sec-ch-ua-platform") {
        let version = hint(headers, "sec-ch-ua-platform-version").and_then(|version| os_version(os, version));
        if version.is_some() || agent.os.as_deref() != Some(os) {
            agent.os_version = version;
        }
        agent.os = Some(os.to_owned());
    }
    if let Some(model) = hint(headers, "sec-ch-ua-model") {
        agent.device = Some(model.to_owned());
    }
}

/// A hint's text, without its quotes.
fn hint<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty() && value.len() <= VALUE_BYTES && value != "Unknown" && !value.contains(['"', '@'])).then_some(value)
}

/// The version as people know it. That of Windows is one of an interface; its table is
/// <https://learn.microsoft.com/en-us/microsoft-edge/web-platform/how-to-detect-win11>.
fn os_version(os: &str, version: &str) -> Option<String> {
    if os != "Windows" {
        return Some(version.to_owned());
    }
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    let known = match (major.parse::<u32>().ok()?, minor) {
        (0, minor) if minor.starts_with('1') => "7",
        (0, minor) if minor.starts_with('2') => "8",
        (0, _) => "8.1",
        (1..=12, _) => "10",
        _ => "11",
    };
    Some(known.to_owned())
}
