//! Whole plants, recorded in the lab from real protocol stacks: every device comes out once, as what it is.
//!
//! The truth beside each capture is what the lab's hosts are set to be (`corpus/sites/NAME.expected.json`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn sites() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sites")
}

fn analysis(site: &str) -> Value {
    let capture = sites().join(format!("{site}.pcapng.zst"));
    let run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
        .args(["analyze", "--quiet", "--format", "json"])
        .arg(capture)
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

fn truth(site: &str) -> Value {
    serde_json::from_slice(&std::fs::read(sites().join(format!("{site}.expected.json"))).unwrap()).unwrap()
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect()
}

/// Versions and serials are written in several ways ("10.006" and 10.6, 0x00c2a7f1 and 00c2a7f1).
fn alike(a: &str, b: &str) -> bool {
    let bare = |s: &str| {
        let lower = s.trim().to_lowercase();
        let digits = lower.strip_prefix("0x").unwrap_or(&lower).to_owned();
        digits.split('.').map(|p| p.trim_start_matches('0').to_owned()).collect::<Vec<_>>()
    };
    bare(a) == bare(b) || b.to_lowercase().starts_with(&a.to_lowercase())
}

/// What is wrong with one device, one line each.
fn wrong(host: &Value, assets: &[Value]) -> Vec<String> {
    let (ips, macs) = (texts(&host["ips"]), texts(&host["macs"]));
    let mine = |a: &&Value| !texts(&a["ips"]).is_disjoint(&ips) || !texts(&a["macs"]).is_disjoint(&macs);
    let found: Vec<&Value> = assets.iter().filter(mine).collect();
    let [asset] = found.as_slice() else { return vec![format!("comes out {} times", found.len())] };
    let mut wrong = Vec::new();
    if texts(&asset["macs"]) != macs {
        wrong.push(format!("MACs {} instead of {}", asset["macs"], host["macs"]));
    }
    for (field, accepted) in [("role", "role_accept"), ("level", "level_accept")] {
        let right = host[accepted].as_array().is_some_and(|all| all.contains(&asset[field]))
            || asset[field] == host[field];
        if !right {
            wrong.push(format!("{field} {} instead of {}", asset[field], host[accepted]));
        }
    }
    for field in ["order_number", "firmware", "serial"] {
        if let (Some(want), Some(got)) = (host[field].as_str(), asset[field].as_str())
            && !alike(got, want)
        {
            wrong.push(format!("{field} {got} instead of {want}"));
        }
    }
    wrong
}

fn check(site: &str) {
    let (analysis, truth) = (analysis(site), truth(site));
    let assets = analysis["assets"].as_array().unwrap();
    let hosts = truth["hosts"].as_array().unwrap();
    let mut faults = Vec::new();
    for host in hosts {
        faults.extend(wrong(host, assets).into_iter().map(|w| format!("{}: {w}", host["name"])));
    }
    let known: BTreeSet<String> =
        hosts.iter().flat_map(|h| [texts(&h["ips"]), texts(&h["macs"])]).flatten().collect();
    for asset in assets {
        let own: BTreeSet<String> =
            [texts(&asset["ips"]), texts(&asset["macs"])].into_iter().flatten().collect();
        if own.is_disjoint(&known) {
            faults.push(format!("{} is no device of this plant", asset["name"]));
        }
    }
    assert!(faults.is_empty(), "{site}:\n{}", faults.join("\n"));
}

#[test]
fn the_sample_plant_comes_out_as_it_is() {
    check("sample-plant");
}

#[test]
fn a_plant_of_other_makers_with_vlan_tags_comes_out_as_it_is() {
    check("second-plant");
}

#[test]
fn the_sample_plant_shows_what_it_is_made_to_show() {
    let analysis = analysis("sample-plant");
    let checks: BTreeSet<&str> =
        analysis["findings"].as_array().unwrap().iter().filter_map(|f| f["check"].as_str()).collect();
    for check in [
        "remote-desktop-into-control",
        "password-in-clear",
        "program-download",
        "telnet-in-use",
        "snmp-default-community",
    ] {
        assert!(checks.contains(check), "{check} is not among {checks:?}");
    }
}

#[test]
fn every_finding_and_fact_has_a_witness() {
    let analysis = analysis("sample-plant");
    let packets = analysis["captures"][0]["packets"].as_u64().unwrap();
    let witnessed = |e: &Value| {
        e["frame"].as_u64().is_some_and(|n| n >= 1 && n <= packets)
            && !e["time"].as_str().unwrap_or_default().is_empty()
    };
    for finding in analysis["findings"].as_array().unwrap() {
        let evidence = finding["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty() && evidence.iter().all(witnessed), "{finding}");
    }
    for asset in analysis["assets"].as_array().unwrap() {
        for fact in asset["facts"].as_array().unwrap() {
            assert!(witnessed(&fact["evidence"]), "{fact}");
        }
    }
}

#[test]
fn input_that_is_no_capture_is_told_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.pcap");
    std::fs::write(&broken, b"this is no capture").unwrap();
    let whole = sites().join("second-plant.pcapng.zst");
    let run = |paths: &[&Path]| {
        let run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
            .args(["analyze", "-q", "--format", "json"])
            .args(paths)
            .output()
            .unwrap();
        (
            run.status.code(),
            String::from_utf8_lossy(&run.stderr).into_owned(),
            serde_json::from_slice::<Value>(&run.stdout).unwrap(),
        )
    };
    let (status, told, document) = run(&[&broken]);
    assert_eq!(status, Some(4), "{told}");
    assert!(told.contains("broken.pcap") && document["problems"].as_array().unwrap().len() == 1);
    let (status, _, document) = run(&[&broken, &whole]);
    assert_eq!(status, Some(1));
    assert!(document["assets"].as_array().unwrap().len() > 10);
}
