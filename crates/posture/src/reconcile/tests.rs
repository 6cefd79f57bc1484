//! Small plants held against small lists, and the laws on random ones.

use super::*;
use crate::inventory::{Claim, Module};
use model::cmdb::{Change, Place, Target, ip, mac};
use model::id::AssetId;
use model::{Attribute, CaptureId, Confidence, Name, Part, Role, Text, Timestamp};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn evidence() -> model::Evidence {
    model::Evidence {
        capture: CaptureId(0),
        frame: 7,
        time: Timestamp::default(),
        field: Name::new("field"),
        bytes: None,
    }
}

fn claim(attribute: Attribute, value: &str) -> Claim {
    Claim {
        attribute,
        value: Text::new(value),
        protocol: Name::new("s7comm"),
        confidence: Confidence::CERTAIN,
        evidence: evidence(),
        reason: None,
    }
}

/// `ip=…`, `mac=…`, `serial=…` and so on, separated by semicolons.
fn parts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';').filter_map(|part| part.trim().split_once('='))
}

fn asset(id: &str, text: &str) -> Asset {
    let mut asset = Asset {
        criticality: None,
        safety: None,
        conflicts: Vec::new(),
        id: AssetId(id.into()),
        name: id.to_owned(),
        role: Role::Unknown,
        level: None,
        macs: Vec::new(),
        ips: Vec::new(),
        vlans: Vec::new(),
        claims: Vec::new(),
        modules: Vec::new(),
        services: Vec::new(),
        joined_by: Vec::new(),
        first_seen: Timestamp::default(),
        last_seen: Timestamp::default(),
        evidence: evidence(),
    };
    for (key, value) in parts(text) {
        match key {
            "ip" => asset.ips.push(ip(value).unwrap()),
            "mac" => asset.macs.push(mac(value).unwrap()),
            "module_serial" => asset
                .modules
                .push(Module { part: Part::Slot(2), claims: vec![claim(Attribute::Serial, value)] }),
            "role" => {
                asset.role = Role::parse(value).unwrap();
                asset.claims.push(claim(Attribute::Role, value));
            }
            "external" => asset.level = Some(Level::EXTERNAL),
            _ => {
                if key == "name" {
                    asset.name = value.to_owned();
                }
                asset.claims.push(claim(Attribute::parse(key).unwrap(), value));
            }
        }
    }
    asset
}

fn record(id: &str, text: &str) -> Record {
    let mut record = Record {
        external_id: Text::new(id),
        place: Place { source: "list.csv".into(), at: Text::new(id) },
        ..Record::default()
    };
    for (key, value) in parts(text) {
        let field = match key {
            "ip" => Field::Ips,
            "mac" => Field::Macs,
            other => Field::parse(other).unwrap(),
        };
        let both = record.value(field).filter(|_| field.is_list()).unwrap_or_default();
        record.set(field, &format!("{both} {value}")).unwrap();
    }
    record
}

fn plant(assets: &[(&str, &str)]) -> Inventory {
    Inventory { assets: assets.iter().map(|(id, text)| asset(id, text)).collect(), ..Inventory::default() }
}

fn list(records: &[(&str, &str)]) -> Vec<Record> {
    records.iter().map(|(id, text)| record(id, text)).collect()
}

/// The outcome in words: `a=1 by mac,ip`, `-a` (not on record), `+1` (not seen), `?a,b/1,2`.
fn outcome(r: &Reconciliation<'_>) -> Vec<String> {
    let by = |p: &Pair<'_>| p.why.iter().map(|s| s.by.as_str()).collect::<Vec<_>>().join(",");
    let mut out: Vec<String> =
        r.matched.iter().map(|p| format!("{}={} by {}", p.asset.id, p.record.external_id, by(p))).collect();
    out.extend(r.missing_in_cmdb.iter().map(|a| format!("-{}", a.id)));
    out.extend(r.missing_on_wire.iter().map(|r| format!("+{}", r.external_id)));
    let ids = |a: &Ambiguous<'_>| {
        let assets: Vec<&str> = a.assets.iter().map(|a| a.id.as_str()).collect();
        let records: Vec<&str> = a.records.iter().map(|r| r.external_id.as_str()).collect();
        format!("?{}/{}", assets.join(","), records.join(","))
    };
    out.extend(r.ambiguous.iter().map(ids));
    out.sort();
    out
}

