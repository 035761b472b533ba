//! Envelopes and bodies that are put together wrongly.

use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::refusal::{Refusal, Refuser};

const fn framing(detail: &'static str) -> Refusal {
    Refusal { status: 400, detail, reason: "envelope_framing" }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_envelopes_are_refused() {
    let refuser = Refuser::start().await;
    let cases: [(&str, &str, &str); 12] = [
        ("no byte", "", "envelope is empty"),
        ("no JSON", "nonsense\n", "envelope header is not a JSON object"),
        ("a list as header", "[]\n", "envelope header is not a JSON object"),
        ("half a header", "{\"event_id\":", "envelope header is not a JSON object"),
        (
            "an item's header is no JSON",
            "{}\nnonsense\n{}\n",
            "item 1 at byte 3: header is not a JSON object",
        ),
        ("an item without type", "{}\n{\"length\":2}\n{}\n", "item 1 at byte 3: header has no \"type\""),
        ("a type that is a number", "{}\n{\"type\":7}\n{}\n", "item 1 at byte 3: header has no \"type\""),
        ("a negative length", "{}\n{\"type\":\"event\",\"length\":-1}\n{}\n", "\"length\" is -1"),
        ("a length in words", "{}\n{\"type\":\"event\",\"length\":\"two\"}\n{}\n", "\"length\" is \"two\""),
        ("a payload cut off", "{}\n{\"type\":\"event\",\"length\":40}\n{}\n", "ends after 3 of 40 bytes"),
        (
            "a payload longer than said",
            "{}\n{\"type\":\"event\",\"length\":1}\n{}\n",
            "but no newline follows",
        ),
        (
            "the second item",
            "{}\n{\"type\":\"session\"}\n{}\n{\"length\":1}\n",
            "item 2 at byte 25: header has no \"type\"",
        ),
    ];
    for (what, body, detail) in cases {
        refuser.refuses(what, refuser.envelope().body(body), framing(detail)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_no_json_object_are_refused() {
    let refuser = Refuser::start().await;
    let deep = format!("{{\"extra\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let cases = [
        ("no JSON", "nonsense", "event is not a JSON object"),
        ("cut off", "{\"message\":\"a", "event is not a JSON object: EOF"),
        ("a list", "[1]", "event is not a JSON object"),
        ("nested too deeply", deep.as_str(), "event is not a JSON object: recursion limit"),
    ];
    for (what, event, detail) in cases {
        let expected = Refusal { status: 400, detail, reason: "event_json" };
        let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
        refuser.refuses(what, refuser.envelope().body(envelope), expected).await;
    }
    let expected = Refusal { status: 400, detail: "event is not a JSON object", reason: "event_json" };
    refuser.refuses("a store body cut off", refuser.store().body("{\"a\":"), expected).await;
    let expected = Refusal { status: 400, detail: "body is not valid JSON", reason: "content_encoding" };
    refuser.refuses("a store body that is no JSON", refuser.store().body("nonsense"), expected).await;
    let expected = Refusal { status: 400, detail: "body is empty", reason: "body_empty" };
    refuser.refuses("no store body", refuser.store(), expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_what_their_encoding_says_are_refused() {
    let refuser = Refuser::start().await;
    let encoded = |encoding: &'static str, detail: &'static str, body: Vec<u8>| {
        let request = refuser.envelope().header("content-encoding", encoding).body(body);
        (encoding, request, Refusal { status: 400, detail, reason: "content_encoding" })
    };
    let mut cut_off = gzip(b"{}\n{\"type\":\"event\"}\n{\"message\":\"a message\"}\n");
    cut_off.truncate(30);
    let cases = [
        encoded("gzip", "body is not valid gzip", b"{}\n".to_vec()),
        encoded("gzip", "body is not valid gzip", cut_off),
        encoded("deflate", "body is not valid deflate", b"\xff\xff\xff".to_vec()),
        encoded("br", "body is not valid br", b"\xff{}\n\n\n\n\xff".to_vec()),
        encoded("zstd", "body is not valid zstd", b"{}\n".to_vec()),
        encoded("gzip, gzip, gzip", "lists more than 2 encodings", gzip(&gzip(&gzip(b"{}\n")))),
    ];
    for (encoding, request, expected) in cases {
        refuser.refuses(encoding, request, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_break_off_are_counted() {
    let refuser = Refuser::start().await;
    let expected = Refusal { status: 400, detail: "body ended early", reason: "body_incomplete" };
    let before = refuser.server.api.ledger().await;
    let answer = raw_post(&refuser, "transfer-encoding: chunked", b"zz\r\n{}\r\n").await;
    refuser.check("a chunk of no length", &before, (answer.0, &answer.1), expected).await;
}

/// Sends a request byte by byte as given; status and body of the answer.
async fn raw_post(refuser: &Refuser, header: &str, body: &[u8]) -> (u16, String) {
    let bootstrap = &refuser.server.bootstrap;
    let address = bootstrap.url.strip_prefix("http://").expect("an http URL");
    let path = bootstrap.envelope_url().replace(&bootstrap.url, "");
    let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{header}\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the head is taken");
    stream.write_all(body).await.expect("the body is taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP: {answer}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status: {head}")), body.to_owned())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
