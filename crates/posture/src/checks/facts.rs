//! The inventory arranged as conditions read it: each asset with what was done to it and by whom.

use crate::access::{Access, Standing};
use crate::inventory::{Account, Asset, Claim, Conversation, Inventory, Secret, Service};
use crate::view::slot;
use model::advisory::AssetMatch;
use model::conversation::OperationCount;
use model::id::AssetId;
use model::{Attribute, Evidence, Level, Role};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// An operation of one conversation, with the other end as seen from the asset it is listed under.
#[derive(Debug)]
pub(super) struct OperationFacts<'i> {
    pub(super) count: &'i OperationCount,
    pub(super) conversation: &'i Conversation,
    pub(super) peer: &'i Asset,
}

/// A sign-in and where it came from.
#[derive(Debug)]
pub(super) struct SignInFacts<'i> {
    pub(super) account: &'i Account,
    pub(super) client: Option<&'i Asset>,
    /// What lists of accounts say of it.
    pub(super) standing: Standing,
}

/// A secret that was shown at an asset, where it is a default or the same as elsewhere.
#[derive(Debug)]
pub(super) struct SecretFacts<'i> {
    pub(super) secret: &'i Secret,
    /// Names of other assets at which the same one was shown.
    pub(super) elsewhere: Vec<&'i str>,
}

/// Assets named at which the same secret was shown.
const OTHERS_MAX: usize = 20;

/// A claim and whether it is the one that counts for its attribute.
#[derive(Debug)]
pub(super) struct ClaimFacts<'i> {
    pub(super) claim: &'i Claim,
    pub(super) best: bool,
}

/// An advisory's CVE against an asset and the claims that the match rests on.
#[derive(Debug)]
pub(super) struct AdvisoryFacts<'i> {
    pub(super) found: &'i AssetMatch,
    pub(super) rests_on: Vec<&'i Evidence>,
}

/// An asset with everything that concerns it.
#[derive(Debug)]
pub(super) struct AssetFacts<'i> {
    pub(super) asset: &'i Asset,
    /// In the inventory, so that a finding can be about it.
    pub(super) listed: bool,
    pub(super) received: Vec<OperationFacts<'i>>,
    pub(super) sent: Vec<OperationFacts<'i>>,
    pub(super) sign_ins: Vec<SignInFacts<'i>>,
    pub(super) secrets: Vec<SecretFacts<'i>>,
    pub(super) claims: Vec<ClaimFacts<'i>>,
    pub(super) advisories: Vec<AdvisoryFacts<'i>>,
    /// Names of those who changed something in it, by asset id.
    pub(super) writers: BTreeMap<&'i str, &'i str>,
}

/// A conversation with its ends.
#[derive(Debug)]
pub(super) struct ConversationFacts<'i> {
    pub(super) conversation: &'i Conversation,
    pub(super) client: usize,
    pub(super) server: usize,
    pub(super) operations: Vec<OperationFacts<'i>>,
    pub(super) sign_ins: Vec<SignInFacts<'i>>,
    pub(super) levels_apart: Option<f32>,
}

/// All subjects of one evaluation, in the inventory's order; hosts that were only addressed come last.
#[derive(Debug)]
pub(super) struct Facts<'i> {
    pub(super) assets: Vec<AssetFacts<'i>>,
    pub(super) conversations: Vec<ConversationFacts<'i>>,
}

/// Hosts that conversations name and the inventory does not list: addressed, never heard.
pub(super) fn strangers(inventory: &Inventory) -> Vec<Asset> {
    let mut found = BTreeMap::new();
    for c in &inventory.conversations {
        for (asset, address) in [(&c.client_asset, &c.client), (&c.server_asset, &c.server)] {
            if asset.is_none() {
                found.entry(address.as_str()).or_insert_with(|| stranger(address, c));
            }
        }
    }
    found.into_values().collect()
}

fn stranger(address: &str, seen: &Conversation) -> Asset {
    Asset {
        id: AssetId(address.into()),
        name: address.to_owned(),
        role: Role::Unknown,
        level: None,
        criticality: None,
        safety: None,
        conflicts: Vec::new(),
        macs: address.parse().into_iter().collect(),
        ips: address.parse().into_iter().collect(),
        vlans: seen.vlan.into_iter().collect(),
        claims: Vec::new(),
        modules: Vec::new(),
        services: Vec::new(),
        joined_by: Vec::new(),
        first_seen: seen.first_seen,
        last_seen: seen.last_seen,
        evidence: seen.evidence.clone(),
    }
}

