//! Updates of single sessions (item `session`) and counts of many (item `sessions`), for the health of releases.
//!
//! As <https://develop.sentry.dev/sdk/telemetry/sessions/> has them. Only what is no JSON object, and more counts than
//! anyone sends, is refused; a value of a form that nobody expects counts as not told.

use jiff::Timestamp;

use super::{
    ReadError, json,
    odd::{Odd, Path},
    parts,
    tree::{Object, Tree},
};
use crate::{limits, outcome::Reason};

/// What an item holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Session {
    /// One update of one session.
    Update(Update),
    /// Counts of many sessions.
    Aggregates(Aggregates),
}

/// An update of one session. Each tells all that is known so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The session's id; empty when there is none.
    pub sid: String,
    /// Whether it is the session's first update. Some clients send only one, at the end, which is the first too.
    pub init: bool,
    /// When the session began.
    pub started: Option<Timestamp>,
    /// How it is or ended.
    pub status: Status,
    /// Errors so far.
    pub errors: u64,
    /// The user's or device's id.
    pub user: Option<String>,
    /// Which program.
    pub attributes: Attributes,
}

/// Which program sessions are of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Its version.
    pub release: Option<String>,
    /// Where it runs.
    pub environment: Option<String>,
}

/// How a session is or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It goes on; also a status that is not known here.
    Ok,
    /// It ended well.
    Exited,
    /// A crash ended it.
    Crashed,
    /// It ended without its own doing.
    Abnormal,
    /// It ended well after errors.
    Errored,
    /// It has an error that nobody handled, and goes on.
    Unhandled,
}

/// Counts of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aggregates {
    /// At most [`limits::SESSION_AGGREGATES`].
    pub aggregates: Vec<Aggregate>,
    /// Which program.
    pub attributes: Attributes,
}

/// Counts of the sessions that began in one minute. Each session is in one of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aggregate {
    /// The minute.
    pub started: Option<Timestamp>,
    /// The user's or device's id.
    pub user: Option<String>,
    /// Ended well.
    pub exited: u64,
    /// Ended well after errors.
    pub errored: u64,
    /// Ended by a crash.
    pub crashed: u64,
    /// Ended without their own doing.
    pub abnormal: u64,
    /// With an error that nobody handled.
    pub unhandled: u64,
}

/// Reads either item: only counts have `aggregates`.
pub fn read(payload: &[u8]) -> Result<Session, ReadError> {
    json::read_tree(payload, |tree| {
        let Tree::Object(mut object) = tree else { return Err(refuse("a session is a JSON object")) };
        let attributes = attributes(object.remove("attrs"));
        match object.remove("aggregates") {
            None => Ok(Session::Update(update(object, attributes))),
            Some(list) => aggregates(list, attributes).map(Session::Aggregates),
        }
    })?
}

fn refuse(detail: &str) -> ReadError {
    ReadError { reason: Reason::InvalidEvent, detail: detail.to_owned() }
}

fn update(mut object: Object<'_>, attributes: Attributes) -> Update {
    let status = object.remove("status");
    Update {
        sid: text(object.remove("sid")).unwrap_or_default(),
        init: matches!(object.get("init"), Some(Tree::Bool(true))),
        started: time(object.remove("started")).or_else(|| time(object.remove("timestamp"))),
        status: Status::named(status.as_ref().and_then(Tree::as_str).unwrap_or_default()),
        errors: number(object.remove("errors")),
        user: text(object.remove("did")),
        attributes,
    }
}

fn aggregates(list: Tree<'_>, attributes: Attributes) -> Result<Aggregates, ReadError> {
    let list = match list {
        Tree::Null => Vec::new(),
        Tree::Array(list) => list,
        _ => return Err(refuse("aggregates of sessions are a list")),
    };
    if list.len() > limits::SESSION_AGGREGATES {
        return Err(refuse(&format!("there are more than {} aggregates of sessions", limits::SESSION_AGGREGATES)));
    }
    Ok(Aggregates { aggregates: list.into_iter().filter_map(aggregate).collect(), attributes })
}

fn aggregate(tree: Tree<'_>) -> Option<Aggregate> {
    let Tree::Object(mut object) = tree else { return None };
    let mut counted = |key: &str| number(object.remove(key)).min(limits::COUNTED_AT_ONCE);
    let [exited, errored, crashed, abnormal, unhandled] = ["exited", "errored", "crashed", "abnormal", "unhandled"].map(&mut counted);
    let (started, user) = (time(object.remove("started")), text(object.remove("did")));
    Some(Aggregate { started, user, exited, errored, crashed, abnormal, unhandled })
}

