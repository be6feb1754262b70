//! Files that came with events. What is in them comes from strangers: a browser is told to save it, never to show it.

use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    response::Response,
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, header};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemas::{
    catalog::{Attachment, EventAttachments},
    ids::{EventId, ProjectId},
};
use serde::Serialize;
use storage::catalog::attachments;
use utoipa::ToSchema;

use super::part;
use crate::{
    Api,
    access::{Member, Viewer},
    describe,
    params::Params,
    problem::{Answer, Problem},
    scope,
};

/// Media types that do no harm and are worth telling; all others are bytes.
const TELLABLE: [&str; 6] = ["application/json", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain"];
/// What stands unescaped in an extended parameter (RFC 5987).
const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
/// Longest name that is given to a file, in characters.
const NAME_CHARS: usize = 150;

/// The files of an event.
#[derive(Serialize, ToSchema)]
pub(super) struct Files {
    attachments: Vec<File>,
}

/// One file.
#[derive(Serialize, ToSchema)]
struct File {
    id: EventId,
    project: ProjectId,
    event: EventId,
    filename: String,
    content_type: Option<String>,
    attachment_type: String,
    /// After scrubbing.
    bytes: u64,
    received_at: Timestamp,
}

/// `GET /api/v1/events/{id}/attachments`: those that are there whole.
#[utoipa::path(
    get,
    path = "/api/v1/events/{id}/attachments",
    tag = "events",
    summary = "The files of an event",
    params(("id" = String, Path, description = "Id of the event", example = "00000000000000000000000000000001"), describe::Projects),
    responses((status = 200, description = "Done", body = Files)),
)]
pub(super) async fn list(viewer: Viewer, State(api): State<Api>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer<Json<Files>> {
    let event: EventId = part(&id)?;
    let params = Params::read(query.as_deref(), &["project"])?;
    let projects = scope::of_projects(&api, &viewer, &params).await?;
    let mut files = Vec::new();
    for EventAttachments { project, event, attachments, .. } in attachments::of_event(api.catalog(), &projects, event).await? {
        files.extend(attachments.into_iter().filter(Attachment::is_complete).map(|file| File {
            id: file.id,
            project,
            event,
            filename: harmless(&file.filename),
            bytes: file.bytes(),
            content_type: file.content_type,
            attachment_type: file.attachment_type,
            received_at: file.received_at,
        }));
    }
    Ok(Json(Files { attachments: files }))
}

/// `GET /api/v1/events/{id}/attachments/{attachment}`: the bytes of one.
#[utoipa::path(
    get,
    path = "/api/v1/events/{id}/attachments/{attachment}",
    tag = "events",
    summary = "The bytes of a file",
    params(("id" = String, Path, description = "Id of the event", example = "00000000000000000000000000000001"), ("attachment" = String, Path, description = "Id of the file", example = "07070707070707070707070707070707"), describe::Projects),
    responses((status = 200, description = "Done", content((Vec<u8> = "application/octet-stream"), (Vec<u8> = "application/json"), (Vec<u8> = "image/gif"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"), (Vec<u8> = "text/plain")))),
)]
pub(super) async fn one(
    member: Member,
    State(api): State<Api>,
    Path((event, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let (event, id): (EventId, EventId) = (part(&event)?, part(&id)?);
    let params = Params::read(query.as_deref(), &["project"])?;
    let projects = scope::of_projects(&api, &member, &params).await?;
    let found = attachments::of_event(api.catalog(), &projects, event).await?;
    let whole = |of: EventAttachments| {
        let file = of.attachments.into_iter().find(|file| file.id == id && file.is_complete())?;
        Some((of.project, file))
    };
    let missing = || Problem::not_found(format!("event {event} has no attachment {id}; it may be too old, or not whole yet"));
    let (project, file) = found.into_iter().find_map(whole).ok_or_else(missing)?;
    tracing::info!(%event, attachment = %id, "an attachment is read");
    Ok(answer(&file, bytes(api, project, event, &file)))
}

/// The bytes, a part at a time. A part that is gone meanwhile cuts the answer short, so that nobody takes it for whole.
fn bytes(api: Api, project: ProjectId, event: EventId, file: &Attachment) -> Body {
    let (id, parts) = (file.id, file.parts);
    Body::from_stream(stream::try_unfold((api, 0), move |(api, number)| async move {
        if number == parts {
            return Ok(None);
        }
        match attachments::part(api.catalog(), project, event, id, number).await {
            Ok(Some(part)) => Ok(Some((Bytes::from(part), (api, number + 1)))),
            Ok(None) => Err(std::io::Error::other("a part of the attachment is gone")),
            Err(error) => {
                tracing::error!(%error, attachment = %id, "an attachment could not be read");
                Err(std::io::Error::other("a part of the attachment can't be read"))
            }
        }
    }))
}

fn answer(file: &Attachment, body: Body) -> Response {
    let mut response = Response::new(body);
    let media = file.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let media = TELLABLE.into_iter().find(|known| *known == media).unwrap_or("application/octet-stream");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CONTENT_LENGTH, file.bytes().into());
    headers.insert(header::CONTENT_DISPOSITION, disposition(&file.filename));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

/// To be saved, under this name as far as it is harmless (RFC 6266): in ASCII for old clients, in UTF-8 for the others.
fn disposition(filename: &str) -> HeaderValue {
    let name = harmless(filename);
    let ascii: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._ ".contains(c) { c } else { '_' }).collect();
    let text = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, UNESCAPED));
    HeaderValue::try_from(text).expect("made of letters, digits, percent signs and our own punctuation")
}

/// The last part of a path, without what is not seen or changes how the rest is read; never empty or hidden.
fn harmless(filename: &str) -> String {
    let name = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_seen = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let name: String = name.chars().filter(is_seen).collect();
    let name: String = name.trim_start_matches(['.', ' ', '~']).trim_end_matches(['.', ' ']).chars().take(NAME_CHARS).collect();
    if name.is_empty() { "attachment".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_become_harmless() {
        for (given, kept) in [
            ("crash.dmp", "crash.dmp"),
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\jane\app.log", "app.log"),
            (".bashrc", "bashrc"),
            ("", "attachment"),
            ("..", "attachment"),
            ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1"),
            ("invoice\u{202e}gpj.exe", "invoicegpj.exe"),
            ("Größe \"1\".txt", "Größe \"1\".txt"),
        ] {
            assert_eq!(harmless(given), kept, "{given:?}");
        }
        let header = disposition("Größe \"1\";x.txt");
        assert_eq!(header, "attachment; filename=\"Gr__e _1__x.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%3Bx.txt");
    }

    proptest! {
        #[test]
        fn any_name_makes_a_header_of_two_parameters(name: String) {
            let header = disposition(&name);
            let text = header.to_str().unwrap();
            prop_assert_eq!(text.matches('"').count(), 2);
            prop_assert_eq!(text.matches("; ").count() - text.split('"').nth(1).unwrap().matches("; ").count(), 2);
            prop_assert!(!text.contains(['/', '\\', '\r', '\n']));
        }
    }
}
