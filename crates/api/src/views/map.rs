//! The map: Purdue lanes, assets in them in a stable order, and one edge per pair of assets that talk.

use super::assets::AssetRow;
use super::conversations::is_change;
use super::findings::{FindingRow, rank};
use posture::document::{Analysis, ConversationView, EvidenceView};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Lanes from top to bottom; safety stands apart, at the side.
const LANES: [(&str, &str); 9] = [
    ("5", "Outside"),
    ("4", "Enterprise"),
    ("3.5", "DMZ"),
    ("3", "Site operations"),
    ("2", "Supervision"),
    ("1", "Control"),
    ("0", "Process"),
    ("safety", "Safety"),
    ("unknown", "Level not known"),
];

/// One lane.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Lane {
    /// `5`, `4`, `3.5`, `3`, `2`, `1`, `0`, `safety` or `unknown`.
    pub id: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// Assets in it.
    pub assets: u32,
}

/// An asset on the map.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MapNode {
    /// Asset id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Role.
    pub role: &'static str,
    /// Id of its lane.
    pub lane: &'static str,
    /// Place in the lane from the left, from 0; it follows from zone, role and address, not from chance.
    pub place: u32,
    /// Zone, where one is defined.
    pub zone: Option<String>,
    /// First IP address, else first MAC.
    pub address: Option<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// Worst open finding, or null.
    pub worst: Option<&'static str>,
}

/// All conversations of one client with one server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MapEdge {
    /// Stable id.
    pub id: String,
    /// Asset id of the client.
    pub source: String,
    /// Asset id of the server.
    pub target: String,
    /// Protocols, sorted.
    pub protocols: Vec<String>,
    /// Operation classes, sorted.
    pub classes: Vec<&'static str>,
    /// Something was changed: a write, a command or engineering.
    pub changes: bool,
    /// Every conversation was encrypted.
    pub encrypted: bool,
    /// At least one conversation was answered.
    pub answered: bool,
    /// Conversations.
    pub conversations: u32,
    /// Frames.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// RFC 3339.
    pub first_seen: String,
    /// RFC 3339.
    pub last_seen: String,
    /// A finding is about this pair.
    pub violates: bool,
    /// Ids of these findings, worst first.
    pub findings: Vec<String>,
    /// First frame of the first conversation.
    pub evidence: EvidenceView,
}

/// The whole map.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Map {
    /// Counts up with each posture published since the server started.
    pub generation: u64,
    /// Lanes, top to bottom, safety and unknown last. Empty lanes are listed.
    pub lanes: Vec<Lane>,
    /// Assets, lane by lane, in the order of their places.
    pub nodes: Vec<MapNode>,
    /// Who talks to whom.
    pub edges: Vec<MapEdge>,
    /// Conversations with an end that is no asset (multicast, addressed but never heard): not drawn.
    pub undrawn: u64,
}

impl Map {
    /// Draws a posture; `assets` and `findings` are its rows.
    pub fn of(generation: u64, analysis: &Analysis, assets: &[AssetRow], findings: &[FindingRow]) -> Self {
        let nodes = nodes(assets);
        let lanes = LANES.map(|(id, title)| {
            let assets = nodes.iter().filter(|n| n.lane == id).count();
            Lane { id, title, assets: super::assets::count(assets) }
        });
        let pairs = pairs(&analysis.conversations);
        let drawn: usize = pairs.values().map(Vec::len).sum();
        let undrawn = (analysis.conversations.len() - drawn) as u64;
        let found = found(findings);
        let edges = pairs.iter().filter_map(|(pair, of_pair)| edge(pair, of_pair, &found)).collect();
        Self { generation, lanes: lanes.into(), nodes, edges, undrawn }
    }
}

fn lane(asset: &AssetRow) -> usize {
    let id = match asset.role {
        "safety_controller" => "safety".to_owned(),
        _ => super::summary::level_word(asset.level.as_ref()),
    };
    LANES.iter().position(|(lane, _)| *lane == id).unwrap_or(LANES.len() - 1)
}

/// Addresses with their numbers padded, so that text order is address order.
fn padded(address: &str) -> String {
    address.split('.').map(|part| format!("{part:0>3}.")).collect()
}