fn check(assets: &[(&str, &str)], records: &[(&str, &str)], wanted: &[&str]) {
    let (plant, list) = (plant(assets), list(records));
    assert_eq!(outcome(&reconcile(&plant, &list)), wanted, "{assets:?} {records:?}");
}

const MAC: &str = "mac=00:1b:1b:00:00:01";

#[test]
fn strong_evidence_goes_first() {
    check(
        &[("a", "serial=SC-B1J1;vendor=Siemens AG")],
        &[("1", "serial=SCB1J1;vendor=SIEMENS")],
        &["a=1 by serial"],
    );
    check(
        &[("a", "mac=00:1b:1b:00:00:01;ip=10.0.0.1")],
        &[("1", "mac=00-1B-1B-00-00-01;ip=10.0.0.9")],
        &["a=1 by mac"],
    );
    check(&[("a", "ip=10.0.0.1")], &[("1", "ip=10.0.0.1/24")], &["a=1 by ip"]);
    check(&[("a", "hostname=PLC-7.plant.example")], &[("1", "name=plc-7")], &["a=1 by name"]);
    check(
        &[("a", "ip=10.0.0.1;module_serial=AB12345")],
        &[("1", "serial=ab12345")],
        &["a=1 by module_serial"],
    );
    check(&[("a", "ip=10.0.0.1")], &[("1", "ip=10.0.0.2"), ("2", "")], &["+1", "+2", "-a"]);
}

#[test]
fn one_to_one_and_the_better_pair_wins() {
    // A stale record has the same address and says nothing else; the other has the name, too.
    check(
        &[("a", "ip=10.0.0.1;hostname=hmi-1")],
        &[("1", "ip=10.0.0.1;name=hmi-1"), ("2", "ip=10.0.0.1")],
        &["?a/2", "a=1 by ip,name"],
    );
    // The stale record is another device: it was not seen, and that is all.
    check(
        &[("a", &format!("ip=10.0.0.1;{MAC}"))],
        &[("1", &format!("ip=10.0.0.1;{MAC}")), ("2", "ip=10.0.0.1;mac=00:1b:1b:00:00:02")],
        &["+2", "a=1 by mac,ip"],
    );
    check(&[("a", MAC), ("b", "ip=10.0.0.1")], &[("1", MAC), ("2", MAC)], &["-b", "?a/1,2"]);
}

#[test]
fn contradictions_are_listed_and_not_matched() {
    let why = |assets: &[(&str, &str)], records: &[(&str, &str)]| {
        let (plant, list) = (plant(assets), list(records));
        let r = reconcile(&plant, &list);
        assert!(r.matched.is_empty() && r.ambiguous.len() == 1, "{r:?}");
        r.ambiguous[0].why.join("; ")
    };
    let replaced =
        why(&[("a", &format!("{MAC};serial=SERIAL01"))], &[("1", &format!("{MAC};serial=SERIAL02"))]);
    assert!(replaced.contains("serial numbers differ"), "{replaced}");
    let other = why(&[("a", &format!("{MAC};ip=10.0.0.1"))], &[("1", "ip=10.0.0.1;mac=00:1b:1b:00:00:02")]);
    assert!(other.contains("MAC addresses differ"), "{other}");
    let maker = why(&[("a", "ip=10.0.0.1;vendor=Siemens")], &[("1", "ip=10.0.0.1;vendor=Moxa")]);
    assert!(maker.contains("makers differ"), "{maker}");
    let moved = why(&[("a", "ip=10.0.0.1;hostname=hmi-1")], &[("1", "name=hmi-1;ip=10.0.0.2")]);
    assert!(moved.contains("IP addresses differ"), "{moved}");
    // Serial number and MAC address point at two records: a device entered twice, or a part that was moved.
    why(&[("a", &format!("{MAC};serial=SERIAL01"))], &[("1", "serial=SERIAL01"), ("2", MAC)]);
    why(&[("a", "serial=SERIAL01"), ("b", MAC)], &[("1", &format!("serial=SERIAL01;{MAC}"))]);
}

