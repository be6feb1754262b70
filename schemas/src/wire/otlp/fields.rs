//! The outermost layers of Protobuf: fields of a message as slices of it, without a copy and without recursion. What
//! is inside a slice may be broken; its neighbours are found all the same.

use bytes::Bytes;

/// Bytes that are no fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// Its number.
    pub(super) number: u32,
    /// Number, length and content, as they stand in the message.
    pub(super) whole: Bytes,
    /// Content of a text, of bytes or of a message; `None` for numbers.
    pub(super) content: Option<Bytes>,
}

/// The fields of a message, in order, up to the first that is broken.
pub(super) struct Fields(Bytes);

impl Fields {
    pub(super) fn of(message: Bytes) -> Self {
        Self(message)
    }

    fn field(&mut self) -> Result<Field, Broken> {
        let all = self.0.clone();
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0).ok_or(Broken)?;
        let content = match key & 7 {
            0 => {
                self.varint()?;
                None
            }
            1 => self.skip(8)?,
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Broken)?;
                if length > self.0.len() {
                    return Err(Broken);
                }
                Some(self.0.split_to(length))
            }
            5 => self.skip(4)?,
            // Groups have been out of use for longer than OpenTelemetry exists.
            _ => return Err(Broken),
        };
        Ok(Field { number, whole: all.slice(..all.len() - self.0.len()), content })
    }

    fn skip(&mut self, bytes: usize) -> Result<Option<Bytes>, Broken> {
        if bytes > self.0.len() {
            return Err(Broken);
        }
        let _ = self.0.split_to(bytes);
        Ok(None)
    }

    fn varint(&mut self) -> Result<u64, Broken> {
        let mut value = 0;
        for (index, byte) in self.0.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                let _ = self.0.split_to(index + 1);
                return Ok(value);
            }
        }
        Err(Broken)
    }
}

impl Iterator for Fields {
    type Item = Result<Field, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0.clear();
        }
        Some(field)
    }
}

/// Appends a field that is a message.
pub(super) fn write(output: &mut Vec<u8>, number: u32, content: &[u8]) {
    write_head(output, number, content.len());
    output.extend_from_slice(content);
}

/// Appends what stands before a message of this length.
pub(super) fn write_head(output: &mut Vec<u8>, number: u32, length: usize) {
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, output);
    prost::encoding::encode_varint(length as u64, output);
}

/// How many bytes a field takes that is a message of this length.
pub(super) fn written(number: u32, length: usize) -> usize {
    prost::encoding::key_len(number) + prost::encoding::encoded_len_varint(length as u64) + length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(bytes: &'static [u8]) -> Vec<Result<(u32, Option<Bytes>), Broken>> {
        Fields::of(Bytes::from_static(bytes)).map(|field| field.map(|field| (field.number, field.content))).collect()
    }

    #[test]
    fn each_kind_of_field_is_found() {
        let message = b"\x08\x96\x01\x12\x02hi\x19\0\0\0\0\0\0\0\0\x25\0\0\0\0\x2a\0";
        let text = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        let found = vec![Ok((1, None)), Ok((2, text("hi"))), Ok((3, None)), Ok((4, None)), Ok((5, text("")))];
        assert_eq!(fields(message), found);
        let whole: Vec<u8> = Fields::of(Bytes::from_static(message)).flat_map(|field| field.unwrap().whole).collect();
        assert_eq!(whole, message);
    }

    #[test]
    fn what_is_cut_or_of_no_kind_ends_the_fields() {
        let broken: [&[u8]; 8] =
            [b"\x12\x05hi", b"\x08", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x19\0", b"\x25", b"\x0b", b"\x02\0", b"\x80"];
        for bytes in broken {
            assert_eq!(fields(bytes), vec![Err(Broken)], "{bytes:?}");
        }
        assert_eq!(fields(b"\x12\0\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), vec![Ok((2, Some(Bytes::new()))), Err(Broken)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_fields_or_not(bytes: Vec<u8>) {
            let length: usize = Fields::of(Bytes::from(bytes.clone())).flatten().map(|field| field.whole.len()).sum();
            prop_assert!(length <= bytes.len());
        }

        #[test]
        fn what_is_written_is_found(number in 1_u32..1 << 29, content: Vec<u8>) {
            let mut output = Vec::new();
            write(&mut output, number, &content);
            prop_assert_eq!(output.len(), written(number, content.len()));
            let found: Vec<_> = Fields::of(output.into()).map(Result::unwrap).collect();
            prop_assert_eq!((found.len(), found[0].number, found[0].content.clone()), (1, number, Some(content.into())));
        }
    }
}
