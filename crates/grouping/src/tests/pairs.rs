//! Pairs of events of made-up apps: reports of one thing to fix are one issue, reports of two are two.

use serde_json::{Value, json};

use super::hash;

/// Frames from the crash outwards, one a line: `+` the app's, `-` not, then `module function`.
fn event(platform: &str, ty: &str, value: &str, stack: &str) -> Value {
    let frame = |line: &str| {
        let (in_app, name) = line.trim().split_at(1);
        let (module, function) = match platform {
            "native" | "cocoa" => ("", name.trim()),
            _ => name.trim().split_once(' ').unwrap_or(("", name.trim())),
        };
        json!({ "module": module, "function": function, "in_app": in_app == "+" })
    };
    let frames: Vec<Value> = stack.lines().filter(|line| !line.trim().is_empty()).rev().map(frame).collect();
    let stacktrace = (!frames.is_empty()).then(|| json!({ "frames": frames }));
    json!({
        "platform": platform,
        "exception": [{ "type": ty, "value": value, "stacktrace": stacktrace }],
    })
}

type Side<'a> = (&'a str, &'a str, &'a str);

fn compare(platform: &str, same: bool, why: &str, one: Side<'_>, other: Side<'_>) {
    let of = |(ty, value, stack): Side<'_>| hash(&event(platform, ty, value, stack));
    assert_eq!(of(one) == of(other), same, "{why}");
}

/// Both have the same type and no message.
fn frames(platform: &str, same: bool, why: &str, one: &str, other: &str) {
    compare(platform, same, why, ("Error", "", one), ("Error", "", other));
}

/// Neither has a stack.
fn messages(same: bool, one: &str, other: &str) {
    compare("java", same, &format!("{one} / {other}"), ("IOException", one, ""), ("IOException", other, ""));
}

#[test]
fn of_the_jvm() {
    for (same, why, one, other) in [
        (
            true,
            "Compose numbers lambdas",
            "+ dive.ui.ComposableSingletons$LogKt$lambda-1$1 invoke",
            "+ dive.ui.ComposableSingletons$LogKt$lambda-7$1 invoke",
        ),
        (
            true,
            "Hilt's glue",
            "+ dive.Sensor start\n+ dive.DaggerApp_HiltComponents$SwitchingProvider get0\n+ dive.App onCreate",
            "+ dive.Sensor start\n+ dive.DaggerApp_HiltComponents$SwitchingProvider get3\n+ dive.App onCreate",
        ),
        (
            true,
            "Dagger's factories",
            "+ dive.Sensor <init>\n+ dive.Sensor_Factory get\n+ dive.App onCreate",
            "+ dive.Sensor <init>\n+ dive.App onCreate",
        ),
        (
            true,
            "nested lambdas",
            "+ dive.Sync lambda$null$3\n+ dive.Sync lambda$run$4",
            "+ dive.Sync lambda$run$1\n+ dive.Sync lambda$run$2",
        ),
        (
            true,
            "D8's classes",
            "+ dive.Sync$$ExternalSyntheticLambda0 run\n+ dive.Sync push",
            "+ dive.Sync$$ExternalSyntheticLambda14 run\n+ dive.Sync push",
        ),
        (
            true,
            "older desugaring",
            "+ dive.-$$Lambda$Sync$9xKq_a call\n+ dive.Sync push",
            "+ dive.-$$Lambda$Sync$PPq0-z call\n+ dive.Sync push",
        ),
        (
            true,
            "suspend lambdas",
            "+ dive.LogRepo$load$2 invokeSuspend\n- kotlinx.coroutines.DispatchedTask run",
            "+ dive.LogRepo$load$2$1 invokeSuspend\n- kotlinx.coroutines.EventLoop run",
        ),
        (
            false,
            "two suspend lambdas",
            "+ dive.LogRepo$load$2 invokeSuspend",
            "+ dive.LogRepo$save$2 invokeSuspend",
        ),
        (true, "value classes", "+ dive.Depth plus-WZ4Q5Ns", "+ dive.Depth plus-8nBq1_a"),
        (true, "proxies", "+ $Proxy12 list\n+ dive.Api list", "+ $Proxy7 list\n+ dive.Api list"),
        (true, "companions' bridges", "+ dive.Log access$open\n+ dive.Log open", "+ dive.Log open"),
        (
            false,
            "two callers of a helper",
            "+ dive.Check require\n+ dive.Log open",
            "+ dive.Check require\n+ dive.Gas mix",
        ),
        (
            true,
            "who called the caller",
            "+ dive.Log open\n+ dive.LogPage show\n+ dive.Main a",
            "+ dive.Log open\n+ dive.LogPage show\n+ dive.Deep link",
        ),
        (
            true,
            "waiting, spelt by versions",
            "- sun.misc.Unsafe park\n- java.util.concurrent.locks.LockSupport park\n- java.util.concurrent.CountDownLatch await\n- android.media.MediaCodec stop",
            "- jdk.internal.misc.Unsafe park\n- java.util.concurrent.locks.AbstractQueuedSynchronizer acquire\n- java.util.concurrent.CountDownLatch await\n- android.media.MediaCodec stop",
        ),
        (
            false,
            "what is waited for",
            "- sun.misc.Unsafe park\n- android.media.MediaCodec stop",
            "- sun.misc.Unsafe park\n- android.hardware.Camera open",
        ),
    ] {
        frames("java", same, why, one, other);
    }
}

