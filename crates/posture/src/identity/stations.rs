//! Whose IP address is whose: every address that was seen with stations, judged, and the other way round.

use super::owner::{self, Owners};
use super::{Device, Tied, take};
use crate::site::{Address, Site};
use model::Mac;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The IP addresses of one family that an interface was seen with, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Company {
    Only(IpAddr),
    Several,
}

type ByMac = BTreeMap<Mac, BTreeSet<IpAddr>>;

/// What stations are to IP addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct Stations {
    owners: BTreeMap<IpAddr, Owners>,
    /// By MAC address and whether IPv4; only addresses that are good beyond the link.
    company: BTreeMap<(Mac, bool), Company>,
    /// The IP addresses that are a MAC address's own.
    own: ByMac,
    /// Those whose packets it forwards.
    routed: ByMac,
    /// Those that it answered for, and others too.
    claimed: ByMac,
    /// Legs of one router, each with its others and the addresses that show it.
    legs: BTreeMap<Mac, BTreeMap<Mac, BTreeSet<IpAddr>>>,
    changed: BTreeSet<IpAddr>,
}

impl Stations {
    /// Marks an address to be judged anew.
    pub(super) fn change(&mut self, ip: IpAddr) {
        self.changed.insert(ip);
    }

    /// Judges what changed; answers the addresses that it concerns.
    pub(super) fn settle(&mut self, site: &Site) -> BTreeSet<Address> {
        let mut changed = std::mem::take(&mut self.changed);
        let good: Vec<IpAddr> = changed.iter().copied().filter(|ip| !owner::is_link_local(*ip)).collect();
        for ip in good {
            let seen = self.owners.get(&ip).map(|owners| owners.seen.as_slice()).unwrap_or_default();
            let macs = owner::pairs(site, ip).map(|(mac, _)| mac);
            let fresh: Vec<Mac> = macs.filter(|mac| seen.binary_search(mac).is_err()).collect();
            changed.extend(fresh.into_iter().filter_map(|mac| self.join(mac, ip)));
        }
        let mut touched = BTreeSet::new();
        for ip in changed {
            self.judge(site, ip, &mut touched);
        }
        touched
    }

    /// Notes that an interface was seen with an address; answers the one that is not alone at it any more.
    fn join(&mut self, mac: Mac, ip: IpAddr) -> Option<IpAddr> {
        let company = self.company.entry((mac, ip.is_ipv4())).or_insert(Company::Only(ip));
        match *company {
            Company::Only(other) if other != ip => {
                *company = Company::Several;
                Some(other)
            }
            _ => None,
        }
    }

    fn judge(&mut self, site: &Site, ip: IpAddr, touched: &mut BTreeSet<Address>) {
        let several = |mac: Mac| self.company.get(&(mac, ip.is_ipv4())) == Some(&Company::Several);
        let now = Owners::of(site, ip, &|mac| !several(mac));
        if self.owners.get(&ip) == Some(&now) {
            return;
        }
        let before = self.owners.remove(&ip).unwrap_or_default();
        self.forget(ip, &before);
        self.remember(ip, &now);
        touched.insert(Address::Ip(ip));
        for owners in [&before, &now] {
            touched.extend(owners.own.iter().map(|(mac, _)| Address::Mac(*mac)));
            touched.extend(owners.contested.iter().map(|mac| Address::Mac(*mac)));
            touched.extend(owners.legs.iter().flat_map(|(a, b)| [Address::Mac(*a), Address::Mac(*b)]));
        }
        self.owners.insert(ip, now);
    }

