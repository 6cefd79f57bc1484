//! From capture files and logs to observations: the sensor half, as every deployment composes it.

use crate::clock;
use crate::crew::{Dissectors, Take};
use anyhow::{Context as _, Result};
use capture::reader::{CaptureReader, Progress};
use connect::cmdb::{csv, mapping};
use connect::directory::{self, Form, Mapping};
use connect::logs::{self, Catalogue, Importer, LogReader};
use connect::{engineering, netconfig};
use dissect::SecretKey;
use model::access::Listed;
use model::cmdb::Record;
use model::frame::LinkType;
use model::journal::{Capture, Problem, ProblemSeverity};
use model::limits::Limits;
use model::network::NetworkDevice;
use model::{
    Attribute, ByteRange, CaptureId, Confidence, Evidence, Fact, Host, Name, Observation, Text, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Read as _;
use std::path::Path;

/// Observations are handed on in batches of about this many.
const BATCH: usize = 4096;
/// Progress is told after this many lines of a log.
const PROGRESS_LINES: u64 = 8192;
/// Evidence frames kept of one capture.
const KEPT_MAX: usize = 50_000;
/// Bytes kept of one evidence frame.
const KEPT_BYTES_MAX: usize = 4096;

/// Limits with a hash seed from chance, so that no sender can aim at one bucket.
pub(crate) fn limits() -> Limits {
    let hash_seed = std::collections::hash_map::RandomState::new().build_hasher().finish();
    Limits { hash_seed, ..Limits::default() }
}

/// What turns frames and lines into observations, of any number of captures and logs.
pub(crate) struct Sensor {
    dissectors: Dissectors,
    importer: Importer,
    accounts: Mapping,
}

impl Sensor {
    /// Nothing seen yet. Captures are dissected by so many threads, secrets fingerprinted with the key, and columns of lists of
    /// accounts mean what the mapping says.
    pub(crate) fn new(threads: usize, key: &SecretKey, accounts: &Mapping) -> Self {
        let limits = limits();
        let dissectors = Dissectors::new(threads, &limits, key);
        Self { importer: Importer::new(catalogue(), limits), dissectors, accounts: accounts.clone() }
    }

    /// Nothing more comes: hands out what is still held.
    pub(crate) fn finish_into(mut self, take: Take<'_>) {
        self.importer.finish();
        take(self.importer.take());
        self.dissectors.finish_into(take);
    }
}

/// What the dissectors call operations, for logs to name theirs alike.
fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for info in dissect::protocols::PROTOCOLS.iter().map(|p| p.info()) {
        catalogue.protocol(info.name, info.tcp, info.udp);
        for table in info.operations {
            catalogue.operations(info.name, table.prefix, table.list);
        }
    }
    catalogue
}

/// Where a reading goes, and whether it goes on.
pub(crate) trait Sink {
    /// Takes observations.
    fn observations(&mut self, batch: Vec<Observation>);
    /// Hears how far the reading is; `false` stops it.
    fn progress(&mut self, frames: u64, progress: Progress) -> bool;
    /// Takes the configuration of a network device.
    fn configured(&mut self, capture: CaptureId, device: NetworkDevice);
    /// Takes records of another system.
    fn recorded(&mut self, capture: CaptureId, records: Vec<Record>);
    /// Takes what a directory or a list says of accounts.
    fn listed(&mut self, capture: CaptureId, listed: Vec<Listed>);
}

/// Reads one capture or log to its end; which it is, its content tells. What could not be read is in the answer's problems. `name` is
/// what the user calls it.
///
/// # Errors
/// When the file cannot be opened or is neither.
pub(crate) fn read(
    path: &Path,
    name: &str,
    id: CaptureId,
    sensor: &mut Sensor,
    sink: &mut dyn Sink,
) -> Result<Capture> {
    let reader = if path.as_os_str() == "-" {
        let (head, is_log) = standard_input()?;
        let whole = std::io::Cursor::new(head).chain(std::io::stdin());
        if is_log {
            let reader = LogReader::from_reader(whole, name, id).context("cannot read standard input")?;
            return read_log(reader, &mut sensor.importer, sink);
        }
        CaptureReader::from_reader(whole, name.to_owned(), id)?
    } else if path.is_dir() {
        std::fs::read_dir(path).with_context(|| format!("cannot read the folder {name}"))?;
        anyhow::bail!("the folder {name} holds no capture and no log");
    } else if logs::is_log_file(path) {
        let reader = LogReader::open(path, name, id).with_context(|| format!("cannot read {name}"))?;
        return read_log(reader, &mut sensor.importer, sink);
    } else if let Some(bytes) = network_config(path) {
        return read_network(path, name, id, &bytes, sink);
    } else if let Some((bytes, form)) = accounts_file(path, name, &sensor.accounts) {
        return read_accounts(path, name, id, &bytes, form, &sensor.accounts, sink);
    } else if let Some(bytes) = asset_list(path, name) {
        return read_list(path, name, id, &bytes, sink);
    } else if engineering_file(path, name) {
        return read_project(path, name, id, sink);
    } else {
        CaptureReader::open(path, id)?
    };
    read_capture(path, reader, &mut sensor.dissectors, sink)
}