#[test]
fn of_apples_systems() {
    for (same, why, one, other) in [
        (
            true,
            "async parts",
            "+ (1) suspend resume partial function for Gear.load()",
            "+ (3) await resume partial function for Gear.load()",
        ),
        (
            true,
            "inlined runtime failures",
            "+ Swift runtime failure: arithmetic overflow\n+ Gear.sum()",
            "+ Gear.sum()",
        ),
        (true, "outlined copies", "+ outlined copy of Gear.Item?\n+ Gear.sum()", "+ Gear.sum()"),
        (true, "thunk helpers", "+ reabstraction thunk helper from @escaping\n+ Gear.sum()", "+ Gear.sum()"),
        (false, "a property of two classes", "+ Gear.Reel.weight.getter", "+ Gear.Rod.weight.getter"),
        (false, "reading and writing", "+ Gear.Reel.weight.getter", "+ Gear.Reel.weight.setter"),
        (
            true,
            "initialisers",
            "+ Gear.Reel.__allocating_init(size:)\n+ Gear.Rod.make()",
            "+ Gear.Reel.init(size:)\n+ Gear.Rod.make()",
        ),
        (
            true,
            "folded functions",
            "+ <deduplicated_symbol>\n+ Gear.sum()",
            "+ ___lldb_unnamed_symbol4411\n+ Gear.sum()",
        ),
        (
            true,
            "closures' numbers",
            "+ closure #2 in closure #1 in Gear.load()",
            "+ closure #1 in Gear.load()",
        ),
        (true, "blocks", "+ __29-[Reel spin:]_block_invoke_3", "+ -[Reel spin:]"),
    ] {
        frames("cocoa", same, why, one, other);
    }
    let stack = "- __pthread_kill\n- abort\n+ Gear.open()";
    for (same, one, other) in [
        (false, "Termination: FRONTBOARD 0x8badf00d", "Termination: RUNNINGBOARD 0xdead10cc"),
        (true, "Termination: FRONTBOARD 0x8badf00d", "Termination: FRONTBOARD 0x8BADF00D"),
        (
            false,
            "-[Reel spin:]: unrecognized selector sent to instance 0x1",
            "-[Rod cast]: unrecognized selector sent to instance 0x1",
        ),
    ] {
        compare("cocoa", same, one, ("EXC_CRASH", one, stack), ("EXC_CRASH", other, stack));
    }
}

