//! Whole logs, made here: what they say, in which order they come, and what becomes of broken ones.

use super::*;
use model::limits::Limits;
use model::observation::Direction;
use model::{Attribute, Fact, Observation, Operation, OperationClass};
use std::collections::BTreeSet;

static FUNCTIONS: &[Operation] = &[
    Operation::new("read_coils", 1, OperationClass::Read),
    Operation::new("write_single_coil", 5, OperationClass::Write),
];

fn importer(limits: Limits) -> Importer {
    let mut catalogue = Catalogue::default();
    catalogue.protocol("modbus", &[502], &[]);
    catalogue.operations("modbus", "function", FUNCTIONS);
    Importer::new(catalogue, limits)
}

/// Reads files of these names, in this order; answers what they say and the captures.
fn read(files: &[(&str, &[u8])]) -> (Vec<Observation>, Vec<Capture>) {
    let mut importer = importer(Limits::default());
    let mut captures = Vec::new();
    for (at, (name, text)) in files.iter().enumerate() {
        let id = CaptureId(u32::try_from(at).unwrap());
        let mut reader = LogReader::from_reader(io::Cursor::new(text.to_vec()), name, id).unwrap();
        while reader.step(&mut importer) {}
        captures.push(reader.summary());
    }
    importer.finish();
    (importer.take(), captures)
}

fn facts(observations: &[Observation]) -> BTreeSet<String> {
    let one = |o: &Observation| match &o.fact {
        Fact::Identity { attribute, value, protocol, .. } => {
            format!("{} {:?} {protocol} {attribute} {value}", o.subject.host, o.subject.part)
        }
        Fact::Conversation(r) => {
            let operations: Vec<String> = r
                .operations
                .iter()
                .map(|c| format!("{} {}/{}/{}", c.operation.name, c.requests, c.responses, c.errors))
                .collect();
            let protocol = r.key.protocol.as_ref().map_or("?", |p| p.as_str());
            let port = r.key.server_port.unwrap_or(0);
            format!(
                "{} > {}:{port} {protocol} {} packets: {}",
                r.key.client,
                r.key.server,
                r.packets,
                operations.join(", ")
            )
        }
        Fact::Messages { protocol, counter, direction, code, count } => {
            format!("{protocol}.{counter} {} {code} {count}", direction.as_str())
        }
        Fact::Present { binding, .. } => format!("{} is there {binding:?}", o.subject.host),
        Fact::SignIn(s) => format!("{} signs in {:?}", s.name, s.mechanism),
        Fact::Secret(s) => format!("{} shows a secret of {:?}", s.name, s.mechanism),
        Fact::Gap { kind, count } => format!("{kind:?} {count}"),
    };
    observations.iter().map(one).collect()
}

const CONN: &str = "#separator \\x09\n#path\tconn\n\
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n\
100.5\tC1\t10.0.0.1\t40000\t10.0.0.2\t502\ttcp\t-\t2.25\tShAD\t3\t300\t2\t200\n";

const MODBUS: &str = "#separator \\x09\n#path\tmodbus\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttid\tunit\tfunc\tpdu_type\texception\n\
101\tC1\t10.0.0.1\t40000\t10.0.0.2\t502\t1\t9\tREAD_COILS\tREQ\t-\n\
102\tC1\t10.0.0.1\t40000\t10.0.0.2\t502\t1\t9\tREAD_COILS\tRESP\t-\n\
103\tC1\t10.0.0.1\t40000\t10.0.0.2\t502\t2\t9\tWRITE_SINGLE_COIL\tREQ\t-\n\
104\tC1\t10.0.0.1\t40000\t10.0.0.2\t502\t2\t9\tWRITE_SINGLE_COIL_EXCEPTION\tRESP\tILLEGAL_DATA_ADDRESS\n";

