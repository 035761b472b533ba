#![no_main]

// What reads a cache catches the panics of its library: only what nobody catches is a finding.
libfuzzer_sys::fuzz_target!(init: drop(std::panic::take_hook()), |bytes: &[u8]| mayday_symbolication_fuzz::cached(bytes));
