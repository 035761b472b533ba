//! The one capped door for foreign compressed bytes.
//!
//! Every decoder writes into a buffer that grows with what really comes out, never with what a header claims, and stops
//! soon after the cap. The ratio is held against what came out for what went in *so far*: a bomb costs no more than
//! [`limits::RATIO_FREE_BYTES`].

#![expect(clippy::disallowed_types, reason = "this is the capped door that the others are sent to")]

use std::io::Read;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};

use crate::limits;

/// How far [`inflate`] may go.
#[derive(Debug, Clone, Copy)]
pub struct InflateLimits {
    /// Most bytes that may come out.
    pub inflated_bytes: usize,
    /// Most bytes out for one byte in, once `ratio_free_bytes` came out.
    pub ratio: usize,
    /// Bytes out below which no ratio is held against a body.
    pub ratio_free_bytes: usize,
}

impl Default for InflateLimits {
    fn default() -> Self {
        Self {
            inflated_bytes: limits::INFLATED_BYTES,
            ratio: limits::INFLATE_RATIO,
            ratio_free_bytes: limits::RATIO_FREE_BYTES,
        }
    }
}

/// Why a body could not be inflated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// Larger than the cap (413).
    #[error("body inflates to more than {limit} bytes")]
    TooLarge {
        /// The cap in bytes.
        limit: usize,
    },
    /// A compression bomb (413).
    #[error("body inflates to more than {limit} times its size")]
    Ratio {
        /// The cap.
        limit: usize,
    },
    /// Not what its Content-Encoding says (400).
    #[error("body is not valid {encoding}")]
    Malformed {
        /// The encoding that was claimed.
        encoding: &'static str,
    },
    /// Compressed more than [`limits::ENCODINGS`] times over (400).
    #[error("content-encoding lists more than {limit} encodings")]
    TooManyEncodings {
        /// The cap.
        limit: usize,
    },
}

impl InflateError {
    /// Too large for mayday (413) rather than malformed (400).
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Ratio { .. })
    }

    /// The stable name that the ledger counts it under.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Ratio { .. } => "compression_ratio",
            Self::Malformed { .. } | Self::TooManyEncodings { .. } => "content_encoding",
        }
    }
}

/// The encodings that bodies are compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// A zlib stream as the standard has it, or a raw deflate stream as some clients send it.
    Deflate,
    Brotli,
    Zstd,
    /// Of minidumps alone: no client sends a body so.
    Xz,
    /// The same.
    Bzip2,
}

impl Encoding {
    /// `None` for identity and for whatever else may stand there.
    fn named(name: &str) -> Option<Self> {
        let known = [
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("br", Self::Brotli),
            ("zstd", Self::Zstd),
        ];
        known.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, encoding)| encoding)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }
}

/// Inflates `body`, sent with this Content-Encoding header value: gzip, x-gzip, deflate (zlib or raw), br,
/// zstd, up to [`limits::ENCODINGS`] of them in a list, identity or empty; an unknown one is taken as
/// identity, as Sentry does.
///
/// An empty body stays empty. Truncated bodies and bytes after the stream are malformed; gzip and zstd may be
/// several streams in a row, as their standards say.
pub fn inflate(body: Bytes, encoding: &str, limits: &InflateLimits) -> Result<Bytes, InflateError> {
    let mut applied = encoding.split(',').filter_map(|name| Encoding::named(name.trim())).fuse();
    let steps: Vec<Encoding> = applied.by_ref().take(limits::ENCODINGS).collect();
    if applied.next().is_some() {
        return Err(InflateError::TooManyEncodings { limit: limits::ENCODINGS });
    }
    // The header lists encodings in the order in which they were applied.
    steps.into_iter().rev().try_fold(body, |body, step| inflate_step(body, step, limits))
}

