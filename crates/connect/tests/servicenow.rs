//! ServiceNow against a strict stand-in on loopback that refuses what the documentation says is refused: a missing content type or
//! data source, a body of another shape, an unknown class, a wrong sign-in; and that pages, and hides rows, as the real one does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use model::cmdb::{Change, Field, Record, Target};
use model::id::AssetId;
use serde_json::{Value, json};
use sightglass_connect::cmdb::servicenow::{ServiceNow, Settings};
use sightglass_connect::cmdb::{Cmdb as _, Error, Pushed, Reply, Request, lead};
use sightglass_connect::transport::{self, Client};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const PLC: &str = "11111111111111111111111111111111";
const SWITCH: &str = "22222222222222222222222222222222";
const HIDDEN: &str = "33333333333333333333333333333333";
const CLASSES: &[&str] =
    &["cmdb_ci_ot", "cmdb_ci_ot_plc", "cmdb_ci_ot_rtu", "cmdb_ci_ip_switch", "cmdb_ci_computer"];

/// Column and value as stored, and as shown.
type Row = BTreeMap<&'static str, (String, String)>;

struct Instance {
    hardware: BTreeMap<String, Row>,
    adapters: Vec<Value>,
    /// The product for OT is installed.
    has_ot: bool,
    /// Method and path of every request.
    asked: Vec<String>,
    /// Bodies that were committed.
    committed: Vec<Value>,
}

