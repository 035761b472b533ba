//! What is too large is refused before it costs more than its cap.

use std::{convert::Infallible, io::Write};

use flate2::{Compression, write::GzEncoder};
use futures_util::stream;
use reqwest::Body;
use serde_json::json;

use super::refusal::{Refusal, Refuser};

const MIB: usize = 1 << 20;

const fn too_large(detail: &'static str, reason: &'static str) -> Refusal {
    Refusal { status: 413, detail, reason }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    let refuser = Refuser::start().await;
    let event = format!("{{\"message\":\"{}\"}}", "a".repeat(MIB));
    let item = |ty: &str, payload: &str| format!("{{}}\n{{\"type\":\"{ty}\"}}\n{payload}\n");

    let announced = too_large("body is longer than 104857600 bytes", "too_large");
    refuser.refuses("a body of 101 MiB", refuser.envelope().body(vec![b'a'; 101 * MIB]), announced).await;
    let pieces = stream::iter((0..101).map(|_| Ok::<_, Infallible>(vec![b'a'; MIB])));
    let unannounced = refuser.envelope().body(Body::wrap_stream(pieces));
    refuser.refuses("101 MiB in chunks", unannounced, announced).await;

    let expected = too_large("exceeds 1048576", "envelope_too_large");
    refuser.refuses("an event item", refuser.envelope().body(item("event", &event)), expected).await;
    let expected = too_large("event of 1048590 bytes exceeds 1048576", "too_large");
    refuser.refuses("a store body", refuser.store().body(event), expected).await;

    let header = json!({"sdk": "a".repeat(9_000)});
    let expected = too_large("header at byte 0 is longer than 8192 bytes", "envelope_too_large");
    refuser.refuses("an envelope's header", refuser.envelope().body(format!("{header}\n")), expected).await;

    let many = format!("{{}}\n{}", "{\"type\":\"session\"}\n{}\n".repeat(201));
    let expected = too_large("envelope has more than 200 items", "envelope_too_large");
    refuser.refuses("201 items", refuser.envelope().body(many), expected).await;

    let report = item("client_report", &"a".repeat(101 << 10));
    let expected = too_large("client_report of 103424 bytes exceeds 102400", "envelope_too_large");
    refuser.refuses("a client report", refuser.envelope().body(report), expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_refused() {
    let refuser = Refuser::start().await;
    let gzipped = |body: Vec<u8>| refuser.envelope().header("content-encoding", "gzip").body(body);

    let zeros = inflating_to(30 * MIB, 0);
    let expected = too_large("body inflates to more than 250 times its size", "compression_ratio");
    refuser.refuses("30 MiB of nothing", gzipped(zeros), expected).await;

    let blocks = inflating_to(101 * MIB, 8 << 10);
    assert!(blocks.len() < 20 * MIB, "{}", blocks.len());
    let expected = too_large("body inflates to more than 104857600 bytes", "too_large");
    refuser.refuses("101 MiB", gzipped(blocks), expected).await;
}

/// A gzip stream of so many bytes, of which of each MiB so many are noise.
fn inflating_to(length: usize, noise: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut state = 1_u32;
    for _ in 0..length / MIB {
        let mut block = vec![0; MIB];
        for byte in &mut block[..noise] {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = state.to_be_bytes()[0];
        }
        encoder.write_all(&block).expect("memory");
    }
    encoder.finish().expect("memory")
}
