//! Of which commit and build the release is: out of its own text, else out of the project's deploys.

use schemas::{catalog::DeployedCommits, event::Event, release::Release};

use crate::normalize::names;

/// Fills in commit and build.
pub(super) fn fill(deploys: &DeployedCommits, event: &mut Event) {
    let Some(text) = &event.release else { return };
    let release = Release::parse(text);
    if event.dist.is_none() {
        event.dist = release.build.filter(|build| names::is_dist(build)).map(str::to_owned);
    }
    if event.commit.is_none() {
        let deployed = || deploys.of(text, event.environment.as_deref()).map(str::to_owned);
        event.commit = release.commit().or_else(deployed);
    }
}
