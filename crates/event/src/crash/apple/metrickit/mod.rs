//! MetricKit's diagnostics, which iOS hands an app a day later: one JSON document with crashes, hangs and excesses.
//!
//! <https://developer.apple.com/documentation/metrickit/mxdiagnosticpayload>. Stacks are trees: each frame holds those that
//! it was seen with. A crash has a tree of one branch for each thread, the innermost call at its root; what was sampled has
//! a tree for all, from the outermost call inwards.

mod pieces;

use serde_json::{Value, json};
use uuid::Uuid;

use self::pieces::Pieces;
use super::{
    super::found::{App, Found, Frame, Image, Thread, both_ends},
    os_of,
    reason::{Reason, uncaught},
};
use crate::{limits, system_code, time::Timestamp};

/// The lists of a payload, the one that tells most first, and what an event of each is called.
const KINDS: [(&str, &str); 5] = [
    ("crashDiagnostics", "Crash"),
    ("hangDiagnostics", "MXHangDiagnostic"),
    ("cpuExceptionDiagnostics", "MXCPUException"),
    ("diskWriteExceptionDiagnostics", "MXDiskWriteException"),
    ("appLaunchDiagnostics", "MXAppLaunchDiagnostic"),
];
/// Diagnostics of one payload; iOS sends a day's.
const DIAGNOSTICS: usize = 50;
/// Frames of a tree that are visited.
const FRAMES: usize = 4 * limits::FRAMES;

/// Every diagnostic of a payload, or a single one.
pub(in crate::crash) fn read(report: &[u8]) -> Result<Vec<Found>, String> {
    let pieces = Pieces::of(report);
    let payload = pieces.payload().map_err(|error| format!("no JSON document: {error}"))?;
    let listed = KINDS.iter().flat_map(|(list, kind)| {
        let diagnostics = payload.get(*list).and_then(Value::as_array);
        diagnostics.into_iter().flatten().map(move |diagnostic| (diagnostic, *kind))
    });
    let mut all: Vec<_> = listed.take(DIAGNOSTICS).collect();
    if all.is_empty() && payload.get("callStackTree").is_some() {
        all.push((&payload, kind_of(&payload)));
    }
    if all.is_empty() {
        return Err("it has neither diagnostics nor a callStackTree".to_owned());
    }
    let end = payload.get("timeStampEnd").and_then(Value::as_str).and_then(Timestamp::parse);
    Ok(all.into_iter().map(|(diagnostic, kind)| found(diagnostic, kind, end, &pieces)).collect())
}

fn kind_of(diagnostic: &Value) -> &'static str {
    let has =
        |name: &str| diagnostic.pointer("/diagnosticMetaData").is_some_and(|data| data.get(name).is_some());
    match (has("hangDuration"), has("totalCPUTime"), has("writesCaused"), has("launchDuration")) {
        (true, ..) => KINDS[1].1,
        (_, true, ..) => KINDS[2].1,
        (_, _, true, _) => KINDS[3].1,
        (.., true) => KINDS[4].1,
        _ => KINDS[0].1,
    }
}

fn found(diagnostic: &Value, kind: &'static str, end: Option<Timestamp>, pieces: &Pieces) -> Found {
    let data = |name: &str| match diagnostic.pointer("/diagnosticMetaData").and_then(|data| data.get(name)) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let is_crash = kind == KINDS[0].1;
    let mut found = Found {
        platform: "cocoa",
        mechanism: "metrickit",
        timestamp: end,
        went_on: !is_crash,
        app: App {
            id: data("bundleIdentifier"),
            version: data("appVersion"),
            build: data("appBuildVersion"),
            ..App::default()
        },
        os: os_of(&data("osVersion")),
        device_model: data("deviceType"),
        device_arch: data("platformArchitecture"),
        ..Found::default()
    };
    kind.clone_into(&mut found.ty);
    if is_crash {
        reason(diagnostic, &data, &mut found);
    } else {
        let measures = ["hangDuration", "totalCPUTime", "totalSampledTime", "writesCaused", "launchDuration"];
        let measured =
            measures.into_iter().map(|name| (name, data(name))).filter(|(_, value)| !value.is_empty());
        found.value = measured.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ");
    }
    stacks(diagnostic, pieces, &mut found);
    found
}

