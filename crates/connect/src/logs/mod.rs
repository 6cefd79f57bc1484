//! What others have captured already: Zeek's logs (tab-separated and JSON, ICSNPP's included), Suricata's EVE and Malcolm's exports
//! become the same observations as frames do.
//!
//! [`LogReader`] divides a file into lines (or the documents of a JSON array) and turns each into a record in the words of Zeek;
//! `maps/` has one entry for each log that says something; [`Importer`] folds what they say. A line is evidence as a frame is: its
//! number is the frame number. Memory is bounded; what cannot be read is named, and the rest goes on.

mod catalogue;
mod certificates;
mod eve;
mod fold;
mod input;
mod json;
mod malcolm;
mod maps;
mod record;
mod say;
mod tsv;

pub use catalogue::Catalogue;
pub use fold::Importer;

use input::{Division, Input, Piece, Pieces};
use json::{Document, Writer};
use model::journal::{Capture, Problem, ProblemSeverity};
use model::{CaptureId, Timestamp};
use record::Record;
use say::{Place, Say};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::Ordering;
use tsv::Header;

/// Bytes that are looked at to tell what a file is.
const HEAD_BYTES: u64 = 256 << 10;
/// Problems of one log that are kept in words; more are counted.
const PROBLEMS_MAX: usize = 100;
/// Names of logs that say nothing here, kept to be told; more are counted together.
const UNUSED_MAX: usize = 100;

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Tsv,
    Json(Division, Writer),
}

impl Kind {
    fn of(head: &[u8]) -> Option<Self> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let first = head.iter().find(|b| !b.is_ascii_whitespace())?;
        match first {
            b'#' => {
                let mut lines = head.split(|&b| b == b'\n').take_while(|l| l.starts_with(b"#"));
                let marks: [&[u8]; 3] = [b"#separator ", b"#fields", b"#path"];
                lines.any(|l| marks.iter().any(|mark| l.starts_with(mark))).then_some(Self::Tsv)
            }
            b'{' => Self::json(head, Division::Lines).or_else(|| Self::json(head, Division::Array)),
            b'[' => Self::json(head, Division::Array),
            _ => None,
        }
    }

    /// The first whole document decides. One that is longer than the head is told by its keys.
    fn json(head: &[u8], division: Division) -> Option<Self> {
        let mut pieces = Pieces::new(division);
        let mut rest = head;
        loop {
            match pieces.next(&mut rest) {
                Ok(Piece::Whole) if pieces.buffer.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Piece::Whole) => {
                    let document = Document::read(&pieces.buffer).ok()?;
                    return Some(Self::Json(division, document.writer()));
                }
                _ => return None,
            }
        }
    }

    /// The name in [`Capture::format`].
    fn format(self) -> &'static str {
        match self {
            Self::Tsv => "Zeek log (TSV)",
            Self::Json(_, Writer::Zeek) => "Zeek log (JSON)",
            Self::Json(_, Writer::Eve) => "Suricata log (EVE)",
            Self::Json(_, Writer::Malcolm) => "Malcolm export",
        }
    }
}

/// Whether the beginning of a file, packed or not, is that of a log.
pub fn is_log(head: &[u8]) -> bool {
    Kind::of(&unpacked(head)).is_some()
}

/// Whether more bytes could still make a log of the beginning of a file, packed or not. No capture begins like text.
pub fn may_become_log(head: &[u8]) -> bool {
    let text = unpacked(head);
    matches!(text.first(), None | Some(b'#' | b'{' | b'[' | 0xef | b' ' | b'\t' | b'\r' | b'\n'))
        && text.len() < usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX)
}

/// The text that a beginning holds. What is packed and broken off still shows how it begins.
fn unpacked(head: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(input) = Input::new(Box::new(io::Cursor::new(head.to_vec())), None) {
        let _ = input.bytes.take(HEAD_BYTES).read_to_end(&mut text);
    }
    text
}

