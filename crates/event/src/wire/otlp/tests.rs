use std::fmt::Write as _;

use prost::Message as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    model::Event,
    normalize::{Arrival, event_from_json},
    time::Timestamp,
};

const PYTHON: &[u8] = include_bytes!("../../../tests/data/otlp_python.pb");
const JAVASCRIPT: &[u8] = include_bytes!("../../../tests/data/otlp_javascript.json");

fn items(body: &[u8], encoding: Encoding) -> Result<Vec<Item>, WireError> {
    let mut last = 0;
    log_items(body, encoding, || {
        last += 1;
        EventId(Uuid::from_u128(last))
    })
}

/// The event as the worker reads it.
fn read(item: &Item) -> Event {
    let arrival = Arrival {
        event_id: item.header_text("event_id").unwrap().parse().unwrap(),
        received: Timestamp(1_795_530_000_000),
        sent_at: None,
        remote_addr: None,
        client: None,
    };
    event_from_json(&item.payload, &arrival).unwrap()
}

fn attributes(object: &Value) -> Value {
    let object = object.as_object().unwrap();
    object.iter().map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } })).collect()
}

fn request(resource: Value, record: Value) -> Value {
    let scope = json!({ "scope": { "name": "shop" }, "logRecords": [record] });
    json!({ "resourceLogs": [{ "resource": { "attributes": attributes(&resource) }, "scopeLogs": [scope] }] })
}

/// The event of a record with these attributes.
fn event(resource: Value, record: Value, record_attributes: Value) -> Event {
    let mut record = record;
    record["attributes"] = attributes(&record_attributes);
    let items = items(request(resource, record).to_string().as_bytes(), Encoding::Json).unwrap();
    read(items.first().unwrap())
}

fn functions(event: &Event) -> Vec<String> {
    let stack = event.main_stacktrace().map(|stack| stack.frames.clone()).unwrap_or_default();
    stack.into_iter().filter_map(|frame| frame.function).collect()
}

#[test]
fn what_real_exporters_send_becomes_events_and_counts() {
    let [event, others] = items(PYTHON, Encoding::Protobuf).unwrap().try_into().unwrap();
    insta::assert_json_snapshot!("python", read(&event));
    assert_eq!((others.ty.as_str(), others.quantity(), others.payload.len()), ("otel_log", 1, 0));
    let [event] = items(JAVASCRIPT, Encoding::Json).unwrap().try_into().unwrap();
    insta::assert_json_snapshot!("javascript", read(&event));
}

#[test]
fn a_crash_on_a_phone_says_what_it_ran_on() {
    let stack = "java.lang.IllegalStateException: no price\n\tat com.shop.Cart.total(Cart.kt:41)\n\t\
        at com.shop.Cart.pay(Cart.kt:12)\n\tat java.base/java.lang.Thread.run(Thread.java:1012)\n\t\
        Suppressed: java.io.IOException: closed\n\t\tat com.shop.Net.close(Net.kt:3)\n\
        Caused by: com.shop.PriceException\n\tat com.shop.Prices.of(Unknown Source)\n\t... 2 more";
    let event = event(
        json!({
            "service.name": "shop", "service.version": "3.1.0", "deployment.environment": "beta",
            "os.name": "Android", "os.version": "15", "device.model.name": "Pixel 9", "device.id": "d-1",
            "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "java",
            "telemetry.sdk.version": "1.60.0", "app.build_id": "310", "process.pid": "71",
        }),
        json!({
            "timeUnixNano": "1795524819733000000", "severityNumber": 0, "eventName": "device.crash",
            "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",
        }),
        json!({
            "exception.type": "java.lang.IllegalStateException", "exception.message": "no price",
            "exception.stacktrace": stack, "thread.name": "main", "user.id": "u-1", "session.id": "s-1",
            "cart.size": "3",
        }),
    );
    assert_eq!(event.notes, []);
    insta::assert_json_snapshot!("android", event);
}

#[test]
fn suppressed_exceptions_stand_beside_the_chain() {
    let stack = "java.lang.IllegalStateException: no price\n\tat com.shop.Cart.total(Cart.kt:41)\n\t\
        at com.shop.Cart.pay(Cart.kt:12)\n\t\
        Suppressed: java.io.IOException: closed\n\t\tat com.shop.Net.close(Net.kt:3)\n\t\t... 1 more\n\t\t\
        Suppressed: com.shop.PoolException\n\t\t\tat com.shop.Pool.free(Pool.kt:9)\n\t\t\t... 2 more\n\t\
        Caused by: java.net.SocketException: reset\n\t\tat com.shop.Net.send(Net.kt:8)\n\t\t... 2 more\n\t\
        Suppressed: java.lang.Error: second\n\t\tat com.shop.Net.stop(Net.kt:5)\n\
        Caused by: com.shop.PriceException\n\tat com.shop.Prices.of(Unknown Source)\n\t... 1 more";
    let event = event(
        json!({ "telemetry.sdk.language": "java" }),
        json!({ "severityNumber": 17, "eventName": "exception" }),
        json!({ "exception.stacktrace": stack }),
    );
    let causes: Vec<_> = event.causes().into_iter().filter_map(|cause| cause.ty.as_deref()).collect();
    assert_eq!(causes, ["PriceException", "IllegalStateException"]);
    insta::assert_json_snapshot!("suppressed", event.exception);
}