impl<'i> Facts<'i> {
    /// Arranges an inventory; `strangers` are the hosts of [`strangers`].
    pub(super) fn new(
        inventory: &'i Inventory,
        strangers: &'i [Asset],
        matches: &'i [AssetMatch],
        access: &Access,
    ) -> Self {
        let listed = inventory.assets.iter().map(|a| AssetFacts::new(a, true));
        let heard_of = strangers.iter().map(|a| AssetFacts::new(a, false));
        let mut facts = Self { assets: listed.chain(heard_of).collect(), conversations: Vec::new() };
        let index: BTreeMap<&str, usize> =
            facts.assets.iter().enumerate().map(|(i, a)| (a.asset.id.as_str(), i)).collect();
        let place =
            |id: Option<&AssetId>, address: &str| index.get(id.map_or(address, AssetId::as_str)).copied();
        for (at, account) in inventory.accounts.iter().enumerate() {
            facts.add_sign_in(at, account, &index, access);
        }
        facts.add_secrets(inventory, &index, access);
        for c in &inventory.conversations {
            let ends = (place(c.client_asset.as_ref(), &c.client), place(c.server_asset.as_ref(), &c.server));
            if let (Some(client), Some(server)) = ends {
                facts.add_conversation(c, client, server);
            }
        }
        for found in matches {
            if let Some(asset) = index.get(found.asset.as_str()).and_then(|&i| facts.assets.get_mut(i)) {
                let rests_on = rests_on(asset.asset, found.module.as_deref());
                asset.advisories.push(AdvisoryFacts { found, rests_on });
            }
        }
        facts
    }

    fn add_sign_in(
        &mut self,
        at: usize,
        account: &'i Account,
        index: &BTreeMap<&str, usize>,
        access: &Access,
    ) {
        let find = |id: &Option<AssetId>| id.as_ref().and_then(|id| index.get(id.as_str()).copied());
        let client = find(&account.client).and_then(|i| self.assets.get(i)).map(|a| a.asset);
        let place = find(&account.asset);
        let standing = access.standing(at, place, account.last_seen);
        if let Some(asset) = place.and_then(|i| self.assets.get_mut(i)) {
            asset.sign_ins.push(SignInFacts { account, client, standing });
        }
    }

    fn add_secrets(&mut self, inventory: &'i Inventory, index: &BTreeMap<&str, usize>, access: &Access) {
        let place = |secret: &Secret| index.get(secret.asset.as_ref()?.as_str()).copied();
        for shared in &access.secrets {
            let uses: Vec<&Secret> = shared.uses.iter().filter_map(|at| inventory.secrets.get(*at)).collect();
            let places: BTreeSet<usize> = uses.iter().copied().filter_map(place).collect();
            for secret in uses {
                let Some(own) = place(secret) else { continue };
                let others = places.iter().filter(|at| **at != own && shared.mark.is_some()).take(OTHERS_MAX);
                let elsewhere =
                    others.filter_map(|at| Some(self.assets.get(*at)?.asset.name.as_str())).collect();
                if let Some(asset) = self.assets.get_mut(own) {
                    asset.secrets.push(SecretFacts { secret, elsewhere });
                }
            }
        }
    }

    fn add_conversation(&mut self, conversation: &'i Conversation, client: usize, server: usize) {
        let (Some(from), Some(to)) = (self.assets.get(client), self.assets.get(server)) else { return };
        let (from, to) = (from.asset, to.asset);
        let with = |peer| {
            conversation.operations.iter().map(move |count| OperationFacts { count, conversation, peer })
        };
        if let Some(asset) = self.assets.get_mut(server) {
            asset.received.extend(with(from));
            if conversation.operations.iter().any(is_accepted_change) {
                asset.writers.insert(from.id.as_str(), &from.name);
            }
        }
        if let Some(asset) = self.assets.get_mut(client) {
            asset.sent.extend(with(to));
        }
        let levels = from.level.zip(to.level);
        self.conversations.push(ConversationFacts {
            conversation,
            client,
            server,
            operations: with(from).collect(),
            sign_ins: self.sign_ins_of(conversation, server),
            levels_apart: levels.map(|(a, b)| (a.number() - b.number()).abs()),
        });
    }

    fn sign_ins_of(&self, c: &Conversation, server: usize) -> Vec<SignInFacts<'i>> {
        let all = self.assets.get(server).map(|a| a.sign_ins.as_slice()).unwrap_or_default();
        let ours = |s: &&SignInFacts<'i>| {
            s.account.client == c.client_asset && c.protocol.as_ref() == Some(&s.account.protocol)
        };
        let again =
            |s: &SignInFacts<'i>| SignInFacts { account: s.account, client: s.client, standing: s.standing };
        all.iter().filter(ours).map(again).collect()
    }
}

