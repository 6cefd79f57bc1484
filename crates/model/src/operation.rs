//! What one party asked another to do.

use crate::text::Name;
use serde::{Deserialize, Serialize};

/// The classes of operations, the same for every protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationClass {
    /// Reads values.
    Read,
    /// Writes values.
    Write,
    /// Commands an output or a point (select, operate, control).
    Command,
    /// Forces a value past the program.
    Force,
    /// Reads a program out of a controller.
    ProgramUpload,
    /// Writes a program into a controller.
    ProgramDownload,
    /// Starts, stops or switches the mode of a controller.
    ModeChange,
    /// Writes firmware.
    FirmwareUpdate,
    /// Changes configuration or parameters.
    Configuration,
    /// Diagnostics and status.
    Diagnostic,
    /// Cold or warm restart, reset.
    Restart,
    /// Sets or asks the time.
    Time,
    /// Signs in, opens or closes a protected session.
    Authentication,
    /// Finds or identifies devices.
    Discovery,
    /// Opens, keeps or closes a session or subscription.
    Session,
    /// Moves, lists or deletes files.
    File,
    /// Anything that no other class fits.
    Other,
}

impl OperationClass {
    /// Engineering work that changes what a controller does: what an engineer must know about.
    pub fn is_engineering(self) -> bool {
        matches!(
            self,
            Self::ProgramDownload
                | Self::ProgramUpload
                | Self::ModeChange
                | Self::FirmwareUpdate
                | Self::Configuration
                | Self::Restart
                | Self::Force
        )
    }

    /// Changes the process or the controller.
    pub fn is_change(self) -> bool {
        self.is_engineering() && self != Self::ProgramUpload
            || matches!(self, Self::Write | Self::Command | Self::Time)
    }

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Command => "command",
            Self::Force => "force",
            Self::ProgramUpload => "program_upload",
            Self::ProgramDownload => "program_download",
            Self::ModeChange => "mode_change",
            Self::FirmwareUpdate => "firmware_update",
            Self::Configuration => "configuration",
            Self::Diagnostic => "diagnostic",
            Self::Restart => "restart",
            Self::Time => "time",
            Self::Authentication => "authentication",
            Self::Discovery => "discovery",
            Self::Session => "session",
            Self::File => "file",
            Self::Other => "other",
        }
    }
}

/// An operation of a protocol: its name, code on the wire and class.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// Name in the protocol's own words, snake case.
    pub name: Name,
    /// Function or service code on the wire.
    pub code: u32,
    /// Class.
    pub class: OperationClass,
}

impl Operation {
    /// An operation with a name known at build time.
    pub const fn new(name: &'static str, code: u32, class: OperationClass) -> Self {
        Self { name: Name::new(name), code, class }
    }
}
