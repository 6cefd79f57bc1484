//! Logs of other systems say what the captures say that they were made from: ends, who is client and who server, messages, operations.
//!
//! The logs are those that Zeek and the ICSNPP parsers keep as what their own tests expect, in the corpus beside the repository. Their
//! times are blotted out, and where they have no header it is added here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The corpus, or nothing with a loud message.
fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("SIGHTGLASS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    if corpus.join("truth/icsnpp").is_dir() {
        return Some(corpus);
    }
    eprintln!(
        "\n!!! NO CORPUS at {}: logs were NOT compared with captures. Set SIGHTGLASS_SHARED.\n",
        corpus.display()
    );
    None
}

fn analyze(files: &[PathBuf]) -> Value {
    let run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
        .args(["analyze", "--quiet", "--format", "json"])
        .args(files)
        .output()
        .unwrap();
    assert!(run.status.code().is_some_and(|c| c < 2), "{files:?}: {}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

const ID: &str = "id.orig_h id.orig_p id.resp_h id.resp_p";
const WAY: &str = "is_orig source_h source_p destination_h destination_p";

/// Field names of logs whose expected output is kept without them, as far as they are used.
fn fields(log: &str) -> Option<String> {
    Some(match log {
        "conn" => format!("{ID} proto service"),
        "modbus" => format!("ts uid {ID} func exception"),
        "enip" => format!("ts uid {ID} {WAY} enip_command_code enip_command length session enip_status"),
        "cip" => format!(
            "ts uid {ID} {WAY} cip_sequence_count direction cip_service_code cip_service cip_status_code \
             cip_status extended extended_words class_id class_name"
        ),
        "cip_io" => format!("ts uid {ID} {WAY} connection_id sequence_number"),
        "cip_identity" => format!(
            "ts uid {ID} {WAY} version socket_address socket_port vendor_id vendor_name device_type_id \
             device_type_name product_code revision device_status serial_number product_name device_state"
        ),
        "opcua_binary" => format!(
            "ts uid {ID} msg_type final size error reason version a b c d endpoint_url channel e sec_policy_uri \
             f g h i request j k l m req_identifier n o p q r s t u v w x y z zz res_size res_seq res_mask \
             res_space res_identifier"
        ),
        "c1222" => format!("{ID} proto elements is_encrypted_epsem services"),
        "roc_plus" => format!("{ID} proto packet_type a b c d opcode"),
        "omron_fins_general" => {
            format!("ts {ID} proto a b c d e f g icf_data_type h i j k l m n o p command_code response_code")
        }
        "hart_ip_general" => format!(
            "ts uid {ID} proto bytes version reserved header_message_type_message_type header_message_id a b c d e \
             f g h i j k token_passing_pdu_command_number l m token_passing_pdu_contents_response_response_code"
        ),
        _ => return None,
    })
}

/// The logs of a folder, each with a header; those without one that are not needed are left out.
fn with_headers(folder: &Path, into: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries.into_iter().filter(|p| p.extension().is_some_and(|e| e == "log")) {
        let log = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        if text.lines().any(|l| l.starts_with("#fields")) {
            files.push(path);
            continue;
        }
        let rows: Vec<&str> = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
        let (Some(names), Some(first)) = (fields(&log), rows.first()) else { continue };
        let mut names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
        let columns = first.split('\t').count();
        assert!(names.len() <= columns, "{log}: {columns} columns, {} names", names.len());
        names.extend((names.len()..columns).map(|n| format!("other{n}")));
        let whole =
            format!("#separator \\x09\n#path\t{log}\n#fields\t{}\n{}\n", names.join("\t"), rows.join("\n"));
        let to = into.join(format!("{log}.log"));
        std::fs::write(&to, whole).unwrap();
        files.push(to);
    }
    files
}

type Operations = BTreeMap<String, (String, u64, u64)>;
type Ends = (String, String, Option<u64>);

/// Operations by conversation: client, server and port. Failures are left out: few logs tell them.
fn conversations(analysis: &Value, protocol: &str) -> BTreeMap<Ends, Operations> {
    let mut all = BTreeMap::new();
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    for c in analysis["conversations"].as_array().unwrap().iter().filter(|c| c["protocol"] == protocol) {
        let count = |o: &Value, what: &str| o[what].as_u64().unwrap_or(0);
        let operations: Operations = c["operations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| (text(&o["name"]), (text(&o["class"]), count(o, "requests"), count(o, "responses"))))
            .collect();
        if !operations.is_empty() {
            all.insert((text(&c["client"]), text(&c["server"]), c["server_port"].as_u64()), operations);
        }
    }
    all
}

/// Logs, the capture they were made from, the protocol of the conversations, the protocols whose messages count, and what ICSNPP does not
/// log: operations by name, messages as `counter direction code`.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    ("icsnpp-modbus/analyzer.basic", "icsnppmodbus_modbus-example_a84656f9.pcap", "modbus", &["modbus"], &[]),
    (
        "icsnpp-enip/analyzer.basic",
        "icsnppenip_enip-cip-example_26cfe3df.pcap",
        "enip",
        &["enip", "cip"],
        &[],
    ),
    ("icsnpp-enip/analyzer.basic", "icsnppenip_enip-cip-example_26cfe3df.pcap", "cip-io", &["cip-io"], &[]),
    (
        "icsnpp-enip/analyzer.multiple_service_request",
        "icsnppenip_multiple-service-packet-cip_4eed29d0.pcapng",
        "enip",
        &["enip", "cip"],
        &[],
    ),
    (
        "icsnpp-enip/analyzer.set_attr_single_service",
        "icsnppenip_set-attribute-single-service-cip_9b24d02e.pcapng",
        "enip",
        &["enip", "cip"],
        &[],
    ),
    (
        "icsnpp-s7comm/analyzer.s7comm_plus",
        "icsnpps7comm_s7comm-plus_2f9befe0.pcap",
        "s7comm-plus",
        &["s7comm-plus"],
        &[],
    ),
    (
        "icsnpp-s7comm/analyzer.s7comm_plus",
        "icsnpps7comm_s7comm-plus_2f9befe0.pcap",
        "s7comm",
        &["s7comm"],
        &[],
    ),
    (
        "icsnpp-s7comm/analyzer.s7ident",
        "icsnpps7comm_s7ident_7a2ae7f2.pcap",
        "s7comm",
        &["s7comm"],
        &["rosctr s2c 2"],
    ),
    (
        "icsnpp-s7comm/analyzer.snap7",
        "icsnpps7comm_snap7_2b91f6a8.pcap",
        "s7comm",
        &["s7comm"],
        &["rosctr s2c 2", "rosctr c2s 7", "rosctr s2c 7", "read_szl"],
    ),
    (
        "icsnpp-opcua-binary/analyzer.basic",
        "icsnppopcuabinary_open62541-client-server-mainloop_07dd69db.pcap",
        "opcua",
        &["opcua"],
        &[],
    ),
    (
        "icsnpp-opcua-binary/analyzer.no-handshake",
        "icsnppopcuabinary_open62541-client-server-mainloop-no-handshake_4ac70bde.pcapng",
        "opcua",
        &["opcua"],
        &[],
    ),
    (
        "icsnpp-opcua-binary/analyzer.non-standard-port",
        "icsnppopcuabinary_open62541-client-server-mainloop-not-localhost-n_3c980f1c.pcap",
        "opcua",
        &["opcua"],
        &[],
    ),
    ("icsnpp-genisys/analyzer.basic", "icsnppgenisys_genisys_47caf1bf.pcap", "genisys", &["genisys"], &[]),
    ("icsnpp-hart-ip/tests.hart_ip", "icsnpphartip_hart-ip_dda914bf.pcapng", "hart-ip", &["hart-ip"], &[]),
    // Commands and answers of that capture leave from one end: the sum counts, not the direction.
    ("icsnpp-omron-fins/tests.omron_fins", "icsnppomronfins_omron_5f23554f.pcapng", "fins", &[], &[]),
    (
        "icsnpp-synchrophasor/analyzer.1PMU_TCP",
        "icsnppsynchrophaso_c37-118-1pmu-tcp_a42fa664.pcap",
        "synchrophasor",
        &["synchrophasor"],
        &[],
    ),
    (
        "icsnpp-synchrophasor/analyzer.1PMU_UDP",
        "icsnppsynchrophaso_c37-118-1pmu-udp_a353a778.pcap",
        "synchrophasor",
        &["synchrophasor"],
        &[],
    ),
    (
        "icsnpp-iec61850-goose/tests.test-GOOSE",
        "icssecuritytools_goose_746619df.pcap",
        "goose",
        &["goose"],
        &[],
    ),
    (
        "icsnpp-c1222/tests.c1222_ident_service_tcp",
        "icsnppc1222_c1222-ident-service-tcp_e774f064.pcap",
        "c1222",
        &["c1222"],
        &[],
    ),
    (
        "icsnpp-c1222/tests.c1222_rw_service_tcp",
        "icsnppc1222_c1222-rw-service-tcp_c72fc593.pcap",
        "c1222",
        &["c1222"],
        &[],
    ),
    (
        "icsnpp-c1222/tests.c1222_security_service_tcp",
        "icsnppc1222_c1222-security-service-tcp_f7619bdd.pcap",
        "c1222",
        &["c1222"],
        &[],
    ),
];

/// What differs between logs and capture, one line each.
fn differences(logs: &Value, capture: &Value, case: &Case) -> Vec<String> {
    let (_, _, protocol, counted, except) = case;
    let mut wrong = Vec::new();
    let (ours, theirs) = (conversations(logs, protocol), conversations(capture, protocol));
    if ours.is_empty() {
        wrong.push("no conversation".to_owned());
    }
    for ends in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (a, b) =
            (ours.get(ends).cloned().unwrap_or_default(), theirs.get(ends).cloned().unwrap_or_default());
        for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            if a.get(name) != b.get(name) && !except.contains(&name.as_str()) {
                wrong.push(format!(
                    "{ends:?} {name}: {:?} in the log, {:?} in the capture",
                    a.get(name),
                    b.get(name)
                ));
            }
        }
    }
    for family in *counted {
        let flat = |analysis: &Value| {
            let mut all = BTreeMap::new();
            for (counter, ways) in analysis["messages"][family].as_object().into_iter().flatten() {
                for (way, codes) in ways.as_object().unwrap() {
                    for (code, count) in codes.as_object().unwrap() {
                        all.insert(format!("{counter} {way} {code}"), count.as_u64().unwrap());
                    }
                }
            }
            all
        };
        let (a, b) = (flat(logs), flat(capture));
        for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            if a.get(key) != b.get(key) && !except.contains(&key.as_str()) {
                wrong.push(format!(
                    "{family} {key}: {:?} in the log, {:?} in the capture",
                    a.get(key),
                    b.get(key)
                ));
            }
        }
    }
    wrong
}

