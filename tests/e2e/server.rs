//! Starts the real binary as a process of its own and ends it, gently or not.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::client::Client;

/// Longest that anything is waited for before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// A token that every server of these tests knows.
pub const TOKEN: &str = "belfry_test_token_0123456789";

/// One running process.
pub struct Server {
    child: Child,
    pub address: String,
    /// What it printed on its first start.
    pub dsn: Option<String>,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts `belfry ROLE` with these variables on a port of the system's choice, and waits until it is ready.
    pub async fn start(role: &str, data: &Path, variables: &[(String, String)]) -> Self {
        Self::start_on(role, data, variables, "127.0.0.1:0").await
    }

    /// As [`Self::start`], on this address.
    pub async fn start_on(role: &str, data: &Path, variables: &[(String, String)], listen: &str) -> Self {
        let server = Self::spawn(role, data, variables, listen);
        server.ready().await;
        server
    }

    /// Starts the process and waits until it listens, ready or not.
    pub fn spawn(role: &str, data: &Path, variables: &[(String, String)], listen: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_belfry"))
            .args([role, "--listen", listen, "--data"])
            .arg(data)
            .env("BELFRY_BOOTSTRAP_TOKEN", TOKEN)
            .env("BELFRY_TELEMETRY__FORMAT", "json")
            .env("BELFRY_OTLP__GRPC_LISTEN", "off")
            .env("BELFRY_OTLP__HTTP_LISTEN", "off")
            .envs(variables.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut address = None;
        for line in log.by_ref() {
            let line = line.unwrap();
            if let Some(at) = line.find("\"address\":\"") {
                address = Some(line[at + 11..].split('"').next().unwrap().to_owned());
                break;
            }
            eprintln!("{role}: {line}");
        }
        let echo = format!("{role} {}", child.id());
        let lines = Arc::new(Mutex::new(String::new()));
        let written = lines.clone();
        std::thread::spawn(move || {
            for line in log.map_while(Result::ok) {
                written.lock().unwrap().push_str(&line);
                if !line.contains("\"level\":\"INFO\"") {
                    eprintln!("{echo}: {line}");
                }
            }
        });
        let address = address.unwrap_or_else(|| panic!("{role} ended before it listened: {:?}", child.wait()));
        Self { child, address, dsn: None, log: lines }
    }

    /// Reads the DSN that a first start prints.
    pub fn read_dsn(&mut self) -> String {
        let mut lines = BufReader::new(self.child.stdout.take().unwrap()).lines();
        let dsn = lines.find_map(|line| Some(line.unwrap().strip_prefix("DSN:")?.trim().to_owned())).expect("a first start prints a DSN");
        std::thread::spawn(move || lines.for_each(drop));
        self.dsn = Some(dsn.clone());
        dsn
    }

    /// What it logged since it listens.
    pub fn log(&self) -> Arc<Mutex<String>> {
        self.log.clone()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `/readyz` says so.
    pub async fn ready(&self) {
        let client = self.client();
        eventually("the server is ready", async || client.status("/readyz").await == Some(200)).await;
    }

    pub fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Ends it without warning, as far as the process can tell as a power cut would.
    pub fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits for it.
    pub fn stop(mut self) -> ExitStatus {
        self.terminate();
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "the process did not stop");
            std::thread::yield_now();
        }
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until it holds; fails the test at the deadline.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    loop {
        pause.tick().await;
        if holds().await {
            return;
        }
        assert!(Instant::now() < until, "waited in vain until {what}");
    }
}
