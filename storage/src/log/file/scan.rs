//! Reads the frames of one segment file in order, and tells a torn tail from damage. Never writes.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use bytes::{Buf, Bytes};
use schemas::limits;

use super::frame::{BadHeader, FRAME_HEADER, FrameHeader, SEGMENT_HEADER, SegmentHeader, VERSION};
use crate::{Error, Result};

/// How much is read ahead at least.
const READ_AHEAD: usize = 256 << 10;

/// What stands at the place where the next record should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The next record.
    Record(Bytes),
    /// No whole record with the expected offset. The scan stays before it.
    Nothing,
}

/// A segment file open for reading, at the frame of one record.
#[derive(Debug)]
pub(super) struct Scan {
    file: File,
    path: PathBuf,
    header: SegmentHeader,
    /// What the checksums of this segment start with.
    seed: u32,
    /// Offset of the record that is expected next.
    next: u64,
    /// Where its frame starts in the file.
    position: u64,
    /// What was read of the file from `position` on.
    ahead: Bytes,
}

impl Scan {
    /// Opens a segment at its first record, whose offset the file's name says.
    pub(super) fn open(path: &Path, base: u64) -> Result<Self> {
        let mut file = File::open(path).map_err(|e| failed(path, &e))?;
        let mut bytes = [0; SEGMENT_HEADER];
        file.read_exact(&mut bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => damaged(path, 0, "the file ends within its header"),
            _ => failed(path, &e),
        })?;
        let header = SegmentHeader::decode(&bytes).map_err(|bad| match bad {
            BadHeader::Damaged(cause) => damaged(path, 0, cause),
            BadHeader::Newer(version) => Error::Mismatch {
                what: format!("{} has format {version}, this program reads up to {VERSION}", path.display()),
                remedy: "use the newer program".into(),
            },
        })?;
        if header.base != base {
            return Err(damaged(path, 0, &format!("by its header the first record is {}: the file was renamed", header.base)));
        }
        let position = SEGMENT_HEADER as u64;
        Ok(Self { file, path: path.to_owned(), header, seed: header.seed(), next: base, position, ahead: Bytes::new() })
    }

    /// Offset of the record that is expected next.
    pub(super) fn next_offset(&self) -> u64 {
        self.next
    }

    /// Where the next frame starts in the file.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// What the segment says about itself.
    pub(super) fn header(&self) -> SegmentHeader {
        self.header
    }

    /// What the next frame says about the length of its record, if there is one before `end`.
    pub(super) fn peek_length(&mut self, end: u64) -> Result<Option<usize>> {
        Ok(if self.have(FRAME_HEADER, end)? { FrameHeader::decode(&self.ahead).map(|frame| frame.length) } else { None })
    }

    /// The next record, if it stands whole before `end` in the file; nothing behind `end` is looked at or kept.
    pub(super) fn step(&mut self, end: u64) -> Result<Found> {
        if !self.have(FRAME_HEADER, end)? {
            return Ok(Found::Nothing);
        }
        let Some(frame) = FrameHeader::decode(&self.ahead).filter(|frame| frame.offset == self.next) else {
            return Ok(Found::Nothing);
        };
        if !self.have(frame.frame_bytes(), end)? || !frame.holds(self.seed, &self.ahead) {
            return Ok(Found::Nothing);
        }
        self.ahead.advance(FRAME_HEADER);
        let record = self.ahead.split_to(frame.length);
        self.position += frame.frame_bytes() as u64;
        self.next += 1;
        Ok(Found::Record(record))
    }

    /// The error for a record that should be here and is not.
    pub(super) fn damage(&self) -> Error {
        damaged(&self.path, self.position, &format!("record {} is not whole", self.next))
    }

    /// Sees to it that `bytes` are read ahead; false if they do not stand before `end`.
    fn have(&mut self, bytes: usize, end: u64) -> Result<bool> {
        let have = self.ahead.len();
        if have >= bytes {
            return Ok(true);
        }
        let from = self.position + have as u64;
        let more = end.saturating_sub(from).min(bytes.max(READ_AHEAD) as u64);
        if ((have as u64) + more) < bytes as u64 {
            return Ok(false);
        }
        let mut chunk = Vec::with_capacity(have + more as usize);
        chunk.extend_from_slice(&self.ahead);
        self.file.seek(SeekFrom::Start(from)).map_err(|e| failed(&self.path, &e))?;
        (&self.file).take(more).read_to_end(&mut chunk).map_err(|e| failed(&self.path, &e))?;
        self.ahead = Bytes::from(chunk);
        Ok(self.ahead.len() >= bytes)
    }

    /// The first frame behind the missing record that proves that this record had been made durable, as its place in
    /// the file and its offset. `None` means that nothing behind here was ever acknowledged: a torn tail.
    pub(super) fn find_proof_of_damage(&self, end: u64) -> Result<Option<(u64, u64)>> {
        const WINDOW: usize = 4 << 20;
        const OVERLAP: usize = FRAME_HEADER + limits::RECORD_BYTES;
        let last_possible = self.next + (end - self.position.min(end)) / FRAME_HEADER as u64;
        let proves = |frame: &FrameHeader| frame.offset <= last_possible && frame.durable_before() > self.next;
        let mut window = vec![0; WINDOW + OVERLAP];
        let mut start = self.position;
        while start < end {
            let filled = read_at_most(&self.file, &mut window, start, end).map_err(|e| failed(&self.path, &e))?;
            let bytes = &window[..filled];
            let mut at = 0;
            while at < filled.min(WINDOW) {
                // Most of a torn tail is the zeros of preallocation. A frame can start with zeros only in its checksum.
                let zeros = bytes[at..].iter().take_while(|b| **b == 0).count();
                at += zeros.saturating_sub(4);
                let frame = FrameHeader::decode(&bytes[at.min(filled)..]);
                if let Some(frame) = frame.filter(|frame| proves(frame) && frame.holds(self.seed, &bytes[at..])) {
                    return Ok(Some((start + at as u64, frame.offset)));
                }
                at += 1;
            }
            start += WINDOW as u64;
        }
        Ok(None)
    }

    /// Whether there is anything but zeros from here to `end`.
    pub(super) fn has_remains(&self, end: u64) -> Result<bool> {
        let mut window = vec![0; 1 << 20];
        let mut start = self.position;
        while start < end {
            let filled = read_at_most(&self.file, &mut window, start, end).map_err(|e| failed(&self.path, &e))?;
            if filled == 0 {
                break;
            }
            if window[..filled].iter().any(|b| *b != 0) {
                return Ok(true);
            }
            start += filled as u64;
        }
        Ok(false)
    }
}

fn read_at_most(file: &File, into: &mut [u8], start: u64, end: u64) -> io::Result<usize> {
    let wanted = into.len().min((end - start) as usize);
    let mut filled = 0;
    while filled < wanted {
        match file.read_at(&mut into[filled..wanted], start + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::terminal(format!("reading {}", path.display()), error)
}

/// Damage at an offset of a file.
pub(super) fn damaged(path: &Path, position: u64, cause: &str) -> Error {
    Error::Damaged {
        place: format!("{} at byte {position}", path.display()),
        cause: format!("{cause}; nothing was changed, and nothing goes on until someone decides what is to be kept"),
    }
}
