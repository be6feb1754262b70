//! Processes end without warning, again and again, while events come in. Nothing acknowledged may be missing,
//! nothing may be there twice, and every record of the log must have ended in exactly one outcome.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use storage::log::EventLog;
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    client::{Client, parts},
    events::{envelope, small},
    server::{Server, eventually},
};

/// How often each process is ended.
const KILLS: usize = 50;
/// How many clients send at a time.
const SENDERS: usize = 8;
/// Every so many events sessions go with one.
const SESSIONS_EVERY: usize = 10;
/// Longest time in milliseconds that a process lives.
const LIFE_MILLIS: u64 = 900;
/// How long a client waits after a refusal.
const RETRY_PAUSE: Duration = Duration::from_millis(5);

/// Numbers that look random and are the same for the same seed, which is printed.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
        eprintln!("seed {seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A session of its own and a counted one, to go with an event.
fn sessions(id: &str) -> String {
    let counted = r#"{"aggregates":[{"exited":1}]}"#;
    format!("{{\"type\":\"session\"}}\n{{\"sid\":\"{id}\",\"init\":true}}\n{{\"type\":\"sessions\"}}\n{counted}\n")
}

/// Clients that send without end, and what they were told.
struct Load {
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    attempts: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    senders: JoinSet<()>,
}

impl Load {
    /// Sends to `address`, an event again under the same id until it is acknowledged, as an SDK with an offline
    /// store does.
    fn start(address: &str, dsn: &str) -> Self {
        let (key, project) = parts(dsn);
        let mut load = Self { acknowledged: Arc::default(), attempts: Arc::default(), stop: Arc::default(), senders: JoinSet::new() };
        for sender in 0..SENDERS {
            let (client, key) = (Client::new(address), key.clone());
            let (acknowledged, attempts, stop) = (load.acknowledged.clone(), load.attempts.clone(), load.stop.clone());
            load.senders.spawn(async move {
                for number in 0.. {
                    let id = format!("{:032x}", (sender as u128 + 1) << 64 | number as u128);
                    let mut body = envelope(&id, small(number, 20).to_string().as_bytes());
                    if number % SESSIONS_EVERY == 0 {
                        body.extend_from_slice(sessions(&id).as_bytes());
                    }
                    loop {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        attempts.fetch_add(1, Ordering::Relaxed);
                        match client.envelope(project, &key, body.clone()).await {
                            Some(200) => break,
                            Some(429 | 503) | None => tokio::time::sleep(RETRY_PAUSE).await,
                            Some(status) => panic!("{id} was refused with {status}"),
                        }
                    }
                    acknowledged.lock().await.insert(id);
                }
            });
        }
        load
    }

    async fn wait_for_acknowledgements(&self, more: usize) {
        let before = self.acknowledged.lock().await.len();
        eventually("some events are acknowledged", async || self.acknowledged.lock().await.len() >= before + more).await;
    }

    /// Ends the clients and answers the ids that were acknowledged.
    async fn finish(mut self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.senders.join_next().await {
            ended.unwrap();
        }
        let acknowledged = std::mem::take(&mut *self.acknowledged.lock().await);
        eprintln!("{} attempts, {} acknowledged", self.attempts.load(Ordering::Relaxed), acknowledged.len());
        acknowledged
    }
}

/// How often each event id is found.
async fn found(client: &Client) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut path = "/api/v1/events?from=-2d&limit=1000".to_owned();
    loop {
        let page = client.get(&path).await;
        for event in page["events"].as_array().unwrap() {
            *found.entry(event["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(cursor) => path = format!("/api/v1/events?from=-2d&limit=1000&cursor={cursor}"),
            None => return found,
        }
    }
}

/// What the ledger says of the last days: how many records ended how.
async fn ledger(client: &Client) -> BTreeMap<String, u64> {
    let mut outcomes = BTreeMap::new();
    let today = jiff::Timestamp::now();
    for hours in [0, 24] {
        let day = (today - jiff::SignedDuration::from_hours(hours)).to_string()[..10].to_owned();
        for line in client.get(&format!("/api/v1/ledger?day={day}")).await["outcomes"].as_array().unwrap() {
            *outcomes.entry(line["kind"].as_str().unwrap().to_owned()).or_default() += line["count"].as_u64().unwrap();
        }
    }
    outcomes
}

/// Every record of the log, read by a group that nobody else is in.
async fn records(log: &dyn EventLog) -> u64 {
    let mut positions = BTreeSet::new();
    let mut quiet = 0;
    while quiet < 5 {
        let batch = log.read("audit", 1_000, 32 << 20, Duration::from_secs(2)).await.unwrap();
        quiet = if batch.is_empty() { quiet + 1 } else { 0 };
        positions.extend(batch.iter().map(|record| record.position));
    }
    positions.len() as u64
}

async fn check(client: &Client, acknowledged: &BTreeSet<String>) {
    eventually("every acknowledged event is there", async || {
        let found = found(client).await;
        acknowledged.iter().all(|id| found.contains_key(id))
    })
    .await;
    let twice: Vec<_> = found(client).await.into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(twice.is_empty(), "stored twice: {twice:?}");
}

/// Two sessions for each of these events that was acknowledged; those of events under way when the clients ended may be
/// there too.
async fn check_sessions(client: &Client, acknowledged: &BTreeSet<String>) {
    let begun = client.get("/api/v1/sessions?from=-2d").await["total"]["sessions"].as_u64().unwrap() as usize;
    let number = |id: &String| u128::from_str_radix(id, 16).unwrap() as usize;
    let told = acknowledged.iter().filter(|id| number(id) % SESSIONS_EVERY == 0).count();
    assert!((2 * told..=2 * (told + SENDERS)).contains(&begun), "{begun} sessions for {told} events");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_in_one_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let dsn = server.read_dsn();
    let load = Load::start(&server.address, &dsn);
    end_often(&mut server, dir.path(), &load, KILLS).await;
    let acknowledged = load.finish().await;

    let client = server.client();
    check(&client, &acknowledged).await;
    let ended = settled_ledger(&client).await;
    check_sessions(&client, &acknowledged).await;
    assert!(server.stop().success());
    let log = storage::log::file::FileLog::open(&dir.path().join("log"), Default::default()).unwrap();
    assert_eq!(records(&log).await, ended.values().sum::<u64>(), "records in the log against outcomes {ended:?}");
    drop(dir);
}

/// Ends the server without warning, again and again, and leaves it running.
async fn end_often(server: &mut Server, data: &Path, load: &Load, kills: usize) {
    let (mut chance, address) = (Chance::new(), server.address.clone());
    load.wait_for_acknowledgements(20).await;
    for round in 0..kills {
        // Every second one is ended at work, the others perhaps while they start.
        if round % 2 == 0 {
            load.wait_for_acknowledgements(1).await;
        }
        tokio::time::sleep(Duration::from_millis(chance.below(LIFE_MILLIS))).await;
        server.end();
        *server = Server::spawn("serve", data, &[], &address);
    }
    server.ready().await;
    load.wait_for_acknowledgements(20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sampling_leaves_out_ends_once_too_whatever_a_new_process_would_keep() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let dsn = server.read_dsn();
    let rules = serde_json::json!({ "sampling": [{ "name": "most", "keep_one_in": 5 }] });
    assert_eq!(server.client().put("/api/v1/rules", &rules).await.0, 200);
    let load = Load::start(&server.address, &dsn);
    end_often(&mut server, dir.path(), &load, KILLS / 2).await;
    let acknowledged = load.finish().await;

    let client = server.client();
    let ended = settled_ledger(&client).await;
    let found = found(&client).await;
    assert!(found.values().all(|times| *times == 1) && found.len() < acknowledged.len(), "{} of {}", found.len(), acknowledged.len());
    assert!(ended["filtered"] > 0, "{ended:?}");
    assert!(server.stop().success());
    let log = storage::log::file::FileLog::open(&dir.path().join("log"), Default::default()).unwrap();
    assert_eq!(records(&log).await, ended.values().sum::<u64>(), "records in the log against outcomes {ended:?}");
}

/// The ledger once it no longer changes.
async fn settled_ledger(client: &Client) -> BTreeMap<String, u64> {
    let mut before = ledger(client).await;
    let mut same = 0;
    eventually("the ledger is at rest", async || {
        let now = ledger(client).await;
        same = if now == before { same + 1 } else { 0 };
        before = now;
        same >= 40
    })
    .await;
    before
}

#[cfg(feature = "servers")]
mod cluster {
    use super::*;
    use crate::pairs::Pair;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_role_loses_or_doubles_anything_with_elasticsearch_9() {
        no_role_loses_or_doubles_anything("BELFRY_TEST_ES9").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_role_loses_or_doubles_anything_with_elasticsearch_8() {
        no_role_loses_or_doubles_anything("BELFRY_TEST_ES8").await;
    }

    async fn no_role_loses_or_doubles_anything(elasticsearch: &str) {
        let pair = Pair::elasticsearch(elasticsearch);
        let dir = tempfile::tempdir().unwrap();
        let mut chance = Chance::new();
        let (dsn, mut ingest, mut api) = start(&pair, dir.path()).await;
        let mut processors = [spawn(&pair, dir.path(), "process", "127.0.0.1:0"), spawn(&pair, dir.path(), "process", "127.0.0.1:0")];
        let addresses = (ingest.address.clone(), api.address.clone());
        let load = Load::start(&addresses.0, &dsn);
        load.wait_for_acknowledgements(20).await;
        for round in 0..KILLS {
            if round % 2 == 0 {
                load.wait_for_acknowledgements(1).await;
            }
            for role in 0..3 {
                tokio::time::sleep(Duration::from_millis(chance.below(LIFE_MILLIS / 2))).await;
                match role {
                    0 => replace(&mut ingest, spawn_after(&pair, dir.path(), "ingest", &addresses.0)),
                    1 => replace(&mut processors[round % 2], spawn_after(&pair, dir.path(), "process", "127.0.0.1:0")),
                    _ => replace(&mut api, spawn_after(&pair, dir.path(), "api", &addresses.1)),
                }
            }
        }
        api.ready().await;
        load.wait_for_acknowledgements(20).await;
        let acknowledged = load.finish().await;

        let client = api.client();
        check(&client, &acknowledged).await;
        let ended = settled_ledger(&client).await;
        check_sessions(&client, &acknowledged).await;
        let log = pair.open_log().await;
        assert_eq!(records(&log).await, ended.values().sum::<u64>(), "records in the log against outcomes {ended:?}");
        log.close().await.unwrap();
        pair.remove().await;
    }

    async fn start(pair: &Pair, data: &Path) -> (String, Server, Server) {
        let api = Server::start("api", data, &pair.variables).await;
        let (status, project) = api.client().post("/api/v1/projects", &serde_json::json!({"name": "faults"})).await;
        assert_eq!(status, 201, "{project}");
        let dsn = project["key"]["dsn"].as_str().unwrap().to_owned();
        let ingest = Server::start("ingest", data, &pair.variables).await;
        (dsn, ingest, api)
    }

    fn spawn(pair: &Pair, data: &Path, role: &str, listen: &str) -> Server {
        Server::spawn(role, data, &pair.variables, listen)
    }

    fn spawn_after<'a>(pair: &'a Pair, data: &'a Path, role: &'a str, listen: &'a str) -> impl FnOnce() -> Server + 'a {
        move || spawn(pair, data, role, listen)
    }

    /// Ends one process as a power cut would, then starts its successor on the same port.
    fn replace(old: &mut Server, start: impl FnOnce() -> Server) {
        old.end();
        *old = start();
    }
}
