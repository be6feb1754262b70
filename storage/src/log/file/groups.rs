//! How far each group has come, durably: one file with two slots that are written in turn.
//!
//! A write that is torn leaves the other slot, and a commit needs no new disk room: it works when the disk is full,
//! and only commits make room. Never moves a group back.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{scan::damaged, segment::sync_dir};
use crate::{Error, Result};

/// The newest format that is written and read here.
const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"BELFRYGP";
const SLOT: usize = 4096;
/// Most groups of one log. Their longest names fill a slot to a third.
const MOST_GROUPS: usize = 16;

/// The groups of one log and the file that holds them, which is locked while this lives.
#[derive(Debug)]
pub(super) struct Groups {
    file: File,
    path: PathBuf,
    /// What was written last.
    slot: Slot,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    /// Counts the writes; a write goes to the slot of its generation modulo 2.
    generation: u64,
    /// The next offset that each group has not committed.
    next: BTreeMap<String, u64>,
}

#[derive(Debug, PartialEq, Eq)]
enum BadSlot {
    Damaged,
    Newer(u32),
}

impl Groups {
    /// Opens or makes the file `groups` in the log's directory and locks it.
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("groups");
        let failed = |e: io::Error| Error::terminal(format!("opening {}", path.display()), e);
        if !path.try_exists().map_err(failed)? {
            create(dir, &path).map_err(failed)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
        file.try_lock().map_err(|e| match e {
            TryLockError::WouldBlock => Error::Mismatch {
                what: format!("the log in {} is in use by another process", dir.display()),
                remedy: "stop that process or use another data directory".into(),
            },
            TryLockError::Error(e) => failed(e),
        })?;
        let slot = read(&file, &path)?;
        Ok(Self { file, path, slot })
    }

    /// Lets others open the log. Nothing is to be written here afterwards.
    pub(super) fn unlock(&self) -> Result<()> {
        self.file.unlock().map_err(|e| Error::terminal(format!("unlocking {}", self.path.display()), e))
    }

    /// The next offset that the group has not committed, if it is known.
    pub(super) fn next(&self, group: &str) -> Option<u64> {
        self.slot.next.get(group).copied()
    }

    /// The group that is ahead of all others, and its next offset.
    pub(super) fn foremost(&self) -> Option<(&str, u64)> {
        self.slot.next.iter().max_by_key(|(_, next)| **next).map(|(group, next)| (group.as_str(), *next))
    }

    /// Every group has committed everything before this offset; `None` without groups.
    pub(super) fn passed_by_all(&self) -> Option<u64> {
        self.slot.next.values().copied().min()
    }

    /// Makes `next` the group's position, durably, unless it is further already.
    pub(super) fn advance(&mut self, group: &str, next: u64) -> Result<()> {
        match self.next(group) {
            Some(current) if current >= next => return Ok(()),
            None if self.slot.next.len() == MOST_GROUPS => {
                let cause = format!("the log has {MOST_GROUPS} groups already, which is the limit");
                return Err(Error::terminal(format!("starting the group {group}"), cause));
            }
            _ => {}
        }
        let mut slot = self.slot.clone();
        slot.generation += 1;
        slot.next.insert(group.to_owned(), next);
        // After an error the same slot is written whole again, so a later success is true.
        let written = self.file.write_all_at(&slot.encode(), slot.position()).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::retryable(format!("writing the position of the group {group} to {}", self.path.display()), e))?;
        self.slot = slot;
        Ok(())
    }
}

impl Slot {
    fn position(&self) -> u64 {
        self.generation % 2 * SLOT as u64
    }

    fn encode(&self) -> [u8; SLOT] {
        let mut body = Vec::with_capacity(SLOT);
        body.extend_from_slice(&self.generation.to_le_bytes());
        body.push(self.next.len() as u8);
        for (group, next) in &self.next {
            body.push(group.len() as u8);
            body.extend_from_slice(group.as_bytes());
            body.extend_from_slice(&next.to_le_bytes());
        }
        body.resize(SLOT - 16, 0);
        let mut bytes = [0; SLOT];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..].copy_from_slice(&body);
        let crc = Self::crc(VERSION, &body);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Every version keeps the place and the reach of the checksum, so that damage is never taken for a newer version.
    fn crc(version: u32, body: &[u8]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c(&version.to_le_bytes()), body)
    }

    fn decode(bytes: &[u8]) -> Result<Self, BadSlot> {
        let mut rest = bytes;
        if take(&mut rest, 8)? != MAGIC {
            return Err(BadSlot::Damaged);
        }
        let version = u32::from_le_bytes(array(&mut rest)?);
        if u32::from_le_bytes(array(&mut rest)?) != Self::crc(version, rest) {
            return Err(BadSlot::Damaged);
        }
        if version > VERSION {
            return Err(BadSlot::Newer(version));
        }
        let mut slot = Self { generation: u64::from_le_bytes(array(&mut rest)?), next: BTreeMap::new() };
        let [count] = array(&mut rest)?;
        for _ in 0..count {
            let [length] = array(&mut rest)?;
            let group = std::str::from_utf8(take(&mut rest, length.into())?).map_err(|_| BadSlot::Damaged)?;
            slot.next.insert(group.to_owned(), u64::from_le_bytes(array(&mut rest)?));
        }
        Ok(slot)
    }
}

