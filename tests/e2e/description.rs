//! The description of the whole server: what the API answers and what ingest takes.

use crate::server::Server;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/openapi.json");

#[tokio::test]
async fn the_committed_description_is_what_the_server_tells() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start("serve", dir.path(), &[]).await;
    let told = server.client().get("/api/v1/openapi.json").await;
    let description = serde_json::to_string_pretty(&told).unwrap() + "\n";
    if std::env::var_os("BELFRY_WRITE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &description).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == description,
        "schemas/openapi.json is old; write it with BELFRY_WRITE_OPENAPI=1 cargo test --test e2e description"
    );
}
