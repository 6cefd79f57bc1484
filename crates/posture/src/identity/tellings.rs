//! What devices told, and whom it ties to whom.

use super::told::{self, SERIAL_SHARED_MAX, Serial, Told};
use super::{Tied, take};
use crate::site::{Address, Site};
use std::collections::{BTreeMap, BTreeSet};

/// What every address told.
#[derive(Clone, Debug, Default)]
pub(super) struct Tellings {
    told: BTreeMap<Address, Told>,
    /// Who names an address as its own.
    named_by: BTreeMap<Address, BTreeSet<Address>>,
    /// Who told a serial number, of those that were heard.
    serials: BTreeMap<Serial, BTreeSet<Address>>,
    /// Who was heard when it was last looked.
    heard: BTreeSet<Address>,
    changed: BTreeSet<Address>,
}

impl Tellings {
    /// Marks an address that told something or was heard.
    pub(super) fn change(&mut self, address: Address) {
        self.changed.insert(address);
    }

    /// Listens to what changed; answers the addresses that it concerns.
    pub(super) fn settle(&mut self, site: &Site) -> BTreeSet<Address> {
        let mut touched = BTreeSet::new();
        for address in std::mem::take(&mut self.changed) {
            let heard = site.heard.contains_key(&address);
            let appeared = heard && self.heard.insert(address);
            if appeared {
                touched.insert(address);
                touched.extend(self.named_by.get(&address).into_iter().flatten());
            }
            let now = Told::of(site, address);
            let before = self.told.remove(&address).unwrap_or_default();
            if appeared || before != now {
                touched.insert(address);
                self.replace(address, &before, &now, heard, &mut touched);
            }
            if now != Told::default() {
                self.told.insert(address, now);
            }
        }
        touched
    }

    fn replace(
        &mut self,
        address: Address,
        before: &Told,
        now: &Told,
        heard: bool,
        touched: &mut BTreeSet<Address>,
    ) {
        for (other, ..) in &before.others {
            take(&mut self.named_by, other, &address);
        }
        for (other, ..) in &now.others {
            self.named_by.entry(*other).or_default().insert(address);
        }
        touched.extend(before.others.iter().chain(&now.others).map(|(other, ..)| *other));
        if let Some(serial) = &before.serial {
            touched.extend(self.sharers(serial));
            take(&mut self.serials, serial, &address);
            touched.extend(self.sharers(serial));
        }
        if let Some(serial) = now.serial.as_ref().filter(|_| heard) {
            touched.extend(self.sharers(serial));
            self.serials.entry(serial.clone()).or_default().insert(address);
            touched.extend(self.sharers(serial));
        }
    }

    /// Who shares a serial number, when they are few enough for it to mean something.
    fn sharers(&self, serial: &Serial) -> Vec<Address> {
        let all = self.serials.get(serial).filter(|all| all.len() <= SERIAL_SHARED_MAX);
        all.into_iter().flatten().copied().collect()
    }

    /// The other ends of an address's ties.
    pub(super) fn tied_to(&self, address: Address) -> Vec<Address> {
        let told = self.told.get(&address);
        // An address that is only named was never heard; it is shown as a claim, not as an interface.
        let others = told.into_iter().flat_map(|t| &t.others).map(|(other, ..)| *other);
        let named_by = self.named_by.get(&address).filter(|_| self.heard.contains(&address));
        let serial = told.and_then(|told| told.serial.as_ref());
        let sharers = serial.map(|serial| self.sharers(serial)).unwrap_or_default();
        others
            .filter(|other| self.heard.contains(other))
            .chain(named_by.into_iter().flatten().copied())
            .chain(sharers.into_iter().filter(|other| *other != address))
            .collect()
    }

    /// The ties that these addresses' words make, each once.
    pub(super) fn ties(&self, component: &BTreeSet<Address>) -> Vec<Tied> {
        let told = component.iter().filter_map(|address| Some((address, self.told.get(address)?)));
        let mut all = Vec::new();
        let mut serials = BTreeSet::new();
        for (address, told) in told {
            let named = told.others.iter().filter(|(other, ..)| self.heard.contains(other));
            all.extend(named.map(|(other, value, how)| (*address, *other, told::named(value, how))));
            serials.extend(told.serial.as_ref());
        }
        all.extend(serials.into_iter().flat_map(|serial| self.serial_ties(serial)));
        all
    }

    fn serial_ties(&self, serial: &Serial) -> Vec<Tied> {
        let sharers = self.sharers(serial);
        let fits = |a: &Address, b: &Address| {
            self.told.get(a).zip(self.told.get(b)).is_some_and(|(ours, theirs)| !ours.contradicts(theirs))
        };
        let (number, product) = serial;
        let why = |a, b| format!("{a} and {b} tell the same serial number {number} of a {product}");
        let pairs = sharers.iter().zip(sharers.iter().skip(1)).filter(|(a, b)| fits(a, b));
        pairs.map(|(a, b)| (*a, *b, why(a, b))).collect()
    }
}
