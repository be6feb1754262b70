//! Release, environment and distribution: names that other parts are found by, so they follow rules.

use schemas::{event::Event, limits};

/// Empties names that can't be; trims those that can.
pub(super) fn check(event: &mut Event) {
    let (release, environment) = (release(&mut event.release), environment(&mut event.environment));
    let dist = trimmed(&mut event.dist, is_dist);
    for (path, valid) in [("release", release), ("environment", environment), ("dist", dist)] {
        if !valid {
            event.note(path, "not a valid name: left out");
        }
    }
    for name in [&mut event.service, &mut event.host, &mut event.instance_id, &mut event.logger, &mut event.transaction, &mut event.commit]
    {
        trimmed(name, |_| true);
    }
}

/// Trims a release, empties one that can't be. Answers whether it was valid or empty.
pub(crate) fn release(name: &mut Option<String>) -> bool {
    trimmed(name, |name| name.chars().count() <= limits::NAME_CHARS && is_release(name))
}

/// The same for an environment.
pub(crate) fn environment(name: &mut Option<String>) -> bool {
    trimmed(name, |name| name.chars().count() <= limits::SHORT_NAME_CHARS && is_environment(name))
}

/// Trims a name; empties it if nothing is left or it is not valid. Answers whether it was valid or empty.
fn trimmed(name: &mut Option<String>, is_valid: fn(&str) -> bool) -> bool {
    let Some(text) = name else { return true };
    let short = text.trim();
    if short.is_empty() {
        *name = None;
        return true;
    }
    if short.len() != text.len() {
        *text = short.to_owned();
    }
    let valid = is_valid(text);
    if !valid {
        *name = None;
    }
    valid
}

fn is_release(name: &str) -> bool {
    !matches!(name, "." | ".." | "latest") && !name.contains(['\n', '\r', '\t', '/', '\\', '\u{c}'])
}

fn is_environment(name: &str) -> bool {
    !name.contains(['\n', '\r', '\u{c}', '/']) && name != "None"
}

/// Whether a text can be a distribution.
pub(crate) fn is_dist(name: &str) -> bool {
    name.chars().count() <= limits::SHORT_NAME_CHARS && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}
