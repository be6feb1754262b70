//! Groups: counted per segment by number, joined across segments and days by value.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, Hasher},
    io,
};

use schemas::query::{FieldRef, Value};

use super::{
    DOING,
    axis::{Axis, NONE, decode},
    more::More,
};
use crate::{
    Error, Result,
    index::tantivy::{fault::fault, seen::mix},
};

/// Most cells of one segment that are counted by their place; more are counted by hash.
const DENSE_CELLS: usize = 1 << 20;
/// Most cells of one segment that are counted by hash.
const SPARSE_CELLS: usize = 2 << 20;
/// Most memory for the groups of one count, in bytes.
const GROUP_BYTES: usize = 192 << 20;
/// What a group takes beside its key, in bytes.
const GROUP_OVERHEAD: usize = 72;

/// The cell of a document without a group.
pub(super) const NOWHERE: u64 = u64::MAX;

/// The cell of two numbers.
pub(super) fn key(one: u32, two: u32) -> u64 {
    if one == NONE || two == NONE { NOWHERE } else { u64::from(one) << 32 | u64::from(two) }
}

/// Hashes numbers that are small or random.
#[derive(Default)]
pub(in crate::index::tantivy) struct Mix(u64);

pub(in crate::index::tantivy) type Mixing = BuildHasherDefault<Mix>;

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = crate::index::tantivy::seen::hash(bytes) ^ mix(self.0);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// How many events, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) count: u64,
    /// What they stand for beyond themselves.
    more: u64,
    least: i64,
    greatest: i64,
}

impl Default for Cell {
    fn default() -> Self {
        Self { count: 0, more: 0, least: i64::MAX, greatest: i64::MIN }
    }
}

impl Cell {
    fn add(&mut self, millis: i64, more: u64) {
        self.count += 1;
        self.more += more;
        self.least = self.least.min(millis);
        self.greatest = self.greatest.max(millis);
    }

    pub(super) fn add_all(&mut self, times: &[i64], more: More<'_>) {
        times.iter().for_each(|millis| self.add(*millis, 0));
        self.more += more.sum();
    }

    /// The sum of the weights.
    pub(super) fn weight(&self) -> u64 {
        self.count + self.more
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.more += other.more;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    pub(super) fn seen(&self) -> (i64, i64) {
        (self.least, self.greatest)
    }
}

/// The groups of one segment.
pub(super) enum Cells {
    /// By place: the number of the first field times `width` and that of the second.
    Dense { cells: Vec<Cell>, width: usize },
    /// By key.
    Sparse { cells: HashMap<u64, Cell, Mixing>, full: bool },
}

impl Cells {
    pub(super) fn new(axes: &[Axis]) -> Self {
        let sized = axes.iter().all(Axis::is_sized);
        let width = axes.get(1).map_or(1, Axis::size);
        let cells = axes.iter().map(Axis::size).try_fold(1_usize, usize::checked_mul).unwrap_or(usize::MAX);
        if sized && cells <= DENSE_CELLS {
            Self::Dense { cells: vec![Cell::default(); if axes.is_empty() { 0 } else { cells }], width }
        } else {
            Self::Sparse { cells: HashMap::default(), full: false }
        }
    }

    pub(super) fn add(&mut self, key: u64, millis: i64, more: u64) {
        if key == NOWHERE {
            return;
        }
        match self {
            Self::Dense { cells, width } => cells[(key >> 32) as usize * *width + (key as u32) as usize].add(millis, more),
            // The count is going to fail: only no more memory is taken.
            Self::Sparse { cells, full } if cells.len() >= SPARSE_CELLS => match cells.get_mut(&key) {
                Some(cell) => cell.add(millis, more),
                None => *full = true,
            },
            Self::Sparse { cells, .. } => cells.entry(key).or_default().add(millis, more),
        }
    }

