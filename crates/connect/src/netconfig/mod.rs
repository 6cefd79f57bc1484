//! Configurations of network devices, from files: what a router, switch or firewall lets pass.
//!
//! [`read`] tells the format by its content and gives a [`NetworkDevice`]; `posture::reach` answers with it who may reach whom. What
//! decides reachability and is not understood is kept as such, so that an answer becomes undecided and never wrong. Secrets (passwords,
//! communities, keys) are not kept.

mod cisco;
mod fortigate;
mod hios;
mod iptables;
mod limits;
mod line;
mod linux;
mod nft;
mod pf;
mod words;

use limits::Caps;
use model::network::{ConfigFormat, NetworkDevice};

/// Largest file in bytes.
const FILE_BYTES_MAX: usize = 16 << 20;
/// Lines that are looked at to tell the format.
const HEAD_LINES: usize = 4000;

/// A file that is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}, line {line}, column {column}: {what}")]
pub struct FileError {
    /// The file, as the user calls it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, one sentence.
    pub what: String,
}

/// What a reader says; the name of the file is added outside.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Fault {
    line: u32,
    column: u32,
    what: String,
}

impl Fault {
    fn new(line: u32, column: u32, what: impl Into<String>) -> Self {
        Self { line, column, what: what.into() }
    }
}

/// Reads a configuration; `name` is what the user calls the file.
///
/// # Errors
/// It is too large, in no known format, broken (a block that does not end, XML that is not well formed), or holds more rules than are
/// taken. Nothing is taken by halves.
pub fn read(name: &str, bytes: &[u8]) -> Result<NetworkDevice, FileError> {
    parse(bytes).map_err(|fault| FileError {
        file: name.to_owned(),
        line: fault.line,
        column: fault.column,
        what: fault.what,
    })
}

/// The format of a configuration, by its content; `None` when it is none that is known.
pub fn format_of(bytes: &[u8]) -> Option<ConfigFormat> {
    sniff(&line::decode(bytes.get(..FILE_BYTES_MAX).unwrap_or(bytes))).ok()
}

fn parse(bytes: &[u8]) -> Result<NetworkDevice, Fault> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Fault::new(1, 1, format!("larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    let text = line::decode(bytes);
    let mut caps = Caps::default();
    match sniff(&text)? {
        ConfigFormat::CiscoIos => cisco::read(&text, &mut caps),
        ConfigFormat::Nftables => nft::read(&text, &mut caps),
        ConfigFormat::FortiGate => fortigate::read(&text, &mut caps),
        format @ (ConfigFormat::PfSense | ConfigFormat::OpnSense) => pf::read(&text, format, &mut caps),
        ConfigFormat::Iptables => iptables::read(&text, &mut caps),
        ConfigFormat::HirschmannHiOs => hios::read(&text, &mut caps),
    }
}

fn sniff(text: &str) -> Result<ConfigFormat, Fault> {
    let lines = || text.lines().take(HEAD_LINES);
    if let Some(format) = pf::kind_of(text) {
        return Ok(format);
    }
    if hios::is_hios(text) {
        return Ok(ConfigFormat::HirschmannHiOs);
    }
    if fortigate::is_fortigate(lines()) {
        return Ok(ConfigFormat::FortiGate);
    }
    if nft::is_nft(lines()) {
        return Ok(ConfigFormat::Nftables);
    }
    if iptables::is_iptables(lines()) {
        return Ok(ConfigFormat::Iptables);
    }
    if cisco::is_ios(lines())? {
        return Ok(ConfigFormat::CiscoIos);
    }
    Err(Fault::new(1, 1, "no configuration of a known kind"))
}
