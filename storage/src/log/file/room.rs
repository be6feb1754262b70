//! What is kept, and whether there is room for more: keeping time, configured size and disk reserve.

use std::{fs, io, path::Path, sync::PoisonError, time::SystemTime};

use tracing::{info, warn};

use super::{Options, Shared, segment};
use crate::log::Room;

/// Unlinks the segments that every group has passed and whose keeping time is over.
pub(super) fn tidy(shared: &Shared, now: SystemTime) {
    // A clock that was set back keeps a segment for longer, never shorter.
    while release_oldest(shared, |written| now.duration_since(written).is_ok_and(|age| age.as_secs() >= shared.options.keep_seconds)) {}
}

/// Sees to it that a new segment of `bytes` fits, if need be by unlinking segments that every group has passed before
/// their keeping time is over. The error says which limit is in the way.
pub(super) fn make_room(shared: &Shared, bytes: u64) -> Result<(), String> {
    loop {
        let Err(cause) = check(shared, bytes) else { return Ok(()) };
        if !release_oldest(shared, |_| true) {
            return Err(cause);
        }
    }
}

fn check(shared: &Shared, bytes: u64) -> Result<(), String> {
    let Options { max_bytes, reserve_bytes, .. } = shared.options;
    let held = shared.table().bytes();
    if held + bytes > max_bytes {
        return Err(format!("the log holds {held} bytes that some group has not read, max_bytes is {max_bytes}"));
    }
    let free = free_bytes(&shared.dir).map_err(|e| format!("the free disk room of {} is not known: {e}", shared.dir.display()))?;
    if free < bytes.saturating_add(reserve_bytes) {
        return Err(format!("{free} bytes are free on the disk of {}, reserve_bytes is {reserve_bytes}", shared.dir.display()));
    }
    Ok(())
}

/// How much more the log takes: what is left of the last segment, and whole segments for which there is room or can be
/// made.
pub(super) fn left(shared: &Shared) -> io::Result<Room> {
    let Options { max_bytes, reserve_bytes, segment_bytes, .. } = shared.options;
    let passed = shared.groups().passed_by_all().unwrap_or_default();
    let (held, going, rest) = {
        let table = shared.table();
        let rest = table.segments.back().map_or(0, |last| last.bytes.saturating_sub(last.length));
        (table.bytes(), table.passed_bytes(passed), rest)
    };
    let own = max_bytes.saturating_sub(held - going);
    let disk = free_bytes(&shared.dir)?.saturating_add(going).saturating_sub(reserve_bytes);
    let segments = own.min(disk) / segment_bytes.max(1);
    let free_bytes = segments.saturating_mul(segment_bytes).saturating_add(rest);
    Ok(Room { free_bytes, share: (free_bytes as f64 / max_bytes.max(1) as f64).min(1.0) })
}

/// Unlinks the oldest segment if every group has passed it and `may`, asked with the time of its last write, agrees.
fn release_oldest(shared: &Shared, may: impl Fn(SystemTime) -> bool) -> bool {
    // Both locks together: a new group must not start in a segment that is just going.
    let groups = shared.groups.lock().unwrap_or_else(PoisonError::into_inner);
    let mut table = shared.table();
    let passed = groups.passed_by_all().and_then(|offset| table.passed(offset)).filter(|oldest| may(oldest.written));
    let Some(base) = passed.map(|oldest| oldest.base) else { return false };
    table.segments.pop_front();
    drop((table, groups));
    let path = segment::path(&shared.dir, base);
    // A segment that comes back after a crash has been passed by every group, and goes again.
    match fs::remove_file(&path).and_then(|()| segment::sync_dir(&shared.dir)) {
        Ok(()) => info!(segment = %path.display(), "removed a segment of the log that every group has read"),
        Err(e) => warn!(segment = %path.display(), error = %e, "a segment of the log could not be removed"),
    }
    true
}

fn free_bytes(dir: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(dir)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use schemas::ids::EventId;

    use super::*;
    use crate::log::{Entry, EventLog, file::FileLog};

    #[tokio::test]
    async fn room_shrinks_with_what_is_held_and_comes_back_with_what_every_group_has_read() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 64 << 10, max_bytes: 256 << 10, reserve_bytes: 0, keep_seconds: 3_600 };
        let log = FileLog::open(dir.path(), options.clone()).unwrap();
        let room = async || log.room().await.unwrap().unwrap();
        let empty = room().await;
        assert!(empty.share > 0.99 && empty.free_bytes == 256 << 10, "{empty:?}");
        let record = |n: u8| Entry { key: EventId([n; 16]), bytes: vec![n; 30_000].into() };
        log.read("processor", 1, 1, Duration::ZERO).await.unwrap();
        let mut last = None;
        // Two of them fill a segment.
        for n in 0..6 {
            let before = room().await;
            last = log.append(vec![record(n)]).await.unwrap().pop();
            assert!(room().await.free_bytes < before.free_bytes);
        }
        let short = room().await;
        assert!(short.free_bytes < 80 << 10 && short.share < 0.32, "{short:?}");
        log.commit("processor", last.unwrap()).await.unwrap();
        // The two segments before the last can go, and the last has but a few bytes left.
        let again = room().await;
        assert!(again.free_bytes >= 3 * (64 << 10) && again.free_bytes < (3 * (64 << 10)) + 8_000, "{again:?}");
        let disk = Options { reserve_bytes: u64::MAX, ..options };
        drop(log);
        let log = FileLog::open(dir.path(), disk).unwrap();
        assert!(log.room().await.unwrap().unwrap().free_bytes < 64 << 10);
    }
}
