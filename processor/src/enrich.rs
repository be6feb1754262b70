//! What is known of an event from elsewhere: where its user is, what they used, of which commit the release is, who
//! answers for the service, to which request it belongs.
//!
//! What the client says itself stands. Runs before scrubbing: what is read here may be taken out there, and a country
//! stays when the address it was found by goes.

use std::sync::{Arc, LazyLock};

use schemas::event::Event;

use crate::context::{Context, Verdict};

mod agents;
mod commit;
mod correlation;
mod geo;
mod globs;
mod hints;
mod services;
mod tables;
mod user_agent;

pub use tables::{Options, TableError, Tables};

use agents::Agents;
use geo::Geo;
use services::Services;

static NONE: LazyLock<Lookups> = LazyLock::new(Lookups::default);

/// Tables to look things up in. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Lookups {
    geo: Option<Arc<Geo>>,
    agents: Option<Arc<Agents>>,
    services: Arc<Services>,
}

impl Lookups {
    /// Empty tables.
    pub fn none() -> &'static Self {
        &NONE
    }
}

/// Fills in what the tables know.
pub fn enrich(context: &Context<'_>, mut event: Event) -> Verdict {
    let Lookups { geo, agents, services } = context.lookups;
    if let Some(geo) = geo {
        geo.fill(&mut event);
    }
    user_agent::fill(agents.as_deref(), &mut event);
    commit::fill(context.deploys, &mut event);
    correlation::fill(&mut event);
    services.fill(&mut event);
    Ok(event)
}

#[cfg(test)]
#[path = "enrich/tests.rs"]
mod tests;
