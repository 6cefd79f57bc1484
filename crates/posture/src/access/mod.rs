//! Who may reach what, and who did: accounts and grants of lists, held against the sign-ins that were seen.
//!
//! What is granted minus what was used shows rights that nobody needs; what was used without a grant shows lists that are wrong, or
//! somebody who should not be there. A pure function of the inventory; nothing is guessed: a name that could be of several accounts is of
//! none of them, and silence counts only where it was listened for long enough.

mod groups;
mod names;
mod observed;
mod scopes;
mod secrets;
#[cfg(test)]
mod tests;
mod used;
mod verdicts;

pub use observed::Observed;
pub use secrets::SharedSecret;
pub use used::{Used, right_of};
pub use verdicts::{Verdict, VerdictKind};

use crate::inventory::Inventory;
use crate::zoning::Zoning;
use groups::Groups;
use model::access::{self, AccountKind, Grant, Listed, Right};
use model::cmdb::Place;
use model::id::{AssetId, digest};
use model::network::LocalAccount;
use model::{Evidence, Text, Timestamp};
use names::{Match, Names, key};
use scopes::Scopes;
use std::collections::{BTreeMap, BTreeSet};

/// Days over which use is looked at, unless somebody says otherwise: NIST SP 800-53 AC-2(3) leaves the number to the organisation, and
/// 90 days is what most set.
pub const PERIOD_DAYS: u32 = 90;
/// Nanoseconds of a day.
const DAY_NS: i64 = 86_400_000_000_000;

/// Where an account comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A directory or a list has it.
    Listed(Box<access::Account>),
    /// It is an account of one device, by the device's configuration.
    Local {
        /// The device.
        asset: AssetId,
        /// As the configuration has it.
        account: LocalAccount,
        /// Where.
        evidence: Evidence,
    },
    /// Only a grant names it.
    Granted,
    /// No list has it: it was seen in use at this device (no device: under the name of a domain).
    Seen(Option<AssetId>),
}

/// A right that an account has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// What may be done; `None` for a profile of a device that is not understood.
    pub right: Option<Right>,
    /// Id of the grant, or the words of the configuration.
    pub grant: Text,
    /// The devices meant, as the grant has it.
    pub on: Vec<Text>,
    /// Groups on the way from the account to the grant, its own first; empty when it is given to the account itself.
    pub via: Vec<Text>,
    /// Where the grant was read.
    pub place: Place,
    /// Until when it holds.
    pub until: Option<Timestamp>,
    /// The devices, as places in the inventory.
    pub assets: std::sync::Arc<BTreeSet<usize>>,
}

/// An account with all that is known of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountState {
    /// Stable id.
    pub id: String,
    /// The name it signs in with.
    pub name: Text,
    /// Where it comes from.
    pub origin: Origin,
    /// Rights.
    pub granted: Vec<Granted>,
    /// Use within the period, by the device's place in the inventory.
    pub used: BTreeMap<usize, Used>,
    /// Last sign-in that was seen at all, the period or not; also at servers that only vouch for it.
    pub last_seen: Option<Timestamp>,
    /// What follows, worst first.
    pub verdicts: Vec<Verdict>,
}

impl AccountState {
    fn new(id: &[&str], name: &Text, origin: Origin) -> Self {
        Self {
            id: format!("acc-{}", digest(id)),
            name: name.clone(),
            origin,
            granted: Vec::new(),
            used: BTreeMap::new(),
            last_seen: None,
            verdicts: Vec::new(),
        }
    }

    /// What the list says.
    pub fn listed(&self) -> Option<&access::Account> {
        if let Origin::Listed(account) = &self.origin { Some(account) } else { None }
    }

    /// Who is behind it, as far as it is known.
    pub fn kind(&self) -> Option<AccountKind> {
        let machine = self.name.as_str().ends_with('$').then_some(AccountKind::Machine);
        self.listed().map(|a| a.kind).or(machine)
    }

    /// The most that it may do with a device.
    pub fn right_on(&self, asset: usize) -> Option<Right> {
        self.granted.iter().filter(|g| g.assets.contains(&asset)).filter_map(|g| g.right).max()
    }

    /// Every device that it has a right on.
    pub fn assets(&self) -> BTreeSet<usize> {
        self.granted.iter().flat_map(|g| g.assets.iter().copied()).collect()
    }
}

/// To whom a sign-in belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holder {
    /// Nobody in particular: anonymous, or a secret without a name.
    Nobody,
    /// One account, as a place in [`Access::accounts`].
    One(usize),
    /// It could be any of these.
    Many(Vec<usize>),
}

/// All that follows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Access {
    /// What was observed, and over which period use is looked at.
    pub observed: Observed,
    /// Somebody wrote down accounts.
    pub has_lists: bool,
    /// Accounts: those of lists first, in a stable order.
    pub accounts: Vec<AccountState>,
    /// For each sign-in of the inventory, whose it is.
    pub holders: Vec<Holder>,
    /// Devices on which somebody wrote down who has rights, as places in the inventory.
    pub governed: BTreeSet<usize>,
    /// Fingerprints of secrets: vendors' defaults, and those that were shown in more than one place.
    pub secrets: Vec<SharedSecret>,
    /// What of the lists cannot be used, one sentence each.
    pub problems: Vec<String>,
}

