//! All events that a query finds, as lines of JSON, without holding more of them than a page.
//!
//! A line holds an event and the cursor behind it; the last line says whether that was all. A stream without such a
//! line was broken off, and any line's cursor goes on behind it.

use std::{io::Write, time::Duration};

use axum::{
    body::Body,
    extract::{RawQuery, State},
    response::Response,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use schemas::{
    event::Event,
    fields::{self, Found},
    query::FieldRef,
};
use serde_json::{Map, Value, json};
use storage::index::{Cursor, Hit, Page, Scope};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::{
    Api,
    access::{Reach, Viewer},
    cursor::{self, ExportCursor},
    describe,
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::stamp,
};

/// Most exports at a time.
pub(crate) const EXPORTS: usize = 4;
/// Events of one look into the index.
const PAGE: usize = 100;
/// How long a client may take to take a page; one that takes longer makes room for others.
const SLOW: Duration = Duration::from_secs(60);
/// Most fields of a line.
const FIELDS: usize = 100;

/// What is exported, and how far it is.
struct Export {
    api: Api,
    scope: Scope,
    query: scope::Understood,
    /// Of the query; cursors carry it.
    mark: String,
    after: Option<Cursor>,
    /// Empty: the whole event.
    fields: Vec<FieldRef>,
    events: u64,
}

/// `GET /api/v1/export`
#[utoipa::path(
    get,
    path = "/api/v1/export",
    tag = "events",
    summary = "All events that a query finds, as lines of JSON",
    description = "Newest first; the last line says whether that was all, and any line's cursor goes on behind it.",
    params(
        describe::Projects,
        describe::Asked,
        describe::Between,
        ("fields" = Option<String>, Query, description = "Instead of the whole event: fields between commas", example = "id,message,tags.tenant"),
        ("cursor" = Option<String>, Query, description = "Of any line of an earlier answer to the same query: to go on behind it"),
        ("format" = Option<String>, Query, description = "`ndjson`, or `gzip` for a compressed file", example = "ndjson"),
    ),
    responses((status = 200, description = "Done", content((String = "application/x-ndjson"), (String = "application/gzip"))), (status = 429, description = "too_many_requests")),
)]
pub(super) async fn export(viewer: Viewer, State(api): State<Api>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer<Response> {
    let params = Params::read(query.as_deref(), &["project", "query", "from", "to", "fields", "cursor", "format"])?;
    let format = Format::read(&params, &headers)?;
    let mut export = Export::read(&api, &viewer, &params).await?;
    let permit = api.exports().try_acquire_owned().map_err(|_| {
        let detail = format!("{EXPORTS} exports are under way, the most at a time; try again when one has ended");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
    })?;
    // What can't be answered at all is said with a status.
    let first = export.page().await?;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(export.run(first, Writer::new(format), sender, permit));
    let chunks = futures::stream::unfold(receiver, |mut receiver| async move {
        let chunk: Bytes = receiver.recv().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(chunk), receiver))
    });
    Ok(format.response(Body::from_stream(chunks)))
}

impl Export {
    async fn read(api: &Api, reach: &Reach, params: &Params) -> Answer<Self> {
        let mut scope = scope::read(api, reach, params, api.now()).await?;
        let mark = mark(params)?;
        let mut after = None;
        if let Some(cursor) = cursor::export(params)? {
            if cursor.mark != mark {
                return Err(Problem::parameter("cursor", "it is of another query: `query` and `project` must be as they were"));
            }
            scope.millis = cursor.from..cursor.to;
            after = Some(cursor.at);
        }
        Ok(Self { query: scope::Understood::of(params)?, api: api.clone(), scope, mark, after, fields: chosen(params)?, events: 0 })
    }

    async fn page(&mut self) -> storage::Result<Page> {
        self.api.index().search(&self.scope, self.after, PAGE).await
    }

    /// Sends page after page. Ends early when nobody takes them.
    async fn run(mut self, first: Page, mut writer: Writer, sender: mpsc::Sender<Bytes>, _permit: OwnedSemaphorePermit) {
        let mut page = first;
        loop {
            for hit in &page.hits {
                let line = self.line(hit);
                writer.line(&line);
            }
            let last = match page.more {
                true => None,
                false => Some(json!({ "complete": true, "events": self.events, "query": self.query })),
            };
            let next = match last {
                None => self.page().await.map_err(|error| self.broken_off(error)),
                Some(last) => Err(last),
            };
            let ended = next.is_err();
            match next {
                Ok(next) => page = next,
                Err(last) => writer.last(&last),
            }
            if !matches!(tokio::time::timeout(SLOW, sender.send(writer.taken())).await, Ok(Ok(()))) || ended {
                return;
            }
        }
    }

