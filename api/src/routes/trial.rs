//! What a rule set would do to a stored or pasted event. Nothing is kept.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use schemas::{
    catalog::Project,
    event::Event,
    ids::EventId,
    limits,
    outcome::{Kind, Reason},
    rules::RuleSet,
    wire::{native, sentry_event},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use storage::catalog::rules;
use utoipa::ToSchema;

use super::projects;
use crate::{
    Api,
    access::Member,
    body,
    problem::{Answer, Problem},
    trial::{Rules, Tried},
};

/// Longest body: rules and an event.
pub(super) const BODY_BYTES: usize = limits::RULES_BYTES + limits::EVENT_BYTES;

/// What to try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TryRules)]
pub(super) struct Try {
    /// Instead of the project's own rules; without them, those that are set.
    rules: Option<RuleSet>,
    /// A stored event.
    event_id: Option<EventId>,
    /// Or an event as a client would send it,
    #[schema(value_type = Option<serde_json::Value>)]
    event: Option<Box<RawValue>>,
    /// in this form.
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Clone, Copy, Default, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = EventFormat)]
enum Format {
    #[default]
    Sentry,
    Native,
}

/// How it would end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TriedRules)]
pub(super) struct Result {
    kind: Kind,
    reason: Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The event as it would be stored, if it would: with what was taken out, its group and each step of its judgement.
    event: Option<Box<Event>>,
    /// Tables of the processors that this server does not have, by their keys in the configuration: what they know is
    /// missing here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<&'static str>,
}

/// `POST /api/v1/projects/{project}/rules/try`
#[utoipa::path(
    post,
    path = "/api/v1/projects/{project}/rules/try",
    tag = "rules",
    summary = "What rules would do to one event",
    params(("project" = String, Path, description = "Number or slug", example = "shop")),
    request_body = Try,
    responses((status = 200, description = "Done", body = Result), (status = 501, description = "no_trial")),
)]
pub(super) async fn run(
    member: Member,
    State(api): State<Api>,
    Path(name): Path<String>,
    body::Json(asked): body::Json<Try, BODY_BYTES>,
) -> Answer<Json<Result>> {
    let project = projects::find(&api, &member, &name).await?;
    let Some(trial) = api.options().trial.clone() else {
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "no_trial", "this server can't try rules"));
    };
    let errors = asked.rules.as_ref().map(RuleSet::check).unwrap_or_default();
    if !errors.is_empty() {
        return Err(Problem::rules_at("/rules", errors));
    }
    let event = event(&api, &project, &asked).await?;
    let mut set = rules::get(api.catalog(), &[None, Some(project.id)]).await?.into_iter().map(|revised| revised.rules);
    let all = set.next().unwrap_or_default();
    let own = asked.rules.or_else(|| set.next()).unwrap_or_default();
    let tried = tokio::task::spawn_blocking(move || trial(&project, Rules { own: &own, all: &all }, event)).await;
    let answer = answer(tried.map_err(|error| storage::Error::terminal("trying rules", error))?);
    Ok(Json(Result { without: api.options().trial_without.clone(), ..answer }))
}

/// The event that is meant.
async fn event(api: &Api, project: &Project, asked: &Try) -> Answer<Event> {
    match (asked.event_id, &asked.event) {
        (Some(id), None) => {
            let hit = api.index().get(&[project.id], id).await?.into_iter().next();
            let hit = hit.ok_or_else(|| Problem::pointer("/event_id", format!("no event {id} of this project is stored")))?;
            serde_json::from_slice(&hit.json).map_err(|error| storage::Error::terminal("reading a stored event", error).into())
        }
        (None, Some(event)) => pasted(api, project, event.get().as_bytes(), asked.format),
        _ => Err(Problem::pointer("", "exactly one of event_id, of a stored event, and event, as a client would send it, is expected")),
    }
}

fn pasted(api: &Api, project: &Project, payload: &[u8], format: Format) -> Answer<Event> {
    let id = EventId::from_parts(&[payload]);
    let read = match format {
        Format::Sentry => sentry_event::read(payload, id, project.id, api.now()),
        Format::Native => native::read(payload, id, project.id, api.now()),
    };
    read.map_err(|error| Problem::pointer("/event", error.detail))
}

fn answer(tried: Tried) -> Result {
    match tried {
        Tried::Stored(event) => {
            Result { kind: Kind::Stored, reason: Reason::Accepted, detail: None, event: Some(event), without: Vec::new() }
        }
        Tried::Ended { kind, reason, detail } => Result { kind, reason, detail: Some(detail), event: None, without: Vec::new() },
    }
}