#[test]
fn logs_agree_with_the_captures_they_were_made_from() {
    let Some(corpus) = corpus() else { return };
    let mut faults = Vec::new();
    for case in CASES {
        let (folder, capture, protocol, ..) = case;
        let made = tempfile::tempdir().unwrap();
        let files = with_headers(&corpus.join("truth/icsnpp").join(folder), made.path());
        let (logs, capture) = (analyze(&files), analyze(&[corpus.join("pcaps").join(capture)]));
        let wrong = differences(&logs, &capture, case);
        faults.extend(wrong.into_iter().map(|w| format!("{folder} {protocol}: {w}")));
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn connections_agree_with_the_captures_they_were_made_from() {
    let Some(corpus) = corpus() else { return };
    for (log, capture) in [
        ("icsnpp/icsnpp-modbus/analyzer.basic", "icsnppmodbus_modbus-example_a84656f9.pcap"),
        ("icsnpp/icsnpp-enip/analyzer.basic", "icsnppenip_enip-cip-example_26cfe3df.pcap"),
        ("icsnpp/icsnpp-s7comm/analyzer.s7comm_plus", "icsnpps7comm_s7comm-plus_2f9befe0.pcap"),
        ("icsnpp/icsnpp-s7comm/analyzer.snap7", "icsnpps7comm_snap7_2b91f6a8.pcap"),
    ] {
        let log = corpus.join("truth").join(log).join("conn.log");
        let (logs, capture) = (analyze(&[log]), analyze(&[corpus.join("pcaps").join(capture)]));
        let of = |analysis: &Value| {
            let mut all = BTreeSet::new();
            for c in analysis["conversations"].as_array().unwrap() {
                let industrial = ["modbus", "enip", "cip-io", "s7comm", "s7comm-plus"];
                if industrial.iter().any(|p| c["protocol"] == *p) {
                    all.insert(format!(
                        "{} {} {} {} {} packets",
                        c["client"], c["server"], c["server_port"], c["protocol"], c["packets"]
                    ));
                }
            }
            all
        };
        let (ours, theirs) = (of(&logs), of(&capture));
        // Zeek has one name for Ethernet/IP whatever it carries, and so `enip` for cyclic data as well.
        let same = ours.iter().map(|c| c.replace("cip-io", "enip")).collect::<BTreeSet<_>>()
            == theirs.iter().map(|c| c.replace("cip-io", "enip")).collect();
        assert!(same && !ours.is_empty(), "{ours:#?} {theirs:#?}");
    }
}

/// A tab-separated log as the documents of other writers.
fn respelled(path: &Path) -> (String, Vec<Value>, Vec<Value>) {
    let text = std::fs::read_to_string(path).unwrap();
    let header = |key: &str| text.lines().find_map(|l| l.strip_prefix(key).map(str::to_owned)).unwrap();
    let (log, names) = (header("#path\t"), header("#fields\t"));
    let (mut zeek, mut malcolm) = (Vec::new(), Vec::new());
    for row in text.lines().filter(|l| !l.starts_with('#')) {
        let mut flat = serde_json::Map::new();
        let mut own = serde_json::Map::new();
        let mut document = json!({ "event": { "dataset": log, "provider": "zeek" } });
        let pairs: BTreeMap<&str, &str> =
            names.split('\t').zip(row.split('\t')).filter(|(_, v)| *v != "-" && *v != "(empty)").collect();
        flat.insert("_path".into(), json!(log));
        for (name, value) in &pairs {
            let value = match *value {
                "T" => json!(true),
                "F" => json!(false),
                v => v.parse::<u64>().map_or_else(|_| json!(v), |n| json!(n)),
            };
            let place = match (*name, pairs.contains_key("source_h")) {
                ("source_h", _) | ("id.orig_h", false) => "/source/ip",
                ("source_p", _) | ("id.orig_p", false) => "/source/port",
                ("destination_h", _) | ("id.resp_h", false) => "/destination/ip",
                ("destination_p", _) | ("id.resp_p", false) => "/destination/port",
                ("id.orig_h" | "id.orig_p" | "id.resp_h" | "id.resp_p", true) => "",
                ("is_orig", _) => "/network/is_orig",
                ("uid", _) => "/zeek/uid",
                ("proto", _) => "/network/transport",
                ("service", _) => "/network/protocol",
                ("ts", _) => "/@timestamp",
                _ => "own",
            };
            flat.insert((*name).to_owned(), value.clone());
            match place {
                "" => {}
                "own" => {
                    own.insert((*name).to_owned(), value);
                }
                place => put(&mut document, place, value),
            }
        }
        put(&mut document, &format!("/zeek/{log}"), Value::Object(own));
        zeek.push(Value::Object(flat));
        malcolm.push(document);
    }
    (log, zeek, malcolm)
}

fn put(document: &mut Value, place: &str, value: Value) {
    let mut at = document;
    for key in place.split('/').skip(1) {
        at = at.as_object_mut().unwrap().entry(key).or_insert_with(|| json!({}));
    }
    *at = value;
}

#[test]
fn every_spelling_gives_the_same_posture() {
    let Some(corpus) = corpus() else { return };
    let said = |mut analysis: Value| {
        // What is left out names the files themselves.
        for key in ["captures", "problems"] {
            analysis[key] = json!(null);
        }
        strip(&mut analysis);
        analysis
    };
    for folder in
        ["icsnpp-modbus/analyzer.basic", "icsnpp-s7comm/analyzer.s7comm_plus", "icsnpp-enip/analyzer.basic"]
    {
        let made = tempfile::tempdir().unwrap();
        let files = with_headers(&corpus.join("truth/icsnpp").join(folder), made.path());
        let expected = said(analyze(&files));
        let (mut zeek, mut hits) = (Vec::new(), Vec::new());
        for file in &files {
            let (_, lines, documents) = respelled(file);
            zeek.extend(lines);
            hits.extend(documents);
        }
        let lines: Vec<String> = zeek.iter().map(Value::to_string).collect();
        let search: Vec<Value> = hits.iter().map(|d| json!({ "_index": "arkime", "_source": d })).collect();
        for (name, text) in [
            ("zeek.json", lines.join("\n")),
            ("array.json", serde_json::to_string_pretty(&zeek).unwrap()),
            ("malcolm.ndjson", hits.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")),
            ("search.json", json!({ "took": 3, "hits": { "total": 1, "hits": search } }).to_string()),
        ] {
            let path = made.path().join(name);
            std::fs::write(&path, text).unwrap();
            assert_eq!(said(analyze(&[path])), expected, "{folder} as {name}");
        }
    }
}

/// Evidence names file and line; those differ between spellings.
fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("evidence");
            map.values_mut().for_each(strip);
        }
        Value::Array(all) => all.iter_mut().for_each(strip),
        _ => {}
    }
}

