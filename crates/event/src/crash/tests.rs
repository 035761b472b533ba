//! What is read of each format, and that nothing else is taken for one.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

mod bounds;
mod detected;
mod ios_json;
mod protobuf;

fn read(format: CrashFormat, report: &str) -> Value {
    glance(format, report.as_bytes()).unwrap().event.into()
}

/// Type, value, release, os, and the functions of the crashed thread, the outermost first.
fn summary(event: &Value) -> String {
    let exception = &event["exception"]["values"][0];
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let frames = exception["stacktrace"]["frames"].as_array();
    let functions: Vec<String> = frames.into_iter().flatten().map(|frame| text(&frame["function"])).collect();
    let os = &event["contexts"]["os"];
    format!(
        "{}: {} | {} | {} {} | {}",
        text(&exception["type"]),
        text(&exception["value"]),
        text(&event["release"]),
        text(&os["name"]),
        text(&os["version"]),
        functions.join(" > ")
    )
}

#[test]
fn an_ips_report_says_what_broke_where_and_in_which_app() {
    let report = r#"{"app_name":"Shop","timestamp":"2026-11-20 10:00:00.00 +0100","app_version":"4.2","build_version":"420","bundleID":"com.example.shop","os_version":"iPhone OS 19.1 (23B5044)","incident_id":"5C32DF84-31A0-43E7-87D0-239F7F594940","bug_type":"309"}
{"procName":"Shop","modelCode":"iPhone17,1","cpuType":"ARM-64","captureTime":"2026-11-20 09:59:59.5 +0100",
"osVersion":{"train":"iPhone OS 19.1","build":"23B5044"},
"bundleInfo":{"CFBundleShortVersionString":"4.2","CFBundleVersion":"420","CFBundleIdentifier":"com.example.shop"},
"exception":{"type":"EXC_BREAKPOINT","signal":"SIGTRAP"},"asi":{"libswiftCore.dylib":["Shop/Cart.swift:31: Fatal error: Index out of range"]},
"faultingThread":1,"threads":[{"frames":[]},{"triggered":true,"queue":"com.apple.main-thread","frames":[
{"imageOffset":10,"symbol":"_assertionFailure","imageIndex":1},
{"imageOffset":20,"symbol":"Cart.total()","sourceFile":"Cart.swift","sourceLine":31,"imageIndex":0}]}],
"usedImages":[{"uuid":"2d903291-397d-3d14-bfca-52c7fb8c5e00","base":4096,"size":100,"path":"/private/var/containers/Bundle/Application/X/Shop.app/Shop","name":"Shop"},
{"uuid":"6deccee4-a052-3ea4-bb67-957b06f53ad1","base":8192,"size":100,"path":"/usr/lib/swift/libswiftCore.dylib"}]}"#;
    let event = read(CrashFormat::Ips, report);
    insta::assert_snapshot!(summary(&event), @"EXC_BREAKPOINT: Shop/Cart.swift:31: Fatal error: Index out of range | com.example.shop@4.2+420 | iOS 19.1 | Cart.total() > _assertionFailure");
    assert_eq!(event["event_id"], "5c32df8431a043e787d0239f7f594940");
    assert_eq!(event["timestamp"], "2026-11-20T08:59:59.500Z");
    let frames = &event["exception"]["values"][0]["stacktrace"]["frames"];
    assert_eq!((&frames[0]["in_app"], &frames[1]["in_app"]), (&true.into(), &false.into()));
    assert_eq!((&frames[0]["instruction_addr"], &frames[0]["lineno"]), (&"0x1014".into(), &31.into()));
    assert_eq!(event["debug_meta"]["images"][0]["image_addr"], "0x1000");
}

