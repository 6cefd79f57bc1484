//! What can go wrong with the store, by what the caller can do about it.

use model::CaptureId;

/// A failure of the store. What was kept before is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or read as a database.
    #[error("cannot open the store {path}: {cause}")]
    Open {
        /// Where.
        path: String,
        /// Why.
        cause: sqlx::Error,
    },
    /// A later version of the program wrote it.
    #[error(
        "the store has schema version {found}, this program knows versions up to {known}: use a newer program"
    )]
    TooNew {
        /// Version in the store.
        found: i64,
        /// Latest known.
        known: i64,
    },
    /// A row that cannot be read.
    #[error("damaged row in the store: {what}: {cause}")]
    Damaged {
        /// Which row.
        what: String,
        /// Why.
        cause: String,
    },
    /// No such capture.
    #[error("no capture {} in the store", .0.0)]
    NoCapture(CaptureId),
    /// The database refused: disk full, locked, gone.
    #[error("the store failed: {0}")]
    Database(#[from] sqlx::Error),
}
