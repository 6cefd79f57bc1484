//! The engine itself: capture file, dissector, journal, site, posture.

use crate::clock;
use crate::crew;
use crate::engine::{Engine, Piece, Sink, Source, Stop};
use crate::pipeline::{self, KeptFrame, Sensor};
use capture::reader::Progress;
use connect::archive::{self, Document};
use model::cmdb::Record;
use model::journal::{Capture, Entry};
use model::network::NetworkDevice;
use model::{CaptureId, Observation};
use posture::assess;
use posture::checks::Checks;
use posture::document::Analysis;
use posture::fold::Fold;
use posture::intel::csaf;
use posture::intel::fleet::Memo;
use posture::intel::matcher::Intel;
use posture::inventory::Inventory;
use posture::view::Viewer;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::EvidenceFrame;

/// Reads with the project's own dissector, assesses with its own checks.
pub(crate) struct Passive {
    checks: Checks,
    knowledge: Mutex<Arc<Knowledge>>,
    /// What the journal says, as far as it was folded.
    fold: Mutex<Fold>,
}

/// Advisories, and what of them could not be read.
struct Knowledge {
    intel: Intel,
    problems: Vec<String>,
    /// What they say of identities seen before.
    memo: Mutex<Memo>,
}

impl Passive {
    /// With the checks that come with the program.
    ///
    /// # Errors
    /// A check does not load.
    pub(crate) fn new() -> Result<Self, String> {
        let mistakes = |all: Vec<_>| {
            let words: Vec<String> = all.iter().map(|e: &posture::checks::LoadError| e.to_string()).collect();
            format!("cannot load the checks: {}", words.join("; "))
        };
        let knowledge = Knowledge { intel: Intel::new(), problems: Vec::new(), memo: Mutex::default() };
        Ok(Self {
            checks: Checks::builtin().map_err(mistakes)?,
            knowledge: Mutex::new(Arc::new(knowledge)),
            fold: Mutex::default(),
        })
    }

    fn knowledge(&self) -> MutexGuard<'_, Arc<Knowledge>> {
        self.knowledge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Passive {
    fn import(&self, source: &Source, sink: &mut Sink) -> Result<(), Stop> {
        let mut reading = Reading { capture: source.capture, sink, cited: BTreeSet::new(), stopped: None };
        let capture = read(source, &mut reading)?;
        let cited = reading.cited;
        for problem in &capture.problems {
            sink.problem(&problem.what);
        }
        sink.put(Piece::Batch(vec![Entry::Capture(capture)]))?;
        // A report may cite a frame from long before it, so which frames are wanted is only known at the end.
        let frames = pipeline::evidence_frames(source.path(), &source.name, source.capture, &cited);
        for frame in frames.map_err(|e| unreadable(source, &e))? {
            sink.put(Piece::Frame(kept(source.capture, frame)))?;
        }
        Ok(())
    }

    fn unpack(&self, archive: &Source, sink: &mut Sink) -> Result<(), Stop> {
        let mut unpacking = Unpacking { sink, read: 0, kept: 0, stopped: None };
        let left_out = archive::documents(archive.path(), &mut |document| unpacking.take(document));
        let Unpacking { sink, kept, stopped, .. } = unpacking;
        if let Some(stop) = stopped {
            return Err(stop);
        }
        let left_out = left_out.map_err(|e| unreadable(archive, &e.into()))?;
        left_out.iter().for_each(|what| sink.problem(what));
        // What is no archive of advisories must not take the place of one.
        if kept == 0 {
            return Err(Stop::Unreadable(format!("{} holds no advisory (CSAF 2.0, JSON)", archive.name)));
        }
        Ok(())
    }

    fn learn(&self, advisories: &mut dyn Iterator<Item = (String, String)>) {
        let mut intel = Intel::new();
        let mut problems = Vec::new();
        for (name, text) in advisories {
            if let Err(error) = intel.add(&name, text.as_bytes()) {
                problems.push(format!("{name}: {error}"));
            }
        }
        *self.knowledge() = Arc::new(Knowledge { intel, problems, memo: Mutex::default() });
    }

    fn assess(&self, journal: &mut dyn Iterator<Item = Vec<Entry>>) -> Analysis {
        *self.fold() = Fold::default();
        self.conclude(journal)
    }

    fn conclude(&self, more: &mut dyn Iterator<Item = Vec<Entry>>) -> Analysis {
        let mut fold = self.fold();
        more.flatten().for_each(|entry| fold.apply(&entry));
        let inventory = fold.inventory();
        drop(fold);
        self.analysis(inventory)
    }
}

impl Passive {
    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn analysis(&self, inventory: Inventory) -> Analysis {
        let knowledge = Arc::clone(&self.knowledge());
        let mut memo = knowledge.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let mut posture =
            assess::assess_again(inventory, &knowledge.intel, &mut memo, &self.checks, clock::now());
        posture.problems.extend(knowledge.problems.iter().cloned());
        Viewer::new(&posture).analysis(&posture, env!("CARGO_PKG_VERSION"))
    }
}

/// Reads the whole capture; what it shows goes to the sink.
fn read(source: &Source, reading: &mut Reading<'_>) -> Result<Capture, Stop> {
    let mut sensor = Sensor::new(crew::threads());
    let capture = pipeline::read(source.path(), &source.name, source.capture, &mut sensor, reading);
    if let Some(stop) = reading.stopped.take() {
        return Err(stop);
    }
    let capture = capture.map_err(|e| unreadable(source, &e))?;
    sensor.finish_into(&mut |batch| pipeline::Sink::observations(reading, batch));
    match reading.stopped.take() {
        Some(stop) => Err(stop),
        None => Ok(Capture { name: source.name.clone(), ..capture }),
    }
}

/// The user knows the name, not where the upload lay.
fn unreadable(source: &Source, error: &anyhow::Error) -> Stop {
    let path = source.path().display().to_string();
    Stop::Unreadable(format!("{error:#}").replace(&path, &source.name))
}

fn kept(capture: CaptureId, frame: KeptFrame) -> EvidenceFrame {
    let KeptFrame { number, time, link, wire_len, data } = frame;
    EvidenceFrame { capture, number, time, link, wire_len, bytes: data }
}

/// A reading in progress: observations go to the journal, progress to the job.
struct Reading<'a> {
    capture: CaptureId,
    sink: &'a mut Sink,
    cited: BTreeSet<u64>,
    stopped: Option<Stop>,
}