#[test]
fn an_older_apple_report_is_text() {
    let report = "Incident Identifier: 5C32DF84-31A0-43E7-87D0-239F7F594940
Hardware Model:      iPhone9,1
Process:             Shop [412]
Identifier:          com.example.shop
Version:             4.2 (420)
Code Type:           ARM-64 (Native)

Date/Time:           2020-01-09 17:42:22.123 +0100
OS Version:          iPhone OS 13.3 (17C54)

Exception Type:  EXC_CRASH (SIGABRT)
Exception Codes: 0x0000000000000000, 0x0000000000000000
Termination Reason: Namespace SPRINGBOARD, Code 0x8badf00d
Triggered by Thread:  0

Thread 0 name:  Dispatch queue: com.apple.main-thread
Thread 0 Crashed:
0   libsystem_kernel.dylib        \t0x00000001b9d2ec04 __pthread_kill + 8
1   Shop Demo                     \t0x00000001048b4c1c -[Cart total] + 116 (Cart.m:31)
2   Shop Demo                     \t0x00000001048b4000 0x1048a0000 + 81920

Thread 1:
0   libsystem_kernel.dylib        \t0x00000001b9d2ec04 other + 8

Binary Images:
0x1048a0000 - 0x1048fffff Shop arm64  <2d903291397d3d14bfca52c7fb8c5e00> /var/containers/Bundle/Application/X/Shop.app/Shop
";
    let event = read(CrashFormat::Apple, report);
    insta::assert_snapshot!(summary(&event), @"EXC_CRASH: Namespace SPRINGBOARD, Code 0x8badf00d | com.example.shop@4.2+420 | iOS 13.3 | - > -[Cart total] > __pthread_kill");
    let frame = &event["exception"]["values"][0]["stacktrace"]["frames"][1];
    assert_eq!((&frame["filename"], &frame["lineno"]), (&"Cart.m".into(), &31.into()));
    assert_eq!(frame["package"], "/var/containers/Bundle/Application/X/Shop.app/Shop");
    assert_eq!(event["debug_meta"]["images"][0]["debug_id"], "2d903291-397d-3d14-bfca-52c7fb8c5e00");
}

#[test]
fn a_tombstone_is_text() {
    let report = "*** *** *** *** *** *** ***
Build fingerprint: 'google/oriole/oriole:14/UP1A.231005.007/10754064:user/release-keys'
ABI: 'arm64'
Timestamp: 2026-11-20 10:00:00.123456789+0100
Cmdline: com.example.shop:checkout
pid: 5113, tid: 5140, name: RenderThread  >>> com.example.shop:checkout <<<
signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0000000000000008
    x0  0000000000000000  x1  0000000000000008

backtrace:
      #00 pc 0000000000012345  /data/app/~~x==/com.example.shop/lib/arm64/libshop.so (Cart::total()+12) (BuildId: f1c3bcc0279865fe)
      #01 pc 00000000000b63b0  /apex/com.android.runtime/lib64/bionic/libc.so (__pthread_start(void*)+208)
      #02 pc 0000000000000010  /data/app/base.apk!libother.so (offset 0x1000)

--- --- --- --- --- ---
pid: 5113, tid: 5114, name: Other  >>> com.example.shop <<<
      #00 pc 0000000000000001  /other.so
";
    let event = read(CrashFormat::TombstoneText, report);
    insta::assert_snapshot!(summary(&event), @"SIGSEGV: SEGV_MAPERR at 0x8 | - | Android 14 | - > __pthread_start(void*) > Cart::total()");
    assert_eq!(event["contexts"]["app"]["app_identifier"], "com.example.shop");
    assert_eq!(event["exception"]["values"][0]["thread_id"], 5140);
    assert_eq!(event["timestamp"], "2026-11-20T09:00:00.123Z");
}

#[test]
fn an_anr_is_where_the_main_thread_waits() {
    let report = "----- pid 28941 at 2026-11-20 22:06:31.064728684+0200 -----
Cmd line: com.example.shop
Build fingerprint: 'google/oriole/oriole:14/UP1A.231005.007/10754064:user/release-keys'
\"main\" prio=5 tid=1 Blocked
  | group=\"main\" sCount=1
  at com.example.shop.Cart$2.run(Cart.java:177)
  - waiting to lock <0x0d3a2f0a> (a java.lang.Object) held by thread 5
  at android.os.Handler.handleCallback(Handler.java:942)

\"worker\" prio=5 tid=5 Runnable
  at com.example.shop.Other.run(Other.java:1)
";
    let event = read(CrashFormat::Anr, report);
    insta::assert_snapshot!(summary(&event), @"ApplicationNotResponding: main thread waits for a lock of java.lang.Object held by thread 5 | - | Android 14 | handleCallback > run");
    let frame = &event["exception"]["values"][0]["stacktrace"]["frames"][1];
    assert_eq!((&frame["module"], &frame["in_app"]), (&"com.example.shop.Cart$2".into(), &true.into()));
    assert_eq!((&frame["lock"]["type"], &frame["lock"]["thread_id"]), (&8.into(), &5.into()));
    let threads = event["threads"]["values"].as_array().unwrap();
    assert_eq!((&threads[0]["main"], &threads[0]["state"]), (&true.into(), &"Blocked".into()));
    assert_eq!(threads[1]["stacktrace"]["frames"][0]["function"], "run");
    let said = |report: &str| {
        read(CrashFormat::Anr, report)["exception"]["values"][0]["mechanism"]["description"].clone()
    };
    assert_eq!(said(report), "ANR caused by thread 5 \"worker\" in com.example.shop.Other.run");
    let deadlock =
        report.replace("Other.java:1)", "Other.java:1)\n  - waiting to lock <0x1> (a b.C) held by thread 1");
    assert_eq!(said(&deadlock), "ANR caused by a deadlock of thread 1 \"main\" and thread 5 \"worker\"");
}

