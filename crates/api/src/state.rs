//! What handlers share: the published posture, the way to the writer, the jobs, the kept frames.

use crate::error::Problem;
use crate::event::Event;
use crate::job::Jobs;
use crate::snapshot::Snapshot;
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
use tokio::sync::{mpsc, watch};

/// Caps and places of the server that requests need.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where uploads are put until the writer has read them; on the same file system as the data.
    pub uploads: PathBuf,
    /// Largest capture taken, in bytes.
    pub capture_bytes_max: u64,
    /// Largest archive of advisories taken, in bytes.
    pub archive_bytes_max: u64,
}

/// The shared state; clones are cheap.
#[derive(Clone)]
pub struct State(Arc<Parts>);

struct Parts {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    events: mpsc::Sender<Event>,
    jobs: Jobs,
    store: Store,
    settings: Settings,
}

impl State {
    /// From what the composition made: `snapshots` is published by the writer that takes `events`.
    pub fn new(
        snapshots: watch::Receiver<Arc<Snapshot>>,
        events: mpsc::Sender<Event>,
        jobs: Jobs,
        store: Store,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Parts { snapshots, events, jobs, store, settings }))
    }

    /// The posture as of now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.snapshots.borrow())
    }

    /// Jobs.
    pub fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// The store, for evidence frames.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Caps and places.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Hands something to the writer.
    ///
    /// # Errors
    /// The queue is full or the server is stopping.
    pub fn send(&self, event: Event) -> Result<(), Problem> {
        self.0.events.try_send(event).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                Problem::busy("Too many jobs are waiting; try again when some are done.")
            }
            mpsc::error::TrySendError::Closed(_) => Problem::busy("The server is stopping."),
        })
    }
}