/// Undoes one encoding, under the same caps.
pub(crate) fn inflate_step(
    body: Bytes,
    encoding: Encoding,
    limits: &InflateLimits,
) -> Result<Bytes, InflateError> {
    if body.is_empty() {
        return Ok(body);
    }
    decode(&body, encoding, limits).map(Bytes::from).map_err(|stopped| match stopped {
        Stopped::Malformed => InflateError::Malformed { encoding: encoding.name() },
        Stopped::TooLarge => InflateError::TooLarge { limit: limits.inflated_bytes },
        Stopped::Ratio => InflateError::Ratio { limit: limits.ratio },
    })
}

/// Why a decoder went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Malformed,
    TooLarge,
    Ratio,
}

impl InflateLimits {
    /// Held against what came out so far, for what went in so far: a bomb shows its ratio long before its size.
    fn check(&self, consumed: usize, produced: usize) -> Result<(), Stopped> {
        if produced > self.ratio_free_bytes && produced > consumed.saturating_mul(self.ratio) {
            return Err(Stopped::Ratio);
        }
        if produced > self.inflated_bytes { Err(Stopped::TooLarge) } else { Ok(()) }
    }

    /// A first guess of what comes out: a small multiple of what really arrived, enough for most JSON, and no more than it
    /// takes to know a bomb.
    fn initial_capacity(&self, body_len: usize) -> usize {
        body_len.saturating_mul(8).min(self.ratio_free_bytes.saturating_add(1)).min(self.inflated_bytes)
    }

    /// By how much a full buffer grows: it doubles, as Vec does, while what came out is far from a bomb's ratio.
    fn growth(&self, consumed: usize, produced: usize) -> usize {
        let most =
            if produced <= consumed.saturating_mul(self.ratio / 4) { produced } else { PIECE_BYTES as usize };
        produced.clamp(1 << 10, most.max(1 << 10))
    }
}

fn decode(body: &[u8], encoding: Encoding, limits: &InflateLimits) -> Result<Vec<u8>, Stopped> {
    match encoding {
        Encoding::Gzip => decode_gzip(body, limits),
        // A raw stream may begin like a zlib header by chance.
        Encoding::Deflate if is_zlib(body) => match decode_deflate(body, true, limits) {
            Err(Stopped::Malformed) => decode_deflate(body, false, limits),
            decoded => decoded,
        },
        Encoding::Deflate => decode_deflate(body, false, limits),
        Encoding::Brotli => decode_brotli(body, limits),
        Encoding::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(body).map_err(|_| Stopped::Malformed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|_| Stopped::Malformed)?;
            read_all(decoder, |decoder| decoder.get_ref().len(), body.len(), limits)
        }
        Encoding::Xz => {
            let decoder = lzma_rust2::XzReader::new_mem_limit(body, true, XZ_MEMORY_KIB);
            read_all(decoder, |decoder| decoder.inner().len(), body.len(), limits)
        }
        Encoding::Bzip2 => {
            let decoder = bzip2::bufread::MultiBzDecoder::new(body);
            read_all(decoder, |decoder| decoder.get_ref().len(), body.len(), limits)
        }
    }
}

/// 8 MiB: the window that the zstd format asks every decoder to support; a frame may claim gigabytes.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// KiB: enough for `xz -9`, whose dictionary is 64 MiB; a file may claim 4 GiB.
const XZ_MEMORY_KIB: u32 = 72 << 10;
/// Base-two logarithm of gzip's window: what every encoder may use.
const WINDOW_BITS: u8 = 15;
/// Bytes that come out between two looks at the caps: most bodies are one piece.
const PIECE_BYTES: u64 = 256 << 10;

fn read_all<D: Read>(
    decoder: D,
    left: impl Fn(&D) -> usize,
    body_len: usize,
    limits: &InflateLimits,
) -> Result<Vec<u8>, Stopped> {
    let mut inflated = Vec::with_capacity(limits.initial_capacity(body_len));
    read_capped(decoder, left, body_len, limits, &mut inflated)?;
    Ok(inflated)
}