impl<'i> AssetFacts<'i> {
    fn new(asset: &'i Asset, listed: bool) -> Self {
        let mut seen = BTreeSet::new();
        let claims =
            asset.claims.iter().map(|claim| ClaimFacts { claim, best: seen.insert(claim.attribute) });
        Self {
            asset,
            listed,
            claims: claims.collect(),
            received: Vec::new(),
            sent: Vec::new(),
            sign_ins: Vec::new(),
            secrets: Vec::new(),
            advisories: Vec::new(),
            writers: BTreeMap::new(),
        }
    }
}

/// A change that was asked for and not refused.
pub(super) fn is_accepted_change(count: &OperationCount) -> bool {
    count.operation.class.is_change()
        && count.operation.class != model::OperationClass::Time
        && !is_refused(count)
}

/// Every answer said no. Without any answer nothing was refused: many control protocols do not answer.
pub(crate) fn is_refused(count: &OperationCount) -> bool {
    count.responses > 0 && count.errors >= count.responses
}

/// Outside of the plant and of the company: the asset is placed there, or nothing places it and its address is public.
pub(super) fn is_external(asset: &Asset) -> bool {
    asset.level.map_or_else(|| has_public_address(asset), |level| level == Level::EXTERNAL)
}

/// One of its addresses can be routed on the internet.
pub(super) fn has_public_address(asset: &Asset) -> bool {
    asset.ips.iter().any(|ip| is_public(*ip))
}

/// Globally routable unicast, by the special-purpose address registries of IANA (RFC 6890 and its updates). The ranges for
/// documentation count as public: no plant uses them, and demonstrations stand for the internet with them.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b); // RFC 6598
            let benchmark = a == 198 && (b == 18 || b == 19); // RFC 2544
            let protocol = a == 192 && b == 0 && c == 0; // RFC 6890
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local())
                && !(shared || benchmark || protocol || a == 0 || a >= 224)
        }
        // Global unicast is 2000::/3 (RFC 4291).
        IpAddr::V6(v6) => {
            let [first, ..] = v6.segments();
            first & 0xE000 == 0x2000
        }
    }
}

/// Where an asset stands, in words.
pub(super) fn place(asset: &Asset) -> Cow<'static, str> {
    match asset.level {
        Some(Level::EXTERNAL) => "outside of the company".into(),
        Some(level) => format!("level {level}").into(),
        None if has_public_address(asset) => "outside of the company".into(),
        None => "level not known".into(),
    }
}

/// What an asset is, in words.
pub(super) fn identity(asset: &Asset) -> String {
    let best = |attribute| asset.best(attribute).map(|c| c.value.as_str());
    let name = [best(Attribute::Vendor), best(Attribute::Product).or(best(Attribute::OrderNumber))];
    let name: Vec<_> = name.into_iter().flatten().collect();
    let name = if name.is_empty() { "not identified".to_owned() } else { name.join(" ") };
    match best(Attribute::Firmware) {
        Some(firmware) => format!("{name}, firmware {firmware}"),
        None => name,
    }
}

/// What a conversation is, in words.
pub(super) fn label(c: &Conversation) -> Cow<'_, str> {
    match (&c.protocol, c.server_port) {
        (Some(protocol), _) => protocol.as_str().into(),
        (None, Some(port)) => format!("{} port {port}", c.transport.as_str().to_uppercase()).into(),
        (None, None) => c.transport.as_str().into(),
    }
}

/// What a service speaks.
pub(super) fn protocol_of(service: &Service) -> Option<&str> {
    service.protocol.as_ref().map(model::Name::as_str)
}

/// The claims by which an advisory was matched: product and version, of the module when it is one.
fn rests_on<'i>(asset: &'i Asset, module: Option<&str>) -> Vec<&'i Evidence> {
    let part = module.and_then(|m| asset.modules.iter().find(|candidate| slot(candidate.part) == m));
    let claims = part.map_or(asset.claims.as_slice(), |m| m.claims.as_slice());
    let best = |attribute| claims.iter().find(|c| c.attribute == attribute).map(|c| &c.evidence);
    let wanted = [Attribute::Product, Attribute::OrderNumber, Attribute::Firmware];
    let found: Vec<_> = wanted.into_iter().filter_map(best).collect();
    if found.is_empty() { vec![&asset.evidence] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_told_from_the_rest() {
        for public in ["8.8.8.8", "1.1.1.1", "193.99.144.80", "2a00:1450::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        let not = [
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.3.3",
            "224.0.0.251",
        ];
        for private in
            not.into_iter().chain(["255.255.255.255", "0.0.0.0", "fe80::1", "fd00::1", "ff02::1", "::1"])
        {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }
}
