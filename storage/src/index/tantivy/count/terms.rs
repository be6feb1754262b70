//! What the dictionaries of segments hold, kept for the next question: to read one block of a dictionary takes as long as
//! to count thousands of events.

use std::{
    io,
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use schemas::fields::Field;
use tantivy::{columnar::StrColumn, index::SegmentId};

use super::{axis::Axis, users};
use crate::index::tantivy::parts::Part;

/// Memory for all names, and for all hashes of users, in bytes.
const NAME_BYTES: usize = 64 << 20;
const USER_BYTES: usize = 128 << 20;
/// Most dictionaries that are kept or counted how much is asked of them: segments come and go.
const DICTIONARIES: NonZero<usize> = NonZero::new(16_384).expect("more than none");
/// Most names of one segment that are kept.
const NAMES: usize = 50_000;
/// All of a dictionary is read once a part of it so large was asked for: a block holds more terms than that.
const PART: usize = 32;

/// The dictionaries of an index.
pub(in crate::index::tantivy) struct Terms {
    names: Mutex<Lru<Names>>,
    /// Of users only hashes, by their numbers.
    users: Mutex<Lru<Vec<u64>>>,
}

type Lru<T> = LruCache<(SegmentId, Field), Held<T>>;

impl Default for Terms {
    fn default() -> Self {
        Self { names: Mutex::new(LruCache::new(DICTIONARIES)), users: Mutex::new(LruCache::new(DICTIONARIES)) }
    }
}

enum Held<T> {
    /// So many terms were asked for, one by one.
    Asked(usize),
    /// All of them. A segment's dictionary never changes.
    All(Arc<T>, usize),
}

/// The terms of one dictionary, in order.
#[derive(Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Names {
    fn push(&mut self, name: &[u8]) {
        self.bytes.extend(name);
        self.ends.push(self.bytes.len());
    }

    /// The term of this number.
    pub(super) fn get(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    /// The number of this term.
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle) < name { low = middle + 1 } else { high = middle }
        }
        (low < self.ends.len() && self.get(low) == name).then_some(low)
    }
}

impl Terms {
    /// All terms of a column, if they are known or `wanted` more make it worth it to read them.
    pub(super) fn names(&self, of: (SegmentId, Field), column: &StrColumn, wanted: usize) -> io::Result<Option<Arc<Names>>> {
        let size = column.num_terms();
        if size > NAMES {
            return Ok(None);
        }
        kept(&self.names, NAME_BYTES, of, size, wanted, || {
            let mut names = Names::default();
            column.dictionary().sorted_ords_to_term_cb(&(0..size as u64).collect::<Vec<_>>(), |name| names.push(name))?;
            let bytes = names.bytes.len() + size_of_val(&*names.ends);
            io::Result::Ok((names, bytes))
        })
    }

    /// Calls `visit` with the hash of each of these users of a segment, whose numbers are sorted and may be repeated.
    pub(super) fn each_user(&self, part: &Part<'_>, axis: &Axis, locals: &[u32], mut visit: impl FnMut(u64)) -> tantivy::Result<()> {
        let of = (part.segment.segment_id(), crate::index::USERS);
        let hashes = kept(&self.users, USER_BYTES, of, axis.size(), locals.len(), || {
            let mut hashes = Vec::with_capacity(axis.size());
            axis.encode(&(0..axis.size() as u32).collect::<Vec<_>>(), |_, name| hashes.push(users::hash(name)))?;
            let bytes = size_of_val(&*hashes);
            tantivy::Result::Ok((hashes, bytes))
        })?;
        match hashes {
            Some(hashes) => locals.iter().for_each(|local| visit(hashes[*local as usize])),
            None => axis.encode(locals, |_, name| visit(users::hash(name)))?,
        }
        Ok(())
    }
}

/// What `all` holds, or holds from now on if it is worth it. What was not asked for the longest goes.
fn kept<T, E>(
    all: &Mutex<Lru<T>>,
    most: usize,
    of: (SegmentId, Field),
    size: usize,
    wanted: usize,
    read: impl FnOnce() -> Result<(T, usize), E>,
) -> Result<Option<Arc<T>>, E> {
    let locked = || all.lock().unwrap_or_else(PoisonError::into_inner);
    match locked().get_or_insert_mut(of, || Held::Asked(0)) {
        Held::All(known, _) => return Ok(Some(known.clone())),
        Held::Asked(terms) => {
            *terms += wanted;
            if *terms < size / PART {
                return Ok(None);
            }
        }
    }
    let (known, bytes) = read()?;
    let known = Arc::new(known);
    let mut all = locked();
    all.put(of, Held::All(known.clone(), bytes));
    let weigh = |held: &Held<T>| size_of::<Held<T>>() + if let Held::All(_, bytes) = held { *bytes } else { 0 };
    let mut bytes: usize = all.iter().map(|(_, held)| weigh(held)).sum();
    while bytes > most {
        let Some((_, held)) = all.pop_lru() else { break };
        bytes -= weigh(&held);
    }
    Ok(Some(known))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_are_found_by_number_and_number_by_name(names in proptest::collection::btree_set("[a-c]{0,3}", 0..40), other in "[a-d]{0,3}") {
            let mut kept = Names::default();
            names.iter().for_each(|name| kept.push(name.as_bytes()));
            for (number, name) in names.iter().enumerate() {
                prop_assert_eq!(kept.get(number), name.as_bytes());
                prop_assert_eq!(kept.find(name.as_bytes()), Some(number));
            }
            prop_assert_eq!(kept.find(other.as_bytes()).is_some(), names.contains(&other));
        }
    }
}
