//! Which account a name means: `DOMAIN\user`, `user@realm`, a distinguished name, or `user` alone. Case is no matter.

use super::{AccountState, Origin};
use model::access::Right;
use model::id::AssetId;
use std::collections::BTreeMap;

/// What a name was found to mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Match {
    /// One thing.
    One(usize),
    /// Any of these: it is not guessed which.
    Many(Vec<usize>),
    /// Nothing that is known.
    None,
}

impl Match {
    pub(super) fn of(mut all: Vec<usize>) -> Self {
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [] => Self::None,
            [one] => Self::One(*one),
            _ => Self::Many(all),
        }
    }
}

/// A name in the form in which names are compared: lower case; in a distinguished name without blanks around commas and equals signs.
pub(super) fn key(name: &str) -> String {
    let name = name.trim().to_lowercase();
    if !is_dn(&name) {
        return name;
    }
    let parts = name.split(',').map(|part| match part.split_once('=') {
        Some((left, right)) => format!("{}={}", left.trim(), right.trim()),
        None => part.trim().to_owned(),
    });
    parts.collect::<Vec<_>>().join(",")
}

pub(super) fn is_dn(name: &str) -> bool {
    name.split_once('=')
        .is_some_and(|(left, _)| !left.is_empty() && left.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The name says to which domain it belongs.
pub(super) fn has_domain(key: &str) -> bool {
    is_dn(key) || split(key).0.is_some()
}

/// Domain and user of a name.
fn split(key: &str) -> (Option<&str>, &str) {
    if let Some((domain, user)) = key.split_once('\\') {
        return (Some(domain).filter(|d| !d.is_empty() && *d != "."), user);
    }
    match key.rsplit_once('@') {
        Some((user, realm)) if !realm.is_empty() => (Some(realm), user),
        _ => (None, key),
    }
}

/// Accounts by their names.
pub(super) struct Names {
    /// By every name that is whole in itself: distinguished names, principal names, names of list entries.
    whole: BTreeMap<String, Vec<usize>>,
    /// By user name, with the domain; empty where none is known.
    users: BTreeMap<String, Vec<(String, usize)>>,
    /// By device and user name.
    local: BTreeMap<(AssetId, String), usize>,
}

impl Names {
    pub(super) fn of(accounts: &[AccountState]) -> Self {
        let mut names = Self { whole: BTreeMap::new(), users: BTreeMap::new(), local: BTreeMap::new() };
        for (at, account) in accounts.iter().enumerate() {
            names.add(at, account);
        }
        names
    }

    fn add(&mut self, at: usize, account: &AccountState) {
        let name = key(account.name.as_str());
        match &account.origin {
            Origin::Local { asset, .. } => {
                self.local.insert((asset.clone(), name), at);
            }
            Origin::Listed(listed) => {
                let domain = key(listed.domain.as_str());
                let (own, user) = split(&name);
                let domain = own.map_or(domain, str::to_owned);
                self.users.entry(user.to_owned()).or_default().push((domain.clone(), at));
                for alias in listed.aliases.iter().map(|a| key(a.as_str())) {
                    // A user principal name or a distinguished name is whole; a second uid is a user name.
                    if has_domain(&alias) {
                        self.whole.entry(alias).or_default().push(at);
                    } else if alias != user {
                        self.users.entry(alias).or_default().push((domain.clone(), at));
                    }
                }
            }
            Origin::Granted => {
                let (domain, user) = split(&name);
                let domain = domain.unwrap_or_default().to_owned();
                self.users.entry(user.to_owned()).or_default().push((domain, at));
            }
            Origin::Seen(_) => {}
        }
    }

    /// What a name means at a device. An account of that device goes before those of directories that are called the same.
    pub(super) fn find(&self, name: &str, at: Option<&AssetId>) -> Match {
        let key = key(name);
        if let Some(found) = self.whole.get(&key) {
            return Match::of(found.clone());
        }
        if is_dn(&key) {
            return Match::None;
        }
        let (domain, user) = split(&key);
        let local = at.and_then(|asset| self.local.get(&(asset.clone(), user.to_owned())));
        if let (Some(local), None) = (local, domain) {
            return Match::One(*local);
        }
        let same = self.users.get(user).map(Vec::as_slice).unwrap_or_default();
        Match::of(
            same.iter()
                .filter(|(theirs, _)| domain.is_none_or(|d| is_same(d, theirs)))
                .map(|(_, at)| *at)
                .collect(),
        )
    }
}

/// Two names of domains, of which one may be short: the NetBIOS name is by default the first part of the DNS name (MS-ADTS 6.1.1.2.1,
/// nETBIOSName). An account of which no domain is known may be of any.
fn is_same(one: &str, other: &str) -> bool {
    let short = |long: &str, name: &str| !name.contains('.') && long.split('.').next() == Some(name);
    other.is_empty() || one == other || short(one, other) || short(other, one)
}

/// The right that the words of a device's configuration give: Cisco privilege levels (15 does everything, 0 and 1 look), FortiOS
/// profiles, groups of pfSense and OPNsense, access roles of HiOS. `None` for others: a profile can be anything.
pub(super) fn right_of_profile(words: &str) -> Option<Right> {
    let words = words.trim().to_lowercase();
    if let Ok(level) = words.parse::<u8>() {
        return match level {
            15 => Some(Right::Administer),
            2..=14 => Some(Right::Operate),
            0 | 1 => Some(Right::View),
            _ => None,
        };
    }
    match words.as_str() {
        "super_admin" | "prof_admin" | "admins" | "administrator" => Some(Right::Administer),
        "operator" => Some(Right::Operate),
        "guest" | "auditor" | "super_admin_readonly" => Some(Right::View),
        _ => None,
    }
}

/// Names that belong to nobody in particular. The check `generic-account-used` has its own list, which a site can change.
const GENERIC: &[&str] = &[
    "admin",
    "administrator",
    "engineer",
    "guest",
    "operator",
    "root",
    "scada",
    "service",
    "supervisor",
    "test",
    "user",
];

pub(super) fn is_generic(name: &str) -> bool {
    let key = key(name);
    GENERIC.contains(&split(&key).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(split("plant\\jo"), (Some("plant"), "jo"));
        assert_eq!(split(".\\jo"), (None, "jo"));
        assert_eq!(split("jo@plant.example"), (Some("plant.example"), "jo"));
        assert_eq!(split("jo"), (None, "jo"));
        assert_eq!(key(" CN=Jo B , DC = plant,dc=Example"), "cn=jo b,dc=plant,dc=example");
        assert!(is_dn("uid=jo") && !is_dn("jo") && !is_dn("=jo"));
        assert!(is_same("plant", "plant.example") && is_same("plant.example", "plant"));
        assert!(!is_same("other", "plant.example") && !is_same("plant.org", "plant.example"));
        assert!(is_generic("PLANT\\Admin") && !is_generic("j.admin"));
    }
}
