//! Why an event was grouped, judged and scrubbed as it was: what the processor left in the event, in words, and the
//! groups that look alike.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
};
use schemas::{
    event::{self, Event, FrameUse},
    fields::Field,
    ids::EventId,
    query::{Expr, FieldRef, Test, Value},
};
use storage::{catalog::issues, index::Scope};

use super::part;
use crate::{
    Api,
    access::Viewer,
    answer::explain::{Exception, Explanation, Frame, Grouping, Judgement, Similar},
    describe, groups,
    params::Params,
    problem::{Answer, Problem},
    scope,
    times::{self, stamp},
};

/// Most groups that are shown as similar.
const SIMILAR: usize = 5;
/// How far back similar groups are looked for, in milliseconds.
const BACK: i64 = 30 * 24 * times::HOUR;

/// `GET /api/v1/events/{id}/explain`; of several projects the newest event.
#[utoipa::path(
    get,
    path = "/api/v1/events/{id}/explain",
    tag = "events",
    summary = "Why an event was grouped, judged and scrubbed as it was",
    params(("id" = String, Path, description = "Id of the event", example = "00000000000000000000000000000001"), describe::Projects),
    responses((status = 200, description = "Done", body = Explanation)),
)]
pub(super) async fn explain(
    viewer: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Explanation>> {
    let id: EventId = part(&id)?;
    let params = Params::read(query.as_deref(), &["project"])?;
    let projects = scope::of_projects(&api, &viewer, &params).await?;
    let Some(hit) = api.index().get(&projects, id).await?.into_iter().next() else {
        return Err(Problem::not_found(format!("no event {id} is stored; its outcome may say why")));
    };
    let event: Event = serde_json::from_slice(&hit.json).map_err(|error| storage::Error::terminal("reading a stored event", error))?;
    let grouping = match &event.grouping {
        Some(grouping) => Some(of_group(&api, &event, grouping).await?),
        None => None,
    };
    let mut summary = Vec::new();
    summary.extend(grouping.as_ref().map(grouped));
    summary.push(judged(&event));
    summary.push(scrubbed(&event));
    summary.extend(kept(&event));
    let Event { category, severity, priority, strategies, changes, .. } = event;
    Ok(Json(Explanation {
        event: id,
        project: event.project,
        title: event.title,
        summary,
        grouping,
        judgement: Judgement { category, severity, priority, strategies, changes },
        scrubbed: event.scrubbed,
        errors: event.errors,
        weight: event.weight,
        slim: event.slim,
    }))
}

async fn of_group(api: &Api, event: &Event, grouping: &event::Grouping) -> Answer<Grouping> {
    let member = (event.project, grouping.fingerprint.clone());
    let issue = issues::of_fingerprints(api.catalog(), &[member]).await?.into_iter().next().flatten();
    let parts = grouping.parts.value();
    Ok(Grouping {
        fingerprint: grouping.fingerprint.clone(),
        issue,
        version: parts.get(0).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
        by: by(grouping, &parts),
        rule: grouping.rule.clone(),
        parts,
        exceptions: exceptions(event, grouping),
        similar: similar(api, event, grouping).await?,
    })
}

/// What of the event made the group.
fn by(grouping: &event::Grouping, parts: &serde_json::Value) -> &'static str {
    if grouping.rule.is_some() {
        return "rule";
    }
    match parts.get(1).and_then(serde_json::Value::as_str).unwrap_or_default() {
        "custom" => "client",
        "app" => "application_frames",
        "sys" => "all_frames",
        "value" => "value",
        "message" => "message",
        "stack" => "stack",
        _ => "place",
    }
}

fn exceptions(event: &Event, grouping: &event::Grouping) -> Vec<Exception> {
    let each = event.exceptions.iter().zip(&grouping.frames).map(|(exception, letters)| {
        let frames = exception.stacktrace.iter().flat_map(|stack| &stack.frames);
        let frames = frames.zip(letters.chars()).filter_map(|(frame, letter)| Some(of_frame(frame, FrameUse::of_letter(letter)?)));
        Exception { kind: exception.kind.clone(), frames: frames.collect() }
    });
    each.collect()
}

