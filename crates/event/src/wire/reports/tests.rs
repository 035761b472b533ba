//! Batches as an SDK would send them, and what is refused.

use prost::Message;
use serde_json::Value;

use super::{proto::*, *};
use crate::normalize::{self, Arrival};

const NOW: i64 = 1_795_492_921_500;

fn context() -> Context {
    Context {
        app: Some(App {
            id: "com.example.shop".to_owned(),
            name: "Shop".to_owned(),
            version: "3.2.1".to_owned(),
            build: "3210".to_owned(),
            started_ms: NOW - 60_000,
        }),
        environment: "production".to_owned(),
        os: Some(Os { name: "Android".to_owned(), version: "15".to_owned(), ..Os::default() }),
        device: Some(Device {
            model: "Pixel 9".to_owned(),
            memory_bytes: 8 << 30,
            locale: "en_GB".to_owned(),
            ..Device::default()
        }),
        user: Some(User { id: "u7".to_owned(), ..User::default() }),
        sdk: Some(Sdk { name: "acme.android".to_owned(), version: "1.4.0".to_owned() }),
        tags: [("channel".to_owned(), "beta".to_owned())].into(),
        images: vec![
            Image {
                kind: image::Kind::Elf.into(),
                id: (0_u8..20).collect::<Vec<u8>>().into(),
                path: "/data/app/x/lib/arm64/libshop.so".to_owned(),
                address: 0x7000_0000,
                size: 0x10_000,
                ..Image::default()
            },
            Image {
                kind: image::Kind::Elf.into(),
                path: "/system/lib64/libc.so".to_owned(),
                address: 0x8000_0000,
                size: 0x10_000,
                ..Image::default()
            },
            Image { kind: image::Kind::Proguard.into(), id: vec![7; 16].into(), ..Image::default() },
        ],
        platform: Platform::Java.into(),
        ..Context::default()
    }
}

fn frame(module: &str, function: &str, line: u32) -> Frame {
    Frame { module: module.to_owned(), function: function.to_owned(), line, ..Frame::default() }
}

