use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::budget::Budget;

const CAP: usize = 1 << 20;

fn body(bytes: impl Into<Bytes>) -> Body {
    Body { bytes: bytes.into(), lease: Budget::new(64 << 20).lease() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bare_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn br(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 4, 22);
    encoder.write_all(bytes).unwrap();
    encoder.into_inner()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

type Encode = fn(&[u8]) -> Vec<u8>;
const ALL: [(&str, Encoding, Encode); 5] = [
    ("gzip", Encoding::Gzip, gzip),
    ("zlib", Encoding::Deflate, zlib),
    ("bare deflate", Encoding::Deflate, bare_deflate),
    ("br", Encoding::Brotli, br),
    ("zstd", Encoding::Zstd, zst),
];

fn run(encoded: Vec<u8>, encoding: Encoding, cap: usize) -> Result<Bytes, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(decode(body(encoded), Some(encoding), cap)).map(|body| body.bytes)
}

fn encoding_of(values: &[&str]) -> Result<Option<Encoding>, u16> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
    }
    Encoding::of(&headers).map_err(|refusal| refusal.status.as_u16())
}

#[test]
fn names_of_encodings_are_read_as_clients_write_them() {
    for values in [&[][..], &[""], &["utf-8"], &["UTF-8"], &["identity"], &["identity, "]] {
        assert_eq!(encoding_of(values), Ok(None), "{values:?}");
    }
    for (values, encoding) in [
        (&["gzip"][..], Encoding::Gzip),
        (&["X-GZIP"], Encoding::Gzip),
        (&["identity, gzip"], Encoding::Gzip),
        (&["identity", "deflate"], Encoding::Deflate),
        (&[" br "], Encoding::Brotli),
        (&["zstd"], Encoding::Zstd),
    ] {
        assert_eq!(encoding_of(values), Ok(Some(encoding)), "{values:?}");
    }
    for values in [&["compress"][..], &["gzip, gzip"], &["gzip", "br"]] {
        assert_eq!(encoding_of(values), Err(415), "{values:?}");
    }
}

#[test]
fn a_stream_that_is_cut_anywhere_is_refused() {
    let text = "connection refused ".repeat(200);
    for (name, encoding, encode) in ALL {
        let encoded = encode(text.as_bytes());
        for length in 0..encoded.len() {
            let refusal = run(encoded[..length].to_vec(), encoding, CAP).expect_err(name);
            assert_eq!(refusal.status, 400, "{name} cut at {length}");
        }
    }
}

