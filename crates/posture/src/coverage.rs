//! What the sensors cannot see, as far as that can be known: devices that others name or ask and that were never heard, networks in
//! which nobody was heard, and conversations of which only one direction came.
//!
//! A number for each zone: devices heard, out of those heard and those that must be there. It is a lower bound of what is missing: of a
//! device that nobody names nothing can be known.

use crate::inventory::{Conversation, Inventory};
use crate::reconcile;
use crate::zoning::{ZoneState, Zoning};
use model::plant::{Anchor, Subnet};
use model::{Level, Text, Transport};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Packets from which a conversation without an answer is more than an attempt.
const ONE_WAY_PACKETS: u64 = 20;
/// Addresses listed.
const LISTED_MAX: usize = 2_000;

/// A device that must be there and was never heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Silent {
    /// Its address, or the name of its record.
    pub who: String,
    /// Its address, where one is known.
    pub ip: Option<IpAddr>,
    /// Who says that it is there, one sentence.
    pub why: String,
    /// The zone it would be in.
    pub zone: Option<Text>,
}

/// How far a zone is seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ZoneCoverage {
    /// Devices heard.
    pub heard: usize,
    /// Devices that must be there and were not heard.
    pub silent: usize,
    /// Conversations of its devices of which one direction came.
    pub one_way: usize,
}

impl ZoneCoverage {
    /// Heard out of all that must be there, 0 to 1.
    pub fn share(&self) -> f64 {
        let all = self.heard + self.silent;
        if all == 0 { 0.0 } else { self.heard as f64 / all as f64 }
    }
}

/// Everything that is known to be unseen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// By the id of the zone.
    pub zones: BTreeMap<Text, ZoneCoverage>,
    /// Devices never heard, in a stable order; at most [`LISTED_MAX`].
    pub silent: Vec<Silent>,
    /// How many there are in all.
    pub silent_total: usize,
    /// Networks in which devices were asked or named and none was heard, with how many.
    pub networks: BTreeMap<Subnet, usize>,
    /// Conversations of which one direction came, as places in the inventory.
    pub one_way: Vec<usize>,
}

impl Coverage {
    /// What would close the gaps, one sentence each, the largest first.
    pub fn advice(&self) -> Vec<String> {
        let mut networks: Vec<_> = self.networks.iter().collect();
        networks.sort_by_key(|(net, n)| (std::cmp::Reverse(**n), **net));
        let mut all: Vec<String> = networks
            .into_iter()
            .take(20)
            .map(|(net, n)| {
                let devices = if *n == 1 { "1 device is" } else { &format!("{n} devices are") };
                format!("Mirror a switch port that carries {net}: {devices} known there, and none was heard")
            })
            .collect();
        if !self.one_way.is_empty() {
            all.push(format!(
                "Mirror both directions: of {} conversations only one was seen",
                self.one_way.len()
            ));
        }
        all
    }
}

/// Works coverage out.
pub fn coverage(inventory: &Inventory, zoning: &Zoning) -> Coverage {
    let heard: BTreeSet<IpAddr> = inventory.assets.iter().flat_map(|a| a.ips.iter().copied()).collect();
    let neighbours = Neighbours::of(inventory, zoning);
    let mut silent: BTreeMap<String, Silent> = BTreeMap::new();
    for (ip, why) in
        asked(inventory).into_iter().chain(named(inventory)).filter(|(ip, _)| !heard.contains(ip))
    {
        let zone = neighbours.zone(ip);
        silent.entry(ip.to_string()).or_insert(Silent { who: ip.to_string(), ip: Some(ip), why, zone });
    }
    for one in on_record(inventory, &neighbours) {
        silent.entry(one.who.clone()).or_insert(one);
    }
    let mut out = Coverage { one_way: one_way(inventory), ..Coverage::default() };
    for state in zoning.zones.values().filter(|s| s.zone.level != Some(Level::EXTERNAL)) {
        out.zones.entry(state.zone.id.clone()).or_default().heard = state.members.len();
    }
    for one in silent.values() {
        if let Some(zone) = one.zone.as_ref().and_then(|zone| out.zones.get_mut(zone)) {
            zone.silent += 1;
        }
    }
    out.networks = unheard_networks(silent.values(), &heard);
    count_one_way(inventory, zoning, &mut out);
    out.silent_total = silent.len();
    out.silent = silent.into_values().take(LISTED_MAX).collect();
    out
}

/// Who was asked over TCP or UDP. One that was only tried may not be there; one that was asked again and again is asked for a reason.
fn asked(inventory: &Inventory) -> Vec<(IpAddr, String)> {
    let tried = inventory.conversations.iter().filter(|c| {
        c.server_asset.is_none()
            && c.packets >= ONE_WAY_PACKETS
            && matches!(c.transport, Transport::Tcp | Transport::Udp)
    });
    tried
        .filter_map(|c| {
            let ip: IpAddr = c.server.parse().ok().filter(|ip| is_plant(*ip))?;
            let what = c.protocol.as_ref().map_or(c.transport.as_str(), |p| p.as_str());
            Some((ip, format!("{} asks it in {what}, {} packets", c.client, c.packets)))
        })
        .collect()
}

/// Whom engineering files and configurations name.
fn named(inventory: &Inventory) -> Vec<(IpAddr, String)> {
    let files =
        |id| inventory.captures.iter().find(|c| c.id == id).map(|c| c.name.as_str()).unwrap_or_default();
    let all = inventory.named.iter();
    all.map(|(ip, evidence)| (*ip, format!("{}, line {} has it", files(evidence.capture), evidence.frame)))
        .collect()
}

