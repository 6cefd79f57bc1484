//! What each fuzz target does with its bytes. Shared with the test that replays the regressions, so both do the same.
//!
//! Each driver panics when something must not be: a session that panics inside the dissector is caught there, so it is looked for in
//! the gaps.

use connect::logs::{Catalogue, Importer, LogReader};
use dissect::Dissector;
use dissect::protocols::PROTOCOLS;
use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::observation::GapKind;
use model::{CaptureId, Fact, Timestamp};
use std::ops::ControlFlow;

/// A driver by the name of its target.
pub fn driver(target: &str) -> Option<fn(&[u8])> {
    Some(match target {
        "dissector" => dissector,
        "frames" => frames,
        "capture_file" => capture_file,
        "advisory" => advisory,
        "version_range" => version_range,
        "directory" => directory,
        "archive" => archive,
        "feeds" => feeds,
        "logs" => logs,
        "engineering" => engineering,
        _ => return None,
    })
}

/// The first octet picks a protocol. Then come messages: an octet for the direction (bit 0) and the length of the next (the rest, or two
/// octets when it is 254), each sent as a segment, datagram or frame at the protocol's usual place.
pub fn dissector(data: &[u8]) {
    let Some((&pick, mut rest)) = data.split_first() else { return };
    let protocol = PROTOCOLS[usize::from(pick) % PROTOCOLS.len()].info();
    let mut ends = Ends::default();
    let mut sensor = Sensor::new();
    while let Some((&head, after)) = rest.split_first() {
        let to_server = head & 1 == 0;
        let (length, after) = match head & 0xfe {
            0xfe if after.len() >= 2 => {
                (usize::from(u16::from_be_bytes([after[0], after[1]])) % 9000, &after[2..])
            }
            short => (usize::from(short), after),
        };
        let (message, next) = after.split_at(length.min(after.len()));
        rest = next;
        let frame = match (protocol.tcp.first(), protocol.udp.first(), protocol.ethertypes.first()) {
            (Some(port), ..) => ends.tcp(*port, to_server, message),
            (None, Some(port), _) => ends.udp(*port, to_server, message),
            (.., Some(kind)) => ends.ethernet(*kind, to_server, message),
            _ => return,
        };
        sensor.frame(1, &frame);
    }
    sensor.finish();
}

/// Frames one after another: an octet for the link type, two for the length, then the frame.
pub fn frames(data: &[u8]) {
    const LINKS: [u16; 12] = [1, 0, 12, 101, 113, 276, 105, 9, 104, 107, 228, 229];
    let mut sensor = Sensor::new();
    let mut rest = data;
    while let [link, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (frame, next) = after.split_at(length.min(after.len()));
        sensor.frame(LINKS[usize::from(*link) % LINKS.len()], frame);
        rest = next;
    }
    sensor.finish();
}

/// A capture file, plain or packed.
pub fn capture_file(data: &[u8]) {
    let input = std::io::Cursor::new(data.to_vec());
    let Ok(mut reader) = capture::reader::CaptureReader::from_reader(input, "fuzz".into(), CaptureId(0))
    else {
        return;
    };
    // A small file can unpack to much; what matters shows early.
    for _ in 0..20_000 {
        if reader.next_frame().is_none() {
            break;
        }
    }
    drop(reader.summary());
}

/// One CSAF document.
pub fn advisory(data: &[u8]) {
    drop(posture::intel::csaf::read("fuzz.json", data));
}

/// The text of a version range, a line, and a version to hold against it.
pub fn version_range(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (range, version) = text.split_once('\n').unwrap_or((&text, "1.0"));
    let range = posture::intel::range::Range::parse(range);
    let observed = posture::intel::version::Labelled::all(version);
    let _ = range.verdict(&observed, None);
    let _ = range.is_after(&observed, Some(version));
}

/// An archive of advisories.
pub fn archive(data: &[u8]) {
    let names = ["zip", "tar.gz", "tar.zst", "json"];
    let Some((&pick, body)) = data.split_first() else { return };
    let name = names[usize::from(pick) % names.len()];
    let path = std::env::temp_dir().join(format!("sightglass-fuzz-{}.{name}", std::process::id()));
    if std::fs::write(&path, body).is_ok() {
        drop(connect::archive::documents(&path, &mut |_| ControlFlow::Continue(())));
        drop(std::fs::remove_file(&path));
    }
}

