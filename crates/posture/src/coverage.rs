//! What the sensors cannot see, as far as that can be known: devices that others name or ask and that were never heard, networks in
//! which nobody was heard, and conversations of which only one direction came.
//!
//! A number for each zone: devices heard, out of those heard and those that must be there. It is a lower bound of what is missing: of a
//! device that nobody names nothing can be known.

use crate::inventory::{Asset, Conversation, Inventory};
use crate::reconcile;
use crate::zoning::{Zoning, takes};
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
    let mut silent: BTreeMap<String, Silent> = BTreeMap::new();
    for (ip, why) in
        asked(inventory).into_iter().chain(named(inventory)).filter(|(ip, _)| !heard.contains(ip))
    {
        let zone = zone_of(ip, inventory, zoning);
        silent.entry(ip.to_string()).or_insert(Silent { who: ip.to_string(), ip: Some(ip), why, zone });
    }
    for one in on_record(inventory, zoning) {
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
fn on_record(inventory: &Inventory, zoning: &Zoning) -> Vec<Silent> {
    let missing = reconcile::reconcile(inventory, &inventory.records).missing_on_wire;
    let one = |r: &&model::cmdb::Record| {
        let ip = r.ips.iter().next().copied();
        let who =
            ip.map_or_else(|| r.name.as_ref().unwrap_or(&r.external_id).to_string(), |ip| ip.to_string());
        Silent {
            who,
            ip,
            why: format!("it is on record: {}", r.place),
            zone: ip.and_then(|ip| zone_of(ip, inventory, zoning)),
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

/// The zone an address would be in: one whose selector asks for its network, else that of its neighbours where they are in one zone.
fn zone_of(ip: IpAddr, inventory: &Inventory, zoning: &Zoning) -> Option<Text> {
    let selects =
        |state: &&crate::zoning::ZoneState| {
            state.zone.members.iter().any(|s| {
                s.subnets.iter().any(|net| net.contains(ip)) || s.addresses.contains(&Anchor::Ip(ip))
            })
        };
    let mut fitting = zoning.zones.values().filter(selects);
    let (first, more) = (fitting.next()?, fitting.next());
    if more.is_none() {
        return Some(first.zone.id.clone());
    }
    // Several zones share the network: the one most of its devices are in.
    let net = Subnet::of(ip, if ip.is_ipv4() { 24 } else { 64 });
    let near = |asset: &&Asset| asset.ips.iter().any(|ip| net.contains(*ip));
    let mut counts: BTreeMap<&Text, usize> = BTreeMap::new();
    for (asset, membership) in inventory.assets.iter().zip(&zoning.memberships).filter(|(a, _)| near(a)) {
        let zone = membership.as_ref().map(|m| &m.zone);
        let state = zone.and_then(|zone| zoning.zones.get(zone));
        if state.is_some_and(|s| s.zone.members.iter().any(|selector| takes(selector, asset)))
            && let Some(zone) = zone
        {
            *counts.entry(zone).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(zone, n)| (*n, std::cmp::Reverse(*zone))).map(|(zone, _)| zone.clone())
}

fn unheard_networks<'s>(
    silent: impl Iterator<Item = &'s Silent>,
    heard: &BTreeSet<IpAddr>,
) -> BTreeMap<Subnet, usize> {
    let net = |ip: IpAddr| Subnet::of(ip, if ip.is_ipv4() { 24 } else { 64 });
    let known: BTreeSet<Subnet> = heard.iter().map(|ip| net(*ip)).collect();
    let mut all = BTreeMap::new();
    for ip in silent.filter_map(|s| s.ip).filter(|ip| is_plant(*ip) && !known.contains(&net(*ip))) {
        *all.entry(net(ip)).or_default() += 1;
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
