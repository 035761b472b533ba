//! Crash reports of operating systems, as an uploader sends them: bodies in the published formats.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::attachments;
use crate::harness::{SETTLE, TestServer, http_client, text};

const IPS: &str = r#"{"app_name":"Shop","timestamp":"2026-11-20 10:00:00.00 +0100","app_version":"4.2","build_version":"420","bundleID":"com.example.shop","os_version":"iPhone OS 19.1 (23B5044)","incident_id":"5C32DF84-31A0-43E7-87D0-239F7F594940","bug_type":"309"}
{"procName":"Shop","modelCode":"iPhone17,1","exception":{"type":"EXC_BREAKPOINT","signal":"SIGTRAP"},"faultingThread":0,
"threads":[{"triggered":true,"frames":[{"imageOffset":20,"symbol":"Cart.total()","imageIndex":0}]}],
"usedImages":[{"uuid":"2d903291-397d-3d14-bfca-52c7fb8c5e00","base":4096,"size":100,"path":"/private/var/containers/Bundle/Application/X/Shop.app/Shop","name":"Shop"}]}
"#;
const APPLE: &str = "Incident Identifier: 6C32DF84-31A0-43E7-87D0-239F7F594941
Process:             Shop [412]
Identifier:          com.example.shop
Version:             4.2 (420)
OS Version:          iPhone OS 13.3 (17C54)
Exception Type:  EXC_CRASH (SIGABRT)
Triggered by Thread:  0

Thread 0 Crashed:
0   Shop                          \t0x00000001048b4c1c -[Cart pay] + 116 (Cart.m:31)

Binary Images:
0x1048a0000 - 0x1048fffff Shop arm64  <2d903291397d3d14bfca52c7fb8c5e00> /var/containers/Bundle/Application/X/Shop.app/Shop
";
const TOMBSTONE_TEXT: &str = "*** *** *** *** *** *** ***
Build fingerprint: 'google/oriole/oriole:14/UP1A.231005.007/10754064:user/release-keys'
ABI: 'arm64'
Cmdline: com.example.shop
pid: 5113, tid: 5140, name: RenderThread  >>> com.example.shop <<<
signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0000000000000008

backtrace:
      #00 pc 0000000000012345  /data/app/x/lib/arm64/libshop.so (Cart::total()+12) (BuildId: f1c3bcc0279865fe)
";
const ANR: &str = "----- pid 28941 at 2026-11-20 22:06:31.064728684+0200 -----
Cmd line: com.example.shop
Build fingerprint: 'google/oriole/oriole:14/UP1A.231005.007/10754064:user/release-keys'
\"main\" prio=5 tid=1 Blocked
  at com.example.shop.Cart.run(Cart.java:177)
  - waiting to lock <0x0d3a2f0a> (a java.lang.Object) held by thread 5
";

#[tokio::test(flavor = "multi_thread")]
async fn each_format_is_an_event_with_its_report() {
    let server = TestServer::start().await;
    let reports: [(&str, Vec<u8>, &str, &str); 6] = [
        ("ips", IPS.into(), "EXC_BREAKPOINT", "Cart.total()"),
        ("apple", APPLE.into(), "EXC_CRASH", "-[Cart pay]"),
        ("plcrash", plcrash(), "NSRangeException: index 3", "-[Cart total]"),
        ("tombstone", tombstone(), "SIGSEGV: SEGV_MAPERR at 0x8", "Cart::pay()"),
        ("tombstone-text", TOMBSTONE_TEXT.into(), "SIGSEGV: SEGV_MAPERR at 0x8", "Cart::total()"),
        ("anr", ANR.into(), "ApplicationNotResponding", "run"),
    ];
    for (format, report, title, function) in &reports {
        let id = upload(&server, format, report.clone()).await;
        server.settle(SETTLE).await;
        let event = server.api.get(&format!("{}/events/{id}/", server.api.project)).await;
        assert!(text(&event["title"]).starts_with(title), "{format}: {}", event["title"]);
        assert_eq!(event["release"]["version"], "shop@9.9", "{format}: the uploader knows better");
        let tags = event["tags"].as_array().expect("tags");
        assert!(tags.contains(&json!({"key": "level", "value": "fatal"})), "{format}: {tags:?}");
        assert!(functions(&event).contains(function), "{format}: {event:#}");
    }
    let files = attachments(&server).await;
    assert_eq!(files.len(), reports.len());
    for (format, report, ..) in &reports {
        assert!(files.iter().any(|(_, content)| content == report), "{format}: its report comes back");
    }
}

