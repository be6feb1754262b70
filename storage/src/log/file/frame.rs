//! The bytes of a segment file: its header and the frames of its records. Pure; never touches a file.
//!
//! A segment is 64 bytes of header and then frames, one behind the other. All numbers are little-endian.
//!
//! | header bytes | what |
//! | --- | --- |
//! | 0..8 | `BELFRYLG` |
//! | 8..12 | version of this format |
//! | 12..20 | offset of the first record |
//! | 20..28 | salt, drawn at random for each segment |
//! | 28..32 | CRC-32C of the bytes before |
//! | 32..64 | zeros |
//!
//! | frame bytes | what |
//! | --- | --- |
//! | 0..4 | CRC-32C of the salt and everything behind this field |
//! | 4..8 | length of the record |
//! | 8..16 | offset of the record in the log |
//! | 16..20 | place of the record in its write |
//! | 20.. | the record |
//!
//! The salt keeps a payload from looking like a frame, whatever its sender puts into it. The place in the write says
//! up to where the log was durable when the frame was written: a frame that starts a later write proves that
//! everything before that write had been acknowledged. So a torn write and damage can be told apart.

use schemas::limits;

/// The newest segment format that is written and read here.
pub(super) const VERSION: u32 = 1;
/// Length of a segment's header.
pub(super) const SEGMENT_HEADER: usize = 64;
/// Length of a frame without its record.
pub(super) const FRAME_HEADER: usize = 20;

const MAGIC: &[u8; 8] = b"BELFRYLG";

/// What a segment says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// Offset of the first record.
    pub(super) base: u64,
    /// Starts the checksums of the frames.
    pub(super) salt: u64,
}

/// Why bytes are not the header of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// Not one of ours, or damaged.
    Damaged(&'static str),
    /// Written by a newer program.
    Newer(u32),
}

impl SegmentHeader {
    pub(super) fn encode(self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.base.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; SEGMENT_HEADER]) -> Result<Self, BadHeader> {
        if &bytes[..8] != MAGIC {
            return Err(BadHeader::Damaged("it does not start like a segment of the log"));
        }
        // Every version keeps the place of the checksum, so that damage is never taken for a newer version.
        if u32_at(bytes, 28) != crc32c::crc32c(&bytes[..28]) {
            return Err(BadHeader::Damaged("the checksum of its header is wrong"));
        }
        let version = u32_at(bytes, 8);
        if version > VERSION {
            return Err(BadHeader::Newer(version));
        }
        Ok(Self { base: u64_at(bytes, 12), salt: u64_at(bytes, 20) })
    }

    /// What the checksums of the frames start with.
    pub(super) fn seed(self) -> u32 {
        crc32c::crc32c(&self.salt.to_le_bytes())
    }
}

/// What stands before a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    crc: u32,
    /// Length of the record.
    pub(super) length: usize,
    /// Offset of the record in the log.
    pub(super) offset: u64,
    /// Place of the record in its write, from 0.
    pub(super) place: u32,
}

impl FrameHeader {
    /// Reads the first [`FRAME_HEADER`] bytes. `None` when there are fewer or the length can't be.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..FRAME_HEADER)?;
        let length = u32_at(bytes, 4) as usize;
        (length <= limits::RECORD_BYTES).then(|| Self { crc: u32_at(bytes, 0), length, offset: u64_at(bytes, 8), place: u32_at(bytes, 16) })
    }

    /// Length of the whole frame.
    pub(super) fn frame_bytes(&self) -> usize {
        FRAME_HEADER + self.length
    }

    /// Whether the checksum holds for these bytes, which start with the frame.
    pub(super) fn holds(&self, seed: u32, bytes: &[u8]) -> bool {
        bytes.get(4..self.frame_bytes()).is_some_and(|covered| crc32c::crc32c_append(seed, covered) == self.crc)
    }

    /// Everything before this offset was durable when the frame was written.
    pub(super) fn durable_before(&self) -> u64 {
        self.offset.saturating_sub(u64::from(self.place))
    }
}

/// Adds the frame of a record, which is not longer than [`limits::RECORD_BYTES`].
pub(super) fn encode(into: &mut Vec<u8>, seed: u32, offset: u64, place: u32, record: &[u8]) {
    let start = into.len();
    into.extend_from_slice(&[0; 4]);
    into.extend_from_slice(&(record.len() as u32).to_le_bytes());
    into.extend_from_slice(&offset.to_le_bytes());
    into.extend_from_slice(&place.to_le_bytes());
    into.extend_from_slice(record);
    let crc = crc32c::crc32c_append(seed, &into[start + 4..]);
    into[start..start + 4].copy_from_slice(&crc.to_le_bytes());
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("the slice has 4 bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("the slice has 8 bytes"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    const HEADER: SegmentHeader = SegmentHeader { base: 258, salt: 0x0807_0605_0403_0201 };

    /// Bytes of version 1, worked out from the table above; the checksums with an independent CRC-32C.
    const GOLDEN_HEADER: &str = concat!(
        "42454c4652594c47",
        "01000000",
        "0201000000000000",
        "0102030405060708",
        "7265de31",
        "0000000000000000000000000000000000000000000000000000000000000000",
    );
    const GOLDEN_FRAME: &str = concat!("066b2e4b", "03000000", "0201000000000000", "05000000", "616263");

    #[test]
    fn version_1_is_read_and_written_as_ever() {
        assert_eq!(HEXLOWER.encode(&HEADER.encode()), GOLDEN_HEADER);
        let golden = HEXLOWER.decode(GOLDEN_HEADER.as_bytes()).unwrap();
        assert_eq!(SegmentHeader::decode(golden.as_slice().try_into().unwrap()), Ok(HEADER));

        let mut frame = Vec::new();
        encode(&mut frame, HEADER.seed(), 258, 5, b"abc");
        assert_eq!(HEXLOWER.encode(&frame), GOLDEN_FRAME);
        let read = FrameHeader::decode(&frame).unwrap();
        assert!(read.holds(HEADER.seed(), &frame));
        assert_eq!((read.length, read.offset, read.durable_before()), (3, 258, 253));
    }

    #[test]
    fn a_newer_version_is_refused_by_name() {
        let mut bytes = HEADER.encode();
        bytes[8] = 2;
        assert!(matches!(SegmentHeader::decode(&bytes), Err(BadHeader::Damaged(_))));
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&bytes), Err(BadHeader::Newer(2)));
    }

    #[test]
    fn zeros_are_no_frame() {
        let zeros = [0; 64];
        assert!(!FrameHeader::decode(&zeros).unwrap().holds(HEADER.seed(), &zeros));
    }

    proptest! {
        #[test]
        fn any_bit_that_turns_is_noticed(record: Vec<u8>, bit: prop::sample::Index) {
            let mut frame = Vec::new();
            encode(&mut frame, HEADER.seed(), 7, 0, &record);
            let bit = bit.index(frame.len() * 8);
            frame[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!FrameHeader::decode(&frame).is_some_and(|read| read.holds(HEADER.seed(), &frame)));
        }

        #[test]
        fn a_frame_of_another_segment_does_not_hold(record: Vec<u8>, salt: u64) {
            prop_assume!(salt != HEADER.salt);
            let mut frame = Vec::new();
            encode(&mut frame, SegmentHeader { base: 0, salt }.seed(), 7, 0, &record);
            prop_assert!(!FrameHeader::decode(&frame).unwrap().holds(HEADER.seed(), &frame));
        }
    }
}
