//! Where one group reads: in order, only what is durable, each record once in the life of the process.

use schemas::record::Position;

use super::{
    Shared,
    scan::{Found, Scan},
    segment::{self, Place},
};
use crate::{Result, log::Stored};

/// A group's place in the log, with the file that it reads.
#[derive(Debug)]
pub(super) struct Reader {
    /// Offset of the record that is given next.
    pub(super) cursor: u64,
    /// The open segment, at the cursor.
    scan: Option<(Place, Scan)>,
}

impl Reader {
    pub(super) fn at(cursor: u64) -> Self {
        Self { cursor, scan: None }
    }

    /// The records from the cursor on, as many as there are and the limits allow. Blocks on the disk.
    ///
    /// Damage is an error once the records before it were given.
    pub(super) fn read(&mut self, shared: &Shared, most: usize, most_bytes: usize) -> Result<Vec<Stored>> {
        let mut stored: Vec<Stored> = Vec::new();
        let mut bytes = 0;
        while stored.len() < most {
            let record = match self.next(shared, |length| stored.is_empty() || bytes + length <= most_bytes) {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(_) if !stored.is_empty() => break,
                Err(error) => return Err(error),
            };
            bytes += record.bytes.len();
            stored.push(record);
        }
        Ok(stored)
    }

    /// The record at the cursor, unless it is not there yet or `fits` refuses its length.
    fn next(&mut self, shared: &Shared, fits: impl Fn(usize) -> bool) -> Result<Option<Stored>> {
        let Some((place, mut scan)) = self.open(shared)? else { return Ok(None) };
        let next = match scan.peek_length(place.length)? {
            Some(length) if !fits(length) => None,
            _ => match scan.step(place.length)? {
                Found::Record(bytes) => Some(bytes),
                Found::Nothing => return Err(scan.damage()),
            },
        };
        self.scan = Some((place, scan));
        Ok(next.map(|bytes| {
            let position = Position { partition: 0, offset: self.cursor };
            self.cursor += 1;
            Stored { position, bytes }
        }))
    }

    /// The segment of the cursor, at the cursor; `None` when nothing stands there yet.
    fn open(&mut self, shared: &Shared) -> Result<Option<(Place, Scan)>> {
        if let Some((place, scan)) = self.scan.take_if(|(place, _)| self.cursor < place.end) {
            return Ok(Some((place, scan)));
        }
        let table = shared.table();
        // Only what every group has passed is unlinked, so a cursor before the oldest record has nothing to miss.
        self.cursor = self.cursor.max(table.oldest());
        let Some(place) = table.place(self.cursor) else { return Ok(None) };
        drop(table);
        if let Some((open, scan)) = self.scan.take()
            && open.base == place.base
        {
            return Ok(Some((place, scan)));
        }
        let path = segment::path(&shared.dir, place.base);
        let mut scan = Scan::open(&path, place.base)?;
        while scan.next_offset() < self.cursor {
            if scan.step(place.length)? == Found::Nothing {
                return Err(scan.damage());
            }
        }
        Ok(Some((place, scan)))
    }
}