#[test]
fn garbage_is_refused() {
    for (name, encoding, _) in ALL {
        for garbage in [&b"\xff\xfe\xfd\xfc\xfb\xfa garbage"[..], &[0xff; 1000], br#"{"event_id":"x"}"#] {
            assert_eq!(run(garbage.to_vec(), encoding, CAP).map_err(|refusal| refusal.status.as_u16()), Err(400), "{name}");
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed_where_the_format_has_a_checksum() {
    for (name, encoding, encode) in [ALL[0], ALL[1]] {
        let mut encoded = encode(b"the quick brown fox jumps over the lazy dog");
        let last = encoded.len() - 6;
        encoded[last] ^= 1;
        assert!(run(encoded, encoding, CAP).is_err(), "{name}");
    }
}

#[test]
fn garbage_behind_a_whole_stream_is_left_alone() {
    for (name, encoding, encode) in ALL {
        let mut encoded = encode(b"whole");
        encoded.extend(b"\n\0\0garbage");
        assert_eq!(run(encoded, encoding, CAP).expect(name), "whole", "{name}");
    }
}

#[test]
fn members_of_one_stream_are_read_one_after_the_other() {
    for (encode, encoding) in [(gzip as Encode, Encoding::Gzip), (zst, Encoding::Zstd)] {
        let mut encoded = encode(b"one ");
        encoded.extend(encode(b""));
        encoded.extend(encode(b"two"));
        assert_eq!(run(encoded.clone(), encoding, CAP).unwrap(), "one two");
        encoded.extend(&encode(b"three")[..8]);
        assert_eq!(run(encoded, encoding, CAP).unwrap_err().status, 400);
    }
}

#[test]
fn a_million_empty_members_are_refused_early() {
    for (encode, encoding) in [(gzip as Encode, Encoding::Gzip), (zst, Encoding::Zstd)] {
        let encoded = encode(b"").repeat(100_000);
        assert_eq!(run(encoded, encoding, CAP).unwrap_err().status, 400);
    }
}

#[test]
fn exactly_the_cap_is_taken_and_one_byte_more_is_not() {
    for cap in [1, 4095, 4096, 4097, heavy::BYTES, heavy::BYTES + 1, CAP] {
        let bytes = vec![b'a'; cap];
        for (name, encoding, encode) in ALL {
            let encoded = encode(&bytes);
            assert_eq!(run(encoded.clone(), encoding, cap).expect(name).len(), cap, "{name}");
            assert_eq!(run(encoded, encoding, cap - 1).expect_err(name).status, 413, "{name}");
        }
    }
}

#[test]
fn windows_beyond_what_http_allows_are_refused() {
    // A frame header of zstd: magic, no single segment, window of 2^27 bytes; then one raw block of one byte.
    let window_27 = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x09, 0x00, 0x00, b'x'];
    assert_eq!(run(window_27.to_vec(), Encoding::Zstd, CAP).unwrap_err().status, 400);
    let window_23 = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3, 0x09, 0x00, 0x00, b'x'];
    assert_eq!(run(window_23.to_vec(), Encoding::Zstd, CAP).unwrap(), "x");
    // The first bits of a large-window brotli stream: 0x11, then 30 as six bits.
    assert_eq!(run(vec![0x11, 30, 0, 0, 0], Encoding::Brotli, CAP).unwrap_err().status, 400);
}

#[test]
fn sizes_that_a_client_claims_are_not_believed() {
    // zstd with a content size of 2^40 bytes in the header: single segment, 8-byte size.
    let mut claims_a_terabyte = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    claims_a_terabyte.extend((1_u64 << 40).to_le_bytes());
    claims_a_terabyte.extend([0x09, 0x00, 0x00, b'x']);
    assert_eq!(run(claims_a_terabyte, Encoding::Zstd, CAP).unwrap_err().status, 400);
}

#[test]
fn memory_is_leased_before_it_is_used_and_given_back() {
    let budget = Budget::new(CAP);
    let bomb = gzip(&vec![0; 8 << 20]);
    let mut body = Body { bytes: bomb.into(), lease: budget.lease() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    body.lease.cover(body.bytes.len()).unwrap();
    let refusal = runtime.block_on(decode(body, Some(Encoding::Gzip), 16 << 20)).unwrap_err();
    assert_eq!(refusal.retry_seconds, Some(5));
    assert_eq!(budget.free(), CAP);
}

proptest! {
    #[test]
    fn what_was_encoded_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..20_000), repeat in 1_usize..40) {
        let bytes = bytes.repeat(repeat);
        for (_, encoding, encode) in ALL {
            prop_assert_eq!(&run(encode(&bytes), encoding, CAP).unwrap(), &bytes);
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes: Vec<u8>) {
        for (_, encoding, _) in ALL {
            let _ = run(bytes.clone(), encoding, CAP);
        }
    }
}

#[tokio::test]
async fn what_grows_a_hundred_times_and_is_within_the_cap_is_whole() {
    let budget = Budget::new(256 << 20);
    let plain: Vec<u8> = (0..3_u32 << 20).map(|at| if at % 100_000 == 0 { (at / 100_000) as u8 } else { b' ' }).collect();
    for (encoding, bytes) in [(Encoding::Gzip, gzip(&plain)), (Encoding::Zstd, zstd::bulk::compress(&plain, 19).unwrap())] {
        assert!(bytes.len() * SUSPECT_GROWTH < plain.len());
        for (cap, whole) in [(plain.len(), true), (plain.len() - 1, false), (SUSPECT_BYTES * 2, false)] {
            let body = Body { bytes: bytes.clone().into(), lease: budget.lease() };
            match decode(body, Some(encoding), cap).await {
                Ok(body) => assert!(whole && body.bytes == plain),
                Err(refusal) => assert!(!whole && refusal.status == 413, "{refusal:?}"),
            }
        }
    }
    assert_eq!(budget.free(), 256 << 20);
}
