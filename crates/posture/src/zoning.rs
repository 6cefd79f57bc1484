//! Zones and conduits (IEC 62443-3-2): which device belongs where, what crosses between zones, and what was ruled about it.
//!
//! Zones that people defined come first. Devices that none of them takes are put into proposed ones, by what they are for and the
//! network they are in; a proposal is marked as one and needs a person to make it a zone.

use crate::inventory::{Asset, Conversation, Inventory};
use crate::levels::is_public;
use crate::plant::Plant;
use crate::ruling::{self, Flow, Judged};
use crate::said::anchors;
use model::plant::{Selector, Setting, Subnet, Zone};
use model::{Attribute, Level, Name, OperationClass, Role, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A zone with its devices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneState {
    /// Its definition; of a proposed one, what it would be.
    pub zone: Zone,
    /// Nobody defined it yet.
    pub proposed: bool,
    /// Its devices, as places in the inventory.
    pub members: BTreeSet<usize>,
}

/// Where a device belongs, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// Id of the zone.
    pub zone: Text,
    /// One sentence.
    pub why: String,
    /// Other zones whose selectors take it as well: the definitions overlap.
    pub also: Vec<Text>,
}

/// A conversation that crosses from one zone to another, or about which someone ruled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crossing {
    /// Its place in the inventory.
    pub conversation: usize,
    /// Zone of the client; none where it is not known.
    pub from: Option<Text>,
    /// Zone of the server.
    pub to: Option<Text>,
    /// What was ruled.
    pub judged: Judged,
}

/// All that crosses between two zones (IEC 62443-1-1, 3.2.27), whichever opens it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conduit {
    /// Ids of both zones, the lower first.
    pub ends: (Text, Text),
    /// Protocols, with the classes of operations seen in them.
    pub protocols: BTreeMap<Name, BTreeSet<OperationClass>>,
    /// The crossings, as places in [`Zoning::crossings`].
    pub crossings: Vec<usize>,
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// First frame.
    pub first: Timestamp,
    /// Last frame.
    pub last: Timestamp,
}

/// Zones, conduits and verdicts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Zoning {
    /// Zones by id, proposed ones included.
    pub zones: BTreeMap<Text, ZoneState>,
    /// For every asset of the inventory, where it belongs.
    pub memberships: Vec<Option<Membership>>,
    /// What crosses.
    pub crossings: Vec<Crossing>,
    /// Conduits, by their ends.
    pub conduits: Vec<Conduit>,
}

/// Works zones, conduits and verdicts out. `now` decides which rulings have run out.
pub fn zoning(inventory: &Inventory, now: Timestamp) -> Zoning {
    let plant = &inventory.plant;
    let mut zones: BTreeMap<Text, ZoneState> = plant
        .zones
        .iter()
        .map(|(id, (zone, _))| {
            (id.clone(), ZoneState { zone: zone.clone(), proposed: false, members: BTreeSet::new() })
        })
        .collect();
    let mut memberships: Vec<_> = inventory.assets.iter().map(|a| declared(a, plant)).collect();
    propose(inventory, &mut memberships, &mut zones);
    for (at, membership) in memberships.iter().enumerate() {
        if let Some(state) = membership.as_ref().and_then(|m| zones.get_mut(&m.zone)) {
            state.members.insert(at);
        }
    }
    let crossings = crossings(inventory, &memberships, now);
    let conduits = conduits(inventory, &crossings);
    Zoning { zones, memberships, crossings, conduits }
}

/// The zone that people gave a device: by name, else by the selectors of the zones.
fn declared(asset: &Asset, plant: &Plant) -> Option<Membership> {
    let taken: Vec<&Zone> = plant
        .zones
        .values()
        .map(|(zone, _)| zone)
        .filter(|z| z.members.iter().any(|s| takes(s, asset)))
        .collect();
    let anchors = anchors(asset);
    if let Some((Setting::Zone(zone), witness)) = plant.said(&anchors, "zone")
        && plant.zones.contains_key(zone)
    {
        return Some(Membership {
            zone: zone.clone(),
            why: format!("put there {}", witness.sentence()),
            also: Vec::new(),
        });
    }
    let (first, others) = taken.split_first()?;
    let selector = first.members.iter().find(|s| takes(s, asset))?;
    Some(Membership {
        zone: first.id.clone(),
        why: reason(selector, asset),
        also: others.iter().map(|zone| zone.id.clone()).collect(),
    })
}

