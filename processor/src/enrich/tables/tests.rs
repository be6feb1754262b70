#![allow(clippy::unwrap_used)]

use std::fs;

use jiff::Timestamp;
use schemas::{catalog::Service, ids::PublicKey};
use serde_json::json;
use storage::catalog::{projects, services, sqlite::SqliteCatalog};

use super::*;
use crate::{context::Context, testing::read};

const CITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/city.mmdb");

fn team_and_city(tables: &Tables) -> (Option<String>, Option<String>) {
    let settings = schemas::catalog::ProjectSettings::default();
    let lookups = tables.now();
    let context = Context { lookups: &lookups, ..Context::plain(&settings) };
    let event = read(&json!({"release": "cart@1.0", "user": {"ip_address": "81.2.69.142"}}));
    let event = crate::enrich::enrich(&context, event).unwrap();
    (event.ownership.and_then(|ownership| ownership.team), event.user.unwrap().geo.remove("city"))
}

/// Puts other content into the place of a file, as an operator's tool should.
fn replace(path: &Path, content: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, content).unwrap();
    fs::rename(beside, path).unwrap();
}

fn options(dir: &Path) -> Options {
    Options { geo_file: dir.join("geo.mmdb"), services_file: dir.join("services.toml") }
}

fn owned(team: &str) -> Vec<u8> {
    format!("[[services]]\nname = \"cart\"\nteam = {team:?}\n").into_bytes()
}

#[test]
fn changed_files_are_read_again_and_broken_ones_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    fs::write(&options.geo_file, fs::read(CITY).unwrap()).unwrap();
    fs::write(&options.services_file, owned("One")).unwrap();
    let tables = Tables::open(&options).unwrap();
    let known = |team: &str| (Some(team.to_owned()), Some("London".to_owned()));
    assert_eq!(team_and_city(&tables), known("One"));
    replace(&options.services_file, &owned("Two"));
    tables.reload();
    assert_eq!(team_and_city(&tables), known("Two"));
    replace(&options.services_file, b"[[services]]\nnam = \"cart\"\n");
    replace(&options.geo_file, b"half a database");
    tables.reload();
    assert_eq!(team_and_city(&tables), known("Two"));
    fs::remove_file(&options.geo_file).unwrap();
    tables.reload();
    assert_eq!(team_and_city(&tables), known("Two"));
    replace(&options.geo_file, &fs::read(CITY).unwrap());
    replace(&options.services_file, b"");
    tables.reload();
    assert_eq!(team_and_city(&tables), (None, Some("London".to_owned())));
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let error = Tables::open(&Options { services_file: PathBuf::new(), ..options(dir.path()) }).unwrap_err().to_string();
    assert!(error.starts_with("enrich.geo_file = ") && error.contains("geo.mmdb"), "{error}");
    let error = Tables::open(&Options { geo_file: PathBuf::new(), ..options(dir.path()) }).unwrap_err().to_string();
    assert!(error.starts_with("enrich.services_file = ") && error.contains("services.toml"), "{error}");
    assert!(Tables::open(&Options::default()).is_ok());
}

#[tokio::test]
async fn entries_of_the_api_come_before_those_of_the_file_until_they_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = SqliteCatalog::open(&dir.path().join("catalog.sqlite")).unwrap();
    projects::create(&catalog, "Shop", PublicKey::from_bytes([1; 16]), Timestamp::UNIX_EPOCH).await.unwrap();
    let options = Options { geo_file: CITY.into(), ..options(dir.path()) };
    fs::write(&options.services_file, owned("File")).unwrap();
    let tables = Tables::open(&options).unwrap();
    let team = || team_and_city(&tables).0;
    tables.refresh(&catalog).await.unwrap();
    assert_eq!(team().as_deref(), Some("File"));
    let service = Service { name: "cart".into(), team: Some("API".into()), ..Service::default() };
    services::put(&catalog, &service).await.unwrap();
    tables.refresh(&catalog).await.unwrap();
    assert_eq!(team().as_deref(), Some("API"));
    replace(&options.services_file, &owned("Changed"));
    tables.reload();
    assert_eq!(team().as_deref(), Some("API"));
    services::remove(&catalog, "cart").await.unwrap();
    tables.refresh(&catalog).await.unwrap();
    assert_eq!(team().as_deref(), Some("Changed"));
}
