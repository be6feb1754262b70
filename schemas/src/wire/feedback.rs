//! What users wrote, in both forms in which Sentry's SDKs send it.

use jiff::Timestamp;
use serde_json::Value;

use super::{ReadError, json};
use crate::{
    catalog::Feedback,
    ids::{EventId, ProjectId},
    limits,
    outcome::Reason,
};

/// Reads a `user_report`: `{"event_id", "name", "email", "comments"}`. It has no id of its own; one is made of its
/// words, so that the same report sent again is the same.
pub fn report(payload: &[u8], project: ProjectId, received_at: Timestamp) -> Result<Feedback, ReadError> {
    let report = object(payload)?;
    let event = event_id(report.get("event_id"));
    let name = text(report.get("name"), limits::NAME_CHARS);
    let email = text(report.get("email"), limits::NAME_CHARS);
    let message = text(report.get("comments"), limits::MESSAGE_CHARS).ok_or_else(|| empty("comments"))?;
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let about = event.unwrap_or(EventId([0; 16]));
    let id = EventId::from_parts(&[b"user_report", &about.0, of(&name).as_bytes(), of(&email).as_bytes(), message.as_bytes()]);
    Ok(Feedback { id, project, event, received_at, name, email, message, url: None })
}

/// Reads a `feedback` item: an event whose context `feedback` holds the words.
pub fn event(payload: &[u8], id: EventId, project: ProjectId, received_at: Timestamp) -> Result<Feedback, ReadError> {
    let event = object(payload)?;
    let said = event.pointer("/contexts/feedback").unwrap_or(&Value::Null);
    let or = |said: Option<&Value>, place: &str, most: usize| text(said, most).or_else(|| text(event.pointer(place), most));
    Ok(Feedback {
        id,
        project,
        event: event_id(said.get("associated_event_id")),
        received_at,
        name: or(said.get("name"), "/user/name", limits::NAME_CHARS),
        email: or(said.get("contact_email"), "/user/email", limits::NAME_CHARS),
        message: text(said.get("message"), limits::MESSAGE_CHARS).ok_or_else(|| empty("contexts.feedback.message"))?,
        url: or(said.get("url"), "/request/url", limits::PATH_CHARS),
    })
}

fn object(payload: &[u8]) -> Result<Value, ReadError> {
    let value = json::parse(payload)?;
    if value.is_object() { Ok(value) } else { Err(invalid("feedback is a JSON object".into())) }
}

fn empty(field: &str) -> ReadError {
    invalid(format!("{field} says nothing"))
}

fn invalid(detail: String) -> ReadError {
    ReadError { reason: Reason::InvalidEvent, detail }
}

fn event_id(value: Option<&Value>) -> Option<EventId> {
    value?.as_str()?.parse().ok().filter(|id| *id != EventId([0; 16]))
}

/// Text that says something, at most so many characters of it.
fn text(value: Option<&Value>, most: usize) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.chars().take(most).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: EventId = EventId([7; 16]);
    const EVENT: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";

    fn read_report(json: &str) -> Result<Feedback, ReadError> {
        report(json.as_bytes(), ProjectId(1), Timestamp::UNIX_EPOCH)
    }

    fn read_event(json: &str) -> Result<Feedback, ReadError> {
        event(json.as_bytes(), ID, ProjectId(1), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_report_in_the_old_form_is_read_and_named_by_its_words() {
        let json = format!(r#"{{"event_id":"{EVENT}","name":"Jane","email":"jane@shop.example","comments":" It broke. "}}"#);
        let read = read_report(&json).unwrap();
        assert_eq!(read.event, Some(EVENT.parse().unwrap()));
        assert_eq!(
            (read.name.as_deref(), read.email.as_deref(), read.message.as_str()),
            (Some("Jane"), Some("jane@shop.example"), "It broke.")
        );
        assert_eq!(read_report(&json).unwrap().id, read.id);
        assert_ne!(read_report(&json.replace("broke", "works")).unwrap().id, read.id);
    }

    #[test]
    fn feedback_as_an_event_is_read() {
        let json = format!(
            r#"{{"event_id":"x","contexts":{{"feedback":{{"message":"Slow","contact_email":"a@b.example","name":"A",
                "url":"https://shop.example/cart","associated_event_id":"{EVENT}"}}}}}}"#
        );
        let read = read_event(&json).unwrap();
        assert_eq!((read.id, read.event), (ID, Some(EVENT.parse().unwrap())));
        assert_eq!((read.message.as_str(), read.url.as_deref()), ("Slow", Some("https://shop.example/cart")));
        let short = r#"{"user":{"email":"a@b.example","name":"A"},"request":{"url":"/x"},"contexts":{"feedback":{"message":"Slow"}}}"#;
        let read = read_event(short).unwrap();
        assert_eq!(
            (read.event, read.email.as_deref(), read.name.as_deref(), read.url.as_deref()),
            (None, Some("a@b.example"), Some("A"), Some("/x"))
        );
    }

    #[test]
    fn feedback_without_words_is_refused_by_the_name_of_the_field() {
        for json in [r#"{"name":"Jane"}"#, r#"{"comments":"  "}"#, r#"{"comments":5}"#] {
            let error = read_report(json).unwrap_err();
            assert_eq!((error.reason, error.detail.as_str()), (Reason::InvalidEvent, "comments says nothing"), "{json}");
        }
        for json in ["{}", r#"{"contexts":[]}"#, r#"{"contexts":{"feedback":{"message":""}}}"#] {
            assert_eq!(read_event(json).unwrap_err().detail, "contexts.feedback.message says nothing", "{json}");
        }
        assert_eq!(read_report("[]").unwrap_err().reason, Reason::InvalidEvent);
        assert_eq!(read_report(r#"{"a":"b"#).unwrap_err().reason, Reason::InvalidJson);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_kept_within_its_limits(name: String, comments in ".{1,9000}") {
            let json = serde_json::json!({ "name": name, "comments": comments, "event_id": name }).to_string();
            if let Ok(read) = read_report(&json) {
                prop_assert!(read.message.chars().count() <= limits::MESSAGE_CHARS && !read.message.is_empty());
                prop_assert!(read.name.is_none_or(|name| name.chars().count() <= limits::NAME_CHARS));
            }
        }
    }
}