/// Whether a file is a log, by its content.
pub fn is_log_file(path: &Path) -> bool {
    let head = || {
        let mut head = Vec::new();
        // What is packed and broken off still shows how it begins.
        let _ = Input::open(path).ok()?.bytes.take(HEAD_BYTES).read_to_end(&mut head);
        Some(head)
    };
    path.is_file() && head().is_some_and(|head| Kind::of(&head).is_some())
}

/// A line as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its number, from 1; of a JSON array, the number of the document.
    pub number: u64,
    /// Its own time, or that of the line before it.
    pub time: Timestamp,
    /// Its bytes.
    pub text: &'a [u8],
}

/// A log that is being read.
pub struct LogReader {
    input: Input,
    pieces: Pieces,
    kind: Kind,
    header: Header,
    /// The log that the file is named after.
    named: String,
    number: u64,
    time: Timestamp,
    ended: bool,
    untimed: u64,
    left_out: u64,
    unused: BTreeMap<String, u64>,
    capture: Capture,
}

impl LogReader {
    /// Opens a log, packed or not; `name` is what the user calls it.
    ///
    /// # Errors
    /// It cannot be read, or is no log.
    pub fn open(path: &Path, name: &str, id: CaptureId) -> io::Result<Self> {
        Self::new(Input::open(path)?, name, id)
    }

    /// Reads a log from anywhere.
    ///
    /// # Errors
    /// It cannot be read, or is no log.
    pub fn from_reader(input: impl Read + Send + 'static, name: &str, id: CaptureId) -> io::Result<Self> {
        Self::new(Input::new(Box::new(input), None)?, name, id)
    }

