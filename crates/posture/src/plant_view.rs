//! Zones, conduits, flows and decisions as the document has them.

use crate::plant::undone;
use crate::reach::Answer;
use crate::reach_view::{self, ReachView};
use crate::ruling::Status;
use crate::view::Posture;
use crate::zoning::{Conduit, Crossing, ZoneState};
use model::id::digest;
use model::plant::{Act, Decision, SavedView, Selector, Setting};
use serde::Serialize;
use utoipa::ToSchema;

/// Which devices are meant: every list that is not empty must have the device, one value of a list is enough.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SelectorView {
    /// IP or MAC addresses.
    pub addresses: Vec<String>,
    /// Networks such as `10.0.1.0/24`.
    pub subnets: Vec<String>,
    /// VLAN ids.
    pub vlans: Vec<u16>,
    /// Purdue levels.
    #[schema(value_type = Vec<f32>)]
    pub levels: Vec<serde_json::Number>,
    /// Roles.
    pub roles: Vec<&'static str>,
    /// Names; `*` stands for any text.
    pub names: Vec<String>,
    /// Makers, likewise.
    pub vendors: Vec<String>,
}

/// A zone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ZoneView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Nobody defined it: it is a proposal.
    pub proposed: bool,
    /// Purdue level.
    #[schema(value_type = Option<f32>)]
    pub level: Option<serde_json::Number>,
    /// Target security level (SL-T, IEC 62443-3-2), 0 to 4.
    pub sl_t: Option<u8>,
    /// Its site.
    pub site: Option<String>,
    /// Why it is as it is.
    pub note: Option<String>,
    /// Which devices are in it.
    pub members: Vec<SelectorView>,
    /// Ids of its assets.
    pub assets: Vec<String>,
    /// Ids of its assets that other zones' selectors take as well.
    pub contested: Vec<String>,
}

/// How many flows stand how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct VerdictCounts {
    /// Must not be, and are.
    pub forbidden: u32,
    /// Were ruled on, and the date has passed.
    pub expired: u32,
    /// Nobody ruled on them.
    pub undecided: u32,
    /// Borne with until a date.
    pub tolerated: u32,
    /// Wanted.
    pub allowed: u32,
}

impl VerdictCounts {
    /// Counts one.
    pub fn add(&mut self, status: Status) {
        let place = match status {
            Status::Forbidden => &mut self.forbidden,
            Status::Expired => &mut self.expired,
            Status::Undecided => &mut self.undecided,
            Status::Tolerated => &mut self.tolerated,
            Status::Allowed => &mut self.allowed,
        };
        *place = place.saturating_add(1);
    }
}

/// A protocol in a conduit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConduitProtocolView {
    /// Protocol.
    pub protocol: String,
    /// Classes of operations seen in it.
    pub operations: Vec<&'static str>,
}

/// All that crosses between two zones.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConduitView {
    /// Stable id.
    pub id: String,
    /// Id of one zone.
    pub from: String,
    /// Id of the other.
    pub to: String,
    /// What is spoken.
    pub protocols: Vec<ConduitProtocolView>,
    /// Flows that cross.
    pub flows: u32,
    /// How they stand.
    pub verdicts: VerdictCounts,
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// RFC 3339.
    pub first_seen: String,
    /// RFC 3339.
    pub last_seen: String,
}

