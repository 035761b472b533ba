//! KSCrash's and MetricKit's JSON.

use super::*;

#[test]
fn a_kscrash_report_says_what_broke_where_and_in_which_app() {
    let report = r#"{"report":{"id":"4D2B0160-69B6-4DC1-BFED-08A0554A67C9","timestamp":"2026-11-07T23:17:23Z"},
"system":{"CFBundleIdentifier":"com.example.shop","CFBundleExecutable":"Shop","CFBundleShortVersionString":"4.2",
"CFBundleVersion":"420","system_name":"iOS","system_version":"19.1","os_version":"23B5044","machine":"iPhone17,1","cpu_arch":"arm64"},
"binary_images":[{"image_addr":4096,"image_size":100,"name":"/private/var/containers/Bundle/Application/X/Shop.app/Shop",
"uuid":"2d903291-397d-3d14-bfca-52c7fb8c5e00","cpu_type":16777228,"cpu_subtype":0}],
"crash":{"error":{"type":"nsexception","reason":"index 3 beyond bounds","address":0,
"nsexception":{"name":"NSRangeException"},"signal":{"signal":6,"name":"SIGABRT"},"mach":{"exception_name":"EXC_CRASH"}},
"threads":[{"index":0,"dispatch_queue":"com.apple.main-thread","crashed":true,"registers":{"basic":{"pc":4116}},
"backtrace":{"contents":[{"instruction_addr":4116,"object_name":"Shop","symbol_name":"$s4Shop4CartV5totalSiyF"},
{"instruction_addr":4120,"object_name":"Shop"}]}}]}}"#;
    let event = read(CrashFormat::KsCrash, report);
    insta::assert_snapshot!(summary(&event), @"NSRangeException: index 3 beyond bounds | com.example.shop@4.2+420 | iOS 19.1 | - > $s4Shop4CartV5totalSiyF");
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["stacktrace"]["registers"]["pc"], "0x1014");
    assert_eq!(exception["mechanism"]["meta"]["signal"]["number"], 6);
    assert_eq!(exception["stacktrace"]["frames"][0]["in_app"], true);
    assert_eq!(event["debug_meta"]["images"][0]["arch"], "arm64");
    assert_eq!(event["event_id"], "4d2b016069b64dc1bfed08a0554a67c9");
}

#[test]
fn an_app_that_ran_out_of_memory_has_no_stack_and_is_still_a_crash() {
    let report = r#"{"crash":{"error":{"type":"memory_termination","memory_termination":{"memory_level":"terminal"},
        "signal":{"signal":9,"name":"SIGKILL"}},"threads":[]}}"#;
    let event = read(CrashFormat::KsCrash, report);
    insta::assert_snapshot!(summary(&event), @"OutOfMemory: ended by the system; memory was terminal | - | - - | ");
}

const METRICKIT: &str = r#"{"timeStampBegin":"2026-11-20 00:00:00 +0000","timeStampEnd":"2026-11-21T00:00:00Z",
"hangDiagnostics":[{"diagnosticMetaData":{"hangDuration":"20 sec","bundleIdentifier":"com.example.shop","appVersion":"4.2","osVersion":"iPhone OS 19.1 (23B5044)"},
 "callStackTree":{"callStackPerThread":false,"callStacks":[{"callStackRootFrames":[{"binaryName":"dyld","binaryUUID":"6deccee4-a052-3ea4-bb67-957b06f53ad1","address":8200,"offsetIntoBinaryTextSegment":8,"sampleCount":20,
  "subFrames":[{"binaryName":"UIKitCore","address":10,"sampleCount":3},{"binaryName":"Shop","address":20,"sampleCount":17}]}]}]}}],
"crashDiagnostics":[{"diagnosticMetaData":{"exceptionType":1,"exceptionCode":1,"signal":11,"bundleIdentifier":"com.example.shop","appVersion":"4.2","appBuildVersion":"420",
 "osVersion":"iPhone OS 19.1 (23B5044)","deviceType":"iPhone17,1","platformArchitecture":"arm64e","terminationReason":"Namespace SIGNAL, Code 0xb","virtualMemoryRegionInfo":"0 is not in any region.\n more"},
 "callStackTree":{"callStackPerThread":true,"callStacks":[{"threadAttributed":false,"callStackRootFrames":[]},{"threadAttributed":true,
  "callStackRootFrames":[{"binaryUUID":"2d903291-397d-3d14-bfca-52c7fb8c5e00","offsetIntoBinaryTextSegment":20,"address":4116,"binaryName":"Shop","sampleCount":1,
   "subFrames":[{"binaryUUID":"6deccee4-a052-3ea4-bb67-957b06f53ad1","offsetIntoBinaryTextSegment":8,"address":8200,"binaryName":"dyld","sampleCount":1}]}]}]}}]}"#;

#[test]
fn a_metrickit_payload_is_an_event_for_each_diagnostic_the_crash_first() {
    let all = glances(CrashFormat::MetricKit, METRICKIT.as_bytes()).unwrap();
    let events: Vec<Value> = all.into_iter().map(|glance| glance.event.into()).collect();
    assert_eq!(events.len(), 2);
    insta::assert_snapshot!(summary(&events[0]), @"EXC_BAD_ACCESS: 0 is not in any region. | com.example.shop@4.2+420 | iOS 19.1 | - > -");
    insta::assert_snapshot!(summary(&events[1]), @"MXHangDiagnostic: hangDuration 20 sec | com.example.shop@4.2 | iOS 19.1 | - > -");
    let frames = |event: &Value| -> Vec<String> {
        let frames = event["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap();
        frames.iter().map(|frame| format!("{} {}", frame["package"], frame["in_app"])).collect()
    };
    // A crash's root is where it crashed, a hang's where the program began.
    assert_eq!(frames(&events[0]), ["\"dyld\" false", "\"Shop\" true"]);
    assert_eq!(frames(&events[1]), ["\"dyld\" false", "\"Shop\" true"]);
    assert_eq!((&events[0]["level"], &events[1]["level"]), (&"fatal".into(), &"error".into()));
    let image = &events[0]["debug_meta"]["images"][0];
    assert_eq!((&image["image_addr"], &image["code_file"]), (&"0x1000".into(), &"Shop".into()));
    assert_eq!(events[0]["timestamp"], "2026-11-21T00:00:00.000Z");
}

#[test]
fn one_diagnostic_alone_is_read_too() {
    let payload: Value = serde_json::from_str(METRICKIT).unwrap();
    let hang = payload["hangDiagnostics"][0].to_string();
    let event = read(CrashFormat::MetricKit, &hang);
    assert_eq!(event["exception"]["values"][0]["type"], "MXHangDiagnostic");
    assert!(glance(CrashFormat::MetricKit, b"{\"a\":1}").is_err());
    assert!(glance(CrashFormat::KsCrash, b"{\"crash\":{}}").is_err());
}
