//! The built-in checks: they load, their examples hold, their references exist, the manual is current.
//!
//! `SIGHTGLASS_STANDARDS` names a folder with the lists of requirements, controls and techniques; without it references are
//! not looked up. `UPDATE_DOCS=1` writes the generated part of the manual anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use model::advisory::AssetMatch;
use model::conversation::{ClientBy, OperationCount};
use model::finding::Severity;
use model::id::AssetId;
use model::{CaptureId, Evidence, Level, Name, Operation, OperationClass, Role, Timestamp, Transport};
use sightglass_posture::access::Access;
use sightglass_posture::checks::{Checks, Maturity, schema_manual};
use sightglass_posture::inventory::{Asset, Conversation, Inventory};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn builtin() -> Checks {
    Checks::builtin_with_examples().unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_example_holds() {
    let broken: Vec<_> = builtin().test().iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn without_their_examples_the_checks_are_the_same() {
    let short = Checks::builtin().unwrap();
    assert_eq!(short.iter().count(), builtin().iter().count());
    for (short, whole) in short.iter().zip(builtin().iter()) {
        assert!(short.examples.is_empty() && !whole.examples.is_empty(), "{}", whole.id);
        let mut whole = whole.clone();
        whole.examples.clear();
        assert_eq!(format!("{short:?}"), format!("{whole:?}"));
    }
}

#[test]
fn a_broken_example_is_found() {
    let text = std::fs::read_to_string(project().join("content/checks/telnet-in-use.yaml")).unwrap();
    let text = text.replace("expect: [plc-1 / pc]", "expect: []");
    let broken = Checks::from_files([("telnet-in-use.yaml", text.as_str())]).unwrap().test();
    assert_eq!(broken.len(), 2, "the example, and no hit is left: {broken:?}");
}

#[test]
fn every_file_is_in_the_program() {
    let files = std::fs::read_dir(project().join("content/checks")).unwrap().map(|f| f.unwrap().path());
    let names: BTreeSet<_> = files.map(|f| f.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let ids: BTreeSet<_> = builtin().iter().map(|c| c.id.clone()).collect();
    assert_eq!(names, ids, "a new file is embedded when this crate is built again");
}

#[test]
fn texts_are_whole() {
    for check in builtin().iter() {
        let id = &check.id;
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
        assert!(!check.title.ends_with('.') && check.title.len() < 90, "{id}: title");
        for text in [&check.why, &check.remedy, &check.false_positives] {
            assert!(text.ends_with('.') && text.len() > 10, "{id}: {text}");
        }
        assert!(
            !check.references.iec62443_3_3.is_empty() && !check.references.nist_800_53.is_empty(),
            "{id}"
        );
    }
}

#[test]
fn references_exist() {
    let Some(folder) = std::env::var_os("SIGHTGLASS_STANDARDS").map(PathBuf::from) else {
        eprintln!("SIGHTGLASS_STANDARDS is not set: THE REFERENCES OF THE CHECKS WERE NOT LOOKED UP");
        return;
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let first_column = |text: String| -> BTreeSet<String> {
        text.lines().filter_map(|l| l.split(',').next()).map(|id| id.trim_matches('"').to_owned()).collect()
    };
    let requirements = first_column(read("iec62443-3-3.csv"));
    let techniques = first_column(read("attack/attack-ics-18.1-techniques.csv"));
    let controls = read("oscal/nist-sp800-82r3-HIGH-profile.json");
    for check in builtin().iter() {
        let (id, refs) = (&check.id, &check.references);
        refs.iec62443_3_3.iter().for_each(|r| assert!(requirements.contains(r), "{id}: {r}"));
        refs.attack_ics.iter().for_each(|t| assert!(techniques.contains(t), "{id}: {t}"));
        for control in &refs.nist_800_53 {
            let oscal = control.to_lowercase().replace('(', ".").replace(')', "");
            assert!(controls.contains(&format!("\"{oscal}\"")), "{id}: {control}");
        }
        if let Some(starter) = &check.starter {
            assert!(read("starter-checks.yaml").contains(&format!("- id: {starter}\n")), "{id}: {starter}");
        }
    }
}

#[test]
fn the_manual_is_current() {
    const MARK: &str =
        "<!-- generated from here on: UPDATE_DOCS=1 cargo test -p sightglass-posture --test checks -->\n";
    let path = project().join("docs/checks.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (written, old) = text.split_once(MARK).expect("the mark of the generated part");
    let new = format!("\n## What a condition can read\n\n{}\n{}", schema_manual(), list());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{written}{MARK}{new}")).unwrap();
    } else {
        assert_eq!(old, new, "docs/checks.md is old; write it anew with UPDATE_DOCS=1");
    }
}

fn list() -> String {
    let mut out = "## The checks that come with the program\n\n| Check | Severity | What is wrong |\n| --- | --- | --- |\n".to_owned();
    for check in builtin().iter().filter(|c| c.maturity != Maturity::Retired) {
        out += &format!("| `{}` | {} | {} |\n", check.id, check.severity.as_str(), check.title);
    }
    out
}

fn evidence(frame: u64) -> Evidence {
    Evidence { capture: CaptureId(0), frame, time: Timestamp(0), field: Name::new("test"), bytes: None }
}

fn asset(name: &str, role: Role, level: Option<Level>) -> Asset {
    Asset {
        id: AssetId::of(&[name]),
        name: name.to_owned(),
        role,
        level,
        criticality: None,
        safety: None,
        conflicts: Vec::new(),
        macs: Vec::new(),
        ips: Vec::new(),
        vlans: Vec::new(),
        claims: Vec::new(),
        modules: Vec::new(),
        services: Vec::new(),
        joined_by: Vec::new(),
        first_seen: Timestamp(0),
        last_seen: Timestamp(0),
        evidence: evidence(1),
    }
}

fn conversation(
    client: &str,
    server: &str,
    frame: u64,
    operations: &[(OperationClass, u64)],
) -> Conversation {
    let operation = |(class, frame): &(OperationClass, u64)| OperationCount {
        operation: Operation { name: Name::new("operation"), code: 1, class: *class },
        requests: 1,
        responses: 1,
        errors: 0,
        first: evidence(*frame),
        last: Timestamp(0),
    };
    Conversation {
        client: client.to_owned(),
        server: server.to_owned(),
        client_asset: Some(AssetId::of(&[client])),
        server_asset: Some(AssetId::of(&[server])),
        server_port: Some(502),
        transport: Transport::Tcp,
        vlan: None,
        protocol: Some(Name::new("modbus")),
        client_by: ClientBy::Handshake,
        encrypted: false,
        answered: true,
        packets: 10,
        bytes: 1000,
        first_seen: Timestamp(0),
        last_seen: Timestamp(0),
        evidence: evidence(frame),
        operations: operations.iter().map(operation).collect(),
    }
}

fn plant() -> Inventory {
    Inventory {
        assets: vec![
            asset("plc", Role::Plc, Some(Level::CONTROL)),
            asset("hmi", Role::Hmi, Some(Level::SUPERVISION)),
        ],
        conversations: vec![
            conversation(
                "hmi",
                "plc",
                10,
                &[(OperationClass::Read, 11), (OperationClass::ProgramDownload, 12)],
            ),
            conversation(
                "hmi",
                "plc",
                20,
                &[(OperationClass::ProgramDownload, 22), (OperationClass::Write, 23)],
            ),
        ],
        ..Inventory::default()
    }
}

#[test]
fn evidence_is_the_packet_that_says_it() {
    let findings = builtin().evaluate(&plant(), &[], &Access::default()).findings;
    let frames = |check: &str| -> Vec<u64> {
        let found: Vec<_> = findings.iter().filter(|f| f.check == check).collect();
        assert_eq!(found.len(), 1, "{check}: one finding for one cause");
        found[0].evidence.iter().map(|e| e.frame).collect()
    };
    assert_eq!(frames("program-download"), [12, 22]);
    assert_eq!(frames("engineering-by-other-host"), [12, 22]);
    assert_eq!(frames("control-without-authentication"), [23]);
    assert_eq!(frames("firmware-of-controller-unknown"), [1]);
    assert!(findings.iter().all(|f| !f.evidence.is_empty() && !f.detail.is_empty()));
    assert_eq!(findings[0].severity, Severity::Critical, "worst first");
    assert!(findings.iter().any(|f| f.detail.contains("one more such conversation")));
}

#[test]
fn the_same_plant_gives_the_same_findings() {
    let (checks, plant) = (builtin(), plant());
    let first = checks.evaluate(&plant, &[], &Access::default());
    assert_eq!(first, checks.evaluate(&plant, &[], &Access::default()));
    let mut turned = plant.clone();
    turned.assets.reverse();
    turned.conversations.reverse();
    let ids = |i: &Inventory| {
        checks
            .evaluate(i, &[], &Access::default())
            .findings
            .into_iter()
            .map(|f| (f.id, f.evidence))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&plant), ids(&turned));
}

#[test]
fn what_was_not_seen_is_counted_and_is_no_finding() {
    let mut plant = plant();
    plant.assets[1].level = None;
    plant.assets[1].role = Role::Unknown;
    plant.conversations[0].server_asset = None;
    let evaluation = builtin().evaluate(&plant, &[], &Access::default());
    let missing = |check: &str| {
        let of_check = evaluation.undecided.iter().filter(|u| u.check == check);
        of_check.map(|u| (u.missing, u.subjects)).collect::<Vec<_>>()
    };
    assert_eq!(missing("enterprise-reaches-controller"), [("level", 1)]);
    assert!(missing("telnet-in-use").is_empty(), "port and protocol are known");
    assert_eq!(missing("program-download"), [("asset", 1)], "the server was addressed and never heard");
    assert_eq!(missing("engineering-by-other-host"), [("role", 2)]);
    assert!(missing("firmware-update").is_empty(), "nobody wrote firmware, whoever they are");
    assert!(evaluation.findings.iter().all(|f| f.check != "enterprise-reaches-controller"));
}

#[test]
fn a_later_file_takes_the_place_of_an_earlier_one() {
    let mut checks = builtin();
    let before = checks.iter().count();
    let text = std::fs::read_to_string(project().join("content/checks/program-download.yaml")).unwrap();
    let text =
        text.replace("severity: medium", "severity: info").replace("maturity: stable", "maturity: retired");
    checks.add_files([("site/program-download.yaml", text.as_str()), ("README.md", "no check")]).unwrap();
    assert_eq!(checks.iter().count(), before);
    assert_eq!(checks.get("program-download").unwrap().severity, Severity::Info);
    assert!(
        checks
            .evaluate(&plant(), &[], &Access::default())
            .findings
            .iter()
            .all(|f| f.check != "program-download"),
        "retired"
    );
    assert!(checks.add_files([("bad.yaml", "id: bad"), ("worse.yaml", "- 1")]).unwrap_err().len() == 2);
    assert_eq!(checks.iter().count(), before, "nothing is added when something is wrong");
}

/// Prints how long all checks take on a big plant: `cargo test --release -p sightglass-posture --test checks -- --ignored --nocapture speed`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let roles = [Role::Plc, Role::Hmi, Role::Workstation, Role::Server];
    let levels = [Level::CONTROL, Level::SUPERVISION, Level::ENTERPRISE, Level::OPERATIONS];
    let name = |i: usize| format!("host-{i}");
    let assets = (0..10_000).map(|i| asset(&name(i), roles[i % 4], Some(levels[i % 4]))).collect();
    let classes = [(OperationClass::Read, 2), (OperationClass::Write, 3), (OperationClass::Session, 4)];
    let conversations = (0..50_000)
        .map(|i| conversation(&name(i * 7 % 10_000), &name(i * 13 % 10_000), 1, &classes))
        .collect();
    let plant = Inventory { assets, conversations, ..Inventory::default() };
    let matches: &[AssetMatch] = &[];
    let checks = builtin();
    let start = std::time::Instant::now();
    let evaluation = checks.evaluate(&plant, matches, &Access::default());
    eprintln!(
        "{} checks, 10,000 assets, 50,000 conversations: {:?}, {} findings",
        checks.iter().count(),
        start.elapsed(),
        evaluation.findings.len()
    );
}