#[test]
fn a_connection_and_its_protocol_are_one_conversation_in_any_order() {
    let (there, captures) = read(&[("conn.log", CONN.as_bytes()), ("modbus.log", MODBUS.as_bytes())]);
    let (back, _) = read(&[("modbus.log", MODBUS.as_bytes()), ("conn.log", CONN.as_bytes())]);
    assert_eq!(facts(&there), facts(&back));
    let facts = facts(&there);
    for fact in [
        "10.0.0.1 > 10.0.0.2:502 modbus 5 packets: read_coils 1/1/0, write_single_coil 1/1/1",
        "modbus.function c2s 5 1",
        "modbus.function s2c 5 1",
        "10.0.0.2 Some(Unit(9)) modbus station_address 9",
        "10.0.0.1 is there Source { ttl: 0 }",
    ] {
        assert!(facts.contains(fact), "{fact} in {facts:#?}");
    }
    assert_eq!(captures[0].format, "Zeek log (TSV)");
    assert_eq!((captures[0].packets, captures[1].packets), (1, 4));
    assert!(captures.iter().all(|c| c.problems.is_empty() && c.is_log()));
    let operations = there.iter().find_map(|o| match &o.fact {
        Fact::Conversation(r) => r.operations.first(),
        _ => None,
    });
    let first = &operations.unwrap().first;
    assert_eq!((first.capture, first.frame, first.field.as_str()), (CaptureId(1), 4, "modbus.func"));
}

#[test]
fn broken_lines_are_named_and_the_rest_is_kept() {
    let text = format!("{MODBUS}not a line\n105\tC1\n\u{1b}[31m\n{}", MODBUS.lines().last().unwrap());
    let (observations, captures) = read(&[("modbus.log", text.as_bytes())]);
    assert!(facts(&observations).contains("modbus.function s2c 5 2"));
    let problems: Vec<_> = captures[0].problems.iter().map(|p| (p.frame, p.what.as_str())).collect();
    assert_eq!(
        problems,
        [
            (Some(8), "1 values where 11 fields are named"),
            (Some(9), "2 values where 11 fields are named"),
            (Some(10), "1 values where 11 fields are named"),
        ]
    );
}

#[test]
fn packed_logs_are_told_by_content() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(CONN.as_bytes()).unwrap();
    let gz = packed.finish().unwrap();
    let zst = zstd::stream::encode_all(CONN.as_bytes(), 1).unwrap();
    for bytes in [&gz, &zst, &CONN.as_bytes().to_vec()] {
        let (observations, _) = read(&[("anything", bytes)]);
        assert_eq!(facts(&observations).iter().filter(|f| f.contains("packets")).count(), 1);
    }
    for (packed, enough) in [(&gz, gz.len() - 9), (&zst, zst.len())] {
        assert!(is_log(&packed[..enough]) && !is_log(&packed[..9]) && may_become_log(&packed[..9]));
    }
    let pcap = zstd::stream::encode_all(&b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00"[..], 1).unwrap();
    assert!(!may_become_log(&pcap) && !is_log(&pcap));
    let cut = &gz[..gz.len() - 9];
    let (_, captures) = read(&[("conn.log.gz", cut)]);
    assert!(captures[0].problems.iter().any(|p| p.severity == ProblemSeverity::Error), "{captures:?}");
}

#[test]
fn calls_to_windows_and_to_opc_servers() {
    let line = |endpoint: &str, operation: &str, rtt: &str| {
        format!("1\tC1\t10.0.0.1\t40000\t10.0.0.2\t1032\t{rtt}\t1032\t{endpoint}\t{operation}\n")
    };
    let head = "#separator \\x09\n#path\tdce_rpc\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\trtt\tnamed_pipe\tendpoint\toperation\n";
    let lines = [
        line("svcctl", "CreateServiceWOW64W", "0.01"),
        line("svcctl", "OpenSCManagerW", "0.01"),
        line("unknown-39c13a4d-011e-11d0-9675-0020afd8adb3", "unknown-6", "-"),
    ];
    let text = [head.to_owned(), lines.concat()].concat();
    let said = facts(&read(&[("dce_rpc.log", text.as_bytes())]).0);
    let conversation = "10.0.0.1 > 10.0.0.2:1032 dcerpc 0 packets: create_service 1/1/0";
    assert!(said.contains(conversation), "{said:?}");
    assert!(said.contains("10.0.0.2 None dcerpc capability OPC DA"), "{said:?}");
}

