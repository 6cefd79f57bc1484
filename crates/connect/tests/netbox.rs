//! NetBox: what the integration asks and makes of the answers, on exchanges recorded with a real server (4.4.10).
//!
//! `lab/netbox.sh` brings up such a server and records them again: it runs the test `record` below, which is ignored otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use model::cmdb::{Change, Field, Record, Target};
use model::id::AssetId;
use serde_json::{Value, json};
use sightglass_connect::cmdb::netbox::{NetBox, Settings};
use sightglass_connect::cmdb::{Cmdb as _, Error, Method, Pushed, Reply, Request, lead};
use sightglass_connect::transport::{self, Client};
use std::collections::VecDeque;
use std::path::PathBuf;

fn netbox() -> NetBox {
    // Small pages, so that a handful of objects needs several.
    NetBox::new(Settings { site: Some("Lab plant".into()), page: 2, ..Settings::new("netbox") })
}

fn change(target: &Target, field: Field, before: Option<&str>, after: &str) -> Change {
    let before = before.map(str::to_owned);
    Change {
        target: target.clone(),
        field,
        before,
        after: after.into(),
        why: "said over s7comm".into(),
        evidence: None,
    }
}

fn device(id: &str) -> Target {
    Target::Record(id.into())
}

/// Fills a device, adds to one, overwrites one; refuses what cannot be; makes two new ones.
fn changes() -> Vec<Change> {
    let (plc, hmi, switch) = (device("1"), device("2"), device("3"));
    let (fresh, bare) = (Target::New(AssetId("asset-1".into())), Target::New(AssetId("asset-2".into())));
    vec![
        change(&plc, Field::Serial, None, "S C-B1J12345"),
        change(&plc, Field::Firmware, None, "V2.9.4"),
        change(&plc, Field::Hardware, None, "3"),
        change(&plc, Field::Location, None, "hall 3"),
        change(&plc, Field::Macs, None, "00:1b:1b:12:34:56"),
        change(&plc, Field::Ips, Some("10.20.0.7"), "10.20.0.7, 10.20.0.17"),
        change(&hmi, Field::Name, Some("hmi-1"), "HMI-01"),
        change(&hmi, Field::Product, Some("Panel"), "TP1200 Comfort"),
        change(&hmi, Field::Role, Some("Panel"), "HMI"),
        // Of somebody else already.
        change(&hmi, Field::Ips, None, "10.20.0.7, 10.20.0.8"),
        // Changed by people since.
        change(&switch, Field::Name, Some("sw-old"), "sw-new"),
        change(&fresh, Field::Name, None, "rtu-9"),
        change(&fresh, Field::Vendor, None, "Schneider Electric"),
        change(&fresh, Field::Product, None, "SCADAPack 474"),
        change(&fresh, Field::OrderNumber, None, "TBUP474"),
        change(&fresh, Field::Role, None, "RTU"),
        change(&fresh, Field::Firmware, None, "9.8.1"),
        change(&fresh, Field::Location, None, "Roof"),
        change(&fresh, Field::Macs, None, "00:80:f4:00:00:09"),
        change(&fresh, Field::Ips, None, "10.20.0.9"),
        change(&bare, Field::Ips, None, "10.99.0.1, fd00::1"),
    ]
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/netbox").join(format!("{name}.json"))
}

/// Answers as the real server did, and insists on being asked the same.
fn replay(name: &str) -> impl FnMut(&Request) -> Result<Reply, Error> {
    let text = std::fs::read_to_string(file(name)).unwrap();
    let mut exchanges: VecDeque<Value> = serde_json::from_str(&text).unwrap();
    move |request| {
        let exchange = exchanges.pop_front().expect("a request more than was recorded");
        assert_eq!(
            asked(request),
            exchange["request"],
            "another request than was recorded: run lab/netbox.sh"
        );
        let status = u16::try_from(exchange["status"].as_u64().unwrap()).unwrap();
        Ok(Reply { status, headers: Default::default(), body: exchange["reply"].to_string().into_bytes() })
    }
}

fn asked(request: &Request) -> Value {
    json!({"method": request.method.as_str(), "path": request.path, "body": request.body})
}