fn row(class: (&str, &str), values: &[(&'static str, &str)]) -> Row {
    let mut row: Row = values.iter().map(|(k, v)| (*k, ((*v).to_owned(), (*v).to_owned()))).collect();
    row.insert("sys_class_name", (class.0.into(), class.1.into()));
    row
}

impl Instance {
    fn new() -> Self {
        let plc = row(
            ("cmdb_ci_ot_plc", "PLC"),
            &[("name", "plc-7"), ("ip_address", "10.0.0.7, DHCP"), ("model_number", "6ES7516")],
        );
        let switch = row(
            ("cmdb_ci_ip_switch", "IP Switch"),
            &[("name", "sw-1"), ("serial_number", "SW12345"), ("owned_by", "Jo")],
        );
        let hardware =
            [(PLC, plc), (SWITCH, switch), (HIDDEN, row(("cmdb_ci_ot_plc", "PLC"), &[("name", "secret")]))];
        Self {
            hardware: hardware.into_iter().map(|(id, row)| (id.to_owned(), row)).collect(),
            adapters: vec![
                json!({"cmdb_ci": PLC, "mac_address": "00:1b:1b:00:00:07", "ip_address": "10.0.1.7"}),
            ],
            has_ot: true,
            asked: Vec::new(),
            committed: Vec::new(),
        }
    }

    fn answer(&mut self, head: &Head, body: &[u8]) -> (u16, Value, Option<usize>) {
        self.asked.push(format!("{} {}", head.method, head.path));
        let refused = |status, why: &str| {
            (status, json!({"error": {"message": why, "detail": null}, "status": "failure"}), None)
        };
        // Basic lab:secret
        if head.headers.get("authorization").map(String::as_str) != Some("Basic bGFiOnNlY3JldA==") {
            return refused(401, "User Not Authenticated");
        }
        if head.headers.get("accept").map(String::as_str) != Some("application/json") {
            return refused(406, "Not acceptable");
        }
        let (path, query) = head.path.split_once('?').unwrap_or((&head.path, ""));
        let query: BTreeMap<String, String> = query
            .split('&')
            .filter_map(|p| p.split_once('='))
            .map(|(k, v)| (k.to_owned(), unescape(v)))
            .collect();
        if let Some(table) = path.strip_prefix("/api/now/table/") {
            return self.table(table, &query);
        }
        let Some(verb) = path.strip_prefix("/api/now/identifyreconcile") else {
            return refused(404, "No such API");
        };
        if head.method != "POST"
            || head.headers.get("content-type").map(String::as_str) != Some("application/json")
        {
            return refused(415, "Unsupported media type");
        }
        if query.get("sysparm_data_source").is_none_or(|s| s != "Sightglass") {
            return refused(400, "sysparm_data_source is missing or no choice of discovery_source");
        }
        let Some(item) = serde_json::from_slice::<Value>(body).ok().filter(is_payload) else {
            return refused(500, "the payload has no items");
        };
        let result = self.identify(&item["items"][0], verb.is_empty());
        if verb.is_empty() {
            self.committed.push(item);
        }
        (200, json!({"result": {"items": [result], "additionalCommittedItems": [], "relations": []}}), None)
    }

    fn table(&self, path: &str, query: &BTreeMap<String, String>) -> (u16, Value, Option<usize>) {
        let all = query.get("sysparm_display_value").map(String::as_str);
        let fields: Vec<&str> = query["sysparm_fields"].split(',').collect();
        let shown = |id: &str, row: &Row| -> Value {
            let cell = |name: &&str| {
                let (value, display) = if *name == "sys_id" {
                    (id.to_owned(), id.to_owned())
                } else {
                    row.get(*name).cloned().unwrap_or_default()
                };
                let cell = match all {
                    Some("all") => json!({"value": value, "display_value": display}),
                    Some("true") => json!(display),
                    _ => json!(value),
                };
                ((*name).to_owned(), cell)
            };
            Value::Object(fields.iter().map(cell).collect())
        };
        if let Some((_, id)) = path.split_once('/') {
            return match self.hardware.get(id) {
                Some(row) => (200, json!({"result": shown(id, row)}), None),
                None => (404, json!({"error": {"message": "No Record found"}, "status": "failure"}), None),
            };
        }
        let number = |name: &str| query.get(name).and_then(|n| n.parse().ok()).unwrap_or(0_usize);
        let (limit, offset) = (number("sysparm_limit"), number("sysparm_offset"));
        let rows: Vec<Value> = match path {
            "cmdb_ci_hardware" => self.hardware.iter().map(|(id, row)| shown(id, row)).collect(),
            "cmdb_ci_ot" if self.has_ot => {
                let ot =
                    self.hardware.iter().filter(|(_, r)| r["sys_class_name"].0.starts_with("cmdb_ci_ot"));
                ot.map(|(id, row)| shown(id, row)).collect()
            }
            "cmdb_ci_network_adapter" => self.adapters.clone(),
            "core_company" if query["sysparm_query"].contains("name=Siemens^") => {
                vec![json!({"sys_id": "c0"})]
            }
            "core_company" | "cmdb_model" => Vec::new(),
            other => {
                return (
                    400,
                    json!({"error": {"message": format!("Invalid table {other}")}, "status": "failure"}),
                    None,
                );
            }
        };
        let total = rows.len();
        // The user may not see one of the rows: it is counted, and left out of its page.
        let page =
            rows.into_iter().skip(offset).take(limit).filter(|r| r["sys_id"] != HIDDEN).collect::<Vec<_>>();
        (200, json!({"result": page}), Some(total))
    }

    /// By serial number, then by name, as the hardware rule does.
    fn identify(&mut self, item: &Value, commit: bool) -> Value {
        let class = item["className"].as_str().unwrap_or_default();
        let errors = |error: &str, message: String| json!({"className": class, "operation": "NO_CHANGE", "errorCount": 1, "errors": [{"error": error, "message": message}]});
        if !CLASSES.contains(&class) {
            return errors("INVALID_INPUT_DATA", format!("In payload class {class} is not a valid class"));
        }
        let value = |name: &str| item["values"][name].as_str().unwrap_or_default().to_owned();
        if value("name").is_empty() && value("serial_number").is_empty() {
            return errors("MISSING_MATCHING_ATTRIBUTES", "nothing to identify by".into());
        }
        let by = |name: &str| {
            let wanted = value(name);
            self.hardware
                .iter()
                .find(|(_, r)| !wanted.is_empty() && r.get(name).is_some_and(|v| v.0 == wanted))
                .map(|(id, _)| id.clone())
        };
        let found = by("serial_number").or_else(|| by("name"));
        let operation = if found.is_some() { "UPDATE" } else { "INSERT" };
        let id = found.unwrap_or_else(|| format!("{:032}", self.hardware.len()));
        if commit {
            let row = self.hardware.entry(id.clone()).or_insert_with(|| row((class, class), &[]));
            for name in
                ["name", "serial_number", "firmware_version", "model_number", "ip_address", "mac_address"]
            {
                let value = item["values"][name].as_str();
                value.map(|v| row.insert(name, (v.to_owned(), v.to_owned())));
            }
            if item["values"]["manufacturer"] == "c0" {
                row.insert("manufacturer", ("c0".into(), "Siemens".into()));
            }
            for adapter in item["lookup"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|a| a["className"] == "cmdb_ci_network_adapter")
            {
                let mut adapter = adapter["values"].clone();
                adapter["cmdb_ci"] = json!(id);
                self.adapters.push(adapter);
            }
        }
        json!({"className": class, "operation": operation, "sysId": id, "errorCount": 0, "inputIndices": [0]})
    }
}

/// `{"items": [{"className": text, "values": object, "lookup"?: [...]}], "relations"?: [...]}`, and nothing else.
fn is_payload(body: &Value) -> bool {
    let known =
        ["className", "values", "lookup", "related", "internal_id", "settings", "sys_object_source_info"];
    let item = |item: &Value| {
        let keys = item.as_object().is_some_and(|o| o.keys().all(|k| known.contains(&k.as_str())));
        keys && item["className"].is_string()
            && item["values"].as_object().is_some_and(|v| v.values().all(Value::is_string))
            && item.get("lookup").is_none_or(|l| {
                l.as_array().is_some_and(|all| all.iter().all(|l| l["className"].is_string()))
            })
    };
    let keys = body
        .as_object()
        .is_some_and(|o| o.keys().all(|k| ["items", "relations", "referenceItems"].contains(&k.as_str())));
    keys && body["items"].as_array().is_some_and(|items| !items.is_empty() && items.iter().all(item))
}

fn unescape(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let pair = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap());
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).unwrap()
}

