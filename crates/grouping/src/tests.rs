use mayday_event::{EventId, Timestamp, normalize};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;

mod pairs;

pub(crate) fn read(payload: &Value) -> Event {
    let arrival = normalize::Arrival {
        event_id: EventId(uuid::Uuid::from_u128(1)),
        received: Timestamp(1_795_492_921_500),
        sent_at: None,
        remote_addr: None,
        client: None,
    };
    normalize::event_from_json(payload.to_string().as_bytes(), &arrival).unwrap()
}

fn grouped(payload: &Value) -> GroupedEvent {
    group(read(payload), &Rules::default())
}

fn hash(payload: &Value) -> GroupHash {
    grouped(payload).grouping.hash
}

/// What counts, as `kind value`, and which strategy decided.
fn decided(payload: &Value) -> String {
    counted(&grouped(payload))
}

pub(crate) fn counted(grouped: &GroupedEvent) -> String {
    let grouping = &grouped.grouping;
    let counted = grouping.components.iter().filter(|component| component.contributes);
    let counted = counted.map(|component| format!("{} {}", component.kind, component.value));
    format!("{}: {}", grouping.strategy, counted.collect::<Vec<_>>().join(", "))
}

/// An exception with frames from the crash outwards, each `module function` and whether it is the app's.
fn crash(ty: &str, value: &str, frames: &[(&str, bool)]) -> Value {
    let frame = |(name, in_app): &(&str, bool)| {
        let (module, function) = name.split_once(' ').unwrap_or(("", name));
        json!({ "module": module, "function": function, "in_app": in_app })
    };
    let frames: Vec<Value> = frames.iter().rev().map(frame).collect();
    json!({
        "platform": "java",
        "exception": { "values": [{ "type": ty, "value": value, "stacktrace": { "frames": frames } }] },
    })
}

fn native(frames: &[(&str, &str)]) -> Value {
    let frame = |(function, addr): &(&str, &str)| json!({ "function": function, "instruction_addr": addr, "in_app": true });
    let frames: Vec<Value> = frames.iter().rev().map(frame).collect();
    json!({
        "platform": "native",
        "exception": [{ "type": "SIGSEGV", "value": "Segfault", "stacktrace": { "frames": frames } }],
    })
}