fn exception(ty: &str, value: &str, frames: Vec<Frame>) -> Exception {
    Exception { r#type: ty.to_owned(), value: value.to_owned(), frames, ..Exception::default() }
}

fn report(id: u8, what: report::What) -> Report {
    Report { id: vec![id; 16].into(), timestamp_ms: NOW, what: Some(what), details: None }
}

fn crash() -> Report {
    let cause = exception("KeyException", "no key for prod", vec![frame("com.example.Keys", "get", 7)]);
    let outermost =
        exception("IllegalStateException", "cannot pay", vec![frame("com.example.Cart", "pay", 31)]);
    let native = Frame { image: 1, offset: 0x1234, platform: Platform::Native.into(), ..Frame::default() };
    let by_address = Frame { address: 0x7000_0010, platform: Platform::Native.into(), ..Frame::default() };
    let details = Details {
        threads: vec![Thread {
            id: 12,
            name: "main".to_owned(),
            crashed: true,
            main: true,
            frames: vec![native, by_address],
            registers: vec![Register { name: "pc".to_owned(), value: 0x7000_1234 }],
            ..Thread::default()
        }],
        breadcrumbs: vec![Breadcrumb {
            timestamp_ms: NOW - 1000,
            category: "ui.click".to_owned(),
            message: "pay".to_owned(),
            data: [("id".to_owned(), "b1".to_owned())].into(),
            ..Breadcrumb::default()
        }],
        tags: [("channel".to_owned(), "stable".to_owned())].into(),
        transaction: "CheckoutActivity".to_owned(),
        extra_json: r#"{"cart":{"items":3}}"#.to_owned(),
        contexts_json: r#"{"cart":{"total":7},"app":{"view":"pay"}}"#.to_owned(),
        in_foreground: Some(true),
        free_memory_bytes: Some(1 << 20),
        ..Details::default()
    };
    let exceptions = vec![outermost, cause];
    Report {
        details: Some(details),
        ..report(1, report::What::Crash(Crash { exceptions, ..Crash::default() }))
    }
}

fn batch(reports: Vec<Report>) -> ReportBatch {
    ReportBatch { context: Some(context()), reports, sent_at_ms: NOW + 5000 }
}

fn read(batch: &ReportBatch) -> Result<Batch, WireError> {
    Batch::read(&batch.encode_to_vec().into())
}

fn payload(item: &Item) -> Value {
    serde_json::from_slice(&item.payload).unwrap()
}

fn problem(batch: &ReportBatch) -> String {
    read(batch).unwrap_err().to_string()
}

#[test]
fn a_crash_is_an_event_with_all_that_the_batch_shares() {
    let read = read(&batch(vec![crash()])).unwrap();
    assert_eq!(read.sent_at, Some(Timestamp(NOW + 5000)));
    assert_eq!(read.event_id(), Some(EventId(Uuid::from_bytes([1; 16]))));
    let arrival = Arrival {
        event_id: read.event_id().unwrap(),
        received: Timestamp(NOW + 5000),
        sent_at: read.sent_at,
        remote_addr: None,
        client: None,
    };
    let event = normalize::event_from_json(&read.items[0].payload, &arrival).unwrap();
    assert_eq!(event.notes, []);
    assert!(event.is_crash());
    assert_eq!(event.main_stacktrace().unwrap().frames[0].function.as_deref(), Some("pay"));
    insta::assert_json_snapshot!(event);
}

#[test]
fn each_kind_of_report_is_an_item() {
    let error = HandledError { message: "retry failed".to_owned(), ..HandledError::default() };
    let session = Session {
        started_ms: NOW - 9000,
        sequence: 2,
        status: proto::session::Status::Abnormal.into(),
        duration_ms: Some(9000),
        errors: 1,
        abnormal_mechanism: "anr_foreground".to_owned(),
        ..Session::default()
    };
    let file = Attachment {
        event_id: vec![1; 16].into(),
        name: "log.txt".to_owned(),
        content: b"hello".to_vec().into(),
        ..Attachment::default()
    };
    let anr = Anr { reason: "Input dispatching timed out".to_owned(), duration_ms: 5000 };
    let main = Thread { id: 1, main: true, frames: vec![frame("a.B", "c", 1)], ..Thread::default() };
    let anr = Report {
        details: Some(Details { threads: vec![main], ..Details::default() }),
        ..report(2, report::What::Anr(anr))
    };
    let attachment = Report { what: Some(report::What::Attachment(file)), ..Report::default() };
    let read = read(&batch(vec![
        anr,
        report(3, report::What::Error(error)),
        report(4, report::What::Session(session)),
        attachment,
    ]))
    .unwrap();
    let types: Vec<&str> = read.items.iter().map(|item| item.ty.as_str()).collect();
    assert_eq!(types, ["event", "event", "session", "attachment"]);
    assert_eq!(read.ids[3], None);
    let anr = payload(&read.items[0]);
    assert_eq!(anr["exception"]["values"][0]["type"], "ApplicationNotResponding");
    assert_eq!(anr["exception"]["values"][0]["thread_id"], 1);
    assert_eq!(anr["level"], "fatal");
    let error = payload(&read.items[1]);
    assert_eq!((&error["logentry"]["formatted"], &error["level"]), (&"retry failed".into(), &"error".into()));
    insta::assert_snapshot!(payload(&read.items[2]), @r#"{"abnormal_mechanism":"anr_foreground","attrs":{"environment":"production","release":"com.example.shop@3.2.1+3210"},"did":"u7","duration":9.0,"errors":1,"init":false,"seq":2,"sid":"04040404-0404-0404-0404-040404040404","started":"2026-11-24T04:01:52.500Z","status":"abnormal","timestamp":"2026-11-24T04:02:01.500Z"}"#);
    let file = &read.items[3];
    assert_eq!(file.header_text("event_id"), Some("01010101010101010101010101010101"));
    assert_eq!((file.header_text("filename"), &*file.payload), (Some("log.txt"), &b"hello"[..]));
}

#[test]
fn what_a_signal_says_stands_where_no_exception_is() {
    let died = |crash: Crash| {
        let read = read(&batch(vec![report(1, report::What::Crash(crash))])).unwrap();
        let exception = &payload(&read.items[0])["exception"]["values"][0];
        let text = |name: &str| exception[name].as_str().unwrap_or_default().to_owned();
        format!("{}: {} by {}", text("type"), text("value"), exception["mechanism"]["type"])
    };
    let signal = |address| Signal {
        name: "SIGSEGV".to_owned(),
        number: 11,
        code_name: "SEGV_MAPERR".to_owned(),
        address,
        ..Signal::default()
    };
    let crash = Crash { signal: Some(signal(Some(0))), ..Crash::default() };
    assert_eq!(died(crash), "SIGSEGV: SEGV_MAPERR at 0x0 by \"signal\"");
    let mach = MachException { name: "EXC_BREAKPOINT".to_owned(), ..MachException::default() };
    let crash = Crash {
        signal: Some(signal(None)),
        mach_exception: Some(mach),
        reason: "Fatal error: index out of range".to_owned(),
        ..Crash::default()
    };
    assert_eq!(died(crash), "EXC_BREAKPOINT: Fatal error: index out of range by \"mach\"");
}

#[test]
fn one_bad_report_refuses_the_batch_and_is_named() {
    let crash_with = |frame: Frame| {
        let exceptions = vec![exception("E", "", vec![Frame::default(), frame])];
        report(1, report::What::Crash(Crash { exceptions, ..Crash::default() }))
    };
    let bad_image = batch(vec![crash(), crash_with(Frame { image: 9, ..Frame::default() })]);
    assert_eq!(
        problem(&bad_image),
        "report batch: reports[1].crash.exceptions[0].frames[1].image: 9, and the context has 3 images"
    );
    let short_id = batch(vec![Report { id: vec![1; 5].into(), ..crash() }]);
    assert_eq!(problem(&short_id), "report batch: reports[0].id: 5 bytes, and 16 are wanted");
    let no_json = Details { extra_json: "[1]".to_owned(), ..Details::default() };
    let no_json = problem(&batch(vec![Report { details: Some(no_json), ..crash() }]));
    assert!(
        no_json.starts_with("report batch: reports[0].details.extra_json: not a JSON object"),
        "{no_json}"
    );
    assert_eq!(problem(&batch(Vec::new())), "report batch: no reports in it");
    let silent = problem(&batch(vec![report(1, report::What::Crash(Crash::default()))]));
    assert!(silent.starts_with("report batch: reports[0].crash: it says nothing"), "{silent}");
    let session = report(1, report::What::Session(Session::default()));
    let nameless = ReportBatch { context: None, ..batch(vec![session]) };
    assert!(problem(&nameless).contains("reports[0].session: a session counts for a release"));
    let truncated = batch(vec![crash()]).encode_to_vec();
    let truncated = Batch::read(&truncated[..truncated.len() - 20].to_vec().into()).unwrap_err();
    assert!(!truncated.is_too_large);
}

#[test]
fn what_is_past_a_limit_is_too_large() {
    let many = batch(vec![crash(); REPORTS + 1]);
    assert!(read(&many).unwrap_err().is_too_large);
    let long = Report {
        details: Some(Details { transaction: "x".repeat(limits::EVENT_BYTES), ..Details::default() }),
        ..crash()
    };
    let error = read(&batch(vec![long])).unwrap_err();
    assert!(error.is_too_large && error.problem.starts_with("reports[0]: "), "{error}");
    let exceptions = vec![exception("E", "", vec![Frame::default(); MESSAGES])];
    let wide = report(1, report::What::Crash(Crash { exceptions, ..Crash::default() }));
    let error = read(&batch(vec![wide])).unwrap_err();
    assert!(error.is_too_large && error.problem.contains("messages in it"), "{error}");
    let images = vec![Image { kind: image::Kind::Elf.into(), ..Image::default() }; MESSAGES + 1];
    let heavy = ReportBatch { context: Some(Context { images, ..context() }), ..batch(vec![crash()]) };
    assert!(read(&heavy).unwrap_err().problem.starts_with("context: "));
}

#[test]
fn what_a_context_repeats_in_each_event_is_bounded() {
    let tags = (0..200).map(|number| (number.to_string(), "x".repeat(4000))).collect();
    let shared = Context { tags, ..context() };
    let heavy = ReportBatch { context: Some(shared), ..batch(vec![crash(); 50]) };
    let error = read(&heavy).unwrap_err();
    assert!(error.is_too_large && error.problem.contains("send fewer at once"), "{error}");
}

#[test]
fn an_event_that_is_too_large_loses_the_frames_of_other_threads_first() {
    let long = |id, main| Thread {
        id,
        main,
        frames: vec![frame("com.example.a.module.with.a.name", &"f".repeat(200), 3); 250],
        ..Thread::default()
    };
    let threads = (0..40).map(|id| long(id, id == 3)).collect();
    let anr = Report {
        details: Some(Details { threads, ..Details::default() }),
        ..report(1, report::What::Anr(Anr::default()))
    };
    // As sent it is over the limit; so is the JSON of one whose images say the same shorter.
    assert!(read(&batch(vec![anr])).unwrap_err().is_too_large);
    let short = |id, main| Thread {
        id,
        main,
        frames: vec![Frame { image: 1, offset: 0x1000, ..Frame::default() }; 250],
        ..Thread::default()
    };
    let threads = (0..60).map(|id| short(id, id == 3)).collect();
    let anr = Report {
        details: Some(Details { threads, ..Details::default() }),
        ..report(1, report::What::Anr(Anr::default()))
    };
    let event = payload(&read(&batch(vec![anr])).unwrap().items[0]);
    let with_frames = |thread: &&Value| thread.get("stacktrace").is_some();
    let threads = event["threads"]["values"].as_array().unwrap();
    let kept: Vec<&Value> = threads.iter().filter(with_frames).map(|thread| &thread["id"]).collect();
    assert_eq!((threads.len(), kept), (60, vec![&Value::from(3)]));
    assert!(event["extra"]["left out"].as_str().unwrap().starts_with("the frames of 59 threads"));
}

#[test]
fn stacks_of_any_depth_are_kept_from_both_ends() {
    let frames = (0..20_000).map(|line| frame("a.B", "c", line + 1)).collect();
    let deep = report(
        1,
        report::What::Crash(Crash { exceptions: vec![exception("E", "", frames)], ..Crash::default() }),
    );
    let event = payload(&read(&batch(vec![deep])).unwrap().items[0]);
    let frames = event["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 1000);
    assert_eq!((&frames[0]["lineno"], &frames[999]["lineno"]), (&20_000.into(), &1.into()));
}

#[test]
fn every_message_in_a_report_is_counted() {
    // Exceptions 2, their frames 2; threads 1, their frames 2 and registers 1; breadcrumbs 1 with data 1; tags 1; crash and
    // details 2.
    assert_eq!(shapes::REPORT.count(&crash().encode_to_vec()), Ok(13));
    assert_eq!(shapes::CONTEXT.count(&context().encode_to_vec()), Ok(4));
}
