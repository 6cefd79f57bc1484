//! One step through a capture file: what the two formats tell the reader.

use model::frame::LinkType;
use model::time::Timestamp;

/// What one record or block was.
pub(crate) enum Step {
    /// A frame.
    Frame(Found),
    /// Nothing to give out; `counted` when analysers give it a frame number all the same.
    Skip { counted: bool },
    /// Something that cannot be read; reading goes on. `counted` when it was a frame.
    Lost { counted: bool, what: String },
    /// The file ends where it should.
    End,
    /// The file ends too early.
    Cut(String),
    /// Reading cannot go on.
    Stop(String),
}

/// Where a frame lies in the window, and what its record says.
pub(crate) struct Found {
    /// First captured byte, as a position in the window's buffer.
    pub(crate) start: usize,
    /// Captured bytes.
    pub(crate) len: usize,
    /// Time of capture, where the record has one.
    pub(crate) time: Option<Timestamp>,
    /// What the bytes begin with.
    pub(crate) link: LinkType,
    /// Bytes on the wire.
    pub(crate) wire_len: u32,
}
