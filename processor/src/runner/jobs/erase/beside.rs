//! Issues, feedback, dead letters and results of jobs.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use data_encoding::BASE64;
use schemas::{
    catalog::{DeadLetter, Feedback},
    ids::{EventId, ProjectId},
    issue::Issue,
    job::Job,
    record::Record,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use storage::{
    Result,
    catalog::{Collection, feedback as kept, rewrite::rewrite},
};

use super::Eraser;
use crate::{
    decode::Decoder,
    erasing::{ERASED, Search},
};

/// Goes through a collection. `change` gives what takes the place of a document.
async fn through<T: Serialize + DeserializeOwned>(
    eraser: &Eraser<'_>,
    collection: Collection,
    change: impl Fn(&[u8]) -> Option<T> + Send + Sync,
) -> Result<u64> {
    let counted = AtomicU64::new(0);
    let changed = |json: &[u8]| {
        let changed = change(json)?;
        counted.fetch_add(1, Ordering::Relaxed);
        if eraser.dry_run { None } else { serde_json::to_vec(&changed).ok() }
    };
    let rewritten = rewrite(&*eraser.work.catalog, collection, eraser.of_projects(), &changed).await?;
    Ok(if eraser.dry_run { counted.into_inner() } else { rewritten })
}

/// A document without the user's values, when it had any. `part` is where in it they are looked for.
fn cleaned<T: DeserializeOwned>(search: &Search, json: &[u8], part: Option<&str>) -> Option<T> {
    if !search.touches(json) {
        return None;
    }
    let mut value: Value = serde_json::from_slice(json).ok()?;
    let changed = match part {
        Some(part) => search.replace(value.get_mut(part)?),
        None => search.replace(&mut value),
    };
    if changed { serde_json::from_value(value).ok() } else { None }
}

/// Titles, messages and the like.
pub(super) async fn issues(eraser: &Eraser<'_>) -> Result<u64> {
    through(eraser, Collection::Issues, |json| cleaned::<Issue>(&eraser.search, json, None)).await
}

/// What the user wrote is emptied; in what others wrote the user's values are replaced.
pub(super) async fn feedback(eraser: &Eraser<'_>) -> Result<u64> {
    through(eraser, Collection::Feedback, |json| {
        let mut one: Feedback = if eraser.search.touches(json) { serde_json::from_slice(json).ok()? } else { return None };
        if one.email.as_ref().is_some_and(|email| eraser.search.is_email(email)) {
            empty(&mut one);
        } else {
            one = cleaned(&eraser.search, json, None)?;
        }
        eraser.is_new(one.id).then_some(one)
    })
    .await
}

/// What was written about events that go. It stays as an empty one: a record that is read again does not bring it back.
pub(super) async fn feedback_of(eraser: &Eraser<'_>, events: &[(ProjectId, EventId)]) -> Result<u64> {
    let mut emptied = 0;
    for (project, event) in kept::having(&*eraser.work.catalog, events).await? {
        for one in kept::of_event(&*eraser.work.catalog, project, event).await? {
            if one.message != ERASED && eraser.is_new(one.id) {
                emptied += 1;
                if !eraser.dry_run {
                    kept::update(&*eraser.work.catalog, project, one.id, empty).await?;
                }
            }
        }
    }
    Ok(emptied)
}

fn empty(one: &mut Feedback) {
    (one.name, one.email, one.url) = (None, None, None);
    ERASED.clone_into(&mut one.message);
}

/// Of a record that holds a value nothing stays but that it could not be processed.
pub(super) async fn dead_letters(eraser: &Eraser<'_>) -> Result<u64> {
    through(eraser, Collection::DeadLetters, |json| {
        let mut letter: DeadLetter = serde_json::from_slice(json).ok()?;
        let raw = BASE64.decode(letter.record.as_bytes()).ok()?;
        if !holds(&eraser.search, raw) {
            return cleaned(&eraser.search, json, None);
        }
        letter.record.clear();
        let mut detail = Value::from(letter.detail.as_str());
        if eraser.search.replace(&mut detail) {
            letter.detail = detail.as_str().unwrap_or(ERASED).to_owned();
        }
        Some(letter)
    })
    .await
}

/// Whether a record holds a value: as it stands in the log, or in its payload, decompressed.
fn holds(search: &Search, raw: Vec<u8>) -> bool {
    if search.is_in(&raw) {
        return true;
    }
    let Ok(record) = Record::decode(Bytes::from(raw)) else { return false };
    let payload = Decoder::default().payload(&record).map(|payload| search.is_in(&payload));
    payload.unwrap_or(false)
}

/// Previews show titles. Jobs at work are left to who works on them.
pub(super) async fn jobs(eraser: &Eraser<'_>) -> Result<u64> {
    through(eraser, Collection::Jobs, |json| {
        let job: Job = if eraser.search.touches(json) { serde_json::from_slice(json).ok()? } else { return None };
        if job.state.is_end() { cleaned::<Job>(&eraser.search, json, Some("outcome")) } else { None }
    })
    .await
}