/// Whether a file is a table, by its name.
fn is_table(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    matches!(ending.as_str(), "csv" | "tsv" | "xlsx" | "xlsm")
}

/// The bytes of a file with accounts: an export of a directory by its content, a table by its name and its header.
fn accounts_file(path: &Path, name: &str, mapping: &Mapping) -> Option<(Vec<u8>, Form)> {
    let size = std::fs::metadata(path).ok().filter(|about| about.is_file())?.len();
    let mut file = std::fs::File::open(path).ok().filter(|_| size <= directory::FILE_BYTES_MAX as u64)?;
    let mut bytes = Vec::new();
    file.by_ref().take(64 << 10).read_to_end(&mut bytes).ok()?;
    if !is_table(name) && !directory::ldif::is_ldif(&bytes) || CaptureReader::is_capture(&bytes) {
        return None;
    }
    file.read_to_end(&mut bytes).ok()?;
    let form = directory::form_of(&bytes, mapping)?;
    Some((bytes, form))
}

/// Reads accounts, groups and grants.
fn read_accounts(
    path: &Path,
    name: &str,
    id: CaptureId,
    bytes: &[u8],
    form: Form,
    mapping: &Mapping,
    sink: &mut dyn Sink,
) -> Result<Capture> {
    let directory =
        directory::read(bytes, name, form, mapping).map_err(|e| anyhow::anyhow!("{name}: {e}"))?;
    let count = |is: fn(&Listed) -> bool| directory.listed.iter().filter(|l| is(l)).count();
    let what = format!(
        "{} accounts, {} groups, {} grants",
        count(|l| matches!(l, Listed::Account(_))),
        count(|l| matches!(l, Listed::Group(_))),
        count(|l| matches!(l, Listed::Grant { .. })),
    );
    let told = Problem { frame: None, what, severity: ProblemSeverity::Info };
    let problems = directory.problems.into_iter().map(|(line, what)| Problem {
        frame: Some(line).filter(|line| *line > 0),
        what,
        severity: if line > 0 { ProblemSeverity::Warning } else { ProblemSeverity::Info },
    });
    let problems = std::iter::once(told).chain(problems).collect();
    for part in directory.listed.chunks(RECORDS) {
        sink.listed(id, part.to_vec());
    }
    let size = bytes.len() as u64;
    sink.progress(directory.lines, Progress { read_bytes: size, total_bytes: Some(size) });
    let time = clock::written(path);
    Ok(Capture {
        id,
        name: name.to_owned(),
        format: form.title().to_owned(),
        packets: directory.lines,
        bytes: size,
        first: Some(time),
        last: Some(time),
        problems,
    })
}

/// The bytes of a list of assets: a table by its name, or a workbook that has a header a list would have.
fn asset_list(path: &Path, name: &str) -> Option<Vec<u8>> {
    let size = std::fs::metadata(path).ok().filter(|about| about.is_file())?.len();
    if size > csv::FILE_BYTES_MAX as u64 || !is_table(name) {
        return None;
    }
    std::fs::read(path).ok()
}

/// Records handed on at once.
const RECORDS: usize = 4096;

/// Reads a list of assets, whole or not at all.
fn read_list(path: &Path, name: &str, id: CaptureId, bytes: &[u8], sink: &mut dyn Sink) -> Result<Capture> {
    let list =
        csv::read(bytes, name, &mapping::Mapping::default()).map_err(|e| anyhow::anyhow!("{name}: {e}"))?;
    let taken = list.preview.columns.iter().filter_map(|(header, letters, column)| {
        Some(format!("{letters} \u{201c}{header}\u{201d} is the {}", (*column)?.as_str()))
    });
    let what = format!("columns: {}", taken.collect::<Vec<_>>().join(", "));
    let records = list.records.len() as u64;
    for part in list.records.chunks(RECORDS) {
        sink.recorded(id, part.to_vec());
    }
    sink.progress(
        records,
        Progress { read_bytes: bytes.len() as u64, total_bytes: Some(bytes.len() as u64) },
    );
    let time = clock::written(path);
    Ok(Capture {
        id,
        name: name.to_owned(),
        format: "List of assets".to_owned(),
        packets: records,
        bytes: bytes.len() as u64,
        first: Some(time),
        last: Some(time),
        problems: vec![Problem { frame: None, what, severity: ProblemSeverity::Info }],
    })
}

