//! What else tells errors of one type and one stack apart: codes of databases, systems and protocols, and the message
//! where the type says nothing.

use schemas::event::Exception;
use serde_json::Value;

use super::{family::Family, kinds};
use crate::template::template;

/// Names of system errors that stand in messages: `connect ECONNREFUSED 127.0.0.1:5432`.
const ERRNOS: [&str; 24] = [
    "EACCES",
    "EADDRINUSE",
    "EAGAIN",
    "EBADF",
    "EBUSY",
    "ECONNABORTED",
    "ECONNREFUSED",
    "ECONNRESET",
    "EEXIST",
    "EHOSTUNREACH",
    "EINVAL",
    "EIO",
    "EISDIR",
    "EMFILE",
    "ENETUNREACH",
    "ENOENT",
    "ENOMEM",
    "ENOSPC",
    "ENOTDIR",
    "ENOTFOUND",
    "EPERM",
    "EPIPE",
    "EROFS",
    "ETIMEDOUT",
];
/// Words before a code, in lower case, and what the code is. Those of statuses need three digits from 400 on.
const WORDS: [(&str, Form); 18] = [
    ("ora-", Form::Digits),
    ("sqlstate", Form::State),
    ("sqlcode=", Form::Digits),
    ("[errno ", Form::Digits),
    ("errno=", Form::Digits),
    ("errno: ", Form::Digits),
    ("os error ", Form::Digits),
    ("winerror ", Form::Digits),
    ("hresult: 0x", Form::Hex),
    ("(0x8", Form::Hex),
    ("rpc error: code = ", Form::Word),
    ("status code ", Form::Status),
    ("status code: ", Form::Status),
    ("statuscode=", Form::Status),
    ("http status ", Form::Status),
    ("http error ", Form::Status),
    ("http ", Form::Status),
    ("http/1.1 ", Form::Status),
];

/// How a code is written.
#[derive(Clone, Copy)]
enum Form {
    Digits,
    Hex,
    State,
    Word,
    Status,
}

/// The code or message that belongs to the identity of an exception; `None` for most.
pub(super) fn of(exception: &Exception, family: Family) -> Option<String> {
    let value = exception.value.as_deref().unwrap_or_default();
    let code = exception.mechanism.as_ref().and_then(|m| m.meta.as_ref()).and_then(of_meta).or_else(|| of_text(value));
    code.or_else(|| kinds::is_mute(exception, family).then(|| message(value, family)).filter(|text| !text.is_empty()))
}

/// The code in a message.
pub(super) fn of_text(text: &str) -> Option<String> {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let line = schemas::tokens::cut(line, 512);
    if line.bytes().any(|b| b == b'E')
        && let Some(errno) = line.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| ERRNOS.contains(word))
    {
        return Some(errno.to_owned());
    }
    if !line.bytes().any(|b| b.is_ascii_digit() || b == b'=') {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    let found = WORDS.iter().find_map(|(word, form)| {
        let at = lower.find(word)? + word.len();
        let code = form.read(&lower[at..])?;
        Some(if matches!(form, Form::Status) { format!("http {code}") } else { format!("{}{code}", word.trim_end()) })
    });
    found.or_else(|| leading_status(&lower))
}

/// `404 Client Error: Not Found for url`, as Python's requests writes.
fn leading_status(lower: &str) -> Option<String> {
    let status = Form::Status.read(lower)?;
    let rest = lower[3..].trim_start();
    (rest.starts_with("client error") || rest.starts_with("server error")).then(|| format!("http {status}"))
}

impl Form {
    /// The code at the start of a text.
    fn read(self, text: &str) -> Option<&str> {
        let run = |text: &str, is: fn(&u8) -> bool| text.bytes().take_while(&is).count();
        let (text, length) = match self {
            Self::Digits => (text, run(text, u8::is_ascii_digit)),
            Self::Hex => (text, run(text, u8::is_ascii_hexdigit)),
            Self::Word => (text, run(text, u8::is_ascii_alphanumeric)),
            Self::State => {
                let text = text.trim_start_matches(['[', '(', ':', '=', ' ']);
                (text, Some(run(text, u8::is_ascii_alphanumeric)).filter(|length| *length == 5)?)
            }
            Self::Status => {
                let length = run(text, u8::is_ascii_digit);
                (text, Some(length).filter(|length| *length == 3 && matches!(text.as_bytes()[0], b'4' | b'5'))?)
            }
        };
        (length > 0).then(|| &text[..length])
    }
}

/// What an SDK says beside the message: `{"ns_error": {"domain": "...", "code": 1}}`, `{"errno": {"number": 2}}`.
fn of_meta(meta: &Value) -> Option<String> {
    if let Some(error) = meta.get("ns_error") {
        let domain = error.get("domain").and_then(Value::as_str).unwrap_or_default();
        return Some(format!("{domain} {}", error.get("code")?));
    }
    let errno = meta.get("errno")?;
    errno.get("name").and_then(Value::as_str).map(str::to_owned).or_else(|| Some(format!("errno {}", errno.get("number")?)))
}

/// The message where it stands for the type. In Go the cause is after the last colon; in Rust what is printed of a
/// value is after a brace or quote.
fn message(value: &str, family: Family) -> String {
    let line = value.trim_start().lines().next().unwrap_or_default();
    let line = match family {
        Family::Go => line.rsplit(": ").find(|part| !part.trim().is_empty()).unwrap_or(line),
        _ => line.split(['{', '"']).next().unwrap_or(line),
    };
    template(line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_where_programs_write_them() {
        for (text, expected) in [
            ("ORA-00942: table or view does not exist", Some("ora-00942")),
            ("SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '7'", Some("sqlstate23000")),
            ("ERROR: deadlock detected (SQLSTATE 40P01)", Some("sqlstate40p01")),
            ("[Errno 111] Connection refused", Some("[errno111")),
            ("connect ECONNREFUSED 127.0.0.1:5432", Some("ECONNREFUSED")),
            ("Request failed with status code 503", Some("http 503")),
            ("404 Client Error: Not Found for url: https://a.example/7", Some("http 404")),
            ("rpc error: code = Unavailable desc = transport is closing", Some("rpc error: code =unavailable")),
            ("No such file or directory (os error 2)", Some("os error2")),
            ("order 404 not found", None),
            ("took 503 ms", None),
            ("status code 200", None),
            ("EAT my shorts", None),
            ("", None),
        ] {
            assert_eq!(of_text(text).as_deref(), expected, "{text}");
        }
    }
}
