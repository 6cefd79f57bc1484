//! Reading a capture, frame by frame.

mod block;

pub use self::block::Block;
use self::block::Head;
use crate::error::Error;
use crate::pcap::Pcap;
use crate::pcapng::Pcapng;
use crate::source::Source;
use crate::step::{Found, Step};
use crate::window::Window;
use model::evidence::CaptureId;
use model::frame::Frame;
use model::journal::{Capture, Problem, ProblemSeverity};
use model::time::Timestamp;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Problems of one capture that are kept in words; more are counted.
const PROBLEMS_MAX: usize = 100;

/// A capture that is being read: pcap or pcapng, plain or packed with gzip or zstd.
///
/// Memory is bounded whatever the file claims: a buffer of 1 MiB that grows to 16 MiB where a file has blocks of
/// that size, and for zstd a window of at most 128 MiB.
pub struct CaptureReader {
    window: Window,
    format: Format,
    consumed: Arc<AtomicU64>,
    total: Option<u64>,
    ended: bool,
    /// Number of the last frame.
    number: u64,
    /// Time of the last frame that had one.
    time: Timestamp,
    untimed: u64,
    /// Records that are no frames and that analysers number all the same.
    frameless: u64,
    problems_left_out: u64,
    /// A frame that was found when a block was full already.
    across: Option<Head>,
    capture: Capture,
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// How far a capture was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of the file, as it lies on disk, that were read so far.
    pub read_bytes: u64,
    /// Its size in bytes; none for standard input and pipes.
    pub total_bytes: Option<u64>,
}

impl CaptureReader {
    /// Opens a capture file, or standard input for `-`, and reads its header.
    ///
    /// # Errors
    /// When the file cannot be opened, or does not begin as a capture of a known format does.
    pub fn open(path: &Path, id: CaptureId) -> Result<Self, Error> {
        Self::new(Source::open(path), path.display().to_string(), id)
    }

    /// Whether a file that begins so is a capture, plain or packed.
    pub fn is_capture(head: &[u8]) -> bool {
        Source::is_packed(head) || Pcapng::is_magic(head) || Pcap::is_magic(head)
    }

    /// Reads a capture from anywhere; `name` is what it is called in its summary and in errors.
    ///
    /// # Errors
    /// When it cannot be read, or does not begin as a capture of a known format does.
    pub fn from_reader(
        input: impl Read + Send + 'static,
        name: String,
        id: CaptureId,
    ) -> Result<Self, Error> {
        Self::new(Source::new(Box::new(input), None), name, id)
    }

    fn new(source: io::Result<Source>, name: String, id: CaptureId) -> Result<Self, Error> {
        let source = match source {
            Ok(source) => source,
            Err(cause) => return Err(Error::Unreadable { name, cause }),
        };
        let mut window = Window::new(source.bytes);
        let format = match Format::begin(&mut window) {
            Ok(format) => format,
            Err(what) => return Err(no_capture(&mut window, name, what)),
        };
        Ok(Self {
            capture: empty(id, name, format.name()),
            window,
            format,
            consumed: source.consumed,
            total: source.total,
            ended: false,
            number: 0,
            time: Timestamp::default(),
            untimed: 0,
            frameless: 0,
            problems_left_out: 0,
            across: None,
        })
    }