/// Whether a selector takes a device.
pub fn takes(selector: &Selector, asset: &Asset) -> bool {
    let any = |all: &[Text], words: &[&str]| {
        all.is_empty() || all.iter().any(|pattern| words.iter().any(|word| fits(pattern.as_str(), word)))
    };
    let names: Vec<&str> = [Attribute::Name, Attribute::Hostname]
        .into_iter()
        .flat_map(|attribute| asset.claims.iter().filter(move |c| c.attribute == attribute))
        .map(|c| c.value.as_str())
        .chain([asset.name.as_str()])
        .collect();
    let vendors: Vec<&str> =
        asset.claims.iter().filter(|c| c.attribute == Attribute::Vendor).map(|c| c.value.as_str()).collect();
    let addresses = anchors(asset);
    !selector.is_empty()
        && (selector.addresses.is_empty() || selector.addresses.iter().any(|a| addresses.contains(a)))
        && (selector.subnets.is_empty() || in_subnet(selector, asset).is_some())
        && (selector.vlans.is_empty() || selector.vlans.iter().any(|v| asset.vlans.contains(v)))
        && (selector.levels.is_empty() || asset.level.is_some_and(|l| selector.levels.contains(&l)))
        && (selector.roles.is_empty() || selector.roles.contains(&asset.role))
        && any(&selector.names, &names)
        && any(&selector.vendors, &vendors)
}

fn in_subnet(selector: &Selector, asset: &Asset) -> Option<(Subnet, IpAddr)> {
    let pairs = selector.subnets.iter().flat_map(|net| asset.ips.iter().map(move |ip| (*net, *ip)));
    pairs.filter(|(net, ip)| net.contains(*ip)).max_by_key(|(net, _)| net.prefix())
}

/// Whether a text fits a pattern in which `*` stands for any text; case is no matter. Linear in both.
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(between) = last.replace(part) {
            match rest.find(between) {
                Some(at) => rest = rest.get(at + between.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}

fn reason(selector: &Selector, asset: &Asset) -> String {
    let mut all = Vec::new();
    if let Some((net, ip)) = in_subnet(selector, asset) {
        all.push(format!("{ip} lies in {net}"));
    }
    if !selector.addresses.is_empty() {
        all.push("its address is named".to_owned());
    }
    if let Some(vlan) = asset.vlans.iter().find(|v| selector.vlans.contains(v)) {
        all.push(format!("it was seen in VLAN {vlan}"));
    }
    if let (false, Some(level)) = (selector.levels.is_empty(), asset.level) {
        all.push(format!("it is of level {level}"));
    }
    if !selector.roles.is_empty() {
        all.push(format!("its role is {}", asset.role.as_str().replace('_', " ")));
    }
    if !selector.names.is_empty() || !selector.vendors.is_empty() {
        all.push("its name or maker fits".to_owned());
    }
    all.join(", ")
}

/// What a proposed zone is made of: kind of devices, and their network.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Proposal {
    band: Band,
    net: Option<Subnet>,
}

/// Kinds of devices that belong together: what IEC 62443-3-2, ZCR 3.2 to 3.6 wants apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Band {
    Safety,
    Control,
    Supervision,
    Operations,
    Dmz,
    Enterprise,
    External,
}

impl Band {
    fn of(asset: &Asset) -> Option<Self> {
        if asset.safety == Some(true) {
            return Some(Self::Safety);
        }
        let level = asset.level?;
        let bands = [
            (Level::CONTROL, Self::Control),
            (Level::SUPERVISION, Self::Supervision),
            (Level::OPERATIONS, Self::Operations),
            (Level::DMZ, Self::Dmz),
            (Level::ENTERPRISE, Self::Enterprise),
        ];
        Some(bands.into_iter().find(|(top, _)| level <= *top).map_or(Self::External, |(_, band)| band))
    }

