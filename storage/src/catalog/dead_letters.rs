//! Records that could not be processed.

use schemas::{catalog::DeadLetter, ids::ProjectId, record::Position};

use super::{
    Catalog, Collection, Expect, List, Write,
    document::{self, Place},
};
use crate::Result;

/// Most dead letters of one write: a few may have 1.5 MB each.
const BATCH: usize = 16;

/// Keeps these. One that is there already, from before a restart, stays as it is.
pub async fn add(c: &dyn Catalog, letters: Vec<DeadLetter>) -> Result<()> {
    let mut letters = letters;
    letters.sort_unstable_by_key(|letter| letter.position);
    letters.dedup_by_key(|letter| letter.position);
    for batch in letters.chunks(BATCH) {
        let writes = batch.iter().map(|letter| Write::Put(document::draft(place(letter), letter), Expect::Absent)).collect();
        c.write(Collection::DeadLetters, writes).await?;
    }
    Ok(())
}

/// One page, newest receipt first; of one millisecond by the text of the position. `after` is the last one of the
/// page before: its receipt in milliseconds and its position.
pub async fn list(
    c: &dyn Catalog,
    projects: Option<Vec<ProjectId>>,
    after: Option<(i64, Position)>,
    limit: usize,
) -> Result<Vec<DeadLetter>> {
    let after = after.map(|(millis, position)| (millis, position.to_string()));
    document::all(c, Collection::DeadLetters, List { projects, after, limit }, limit).await
}

/// The dead letter of the record at this position.
pub async fn get(c: &dyn Catalog, position: Position) -> Result<Option<DeadLetter>> {
    Ok(document::one(c, Collection::DeadLetters, position.to_string()).await?.map(|(letter, _)| letter))
}

fn place(letter: &DeadLetter) -> Place {
    Place { id: letter.position.to_string(), project: Some(letter.project), order: letter.received_at.as_millisecond() }
}