/// A file of intelligence, of any kind.
pub fn feeds(data: &[u8]) {
    let names = ["a.json", "epss-2025-01-01.csv", "a.yaml", "a.zip"];
    let Some((&pick, body)) = data.split_first() else { return };
    let folder = std::env::temp_dir().join(format!("sightglass-fuzz-feeds-{}", std::process::id()));
    let path = folder.join(names[usize::from(pick) % names.len()]);
    if std::fs::create_dir_all(&folder).is_ok() && std::fs::write(&path, body).is_ok() {
        drop(connect::feeds::read(&path, &mut |_| ControlFlow::Continue(())));
        drop(std::fs::remove_file(&path));
    }
}

/// What files are called: a name counts where neither a header nor a document says which log it is.
pub const LOG_NAMES: [&str; 8] =
    ["conn.log", "modbus.log", "ssl.log", "x509.log", "dnp3.log", "eve.json", "malcolm.ndjson", "notes.txt"];
/// Stands between two files. No packed file is likely to hold it.
pub const NEXT_FILE: &[u8] = b"\n\x1e\n";

/// Logs of other monitors, one after another: an octet for the name of the file, then the file, plain or packed. What they say must
/// keep within the limits, and every line that is called as a witness must be found when the file is read again.
pub fn logs(data: &[u8]) {
    let limits = Limits {
        conversations_max: 40,
        counters_max: 40,
        operations_max: 8,
        facts_max: 200,
        ..Limits::default()
    };
    let mut importer = Importer::new(catalogue(), limits.clone());
    let mut lines = Vec::new();
    for (at, file) in files(data).take(8).enumerate() {
        let Some((&pick, text)) = file.split_first() else { continue };
        let name = LOG_NAMES[usize::from(pick) % LOG_NAMES.len()];
        let id = CaptureId(u32::try_from(lines.len()).unwrap_or_default());
        let open = || LogReader::from_reader(std::io::Cursor::new(text.to_vec()), name, id);
        let (Ok(mut reader), Ok(mut again)) = (open(), open()) else { continue };
        let mut last = 0;
        while last < LINES_MAX && reader.step(&mut importer) {
            let line = again.next_line();
            assert!(line.is_some(), "a line that was read is not there to be shown");
            last = line.map_or(0, |line| line.number);
        }
        assert!(
            last == LINES_MAX || again.next_line().is_none(),
            "file {at} has more lines when it is shown"
        );
        lines.push(last);
        drop(reader.summary());
    }
    importer.finish();
    for observation in importer.take() {
        hold_to_account(&observation, &limits, &lines);
    }
}

/// An engineering file. What it says names a line that is there, and an address or part of a device.
pub fn engineering(data: &[u8]) {
    let Ok(project) = connect::engineering::read("fuzz", data) else { return };
    for observation in connect::engineering::observations(&project, CaptureId(1), Timestamp(0)) {
        let host = observation.subject.host;
        assert!(host.ip.is_some() != host.mac.is_some(), "not one address: {observation:?}");
        assert!(observation.evidence.frame > 0, "no line: {observation:?}");
        assert!(matches!(observation.fact, Fact::Identity { .. }), "no fact of identity: {observation:?}");
    }
}

/// An export of a directory, or a list of accounts. Every mistake names a line that is there.
pub fn directory(data: &[u8]) {
    use connect::directory::{Form, Mapping, form_of, read};
    let _ = form_of(data, &Mapping::default());
    for form in [Form::Ldif, Form::List] {
        if let Ok(directory) = read(data, "fuzz", form, &Mapping::default()) {
            let there = |(line, _): &(u64, String)| *line <= directory.lines;
            assert!(directory.problems.iter().all(there), "no such line: {:?}", directory.problems);
        }
    }
}

/// A small file can unpack to much; what matters shows early.
const LINES_MAX: u64 = 20_000;

fn files(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(data);
    std::iter::from_fn(move || {
        let all = rest?;
        let end = all.windows(NEXT_FILE.len()).position(|w| w == NEXT_FILE);
        rest = end.map(|end| &all[end + NEXT_FILE.len()..]);
        Some(&all[..end.unwrap_or(all.len())])
    })
}

