//! Bodies of Sentry's older `/store/` endpoint: one event's JSON, in more wrappings than Content-Encoding
//! admits.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use crate::capped::{self, Encoding, InflateError, InflateLimits};

const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The event's JSON in a `/store/` body: undoes `encoding` (the Content-Encoding header), then what raven
/// clients add without saying so, which is zlib, or base64 over zlib.
pub fn event_json(body: Bytes, encoding: &str, limits: &InflateLimits) -> Result<Bytes, InflateError> {
    let body = capped::inflate(body, encoding, limits)?;
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None | Some(b'{') => return Ok(body),
        Some(_) => {}
    }
    if capped::is_zlib(&body) {
        return capped::inflate_step(body, Encoding::Deflate, limits);
    }
    let malformed = InflateError::Malformed { encoding: "JSON, nor base64 of zlib of JSON" };
    let zlib = LENIENT_BASE64.decode(body.trim_ascii()).map_err(|_| malformed.clone())?;
    if !capped::is_zlib(&zlib) {
        return Err(malformed);
    }
    capped::inflate_step(zlib.into(), Encoding::Deflate, limits)
}
