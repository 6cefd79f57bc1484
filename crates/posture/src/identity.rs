//! Which addresses are one device, and why.
//!
//! A MAC address in front of an IP address is the device's own only on its own link; behind a router it is the router's. What
//! tells them apart: ARP and neighbour discovery, DHCP, and the time to live, which is a round number at the source and less
//! behind every router.

use crate::plant::{Plant, Witness};
use crate::site::{Address, Site};
use model::observation::Binding;
use model::plant::Anchor;
use model::{Attribute, Mac};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Times to live that systems start with (RFC 1700; Windows 128, Unix 64, network gear and many controllers 255, small stacks 32).
const INITIAL_TTLS: [u8; 4] = [32, 64, 128, 255];

/// One device: its addresses and the reasons to take them for one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Device {
    /// Its MAC addresses.
    pub macs: BTreeSet<Mac>,
    /// Its IP addresses.
    pub ips: BTreeSet<IpAddr>,
    /// One sentence for each tie.
    pub reasons: Vec<String>,
    /// IP addresses whose packets it forwarded.
    pub forwards_for: BTreeSet<IpAddr>,
    /// Evidence that speaks against what was concluded, one sentence each.
    pub conflicts: Vec<String>,
}

/// A tie between two addresses, with the reason.
type Tied = (Address, Address, String);

/// Groups every heard address into devices, in a stable order. What a person joined or parted stays so, whatever evidence says.
pub fn devices(site: &Site, plant: &Plant) -> Vec<Device> {
    let ties = Ties::of(site);
    let mut groups = Groups::default();
    for address in site.heard.keys() {
        groups.find(*address);
    }
    let own = ties.own.iter().map(|((ip, mac), why)| (Address::Mac(*mac), Address::Ip(*ip), why.clone()));
    let legs = ties.legs(site).into_iter().map(|(a, b, why)| (Address::Mac(a), Address::Mac(b), why));
    let said = plant
        .merges
        .iter()
        .filter(|((a, b), _)| [a, b].iter().all(|anchor| site.heard.contains_key(&address(**anchor))));
    let said = said
        .map(|((a, b), w)| (address(*a), address(*b), format!("{a} and {b} were joined {}", w.sentence())));
    let told = same_device_claims(site).into_iter().chain(same_serial(site));
    let all: Vec<Tied> = own.chain(legs).chain(told).chain(said).collect();
    join_but_for(&mut groups, &all, plant);
    let mut devices = groups.into_devices();
    for device in &mut devices {
        device.forwards_for =
            device.macs.iter().filter_map(|m| ties.routed.get(m)).flatten().copied().collect();
        device.conflicts = conflicts(device, &ties);
    }
    devices.retain(|d| !d.macs.is_empty() || !d.ips.is_empty());
    devices
}

/// An anchor as the key of facts.
pub fn address(anchor: Anchor) -> Address {
    match anchor {
        Anchor::Mac(mac) => Address::Mac(mac),
        Anchor::Ip(ip) => Address::Ip(ip),
    }
}

/// Joins what is tied. Addresses that a person took out of a device come last, and without the ties that lead back to it.
fn join_but_for(groups: &mut Groups, ties: &[Tied], plant: &Plant) {
    let out: BTreeMap<Address, Vec<(Address, &Witness)>> =
        plant.splits.iter().fold(BTreeMap::new(), |mut all, ((gone, stays), witness)| {
            all.entry(address(*gone)).or_default().push((address(*stays), witness));
            all
        });
    let touches = |tie: &Tied, a: &Address| tie.0 == *a || tie.1 == *a;
    for tie in ties.iter().filter(|(a, b, _)| !out.contains_key(a) && !out.contains_key(b)) {
        groups.join(tie.0, tie.1, &tie.2);
    }
    for (gone, stays) in &out {
        for tie in ties.iter().filter(|tie| touches(tie, gone)) {
            let other = if tie.0 == *gone { tie.1 } else { tie.0 };
            let back = stays.iter().any(|(stays, _)| groups.find(*stays) == groups.find(other));
            if !back {
                groups.join(tie.0, tie.1, &tie.2);
            }
        }
        for (stays, witness) in stays {
            groups.remark(*gone, format!("{gone} was parted from {stays} {}", witness.sentence()));
        }
    }
}

