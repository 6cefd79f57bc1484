//! Who talks to whom, in what, and what they did.

use crate::address::{Host, Transport};
use crate::evidence::Evidence;
use crate::operation::Operation;
use crate::text::Name;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How it was decided which end is the client, from weak to strong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientBy {
    /// The lower port serves: a guess.
    LowerPort,
    /// The first packet came from the client.
    FirstPacket,
    /// Only one end has a well-known port.
    Port,
    /// The protocol's own requests and answers.
    Content,
    /// A captured TCP handshake.
    Handshake,
}

/// The ends of a conversation. Client ports are folded: a thousand connections of one client to one service are one conversation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ConversationKey {
    /// Who asks.
    pub client: Host,
    /// Who answers.
    pub server: Host,
    /// Port of the server; `None` outside TCP and UDP.
    pub server_port: Option<u16>,
    /// What carries it.
    pub transport: Transport,
    /// Protocol, when recognised by content.
    pub protocol: Option<Name>,
}

/// Requests and answers of one operation since the last report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OperationCount {
    /// Which operation.
    pub operation: Operation,
    /// Requests seen.
    pub requests: u64,
    /// Answers seen, errors included.
    pub responses: u64,
    /// Answers that say no.
    pub errors: u64,
    /// The first message of it.
    pub first: Evidence,
    /// Time of the last message of it.
    pub last: Timestamp,
}

/// What a conversation did since the last report. Adding reports up gives the whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConversationReport {
    /// Its ends.
    pub key: ConversationKey,
    /// How the client was decided.
    pub client_by: ClientBy,
    /// VLAN id of the first frame that had one.
    pub vlan: Option<u16>,
    /// Payload is encrypted (TLS, SSH, secure channel).
    pub encrypted: bool,
    /// The server accepted or answered: a conversation, not just an attempt.
    pub answered: bool,
    /// Frames, both ways, copies and retransmissions included.
    pub packets: u64,
    /// Bytes on the wire, both ways.
    pub bytes: u64,
    /// First frame.
    pub first: Timestamp,
    /// Last frame.
    pub last: Timestamp,
    /// Operations.
    pub operations: Vec<OperationCount>,
}

impl ConversationReport {
    /// Nobody answered, and what was asked is not known: a scan or flood can make any number of these.
    pub fn is_attempt(&self) -> bool {
        !self.answered && self.key.protocol.is_none() && self.key.transport != Transport::Ethernet
    }
}
