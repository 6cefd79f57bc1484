//! What follows for an account: sentences, and the words that they are filtered by.

use super::{Access, AccountState, Holder, Origin, Used, names};
use crate::inventory::{Account, Inventory};
use model::access::AccountKind;
use model::id::AssetId;
use model::observation::Mechanism;
use model::{Name, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Active Directory writes the time of a sign-in up to this many days late (MS-ADA1, lastLogonTimestamp: msDS-LogonTimeSyncInterval is
/// 14 days by default).
const LOGON_LAG_DAYS: i64 = 14;

/// What kind of verdict it is, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum VerdictKind {
    /// A disabled account signed in.
    DisabledUsed,
    /// An account signed in after it had run out.
    ExpiredUsed,
    /// Its password is a vendor's published default.
    DefaultSecret,
    /// It signed in where it has no right, although rights are written down there.
    NotGranted,
    /// It was used, and no list has it.
    Unlisted,
    /// One account from several hosts at the same time.
    Shared,
    /// Its password is used elsewhere as well.
    EqualSecret,
    /// It can be used, and was not for the whole period.
    Dormant,
    /// It has rights on devices that it did not use.
    UnusedGrants,
    /// It belongs to nobody in particular.
    Generic,
    /// It was not seen, and it was not listened for long enough to say more.
    NotSeen,
}

impl VerdictKind {
    /// Every kind, worst first.
    pub const ALL: &'static [Self] = &[
        Self::DisabledUsed,
        Self::ExpiredUsed,
        Self::DefaultSecret,
        Self::NotGranted,
        Self::Unlisted,
        Self::Shared,
        Self::EqualSecret,
        Self::Dormant,
        Self::UnusedGrants,
        Self::Generic,
        Self::NotSeen,
    ];

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DisabledUsed => "disabled_used",
            Self::ExpiredUsed => "expired_used",
            Self::DefaultSecret => "default_secret",
            Self::NotGranted => "not_granted",
            Self::Unlisted => "unlisted",
            Self::Shared => "shared",
            Self::EqualSecret => "equal_secret",
            Self::Dormant => "dormant",
            Self::UnusedGrants => "unused_grants",
            Self::Generic => "generic",
            Self::NotSeen => "not_seen",
        }
    }
}

/// One verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Which.
    pub kind: VerdictKind,
    /// One sentence.
    pub what: String,
}

/// Adds what follows to every account.
pub(super) fn conclude(access: &mut Access, inventory: &Inventory, now: Timestamp) {
    let shared = several_hosts(access, inventory);
    let secrets = by_secret(access);
    let name = |at: &usize| inventory.assets.get(*at).map(|a| a.name.clone()).unwrap_or_default();
    let verdicts: Vec<Vec<Verdict>> = access
        .accounts
        .iter()
        .enumerate()
        .map(|(at, account)| {
            let mut all = Vec::new();
            let mut say = |kind, what: String| all.push(Verdict { kind, what });
            life(access, account, now, &mut say);
            rights(access, account, &name, &mut say);
            if let Some(what) = shared.get(&at) {
                say(VerdictKind::Shared, what.clone());
            }
            secrets.get(&at).into_iter().flatten().for_each(|(kind, what)| say(*kind, what.clone()));
            if names::is_generic(account.name.as_str()) && account.kind() != Some(AccountKind::Machine) {
                say(VerdictKind::Generic, "the name belongs to nobody in particular".to_owned());
            }
            all.sort_by_key(|v| v.kind);
            all
        })
        .collect();
    for (account, verdicts) in access.accounts.iter_mut().zip(verdicts) {
        account.verdicts = verdicts;
    }
}

fn day(time: Timestamp) -> String {
    time.to_string().split('T').next().unwrap_or_default().to_owned()
}

/// Disabled, run out, dormant, unknown.
fn life(access: &Access, account: &AccountState, now: Timestamp, say: &mut impl FnMut(VerdictKind, String)) {
    let last = account.used.values().map(|u| u.last).max();
    if let Origin::Seen(_) = account.origin {
        if access.has_lists && last.is_some() {
            say(VerdictKind::Unlisted, "it signed in, and no list of accounts has it".to_owned());
        }
        return;
    }
    let listed = account.listed();
    let enabled = listed.is_none_or(|a| a.enabled && a.expires.is_none_or(|end| end > now));
    if let (Some(a), Some(last)) = (listed, last) {
        if !a.enabled {
            say(
                VerdictKind::DisabledUsed,
                format!("{} has it as disabled, and it signed in on {}", a.place.source, day(last)),
            );
        }
        if let Some(end) = a.expires.filter(|end| *end < last) {
            say(
                VerdictKind::ExpiredUsed,
                format!("it ran out on {} and signed in on {}", day(end), day(last)),
            );
        }
    }
    if last.is_some() || !enabled || account.kind() == Some(AccountKind::Machine) {
        return;
    }
    let observed = &access.observed;
    let lag = LOGON_LAG_DAYS * super::DAY_NS;
    match listed.and_then(|a| a.last_logon) {
        Some(logon) if logon.0.saturating_add(lag) < observed.since.0 => {
            say(VerdictKind::Dormant, format!("the directory knows no sign-in since {}", day(logon)));
        }
        Some(logon) if observed.has(logon) => {
            say(
                VerdictKind::NotSeen,
                format!("no sign-in was seen here; the directory knows one of {}", day(logon)),
            );
        }
        _ if observed.is_covered() => {
            say(VerdictKind::Dormant, format!("no sign-in was seen in {} days", observed.days));
        }
        _ => say(
            VerdictKind::NotSeen,
            format!(
                "no sign-in was seen, but only {} of {} days were observed",
                observed.covered_days(),
                observed.days
            ),
        ),
    }
}

