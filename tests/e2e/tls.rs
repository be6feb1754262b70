//! TLS by the real binary: both versions of HTTP, and certificates that are replaced while it runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client, Version};
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::server::{Server, eventually};

/// A certificate of its own authority, for `localhost`.
struct Pair {
    certificate: String,
    key: String,
}

fn pair() -> Pair {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    Pair { certificate: cert.pem(), key: signing_key.serialize_pem() }
}

impl Pair {
    fn write(&self, dir: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (dir.join("server.pem"), dir.join("server.key"));
        fs::write(&certificate, &self.certificate).unwrap();
        fs::write(&key, &self.key).unwrap();
        (certificate, key)
    }

    /// A client that trusts this certificate only, on connections of its own.
    fn client(&self) -> reqwest::ClientBuilder {
        let trusted = Certificate::from_pem(self.certificate.as_bytes()).unwrap();
        Client::builder().timeout(Duration::from_secs(10)).tls_built_in_root_certs(false).add_root_certificate(trusted)
    }
}

fn variables(certificate: &Path, key: &Path) -> [(String, String); 2] {
    let of = |name: &str, path: &Path| (name.to_owned(), path.to_str().unwrap().to_owned());
    [of("BELFRY_TLS__CERTIFICATE", certificate), of("BELFRY_TLS__KEY", key)]
}

/// Starts on TLS. The test's client speaks plain HTTP, so it can't wait for readiness.
fn start(data: &Path, certificate: &Path, key: &Path) -> (Server, String) {
    let mut server = Server::spawn("serve", data, &variables(certificate, key), "127.0.0.1:0");
    let dsn = server.read_dsn();
    assert!(dsn.starts_with("https://"), "{dsn}");
    let port = server.address.rsplit_once(':').unwrap().1.to_owned();
    (server, format!("https://localhost:{port}/healthz"))
}

fn hang_up(server: &Server) {
    assert!(Command::new("kill").args(["-HUP", &server.id().to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_versions_of_http_are_spoken_and_the_certificate_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (pair(), pair());
    let (certificate, key) = old.write(dir.path());
    let (server, url) = start(&dir.path().join("data"), &certificate, &key);
    let held = old.client().build().unwrap();
    assert_eq!(held.get(&url).send().await.unwrap().version(), Version::HTTP_2);
    let http1 = old.client().http1_only().build().unwrap().get(&url).send().await.unwrap();
    assert_eq!((http1.version(), http1.status().as_u16()), (Version::HTTP_11, 200));
    assert!(new.client().build().unwrap().get(&url).send().await.is_err(), "an unknown certificate was trusted");

    // Half a certificate: the old one stays.
    fs::write(&certificate, &new.certificate[..100]).unwrap();
    hang_up(&server);
    assert!(old.client().build().unwrap().get(&url).send().await.is_ok());
    // Not the key's: the old one stays.
    fs::write(&certificate, &new.certificate).unwrap();
    hang_up(&server);
    assert!(old.client().build().unwrap().get(&url).send().await.is_ok());

    new.write(dir.path());
    hang_up(&server);
    eventually("the new certificate is used", async || new.client().build().unwrap().get(&url).send().await.is_ok()).await;
    assert!(old.client().build().unwrap().get(&url).send().await.is_err());
    // Who was connected before still is.
    assert_eq!(held.get(&url).send().await.unwrap().status(), 200);
    assert!(server.stop().success());
}

#[tokio::test]
async fn a_certificate_is_read_again_without_being_told() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (pair(), pair());
    let (certificate, key) = old.write(dir.path());
    let (server, url) = start(&dir.path().join("data"), &certificate, &key);
    assert!(old.client().build().unwrap().get(&url).send().await.is_ok());
    new.write(dir.path());
    eventually("the new certificate is used", async || new.client().build().unwrap().get(&url).send().await.is_ok()).await;
    drop(server);
}

#[tokio::test]
async fn who_does_not_get_through_the_handshake_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = pair().write(dir.path());
    let (server, _) = start(&dir.path().join("data"), &certificate, &key);
    let mut silent = TcpStream::connect(&server.address).await.unwrap();
    let read = tokio::time::timeout(Duration::from_secs(60), silent.read(&mut [0])).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "{read:?}");
}

#[test]
fn a_certificate_that_can_not_be_used_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = pair().write(dir.path());
    let (other, _) = {
        let dir = dir.path().join("other");
        fs::create_dir(&dir).unwrap();
        pair().write(&dir)
    };
    let missing = dir.path().join("missing.pem");
    for (certificate, key, named) in [
        (&missing, &key, "missing.pem"),
        (&certificate, &missing, "missing.pem"),
        (&other, &key, "other/server.pem"),
        (&key, &key, "server.key"),
    ] {
        let file = dir.path().join("belfry.toml");
        fs::write(&file, format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_belfry")).arg("check-config").arg(&file).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named), "{said}");
    }
}