    fn new(mut input: Input, name: &str, id: CaptureId) -> io::Result<Self> {
        let mut head = Vec::new();
        // A broken end is told when reading gets there.
        let broken = input.bytes.by_ref().take(HEAD_BYTES).read_to_end(&mut head).err();
        let Some(kind) = Kind::of(&head) else {
            return Err(broken.unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no log")));
        };
        let rest: Box<dyn io::BufRead + Send> = match broken {
            Some(e) => Box::new(io::BufReader::new(Broken(Some(e)))),
            None => input.bytes,
        };
        input.bytes = Box::new(io::Cursor::new(head).chain(rest));
        let division = if let Kind::Json(division, _) = kind { division } else { Division::Lines };
        Ok(Self {
            input,
            pieces: Pieces::new(division),
            kind,
            header: Header::default(),
            named: named_after(name),
            number: 0,
            time: Timestamp::default(),
            ended: false,
            untimed: 0,
            left_out: 0,
            unused: BTreeMap::new(),
            capture: Capture {
                id,
                name: name.to_owned(),
                format: kind.format().to_owned(),
                packets: 0,
                bytes: 0,
                first: None,
                last: None,
                problems: Vec::new(),
            },
        })
    }

    /// Bytes of the file that were read, and its size where it has one.
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.input.consumed.load(Ordering::Relaxed), self.input.total)
    }

    /// Reads one line into `importer`; false at the end.
    pub fn step(&mut self, importer: &mut Importer) -> bool {
        if !self.advance() {
            return false;
        }
        let text = std::mem::take(&mut self.pieces.buffer);
        if let Err(what) = self.record(&text, Some(importer)) {
            self.problem(what, ProblemSeverity::Warning);
        }
        self.pieces.buffer = text;
        true
    }

    /// The next line as it stands, for who wants to show it.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        if !self.advance() {
            return None;
        }
        let text = std::mem::take(&mut self.pieces.buffer);
        let _ = self.record(&text, None);
        self.pieces.buffer = text;
        Some(Line { number: self.number, time: self.time, text: &self.pieces.buffer })
    }

    /// What was read so far, and what could not be read.
    pub fn summary(&self) -> Capture {
        let mut capture = self.capture.clone();
        let mut note =
            |what| capture.problems.push(Problem { frame: None, what, severity: ProblemSeverity::Info });
        if self.left_out > 0 {
            note(format!("{} more problems like these", self.left_out));
        }
        if self.untimed > 0 {
            note(format!("{} lines have no time of their own", self.untimed));
        }
        for (log, lines) in &self.unused {
            note(format!("{lines} lines of {log} say nothing that is used"));
        }
        capture
    }

    /// Goes on to the next line that is in the buffer.
    fn advance(&mut self) -> bool {
        while !self.ended {
            match self.pieces.next(&mut self.input.bytes) {
                Ok(Piece::Whole) => {
                    self.number += 1;
                    return true;
                }
                Ok(Piece::TooLong) => {
                    self.number += 1;
                    let what = format!("longer than {} bytes, passed over", input::PIECE_BYTES_MAX);
                    self.problem(what, ProblemSeverity::Warning);
                }
                Ok(Piece::End { cut }) => {
                    self.ended = true;
                    if cut {
                        self.problem("the file ends within a document".into(), ProblemSeverity::Warning);
                    }
                }
                Err(e) => {
                    self.ended = true;
                    self.problem(format!("cannot be read any further: {e}"), ProblemSeverity::Error);
                }
            }
        }
        false
    }

    fn record(&mut self, text: &[u8], importer: Option<&mut Importer>) -> Result<(), String> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        match self.kind {
            Kind::Tsv if text.starts_with(b"#") => {
                self.header.take(text);
                Ok(())
            }
            Kind::Tsv => {
                let header = std::mem::take(&mut self.header);
                let done = header.row(text).map(|row| {
                    let path = if header.path.is_empty() { self.named.clone() } else { header.path.clone() };
                    self.take(&row, &path, text.len(), importer);
                });
                self.header = header;
                done
            }
            Kind::Json(..) => {
                let document = Document::read(text)?;
                let log = document.log_or(&self.named).to_owned();
                if log.is_empty() {
                    return Err(
                        "which Zeek log this is cannot be told: name the file after it (conn.log)".into()
                    );
                }
                self.take(&document, &log, text.len(), importer);
                Ok(())
            }
        }
    }

    fn take(&mut self, record: &dyn Record, log: &str, bytes: usize, importer: Option<&mut Importer>) {
        match record.time("ts") {
            Some(time) => {
                self.time = time;
                self.capture.first = Some(self.capture.first.map_or(time, |first| first.min(time)));
                self.capture.last = Some(self.capture.last.map_or(time, |last| last.max(time)));
            }
            None => self.untimed += 1,
        }
        self.capture.packets += 1;
        self.capture.bytes += bytes as u64;
        let Some(importer) = importer else { return };
        let place = Place { capture: self.capture.id, line: self.number, time: self.time };
        match maps::find(log) {
            Some(maps::Meaning::Connection) => maps::conn::connection(importer, record, place),
            Some(maps::Meaning::Log(log)) => Say::new(importer, record, log, place).line(),
            None => self.not_used(log),
        }
    }

    fn not_used(&mut self, log: &str) {
        let name: String = log.chars().take(64).collect();
        let full = self.unused.len() >= UNUSED_MAX && !self.unused.contains_key(&name);
        let name = if full { "other logs".to_owned() } else { name };
        *self.unused.entry(name).or_default() += 1;
    }

    fn problem(&mut self, what: String, severity: ProblemSeverity) {
        if self.capture.problems.len() < PROBLEMS_MAX || severity == ProblemSeverity::Error {
            self.capture.problems.push(Problem { frame: Some(self.number), what, severity });
        } else {
            self.left_out += 1;
        }
    }
}

/// A packed file that broke off: the error comes where the bytes end.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The log that a file is named after: `conn.log`, `conn.12:00:00-13:00:00.log.gz`, `conn_20240102.log`.
fn named_after(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.split('.').next().unwrap_or(file);
    let known = |stem: &str| maps::find(stem).is_some();
    if known(stem) {
        return stem.to_owned();
    }
    let shorter = stem.match_indices(['_', '-']).filter_map(|(at, _)| stem.get(..at));
    let cut = stem.match_indices(['_', '-']).find(|(at, _)| {
        stem.get(at + 1..).and_then(|rest| rest.chars().next()).is_some_and(|c| c.is_ascii_digit())
    });
    let cut = cut.and_then(|(at, _)| stem.get(..at));
    cut.into_iter().chain(shorter).find(|stem| known(stem)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
