//! What the fuzz targets check, on a stable compiler: with bytes that come close to what clients send.

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library where the fuzz targets use it")]
mod checks;

use std::io::Write;

use bytes::Bytes;
use mayday_event::wire::envelope::Envelope;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Keys that the model knows and some that it does not.
const KEYS: [&str; 48] = [
    "exception",
    "values",
    "type",
    "value",
    "stacktrace",
    "frames",
    "function",
    "module",
    "lineno",
    "in_app",
    "mechanism",
    "handled",
    "data",
    "meta",
    "threads",
    "id",
    "name",
    "crashed",
    "breadcrumbs",
    "message",
    "category",
    "timestamp",
    "level",
    "contexts",
    "os",
    "device",
    "tags",
    "user",
    "email",
    "ip_address",
    "release",
    "dist",
    "environment",
    "sdk",
    "version",
    "modules",
    "debug_meta",
    "images",
    "image_addr",
    "fingerprint",
    "extra",
    "request",
    "headers",
    "logentry",
    "params",
    "formatted",
    "platform",
    "x",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,24}".prop_map(Value::from),
        select(vec![
            "0x1f",
            "2026-11-24T04:02:01Z",
            "{{auto}}",
            "{{ default }}",
            "%s {} {0}",
            "TypeError: x",
            "fatal"
        ])
        .prop_map(Value::from),
        (250..9000_usize).prop_map(|length| Value::from("é".repeat(length))),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 120, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((select(&KEYS[..]), inner), 0..8).prop_map(object),
        ]
    })
}

fn object(members: Vec<(&str, Value)>) -> Value {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn event() -> impl Strategy<Value = Value> {
    let stack = vec(value(), 0..4).prop_map(|frames| json!({ "frames": frames }));
    let exception = (value(), scalar(), stack).prop_map(|(mechanism, text, stacktrace)| {
        json!({ "value": text, "mechanism": mechanism, "stacktrace": stacktrace })
    });
    (vec((select(&KEYS[..]), value()), 0..24), vec(exception, 0..3)).prop_map(|(members, exceptions)| {
        let mut event = object(members);
        if !exceptions.is_empty() {
            event["exception"] = json!({ "values": exceptions });
        }
        event
    })
}

fn items() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    vec(("[a-z_]{1,12}", vec(any::<u8>(), 0..64)), 0..6)
}

fn compressed(bytes: &[u8], encoding: usize) -> Vec<u8> {
    let level = flate2::Compression::default();
    let write = |writer: &mut dyn Write| writer.write_all(bytes).expect("memory");
    match encoding {
        0 => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
            write(&mut gzip);
            gzip.finish().expect("memory")
        }
        1 => {
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
            write(&mut zlib);
            zlib.finish().expect("memory")
        }
        2 => {
            let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), level);
            write(&mut raw);
            raw.finish().expect("memory")
        }
        _ => zstd::encode_all(bytes, 1).expect("memory"),
    }
}

/// What crash uploads are made of.
const FORM_PIECES: [&[u8]; 16] = [
    b"--XX\r\n",
    b"\n--XX\n",
    b"\r\n--XX--",
    b"--YY\r\n",
    b"\r\n",
    b"Content-Disposition: form-data; name=upload_file_minidump\r\n",
    b"content-disposition: form-data; name=\"__sentry-event\"; filename=\"a\\\"\r\n",
    b"content-disposition: form-data; name=\"__sentry-breadcrumb1\"; filename*=UTF-8''%ff\r\n",
    b"content-disposition: form-data; name=sentry__1\r\n",
    b"content-disposition: form-data; name=sentry[extra][a]\r\n",
    b"content-disposition: form-data; name=sentry___x\r\n",
    b"content-type: text/plain; charset=\"\r\n",
    b"{\"extra\":\"x\"}",
    b"MDMP",
    b"\x81\xa1a\xdf\xff\xff\xff\xff",
    b"\x1f\x8b\x08",
];

/// What real clients of other protocols sent.
const REPORTS: [&[u8]; 7] = [
    include_bytes!("data/bugsnag_android_anr.json"),
    include_bytes!("data/bugsnag_cocoa_crash.json"),
    include_bytes!("data/bugsnag_node_handled.json"),
    include_bytes!("data/bugsnag_node_sessions.json"),
    include_bytes!("data/otlp_javascript.json"),
    include_bytes!("data/rollbar_node_handled.json"),
    include_bytes!("data/rollbar_python_handled.json"),
];
const PROTOBUF: &[u8] = include_bytes!("data/otlp_python.pb");