/// Addresses that other devices have too.
fn conflicts(device: &Device, ties: &Ties) -> Vec<String> {
    let macs = |ip: &IpAddr| ties.contested.get(ip).into_iter().flatten();
    let others = |ip: &IpAddr| macs(ip).filter(|mac| !device.macs.contains(*mac)).map(Mac::to_string);
    let mine = device.ips.iter().map(|ip| (ip, others(ip).collect::<Vec<_>>()));
    let mut all: Vec<String> = mine
        .filter(|(_, others)| !others.is_empty())
        .map(|(ip, others)| {
            format!(
                "{ip} was answered for by {} too: a duplicate address, or one that moved",
                others.join(" and ")
            )
        })
        .collect();
    let claimed: BTreeSet<IpAddr> =
        device.macs.iter().filter_map(|mac| ties.claimed.get(mac)).flatten().copied().collect();
    let lost = claimed.difference(&device.ips);
    all.extend(lost.map(|ip| format!("it answered for {ip}, which another device has now")));
    all
}

/// What the pairs of MAC and IP addresses mean.
#[derive(Default)]
struct Ties {
    /// The MAC is the device's own, with the reason.
    own: BTreeMap<(IpAddr, Mac), String>,
    /// The MAC is that of a router on the way.
    routed: BTreeMap<Mac, BTreeSet<IpAddr>>,
    /// IP addresses that several stations answered for, which are not one device for it.
    contested: BTreeMap<IpAddr, Vec<Mac>>,
    /// The same by station.
    claimed: BTreeMap<Mac, Vec<IpAddr>>,
}

impl Ties {
    fn of(site: &Site) -> Self {
        let mut by_ip: BTreeMap<IpAddr, Vec<Mac>> = BTreeMap::new();
        let mut by_mac: BTreeMap<Mac, Vec<IpAddr>> = BTreeMap::new();
        for (ip, mac) in site.pairs.keys() {
            by_ip.entry(*ip).or_default().push(*mac);
            by_mac.entry(*mac).or_default().push(*ip);
        }
        let mut ties = Self::default();
        for (ip, macs) in &by_ip {
            let (judged, contested) = holder(site, *ip, judge(site, *ip, macs, &by_mac));
            if !contested.is_empty() {
                ties.contested.insert(*ip, contested.clone());
                contested.iter().for_each(|mac| ties.claimed.entry(*mac).or_default().push(*ip));
            }
            for mac in
                macs.iter().filter(|mac| !contested.contains(mac) || judged.iter().any(|(m, _)| m == *mac))
            {
                match judged.iter().find(|(m, _)| m == mac) {
                    Some((_, why)) => {
                        ties.own.insert((*ip, *mac), why.clone());
                    }
                    None => {
                        ties.routed.entry(*mac).or_default().insert(*ip);
                    }
                }
            }
        }
        ties
    }
}

impl Ties {
    /// Interfaces that bring packets of one host to different networks, one hop away from it, are legs of the router it uses.
    fn legs(&self, site: &Site) -> Vec<(Mac, Mac, String)> {
        let mut by_ip: BTreeMap<IpAddr, Vec<Mac>> = BTreeMap::new();
        for (mac, ips) in self.routed.iter().filter(|(mac, _)| !is_virtual_router(**mac)) {
            for ip in ips {
                let ttl = site.pairs.get(&(*ip, *mac)).and_then(|p| p.ttls.last().copied()).unwrap_or(0);
                if ttl.checked_add(1).is_some_and(|before| INITIAL_TTLS.contains(&before)) {
                    by_ip.entry(*ip).or_default().push(*mac);
                }
            }
        }
        let mut legs = Vec::new();
        for (ip, macs) in by_ip {
            for pair in macs.windows(2) {
                if let [a, b] = pair {
                    legs.push((
                        *a,
                        *b,
                        format!("{a} and {b} both forward packets of {ip}, one hop away from it"),
                    ));
                }
            }
        }
        legs
    }
}

/// Addresses that redundant routers share: VRRP (RFC 9568 §7.3), HSRP (RFC 2281 §5.1 and version 2).
fn is_virtual_router(mac: Mac) -> bool {
    let [a, b, c, d, e, _] = mac.0;
    matches!([a, b, c, d, e], [0, 0, 0x5e, 0, 1 | 2] | [0, 0, 0x0c, 0x07, 0xac])
        || [a, b, c, d] == [0, 0, 0x0c, 0x9f]
}

/// Numbers of one network card follow each other: so far apart, at most, two interfaces of one device are told by their MAC addresses.
const PORTS_MAX: u64 = 16;