#[test]
fn of_native_code_and_unity() {
    for (same, why, one, other) in [
        (
            true,
            "IL2CPP's hashes",
            "+ Kart_Update_mA1B2C3D4E5F60718293A4B5C6D7E8F9012345678",
            "+ Kart_Update_m00FF11EE22DD33CC44BB55AA66990077885566AA",
        ),
        (false, "IL2CPP's methods", "+ Kart_Update_mA1B2C3D4E5F60718", "+ Kart_Start_mA1B2C3D4E5F60718"),
        (
            true,
            "aborting, spelt by libraries",
            "- abort\n- __pthread_kill\n+ mix::Bus::flush()",
            "- raise\n- tgkill\n+ mix::Bus::flush()",
        ),
        (
            true,
            "allocators",
            "+ scudo::die()\n+ operator new(unsigned long)\n+ mix::Bus::grow()",
            "+ operator new(unsigned long)\n+ mix::Bus::grow()",
        ),
        (
            true,
            "lambdas of demanglers",
            "+ mix::Bus::run(int)::$_3::operator()() const",
            "+ mix::Bus::run(int)::{lambda(int)#2}::operator()(int) const",
        ),
        (true, "copies", "+ mix::Bus::run(int) [clone .cold.12]", "+ mix::Bus::run(int)"),
        (
            true,
            "thunks",
            "+ non-virtual thunk to mix::Bus::run(int)\n+ mix::main",
            "+ mix::Bus::run(int)\n+ mix::main",
        ),
        (true, "Rust's closures", "+ mix::bus::run::{{closure}}", "+ mix::bus::run::{closure#0}"),
        (
            true,
            "JNI's trampolines",
            "+ Java_mix_Bus_run",
            "+ Java_mix_Bus_run\n- art_quick_generic_jni_trampoline",
        ),
    ] {
        frames("native", same, why, one, other);
    }
    for (same, why, one, other) in [
        (true, "state machines", "+ Kart.Race+<Load>d__3 MoveNext", "+ Kart.Race+<Load>d__9 MoveNext"),
        (
            true,
            "asynchronous lambdas",
            "+ Kart.Race+<>c__DisplayClass4_0+<<Load>b__0>d MoveNext",
            "+ Kart.Race+<Load>d__9 MoveNext",
        ),
        (
            true,
            "wrappers",
            "+ Kart.Race (wrapper managed-to-native) Kart.Race:Go\n+ Kart.Race Go",
            "+ Kart.Race Go",
        ),
        (true, "local functions", "+ Kart.Race <Load>g__Parse|5_0", "+ Kart.Race <Load>g__Parse|8_1"),
    ] {
        frames("csharp", same, why, one, other);
    }
    let stack = "- abort\n+ mix::Bus::flush()";
    for (same, one, other) in [
        (
            false,
            "bus.cc:10: flush: assertion \"n > 0\" failed",
            "bus.cc:22: flush: assertion \"out != nullptr\" failed",
        ),
        (
            true,
            "bus.cc:10: flush: assertion \"n > 0\" failed",
            "bus.cc:14: flush: assertion \"n > 0\" failed",
        ),
    ] {
        compare("native", same, one, ("SIGABRT", one, stack), ("SIGABRT", other, stack));
    }
}

#[test]
fn of_scripts_and_servers() {
    for (same, why, one, other) in [
        (true, "webpack's origins", "+ webpack://farm/./src/barn.ts open", "+ app:///src/barn.ts open"),
        (
            true,
            "hashes of chunks",
            "+ assets/index-BqX1a2b3.js openBarn",
            "+ assets/index-Zk9LmN4p.js openBarn",
        ),
        (
            true,
            "generators",
            "+ src/barn.ts _callee2$\n+ src/barn.ts tryCatch\n+ src/barn.ts open",
            "+ src/barn.ts _callee$\n+ src/barn.ts asyncGeneratorStep\n+ src/barn.ts open",
        ),
        (false, "two files", "+ src/barn.ts open", "+ src/silo.ts open"),
        (
            true,
            "Metro's modules",
            "+ src/barn.ts open\n+ index.bundle metroRequire",
            "+ src/barn.ts open\n+ index.bundle loadModuleImplementation",
        ),
        (true, "Go's closures", "+ farm/barn (*Barn).Open.func1", "+ farm/barn (*Barn).Open.func2.1"),
        (true, "Go's type arguments", "+ farm/barn Map[...].Get", "+ farm/barn Map.Get"),
    ] {
        frames("javascript", same, why, one, other);
    }
    compare(
        "javascript",
        true,
        "minified names",
        ("TypeError", "e is null", "+ main.4f3a9c21.js t\n+ main.4f3a9c21.js e.a"),
        ("TypeError", "e is null", "+ main.77b01d3e.js n\n+ main.77b01d3e.js r.b"),
    );
    compare(
        "dart",
        true,
        "Dart's names of a failed cast",
        (
            "_CastError",
            "Null check operator used on a null value",
            "+ package:farm/barn.dart _BarnState.build.<anonymous closure>",
        ),
        (
            "_TypeError",
            "Null check operator used on a null value",
            "+ package:farm/barn.dart _BarnState.build.<fn>",
        ),
    );
}

