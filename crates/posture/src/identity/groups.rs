//! Addresses that are tied, and the devices they make.

use super::Tied;
use crate::plant::Witness;
use crate::site::Address;
use std::collections::BTreeMap;

/// Who was taken out of whose device, and by whom.
pub(super) type Parted<'p> = BTreeMap<Address, Vec<(Address, &'p Witness)>>;

/// Disjoint sets of addresses.
#[derive(Default)]
pub(super) struct Groups {
    parent: BTreeMap<Address, Address>,
    reasons: BTreeMap<Address, Vec<String>>,
}

impl Groups {
    /// The lowest address of the set that has this one.
    pub(super) fn find(&mut self, address: Address) -> Address {
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

    /// The same of an address that may not be there.
    fn root(&mut self, address: Address) -> Option<Address> {
        self.parent.contains_key(&address).then(|| self.find(address))
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

    /// Joins what is tied. Addresses that a person took out of a device come last, and without the ties that lead back to it.
    pub(super) fn join_but_for(&mut self, ties: &[Tied], out: &Parted<'_>) {
        for (a, b, why) in ties.iter().filter(|(a, b, _)| !out.contains_key(a) && !out.contains_key(b)) {
            self.join(*a, *b, why);
        }
        for (gone, stays) in out {
            for tie in ties.iter().filter(|tie| tie.0 == *gone || tie.1 == *gone) {
                let other = if tie.0 == *gone { tie.1 } else { tie.0 };
                let back = stays.iter().any(|(stays, _)| self.root(*stays) == Some(self.find(other)));
                if !back {
                    self.join(tie.0, tie.1, &tie.2);
                }
            }
            for (stays, witness) in stays {
                let root = self.find(*gone);
                let why = format!("{gone} was parted from {stays} {}", witness.sentence());
                self.reasons.entry(root).or_default().push(why);
            }
        }
    }

    /// The sets, by their lowest address, with the reasons for each.
    pub(super) fn into_sets(mut self) -> BTreeMap<Address, (Vec<Address>, Vec<String>)> {
        let addresses: Vec<Address> = self.parent.keys().copied().collect();
        let mut sets: BTreeMap<Address, (Vec<Address>, Vec<String>)> = BTreeMap::new();
        for address in addresses {
            sets.entry(self.find(address)).or_default().0.push(address);
        }
        for (root, mut reasons) in self.reasons {
            reasons.sort();
            reasons.dedup();
            if let Some(set) = sets.get_mut(&root) {
                set.1 = reasons;
            }
        }
        sets
    }
}
