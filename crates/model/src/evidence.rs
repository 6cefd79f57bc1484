//! Who saw it: the witness of every fact.

use crate::text::Name;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A capture within one journal, in the order of registration; the capture's own facts are in [`crate::journal::Capture`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaptureId(pub u32);

impl CaptureId {
    /// In place of a capture for what a person said: the frame is the number of the decision.
    pub const DECISIONS: Self = Self(u32::MAX);
}

/// Bytes of one frame: offset from its first captured byte and length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ByteRange {
    /// Offset in the frame.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

/// Where a fact was read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// Which capture.
    pub capture: CaptureId,
    /// Frame number in it, counted from 1 as packet analysers count; 0 when no single frame says it.
    pub frame: u64,
    /// Time of that frame.
    pub time: Timestamp,
    /// Field, by the common display-filter name where one exists.
    pub field: Name,
    /// The bytes of the value, when they lie whole in that frame (a value that was reassembled has none).
    pub bytes: Option<ByteRange>,
}
