//! What identifies a device on either side, as keys; what two sides share; and what contradicts that they are one.

use super::normal::{self, Makers, makers_differ};
use super::seen::{TRUSTED, claim, names};
use super::{By, Shared};
use crate::inventory::Asset;
use model::cmdb::{Record, join};
use model::{Attribute, Mac};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

/// A serial number of this length, in letters and digits, is hardly ever given by two makers.
const LONG_SERIAL: usize = 8;

/// A value that two sides may share.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Key {
    Serial(String),
    Mac(Mac),
    Ip(IpAddr),
    Name(String),
}

/// The keys of one side.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    serial: Option<String>,
    module_serials: BTreeSet<String>,
    makers: Rc<[String]>,
    macs: BTreeSet<Mac>,
    ips: BTreeSet<IpAddr>,
    names: BTreeSet<String>,
}

impl Identity {
    pub(super) fn of_asset(asset: &Asset, makers: &mut Makers) -> Self {
        let serials = |claims: &[crate::inventory::Claim]| {
            let all = claims.iter().filter(|c| c.attribute == Attribute::Serial && c.confidence >= TRUSTED);
            all.filter_map(|c| normal::serial(c.value.as_str())).collect::<Vec<_>>()
        };
        let vendor = claim(asset, Attribute::Vendor);
        Self {
            serial: serials(&asset.claims).into_iter().next(),
            module_serials: asset.modules.iter().flat_map(|m| serials(&m.claims)).collect(),
            makers: vendor.map_or_else(|| Rc::from([]), |c| makers.keys(c.value.as_str())),
            macs: asset.macs.iter().copied().filter(|mac| mac.is_station()).collect(),
            ips: asset.ips.iter().copied().filter(|ip| normal::is_telling(*ip)).collect(),
            names: names(asset).filter_map(|c| normal::name(c.value.as_str())).collect(),
        }
    }

    pub(super) fn of_record(record: &Record, makers: &mut Makers) -> Self {
        let vendor = record.vendor.as_ref();
        Self {
            serial: record.serial.as_ref().and_then(|t| normal::serial(t.as_str())),
            module_serials: BTreeSet::new(),
            makers: vendor.map_or_else(|| Rc::from([]), |t| makers.keys(t.as_str())),
            macs: record.macs.iter().copied().filter(|mac| mac.is_station()).collect(),
            ips: record.ips.iter().copied().filter(|ip| normal::is_telling(*ip)).collect(),
            names: record.name.iter().filter_map(|t| normal::name(t.as_str())).collect(),
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let serials: BTreeSet<&String> = self.serial.iter().chain(&self.module_serials).collect();
        let serials = serials.into_iter().cloned().map(Key::Serial);
        let macs = self.macs.iter().copied().map(Key::Mac);
        let ips = self.ips.iter().copied().map(Key::Ip);
        serials.chain(macs).chain(ips).chain(self.names.iter().cloned().map(Key::Name))
    }

    /// What an asset shares with a record, strongest first. A short serial number of another maker is another number.
    pub(super) fn shared(&self, record: &Identity) -> Vec<Shared> {
        let mut out = Vec::new();
        let mut put = |by, value: String| out.push(Shared { by, value });
        if let Some(serial) = &record.serial
            && (serial.len() >= LONG_SERIAL || !makers_differ(&self.makers, &record.makers))
        {
            if self.serial.as_ref() == Some(serial) {
                put(By::Serial, serial.clone());
            } else if self.module_serials.contains(serial) {
                put(By::ModuleSerial, serial.clone());
            }
        }
        self.macs.intersection(&record.macs).for_each(|mac| put(By::Mac, mac.to_string()));
        self.ips.intersection(&record.ips).for_each(|ip| put(By::Ip, ip.to_string()));
        self.names.intersection(&record.names).for_each(|name| put(By::Name, name.clone()));
        out
    }

    /// A record together with the asset it is matched to: what it would say if all that was seen were written to it.
    pub(super) fn together(&self, asset: &Identity) -> Self {
        Self {
            serial: asset.serial.clone().or_else(|| self.serial.clone()),
            module_serials: BTreeSet::new(),
            makers: Rc::clone(if asset.makers.is_empty() { &self.makers } else { &asset.makers }),
            macs: self.macs.union(&asset.macs).copied().collect(),
            ips: self.ips.union(&asset.ips).copied().collect(),
            names: self.names.union(&asset.names).cloned().collect(),
        }
    }

    /// Why an asset cannot be taken for a record although they share something; one half sentence.
    pub(super) fn contradiction(&self, record: &Identity, shared: Strength) -> Option<String> {
        let differ = |what, ours: &dyn std::fmt::Display, theirs: &dyn std::fmt::Display| {
            Some(format!("{what} differ: {ours} was seen, {theirs} is on record"))
        };
        if let (Some(ours), Some(theirs)) = (&self.serial, &record.serial)
            && ours != theirs
            && !shared.has(By::ModuleSerial)
        {
            return differ("the serial numbers", ours, theirs);
        }
        let by_serial = shared.has(By::Serial) || shared.has(By::ModuleSerial);
        if !shared.has(By::Mac) && makers_differ(&self.makers, &record.makers) {
            return differ("the makers", &self.makers.join(", "), &record.makers.join(", "));
        }
        if by_serial || shared.has(By::Mac) {
            return None;
        }
        if !self.macs.is_empty() && !record.macs.is_empty() {
            return differ("the MAC addresses", &join(&self.macs), &join(&record.macs));
        }
        if !shared.has(By::Ip) && !self.ips.is_empty() && !record.ips.is_empty() {
            return differ("the IP addresses", &join(&self.ips), &join(&record.ips));
        }
        None
    }
}

/// The kinds of evidence of a pair as one number: the strongest kind that one pair has and another has not decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Strength(u8);

impl Strength {
    pub(super) fn of(shared: &[Shared]) -> Self {
        Self(shared.iter().fold(0, |all, s| all | Self::bit(s.by)))
    }

    fn bit(by: By) -> u8 {
        match by {
            By::Serial => 16,
            By::ModuleSerial => 8,
            By::Mac => 4,
            By::Ip => 2,
            By::Name => 1,
        }
    }

    pub(super) fn has(self, by: By) -> bool {
        self.0 & Self::bit(by) != 0
    }

    /// Another pair has a kind of evidence that names one device for good, and this one has not.
    pub(super) fn is_gainsaid_by(self, other: Self) -> bool {
        let lasting = Self::bit(By::Serial) | Self::bit(By::Mac);
        other.0 & lasting & !self.0 != 0
    }
}
