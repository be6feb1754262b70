//! Both engine pairs give the same answers to the same questions about the same events.

use serde_json::Value;
use storage::log::kafka::KafkaLog;

use crate::{
    client::{Client, parts},
    events::{envelope, mixed},
    server::{Server, eventually},
};

/// How many events are compared.
const EVENTS: usize = 2_000;
/// How many sessions are.
const SESSIONS: i64 = 200;

/// By then everything is received, however slow the machine is.
const LATER_MILLIS: i64 = 3_600_000;

/// Kafka and Elasticsearch with names of its own.
pub struct Pair {
    pub variables: Vec<(String, String)>,
    prefix: String,
    elasticsearch: String,
    brokers: String,
}

impl Pair {
    /// Kafka and the Elasticsearch that this variable names.
    pub fn elasticsearch(variable: &str) -> Self {
        let need = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run this through tests/run"));
        let (brokers, elasticsearch) = (need("BELFRY_TEST_KAFKA"), need(variable));
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let prefix = format!("e2e-{nanos:x}");
        let variables = [
            ("BELFRY_LOG__ENGINE", "kafka".to_owned()),
            ("BELFRY_LOG__KAFKA__BROKERS", brokers.clone()),
            ("BELFRY_LOG__KAFKA__TOPIC", prefix.clone()),
            ("BELFRY_LOG__KAFKA__REPLICATION", "1".to_owned()),
            ("BELFRY_INDEX__ENGINE", "elasticsearch".to_owned()),
            ("BELFRY_ELASTICSEARCH__URLS", format!("[\"{elasticsearch}\"]")),
            ("BELFRY_ELASTICSEARCH__PREFIX", prefix.clone()),
            ("BELFRY_ELASTICSEARCH__REPLICAS", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        Self { variables, prefix, elasticsearch, brokers }
    }

    /// The log, for reading it through.
    pub async fn open_log(&self) -> KafkaLog {
        let options = storage::log::kafka::Options {
            brokers: self.brokers.clone(),
            topic: self.prefix.clone(),
            replication: 1,
            ..Default::default()
        };
        KafkaLog::connect(options).await.unwrap()
    }

    /// Every document of this test's indices, as Elasticsearch tells it.
    pub async fn everything(&self) -> String {
        let url = format!("{}/{}-*/_search?size=10000&expand_wildcards=all&version=true", self.elasticsearch, self.prefix);
        reqwest::Client::new().get(url).send().await.unwrap().text().await.unwrap()
    }

    /// Where Elasticsearch is, and the pattern of the names of this test's indices.
    pub fn indices(&self) -> (String, String) {
        (self.elasticsearch.clone(), format!("{}-*", self.prefix))
    }

    /// Removes the indices of this test.
    pub async fn remove(&self) {
        let url = format!("{}/{}-*?expand_wildcards=all", self.elasticsearch, self.prefix);
        reqwest::Client::new().delete(url).send().await.unwrap();
    }
}

/// Every question that is put to both.
fn questions(from: i64, to: i64, ids: &[String]) -> Vec<String> {
    let window = format!("from={from}&to={to}");
    let mut questions: Vec<String> = ids.iter().step_by(37).map(|id| format!("/api/v1/events/{id}")).collect();
    let queries = [
        "",
        "level:error",
        "tags.tenant:t1",
        "step_3",
        "-environment:dev",
        "release:shop@1.*",
        "has:user",
        "platform:python%20error.type:Error1*",
    ];
    for query in queries {
        questions.push(format!("/api/v1/events?{window}&limit=200&query={query}"));
        questions.push(format!("/api/v1/stats/summary?{window}&query={query}"));
        for sort in ["count", "users", "last_seen", "first_seen", "trend", "priority"] {
            questions.push(format!("/api/v1/issues?{window}&sort={sort}&query={query}"));
        }
        for by in [
            "project",
            "environment",
            "service",
            "level",
            "category",
            "fingerprint",
            "error.type",
            "message",
            "release",
            "host",
            "tags.tenant",
        ] {
            questions.push(format!("/api/v1/stats/top?{window}&limit=10&by={by}&query={query}"));
            questions.push(format!("/api/v1/stats/trend?{window}&interval=10m&limit=5&by={by}&query={query}"));
            questions.push(format!("/api/v1/stats/rates?to={to}&window=60m&by={by}&query={query}"));
        }
    }
    questions.push(format!("/api/v1/stats/trend?{window}"));
    questions.extend(analytics(from, to));
    for by in ["", "release", "environment", "release,environment", "project,release"] {
        for interval in ["", "hour", "day"] {
            questions.push(format!("/api/v1/sessions?{window}&by={by}&interval={interval}"));
        }
        questions.push(format!("/api/v1/sessions?{window}&by={by}&limit=2"));
    }
    for by in ["", "reason", "category", "reason,category"] {
        // What is lost counts for the minute of receipt, which may be after all the events.
        questions.push(format!("/api/v1/client-reports?from={from}&to={}&by={by}", to + LATER_MILLIS));
    }
    questions
}

/// Questions of analytics with more than one way through the index: zones, users over time, other windows.
fn analytics(from: i64, to: i64) -> Vec<String> {
    let window = format!("from={from}&to={to}");
    let middle = from + (to - from) / 2;
    let mut questions = Vec::new();
    for zone in ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"] {
        for interval in ["5m", "1h", "6h", "1d", "7d"] {
            let cut = format!("{window}&interval={interval}&timezone={zone}");
            questions.push(format!("/api/v1/stats/trend?{cut}&by=tags.tenant&limit=2&with=users,releases"));
        }
        // So long that clocks are changed in it, wherever they are.
        questions
            .push(format!("/api/v1/stats/trend?from={}&to={to}&interval=1d&timezone={zone}&by=level&with=users", to - 380 * 86_400_000));
        questions.push(format!("/api/v1/stats/heatmap?{window}&timezone={zone}"));
    }
    for query in ["", "level:error", "has:user", "-environment:dev", "nothing_has_this_word"] {
        for by in ["fingerprint", "project,fingerprint", "user,service", "tags.tenant,level", "status", "handled"] {
            questions.push(format!("/api/v1/stats/top?from={middle}&to={to}&limit=20&by={by}&query={query}"));
            let first = by.split(',').next().unwrap_or_default();
            questions.push(format!("/api/v1/stats/trend?{window}&interval=30m&limit=3&by={first}&query={query}"));
        }
        questions.push(format!("/api/v1/stats/compare?from={middle}&to={to}&limit=200&query={query}"));
        questions.push(format!("/api/v1/stats/compare?a=release:shop@1.0&b=release:shop@1.1&{window}&query={query}"));
        questions.push(format!("/api/v1/stats/impact?{window}&query={query}"));
    }
    questions
}

/// Updates of sessions of the last hours, some of them twice, counted ones, and what clients lost.
fn sessions(now: i64) -> Vec<Vec<u8>> {
    let started = |n: i64| jiff::Timestamp::from_second(now - n * 61).unwrap();
    let attrs =
        |n: i64| format!(r#""attrs":{{"release":"shop@{}","environment":"{}"}}"#, n % 3, ["production", "staging", ""][n as usize % 3]);
    let status = |n: i64| ["ok", "exited", "crashed", "abnormal", "unhandled"][n as usize % 5];
    let envelope = |item: &str, payload: String| format!("{{}}\n{{\"type\":\"{item}\"}}\n{payload}\n").into_bytes();
    let update = |n: i64, init: bool| {
        let about = format!(r#""sid":"{n}","did":"user {}","started":"{}""#, n % 17, started(n));
        envelope("session", format!(r#"{{{about},"init":{init},"status":"{}","errors":{},{}}}"#, status(n), n % 2, attrs(n)))
    };
    let counted = |n: i64| {
        let counts = format!(r#"{{"started":"{}","exited":{n},"errored":{},"crashed":{}}}"#, started(n), n % 4, n % 3);
        envelope("sessions", format!(r#"{{"aggregates":[{counts}],{}}}"#, attrs(n)))
    };
    let lost = |n: i64| {
        let loss = format!(r#"{{"reason":"reason_{}","category":"error","quantity":{n}}}"#, n % 3);
        envelope("client_report", format!(r#"{{"discarded_events":[{loss}]}}"#))
    };
    let updates = (0..SESSIONS).flat_map(|n| [update(n, true), update(n / 2, false), update(n / 3, true)]);
    updates.chain((0..40).map(counted)).chain((1..20).map(lost)).collect()
}

/// Takes out what can't be the same in two runs: when and where an event was taken, which page comes next, and hashes,
/// whose key is each installation's own.
pub fn comparable(mut answer: Value) -> Value {
    strip(&mut answer);
    answer
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for name in ["received_at", "position", "dsn"] {
                map.remove(name);
            }
            map.values_mut().for_each(strip);
        }
        Value::String(text) => {
            let mut parts = text.split("[email:");
            let first = parts.next().unwrap_or_default().to_owned();
            *text = parts.fold(first, |text, part| text + "[email" + part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

async fn send(client: &Client, dsn: &str, sessions: &[Vec<u8>], events: &[(String, Vec<u8>)]) {
    let (key, project) = parts(dsn);
    for session in sessions {
        assert_eq!(client.envelope(project, &key, session.clone()).await, Some(200));
    }
    for (id, payload) in events {
        assert_eq!(client.envelope(project, &key, envelope(id, payload)).await, Some(200), "{id}");
    }
}

async fn all_there(client: &Client, from: i64, to: i64) {
    let path = format!("/api/v1/stats/summary?from={from}&to={to}");
    eventually("every event is there", async || client.get(&path).await["total"] == EVENTS as u64).await;
    // Each session once, and 879 that were counted; all that is lost.
    let (sessions, lost) = (format!("/api/v1/sessions?from={from}&to={to}"), format!("/api/v1/client-reports?from={from}&to={to}"));
    let begun = SESSIONS as u64 + 879;
    eventually("every session is there", async || client.get(&sessions).await["total"]["sessions"] == begun).await;
    eventually("every loss is there", async || client.get(&lost).await["total"] == 190).await;
}

async fn compare(variable: &str) {
    let now = jiff::Timestamp::now().as_second();
    let (sessions, events) = (sessions(now), mixed(EVENTS, now));
    let ids: Vec<String> = events.iter().map(|(id, _)| id.clone()).collect();
    let (from, to) = ((now - 7 * 3600) * 1000, now * 1000 + LATER_MILLIS);

    let dir = tempfile::tempdir().unwrap();
    let mut embedded = Server::start("serve", dir.path(), &[]).await;
    let dsn = embedded.read_dsn();
    // Which events of a storm are slim depends on the minute that they come in.
    let whole = serde_json::json!({ "storms": { "enabled": false } });
    assert_eq!(embedded.client().put("/api/v1/rules", &whole).await.0, 200);
    send(&embedded.client(), &dsn, &sessions, &events).await;
    all_there(&embedded.client(), from, to).await;

    let pair = Pair::elasticsearch(variable);
    let api = Server::start("api", dir.path(), &pair.variables).await;
    let (status, project) = api.client().post("/api/v1/projects", &serde_json::json!({"name": "default"})).await;
    assert_eq!(status, 201, "{project}");
    assert_eq!(api.client().put("/api/v1/rules", &whole).await.0, 200);
    let ingest = Server::start("ingest", dir.path(), &pair.variables).await;
    let _processors =
        [Server::start("process", dir.path(), &pair.variables).await, Server::start("process", dir.path(), &pair.variables).await];
    send(&ingest.client(), project["key"]["dsn"].as_str().unwrap(), &sessions, &events).await;
    all_there(&api.client(), from, to).await;

    // What is over by now, so that both tell the same buckets as running.
    let to = now * 1000;
    let mut questions = questions(from, to, &ids);
    let issues = embedded.client().get(&format!("/api/v1/issues?from={from}&to={to}&sort=count&limit=10")).await;
    for issue in issues["issues"].as_array().unwrap() {
        let id = issue["id"].as_str().unwrap();
        questions.push(format!("/api/v1/issues/{id}/tags?from={from}&to={to}"));
        questions.push(format!("/api/v1/stats/impact?issue={id}&from={from}&to={to}"));
    }
    let mut differences = Vec::new();
    for question in questions {
        let one = comparable(embedded.client().get(&question).await);
        let other = comparable(api.client().get(&question).await);
        if one != other {
            let head = |answer: &Value| answer.to_string().chars().take(800).collect::<String>();
            differences.push(format!("{question}\n  embedded {}\n  cluster  {}", head(&one), head(&other)));
        }
    }
    pair.remove().await;
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences[..differences.len().min(5)].join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_and_elasticsearch_9_answer_alike() {
    compare("BELFRY_TEST_ES9").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_and_elasticsearch_8_answer_alike() {
    compare("BELFRY_TEST_ES8").await;
}
