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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const JSON: &[u8] = b"{\"message\":\"hello\"}";

    fn zlib() -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(JSON).unwrap();
        encoder.finish().unwrap()
    }

    fn json_of(body: impl Into<Bytes>, encoding: &str) -> Result<Bytes, InflateError> {
        event_json(body.into(), encoding, &InflateLimits::default())
    }

    #[test]
    fn every_wrapping_of_old_clients_is_undone() {
        let base64 = base64::engine::general_purpose::STANDARD.encode(zlib());
        let unpadded = base64.trim_end_matches('=').to_owned();
        for (body, encoding) in [
            (JSON.to_vec(), ""),
            (zlib(), "deflate"),
            (zlib(), ""),
            (base64.into_bytes(), ""),
            (format!("{unpadded}\n").into_bytes(), ""),
        ] {
            assert_eq!(json_of(body, encoding).as_deref(), Ok(JSON), "{encoding}");
        }
    }

    #[test]
    fn a_wrapped_bomb_is_refused() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![b' '; 8 << 20]).unwrap();
        let bomb = base64::engine::general_purpose::STANDARD.encode(encoder.finish().unwrap());
        assert!(json_of(bomb, "").unwrap_err().is_too_large());
    }

    #[test]
    fn anything_else_is_malformed() {
        for body in ["hello", "aGVsbG8=", "[1]", "\u{0}"] {
            let error = json_of(body, "").unwrap_err();
            assert_eq!(error.to_string(), "body is not valid JSON, nor base64 of zlib of JSON", "{body}");
        }
    }
}