#[test]
fn an_anr_of_a_dropbox_says_its_release_and_its_reason() {
    let report = "Process: com.example.shop
Package: com.example.shop v3210 (3.2.1)
Subject: Input dispatching timed out (Waited 5001ms for MotionEvent)

----- pid 77 at 2026-11-20 22:06:31 -----
Cmd line: com.example.shop
\"main\" prio=5 tid=1 Native
  native: #00 pc 000000000004df5c  /data/app/x/libshop.so (wait_for(int)+28) (BuildId: 01331f74b0bb2cb958bdc15282b8ec7b)
  at com.example.shop.Cart.wait(Native method)

----- end 77 -----
----- pid 78 at 2026-11-20 22:06:31 -----
\"main\" prio=5 tid=1 Native
  at com.other.Main.main(Main.java:1)
";
    let event = read(CrashFormat::Anr, report);
    insta::assert_snapshot!(summary(&event), @"ApplicationNotResponding: Input dispatching timed out (Waited 5001ms for MotionEvent) | com.example.shop@3.2.1+3210 | Android - | wait > wait_for(int)");
    let frame = &event["exception"]["values"][0]["stacktrace"]["frames"][1];
    assert_eq!((&frame["platform"], &frame["addr_mode"]), (&"native".into(), &"rel:0".into()));
    assert_eq!(event["debug_meta"]["images"][0]["debug_id"], "741f3301-bbb0-b92c-58bd-c15282b8ec7b");
    assert_eq!(event["threads"]["values"].as_array().unwrap().len(), 1);
}

#[test]
fn an_exception_that_nobody_caught_is_told_by_where_it_was_raised() {
    let text = "Incident Identifier: 5C32DF84-31A0-43E7-87D0-239F7F594940
Process:             Shop [412]
Identifier:          com.example.shop
Version:             420 (4.2)
OS Version:          iPhone OS 13.3 (17C54)
Exception Type:  EXC_CRASH (SIGABRT)
Crashed Thread:  0

Application Specific Information:
*** Terminating app due to uncaught exception 'NSRangeException', reason: '*** -[__NSArrayI objectAtIndex:]: index 3'

Last Exception Backtrace:
0   CoreFoundation                \t0x1b9d2ec04 __exceptionPreprocess + 220
1   Shop                          \t0x1048b4c1c -[Cart total] + 116

Thread 0 Crashed:: Dispatch queue: com.apple.main-thread
0   libsystem_kernel.dylib        \t0x00000001b9d2ec04 __pthread_kill + 8

Thread 0 crashed with ARM Thread State (64-bit):
    x0: 0x0000000000000000   x1: 0x0000000000000001
";
    let ips = r#"{"bundleID":"com.example.shop","app_version":"4.2","build_version":"420","os_version":"iPhone OS 13.3 (17C54)"}
{"procName":"Shop","exception":{"type":"EXC_CRASH","signal":"SIGABRT"},"termination":{"namespace":"SIGNAL","indicator":"Abort trap: 6"},
"asi":{"CoreFoundation":["*** Terminating app due to uncaught exception 'NSRangeException', reason: '*** -[__NSArrayI objectAtIndex:]: index 3'"],
"libsystem_c.dylib":["abort() called"]},"lastExceptionBacktrace":[{"symbol":"__exceptionPreprocess","imageIndex":0,"imageOffset":1},
{"symbol":"-[Cart total]","imageIndex":1,"imageOffset":2}],"threads":[{"triggered":true,"queue":"com.apple.main-thread",
"threadState":{"x":[{"value":0},{"value":1}],"flavor":"ARM_THREAD_STATE64"},"frames":[{"symbol":"__pthread_kill","imageIndex":0,"imageOffset":3}]}],
"usedImages":[{"name":"CoreFoundation","path":"/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation","base":0},
{"name":"Shop","path":"/private/var/containers/Bundle/Application/X/Shop.app/Shop","base":16}]}"#;
    let older = format!("{{\"bundleID\":\"com.example.shop\",\"app_version\":\"4.2\"}}\n{text}");
    for (format, report) in [(CrashFormat::Apple, text), (CrashFormat::Ips, ips), (CrashFormat::Ips, &older)]
    {
        let event = read(format, report);
        assert_eq!(
            summary(&event),
            "NSRangeException: *** -[__NSArrayI objectAtIndex:]: index 3 | com.example.shop@4.2+420 | iOS 13.3 | \
             -[Cart total] > __exceptionPreprocess"
        );
        let thread = &event["threads"]["values"][0];
        assert_eq!((&thread["name"], &thread["crashed"]), (&"com.apple.main-thread".into(), &true.into()));
        assert_eq!(thread["stacktrace"]["frames"][0]["function"], "__pthread_kill");
        assert_eq!(thread["stacktrace"]["registers"]["x1"], "0x1");
        assert_eq!(event["exception"]["values"][0]["mechanism"]["meta"]["signal"]["name"], "SIGABRT");
        let frames = &event["exception"]["values"][0]["stacktrace"]["frames"];
        assert_eq!((&frames[0]["in_app"], &frames[1]["in_app"]), (&true.into(), &false.into()));
    }
}

