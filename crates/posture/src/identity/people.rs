//! What people joined and parted.

use super::groups::Parted;
use super::{Tied, address};
use crate::plant::{Plant, Witness};
use crate::site::{Address, Site};
use model::Mac;
use model::plant::Anchor;
use std::collections::{BTreeMap, BTreeSet};

type Pairs = BTreeMap<(Address, Address), Witness>;

/// Their word on addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct People {
    merges: Pairs,
    /// The first of each was taken out of the device of the second.
    splits: Pairs,
    /// Joined addresses, either way.
    joined: BTreeMap<Address, BTreeSet<Address>>,
}

impl People {
    /// Takes over what holds now; answers the addresses that it concerns.
    pub(super) fn settle(&mut self, plant: &Plant) -> BTreeSet<Address> {
        let pairs = |all: &BTreeMap<(Anchor, Anchor), Witness>| -> Pairs {
            all.iter().map(|((a, b), witness)| ((address(*a), address(*b)), witness.clone())).collect()
        };
        let (merges, splits) = (pairs(&plant.merges), pairs(&plant.splits));
        let mut touched = differing(&self.merges, &merges);
        touched.extend(differing(&self.splits, &splits));
        if !touched.is_empty() {
            self.joined = BTreeMap::new();
            for (a, b) in merges.keys().flat_map(|(a, b)| [(a, b), (b, a)]) {
                self.joined.entry(*a).or_default().insert(*b);
            }
            (self.merges, self.splits) = (merges, splits);
        }
        touched
    }

    /// The addresses that were joined with one; only those that were heard count, on both sides.
    pub(super) fn tied_to(&self, site: &Site, address: Address) -> impl Iterator<Item = Address> {
        let joined = self.joined.get(&address).filter(|_| site.heard.contains_key(&address));
        joined.into_iter().flatten().copied().filter(|other| site.heard.contains_key(other))
    }

    /// The ties that people made of an address, each at one end only.
    pub(super) fn ties(&self, site: &Site, of: Address) -> Vec<Tied> {
        let named = self.tied_to(site, of).filter_map(|other| {
            let witness = self.merges.get(&(of, other))?;
            Some((of, other, format!("{of} and {other} were joined {}", witness.sentence())))
        });
        named.collect()
    }

    /// Who of these addresses was taken out of whose device.
    pub(super) fn parted(&self, site: &Site, component: &BTreeSet<Address>) -> Parted<'_> {
        let mut out = Parted::new();
        if self.splits.is_empty() {
            return out;
        }
        for gone in component.iter().filter(|gone| site.heard.contains_key(gone)) {
            // The lowest of all addresses.
            let first = (*gone, Address::Mac(Mac([0; 6])));
            let splits = self.splits.range(first..).take_while(|((other, _), _)| other == gone);
            let stays: Vec<_> = splits.map(|((_, stays), witness)| (*stays, witness)).collect();
            if !stays.is_empty() {
                out.insert(*gone, stays);
            }
        }
        out
    }
}

/// The ends of pairs that are not in both, or with another witness.
fn differing(a: &Pairs, b: &Pairs) -> BTreeSet<Address> {
    let lack = |all: &Pairs, others: &Pairs| -> Vec<Address> {
        let lacking = all.iter().filter(|(pair, witness)| others.get(pair) != Some(witness));
        lacking.flat_map(|((a, b), _)| [*a, *b]).collect()
    };
    lack(a, b).into_iter().chain(lack(b, a)).collect()
}