/// Of several stations that answered for one address, the one that has it: the others had it before (DHCP, a spare part), or have it too.
/// Interfaces of one card may all answer (RFC 1122 §3.3.4.2, weak host), and so does a device that others name as one. Answers also the
/// contenders, where there are any.
fn holder(site: &Site, ip: IpAddr, judged: Vec<(Mac, String)>) -> (Vec<(Mac, String)>, Vec<Mac>) {
    let real: Vec<Mac> = judged.iter().map(|(mac, _)| *mac).filter(|mac| !is_virtual_router(*mac)).collect();
    let neighbours =
        real.windows(2).all(|pair| matches!(pair, [a, b] if number(*a).abs_diff(number(*b)) <= PORTS_MAX));
    let bound = |mac: &Mac| site.pairs.get(&(ip, *mac)).filter(|p| p.bound.is_some());
    if real.len() < 2 || neighbours || !real.iter().all(|mac| bound(mac).is_some()) {
        return (judged, Vec::new());
    }
    let since = |mac: &Mac| site.pairs.get(&(ip, *mac)).map(|p| (p.evidence.time, p.evidence.frame));
    let last = real.iter().max_by_key(|mac| (since(mac), **mac)).copied();
    let kept = judged.into_iter().filter(|(mac, _)| Some(*mac) == last || is_virtual_router(*mac)).collect();
    (kept, real)
}