fn read(name: &str) -> Vec<Record> {
    lead(&mut *netbox().read(), &mut replay(name)).unwrap()
}

fn push(name: &str, changes: Vec<Change>) -> Pushed {
    lead(&mut *netbox().push(changes, false).unwrap(), &mut replay(name)).unwrap()
}

fn value(record: &Record, field: Field) -> String {
    record.value(field).unwrap_or_default()
}

#[test]
fn devices_come_with_what_lies_in_other_objects() {
    let records = read("read");
    let [plc, hmi, switch] = records.as_slice() else { panic!("{records:#?}") };
    assert_eq!((plc.external_id.as_str(), plc.place.to_string().as_str()), ("1", "netbox, device 1"));
    assert_eq!(value(plc, Field::Vendor), "Siemens");
    assert_eq!(value(plc, Field::Product), "CPU 1516-3 PN/DP");
    assert_eq!(value(plc, Field::OrderNumber), "6ES7 516-3AN01-0AB0");
    assert_eq!(value(plc, Field::Ips), "10.20.0.7");
    assert_eq!((value(plc, Field::Role), value(plc, Field::Site)), ("PLC".into(), "Lab plant".into()));
    assert_eq!((value(plc, Field::Criticality), plc.serial.clone()), ("high".into(), None));
    assert!(plc.url.as_ref().unwrap().as_str().ends_with("/dcim/devices/1/"));
    assert_eq!(value(hmi, Field::Location), "Hall 3");
    assert_eq!(value(switch, Field::Macs), "ec:e5:55:00:00:01, ec:e5:55:00:00:02");
    assert_eq!(value(switch, Field::Status), "Planned");
}

#[test]
fn changes_are_written_and_read_again() {
    let pushed = push("push", changes());
    let refused = |what: &str| pushed.refused.iter().any(|r| r.contains(what));
    assert!(refused("hardware_version"), "there is no such custom field: {pushed:#?}");
    assert!(refused("record 2: 10.20.0.7 belongs to another"), "{pushed:#?}");
    assert!(refused("record 3: name is switch-1 by now: left alone"), "{pushed:#?}");
    assert!(refused("the site has no location Roof"), "places are found, never made: {pushed:#?}");
    assert_eq!(pushed.refused.len(), 4, "{pushed:#?}");
    let records = read("read_after");
    let by = |name: &str| records.iter().find(|r| value(r, Field::Name) == name).unwrap();
    let plc = by("plc-7");
    assert_eq!(
        (value(plc, Field::Serial), value(plc, Field::Firmware)),
        ("S C-B1J12345".into(), "V2.9.4".into())
    );
    assert_eq!(
        (value(plc, Field::Ips), value(plc, Field::Macs)),
        ("10.20.0.7, 10.20.0.17".into(), "00:1b:1b:12:34:56".into())
    );
    assert_eq!(value(plc, Field::Location), "Hall 3");
    let hmi = by("HMI-01");
    assert_eq!(
        (value(hmi, Field::Product), value(hmi, Field::Role)),
        ("TP1200 Comfort".into(), "HMI".into())
    );
    assert_eq!((value(hmi, Field::Vendor), value(hmi, Field::Ips)), ("Siemens".into(), "10.20.0.8".into()));
    let rtu = by("rtu-9");
    assert_eq!((value(rtu, Field::OrderNumber), value(rtu, Field::Role)), ("TBUP474".into(), "RTU".into()));
    assert_eq!(
        (value(rtu, Field::Macs), value(rtu, Field::Firmware)),
        ("00:80:f4:00:00:09".into(), "9.8.1".into())
    );
    let bare = records.iter().find(|r| r.name.is_none()).unwrap();
    assert_eq!(
        (value(bare, Field::Ips), value(bare, Field::Vendor)),
        ("10.99.0.1, fd00::1".into(), "Unknown".into())
    );
    assert_eq!(value(by("switch-1"), Field::Criticality), "low", "what people keep is as it was");
    assert_eq!(records.len(), 5);
}

