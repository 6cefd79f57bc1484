//! `sightglass intel`: loading, replacing, bundles and everything that is wrong with them, and what reaches the posture.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KEV: &str = r#"{"catalogVersion":"1","dateReleased":"2025-01-02T00:00:00Z","vulnerabilities":[
    {"cveID":"CVE-2021-33001","dateAdded":"2024-05-01","knownRansomwareCampaignUse":"Known"},{"cveID":"broken","dateAdded":""}]}"#;
const EPSS: &str = "#model_version:v1,score_date:2025-01-03T00:00:00+0000\ncve,epss,percentile\nCVE-2021-33001,0.5,0.9\nCVE-2024-9999,0.1,0.2\n";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, text) in [("kev.json", KEV), ("epss.csv", EPSS)] {
            std::fs::write(desk.path(name), text).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn intel(&self, words: &[&str]) -> Output {
        let run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
            .arg("intel")
            .args(words)
            .env("SIGHTGLASS_DATA", self.path("data"))
            .current_dir(self.0.path())
            .output();
        run.unwrap()
    }

    fn fails(&self, words: &[&str], says: &str) {
        let run = self.intel(words);
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.code() == Some(4) && said.contains(says), "{words:?}: {said}");
    }

    fn feeds(&self) -> Vec<(String, u64, u64)> {
        let run = self.intel(&["list", "--format", "json"]);
        let list: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
        let number = |feed: &Value, key: &str| feed[key].as_u64().unwrap();
        list.iter()
            .map(|f| (f["name"].as_str().unwrap().to_owned(), number(f, "records"), number(f, "refused")))
            .collect()
    }
}

#[test]
fn feeds_are_loaded_listed_replaced_and_removed() {
    let desk = Desk::new();
    assert!(desk.feeds().is_empty());
    let run = desk.intel(&["import", "kev.json", "epss.csv"]);
    assert_eq!(run.status.code(), Some(1), "an entry was refused, and said: {run:?}");
    assert!(String::from_utf8_lossy(&run.stderr).contains("broken"));
    assert_eq!(desk.feeds(), [("epss".to_owned(), 2, 0), ("kev".to_owned(), 1, 1)]);
    std::fs::write(desk.path("cut.json"), &KEV[..KEV.len() - 30]).unwrap();
    desk.fails(&["import", "cut.json"], "no vulnerability intelligence");
    desk.fails(&["import", "none.json"], "none.json");
    std::fs::write(desk.path("epss.csv"), "cve,epss,percentile\nCVE-2021-33001,0.7,0.9\n").unwrap();
    assert_eq!(desk.intel(&["import", "epss.csv"]).status.code(), Some(0));
    assert_eq!(
        desk.feeds(),
        [("epss".to_owned(), 1, 0), ("kev".to_owned(), 1, 1)],
        "what failed changed nothing"
    );
    assert_eq!(desk.intel(&["remove", "kev"]).status.code(), Some(0));
    desk.fails(&["remove", "kev"], "no feed kev");
    assert_eq!(desk.feeds().len(), 1);
}

fn bundle(desk: &Desk, out: &str, date: &str) {
    let run = desk.intel(&["bundle", "--key", "a.key", "--out", out, "--date", date, "kev.json", "epss.csv"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
}

#[test]
fn bundles_are_taken_from_trusted_keys_newer_ones_only() {
    let desk = Desk::new();
    assert_eq!(desk.intel(&["key", "new", "a.key"]).status.code(), Some(0));
    desk.fails(&["key", "new", "a.key"], "cannot write a.key");
    assert_eq!(desk.intel(&["key", "new", "b.key"]).status.code(), Some(0));
    bundle(&desk, "old", "2026-01-01T00:00:00Z");
    bundle(&desk, "new", "2026-02-01T00:00:00Z");
    desk.fails(&["import", "old"], "--trust");
    desk.fails(&["import", "old", "--trust", "b.key.pub"], "not among the trusted ones");
    assert!(desk.feeds().is_empty());
    let run = desk.intel(&["import", "new", "--trust", "b.key.pub", "--trust", "a.key.pub"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert!(String::from_utf8_lossy(&run.stdout).contains("signed by"), "{run:?}");
    desk.fails(&["import", "old", "--trust", "a.key.pub"], "older");
    assert_eq!(
        desk.intel(&["import", "old", "--trust", "a.key.pub", "--allow-older"]).status.code(),
        Some(1)
    );
    bundle(&desk, "future", "2200-01-01T00:00:00Z");
    let run = desk.intel(&["import", "future", "--trust", "a.key.pub"]);
    assert!(String::from_utf8_lossy(&run.stderr).contains("2200-01-01"), "{run:?}");
    assert_eq!(run.status.code(), Some(1), "it is taken all the same");
    let whole = std::fs::read(desk.path("new")).unwrap();
    std::fs::write(desk.path("cut"), &whole[..whole.len() - 40]).unwrap();
    desk.fails(&["import", "cut", "--trust", "a.key.pub"], "incomplete");
    assert_eq!(desk.feeds().len(), 2);
    let left = std::fs::read_dir(desk.0.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("bundle"));
    assert_eq!(left.count(), 0, "nothing unpacked is left behind");
}

#[test]
fn what_feeds_say_reaches_the_document() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let desk = Desk::new();
    let plain = Command::new(env!("CARGO_BIN_EXE_sightglass"))
        .args(["analyze", "-q", "--format", "json", "--intel"])
        .arg(root.join("content/sample-advisories"))
        .arg(root.join("corpus/sites/sample-plant.pcapng.zst"))
        .output()
        .unwrap();
    let before: Value = serde_json::from_slice(&plain.stdout).unwrap();
    let row =
        before["advisories"].as_array().unwrap().iter().find(|a| !a["cvss"].as_array().unwrap().is_empty());
    let row = row.unwrap_or_else(|| panic!("an advisory of the sample states a vector"));
    assert!(row["kev"].is_null() && row["cvss"][0]["source"].as_str().unwrap().starts_with("csaf:"));
    let cve = row["cve"].as_str().unwrap();
    std::fs::write(desk.path("kev.json"), KEV.replace("CVE-2021-33001", cve)).unwrap();
    std::fs::write(desk.path("epss.csv"), EPSS.replace("CVE-2021-33001", cve)).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
        .args(["analyze", "-q", "--format", "json", "--intel"])
        .arg(root.join("content/sample-advisories"))
        .arg("--intel")
        .arg(desk.path("kev.json"))
        .arg("--intel")
        .arg(desk.path("epss.csv"))
        .arg(root.join("corpus/sites/sample-plant.pcapng.zst"))
        .output()
        .unwrap();
    let after: Value = serde_json::from_slice(&run.stdout).unwrap();
    let rows = after["advisories"].as_array().unwrap();
    let row = rows.iter().find(|a| a["cve"] == cve).unwrap();
    assert_eq!(
        (row["kev"]["added"].as_str(), row["kev"]["ransomware"].as_bool()),
        (Some("2024-05-01"), Some(true))
    );
    assert_eq!(
        (row["epss"]["score"].as_f64(), row["epss"]["date"].as_str()),
        (Some(0.5), Some("2025-01-03"))
    );
}