    /// Id, name and level.
    fn words(self) -> (&'static str, &'static str, Level) {
        match self {
            Self::Safety => ("safety", "Safety", Level::CONTROL),
            Self::Control => ("control", "Control", Level::CONTROL),
            Self::Supervision => ("supervision", "Supervision", Level::SUPERVISION),
            Self::Operations => ("operations", "Site operations", Level::OPERATIONS),
            Self::Dmz => ("dmz", "DMZ", Level::DMZ),
            Self::Enterprise => ("enterprise", "Enterprise", Level::ENTERPRISE),
            Self::External => ("external", "External", Level::EXTERNAL),
        }
    }
}

impl Proposal {
    fn zone(&self) -> Zone {
        let (id, name, level) = self.band.words();
        let place = self.net.map(|net| net.to_string());
        let id = place.as_ref().map_or(id.to_owned(), |p| format!("{id}-{}", p.replace(['/', ':'], "-")));
        let name = place.map_or(name.to_owned(), |p| format!("{name} {p}"));
        let mut selector = Selector { subnets: self.net.into_iter().collect(), ..Selector::default() };
        match self.band {
            Band::Safety => selector.roles = vec![Role::SafetyController],
            Band::Control => selector.levels = vec![Level::PROCESS, Level::CONTROL],
            _ => selector.levels = vec![level],
        }
        Zone {
            id: Text::new(&id),
            name: Text::new(&name),
            level: Some(level),
            sl_t: None,
            site: None,
            members: vec![selector],
            note: None,
        }
    }
}

/// Puts devices that no zone takes into proposed ones. One without an address of its own goes with the device it talks to most.
fn propose(
    inventory: &Inventory,
    memberships: &mut [Option<Membership>],
    zones: &mut BTreeMap<Text, ZoneState>,
) {
    let mut waiting = Vec::new();
    for (at, asset) in inventory.assets.iter().enumerate() {
        let Some(place) = memberships.get_mut(at).filter(|m| m.is_none()) else { continue };
        let Some(band) = Band::of(asset) else {
            waiting.push(at);
            continue;
        };
        let net = network(asset).filter(|_| band != Band::External);
        if net.is_none() && band != Band::External {
            waiting.push(at);
            continue;
        }
        let zone = Proposal { band, net }.zone();
        let (_, name, _) = band.words();
        let why = match net {
            Some(net) => format!("proposed: {} devices of {net}", name.to_lowercase()),
            None => "proposed: it is outside the plant".to_owned(),
        };
        *place = Some(Membership { zone: zone.id.clone(), why, also: Vec::new() });
        zones.entry(zone.id.clone()).or_insert(ZoneState { zone, proposed: true, members: BTreeSet::new() });
    }
    let peers = if waiting.is_empty() { BTreeMap::new() } else { peers(inventory) };
    let found: Vec<(usize, Option<Membership>)> =
        waiting.into_iter().map(|at| (at, with_peer(inventory, peers.get(&at), memberships))).collect();
    for (at, membership) in found {
        if let Some(place) = memberships.get_mut(at) {
            *place = membership;
        }
    }
}

/// The network a device is in: masks are rarely on the wire, so /24 and /64, as most are.
fn network(asset: &Asset) -> Option<Subnet> {
    let usable = |ip: &&IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_link_local() && !ip.is_loopback() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_unicast_link_local() && !ip.is_loopback() && !ip.is_unspecified(),
    };
    let private = asset.ips.iter().filter(usable).find(|ip| !is_public(**ip));
    let ip = private.or_else(|| asset.ips.iter().find(usable))?;
    Some(Subnet::of(*ip, if ip.is_ipv4() { 24 } else { 64 }))
}

/// For each asset that talks to another: the one it talks to most, and how many frames.
fn peers(inventory: &Inventory) -> BTreeMap<usize, (u64, usize)> {
    let places = places(inventory);
    let place = |id: &Option<model::id::AssetId>| places.get(id.as_ref()?.as_str()).copied();
    let mut most: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    for c in &inventory.conversations {
        let (Some(a), Some(b)) = (place(&c.client_asset), place(&c.server_asset)) else { continue };
        for (one, other) in [(a, b), (b, a)].into_iter().filter(|_| a != b) {
            let known = most.entry(one).or_default();
            *known = (*known).max((c.packets, other));
        }
    }
    most
}

