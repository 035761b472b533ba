#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mayday_symbolication_fuzz::portable_pdb(bytes));