    /// Key and cell of every group.
    fn into_groups(self) -> Vec<(u64, Cell)> {
        match self {
            Self::Dense { cells, width } => {
                let key = |place: usize| ((place / width) as u64) << 32 | (place % width) as u64;
                let used = cells.into_iter().enumerate().filter(|(_, cell)| cell.count > 0);
                used.map(|(place, cell)| (key(place), cell)).collect()
            }
            Self::Sparse { cells, .. } => {
                let mut groups: Vec<_> = cells.into_iter().collect();
                groups.sort_unstable_by_key(|(key, _)| *key);
                groups
            }
        }
    }
}

/// The groups of several segments, by the bytes of their values.
#[derive(Default, Clone)]
pub(super) struct Groups {
    cells: HashMap<Box<[u8]>, Cell>,
    bytes: usize,
}

/// A group of the answer.
pub(super) struct Winner {
    /// The bytes of its values.
    pub(super) key: Box<[u8]>,
    pub(super) cell: Cell,
}

impl Winner {
    /// The values of the fields that events are split by.
    pub(super) fn key(&self, by: &[FieldRef]) -> Vec<Value> {
        let mut rest = &self.key[..];
        let mut value = |field: &FieldRef| {
            let (value, after) = decode(field.field, rest);
            rest = after;
            value
        };
        by.iter().map(&mut value).collect()
    }
}

impl Groups {
    /// Adds the groups of one segment.
    pub(super) fn merge(&mut self, axes: &[Axis], cells: Cells) -> Result<()> {
        if matches!(cells, Cells::Sparse { full: true, .. }) {
            return Err(too_many(SPARSE_CELLS));
        }
        let groups = cells.into_groups();
        match axes {
            [] => Ok(()),
            [one] => {
                let locals: Vec<u32> = groups.iter().map(|(key, _)| (key >> 32) as u32).collect();
                let mut cells = groups.iter().map(|(_, cell)| cell);
                let done = one.encode(&locals, |_, key| cells.next().into_iter().for_each(|cell| self.add(key, cell)));
                done.map_err(|error| fault(DOING, error))?;
                self.check()
            }
            [one, two, ..] => {
                let (ones, twos) =
                    (texts(one, groups.iter().map(|(key, _)| (key >> 32) as u32))?, texts(two, groups.iter().map(|(key, _)| *key as u32))?);
                let mut joined = Vec::new();
                for (key, cell) in &groups {
                    joined.clear();
                    joined.extend_from_slice(&ones[&((key >> 32) as u32)]);
                    joined.extend_from_slice(&twos[&(*key as u32)]);
                    self.add(&joined, cell);
                }
                self.check()
            }
        }
    }

    fn add(&mut self, key: &[u8], cell: &Cell) {
        // Beyond the limit the count is going to fail: only no more memory is taken.
        match self.cells.get_mut(key) {
            Some(known) => known.merge(cell),
            None if self.bytes > GROUP_BYTES => {}
            None => {
                self.bytes += key.len() + GROUP_OVERHEAD;
                self.cells.insert(key.into(), *cell);
            }
        }
    }

    fn check(&self) -> Result<()> {
        if self.bytes <= GROUP_BYTES { Ok(()) } else { Err(too_many(self.cells.len())) }
    }

    /// Adds the groups of other segments.
    pub(super) fn merge_all(&mut self, other: &Self) -> Result<()> {
        other.cells.iter().for_each(|(key, cell)| self.add(key, cell));
        self.check()
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> u64 {
        self.cells.len() as u64
    }

    /// The groups with the greatest weight; of equal ones those with the lesser key.
    pub(super) fn most(self, limit: usize) -> Vec<Winner> {
        let mut winners: Vec<Winner> = self.cells.into_iter().map(|(key, cell)| Winner { key, cell }).collect();
        let order = |a: &Winner, b: &Winner| b.cell.weight().cmp(&a.cell.weight()).then_with(|| a.key.cmp(&b.key));
        if limit > 0 && limit < winners.len() {
            winners.select_nth_unstable_by(limit - 1, order);
        }
        winners.truncate(limit);
        winners.sort_unstable_by(order);
        winners
    }
}

fn too_many(groups: usize) -> Error {
    Error::too_much(DOING, format!("there are more than {groups} groups: ask for a shorter time, a narrower query or other fields"))
}

/// The bytes of each of these numbers' values.
fn texts(axis: &Axis, locals: impl Iterator<Item = u32>) -> Result<BTreeMap<u32, Vec<u8>>> {
    let mut locals: Vec<u32> = locals.collect();
    locals.sort_unstable();
    locals.dedup();
    let mut texts = BTreeMap::new();
    axis.encode(&locals, |local, text| drop(texts.insert(local, text.to_vec()))).map_err(|error| fault(DOING, error))?;
    Ok(texts)
}

/// Which cell of a segment belongs to which winner.
#[derive(Default)]
pub(super) struct Places(HashMap<u64, u32, Mixing>);

impl Places {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, key: u64) -> Option<u32> {
        self.0.get(&key).copied()
    }
}

/// The cells of `winners` in the segment of `axes`, which are by these fields.
pub(super) fn places(axes: &mut [Axis], by: &[FieldRef], winners: &[&Winner]) -> io::Result<Places> {
    let mut places = Places::default();
    for (number, winner) in winners.iter().enumerate() {
        let mut rest = &winner.key[..];
        let mut locals = [0; 2];
        for ((axis, field), local) in axes.iter_mut().zip(by).zip(&mut locals) {
            *local = axis.find(field, rest)?.unwrap_or(NONE);
            rest = decode(field.field, rest).1;
        }
        let cell = key(locals[0], locals[1]);
        if cell != NOWHERE {
            places.0.insert(cell, number as u32);
        }
    }
    Ok(places)
}
