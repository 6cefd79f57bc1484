//! A network device as its configuration describes it: interfaces, routes, rules and what could not be understood.
//!
//! The formats differ, the meaning is one: lists of rules, bound to places on the way of a packet. What decides reachability and was
//! not understood is part of the value ([`Unknown`], [`Match::undecided`], [`Addresses::unknown`]), so that nobody can take it for "any"
//! or "none".

mod conditions;

pub use conditions::{Addresses, Family, Interfaces, Match, Net, Ports, Service};

use crate::address::Mac;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Which language a configuration is written in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigFormat {
    /// Cisco IOS and IOS XE, `show running-config`.
    CiscoIos,
    /// `nft list ruleset`.
    Nftables,
    /// `iptables-save` or `ip6tables-save`.
    Iptables,
    /// Fortinet FortiOS backup or `show`.
    FortiGate,
    /// pfSense `config.xml`.
    PfSense,
    /// OPNsense `config.xml`.
    OpnSense,
    /// Hirschmann HiOS, `show running-config`.
    HirschmannHiOs,
}

impl ConfigFormat {
    /// The name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CiscoIos => "Cisco IOS running configuration",
            Self::Nftables => "nftables ruleset",
            Self::Iptables => "iptables-save",
            Self::FortiGate => "FortiGate configuration",
            Self::PfSense => "pfSense configuration",
            Self::OpnSense => "OPNsense configuration",
            Self::HirschmannHiOs => "Hirschmann HiOS running configuration",
        }
    }
}

/// One device, read from one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NetworkDevice {
    /// Language of the file.
    pub format: ConfigFormat,
    /// Its own name; empty when the file has none.
    pub hostname: Text,
    /// Maker, where the format belongs to one.
    pub vendor: Text,
    /// Model, when the file says it.
    pub model: Text,
    /// Version of its software, when the file says it.
    pub version: Text,
    /// Interfaces, in the order of the file. Empty for a bare ruleset.
    pub interfaces: Vec<Interface>,
    /// VLANs with their names.
    pub vlans: Vec<Vlan>,
    /// Static routes. Those of connected networks follow from the interfaces.
    pub routes: Vec<Route>,
    /// Lists of rules.
    pub chains: Vec<RuleList>,
    /// Where which list applies.
    pub bindings: Vec<Binding>,
    /// Translations of addresses, in the order in which they are tried.
    pub translations: Vec<Translation>,
    /// Local accounts. No secret is kept.
    pub accounts: Vec<LocalAccount>,
    /// It passes IP packets on; a switch that does not is no way from one network to another.
    pub forwards: bool,
    /// Services for management that the configuration turns on.
    pub services: Vec<ManagementService>,
    /// What decides reachability and was not understood.
    pub unknown: Vec<Unknown>,
}

impl NetworkDevice {
    /// Nothing but the format.
    pub fn new(format: ConfigFormat) -> Self {
        let empty = || Text::new("");
        Self {
            format,
            hostname: empty(),
            vendor: empty(),
            model: empty(),
            version: empty(),
            interfaces: Vec::new(),
            vlans: Vec::new(),
            routes: Vec::new(),
            chains: Vec::new(),
            bindings: Vec::new(),
            translations: Vec::new(),
            accounts: Vec::new(),
            forwards: true,
            services: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// The interface of this name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|i| i.name.as_str() == name)
    }

    /// Rules of all lists together.
    pub fn rule_count(&self) -> usize {
        self.chains.iter().map(|c| c.rules.len()).sum()
    }

    /// A ruleset without addresses and routes: where it stands in the network is not known.
    pub fn is_bare_ruleset(&self) -> bool {
        self.interfaces.iter().all(|i| i.addresses.is_empty()) && self.routes.is_empty()
    }
}

/// One interface.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Interface {
    /// As the rules and routes call it.
    pub name: Text,
    /// What its owner wrote about it.
    pub description: Text,
    /// Addresses with the length of their network's prefix (0–32, 0–128).
    pub addresses: Vec<(IpAddr, u8)>,
    /// Access or routed VLAN id.
    pub vlan: Option<u16>,
    /// VLAN ids a trunk carries, as closed ranges; empty when it is none or carries all.
    pub trunk_vlans: Vec<(u16, u16)>,
    /// It is a trunk.
    pub trunk: bool,
    /// Address of the card, when the file says it.
    pub mac: Option<Mac>,
    /// Routing instance (VRF, VDOM); `None` for the global one.
    pub instance: Option<Text>,
    /// Not shut down.
    pub enabled: bool,
    /// Line in the file.
    pub line: u32,
}

impl Interface {
    /// Enabled, without addresses.
    pub fn new(name: &str, line: u32) -> Self {
        Self {
            name: Text::new(name),
            description: Text::new(""),
            addresses: Vec::new(),
            vlan: None,
            trunk_vlans: Vec::new(),
            trunk: false,
            mac: None,
            instance: None,
            enabled: true,
            line,
        }
    }
}

/// A VLAN.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Vlan {
    /// 1–4094.
    pub id: u16,
    /// Name; empty when it has none.
    pub name: Text,
    /// Line in the file.
    pub line: u32,
}

/// A static route.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Route {
    /// Network and length of its prefix.
    pub prefix: (IpAddr, u8),
    /// Next hop.
    pub via: Option<IpAddr>,
    /// Interface it leaves through.
    pub interface: Option<Text>,
    /// Packets are thrown away (a route to `Null0` or `blackhole`).
    pub discard: bool,
    /// Of routes to the same network the one with the lowest counts.
    pub distance: u32,
    /// Routing instance; `None` for the global one.
    pub instance: Option<Text>,
    /// Line in the file.
    pub line: u32,
}

