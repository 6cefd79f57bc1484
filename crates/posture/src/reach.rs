//! Who may reach whom, by the configurations of the devices on the way.
//!
//! [`verdict`] asks about the first packet of a conversation: from which device it starts, which way the routes send it, and what the
//! rules bound on that way do with it, each format by its own order of things. Answers to it are not asked about. Everything is
//! three-valued: a condition that was not understood may hold or not, and only when both ways end alike is there an answer. [`compare`]
//! puts what was seen beside what is allowed.

mod compare;
mod lists;
mod matching;
mod path;
#[cfg(test)]
mod tests;
mod trail;
mod world;

pub use compare::{Comparison, Observed, Verdict, answers, compare};

use model::Text;
use model::network::NetworkDevice;
use serde::Serialize;
use std::net::IpAddr;
use world::World;

/// What is asked about, above IP.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// An ICMP or ICMPv6 echo request.
    Icmp,
    /// Another IP protocol, by its number.
    Other(u8),
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The devices that are known let it pass.
    Allowed,
    /// A device on every known way drops it.
    Denied,
    /// It depends on something that was not understood.
    Undecided,
    /// No known device leads there.
    NoPath,
    /// Both ends are in one network: no device is between them.
    Direct,
}

/// A rule, a route or a line on the way that had a part in the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Which of the devices, by its place in the list.
    pub device: usize,
    /// Its name.
    pub name: Text,
    /// The list of rules; empty for a route or another line.
    pub list: Text,
    /// Line in the file of the device.
    pub line: u32,
    /// What stands there.
    pub text: Text,
    /// What it does with the packet.
    pub outcome: Outcome,
}

/// An answer with its reasons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Answer {
    /// What comes out.
    pub outcome: Outcome,
    /// What decided, in the order of the way; at most [`STEPS_MAX`].
    pub by: Vec<Step>,
    /// One sentence.
    pub why: String,
    /// Routers on the way whose configuration is not known; what they do is not part of the answer.
    pub beyond: Vec<IpAddr>,
}

/// Rules that are tried for one question.
const RULES_MAX: u64 = 5_000_000;
/// Steps that an answer keeps.
pub const STEPS_MAX: usize = 64;

impl Answer {
    fn new(outcome: Outcome, why: impl Into<String>) -> Self {
        Self { outcome, by: Vec::new(), why: why.into(), beyond: Vec::new() }
    }
}

/// Whether the configurations let `from` begin a conversation with `port` of `to`.
///
/// `port` counts for TCP and UDP only; without one, a rule that asks for ports decides nothing. The port of the client is one of
/// those a client takes (1024 and up, RFC 6056 §3.2). Where several first routers can be taken, one that lets it pass is enough, as
/// the sender chooses.
pub fn verdict(
    devices: &[NetworkDevice],
    from: IpAddr,
    to: IpAddr,
    protocol: Protocol,
    port: Option<u16>,
) -> Answer {
    World::new(devices).verdict(from, to, protocol, port, &lists::Budget::new(RULES_MAX))
}
