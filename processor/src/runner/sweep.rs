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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use schemas::{
        catalog::Feedback,
        ids::{EventId, ProjectId, PublicKey},
        record::{self, Position},
    };
    use storage::catalog::{attachments::Part, sqlite::SqliteCatalog};

    use super::*;

    const EVENT: EventId = EventId([1; 16]);

    async fn project(catalog: &dyn Catalog, key: u8, days: Option<u32>, at: Timestamp) -> ProjectId {
        let (project, _) = projects::create(catalog, "Shop", PublicKey::from_bytes([key; 16]), at).await.unwrap();
        projects::update(catalog, project.id, |project| project.settings.attachment_days = days).await.unwrap();
        let of = record::Attachment {
            id: EVENT,
            filename: "a".into(),
            content_type: None,
            attachment_type: "event.attachment".into(),
            part: 0,
            parts: 1,
            file_bytes: 1,
        };
        let position = Position { partition: 0, offset: key.into() };
        let part = Part { project: project.id, event: EVENT, received_at: at, position, of, bytes: vec![7] };
        attachments::add(catalog, &[(&part, u64::MAX)]).await.unwrap();
        project.id
    }

    #[tokio::test]
    async fn each_project_keeps_its_files_as_long_as_it_says_and_feedback_stays_for_questions() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = SqliteCatalog::open(&dir.path().join("catalog.sqlite")).unwrap();
        let at: Timestamp = "2026-11-20T23:59:59Z".parse().unwrap();
        let brief = project(&catalog, 1, Some(2), at).await;
        let usual = project(&catalog, 2, None, at).await;
        let words =
            Feedback { id: EVENT, project: brief, event: None, received_at: at, name: None, email: None, message: "m".into(), url: None };
        feedback::add(&catalog, vec![words]).await.unwrap();
        for (now, files, words) in [
            ("2026-11-22T23:59:59Z", (1, 1), 1),
            ("2026-11-23T00:00:00Z", (0, 1), 1),
            ("2026-12-20T23:00:00Z", (0, 1), 1),
            ("2026-12-21T00:00:00Z", (0, 0), 1),
            ("2027-12-25T23:59:58Z", (0, 0), 1),
            ("2027-12-25T23:59:59Z", (0, 0), 0),
        ] {
            assert!(!sweep(&catalog, now.parse().unwrap()).await.unwrap());
            let kept = async |project| attachments::of_event(&catalog, &[project], EVENT).await.unwrap().len();
            assert_eq!((kept(brief).await, kept(usual).await), files, "{now}");
            assert_eq!(feedback::list(&catalog, None, None, 10).await.unwrap().len(), words, "{now}");
        }
    }
}
