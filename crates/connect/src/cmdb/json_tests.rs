//! JSON as systems give it, and as it goes wrong.

use super::*;
use crate::cmdb::{Method, lead};
use model::id::AssetId;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn mapping(text: &str) -> Mapping {
    Mapping::parse(text).unwrap()
}

const NESTED: &str = r#"{
    "records": "/data/devices", "next": "/links/next", "path": "/api/devices?size=2",
    "id": "/uid", "name": "/attributes/label", "serial": "/attributes/serial",
    "ips": ["/interfaces/*/ip", "/mgmt"], "macs": "/interfaces/*/mac", "firmware": "/attributes/fw",
    "write": "/api/devices/{id}", "create": "/api/devices", "header": "X-API-Key: {token}"
}"#;

fn device() -> Value {
    json!({
        "uid": 7,
        "attributes": {"label": "plc-7", "serial": null, "fw": ""},
        "interfaces": [{"ip": "10.0.0.7/24", "mac": "001b1b000007"}, {"ip": "10.0.1.7", "mac": null}],
        "mgmt": ["10.9.9.9"], "vendor": {"id": 3, "name": "Siemens"}
    })
}

fn value_of(record: &Record, field: Field) -> String {
    record.value(field).unwrap_or_default()
}

#[test]
fn pointers_and_words_find_values() {
    let document = json!({"data": {"devices": [device()]}}).to_string();
    let records = read(document.as_bytes(), "api", &mapping(NESTED)).unwrap();
    let plc = &records[0];
    assert_eq!((plc.external_id.as_str(), value_of(plc, Field::Name)), ("7", "plc-7".into()));
    assert_eq!(value_of(plc, Field::Ips), "10.0.0.7, 10.0.1.7, 10.9.9.9");
    assert_eq!((value_of(plc, Field::Macs), plc.serial.clone()), ("00:1b:1b:00:00:07".into(), None));
    assert_eq!(value_of(plc, Field::Vendor), "Siemens", "found by its word");
    let plain = br#"[{"hostname": "a", "ip_address": "10.0.0.1, 10.0.0.2", "state": "in use"}]"#;
    let records = read(plain, "file", &Mapping::default()).unwrap();
    assert_eq!(
        (value_of(&records[0], Field::Ips), records[0].place.at.as_str()),
        ("10.0.0.1, 10.0.0.2".into(), "record 1")
    );
}

