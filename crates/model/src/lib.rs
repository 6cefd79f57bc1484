//! The nouns of the field and their invariants.
//!
//! Invariants of this crate: no I/O, no clock, no randomness; construction, ordering and merging only.
//! Everything that crosses the line between sensor and centre ([`observation`]) is defined here and nowhere else.

pub mod access;
pub mod address;
pub mod advisory;
pub mod asset;
pub mod cmdb;
pub mod conversation;
pub mod evidence;
pub mod finding;
pub mod frame;
pub mod id;
pub mod journal;
pub mod limits;
pub mod network;
pub mod observation;
pub mod operation;
pub mod plant;
pub mod statement;
pub mod text;
pub mod threat;
pub mod time;

pub use address::{Host, Mac, Part, Subject, Transport};
pub use asset::{Attribute, Confidence, Level, Role};
pub use evidence::{ByteRange, CaptureId, Evidence};
pub use observation::{Fact, Observation};
pub use operation::{Operation, OperationClass};
pub use text::{Name, Text};
pub use time::Timestamp;
