//! Accounts, rights and use, as the document has them.

use crate::access::{Access, AccountState, Granted, Holder, Origin, SharedSecret, Used};
use crate::document::EvidenceView;
use crate::inventory::Secret;
use crate::view::{Posture, Viewer};
use model::id::AssetId;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// Devices listed of one account; more are counted.
pub const DEVICES_MAX: usize = 200;
/// Uses listed of one secret.
const USES_MAX: usize = 200;

/// Who may reach what, and who did.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct AccessView {
    /// Days over which use is looked at, before the end of what was observed.
    pub period_days: u32,
    /// Days of these that captures and logs cover, rounded up.
    pub observed_days: u32,
    /// Beginning of the period, RFC 3339.
    pub since: String,
    /// End of the period, RFC 3339.
    pub until: String,
    /// Somebody gave a list of accounts.
    pub has_lists: bool,
    /// Accounts of lists, configurations and grants, and names that were only seen.
    pub accounts: Vec<AccessAccountView>,
    /// Secrets that are a vendor's default, or were shown in more than one place.
    pub secrets: Vec<SharedSecretView>,
    /// Sign-ins whose name could be of several accounts.
    pub ambiguous: Vec<AmbiguousNameView>,
    /// What of the lists cannot be used, one sentence each.
    pub problems: Vec<String>,
}

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessAccountView {
    /// Stable id.
    pub id: String,
    /// The name it signs in with.
    pub name: String,
    /// What people call it.
    pub display_name: Option<String>,
    /// DNS name of its domain.
    pub domain: Option<String>,
    /// `directory` (a directory or a list), `device` (the configuration of one), `grant` (nothing but a grant names it) or `seen`.
    pub origin: &'static str,
    /// Where it was read.
    pub source: Option<String>,
    /// Id of the device that it is an account of.
    pub device: Option<String>,
    /// `person`, `service` or `machine`.
    pub kind: Option<&'static str>,
    /// Whether it can be used, as its list says.
    pub enabled: Option<bool>,
    /// From when on it cannot be used any more, RFC 3339.
    pub expires: Option<String>,
    /// Last sign-in that the directory knows, RFC 3339.
    pub last_logon: Option<String>,
    /// When its password was set, RFC 3339.
    pub password_set: Option<String>,
    /// What else the directory says, such as `password_never_expires`.
    pub flags: Vec<&'static str>,
    /// Rights.
    pub grants: Vec<AccessGrantView>,
    /// Devices that it may reach or did reach; the first 200 of them, used ones first.
    pub devices: Vec<AccessDeviceView>,
    /// Devices that it has rights on.
    pub granted: u32,
    /// Devices that it used within the period.
    pub used: u32,
    /// Devices that it has rights on and did not use.
    pub unused: u32,
    /// Devices that it used without a right, where rights are written down.
    pub not_granted: u32,
    /// The most that it may do anywhere.
    pub right: Option<&'static str>,
    /// Last sign-in that was seen, RFC 3339.
    pub last_seen: Option<String>,
    /// What follows, worst first.
    pub verdicts: Vec<AccessVerdictView>,
}

/// A right that an account has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessGrantView {
    /// Id of the grant, or the profile in a device's configuration.
    pub grant: String,
    /// `view`, `operate`, `engineer` or `administer`; null for a profile that is not understood.
    pub right: Option<&'static str>,
    /// The devices meant, as the grant has it.
    pub on: Vec<String>,
    /// How many these are.
    pub devices: u32,
    /// Groups on the way from the account to the grant, its own first.
    pub via: Vec<String>,
    /// Where it was read.
    pub place: String,
    /// Until when it holds, RFC 3339.
    pub until: Option<String>,
    /// The devices, as places in the document's list of assets.
    #[serde(skip)]
    #[schema(ignore)]
    pub places: Arc<BTreeSet<usize>>,
}

/// A device that an account may reach, or did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessDeviceView {
    /// Id of the asset.
    pub asset: String,
    /// Its name.
    pub asset_name: String,
    /// The right; null without one.
    pub right: Option<&'static str>,
    /// Groups on the way to it.
    pub via: Vec<String>,
    /// `used`, `unused`, `not_granted`, or `unknown` where nobody wrote down who has rights.
    pub state: &'static str,
    /// What was seen; null for `unused`.
    pub used: Option<AccessUseView>,
}

/// The use of a device by an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessUseView {
    /// Protocols it signed in by.
    pub protocols: Vec<String>,
    /// Ids of the assets it signed in from.
    pub clients: Vec<String>,
    /// Their names.
    pub client_names: Vec<String>,
    /// A sign-in was answered with yes; false when no answer was seen.
    pub accepted: bool,
    /// It only signed in to be vouched for elsewhere.
    pub vouched: bool,
    /// RFC 3339.
    pub first_seen: String,
    /// RFC 3339.
    pub last_seen: String,
    /// Classes of operations in the conversations that it signed in to.
    pub done: Vec<&'static str>,
    /// Classes of other operations from the same hosts: by it or by anybody there.
    pub from_hosts: Vec<&'static str>,
    /// The right that what it did needs.
    pub right: &'static str,
    /// First sign-in.
    pub evidence: EvidenceView,
}