fn number(mac: Mac) -> u64 {
    mac.0.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// The MACs of `macs` that are the IP address's own.
fn judge(site: &Site, ip: IpAddr, macs: &[Mac], by_mac: &BTreeMap<Mac, Vec<IpAddr>>) -> Vec<(Mac, String)> {
    let bound = |mac: &Mac| site.pairs.get(&(ip, *mac)).and_then(|p| p.bound);
    let best = macs.iter().filter_map(bound).max();
    if let Some(best) = best {
        let how = match best {
            Binding::Arp => "address resolution (ARP or neighbour discovery)",
            Binding::Dhcp => "a DHCP lease",
            Binding::Declared | Binding::Source { .. } => "the device's own announcement",
        };
        let ties = macs.iter().filter(|m| bound(m) == Some(best));
        return ties.map(|m| (*m, format!("{m} and {ip} are tied by {how}"))).collect();
    }
    let top = |mac: &Mac| site.pairs.get(&(ip, *mac)).and_then(|p| p.ttls.last().copied()).unwrap_or(0);
    let alone = |mac: &Mac| {
        let same_family = |other: &&IpAddr| other.is_ipv4() == ip.is_ipv4() && !is_link_local(**other);
        by_mac.get(mac).map_or(0, |ips| ips.iter().filter(same_family).count()) <= 1
    };
    let highest = macs.iter().map(top).max().unwrap_or(0);
    // A router that speaks for its group does so from the group's MAC (RFC 9568 §7.3): that is not its own.
    let on_link = macs
        .iter()
        .filter(|m| !is_virtual_router(**m) && top(m) == highest)
        .filter(|m| is_link_local(ip) || INITIAL_TTLS.contains(&highest) || (alone(m) && macs.len() == 1));
    let sentence = |m: &Mac| {
        let reason = if INITIAL_TTLS.contains(&highest) {
            format!("its packets leave with an undiminished time to live ({highest})")
        } else {
            "no other address uses this interface".to_owned()
        };
        (*m, format!("{ip} is sent from {m}: {reason}"))
    };
    on_link.map(sentence).collect()
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// Claims in which a device names another address of itself.
fn same_device_claims(site: &Site) -> Vec<(Address, Address, String)> {
    let mut all = Vec::new();
    for ((address, part), claims) in &site.claims {
        for (attribute, value, protocol) in claims.keys().filter(|_| part.is_none()) {
            let other = match attribute {
                Attribute::OtherMac => {
                    value.as_str().parse().ok().filter(|m: &Mac| m.is_station()).map(Address::Mac)
                }
                Attribute::OtherIp => value.as_str().parse().ok().map(Address::Ip),
                _ => None,
            };
            // An address that is only named was never heard; it is shown as a claim, not as an interface.
            if let Some(other) = other.filter(|o| o != address && site.heard.contains_key(o)) {
                let why = if *protocol == "ip" {
                    format!("a packet that went in at {value} came out with its time to live one less")
                } else {
                    format!("{protocol}: it names {value} as its own")
                };
                all.push((*address, other, why));
            }
        }
    }
    all
}

/// Addresses that tell one serial number: more are a number that everyone has.
const SERIAL_SHARED_MAX: usize = 4;

/// Interfaces of one device that tell the same serial number and product, and nothing that contradicts: a maker gives a number once.
fn same_serial(site: &Site) -> Vec<Tied> {
    let mut by_serial: BTreeMap<(&str, &str), Vec<Address>> = BTreeMap::new();
    for ((address, _), claims) in
        site.claims.iter().filter(|((a, part), _)| part.is_none() && site.heard.contains_key(a))
    {
        let said = |wanted: Attribute| {
            claims.keys().find(|(attribute, ..)| *attribute == wanted).map(|(_, v, _)| v.as_str())
        };
        if let (Some(serial), Some(product)) = (said(Attribute::Serial), said(Attribute::Product))
            && is_distinctive(serial)
        {
            by_serial.entry((serial, product)).or_default().push(*address);
        }
    }
    let mut ties = Vec::new();
    for ((serial, product), addresses) in by_serial.iter().filter(|(_, all)| all.len() <= SERIAL_SHARED_MAX) {
        for pair in addresses.windows(2) {
            if let [a, b] = pair
                && !contradict(site, *a, *b)
            {
                ties.push((
                    *a,
                    *b,
                    format!("{a} and {b} tell the same serial number {serial} of a {product}"),
                ));
            }
        }
    }
    ties
}

/// A number that a maker would give once: six signs or more, three of them different, and no row of digits.
fn is_distinctive(serial: &str) -> bool {
    let signs: BTreeSet<char> = serial.chars().filter(char::is_ascii_alphanumeric).collect();
    let row = "0123456789012345678901234567890";
    serial.len() >= 6 && signs.len() >= 3 && !row.contains(serial) && !serial.eq_ignore_ascii_case("unknown")
}

/// Names or firmware that two addresses tell differently: then the number is no proof.
fn contradict(site: &Site, a: Address, b: Address) -> bool {
    let values = |address: Address, wanted: Attribute| -> BTreeSet<&str> {
        let claims = site.claims.get(&(address, None));
        let told =
            claims.into_iter().flat_map(|c| c.keys()).filter(move |(attribute, ..)| *attribute == wanted);
        told.map(|(_, value, _)| value.as_str()).collect()
    };
    [Attribute::Name, Attribute::Hostname, Attribute::Firmware, Attribute::Hardware].into_iter().any(
        |wanted| {
            let (ours, theirs) = (values(a, wanted), values(b, wanted));
            !ours.is_empty() && !theirs.is_empty() && ours.is_disjoint(&theirs)
        },
    )
}

/// Disjoint sets of addresses.
#[derive(Default)]
struct Groups {
    parent: BTreeMap<Address, Address>,
    reasons: BTreeMap<Address, Vec<String>>,
}

impl Groups {
    fn find(&mut self, address: Address) -> Address {
        let mut at = address;
        loop {
            let up = *self.parent.entry(at).or_insert(at);
            if up == at {
                return at;
            }
            // Halving the path keeps later look-ups short.
            let above = self.parent.get(&up).copied().unwrap_or(up);
            self.parent.insert(at, above);
            at = above;
        }
    }

    fn join(&mut self, a: Address, b: Address, why: &str) {
        let (a, b) = (self.find(a), self.find(b));
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        self.parent.insert(high, low);
        let moved = if low == high { Vec::new() } else { self.reasons.remove(&high).unwrap_or_default() };
        let reasons = self.reasons.entry(low).or_default();
        reasons.extend(moved);
        reasons.push(why.to_owned());
    }

    /// Adds a sentence to the device that has an address.
    fn remark(&mut self, address: Address, why: String) {
        let root = self.find(address);
        self.reasons.entry(root).or_default().push(why);
    }

    fn into_devices(mut self) -> Vec<Device> {
        let addresses: Vec<Address> = self.parent.keys().copied().collect();
        let mut devices: BTreeMap<Address, Device> = BTreeMap::new();
        for address in addresses {
            let root = self.find(address);
            let device = devices.entry(root).or_default();
            match address {
                Address::Mac(mac) => device.macs.insert(mac),
                Address::Ip(ip) => device.ips.insert(ip),
            };
        }
        for (root, reasons) in self.reasons {
            if let Some(device) = devices.get_mut(&root) {
                device.reasons = reasons;
                device.reasons.sort();
                device.reasons.dedup();
            }
        }
        devices.into_values().collect()
    }
}