fn reason(diagnostic: &Value, data: &dyn Fn(&str) -> String, found: &mut Found) {
    const MACH: [&str; 13] = [
        "",
        "EXC_BAD_ACCESS",
        "EXC_BAD_INSTRUCTION",
        "EXC_ARITHMETIC",
        "EXC_EMULATION",
        "EXC_SOFTWARE",
        "EXC_BREAKPOINT",
        "EXC_SYSCALL",
        "EXC_MACH_SYSCALL",
        "EXC_RPC_ALERT",
        "EXC_CRASH",
        "EXC_RESOURCE",
        "EXC_GUARD",
    ];
    const SIGNALS: [(&str, &str); 8] = [
        ("4", "SIGILL"),
        ("5", "SIGTRAP"),
        ("6", "SIGABRT"),
        ("8", "SIGFPE"),
        ("9", "SIGKILL"),
        ("10", "SIGBUS"),
        ("11", "SIGSEGV"),
        ("12", "SIGSYS"),
    ];
    let number = data("signal");
    let signal = SIGNALS.iter().find(|(known, _)| *known == number).map_or("", |(_, name)| *name);
    let mach = data("exceptionType").parse().ok().and_then(|number: usize| MACH.get(number).copied());
    let raised = diagnostic.pointer("/diagnosticMetaData/exceptionReason");
    let text = |name: &str| raised.and_then(|raised| raised[name].as_str()).unwrap_or_default().to_owned();
    let raised = Some((text("exceptionName"), text("composedMessage"))).filter(|(name, _)| !name.is_empty());
    let termination = data("terminationReason");
    let reason = Reason {
        ty: mach.unwrap_or_default().to_owned(),
        signal: signal.to_owned(),
        subtype: data("virtualMemoryRegionInfo").lines().next().unwrap_or_default().to_owned(),
        raised: raised.or_else(|| uncaught(&termination)),
        termination,
        ..Reason::default()
    };
    reason.tell(found);
    if let Ok(number) = number.parse::<u32>() {
        found.meta.insert("signal".to_owned(), json!({ "number": number, "name": signal }));
    }
    if found.ty.is_empty() {
        found.ty = if signal.is_empty() { KINDS[0].1 } else { signal }.to_owned();
    }
}

fn stacks(diagnostic: &Value, pieces: &Pieces, found: &mut Found) {
    let per_thread = diagnostic.pointer("/callStackTree/callStackPerThread").and_then(Value::as_bool);
    let stacks = diagnostic.pointer("/callStackTree/callStacks").and_then(Value::as_array);
    let stacks: Vec<&Value> = stacks.into_iter().flatten().collect();
    let attributed = stacks.iter().position(|stack| stack["threadAttributed"].as_bool() == Some(true));
    for (index, stack) in stacks.iter().enumerate() {
        let branch = branch(stack, pieces);
        for frame in &branch {
            add_image(frame, found);
        }
        let mut frames: Vec<Frame> = branch.iter().map(frame).collect();
        both_ends(&mut frames);
        if !innermost_is_first(&frames, per_thread == Some(true)) {
            frames.reverse();
        }
        found.add_thread(Thread {
            id: u64::try_from(index).ok(),
            is_crashed: attributed.unwrap_or(0) == index,
            frames,
            ..Thread::default()
        });
    }
    // Binaries are known by name only: an app's own is none of the system's.
    found.place_frames(system_code::is_own_binary);
}

/// The way down a tree that was taken most often.
fn branch(stack: &Value, pieces: &Pieces) -> Vec<Value> {
    let mut frames: Vec<Value> = Vec::new();
    let mut next = stack.get("callStackRootFrames").cloned();
    while let Some(list) = next {
        let count = |frame: &Value| frame["sampleCount"].as_u64().unwrap_or(0);
        // The first of those that were seen as often.
        let most = pieces.frames(&list).into_iter().rev().max_by_key(count);
        let Some(frame) = most.filter(|_| frames.len() < FRAMES) else { break };
        next = frame.get("subFrames").cloned();
        frames.push(frame);
    }
    frames
}

/// By where a thread begins; else as the kind of tree has it.
fn innermost_is_first(frames: &[Frame], per_thread: bool) -> bool {
    let begins = |frame: Option<&Frame>| {
        frame.is_some_and(|frame| {
            matches!(frame.package.as_str(), "dyld" | "libdyld.dylib" | "libsystem_pthread.dylib")
        })
    };
    match (begins(frames.first()), begins(frames.last())) {
        (true, false) => false,
        (false, true) => true,
        _ => per_thread,
    }
}

fn frame(frame: &Value) -> Frame {
    Frame {
        package: frame["binaryName"].as_str().unwrap_or_default().to_owned(),
        address: frame["address"].as_u64(),
        ..Frame::default()
    }
}

/// Where a binary lies is known from its frames alone; how large it is, is not.
fn add_image(frame: &Value, found: &mut Found) {
    let Some(uuid) = frame["binaryUUID"].as_str().and_then(|uuid| uuid.parse::<Uuid>().ok()) else { return };
    let offset = frame["offsetIntoBinaryTextSegment"].as_u64();
    let start = frame["address"].as_u64().zip(offset).and_then(|(address, offset)| {
        let rest = address.checked_sub(offset)?;
        // iOS 14 and 15 name the start itself: above 4 GiB, at a page, and near the address.
        let is_start = offset >= 1 << 32 && offset.is_multiple_of(4096) && rest < 1 << 30;
        Some(if is_start { offset } else { rest })
    });
    let image = Image {
        code_file: frame["binaryName"].as_str().unwrap_or_default().to_owned(),
        arch: found.device_arch.clone(),
        address: start,
        ..Image::mach_o(uuid)
    };
    let is_known =
        found.images.iter().any(|known| known.debug_id == image.debug_id && known.address == start);
    if start.is_some() && !is_known && found.images.len() < limits::DEBUG_IMAGES {
        found.images.push(image);
    }
}