/// Largest configuration of a network device, in bytes: its reader refuses larger ones.
const CONFIG_BYTES_MAX: u64 = 16 << 20;

/// The bytes of a file that is the configuration of a network device, by its content.
fn network_config(path: &Path) -> Option<Vec<u8>> {
    let size = std::fs::metadata(path).ok().filter(|about| about.is_file())?.len();
    let mut head = Vec::new();
    let mut file = std::fs::File::open(path).ok().filter(|_| size <= CONFIG_BYTES_MAX)?;
    file.by_ref().take(4).read_to_end(&mut head).ok()?;
    if CaptureReader::is_capture(&head) {
        return None;
    }
    file.read_to_end(&mut head).ok()?;
    netconfig::format_of(&head).is_some().then_some(head)
}

/// Reads the configuration of a network device, and says who it is at its addresses.
fn read_network(
    path: &Path,
    name: &str,
    id: CaptureId,
    bytes: &[u8],
    sink: &mut dyn Sink,
) -> Result<Capture> {
    let device = netconfig::read(name, bytes)?;
    let time = clock::written(path);
    let lines = String::from_utf8_lossy(bytes).lines().count() as u64;
    let unknown = device.unknown.len();
    let note = |what: String| Problem { frame: None, what, severity: ProblemSeverity::Info };
    let problems = if unknown > 0 {
        vec![note(format!(
            "{unknown} lines that decide what may pass were not understood: answers that depend on them are undecided"
        ))]
    } else {
        Vec::new()
    };
    let format = device.format.as_str().to_owned();
    sink.observations(of_network(&device, id, time));
    sink.configured(id, device);
    sink.progress(lines, Progress { read_bytes: bytes.len() as u64, total_bytes: Some(bytes.len() as u64) });
    Ok(Capture {
        id,
        name: name.to_owned(),
        format,
        packets: lines,
        bytes: bytes.len() as u64,
        first: Some(time),
        last: Some(time),
        problems,
    })
}

/// Who the device is, at each of its addresses.
fn of_network(device: &NetworkDevice, capture: CaptureId, time: Timestamp) -> Vec<Observation> {
    let claims = [
        (Attribute::Hostname, &device.hostname),
        (Attribute::Vendor, &device.vendor),
        (Attribute::Product, &device.model),
        (Attribute::Firmware, &device.version),
    ];
    let said = |ip, line: u32, attribute, value: &Text| Observation {
        subject: Host::ip(ip).into(),
        fact: Fact::Identity {
            attribute,
            value: value.clone(),
            protocol: Name::new("configuration"),
            confidence: Confidence::LIKELY,
        },
        evidence: Evidence {
            capture,
            frame: line.into(),
            time,
            field: Name::new("configuration"),
            bytes: None,
        },
    };
    let places = device.interfaces.iter().flat_map(|i| i.addresses.iter().map(move |(ip, _)| (*ip, i.line)));
    places
        .flat_map(|(ip, line)| {
            let known = claims.into_iter().filter(|(_, value)| !value.is_empty());
            known.map(move |(attribute, value)| said(ip, line, attribute, value))
        })
        .collect()
}

/// Largest engineering file, in bytes: its reader refuses larger ones, so no more is read.
const PROJECT_BYTES_MAX: u64 = (100 << 20) + 1;

/// Whether a file is one of the plant's builders' tools, by its first bytes and its name; captures tell by theirs that they are none.
fn engineering_file(path: &Path, name: &str) -> bool {
    let mut head = [0; 64];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut head)).unwrap_or(0);
    let head = head.get(..read).unwrap_or_default();
    engineering::may_be(name, head) && !CaptureReader::is_capture(head)
}

/// Whether a file is an engineering file or a configuration that can be read.
pub(crate) fn is_project(path: &Path) -> bool {
    let name = path.display().to_string();
    engineering_file(path, &name)
        && project_bytes(path, &name).is_ok_and(|bytes| engineering::read(&name, &bytes).is_ok())
        || network_config(path).is_some()
        || accounts_file(path, &name, &Mapping::default()).is_some()
        || asset_list(path, &name)
            .is_some_and(|bytes| csv::preview(&bytes, &mapping::Mapping::default()).is_ok())
}

