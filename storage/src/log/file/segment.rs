//! Segment files as a whole: their names, how one is made, and the table of those that are there.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::fs::{FallocateFlags, fallocate};

use super::frame::{SEGMENT_HEADER, SegmentHeader};
use crate::{Error, Result};

const SUFFIX: &str = ".log";
const UNFINISHED: &str = ".log.new";

/// The file of the segment whose first record has this offset. Names sort as offsets do.
pub(super) fn path(dir: &Path, base: u64) -> PathBuf {
    dir.join(format!("{base:020}{SUFFIX}"))
}

/// The offsets of the segments in a directory, rising.
pub(super) fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut bases = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).filter(|digits| digits.len() == 20);
        bases.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
    }
    bases.sort_unstable();
    Ok(bases)
}

/// Removes what a crash left of segments that were being made.
pub(super) fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.ends_with(UNFINISHED)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Makes a segment file of `bytes`, open for writing. It has its name only once it is whole and durable, so a named
/// segment always has its header. Replaces a segment of the same offset, which can only be empty.
pub(super) fn create(dir: &Path, header: SegmentHeader, bytes: u64) -> io::Result<File> {
    let named = path(dir, header.base);
    let unfinished = dir.join(format!("{:020}{UNFINISHED}", header.base));
    let made = write_new(&unfinished, header, bytes).and_then(|file| {
        fs::rename(&unfinished, &named)?;
        sync_dir(dir)?;
        Ok(file)
    });
    if made.is_err() {
        // What is left does no harm, but its room may be what is missing.
        let _ = fs::remove_file(&unfinished);
    }
    made
}

fn write_new(path: &Path, header: SegmentHeader, bytes: u64) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    preallocate(&file, bytes)?;
    file.write_all(&header.encode())?;
    file.sync_all()?;
    Ok(file)
}

/// Takes the disk room for a file of `bytes` now, so that later writes find it.
pub(super) fn preallocate(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = vec![0; 1 << 20];
            let mut at = file.metadata()?.len();
            while at < bytes {
                let piece = zeros.len().min((bytes - at) as usize);
                file.write_all_at(&zeros[..piece], at)?;
                at += piece as u64;
            }
            Ok(())
        }
        other => Ok(other?),
    }
}

/// One segment that is there.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Offset of its first record.
    pub(super) base: u64,
    /// Length of its header and durable records.
    pub(super) length: u64,
    /// Bytes on disk, with what is preallocated.
    pub(super) bytes: u64,
    /// When its last record was written, for the keeping time.
    pub(super) written: SystemTime,
}

/// Where to read a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The segment's first offset.
    pub(super) base: u64,
    /// How far its file may be read.
    pub(super) length: u64,
    /// The offset after its last durable record.
    pub(super) end: u64,
}

/// The segments that are there, oldest first. Only the last is written to.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) segments: VecDeque<Segment>,
    /// The offset after the last durable record.
    pub(super) end: u64,
}

impl Table {
    /// Offset of the oldest record kept.
    pub(super) fn oldest(&self) -> u64 {
        self.segments.front().map_or(self.end, |segment| segment.base)
    }

    /// Bytes on disk of all segments.
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Where the record with this offset stands; `None` if it is not there.
    pub(super) fn place(&self, offset: u64) -> Option<Place> {
        let after = self.segments.partition_point(|segment| segment.base <= offset);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        let end = self.segments.get(after).map_or(self.end, |next| next.base);
        (offset < end).then_some(Place { base: segment.base, length: segment.length, end })
    }

    /// Bytes on disk of the segments that another follows and in which every record is before `offset`.
    pub(super) fn passed_bytes(&self, offset: u64) -> u64 {
        let followers = self.segments.iter().skip(1).take_while(|next| next.base <= offset);
        self.segments.iter().zip(followers).map(|(segment, _)| segment.bytes).sum()
    }

    /// The oldest segment, if another follows and every record in it is before `offset`.
    pub(super) fn passed(&self, offset: u64) -> Option<&Segment> {
        self.segments.get(1).filter(|second| second.base <= offset)?;
        self.segments.front()
    }
}

/// The table of a directory as it is listed; the last segment's length is not known yet, it stands as the header's.
pub(super) fn table(dir: &Path) -> Result<Table> {
    let failed = |e: io::Error| Error::terminal(format!("listing the segments in {}", dir.display()), e);
    let mut table = Table::default();
    for base in list(dir).map_err(failed)? {
        let metadata = fs::metadata(path(dir, base)).map_err(failed)?;
        let written = metadata.modified().map_err(failed)?;
        table.segments.push_back(Segment { base, length: metadata.len(), bytes: metadata.len(), written });
    }
    if let Some(last) = table.segments.back_mut() {
        last.length = SEGMENT_HEADER as u64;
        table.end = last.base;
    }
    Ok(table)
}
