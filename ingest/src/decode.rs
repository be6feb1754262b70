//! Undoes a body's content encoding, under a cap on the bytes that come out.
//!
//! The output grows with what is really decoded; no size that a client claims is ever believed. Never looks at what
//! the bytes mean.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use crate::{body::Body, budget::Lease, decode::stream::Stream, heavy, refusal::Refusal};

mod stream;

/// Smallest first size of the output.
const FIRST_BYTES: usize = 4 << 10;
/// Most members of one gzip or frames of one zstd stream. Each costs a new decompressor, even when it is empty.
const MEMBERS: usize = 1_000;

/// From this length on, what has grown more than [`SUSPECT_GROWTH`] times is measured before it is kept.
const SUSPECT_BYTES: usize = 1 << 20;
/// Events grow 5 to 40 times, bombs a thousand times.
const SUSPECT_GROWTH: usize = 100;
/// How much is decoded at a time while it is only measured.
const MEASURE_BYTES: usize = 64 << 10;

/// How a body is encoded, when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// zlib, or bare deflate as some clients send it.
    Deflate,
    Brotli,
    Zstd,
}

/// What names an encoding. Empty values and `utf-8` mean nothing: old Ruby and Android SDKs send them.
const NAMES: [(&str, Option<Encoding>); 8] = [
    ("", None),
    ("identity", None),
    ("utf-8", None),
    ("gzip", Some(Encoding::Gzip)),
    ("x-gzip", Some(Encoding::Gzip)),
    ("deflate", Some(Encoding::Deflate)),
    ("br", Some(Encoding::Brotli)),
    ("zstd", Some(Encoding::Zstd)),
];

impl Encoding {
    /// What `Content-Encoding` says.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let mut found = None;
        for line in headers.get_all(header::CONTENT_ENCODING) {
            let line = line.to_str().map_err(|_| unsupported("it is not text"))?;
            for name in line.split(',').map(str::trim) {
                let encoding = Self::named(name).ok_or_else(|| unsupported("it is none of gzip, deflate, br, zstd, identity"))?;
                if found.is_some() && encoding.is_some() {
                    return Err(unsupported("a body may be encoded only once"));
                }
                found = found.or(encoding);
            }
        }
        Ok(found)
    }

    /// The encoding of that name; inside `None` for the names that mean none.
    pub(crate) fn named(name: &str) -> Option<Option<Self>> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, encoding)| *encoding)
    }

    /// Whether another member of the same stream begins here. Anything else after the end is garbage; the data
    /// before it was whole and checked, so it is taken and the garbage is not.
    fn continues(self, rest: &[u8]) -> bool {
        match self {
            Self::Gzip => rest.starts_with(&[0x1f, 0x8b]),
            Self::Zstd => rest.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
            Self::Deflate | Self::Brotli => false,
        }
    }
}

fn unsupported(cause: &str) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", "unsupported content encoding").because(cause)
}

fn invalid(cause: impl Into<String>) -> Refusal {
    Refusal::bad_request("invalid_encoding", "failed to decode the request body").because(cause)
}

pub(crate) fn too_large(cap: usize) -> Refusal {
    Refusal::too_large(format!("the request body is longer than {cap} bytes"))
}

/// The body as it was before it was encoded, at most `cap` bytes.
pub(crate) async fn decode(mut body: Body, encoding: Option<Encoding>, cap: usize) -> Result<Body, Refusal> {
    let Some(encoding) = encoding else {
        return if body.bytes.len() > cap { Err(too_large(cap)) } else { Ok(body) };
    };
    let mut decoding = Decoding::new(std::mem::take(&mut body.bytes), encoding, cap)?;
    if decoding.input.len() < heavy::BYTES && decoding.run(&mut body.lease, heavy::BYTES)? {
        return Ok(decoding.finish(body.lease));
    }
    heavy::run(move || {
        decoding.run(&mut body.lease, usize::MAX)?;
        Ok(decoding.finish(body.lease))
    })
    .await
}

/// What zlib data was before, at most `cap` bytes.
pub(crate) fn inflate(zlib: Vec<u8>, lease: &mut Lease, cap: usize) -> Result<Bytes, Refusal> {
    let mut decoding = Decoding::new(zlib.into(), Encoding::Deflate, cap)?;
    decoding.run(lease, usize::MAX)?;
    Ok(decoding.output.into())
}

