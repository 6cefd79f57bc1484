//! The wire contract between sensor and centre: a subject, a fact about it, and the evidence.

use crate::access::SecretMark;
use crate::address::Subject;
use crate::asset::{Attribute, Confidence};
use crate::conversation::ConversationReport;
use crate::evidence::Evidence;
use crate::text::{Name, Text};
use serde::{Deserialize, Serialize};

/// One thing that was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// Whom it is about.
    pub subject: Subject,
    /// What was seen.
    pub fact: Fact,
    /// The witness.
    pub evidence: Evidence,
}

/// How an IP address was seen to belong to a MAC address, from weak to strong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// The pair was the source of a packet. With its time to live (hop limit): routed packets carry the router's MAC.
    Source {
        /// IPv4 time to live or IPv6 hop limit.
        ttl: u8,
    },
    /// The device named the pair in its own protocol (PROFINET DCP, LLDP management address).
    Declared,
    /// Assigned by DHCP and acknowledged.
    Dhcp,
    /// ARP or neighbour discovery, as the sender of the pair.
    Arp,
}

/// What was seen of a subject.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The subject is there: it sent a frame. A host with both addresses is a claim that they belong together.
    Present {
        /// How the two addresses are tied.
        binding: Binding,
        /// VLAN id of the frame.
        vlan: Option<u16>,
    },
    /// The subject says something of itself, or its peer says it.
    Identity {
        /// Which attribute.
        attribute: Attribute,
        /// The text on the wire, trimmed; a number in decimal.
        value: Text,
        /// In which protocol.
        protocol: Name,
        /// How sure the attribute is.
        confidence: Confidence,
    },
    /// A conversation's report; the subject is the server.
    Conversation(Box<ConversationReport>),
    /// Someone signed in, or tried, at the subject.
    SignIn(Box<SignIn>),
    /// A secret passed in clear on its way to the subject. The evidence's bytes are the secret's own: whoever keeps the frame hides them.
    Secret(Box<SecretUse>),
    /// Messages counted since the last report; the subject is empty.
    Messages {
        /// Protocol.
        protocol: Name,
        /// Counter of that protocol.
        counter: Name,
        /// Which way.
        direction: Direction,
        /// The code, as documents write it.
        code: Text,
        /// How many.
        count: u64,
    },
    /// Something could not be seen or kept; blindness is a fact too.
    Gap {
        /// What kind.
        kind: GapKind,
        /// How many times since the last report.
        count: u64,
    },
}

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Direction {
    /// Client to server.
    #[serde(rename = "c2s")]
    ToServer,
    /// Server to client.
    #[serde(rename = "s2c")]
    ToClient,
    /// Outside TCP and UDP.
    #[serde(rename = "l2")]
    Link,
}

impl Direction {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToServer => "c2s",
            Self::ToClient => "s2c",
            Self::Link => "l2",
        }
    }

    /// The other way.
    pub fn reverse(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
            Self::Link => Self::Link,
        }
    }
}

/// How someone proves who they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// Nobody in particular.
    Anonymous,
    /// User name and password.
    Username,
    /// A password without a name.
    Password,
    /// X.509 certificate.
    Certificate,
    /// Public key.
    Key,
    /// SNMP community.
    Community,
    /// NTLM challenge and response.
    Ntlm,
    /// Kerberos ticket.
    Kerberos,
    /// A bearer token issued elsewhere.
    Token,
}

/// A sign-in at the subject. Never holds a secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SignIn {
    /// Who signs in; empty when anonymous or hidden.
    pub name: Text,
    /// From where.
    pub client: crate::address::Host,
    /// In which protocol.
    pub protocol: Name,
    /// How.
    pub mechanism: Mechanism,
    /// The secret was protected on the wire.
    pub encrypted: bool,
    /// The answer, when seen.
    pub accepted: Option<bool>,
}

/// A secret that was shown, as a fingerprint. Never holds the secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SecretUse {
    /// Whose it is; empty where there is no name to it.
    pub name: Text,
    /// From where it came.
    pub client: crate::address::Host,
    /// In which protocol.
    pub protocol: Name,
    /// What it is for: [`Mechanism::Username`], [`Mechanism::Password`] or [`Mechanism::Community`].
    pub mechanism: Mechanism,
    /// Its fingerprint; `None` when nobody gave a key.
    pub mark: Option<SecretMark>,
    /// The vendor whose published default it is.
    pub default_of: Option<Text>,
}

/// Kinds of blindness.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// Frames with less than their headers promise.
    TruncatedFrame,
    /// Headers that contradict themselves.
    MalformedFrame,
    /// A link type that is not decoded.
    UnknownLinkType,
    /// Bytes of a TCP stream that were never seen.
    StreamGap,
    /// Out-of-order segments dropped because the reassembly memory was full.
    ReassemblyOverflow,
    /// Live conversations closed because the table was full.
    ConversationEvicted,
    /// IP fragments dropped because their memory was full, or that contradicted each other.
    FragmentDropped,
    /// Source addresses past the limit, not told apart: a flood.
    SourceOverflow,
    /// Conversations without an answer past the limit, not told apart: a scan or a flood.
    AttemptOverflow,
    /// Messages of a recognised protocol that break its rules.
    MalformedMessage,
    /// Counters that did not fit in the table.
    CounterOverflow,
    /// A dissector failed; the rest of that conversation is not read.
    DissectorFailed,
}

impl GapKind {
    /// Plain words for people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::TruncatedFrame => "truncated frame",
            Self::MalformedFrame => "malformed frame",
            Self::UnknownLinkType => "unknown link type",
            Self::StreamGap => "missing TCP data",
            Self::ReassemblyOverflow => "reassembly memory full",
            Self::ConversationEvicted => "conversation table full",
            Self::FragmentDropped => "IP fragment dropped",
            Self::SourceOverflow => {
                "packet or log line of a source address past the limit (a scan or flood with invented addresses)"
            }
            Self::AttemptOverflow => "unanswered conversation past the limit (a scan or flood)",
            Self::MalformedMessage => "malformed message",
            Self::CounterOverflow => "counter table full",
            Self::DissectorFailed => "dissector failed",
        }
    }
}