    /// The line of an event. From here on what follows is behind it.
    fn line(&mut self, hit: &Hit) -> Vec<u8> {
        self.events += 1;
        self.after = Some(hit.cursor);
        let mut line = format!("{{\"cursor\":\"{}\",\"event\":", self.cursor(hit.cursor)).into_bytes();
        match self.fields.is_empty() {
            true => line.extend_from_slice(&hit.json),
            false => line.extend_from_slice(projected(&hit.json, &self.fields).to_string().as_bytes()),
        }
        line.push(b'}');
        line
    }

    fn cursor(&self, at: Cursor) -> String {
        ExportCursor { mark: self.mark.clone(), from: self.scope.millis.start, to: self.scope.millis.end, at }.write()
    }

    /// The last line when something failed in between.
    fn broken_off(&self, error: storage::Error) -> Value {
        let cursor = self.after.map(|at| self.cursor(at));
        json!({ "complete": false, "events": self.events, "query": self.query, "error": Problem::from(error), "cursor": cursor })
    }
}

/// What a cursor must belong to: which events of which projects, as they were asked for.
fn mark(params: &Params) -> Answer<String> {
    let mut projects: Vec<&str> = params.all("project").collect();
    projects.sort_unstable();
    let asked = json!([params.one("query")?.unwrap_or_default(), projects]).to_string();
    Ok(schemas::catalog::Token::hash_of(&asked)[..16].to_owned())
}

/// The parameter `fields`.
fn chosen(params: &Params) -> Answer<Vec<FieldRef>> {
    let mut chosen = Vec::new();
    for name in params.all("fields") {
        let field = name.parse().map_err(|error: schemas::query::FieldError| Problem::parameter("fields", error.to_string()))?;
        if chosen.contains(&field) {
            return Err(Problem::parameter("fields", format!("{field} stands twice")));
        }
        chosen.push(field);
    }
    if chosen.len() > FIELDS {
        return Err(Problem::parameter("fields", format!("it takes {FIELDS} fields at most")));
    }
    Ok(chosen)
}

/// The fields of an event by their names; one without a value is left out.
fn projected(json: &[u8], fields: &[FieldRef]) -> Value {
    let mut line = Map::new();
    let Ok(event) = serde_json::from_slice::<Event>(json) else { return Value::Object(line) };
    fields::visit(&event, |field, found| {
        let key = if let Found::Tag(key, _) = found { Some(key) } else { None };
        let asked = fields.iter().find(|asked| asked.field == field && asked.key.as_deref() == key);
        if let Some(asked) = asked {
            line.insert(asked.to_string(), value(found));
        }
    });
    Value::Object(line)
}

fn value(found: Found<'_>) -> Value {
    match found {
        Found::Keyword(text) | Found::Tag(_, text) => text.into(),
        Found::Long(number) => number.into(),
        Found::Bool(yes) => yes.into(),
        Found::Millis(millis) => stamp(millis).to_string().into(),
    }
}

/// How the lines are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// As they are.
    Plain,
    /// Compressed on the way.
    Encoded,
    /// As a compressed file.
    File,
}

impl Format {
    fn read(params: &Params, headers: &HeaderMap) -> Answer<Self> {
        match params.one("format")? {
            Some("gzip") => Ok(Self::File),
            None | Some("ndjson") if takes_gzip(headers) => Ok(Self::Encoded),
            None | Some("ndjson") => Ok(Self::Plain),
            Some(_) => Err(Problem::parameter("format", "it must be ndjson or gzip")),
        }
    }

    fn response(self, body: Body) -> Response {
        let mut response = Response::new(body);
        let (content, name) = match self {
            Self::Plain | Self::Encoded => ("application/x-ndjson", "attachment; filename=\"events.ndjson\""),
            Self::File => ("application/gzip", "attachment; filename=\"events.ndjson.gz\""),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if self == Self::Encoded {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Whether the client says that it takes gzip, and does not say that it takes none of it.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|quality| quality.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && quality.is_some_and(|quality| quality > 0.0)
    })
}

/// Lines on their way out.
enum Writer {
    Plain(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
}

impl Writer {
    fn new(format: Format) -> Self {
        match format {
            Format::Plain => Self::Plain(Vec::new()),
            Format::Encoded | Format::File => Self::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::fast()))),
        }
    }

    fn line(&mut self, line: &[u8]) {
        let to: &mut dyn Write = match self {
            Self::Plain(bytes) => bytes,
            Self::Gzip(encoder) => &mut **encoder,
        };
        to.write_all(line).and_then(|()| to.write_all(b"\n")).expect("writing to memory never fails");
    }

    fn last(&mut self, line: &Value) {
        self.line(line.to_string().as_bytes());
        if let Self::Gzip(encoder) = self {
            encoder.try_finish().expect("writing to memory never fails");
        }
    }

    /// What was written since this was asked last.
    fn taken(&mut self) -> Bytes {
        match self {
            Self::Plain(bytes) => std::mem::take(bytes).into(),
            Self::Gzip(encoder) => std::mem::take(encoder.get_mut()).into(),
        }
    }
}
