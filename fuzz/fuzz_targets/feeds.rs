#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| sightglass_fuzz::drivers::feeds(data));