/// A decompression that can be interrupted.
struct Decoding {
    stream: Stream,
    encoding: Encoding,
    input: Bytes,
    consumed: usize,
    members: usize,
    output: Vec<u8>,
    cap: usize,
    /// Its whole length was seen to be within the cap.
    is_measured: bool,
}

impl Decoding {
    fn new(input: Bytes, encoding: Encoding, cap: usize) -> Result<Self, Refusal> {
        let stream = Stream::new(encoding, &input).map_err(invalid)?;
        Ok(Self { stream, encoding, input, consumed: 0, members: 1, output: Vec::new(), cap, is_measured: false })
    }

    /// Goes on until the end (`true`) or until there are `pause` bytes or more.
    fn run(&mut self, lease: &mut Lease, pause: usize) -> Result<bool, Refusal> {
        loop {
            if self.output.len() == self.output.capacity() {
                if self.output.len() >= pause {
                    return Ok(false);
                }
                let length = self.output.len();
                if !self.is_measured && length >= SUSPECT_BYTES && self.consumed < length / SUSPECT_GROWTH {
                    self.measure(lease)?;
                } else {
                    self.grow(lease)?;
                }
            }
            let mut output = std::mem::take(&mut self.output);
            let ended = self.step(&mut output);
            self.output = output;
            if self.output.len() > self.cap {
                return Err(too_large(self.cap));
            }
            if ended? {
                return Ok(true);
            }
        }
    }

    /// Decodes what there is room for in `output`, and says whether that was the end.
    fn step(&mut self, output: &mut Vec<u8>) -> Result<bool, Refusal> {
        let before = output.len();
        let step = self.stream.step(&self.input[self.consumed..], output).map_err(invalid)?;
        self.consumed += step.consumed;
        if step.finished {
            if !self.encoding.continues(&self.input[self.consumed..]) {
                return Ok(true);
            }
            self.next_member()?;
        } else if step.consumed == 0 && output.len() == before {
            return Err(invalid("it ends too early"));
        }
        Ok(false)
    }

    /// Decodes the rest without keeping it: a bomb is found out at the price of a few pages. What is within the cap
    /// after all is decoded from the beginning, with the room it needs.
    fn measure(&mut self, lease: &mut Lease) -> Result<(), Refusal> {
        let mut length = self.output.len();
        let mut scratch = Vec::with_capacity(MEASURE_BYTES);
        loop {
            scratch.clear();
            let ended = self.step(&mut scratch);
            length += scratch.len();
            if length > self.cap {
                return Err(too_large(self.cap));
            }
            if ended? {
                break;
            }
        }
        lease.cover(self.input.len() + length * self.copies())?;
        self.stream = Stream::new(self.encoding, &self.input).map_err(invalid)?;
        self.output = Vec::with_capacity(length + 1);
        (self.consumed, self.members, self.is_measured) = (0, 1, true);
        Ok(())
    }

    /// brotli and zstd keep a window of what they decoded besides the output.
    fn copies(&self) -> usize {
        if matches!(self.encoding, Encoding::Brotli | Encoding::Zstd) { 2 } else { 1 }
    }

    fn next_member(&mut self) -> Result<(), Refusal> {
        self.members += 1;
        if self.members > MEMBERS {
            return Err(invalid(format!("it has more than {MEMBERS} members")));
        }
        self.stream = Stream::new(self.encoding, &self.input[self.consumed..]).map_err(invalid)?;
        Ok(())
    }

    /// Doubles the output, with one byte more than the cap at most: enough to see that there is more.
    fn grow(&mut self, lease: &mut Lease) -> Result<(), Refusal> {
        let now = self.output.len();
        let next = if now == 0 { (self.input.len() * 4).clamp(FIRST_BYTES, heavy::BYTES) } else { now * 2 };
        let next = next.min(self.cap + 1);
        lease.cover(self.input.len() + next * self.copies())?;
        self.output.reserve_exact(next - now);
        Ok(())
    }

    fn finish(self, mut lease: Lease) -> Body {
        lease.shrink(self.output.capacity());
        Body { bytes: self.output.into(), lease }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