/// A conversation that crosses, with its verdict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowView {
    /// Place of the conversation in the document's list.
    #[serde(skip)]
    #[schema(ignore)]
    pub conversation: usize,
    /// Address of the client.
    pub client: String,
    /// Address of the server.
    pub server: String,
    /// Asset id of the client.
    pub client_asset: Option<String>,
    /// Asset id of the server.
    pub server_asset: Option<String>,
    /// Protocol.
    pub protocol: String,
    /// Port of the server.
    pub server_port: Option<u16>,
    /// Classes of operations seen.
    pub operations: Vec<&'static str>,
    /// Id of the client's zone.
    pub from: Option<String>,
    /// Id of the server's zone.
    pub to: Option<String>,
    /// `forbidden`, `expired`, `undecided`, `tolerated` or `allowed`.
    pub status: &'static str,
    /// Id of the ruling.
    pub ruling: Option<String>,
    /// Who ruled.
    pub by: Option<String>,
    /// Until when, RFC 3339.
    pub until: Option<String>,
    /// Why it stands so, one sentence.
    pub why: String,
    /// What the configurations of network devices say of it; null where none is known.
    pub reach: Option<ReachView>,
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// RFC 3339.
    pub last_seen: String,
}

/// How far a zone is seen.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ZoneCoverageView {
    /// Id of the zone.
    pub zone: String,
    /// Devices heard.
    pub heard: u32,
    /// Devices that must be there and were never heard.
    pub silent: u32,
    /// Conversations of which one direction came.
    pub one_way: u32,
    /// Heard out of all that must be there, 0 to 1.
    pub share: f64,
}

/// A device that must be there and was never heard.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SilentView {
    /// Its address, or the name of its record.
    pub who: String,
    /// Who says that it is there, one sentence.
    pub why: String,
    /// The zone it would be in.
    pub zone: Option<String>,
}

/// What cannot be seen, as far as that can be known: a lower bound.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct CoverageView {
    /// By zone.
    pub zones: Vec<ZoneCoverageView>,
    /// Devices never heard; at most 2000.
    pub silent: Vec<SilentView>,
    /// How many there are.
    pub silent_total: u32,
    /// Networks in which devices are known and none was heard.
    pub networks: Vec<String>,
    /// What would close the gaps, one sentence each, the largest first.
    pub advice: Vec<String>,
}

/// A list of one page as someone likes to see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SavedViewView {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The page: the last word of its address.
    pub page: String,
    /// Filters and order, as they stand in the address.
    pub query: String,
    /// The columns that are shown, in order; empty for the usual ones.
    pub columns: Vec<String>,
}

/// What a person decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecisionView {
    /// Its number.
    pub number: u64,
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
    /// What it does, one sentence.
    pub what: String,
    /// Its kind: `set`, `clear`, `merge`, `split`, `zone`, `remove_zone`, `rule`, `remove_ruling`, `save_view`, `remove_view`, `undo`.
    pub kind: &'static str,
    /// The addresses it names.
    pub addresses: Vec<String>,
    /// It was undone.
    pub undone: bool,
    /// The view that it keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<SavedViewView>,
    /// Id of the view that it forgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_view: Option<String>,
}

fn level(level: model::Level) -> serde_json::Number {
    crate::view::level_number(level)
}

fn texts<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn selector(s: &Selector) -> SelectorView {
    SelectorView {
        addresses: texts(&s.addresses),
        subnets: texts(&s.subnets),
        vlans: s.vlans.clone(),
        levels: s.levels.iter().copied().map(level).collect(),
        roles: s.roles.iter().map(|r| r.as_str()).collect(),
        names: texts(&s.names),
        vendors: texts(&s.vendors),
    }
}

/// Zones.
pub(crate) fn zones(posture: &Posture) -> Vec<ZoneView> {
    posture.zoning.zones.values().map(|state| zone(posture, state)).collect()
}

fn zone(posture: &Posture, state: &ZoneState) -> ZoneView {
    let id = |at: &usize| posture.inventory.assets.get(*at).map(|a| a.id.to_string());
    let contested = |at: &&usize| {
        posture.zoning.memberships.get(**at).and_then(Option::as_ref).is_some_and(|m| !m.also.is_empty())
    };
    let z = &state.zone;
    ZoneView {
        id: z.id.to_string(),
        name: z.name.to_string(),
        proposed: state.proposed,
        level: z.level.map(level),
        sl_t: z.sl_t,
        site: z.site.as_ref().map(ToString::to_string),
        note: z.note.as_ref().map(ToString::to_string),
        members: z.members.iter().map(selector).collect(),
        assets: state.members.iter().filter_map(id).collect(),
        contested: state.members.iter().filter(contested).filter_map(id).collect(),
    }
}