/// `left` tells how much of the body the decoder has not read yet.
fn read_capped<D: Read>(
    mut decoder: D,
    left: impl Fn(&D) -> usize,
    body_len: usize,
    limits: &InflateLimits,
    inflated: &mut Vec<u8>,
) -> Result<(), Stopped> {
    loop {
        let piece = decoder.by_ref().take(PIECE_BYTES).read_to_end(inflated);
        let came = piece.map_err(|_| Stopped::Malformed)?;
        limits.check(body_len.saturating_sub(left(&decoder)), inflated.len())?;
        if (came as u64) < PIECE_BYTES {
            return Ok(());
        }
    }
}

/// The first stream, nearly always the only one, goes straight into the buffer: a reader would take it in small pieces,
/// and copy its window after each.
fn decode_gzip(body: &[u8], limits: &InflateLimits) -> Result<Vec<u8>, Stopped> {
    let mut inflated = Vec::with_capacity(limits.initial_capacity(body.len()));
    let consumed = decompress(Decompress::new_gzip(WINDOW_BITS), body, limits, &mut inflated)?;
    if let Some(rest @ [_, ..]) = body.get(consumed..) {
        let decoder = flate2::bufread::MultiGzDecoder::new(rest);
        read_capped(decoder, |decoder| decoder.get_ref().len(), body.len(), limits, &mut inflated)?;
    }
    Ok(inflated)
}

fn decode_deflate(body: &[u8], zlib: bool, limits: &InflateLimits) -> Result<Vec<u8>, Stopped> {
    let mut inflated = Vec::with_capacity(limits.initial_capacity(body.len()));
    let consumed = decompress(Decompress::new(zlib), body, limits, &mut inflated)?;
    if consumed == body.len() { Ok(inflated) } else { Err(Stopped::Malformed) }
}

/// Decodes one stream; returns how much of the body it was. Its end is checked here because flate2's readers take a
/// truncated zlib stream as complete.
fn decompress(
    mut decoder: Decompress,
    body: &[u8],
    limits: &InflateLimits,
    inflated: &mut Vec<u8>,
) -> Result<usize, Stopped> {
    let consumed_by = |decoder: &Decompress| usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
    loop {
        let (consumed, produced) = (consumed_by(&decoder), inflated.len());
        let rest = body.get(consumed..).ok_or(Stopped::Malformed)?;
        let status =
            decoder.decompress_vec(rest, inflated, FlushDecompress::None).map_err(|_| Stopped::Malformed)?;
        let consumed_now = consumed_by(&decoder);
        limits.check(consumed_now, inflated.len())?;
        if status == Status::StreamEnd {
            return Ok(consumed_now);
        }
        if inflated.len() == inflated.capacity() {
            inflated.reserve_exact(limits.growth(consumed_now, inflated.len()));
        } else if inflated.len() == produced && consumed_now == consumed {
            return Err(Stopped::Malformed);
        }
    }
}

/// By the standard's windows, 16 MiB at most; an extension outside it would allow 1 GiB. The stream's end is checked
/// here because the decoder's reader ignores what follows it.
fn decode_brotli(body: &[u8], limits: &InflateLimits) -> Result<Vec<u8>, Stopped> {
    const OUTPUT_BYTES: usize = 16 << 10;
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let mut inflated = Vec::with_capacity(limits.initial_capacity(body.len()));
    let mut chunk = vec![0; OUTPUT_BYTES];
    let (mut left, mut consumed, mut total) = (body.len(), 0, 0);
    loop {
        let (mut room, mut filled) = (chunk.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut consumed,
            body,
            &mut room,
            &mut filled,
            &mut chunk,
            &mut total,
            &mut state,
        );
        inflated.extend_from_slice(chunk.get(..filled).unwrap_or_default());
        limits.check(consumed, inflated.len())?;
        match result {
            BrotliResult::ResultSuccess if left == 0 => return Ok(inflated),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultSuccess | BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => {
                return Err(Stopped::Malformed);
            }
        }
    }
}