#[test]
fn of_many_suppressed_exceptions_some_are_kept_and_all_causes() {
    let suppressed: String = (0..99)
        .map(|n| {
            format!(
                "\tSuppressed: a.S{n}\n\t\tat a.B.c(D.java:1)\n\tCaused by: a.C{n}\n\t\tat a.B.d(D.java:2)\n"
            )
        })
        .collect();
    let stack =
        format!("a.E: x\n\tat a.B.a(D.java:1)\n{suppressed}Caused by: a.Root\n\tat a.B.b(D.java:3)\n");
    let event = event(
        json!({ "telemetry.sdk.language": "java" }),
        json!({ "eventName": "exception" }),
        json!({ "exception.stacktrace": stack }),
    );
    let types: Vec<_> = event.exception.iter().rev().filter_map(|one| one.ty.as_deref()).collect();
    assert_eq!(types.len(), 12);
    assert_eq!(types[..5], ["E", "Root", "S0", "C0", "S1"]);
}

#[test]
fn records_are_crash_reports_by_their_attributes_or_their_name() {
    let is_event = |record: Value| {
        let items = items(request(json!({}), record).to_string().as_bytes(), Encoding::Json).unwrap();
        items.first().unwrap().ty == "event"
    };
    let with =
        |key: &str, text: &str| json!({ "attributes": [{ "key": key, "value": { "stringValue": text } }] });
    for key in ["exception.type", "exception.message", "exception.stacktrace"] {
        assert!(is_event(with(key, "x")), "{key}");
    }
    for name in ["exception", "device.crash", "app.crash", "browser.exception", "app.anr"] {
        assert!(is_event(json!({ "eventName": name })), "{name}");
        assert!(is_event(with("event.name", name)), "{name}");
    }
    for record in [json!({}), json!({ "eventName": "app.start" }), with("event.name", "crash.reporter.start")]
    {
        assert!(!is_event(record.clone()), "{record}");
    }
}

#[test]
fn levels_and_handling_follow_from_severity_and_name() {
    let of = |severity: i64, name: &str| {
        let record = json!({ "severityNumber": severity, "eventName": name });
        let event = event(json!({}), record, json!({ "exception.type": "E" }));
        (event.level.name(), event.handled())
    };
    assert_eq!(of(17, ""), ("error", Some(true)));
    assert_eq!(of(13, ""), ("warning", Some(true)));
    assert_eq!(of(21, ""), ("fatal", Some(false)));
    assert_eq!(of(17, "exception"), ("error", None));
    assert_eq!(of(0, "device.crash"), ("fatal", Some(false)));
    assert_eq!(of(0, ""), ("error", Some(true)));
}

#[test]
fn stacks_are_read_where_their_format_is_known() {
    let of = |language: &str, stack: &str| {
        let resource = json!({ "telemetry.sdk.language": language });
        let attributes = json!({ "exception.type": "E", "exception.stacktrace": stack });
        event(resource, json!({}), attributes)
    };
    let firefox = "add@https://shop.example/cart.js:3:5\n@https://shop.example/cart.js:9:1\n";
    assert_eq!(functions(&of("webjs", firefox)), ["add"]);
    let safari_async =
        "Error: x\n    at async Cart.pay (https://shop.example/cart.js:3:5)\n    at Array.map (<anonymous>)";
    assert_eq!(functions(&of("webjs", safari_async)), ["Array.map", "Cart.pay"]);
    let lambda =
        "E\n\tat com.shop.Cart$$Lambda/0x0001.run(Unknown Source)\n\tat app//com.shop.Main.main(Main.java)";
    let event = of("kotlin", lambda);
    assert_eq!(functions(&event), ["main", "run"]);
    assert_eq!(event.main_stacktrace().unwrap().frames[0].module.as_deref(), Some("com.shop.Main"));
    let go = "goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:12 +0x1d";
    let event = of("go", go);
    assert_eq!(event.extra["exception.stacktrace"], go);
    assert_eq!(event.platform, "go");
}

