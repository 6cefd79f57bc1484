//! Which addresses are one device, and why; kept up to date as observations come.
//!
//! What ties two addresses hangs on a few facts around them (`owner.rs`, `told.rs`, `people.rs`), so a new observation changes only
//! the devices that it touches. Invariant: after [`Identity::settle`] the devices are those that the whole site gives, whatever came in
//! what order and however often it was settled in between.

mod groups;
mod owner;
mod people;
mod stations;
mod tellings;
#[cfg(test)]
mod tests;
mod told;

use crate::plant::Plant;
use crate::site::{Address, Site, address_of};
use groups::Groups;
use model::plant::Anchor;
use model::{Fact, Mac, Observation};
use people::People;
use stations::Stations;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use tellings::Tellings;

/// One device: its addresses and the reasons to take them for one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Device {
    /// Its MAC addresses.
    pub macs: BTreeSet<Mac>,
    /// Its IP addresses.
    pub ips: BTreeSet<IpAddr>,
    /// One sentence for each tie.
    pub reasons: Vec<String>,
    /// Evidence that speaks against what was concluded, one sentence each.
    pub conflicts: Vec<String>,
}

impl Device {
    fn at(addresses: &[Address], reasons: Vec<String>) -> Self {
        let mut device = Self { reasons, ..Self::default() };
        for address in addresses {
            match address {
                Address::Mac(mac) => device.macs.insert(*mac),
                Address::Ip(ip) => device.ips.insert(*ip),
            };
        }
        device
    }

    fn addresses(&self) -> Vec<Address> {
        let macs = self.macs.iter().map(|mac| Address::Mac(*mac));
        macs.chain(self.ips.iter().map(|ip| Address::Ip(*ip))).collect()
    }
}

/// A tie between two addresses, with the reason.
type Tied = (Address, Address, String);

/// The devices of a site.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    stations: Stations,
    tellings: Tellings,
    people: People,
    /// By their lowest address.
    devices: BTreeMap<Address, Device>,
    /// The lowest address of each one's device.
    roots: BTreeMap<Address, Address>,
}

impl Identity {
    /// The devices of a whole site.
    pub fn of(site: &Site, plant: &Plant) -> Self {
        let mut identity = Self::default();
        site.pairs.keys().for_each(|(ip, _)| identity.stations.change(*ip));
        let told = site.claims.keys().filter(|(_, part)| part.is_none()).map(|(address, _)| address);
        site.heard.keys().chain(told).for_each(|address| identity.tellings.change(*address));
        identity.settle(site, plant);
        identity
    }

    /// Takes note of an observation that the site has taken in.
    pub fn note(&mut self, observation: &Observation) {
        let host = observation.subject.host;
        match &observation.fact {
            Fact::Present { .. } => {
                let addresses = host.mac.map(Address::Mac).into_iter().chain(host.ip.map(Address::Ip));
                addresses.for_each(|address| self.tellings.change(address));
                host.ip.filter(|_| host.mac.is_some()).into_iter().for_each(|ip| self.stations.change(ip));
            }
            Fact::Identity { attribute, .. }
                if observation.subject.part.is_none() && told::concerns(*attribute) =>
            {
                address_of(host).into_iter().for_each(|address| self.tellings.change(address));
            }
            _ => {}
        }
    }

    /// Works the devices around what changed out anew. Costs time in that, not in the site.
    pub fn settle(&mut self, site: &Site, plant: &Plant) {
        let mut touched = self.stations.settle(site);
        touched.extend(self.tellings.settle(site));
        touched.extend(self.people.settle(plant));
        let companions: Vec<Address> = touched.iter().flat_map(|address| self.companions(*address)).collect();
        touched.extend(companions);
        let mut done = BTreeSet::new();
        for address in touched {
            if !done.contains(&address) {
                let component = self.component(site, address);
                self.regroup(site, &component);
                done.extend(component);
            }
        }
    }

    /// The devices, in the order of their lowest addresses.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.values()
    }

    /// How many other addresses a device forwards packets of.
    pub fn forwards(&self, device: &Device) -> usize {
        self.stations.forwards(device)
    }

    /// All addresses of the device that has this one.
    fn companions(&self, address: Address) -> Vec<Address> {
        let device = self.roots.get(&address).and_then(|root| self.devices.get(root));
        device.map(Device::addresses).unwrap_or_default()
    }

    /// Addresses that a chain of ties leads to, this one included.
    fn component(&self, site: &Site, start: Address) -> BTreeSet<Address> {
        let mut found = BTreeSet::from([start]);
        let mut next = vec![start];
        while let Some(address) = next.pop() {
            let told = self.tellings.tied_to(address);
            let tied = self.stations.tied_to(address).into_iter().chain(told);
            let tied = tied.chain(self.people.tied_to(site, address));
            next.extend(tied.filter(|other| found.insert(*other)));
        }
        found
    }

    /// Makes the devices of addresses that ties lead between anew.
    fn regroup(&mut self, site: &Site, component: &BTreeSet<Address>) {
        let mut groups = Groups::default();
        for address in component {
            self.devices.remove(address);
            self.roots.remove(address);
            if site.heard.contains_key(address) {
                groups.find(*address);
            }
        }
        let mut ties: Vec<Tied> = component.iter().flat_map(|a| self.stations.ties(*a)).collect();
        ties.extend(self.tellings.ties(component));
        ties.extend(component.iter().flat_map(|a| self.people.ties(site, *a)));
        groups.join_but_for(&ties, &self.people.parted(site, component));
        for (root, (addresses, reasons)) in groups.into_sets() {
            // What was only spoken of is no device that is there.
            if addresses.iter().any(|address| site.heard.contains_key(address)) {
                self.roots.extend(addresses.iter().map(|address| (*address, root)));
                let mut device = Device::at(&addresses, reasons);
                device.conflicts = self.stations.conflicts(&device);
                self.devices.insert(root, device);
            }
        }
    }
}

/// An anchor as the key of facts.
pub fn address(anchor: Anchor) -> Address {
    match anchor {
        Anchor::Mac(mac) => Address::Mac(mac),
        Anchor::Ip(ip) => Address::Ip(ip),
    }
}

/// Takes a value out of a set, and the set away when nothing is left in it.
fn take<K: Ord, V: Ord>(sets: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