    /// The next frame, valid until the next call; none at the end of the capture, for whatever reason it ended.
    ///
    /// A frame without a time (pcapng simple packet block) gets that of the frame before it, or the epoch.
    #[inline]
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        let found = self.find()?;
        self.number += 1;
        let time = self.count(&found);
        let data = self.window.lend(found.start, found.len);
        let Found { link, wire_len, .. } = found;
        Some(Frame { capture: self.capture.id, number: self.number, time, link, wire_len, data })
    }

    /// How far the file was read.
    pub fn progress(&self) -> Progress {
        Progress { read_bytes: self.consumed.load(Ordering::Relaxed), total_bytes: self.total }
    }

    /// What was read so far, and what could not be read.
    pub fn summary(&self) -> Capture {
        let mut capture = self.capture.clone();
        let mut note =
            |what| capture.problems.push(Problem { frame: None, what, severity: ProblemSeverity::Info });
        if self.problems_left_out > 0 {
            note(format!("{} more problems like these", self.problems_left_out));
        }
        if self.untimed > 0 {
            note(format!("{} frames have no time of their own", self.untimed));
        }
        if self.frameless > 0 {
            note(format!("{} records have a frame number and no frame", self.frameless));
        }
        if let dropped @ 1.. = self.format.dropped() {
            note(format!("{dropped} frames were lost by the capturing host, as the capture says"));
        }
        capture
    }

    #[inline]
    fn find(&mut self) -> Option<Found> {
        while !self.ended {
            match self.format.step(&mut self.window) {
                Step::Frame(found) => return Some(found),
                other => self.note(other),
            }
        }
        None
    }

    #[inline]
    fn count(&mut self, found: &Found) -> Timestamp {
        self.capture.packets += 1;
        self.capture.bytes += u64::try_from(found.len).unwrap_or(0);
        let Some(time) = found.time else {
            self.untimed += 1;
            return self.time;
        };
        self.time = time;
        self.capture.first = Some(self.capture.first.map_or(time, |first| first.min(time)));
        self.capture.last = Some(self.capture.last.map_or(time, |last| last.max(time)));
        time
    }

    #[cold]
    fn note(&mut self, step: Step) {
        match step {
            Step::Frame(_) => {}
            Step::Skip { counted } => {
                self.number += u64::from(counted);
                self.frameless += u64::from(counted);
            }
            Step::Lost { counted, what } => {
                self.number += u64::from(counted);
                self.problem(what, ProblemSeverity::Warning);
            }
            Step::End => self.ended = true,
            Step::Cut(what) => self.end(what, ProblemSeverity::Warning),
            Step::Stop(what) => self.end(what, ProblemSeverity::Error),
        }
    }

    fn end(&mut self, what: String, severity: ProblemSeverity) {
        self.ended = true;
        // The reason of the end is worth more than the last of many problems before it.
        if self.capture.problems.len() >= PROBLEMS_MAX && self.capture.problems.pop().is_some() {
            self.problems_left_out += 1;
        }
        self.problem(what, severity);
    }

    /// `frame` is the broken frame where it has a number, else the last one before.
    fn problem(&mut self, what: String, severity: ProblemSeverity) {
        if self.capture.problems.len() < PROBLEMS_MAX {
            self.capture.problems.push(Problem { frame: Some(self.number), what, severity });
        } else {
            self.problems_left_out += 1;
        }
    }
}

impl Format {
    fn begin(window: &mut Window) -> Result<Self, String> {
        if !window.have(4) {
            return Err(if window.bytes().is_empty() { "it is empty" } else { "not a capture file" }.into());
        }
        if Pcapng::is_magic(window.bytes()) {
            return Pcapng::begin(window).map(Self::Pcapng);
        }
        if Pcap::is_magic(window.bytes()) {
            return Pcap::begin(window).map(Self::Pcap);
        }
        Err("not a capture file: neither pcap nor pcapng, plain, gzip or zstd".into())
    }

    #[inline]
    fn step(&mut self, window: &mut Window) -> Step {
        match self {
            Self::Pcap(pcap) => pcap.step(window),
            Self::Pcapng(pcapng) => pcapng.step(window),
        }
    }

    fn dropped(&self) -> u64 {
        match self {
            Self::Pcap(_) => 0,
            Self::Pcapng(pcapng) => pcapng.dropped(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Pcap(_) => "pcap",
            Self::Pcapng(_) => "pcapng",
        }
    }
}

/// A source that failed is the better explanation of a missing header.
fn no_capture(window: &mut Window, name: String, what: String) -> Error {
    match window.take_failure() {
        Some(cause) => Error::Unreadable { name, cause },
        None => Error::NotACapture { name, what },
    }
}

fn empty(id: CaptureId, name: String, format: &str) -> Capture {
    let format = format.to_owned();
    Capture { id, name, format, packets: 0, bytes: 0, first: None, last: None, problems: Vec::new() }
}
