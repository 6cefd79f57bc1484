//! House rules that a machine can hold: the floors of the crates, and the licences of everything built in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn metadata() -> Value {
    let run = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output();
    serde_json::from_slice(&run.unwrap().stdout).unwrap()
}

/// Floor by crate, as ARCHITECTURE.md tells it.
fn floors() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let floor = cells.next()?.parse().ok()?;
        Some((format!("sightglass-{}", cells.next()?.trim_matches('`')), floor))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn crates_depend_on_lower_floors_only() {
    let (metadata, floors) = (metadata(), floors());
    let ours: Vec<&Value> =
        metadata["packages"].as_array().unwrap().iter().filter(|p| p["source"].is_null()).collect();
    let mut faults = Vec::new();
    for package in &ours {
        let name = package["name"].as_str().unwrap();
        if !package["manifest_path"].as_str().unwrap().contains("/crates/") {
            continue;
        }
        let Some(floor) = floors.get(name) else {
            faults.push(format!("{name} has no floor in ARCHITECTURE.md"));
            continue;
        };
        let normal = |d: &&Value| d["kind"].is_null();
        for dependency in package["dependencies"].as_array().unwrap().iter().filter(normal) {
            if let Some(below) = floors.get(dependency["name"].as_str().unwrap())
                && below >= floor
            {
                faults.push(format!(
                    "{name} (floor {floor}) depends on {} (floor {below})",
                    dependency["name"]
                ));
            }
        }
    }
    assert!(faults.is_empty() && ours.len() >= floors.len(), "{faults:#?}");
}

/// Licences that deny.toml allows.
fn allowed() -> BTreeSet<String> {
    let deny = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = deny.split_once("allow = [").unwrap().1.split_once(']').unwrap().0;
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// An SPDX expression can be met with allowed licences alone. Old crates write a slash for OR.
fn is_allowed(licence: &str, allowed: &BTreeSet<String>) -> bool {
    let mode = spdx::ParseMode { allow_slash_as_or_operator: true, ..spdx::ParseMode::STRICT };
    spdx::Expression::parse_mode(licence, mode)
        .is_ok_and(|parsed| parsed.evaluate(|requirement| allowed.contains(&requirement.to_string())))
}

#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let allowed = allowed();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let fine = |p: &&Value| p["license"].as_str().is_some_and(|l| is_allowed(l, &allowed));
    let faults: Vec<String> = packages
        .iter()
        .filter(|p| !fine(p))
        .map(|p| format!("{} {}: {}", p["name"], p["version"], p["license"]))
        .collect();
    assert!(faults.is_empty() && packages.len() > 100, "{faults:#?}");
}

#[test]
fn a_licence_is_refused_when_any_needed_part_is() {
    let allowed = allowed();
    for licence in ["MIT OR GPL-3.0-only", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(is_allowed(licence, &allowed), "{licence}");
    }
    for licence in [
        "GPL-3.0-only",
        "GPL-3.0-only AND (MIT OR ISC)",
        "(MIT OR ISC) AND LGPL-2.1-only",
        "no licence at all",
    ] {
        assert!(!is_allowed(licence, &allowed), "{licence}");
    }
}

#[test]
fn files_stay_readable() {
    let run = Command::new("git")
        .args(["ls-files", "crates/*.rs", "bench/*.rs", "web/src/*.tsx", "web/src/pages/*.ts"])
        .current_dir(root())
        .output()
        .unwrap();
    let mut long = Vec::new();
    for name in String::from_utf8_lossy(&run.stdout).lines() {
        let lines = std::fs::read_to_string(root().join(name)).map(|t| t.lines().count()).unwrap_or(0);
        if lines > 700 {
            long.push(format!("{name}: {lines} lines"));
        }
    }
    assert!(long.is_empty(), "look for a seam: {long:#?}");
}
