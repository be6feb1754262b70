//! Files: the texts among them are scrubbed by the look of what stands in them. Others are kept as they came; what
//! looks like a secret in them is chance, and replacing it would spoil them. Own rules reach a file by its name:
//! `$attachments.'app.log'`.

use schemas::rules::scrubbing::Type;

use super::{
    path::Path,
    walk::{Part, Walk},
};

/// So much of a text may be something else: one byte in 20, as in one with letters of an older encoding.
const STRANGE: usize = 20;

/// Takes what must not be stored out of a part of a file.
pub(super) fn file(walk: &mut Walk<'_>, name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let path = Path::root("attachments").of(Type::Attachments);
    let path = path.name(name);
    match walk.file(&path) {
        Part::Safe => return bytes,
        Part::Gone => return Vec::new(),
        Part::Kept if bytes.contains(&0) => return bytes,
        Part::Kept => {}
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            walk.content(&path, &mut text);
            text.into_bytes()
        }
        Err(error) => {
            let bytes = error.into_bytes();
            let strange: usize = bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
            if strange * STRANGE > bytes.len() { bytes } else { mixed(walk, &path, &bytes) }
        }
    }
}

/// Scrubs what is text between bytes that are not.
fn mixed(walk: &mut Walk<'_>, path: &Path<'_>, bytes: &[u8]) -> Vec<u8> {
    let mut scrubbed = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let mut text = chunk.valid().to_owned();
        walk.content(path, &mut text);
        scrubbed.extend_from_slice(text.as_bytes());
        scrubbed.extend_from_slice(chunk.invalid());
    }
    scrubbed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrub::Chosen;

    fn scrubbed(bytes: &[u8]) -> Vec<u8> {
        file(&mut Walk::new(&Chosen::default(), false, Vec::new()), "a.log", bytes.to_vec())
    }

    #[test]
    fn texts_lose_their_secrets_and_nothing_else() {
        assert_eq!(scrubbed(b"sent to jane@shop.example\nok\n"), b"sent to [email]\nok\n");
        let latin = b"Gr\xfc\xdfe an jane@shop.example, der Versand an Sie ist fertig und unterwegs\n";
        assert_eq!(scrubbed(latin), b"Gr\xfc\xdfe an [email], der Versand an Sie ist fertig und unterwegs\n");
    }

    #[test]
    fn what_is_no_text_is_kept_byte_by_byte() {
        for bytes in [&b"MDMP\0jane@shop.example"[..], b"\x89\xff\xfe\xd8jane@shop.example\xe0\xff", b""] {
            assert_eq!(scrubbed(bytes), bytes);
        }
    }
}
