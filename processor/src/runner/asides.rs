//! What records leave beside events, on its way into the catalog. Every write can be repeated.

use schemas::{
    limits,
    outcome::{Kind, Outcome, Reason},
};
use storage::{
    Result,
    catalog::{
        Catalog,
        attachments::{self, Part, Verdict},
        feedback,
    },
};

use super::{batch::Entry, projects::Known};
use crate::{context::Ended, decode::Aside};

/// Something to be kept, and the outcome of its record once it is.
pub(super) struct Waiting {
    what: What,
    outcome: Outcome,
}

enum What {
    Feedback(schemas::catalog::Feedback),
    /// A part of a file, and how much room its project has for files.
    Attachment(Part, u64),
}

impl Waiting {
    pub(super) fn new(entry: &Entry, aside: Aside, projects: &Known) -> Self {
        let outcome = entry.outcome(&Ended { kind: Kind::Stored, reason: Reason::Accepted, detail: aside.name() });
        let Outcome { project, event_id: event, received_at, position, .. } = outcome;
        let what = match aside {
            Aside::Feedback(feedback) => What::Feedback(feedback),
            Aside::Attachment { of, bytes } => {
                let room = projects.settings(project).attachment_bytes.unwrap_or(limits::PROJECT_ATTACHMENT_BYTES);
                What::Attachment(Part { project, event, received_at, position, of, bytes }, room)
            }
        };
        Self { what, outcome }
    }
}

/// Keeps all of it and answers what became of each record.
pub(super) async fn keep(catalog: &dyn Catalog, waiting: &[Waiting]) -> Result<Vec<Outcome>> {
    let mut outcomes: Vec<Outcome> = waiting.iter().map(|waiting| waiting.outcome.clone()).collect();
    let mut feedbacks = Vec::new();
    let (mut parts, mut rooms) = (Vec::new(), Vec::new());
    for (number, Waiting { what, .. }) in waiting.iter().enumerate() {
        match what {
            What::Feedback(feedback) => feedbacks.push(feedback.clone()),
            What::Attachment(part, room) => {
                parts.push(part);
                rooms.push((number, *room));
            }
        }
    }
    feedback::add(catalog, feedbacks).await?;
    let room = rooms.iter().map(|(_, room)| *room);
    let verdicts = attachments::add(catalog, &parts.into_iter().zip(room).collect::<Vec<_>>()).await?;
    for ((number, _), verdict) in rooms.iter().zip(verdicts) {
        let full = match verdict {
            Verdict::Kept => continue,
            Verdict::ProjectFull => "the project has no more room for files",
            Verdict::EventFull => "the event has as many files as one can have",
        };
        let outcome = &mut outcomes[*number];
        (outcome.kind, outcome.reason) = (Kind::Dropped, Reason::AttachmentLimit);
        outcome.detail = Some(format!("{}: {full}", outcome.detail.as_deref().unwrap_or_default()));
    }
    Ok(outcomes)
}
