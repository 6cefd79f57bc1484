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
    /// Load intelligence, publish. The file is the writer's to remove.
    ImportIntelligence {
        /// Where progress is told.
        job: Arc<Job>,
        /// The file, archive or bundle.
        path: PathBuf,
        /// Its name.
        name: String,
        /// Its advisories take the place of all before.
        replace_advisories: bool,
        /// A bundle may be older than the one that is loaded.
        allow_older: bool,
    },
    /// Forget a feed, publish.
    RemoveFeed {
        /// Where progress is told.
        job: Arc<Job>,
        /// Its name.
        feed: String,
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