impl Access {
    /// Works it out. `now` decides which grants have run out; use is looked at over `days` before the end of what was observed.
    pub fn of(inventory: &Inventory, zoning: &Zoning, now: Timestamp, days: u32) -> Self {
        let observed = Observed::of(inventory, days);
        let index: BTreeMap<&AssetId, usize> =
            inventory.assets.iter().enumerate().map(|(at, a)| (&a.id, at)).collect();
        let mut problems = Vec::new();
        let mut accounts = listed_accounts(&inventory.listed);
        let has_lists = !accounts.is_empty();
        accounts.extend(local_accounts(inventory));
        let names = Names::of(&accounts);
        let named = named_by_grants(inventory, &names);
        accounts.extend(named);
        let names = Names::of(&accounts);
        grant(inventory, zoning, &names, now, &mut accounts, &mut problems);
        let governed = accounts.iter().flat_map(AccountState::assets).collect();
        let holders = holders(inventory, &names, &mut accounts);
        used::note(inventory, &index, &observed, &holders, &mut accounts);
        let secrets = secrets::shared(inventory, &names, &holders);
        let mut access = Self { observed, has_lists, accounts, holders, governed, secrets, problems };
        verdicts::conclude(&mut access, inventory, now);
        access
    }

    /// What the lists say of a sign-in: whether its account is known, can be used, and has a right there. Nothing where it is not known.
    pub fn standing(&self, sign_in: usize, asset: Option<usize>, seen: Timestamp) -> Standing {
        let Some(Holder::One(at)) = self.holders.get(sign_in) else { return Standing::default() };
        let Some(account) = self.accounts.get(*at) else { return Standing::default() };
        let listed = account.listed();
        let governed = asset.filter(|asset| self.governed.contains(asset));
        Standing {
            listed: self.has_lists.then_some(!matches!(account.origin, Origin::Seen(_))),
            disabled: listed.map(|a| !a.enabled),
            expired: listed.map(|a| a.expires.is_some_and(|end| end < seen)),
            granted: governed.map(|asset| account.granted.iter().any(|g| g.assets.contains(&asset))),
        }
    }
}

/// How a sign-in stands beside the lists; `None` where they do not tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Its account is on a list, in a configuration or in a grant.
    pub listed: Option<bool>,
    /// The account is disabled.
    pub disabled: Option<bool>,
    /// The account had run out when it was used.
    pub expired: Option<bool>,
    /// The account has a right on the device.
    pub granted: Option<bool>,
}

/// Accounts of directories and lists. Of an account that is listed twice the later list counts.
fn listed_accounts(listed: &[Listed]) -> Vec<AccountState> {
    let mut all: BTreeMap<(String, String), AccountState> = BTreeMap::new();
    for account in
        listed.iter().filter_map(|l| if let Listed::Account(account) = l { Some(account) } else { None })
    {
        let id = (key(account.domain.as_str()), key(account.name.as_str()));
        let state =
            AccountState::new(&["listed", &id.0, &id.1], &account.name, Origin::Listed(account.clone()));
        all.insert(id, state);
    }
    all.into_values().collect()
}

/// The accounts in the configurations of network devices. Each is a grant on its device.
fn local_accounts(inventory: &Inventory) -> Vec<AccountState> {
    let mut all = Vec::new();
    for (capture, device) in &inventory.networks {
        let addresses: BTreeSet<_> =
            device.interfaces.iter().flat_map(|i| i.addresses.iter().map(|(ip, _)| *ip)).collect();
        let found =
            inventory.assets.iter().enumerate().find(|(_, a)| a.ips.iter().any(|ip| addresses.contains(ip)));
        let Some((at, asset)) = found else { continue };
        let source =
            inventory.captures.iter().find(|c| c.id == *capture).map(|c| c.name.as_str()).unwrap_or_default();
        for account in &device.accounts {
            let evidence = Evidence {
                capture: *capture,
                frame: account.line.into(),
                time: Timestamp::default(),
                field: model::Name::new("configuration"),
                bytes: None,
            };
            let origin = Origin::Local { asset: asset.id.clone(), account: account.clone(), evidence };
            let mut state = AccountState::new(
                &["local", asset.id.as_str(), account.name.as_str()],
                &account.name,
                origin,
            );
            state.granted.push(Granted {
                right: names::right_of_profile(account.privilege.as_str()),
                grant: Text::new(&format!("profile {}", account.privilege)),
                on: vec![Text::new(&asset.name)],
                via: Vec::new(),
                place: Place { source: Text::new(source), at: Text::new(&format!("line {}", account.line)) },
                until: None,
                assets: std::sync::Arc::new(BTreeSet::from([at])),
            });
            all.push(state);
        }
    }
    all
}

