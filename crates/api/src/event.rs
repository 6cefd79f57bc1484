//! All that can happen to the kept state, in one closed list: what requests ask of the one writer.

use crate::job::Job;
use model::plant::Act;
use model::{CaptureId, Text};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::oneshot;

/// One thing to do, in the order of arrival.
#[derive(Debug)]
pub enum Event {
    /// Read a capture file, keep what it shows, publish. The file is the writer's to remove.
    ImportCapture {
        /// Where progress is told.
        job: Arc<Job>,
        /// The file.
        path: PathBuf,
        /// Name for people.
        name: String,
    },
    /// Forget a capture with everything it showed, publish.
    DeleteCapture {
        /// Where progress is told.
        job: Arc<Job>,
        /// Which.
        capture: CaptureId,
    },
    /// Replace the advisories by those of an archive, publish. The file is the writer's to remove.
    ImportAdvisories {
        /// Where progress is told.
        job: Arc<Job>,
        /// The archive.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// Take decisions of a person, publish.
    Decide(Decide),
    /// Finish what is under way and stop.
    Shutdown,
}

/// Decisions of a person, all or none of them.
#[derive(Debug)]
pub struct Decide {
    /// Who.
    pub by: Text,
    /// Why.
    pub why: Text,
    /// What.
    pub acts: Vec<Act>,
    /// Their numbers once they are published, or why none was taken.
    pub answer: oneshot::Sender<Result<Vec<u64>, String>>,
}
