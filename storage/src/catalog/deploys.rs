//! Deploys: a document each, and one for each project with the commits that they tell of.

use schemas::{
    catalog::{Deploy, DeployedCommits},
    ids::ProjectId,
    limits,
};

use super::{
    Catalog, Collection, Expect, List, Write,
    document::{self, Place},
};
use crate::Result;

/// Keeps a deploy; the oldest beyond [`limits::PROJECT_DEPLOYS`] go. Answers whether it is new.
pub async fn add(c: &dyn Catalog, deploy: &Deploy) -> Result<bool> {
    let place = Place { id: name(deploy.project, &deploy.id), project: Some(deploy.project), order: deploy.at.as_millisecond() };
    let new = document::put(c, Collection::Deploys, document::draft(place, deploy), Expect::Absent).await?;
    if deploy.commit.is_some() {
        add_commit(c, deploy).await?;
    }
    if new {
        sweep(c, deploy.project).await?;
    }
    Ok(new)
}

/// The deploys of a project, newest first.
pub async fn list(c: &dyn Catalog, project: ProjectId, limit: usize) -> Result<Vec<Deploy>> {
    document::all(c, Collection::Deploys, of(project), limit).await
}

/// The deploys of these projects, newest first.
pub async fn of_projects(c: &dyn Catalog, projects: Vec<ProjectId>, limit: usize) -> Result<Vec<Deploy>> {
    document::all(c, Collection::Deploys, List { projects: Some(projects), ..List::default() }, limit).await
}

/// The commits that the deploys of these projects tell of, in order.
pub async fn commits(c: &dyn Catalog, projects: &[ProjectId]) -> Result<Vec<DeployedCommits>> {
    let ids: Vec<String> = projects.iter().map(ProjectId::to_string).collect();
    let found = document::get(c, Collection::DeployedCommits, &ids).await?;
    Ok(found.into_iter().map(|found| found.map(|(commits, _)| commits).unwrap_or_default()).collect())
}

async fn add_commit(c: &dyn Catalog, deploy: &Deploy) -> Result<()> {
    let id = deploy.project.to_string();
    let place = |_: &DeployedCommits| Place { id: id.clone(), project: Some(deploy.project), order: 0 };
    let none = DeployedCommits::default();
    document::put(c, Collection::DeployedCommits, document::draft(place(&none), &none), Expect::Absent).await?;
    let change = |commits: &mut DeployedCommits| commits.add(deploy);
    document::update(c, Collection::DeployedCommits, id.clone(), place, change).await.map(|_| ())
}

async fn sweep(c: &dyn Catalog, project: ProjectId) -> Result<()> {
    let known = list(c, project, limits::PROJECT_DEPLOYS + document::BATCH).await?;
    let old = known.iter().skip(limits::PROJECT_DEPLOYS);
    let deletions: Vec<Write> = old.map(|deploy| Write::Delete(name(project, &deploy.id), Expect::Any)).collect();
    if !deletions.is_empty() {
        c.write(Collection::Deploys, deletions).await?;
    }
    Ok(())
}

fn of(project: ProjectId) -> List {
    List { projects: Some(vec![project]), ..List::default() }
}

fn name(project: ProjectId, id: &str) -> String {
    format!("{project}-{id}")
}
