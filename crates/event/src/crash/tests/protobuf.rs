//! The formats that are protobuf messages.

use serde_json::Value;

use super::{CrashFormat, glance, summary};

/// A message of fields that have a length.
fn message(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut message = Vec::new();
    for (number, content) in fields {
        let key = u32::from(*number) << 3 | 2;
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

/// A thread that crashed in an app's library.
pub(super) fn tombstone() -> Vec<u8> {
    const LIBRARY: &[u8] = b"/data/app/x/libshop.so";
    // pc 0x1010, a name that is no UTF-8
    let frame = [&[0x10, 0x90, 0x20][..], &message(&[(4, b"Cart\xff"), (6, LIBRARY)])].concat();
    let thread = [&[8, 7][..], &message(&[(2, b"main"), (4, &frame)])].concat();
    let signal = [&[8, 11][..], &message(&[(2, b"SIGSEGV"), (4, b"SEGV_MAPERR")]), &[64, 1, 72, 8]].concat();
    // From 0x1000 to 0x2000.
    let mapping = [&[8, 0x80, 0x20, 16, 0x80, 0x40][..], &message(&[(7, LIBRARY), (8, b"01ab")])].concat();
    let tombstone = message(&[
        (2, b"google/oriole/oriole:14/UP1A/1:user/release-keys"),
        (9, b"com.example.shop"),
        (10, &signal),
        (16, &[&[8, 7][..], &message(&[(2, &thread)])].concat()),
        (17, &mapping),
    ]);
    // Process and thread 7.
    [&[0x28, 7, 0x30, 7][..], &tombstone].concat()
}

#[test]
fn a_tombstone_is_protobuf() {
    let event: Value = glance(CrashFormat::Tombstone, &tombstone()).unwrap().event.into();
    insta::assert_snapshot!(summary(&event), @"SIGSEGV: SEGV_MAPERR at 0x8 | - | Android 14 | Cart�");
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["stacktrace"]["frames"][0]["instruction_addr"], "0x1010");
    let image = &event["debug_meta"]["images"][0];
    assert_eq!((&image["image_addr"], &image["image_size"]), (&"0x1000".into(), &4096.into()));
    assert_eq!(
        (&event["threads"]["values"][0]["name"], &exception["thread_id"]),
        (&"main".into(), &7.into())
    );
}

#[test]
fn a_plcrash_report_says_its_exception() {
    let symbol = message(&[(6, &message(&[(1, b"-[Cart total]")]))]);
    let frame = [&[0x18, 0x90, 0x20][..], &symbol].concat();
    let image = message(&[(3, b"/x/Shop.app/Shop"), (4, &[7; 16])]);
    let image = [&[8, 0x80, 0x20, 16, 0x80, 0x20][..], &image].concat();
    let report = message(&[
        (1, &[&[8, 1][..], &message(&[(2, b"19.1")])].concat()),
        (2, &message(&[(1, b"com.example.shop"), (2, b"420"), (3, b"4.2")])),
        (3, &[8, 0, 24, 1]),
        (4, &image),
        (5, &message(&[(1, b"NSRangeException"), (2, b"index 3"), (3, &frame)])),
        (6, &message(&[(1, b"SIGABRT"), (2, b"#0")])),
        (9, &message(&[(2, &[9; 16])])),
    ]);
    let report = [&b"plcrash\x01"[..], &report].concat();
    let event: Value = glance(CrashFormat::PlCrash, &report).unwrap().event.into();
    insta::assert_snapshot!(summary(&event), @"NSRangeException: index 3 | com.example.shop@4.2+420 | iOS 19.1 | -[Cart total]");
    let frame = &event["exception"]["values"][0]["stacktrace"]["frames"][0];
    assert_eq!((&frame["package"], &frame["in_app"]), (&"/x/Shop.app/Shop".into(), &true.into()));
    assert_eq!(event["event_id"], "09090909090909090909090909090909");
}