#[test]
fn what_is_a_log() {
    for head in [
        CONN,
        "### a comment\n#path\tx\n",
        "{\"event_type\":\"flow\"}\n",
        "{\"_path\":\"conn\"}",
        "[\n {\"event\":{\"dataset\":\"conn\"}},\n",
        "{\"hits\":{\"hits\":[{\"_source\":{\"event\":{\"dataset\":\"conn\"}}}]}}",
        "{\n \"took\": 3,\n \"hits\": {\"hits\": [ {\"_source\":{\"event\":{\"dataset\":\"conn\"}}} ]}}",
    ] {
        assert!(is_log(head.as_bytes()), "{head}");
    }
    for head in [
        "",
        "#",
        "# a shell script",
        "{}",
        "{\"document\":{\"category\":\"csaf\"}}",
        "[1]",
        "text",
        "\n\n{\n",
    ] {
        assert!(!is_log(head.as_bytes()), "{head}");
    }
    for (name, log) in [
        ("conn.log", "conn"),
        ("/logs/2024/modbus_detailed.12:00:00-13:00:00.log.gz", "modbus_detailed"),
        ("conn_20240102_00.log", "conn"),
        ("ssl-2024-01-02.json", "ssl"),
        ("eve.json", ""),
        ("1.upload", ""),
    ] {
        assert_eq!(named_after(name), log, "{name}");
    }
}

#[test]
fn json_without_a_name_is_named_by_its_file() {
    let line = br#"{"ts":1,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":4,"id.resp_h":"10.0.0.2","id.resp_p":502,"proto":"tcp","service":"modbus","orig_pkts":1}"#;
    let (observations, _) = read(&[("conn.log", line)]);
    assert!(facts(&observations).contains("10.0.0.1 > 10.0.0.2:502 modbus 1 packets: "));
    let (observations, captures) = read(&[("x.json", line)]);
    assert!(observations.is_empty());
    assert!(captures[0].problems[0].what.contains("cannot be told"));
}

#[test]
fn a_certificate_finds_who_shows_it_in_any_order() {
    let ssl = "#separator \\x09\n#path\tssl\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tcert_chain_fps\n\
        1\tC1\t10.0.0.1\t4\t10.0.0.2\t443\tTLSv12\taa,bb\n";
    let x509 = "#separator \\x09\n#path\tx509\n#fields\tts\tfingerprint\tcertificate.subject\tcertificate.not_valid_after\tcertificate.key_type\tcertificate.key_length\tcertificate.sig_alg\n\
        1\taa\tCN=hmi\t1678536902.000000\trsa\t2048\tsha1WithRSAEncryption\n1\tbb\tCN=ca\t1\trsa\t4096\tx\n";
    let (there, _) = read(&[("ssl.log", ssl.as_bytes()), ("x509.log", x509.as_bytes())]);
    let (back, _) = read(&[("x509.log", x509.as_bytes()), ("ssl.log", ssl.as_bytes())]);
    let facts_there = facts(&there);
    assert_eq!(facts_there, facts(&back));
    for fact in [
        "10.0.0.2 None tls certificate_subject CN=hmi",
        "10.0.0.2 None tls certificate_expires 2023-03-11T12:15:02Z",
        "10.0.0.2 None tls certificate_algorithm RSA 2048, sha1WithRSAEncryption",
        "10.0.0.2 None tls protocol_version TLS 1.2",
    ] {
        assert!(facts_there.contains(fact), "{fact} in {facts_there:#?}");
    }
    assert!(facts_there.iter().all(|f| !f.contains("CN=ca")));
}