/// The two bytes of a zlib header: method 8 (deflate), and a checksum of 31.
pub(crate) fn is_zlib(body: &[u8]) -> bool {
    let &[first, second, ..] = body else { return false };
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const CAPS: InflateLimits =
        InflateLimits { inflated_bytes: 1 << 20, ratio: 100, ratio_free_bytes: 64 << 10 };
    /// `hello` in brotli, as its reference encoder writes it.
    const HELLO_BROTLI: &[u8] = b"\x0f\x02\x80hello\x03";
    /// `hello` as `xz` and `bzip2` write it.
    const HELLO_XZ: &[u8] = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x0c\0\0\0\x8f\x98A\x9c\x01\0\x04hello\0\0\0\0\xb17\xb9\xdb\xe5\xda\x1e\x9b\0\x01\x1d\x05\xb8-\x80\xaf\x1f\xb6\xf3}\x01\0\0\0\0\x04YZ";
    const HELLO_BZIP2: &[u8] =
        b"BZh91AY&SY\x191e=\0\0\0\x81\0\x02D\xa0\0!\x9ah3M\x073\x8b\xb9\x22\x9c(H\x0c\x98\xb2\x9e\x80";
    /// The same `hello` with a dictionary of 512 MiB.
    const HUGE_XZ: &[u8] = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x22\0\0\0\x82@\xac\xdc\x01\0\x04hello\0\0\0\0\xb17\xb9\xdb\xe5\xda\x1e\x9b\0\x01\x1d\x05\xb8-\x80\xaf\x1f\xb6\xf3}\x01\0\0\0\0\x04YZ";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    fn inflated(body: impl Into<Bytes>, encoding: &str) -> Result<Bytes, InflateError> {
        inflate(body.into(), encoding, &CAPS)
    }

    #[test]
    fn every_encoding_that_clients_use_is_undone() {
        for (body, encoding) in [
            (gzip(b"hello"), "gzip"),
            (gzip(b"hello"), "X-GZip"),
            (zlib(b"hello"), "deflate"),
            (raw_deflate(b"hello"), "deflate"),
            (HELLO_BROTLI.to_vec(), "br"),
            (zstd(b"hello"), "zstd"),
            (zstd(&gzip(b"hello")), "gzip, zstd"),
            (b"hello".to_vec(), "identity"),
            (b"hello".to_vec(), ""),
            (b"hello".to_vec(), "something-new"),
        ] {
            assert_eq!(inflated(body, encoding).as_deref(), Ok(&b"hello"[..]), "{encoding}");
        }
        assert_eq!(inflated(Vec::new(), "gzip"), Ok(Bytes::new()));
    }

    #[test]
    fn streams_in_a_row_are_one_body() {
        assert_eq!(inflated([gzip(b"hel"), gzip(b"lo")].concat(), "gzip").as_deref(), Ok(&b"hello"[..]));
        assert_eq!(inflated([zstd(b"hel"), zstd(b"lo")].concat(), "zstd").as_deref(), Ok(&b"hello"[..]));
    }

    #[test]
    fn cut_off_bodies_and_trailing_garbage_are_malformed() {
        let bodies = [
            (gzip(b"hello"), "gzip"),
            (zlib(b"hello"), "deflate"),
            (raw_deflate(b"hello"), "deflate"),
            (HELLO_BROTLI.to_vec(), "br"),
            (zstd(b"hello"), "zstd"),
        ];
        for (body, encoding) in bodies {
            let malformed = Err(InflateError::Malformed { encoding });
            let cut = body.get(..body.len() - 1).unwrap().to_vec();
            assert_eq!(inflated(cut, encoding), malformed, "{encoding}, cut off");
            assert_eq!(
                inflated([&body, &b"garbage"[..]].concat(), encoding),
                malformed,
                "{encoding}, trailing"
            );
            assert_eq!(
                inflated(&b"{\"plain\": true}"[..], encoding),
                malformed,
                "{encoding}, not compressed"
            );
        }
    }

    #[test]
    fn bombs_are_refused_by_size_and_by_ratio() {
        let megabytes = vec![0; 3 << 20];
        for (body, encoding) in
            [(gzip(&megabytes), "gzip"), (zlib(&megabytes), "deflate"), (zstd(&megabytes), "zstd")]
        {
            let by_ratio = inflated(body.clone(), encoding).unwrap_err();
            assert_eq!(by_ratio, InflateError::Ratio { limit: 100 }, "{encoding}");
            let generous = InflateLimits { ratio: 1_000_000, ..CAPS };
            let by_size = inflate(body.into(), encoding, &generous).unwrap_err();
            assert_eq!(by_size, InflateError::TooLarge { limit: 1 << 20 }, "{encoding}");
            assert!(by_ratio.is_too_large() && by_size.is_too_large());
        }
    }

    #[test]
    fn a_bomb_is_known_by_its_ratio_long_before_its_size() {
        // A gigabyte would be refused by its size too, after most of a second.
        let limits = InflateLimits { inflated_bytes: usize::MAX, ..CAPS };
        let zeros = vec![0; 8 << 20];
        for (body, encoding) in [(gzip(&zeros), "gzip"), (zlib(&zeros), "deflate"), (zstd(&zeros), "zstd")] {
            let of = Encoding::named(encoding).unwrap();
            assert_eq!(decode(&body, of, &limits), Err(Stopped::Ratio), "{encoding}");
            // Cut off early, it was known already.
            let start = body.get(..body.len() / 2).unwrap();
            assert_eq!(decode(start, of, &limits), Err(Stopped::Ratio), "{encoding}, its first half");
        }
    }

    #[test]
    fn a_body_that_compresses_well_but_is_small_is_taken() {
        let body = gzip(&vec![b' '; CAPS.ratio_free_bytes]);
        assert_eq!(inflated(body, "gzip").map(|body| body.len()), Ok(CAPS.ratio_free_bytes));
    }

    #[test]
    fn a_window_beyond_the_standard_is_refused() {
        // Brotli's large window extension, and a zstd frame that claims a window of 2 GiB.
        assert!(inflated(&[0x11, 0x1e, 0, 0, 0][..], "br").is_err());
        assert!(inflated(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00][..], "zstd").is_err());
    }

    #[test]
    fn what_files_are_packed_with_is_undone_and_bounded() {
        for (body, encoding) in [(HELLO_XZ, Encoding::Xz), (HELLO_BZIP2, Encoding::Bzip2)] {
            let inflated = |body: &[u8]| inflate_step(Bytes::copy_from_slice(body), encoding, &CAPS);
            assert_eq!(inflated(body).as_deref(), Ok(&b"hello"[..]), "{encoding:?}");
            assert_eq!(inflated(&[body, body].concat()).as_deref(), Ok(&b"hellohello"[..]), "{encoding:?}");
            let malformed = Err(InflateError::Malformed { encoding: encoding.name() });
            assert_eq!(inflated(&body[..body.len() - 1]), malformed, "{encoding:?}, cut off");
            assert_eq!(inflated(&[body, b"garbage"].concat()), malformed, "{encoding:?}, trailing");
            assert_eq!(inflated(b"plain"), malformed, "{encoding:?}, not compressed");
        }
        assert!(inflate_step(HUGE_XZ.into(), Encoding::Xz, &CAPS).is_err());
        let mut bomb = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        bomb.write_all(&vec![0; 8 << 20]).unwrap();
        let limits = InflateLimits { inflated_bytes: usize::MAX, ..CAPS };
        assert_eq!(decode(&bomb.finish().unwrap(), Encoding::Bzip2, &limits), Err(Stopped::Ratio));
    }

    #[test]
    fn encodings_piled_up_are_refused() {
        let error = inflated(&b"hello"[..], "gzip, gzip, gzip").unwrap_err();
        assert_eq!(error, InflateError::TooManyEncodings { limit: 2 });
        assert!(!error.is_too_large());
    }
}