/// Every grant: of people, then of lists.
fn grants(inventory: &Inventory) -> impl Iterator<Item = (&Grant, Place)> {
    let decided = inventory.plant.grants.values().map(|(grant, witness)| {
        let at = Text::new(&format!("decision {}", witness.decision));
        (grant, Place { source: witness.by.clone(), at })
    });
    let listed = inventory.listed.iter().filter_map(|l| match l {
        Listed::Grant { grant, place } => Some((grant.as_ref(), place.clone())),
        _ => None,
    });
    decided.chain(listed)
}

/// Accounts that only grants name.
fn named_by_grants(inventory: &Inventory, names: &Names) -> Vec<AccountState> {
    let unknown = grants(inventory).filter_map(|(grant, _)| grant.account.clone());
    let unknown: BTreeMap<String, Text> = unknown
        .filter(|name| names.find(name.as_str(), None) == Match::None)
        .map(|n| (key(n.as_str()), n))
        .collect();
    unknown.iter().map(|(id, name)| AccountState::new(&["granted", id], name, Origin::Granted)).collect()
}

/// Gives every account the rights that it has, by itself and by its groups.
fn grant(
    inventory: &Inventory,
    zoning: &Zoning,
    names: &Names,
    now: Timestamp,
    accounts: &mut [AccountState],
    problems: &mut Vec<String>,
) {
    let groups = Groups::of(&inventory.listed);
    let scopes = Scopes::of(inventory, zoning);
    for (grant, place) in grants(inventory).filter(|(grant, _)| grant.until.is_none_or(|until| until > now)) {
        let assets = std::sync::Arc::new(scopes.assets(&grant.on));
        if assets.is_empty() {
            problems.push(format!(
                "grant {} ({place}): no device is meant by {}",
                grant.id,
                model::cmdb::join(&grant.on)
            ));
        }
        let holders = match (&grant.account, &grant.group) {
            (Some(account), _) => by_account(grant, account, names, &place, problems),
            (None, Some(group)) => by_group(grant, group, &groups, names, accounts, &place, problems),
            (None, None) => Vec::new(),
        };
        for (at, via) in holders {
            let Some(account) = accounts.get_mut(at) else { continue };
            account.granted.push(Granted {
                right: Some(grant.right),
                grant: grant.id.clone(),
                on: grant.on.iter().map(|scope| Text::new(&scope.to_string())).collect(),
                via,
                place: place.clone(),
                until: grant.until,
                assets: std::sync::Arc::clone(&assets),
            });
        }
    }
}

type Holders = Vec<(usize, Vec<Text>)>;

fn by_account(
    grant: &Grant,
    account: &Text,
    names: &Names,
    place: &Place,
    problems: &mut Vec<String>,
) -> Holders {
    match names.find(account.as_str(), None) {
        Match::One(at) => vec![(at, Vec::new())],
        Match::Many(all) => {
            problems.push(format!(
                "grant {} ({place}): {} accounts are called {account}; name the domain as well",
                grant.id,
                all.len()
            ));
            Vec::new()
        }
        Match::None => Vec::new(),
    }
}

fn by_group(
    grant: &Grant,
    group: &Text,
    groups: &Groups<'_>,
    names: &Names,
    accounts: &[AccountState],
    place: &Place,
    problems: &mut Vec<String>,
) -> Holders {
    match groups.find(group.as_str()) {
        Match::One(at) => groups.members(at, names, accounts),
        Match::Many(all) => {
            problems.push(format!(
                "grant {} ({place}): {} groups are called {group}; give the distinguished name",
                grant.id,
                all.len()
            ));
            Vec::new()
        }
        Match::None => {
            problems.push(format!("grant {} ({place}): no list has a group {group}", grant.id));
            Vec::new()
        }
    }
}

/// Whose each sign-in is. Names that no list has become accounts of their own.
fn holders(inventory: &Inventory, names: &Names, accounts: &mut Vec<AccountState>) -> Vec<Holder> {
    use model::observation::Mechanism;
    let mut unlisted: BTreeMap<(String, Option<AssetId>), usize> = BTreeMap::new();
    let mut holder = |sign_in: &crate::inventory::Account| {
        if sign_in.name.is_empty() || matches!(sign_in.mechanism, Mechanism::Anonymous | Mechanism::Community)
        {
            return Holder::Nobody;
        }
        match names.find(sign_in.name.as_str(), sign_in.asset.as_ref()) {
            Match::One(at) => Holder::One(at),
            Match::Many(all) => Holder::Many(all),
            Match::None => {
                let name = key(sign_in.name.as_str());
                // Without a domain a name means something at its device alone.
                let place = if names::has_domain(&name) { None } else { sign_in.asset.clone() };
                let at = *unlisted.entry((name.clone(), place.clone())).or_insert_with(|| {
                    let id = ["seen", &name, place.as_ref().map_or("", |p| p.as_str())];
                    accounts.push(AccountState::new(&id, &sign_in.name, Origin::Seen(place.clone())));
                    accounts.len() - 1
                });
                Holder::One(at)
            }
        }
    };
    inventory.accounts.iter().map(&mut holder).collect()
}