fn of_frame(frame: &event::Frame, used: FrameUse) -> Frame {
    let why = match used {
        FrameUse::Counted => "it counts",
        FrameUse::Library => "it is not the application's own, and others are",
        FrameUse::Nameless => "neither its function nor its module says anything that stays from build to build",
        FrameUse::Recursion => "it repeats the calls before it",
        FrameUse::Rule => "a rule or the table of well-known glue leaves it out",
        FrameUse::Far => "it is too far from the crash",
        FrameUse::Wrapper => "its exception only carries another one",
    };
    Frame {
        function: frame.function.clone(),
        module: frame.module.clone(),
        filename: frame.filename.clone(),
        lineno: frame.lineno,
        in_app: frame.in_app,
        counted: used == FrameUse::Counted,
        why,
        rule: frame.why.clone(),
    }
}

/// Other groups with the same loose hash.
async fn similar(api: &Api, event: &Event, grouping: &event::Grouping) -> Answer<Vec<Similar>> {
    let Some(hash) = &grouping.similar else { return Ok(Vec::new()) };
    let expr = Expr::Field(FieldRef::new(Field::Similar), Test::Equals(Value::Keyword(hash.clone())));
    let end = times::open_end(api.now());
    let scope = Scope { projects: vec![event.project], millis: end - BACK..end, expr };
    let mut found = groups::top(api, &scope, SIMILAR + 1).await?;
    found.retain(|group| group.fingerprint != grouping.fingerprint);
    found.truncate(SIMILAR);
    let members: Vec<_> = found.iter().map(|group| (group.project, group.fingerprint.clone())).collect();
    let ids = issues::of_fingerprints(api.catalog(), &members).await?;
    let known: Vec<_> = ids.iter().flatten().cloned().collect();
    let titles = issues::get(api.catalog(), &known).await?;
    let title = |id: &_| titles.iter().flatten().find(|issue| &issue.id == id).map(|issue| issue.title.clone());
    let each = found.into_iter().zip(ids).map(|(group, issue)| Similar {
        title: issue.as_ref().and_then(title),
        fingerprint: group.fingerprint,
        issue,
        count: group.count,
        last_seen: stamp(group.seen.1),
    });
    Ok(each.collect())
}

fn grouped(grouping: &Grouping) -> String {
    let frames = grouping.exceptions.iter().flat_map(|exception| &exception.frames);
    let (all, counted) = (frames.clone().count(), frames.filter(|frame| frame.counted).count());
    let by = match grouping.by {
        "rule" => "by a fingerprint rule".to_owned(),
        "client" => "by the fingerprint that the client sent".to_owned(),
        "application_frames" => format!("by the types of its exceptions and {counted} of {all} frames, the application's own"),
        "all_frames" => format!("by the types of its exceptions and {counted} of {all} frames, since none is the application's own"),
        "value" => "by the types and messages of its exceptions, since no frame says anything".to_owned(),
        "message" => "by the template of its message".to_owned(),
        "stack" => "by its stack trace".to_owned(),
        _ => "by the place where it happened, since it says nothing else".to_owned(),
    };
    let similar = match grouping.similar.len() {
        0 => String::new(),
        1 => "; one other group looks alike".to_owned(),
        many => format!("; {many} other groups look alike"),
    };
    format!("It was grouped {by}{similar}.")
}

fn judged(event: &Event) -> String {
    let mut text = format!(
        "It is of category {}, severity {} and priority {}",
        event.category.as_str(),
        event.severity.as_str(),
        event.priority.as_str()
    );
    for (number, change) in event.changes.iter().enumerate() {
        text.push_str(if number == 0 { ": " } else { "; " });
        text.push_str(&format!("{} went from {} to {} because {}", change.field, change.from, change.to, change.why));
    }
    text + "."
}

fn scrubbed(event: &Event) -> String {
    let rules: std::collections::BTreeSet<&str> = event.scrubbed.iter().map(|remark| remark.rule.as_str()).collect();
    match event.scrubbed.len() {
        0 => "Nothing was taken out of it.".to_owned(),
        values => {
            let rules: Vec<&str> = rules.into_iter().collect();
            format!("{values} {} taken out of it, by {}.", if values == 1 { "value was" } else { "values were" }, rules.join(", "))
        }
    }
}

fn kept(event: &Event) -> Option<String> {
    if event.slim {
        return Some("Its payload was left out because too many of its group came at once; it counts in full.".to_owned());
    }
    (event.weight > 1).then(|| format!("It stands for {} events: others like it were left out by sampling.", event.weight))
}
