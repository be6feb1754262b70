//! What opening a log does with what it finds: cuts off a torn write, refuses damage.

use std::{fs::OpenOptions, io, path::Path, time::SystemTime};

use tracing::{info, warn};

use super::{
    Options,
    groups::Groups,
    scan::{Found, Scan, damaged},
    segment::{self, Table},
    writer::{Active, is_no_room},
};
use crate::{Error, Result};

/// The segments of a directory, and the last of them open for writing, cut behind its last whole record.
///
/// Segments before the last are not read here: they were durable as a whole before the next was started, and a
/// reader that comes to damage in them says so.
pub(super) fn recover(dir: &Path, groups: &Groups, options: &Options) -> Result<(Table, Option<Active>)> {
    let mut table = segment::table(dir)?;
    let mut active = None;
    if let Some(last) = table.segments.back_mut() {
        let path = segment::path(dir, last.base);
        let end_of_file = last.bytes;
        let scan = scan_to_end(&path, last.base, end_of_file)?;
        last.length = scan.position();
        table.end = scan.next_offset();
        active = reopen(&path, &scan, end_of_file, last.written, options)?;
        last.bytes = active.as_ref().map_or(last.length, |active| active.room);
    }
    if let Some((group, next)) = groups.foremost().filter(|(_, next)| *next > table.end) {
        let (path, position) = match table.segments.back() {
            Some(last) => (segment::path(dir, last.base), last.length),
            None => (dir.to_owned(), 0),
        };
        let cause = format!("the records {} to {} are gone, which the group {group} has read", table.end, next - 1);
        return Err(damaged(&path, position, &cause));
    }
    Ok((table, active))
}

/// Reads a segment up to its last whole record.
fn scan_to_end(path: &Path, base: u64, end: u64) -> Result<Scan> {
    let mut scan = Scan::open(path, base)?;
    while scan.step(end)? != Found::Nothing {}
    Ok(scan)
}

/// Opens a segment of `bytes` for writing behind its last whole record. `None` when the disk has no room for it.
fn reopen(path: &Path, scan: &Scan, bytes: u64, written: SystemTime, options: &Options) -> Result<Option<Active>> {
    let failed = |e: io::Error| Error::terminal(format!("opening {} for writing", path.display()), e);
    let length = scan.position();
    let torn = scan.has_remains(bytes)?;
    if torn && let Some((at, later)) = scan.find_proof_of_damage(bytes)? {
        let cause = format!("record {} is not whole, and record {later} at byte {at} was written after it was durable", scan.next_offset());
        return Err(damaged(path, length, &cause));
    }
    let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
    if torn {
        info!(file = %path.display(), at = length, "cut off a write that a crash had torn");
        file.set_len(length).map_err(failed)?;
    }
    let room = options.segment_bytes.max(if torn { length } else { bytes });
    match segment::preallocate(&file, room).and_then(|()| file.sync_all()) {
        Ok(()) => Ok(Some(Active { file, header: scan.header(), length, room, since: written })),
        Err(e) if is_no_room(&e) => {
            warn!(file = %path.display(), error = %e, "no disk room to go on writing this segment of the log");
            Ok(None)
        }
        Err(e) => Err(failed(e)),
    }
}
