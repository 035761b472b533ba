#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mayday_event_fuzz::rollbar(bytes));
