//! Whose an IP address is, of the stations that were seen with it.
//!
//! A MAC address in front of an IP address is the device's own only on its own link; behind a router it is the router's. What
//! tells them apart: ARP and neighbour discovery, DHCP, and the time to live, which is a round number at the source and less
//! behind every router.

use crate::site::{Pair, Site};
use model::Mac;
use model::observation::Binding;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Times to live that systems start with (RFC 1700; Windows 128, Unix 64, network gear and many controllers 255, small stacks 32).
const INITIAL_TTLS: [u8; 4] = [32, 64, 128, 255];
/// Numbers of one network card follow each other: so far apart, at most, two interfaces of one device are told by their MAC addresses.
const PORTS_MAX: u64 = 16;

/// Why a MAC address is an IP address's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// Something ties them.
    Bound(Binding),
    /// Its packets leave with this time to live.
    Undiminished(u8),
    /// No other address uses the interface.
    Alone,
}

impl Why {
    /// The reason, one sentence.
    pub(super) fn sentence(self, ip: IpAddr, mac: Mac) -> String {
        let how = match self {
            Self::Bound(Binding::Arp) => "address resolution (ARP or neighbour discovery)",
            Self::Bound(Binding::Dhcp) => "a DHCP lease",
            Self::Bound(Binding::Declared | Binding::Source { .. }) => "the device's own announcement",
            Self::Undiminished(ttl) => {
                return format!(
                    "{ip} is sent from {mac}: its packets leave with an undiminished time to live ({ttl})"
                );
            }
            Self::Alone => return format!("{ip} is sent from {mac}: no other address uses this interface"),
        };
        format!("{mac} and {ip} are tied by {how}")
    }
}

/// What the stations that were seen with an IP address are to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Owners {
    /// All of them, in order.
    pub(super) seen: Vec<Mac>,
    /// Those whose own it is.
    pub(super) own: Vec<(Mac, Why)>,
    /// Those that all answered for it, and are not one device for it; not in `own` but for the one that has it now.
    pub(super) contested: Vec<Mac>,
    /// Routers on the way.
    pub(super) routed: Vec<Mac>,
    /// Interfaces that bring its packets to different networks, one hop away from it: legs of the router it uses.
    pub(super) legs: Vec<(Mac, Mac)>,
}

impl Owners {
    /// Judges the stations of an address. `alone` tells whether no other address of that family uses an interface.
    pub(super) fn of(site: &Site, ip: IpAddr, alone: &dyn Fn(Mac) -> bool) -> Self {
        let pairs: Vec<(Mac, &Pair)> = pairs(site, ip).collect();
        let (own, contested) = holder(&pairs, judge(ip, &pairs, alone));
        let neither: BTreeSet<Mac> =
            contested.iter().copied().chain(own.iter().map(|(mac, _)| *mac)).collect();
        let routed: Vec<(Mac, &Pair)> =
            pairs.iter().filter(|(mac, _)| !neither.contains(mac)).copied().collect();
        Self {
            seen: pairs.iter().map(|(mac, _)| *mac).collect(),
            legs: legs(&routed),
            routed: routed.into_iter().map(|(mac, _)| mac).collect(),
            own,
            contested,
        }
    }
}

/// The stations seen with an address.
pub(super) fn pairs(site: &Site, ip: IpAddr) -> impl Iterator<Item = (Mac, &Pair)> {
    site.pairs.range((ip, Mac([0; 6]))..=(ip, Mac([0xff; 6]))).map(|((_, mac), pair)| (*mac, pair))
}

/// The last time to live a station sent the address's packets with, the greatest of all.
fn top(pair: &Pair) -> u8 {
    pair.ttls.last().copied().unwrap_or(0)
}

fn legs(routed: &[(Mac, &Pair)]) -> Vec<(Mac, Mac)> {
    let one_hop = |pair: &Pair| top(pair).checked_add(1).is_some_and(|before| INITIAL_TTLS.contains(&before));
    let near: Vec<Mac> = routed
        .iter()
        .filter(|(mac, pair)| !is_virtual_router(*mac) && one_hop(pair))
        .map(|(mac, _)| *mac)
        .collect();
    near.iter().copied().zip(near.iter().copied().skip(1)).collect()
}

/// Addresses that redundant routers share: VRRP (RFC 9568 §7.3), HSRP (RFC 2281 §5.1 and version 2).
fn is_virtual_router(mac: Mac) -> bool {
    let [a, b, c, d, e, _] = mac.0;
    matches!([a, b, c, d, e], [0, 0, 0x5e, 0, 1 | 2] | [0, 0, 0x0c, 0x07, 0xac])
        || [a, b, c, d] == [0, 0, 0x0c, 0x9f]
}

/// Of several stations that answered for one address, the one that has it: the others had it before (DHCP, a spare part), or have it too.
/// Interfaces of one card may all answer (RFC 1122 §3.3.4.2, weak host), and so does a device that others name as one. Answers also the
/// contenders, where there are any.
fn holder(pairs: &[(Mac, &Pair)], judged: Vec<(Mac, Why)>) -> (Vec<(Mac, Why)>, Vec<Mac>) {
    let judged_macs: BTreeSet<Mac> = judged.iter().map(|(mac, _)| *mac).collect();
    let real: Vec<(Mac, &Pair)> = pairs
        .iter()
        .filter(|(mac, _)| judged_macs.contains(mac) && !is_virtual_router(*mac))
        .copied()
        .collect();
    let near = |a: &(Mac, &Pair), b: &(Mac, &Pair)| number(a.0).abs_diff(number(b.0)) <= PORTS_MAX;
    let neighbours = real.iter().zip(real.iter().skip(1)).all(|(a, b)| near(a, b));
    if real.len() < 2 || neighbours || !real.iter().all(|(_, pair)| pair.bound.is_some()) {
        return (judged, Vec::new());
    }
    let since = |pair: &Pair| (pair.evidence.time, pair.evidence.frame);
    let last = real.iter().max_by_key(|(mac, pair)| (since(pair), *mac)).map(|(mac, _)| *mac);
    let kept = judged.into_iter().filter(|(mac, _)| Some(*mac) == last || is_virtual_router(*mac)).collect();
    (kept, real.into_iter().map(|(mac, _)| mac).collect())
}

fn number(mac: Mac) -> u64 {
    mac.0.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// The stations that are the IP address's own.
fn judge(ip: IpAddr, pairs: &[(Mac, &Pair)], alone: &dyn Fn(Mac) -> bool) -> Vec<(Mac, Why)> {
    if let Some(best) = pairs.iter().filter_map(|(_, pair)| pair.bound).max() {
        let ties = pairs.iter().filter(|(_, pair)| pair.bound == Some(best));
        return ties.map(|(mac, _)| (*mac, Why::Bound(best))).collect();
    }
    let highest = pairs.iter().map(|(_, pair)| top(pair)).max().unwrap_or(0);
    let undiminished = INITIAL_TTLS.contains(&highest);
    // A router that speaks for its group does so from the group's MAC (RFC 9568 §7.3): that is not its own.
    let sent = pairs.iter().filter(|(mac, pair)| !is_virtual_router(*mac) && top(pair) == highest);
    let on_link =
        sent.filter(|(mac, _)| is_link_local(ip) || undiminished || (pairs.len() == 1 && alone(*mac)));
    let why = if undiminished { Why::Undiminished(highest) } else { Why::Alone };
    on_link.map(|(mac, _)| (*mac, why)).collect()
}

/// Such an address is used on one link only.
pub(super) fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
