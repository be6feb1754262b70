#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use schemas::{
    catalog::{DeployedCommit, DeployedCommits, ProjectSettings},
    ids::ProjectId,
};
use serde_json::json;

use super::*;
use crate::testing::{events, read};

fn deploys() -> DeployedCommits {
    let commit = |release: &str, environment: Option<&str>, commit: &str| DeployedCommit {
        release: release.into(),
        environment: environment.map(str::to_owned),
        commit: commit.into(),
        at: "2026-11-23T12:00:00Z".parse().unwrap(),
    };
    DeployedCommits { commits: vec![commit("shop@1.0", Some("staging"), "aaa"), commit("shop@1.0", Some("production"), "bbb")] }
}

fn commit_and_dist(event: &serde_json::Value) -> (Option<String>, Option<String>) {
    let (settings, deploys) = (ProjectSettings::default(), deploys());
    let event = enrich(&Context { deploys: &deploys, ..Context::plain(&settings) }, read(event)).unwrap();
    (event.commit, event.dist)
}

#[test]
fn the_commit_is_that_of_the_release_else_that_of_its_deploy() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(commit_and_dist(&json!({"release": "shop@5f8d0a1c"})), (some("5f8d0a1c"), None));
    assert_eq!(commit_and_dist(&json!({"release": "shop@1.0", "environment": "production"})), (some("bbb"), None));
    assert_eq!(commit_and_dist(&json!({"release": "shop@1.0", "environment": "qa"})), (some("aaa"), None));
    assert_eq!(commit_and_dist(&json!({"release": "shop@2.0"})), (None, None));
    assert_eq!(commit_and_dist(&json!({"release": "shop@2.0+45"})), (None, some("45")));
    assert_eq!(commit_and_dist(&json!({"release": "shop@2.0+45", "dist": "7"})), (None, some("7")));
    assert_eq!(commit_and_dist(&json!({"message": "m"})), (None, None));
}

#[test]
fn the_commit_that_the_client_names_stands() {
    let (settings, deploys) = (ProjectSettings::default(), deploys());
    let mut event = read(&json!({"release": "shop@1.0"}));
    event.commit = Some("ccc".into());
    let event = enrich(&Context { deploys: &deploys, ..Context::plain(&settings) }, event).unwrap();
    assert_eq!(event.commit.as_deref(), Some("ccc"));
}

#[test]
fn with_empty_tables_an_event_stays_as_it_is() {
    let settings = ProjectSettings::default();
    let event = read(&json!({"platform": "python", "release": "shop@1.0", "user": {"ip_address": "81.2.69.142"},
        "request": {"headers": {"User-Agent": "curl/8.5.0"}}}));
    assert_eq!(event.project, ProjectId(1));
    assert_eq!(enrich(&Context::plain(&settings), event.clone()), Ok(event));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn enriching_twice_changes_nothing_more(event in events()) {
        let (settings, deploys) = (ProjectSettings::default(), deploys());
        let context = Context { deploys: &deploys, ..Context::plain(&settings) };
        let once = crate::context::run(&context, read(&event)).unwrap();
        prop_assert_eq!(enrich(&context, once.clone()), Ok(once));
    }
}