async fn upload(server: &TestServer, format: &str, report: Vec<u8>) -> String {
    let bootstrap = &server.bootstrap;
    let url = format!(
        "{}/api/{}/crash/?format={format}&sentry_key={}&release=shop@9.9",
        bootstrap.url,
        bootstrap.project_id,
        bootstrap.key()
    );
    let answer = http_client().post(url).body(report).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{format}");
    text(&answer.json::<Value>().await.expect("JSON")["id"]).to_owned()
}

/// Of the event's exception.
fn functions(event: &Value) -> Vec<&str> {
    let entries = event["entries"].as_array().expect("entries");
    let exception = entries.iter().find(|entry| entry["type"] == "exception").expect("an exception");
    let frames = exception["data"]["values"][0]["stacktrace"]["frames"].as_array();
    frames.into_iter().flatten().filter_map(|frame| frame["function"].as_str()).collect()
}

/// A protobuf message of fields that have a length, after those that are given as they are.
fn message(plain: &[u8], fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut message = plain.to_vec();
    for (number, content) in fields {
        let key = u16::from(*number) << 3 | 2;
        // Field numbers above 15 need a second byte.
        match u8::try_from(key).ok().filter(|key| *key < 0x80) {
            Some(key) => message.push(key),
            None => message.extend([(key & 0x7f | 0x80) as u8, (key >> 7) as u8]),
        }
        message.push(u8::try_from(content.len()).expect("a short message"));
        message.extend_from_slice(content);
    }
    message
}

/// PLCrashReporter's `PLCrashReport.proto`.
fn plcrash() -> Vec<u8> {
    let symbol = message(&[], &[(6, &message(&[], &[(1, b"-[Cart total]")]))]);
    let frame = [&[0x18, 0x90, 0x20][..], &symbol].concat();
    let image = message(&[8, 0x80, 0x20, 16, 0x80, 0x20], &[(3, b"/x/Shop.app/Shop"), (4, &[7; 16])]);
    let report = message(
        &[],
        &[
            (1, &message(&[8, 1], &[(2, b"19.1")])),
            (2, &message(&[], &[(1, b"com.example.shop"), (2, b"420"), (3, b"4.2")])),
            (3, &[8, 0, 24, 1]),
            (4, &image),
            (5, &message(&[], &[(1, b"NSRangeException"), (2, b"index 3"), (3, &frame)])),
            (6, &message(&[], &[(1, b"SIGABRT"), (2, b"#0")])),
        ],
    );
    [&b"plcrash\x01"[..], &report].concat()
}

/// Android's `tombstone.proto`: process and thread 7.
fn tombstone() -> Vec<u8> {
    const LIBRARY: &[u8] = b"/data/app/x/libshop.so";
    let frame = message(&[0x10, 0x90, 0x20], &[(4, b"Cart::pay()"), (6, LIBRARY)]);
    let thread = message(&[8, 7], &[(2, b"main"), (4, &frame)]);
    let signal = [&message(&[8, 11], &[(2, b"SIGSEGV"), (4, b"SEGV_MAPERR")])[..], &[64, 1, 72, 8]].concat();
    message(
        &[0x28, 7, 0x30, 7],
        &[
            (2, b"google/oriole/oriole:14/UP1A/1:user/release-keys"),
            (9, b"com.example.shop"),
            (10, &signal),
            (16, &message(&[8, 7], &[(2, &thread)])),
            (17, &message(&[8, 0x80, 0x20, 16, 0x80, 0x40], &[(7, LIBRARY), (8, b"01ab")])),
        ],
    )
}
