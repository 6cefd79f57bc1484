//! The engine itself: capture file, dissector, journal, posture.

use crate::engine::{Engine, Piece, Sink, Source, Stop};
use capture::reader::CaptureReader;
use dissect::Dissector;
use model::CaptureId;
use model::frame::Frame;
use model::journal::{Capture, Entry, Problem, ProblemSeverity};
use model::limits::Limits;
use model::{Fact, Observation};
use posture::document::{Analysis, CaptureView, ProblemView, Tool};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use store::EvidenceFrame;

/// Frames between two reports of progress.
const REPORT_EVERY: u64 = 4096;
/// Observations in a batch, about; small enough to lie in memory a few times.
const BATCH: usize = 2000;
/// Frames kept as evidence of one capture, and their bytes together: enough for every fact of a plant, bounded for a flood.
const KEPT_FRAMES_MAX: usize = 100_000;
const KEPT_BYTES_MAX: usize = 128 << 20;

/// Reads with the project's own dissector.
pub(crate) struct Passive;

impl Engine for Passive {
    fn import(&self, source: &Source, sink: &mut Sink) -> Result<(), Stop> {
        let mut cited = Cited::default();
        let mut summary = dissect_all(source, sink, &mut cited)?;
        let left_out = keep_frames(source, sink, &cited)?;
        summary.problems.extend(left_out);
        for problem in &summary.problems {
            sink.problem(&problem.what);
        }
        sink.put(Piece::Batch(vec![Entry::Capture(summary)]))
    }

    fn unpack(&self, archive: &Source, _: &mut Sink) -> Result<(), Stop> {
        Err(Stop::Unreadable(format!("{}: this program reads no advisories", archive.name)))
    }

    fn assess(
        &self,
        journal: &mut dyn Iterator<Item = Vec<Entry>>,
        _: &mut dyn Iterator<Item = (String, String)>,
    ) -> Analysis {
        let mut captures: BTreeMap<CaptureId, Capture> = BTreeMap::new();
        for entry in journal.flatten() {
            if let Entry::Capture(capture) = entry {
                captures.insert(capture.id, capture);
            }
        }
        only_captures(captures.values())
    }
}

/// Frames that entries cite, by number.
#[derive(Default)]
struct Cited {
    frames: BTreeSet<u64>,
    too_many: bool,
}

impl Cited {
    fn note(&mut self, observation: &Observation) {
        self.add(observation.evidence.frame);
        if let Fact::Conversation(report) = &observation.fact {
            report.operations.iter().for_each(|o| self.add(o.first.frame));
        }
    }

    fn add(&mut self, frame: u64) {
        if self.frames.len() < KEPT_FRAMES_MAX {
            self.frames.insert(frame);
        } else {
            self.too_many |= !self.frames.contains(&frame);
        }
    }
}

fn open(source: &Source) -> Result<CaptureReader, Stop> {
    CaptureReader::open(source.path(), source.capture).map_err(|e| {
        // The user knows the name, not where the upload lay.
        let path = source.path().display().to_string();
        Stop::Unreadable(e.to_string().replace(&path, &source.name))
    })
}

/// First pass: what the frames say.
fn dissect_all(source: &Source, sink: &mut Sink, cited: &mut Cited) -> Result<Capture, Stop> {
    let mut reader = open(source)?;
    let summary = |reader: &CaptureReader| Capture { name: source.name.clone(), ..reader.summary() };
    sink.put(Piece::Batch(vec![Entry::Capture(summary(&reader))]))?;
    // From chance, so that no sender can aim at a bucket of the tables.
    let hash_seed = RandomState::new().hash_one(source.capture.0);
    let mut dissector = Dissector::new(Limits { hash_seed, ..Limits::default() });
    let mut frames = 0;
    while let Some(frame) = reader.next_frame() {
        dissector.frame(&frame);
        frames += 1;
        if frames % REPORT_EVERY == 0 {
            sink.progress(frames, reader.progress().read_bytes)?;
        }
        if dissector.waiting() >= BATCH {
            hand_over(&mut dissector, sink, cited)?;
        }
    }
    dissector.finish();
    hand_over(&mut dissector, sink, cited)?;
    sink.progress(frames, reader.progress().read_bytes)?;
    Ok(summary(&reader))
}

fn hand_over(dissector: &mut Dissector, sink: &mut Sink, cited: &mut Cited) -> Result<(), Stop> {
    let observations = dissector.take();
    observations.iter().for_each(|o| cited.note(o));
    let mut entries = observations.into_iter().map(Entry::Observed).peekable();
    while entries.peek().is_some() {
        sink.put(Piece::Batch(entries.by_ref().take(BATCH).collect()))?;
    }
    Ok(())
}

/// Second pass: a report may cite a frame from long before it, so which frames are wanted is only known at the end.
fn keep_frames(source: &Source, sink: &mut Sink, cited: &Cited) -> Result<Option<Problem>, Stop> {
    let mut reader = open(source)?;
    let mut wanted = cited.frames.iter().copied().filter(|&number| number > 0).peekable();
    let mut bytes = 0;
    while let (Some(&next), Some(frame)) = (wanted.peek(), reader.next_frame()) {
        if frame.number < next {
            continue;
        }
        bytes += frame.data.len();
        if bytes > KEPT_BYTES_MAX {
            return Ok(Some(left_out()));
        }
        sink.put(Piece::Frame(kept(&frame)))?;
        while wanted.next_if(|&number| number <= frame.number).is_some() {}
    }
    Ok(cited.too_many.then(left_out))
}

fn kept(frame: &Frame<'_>) -> EvidenceFrame {
    EvidenceFrame {
        capture: frame.capture,
        number: frame.number,
        time: frame.time,
        link: frame.link,
        wire_len: frame.wire_len,
        bytes: frame.data.to_vec(),
    }
}

fn left_out() -> Problem {
    let what = format!(
        "more evidence than is kept: only its first {KEPT_FRAMES_MAX} frames or {} MiB can be shown",
        KEPT_BYTES_MAX >> 20
    );
    Problem { frame: None, what, severity: ProblemSeverity::Info }
}

fn only_captures<'a>(captures: impl Iterator<Item = &'a Capture> + Clone) -> Analysis {
    let view = |c: &Capture| CaptureView {
        id: c.id.0,
        path: c.name.clone(),
        format: c.format.clone(),
        packets: c.packets,
        bytes: c.bytes,
        first: c.first.map(|t| t.to_string()),
        last: c.last.map(|t| t.to_string()),
    };
    let problem = |c: &Capture, p: &Problem| ProblemView {
        capture: c.name.clone(),
        frame: p.frame,
        what: p.what.clone(),
        severity: match p.severity {
            ProblemSeverity::Info => "info",
            ProblemSeverity::Warning => "warning",
            ProblemSeverity::Error => "error",
        }
        .into(),
    };
    Analysis {
        schema: "sightglass.analysis/1",
        tool: Tool { name: "sightglass", version: env!("CARGO_PKG_VERSION") },
        captures: captures.clone().map(view).collect(),
        problems: captures.flat_map(|c| c.problems.iter().map(|p| problem(c, p))).collect(),
        assets: Vec::new(),
        conversations: Vec::new(),
        messages: BTreeMap::new(),
        accounts: Vec::new(),
        advisories: Vec::new(),
        findings: Vec::new(),
    }
}
