//! How soon someone should look: the severity says it, then what is known around the event moves it a step up or down.
//! Each step is kept with its reason.

use schemas::event::{Change, Event, Priority, Severity};

/// Words of an environment's name that say nobody depends on it.
const NOT_PRODUCTION: [&str; 16] = [
    "ci",
    "demo",
    "dev",
    "develop",
    "development",
    "e2e",
    "local",
    "localhost",
    "playground",
    "preview",
    "qa",
    "sandbox",
    "staging",
    "test",
    "testing",
    "uat",
];

/// Words of an environment's name that say somebody depends on it, whatever else it says.
const PRODUCTION: [&str; 3] = ["prod", "production", "live"];

/// Moves the priority one step up and keeps why; what is most urgent stays so. Used for what the event itself can't
/// tell, such as a group that comes more often than it used to.
pub fn raise(event: &mut Event, why: String) {
    let to = match event.priority {
        Priority::Critical => return,
        Priority::Major => Priority::Critical,
        Priority::Minor => Priority::Major,
        Priority::Warning => Priority::Minor,
    };
    set(event, to, why);
}

/// Moves the priority one step down and keeps why.
fn lower(event: &mut Event, why: String) {
    let to = match event.priority {
        Priority::Critical => Priority::Major,
        Priority::Major => Priority::Minor,
        Priority::Minor => Priority::Warning,
        Priority::Warning => return,
    };
    set(event, to, why);
}

/// Gives the event a priority and keeps why, if it is another one.
pub(super) fn set(event: &mut Event, to: Priority, why: String) {
    if event.priority != to {
        let (field, from) = ("priority".to_owned(), event.priority.as_str().to_owned());
        event.changes.push(Change { field, from, to: to.as_str().to_owned(), why });
        event.priority = to;
    }
}

/// Rates an event whose severity and category are known.
pub(super) fn rate(event: &mut Event) {
    event.priority = of_severity(event.severity);
    if let Some(status) = refused(event) {
        lower(event, format!("the request was answered {status}: its sender's mistake"));
    }
    if event.severity >= Severity::Error && event.handled() == Some(false) && event.request.is_none() {
        raise(event, "nothing handled it, and no request was being served: the program or job ended".to_owned());
    }
    match event.ownership.as_ref().and_then(|o| tier(o.tier.as_deref()?)) {
        Some(number @ ..=1) => raise(event, format!("a service of tier {number}")),
        Some(number @ 3..) => lower(event, format!("a service of tier {number}")),
        _ => {}
    }
    if let Some(name) = event.environment.as_deref().filter(|name| !is_production(name)) {
        let why = format!("the environment {name} is not production");
        lower(event, why);
    }
}

/// What a severity means when nothing else is known.
fn of_severity(severity: Severity) -> Priority {
    match severity {
        Severity::Critical => Priority::Critical,
        Severity::Error => Priority::Major,
        Severity::Warning => Priority::Minor,
        Severity::Info | Severity::Debug => Priority::Warning,
    }
}

/// The status with which the request that was being served was refused, when no call to another system failed.
fn refused(event: &Event) -> Option<u16> {
    let called = event.call.as_ref().is_some_and(|c| c.status_code.is_some());
    super::status::answered(event).filter(|status| (400..500).contains(status) && !called)
}

/// The number of a tier: `1`, `tier-1`, `T2`.
fn tier(name: &str) -> Option<u8> {
    let name = name.trim();
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    (name.len() - digits.len() <= "tier ".len()).then(|| digits.parse().ok())?
}

/// Whether somebody depends on an environment. A name that says neither is taken for one that counts.
fn is_production(name: &str) -> bool {
    let is_one_of = |list: &[&str]| {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
            .any(|word| list.iter().any(|each| word.eq_ignore_ascii_case(each)))
    };
    is_one_of(&PRODUCTION) || !is_one_of(&NOT_PRODUCTION)
}