/// Reads an engineering file: what it says of devices with an address, each fact with its line.
fn read_project(path: &Path, name: &str, id: CaptureId, sink: &mut dyn Sink) -> Result<Capture> {
    let bytes = project_bytes(path, name)?;
    let project = engineering::read(name, &bytes)?;
    let time = clock::written(path);
    let observations = engineering::observations(&project, id, time);
    let lines = engineering::text(name, &bytes)?.lines().count();
    let nameless = project.devices.iter().filter(|d| d.ips.is_empty() && d.macs.is_empty()).count();
    let note = |what: String| Problem { frame: None, what, severity: ProblemSeverity::Info };
    let mut problems: Vec<Problem> = project.notes.iter().cloned().map(note).collect();
    if nameless > 0 {
        let of = project.devices.len();
        problems.push(note(format!(
            "{nameless} of {of} devices have no address in it: nothing on the wire can be told to be them"
        )));
    }
    sink.observations(observations);
    sink.progress(
        lines as u64,
        Progress { read_bytes: bytes.len() as u64, total_bytes: Some(bytes.len() as u64) },
    );
    let title =
        engineering::formats().iter().find(|f| f.name == project.format).map_or(project.format, |f| f.title);
    Ok(Capture {
        id,
        name: name.to_owned(),
        format: title.to_owned(),
        packets: lines as u64,
        bytes: bytes.len() as u64,
        first: Some(time),
        last: Some(time),
        problems,
    })
}

fn project_bytes(path: &Path, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?;
    file.take(PROJECT_BYTES_MAX).read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
    Ok(bytes)
}

/// The first bytes of standard input, and whether they are those of a log. No more is waited for than it takes to tell.
fn standard_input() -> Result<(Vec<u8>, bool)> {
    const HEAD_MAX: usize = 256 << 10;
    let mut input = std::io::stdin();
    let (mut head, mut chunk) = (Vec::new(), vec![0; 8 << 10]);
    loop {
        let n = input.read(&mut chunk).context("cannot read standard input")?;
        head.extend_from_slice(chunk.get(..n).unwrap_or_default());
        let is_log = logs::is_log(&head);
        if is_log || n == 0 || head.len() >= HEAD_MAX || !logs::may_become_log(&head) {
            return Ok((head, is_log));
        }
    }
}

fn read_capture(
    path: &Path,
    mut reader: CaptureReader,
    dissectors: &mut Dissectors,
    sink: &mut dyn Sink,
) -> Result<Capture> {
    let mut frames: u64 = 0;
    loop {
        let read = dissectors.step(&mut reader, &mut |batch| sink.observations(batch));
        frames += read as u64;
        if !sink.progress(frames, reader.progress()) {
            anyhow::bail!("reading {} was cancelled", path.display());
        }
        if read == 0 {
            return Ok(reader.summary());
        }
    }
}

fn read_log(mut reader: LogReader, importer: &mut Importer, sink: &mut dyn Sink) -> Result<Capture> {
    let mut lines = 0;
    while reader.step(importer) {
        lines += 1;
        if importer.waiting() >= BATCH {
            sink.observations(importer.take());
        }
        if lines % PROGRESS_LINES == 0 && !sink.progress(lines, log_progress(&reader)) {
            anyhow::bail!("reading {} was cancelled", reader.summary().name);
        }
    }
    sink.observations(importer.take());
    sink.progress(lines, log_progress(&reader));
    Ok(reader.summary())
}

fn log_progress(reader: &LogReader) -> Progress {
    let (read_bytes, total_bytes) = reader.progress();
    Progress { read_bytes, total_bytes }
}

/// A frame that is evidence of something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KeptFrame {
    /// Number in its capture.
    pub(crate) number: u64,
    /// When.
    pub(crate) time: Timestamp,
    /// What its bytes begin with.
    pub(crate) link: LinkType,
    /// Bytes on the wire.
    pub(crate) wire_len: u32,
    /// Its first bytes.
    pub(crate) data: Vec<u8>,
}

/// The frames that observations rest on, as numbers.
pub(crate) fn evidence_numbers(id: CaptureId, batch: &[Observation], numbers: &mut BTreeSet<u64>) {
    // A secret whose bytes lie in no one frame is shown by several: none of them is kept for its sake.
    let scattered = |o: &Observation| matches!(o.fact, Fact::Secret(_)) && o.evidence.bytes.is_none();
    for o in batch.iter().filter(|o| o.evidence.capture == id && !scattered(o)) {
        let operations = match &o.fact {
            Fact::Conversation(report) => report.operations.as_slice(),
            _ => &[],
        };
        let all = operations
            .iter()
            .filter(|c| c.first.capture == id)
            .map(|c| c.first.frame)
            .chain([o.evidence.frame]);
        for number in all.filter(|n| *n > 0) {
            if numbers.len() < KEPT_MAX {
                numbers.insert(number);
            }
        }
    }
}

