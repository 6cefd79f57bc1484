//! What accounts did: where they signed in, and what was done from where they signed in.

use super::{AccountState, Holder, Observed};
use crate::inventory::{Account, Conversation, Inventory};
use model::access::Right;
use model::id::AssetId;
use model::{Evidence, Name, OperationClass, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Protocols in which a server vouches for somebody who wants to go elsewhere: a sign-in there is no use of that server.
const VOUCHING: &[&str] = &["kerberos", "radius", "ldap"];

/// The use of one device by one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Used {
    /// Protocols of the sign-ins.
    pub protocols: BTreeSet<Name>,
    /// Hosts it signed in from.
    pub clients: BTreeSet<AssetId>,
    /// A sign-in was answered with yes; `false` when no answer was seen.
    pub accepted: bool,
    /// It only signed in to be vouched for; the device itself was not used.
    pub vouched: bool,
    /// First sign-in.
    pub first: Timestamp,
    /// Last sign-in.
    pub last: Timestamp,
    /// What was done in conversations of the protocols it signed in by, from those hosts, where nobody else signed in.
    pub done: BTreeSet<OperationClass>,
    /// What else was done from those hosts: by this account or by anybody there.
    pub from_hosts: BTreeSet<OperationClass>,
    /// The first sign-in.
    pub evidence: Evidence,
}

impl Used {
    /// The right that what the account did needs. What only its hosts did is not counted.
    pub fn right(&self) -> Right {
        self.done.iter().map(|class| right_of(*class)).max().unwrap_or(Right::View)
    }
}

/// The least right that an operation needs.
pub fn right_of(class: OperationClass) -> Right {
    use OperationClass as C;
    match class {
        C::Read | C::Diagnostic | C::Discovery | C::Session | C::Authentication | C::Other => Right::View,
        C::Write | C::Command | C::Time => Right::Operate,
        C::Force
        | C::ProgramUpload
        | C::ProgramDownload
        | C::ModeChange
        | C::Configuration
        | C::Restart
        | C::File => Right::Engineer,
        C::FirmwareUpdate => Right::Administer,
    }
}

type Pair<'a> = (&'a AssetId, &'a AssetId);

/// Notes every sign-in at the account that it is of.
pub(super) fn note(
    inventory: &Inventory,
    index: &BTreeMap<&AssetId, usize>,
    observed: &Observed,
    holders: &[Holder],
    accounts: &mut [AccountState],
) {
    let mut talks: BTreeMap<Pair<'_>, Vec<&Conversation>> = BTreeMap::new();
    for c in &inventory.conversations {
        if let (Some(client), Some(server)) = (&c.client_asset, &c.server_asset) {
            talks.entry((client, server)).or_default().push(c);
        }
    }
    let crowded = crowded(inventory);
    for (sign_in, holder) in inventory.accounts.iter().zip(holders).filter(|(s, _)| s.accepted != Some(false))
    {
        let Holder::One(at) = holder else { continue };
        let Some(account) = accounts.get_mut(*at) else { continue };
        account.last_seen = account.last_seen.max(Some(sign_in.last_seen));
        let place = sign_in.asset.as_ref().and_then(|asset| index.get(asset));
        if let Some(place) = place.filter(|_| observed.has(sign_in.last_seen)) {
            let used = account.used.entry(*place).or_insert_with(|| begin(sign_in));
            used.add(sign_in);
            if let (Some(client), Some(server)) = (&sign_in.client, &sign_in.asset) {
                let alone = !crowded.contains(&(client, server, &sign_in.protocol));
                let talks = talks.get(&(client, server)).map(Vec::as_slice).unwrap_or_default();
                talks.iter().for_each(|talk| used.did(talk, &sign_in.protocol, alone));
            }
        }
    }
}

/// Hosts from which more than one account signed in at one device in one protocol.
fn crowded(inventory: &Inventory) -> BTreeSet<(&AssetId, &AssetId, &Name)> {
    let mut who: BTreeMap<(&AssetId, &AssetId, &Name), BTreeSet<&str>> = BTreeMap::new();
    for s in &inventory.accounts {
        if let (Some(client), Some(server)) = (&s.client, &s.asset) {
            who.entry((client, server, &s.protocol)).or_default().insert(s.name.as_str());
        }
    }
    who.into_iter().filter(|(_, names)| names.len() > 1).map(|(place, _)| place).collect()
}

fn begin(sign_in: &Account) -> Used {
    Used {
        protocols: BTreeSet::new(),
        clients: BTreeSet::new(),
        accepted: false,
        vouched: true,
        first: sign_in.evidence.time,
        last: sign_in.last_seen,
        done: BTreeSet::new(),
        from_hosts: BTreeSet::new(),
        evidence: sign_in.evidence.clone(),
    }
}

impl Used {
    fn add(&mut self, sign_in: &Account) {
        self.protocols.insert(sign_in.protocol.clone());
        self.clients.extend(sign_in.client.clone());
        self.accepted |= sign_in.accepted == Some(true);
        self.vouched &= VOUCHING.contains(&sign_in.protocol.as_str());
        if sign_in.evidence.time < self.first {
            self.first = sign_in.evidence.time;
            self.evidence = sign_in.evidence.clone();
        }
        self.last = self.last.max(sign_in.last_seen);
    }

    fn did(&mut self, talk: &Conversation, protocol: &Name, alone: bool) {
        use OperationClass as C;
        let own = alone && talk.protocol.as_ref() == Some(protocol);
        let asked = talk.operations.iter().filter(|count| !crate::checks::is_refused(count));
        let classes = asked.map(|count| count.operation.class);
        let classes =
            classes.filter(|c| !matches!(c, C::Session | C::Authentication | C::Discovery | C::Other));
        if own { self.done.extend(classes) } else { self.from_hosts.extend(classes) }
    }
}