/// Conduits.
pub(crate) fn conduits(posture: &Posture) -> Vec<ConduitView> {
    posture.zoning.conduits.iter().map(|c| conduit(posture, c)).collect()
}

fn conduit(posture: &Posture, c: &Conduit) -> ConduitView {
    let mut verdicts = VerdictCounts::default();
    for crossing in c.crossings.iter().filter_map(|at| posture.zoning.crossings.get(*at)) {
        verdicts.add(crossing.judged.status);
    }
    let (from, to) = (c.ends.0.to_string(), c.ends.1.to_string());
    let protocols = c.protocols.iter().map(|(protocol, classes)| ConduitProtocolView {
        protocol: protocol.to_string(),
        operations: classes.iter().map(|class| class.as_str()).collect(),
    });
    ConduitView {
        id: format!("conduit-{}", digest(&[&from, &to])),
        from,
        to,
        protocols: protocols.collect(),
        flows: u32::try_from(c.crossings.len()).unwrap_or(u32::MAX),
        verdicts,
        packets: c.packets,
        bytes: c.bytes,
        first_seen: c.first.to_string(),
        last_seen: c.last.to_string(),
    }
}

/// Flows.
pub(crate) fn flows(posture: &Posture) -> Vec<FlowView> {
    let all = posture.zoning.crossings.iter().enumerate();
    all.filter_map(|(at, crossing)| flow(posture, crossing, posture.allowed.crossings.get(&at))).collect()
}

