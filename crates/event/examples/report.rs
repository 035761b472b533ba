//! A small client of mayday's own protocol: `cargo run -p mayday-event --example report -- http://127.0.0.1:8000 KEY`.
//!
//! It reports what an SDK would: a crash of the app's run before, with its session and a log file, and an error of this
//! run. `proto/mayday/v1/report.proto` says what each field means; an SDK generates its messages from that file, as this
//! program's were. Prints the answer, as JSON.

use std::{
    env, io,
    io::{Read, Write},
    net::TcpStream,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use flate2::{Compression, write::GzEncoder};
use mayday_event::wire::reports::proto::{
    App, Attachment, Breadcrumb, Context, Crash, Details, Device, Exception, Frame, HandledError, Level, Os,
    Platform, Report, ReportBatch, Sdk, Session, Signal, Thread, User, attachment, report::What,
    session::Status,
};
use uuid::Uuid;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(url), Some(key)) = (arguments.next(), arguments.next()) else {
        return failed("usage: report http://HOST:PORT KEY");
    };
    let Some(host) = url.strip_prefix("http://") else { return failed("this example knows http:// only") };
    match send(host, &key, &batch(now_ms())) {
        Ok((200, answer)) => {
            let said = writeln!(io::stdout(), "{answer}");
            if said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        // What to do with the batch then, the .proto file says.
        Ok((status, answer)) => failed(&format!("{status}: {answer}")),
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}

/// What all reports share is said once.
fn batch(now: i64) -> ReportBatch {
    let context = Context {
        app: Some(App {
            id: "com.example.shop".into(),
            version: "3.1.0".into(),
            build: "310".into(),
            ..App::default()
        }),
        environment: "production".into(),
        os: Some(Os { name: "Android".into(), version: "16".into(), ..Os::default() }),
        device: Some(Device { model: "Pixel 9".into(), manufacturer: "Google".into(), ..Device::default() }),
        user: Some(User { id: "user-7".into(), ..User::default() }),
        sdk: Some(Sdk { name: "example.rust".into(), version: "1.0.0".into() }),
        tags: [("flavour".to_owned(), "salty".to_owned())].into(),
        platform: Platform::Java.into(),
        ..Context::default()
    };
    let crashed = report(now - 60_000, crash(), Some(around_the_crash(now)));
    let log = file(&crashed);
    let session = report(now - 60_000, session(now), None);
    let error = report(now, error(), None);
    ReportBatch { context: Some(context), reports: vec![crashed, session, error, log], sent_at_ms: now }
}

/// With an id that is made when it happens, so that it counts once however often it is sent.
fn report(timestamp_ms: i64, what: What, details: Option<Details>) -> Report {
    let id = Uuid::new_v4().as_bytes().to_vec().into();
    Report { id, timestamp_ms, what: Some(what), details }
}

fn crash() -> What {
    let frame = |function: &str, line: u32| Frame {
        module: "com.example.shop.Checkout".into(),
        function: function.into(),
        file: "Checkout.kt".into(),
        line,
        in_app: Some(true),
        ..Frame::default()
    };
    let exception = Exception {
        module: "java.lang".into(),
        r#type: "IllegalStateException".into(),
        value: "the cart is empty".into(),
        // The innermost call first.
        frames: vec![frame("charge", 57), frame("pay", 41)],
        ..Exception::default()
    };
    What::Crash(Crash {
        exceptions: vec![exception],
        signal: Some(Signal { name: "SIGABRT".into(), number: 6, ..Signal::default() }),
        mechanism: "UncaughtExceptionHandler".into(),
        ..Crash::default()
    })
}

fn around_the_crash(now: i64) -> Details {
    let breadcrumb = Breadcrumb {
        timestamp_ms: now - 61_000,
        category: "cart".into(),
        message: "two items in the cart".into(),
        ..Breadcrumb::default()
    };
    let main = Thread { id: 1, name: "main".into(), crashed: true, main: true, ..Thread::default() };
    Details {
        threads: vec![main],
        breadcrumbs: vec![breadcrumb],
        transaction: "CheckoutActivity".into(),
        extra_json: r#"{"cart": 17}"#.into(),
        ..Details::default()
    }
}

/// How the run of the app that crashed ended; a live session sends one with `init` as it begins, too.
fn session(now: i64) -> What {
    What::Session(Session {
        started_ms: now - 120_000,
        sequence: 2,
        init: true,
        status: Status::Crashed.into(),
        duration_ms: Some(60_000),
        errors: 1,
        ..Session::default()
    })
}

fn error() -> What {
    What::Error(HandledError {
        message: "the shop's answer has no prices".into(),
        level: Level::Warning.into(),
        ..HandledError::default()
    })
}

/// Belongs to the crash.
fn file(crashed: &Report) -> Report {
    let what = What::Attachment(Attachment {
        event_id: crashed.id.clone(),
        name: "log.txt".into(),
        kind: attachment::Kind::File.into(),
        content: b"the last words\n".to_vec().into(),
        ..Attachment::default()
    });
    Report { what: Some(what), ..Report::default() }
}

/// Status and body of the answer. A real client uses its platform's HTTP and TLS.
fn send(host: &str, key: &str, batch: &ReportBatch) -> io::Result<(u16, String)> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&batch.to_bytes())?;
    let body = gzip.finish()?;
    let mut connection = TcpStream::connect(host)?;
    write!(
        connection,
        "POST /v1/reports HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-protobuf\r\n\
         Content-Encoding: gzip\r\nX-Mayday-Key: {key}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    connection.write_all(&body)?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.unwrap_or_default(), body.to_owned()))
}

#[allow(clippy::disallowed_methods, reason = "a program of its own, not the server")]
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or_default()
}
