//! What is kept, and whether there is room for more: keeping time, configured size and disk reserve.

use std::{fs, io, path::Path, sync::PoisonError, time::SystemTime};

use tracing::{info, warn};

use super::{Options, Shared, segment};

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