fn nodes(assets: &[AssetRow]) -> Vec<MapNode> {
    let address = |a: &AssetRow| a.ips.first().or(a.macs.first()).cloned();
    let mut order: Vec<(usize, &AssetRow)> = assets.iter().map(|a| (lane(a), a)).collect();
    order.sort_by_cached_key(|(lane, a)| {
        let place = padded(&address(a).unwrap_or_default());
        (*lane, a.zone.is_none(), a.zone.clone(), a.role, place, a.id.clone())
    });
    let mut places = [0_u32; LANES.len()];
    order
        .into_iter()
        .filter_map(|(lane, asset)| {
            let place = places.get_mut(lane)?;
            let node = node(asset, LANES.get(lane)?.0, *place, address(asset));
            *place += 1;
            Some(node)
        })
        .collect()
}

fn node(asset: &AssetRow, lane: &'static str, place: u32, address: Option<String>) -> MapNode {
    MapNode {
        id: asset.id.clone(),
        name: asset.name.clone(),
        role: asset.role,
        lane,
        place,
        zone: asset.zone.clone(),
        address,
        vendor: asset.vendor.clone(),
        product: asset.product.clone(),
        worst: asset.worst,
    }
}

type Pair<'a> = (&'a str, &'a str);

fn pairs(conversations: &[ConversationView]) -> BTreeMap<Pair<'_>, Vec<&ConversationView>> {
    let mut pairs: BTreeMap<Pair<'_>, Vec<&ConversationView>> = BTreeMap::new();
    for c in conversations {
        if let (Some(client), Some(server)) = (&c.client_asset, &c.server_asset) {
            pairs.entry((client, server)).or_default().push(c);
        }
    }
    pairs
}

/// Findings by pair of assets, the smaller id first, worst first.
fn found(findings: &[FindingRow]) -> BTreeMap<Pair<'_>, Vec<&FindingRow>> {
    let mut found: BTreeMap<Pair<'_>, Vec<&FindingRow>> = BTreeMap::new();
    for finding in findings {
        if let Some(peer) = &finding.peer {
            found.entry(unordered((&finding.asset, peer))).or_default().push(finding);
        }
    }
    for list in found.values_mut() {
        list.sort_by(|a, b| rank(b.severity).cmp(&rank(a.severity)).then_with(|| a.id.cmp(&b.id)));
    }
    found
}

fn unordered<'a>((a, b): Pair<'a>) -> Pair<'a> {
    if a <= b { (a, b) } else { (b, a) }
}

fn edge(
    pair: &Pair<'_>,
    conversations: &[&ConversationView],
    found: &BTreeMap<Pair<'_>, Vec<&FindingRow>>,
) -> Option<MapEdge> {
    let (source, target) = *pair;
    let first = conversations.iter().min_by_key(|c| (&c.first_seen, &c.id))?;
    let operations = || conversations.iter().flat_map(|c| &c.operations);
    let protocols: BTreeSet<&str> = conversations.iter().map(|c| c.protocol.as_str()).collect();
    let classes: BTreeSet<&'static str> = operations().map(|o| o.class).collect();
    let findings: Vec<String> =
        found.get(&unordered(*pair)).into_iter().flatten().map(|f| f.id.clone()).collect();
    let sum = |value: fn(&ConversationView) -> u64| {
        conversations.iter().fold(0_u64, |sum, c| sum.saturating_add(value(c)))
    };
    Some(MapEdge {
        id: format!("edge-{}", model::id::digest(&[source, target])),
        source: source.into(),
        target: target.into(),
        protocols: protocols.into_iter().map(str::to_owned).collect(),
        changes: classes.iter().any(|c| is_change(c)),
        classes: classes.into_iter().collect(),
        encrypted: conversations.iter().all(|c| c.encrypted),
        answered: conversations.iter().any(|c| c.answered),
        conversations: super::assets::count(conversations.len()),
        packets: sum(|c| c.packets),
        bytes: sum(|c| c.bytes),
        first_seen: first.first_seen.clone(),
        last_seen: conversations.iter().map(|c| &c.last_seen).max().cloned().unwrap_or_default(),
        violates: !findings.is_empty(),
        findings,
        evidence: first.evidence.clone(),
    })
}
