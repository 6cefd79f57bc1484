//! What an engineering file says, the same for every format: devices, device types, programs, and the line each fact stands in.

use model::{Attribute, Confidence, Mac, Part, Text};
use std::fmt;
use std::net::IpAddr;

/// What one file holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Project {
    /// Name of the format, as in [`super::formats`].
    pub format: &'static str,
    /// What the file calls itself.
    pub title: Option<Text>,
    /// Devices of the plant, in the order of the file.
    pub devices: Vec<Device>,
    /// Types of devices that the file describes without saying where one stands.
    pub types: Vec<DeviceType>,
    /// What a reader should know: who wrote the file and when, and what of it is not used. One sentence each.
    pub notes: Vec<String>,
}

/// A device that the project has in its plant.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Device {
    /// What the project calls it.
    pub name: Option<Text>,
    /// IP addresses it is given. Without one, and without a MAC address, it can be matched by its claims only.
    pub ips: Vec<IpAddr>,
    /// MAC addresses it is given.
    pub macs: Vec<Mac>,
    /// What is said of it.
    pub claims: Vec<Said>,
    /// Modules that answer through it.
    pub modules: Vec<ModuleOf>,
    /// Tasks, programs and blocks that run on it.
    pub programs: Vec<Program>,
    /// GOOSE messages and sampled values it publishes; each has a claim [`Attribute::Stream`] too.
    pub streams: Vec<Stream>,
    /// Where the file begins to speak of it, counted from 1.
    pub line: u32,
}

/// A type of devices: an EDS, a GSDML, a type in a node set.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DeviceType {
    /// Name of the type.
    pub name: Option<Text>,
    /// What is said of it.
    pub claims: Vec<Said>,
    /// Modules that fit into it.
    pub modules: Vec<ModuleOf>,
    /// Where it stands, counted from 1.
    pub line: u32,
}

/// A module of a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleOf {
    /// Where it is.
    pub place: Place,
    /// What is said of it.
    pub claims: Vec<Said>,
}

/// Where a module is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// As protocols address it.
    Part(Part),
    /// In the project's own words, where no protocol has an address for it (rack 1 slot 4, a port).
    Path(Text),
}

/// What kind of thing runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ProgramKind {
    /// A task: when something runs.
    Task,
    /// A program, or a section of one.
    Program,
    /// A routine of a program.
    Routine,
    /// A program organisation unit (IEC 61131-3 §6.6).
    Pou,
    /// A reusable block: an add-on instruction, a derived function block.
    Block,
    /// Signature over the safety application.
    Safety,
    /// The device's whole configuration.
    Configuration,
}

impl ProgramKind {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Program => "program",
            Self::Routine => "routine",
            Self::Pou => "pou",
            Self::Block => "block",
            Self::Safety => "safety",
            Self::Configuration => "configuration",
        }
    }
}

/// Something that runs on a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// Its name; of a routine, `PROGRAM/ROUTINE`.
    pub name: Text,
    /// What it is.
    pub kind: ProgramKind,
    /// Checksum or signature in the file's own words, else `sha256:` and the SHA-256 of the program text, independent of layout.
    pub checksum: Option<Text>,
    /// Where it stands, counted from 1.
    pub line: u32,
}

/// Which kind of stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StreamKind {
    /// GOOSE (IEC 61850-8-1).
    Goose,
    /// Sampled values (IEC 61850-9-2).
    SampledValues,
}

/// A stream of frames that a device publishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    /// Which kind.
    pub kind: StreamKind,
    /// Its name on the wire: control block reference of GOOSE, identifier of sampled values.
    pub name: Text,
    /// Group address the frames go to.
    pub mac: Option<Mac>,
    /// Application identifier in the frame's header.
    pub app_id: Option<u16>,
    /// VLAN id; 0 is a priority tag without a VLAN.
    pub vlan: Option<u16>,
    /// VLAN priority, 0 to 7.
    pub priority: Option<u8>,
    /// Where it stands, counted from 1.
    pub line: u32,
}

/// One fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// What it is about.
    pub attribute: Attribute,
    /// What is said, in the words that protocols use for the same thing.
    pub value: Text,
    /// Line of the file that says it, counted from 1.
    pub line: u32,
    /// Which element or key says it: `Controller/Modules/Module/@CatalogNumber`.
    pub field: String,
    /// How far it holds for the device that stands in the plant: a project says what is meant to be there.
    pub confidence: Confidence,
}

/// The file cannot be read. Nothing of it is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileError {
    /// Name of the file, as given.
    pub name: String,
    /// Line, counted from 1; 0 when the file as a whole is meant.
    pub line: u32,
    /// Column in characters, counted from 1; 0 when no place is known.
    pub column: u32,
    /// What is wrong.
    pub what: String,
}

impl FileError {
    /// An error of the whole file.
    pub(super) fn whole(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.to_owned(), line: 0, column: 0, what: what.into() }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}: {}", self.name, self.what),
            (line, column) => write!(f, "{}:{line}:{column}: {}", self.name, self.what),
        }
    }
}

impl std::error::Error for FileError {}