#[test]
fn short_serials_of_two_makers_are_two() {
    check(&[("a", "serial=10012;vendor=Siemens")], &[("1", "serial=10012;vendor=Moxa")], &["+1", "-a"]);
    check(&[("a", "serial=1001234567;vendor=Siemens")], &[("1", "serial=1001234567;vendor=Moxa")], &["?a/1"]);
}

#[test]
fn what_hundreds_share_names_nobody() {
    let records: Vec<Record> = (0..300)
        .map(|n| {
            record(
                &format!("{n:03}"),
                &format!("ip=192.168.0.1;{}", if n == 5 { "name=press-5" } else { "" }),
            )
        })
        .collect();
    let plain = plant(&[("a", "ip=192.168.0.1")]);
    let r = reconcile(&plain, &records);
    assert!(r.matched.is_empty() && r.ambiguous.len() == 1 && r.ambiguous[0].records.len() == 300, "{r:?}");
    assert!(r.ambiguous[0].why[0].contains("300 records"), "{:?}", r.ambiguous[0].why);
    let named = plant(&[("a", "ip=192.168.0.1;name=press-5")]);
    let r = reconcile(&named, &records);
    assert_eq!((r.matched.len(), r.matched[0].why.len()), (1, 2), "the name tells");
    assert_eq!(r.missing_on_wire.len(), 299);
}

#[test]
fn differences_are_compared_normalised() {
    let differs = |ours: &str, theirs: &str| {
        let (plant, list) =
            (plant(&[("a", &format!("{MAC};{ours}"))]), list(&[("1", &format!("{MAC};{theirs}"))]));
        let r = reconcile(&plant, &list);
        r.matched[0].differs.iter().map(|d| (d.field, d.theirs.clone())).collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_owned());
    let ours = "firmware=V4.4;vendor=Siemens AG;product=SIMATIC S7-1500 CPU 1516-3 PN/DP;role=plc;name=plc-7.plant.example";
    assert_eq!(
        differs(ours, "firmware=4.4.0;vendor=SIEMENS;product=CPU 1516-3;role=Controller;name=PLC-7"),
        []
    );
    assert_eq!(differs("firmware=V4.4", "firmware=4.5"), [(Field::Firmware, some("4.5"))]);
    assert_eq!(differs("firmware=V4.4", ""), [(Field::Firmware, None)]);
    assert_eq!(differs("role=plc", "role=Pump skid"), [], "a word that means no role cannot be wrong");
    assert_eq!(differs("role=plc", "role=Switch"), [(Field::Role, some("Switch"))]);
    assert_eq!(
        differs("ip=10.0.0.1;ip=10.0.0.2", "ip=10.0.0.1;ip=10.0.0.3"),
        [(Field::Ips, some("10.0.0.1, 10.0.0.3"))]
    );
    assert_eq!(differs("", "serial=X12345;owner=Jo"), [], "what was not seen contradicts nothing");
    let order = "order_number=6ES7 516-3AN01-0AB0;product=CPU 1516-3 PN/DP";
    assert_eq!(differs(order, "product=6ES7516-3AN01-0AB0"), [(Field::OrderNumber, None)]);
}

#[test]
fn guesses_are_neither_compared_nor_written() {
    let mut plant = plant(&[("a", MAC)]);
    plant.assets[0].claims.push(Claim { confidence: Confidence::GUESS, ..claim(Attribute::Vendor, "Intel") });
    let list = list(&[("1", &format!("{MAC};vendor=Siemens"))]);
    assert_eq!(reconcile(&plant, &list).matched[0].differs, []);
    let alone = reconcile(&plant, &[]);
    let planned = plan(&alone, &Rules { create: true, ..Rules::default() });
    assert_eq!(planned.iter().map(|c| c.field).collect::<Vec<_>>(), [Field::Macs]);
}