struct Head {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
}

fn serve(stream: &mut TcpStream, instance: &Mutex<Instance>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = || {
        let mut text = String::new();
        reader.read_line(&mut text).ok()?;
        Some(text.trim_end().to_owned()).filter(|t| !t.is_empty())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    while let Some(text) = line() {
        let (name, value) = text.split_once(':')?;
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, answer, total) = instance.lock().unwrap().answer(&Head { method, path, headers }, &body);
    let answer = answer.to_string();
    let total = total.map(|t| format!("X-Total-Count: {t}\r\n")).unwrap_or_default();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\n{total}Content-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    )
    .ok()
}

fn start() -> (Client, Arc<Mutex<Instance>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let instance = Arc::new(Mutex::new(Instance::new()));
    let behind = Arc::clone(&instance);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap(), &behind);
        }
    });
    (client(&url, "lab:secret"), instance)
}

fn client(url: &str, token: &str) -> Client {
    Client::new(transport::Settings::new(url), Some(servicenow("Sightglass").authorization(token))).unwrap()
}

fn servicenow(source: &str) -> ServiceNow {
    ServiceNow::new(Settings { page: 2, ..Settings::new("https://lab.example", source) })
}

fn read(client: &mut Client) -> Vec<Record> {
    lead(&mut *servicenow("Sightglass").read(), &mut |request| client.send(request)).unwrap()
}

fn push(client: &mut Client, changes: Vec<Change>, dry_run: bool) -> Pushed {
    let mut dialogue = servicenow("Sightglass").push(changes, dry_run).unwrap();
    lead(&mut *dialogue, &mut |request| client.send(request)).unwrap()
}