/// What follows for an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessVerdictView {
    /// `disabled_used`, `expired_used`, `default_secret`, `not_granted`, `unlisted`, `shared`, `equal_secret`, `dormant`,
    /// `unused_grants`, `generic` or `not_seen`.
    pub kind: &'static str,
    /// One sentence.
    pub what: String,
}

/// A secret, by its fingerprint.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SharedSecretView {
    /// A number for each secret, in the order in which they were shown: it tells nothing of the secret. Null where equal ones cannot be
    /// told.
    pub mark: Option<String>,
    /// `password` or `community`.
    pub kind: &'static str,
    /// The vendor whose published default it is.
    pub default_of: Option<String>,
    /// Devices it was shown at.
    pub devices: u32,
    /// Where it was shown; the first 200.
    pub uses: Vec<SecretUseView>,
}

/// A place where a secret was shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SecretUseView {
    /// Id of the asset.
    pub asset: Option<String>,
    /// Its name.
    pub asset_name: Option<String>,
    /// Id of the asset it came from.
    pub client: Option<String>,
    /// The name it was shown with.
    pub name: String,
    /// Protocol.
    pub protocol: String,
    /// RFC 3339.
    pub last_seen: String,
    /// First time; the bytes of the secret are hidden in frames that are kept.
    pub evidence: EvidenceView,
}

/// A name that could be of several accounts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AmbiguousNameView {
    /// The name as it was seen.
    pub name: String,
    /// Id of the asset it signed in at.
    pub asset: Option<String>,
    /// Ids of the accounts.
    pub accounts: Vec<String>,
}

/// The whole view.
pub(crate) fn access(posture: &Posture, viewer: &Viewer<'_>) -> AccessView {
    let access = &posture.access;
    let names = Assets { posture };
    AccessView {
        period_days: access.observed.days,
        observed_days: access.observed.covered_days(),
        since: access.observed.since.to_string(),
        until: access.observed.until.to_string(),
        has_lists: access.has_lists,
        accounts: access.accounts.iter().map(|a| account(a, access, &names, viewer)).collect(),
        secrets: access.secrets.iter().enumerate().map(|(at, s)| secret(at, s, &names, viewer)).collect(),
        ambiguous: ambiguous(posture),
        problems: access.problems.clone(),
    }
}

/// Assets by place and by id.
struct Assets<'a> {
    posture: &'a Posture,
}

