//! The connections that are open, and which of them goes when there is no place for a new one.
//!
//! A connection is either ours (we owe it an answer) or the client's (it owes us a request, or the rest of one). Only
//! those of clients are ever closed for others: first the one that waits longest since it was opened or last answered.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// How long a client may take for the head of a request, from its first byte on (as Relay).
const HEAD: Duration = Duration::from_secs(5);
/// How long a connection stays that has sent nothing, or nothing since its last answer. HTTP/2 has pings instead.
const IDLE: Duration = Duration::from_secs(30);

/// Stands for the time since which a connection waits that is about to go.
const CLOSING: u64 = u64::MAX;

/// Every open connection.
#[derive(Debug)]
pub(super) struct Table {
    start: Instant,
    most: usize,
    most_of_one: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Arc<Connection>>,
    by_address: HashMap<IpAddr, usize>,
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Connection {
    start: Instant,
    address: IpAddr,
    /// Milliseconds when it was opened or last answered.
    since: AtomicU64,
    /// Milliseconds when the head that is being read began; 0: none is.
    head_since: AtomicU64,
    /// Requests that have come whole and are not answered.
    ours: AtomicUsize,
    /// Its heads are within frames, and between them comes what is no head.
    framed: AtomicBool,
    closed: Notify,
}

/// A place in the table; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    table: Arc<Table>,
    number: u64,
    pub(super) connection: Arc<Connection>,
}

