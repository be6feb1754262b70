//! The configuration: a TOML file, then `BELFRY_*` of the environment, then flags.
//!
//! Every key is documented in `deploy/config.example.toml`. A key that does not exist is an error that names the
//! nearest one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;
use serde::Deserialize;

use crate::{server, telemetry};

mod environment;
mod otlp;

pub(crate) use otlp::{Door, Otlp};

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Directory for everything that is kept.
    pub data: PathBuf,
    /// Address and port to listen on.
    pub listen: String,
    /// How clients reach this server, for DSNs, e.g. `https://errors.example.com`. Empty: the listening address.
    pub public_url: String,
    /// Connections.
    pub server: server::Options,
    /// Their encryption.
    pub tls: server::tls::Options,
    /// The event log.
    pub log: Log,
    /// The index, and with it the catalog.
    pub index: Index,
    /// The Elasticsearch that index and catalog are in.
    pub elasticsearch: storage::index::elastic::Options,
    /// Taking events in.
    pub ingest: ingest::Options,
    /// Answering questions.
    pub api: Api,
    /// Listening to OpenTelemetry's exporters.
    pub otlp: Otlp,
    /// Judging and storing events.
    pub processor: processor::Options,
    /// Tables that events are completed from.
    pub enrich: processor::enrich::Options,
    /// Logs of the program itself.
    pub telemetry: telemetry::Options,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "belfry-data".into(),
            listen: "127.0.0.1:8787".into(),
            public_url: String::new(),
            server: server::Options::default(),
            tls: server::tls::Options::default(),
            log: Log::default(),
            index: Index::default(),
            elasticsearch: storage::index::elastic::Options::default(),
            ingest: ingest::Options::default(),
            api: Api::default(),
            otlp: Otlp::default(),
            processor: processor::Options::default(),
            enrich: processor::enrich::Options::default(),
            telemetry: telemetry::Options::default(),
        }
    }
}

/// Which event log.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// `file` or `kafka`.
    pub engine: LogEngine,
    /// Settings of the segmented file.
    pub file: storage::log::file::Options,
    /// Settings of Kafka.
    pub kafka: storage::log::kafka::Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogEngine {
    #[default]
    File,
    Kafka,
}

/// Which index. The catalog is SQLite beside tantivy, and documents in Elasticsearch.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Index {
    /// `tantivy` or `elasticsearch`.
    pub engine: IndexEngine,
    /// Settings of tantivy.
    pub tantivy: storage::index::tantivy::Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum IndexEngine {
    #[default]
    Tantivy,
    Elasticsearch,
}

/// How much may be asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Api {
    /// Requests a minute and token; 0 for any number.
    pub requests_per_minute: u32,
    /// Seconds that a question may take; 0 for as long as it takes.
    pub query_seconds: u64,
}

impl Default for Api {
    fn default() -> Self {
        let api::Options { requests_per_minute, query_seconds, .. } = api::Options::default();
        Self { requests_per_minute, query_seconds }
    }
}

/// What the flags say.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    pub data: Option<PathBuf>,
    pub listen: Option<String>,
}

impl Config {
    /// Reads the file, if one is given, and lays environment and flags over it.
    pub(crate) fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self> {
        let table = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("reading the configuration {}", path.display()))?;
                text.parse::<toml::Table>().with_context(|| format!("reading the configuration {}", path.display()))?
            }
            None => toml::Table::new(),
        };
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut config = environment::overlay(table, variables)?;
        if let Some(data) = &overrides.data {
            config.data.clone_from(data);
        }
        if let Some(listen) = &overrides.listen {
            config.listen.clone_from(listen);
        }
        config.check()?;
        Ok(config)
    }

    /// The two pairs of engines that are supported; and what no type can say.
    fn check(&self) -> Result<()> {
        match (self.log.engine, self.index.engine) {
            (LogEngine::File, IndexEngine::Tantivy) | (LogEngine::Kafka, IndexEngine::Elasticsearch) => {}
            (LogEngine::Kafka, IndexEngine::Tantivy) => {
                bail!("log.engine = \"kafka\" goes with index.engine = \"elasticsearch\": set it too, or leave both out to run embedded")
            }
            (LogEngine::File, IndexEngine::Elasticsearch) => {
                bail!("index.engine = \"elasticsearch\" goes with log.engine = \"kafka\": set it too, or leave both out to run embedded")
            }
        }
        self.otlp.check()?;
        if !self.public_url.is_empty() && !["http://", "https://"].iter().any(|scheme| self.public_url.starts_with(scheme)) {
            bail!("public_url = {:?}: must begin with http:// or https://", self.public_url);
        }
        Ok(())
    }

    /// How long the log keeps records that were read.
    pub(crate) fn log_keep(&self) -> SignedDuration {
        let seconds = match self.log.engine {
            LogEngine::File => self.log.file.keep_seconds,
            LogEngine::Kafka => self.log.kafka.keep_seconds,
        };
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// Whether several processes can share the engines.
    pub(crate) fn is_cluster(&self) -> bool {
        self.log.engine == LogEngine::Kafka
    }
}

/// Reads a whole configuration; an unknown key is answered with the nearest known one.
fn read(table: toml::Table) -> Result<Config, Fault> {
    serde_path_to_error::deserialize(toml::Value::Table(table)).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        Fault { path, message: message.trim().to_owned() }
    })
}

/// What is wrong with one key.
#[derive(Debug)]
struct Fault {
    /// Dotted.
    path: String,
    /// What `serde` says.
    message: String,
}

impl Fault {
    fn into_error(self) -> anyhow::Error {
        let names: Vec<&str> = self.message.split('`').skip(1).step_by(2).collect();
        match names.split_first() {
            Some((unknown, known)) if self.message.starts_with("unknown field") => {
                let nearest = known.iter().max_by(|a, b| strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b)));
                match nearest {
                    Some(nearest) => anyhow::anyhow!("unknown key {}: did you mean {nearest:?}?", self.path),
                    None => anyhow::anyhow!("unknown key {}: this section has no keys", self.path),
                }
            }
            _ => anyhow::anyhow!("{}: {}", self.path, self.message),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("belfry.toml");
        std::fs::write(&file, text)?;
        Config::load(Some(&file), &Overrides::default())
    }

    fn error(text: &str) -> String {
        format!("{:#}", load(text).unwrap_err())
    }

    #[test]
    fn the_example_holds_every_default() {
        let example = include_str!("../deploy/config.example.toml");
        let config = load(example).unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest() {
        assert_eq!(error("lisen = \"x\""), "unknown key lisen: did you mean \"listen\"?");
        assert_eq!(error("[log]\nengin = \"kafka\""), "unknown key log.engin: did you mean \"engine\"?");
    }

    #[test]
    fn engines_come_in_two_pairs() {
        assert!(load("[log]\nengine = \"kafka\"\n[index]\nengine = \"elasticsearch\"").is_ok());
        assert!(error("[log]\nengine = \"kafka\"").contains("index.engine = \"elasticsearch\""));
        assert!(error("[index]\nengine = \"elasticsearch\"").contains("log.engine = \"kafka\""));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key() {
        let message = error("[log]\nengine = \"rabbit\"");
        assert!(message.starts_with("log.engine: unknown variant `rabbit`"), "{message}");
    }

    #[test]
    fn flags_win_over_the_file() {
        let overrides = Overrides { data: Some("/elsewhere".into()), listen: None };
        let config = Config::load(None, &overrides).unwrap();
        assert_eq!(config.data, Path::new("/elsewhere"));
    }
}