fn take<'a>(from: &mut &'a [u8], bytes: usize) -> Result<&'a [u8], BadSlot> {
    from.split_off(..bytes).ok_or(BadSlot::Damaged)
}

fn array<const N: usize>(from: &mut &[u8]) -> Result<[u8; N], BadSlot> {
    take(from, N)?.try_into().map_err(|_| BadSlot::Damaged)
}

/// Makes the file with its first slot; it has its name only once it is whole.
fn create(dir: &Path, path: &Path) -> io::Result<()> {
    let unfinished = dir.join("groups.new");
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all_at(&[0; 2 * SLOT], 0)?;
    let first = Slot { generation: 1, next: BTreeMap::new() };
    file.write_all_at(&first.encode(), first.position())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_dir(dir)
}

/// The newer of the slots that are whole.
fn read(file: &File, path: &Path) -> Result<Slot> {
    let mut bytes = [0; 2 * SLOT];
    file.read_exact_at(&mut bytes, 0).map_err(|e| Error::terminal(format!("reading {}", path.display()), e))?;
    let mut newest: Option<Slot> = None;
    for half in bytes.chunks_exact(SLOT) {
        match Slot::decode(half) {
            Ok(slot) if newest.as_ref().is_none_or(|newest| newest.generation < slot.generation) => newest = Some(slot),
            Ok(_) | Err(BadSlot::Damaged) => {}
            Err(BadSlot::Newer(version)) => {
                return Err(Error::Mismatch {
                    what: format!("{} has format {version}, this program reads up to {VERSION}", path.display()),
                    remedy: "use the newer program".into(),
                });
            }
        }
    }
    newest.ok_or_else(|| damaged(path, 0, "neither copy of the groups' positions is whole"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_write_leaves_the_position_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut groups = Groups::open(dir.path()).unwrap();
        groups.advance("processor", 5).unwrap();
        groups.advance("processor", 9).unwrap();
        let torn = groups.slot.position();
        groups.file.write_all_at(&[0xff; 100], torn + 10).unwrap();
        drop(groups);
        assert_eq!(Groups::open(dir.path()).unwrap().next("processor"), Some(5));
    }

    #[test]
    fn positions_never_move_back_and_outlive_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let mut groups = Groups::open(dir.path()).unwrap();
        groups.advance("processor", 9).unwrap();
        groups.advance("processor", 5).unwrap();
        groups.advance("other", 7).unwrap();
        drop(groups);
        let groups = Groups::open(dir.path()).unwrap();
        assert_eq!((groups.next("processor"), groups.next("other"), groups.next("unknown")), (Some(9), Some(7), None));
        assert_eq!((groups.foremost(), groups.passed_by_all()), (Some(("processor", 9)), Some(7)));
    }

    #[test]
    fn the_longest_names_of_the_most_groups_fit() {
        let dir = tempfile::tempdir().unwrap();
        let mut groups = Groups::open(dir.path()).unwrap();
        for i in 0..MOST_GROUPS {
            groups.advance(&format!("{i:064}"), u64::MAX).unwrap();
        }
        let error = groups.advance("one more", 1).unwrap_err();
        assert!(matches!(error, Error::Terminal { .. }), "{error}");
        drop(groups);
        assert_eq!(Groups::open(dir.path()).unwrap().slot.next.len(), MOST_GROUPS);
    }

    #[test]
    fn a_second_opening_is_refused_while_the_first_lives() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Groups::open(dir.path()).unwrap();
        let error = Groups::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("in use by another process"), "{error}");
    }

    #[test]
    fn a_newer_format_is_refused_by_name_and_damage_to_both_copies_too() {
        let dir = tempfile::tempdir().unwrap();
        let groups = Groups::open(dir.path()).unwrap();
        let mut newer = groups.slot.encode();
        newer[8] = 2;
        let crc = Slot::crc(2, &newer[16..]);
        newer[12..16].copy_from_slice(&crc.to_le_bytes());
        groups.file.write_all_at(&newer, 0).unwrap();
        groups.file.write_all_at(&newer, SLOT as u64).unwrap();
        let error = read(&groups.file, &groups.path).unwrap_err().to_string();
        assert!(error.contains("format 2"), "{error}");
        groups.file.write_all_at(&[1; 2 * SLOT], 0).unwrap();
        let error = read(&groups.file, &groups.path).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}