#[test]
fn what_is_wrong_is_named() {
    let wrong =
        |document: &str, map: &str| read(document.as_bytes(), "api", &mapping(map)).unwrap_err().to_string();
    assert!(wrong("{", "{}").contains("is no JSON"));
    assert!(wrong(r#"{"a": []}"#, "{}").contains("say with \"records\""));
    assert!(wrong(r#"{"a": []}"#, r#"{"records": "/b"}"#).contains("/b is no array"));
    assert!(
        wrong(r#"[{"ip": "10.0.0.1"}, {"ip": "plc"}]"#, "{}")
            .contains("record 2: ip is taken for ips, but \"plc\"")
    );
    assert!(wrong("[1]", "{}").contains("is no object"));
    assert!(wrong(r#"[{"colour": "red"}]"#, "{}").contains("no record has an address"));
    assert!(wrong(r#"[{"name": ["a"]}]"#, "{}").contains("holds a list"));
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(wrong(&deep, "{}").contains("is no JSON"), "depth is bounded");
}

/// A server with pages and records that can be written.
struct Server {
    asked: Vec<(Method, String)>,
    devices: BTreeMap<String, Value>,
}

impl Server {
    fn new() -> Self {
        Self { asked: Vec::new(), devices: BTreeMap::from([("7".into(), device())]) }
    }

    fn send(&mut self, request: &Request) -> Result<Reply, Error> {
        self.asked.push((request.method, request.path.clone()));
        let id = request.path.strip_prefix("/api/devices/").map(str::to_owned);
        let answer = match (request.method, id, request.body.clone()) {
            (Method::Get, None, _) if request.path.contains("page=2") => {
                json!({"data": {"devices": [{"uid": "8", "mgmt": "10.0.0.8"}]}})
            }
            (Method::Get, None, _) => {
                let next = "https://api.example/api/devices?page=2";
                json!({"data": {"devices": self.devices.values().collect::<Vec<_>>()}, "links": {"next": next}})
            }
            (Method::Get, Some(id), _) => self.devices[&id].clone(),
            (Method::Patch, Some(id), Some(body)) => {
                merge(self.devices.get_mut(&id).unwrap(), &body);
                Value::Null
            }
            (Method::Post, None, Some(body)) => {
                self.devices.insert("9".into(), body);
                Value::Null
            }
            other => panic!("{other:?}"),
        };
        Ok(Reply { status: 200, headers: BTreeMap::new(), body: answer.to_string().into_bytes() })
    }
}

/// RFC 7396, without deleting.
fn merge(into: &mut Value, patch: &Value) {
    match (into.as_object_mut(), patch.as_object()) {
        (Some(object), Some(patch)) => {
            patch
                .iter()
                .for_each(|(key, value)| merge(object.entry(key.clone()).or_insert(Value::Null), value));
        }
        _ => *into = patch.clone(),
    }
}

fn api(map: &str) -> JsonApi {
    JsonApi::new("https://api.example/", mapping(map))
}

#[test]
fn pages_are_followed_on_the_same_server_only() {
    let mut server = Server::new();
    let records = lead(&mut *api(NESTED).read(), &mut |r| server.send(r)).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(server.asked[1].1, "/api/devices?page=2");
    for (next, what) in [
        ("https://evil.example/", "elsewhere"),
        ("//evil.example/x", "elsewhere"),
        ("https://api.example.evil/x", "elsewhere"),
        ("/api/devices?size=2", "same page"),
    ] {
        let mut send = |_: &Request| {
            let body = json!({"data": {"devices": [device()]}, "links": {"next": next}});
            Ok(Reply { status: 200, headers: BTreeMap::new(), body: body.to_string().into_bytes() })
        };
        let error = lead(&mut *api(NESTED).read(), &mut send).unwrap_err().to_string();
        assert!(error.contains(what), "{next}: {error}");
    }
}

#[test]
fn paths_of_pages_are_below_the_address() {
    let reading = |address: &str| Reading {
        api: JsonApi::new(address, mapping(r#"{"next": "/next"}"#)),
        path: None,
        asked: None,
        records: Vec::new(),
    };
    for (address, next, wanted) in [
        ("https://a.example", "/api/d?p=2", "/api/d?p=2"),
        ("https://a.example/api", "/api/d?p=2", "/d?p=2"),
        ("https://a.example/api", "https://a.example/api/d?p=2", "/d?p=2"),
        ("https://a.example/api/d", "?p=2", "?p=2"),
    ] {
        let found = reading(address).following(&json!({"next": next})).unwrap();
        assert_eq!(found.as_deref(), Some(wanted), "{address} {next}");
    }
}

fn change(target: &Target, field: Field, before: Option<&str>, after: &str) -> Change {
    let before = before.map(str::to_owned);
    Change { target: target.clone(), field, before, after: after.into(), why: "seen".into(), evidence: None }
}

#[test]
fn values_are_written_where_they_were_read() {
    let mut server = Server::new();
    let (plc, new) = (Target::Record("7".into()), Target::New(AssetId("asset-1".into())));
    let changes = vec![
        change(&plc, Field::Serial, None, "X12345"),
        change(&plc, Field::Firmware, None, "V2"),
        change(
            &plc,
            Field::Ips,
            Some("10.0.0.7, 10.0.1.7, 10.9.9.9"),
            "10.0.0.7, 10.0.1.7, 10.9.9.9, 10.9.9.10",
        ),
        change(&plc, Field::Name, Some("plc-8"), "plc-9"),
        change(&plc, Field::Macs, Some("00:1b:1b:00:00:07"), "00:1b:1b:00:00:07, 00:1b:1b:00:00:08"),
        change(&new, Field::Name, None, "hmi"),
        change(&new, Field::Ips, None, "10.0.0.3"),
    ];
    let mut dialogue = api(NESTED).push(changes.clone(), false).unwrap();
    let pushed = lead(&mut *dialogue, &mut |r| server.send(r)).unwrap();
    let plc = &server.devices["7"];
    assert_eq!(plc["attributes"], json!({"label": "plc-7", "serial": "X12345", "fw": "V2"}));
    assert_eq!(plc["mgmt"], json!(["10.0.0.7", "10.0.1.7", "10.9.9.9", "10.9.9.10"]), "a list stays one");
    assert_eq!(server.devices["9"], json!({"attributes": {"label": "hmi"}, "mgmt": ["10.0.0.3"]}));
    assert!(pushed.refused.iter().any(|r| r.contains("name is plc-7 by now")), "{pushed:#?}");
    assert!(pushed.refused.iter().any(|r| r.contains("does not say where macs")), "{pushed:#?}");
    let dry =
        lead(&mut *api(NESTED).push(changes.clone(), true).unwrap(), &mut |_| panic!("nothing is sent"));
    assert_eq!(dry.unwrap(), Pushed::default());
    assert!(api("{}").push(changes, false).is_err());
}

#[test]
fn tokens_go_where_the_mapping_says() {
    assert_eq!(api(NESTED).authorization("t"), ("x-api-key".into(), "t".into()));
    assert_eq!(api("{}").authorization("t"), ("authorization".into(), "Bearer t".into()));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(text in "[\\[\\]{}\",:a-z0-9/*~. ]{0,120}", cut in 0..300_usize) {
        let _ = read(text.as_bytes(), "f", &Mapping::default());
        let whole = json!({"data": {"devices": [device()]}}).to_string();
        let _ = read(whole.as_bytes().get(..cut).unwrap_or_default(), "f", &mapping(NESTED));
        let mut found = Vec::new();
        let _ = find(&device(), &text, &mut found);
        let mut body = json!({});
        insert(&mut body, &text, json!(1));
    }
}
