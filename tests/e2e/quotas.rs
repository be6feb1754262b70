//! Overload, against the real binary: what is over a limit is refused, counted, and nobody else's business.

use std::{fs, path::Path, process::Command, sync::Arc};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    client::{Client, parts},
    connections::{forget_peak, peak_bytes},
    events::{envelope, small},
    server::{Server, eventually},
};

/// How many events the limited project may send.
const QUOTA: u64 = 200;
/// How many it sends.
const SENT: u64 = 5 * QUOTA;
const SENDERS: u64 = 8;
/// By how much overload may raise the server's memory.
const OVERLOAD_BYTES: u64 = 32 << 20;

/// Sends `count` events, each with an id of its own. How many were acknowledged, and how many refused with 429.
async fn load(client: Client, project: u64, key: String, first: u64, count: u64) -> (u64, u64) {
    let key: Arc<str> = key.into();
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (client, key) = (client.clone(), Arc::clone(&key));
        senders.spawn(async move {
            let (mut acknowledged, mut refused) = (0, 0);
            for number in (sender..count).step_by(SENDERS as usize) {
                let id = format!("{:032x}", u128::from(project) << 64 | u128::from(first + number));
                match client.envelope(project, &key, envelope(&id, small(number as usize, 20).to_string().as_bytes())).await {
                    Some(200) => acknowledged += 1,
                    Some(429) => refused += 1,
                    other => panic!("event {number} of project {project}: {other:?}"),
                }
            }
            (acknowledged, refused)
        });
    }
    let mut sums = (0, 0);
    while let Some(sum) = senders.join_next().await {
        let (acknowledged, refused) = sum.unwrap();
        sums = (sums.0 + acknowledged, sums.1 + refused);
    }
    sums
}

/// What the usage of a project says about each reason.
async fn usage(client: &Client, project: u64) -> Value {
    let answer = client.get(&format!("/api/v1/projects/{project}/usage?from=-1d&by=reason")).await;
    let mut sums = serde_json::Map::new();
    for row in answer["rows"].as_array().unwrap() {
        let sum = sums.entry(row["reason"].as_str().unwrap()).or_insert(json!(0));
        *sum = json!(sum.as_u64().unwrap() + row["events"].as_u64().unwrap());
    }
    Value::Object(sums)
}

async fn stored(client: &Client, project: u64) -> Value {
    client.get(&format!("/api/v1/stats/summary?project={project}")).await["total"].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_five_times_a_quota_what_is_acknowledged_is_stored_and_the_rest_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let (status, made) = client.post("/api/v1/projects", &json!({ "name": "other" })).await;
    assert_eq!(status, 201, "{made}");
    let (other, other_key) = (made["project"]["id"].as_u64().unwrap(), made["key"]["key"].as_str().unwrap().to_owned());
    let limits = json!({ "settings": { "limits": [{ "per": "month", "events": QUOTA, "categories": ["error"] }] } });
    assert_eq!(client.patch(&format!("/api/v1/projects/{project}"), &limits).await.0, 200);

    // The first half of the other's events warms everything up; what overload takes is seen after that.
    assert_eq!(load(client.clone(), other, other_key.clone(), 0, QUOTA).await, (QUOTA, 0));
    forget_peak(server.id());
    let before = peak_bytes(server.id());
    let limited = load(client.clone(), project, key.clone(), 0, SENT);
    let spared = load(client.clone(), other, other_key, QUOTA, QUOTA);
    let (limited, spared) = tokio::join!(limited, spared);
    let more = peak_bytes(server.id()).saturating_sub(before);
    eprintln!("overload took {more} bytes of memory more");
    assert_eq!((limited, spared), ((QUOTA, SENT - QUOTA), (QUOTA, 0)));
    assert!(more < OVERLOAD_BYTES, "{more} bytes more");

    eventually("what was acknowledged is stored", async || {
        stored(&client, project).await == QUOTA && stored(&client, other).await == 2 * QUOTA
    })
    .await;
    let expected = json!({ "accepted": QUOTA, "project_quota": SENT - QUOTA });
    eventually("usage says the same", async || usage(&client, project).await == expected).await;
    assert_eq!(usage(&client, other).await, json!({ "accepted": 2 * QUOTA }));

    // The month goes on after a restart. What one sends before the new process has looked is at most a second's.
    assert!(server.stop().success());
    let server = Server::start("serve", dir.path(), &[]).await;
    let client = server.client();
    let mut number = SENT;
    eventually("the limit holds again", async || {
        number += 1;
        load(client.clone(), project, key.clone(), number, 1).await == (0, 1)
    })
    .await;
    assert_eq!(load(client.clone(), project, key.clone(), 10 * SENT, 20).await, (0, 20));
}

/// A small disk of its own, taken away when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None` where mounting is not allowed.
    fn mount(bytes: u64) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={bytes}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(dir))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Writes a file that leaves so much of the disk.
fn fill(data: &Path, left: u64) {
    let disk = rustix::fs::statvfs(data).unwrap();
    let free = disk.f_bavail * disk.f_frsize;
    let zeros = vec![0; usize::try_from(free - left).unwrap()];
    fs::write(data.join("filler"), zeros).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_disk_gets_short_what_can_be_spared_is_refused_and_errors_are_taken() {
    let Some(disk) = Disk::mount(256 << 20) else {
        eprintln!("no disk of its own can be mounted here: only ingest's test with a log in memory looks at this");
        return;
    };
    let data = disk.0.path().join("data");
    let options = [("MAX_BYTES", 64_u64 << 20), ("SEGMENT_BYTES", 1 << 20), ("RESERVE_BYTES", 1 << 20)];
    let mut variables: Vec<(String, String)> =
        options.iter().map(|(name, value)| (format!("BELFRY_LOG__FILE__{name}"), value.to_string())).collect();
    variables.push(("BELFRY_INDEX__TANTIVY__WRITER_MEMORY_BYTES".into(), (60_u64 << 20).to_string()));
    let mut server = Server::start("serve", &data, &variables).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let level = async |number: usize, level: &str| {
        let mut event = small(number, 20);
        event["level"] = json!(level);
        client.envelope(project, &key, envelope(&format!("{number:032x}"), event.to_string().as_bytes())).await
    };
    assert_eq!(level(1, "info").await, Some(200));
    // Someone else fills the disk, but for 6 MiB. One is the log's reserve; the rest is less than a tenth of its limit.
    fill(&data, 6 << 20);
    let mut number = 10;
    eventually("what can be spared is refused", async || {
        number += 1;
        level(number, "info").await == Some(429)
    })
    .await;
    assert_eq!(level(1_000, "error").await, Some(200));
    assert_eq!(level(1_001, "warning").await, Some(429));
    fs::remove_file(data.join("filler")).unwrap();
    eventually("everything is taken again", async || {
        number += 1;
        level(number, "info").await == Some(200)
    })
    .await;
}
