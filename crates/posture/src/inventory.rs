//! The inventory as the fold leaves it: assets with their claims, conversations, accounts.

use crate::plant::Plant;
use model::access::{Listed, SecretMark};
use model::cmdb::Record;
use model::conversation::{ClientBy, OperationCount};
use model::id::AssetId;
use model::journal::Capture;
use model::network::NetworkDevice;
use model::observation::{Direction, GapKind, Mechanism};
use model::plant::{Criticality, Decision};
use model::{
    Attribute, CaptureId, Confidence, Evidence, Level, Mac, Name, Part, Role, Text, Timestamp, Transport,
};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A value that someone said, with its witness. Several claims of one attribute may disagree; all are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// What about.
    pub attribute: Attribute,
    /// What was said.
    pub value: Text,
    /// In which protocol, or `sightglass` for a conclusion of the project.
    pub protocol: Name,
    /// How sure.
    pub confidence: Confidence,
    /// Who saw it.
    pub evidence: Evidence,
    /// For a conclusion: why, one sentence.
    pub reason: Option<String>,
}

/// A part of an asset: a module in a slot or a station behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Which part.
    pub part: Part,
    /// Its claims, best first per attribute.
    pub claims: Vec<Claim>,
}

/// A service the asset offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Transport.
    pub transport: Transport,
    /// Port; `None` outside TCP and UDP.
    pub port: Option<u16>,
    /// Protocol, when recognised.
    pub protocol: Option<Name>,
    /// Payload is encrypted.
    pub encrypted: bool,
    /// Distinct clients.
    pub clients: u32,
    /// First conversation with it.
    pub evidence: Evidence,
}

/// One device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asset {
    /// Stable id.
    pub id: AssetId,
    /// What people call it, else the best claim, else its address.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Purdue level.
    pub level: Option<Level>,
    /// How much depends on it.
    pub criticality: Option<Criticality>,
    /// It is part of a safety function; none where nothing says so.
    pub safety: Option<bool>,
    /// Interfaces.
    pub macs: Vec<Mac>,
    /// Addresses.
    pub ips: Vec<IpAddr>,
    /// VLANs it was seen in.
    pub vlans: Vec<u16>,
    /// Every claim, best first per attribute, conclusions included.
    pub claims: Vec<Claim>,
    /// Parts.
    pub modules: Vec<Module>,
    /// Services.
    pub services: Vec<Service>,
    /// Why these addresses are one device, one sentence each.
    pub joined_by: Vec<String>,
    /// Evidence that speaks against it, one sentence each.
    pub conflicts: Vec<String>,
    /// First frame it sent.
    pub first_seen: Timestamp,
    /// Last frame it sent.
    pub last_seen: Timestamp,
    /// The frame that first showed it.
    pub evidence: Evidence,
}

impl Asset {
    /// The best claim of an attribute.
    pub fn best(&self, attribute: Attribute) -> Option<&Claim> {
        self.claims.iter().find(|c| c.attribute == attribute)
    }
}

/// A conversation between two assets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Address of the client (its MAC outside IP).
    pub client: String,
    /// Address of the server.
    pub server: String,
    /// Asset of the client; `None` when it was only addressed, never heard.
    pub client_asset: Option<AssetId>,
    /// Asset of the server; likewise.
    pub server_asset: Option<AssetId>,
    /// Port of the server.
    pub server_port: Option<u16>,
    /// Transport.
    pub transport: Transport,
    /// VLAN id of the first frame that had one.
    pub vlan: Option<u16>,
    /// Protocol, when recognised.
    pub protocol: Option<Name>,
    /// How the client was decided.
    pub client_by: ClientBy,
    /// Payload is encrypted.
    pub encrypted: bool,
    /// The server answered.
    pub answered: bool,
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// First frame.
    pub first_seen: Timestamp,
    /// Last frame.
    pub last_seen: Timestamp,
    /// The first frame.
    pub evidence: Evidence,
    /// Operations, the same order every time.
    pub operations: Vec<OperationCount>,
}

/// Someone who signed in somewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Name; empty when anonymous or hidden.
    pub name: Text,
    /// Where.
    pub asset: Option<AssetId>,
    /// From which asset.
    pub client: Option<AssetId>,
    /// Protocol.
    pub protocol: Name,
    /// How.
    pub mechanism: Mechanism,
    /// The secret was protected on the wire.
    pub encrypted: bool,
    /// The answer, when seen.
    pub accepted: Option<bool>,
    /// Last time.
    pub last_seen: Timestamp,
    /// First sign-in.
    pub evidence: Evidence,
}

/// A secret that passed in clear, as a fingerprint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    /// Whose it is; empty where there is no name to it.
    pub name: Text,
    /// Where it was shown.
    pub asset: Option<AssetId>,
    /// From which asset it came.
    pub client: Option<AssetId>,
    /// Protocol.
    pub protocol: Name,
    /// What it is for.
    pub mechanism: Mechanism,
    /// Equal for equal secrets of this site; `None` when nobody gave a key.
    pub mark: Option<SecretMark>,
    /// The vendor whose published default it is.
    pub default_of: Option<Text>,
    /// Last time.
    pub last_seen: Timestamp,
    /// First time.
    pub evidence: Evidence,
}

/// Counts of messages: protocol, counter, direction, code.
pub type MessageCounts = BTreeMap<(Name, Name, Direction, Text), u64>;

/// Who is there and what they do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inventory {
    /// Where the evidence comes from.
    pub captures: Vec<Capture>,
    /// Devices, in a stable order.
    pub assets: Vec<Asset>,
    /// Conversations, in a stable order.
    pub conversations: Vec<Conversation>,
    /// Sign-ins.
    pub accounts: Vec<Account>,
    /// Secrets that passed in clear.
    pub secrets: Vec<Secret>,
    /// Accounts, groups and grants that lists have; of a thing said twice the last counts.
    pub listed: Vec<Listed>,
    /// Message counts.
    pub messages: MessageCounts,
    /// What people decided, as it holds.
    pub plant: Plant,
    /// How network devices are configured, and which file says so.
    pub networks: Vec<(CaptureId, NetworkDevice)>,
    /// Addresses that files name and that were never heard, with the first line that does.
    pub named: Vec<(IpAddr, Evidence)>,
    /// What other systems have on record.
    pub records: Vec<Record>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
    /// Blindness, counted.
    pub gaps: BTreeMap<GapKind, u64>,
}
