#![no_main]

// A conversion that panics and is caught refuses its file: only what nobody catches is a finding.
libfuzzer_sys::fuzz_target!(init: drop(std::panic::take_hook()), |bytes: &[u8]| mayday_symbolication_fuzz::portable_pdb(bytes));
