//! What ingest took and refused: a document for each project, day and ingest process. Only that process writes it.

use jiff::civil::Date;
use schemas::{ids::ProjectId, quota, usage::UsageDay};

use super::{
    Catalog, Collection, Expect, List, Write,
    document::{self, Place},
};
use crate::Result;

/// Keeps these as they are now, instead of what was kept of them before.
pub async fn put(c: &dyn Catalog, days: &[UsageDay]) -> Result<()> {
    for batch in days.chunks(document::BATCH) {
        let writes = batch.iter().map(|day| Write::Put(document::draft(place(day), day), Expect::Any)).collect();
        c.write(Collection::Usage, writes).await?;
    }
    Ok(())
}

/// What was counted of these projects from one day to another, both included, newest day first.
pub async fn between(c: &dyn Catalog, projects: Vec<ProjectId>, from: Date, to: Date) -> Result<Vec<UsageDay>> {
    let mut list = List { projects: Some(projects), after: Some((order(to) + 1, AFTER_ALL.into())), limit: document::BATCH };
    let mut days = Vec::new();
    loop {
        let page = c.list(Collection::Usage, &list).await?;
        list.after = page.last().map(|kept| (kept.draft.order, kept.draft.id.clone()));
        for kept in &page {
            if kept.draft.order < order(from) {
                return Ok(days);
            }
            days.push(document::read(Collection::Usage, kept)?);
        }
        if page.len() < document::BATCH {
            return Ok(days);
        }
    }
}

/// Forgets what was counted before a day. Answers how many documents went.
pub async fn forget_before(c: &dyn Catalog, day: Date) -> Result<usize> {
    let list = List { projects: None, after: Some((order(day), AFTER_ALL.into())), limit: document::BATCH };
    let mut gone = 0;
    loop {
        let page = c.list(Collection::Usage, &list).await?;
        if page.is_empty() {
            return Ok(gone);
        }
        gone += page.len();
        let writes = page.into_iter().map(|kept| Write::Delete(kept.draft.id, Expect::Any)).collect();
        c.write(Collection::Usage, writes).await?;
    }
}

/// Sorts after every id, which begins with a digit.
const AFTER_ALL: &str = "~";

fn place(day: &UsageDay) -> Place {
    let id = format!("{}:{}:{}", day.project, day.day, day.instance);
    Place { id, project: Some(day.project), order: order(day.day) }
}

fn order(day: Date) -> i64 {
    quota::start_of(day).map_or(i64::MIN, |start| start.as_millisecond())
}