/// Where secrets lie, by frame.
pub(crate) type Hidden = BTreeMap<u64, BTreeSet<ByteRange>>;

/// Notes where frames show secrets, so that they are hidden in what is kept.
pub(crate) fn secret_ranges(id: CaptureId, batch: &[Observation], hidden: &mut Hidden) {
    for o in batch.iter().filter(|o| o.evidence.capture == id && matches!(o.fact, Fact::Secret(_))) {
        if let Some(range) = o.evidence.bytes {
            hidden.entry(o.evidence.frame).or_default().insert(range);
        }
    }
}

/// Writes asterisks over the secrets of a frame. Its length and everything else stay; checksums no longer fit, and that is no harm.
pub(crate) fn hide(frame: &mut KeptFrame, hidden: &Hidden) {
    for range in hidden.get(&frame.number).into_iter().flatten() {
        let start = usize::try_from(range.start).unwrap_or(usize::MAX);
        let end =
            start.saturating_add(usize::try_from(range.len).unwrap_or(usize::MAX)).min(frame.data.len());
        if let Some(bytes) = frame.data.get_mut(start..end) {
            bytes.fill(b'*');
        }
    }
}

/// Reads a capture again for the frames that are evidence.
///
/// # Errors
/// When the file cannot be opened any more.
pub(crate) fn evidence_frames(
    path: &Path,
    name: &str,
    id: CaptureId,
    numbers: &BTreeSet<u64>,
) -> Result<Vec<KeptFrame>> {
    if logs::is_log_file(path) {
        return evidence_lines(path, id, numbers);
    }
    if let Some(bytes) = network_config(path) {
        return Ok(kept_lines(&String::from_utf8_lossy(&bytes), clock::written(path), numbers));
    }
    if accounts_file(path, name, &Mapping::default()).is_some() || asset_list(path, name).is_some() {
        return Ok(Vec::new());
    }
    if engineering_file(path, name) {
        return project_lines(path, numbers);
    }
    let mut reader =
        CaptureReader::open(path, id).context("cannot read the capture again for its evidence")?;
    let mut kept = Vec::with_capacity(numbers.len());
    while let Some(frame) = reader.next_frame() {
        if numbers.contains(&frame.number) {
            let data = frame.data.get(..KEPT_BYTES_MAX).unwrap_or(frame.data).to_vec();
            let (number, time, link, wire_len) = (frame.number, frame.time, frame.link, frame.wire_len);
            kept.push(KeptFrame { number, time, link, wire_len, data });
        }
        if kept.len() == numbers.len() {
            break;
        }
    }
    Ok(kept)
}

/// The lines of an engineering file that are evidence, as frames of text.
fn project_lines(path: &Path, numbers: &BTreeSet<u64>) -> Result<Vec<KeptFrame>> {
    let name = path.display().to_string();
    let bytes = project_bytes(path, &name)?;
    Ok(kept_lines(&engineering::text(&name, &bytes)?, clock::written(path), numbers))
}

fn kept_lines(text: &str, time: Timestamp, numbers: &BTreeSet<u64>) -> Vec<KeptFrame> {
    let wanted = (1..).zip(text.lines()).filter(|(number, _)| numbers.contains(number));
    let kept = |(number, line): (u64, &str)| KeptFrame {
        number,
        time,
        link: LinkType::LOG_LINE,
        wire_len: u32::try_from(line.len()).unwrap_or(u32::MAX),
        data: line.as_bytes().get(..KEPT_BYTES_MAX).unwrap_or(line.as_bytes()).to_vec(),
    };
    wanted.map(kept).collect()
}

/// The lines of a log that are evidence, as frames of text.
fn evidence_lines(path: &Path, id: CaptureId, numbers: &BTreeSet<u64>) -> Result<Vec<KeptFrame>> {
    let mut reader = LogReader::open(path, "", id).context("cannot read the log again for its evidence")?;
    let mut kept = Vec::with_capacity(numbers.len());
    while let Some(line) = reader.next_line() {
        if numbers.contains(&line.number) {
            let data = line.text.get(..KEPT_BYTES_MAX).unwrap_or(line.text).to_vec();
            let wire_len = u32::try_from(line.text.len()).unwrap_or(u32::MAX);
            kept.push(KeptFrame {
                number: line.number,
                time: line.time,
                link: LinkType::LOG_LINE,
                wire_len,
                data,
            });
        }
        if kept.len() == numbers.len() {
            break;
        }
    }
    Ok(kept)
}