fn change(target: &Target, field: Field, before: Option<&str>, after: &str) -> Change {
    let before = before.map(str::to_owned);
    Change { target: target.clone(), field, before, after: after.into(), why: "seen".into(), evidence: None }
}

fn value(record: &Record, field: Field) -> String {
    record.value(field).unwrap_or_default()
}

#[test]
fn rows_are_read_with_versions_and_adapters() {
    let (mut client, instance) = start();
    instance
        .lock()
        .unwrap()
        .hardware
        .get_mut(PLC)
        .unwrap()
        .insert("firmware_version", ("V2.9".into(), "V2.9".into()));
    let records = read(&mut client);
    let [plc, switch] = records.as_slice() else { panic!("{records:#?}") };
    assert_eq!((plc.external_id.as_str(), value(plc, Field::Firmware)), (PLC, "V2.9".into()));
    assert_eq!(value(plc, Field::Ips), "10.0.0.7, 10.0.1.7", "DHCP is no address");
    assert_eq!(
        (value(plc, Field::Macs), value(plc, Field::Role)),
        ("00:1b:1b:00:00:07".into(), "PLC".into())
    );
    assert_eq!((value(switch, Field::Serial), value(switch, Field::Owner)), ("SW12345".into(), "Jo".into()));
    let pages =
        instance.lock().unwrap().asked.iter().filter(|a| a.contains("table/cmdb_ci_hardware?")).count();
    assert_eq!(pages, 2, "a page that is short for lack of rights is not the last");
}

#[test]
fn without_the_ot_product_the_rest_is_read() {
    let (mut client, instance) = start();
    instance.lock().unwrap().has_ot = false;
    assert_eq!(read(&mut client).len(), 2);
}

fn changes() -> Vec<Change> {
    let (plc, new) = (Target::Record(PLC.into()), Target::New(AssetId("asset-9".into())));
    vec![
        change(&plc, Field::Serial, None, "S C-X1"),
        change(&plc, Field::Firmware, None, "V2.9.4"),
        change(&plc, Field::Vendor, None, "Siemens"),
        change(&plc, Field::Product, None, "CPU 1516-3"),
        change(&plc, Field::OrderNumber, Some("6ES7515"), "6ES7 516-3AN01-0AB0"),
        change(&new, Field::Name, None, "rtu-9"),
        change(&new, Field::Role, None, "RTU"),
        change(&new, Field::Firmware, None, "9.8"),
        change(&new, Field::Macs, None, "00:80:f4:00:00:09"),
        change(&new, Field::Ips, None, "10.0.0.9"),
    ]
}

#[test]
fn a_dry_run_asks_and_changes_nothing() {
    let (mut client, instance) = start();
    let pushed = push(&mut client, changes(), true);
    assert!(pushed.done.iter().any(|d| d.contains("would be UPDATE in cmdb_ci_ot_plc")), "{pushed:#?}");
    assert!(
        pushed.done.iter().any(|d| d.contains("new record rtu-9: would be INSERT in cmdb_ci_ot_rtu")),
        "{pushed:#?}"
    );
    assert!(instance.lock().unwrap().committed.is_empty());
}

#[test]
fn changes_go_through_the_engine() {
    let (mut client, instance) = start();
    let pushed = push(&mut client, changes(), false);
    let refused = |what: &str| pushed.refused.iter().any(|r| r.contains(what));
    assert!(
        refused("cmdb_model has no CPU 1516-3") && refused("order_number is 6ES7516 by now: left alone"),
        "{pushed:#?}"
    );
    assert_eq!((pushed.done.len(), pushed.refused.len()), (2, 2), "{pushed:#?}");
    let records = read(&mut client);
    let plc = records.iter().find(|r| r.external_id.as_str() == PLC).unwrap();
    assert_eq!((value(plc, Field::Serial), value(plc, Field::Vendor)), ("S C-X1".into(), "Siemens".into()));
    assert_eq!(
        (value(plc, Field::Firmware), value(plc, Field::OrderNumber)),
        ("V2.9.4".into(), "6ES7516".into())
    );
    let rtu = records.iter().find(|r| value(r, Field::Name) == "rtu-9").unwrap();
    assert_eq!(
        (value(rtu, Field::Ips), value(rtu, Field::Macs)),
        ("10.0.0.9".into(), "00:80:f4:00:00:09".into())
    );
    // Again: the new one is there by now, and nothing is written.
    let before = instance.lock().unwrap().committed.len();
    let again = push(&mut client, changes()[5..].to_vec(), false);
    assert!(again.refused[0].contains("the engine takes it for a CI that is there"), "{again:#?}");
    assert_eq!(instance.lock().unwrap().committed.len(), before);
}

