//! Files of envelopes, cut into parts that fit records. Never looks at what a file means.

use bytes::Bytes;
use schemas::{
    ids::EventId,
    limits,
    record::Attachment,
    wire::envelope::{Item, ItemHeaders},
};
use storage::log::Entry;

use crate::pack::Sender;

/// Longest name of a file, in characters: what most file systems take.
const FILENAME_CHARS: usize = 255;
/// So far before its end a part is cut where a line ends: the processor scrubs texts part by part, and secrets seldom
/// go over the end of a line.
const LINE_BYTES: usize = 64 << 10;

/// The records of one file, which belongs to an event. All have the event's id, so that they stay together.
pub(crate) fn records(sender: &Sender, event: EventId, item: &Item) -> Vec<Entry> {
    let Item { headers, payload } = item;
    let parts = cut(payload.clone());
    let short = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let file = Attachment {
        id: id(event, headers, payload),
        filename: short(headers.filename.as_deref().unwrap_or_default(), FILENAME_CHARS),
        content_type: headers.content_type.as_deref().map(|media| short(media, limits::SHORT_NAME_CHARS)),
        attachment_type: short(headers.attachment_type.as_deref().unwrap_or("event.attachment"), limits::SHORT_NAME_CHARS),
        part: 0,
        parts: u32::try_from(parts.len()).expect("an envelope has at most 20 MiB, a part at least 400 KiB"),
        file_bytes: payload.len() as u64,
    };
    let part = |(number, bytes): (u32, &Bytes)| sender.part(event, Attachment { part: number, ..file.clone() }, bytes);
    (0..).zip(&parts).map(part).collect()
}

/// The same for the same file however often it is sent.
fn id(event: EventId, headers: &ItemHeaders, payload: &Bytes) -> EventId {
    let text = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
    EventId::from_parts(&[b"attachment", &event.0, &text(&headers.filename), &text(&headers.attachment_type), payload])
}

/// Parts of at most [`limits::ATTACHMENT_PART_BYTES`]; an empty file has one. Characters of UTF-8 stay whole.
fn cut(mut rest: Bytes) -> Vec<Bytes> {
    const MOST: usize = limits::ATTACHMENT_PART_BYTES;
    let mut parts = Vec::with_capacity(rest.len() / MOST + 1);
    while rest.len() > MOST {
        let line = rest[MOST - LINE_BYTES..MOST].iter().rposition(|byte| *byte == b'\n');
        let character = || (MOST - 3..=MOST).rev().find(|at| rest[*at] & 0xc0 != 0x80).unwrap_or(MOST);
        let at = line.map_or_else(character, |line| MOST - LINE_BYTES + line + 1);
        parts.push(rest.split_to(at));
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_is_cut_after_a_line_and_a_long_line_before_a_character() {
        let lines = "a line of text\n".repeat(100_000);
        let parts = cut(Bytes::from(lines.clone()));
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(|part| part.ends_with(b"\n")));
        assert_eq!(parts.concat(), lines.as_bytes());
        let line = format!("x{}", "€".repeat(400_000));
        for part in cut(Bytes::from(line)) {
            assert!(std::str::from_utf8(&part).is_ok());
        }
        assert_eq!(cut(Bytes::new()), [Bytes::new()]);
    }

    proptest! {
        #[test]
        fn parts_are_the_file_and_none_is_too_long(seed: [u8; 7], length in 0_usize..3_000_000) {
            let file: Bytes = seed.into_iter().cycle().take(length).collect();
            let parts = cut(file.clone());
            prop_assert_eq!(parts.concat(), file);
            prop_assert!(parts.iter().all(|part| part.len() <= limits::ATTACHMENT_PART_BYTES));
        }
    }
}
