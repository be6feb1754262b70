//! One linear pass over JSON that a strict parser refused. It mends what encoders are known to get wrong:
//! a byte order mark, invalid UTF-8, `NaN` and `Infinity` (Python), numbers beyond a double (Java), lone
//! surrogates (JavaScript cuts strings in the middle of one), raw control characters, unknown escapes,
//! zero bytes at the end (C), brackets that are missing at the end (cut behind a value). It never changes what a
//! strict parser takes.

use std::borrow::Cow;

use super::JsonError;
use crate::limits;

/// How much longer than twice the input the output may get, in bytes.
const SLACK_BYTES: usize = 64 << 10;

/// The mended bytes, or `None` when there was nothing to mend.
pub(crate) fn repair(bytes: &[u8]) -> Result<Option<Vec<u8>>, JsonError> {
    let text = String::from_utf8_lossy(bytes);
    let input = text.trim_start_matches('\u{feff}').as_bytes();
    let mut pass = Pass { input, at: 0, copied: 0, output: Vec::new(), depth: 0, objects: 0, limit: bytes.len() * 2 + SLACK_BYTES };
    pass.run()?;
    pass.close()?;
    if pass.output.is_empty() {
        let changed = matches!(text, Cow::Owned(_)) || input.len() != bytes.len();
        return Ok(changed.then(|| input.to_vec()));
    }
    pass.output.extend_from_slice(&input[pass.copied..]);
    Ok(Some(pass.output))
}

struct Pass<'a> {
    input: &'a [u8],
    at: usize,
    /// Up to here the input is in the output. Nothing is copied before the first change.
    copied: usize,
    output: Vec<u8>,
    /// How many brackets are open.
    depth: usize,
    /// The bit of each open one is set when it is an object's; the innermost is the lowest.
    objects: u128,
    limit: usize,
}

impl Pass<'_> {
    fn run(&mut self) -> Result<(), JsonError> {
        while let Some(byte) = self.input.get(self.at).copied() {
            match byte {
                b'"' => {
                    self.at += 1;
                    self.string()?;
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth >= limits::JSON_DEPTH {
                        return Err(JsonError::TooDeep);
                    }
                    self.objects = self.objects << 1 | u128::from(byte == b'{');
                    self.at += 1;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.objects >>= 1;
                    self.at += 1;
                }
                b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => self.word()?,
                0 => self.replace(1, b" ")?,
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    /// Closes what is open at the end.
    fn close(&mut self) -> Result<(), JsonError> {
        for _ in 0..self.depth {
            self.replace(0, if self.objects & 1 == 1 { b"}" } else { b"]" })?;
            self.objects >>= 1;
        }
        Ok(())
    }

    /// A number or a name outside of strings.
    fn word(&mut self) -> Result<(), JsonError> {
        let rest = &self.input[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')).count();
        let word = &rest[..length];
        let name = word.strip_prefix(b"-").unwrap_or(word);
        if [&b"nan"[..], b"infinity", b"inf"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
            return self.replace(length, b"null");
        }
        if overflows(word) {
            let quoted = [b"\"", word, b"\""].concat();
            return self.replace(length, &quoted);
        }
        self.at += length;
        Ok(())
    }

    /// From behind the opening quote to behind the closing one.
    fn string(&mut self) -> Result<(), JsonError> {
        while let Some(byte) = self.input.get(self.at).copied() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.escape()?,
                0..0x20 => self.replace(1, format!("\\u{byte:04x}").as_bytes())?,
                _ => self.at += 1,
            }
        }
        // Cut within a string: nothing to close.
        self.depth = 0;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let rest = &self.input[self.at..];
        match rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => match unit(rest) {
                Some(0xd800..0xdc00) if matches!(unit(&rest[6..]), Some(0xdc00..0xe000)) => self.at += 12,
                Some(0xd800..0xe000) => return self.replace(6, b"\\ufffd"),
                Some(_) => self.at += 6,
                None => return self.replace(1, b"\\\\"),
            },
            Some(_) => return self.replace(1, b"\\\\"),
            None => self.at += 1,
        }
        Ok(())
    }

    /// Puts `with` in the place of the next `length` bytes.
    fn replace(&mut self, length: usize, with: &[u8]) -> Result<(), JsonError> {
        self.output.extend_from_slice(&self.input[self.copied..self.at]);
        self.output.extend_from_slice(with);
        self.at += length;
        self.copied = self.at;
        if self.output.len() > self.limit { Err(JsonError::Binary) } else { Ok(()) }
    }
}

/// The UTF-16 unit of `\uXXXX` at the start.
fn unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// Whether it is a number of JSON's form that no double holds.
fn overflows(word: &[u8]) -> bool {
    let unsigned = word.strip_prefix(b"-").unwrap_or(word);
    let whole = unsigned.iter().take_while(|b| b.is_ascii_digit()).count();
    let well_formed =
        whole > 0 && (unsigned[0] != b'0' || whole == 1) && unsigned.get(whole).is_none_or(|b| matches!(b, b'.' | b'e' | b'E'));
    if !well_formed {
        return false;
    }
    std::str::from_utf8(word).ok().and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_infinite)
}