#[test]
fn plans_fill_and_overwrite_only_what_is_allowed() {
    let plant = plant(&[
        ("a", &format!("{MAC};firmware=V4.4;name=plc-7;ip=10.0.0.1;ip=10.0.0.2")),
        ("b", "ip=10.0.0.9;name=hmi-2"),
        ("c", "ip=8.8.8.8;external=1"),
    ]);
    let list = list(&[("1", &format!("{MAC};name=Press 7;ip=10.0.0.1"))]);
    let r = reconcile(&plant, &list);
    assert_eq!((r.missing_in_cmdb.len(), r.outside.len()), (1, 1));
    let words = |changes: Vec<Change>| -> Vec<String> {
        changes.iter().map(|c| format!("{:?} {} {:?} {}", c.target, c.field, c.before, c.after)).collect()
    };
    let record = |rest: &str| format!("Record(Text(\"1\")) {rest}");
    assert_eq!(words(plan(&r, &Rules::default())), [record("firmware None V4.4")]);
    let overwrite = BTreeSet::from([Field::Name, Field::Ips]);
    assert_eq!(
        words(plan(&r, &Rules { overwrite, fill: Some(BTreeSet::new()), create: false })),
        [record("name Some(\"Press 7\") plc-7"), record("ips Some(\"10.0.0.1\") 10.0.0.1, 10.0.0.2"),]
    );
    let created =
        plan(&r, &Rules { create: true, fill: Some(BTreeSet::from([Field::Ips])), ..Rules::default() });
    assert_eq!(words(created), [format!("New({:?}) ips None 10.0.0.9", plant.assets[1].id)]);
}

/// What the other system does with the changes.
fn apply(records: &mut Vec<Record>, changes: &[Change]) {
    let mut new: BTreeMap<AssetId, Record> = BTreeMap::new();
    for change in changes {
        match &change.target {
            Target::New(id) => {
                let fresh = || Record { external_id: Text::new(&format!("new-{id}")), ..Record::default() };
                new.entry(id.clone()).or_insert_with(fresh).apply(change).unwrap();
            }
            Target::Record(id) => {
                for record in records.iter_mut().filter(|r| r.external_id == *id) {
                    assert_eq!(record.value(change.field), change.before, "the plan is exact");
                    record.apply(change).unwrap();
                }
            }
        }
    }
    records.extend(new.into_values());
}

// A small world, so that everything meets everything.
fn device() -> impl Strategy<Value = String> {
    let opt = |s: &'static str, n: u8| prop_oneof![2 => Just(String::new()), 3 => (0..n).prop_map(move |n| s.replace('#', &n.to_string()))];
    (
        opt("ip=10.0.0.#;", 4),
        opt("mac=00:1b:1b:00:00:0#;", 4),
        opt("serial=SERIAL0#;", 3),
        opt("name=plc-#;", 4),
        prop_oneof![Just(""), Just("vendor=Siemens;"), Just("vendor=Moxa;")],
        opt("firmware=V4.#;", 2),
        opt("ip=10.0.1.#;", 3),
    )
        .prop_map(|(a, b, c, d, e, f, g)| [a, b, c, d, e.to_owned(), f, g].concat())
}

