//! Secrets that were shown: vendors' defaults, and the same one in several places.

use super::Holder;
use super::names::{Match, Names};
use crate::inventory::{Inventory, Secret};
use model::Text;
use model::access::SecretMark;
use model::observation::Mechanism;
use std::collections::{BTreeMap, BTreeSet};

/// A secret that is worth a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedSecret {
    /// Its fingerprint; `None` where nobody gave a key.
    pub mark: Option<SecretMark>,
    /// The vendor whose published default it is.
    pub default_of: Option<Text>,
    /// It is a community of SNMP, not a password.
    pub community: bool,
    /// Where it was shown, as places in the inventory's list of secrets.
    pub uses: Vec<usize>,
    /// Devices it was shown at.
    pub assets: usize,
    /// Accounts that it is of, as far as they are known.
    pub accounts: BTreeSet<usize>,
}

/// What secrets have in common that are taken for one: a community or not, the fingerprint, the default.
type Same<'a> = (bool, Option<SecretMark>, Option<&'a Text>);

/// Secrets that are a default, or that were shown at more than one device or for more than one name.
pub(super) fn shared(inventory: &Inventory, names: &Names, holders: &[Holder]) -> Vec<SharedSecret> {
    let mut groups: BTreeMap<Same<'_>, Vec<usize>> = BTreeMap::new();
    for (at, secret) in inventory.secrets.iter().enumerate() {
        let community = secret.mechanism == Mechanism::Community;
        groups.entry((community, secret.mark, secret.default_of.as_ref())).or_default().push(at);
    }
    let of = |at: &usize| inventory.secrets.get(*at);
    let group = |((community, mark, default_of), uses): (Same<'_>, Vec<usize>)| {
        let assets: BTreeSet<_> = uses.iter().filter_map(of).map(|s| &s.asset).collect();
        let called: BTreeSet<_> =
            uses.iter().filter_map(of).map(|s| s.name.as_str().to_lowercase()).collect();
        // Without a key all look alike.
        let several = mark.is_some() && (assets.len() > 1 || called.len() > 1);
        let accounts =
            uses.iter().filter_map(of).filter_map(|s| account(s, inventory, names, holders)).collect();
        (several || default_of.is_some()).then(|| SharedSecret {
            mark,
            default_of: default_of.cloned(),
            community,
            assets: assets.len(),
            uses,
            accounts,
        })
    };
    let mut all: Vec<SharedSecret> = groups.into_iter().filter_map(group).collect();
    all.sort_by(|a, b| a.uses.cmp(&b.uses));
    all
}

/// The account that a secret is of: the holder of the sign-in that showed it.
fn account(secret: &Secret, inventory: &Inventory, names: &Names, holders: &[Holder]) -> Option<usize> {
    if secret.name.is_empty() {
        return None;
    }
    if let Match::One(at) = names.find(secret.name.as_str(), secret.asset.as_ref()) {
        return Some(at);
    }
    let same = inventory.accounts.iter().zip(holders).find(|(s, _)| {
        s.asset == secret.asset
            && s.protocol == secret.protocol
            && s.name == secret.name
            && s.client == secret.client
    });
    same.and_then(|(_, holder)| if let Holder::One(at) = holder { Some(*at) } else { None })
}