#[test]
fn writing_again_makes_nothing_twice() {
    let again = push("push_again", changes());
    assert!(again.refused.iter().any(|r| r.contains("a device rtu-9 is at that site already")), "{again:#?}");
    // A device that nothing but its addresses names.
    assert!(again.refused.iter().any(|r| r.contains("10.99.0.1 belongs to a device already")), "{again:#?}");
    assert_eq!(again.done, Vec::<String>::new());
    let text = std::fs::read_to_string(file("push_again")).unwrap();
    let exchanges: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(exchanges.iter().all(|e| e["request"]["method"] == "GET"), "nothing was sent but questions");
}

#[test]
fn a_wrong_token_is_told() {
    let error = lead(&mut *netbox().read(), &mut replay("bad_token")).unwrap_err().to_string();
    assert!(error.contains("403") && error.contains("Invalid token"), "{error}");
}

#[test]
fn tokens_of_both_versions() {
    assert_eq!(netbox().authorization("0123"), ("authorization".into(), "Token 0123".into()));
    assert_eq!(netbox().authorization("nbt_ab.cd"), ("authorization".into(), "Bearer nbt_ab.cd".into()));
}

fn answer(status: u16, body: &Value) -> Reply {
    Reply { status, headers: Default::default(), body: body.to_string().into_bytes() }
}

#[test]
fn older_servers_have_the_mac_at_the_interface() {
    let mut send = |request: &Request| {
        let path = request.path.split('?').next().unwrap_or_default();
        let results = match path {
            "/api/dcim/devices/" => json!([{"id": 5, "name": "old"}]),
            "/api/dcim/mac-addresses/" => return Ok(answer(404, &json!({"detail": "Not found."}))),
            "/api/dcim/interfaces/" => {
                json!([{"id": 1, "device": {"id": 5}, "mac_address": "00:1B:1B:00:00:05"}])
            }
            _ => json!([]),
        };
        Ok(answer(200, &json!({"count": 1, "next": null, "results": results})))
    };
    let records = lead(&mut *netbox().read(), &mut send).unwrap();
    assert_eq!(value(&records[0], Field::Macs), "00:1b:1b:00:00:05");
}