impl pipeline::Sink for Reading<'_> {
    fn observations(&mut self, batch: Vec<Observation>) {
        pipeline::evidence_numbers(self.capture, &batch, &mut self.cited);
        if self.stopped.is_none() && !batch.is_empty() {
            let entries = batch.into_iter().map(Entry::Observed).collect();
            self.stopped = self.sink.put(Piece::Batch(entries)).err();
        }
    }

    fn configured(&mut self, capture: CaptureId, device: NetworkDevice) {
        // Lines with rules, addresses and routes; others may hold secrets and are not kept.
        let rules = device.chains.iter().flat_map(|list| list.rules.iter().map(|rule| rule.line));
        let routes = device.routes.iter().map(|route| route.line);
        let interfaces = device.interfaces.iter().map(|interface| interface.line);
        self.cited.extend(rules.chain(routes).chain(interfaces).filter(|line| *line > 0).map(u64::from));
        if self.stopped.is_none() {
            let entry = Entry::Configured { capture, device: Box::new(device) };
            self.stopped = self.sink.put(Piece::Batch(vec![entry])).err();
        }
    }

    fn recorded(&mut self, capture: CaptureId, records: Vec<Record>) {
        if self.stopped.is_none() {
            self.stopped = self.sink.put(Piece::Batch(vec![Entry::Recorded { capture, records }])).err();
        }
    }

    fn progress(&mut self, frames: u64, progress: Progress) -> bool {
        let told = self.sink.progress(frames, progress.read_bytes);
        self.stopped = self.stopped.take().or(told.err());
        self.stopped.is_none()
    }
}

/// Advisories on their way to the store; what is no advisory is named and left out.
struct Unpacking<'a> {
    sink: &'a mut Sink,
    read: u64,
    kept: u64,
    stopped: Option<Stop>,
}

impl Unpacking<'_> {
    fn take(&mut self, document: Document) -> ControlFlow<()> {
        self.read += 1;
        match self.pass_on(document) {
            Ok(()) => ControlFlow::Continue(()),
            Err(stop) => {
                self.stopped = Some(stop);
                ControlFlow::Break(())
            }
        }
    }

    fn pass_on(&mut self, document: Document) -> Result<(), Stop> {
        self.sink.progress(self.read, document.read_bytes)?;
        match csaf::read(&document.name, document.text.as_bytes()) {
            Ok(_) => {
                self.kept += 1;
                self.sink.put(Piece::Document(document.name, document.text))
            }
            Err(error) => {
                self.sink.problem(&error.to_string());
                Ok(())
            }
        }
    }
}