/// A line of each kind that Suricata writes, in the fields of its schema.
const EVE: &str = r#"{"timestamp":"2024-05-01T10:00:05.000000+0000","flow_id":11,"event_type":"modbus","src_ip":"10.1.0.5","src_port":40000,"dest_ip":"10.1.0.9","dest_port":502,"proto":"TCP","modbus":{"id":1,"request":{"transaction_id":1,"protocol_id":0,"unit_id":1,"function_raw":5,"function_code":"WrSingleCoil","access_type":"WRITE | COILS"},"response":{"transaction_id":1,"unit_id":1,"function_raw":5,"function_code":"WrSingleCoil"}}}
{"timestamp":"2024-05-01T10:00:06.000000+0000","flow_id":11,"event_type":"alert","src_ip":"10.1.0.5","src_port":40000,"dest_ip":"10.1.0.9","dest_port":502,"proto":"TCP","alert":{"signature":"x"}}
{"timestamp":"2024-05-01T10:01:00.000000+0000","flow_id":11,"event_type":"flow","src_ip":"10.1.0.5","src_port":40000,"dest_ip":"10.1.0.9","dest_port":502,"proto":"TCP","app_proto":"modbus","flow":{"pkts_toserver":7,"pkts_toclient":6,"bytes_toserver":700,"bytes_toclient":600,"start":"2024-05-01T10:00:00.000000+0000","end":"2024-05-01T10:00:30.000000+0000"}}
{"timestamp":"2024-05-01T10:00:07.000000+0000","flow_id":12,"event_type":"ssh","src_ip":"10.1.0.5","src_port":40001,"dest_ip":"10.1.0.9","dest_port":22,"proto":"TCP","ssh":{"client":{"proto_version":"2.0","software_version":"OpenSSH_9.2"},"server":{"proto_version":"2.0","software_version":"dropbear_2019.78"}}}
{"timestamp":"2024-05-01T10:00:08.000000+0000","flow_id":13,"event_type":"dhcp","src_ip":"0.0.0.0","src_port":68,"dest_ip":"255.255.255.255","dest_port":67,"proto":"UDP","dhcp":{"type":"reply","client_mac":"00:80:f4:00:00:01","assigned_ip":"10.1.0.9","dhcp_type":"ack","hostname":"press-1"}}
{"this is
"#;

/// What `analyze` says of standard input.
fn analyze_input(bytes: &[u8]) -> Value {
    let mut run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
        .args(["analyze", "--quiet", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(bytes).unwrap();
    serde_json::from_slice(&run.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn standard_input_may_be_packed() {
    let plain = EVE.lines().take(5).flat_map(|line| [line, "\n"]).collect::<String>();
    let expected = analyze_input(plain.as_bytes());
    assert!(!expected["assets"].as_array().unwrap().is_empty());
    for (packer, arguments) in [("gzip", ["-c"]), ("zstd", ["-c"])] {
        let packed =
            Command::new(packer).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut packed) = packed else {
            eprintln!("\n!!! NO {packer}: standard input was NOT tried packed with it.\n");
            continue;
        };
        packed.stdin.take().unwrap().write_all(plain.as_bytes()).unwrap();
        let bytes = packed.wait_with_output().unwrap().stdout;
        assert_ne!(bytes, plain.as_bytes());
        assert_eq!(analyze_input(&bytes), expected, "{packer}");
    }
    // A packed capture is still one.
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sites/second-plant.pcapng.zst");
    let capture = analyze_input(&std::fs::read(&site).unwrap());
    assert_eq!(
        capture["assets"].as_array().map(Vec::len),
        analyze(&[site])["assets"].as_array().map(Vec::len)
    );
}

#[test]
fn a_folder_stands_for_what_is_in_it() {
    let made = tempfile::tempdir().unwrap();
    let day = made.path().join("2024-05-01");
    std::fs::create_dir(&day).unwrap();
    std::fs::write(day.join("eve.json"), EVE).unwrap();
    std::fs::write(made.path().join("notes.txt"), "nothing").unwrap();
    std::fs::write(made.path().join(".hidden.json"), EVE).unwrap();
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sites/second-plant.pcapng.zst");
    std::fs::copy(site, made.path().join("plant.pcapng.zst")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(made.path(), day.join("current")).unwrap();
    let folder = made.path().to_path_buf();
    let files = [folder.join("2024-05-01/eve.json"), folder.join("plant.pcapng.zst")];
    assert_eq!(analyze(std::slice::from_ref(&folder)), analyze(&files));
    let run = |folder: &Path| {
        Command::new(env!("CARGO_BIN_EXE_sightglass")).arg("analyze").arg(folder).output().unwrap()
    };
    let told = String::from_utf8_lossy(&run(&folder).stderr).into_owned();
    assert!(told.contains("1 files are neither captures, logs nor engineering files"), "{told}");
    std::fs::create_dir(folder.join("empty")).unwrap();
    let empty = run(&folder.join("empty"));
    assert_eq!(empty.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&empty.stderr).contains("holds no capture and no log"), "{empty:?}");
}

#[test]
fn events_of_suricata_and_standard_input() {
    let mut run = Command::new(env!("CARGO_BIN_EXE_sightglass"))
        .args(["analyze", "--quiet", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(EVE.as_bytes()).unwrap();
    let done = run.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1), "a broken line is said");
    assert!(String::from_utf8_lossy(&done.stderr).contains("-, line 6: no JSON document"), "{done:?}");
    let analysis: Value = serde_json::from_slice(&done.stdout).unwrap();
    let found =
        analysis["conversations"].as_array().unwrap().iter().find(|c| c["protocol"] == "modbus").unwrap();
    assert_eq!(found["packets"], 13);
    assert_eq!(found["first_seen"], "2024-05-01T10:00:00.000000Z");
    assert_eq!(found["operations"][0]["name"], "write_single_coil");
    assert_eq!(found["operations"][0]["class"], "write");
    let evidence = &found["operations"][0]["evidence"];
    assert_eq!((&evidence["capture"], &evidence["frame"]), (&json!("-"), &json!(1)));
    let asset = |ip: &str| {
        let all = analysis["assets"].as_array().unwrap();
        all.iter().find(|a| a["ips"][0] == ip).unwrap_or_else(|| panic!("{ip}")).clone()
    };
    let plc = asset("10.1.0.9");
    assert_eq!(plc["macs"], json!(["00:80:f4:00:00:01"]));
    assert_eq!(plc["hostnames"], json!(["press-1"]));
    let told = analysis["problems"].to_string();
    assert!(told.contains("1 lines of suricata alert say nothing that is used"), "{told}");
    assert_eq!(analysis["captures"][0]["format"], "Suricata log (EVE)");
}

/// Client, server, port and transport, with packets, of what has ports.
fn ends(analysis: &Value) -> BTreeMap<(String, String), u64> {
    let mut all = BTreeMap::new();
    for c in analysis["conversations"].as_array().unwrap() {
        let (Some(port), Some(packets)) = (c["server_port"].as_u64(), c["packets"].as_u64()) else {
            continue;
        };
        let server = format!("{}:{port}/{}", c["server"], c["transport"]);
        *all.entry((c["client"].to_string(), server)).or_default() += packets;
    }
    all
}

/// Addresses of all assets.
fn addresses(analysis: &Value) -> BTreeSet<String> {
    let assets = analysis["assets"].as_array().unwrap().iter();
    assets.flat_map(|a| a["ips"].as_array().unwrap()).map(Value::to_string).collect()
}

/// Real output of Suricata: see `eve/README.md`.
#[test]
fn what_suricata_wrote_says_no_other_than_the_capture() {
    let Some(corpus) = corpus() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eve");
    for (name, protocol, most) in [
        ("arkime_dnp3-synthetic_f21f173f.pcap", "dnp3", 2),
        ("icsnppmodbus_modbus-example_a84656f9.pcap", "modbus", 17),
        ("gopacket_test009_7def4a47.pcapng", "dhcp", 0),
    ] {
        let eve = analyze(&[folder.join(format!("{name}.json"))]);
        let capture = analyze(&[corpus.join("pcaps").join(name)]);
        assert_eq!(ends(&eve), ends(&capture), "{name}");
        assert_eq!(addresses(&eve), addresses(&capture), "{name}");
        let (told, heard) = (conversations(&eve, protocol), conversations(&capture, protocol));
        let mut kinds = BTreeSet::new();
        for (ends, operations) in &told {
            for (operation, (class, requests, responses)) in operations {
                let Some((theirs, asked, answered)) = heard.get(ends).and_then(|o| o.get(operation)) else {
                    panic!("{name}: {ends:?} {operation} is not in the capture");
                };
                assert_eq!(class, theirs, "{name}: {operation}");
                assert!(requests <= asked && responses <= answered, "{name}: {ends:?} {operation}");
                kinds.insert(operation);
            }
        }
        // Suricata does not log every message; what it logs is read.
        assert!(kinds.len() >= most, "{name}: {kinds:?}");
    }
}
