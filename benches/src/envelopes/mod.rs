//! Envelopes as mobile SDKs send them, gzip, each with an event id of its own.
//!
//! Compressing 20 kB for each request would measure the generator. So the large part of some crashes is compressed
//! once, and a request is one plain gzip stream of: a stored block with the envelope's head and the first fields of
//! the event (id, time, user), then those deflate blocks, then the checksum of both, combined.

mod crash;

use std::io::Write;

use anyhow::{Context, ensure};
use flate2::{Compression, Crc, write::DeflateEncoder};
use serde_json::Value;

use crate::{clock, dice::Dice};

/// Different crashes, so that no cache sees one request again and again.
const POOL: u64 = 128;
/// So many of them are weighed to find how rich a crash of a given size is.
const SAMPLE: u64 = 6;
/// The level that most SDKs' zlib defaults to.
const LEVEL: Compression = Compression::new(6);
/// People whose apps crash.
const USERS: u64 = 50_000;
/// A crash is never richer than this; it is far beyond every size limit.
const RICHEST: u64 = 4_000;
/// Method deflate, no name, no time, system unknown.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// Not the last block, stored.
const STORED_BLOCK: u8 = 0;
/// About what the stored block and gzip's frame add to a body.
const FRAME_BYTES: usize = 330;

/// Crashes, compressed once.
#[derive(Debug)]
pub(crate) struct Pool {
    bodies: Vec<Body>,
}

/// The rest of an event's JSON object, from its fourth field on.
#[derive(Debug)]
struct Body {
    deflated: Vec<u8>,
    crc: Crc,
}

impl Pool {
    /// Crashes of about `bytes` as sent. The same ones in every run.
    pub(crate) fn build(bytes: usize) -> anyhow::Result<Self> {
        let body = |index, richness| Body::new(&crash::fields(&mut Dice::seeded(index), richness));
        let sent_bytes = |richness| -> anyhow::Result<usize> {
            let sizes = (0..SAMPLE).map(|index| Ok(body(index, richness)?.deflated.len()));
            Ok(sizes.sum::<anyhow::Result<usize>>()? / SAMPLE as usize + FRAME_BYTES)
        };
        let smallest = sent_bytes(0)?;
        ensure!(smallest <= bytes, "a crash has at least {smallest} bytes");
        let (mut low, mut high) = (0, RICHEST);
        while low + 1 < high {
            let middle = low.midpoint(high);
            (low, high) = if sent_bytes(middle)? <= bytes { (middle, high) } else { (low, middle) };
        }
        let bodies = (0..POOL).map(|index| body(index, low)).collect::<anyhow::Result<_>>()?;
        Ok(Self { bodies })
    }

    /// Of these events, which have no id, time and user.
    pub(crate) fn of(events: impl Iterator<Item = Value>) -> anyhow::Result<Self> {
        Ok(Self { bodies: events.map(|event| Body::new(&fields(&event))).collect::<anyhow::Result<_>>()? })
    }

    /// Any crash, happening now.
    pub(crate) fn crash(&self, dice: &mut Dice) -> Envelope<'_> {
        let body = &self.bodies[dice.below(self.bodies.len() as u64) as usize];
        let event_id = dice.id();
        let head = body.head(&event_id, dice.below(USERS));
        Envelope { event_id, head, body }
    }

    /// Means of the pool: bytes as sent, bytes inflated.
    pub(crate) fn mean_sizes(&self) -> (u64, u64) {
        let mut dice = Dice::seeded(0);
        let envelopes = self.bodies.iter().map(|body| {
            let event_id = dice.id();
            Envelope { head: body.head(&event_id, 0), event_id, body }
        });
        let (sent, inflated) = envelopes.fold((0, 0), |(sent, inflated), envelope| {
            (sent + envelope.len() as u64, inflated + u64::from(envelope.inflated_len()))
        });
        (sent / self.bodies.len() as u64, inflated / self.bodies.len() as u64)
    }
}

/// What follows the first fields. Without the brace that opens it: what comes before is written for each request.
fn fields(event: &Value) -> String {
    let mut text = event.to_string();
    text.remove(0);
    text
}

impl Body {
    fn new(fields: &str) -> anyhow::Result<Self> {
        let mut crc = Crc::new();
        crc.update(fields.as_bytes());
        let mut encoder = DeflateEncoder::new(Vec::new(), LEVEL);
        encoder.write_all(fields.as_bytes())?;
        Ok(Self { deflated: encoder.finish().context("cannot compress a crash")?, crc })
    }

    /// All that stands before the body: envelope header, item header, the event's first fields.
    fn head(&self, event_id: &str, user: u64) -> String {
        let now = clock::now();
        let first_fields = format!(
            r#"{{"event_id":"{event_id}","timestamp":{}.{:03},"user":{{"id":"u{user:05}"}},"#,
            now.seconds(),
            now.0.rem_euclid(1000),
        );
        let length = first_fields.len() + self.crc.amount() as usize;
        format!(
            concat!(
                r#"{{"event_id":"{id}","sdk":{{"name":"sentry.cocoa","version":"8.49.0"}}}}"#,
                "\n",
                r#"{{"type":"event","content_type":"application/json","length":{length}}}"#,
                "\n{first}"
            ),
            id = event_id,
            length = length,
            first = first_fields
        )
    }
}

/// One request's body.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) event_id: String,
    head: String,
    body: &'a Body,
}

impl Envelope<'_> {
    /// Bytes as sent.
    pub(crate) fn len(&self) -> usize {
        GZIP_HEAD.len() + 5 + self.head.len() + self.body.deflated.len() + 8
    }

    fn inflated_len(&self) -> u32 {
        self.head.len() as u32 + self.body.crc.amount()
    }

    /// Appends the gzip stream.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let stored = self.head.len() as u16;
        let mut crc = Crc::new();
        crc.update(self.head.as_bytes());
        crc.combine(&self.body.crc);
        out.extend_from_slice(&GZIP_HEAD);
        out.push(STORED_BLOCK);
        out.extend_from_slice(&stored.to_le_bytes());
        out.extend_from_slice(&(!stored).to_le_bytes());
        out.extend_from_slice(self.head.as_bytes());
        out.extend_from_slice(&self.body.deflated);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&self.inflated_len().to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use mayday_event::capped::{InflateLimits, inflate};
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_envelope_is_one_valid_gzip_stream_of_the_size_asked_for() {
        let pool = Pool::build(20_000).unwrap();
        let mut dice = Dice::seeded(7);
        let (first, second) = (pool.crash(&mut dice), pool.crash(&mut dice));
        assert_ne!(first.event_id, second.event_id);
        let mut sent = Vec::new();
        first.write(&mut sent);
        assert_eq!(sent.len(), first.len());
        assert!((19_000..=21_000).contains(&sent.len()), "{} bytes", sent.len());

        let inflated = inflate(sent.into(), "gzip", &InflateLimits::default()).unwrap();
        let lines: Vec<&[u8]> = inflated.splitn(3, |byte| *byte == b'\n').collect();
        let header: Value = serde_json::from_slice(lines[0]).unwrap();
        let item: Value = serde_json::from_slice(lines[1]).unwrap();
        let event: Value = serde_json::from_slice(lines[2]).unwrap();
        assert_eq!(header["event_id"], first.event_id.as_str());
        assert_eq!(event["event_id"], first.event_id.as_str());
        assert_eq!(item["length"], lines[2].len());
    }

    #[test]
    fn a_size_below_the_smallest_crash_is_refused() {
        let error = Pool::build(500).unwrap_err().to_string();
        assert!(error.contains("at least"), "{error}");
    }
}
