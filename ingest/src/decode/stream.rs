//! One decompressor at work: bytes in, bytes out, whichever the format.

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, enc::StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::Encoding;

/// Largest window of zlib and gzip, as a power of two.
const ZLIB_WINDOW: u8 = 15;
/// Largest window of zstd, as a power of two: 8 MiB, what RFC 9659 allows in HTTP.
const ZSTD_WINDOW: u32 = 23;

/// A format with its state.
pub(super) enum Stream {
    Zlib(Decompress),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
    Zstd(Decoder<'static>),
}

/// What one step did.
pub(super) struct Step {
    /// Bytes of the input that are done with.
    pub(super) consumed: usize,
    /// The stream is over, its checksum is right.
    pub(super) finished: bool,
}

/// The input is not of the format, for this reason.
#[derive(Debug)]
pub(super) struct Corrupt(String);

impl From<Corrupt> for String {
    fn from(Corrupt(reason): Corrupt) -> Self {
        reason
    }
}

impl From<std::io::Error> for Corrupt {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl Stream {
    /// A decompressor for a stream that begins as `input` does.
    pub(super) fn new(encoding: Encoding, input: &[u8]) -> Result<Self, Corrupt> {
        Ok(match encoding {
            Encoding::Gzip => Self::Zlib(Decompress::new_gzip(ZLIB_WINDOW)),
            Encoding::Deflate => Self::Zlib(Decompress::new(is_zlib(input))),
            // Strict: no windows beyond the 16 MiB of RFC 7932. Smaller ones grow with the output.
            Encoding::Brotli => {
                let memory = StandardAlloc::default;
                Self::Brotli(Box::new(BrotliState::new_strict(memory(), memory(), memory())))
            }
            Encoding::Zstd => {
                let mut decoder = Decoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW))?;
                Self::Zstd(decoder)
            }
        })
    }

    /// Goes on until the input is used up or the output's capacity is.
    pub(super) fn step(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<Step, Corrupt> {
        match self {
            Self::Zlib(decompress) => zlib(decompress, input, output),
            Self::Brotli(state) => brotli(state, input, output),
            Self::Zstd(decoder) => zstd(decoder, input, output),
        }
    }
}

/// Whether it begins with a zlib header (RFC 1950) rather than with bare deflate.
fn is_zlib(input: &[u8]) -> bool {
    match *input {
        [method, flags, ..] => method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31),
        _ => true,
    }
}

fn zlib(decompress: &mut Decompress, input: &[u8], output: &mut Vec<u8>) -> Result<Step, Corrupt> {
    let before = decompress.total_in();
    match decompress.decompress_vec(input, output, FlushDecompress::None) {
        Ok(status) => {
            let consumed = usize::try_from(decompress.total_in() - before).unwrap_or(input.len());
            Ok(Step { consumed, finished: status == Status::StreamEnd })
        }
        Err(error) => Err(Corrupt(error.to_string())),
    }
}

fn brotli(
    state: &mut BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    input: &[u8],
    output: &mut Vec<u8>,
) -> Result<Step, Corrupt> {
    let start = output.len();
    output.resize(output.capacity(), 0);
    let (mut available_in, mut consumed) = (input.len(), 0);
    let (mut available_out, mut written, mut total) = (output.len() - start, 0, 0);
    let result = BrotliDecompressStream(
        &mut available_in,
        &mut consumed,
        input,
        &mut available_out,
        &mut written,
        &mut output[start..],
        &mut total,
        state,
    );
    output.truncate(start + written);
    match result {
        BrotliResult::ResultSuccess => Ok(Step { consumed, finished: true }),
        BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(Step { consumed, finished: false }),
        BrotliResult::ResultFailure => Err(Corrupt("not a brotli stream".to_owned())),
    }
}

fn zstd(decoder: &mut Decoder<'static>, input: &[u8], output: &mut Vec<u8>) -> Result<Step, Corrupt> {
    let mut source = InBuffer::around(input);
    let start = output.len();
    let mut sink = OutBuffer::around_pos(output, start);
    let left = decoder.run(&mut source, &mut sink)?;
    Ok(Step { consumed: source.pos(), finished: left == 0 })
}