/// A list of rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleList {
    /// Name, unique in the device.
    pub name: Text,
    /// Rules in the order in which they are tried.
    pub rules: Vec<Rule>,
    /// What happens when no rule decides.
    pub default: Fallback,
    /// Line in the file where it begins.
    pub line: u32,
}

impl RuleList {
    /// A list without rules.
    pub fn new(name: &str, default: Fallback, line: u32) -> Self {
        Self { name: Text::new(name), rules: Vec::new(), default, line }
    }
}

/// What happens at the end of a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The packet passes.
    Allow,
    /// The packet is dropped.
    Deny,
    /// Back to the list that jumped here.
    Return,
    /// Not known.
    Unknown,
}

/// What a rule does.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The packet passes this list.
    Allow,
    /// The packet is dropped, with or without an answer.
    Deny,
    /// Tries another list and comes back when that does not decide.
    Jump(Text),
    /// Tries another list; what comes after this rule is not tried any more.
    Goto(Text),
    /// Back to the list that jumped here; in a bound list, its default.
    Return,
    /// Something that was not understood: it may allow, deny or do nothing.
    Unknown,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// With which packets.
    pub when: Match,
    /// Decides at once. `false`: the last matching rule of the list decides (pf without `quick`).
    pub quick: bool,
    /// It writes a log entry.
    pub log: bool,
    /// Switched on.
    pub enabled: bool,
    /// Line in the file.
    pub line: u32,
    /// The rule as it stands there, secrets left out.
    pub text: Text,
}

impl Rule {
    /// A rule for every packet.
    pub fn new(action: Action, line: u32, text: &str) -> Self {
        let when = Match::default();
        Self { action, when, quick: true, log: false, enabled: true, line, text: Text::new(text) }
    }
}

/// Where on the way of a packet a list applies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Packets that come in, before it is known where they go.
    Inbound,
    /// Packets for the device itself.
    Local,
    /// Packets that are passed on.
    Forward,
    /// Packets that leave, and come from elsewhere.
    Outbound,
}

/// A list at a place. Every list that is bound where a packet passes must allow it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// Name of the list.
    pub list: Text,
    /// Where.
    pub place: Place,
    /// At which interface; `None` for all.
    pub interface: Option<Text>,
    /// For which version of IP; `None` for both.
    pub family: Option<Family>,
    /// For which protocols and ports; empty for all.
    pub services: Vec<Service>,
    /// For which routing instance; `None` for all.
    pub instance: Option<Text>,
    /// Line in the file.
    pub line: u32,
}

impl Binding {
    /// A list for every packet at a place.
    pub fn new(list: &str, place: Place, line: u32) -> Self {
        let (list, services) = (Text::new(list), Vec::new());
        Self { list, place, interface: None, family: None, services, instance: None, line }
    }
}

/// When a changed destination is what the lists see.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Translated {
    /// Before every list (Linux, pf).
    First,
    /// After the inbound lists (Cisco, outside to inside).
    AfterInbound,
    /// After the forward lists, though routing knows it (FortiGate virtual IPs).
    AfterForward,
}

/// A translation of addresses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Translation {
    /// Of which packets.
    pub when: Match,
    /// What is changed.
    pub change: Change,
    /// Line in the file.
    pub line: u32,
    /// As it stands there.
    pub text: Text,
}

/// What a translation changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing: what comes later is not tried.
    Nothing,
    /// The source, to something that is not worked out: lists of later devices cannot rely on it.
    Source,
    /// The destination.
    Destination {
        /// First of the new addresses; `None` when it could not be worked out.
        to: Option<IpAddr>,
        /// The old address that becomes `to`; those behind it follow one by one. `None`: all become `to`.
        base: Option<IpAddr>,
        /// New port; `None` when it stays.
        port: Option<u16>,
        /// Seen by which lists.
        seen: Translated,
    },
}

/// A local account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LocalAccount {
    /// Name.
    pub name: Text,
    /// Level, group or profile, in the words of the format.
    pub privilege: Text,
    /// Line in the file.
    pub line: u32,
}

/// What a device can be managed by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagementKind {
    /// Telnet.
    Telnet,
    /// HTTP without encryption.
    Http,
    /// HTTP over TLS.
    Https,
    /// SSH.
    Ssh,
    /// SNMP versions 1 and 2c, whose community passes in clear.
    SnmpV1V2c,
    /// SNMP version 3.
    SnmpV3,
    /// TFTP server.
    Tftp,
    /// FTP server.
    Ftp,
    /// A protocol of the maker.
    Vendor,
}

/// A management service that is turned on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManagementService {
    /// Which.
    pub kind: ManagementKind,
    /// Detail: interface, read-only or read-write, a well-known community. Never a secret.
    pub note: Text,
    /// Line in the file.
    pub line: u32,
}

/// What something that was not understood may change.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affects {
    /// Anything.
    Everything,
    /// Which way packets take, beyond connected networks; in one routing instance, or in all.
    Routing(Option<Text>),
    /// Which way packets take that came in by this interface.
    Steering(Text),
    /// Whether packets through this interface pass; `None` for every interface.
    Filtering(Option<Text>),
}

/// Something that decides reachability and was not understood.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unknown {
    /// What it may change.
    pub affects: Affects,
    /// Line in the file.
    pub line: u32,
    /// As it stands there, secrets left out.
    pub text: Text,
}
