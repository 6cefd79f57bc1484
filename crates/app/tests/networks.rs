//! Configurations of network devices beside a capture: what they let pass, and what was seen all the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The router of the sample plant, as it might be configured: the office may not reach the cell, operations may.
const ROUTER: &str = "\
version 15.2
hostname rtr-plant-01
!
enable secret 5 $1$abcd$NeverToBeShown
!
interface GigabitEthernet0/0
 ip address 10.10.0.1 255.255.255.0
 ip access-group OFFICE in
!
interface GigabitEthernet0/1
 ip address 10.30.0.1 255.255.255.0
!
interface GigabitEthernet0/2
 ip address 192.168.10.1 255.255.255.0
!
ip access-list extended OFFICE
 deny   ip any 192.168.10.0 0.0.0.255
 permit ip any any
!
end
";

fn plant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sites/sample-plant.pcapng.zst")
}

fn analyze(paths: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sightglass"));
    command.args(["analyze", "--quiet", "--format", "json"]).args(paths).output().unwrap()
}

#[test]
fn what_is_denied_and_was_seen_is_named_with_its_rule() {
    let folder = tempfile::tempdir().unwrap();
    let router = folder.path().join("router.cfg");
    std::fs::write(&router, ROUTER).unwrap();
    let output = analyze(&[&plant(), &router]);
    assert!(output.status.success(), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("NeverToBeShown"));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["networks"][0]["hostname"], "rtr-plant-01");
    let all = document["reachability"].as_array().unwrap();
    // The sample has an office host that reads a controller by Modbus.
    let bypass = all.iter().find(|c| c["verdict"] == "observed_though_denied" && c["port"] == 502).unwrap();
    assert_eq!((&bypass["client"], &bypass["list"]), (&"10.10.0.20".into(), &"OFFICE".into()));
    assert_eq!(bypass["evidence"]["frame"], 17);
    assert!(bypass["evidence"]["capture"].as_str().unwrap().ends_with("router.cfg"));
    let flow = document["flows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["client"] == "10.10.0.20" && f["server_port"] == 502)
        .unwrap();
    assert_eq!(flow["reach"]["outcome"], "denied");
    let wide = all.iter().find(|c| c["device"] == "rtr-plant-01" && c["verdict"] != "observed_though_denied");
    assert!(wide.is_some(), "the rule that lets everything out is too wide or unused");
}
