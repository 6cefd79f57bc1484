//! Frames kept as evidence.

use model::frame::LinkType;
use model::{CaptureId, Timestamp};

/// One frame that something cites.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvidenceFrame {
    /// Its capture.
    pub capture: CaptureId,
    /// Number in it, from 1.
    pub number: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// What the bytes begin with.
    pub link: LinkType,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// The captured bytes.
    pub bytes: Vec<u8>,
}