impl Assets<'_> {
    fn at(&self, at: usize) -> (String, String) {
        let asset = self.posture.inventory.assets.get(at);
        asset.map(|a| (a.id.to_string(), a.name.clone())).unwrap_or_default()
    }

    fn name(&self, id: &AssetId) -> String {
        let found = self.posture.inventory.assets.iter().find(|a| a.id == *id);
        found.map(|a| a.name.clone()).unwrap_or_default()
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn account(
    state: &AccountState,
    access: &Access,
    names: &Assets<'_>,
    viewer: &Viewer<'_>,
) -> AccessAccountView {
    let listed = state.listed();
    let text = |t: &model::Text| Some(t.to_string()).filter(|t| !t.is_empty());
    let time = |t: Option<model::Timestamp>| t.map(|t| t.to_string());
    let granted = state.assets();
    let used = |at: &usize| state.used.get(at).is_some_and(|u| !u.vouched);
    let (origin, source, device) = origin(state);
    let without = |at: &&usize| used(at) && access.governed.contains(*at) && !granted.contains(*at);
    AccessAccountView {
        id: state.id.clone(),
        name: state.name.to_string(),
        display_name: listed.and_then(|a| text(&a.display_name)),
        domain: listed.and_then(|a| text(&a.domain)),
        origin,
        source,
        device,
        kind: state.kind().map(model::access::AccountKind::as_str),
        enabled: listed.map(|a| a.enabled),
        expires: time(listed.and_then(|a| a.expires)),
        last_logon: time(listed.and_then(|a| a.last_logon)),
        password_set: time(listed.and_then(|a| a.password_set)),
        flags: listed.map(|a| a.flags.iter().map(|f| f.as_str()).collect()).unwrap_or_default(),
        grants: state.granted.iter().map(grant).collect(),
        granted: count(granted.len()),
        used: count(state.used.values().filter(|u| !u.vouched).count()),
        unused: count(granted.iter().filter(|at| !used(at)).count()),
        not_granted: count(state.used.keys().filter(without).count()),
        devices: devices(state, access, names, viewer),
        right: state.granted.iter().filter_map(|g| g.right).max().map(model::access::Right::as_str),
        last_seen: time(state.last_seen),
        verdicts: state
            .verdicts
            .iter()
            .map(|v| AccessVerdictView { kind: v.kind.as_str(), what: v.what.clone() })
            .collect(),
    }
}

fn origin(state: &AccountState) -> (&'static str, Option<String>, Option<String>) {
    match &state.origin {
        Origin::Listed(account) => ("directory", Some(account.place.to_string()), None),
        Origin::Local { asset, .. } => {
            ("device", state.granted.first().map(|g| g.place.to_string()), Some(asset.to_string()))
        }
        Origin::Granted => ("grant", state.granted.first().map(|g| g.place.to_string()), None),
        Origin::Seen(asset) => ("seen", None, asset.as_ref().map(ToString::to_string)),
    }
}

fn grant(g: &Granted) -> AccessGrantView {
    AccessGrantView {
        grant: g.grant.to_string(),
        right: g.right.map(model::access::Right::as_str),
        on: g.on.iter().map(ToString::to_string).collect(),
        devices: count(g.assets.len()),
        via: g.via.iter().map(ToString::to_string).collect(),
        place: g.place.to_string(),
        until: g.until.map(|t| t.to_string()),
        places: Arc::clone(&g.assets),
    }
}

/// Used devices first, then the others, both in the order of the inventory.
fn devices(
    state: &AccountState,
    access: &Access,
    names: &Assets<'_>,
    viewer: &Viewer<'_>,
) -> Vec<AccessDeviceView> {
    let granted = state.assets();
    let unused = granted.iter().filter(|at| !state.used.contains_key(at));
    let all = state.used.keys().chain(unused).take(DEVICES_MAX);
    let one = |at: &usize| {
        let best = state.granted.iter().filter(|g| g.assets.contains(at)).max_by_key(|g| g.right);
        let use_ = state.used.get(at);
        let reached = use_.is_some_and(|u| !u.vouched);
        let state = match (best.is_some(), reached) {
            (true, true) => "used",
            (true, false) => "unused",
            (false, true) if access.governed.contains(at) => "not_granted",
            (false, _) => "unknown",
        };
        let (asset, asset_name) = names.at(*at);
        AccessDeviceView {
            asset,
            asset_name,
            right: best.and_then(|g| g.right).map(model::access::Right::as_str),
            via: best.map(|g| g.via.iter().map(ToString::to_string).collect()).unwrap_or_default(),
            state,
            used: use_.map(|u| used(u, names, viewer)),
        }
    };
    all.map(one).collect()
}

fn used(u: &Used, names: &Assets<'_>, viewer: &Viewer<'_>) -> AccessUseView {
    AccessUseView {
        protocols: u.protocols.iter().map(ToString::to_string).collect(),
        clients: u.clients.iter().map(ToString::to_string).collect(),
        client_names: u.clients.iter().map(|id| names.name(id)).collect(),
        accepted: u.accepted,
        vouched: u.vouched,
        first_seen: u.first.to_string(),
        last_seen: u.last.to_string(),
        done: u.done.iter().map(|c| c.as_str()).collect(),
        from_hosts: u.from_hosts.iter().map(|c| c.as_str()).collect(),
        right: u.right().as_str(),
        evidence: viewer.evidence(&u.evidence),
    }
}

fn secret(number: usize, s: &SharedSecret, names: &Assets<'_>, viewer: &Viewer<'_>) -> SharedSecretView {
    let all = &names.posture.inventory.secrets;
    let one = |used: &Secret| SecretUseView {
        asset: used.asset.as_ref().map(ToString::to_string),
        asset_name: used.asset.as_ref().map(|id| names.name(id)),
        client: used.client.as_ref().map(ToString::to_string),
        name: used.name.to_string(),
        protocol: used.protocol.to_string(),
        last_seen: used.last_seen.to_string(),
        evidence: viewer.evidence(&used.evidence),
    };
    SharedSecretView {
        mark: s.mark.map(|_| (number + 1).to_string()),
        kind: if s.community { "community" } else { "password" },
        default_of: s.default_of.as_ref().map(ToString::to_string),
        devices: count(s.assets),
        uses: s.uses.iter().filter_map(|at| all.get(*at)).take(USES_MAX).map(one).collect(),
    }
}

fn ambiguous(posture: &Posture) -> Vec<AmbiguousNameView> {
    let access = &posture.access;
    let id = |at: &usize| access.accounts.get(*at).map(|a| a.id.clone());
    let sign_ins = posture.inventory.accounts.iter().zip(&access.holders);
    let unclear = sign_ins.filter_map(|(s, holder)| match holder {
        Holder::Many(all) => Some(AmbiguousNameView {
            name: s.name.to_string(),
            asset: s.asset.as_ref().map(ToString::to_string),
            accounts: all.iter().filter_map(id).collect(),
        }),
        _ => None,
    });
    let mut all: Vec<AmbiguousNameView> = unclear.collect();
    all.dedup_by(|a, b| a.name == b.name && a.asset == b.asset);
    all
}