#[test]
fn the_apps_frames_near_the_crash_decide() {
    let payload = crash(
        "IllegalStateException",
        "no view 4711",
        &[
            ("android.view.View post", false),
            ("com.shop.Cart total", true),
            ("com.shop.Checkout lambda$onCreate$0", true),
            ("com.shop.Main main", true),
            ("android.os.Looper loop", false),
        ],
    );
    insta::assert_json_snapshot!(grouped(&payload).grouping, @r#"
    {
      "version": 2,
      "hash": "1ca2708ed661cfe5",
      "strategy": "stacktrace",
      "components": [
        {
          "kind": "type",
          "value": "IllegalStateException",
          "contributes": true,
          "reason": "type of the root cause"
        },
        {
          "kind": "frame",
          "value": "android.view.View:post",
          "contributes": false,
          "reason": "not the app's code"
        },
        {
          "kind": "frame",
          "value": "com.shop.Cart:total",
          "contributes": true,
          "reason": "the app's own code, near the crash"
        },
        {
          "kind": "frame",
          "value": "com.shop.Checkout:onCreate",
          "contributes": true,
          "reason": "the app's own code, near the crash"
        },
        {
          "kind": "frame",
          "value": "com.shop.Main:main",
          "contributes": false,
          "reason": "further from the crash"
        },
        {
          "kind": "frame",
          "value": "android.os.Looper:loop",
          "contributes": false,
          "reason": "not the app's code"
        }
      ]
    }
    "#);
    insta::assert_json_snapshot!(grouped(&payload).title, @r#"
    {
      "title": "IllegalStateException: no view 4711",
      "culprit": "com.shop.Cart in total",
      "error_type": "IllegalStateException",
      "error_value": "no view 4711",
      "filename": "",
      "function": "total"
    }
    "#);
}

#[test]
fn the_root_cause_decides_not_its_wrappers() {
    let bare = crash("SQLiteConstraintException", "UNIQUE", &[("com.shop.Sync store", true)]);
    let mut wrapped = bare.clone();
    let wrapper = crash("SyncException", "sync failed", &[("com.shop.Other run", true)]);
    let wrapper = wrapper.pointer("/exception/values/0").unwrap().clone();
    wrapped["exception"]["values"].as_array_mut().unwrap().push(wrapper);
    assert_eq!(hash(&bare), hash(&wrapped));
    assert_eq!(grouped(&wrapped).title.title, "SyncException: sync failed");
}

#[test]
fn error_codes_are_causes_and_other_numbers_are_not() {
    let call = |value: &str| hash(&crash("HttpException", value, &[("com.shop.Api call", true)]));
    assert_ne!(call("HTTP 404 for /stores/1"), call("HTTP 500 for /stores/1"));
    assert_eq!(call("HTTP 404 for /stores/1"), call("HTTP 404 for /stores/8831"));
}

#[test]
fn frames_behind_framework_code_do_not_count() {
    let direct = crash("E", "", &[("com.shop.Row render", true)]);
    let dispatched = crash(
        "E",
        "",
        &[("com.shop.Row render", true), ("android.view.View draw", false), ("com.shop.Screen show", true)],
    );
    assert_eq!(hash(&direct), hash(&dispatched));
}

#[test]
fn a_helpers_caller_tells_two_bugs_apart() {
    let from = |caller: &str| hash(&crash("E", "", &[("com.shop.Guard check", true), (caller, true)]));
    assert_ne!(from("com.shop.Menu price"), from("com.shop.Address validate"));
}

#[test]
fn where_an_endless_recursion_ended_is_chance() {
    let stack = |depth: usize, start: usize| {
        let cycle = ["com.shop.Tree visit", "com.shop.Tree flatten", "com.shop.Tree child"];
        let frames: Vec<_> = (start..start + depth).map(|at| (cycle[at % 3], true)).collect();
        hash(&crash("StackOverflowError", "stack size 8188KB", &frames))
    };
    assert_eq!(stack(60, 0), stack(61, 1));
    assert_eq!(stack(60, 0), stack(90, 2));
}

#[test]
fn what_one_build_inlines_does_not_split_a_group() {
    let inlined =
        native(&[("Span::at(int)", "0x10"), ("Histogram::add(float)", "0x10"), ("Meter::run()", "0x80")]);
    let plain = native(&[("Histogram::add(float)", "0x90"), ("Meter::run()", "0x70")]);
    assert_eq!(hash(&inlined), hash(&plain));
}

#[test]
fn a_hang_is_told_by_who_holds_the_lock() {
    let hang = |screen: &str, holder: &str| {
        let frame =
            |module: &str, function: &str| json!({ "module": module, "function": function, "in_app": true });
        let mut waits = frame("com.shop.Session", "get");
        waits["lock"] = json!({ "type": 8, "address": "0x0a", "class_name": "Session", "thread_id": 31 });
        json!({
            "platform": "java",
            "exception": [{
                "type": "ApplicationNotResponding", "value": "ANR", "thread_id": 1,
                "mechanism": { "type": "AppExitInfo" },
                "stacktrace": { "frames": [frame(screen, "onStart"), waits] },
            }],
            "threads": [{ "id": 31, "stacktrace": { "frames": [frame(holder, "run")] } }],
        })
    };
    assert_eq!(
        hash(&hang("com.shop.Home", "com.shop.Flush")),
        hash(&hang("com.shop.Cart", "com.shop.Flush"))
    );
    assert_ne!(
        hash(&hang("com.shop.Home", "com.shop.Flush")),
        hash(&hang("com.shop.Home", "com.shop.Token"))
    );
}

#[test]
fn without_frames_the_type_and_message_decide() {
    let payload = json!({ "exception": [{ "type": "Timeout", "value": "order 4711 after 12.5s" }] });
    assert_eq!(decided(&payload), "exception: type Timeout, message order <num> after <num>s");
    let payload = json!({ "message": "printer 10.0.0.7 is offline" });
    assert_eq!(decided(&payload), "message: message printer <ip> is offline");
    let payload = json!({ "logentry": { "message": "printer %s is offline", "params": ["x"] } });
    assert_eq!(decided(&payload), "message: message printer %s is offline");
    assert_eq!(decided(&json!({})), "fallback: fallback other, fallback error, fallback unknown culprit");
}

#[test]
fn the_system_decides_only_where_the_app_has_no_frame() {
    let frames = [
        ("android.app.ActivityThread throwRemoteServiceException", false),
        ("android.os.Looper loop", false),
    ];
    let payload = crash("RemoteServiceException", "Bad notification for id 7", &frames);
    assert_eq!(
        decided(&payload),
        "stacktrace: type RemoteServiceException, frame android.app.ActivityThread:throwRemoteServiceException, \
         message Bad notification for id <num>"
    );
}

#[test]
fn the_apps_own_fingerprint_wins() {
    let with = |fingerprint: Value, function: &str| {
        let mut payload = crash("E", "", &[(function, true)]);
        payload["fingerprint"] = fingerprint;
        payload
    };
    let declined = json!(["payment-declined"]);
    assert_eq!(hash(&with(declined.clone(), "A a")), hash(&with(declined, "B b")));
    assert_eq!(hash(&with(json!(["{{ default }}"]), "A a")), hash(&with(json!([]), "A a")));
    assert_eq!(
        hash(&with(json!(["{{default}}", "eu"]), "A a")),
        hash(&with(json!(["{{ default }}", "eu"]), "A a"))
    );
    assert_ne!(
        hash(&with(json!(["{{ default }}", "eu"]), "A a")),
        hash(&with(json!(["{{ default }}", "us"]), "A a"))
    );
    assert_ne!(
        hash(&with(json!(["{{ default }}", "eu"]), "A a")),
        hash(&with(json!(["{{ default }}", "eu"]), "B b"))
    );
    assert_eq!(decided(&with(json!(["x"]), "A a")), "sdk: fingerprint x");
}

#[test]
fn a_title_is_one_line_and_says_where() {
    let title = grouped(&crash("IOException", "\n first\nsecond", &[("com.shop.Api call", true)])).title;
    assert_eq!(
        (title.title.as_str(), title.culprit.as_str()),
        ("IOException: first", "com.shop.Api in call")
    );
    assert_eq!(grouped(&json!({ "message": "one\ntwo" })).title.title, "one");
    assert_eq!(grouped(&json!({ "transaction": "checkout" })).title.title, "checkout");
    assert_eq!(grouped(&json!({})).title.title, "<unlabeled event>");
}

#[test]
fn hashes_stay_as_they_are_stored() {
    // A change here is a new version of the algorithm: every stored issue would get a twin.
    assert_eq!(hash(&crash("E", "", &[("com.shop.Api call", true)])).to_string(), "e8837c0138dd88b5");
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec![
        "com.shop.Cart total",
        "com.shop.Api call",
        "android.view.View post",
        "Tree visit",
        "java.lang.Thread run",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn lines_and_addresses_do_not_move_an_event(
        frames in vec((name(), any::<Option<bool>>()), 0..12), line in 1..90_000_u32, base in 0x1000..u32::MAX,
    ) {
        let build = |line: u32, base: u32| {
            let frames = frames.iter().enumerate().map(|(at, (name, in_app))| {
                let (module, function) = name.split_once(' ').unwrap_or_default();
                let addr = format!("{:#x}", u64::from(base) + 16 * at as u64);
                json!({
                    "module": module, "function": function, "in_app": in_app, "lineno": line + at as u32,
                    "instruction_addr": addr, "image_addr": format!("{base:#x}"),
                })
            });
            let frames: Vec<Value> = frames.collect();
            json!({
                "platform": "java", "release": format!("shop@{line}"),
                "exception": [{ "type": "E", "value": format!("at {base:#x}"), "stacktrace": { "frames": frames } }],
            })
        };
        prop_assert_eq!(hash(&build(line, base)), hash(&build(7, 0x4000)));
    }

    #[test]
    fn ids_in_messages_do_not_move_an_event(
        number in any::<i32>(), id in any::<u128>(), ip in any::<[u8; 4]>(), hex in any::<u32>(),
    ) {
        let message = |number: i32, id: u128, ip: [u8; 4], hex: u32| {
            let (id, ip) = (uuid::Uuid::from_u128(id), std::net::Ipv4Addr::from(ip));
            hash(&json!({ "message": format!("order {number} of {id} from {ip}:80 at {hex:#x} \"{hex}\" failed") }))
        };
        prop_assert_eq!(message(number, id, ip, hex), message(1, 2, [10, 0, 0, 1], 3));
    }

    #[test]
    fn any_text_is_grouped(
        ty in "\\PC{0,40}", value in "\\PC{0,80}", names in vec(("\\PC{0,40}", "\\PC{0,40}"), 0..6),
        platform in select(vec!["java", "cocoa", "native", "csharp", "dart", "javascript", "python", ""]),
    ) {
        let frames = names.into_iter().map(|(module, function)| json!({ "module": module, "function": function }));
        let frames: Vec<Value> = frames.collect();
        let payload = json!({
            "platform": platform,
            "exception": [{ "type": ty, "value": value, "stacktrace": { "frames": frames } }],
        });
        let grouping = grouped(&payload).grouping;
        prop_assert!(grouping.components.iter().any(|component| component.contributes));
        prop_assert_eq!(grouping.hash, hash(&payload));
    }
}

#[test]
fn earlier_versions_are_told_beside_the_own_fingerprint() {
    let payload = crash("E", "no view 4711", &[("com.shop.Cart total", true)]);
    let rules = Rules::default();
    let own = group(read(&payload), &rules);
    assert_eq!(own.previous, [hash::of(1, &own.grouping.components)]);
    // A version that counted only the type.
    let by_type: Decide = |case| {
        let ty = case.event.exception.first().and_then(|exception| exception.ty.clone()).unwrap_or_default();
        ("exception", vec![strategies::used("type", &ty, "all that counted then")])
    };
    let other = crash("E", "no cart", &[("com.shop.Checkout pay", true)]);
    let [one, other] =
        [&payload, &other].map(|payload| group_by(read(payload), &rules, &[(0, Some(by_type))]));
    assert_ne!(one.grouping.hash, other.grouping.hash);
    assert_eq!(one.previous, other.previous);
    assert_ne!(one.previous, [one.grouping.hash]);
}
