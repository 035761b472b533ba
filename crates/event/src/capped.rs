//! The one capped door for foreign compressed bytes.
//!
//! Every decoder writes into a buffer that grows with what really comes out, never with what a header claims,
//! and stops at the first byte past the cap: a bomb costs no more memory and time than the cap.

#![expect(clippy::disallowed_types, reason = "this is the capped door that the others are sent to")]

use std::io::Read;

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
        }
    }
}

/// Inflates `body`, sent with this Content-Encoding header value: gzip, x-gzip, deflate (zlib or raw), br,
/// zstd, up to [`limits::ENCODINGS`] of them in a list, identity or empty; an unknown one is taken as
/// identity, as Sentry does.
///
/// An empty body stays empty. Truncated bodies and bytes after a gzip or zstd stream are malformed.
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
    let by_ratio = body.len().saturating_mul(limits.ratio).max(limits.ratio_free_bytes);
    let cap = limits.inflated_bytes.min(by_ratio);
    let malformed = InflateError::Malformed { encoding: encoding.name() };
    let inflated = decode(&body, encoding, cap).ok_or(malformed)?;
    if inflated.len() <= cap {
        return Ok(inflated.into());
    }
    Err(if cap < limits.inflated_bytes {
        InflateError::Ratio { limit: limits.ratio }
    } else {
        InflateError::TooLarge { limit: limits.inflated_bytes }
    })
}

/// At most `cap + 1` bytes; `None` if malformed.
fn decode(body: &[u8], encoding: Encoding, cap: usize) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Gzip => read_capped(flate2::bufread::MultiGzDecoder::new(body), body.len(), cap),
        Encoding::Deflate => decode_deflate(body, cap),
        Encoding::Brotli if claims_large_window(body) => None,
        Encoding::Brotli => {
            read_capped(brotli_decompressor::Decompressor::new(body, BROTLI_BUFFER), body.len(), cap)
        }
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body).ok()?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).ok()?;
            read_capped(decoder, body.len(), cap)
        }
    }
}

/// Input that the brotli decoder takes at a time.
const BROTLI_BUFFER: usize = 16 << 10;

/// 8 MiB: the window that the zstd format asks every decoder to support; a frame may claim gigabytes.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The extension of brotli outside RFC 7932 whose window may be 1 GiB; the standard's is at most 16 MiB.
fn claims_large_window(body: &[u8]) -> bool {
    body.first().is_some_and(|first| first & 0x7f == 0x11)
}

/// A first guess of what comes out: a small multiple of what really arrived.
fn initial_capacity(body_len: usize, cap: usize) -> usize {
    body_len.saturating_mul(4).min(cap.saturating_add(1))
}

fn read_capped(decoder: impl Read, body_len: usize, cap: usize) -> Option<Vec<u8>> {
    let mut inflated = Vec::with_capacity(initial_capacity(body_len, cap));
    let most = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(most).read_to_end(&mut inflated).ok()?;
    Some(inflated)
}

/// The stream's end is checked here because flate2's readers take a truncated zlib stream as complete.
fn decode_deflate(body: &[u8], cap: usize) -> Option<Vec<u8>> {
    let mut decoder = Decompress::new(is_zlib(body));
    let mut inflated = Vec::with_capacity(initial_capacity(body.len(), cap));
    loop {
        let consumed = usize::try_from(decoder.total_in()).ok()?;
        let produced = inflated.len();
        let rest = body.get(consumed..)?;
        let status = decoder.decompress_vec(rest, &mut inflated, FlushDecompress::None).ok()?;
        if status == Status::StreamEnd || inflated.len() > cap {
            inflated.truncate(cap.saturating_add(1));
            return Some(inflated);
        }
        if inflated.len() == inflated.capacity() {
            // Doubles, as Vec grows.
            inflated.reserve(1);
        } else if inflated.len() == produced && decoder.total_in() == u64::try_from(consumed).ok()? {
            return None;
        }
    }
}

/// The two bytes of a zlib header: method 8 (deflate), and a checksum of 31.
pub(crate) fn is_zlib(body: &[u8]) -> bool {
    let &[first, second, ..] = body else { return false };
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}
