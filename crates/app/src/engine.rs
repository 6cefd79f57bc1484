//! What reads captures and works out postures, as the writer sees it. All calls block; the writer gives them a thread.

use api::job::Job;
use connect::feeds::Found;
use model::journal::Entry;
use model::threat::{CveId, Said};
use model::{CaptureId, Name};
use posture::document::Analysis;
use posture::intel::threat::Threats;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::EvidenceFrame;
use tokio::sync::mpsc;

/// Reads and assesses. Keeps nothing between calls but the advisories.
pub(crate) trait Engine: Send + Sync + 'static {
    /// Reads a capture and hands out what it shows: journal entries (first and last its own [`Entry::Capture`]) and the frames
    /// that they cite.
    ///
    /// # Errors
    /// It cannot be read at all, or the import was stopped. What is merely broken in it is a problem in its entry.
    fn import(&self, source: &Source, sink: &mut Sink) -> Result<(), Stop>;

    /// Reads intelligence and hands out what is in it.
    ///
    /// # Errors
    /// It cannot be read to its end, or the import was stopped.
    fn unpack(&self, source: &Source, sink: &mut Sink) -> Result<(), Stop>;

    /// Takes these documents (name and text) for all that is known of advisories, in place of those before; answers the CVEs that they
    /// speak of.
    fn learn(&self, advisories: &mut dyn Iterator<Item = (String, String)>) -> BTreeSet<CveId>;

    /// Hears what feeds say of those CVEs.
    fn inform(&self, statements: Vec<(CveId, Name, Said)>);

    /// What is known of CVEs beyond products.
    fn threats(&self) -> Arc<Threats>;

    /// Folds the whole journal into a posture, in place of what was folded before.
    fn assess(&self, journal: &mut dyn Iterator<Item = Vec<Entry>>) -> Analysis;

    /// Concludes anew from what was folded so far and these further entries: an import, decisions, or nothing but other advisories or a
    /// later time.
    fn conclude(&self, more: &mut dyn Iterator<Item = Vec<Entry>>) -> Analysis;
}

/// An input file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// What the user calls it.
    pub(crate) name: String,
    /// The id that its evidence carries; meaningless for archives.
    pub(crate) capture: CaptureId,
}

impl Source {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Why an import ends early. Nothing of it is kept then.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The input cannot be read; one sentence.
    #[error("{0}")]
    Unreadable(String),
    /// Someone asked for it, or the other side is gone and says why itself.
    #[error("stopped")]
    Asked,
}

/// What comes out of an input.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Journal entries.
    Batch(Vec<Entry>),
    /// A frame that is cited.
    Frame(EvidenceFrame),
    /// Intelligence.
    Found(Vec<Found>),
}

/// Takes what comes out of an input, in order, and waits when the store is slower.
pub(crate) struct Sink {
    pieces: mpsc::Sender<Piece>,
    job: Arc<Job>,
}

impl Sink {
    /// A sink and its other end.
    pub(crate) fn new(job: Arc<Job>, ahead: usize) -> (Self, mpsc::Receiver<Piece>) {
        let (pieces, other) = mpsc::channel(ahead);
        (Self { pieces, job }, other)
    }

    /// Hands a piece on.
    ///
    /// # Errors
    /// The import was stopped.
    pub(crate) fn put(&mut self, piece: Piece) -> Result<(), Stop> {
        self.check()?;
        self.pieces.blocking_send(piece).map_err(|_| Stop::Asked)
    }

    /// Tells how far the input was read: frames (or documents), and bytes of the file. Cheap enough for every thousand frames.
    ///
    /// # Errors
    /// The import was stopped.
    pub(crate) fn progress(&mut self, packets: u64, bytes: u64) -> Result<(), Stop> {
        self.job.progress(packets, bytes);
        self.check()
    }

    /// Notes something that could not be read.
    pub(crate) fn problem(&mut self, what: &str) {
        self.job.problem(what);
    }

    fn check(&self) -> Result<(), Stop> {
        if self.job.is_cancelled() { Err(Stop::Asked) } else { Ok(()) }
    }
}
