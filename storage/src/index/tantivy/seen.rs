//! A Bloom filter that grows: it tells nearly every new key without a look at the disk.

/// Keys of the first level; each further level takes twice as many.
const FIRST: usize = 64 << 10;
/// Bits per key; with [`PROBES`] about 1 of 100 new keys is taken for known, per level.
const BITS: usize = 10;
const PROBES: u64 = 5;

/// Hashes of keys that may be there. Takes 10 to 20 bits a key.
#[derive(Debug, Default)]
pub(super) struct Seen {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    bits: Vec<u64>,
    left: usize,
}

impl Seen {
    /// Whether `hash` may have been added. No is sure.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.levels.iter().rev().any(|level| probes(hash, level.bits.len()).all(|(word, bit)| level.bits[word] & bit != 0))
    }

    /// Adds `hash`.
    pub(super) fn add(&mut self, hash: u64) {
        if self.levels.last().is_none_or(|level| level.left == 0) {
            let keys = FIRST << self.levels.len();
            self.levels.push(Level { bits: vec![0; keys * BITS / 64], left: keys });
        }
        if let Some(level) = self.levels.last_mut() {
            level.left -= 1;
            for (word, bit) in probes(hash, level.bits.len()) {
                level.bits[word] |= bit;
            }
        }
    }
}

/// Words and bits of one hash. They lie in one cache line of eight words.
fn probes(hash: u64, words: usize) -> impl Iterator<Item = (usize, u64)> {
    let line = ((u128::from(hash) * (words / 8) as u128) >> 64) as usize * 8;
    let places = mix(hash);
    (0..PROBES).map(move |n| {
        let place = (places >> (9 * n)) & 511;
        (line + (place / 64) as usize, 1 << (place % 64))
    })
}

/// The hash of an event's or record's key.
pub(super) fn hash(key: &[u8]) -> u64 {
    key.chunks(8).fold(key.len() as u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(hash ^ u64::from_le_bytes(word))
    })
}

/// The end of SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
pub(super) fn mix(hash: u64) -> u64 {
    let hash = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_and_little_else() {
        let mut seen = Seen::default();
        assert!(!seen.may_have(hash(b"nothing yet")));
        for n in 0..300_000_u64 {
            seen.add(hash(&n.to_be_bytes()));
        }
        assert!((0..300_000_u64).all(|n| seen.may_have(hash(&n.to_be_bytes()))));
        let wrong = (300_000..400_000_u64).filter(|n| seen.may_have(hash(&n.to_be_bytes()))).count();
        assert!(wrong < 8_000, "three levels, each wrong for one or two of 100: {wrong} of 100,000");
    }
}
