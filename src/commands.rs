//! The commands that do one thing and end. They work on the catalog, beside a server that runs.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use schemas::{
    catalog::{Key, Project, Role},
    ids::ProjectId,
    limits,
    wire::dsn,
};
use serde_json::json;
use storage::catalog::{Catalog, keys, projects, tokens};

use crate::{bootstrap, config::Config, engines};

/// Says that a configuration is in order; reading it was the check.
pub(crate) fn checked(file: &Path) -> Result<()> {
    print(&format!("{}: in order", file.display()));
    Ok(())
}

/// Makes a project and prints its DSN.
pub(crate) async fn create_project(config: &Config, name: &str, as_json: bool) -> Result<()> {
    let catalog = engines::open_catalog(config).await?;
    let (project, key) = projects::create(catalog.as_ref(), name, bootstrap::new_key()?, Timestamp::now()).await?;
    print_project(config, &project, &key, as_json);
    Ok(catalog.close().await?)
}

/// Prints every project with the DSNs that are taken.
pub(crate) async fn list_projects(config: &Config, as_json: bool) -> Result<()> {
    let catalog = engines::open_catalog(config).await?;
    for project in projects::list(catalog.as_ref()).await? {
        for key in keys::list(catalog.as_ref(), project.id).await?.iter().filter(|key| key.enabled && key.rotated.is_none()) {
            print_project(config, &project, key, as_json);
        }
    }
    Ok(catalog.close().await?)
}

/// Makes a token for these projects, or for all without any, and prints it.
pub(crate) async fn create_token(config: &Config, role: Role, names: &[String], as_json: bool) -> Result<()> {
    let catalog = engines::open_catalog(config).await?;
    let bound = if names.is_empty() { None } else { Some(ids_of(catalog.as_ref(), names).await?) };
    let token = bootstrap::new_token()?;
    tokens::create(catalog.as_ref(), &token, role, bound, Timestamp::now()).await?;
    if as_json {
        print(&json!({"token": token}).to_string());
    } else {
        print(&token);
    }
    Ok(catalog.close().await?)
}

async fn ids_of(catalog: &dyn Catalog, names: &[String]) -> Result<Vec<ProjectId>> {
    ensure!(names.len() <= limits::TOKEN_PROJECTS, "a token may be for {} projects at most, or for all", limits::TOKEN_PROJECTS);
    let mut ids = Vec::new();
    for name in names {
        let found = match name.parse::<ProjectId>() {
            Ok(id) => projects::get(catalog, &[id]).await?.into_iter().next().flatten(),
            Err(_) => projects::find(catalog, name).await?,
        };
        let project = found.with_context(|| format!("there is no project {name:?}; `belfry project list` shows them"))?;
        ids.push(project.id);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn print_project(config: &Config, project: &Project, key: &Key, as_json: bool) {
    let url = match config.public_url.as_str() {
        "" => format!("http://{}", config.listen),
        url => url.trim_end_matches('/').to_owned(),
    };
    let dsn = dsn::format(&url, &key.key, project.id);
    if as_json {
        print(&json!({"id": project.id, "slug": project.slug, "dsn": dsn, "key": key.key}).to_string());
    } else {
        print(&format!("{}\t{}\t{dsn}", project.id, project.slug));
    }
}

#[allow(clippy::print_stdout, reason = "the output of a command")]
fn print(line: &str) {
    println!("{line}");
}