#[test]
fn the_engine_must_mean_the_same_ci() {
    let (mut client, instance) = start();
    // Another CI has the serial number that would be written: the engine would update that one.
    let plc = Target::Record(PLC.into());
    let pushed = push(&mut client, vec![change(&plc, Field::Serial, None, "SW12345")], false);
    assert!(pushed.refused[0].contains(&format!("another CI ({SWITCH})")), "{pushed:#?}");
    assert!(instance.lock().unwrap().committed.is_empty());
    // A class without the column.
    let switch = Target::Record(SWITCH.into());
    let pushed = push(&mut client, vec![change(&switch, Field::Firmware, None, "1.0")], false);
    assert!(pushed.refused[0].contains("cmdb_ci_ip_switch has no column for firmware"), "{pushed:#?}");
    // An unknown class: historians are not installed here.
    let new = Target::New(AssetId("asset-1".into()));
    let changes = vec![change(&new, Field::Name, None, "hist"), change(&new, Field::Role, None, "Historian")];
    let pushed = push(&mut client, changes, false);
    assert!(pushed.refused[0].contains("not a valid class"), "{pushed:#?}");
}

/// The stand-in itself is strict: what we never send is refused.
#[test]
fn the_stand_in_refuses_what_the_real_one_refuses() {
    let (mut good, _instance) = start();
    let status = |client: &mut Client, path: &str, body: Value| {
        let request = Request::post(format!("/api/now/identifyreconcile{path}"), body);
        client.send(&request).unwrap().status
    };
    let item = json!({"items": [{"className": "cmdb_ci_ot", "values": {"name": "x"}}]});
    assert_eq!(status(&mut good, "/query?sysparm_data_source=Sightglass", item.clone()), 200);
    assert_eq!(status(&mut good, "/query", item.clone()), 400);
    assert_eq!(status(&mut good, "/query?sysparm_data_source=Sightglass", json!([item])), 500);
    let error = lead(&mut *servicenow("X").push(changes(), false).unwrap(), &mut |r| good.send(r)).unwrap();
    assert!(
        error
            .refused
            .iter()
            .all(|r| r.contains("discovery_source") || r.contains("by now") || r.contains("no CPU")),
        "{error:#?}"
    );
    assert!(servicenow(" ").push(changes(), false).is_err(), "never without a data source");
}

#[test]
fn a_wrong_sign_in_is_told() {
    let (good, _instance) = start();
    let url = format!("{good:?}").split('"').nth(1).unwrap().to_owned();
    let mut wrong = client(&url, "lab:wrong");
    let error: Error = lead(&mut *servicenow("Sightglass").read(), &mut |r| wrong.send(r)).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("401") && !error.contains("wrong:") && !error.contains("lab:wrong"), "{error}");
    assert_eq!(servicenow("x").authorization("abc").1, "Bearer abc");
}

#[test]
fn pages_that_never_end_are_left() {
    let mut send = |_: &Request| {
        Ok(Reply {
            status: 200,
            headers: [("x-total-count".to_owned(), "18446744073709551615".to_owned())].into(),
            body: json!({"result": []}).to_string().into_bytes(),
        })
    };
    assert!(lead(&mut *servicenow("x").read(), &mut send).is_err());
}