/// `json` with the value at the n-th place replaced.
fn replace(json: &mut Value, countdown: &mut usize, with: &Value) {
    if *countdown == 0 {
        *json = with.clone();
    }
    *countdown = countdown.wrapping_sub(1);
    match json {
        Value::Array(list) => list.iter_mut().for_each(|json| replace(json, countdown, with)),
        Value::Object(object) => object.values_mut().for_each(|json| replace(json, countdown, with)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..512)) {
        checks::envelope(&bytes);
        checks::event_json(&bytes);
        checks::inflate(&bytes);
        checks::msgpack(&bytes);
        checks::multipart(&bytes);
        checks::minidump(&bytes);
        checks::crash(&bytes);
        checks::reports(&bytes);
    }

    #[test]
    fn any_crash_upload_is_read_or_refused(pieces in vec(select(&FORM_PIECES[..]), 0..40), bytes in vec(any::<u8>(), 0..64)) {
        let form = [&pieces.concat(), &bytes[..]].concat();
        checks::multipart(&form);
        checks::minidump(&form);
        checks::msgpack(&bytes);
    }

    #[test]
    fn an_envelope_comes_through_whatever_its_payloads_hold(items in items()) {
        let mut bytes = b"{}".to_vec();
        for (ty, payload) in &items {
            bytes.extend(format!("\n{}\n", json!({ "type": ty, "length": payload.len() })).bytes());
            bytes.extend(payload);
        }
        let envelope = Envelope::parse(Bytes::from(bytes.clone())).unwrap();
        let read: Vec<_> = envelope.items.into_iter().map(|item| (item.ty, item.payload.to_vec())).collect();
        prop_assert_eq!(read, items);
        checks::envelope(&bytes);
    }

    #[test]
    fn a_damaged_envelope_is_read_or_refused(items in items(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = b"{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}".to_vec();
        for (ty, payload) in &items {
            bytes.extend(format!("\n{}\n", json!({ "type": ty, "length": payload.len() })).bytes());
            bytes.extend(payload);
        }
        let at = at.index(bytes.len());
        bytes[at] = byte;
        checks::envelope(&bytes);
        bytes.truncate(at);
        checks::envelope(&bytes);
    }

    #[test]
    fn any_json_is_read_and_read_again_changes_no_more(event in event()) {
        checks::event_json(event.to_string().as_bytes());
    }

    #[test]
    fn any_event_is_scrubbed_and_scrubbed_again_changes_no_more(event in event()) {
        checks::scrub(event.to_string().as_bytes());
    }

    #[test]
    fn what_inflates_stays_under_its_cap(
        seed in vec(any::<u8>(), 0..64), times in 1..4000_usize, encoding in 0..4_usize,
        cut in any::<prop::sample::Index>(), trailing in vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = compressed(&seed.repeat(times), encoding);
        checks::inflate(&bytes);
        bytes.extend(trailing);
        checks::inflate(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        checks::inflate(&bytes);
    }

    #[test]
    fn whatever_stands_in_a_report_of_another_protocol_it_is_translated_or_refused(
        report in select(&REPORTS[..]), places in vec((0..400_usize, value()), 1..6),
    ) {
        let mut json: Value = serde_json::from_slice(report).unwrap();
        for (mut place, with) in places {
            replace(&mut json, &mut place, &with);
        }
        let bytes = json.to_string().into_bytes();
        checks::bugsnag(&bytes);
        checks::rollbar(&bytes);
        checks::otlp(&bytes);
    }

    #[test]
    fn damaged_protobuf_is_translated_or_refused(
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = PROTOBUF.to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        checks::otlp(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        checks::otlp(&bytes);
    }

    #[test]
    fn any_text_is_a_stack_or_none(
        language in any::<u8>(),
        lines in vec(select(vec![
            "Traceback (most recent call last):", "  File \"a.py\", line 1, in f", "    x", "KeyError: 'a'",
            "During handling of the above exception, another exception occurred:", "E: é", "\tat a.B.c(D.java:1)",
            "Caused by: a.E: x", "\t... 1 more", "\t... 99999999999999999999 more", "\tSuppressed: E",
            "\tCaused by: a.E", "\t\tSuppressed: a.E: y", "\t\tat a.B.c(D.java:2)", "\t\t... 1 more",
            "    at f (x.js:1:2)", "    at (", "f@x:1:2", "@", "at :1:2", "Exception in thread \"", "", " ",
        ]), 0..40),
    ) {
        let text = lines.join("\n");
        checks::stack_text(&[&[language], text.as_bytes()].concat());
    }
}
