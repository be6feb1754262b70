//! Sends envelopes over HTTP/1.1 and measures the answers. Standard library only, so that it costs little.
//!
//! Without `--rate` each connection sends the next body when it has its answer. With it, requests are due at fixed
//! instants and latency counts from the due instant, so that a server that stalls is charged for the wait.
//! The corpus is a file as gen.py writes it: u32 little-endian length, that many bytes, and so on.
//! Prints one line of JSON.

mod http;
mod options;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use http::Connection;
use options::Options;

const BACK_OFF: Duration = Duration::from_millis(100);

/// What one request came to. Status 0: no answer.
struct Answer {
    latency: Duration,
    status: u16,
}

impl Answer {
    fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What all connections share.
struct Run<'a> {
    options: &'a Options,
    bodies: &'a [&'a [u8]],
    next: AtomicU64,
    start: Instant,
}

fn main() {
    let options = Options::from_args();
    let corpus = std::fs::read(&options.corpus).unwrap_or_else(|error| panic!("cannot read {}: {error}", options.corpus));
    let bodies = split(&corpus);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    let run = Run { options: &options, bodies: &bodies, next: AtomicU64::new(0), start: Instant::now() };
    let answers: Vec<Answer> = thread::scope(|scope| {
        let workers: Vec<_> = (0..options.conns)
            .map(|number| {
                scope.spawn({
                    let run = &run;
                    move || run.work(number as u64)
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a connection's thread panicked")).collect()
    });
    report(&options, &answers, started, run.start.elapsed());
}

fn split(mut corpus: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some((length, rest)) = corpus.split_first_chunk::<4>() {
        let (body, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        bodies.push(body);
        corpus = rest;
    }
    assert!(!bodies.is_empty(), "the corpus is empty");
    bodies
}

impl Run<'_> {
    /// One connection's work: bodies in turn until count, time or corpus say stop.
    fn work(&self, number: u64) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut connection = Connection::new(self.options);
        let mut ids = Ids::new(number);
        loop {
            let index = self.next.fetch_add(1, Relaxed);
            if index >= self.options.count || self.over() {
                return answers;
            }
            let due = self.due(index);
            if let Some(wait) = due.checked_duration_since(Instant::now()) {
                thread::sleep(wait);
            }
            let body = self.bodies[((index + self.options.skip) % self.bodies.len() as u64) as usize];
            connection.prepare(body);
            if self.options.fresh_ids {
                ids.write_into(connection.prepared_body());
            }
            answers.push(self.deliver(&mut connection, due));
        }
    }

    fn deliver(&self, connection: &mut Connection, due: Instant) -> Answer {
        loop {
            let begun = if self.options.rate > 0.0 { due } else { Instant::now() };
            let answer = Answer { status: connection.send(), latency: begun.elapsed() };
            let refused = answer.status == 429 || answer.status == 503;
            if !(refused && self.options.retry_429) || self.over() {
                return answer;
            }
            thread::sleep(BACK_OFF);
        }
    }

    fn due(&self, index: u64) -> Instant {
        if self.options.rate > 0.0 { self.start + Duration::from_secs_f64(index as f64 / self.options.rate) } else { Instant::now() }
    }

    fn over(&self) -> bool {
        self.options.secs > 0.0 && self.start.elapsed().as_secs_f64() >= self.options.secs
    }
}

/// Event ids that no one has seen, from a xorshift generator.
struct Ids(u64);

impl Ids {
    fn new(number: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_nanos() as u64;
        Self((now ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Replaces the id in the envelope's header and in the event, the first two `event_id` of a plain body.
    fn write_into(&mut self, body: &mut [u8]) {
        const NAME: &[u8] = br#""event_id":""#;
        let id = format!("{:016x}{:016x}", self.next(), self.next());
        let mut from = 0;
        for _ in 0..2 {
            let Some(at) = http::find(body, NAME, from) else { return };
            from = at + NAME.len() + id.len();
            body[at + NAME.len()..from].copy_from_slice(id.as_bytes());
        }
    }
}

fn report(options: &Options, answers: &[Answer], started: Duration, elapsed: Duration) {
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    for answer in answers {
        *statuses.entry(answer.status).or_default() += 1;
    }
    let statuses: Vec<String> = statuses.iter().map(|(status, count)| format!("\"{status}\":{count}")).collect();
    let mut latencies: Vec<Duration> = answers.iter().filter(|answer| answer.is_ok()).map(|answer| answer.latency).collect();
    latencies.sort_unstable();
    let ms = |share: f64| match latencies.len() {
        0 => 0.0,
        count => latencies[((count - 1) as f64 * share) as usize].as_secs_f64() * 1000.0,
    };
    println!(
        "{{\"conns\":{},\"rate\":{},\"started_unix\":{:.3},\"elapsed_s\":{:.3},\"sent\":{},\"ok\":{},\"status\":{{{}}},\"ok_per_s\":{:.1},\"ms\":{{\"p50\":{:.2},\"p99\":{:.2},\"p999\":{:.2},\"max\":{:.2}}}}}",
        options.conns,
        options.rate,
        started.as_secs_f64(),
        elapsed.as_secs_f64(),
        answers.len(),
        latencies.len(),
        statuses.join(","),
        latencies.len() as f64 / elapsed.as_secs_f64(),
        ms(0.5),
        ms(0.99),
        ms(0.999),
        ms(1.0),
    );
}
