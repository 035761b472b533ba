//! What the generator sends: kinds of reports, each as its clients post it.

use std::io::Write;

use crate::{clock, dice::Dice, envelopes::Pool, load::Target};

/// Bytes of a minidump: what a mobile process of some threads leaves.
const MINIDUMP_BYTES: usize = 1 << 20;
const BOUNDARY: &str = "----mayday-benches-7d8f2c";
/// One crash of a fleet in so many is a minidump.
const MINIDUMP: u64 = 10;
/// One crash in so many is malformed, if any.
const SLOPPY: u64 = 100;
/// People whose apps start.
const USERS: u64 = 50_000;

/// One kind of report.
#[derive(Debug)]
pub(crate) enum Reports {
    /// Envelopes with an event, gzip.
    Crashes(Pool),
    /// The same, one in a hundred of them malformed.
    SloppyCrashes(Pool),
    /// Multipart with one minidump, as Crashpad posts it.
    Minidumps(Vec<u8>),
    /// Of apps on several platforms, gzip; one in ten a minidump.
    Fleet { pool: Pool, dump: Vec<u8> },
    /// Envelopes with a session update.
    Sessions,
    /// Envelopes with a handled error of a kilobyte, not compressed.
    Tiny,
}

impl Reports {
    /// Crashes of about `bytes` as sent.
    pub(crate) fn crashes(bytes: usize) -> anyhow::Result<Self> {
        Ok(Self::Crashes(Pool::build(bytes)?))
    }

    /// Crashes, some of them malformed.
    pub(crate) fn sloppy_crashes(bytes: usize) -> anyhow::Result<Self> {
        Ok(Self::SloppyCrashes(Pool::build(bytes)?))
    }

    /// Minidumps of a MiB: a head that is one, and content that compresses little.
    pub(crate) fn minidumps() -> Self {
        let mut dice = Dice::seeded(1);
        let mut dump = Vec::with_capacity(MINIDUMP_BYTES);
        // Signature, version, no streams, and where their directory would be.
        for word in [0x504d_444d_u32, 0xa793, 0, 32, 0, 0, 0, 0] {
            dump.extend_from_slice(&word.to_le_bytes());
        }
        while dump.len() < MINIDUMP_BYTES {
            dump.extend_from_slice(&dice.below(u64::MAX).to_le_bytes());
        }
        Self::Minidumps(dump)
    }

    /// For people, in a table.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Crashes(pool) | Self::SloppyCrashes(pool) => {
                let (sent, inflated) = pool.mean_sizes();
                format!("{sent} bytes gzip ({inflated} inflated)")
            }
            Self::Minidumps(dump) => format!("minidumps of {} bytes", dump.len()),
            Self::Fleet { pool, dump } => {
                let (sent, inflated) = pool.mean_sizes();
                let of = "R8, React Native, native";
                format!(
                    "{of} of {sent} bytes gzip ({inflated} inflated), one in ten a minidump of {} bytes",
                    dump.len()
                )
            }
            Self::Sessions => "session updates".to_owned(),
            Self::Tiny => "1 kB, not compressed".to_owned(),
        }
    }

    /// Puts a whole request in place of what is in `request`; returns the event's id, if it has one.
    pub(crate) fn write_request(&self, target: &Target, dice: &mut Dice, request: &mut Vec<u8>) -> String {
        request.clear();
        match self {
            Self::SloppyCrashes(_) if dice.below(SLOPPY) == 0 => {
                let body = malformed(dice);
                head(request, target, "envelope", "Content-Type: application/x-sentry-envelope", body.len());
                request.extend_from_slice(body.as_bytes());
                String::new()
            }
            Self::Fleet { dump, .. } if dice.below(MINIDUMP) == 0 => minidump(request, target, dump),
            Self::Crashes(pool) | Self::SloppyCrashes(pool) | Self::Fleet { pool, .. } => {
                let envelope = pool.crash(dice);
                let headers = "Content-Type: application/x-sentry-envelope\r\nContent-Encoding: gzip";
                head(request, target, "envelope", headers, envelope.len());
                envelope.write(request);
                envelope.event_id
            }
            Self::Minidumps(dump) => minidump(request, target, dump),
            Self::Sessions | Self::Tiny => {
                let body = if matches!(self, Self::Tiny) { tiny(dice) } else { session(dice) };
                head(request, target, "envelope", "Content-Type: application/x-sentry-envelope", body.len());
                request.extend_from_slice(body.as_bytes());
                String::new()
            }
        }
    }
}

