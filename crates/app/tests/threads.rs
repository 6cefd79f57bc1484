//! The posture is the same, byte for byte, for any number of threads: of the project's plants, and of shared captures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn posture(capture: &Path, threads: u8) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
        .args(["analyze", "--quiet", "--format", "json", "--threads", &threads.to_string()])
        .arg(capture)
        .output()
        .unwrap();
    String::from_utf8(run.stdout).unwrap()
}

/// The first line that differs tells more than two documents.
fn difference(one: &str, other: &str) -> String {
    let lines = one.split("},{").zip(other.split("},{")).find(|(a, b)| a != b);
    format!("{} and {} bytes; {lines:?}", one.len(), other.len())
}

fn compare(captures: &[PathBuf]) {
    let mut wrong = Vec::new();
    for capture in captures {
        let alone = posture(capture, 1);
        let together = posture(capture, 2);
        if alone != together {
            let name = capture.file_name().unwrap().display();
            wrong.push(format!("{name}: {}", difference(&alone, &together)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().map(|f| f.unwrap().path());
    let mut files: Vec<_> = all.filter(|p| p.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    files
}

#[test]
fn plants_come_out_alike() {
    let plants = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sites"), ".pcapng.zst");
    assert!(plants.len() > 1);
    assert!(posture(&plants[0], 2).len() > 100_000, "nothing was read");
    compare(&plants);
}

#[test]
fn shared_captures_come_out_alike() {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("SIGHTGLASS_SHARED").map_or_else(default, PathBuf::from);
    // A part of them: the debug build takes its time.
    let captures: Vec<_> = files(&shared.join("corpus/pcaps"), "").into_iter().step_by(7).collect();
    if captures.is_empty() {
        eprintln!("SKIPPED: no captures in {}; set SIGHTGLASS_SHARED", shared.display());
    }
    compare(&captures);
}
