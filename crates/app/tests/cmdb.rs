//! `sightglass cmdb` on a plant of the project: lists are compared, filled in and compared again until nothing is left to do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn plant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sites/second-plant.pcapng.zst")
}

fn cmdb(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sightglass"));
    command.arg("cmdb").args(arguments).env("SIGHTGLASS_CMDB_TOKEN", "hunter2").output().unwrap()
}

fn on_plant(verb: &str, arguments: &[&str]) -> Output {
    let plant = plant();
    let mut all = vec![verb, "-q"];
    all.extend(arguments);
    all.push(plant.to_str().unwrap());
    cmdb(&all)
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(output)))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn count(document: &Value, name: &str) -> usize {
    document[name].as_array().unwrap().len()
}

#[test]
fn a_list_is_filled_in_until_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (first, second, third) = (file("first.csv"), file("second.csv"), file("third.xlsx"));
    // One device by its address, with a wrong firmware and a name of people's own; one that is not there.
    std::fs::write(&first, "Tag,IP address,Firmware\nDosing 2,172.20.20.12,v02.40\nold-plc,172.20.20.99,\n")
        .unwrap();
    let seen = json(&on_plant("compare", &["--from", &first, "--format", "json"]));
    assert_eq!(seen["schema"], "sightglass.cmdb/1");
    assert_eq!(
        (count(&seen, "matched"), count(&seen, "missing_on_wire"), count(&seen, "ambiguous")),
        (1, 1, 0)
    );
    let assets = usize::try_from(seen["assets"].as_u64().unwrap()).unwrap();
    assert_eq!(count(&seen, "missing_in_cmdb"), assets - 1);
    let differs = seen["matched"][0]["differs"].as_array().unwrap();
    let firmware = differs.iter().find(|d| d["field"] == "firmware").unwrap();
    assert_eq!((&firmware["ours"]["value"], &firmware["theirs"]), (&"v02.50".into(), &"v02.40".into()));
    assert!(firmware["ours"]["evidence"]["frame"].as_u64().unwrap() > 0, "{firmware}");

    let dry = on_plant("push", &["--from", &first, "--create"]);
    assert!(said(&dry).contains("nothing was written"), "{}", said(&dry));
    let wrote = on_plant("push", &["--from", &first, "--create", "--write", "--out", &second]);
    assert_eq!(wrote.status.code(), Some(0), "{}", said(&wrote));
    let seen = json(&on_plant("compare", &["--from", &second, "--format", "json"]));
    assert_eq!(
        (count(&seen, "matched"), count(&seen, "missing_in_cmdb"), count(&seen, "ambiguous")),
        (assets, 0, 0)
    );
    // What people wrote is as it was, and the only difference left.
    let left: Vec<&Value> =
        seen["matched"].as_array().unwrap().iter().flat_map(|m| m["differs"].as_array().unwrap()).collect();
    let fields: Vec<&Value> = left.iter().map(|d| &d["field"]).collect();
    assert_eq!(fields, ["name", "firmware"], "{left:#?}");
    let plan = json(&on_plant("push", &["--from", &second, "--create", "--format", "json"]));
    assert_eq!(count(&plan, "changes"), 0, "{plan:#}");

    let wrote = on_plant("push", &["--from", &second, "--fields", "firmware", "--write", "--out", &third]);
    assert_eq!(wrote.status.code(), Some(0), "{}", said(&wrote));
    let plan = json(&on_plant("push", &["--from", &third, "--fields", "firmware", "--format", "json"]));
    assert_eq!(count(&plan, "changes"), 0, "{plan:#}");
    let again = on_plant("push", &["--from", &second, "--write", "--out", &third]);
    assert!(said(&again).contains("cannot make"), "a file is never replaced: {}", said(&again));
}

#[test]
fn reports_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    std::fs::write(&list, "Tag;IP;Remark\n\u{1b}[2Jplc;172.20.20.12;x\n").unwrap();
    let list = list.to_str().unwrap();
    let check = said(&cmdb(&["check", "--from", list]));
    assert!(
        check.contains("separated by ;") && check.contains("(not used)") && check.contains("row 2"),
        "{check}"
    );
    let compare = said(&on_plant("compare", &["--from", list]));
    for wanted in ["1 matched", "by IP address", "SEEN, NOT ON RECORD", "frame "] {
        assert!(compare.contains(wanted), "{wanted}: {compare}");
    }
    assert!(!check.contains('\u{1b}') && !compare.contains('\u{1b}'), "control characters are made visible");
}

#[test]
fn what_cannot_be_is_told_and_nothing_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    std::fs::write(&list, "Tag,IP\nplc,not-an-address\n").unwrap();
    let list = list.to_str().unwrap();
    let wrong = |output: Output, what: &str| {
        let text = said(&output);
        assert!(text.contains(what) && !text.contains("hunter2"), "{what}: {text}");
        assert!(output.status.code().unwrap() >= 2, "{text}");
    };
    wrong(on_plant("compare", &["--from", list]), "row 2, column B");
    wrong(on_plant("compare", &["--from", "/nowhere/list.csv"]), "/nowhere/list.csv");
    wrong(on_plant("push", &["--from", list, "--write"]), "--out");
    wrong(on_plant("push", &["--from", list, "--fields", "colour"]), "there is no such field");
    wrong(on_plant("compare", &["--from", "https://cmdb.example"]), "--kind");
    wrong(on_plant("compare", &["--from", "http://cmdb.example", "--kind", "netbox"]), "use https");
    wrong(
        on_plant("compare", &["--from", "https://me:hunter2@cmdb.example", "--kind", "netbox"]),
        "holds a password",
    );
    let token = ["--from", "https://cmdb.example", "--kind", "servicenow", "--token-env", "NO_SUCH_TOKEN"];
    wrong(on_plant("compare", &token), "NO_SUCH_TOKEN is not set");
    wrong(cmdb(&["compare", "--from", list, "--data", "/nowhere"]), "");
}

/// A server that is not there: tried again, then a clear end.
#[test]
fn a_server_that_is_not_there_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let output = on_plant("compare", &["--from", &url, "--kind", "netbox"]);
    let text = said(&output);
    assert!(
        text.contains("nobody listens there") && text.contains("tried 5 times") && !text.contains("hunter2"),
        "{text}"
    );
}