#[test]
fn of_messages() {
    for (one, other) in [
        (
            "Failed to allocate a 4194320 byte allocation with 1048576 free bytes and 3MB until OOM",
            "Failed to allocate a 24 byte allocation with 12 free bytes and 11KB until OOM",
        ),
        ("customer cus_Nf8sKq2LmZ has no card", "customer cus_8aB3kkQ7xY9z has no card"),
        ("no photo IMG_20261128_101500.jpg", "no photo IMG_20250101_235959.jpg"),
        ("gave up after 5m30s", "gave up after 12m05s"),
        ("lost aa:bb:cc:dd:ee:01", "lost 02:00:5e:10:00:ff"),
        ("setState() after dispose(): _BarnState#3f2a1", "setState() after dispose(): _BarnState#abcde"),
        ("view dive.LogView@deadbee is gone", "view dive.LogView@1a2b3c4 is gone"),
        (
            "ann@farm.example at 10.1.2.3 opened https://farm.example/a?b=1",
            "bob@silo.example at ::1 opened http://silo.example/",
        ),
        ("file /data/user/0/farm/files/a.db is locked", "file /data/user/10/farm/files/b.db is locked"),
    ] {
        messages(true, one, other);
    }
    for (one, other) in [
        ("the barn is closed", "the silo is closed"),
        ("UNAVAILABLE: io exception", "DEADLINE_EXCEEDED: io exception"),
        ("answered 404 Not Found", "answered 503 Service Unavailable"),
    ] {
        messages(false, one, other);
    }
    let stack = "- retrofit2.Call execute\n+ farm.Api feed";
    for (one, other) in [
        (
            "This exception was thrown because the response has a status code of 404",
            "This exception was thrown because the response has a status code of 500",
        ),
        ("PERMISSION_DENIED: no", "UNAUTHENTICATED: no"),
        ("open failed: ENOSPC (No space left on device)", "open failed: EACCES (Permission denied)"),
    ] {
        compare("java", false, one, ("HttpException", one, stack), ("HttpException", other, stack));
    }
}

#[test]
fn where_a_stack_ran_out_is_chance() {
    let cycle = "+ farm.Tree visit\n+ farm.Tree walk\n".repeat(30);
    let leaf = format!("- java.util.HashMap hash\n+ farm.Leaf key\n{cycle}+ farm.Main a");
    let other = format!("+ farm.Tree walk\n{cycle}+ farm.Deep link");
    compare("java", true, "the leaf", ("StackOverflowError", "", &leaf), ("StackOverflowError", "", &other));
    compare(
        "java",
        false,
        "a bug in the leaf",
        ("NullPointerException", "", &leaf),
        ("NullPointerException", "", &other),
    );
    let system = "- android.widget.Text measure\n- android.widget.Text layout\n".repeat(20);
    let one = format!("- java.lang.String length\n{system}");
    let other = format!("- java.util.HashMap get\n- java.util.HashMap hash\n{system}");
    compare(
        "java",
        true,
        "no app frames",
        ("StackOverflowError", "", &one),
        ("StackOverflowError", "", &other),
    );
}

#[test]
fn of_a_group_of_exceptions_the_first_leads_to_the_cause() {
    let part = |ty: &str, id: u64, parent: Option<u64>, group: bool, function: &str| {
        json!({
            "type": ty, "value": "", "mechanism": { "type": "chained", "exception_id": id, "parent_id": parent, "is_exception_group": group },
            "stacktrace": { "frames": [{ "module": "farm.Jobs", "function": function, "in_app": true }] },
        })
    };
    let group = |parts: Vec<Value>| json!({ "platform": "python", "exception": parts });
    let first = || part("TimeoutError", 1, Some(0), false, "feed");
    let all = || part("ExceptionGroup", 0, None, true, "run_all");
    let one = group(vec![first(), all()]);
    let with_another = group(vec![part("KeyError", 2, Some(0), false, "water"), first(), all()]);
    assert_eq!(hash(&one), hash(&with_another));
    assert_ne!(hash(&one), hash(&group(vec![part("KeyError", 1, Some(0), false, "water"), all()])));
}

#[test]
fn what_was_suppressed_on_the_way_does_not_count() {
    let part = |ty: &str, mechanism: Value, function: &str| {
        json!({
            "type": ty, "value": "", "mechanism": mechanism,
            "stacktrace": { "frames": [{ "module": "farm.Jobs", "function": function, "in_app": true }] },
        })
    };
    let java = |parts: Vec<Value>| json!({ "platform": "java", "exception": parts });
    for group in [true, false] {
        let raised =
            || part("JobException", json!({ "exception_id": 0, "is_exception_group": group }), "run");
        let cause =
            || part("IOException", json!({ "type": "chained", "exception_id": 3, "parent_id": 0 }), "feed");
        let suppressed = || {
            part(
                "CloseException",
                json!({ "type": "suppressed", "exception_id": 1, "parent_id": 0 }),
                "close",
            )
        };
        let its_cause = || {
            part("SocketException", json!({ "type": "chained", "exception_id": 2, "parent_id": 1 }), "send")
        };
        let (bare, alone) = (java(vec![cause(), raised()]), java(vec![raised()]));
        assert_eq!(hash(&java(vec![cause(), its_cause(), suppressed(), raised()])), hash(&bare));
        assert_eq!(hash(&java(vec![its_cause(), suppressed(), cause(), raised()])), hash(&bare));
        assert_eq!(hash(&java(vec![its_cause(), suppressed(), raised()])), hash(&alone));
        assert_ne!(hash(&bare), hash(&alone));
    }
}