fn world() -> impl Strategy<Value = (Inventory, Vec<Record>)> {
    let many = || proptest::collection::vec(device(), 0..7);
    (many(), many()).prop_map(|(assets, records)| {
        // Whoever was seen has an address, and no two assets have the same.
        let (mut macs, mut ips) = (BTreeSet::new(), BTreeSet::new());
        let assets = assets.iter().enumerate().map(|(n, text)| {
            let mut asset = asset(&format!("a{n}"), &format!("{text};ip=10.0.2.{n}"));
            asset.macs.retain(|mac| macs.insert(*mac));
            asset.ips.retain(|ip| ips.insert(*ip));
            asset
        });
        let assets = assets.collect();
        let records = records.iter().enumerate().map(|(n, text)| record(&format!("{n}"), text)).collect();
        (Inventory { assets, ..Inventory::default() }, records)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_records_and_assets_changes_nothing(
        (plant, records) in world(), seed in any::<u64>()
    ) {
        let once = outcome(&reconcile(&plant, &records));
        let (mut other, mut turned) = (plant.clone(), records.clone());
        let turn = |n: usize| if n == 0 { 0 } else { usize::try_from(seed % n as u64).unwrap() };
        turned.reverse();
        let by = turn(turned.len());
        turned.rotate_left(by);
        let by = turn(other.assets.len());
        other.assets.rotate_left(by);
        prop_assert_eq!(once, outcome(&reconcile(&other, &turned)));
    }

    #[test]
    fn everyone_is_accounted_for_once((plant, records) in world()) {
        let r = reconcile(&plant, &records);
        let mut ids: Vec<&str> = r.matched.iter().map(|p| p.record.external_id.as_str()).collect();
        let matched: BTreeSet<&str> = ids.iter().copied().collect();
        ids.extend(r.missing_on_wire.iter().map(|r| r.external_id.as_str()));
        let torn: BTreeSet<&str> =
            r.ambiguous.iter().flat_map(|a| &a.records).map(|r| r.external_id.as_str()).collect();
        ids.extend(torn.iter().filter(|id| !matched.contains(*id)));
        ids.sort_unstable();
        let mut all: Vec<&str> = records.iter().map(|r| r.external_id.as_str()).collect();
        all.sort_unstable();
        prop_assert_eq!(ids, all);
        let assets: BTreeSet<&str> = r.matched.iter().map(|p| p.asset.id.as_str())
            .chain(r.missing_in_cmdb.iter().map(|a| a.id.as_str()))
            .chain(r.ambiguous.iter().flat_map(|a| &a.assets).map(|a| a.id.as_str()))
            .collect();
        prop_assert_eq!(assets.len(), plant.assets.len());
        prop_assert_eq!(r.matched.iter().map(|p| &p.asset.id).collect::<BTreeSet<_>>().len(), r.matched.len());
    }

    #[test]
    fn planning_again_gives_nothing((plant, mut records) in world(), create in any::<bool>(), all in any::<bool>()) {
        let overwrite = if all { Field::ALL.iter().copied().collect() } else { BTreeSet::new() };
        let rules = Rules { overwrite, create, ..Rules::default() };
        let before = records.clone();
        let changes = plan(&reconcile(&plant, &records), &rules);
        apply(&mut records, &changes);
        for (old, new) in before.iter().zip(&records) {
            prop_assert!(old.ips.is_subset(&new.ips) && old.macs.is_subset(&new.macs), "nothing is deleted");
            for &field in Field::ALL.iter().filter(|f| !f.is_list() && !all) {
                prop_assert!(old.text(field).is_none() || old.text(field) == new.text(field), "{}", field);
            }
        }
        let again = plan(&reconcile(&plant, &records), &rules);
        prop_assert_eq!(again, vec![]);
    }
}

/// 100,000 against 100,000: an index, not a comparison of each with each. The bound is wide: tests run unoptimised on shared machines.
#[test]
fn large_lists_take_seconds() {
    const COUNT: u32 = 100_000;
    let text = |n: u32, name: &str| {
        let [_, b, c, d] = n.to_be_bytes();
        format!(
            "ip=10.{b}.{c}.{d};mac=00:1b:1b:{b:02x}:{c:02x}:{d:02x};serial=S{n:07};{name}=plc;vendor=Siemens"
        )
    };
    let assets = (0..COUNT).map(|n| asset(&format!("a{n:06}"), &text(n, "hostname"))).collect();
    let plant = Inventory { assets, ..Inventory::default() };
    let records: Vec<Record> =
        (COUNT / 2..COUNT + COUNT / 2).rev().map(|n| record(&n.to_string(), &text(n, "name"))).collect();
    let start = std::time::Instant::now();
    let r = reconcile(&plant, &records);
    let took = start.elapsed();
    assert_eq!((r.matched.len(), r.missing_in_cmdb.len()), (50_000, 50_000));
    assert_eq!(r.missing_on_wire.len(), 50_000);
    assert!(took.as_secs() < 30, "{took:?}");
    eprintln!("100,000 assets against 100,000 records: {took:?}");
}
