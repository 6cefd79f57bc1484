//! What each log means. One more log is one more entry in the list of its family.

use super::say::{Log, Phase, Say};
use model::Transport;

mod building;
pub(super) mod conn;
mod devices;
mod enip;
mod it;
mod modbus;
mod opcua;
mod power;
mod s7comm;
mod serial;
mod windows;

/// Every family of logs.
pub(super) static FAMILIES: &[&[Log]] = &[
    modbus::LOGS,
    enip::LOGS,
    s7comm::LOGS,
    opcua::LOGS,
    power::LOGS,
    building::LOGS,
    serial::LOGS,
    devices::LOGS,
    it::LOGS,
    windows::LOGS,
];

/// How a log is read.
pub(super) enum Meaning {
    /// As connections.
    Connection,
    /// By its entry.
    Log(&'static Log),
}

/// The meaning of a log by Zeek's name of it.
pub(super) fn find(name: &str) -> Option<Meaning> {
    if matches!(name, "conn" | "conn_long") {
        return Some(Meaning::Connection);
    }
    let mut logs = FAMILIES.iter().flat_map(|family| family.iter());
    logs.find(|log| log.name == name).map(Meaning::Log)
}

/// An entry with what most have: TCP, first in rank, no facts, nothing else to say.
const fn log(name: &'static str, protocol: &'static str) -> Log {
    Log { name, protocol, carrier: Transport::Tcp, rank: 0, facts: &[], read: nothing }
}

fn nothing(_: &mut Say<'_>) {}

/// Request or response, by a field that says so in words.
fn phase_of(say: &Say<'_>, field: &str) -> Option<Phase> {
    let word = say.get(field)?;
    let word = word.trim().to_ascii_lowercase();
    if word.starts_with("req") || word.starts_with("command") || word.starts_with("query") {
        Some(Phase::Request)
    } else if word.starts_with("res") || word.starts_with("repl") {
        Some(Phase::Response)
    } else {
        None
    }
}

/// Request or response, by the direction of the message.
fn phase_by_direction(say: &Say<'_>) -> Phase {
    if say.is_reply() { Phase::Response } else { Phase::Request }
}

/// A number in parentheses at the end of a name, `System Config (006)` or `Memory Area Read (0x0101)`.
fn in_parentheses(text: &str) -> Option<u32> {
    let inner = text.trim().strip_suffix(')')?.rsplit('(').next()?;
    super::record::number(inner)
}