impl Table {
    pub(super) fn new(most: usize, most_of_one: usize) -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), most: most.max(1), most_of_one: most_of_one.max(1), open: Mutex::default() })
    }

    /// A place for a connection from this address. If need be the client that waits longest, of the address or of all,
    /// is closed for it. `None` when there is no place and we owe an answer to everyone.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let address = network(peer);
        let mut open = self.lock();
        let of_one = open.by_address.get(&address).copied().unwrap_or_default();
        let has_place = if of_one >= self.most_of_one {
            open.close_one(Some(address))
        } else {
            open.connections.len() < self.most || open.close_one(None)
        };
        if !has_place {
            return None;
        }
        let connection = Arc::new(Connection::new(self.start, address));
        let number = open.next;
        open.next += 1;
        open.connections.insert(number, Arc::clone(&connection));
        *open.by_address.entry(address).or_default() += 1;
        metrics::gauge!("belfry_connections").set(open.connections.len() as f64);
        Some(Place { table: Arc::clone(self), number, connection })
    }

    /// Closes what takes too long for the head of a request, or is idle for too long.
    pub(super) fn sweep(&self) {
        let now = millis(self.start);
        for connection in self.lock().connections.values() {
            connection.close_if_late(now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes the client's connection that waits longest, of an address or of all. Whether there was one.
    fn close_one(&self, address: Option<IpAddr>) -> bool {
        let candidates = self
            .connections
            .values()
            .filter(|connection| address.is_none_or(|address| address == connection.address) && connection.ours.load(Relaxed) == 0);
        let Some(oldest) = candidates.min_by_key(|connection| connection.since.load(Relaxed)) else { return false };
        oldest.since.store(CLOSING, Relaxed);
        oldest.close("crowded");
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.table.lock();
        open.connections.remove(&self.number);
        let address = self.connection.address;
        if let Some(count) = open.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
        metrics::gauge!("belfry_connections").set(open.connections.len() as f64);
    }
}

impl Connection {
    fn new(start: Instant, address: IpAddr) -> Self {
        Self {
            start,
            address,
            since: AtomicU64::new(millis(start)),
            head_since: AtomicU64::new(0),
            ours: AtomicUsize::new(0),
            framed: AtomicBool::new(false),
            closed: Notify::new(),
        }
    }

    /// Bytes came.
    pub(super) fn saw(&self, bytes: &[u8]) {
        if self.framed.load(Relaxed) {
            return;
        }
        if bytes.starts_with(b"PRI * HTTP/2") {
            self.framed.store(true, Relaxed);
        } else if self.head_since.load(Relaxed) == 0 && self.ours.load(Relaxed) == 0 {
            self.head_since.store(millis(self.start).max(1), Relaxed);
        }
    }

    /// The head of a request is there; what comes is its body.
    pub(super) fn head_is_there(&self) {
        self.head_since.store(u64::MAX, Relaxed);
    }

    /// A request is there whole: it is our turn.
    pub(super) fn begin(&self) {
        self.ours.fetch_add(1, Relaxed);
    }

    /// A request is answered, or given up.
    pub(super) fn end(&self, was_begun: bool) {
        self.since.store(millis(self.start), Relaxed);
        self.head_since.store(0, Relaxed);
        if was_begun {
            self.ours.fetch_sub(1, Relaxed);
        }
    }

    /// Returns when it is to be closed.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    fn close(&self, why: &'static str) {
        metrics::counter!("belfry_connections_closed_total", "reason" => why).increment(1);
        self.closed.notify_one();
    }

    fn close_if_late(&self, now: u64) {
        let head = self.head_since.load(Relaxed);
        if head > 0 && head < now.saturating_sub(HEAD.as_millis() as u64) {
            self.close("slow_head");
        } else if head == 0 && self.ours.load(Relaxed) == 0 && !self.framed.load(Relaxed) {
            let since = self.since.load(Relaxed);
            if since < now.saturating_sub(IDLE.as_millis() as u64) {
                self.close("idle");
            }
        }
    }
}

/// Of IPv6 a client has a whole network of addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn address(n: u8) -> IpAddr {
        [192, 0, 2, n].into()
    }

    fn is_closed(place: &Place) -> bool {
        place.connection.closed().now_or_never().is_some()
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_places_are_taken_the_client_that_waits_longest_goes() {
        let table = Table::new(3, 3);
        let mut places = Vec::new();
        for n in 0..3 {
            places.push(table.enter(address(n)).unwrap());
            pass(1).await;
        }
        // The first was answered since; the second is waiting for us.
        places[0].connection.end(false);
        places[1].connection.begin();
        places.push(table.enter(address(7)).unwrap());
        assert_eq!([0, 1, 2, 3].map(|n| is_closed(&places[n])), [false, false, true, false]);
        for place in &places {
            place.connection.begin();
        }
        assert!(table.enter(address(8)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_takes_places_from_itself_only() {
        let table = Table::new(100, 2);
        let other = table.enter(address(9)).unwrap();
        pass(1).await;
        let first = table.enter(address(1)).unwrap();
        pass(1).await;
        let second = table.enter(address(1)).unwrap();
        pass(1).await;
        let third = table.enter(address(1)).unwrap();
        assert_eq!([&other, &first, &second, &third].map(is_closed), [false, true, false, false]);
        drop(first);
        second.connection.begin();
        third.connection.begin();
        assert!(table.enter(address(1)).is_none());
        assert!(table.enter(address(9)).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_five_seconds_and_a_body_and_an_answer_as_long_as_they_need() {
        let table = Table::new(9, 9);
        let [slow, body, answering, framed] = std::array::from_fn(|n| table.enter(address(n as u8)).unwrap());
        slow.connection.saw(b"P");
        body.connection.saw(b"POST / HTTP/1.1");
        body.connection.head_is_there();
        answering.connection.saw(b"GET / HTTP/1.1");
        answering.connection.head_is_there();
        answering.connection.begin();
        framed.connection.saw(b"PRI * HTTP/2.0");
        pass(3).await;
        slow.connection.saw(b"O");
        table.sweep();
        assert!(!is_closed(&slow));
        pass(3).await;
        framed.connection.saw(b"ping");
        table.sweep();
        assert_eq!([&slow, &body, &answering, &framed].map(is_closed), [true, false, false, false]);
        // Answered, it begins anew.
        answering.connection.end(true);
        answering.connection.saw(b"G");
        pass(6).await;
        table.sweep();
        assert!(is_closed(&answering));
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_nothing_for_half_a_minute_goes() {
        let table = Table::new(9, 9);
        let (idle, framed) = (table.enter(address(1)).unwrap(), table.enter(address(2)).unwrap());
        framed.connection.saw(b"PRI * HTTP/2.0");
        pass(29).await;
        table.sweep();
        assert!(!is_closed(&idle));
        pass(2).await;
        table.sweep();
        assert_eq!([&idle, &framed].map(is_closed), [true, false]);
    }

    #[test]
    fn the_addresses_of_one_network_are_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1:2:3"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