#[test]
fn answers_that_make_no_sense_are_errors() {
    for (body, what) in [
        (json!([]), "no results"),
        (json!({"next": "x", "results": []}), "an empty page that has a next one"),
        (json!({"next": null, "results": [{"name": "x"}]}), "without an id"),
    ] {
        let error = lead(&mut *netbox().read(), &mut |_| Ok(answer(200, &body))).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let html = Reply { status: 200, headers: Default::default(), body: b"<html>".to_vec() };
    let error = lead(&mut *netbox().read(), &mut |_| Ok(html.clone())).unwrap_err().to_string();
    assert!(error.contains("no JSON"), "{error}");
    // Pages without end.
    let endless = json!({"next": "x", "results": [{"id": 1}]});
    assert!(lead(&mut *netbox().read(), &mut |_| Ok(answer(200, &endless))).is_err());
}

#[test]
fn new_devices_need_a_site() {
    let settings = Settings { site: None, ..Settings::new("netbox") };
    let changes = vec![change(&Target::New(AssetId("a".into())), Field::Name, None, "x")];
    assert!(NetBox::new(settings).push(changes, false).is_err());
}

/// Records every file of `tests/netbox/` on a fresh server: `lab/netbox.sh` runs this.
#[test]
#[ignore = "needs a fresh NetBox: lab/netbox.sh"]
fn record() {
    let url = std::env::var("SIGHTGLASS_NETBOX").expect("the address of a fresh NetBox");
    let token = std::env::var("SIGHTGLASS_NETBOX_TOKEN").expect("its token");
    let client = |token: &str| {
        Client::new(transport::Settings::new(&url), Some(netbox().authorization(token))).unwrap()
    };
    let mut good = client(&token);
    seed(&mut good);
    recorded("read", |send| lead(&mut *netbox().read(), send).map(drop), &mut good);
    let write = |send: &mut dyn FnMut(&Request) -> Result<Reply, Error>| {
        lead(&mut *netbox().push(changes(), false).unwrap(), send).map(|pushed| println!("{pushed:#?}"))
    };
    recorded("push", write, &mut good);
    recorded("read_after", |send| lead(&mut *netbox().read(), send).map(drop), &mut good);
    recorded("push_again", write, &mut good);
    recorded("bad_token", |send| lead(&mut *netbox().read(), send).map(drop), &mut client(&"0".repeat(40)));
}

type Send<'a> = &'a mut dyn FnMut(&Request) -> Result<Reply, Error>;

fn recorded(name: &str, dialogue: impl Fn(Send<'_>) -> Result<(), Error>, client: &mut Client) {
    let mut exchanges = Vec::new();
    let mut send = |request: &Request| {
        let reply = client.send(request)?;
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        exchanges.push(json!({"request": asked(request), "status": reply.status, "reply": body}));
        Ok(reply)
    };
    if let Err(error) = dialogue(&mut send) {
        println!("{name}: {error}");
    }
    let text = serde_json::to_string_pretty(&exchanges).unwrap();
    std::fs::write(file(name), text + "\n").unwrap();
}

/// A small plant as people keep it.
fn seed(client: &mut Client) {
    let mut make = |list: &str, body: Value| {
        let request = Request { method: Method::Post, ..Request::post(format!("/api/{list}/"), body) };
        client.send(&request).unwrap().json(&request).unwrap();
    };
    make("dcim/sites", json!({"name": "Lab plant", "slug": "lab-plant"}));
    make("dcim/locations", json!({"name": "Hall 3", "slug": "hall-3", "site": {"name": "Lab plant"}}));
    for (name, slug) in [("Siemens", "siemens"), ("Hirschmann", "hirschmann")] {
        make("dcim/manufacturers", json!({"name": name, "slug": slug}));
    }
    for (maker, model, slug, part) in [
        ("Siemens", "CPU 1516-3 PN/DP", "cpu-1516-3", "6ES7 516-3AN01-0AB0"),
        ("Siemens", "Panel", "panel", ""),
        ("Hirschmann", "RS20", "rs20", ""),
    ] {
        make(
            "dcim/device-types",
            json!({"manufacturer": {"name": maker}, "model": model, "slug": slug, "part_number": part}),
        );
    }
    for (name, slug) in [("PLC", "plc"), ("Panel", "panel"), ("Switch", "switch")] {
        make("dcim/device-roles", json!({"name": name, "slug": slug, "color": "9e9e9e"}));
    }
    for name in ["firmware_version", "criticality"] {
        make("extras/custom-fields", json!({"object_types": ["dcim.device"], "name": name, "type": "text"}));
    }
    let device = |name: &str, model: &str, role: &str| json!({"name": name, "device_type": {"model": model}, "role": {"name": role}, "site": {"name": "Lab plant"}});
    let with = |mut device: Value, key: &str, value: Value| {
        device[key] = value;
        device
    };
    let plc = device("plc-7", "CPU 1516-3 PN/DP", "PLC");
    make("dcim/devices", with(plc, "custom_fields", json!({"criticality": "high"})));
    make("dcim/devices", with(device("hmi-1", "Panel", "Panel"), "location", json!({"name": "Hall 3"})));
    let switch = with(device("switch-1", "RS20", "Switch"), "status", json!("planned"));
    make("dcim/devices", with(switch, "custom_fields", json!({"criticality": "low"})));
    for (device, name) in [("plc-7", "X1"), ("switch-1", "1/1"), ("switch-1", "1/2")] {
        make("dcim/interfaces", json!({"device": {"name": device}, "name": name, "type": "other"}));
    }
    for (mac, interface) in [("EC:E5:55:00:00:01", 2), ("EC:E5:55:00:00:02", 3)] {
        make(
            "dcim/mac-addresses",
            json!({"mac_address": mac, "assigned_object_type": "dcim.interface", "assigned_object_id": interface}),
        );
    }
    make("ipam/prefixes", json!({"prefix": "10.20.0.0/24"}));
    make(
        "ipam/ip-addresses",
        json!({"address": "10.20.0.7/24", "assigned_object_type": "dcim.interface", "assigned_object_id": 1}),
    );
    // Known, and of nobody.
    make("ipam/ip-addresses", json!({"address": "10.20.0.17/24"}));
}