/// Granted against used.
fn rights(
    access: &Access,
    account: &AccountState,
    name: &impl Fn(&usize) -> String,
    say: &mut impl FnMut(VerdictKind, String),
) {
    let granted = account.assets();
    let without =
        |(at, used): &(&usize, &Used)| !used.vouched && access.governed.contains(at) && !granted.contains(at);
    let places: Vec<String> = account.used.iter().filter(without).map(|(at, _)| name(at)).collect();
    if !places.is_empty() {
        say(VerdictKind::NotGranted, format!("it signed in without a grant at {}", some(&places)));
    }
    let reached = account.used.iter().filter(|(_, used)| !used.vouched).map(|(at, _)| *at).collect();
    let unused: Vec<usize> = granted.difference(&reached).copied().collect();
    if !unused.is_empty() {
        let observed = &access.observed;
        let days = if observed.is_covered() {
            format!("in {} days", observed.days)
        } else {
            format!("in {} days observed", observed.covered_days())
        };
        say(
            VerdictKind::UnusedGrants,
            format!(
                "it has rights on {} devices and used {} of them {days}",
                granted.len(),
                granted.len() - unused.len()
            ),
        );
    }
}

fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Accounts of which sessions from different hosts overlap. A session lasts from the sign-in to the end of its conversation.
fn several_hosts(access: &Access, inventory: &Inventory) -> BTreeMap<usize, String> {
    let mut ends: BTreeMap<(&AssetId, &AssetId, &Name), Timestamp> = BTreeMap::new();
    for c in &inventory.conversations {
        if let (Some(client), Some(server), Some(protocol)) = (&c.client_asset, &c.server_asset, &c.protocol)
        {
            let end = ends.entry((client, server, protocol)).or_insert(c.last_seen);
            *end = (*end).max(c.last_seen);
        }
    }
    let mut sessions: BTreeMap<usize, Vec<(Timestamp, Timestamp, &AssetId)>> = BTreeMap::new();
    for (sign_in, holder) in inventory.accounts.iter().zip(&access.holders) {
        let Account { client: Some(client), asset: Some(server), protocol, .. } = sign_in else { continue };
        let counts = sign_in.accepted != Some(false) && sign_in.mechanism != Mechanism::Community;
        if let (Holder::One(at), true) = (holder, counts) {
            let end = ends.get(&(client, server, protocol)).copied().unwrap_or(sign_in.last_seen);
            let session = (sign_in.evidence.time, end.max(sign_in.last_seen), client);
            sessions.entry(*at).or_default().push(session);
        }
    }
    let name = |id: &AssetId| {
        inventory.assets.iter().find(|a| a.id == *id).map_or_else(String::new, |a| a.name.clone())
    };
    let mut all = BTreeMap::new();
    for (at, mut sessions) in sessions {
        let machine = access.accounts.get(at).is_none_or(|a| a.kind() == Some(AccountKind::Machine));
        sessions.sort_unstable();
        let hosts = overlapping(&sessions);
        if hosts.len() > 1 && !machine {
            let names: Vec<String> = hosts.into_iter().map(name).collect();
            all.insert(at, format!("it was signed in from {} at the same time", some(&names)));
        }
    }
    all
}

/// Hosts with a session that overlaps one of another host; `sessions` in the order of their beginnings.
fn overlapping<'a>(sessions: &[(Timestamp, Timestamp, &'a AssetId)]) -> BTreeSet<&'a AssetId> {
    // Of all that began before, the two that end last with different hosts are enough to tell.
    let mut latest: Vec<(Timestamp, &AssetId)> = Vec::new();
    let mut found = BTreeSet::new();
    for (first, last, host) in sessions {
        for (_, other) in latest.iter().filter(|(end, other)| end >= first && other != host) {
            found.extend([*other, *host]);
        }
        match latest.iter_mut().find(|(_, other)| other == host) {
            Some((end, _)) => *end = (*end).max(*last),
            None => latest.push((*last, host)),
        }
        latest.sort_unstable_by(|a, b| b.cmp(a));
        latest.truncate(2);
    }
    found
}

/// What secrets say of the accounts that they are of.
fn by_secret(access: &Access) -> BTreeMap<usize, Vec<(VerdictKind, String)>> {
    let mut all: BTreeMap<usize, Vec<(VerdictKind, String)>> = BTreeMap::new();
    for secret in &access.secrets {
        for at in &secret.accounts {
            let said = all.entry(*at).or_default();
            if let Some(maker) = &secret.default_of {
                said.push((
                    VerdictKind::DefaultSecret,
                    format!("its password is the published default of {maker}"),
                ));
            }
            if secret.assets > 1 || secret.accounts.len() > 1 {
                let what = format!(
                    "the same password was seen at {} devices and for {} accounts",
                    secret.assets,
                    secret.accounts.len()
                );
                said.push((VerdictKind::EqualSecret, what));
            }
        }
    }
    all
}