#[test]
fn secrets_are_not_read() {
    let ftp = "#separator \\x09\n#path\tftp\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tuser\tpassword\tcommand\n\
        1\tC1\t10.0.0.1\t4\t10.0.0.2\t21\toperator\ts3cret\tSTOR\n";
    let snmp = "#separator \\x09\n#path\tsnmp\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tcommunity\n\
        1\tC2\t10.0.0.1\t4\t10.0.0.2\t161\t2c\ts3cret\n";
    let (observations, _) = read(&[("ftp.log", ftp.as_bytes()), ("snmp.log", snmp.as_bytes())]);
    let facts = facts(&observations);
    assert!(facts.contains("operator signs in Username") && facts.contains("(community) signs in Community"));
    assert!(facts.iter().all(|f| !f.contains("s3cret")), "{facts:#?}");
}

#[test]
fn addresses_that_are_no_stations_are_told_nothing_of() {
    let dns = "#separator \\x09\n#path\tssh\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tclient\tserver\n\
        1\t10.0.0.1\t4\t224.0.0.251\t22\ta\tb\n2\tx\t4\t10.0.0.2\t22\ta\tb\n3\t10.0.0.1\t99999\t10.0.0.2\t-1\ta\tb\n";
    let (observations, _) = read(&[("ssh.log", dns.as_bytes())]);
    let facts = facts(&observations);
    assert!(facts.contains("10.0.0.2 None ssh software b"));
    assert!(facts.iter().all(|f| !f.starts_with("224")), "{facts:#?}");
}

#[test]
fn memory_is_bounded() {
    let limits = Limits {
        conversations_max: 50,
        counters_max: 20,
        operations_max: 8,
        facts_max: 100,
        ..Limits::default()
    };
    let mut importer = importer(limits);
    let mut text = String::from(
        "#separator \\x09\n#path\tmodbus\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tfunc\n",
    );
    for n in 0..2000u32 {
        text.push_str(&format!("{n}\tC{n}\t10.0.{}.{}\t4\t10.9.0.1\t502\tF{n}\n", n / 250, n % 250));
        text.push_str(&format!("{n}\tC\t10.0.0.1\t4\t10.9.0.1\t502\tunknown-{n}\n"));
    }
    let mut reader = LogReader::from_reader(io::Cursor::new(text), "modbus.log", CaptureId(0)).unwrap();
    while reader.step(&mut importer) {}
    importer.finish();
    let all = importer.take();
    let mut requests = 0;
    for o in &all {
        if let Fact::Conversation(r) = &o.fact {
            assert!(r.operations.len() <= 9, "{}", r.operations.len());
            requests += r.operations.iter().map(|c| c.requests).sum::<u64>();
        }
    }
    assert_eq!(requests, 4000, "nothing is lost");
    let told =
        all.iter().filter(|o| matches!(&o.fact, Fact::Messages { direction: Direction::ToServer, .. }));
    assert!(told.count() <= 20 && facts(&all).iter().any(|f| f.starts_with("CounterOverflow")));
}

/// A scan with invented addresses: told one by one up to the limits, then as what it is. What is answered always counts.
#[test]
fn a_scan_is_bounded_and_said() {
    let limits = Limits { attempts_max: 100, attempting_sources_max: 10, ..Limits::default() };
    let mut importer = importer(limits);
    let mut text = CONN.to_owned();
    for n in 0..2000u32 {
        let source = format!("10.1.{}.{}", n / 250, n % 250 + 1);
        text.push_str(&format!("{n}\tS{n}\t{source}\t4\t10.9.0.1\t{n}\ttcp\t-\t-\tS\t1\t40\t0\t0\n"));
    }
    // The last of those turns out to be real.
    text.push_str("3000\tR\t10.1.7.250\t4\t10.9.0.2\t22\ttcp\tssh\t1\tShAD\t9\t900\t8\t800\n");
    let mut reader = LogReader::from_reader(io::Cursor::new(text), "conn.log", CaptureId(0)).unwrap();
    while reader.step(&mut importer) {}
    importer.finish();
    let all = importer.take();
    let count = |wanted: fn(&Fact) -> bool| all.iter().filter(|o| wanted(&o.fact)).count();
    assert_eq!(count(|f| matches!(f, Fact::Conversation(_))), 102);
    // Both ends of each of the two that were answered, and ten that only tried.
    assert_eq!(count(|f| matches!(f, Fact::Present { .. })), 14);
    let said = facts(&all);
    assert!(said.contains("AttemptOverflow 1900") && said.contains("SourceOverflow 1990"), "{said:?}");
    assert!(said.iter().any(|f| f.starts_with("10.1.7.250 is there")), "{said:?}");
}