/// A minidump as Crashpad posts it; it has no id yet.
fn minidump(request: &mut Vec<u8>, target: &Target, dump: &[u8]) -> String {
    let before = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"sentry\"\r\n\r\n{{\"release\":\"app@1.0\"}}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"crash.dmp\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let headers = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    head(request, target, "minidump", &headers, before.len() + dump.len() + after.len());
    request.extend_from_slice(before.as_bytes());
    request.extend_from_slice(dump);
    request.extend_from_slice(after.as_bytes());
    String::new()
}

/// A handled error with a few frames.
fn tiny(dice: &mut Dice) -> String {
    let (id, user, now) = (dice.id(), dice.below(USERS), clock::now());
    let frame = |function: &str, line: u32| {
        format!(
            r#"{{"module":"com.example.shop.cart","function":"{function}","filename":"Cart.kt","lineno":{line},"in_app":true}}"#
        )
    };
    let frames = [frame("onClick", 31), frame("checkout", 77), frame("total", 112)].join(",");
    let event = format!(
        r#"{{"event_id":"{id}","timestamp":"{now}","platform":"java","level":"error","release":"com.example.shop@4.2.0+420","environment":"production","user":{{"id":"u{user:05}"}},"exception":{{"values":[{{"type":"IllegalStateException","value":"cart is empty","module":"java.lang","mechanism":{{"type":"generic","handled":true}},"stacktrace":{{"frames":[{frames}]}}}}]}},"contexts":{{"os":{{"name":"Android","version":"16"}},"device":{{"model":"Pixel 9"}}}}}}"#
    );
    format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n", event.len())
}

/// One of several ways to be wrong: framing, item header, length, event cut off, event with an error within.
fn malformed(dice: &mut Dice) -> String {
    let id = dice.id();
    match dice.below(5) {
        0 => "nonsense".to_owned(),
        1 => format!("{{\"event_id\":\"{id}\"}}\n{{\"length\":2}}\n{{}}\n"),
        2 => format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":99}}\n{{}}\n"),
        3 => format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\"}}\n{{\"message\":\"cut\n"),
        _ => format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\"}}\n{{\"message\":}}\n"),
    }
}

/// A session's first update.
fn session(dice: &mut Dice) -> String {
    let (sid, user, now) = (dice.id(), dice.below(USERS), clock::now());
    let payload = format!(
        r#"{{"sid":"{sid}","did":"u{user:05}","init":true,"started":"{now}","timestamp":"{now}","status":"ok","errors":0,"attrs":{{"release":"com.example.shop@4.2.0+420","environment":"production"}}}}"#
    );
    let length = payload.len();
    format!("{{\"sent_at\":\"{now}\"}}\n{{\"type\":\"session\",\"length\":{length}}}\n{payload}\n")
}

fn head(request: &mut Vec<u8>, target: &Target, endpoint: &str, headers: &str, length: usize) {
    let Target { address, project, key } = target;
    // Writing to a Vec cannot fail.
    write!(
        request,
        "POST /api/{project}/{endpoint}/ HTTP/1.1\r\nHost: {address}\r\nUser-Agent: sentry.cocoa/8.49.0\r\n\
         X-Sentry-Auth: Sentry sentry_version=7,sentry_client=sentry.cocoa/8.49.0,sentry_key={key}\r\n\
         {headers}\r\nContent-Length: {length}\r\n\r\n"
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_announces_the_length_that_it_has() {
        let target = Target::floor(([127, 0, 0, 1], 1).into());
        let mut request = Vec::new();
        let crashes = Reports::crashes(20_000).unwrap();
        for reports in [Reports::minidumps(), Reports::Sessions, Reports::Tiny, crashes] {
            reports.write_request(&target, &mut Dice::seeded(3), &mut request);
            let end = memchr::memmem::find(&request, b"\r\n\r\n").unwrap() + 4;
            let head = String::from_utf8_lossy(&request[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
            assert_eq!(length.parse::<usize>().unwrap(), request.len() - end, "{}", reports.name());
        }
    }
}