/// Where each asset stands in the inventory.
fn places(inventory: &Inventory) -> BTreeMap<&str, usize> {
    inventory.assets.iter().enumerate().map(|(at, a)| (a.id.as_str(), at)).collect()
}

fn with_peer(
    inventory: &Inventory,
    peer: Option<&(u64, usize)>,
    memberships: &[Option<Membership>],
) -> Option<Membership> {
    let (_, place) = *peer?;
    let zone = memberships.get(place)?.as_ref()?.zone.clone();
    let name = inventory.assets.get(place).map(|a| a.name.clone()).unwrap_or_default();
    let why = format!("it has no network of its own and talks to {name} most");
    Some(Membership { zone, why, also: Vec::new() })
}

/// Protocols by which a link keeps itself: they end at the next device and carry nothing from one zone to another.
const HOUSEKEEPING: &[&str] = &["arp", "lldp", "cdp", "stp", "mrp"];

fn crossings(inventory: &Inventory, memberships: &[Option<Membership>], now: Timestamp) -> Vec<Crossing> {
    let places = places(inventory);
    let end = |id: &Option<model::id::AssetId>| id.as_ref().and_then(|id| places.get(id.as_str())).copied();
    let zone = |at: Option<usize>| Some(memberships.get(at?)?.as_ref()?.zone.clone());
    let anchors_of =
        |at: Option<usize>| at.and_then(|at| inventory.assets.get(at)).map(anchors).unwrap_or_default();
    let mut all = Vec::new();
    for (conversation, c) in inventory.conversations.iter().enumerate() {
        let (client, server) = (end(&c.client_asset), end(&c.server_asset));
        let (from, to) = (zone(client), zone(server));
        let housekeeping = c.protocol.as_ref().is_some_and(|p| HOUSEKEEPING.contains(&p.as_str()));
        let crosses = from.is_some() && to.is_some() && from != to && !housekeeping;
        let flow = Flow {
            zones: (from.as_ref(), to.as_ref()),
            ends: (&anchors_of(client), &anchors_of(server)),
            conversation: c,
        };
        let judged = ruling::judge(&inventory.plant, &flow, now);
        if crosses || judged.ruling.is_some() {
            all.push(Crossing { conversation, from, to, judged });
        }
    }
    all
}

fn conduits(inventory: &Inventory, crossings: &[Crossing]) -> Vec<Conduit> {
    let mut all: BTreeMap<(Text, Text), Conduit> = BTreeMap::new();
    for (at, crossing) in crossings.iter().enumerate() {
        let (Some(from), Some(to)) = (crossing.from.clone(), crossing.to.clone()) else { continue };
        let Some(c) = inventory.conversations.get(crossing.conversation).filter(|_| from != to) else {
            continue;
        };
        let ends = if from < to { (from, to) } else { (to, from) };
        let conduit = all.entry(ends.clone()).or_insert_with(|| Conduit {
            ends,
            protocols: BTreeMap::new(),
            crossings: Vec::new(),
            packets: 0,
            bytes: 0,
            first: c.first_seen,
            last: c.last_seen,
        });
        conduit.add(at, c);
    }
    all.into_values().collect()
}

impl Conduit {
    fn add(&mut self, crossing: usize, c: &Conversation) {
        let protocol = c.protocol.clone().unwrap_or_else(|| Name::new(c.transport.as_str()));
        let classes = self.protocols.entry(protocol).or_default();
        classes.extend(c.operations.iter().map(|o| o.operation.class));
        self.crossings.push(crossing);
        self.packets += c.packets;
        self.bytes += c.bytes;
        self.first = self.first.min(c.first_seen);
        self.last = self.last.max(c.last_seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text) in
            [("plc-*", "PLC-1"), ("*", ""), ("a*b*c", "aXbbYc"), ("x", "X"), ("*-01", "hmi-01")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("plc-*", "hmi-1"), ("a*b", "ab1"), ("x", "xx"), ("a*a", "a"), ("", "x")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
