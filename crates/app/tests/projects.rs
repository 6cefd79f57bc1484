//! Engineering files beside a capture: what they say joins the device that has the address, each fact with its line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The bridge that the sample plant has at this address, as its builder's tool exports it.
const PROJECT: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<RSLogix5000Content SchemaRevision="1.0" SoftwareRevision="35.00" TargetName="Packing" TargetType="Controller">
<Controller Use="Target" Name="Packing" ProcessorType="1756-L82ES" MajorRev="35" MinorRev="11" ProjectSN="16#0012_ab56">
<Modules>
<Module Name="Local" CatalogNumber="1756-L82ES" Vendor="1" ProductType="14" ProductCode="168" Major="35" Minor="11" ParentModule="Local" ParentModPortId="1">
<Ports><Port Id="1" Address="0" Type="ICP" Upstream="false"><Bus Size="17"/></Port></Ports>
</Module>
<Module Name="Bridge" CatalogNumber="1756-EN2T" Vendor="1" ProductType="12" ProductCode="166" Major="11" Minor="1" ParentModule="Local" ParentModPortId="1">
<Ports><Port Id="1" Address="3" Type="ICP" Upstream="true"/><Port Id="2" Address="192.168.10.13" Type="Ethernet" Upstream="false"><Bus/></Port></Ports>
</Module>
</Modules>
</Controller>
</RSLogix5000Content>
"#;

fn plant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sites/sample-plant.pcapng.zst")
}

fn analyze(paths: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sightglass"));
    command.args(["analyze", "--quiet", "--format", "json"]).args(paths).output().unwrap()
}

#[test]
fn a_project_says_what_is_in_the_rack() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("plant.L5X");
    std::fs::write(&project, PROJECT).unwrap();
    let output = analyze(&[&plant(), &project]);
    assert!(output.status.success(), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let assets = document["assets"].as_array().unwrap();
    let bridge = assets.iter().find(|a| a["ips"][0] == "192.168.10.13").unwrap();
    // The capture alone shows no module; the file knows the controller behind the bridge.
    let module = bridge["modules"].as_array().unwrap().iter().find(|m| m["slot"] == "0").unwrap();
    assert_eq!((&module["order_number"], &module["serial"]), (&"1756-L82ES".into(), &"0x0012ab56".into()));
    let fact = module["facts"].as_array().unwrap().iter().find(|f| f["attribute"] == "serial").unwrap();
    assert_eq!((&fact["protocol"], &fact["evidence"]["frame"]), (&"l5x".into(), &3.into()));
    assert!(fact["evidence"]["capture"].as_str().unwrap().ends_with("plant.L5X"));
    let file = document["captures"].as_array().unwrap().iter().find(|c| c["format"] != "pcapng").unwrap();
    assert_eq!((&file["format"], &file["packets"]), (&"Rockwell Logix Designer export".into(), &13.into()));
    // A device that the file has and that nobody heard is known to be missing.
    let missing = PROJECT.replace("192.168.10.13", "192.168.10.177");
    std::fs::write(&project, missing).unwrap();
    let output = analyze(&[&plant(), &project]);
    let gaps: Value = serde_json::from_slice(&output.stdout).unwrap();
    let silent = gaps["coverage"]["silent"].as_array().unwrap();
    let unheard = silent.iter().find(|s| s["who"] == "192.168.10.177").unwrap();
    assert!(unheard["why"].as_str().unwrap().contains("plant.L5X, line"), "{unheard}");
    std::fs::write(&project, PROJECT).unwrap();
    // A folder stands for what is in it.
    std::fs::copy(plant(), folder.path().join("plant.pcapng.zst")).unwrap();
    let output = analyze(&[folder.path()]);
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(again["assets"].as_array().unwrap().len(), assets.len());
}

#[test]
fn a_broken_file_is_named_with_its_line_and_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("plant.L5X");
    let (half, _) = PROJECT.split_at(PROJECT.len() - 60);
    for (text, says) in [
        (half.to_owned(), "plant.L5X:"),
        (
            PROJECT.replace(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>",
                "<!DOCTYPE x [<!ENTITY a \"b\">]>",
            ),
            "plant.L5X:",
        ),
        ("<Nobody/>".to_owned(), "not the root of a known format"),
    ] {
        std::fs::write(&project, text).unwrap();
        let output = analyze(&[&plant(), &project]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(says), "{told}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let bridge =
            document["assets"].as_array().unwrap().iter().find(|a| a["ips"][0] == "192.168.10.13").unwrap();
        assert!(bridge["modules"].as_array().unwrap().is_empty(), "nothing by halves");
    }
}

/// A capture tells its kind by the title of its format: every title there is must be told right.
#[test]
fn files_are_told_from_captures_and_logs() {
    use model::journal::Capture;
    let capture = |format: &str| Capture {
        id: model::CaptureId(0),
        name: String::new(),
        format: format.to_owned(),
        packets: 0,
        bytes: 0,
        first: None,
        last: None,
        problems: Vec::new(),
    };
    let projects = connect::engineering::formats().iter().map(|f| f.title);
    let configurations = [
        model::network::ConfigFormat::CiscoIos,
        model::network::ConfigFormat::Nftables,
        model::network::ConfigFormat::Iptables,
        model::network::ConfigFormat::FortiGate,
        model::network::ConfigFormat::PfSense,
        model::network::ConfigFormat::OpnSense,
        model::network::ConfigFormat::HirschmannHiOs,
    ];
    for title in projects.chain(configurations.iter().map(|f| f.as_str())).chain(["List of assets"]) {
        assert!(capture(title).is_file(), "{title}");
    }
    for title in
        ["pcap", "pcapng", "Zeek log (TSV)", "Zeek log (JSON)", "Suricata log (EVE)", "Malcolm export", ""]
    {
        assert!(!capture(title).is_file(), "{title}");
    }
}
