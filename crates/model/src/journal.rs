//! The journal: everything the centre ever learned, in order. State is a fold over it.

use crate::access::Listed;
use crate::cmdb::Record;
use crate::evidence::CaptureId;
use crate::network::NetworkDevice;
use crate::observation::Observation;
use crate::plant::Decision;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One entry. Knowledge of feeds and ticks of the clock get their own kinds when they come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A capture begins or, with the same id again, tells how far it was read.
    Capture(Capture),
    /// A sensor saw something.
    Observed(Observation),
    /// A person decided something.
    Decided(Decision),
    /// A network device is configured so, says a file.
    Configured {
        /// The file.
        capture: CaptureId,
        /// What it says.
        device: Box<NetworkDevice>,
    },
    /// Another system has these devices on record, says a list.
    Recorded {
        /// The list.
        capture: CaptureId,
        /// Its records, or a part of them.
        records: Vec<Record>,
    },
    /// A directory or a list has these accounts, groups and grants.
    Listed {
        /// The list.
        capture: CaptureId,
        /// What it says, or a part of it.
        listed: Vec<Listed>,
    },
}

/// A capture as a source of evidence. Later entries of the same id replace earlier ones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Capture {
    /// Its id in this journal.
    pub id: CaptureId,
    /// Path or name, as the user gave it.
    pub name: String,
    /// `pcap` or `pcapng`; of another system's log its name, such as `Zeek log (TSV)`. Empty when nothing could be read.
    pub format: String,
    /// Frames read; of a log, its lines.
    pub packets: u64,
    /// Captured bytes read, without the file's own headers.
    pub bytes: u64,
    /// Time of the earliest frame.
    pub first: Option<Timestamp>,
    /// Time of the latest frame.
    pub last: Option<Timestamp>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Capture {
    /// It is a log: what a frame number counts are its lines.
    pub fn is_log(&self) -> bool {
        !self.format.is_empty() && !self.format.starts_with("pcap")
    }

    /// It is neither capture nor log: an engineering file, a configuration, a list. What it names need not have been heard.
    pub fn is_file(&self) -> bool {
        self.is_log() && !self.format.contains("log") && !self.format.starts_with("Malcolm")
    }

    /// What its frame numbers count, for people.
    pub fn unit(&self) -> &'static str {
        if self.is_log() { "line" } else { "frame" }
    }
}

/// Something in a capture that could not be read, or only in part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// Frame number it concerns, or after which it came.
    pub frame: Option<u64>,
    /// One sentence.
    pub what: String,
    /// How bad.
    pub severity: ProblemSeverity,
}

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemSeverity {
    /// Noted; nothing lost that matters.
    Info,
    /// Part of the input was lost.
    Warning,
    /// Reading stopped there.
    Error,
}
