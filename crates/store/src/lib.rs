//! The embedded store: what cannot be derived. Journal batches, captures, evidence frames, advisory documents.
//!
//! Invariants: everything else is a fold over the journal and is never kept. A capture and all that came with it appear and
//! disappear as one. SQL is the subset that SQLite and PostgreSQL share.

mod error;
mod frames;
mod store;

pub use error::Error;
pub use frames::EvidenceFrame;
pub use store::Store;
