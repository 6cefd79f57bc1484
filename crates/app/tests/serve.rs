//! The program itself: starts, answers, refuses, stops.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

struct Server {
    child: Child,
    address: String,
}

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sightglass"));
    command.arg("serve").args(arguments).arg("--data").arg(data).env_remove("SIGHTGLASS_LISTEN");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Server {
    fn start(data: &Path) -> Self {
        Self::start_with(data, &["--listen", "127.0.0.1:0"])
    }

    fn start_with(data: &Path, arguments: &[&str]) -> Self {
        let mut child = command(data, arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().split_once("http://").unwrap().1.trim_end_matches('/').to_owned();
        Self { child, address }
    }

    fn ask(&self, request: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn json(&self, path: &str) -> Value {
        let answer = self.ask(&format!("GET {path}"), b"");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    /// Waits until job 1 is over; its document.
    fn finish_job(&self) -> String {
        self.finish(1)
    }

    fn finish(&self, job: u32) -> String {
        loop {
            let job = self.ask(&format!("GET /api/v1/jobs/{job}"), b"");
            if job.contains("\"finished\":\"") {
                return job;
            }
        }
    }

    fn stop(mut self) {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(self.child.wait().unwrap().success());
    }
}

/// One Ethernet frame (ARP request) in a pcap file.
fn small_capture() -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend([0, 0x80, 0xf4, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend([0, 0x80, 0xf4, 0, 0, 1, 10, 0, 1, 5, 0, 0, 0, 0, 0, 0, 10, 0, 1, 6]);
    let length = u32::try_from(frame.len()).unwrap();
    let mut file = Vec::new();
    file.extend([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    for word in [1_700_000_000, 0, length, length] {
        file.extend(u32::to_le_bytes(word));
    }
    file.extend(frame);
    file
}

fn refused(data: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = command(data, arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_capture_is_taken_kept_over_a_restart_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made/when missing");
    let server = Server::start(&data);
    assert!(server.ask("GET /healthz", b"").starts_with("HTTP/1.1 200"));
    let taken = server.ask("POST /api/v1/captures?name=line%201.pcap", &small_capture());
    assert!(taken.starts_with("HTTP/1.1 202"), "{taken}");
    let job = server.finish_job();
    assert!(job.contains("\"state\":\"done\""), "{job}");
    assert!(server.ask("GET /api/v1/captures/1", b"").contains("\"path\":\"line 1.pcap\""));
    server.stop();

    let server = Server::start(&data);
    assert!(server.ask("GET /api/v1/captures/1", b"").contains("\"packets\":1"));
    let frame = server.ask("GET /api/v1/captures/1/frames/1", b"");
    assert!(frame.contains("request, 10.0.1.5 about 10.0.1.6"), "{frame}");
    assert!(server.ask("DELETE /api/v1/captures/1", b"").starts_with("HTTP/1.1 202"));
    assert!(server.finish_job().contains("\"state\":\"done\""));
    assert!(server.ask("GET /api/v1/captures/1/frames/1", b"").starts_with("HTTP/1.1 404"));
    server.stop();
}

#[test]
fn what_is_no_capture_is_named_and_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.ask("POST /api/v1/captures?name=notes.txt", b"these are only notes, no packets");
    let job = server.finish_job();
    assert!(job.contains("\"state\":\"failed\"") && job.contains("cannot read capture notes.txt"), "{job}");
    assert!(!job.contains(&folder.path().display().to_string()), "{job}");
    assert!(server.ask("GET /api/v1/captures", b"").ends_with("{\"items\":[]}"));
    server.stop();
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (status, words) = refused(folder.path(), &["--listen", "0.0.0.0:8477"]);
    assert!(status == 2 && words.contains("no sign-in yet"), "{words}");
    let (status, words) = refused(folder.path(), &["--config", "/nowhere.toml"]);
    assert!(status == 2 && words.contains("/nowhere.toml"), "{words}");
    let (status, _) = refused(folder.path(), &["--colour"]);
    assert_eq!(status, 2);
    let server = Server::start(folder.path());
    let (status, words) = refused(folder.path(), &["--listen", "127.0.0.1:0"]);
    assert!(status == 1 && words.contains("another server uses"), "{words}");
    let other = tempfile::tempdir().unwrap();
    let (status, words) = refused(other.path(), &["--listen", &server.address]);
    assert!(status == 1 && words.contains("cannot listen on"), "{words}");
    server.stop();
}

/// A CSAF document in a folder of its own, as an uncompressed tar archive.
#[test]
fn decisions_are_kept_over_a_restart_and_a_model_adds_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert!(server.ask("POST /api/v1/captures?name=a.pcap", &small_capture()).starts_with("HTTP/1.1 202"));
    server.finish_job();
    let decide = |server: &Server, body: &str| server.ask("POST /api/v1/decisions", body.as_bytes());
    let named = r#"{"by":"Jo","why":"walked by","acts":[{"act":"set","asset":"10.0.1.5","setting":{"field":"name","value":"Boiler"}}]}"#;
    let answer = decide(&server, named);
    assert!(answer.starts_with("HTTP/1.1 201") && answer.ends_with("{\"numbers\":[1]}"), "{answer}");
    let name = |server: &Server| server.json("/api/v1/assets")["items"][0]["name"].clone();
    assert_eq!(name(&server), "Boiler");
    for (body, says) in [
        (r#"{"by":"","acts":[]}"#, "empty"),
        (r#"{"by":"Jo","acts":[]}"#, "1 to"),
        (r#"{"by":"Jo","acts":[{"act":"undo","decision":7}]}"#, "no decision 7"),
        (
            r#"{"by":"Jo","acts":[{"act":"set","asset":"plc","setting":{"field":"role","value":"plc"}}]}"#,
            "neither",
        ),
        ("{", "no decisions"),
    ] {
        let answer = decide(&server, body);
        assert!(answer.starts_with("HTTP/1.1 4") && answer.contains(says), "{body}: {answer}");
    }
    server.stop();

    let model = folder.path().join("plant.yaml");
    std::fs::write(&model, "assets: [{ address: 10.0.1.5, name: Kettle, criticality: high }]\n").unwrap();
    let with_model = ["--listen", "127.0.0.1:0", "--model", model.to_str().unwrap()];
    let server = Server::start_with(folder.path(), &with_model);
    assert_eq!(name(&server), "Kettle");
    assert!(
        decide(&server, r#"{"by":"Jo","acts":[{"act":"undo","decision":2}]}"#).starts_with("HTTP/1.1 201")
    );
    assert_eq!(name(&server), "Boiler");
    server.stop();
    // The same file says nothing new: what was decided since then stays.
    let server = Server::start_with(folder.path(), &with_model);
    assert_eq!(name(&server), "Boiler");
    let decisions = server.json("/api/v1/decisions")["decisions"].as_array().unwrap().len();
    assert_eq!(decisions, 4);
    let table = server.ask("GET /api/v1/export?format=csv", b"");
    assert!(
        table.contains("attachment; filename=\"sightglass-assets.csv\"") && table.contains(",Boiler,"),
        "{table}"
    );
    server.stop();
    std::fs::write(&model, "assets: [{ address: nowhere }]\n").unwrap();
    let (status, said) = refused(folder.path(), &with_model);
    assert!(status != 0 && said.contains("plant.yaml:1:"), "{said}");
}

#[test]
fn a_configuration_is_kept_without_its_secrets() {
    const SWITCH: &str = "version 15.2\nhostname sw-1\nenable secret 5 $1$abcd$NeverToBeShown\n!\ninterface Vlan1\n \
        ip address 10.0.1.1 255.255.255.0\n!\nend\n";
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let taken = server.ask("POST /api/v1/captures?name=sw-1.cfg", SWITCH.as_bytes());
    assert!(taken.starts_with("HTTP/1.1 202"), "{taken}");
    let job = server.finish_job();
    assert!(job.contains("\"state\":\"done\""), "{job}");
    server.stop();
    let server = Server::start(folder.path());
    let known = server.json("/api/v1/reachability");
    assert_eq!(known["networks"][0]["hostname"], "sw-1");
    let line = server.ask("GET /api/v1/captures/1/frames/5", b"");
    assert!(line.contains("interface Vlan1"), "its line is evidence: {line}");
    assert!(server.ask("GET /api/v1/captures/1/frames/3", b"").starts_with("HTTP/1.1 404"));
    server.stop();
    let kept = std::fs::read_dir(folder.path())
        .unwrap()
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|p| p.is_file());
    for file in kept {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes.windows(15).any(|w| w == b"NeverToBeShown\n" || w.starts_with(b"NeverToBeShown")),
            "{}",
            file.display()
        );
    }
}

#[test]
fn a_list_of_assets_is_held_against_what_was_seen() {
    const LIST: &str = "Name;IP address;MAC address;Owner\nBoiler;10.0.1.5;00:80:f4:00:00:01;Heating\nGhost;10.0.1.99;;Nobody\n";
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert!(server.json("/api/v1/reconciliation").is_null());
    assert!(server.ask("POST /api/v1/captures?name=a.pcap", &small_capture()).starts_with("HTTP/1.1 202"));
    server.finish(1);
    assert!(server.ask("POST /api/v1/captures?name=plant.csv", LIST.as_bytes()).starts_with("HTTP/1.1 202"));
    let job = server.finish(2);
    assert!(job.contains("\"state\":\"done\""), "{job}");
    let broken = LIST.replace("10.0.1.99", "nowhere");
    assert!(
        server.ask("POST /api/v1/captures?name=broken.csv", broken.as_bytes()).starts_with("HTTP/1.1 202")
    );
    let job = server.finish(3);
    assert!(job.contains("\"state\":\"failed\"") && job.contains("row 3"), "{job}");
    server.stop();
    let server = Server::start(folder.path());
    let both = server.json("/api/v1/reconciliation");
    assert_eq!((&both["records"], &both["matched"][0]["why"][0]["by"]), (&2.into(), &"mac".into()));
    assert_eq!(both["missing_on_wire"][0]["name"], "Ghost");
    assert!(both["missing_on_wire"][0]["place"].as_str().unwrap().contains("plant.csv"));
    server.stop();
}

fn archive(text: &str) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..8].copy_from_slice(b"one.json");
    header[124..136].copy_from_slice(format!("{:011o}\0", text.len()).as_bytes());
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&b| u32::from(b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.extend(text.as_bytes());
    header.resize(header.len().next_multiple_of(512) + 1024, 0);
    header
}

#[test]
fn advisories_are_taken_and_other_archives_refused() {
    let folder = tempfile::tempdir().unwrap();
    let csaf =
        r#"{"document": {"title": "A flaw", "tracking": {"id": "ICSA-24-001-01"}}, "vulnerabilities": []}"#;
    for (text, state) in [(csaf, "done"), ("{\"no\": \"advisory\"}", "failed")] {
        let server = Server::start(folder.path());
        let taken = server.ask("POST /api/v1/advisories?name=new.tar", &archive(text));
        assert!(taken.starts_with("HTTP/1.1 202"), "{taken}");
        let job = server.finish_job();
        assert!(job.contains(&format!("\"state\":\"{state}\"")), "{job}");
        server.stop();
    }
}

#[test]
fn the_demo_shows_a_plant_and_every_witness_can_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &["--demo", "--listen", "127.0.0.1:0"]);
    // Its advisories, then its capture.
    for job in [1, 2] {
        assert!(server.finish(job).contains("\"state\":\"done\""));
    }
    let analysis = server.json("/api/v1/analysis");
    assert!(analysis["advisories"].as_array().unwrap().len() > 2);
    assert!(analysis["assets"].as_array().unwrap().len() > 5);
    let mut frames = BTreeSet::new();
    witnesses(&analysis, &mut frames);
    assert!(frames.len() > 10);
    for (capture, frame) in frames {
        let kept = server.json(&format!("/api/v1/captures/{capture}/frames/{frame}"));
        assert!(!kept["bytes"].as_str().unwrap().is_empty());
    }
    server.stop();
    let server = Server::start_with(folder.path(), &["--demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(server.json("/api/v1/captures")["items"].as_array().unwrap().len(), 1, "loaded once");
    server.stop();
}

fn witnesses(value: &Value, into: &mut BTreeSet<(u64, u64)>) {
    match value {
        Value::Object(fields) => {
            if let (Some(capture), Some(frame)) = (fields.get("capture_id"), fields.get("frame")) {
                into.insert((capture.as_u64().unwrap(), frame.as_u64().unwrap()));
            }
            fields.values().for_each(|v| witnesses(v, into));
        }
        Value::Array(items) => items.iter().for_each(|v| witnesses(v, into)),
        _ => {}
    }
}

#[test]
fn a_log_is_taken_as_a_capture_is_and_shows_its_lines() {
    let log = "#separator \\x09\n#path\tmodbus\n\
        #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tfunc\tpdu_type\n\
        1700000000.5\tC1\t10.0.1.5\t40000\t10.0.1.9\t502\tWRITE_SINGLE_COIL\tREQ\n\
        broken \u{1b}[31m <script>\n";
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"));
    assert!(server.ask("POST /api/v1/captures?name=modbus.log", log.as_bytes()).starts_with("HTTP/1.1 202"));
    let job = server.finish_job();
    assert!(job.contains("\"state\":\"done\""), "{job}");
    let capture = server.json("/api/v1/captures/1");
    assert_eq!(capture["capture"]["format"], "Zeek log (TSV)");
    assert_eq!(capture["problems"][0]["frame"], 5);
    let conversations = server.json("/api/v1/conversations");
    let found = &conversations["items"][0];
    assert_eq!((&found["protocol"], &found["classes"][0]), (&"modbus".into(), &"write".into()));
    let line = server.json("/api/v1/captures/1/frames/4");
    assert_eq!(line["text"], log.lines().nth(3).unwrap());
    assert_eq!(line["time"], "2023-11-14T22:13:20.500000Z");
    assert!(server.ask("GET /api/v1/captures/1/frames/4/pcap", b"").starts_with("HTTP/1.1 404"));
    server.stop();
}
