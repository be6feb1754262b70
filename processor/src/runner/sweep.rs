//! Lets go of attached files and of feedback that are too old, from time to time, a bounded piece of work at once.

use std::{convert::Infallible, time::Duration};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::Offset};
use schemas::{catalog::Project, limits};
use storage::{
    Result,
    catalog::{Catalog, attachments, feedback, projects},
};

/// The pause when there is nothing to do.
const IDLE: Duration = Duration::from_secs(600);
/// The pause when there is more to do: events come first.
const BUSY: Duration = Duration::from_secs(5);
/// Most events of one project whose files are let go of at once.
const EVENTS: usize = 1_000;
/// Most feedback that is let go of at once.
const FEEDBACK: usize = 1_000;

/// Sweeps until it is dropped, which it may be at any moment.
pub(super) async fn run(catalog: &dyn Catalog) -> Infallible {
    loop {
        let more = sweep(catalog, Timestamp::now()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "letting go of old files failed; trying again later");
            false
        });
        tokio::time::sleep(if more { BUSY } else { IDLE }).await;
    }
}

/// One round over all projects. Answers whether there is more to do.
async fn sweep(catalog: &dyn Catalog, now: Timestamp) -> Result<bool> {
    let until = now.checked_sub(SignedDuration::from_hours(24 * limits::FEEDBACK_DAYS)).unwrap_or(Timestamp::MIN);
    let mut more = feedback::sweep(catalog, until, FEEDBACK).await? == FEEDBACK;
    for project in projects::list(catalog).await? {
        let swept = attachments::sweep(catalog, project.id, first_day(&project, now), EVENTS).await?;
        if swept.events > 0 {
            tracing::info!(project = %project.id, events = swept.events, "let go of old files");
        }
        more |= swept.more;
    }
    Ok(more)
}

/// The first day of which a project keeps files.
fn first_day(project: &Project, now: Timestamp) -> Date {
    let days = project.settings.attachment_days.unwrap_or(limits::ATTACHMENT_DAYS).min(limits::ATTACHMENT_DAYS_MOST);
    Offset::UTC.to_datetime(now).date().saturating_sub(i64::from(days).days())
}
