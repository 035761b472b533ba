#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mayday_grouping_fuzz::event(bytes));
