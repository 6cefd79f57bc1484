//! What fuzzing found once stays found: every file of `fuzz/regressions/TARGET/` goes through the driver of its target again.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../../../fuzz/src/drivers.rs"]
mod drivers;

use std::path::Path;

#[test]
fn what_was_found_stays_mended() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/regressions");
    let mut replayed = 0;
    for target in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir()) {
        let name = target.file_name().unwrap().to_string_lossy().into_owned();
        let Some(driver) = drivers::driver(&name) else { panic!("no target is named {name}") };
        for file in std::fs::read_dir(&target).unwrap() {
            driver(&std::fs::read(file.unwrap().path()).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed > 0, "the regression corpus is empty");
}

#[test]
fn every_target_has_a_driver_and_a_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(drivers::driver(&name).is_some(), "{name}");
    }
}
