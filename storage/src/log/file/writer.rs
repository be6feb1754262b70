//! The one thread that writes: it joins the appends that wait into one write and one `fdatasync`.
//!
//! After a failed `fdatasync` nobody knows what is on the disk, and asking again would not tell. The writer then
//! refuses everything until the log is opened anew, which looks at what is there.

use std::{
    fs::File,
    io,
    mem::discriminant,
    os::unix::fs::FileExt,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant, SystemTime},
};

use rustix::io::Errno;
use schemas::{limits, record::Position};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tracing::{error, info, warn};

use super::{
    Shared, State,
    frame::{self, FRAME_HEADER, SEGMENT_HEADER, SegmentHeader},
    room, segment,
    segment::Segment,
};
use crate::{Error, Result, log::Entry};

/// How many bytes of waiting appends are joined into one write, unless the first is longer.
const WRITE_BYTES: usize = limits::APPEND_BYTES;
/// How often the keeping time is looked after when nothing is appended.
const TIDY_EVERY: Duration = Duration::from_secs(10);
/// How often it is looked for room when there was none.
const LOOK_FOR_ROOM_EVERY: Duration = Duration::from_secs(1);

/// One append that waits to be written.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) entries: Vec<Entry>,
    /// Its part of the bytes that may wait; given back when it is written.
    pub(super) waiting: OwnedSemaphorePermit,
    pub(super) done: oneshot::Sender<Result<Vec<Position>>>,
}

impl Append {
    fn frame_bytes(&self) -> usize {
        self.entries.iter().map(|entry| FRAME_HEADER + entry.bytes.len()).sum()
    }
}

/// The segment that is written to.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) file: File,
    pub(super) header: SegmentHeader,
    /// Length of its header and durable records.
    pub(super) length: u64,
    /// How long it may become: its preallocated bytes.
    pub(super) room: u64,
    /// When its first record may have been written.
    pub(super) since: SystemTime,
}