    fn forget(&mut self, ip: IpAddr, owners: &Owners) {
        owners.own.iter().for_each(|(mac, _)| take(&mut self.own, mac, &ip));
        owners.routed.iter().for_each(|mac| take(&mut self.routed, mac, &ip));
        owners.contested.iter().for_each(|mac| take(&mut self.claimed, mac, &ip));
        for (a, b) in owners.legs.iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
            if let Some(legs) = self.legs.get_mut(a) {
                take(legs, b, &ip);
            }
        }
    }

    fn remember(&mut self, ip: IpAddr, owners: &Owners) {
        let add = |all: &mut ByMac, mac: &Mac| all.entry(*mac).or_default().insert(ip);
        owners.own.iter().for_each(|(mac, _)| {
            add(&mut self.own, mac);
        });
        owners.routed.iter().for_each(|mac| {
            add(&mut self.routed, mac);
        });
        owners.contested.iter().for_each(|mac| {
            add(&mut self.claimed, mac);
        });
        for (a, b) in owners.legs.iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
            add(self.legs.entry(*a).or_default(), b);
        }
    }

    /// The other ends of an address's ties.
    pub(super) fn tied_to(&self, address: Address) -> Vec<Address> {
        match address {
            Address::Ip(ip) => {
                let own = self.owners.get(&ip).into_iter().flat_map(|owners| &owners.own);
                own.map(|(mac, _)| Address::Mac(*mac)).collect()
            }
            Address::Mac(mac) => {
                let legs = self.legs.get(&mac).into_iter().flat_map(BTreeMap::keys);
                let own = self.own.get(&mac).into_iter().flatten();
                own.map(|ip| Address::Ip(*ip)).chain(legs.map(|mac| Address::Mac(*mac))).collect()
            }
        }
    }

    /// Its ties, each at one end only.
    pub(super) fn ties(&self, address: Address) -> Vec<Tied> {
        match address {
            Address::Ip(ip) => {
                let own = self.owners.get(&ip).into_iter().flat_map(|owners| &owners.own);
                own.map(|(mac, why)| (Address::Mac(*mac), address, why.sentence(ip, *mac))).collect()
            }
            Address::Mac(mac) => {
                let legs = self.legs.get(&mac).into_iter().flatten().filter(|(other, _)| mac < **other);
                legs.map(|(other, ips)| (address, Address::Mac(*other), leg(mac, *other, ips))).collect()
            }
        }
    }

    /// How many other addresses a device forwards packets of.
    pub(super) fn forwards(&self, device: &Device) -> usize {
        let routed: Vec<&BTreeSet<IpAddr>> =
            device.macs.iter().filter_map(|mac| self.routed.get(mac)).collect();
        match routed.as_slice() {
            [] => 0,
            [only] => only.len(),
            several => several.iter().copied().flatten().collect::<BTreeSet<_>>().len(),
        }
    }

    /// Addresses of a device that others have too, one sentence each.
    pub(super) fn conflicts(&self, device: &Device) -> Vec<String> {
        let contenders = |ip: &IpAddr| self.owners.get(ip).into_iter().flat_map(|owners| &owners.contested);
        let others = |ip: &IpAddr| -> Vec<String> {
            contenders(ip).filter(|mac| !device.macs.contains(*mac)).map(Mac::to_string).collect()
        };
        let mine = device.ips.iter().map(|ip| (ip, others(ip))).filter(|(_, others)| !others.is_empty());
        let shared = mine.map(|(ip, others)| {
            let others = others.join(" and ");
            format!("{ip} was answered for by {others} too: a duplicate address, or one that moved")
        });
        let claimed: BTreeSet<IpAddr> =
            device.macs.iter().filter_map(|mac| self.claimed.get(mac)).flatten().copied().collect();
        let lost = claimed.difference(&device.ips);
        let lost = lost.map(|ip| format!("it answered for {ip}, which another device has now"));
        shared.chain(lost).collect()
    }
}

fn leg(mac: Mac, other: Mac, ips: &BTreeSet<IpAddr>) -> String {
    let first = ips.first().map(ToString::to_string).unwrap_or_default();
    match ips.len() {
        0 | 1 => format!("{mac} and {other} both forward packets of {first}, one hop away from it"),
        n => format!(
            "{mac} and {other} both forward packets of {first} and {} more, one hop away from them",
            n - 1
        ),
    }
}