fn attributes(tree: Option<Tree<'_>>) -> Attributes {
    let Some(Tree::Object(mut object)) = tree else { return Attributes::default() };
    Attributes { release: text(object.remove("release")), environment: text(object.remove("environment")) }
}

impl Status {
    fn named(name: &str) -> Self {
        match name {
            "exited" => Self::Exited,
            "crashed" => Self::Crashed,
            "abnormal" => Self::Abnormal,
            "errored" => Self::Errored,
            "unhandled" => Self::Unhandled,
            _ => Self::Ok,
        }
    }
}

fn text(tree: Option<Tree<'_>>) -> Option<String> {
    parts::text(tree?, &Path::top("session"), &mut Odd::default()).filter(|text| !text.is_empty())
}

fn number(tree: Option<Tree<'_>>) -> u64 {
    tree.and_then(|tree| parts::unsigned(tree, &Path::top("session"), &mut Odd::default())).unwrap_or(0)
}

fn time(tree: Option<Tree<'_>>) -> Option<Timestamp> {
    parts::timestamp(tree?, &Path::top("session"), &mut Odd::default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn update(payload: &str) -> Update {
        match read(payload.as_bytes()).unwrap() {
            Session::Update(update) => update,
            Session::Aggregates(_) => panic!("an update"),
        }
    }

    #[test]
    fn an_update_of_the_rust_sdk() {
        let read = update(
            r#"{"sid":"88477b3b-74ac-4047-a88a-a4d7a267ea1f","did":"u-42","started":"2026-11-22T01:35:20.227349413Z","status":"crashed","errors":2,"attrs":{"release":"rsapp@0.1.0","environment":"staging"}}"#,
        );
        let attributes = Attributes { release: Some("rsapp@0.1.0".into()), environment: Some("staging".into()) };
        let expected = Update {
            sid: "88477b3b-74ac-4047-a88a-a4d7a267ea1f".into(),
            init: false,
            started: Some("2026-11-22T01:35:20.227349413Z".parse().unwrap()),
            status: Status::Crashed,
            errors: 2,
            user: Some("u-42".into()),
            attributes,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn odd_values_count_as_not_told() {
        let odd = update(r#"{"sid":null,"init":"true","started":"soon","status":9,"errors":-3,"did":7,"attrs":[],"seq":{}}"#);
        let expected = Update {
            sid: String::new(),
            init: false,
            started: None,
            status: Status::Ok,
            errors: 0,
            user: Some("7".into()),
            attributes: Attributes::default(),
        };
        assert_eq!(odd, expected);
        assert_eq!(update("{}"), Update { user: None, ..expected });
    }

    #[test]
    fn counts_are_read_and_bounded() {
        let payload = r#"{"aggregates":[{"started":"2026-11-22T01:35:00Z","exited":7,"crashed":"2"},{"errored":99999999999},3],"attrs":{"release":"a@1"}}"#;
        let Session::Aggregates(read) = read(payload.as_bytes()).unwrap() else { panic!("counts") };
        let started = Some("2026-11-22T01:35:00Z".parse().unwrap());
        let expected = vec![
            Aggregate { started, exited: 7, crashed: 2, ..Aggregate::default() },
            Aggregate { errored: limits::COUNTED_AT_ONCE, ..Aggregate::default() },
        ];
        assert_eq!(read.aggregates, expected);
        assert_eq!(read.attributes.release.as_deref(), Some("a@1"));
    }

    #[test]
    fn what_is_no_session_is_refused_with_its_reason() {
        let many = format!(r#"{{"aggregates":[{}]}}"#, vec!["{}"; limits::SESSION_AGGREGATES + 1].join(","));
        for (payload, reason) in [
            ("[]", Reason::InvalidEvent),
            (r#"{"aggregates":{}}"#, Reason::InvalidEvent),
            (&many, Reason::InvalidEvent),
            ("{\"sid\":", Reason::InvalidJson),
            ("", Reason::InvalidJson),
        ] {
            assert_eq!(read(payload.as_bytes()).unwrap_err().reason, reason, "{payload:.40}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, like in r#"\{"(aggregates|sid|started)":(\[(\{"(exited|did)":-?[0-9]{1,20}\},?){0,3}\]|"[ -~]{0,20}")\}"#) {
            let _ = (read(&bytes), read(like.as_bytes()));
        }
    }
}