#[test]
fn an_endless_recursion_keeps_both_its_ends() {
    let mut stack = "StackOverflowError\n\tat a.B.first(B.java:1)".to_owned();
    for line in 0..20_000 {
        write!(stack, "\n\tat a.B.again(B.java:{line})").unwrap();
    }
    stack += "\n\tat a.B.last(B.java:2)";
    let attributes = json!({ "exception.type": "StackOverflowError", "exception.stacktrace": stack });
    let functions = functions(&event(json!({}), json!({}), attributes));
    assert_eq!(functions.len(), crate::limits::FRAMES);
    assert_eq!((functions[0].as_str(), functions.last().unwrap().as_str()), ("last", "first"));
}

#[test]
fn a_request_sent_twice_is_the_same_events_unless_it_says_no_time() {
    let ids = |body: &[u8], encoding| {
        let items = items(body, encoding).unwrap();
        items.first().unwrap().header_text("event_id").unwrap().to_owned()
    };
    assert_eq!(ids(PYTHON, Encoding::Protobuf), ids(PYTHON, Encoding::Protobuf));
    assert_ne!(ids(PYTHON, Encoding::Protobuf), ids(JAVASCRIPT, Encoding::Json));
    let timeless = request(json!({}), json!({ "eventName": "app.crash" })).to_string();
    assert_eq!(ids(timeless.as_bytes(), Encoding::Json), "00000000000000000000000000000001");
}

#[test]
fn values_of_every_type_come_through_both_encodings() {
    let value = json!({ "kvlistValue": { "values": [
        { "key": "int", "value": { "intValue": "-9007199254740993" } },
        { "key": "double", "value": { "doubleValue": 1.5 } },
        { "key": "yes", "value": { "boolValue": true } },
        { "key": "list", "value": { "arrayValue": { "values": [{ "stringValue": "a" }, {}] } } },
        { "key": "bytes", "value": { "bytesValue": "AQI=" } },
    ] } });
    let expected = json!({ "int": -9_007_199_254_740_993_i64, "double": 1.5, "yes": true, "list": ["a", null], "bytes": "AQI=" });
    let in_json = event(json!({}), json!({ "eventName": "app.crash", "body": value }), json!({}));
    assert_eq!(in_json.extra["body"], expected);

    use proto::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value as Any};
    let any = |value| Some(AnyValue { value: Some(value) });
    let pair = |key: &'static str, value| KeyValue { key: key.into(), value: any(value) };
    let list = vec![AnyValue { value: Some(Any::StringValue("a".into())) }, AnyValue { value: None }];
    let values = vec![
        pair("int", Any::IntValue(-9_007_199_254_740_993)),
        pair("double", Any::DoubleValue(1.5)),
        pair("yes", Any::BoolValue(true)),
        pair("list", Any::ArrayValue(ArrayValue { values: list })),
        pair("bytes", Any::BytesValue(vec![1, 2].into())),
    ];
    let record = proto::LogRecord {
        // Not UTF-8: costs itself.
        severity_text: vec![0xff].into(),
        event_name: "app.crash".into(),
        body: any(Any::KvlistValue(KeyValueList { values })),
        ..Default::default()
    };
    let wrapped = |bytes: Vec<u8>, number: u8| {
        let mut message = vec![number << 3 | 2];
        prost::encode_length_delimiter(bytes.len(), &mut message).unwrap();
        message.extend(bytes);
        message
    };
    let body = wrapped(wrapped(wrapped(record.encode_to_vec(), 2), 2), 1);
    let items = items(&body, Encoding::Protobuf).unwrap();
    assert_eq!(read(items.first().unwrap()).extra["body"], expected);
}

#[test]
fn spans_and_metrics_are_counted() {
    let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{}, {}] }, { "spans": [{}] }] }] })
        .to_string();
    let [item] = counted(body.as_bytes(), Encoding::Json, Signal::Traces).unwrap().try_into().unwrap();
    assert_eq!((item.ty.as_str(), item.quantity()), ("otel_span", 3));
    // The signals number their fields alike.
    let [item] = counted(PYTHON, Encoding::Protobuf, Signal::Metrics).unwrap().try_into().unwrap();
    assert_eq!((item.ty.as_str(), item.quantity()), ("trace_metric", 2));
    assert_eq!(counted(b"", Encoding::Protobuf, Signal::Traces), Ok(Vec::new()));
}

#[test]
fn what_is_no_request_is_refused() {
    let cut = PYTHON.get(..PYTHON.len() - 1).unwrap();
    for (body, encoding) in [
        (cut, Encoding::Protobuf),
        (&b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"[..], Encoding::Protobuf),
        (b"{\"resourceLogs\":{}}", Encoding::Json),
        (b"", Encoding::Json),
        (br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[5]}]}]}"#, Encoding::Json),
    ] {
        let error = items(body, encoding).unwrap_err();
        assert!(!error.is_too_large && error.to_string().starts_with("OTLP request: "), "{error}");
    }
    let many = vec![json!({ "eventName": "app.crash" }); 10_001];
    let body = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": many }] }] }).to_string();
    assert!(items(body.as_bytes(), Encoding::Json).unwrap_err().is_too_large);
}
