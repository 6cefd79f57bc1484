//! All that can happen to the kept state, in one closed list: what requests ask of the one writer.

use crate::job::Job;
use model::CaptureId;
use std::path::PathBuf;
use std::sync::Arc;

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
    /// Finish what is under way and stop.
    Shutdown,
}
