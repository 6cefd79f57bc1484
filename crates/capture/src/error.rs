//! Why a capture could not be read at all.

use std::io;

/// The capture cannot be read. What goes wrong after its first block is a problem of the capture, not an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or its first bytes cannot be read.
    #[error("cannot read capture {name}: {cause}")]
    Unreadable {
        /// Path or name, as the user gave it.
        name: String,
        /// What the operating system or the decompressor says.
        cause: io::Error,
    },
    /// The bytes are not those of a capture that is understood here.
    #[error("cannot read capture {name}: {what}")]
    NotACapture {
        /// Path or name, as the user gave it.
        name: String,
        /// What was found instead.
        what: String,
    },
}