/// A minidump with one stream of each kind that is read.
fn minidump() -> Vec<u8> {
    let word = |dump: &mut Vec<u8>, words: &[u32]| {
        for word in words {
            dump.extend_from_slice(&word.to_le_bytes());
        }
    };
    let mut dump = Vec::new();
    word(&mut dump, &[0x504d_444d, 0xa793, 3, 32, 0, 0, 0, 0]);
    // System at 68, exception at 124, modules at 292.
    word(&mut dump, &[7, 56, 68, 6, 168, 124, 4, 112, 292]);
    word(&mut dump, &[9, 0, 6, 1, 0, 0x8201, 0, 0, 0, 0, 0, 0, 0, 0]);
    word(&mut dump, &[42, 0, 11, 1, 0, 0, 0x45, 0, 0, 0]);
    dump.resize(292, 0);
    word(&mut dump, &[1, 0x40_0000, 0, 4096, 0, 0, 404]);
    dump.resize(292 + 4 + 76, 0);
    word(&mut dump, &[24, 420]);
    dump.resize(404, 0);
    word(&mut dump, &[8]);
    dump.extend("/app".encode_utf16().flat_map(u16::to_le_bytes));
    dump.resize(420, 0);
    dump.extend_from_slice(b"LEpB");
    dump.extend((1..=20).collect::<Vec<u8>>());
    dump
}

#[test]
fn a_minidump_says_its_signal_and_its_modules() {
    let event: Value = glance(CrashFormat::Minidump, &minidump()).unwrap().event.into();
    insta::assert_snapshot!(summary(&event), @"SIGSEGV: SEGV_MAPERR at 0x45 | - | Linux 6.1.0 | ");
    let image = &event["debug_meta"]["images"][0];
    assert_eq!((&image["code_file"], &image["image_addr"]), (&"/app".into(), &"0x400000".into()));
    assert_eq!(image["code_id"], "0102030405060708090a0b0c0d0e0f1011121314");
    assert_eq!(image["debug_id"], "04030201-0605-0807-090a-0b0c0d0e0f10");
}

#[test]
fn other_bytes_are_refused_with_what_was_expected() {
    let formats = FORMATS.map(|(format, ..)| format);
    for format in formats {
        let error = glance(format, b"\xff\xff nothing of the kind").unwrap_err().to_string();
        assert!(error.starts_with("not an") || error.starts_with("not a "), "{error}");
    }
    for (format, name, ..) in FORMATS.iter().filter(|(format, ..)| *format != CrashFormat::Minidump) {
        assert_eq!(CrashFormat::named(name), Some(*format));
    }
    assert_eq!(CrashFormat::named("minidump"), None);
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (format, ..) in FORMATS {
            glance(format, &bytes).ok();
            glance(format, &[&b"plcrash\x01"[..], &bytes].concat()).ok();
        }
    }

    #[test]
    fn a_changed_minidump_makes_no_reader_panic(at in 0_usize..444, byte: u8, length in 0_usize..444) {
        let mut dump = minidump();
        dump[at] = byte;
        dump.truncate(length);
        glance(CrashFormat::Minidump, &dump).ok();
    }
}
