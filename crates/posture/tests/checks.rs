//! The built-in checks: they load, their examples hold, and their references exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sightglass_posture::checks::Checks;
use std::path::Path;

fn builtin() -> Checks {
    Checks::builtin().unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn every_example_holds() {
    let broken: Vec<_> = builtin().test().iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_file_is_in_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/checks");
    let files = std::fs::read_dir(folder).unwrap().filter(|f| f.as_ref().unwrap().path().extension().unwrap() == "yaml");
    assert_eq!(files.count(), builtin().iter().count(), "a new file is embedded when this crate is built again");
}
