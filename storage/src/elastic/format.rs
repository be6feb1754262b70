//! The format of an index: its mapping and settings with a version and a hash in `_meta`, so that what another
//! version made is recognised and never changed silently.

use data_encoding::HEXLOWER;
use elasticsearch::http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Cause, Client};
use crate::{Error, Result};

/// How often a template or index is looked at again when another process makes it at the same time.
const ATTEMPTS: usize = 3;

/// One format: everything about an index but its name and how many shards and replicas it has.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    settings: Value,
    mappings: Value,
    meta: Value,
}

impl Format {
    /// The format with this number, to be raised with every change, these settings and mappings.
    pub(crate) fn new(number: u32, settings: Value, mut mappings: Value) -> Self {
        let hash = Sha256::digest(json!([number, settings, mappings]).to_string());
        let meta = json!({ "belfry": { "format": number, "hash": HEXLOWER.encode(&hash[..8]) } });
        mappings["_meta"] = meta.clone();
        Self { settings, mappings, meta }
    }

    /// Makes the template if it is not there, and fails if it is there and different.
    pub(crate) async fn ensure_template(&self, client: &Client, name: &str, pattern: &str) -> Result<()> {
        let doing = format!("making index template {name}");
        let path = format!("_index_template/{name}");
        for _ in 0..ATTEMPTS {
            let reply = client.ask(&doing, Method::Get, &path, None).await?;
            if reply.status != 404 {
                let found: Value = reply.accept(&doing)?.parse(&doing)?;
                let mappings = &found["index_templates"][0]["index_template"]["template"]["mappings"];
                return self.check(&format!("index template {name}"), &mappings["_meta"], &format!("DELETE /{path}"));
            }
            let body = json!({
                "index_patterns": [pattern],
                // Above what clusters have for everybody, below what an owner sets on purpose.
                "priority": 500,
                "_meta": self.meta,
                "template": { "settings": self.settings, "mappings": self.mappings },
            });
            let made = client.ask(&doing, Method::Put, &format!("{path}?create=true"), Some(&body)).await?;
            // Another process may have been faster, with the same or another format: look again.
            if made.status != 400 || !String::from_utf8_lossy(&made.body).contains("already exists") {
                made.accept(&doing)?;
            }
        }
        Err(Error::retryable(doing, "it comes and goes"))
    }

    /// Fails if one of the indices that match `pattern` has another format.
    pub(crate) async fn check_indices(&self, client: &Client, pattern: &str) -> Result<()> {
        let doing = format!("looking at the indices {pattern}");
        // The uuid is there for every index, with or without `_meta`: none is overlooked.
        let path = format!("{pattern}?filter_path=*.mappings._meta,*.settings.index.uuid&expand_wildcards=all");
        let found: serde_json::Map<String, Value> = client.json(&doing, Method::Get, &path, None).await?;
        for (name, index) in &found {
            self.check_index(name, index)?;
        }
        Ok(())
    }

    /// Makes the index if it is not there, and fails if it is there and different.
    pub(crate) async fn ensure_index(&self, client: &Client, name: &str, shards: u32, replicas: u32) -> Result<()> {
        let doing = format!("making index {name}");
        let path = format!("{name}?filter_path=*.mappings._meta,*.settings.index.uuid");
        for _ in 0..ATTEMPTS {
            let reply = client.ask(&doing, Method::Get, &path, None).await?;
            if reply.status != 404 {
                let found: Value = reply.accept(&doing)?.parse(&doing)?;
                return self.check_index(name, &found[name]);
            }
            let mut settings = self.settings.clone();
            settings["number_of_shards"] = shards.into();
            settings["number_of_replicas"] = replicas.into();
            let body = json!({ "settings": settings, "mappings": self.mappings });
            let made = client.ask(&doing, Method::Put, name, Some(&body)).await?;
            if made.status != 400 || Cause::of_reply(&made).kind != "resource_already_exists_exception" {
                made.accept(&doing)?;
            }
        }
        Err(Error::retryable(doing, "it comes and goes"))
    }

    fn check_index(&self, name: &str, found: &Value) -> Result<()> {
        self.check(&format!("index {name}"), &found["mappings"]["_meta"], &format!("DELETE /{name} with all it holds"))
    }

    fn check(&self, what: &str, found: &Value, delete: &str) -> Result<()> {
        if found["belfry"] == self.meta["belfry"] {
            return Ok(());
        }
        Err(Error::Mismatch {
            what: format!("{what} has format {}, this program needs {}", found["belfry"], self.meta["belfry"]),
            remedy: format!("use the version of Belfry that made it, or another index prefix, or {delete}"),
        })
    }
}
