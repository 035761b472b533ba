//! Crash reports of operating systems at the door.

use actix_web::http::StatusCode;
use mayday_event::{Category, Outcome, entry::Entry};

use crate::{Server, bugsnag::entries, gzip};

const REPORT: &str = "Process:  Shop [412]
Identifier:  com.example.shop
Version:  4.2 (420)
OS Version:  iPhone OS 19.1 (23B5044)
Exception Type:  EXC_BAD_ACCESS (SIGSEGV)
Exception Subtype: KERN_INVALID_ADDRESS at 0x0000000000000008

Thread 0 name:  Dispatch queue: com.apple.main-thread
Thread 0 Crashed:
0   Shop   \t0x00000001048b4c1c -[Cart total] + 116
";

#[actix_web::test]
async fn a_report_becomes_an_event_with_the_report_as_its_file() {
    let server = Server::new().await;
    let auth = server.auth();
    let headers = [("X-Sentry-Auth", auth.as_str()), ("Content-Encoding", "gzip")];
    let answer =
        server.send("crash/?format=apple&environment=beta&user=u7", &headers, gzip(REPORT.as_bytes())).await;
    assert_eq!(answer.status, StatusCode::OK);
    let entries = entries(&server).await;
    let [Entry::Event(event), Entry::Attachment(file)] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(answer.body["id"], event.event_id.to_string());
    let exception = &event.exception[0];
    assert_eq!(exception.ty.as_deref(), Some("EXC_BAD_ACCESS"));
    assert_eq!(exception.value.as_deref(), Some("KERN_INVALID_ADDRESS at 0x0000000000000008"));
    assert_eq!(event.main_stacktrace().unwrap().frames[0].function.as_deref(), Some("-[Cart total]"));
    assert!(event.is_crash());
    assert_eq!(event.release.as_deref(), Some("com.example.shop@4.2+420"));
    assert_eq!(event.environment.as_deref(), Some("beta"));
    assert_eq!(event.user_key().as_deref(), Some("id:u7"));
    assert_eq!((&file.content[..], file.event_id), (REPORT.as_bytes(), event.event_id));
    assert_eq!(
        (file.name.as_str(), file.attachment_type.as_str()),
        ("report.crash", "event.applecrashreport")
    );
    // Sent again, it is the same event; its release may be called otherwise.
    let again = server.send("crash?format=apple&release=shop%40beta", &headers[..1], REPORT).await;
    assert_eq!(again.body["id"], answer.body["id"]);
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn each_diagnostic_of_a_metrickit_payload_is_an_event() {
    const PAYLOAD: &str = r#"{"hangDiagnostics":[{"diagnosticMetaData":{"hangDuration":"20 sec"}}],
        "crashDiagnostics":[{"diagnosticMetaData":{"exceptionType":1,"signal":11}}]}"#;
    let server = Server::new().await;
    let auth = server.auth();
    let answer = server.send("crash/?format=metrickit", &[("X-Sentry-Auth", auth.as_str())], PAYLOAD).await;
    assert_eq!(answer.status, StatusCode::OK);
    let entries = entries(&server).await;
    let [Entry::Event(crash), Entry::Event(hang), Entry::Attachment(file)] = entries.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!(answer.body["id"], crash.event_id.to_string());
    assert_eq!(file.event_id, crash.event_id);
    assert_ne!(hang.event_id, crash.event_id);
    let types = [crash, hang].map(|event| event.exception[0].ty.clone().unwrap());
    assert_eq!(types, ["EXC_BAD_ACCESS", "MXHangDiagnostic"]);
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn what_is_no_such_report_is_refused_with_what_was_expected() {
    let server = Server::new().await;
    let auth = server.auth();
    let headers = [("X-Sentry-Auth", auth.as_str())];
    for (path, body, detail) in [
        ("crash/?format=anr", REPORT, "not an Android ANR trace: it has neither"),
        ("crash/?format=wer", REPORT, "format \"wer\" is not known: one of ips, apple"),
        ("crash/", REPORT, "format \"\" is not known"),
        ("crash/?format=ips", "", "body is empty"),
    ] {
        let answer = server.send(path, &headers, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body["detail"].as_str().unwrap().starts_with(detail), "{:?}", answer.body);
    }
    let unknown = server.send("crash/?format=apple", &[], REPORT).await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert!(server.journalled().await.is_empty());
    let reasons = server.reasons().await;
    for reason in ["crash_format", "unknown_format", "body_empty"] {
        assert!(
            reasons
                .iter()
                .any(|(_, outcome, found)| (*outcome, found.as_str()) == (Outcome::Invalid, reason))
        );
    }
    assert!(reasons.iter().any(|(category, ..)| *category == Category::Error));
}