fn hold_to_account(observation: &model::Observation, limits: &Limits, lines: &[u64]) {
    let holds = |evidence: &model::Evidence| {
        let last = usize::try_from(evidence.capture.0).ok().and_then(|at| lines.get(at));
        evidence.frame <= last.copied().unwrap_or(0)
    };
    assert!(holds(&observation.evidence), "no such line: {observation:?}");
    if let Fact::Conversation(report) = &observation.fact {
        assert!(report.operations.len() <= limits.operations_max + 1, "too many operations: {observation:?}");
        assert!(report.operations.iter().all(|o| holds(&o.first)), "no such line: {observation:?}");
    }
}

/// What the dissectors call operations, as the program hands it to the importer.
fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for info in PROTOCOLS.iter().map(|p| p.info()) {
        catalogue.protocol(info.name, info.tcp, info.udp);
        for table in info.operations {
            catalogue.operations(info.name, table.prefix, table.list);
        }
    }
    catalogue
}

/// A dissector that says when it went wrong.
struct Sensor {
    dissector: Dissector,
    number: u64,
}

impl Sensor {
    fn new() -> Self {
        Self { dissector: Dissector::new(Limits::default()), number: 0 }
    }

    fn frame(&mut self, link: u16, data: &[u8]) {
        self.number += 1;
        let time = Timestamp(i64::try_from(self.number).unwrap_or_default() * 1_000_000);
        let wire_len = u32::try_from(data.len()).unwrap_or_default();
        let (capture, number) = (CaptureId(0), self.number);
        self.dissector.frame(&Frame { capture, number, time, link: LinkType(link), wire_len, data });
    }

    fn finish(mut self) {
        self.dissector.finish();
        for observation in self.dissector.take() {
            let failed = matches!(observation.fact, Fact::Gap { kind: GapKind::DissectorFailed, .. });
            assert!(!failed, "a session panicked");
        }
    }
}

/// Two ends that talk to each other.
#[derive(Default)]
struct Ends {
    sequence: [u32; 2],
}

impl Ends {
    fn ip(to_server: bool, protocol: u8, body: &[u8]) -> Vec<u8> {
        let mut frame = Self::link(to_server, 0x0800);
        let length = u16::try_from(20 + body.len()).unwrap_or(u16::MAX).to_be_bytes();
        frame.extend([0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, protocol, 0, 0]);
        let (client, server) = ([192, 0, 2, 1], [192, 0, 2, 2]);
        frame.extend(if to_server { [client, server] } else { [server, client] }.concat());
        frame.extend_from_slice(body);
        frame
    }

    fn link(to_server: bool, kind: u16) -> Vec<u8> {
        let (client, server) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let mut frame = if to_server { [server, client] } else { [client, server] }.concat();
        frame.extend(kind.to_be_bytes());
        frame
    }

    fn ports(port: u16, to_server: bool) -> Vec<u8> {
        let pair = if to_server { [50_000, port] } else { [port, 50_000] };
        pair.iter().flat_map(|p| p.to_be_bytes()).collect()
    }

    fn tcp(&mut self, port: u16, to_server: bool, message: &[u8]) -> Vec<u8> {
        let way = usize::from(to_server);
        let mut segment = Self::ports(port, to_server);
        segment.extend(self.sequence[way].to_be_bytes());
        segment.extend([0, 0, 0, 0, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend_from_slice(message);
        self.sequence[way] =
            self.sequence[way].wrapping_add(u32::try_from(message.len()).unwrap_or_default());
        Self::ip(to_server, 6, &segment)
    }

    fn udp(&mut self, port: u16, to_server: bool, message: &[u8]) -> Vec<u8> {
        let mut datagram = Self::ports(port, to_server);
        let length = u16::try_from(8 + message.len()).unwrap_or(u16::MAX);
        datagram.extend(length.to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend_from_slice(message);
        Self::ip(to_server, 17, &datagram)
    }

    fn ethernet(&mut self, kind: u16, to_server: bool, message: &[u8]) -> Vec<u8> {
        // 0 stands for LLC: there the field is a length.
        let kind = if kind == 0 { u16::try_from(message.len().min(1500)).unwrap_or_default() } else { kind };
        let mut frame = Self::link(to_server, kind);
        frame.extend_from_slice(message);
        frame
    }
}
