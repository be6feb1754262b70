//! TLS for those who have no proxy before Belfry: certificate and key from PEM files, read again when they change.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, bail};
use arc_swap::ArcSwap;
use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Section `tls` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// PEM file with the certificate and what it is signed with, the server's own first. Empty: no TLS.
    pub certificate: PathBuf,
    /// PEM file with its private key.
    pub key: PathBuf,
}

/// The certificate in use.
#[derive(Debug)]
pub(crate) struct Tls {
    options: Options,
    config: ArcSwap<ServerConfig>,
}

impl Options {
    /// Whether connections are encrypted.
    pub(crate) fn is_on(&self) -> bool {
        *self != Self::default()
    }

    /// Reads the files; an error says which is wrong.
    pub(crate) fn load(&self) -> Result<ServerConfig> {
        if self.certificate.as_os_str().is_empty() || self.key.as_os_str().is_empty() {
            bail!("tls.certificate and tls.key go together: set both, or none to go without TLS");
        }
        let reading = |what: &str, path: &Path| format!("reading {what} {}", path.display());
        let certificates = CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certificates = certificates.with_context(|| reading("tls.certificate", &self.certificate))?;
        if certificates.is_empty() {
            bail!("{}: there is no certificate in it", reading("tls.certificate", &self.certificate));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).with_context(|| reading("tls.key", &self.key))?;
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions()?;
        let mut config = builder
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .with_context(|| format!("using the certificate {} with the key {}", self.certificate.display(), self.key.display()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// What changes when someone replaces a file.
    fn stamp(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

impl Tls {
    /// Reads the files.
    pub(crate) fn new(options: &Options) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { config: ArcSwap::from_pointee(options.load()?), options: options.clone() }))
    }

    /// What a new connection is encrypted with. Those that are open keep what they began with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }

    /// Reads the files again when they change, and at SIGHUP, until `stop`. Files that can't be used change nothing.
    pub(crate) async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return tracing::error!(%error, "listening for SIGHUP; certificates are not read again"),
        };
        let mut known = self.options.stamp();
        let mut every = tokio::time::interval(LOOK_EVERY);
        loop {
            let asked = tokio::select! {
                _ = hangup.recv() => true,
                _ = every.tick() => false,
                () = stop.cancelled() => return,
            };
            let stamp = self.options.stamp();
            if asked || stamp != known {
                known = stamp;
                self.reload();
            }
        }
    }

    fn reload(&self) {
        match self.options.load() {
            Ok(config) => {
                self.config.store(Arc::new(config));
                tracing::info!(certificate = %self.options.certificate.display(), "new connections use the certificate that was read again");
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "the certificate can't be used; the one before stays in use"),
        }
    }
}
