//! The commands that do one thing and end. They work on the catalog, beside a server that runs.

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use schemas::{
    catalog::{Key, Project, Role},
    wire::dsn,
};
use serde_json::json;
use storage::catalog::{keys, projects, tokens};

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

/// Makes a token and prints it.
pub(crate) async fn create_token(config: &Config, role: Role, as_json: bool) -> Result<()> {
    let catalog = engines::open_catalog(config).await?;
    let token = bootstrap::new_token()?;
    tokens::create(catalog.as_ref(), &token, role, Timestamp::now()).await?;
    if as_json {
        print(&json!({"token": token}).to_string());
    } else {
        print(&token);
    }
    Ok(catalog.close().await?)
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