fn flow(posture: &Posture, crossing: &Crossing, answer: Option<&Answer>) -> Option<FlowView> {
    let c = posture.inventory.conversations.get(crossing.conversation)?;
    let judged = &crossing.judged;
    let mut operations: Vec<&'static str> = c.operations.iter().map(|o| o.operation.class.as_str()).collect();
    operations.sort_unstable();
    operations.dedup();
    Some(FlowView {
        conversation: crossing.conversation,
        client: c.client.clone(),
        server: c.server.clone(),
        client_asset: c.client_asset.as_ref().map(ToString::to_string),
        server_asset: c.server_asset.as_ref().map(ToString::to_string),
        protocol: c.protocol.as_ref().map_or(c.transport.as_str().to_owned(), ToString::to_string),
        server_port: c.server_port,
        operations,
        from: crossing.from.as_ref().map(ToString::to_string),
        to: crossing.to.as_ref().map(ToString::to_string),
        status: judged.status.as_str(),
        ruling: judged.ruling.as_ref().map(ToString::to_string),
        by: judged.by.as_ref().map(|w| w.by.to_string()),
        until: judged.until.map(|t| t.to_string()),
        why: judged.why.clone(),
        reach: answer.map(reach_view::answer),
        packets: c.packets,
        bytes: c.bytes,
        last_seen: c.last_seen.to_string(),
    })
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Coverage.
pub(crate) fn coverage(posture: &Posture) -> CoverageView {
    let c = &posture.coverage;
    CoverageView {
        zones: c
            .zones
            .iter()
            .map(|(zone, z)| ZoneCoverageView {
                zone: zone.to_string(),
                heard: small(z.heard),
                silent: small(z.silent),
                one_way: small(z.one_way),
                share: (z.share() * 1000.0).round() / 1000.0,
            })
            .collect(),
        silent: c
            .silent
            .iter()
            .map(|s| SilentView {
                who: s.who.clone(),
                why: s.why.clone(),
                zone: s.zone.as_ref().map(ToString::to_string),
            })
            .collect(),
        silent_total: small(c.silent_total),
        networks: c.networks.keys().map(ToString::to_string).collect(),
        advice: c.advice(),
    }
}

/// Decisions.
pub(crate) fn decisions(posture: &Posture) -> Vec<DecisionView> {
    let all = &posture.inventory.decisions;
    let undone = undone(all.iter());
    all.iter().map(|d| decision(d, undone.contains(&d.number))).collect()
}

fn decision(d: &Decision, undone: bool) -> DecisionView {
    let (kind, what, addresses) = words(&d.act);
    DecisionView {
        number: d.number,
        at: d.at.to_string(),
        by: d.by.to_string(),
        why: d.why.to_string(),
        what,
        kind,
        addresses,
        undone,
        view: match &d.act {
            Act::SaveView { view } => Some(saved_view(view)),
            _ => None,
        },
        removed_view: match &d.act {
            Act::RemoveView { view } => Some(view.to_string()),
            _ => None,
        },
    }
}

fn saved_view(view: &SavedView) -> SavedViewView {
    SavedViewView {
        id: view.id.to_string(),
        name: view.name.to_string(),
        page: view.page.to_string(),
        query: view.query.clone(),
        columns: texts(&view.columns),
    }
}

/// Kind, sentence and addresses of an act.
fn words(act: &Act) -> (&'static str, String, Vec<String>) {
    match act {
        Act::Set { asset, setting } => ("set", set(asset.to_string(), setting), vec![asset.to_string()]),
        Act::Clear { asset, field } => {
            ("clear", format!("{field} of {asset} is as evidence says again"), vec![asset.to_string()])
        }
        Act::Merge { asset, with } => {
            ("merge", format!("{asset} and {with} are one device"), vec![asset.to_string(), with.to_string()])
        }
        Act::Split { asset, from } => (
            "split",
            format!("{asset} is not of the device that has {from}"),
            vec![asset.to_string(), from.to_string()],
        ),
        Act::Zone { zone } => ("zone", format!("zone {} ({}) is defined", zone.id, zone.name), Vec::new()),
        Act::RemoveZone { zone } => ("remove_zone", format!("zone {zone} is removed"), Vec::new()),
        Act::Rule { ruling } => (
            "rule",
            format!("from {} to {}: {}", ruling.from, ruling.to, ruling.verdict.as_str()),
            Vec::new(),
        ),
        Act::RemoveRuling { ruling } => ("remove_ruling", format!("ruling {ruling} is removed"), Vec::new()),
        Act::SaveView { view } => {
            ("save_view", format!("view {} of {} is kept", view.name, view.page), Vec::new())
        }
        Act::RemoveView { view } => ("remove_view", format!("view {view} is forgotten"), Vec::new()),
        Act::State { statement } => {
            let addresses = statement.assets.iter().map(ToString::to_string).collect();
            let who = if statement.assets.is_empty() {
                "every device".into()
            } else {
                texts(&statement.assets).join(", ")
            };
            (
                "state",
                format!("{} is {} at {who}", statement.cve, statement.status.as_str().replace('_', " ")),
                addresses,
            )
        }
        Act::RemoveStatement { statement } => {
            ("remove_statement", format!("statement {statement} is taken back"), Vec::new())
        }
        Act::Grant { grant } => ("grant", granted(grant), Vec::new()),
        Act::RemoveGrant { grant } => ("remove_grant", format!("grant {grant} is taken back"), Vec::new()),
        Act::Undo { decision } => ("undo", format!("decision {decision} is undone"), Vec::new()),
    }
}

fn granted(grant: &model::access::Grant) -> String {
    let who = grant.account.as_ref().map(|a| format!("account {a}"));
    let who = who.or_else(|| grant.group.as_ref().map(|g| format!("group {g}"))).unwrap_or_default();
    let on: Vec<String> = grant.on.iter().map(ToString::to_string).collect();
    format!("{who} may {} {}", grant.right, on.join(", "))
}

fn set(asset: String, setting: &Setting) -> String {
    format!("{} of {asset} is {}", setting.field(), setting.value())
}
