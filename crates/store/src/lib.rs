//! The embedded store: what cannot be derived. Journal batches, captures, evidence frames, feeds, decisions.
//!
//! Invariants: everything else is a fold over the journal and is never kept. A capture and all that came with it appear and
//! disappear as one. One process writes at a time. SQL is the subset that SQLite and PostgreSQL share.

mod codec;
mod decisions;
mod error;
mod feeds;
mod frames;
mod import;
mod migrations;
mod store;

pub use error::Error;
pub use feeds::FeedImport;
pub use frames::EvidenceFrame;
pub use import::Import;
pub use store::{CaptureRecord, Place, Store};
