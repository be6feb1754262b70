//! What records leave beside events, on its way into the catalog. Every write can be repeated.

use schemas::outcome::{Kind, Outcome, Reason};
use storage::{
    Result,
    catalog::{Catalog, feedback},
};

use super::batch::Entry;
use crate::{context::Ended, decode::Aside};

/// Something to be kept, and the outcome of its record once it is.
pub(super) struct Waiting {
    aside: Aside,
    outcome: Outcome,
}

impl Waiting {
    pub(super) fn new(entry: &Entry, aside: Aside) -> Self {
        let outcome = entry.outcome(&Ended { kind: Kind::Stored, reason: Reason::Accepted, detail: aside.name() });
        Self { aside, outcome }
    }
}

/// Keeps all of it and answers what became of each record.
pub(super) async fn keep(catalog: &dyn Catalog, waiting: &[Waiting]) -> Result<Vec<Outcome>> {
    let mut feedbacks = Vec::new();
    for Waiting { aside, .. } in waiting {
        match aside {
            Aside::Feedback(feedback) => feedbacks.push(feedback.clone()),
        }
    }
    feedback::add(catalog, feedbacks).await?;
    Ok(waiting.iter().map(|waiting| waiting.outcome.clone()).collect())
}
