//! The engine itself: capture file, dissector, journal, site, posture.

use crate::clock;
use crate::crew;
use crate::engine::{Engine, Piece, Sink, Source, Stop};
use crate::intel::reading;
use crate::pipeline::{self, KeptFrame, Sensor};
use capture::reader::Progress;
use connect::directory::Mapping;
use connect::feeds::Found;
use dissect::SecretKey;
use model::access::Listed;
use model::cmdb::Record;
use model::journal::{Capture, Entry};
use model::network::NetworkDevice;
use model::threat::{CveId, Said};
use model::{CaptureId, Name, Observation};
use posture::access::PERIOD_DAYS;
use posture::assess;
use posture::checks::Checks;
use posture::document::Analysis;
use posture::fold::Fold;
use posture::intel::fleet::Memo;
use posture::intel::matcher::Intel;
use posture::intel::threat::Threats;
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
    /// Key of the fingerprints of secrets.
    key: SecretKey,
}

/// Advisories, and what of them could not be read.
struct Knowledge {
    intel: Arc<Intel>,
    problems: Vec<String>,
    threats: Arc<Threats>,
    /// What they say of identities seen before.
    memo: Arc<Mutex<Memo>>,
}

impl Passive {
    /// With the checks that come with the program.
    ///
    /// # Errors
    /// A check does not load.
    pub(crate) fn new(key: SecretKey) -> Result<Self, String> {
        let mistakes = |all: Vec<_>| {
            let words: Vec<String> = all.iter().map(|e: &posture::checks::LoadError| e.to_string()).collect();
            format!("cannot load the checks: {}", words.join("; "))
        };
        let knowledge = Knowledge {
            intel: Arc::new(Intel::new()),
            problems: Vec::new(),
            threats: Arc::default(),
            memo: Arc::default(),
        };
        Ok(Self {
            checks: Checks::builtin().map_err(mistakes)?,
            knowledge: Mutex::new(Arc::new(knowledge)),
            fold: Mutex::default(),
            key,
        })
    }

    fn knowledge(&self) -> MutexGuard<'_, Arc<Knowledge>> {
        self.knowledge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Passive {
    fn import(&self, source: &Source, sink: &mut Sink) -> Result<(), Stop> {
        let mut reading = Reading {
            capture: source.capture,
            sink,
            cited: BTreeSet::new(),
            hidden: pipeline::Hidden::new(),
            stopped: None,
        };
        let capture = read(source, &self.key, &mut reading)?;
        let Reading { cited, hidden, .. } = reading;
        for problem in &capture.problems {
            sink.problem(&problem.what);
        }
        sink.put(Piece::Batch(vec![Entry::Capture(capture)]))?;
        // A report may cite a frame from long before it, so which frames are wanted is only known at the end.
        let frames = pipeline::evidence_frames(source.path(), &source.name, source.capture, &cited);
        for mut frame in frames.map_err(|e| unreadable(source, &e))? {
            pipeline::hide(&mut frame, &hidden);
            sink.put(Piece::Frame(kept(source.capture, frame)))?;
        }
        Ok(())
    }

    fn unpack(&self, source: &Source, sink: &mut Sink) -> Result<(), Stop> {
        let mut unpacking = Unpacking { sink, waiting: Vec::new(), read: 0, bytes: 0, stopped: None };
        let read = reading::read(source.path(), &mut |found| unpacking.take(found));
        if unpacking.stopped.is_none() {
            unpacking.stopped = unpacking.pass_on().err();
        }
        match unpacking.stopped {
            Some(stop) => Err(stop),
            None => read.map_err(|e| unreadable(source, &e.into())),
        }
    }

    fn learn(&self, advisories: &mut dyn Iterator<Item = (String, String)>) -> BTreeSet<CveId> {
        let mut intel = Intel::new();
        let mut threats = Threats::default();
        let mut problems = Vec::new();
        for (name, text) in advisories {
            if let Err(error) = intel.add(&name, text.as_bytes()) {
                problems.push(format!("{name}: {error}"));
            }
            reading::facts(&text, &mut threats);
        }
        let cves = threats.cves().collect();
        *self.knowledge() = Arc::new(Knowledge {
            intel: Arc::new(intel),
            problems,
            threats: Arc::new(threats),
            memo: Arc::default(),
        });
        cves
    }

    fn inform(&self, statements: Vec<(CveId, Name, Said)>) {
        let mut knowledge = self.knowledge();
        let mut threats = (*knowledge.threats).clone();
        for (cve, feed, said) in statements {
            threats.add(cve, feed, said);
        }
        let Knowledge { intel, problems, memo, .. } = &**knowledge;
        let (intel, problems, memo) = (Arc::clone(intel), problems.clone(), Arc::clone(memo));
        *knowledge = Arc::new(Knowledge { intel, problems, threats: Arc::new(threats), memo });
    }

    fn threats(&self) -> Arc<Threats> {
        Arc::clone(&self.knowledge().threats)
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
        let mut posture = assess::assess_over(
            inventory,
            &knowledge.intel,
            &mut memo,
            &self.checks,
            clock::now(),
            PERIOD_DAYS,
        );
        posture.problems.extend(knowledge.problems.iter().cloned());
        posture.threats = Arc::clone(&knowledge.threats);
        Viewer::new(&posture).analysis(&posture, env!("CARGO_PKG_VERSION"))
    }
}

/// Reads the whole capture; what it shows goes to the sink.
fn read(source: &Source, key: &SecretKey, reading: &mut Reading<'_>) -> Result<Capture, Stop> {
    let mut sensor = Sensor::new(crew::threads(), key, &Mapping::default());
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
    hidden: pipeline::Hidden,
    stopped: Option<Stop>,
}

impl pipeline::Sink for Reading<'_> {
    fn observations(&mut self, batch: Vec<Observation>) {
        pipeline::evidence_numbers(self.capture, &batch, &mut self.cited);
        pipeline::secret_ranges(self.capture, &batch, &mut self.hidden);
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

    fn listed(&mut self, capture: CaptureId, listed: Vec<Listed>) {
        if self.stopped.is_none() {
            self.stopped = self.sink.put(Piece::Batch(vec![Entry::Listed { capture, listed }])).err();
        }
    }

    fn progress(&mut self, frames: u64, progress: Progress) -> bool {
        let told = self.sink.progress(frames, progress.read_bytes);
        self.stopped = self.stopped.take().or(told.err());
        self.stopped.is_none()
    }
}

/// Pieces of intelligence that are handed on at once.
const FOUND: usize = 256;

/// Intelligence on its way to the store.
struct Unpacking<'a> {
    sink: &'a mut Sink,
    waiting: Vec<Found>,
    read: u64,
    bytes: u64,
    stopped: Option<Stop>,
}

impl Unpacking<'_> {
    fn take(&mut self, found: Found) -> ControlFlow<()> {
        match &found {
            Found::Progress(bytes) => {
                self.bytes = *bytes;
                return ControlFlow::Continue(());
            }
            Found::Refused { why, .. } => self.sink.problem(why),
            _ => self.read += 1,
        }
        self.waiting.push(found);
        if self.waiting.len() >= FOUND {
            self.stopped = self.pass_on().err();
        }
        if self.stopped.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn pass_on(&mut self) -> Result<(), Stop> {
        self.sink.progress(self.read, self.bytes)?;
        self.sink.put(Piece::Found(std::mem::take(&mut self.waiting)))
    }
}
