//! What a hostile report may cost.

use std::fmt::Write;

use serde_json::Value;

use super::{CrashFormat, MESSAGES, REPORT_BYTES, glance};
use crate::limits;

#[test]
fn an_event_is_never_larger_than_one_may_be() {
    let long = "é\\\"".repeat(500);
    let mut text = format!("Exception Type: E\nIdentifier: {long}\nVersion: {long}\nProcess: {long}\n\n");
    for thread in 0..40 {
        let mark = if thread == 20 { " Crashed" } else { "" };
        writeln!(text, "Thread {thread}{mark}:").unwrap();
        for number in 0..30 {
            writeln!(text, "{number} {long} 0x1234 -[{long}] + 1").unwrap();
        }
        text.push('\n');
    }
    text.push_str("Binary Images:\n");
    let path = "x".repeat(900);
    for number in 0..1500 {
        writeln!(text, "0x{number}000 - 0x{number}fff a arm64 <2d903291397d3d14bfca52c7fb8c5e00> /{path}")
            .unwrap();
    }
    let event = glance(CrashFormat::Apple, text.as_bytes()).unwrap().event;
    let length = Value::from(event.clone()).to_string().len();
    assert!(length < limits::EVENT_BYTES, "{length}");
    assert!(event["debug_meta"]["images"].as_array().unwrap().len() > 300);
    assert!(event["threads"]["values"].as_array().unwrap().len() > 20);
}

#[test]
fn a_deep_stack_keeps_both_its_ends() {
    let mut text = "Exception Type: E\n\nThread 0 Crashed:\n".to_owned();
    for number in 0..20_000 {
        writeln!(text, "{number} Shop 0x{number:x} f{number} + 1").unwrap();
    }
    let event = glance(CrashFormat::Apple, text.as_bytes()).unwrap().event;
    let frames = event["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 2 * limits::FRAMES);
    assert_eq!(frames.first().unwrap()["function"], "f19999");
    assert_eq!(frames.last().unwrap()["function"], "f0");
}

#[test]
fn what_costs_much_to_look_at_is_refused() {
    let large = vec![b' '; REPORT_BYTES + 1];
    let error = glance(CrashFormat::Apple, &large).unwrap_err().to_string();
    assert!(error.contains("exceed"), "{error}");
    // Threads without anything in them.
    let empty = [0x82, 1, 0].repeat(MESSAGES + 1);
    let error = glance(CrashFormat::Tombstone, &empty).unwrap_err().to_string();
    assert!(error.contains("messages in it exceed"), "{error}");
}

#[test]
fn a_reason_that_is_no_text_leaves_a_crash() {
    let event = glance(CrashFormat::TombstoneText, b"signal 11 (\0\0), code 1 (\0)\n").unwrap().event;
    assert_eq!(event["exception"]["values"][0]["type"], "Crash");
}