/// A small generator: chance that comes again (xorshift64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Pieces that logs are made of, put together without sense, for every log that has a meaning.
#[test]
fn any_bytes_are_read_to_their_end() {
    let words = [
        "-",
        "(empty)",
        "T",
        "F",
        "REQ",
        "RESP",
        "0x0a",
        "4294967295",
        "-1",
        "10.0.0.1",
        "fe80::1",
        "ff:ff:ff:ff:ff:ff",
        "1e308",
        "\\x00\\xff\\x",
        "é\u{202e}",
        "\u{1b}]0;x\u{7}",
        "(0x0101)",
        ")(",
        "nan",
        ",,,",
        "\"",
        "{}",
        "",
    ];
    let fields = [
        "ts",
        "uid",
        "id.orig_h",
        "id.orig_p",
        "id.resp_h",
        "id.resp_p",
        "is_orig",
        "func",
        "proto",
        "cip_service_code",
        "class_id",
        "rosctr_code",
        "function_code",
        "opcode",
        "duration",
        "history",
        "orig_pkts",
        "services",
        "operator_id",
        "direction",
        "host",
        "mac",
        "msg_types",
    ];
    let mut chance = Chance(0x5eed);
    let names: Vec<&str> =
        maps::FAMILIES.iter().flat_map(|f| f.iter()).map(|l| l.name).chain(["conn", "nothing"]).collect();
    for round in 0..6 {
        for name in &names {
            let mut tsv = format!("#separator \\x09\n#path\t{name}\n#fields\t{}\n", fields.join("\t"));
            let mut json = String::from("{\"_path\":\"conn\",\"ts\":1}\n");
            for _ in 0..12 {
                let mut pick = || words[chance.next() as usize % words.len()];
                let values: Vec<&str> = fields.iter().map(|_| pick()).collect();
                tsv.push_str(&values.join("\t"));
                tsv.push('\n');
                let pairs: Vec<String> =
                    fields.iter().zip(&values).map(|(f, v)| format!("{f:?}:{v:?}")).collect();
                json.push_str(&format!(
                    "{{\"_path\":\"{name}\",\"event_type\":\"{name}\",{}}}\n",
                    pairs.join(",")
                ));
            }
            let mut bytes = if round % 2 == 0 { tsv } else { json }.into_bytes();
            for _ in 0..round {
                let at = chance.next() as usize % bytes.len();
                if let Some(byte) = bytes.get_mut(at).filter(|_| at > 40) {
                    *byte = chance.next() as u8;
                }
            }
            let mut importer = importer(Limits::default());
            let mut reader = LogReader::from_reader(io::Cursor::new(bytes), "x", CaptureId(0)).unwrap();
            while reader.step(&mut importer) {}
            importer.finish();
            assert!(reader.summary().problems.len() <= PROBLEMS_MAX + UNUSED_MAX + 3);
            for o in importer.take() {
                if let Fact::Identity { attribute, value, .. } = o.fact {
                    assert!(value.as_str().len() <= model::Text::MAX_BYTES && attribute != Attribute::Role);
                }
            }
        }
    }
}