/// Whom a list of another system has, and nobody heard.
fn on_record(inventory: &Inventory, neighbours: &Neighbours<'_>) -> Vec<Silent> {
    if inventory.records.is_empty() {
        return Vec::new();
    }
    let missing = reconcile::reconcile(inventory, &inventory.records).missing_on_wire;
    let one = |r: &&model::cmdb::Record| {
        let ip = r.ips.iter().next().copied();
        let who =
            ip.map_or_else(|| r.name.as_ref().unwrap_or(&r.external_id).to_string(), |ip| ip.to_string());
        Silent {
            who,
            ip,
            why: format!("it is on record: {}", r.place),
            zone: ip.and_then(|ip| neighbours.zone(ip)),
        }
    };
    missing.iter().map(one).collect()
}

/// An address of a plant's own network.
fn is_plant(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() && ip.octets().last() != Some(&255),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

/// Which zone an address would be in. Looked up for every address that is named, so all of it is worked out once.
struct Neighbours<'z> {
    /// Networks and addresses that zones ask for by name.
    defined: Vec<(&'z Text, Vec<Subnet>, Vec<Anchor>)>,
    /// The zone that most devices of a network are in.
    usual: BTreeMap<Subnet, &'z Text>,
}

impl<'z> Neighbours<'z> {
    fn of(inventory: &Inventory, zoning: &'z Zoning) -> Self {
        let mut counts: BTreeMap<(Subnet, &'z Text), usize> = BTreeMap::new();
        for (asset, membership) in inventory.assets.iter().zip(&zoning.memberships) {
            let Some(membership) = membership else { continue };
            let nets: BTreeSet<Subnet> = asset.ips.iter().map(|ip| network(*ip)).collect();
            nets.into_iter().for_each(|net| *counts.entry((net, &membership.zone)).or_default() += 1);
        }
        let mut best: BTreeMap<Subnet, (usize, &'z Text)> = BTreeMap::new();
        for ((net, zone), n) in counts {
            let known = best.entry(net).or_insert((n, zone));
            if n > known.0 {
                *known = (n, zone);
            }
        }
        let asks = |state: &'z ZoneState| {
            let members = &state.zone.members;
            let subnets = members.iter().flat_map(|s| s.subnets.iter().copied()).collect();
            let addresses = members.iter().flat_map(|s| s.addresses.iter().copied()).collect();
            (&state.zone.id, subnets, addresses)
        };
        let defined = zoning.zones.values().filter(|state| !state.proposed).map(asks).collect();
        Self { defined, usual: best.into_iter().map(|(net, (_, zone))| (net, zone)).collect() }
    }

    /// The one defined zone that asks for it; where there is none, or there are several, that of most of its neighbours.
    fn zone(&self, ip: IpAddr) -> Option<Text> {
        let asks = |(_, nets, addresses): &&(&Text, Vec<Subnet>, Vec<Anchor>)| {
            nets.iter().any(|net| net.contains(ip)) || addresses.contains(&Anchor::Ip(ip))
        };
        let mut fitting = self.defined.iter().filter(asks).map(|(zone, ..)| *zone);
        let (first, more) = (fitting.next(), fitting.next());
        let usual = || self.usual.get(&network(ip)).copied();
        let zone = if more.is_none() { first.or_else(usual) } else { usual().or(first) };
        zone.cloned()
    }
}

/// Masks are rarely on the wire: /24 and /64, as most networks are.
fn network(ip: IpAddr) -> Subnet {
    Subnet::of(ip, if ip.is_ipv4() { 24 } else { 64 })
}

fn unheard_networks<'s>(
    silent: impl Iterator<Item = &'s Silent>,
    heard: &BTreeSet<IpAddr>,
) -> BTreeMap<Subnet, usize> {
    let known: BTreeSet<Subnet> = heard.iter().map(|ip| network(*ip)).collect();
    let mut all = BTreeMap::new();
    for ip in silent.filter_map(|s| s.ip).filter(|ip| is_plant(*ip) && !known.contains(&network(*ip))) {
        *all.entry(network(ip)).or_default() += 1;
    }
    all
}

fn one_way(inventory: &Inventory) -> Vec<usize> {
    let deaf = |c: &Conversation| {
        !c.answered && c.packets >= ONE_WAY_PACKETS && c.transport == Transport::Tcp && c.protocol.is_some()
    };
    inventory.conversations.iter().enumerate().filter(|(_, c)| deaf(c)).map(|(at, _)| at).collect()
}

fn count_one_way(inventory: &Inventory, zoning: &Zoning, out: &mut Coverage) {
    let zones: BTreeMap<&str, &Text> = inventory
        .assets
        .iter()
        .zip(&zoning.memberships)
        .filter_map(|(a, m)| Some((a.id.as_str(), &m.as_ref()?.zone)))
        .collect();
    for c in out.one_way.iter().filter_map(|at| inventory.conversations.get(*at)) {
        let ends = [&c.client_asset, &c.server_asset].into_iter().flatten();
        let touched: BTreeSet<&&Text> = ends.filter_map(|id| zones.get(id.as_str())).collect();
        for zone in touched {
            if let Some(zone) = out.zones.get_mut(*zone) {
                zone.one_way += 1;
            }
        }
    }
}