/// Why nothing was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Full(String),
    Retryable(String),
    Broken(String),
}

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    /// `None` until there is room for one.
    pub(super) active: Option<Active>,
    /// The offset of the next record.
    pub(super) next: u64,
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, active: Option<Active>, next: u64) -> Self {
        Self { shared, active, next, buffer: Vec::new() }
    }

    /// Writes what comes until nobody can send any more.
    pub(super) fn run(mut self, appends: &Receiver<Append>) {
        self.tidy(SystemTime::now());
        loop {
            let patience = if matches!(*self.shared.state(), State::Full(_)) { LOOK_FOR_ROOM_EVERY } else { TIDY_EVERY };
            match appends.recv_timeout(patience) {
                Ok(first) => {
                    let mut bytes = first.frame_bytes();
                    let mut group = vec![first];
                    while bytes < WRITE_BYTES {
                        let Ok(append) = appends.try_recv() else { break };
                        bytes += append.frame_bytes();
                        group.push(append);
                    }
                    self.commit(group, bytes as u64);
                }
                Err(RecvTimeoutError::Timeout) => self.tidy(SystemTime::now()),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Makes a group of appends durable and answers each.
    fn commit(&mut self, group: Vec<Append>, bytes: u64) {
        let first = self.next;
        let outcome = self.write(&group, bytes);
        match &outcome {
            Ok(()) => self.note(State::Well),
            Err(Fault::Full(cause)) => self.note(State::Full(cause.clone())),
            Err(Fault::Broken(cause)) => self.note(State::Broken(cause.clone())),
            Err(Fault::Retryable(cause)) => warn!(cause, "appending to the log failed"),
        }
        let mut offset = first;
        for Append { entries, waiting, done } in group {
            let answer = match &outcome {
                Ok(()) => Ok(entries.iter().map(|_| next_position(&mut offset)).collect()),
                Err(fault) => Err(self.shared.error(fault)),
            };
            drop(waiting);
            // The one who waited may have gone; the records are there all the same.
            let _ = done.send(answer);
        }
    }

    fn write(&mut self, group: &[Append], bytes: u64) -> Result<(), Fault> {
        if let State::Broken(cause) = &*self.shared.state() {
            return Err(Fault::Broken(cause.clone()));
        }
        if self.active.as_ref().is_none_or(|active| active.length + bytes > active.room) {
            self.start_segment(bytes)?;
        }
        self.buffer.clear();
        let active = self.active.as_mut().expect("a segment was started or was there");
        let mut place = 0;
        for entry in group.iter().flat_map(|append| &append.entries) {
            frame::encode(&mut self.buffer, active.header.seed(), self.next + u64::from(place), place, &entry.bytes);
            place += 1;
        }
        // What a failed write leaves behind `length` is written over by the next one.
        active.file.write_all_at(&self.buffer, active.length).map_err(|e| write_fault(&e))?;
        let started = Instant::now();
        active.file.sync_data().map_err(|e| sync_fault(&e))?;
        metrics::histogram!("belfry_log_fsync_seconds").record(started.elapsed());
        metrics::counter!("belfry_log_appended_bytes_total").increment(bytes);
        metrics::counter!("belfry_log_appended_records_total").increment(place.into());
        active.length += self.buffer.len() as u64;
        self.next += u64::from(place);
        self.shared.publish(active.length, self.next);
        self.buffer.clear();
        self.buffer.shrink_to(2 * WRITE_BYTES);
        Ok(())
    }

    /// Makes a new segment with room for `bytes` of frames, and lets go of the one before.
    fn start_segment(&mut self, bytes: u64) -> Result<(), Fault> {
        let size = self.shared.options.segment_bytes.max(SEGMENT_HEADER as u64 + bytes);
        room::tidy(&self.shared, SystemTime::now());
        room::make_room(&self.shared, size).map_err(Fault::Full)?;
        let salt = getrandom::u64().map_err(|e| Fault::Retryable(format!("no random numbers for a new segment: {e}")))?;
        let header = SegmentHeader { base: self.next, salt };
        let file = segment::create(&self.shared.dir, header, size).map_err(|e| write_fault(&e))?;
        self.seal()?;
        let now = SystemTime::now();
        let length = SEGMENT_HEADER as u64;
        self.active = Some(Active { file, header, length, room: size, since: now });
        self.shared.add(Segment { base: self.next, length, bytes: size, written: now });
        metrics::gauge!("belfry_log_bytes").set(self.shared.table().bytes() as f64);
        Ok(())
    }

    /// Gives back what the active segment has preallocated and not used. Nothing is written to it any more.
    fn seal(&mut self) -> Result<(), Fault> {
        let Some(active) = self.active.take() else { return Ok(()) };
        active.file.set_len(active.length).and_then(|()| active.file.sync_all()).map_err(|e| sync_fault(&e))?;
        self.shared.sealed(active.length, SystemTime::now());
        Ok(())
    }

    /// Keeps what is to be kept, and looks for room if there was none.
    fn tidy(&mut self, now: SystemTime) {
        room::tidy(&self.shared, now);
        let outlived = self.active.as_ref().is_some_and(|active| {
            let age = now.duration_since(active.since).unwrap_or_default();
            active.length > SEGMENT_HEADER as u64 && age.as_secs() >= self.shared.options.keep_seconds
        });
        // In a quiet log, too, raw events must not stay for ever: their segment must end to be unlinked some time.
        if outlived {
            match self.start_segment(0) {
                Ok(()) => room::tidy(&self.shared, SystemTime::now()),
                Err(fault) => warn!(?fault, "the oldest records of the log stay for longer than keep_seconds"),
            }
        }
        let full = matches!(*self.shared.state(), State::Full(_));
        if full && room::make_room(&self.shared, self.shared.options.segment_bytes).is_ok() {
            self.note(State::Well);
        }
    }

    /// Remembers how it stands, for `health`, and says so when it changes.
    fn note(&self, state: State) {
        let mut current = self.shared.state();
        if discriminant(&*current) != discriminant(&state) {
            match &state {
                State::Well => info!("the log takes records again"),
                State::Full(cause) => warn!(cause, "the log is full"),
                State::Broken(cause) => error!(cause, "the log takes no more records until it is opened anew"),
            }
        }
        *current = state;
    }
}

impl Shared {
    fn error(&self, fault: &Fault) -> Error {
        let doing = format!("appending to the log in {}", self.dir.display());
        match fault {
            Fault::Full(cause) => Error::Full { doing, cause: cause.clone() },
            Fault::Retryable(cause) => Error::retryable(doing, cause),
            Fault::Broken(cause) => Error::terminal(doing, format!("{cause}; restart to look at what is on the disk")),
        }
    }
}

fn next_position(offset: &mut u64) -> Position {
    let position = Position { partition: 0, offset: *offset };
    *offset += 1;
    position
}

/// Whether the disk or a quota is used up.
pub(super) fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// A write that failed before any `fdatasync`: nothing of it counts, and the next one starts at the same place.
fn write_fault(error: &io::Error) -> Fault {
    if is_no_room(error) {
        Fault::Full(format!("the disk says: {error}"))
    } else if error.raw_os_error() == Some(Errno::IO.raw_os_error()) {
        Fault::Broken(format!("the disk is failing: {error}"))
    } else {
        Fault::Retryable(format!("writing failed: {error}"))
    }
}

fn sync_fault(error: &io::Error) -> Fault {
    Fault::Broken(format!("fdatasync failed, so nobody knows what is on the disk: {error}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use bytes::Bytes;
    use schemas::ids::EventId;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::log::{
        EventLog,
        file::{FileLog, Options},
    };

    /// One append, and where its answer comes.
    fn append(entries: Vec<Entry>) -> (Append, oneshot::Receiver<Result<Vec<Position>>>) {
        let (done, answer) = oneshot::channel();
        let waiting = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        (Append { entries, waiting, done }, answer)
    }

    fn entry() -> Vec<Entry> {
        vec![Entry { key: EventId([7; 16]), bytes: Bytes::from_static(b"record") }]
    }

    #[tokio::test]
    async fn after_a_failed_fdatasync_nothing_is_taken_until_the_log_is_opened_anew() {
        let dir = tempfile::tempdir().unwrap();
        let log = FileLog::open(dir.path(), Options { segment_bytes: 4_096, reserve_bytes: 0, ..Options::default() }).unwrap();
        log.append(entry()).await.unwrap();
        // Writing to /dev/null works, fdatasync does not.
        let null = fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
        let header = SegmentHeader { base: 1, salt: 1 };
        let active = Active { file: null, header, length: SEGMENT_HEADER as u64, room: 4_096, since: SystemTime::now() };
        let mut writer = Writer::new(Arc::clone(&log.shared), Some(active), 1);
        for _ in 0..2 {
            let (append, mut answer) = append(entry());
            writer.commit(vec![append], 26);
            let error = answer.try_recv().unwrap().unwrap_err();
            assert!(matches!(error, Error::Terminal { .. }) && error.to_string().contains("fdatasync failed"), "{error}");
        }
        assert!(matches!(log.health().await, Err(Error::Terminal { .. })));
        let error = log.append(entry()).await.unwrap_err();
        assert!(matches!(error, Error::Terminal { .. }), "{error}");

        drop((writer, log));
        let log = FileLog::open(dir.path(), Options::default()).unwrap();
        assert_eq!(log.append(entry()).await.unwrap()[0].offset, 1);
    }

    #[tokio::test]
    async fn appends_that_wait_together_share_a_write_and_get_their_own_positions() {
        let dir = tempfile::tempdir().unwrap();
        let log = FileLog::open(dir.path(), Options { reserve_bytes: 0, ..Options::default() }).unwrap();
        log.close().await.unwrap();
        let mut writer = Writer::new(Arc::clone(&log.shared), None, 0);
        let (first, mut first_answer) = append([entry(), entry()].concat());
        let (second, mut second_answer) = append(entry());
        let bytes = first.frame_bytes() + second.frame_bytes();
        writer.commit(vec![first, second], bytes as u64);
        let offsets = |answer: Result<Vec<Position>>| Vec::from_iter(answer.unwrap().iter().map(|position| position.offset));
        assert_eq!(offsets(first_answer.try_recv().unwrap()), [0, 1]);
        assert_eq!(offsets(second_answer.try_recv().unwrap()), [2]);
        assert_eq!(writer.active.unwrap().length, SEGMENT_HEADER as u64 + bytes as u64);
    }

    #[test]
    fn errors_of_the_disk_are_told_apart() {
        let fault = |errno: Errno| write_fault(&errno.into());
        assert!(matches!(fault(Errno::NOSPC), Fault::Full(_)));
        assert!(matches!(fault(Errno::DQUOT), Fault::Full(_)));
        assert!(matches!(fault(Errno::IO), Fault::Broken(_)));
        assert!(matches!(fault(Errno::MFILE), Fault::Retryable(_)));
    }
}
