//! A posture as the API serves it: published whole, never changed, shared by every request.

use crate::views::access::{AccessRow, AssetAccess};
use crate::views::assets::AssetRow;
use crate::views::conversations::{AccountRow, AdvisoryRow, ConversationRow};
use crate::views::findings::FindingRow;
use crate::views::flows::FlowRow;
use crate::views::map::Map;
use crate::views::summary::Summary;
use axum::body::Bytes;
use model::id::AssetId;
use posture::document::{AccessAccountView, Analysis, AssetView, ConversationView, FindingView, Tool};
use posture::intel::threat::Threats;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Everything that requests read, with what they need made beforehand.
#[derive(Debug)]
pub struct Snapshot {
    generation: u64,
    analysis: Analysis,
    threats: Arc<Threats>,
    summary: Summary,
    map: Bytes,
    assets: Vec<AssetRow>,
    conversations: Vec<ConversationRow>,
    findings: Vec<FindingRow>,
    advisories: Vec<AdvisoryRow>,
    accounts: Vec<AccountRow>,
    flows: Vec<FlowRow>,
    access: Vec<AccessRow>,
    places: HashMap<String, Places>,
    /// Ids that an asset had before others were joined to it, or may have again: those of its addresses alone.
    aliases: HashMap<String, String>,
    findings_by_id: HashMap<String, usize>,
    conversations_by_id: HashMap<String, usize>,
}

/// Where an asset and what belongs to it stand in the lists.
#[derive(Debug, Default)]
struct Places {
    asset: usize,
    findings: Vec<usize>,
    conversations: Vec<usize>,
    advisories: Vec<usize>,
    accounts: Vec<usize>,
}

/// Names of assets by id.
struct Names<'a>(HashMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    fn of(&self, id: &str) -> Option<&'a str> {
        self.0.get(id).copied()
    }
}

impl Snapshot {
    /// Prepares a posture for reading. `generation` counts up with each one published.
    pub fn new(generation: u64, analysis: Analysis) -> Self {
        let names = Names(analysis.assets.iter().map(|a| (a.id.as_str(), a.name.as_str())).collect());
        let name = |id: &str| names.of(id);
        let findings: Vec<FindingRow> = analysis.findings.iter().map(|f| FindingRow::of(f, name)).collect();
        let conversations: Vec<ConversationRow> =
            analysis.conversations.iter().map(|c| ConversationRow::of(c, name)).collect();
        let advisories = analysis.advisories.iter().map(|a| AdvisoryRow::of(a, name)).collect();
        let accounts: Vec<AccountRow> = analysis.accounts.iter().map(|a| AccountRow::of(a, name)).collect();
        let flows: Vec<FlowRow> = analysis
            .flows
            .iter()
            .filter_map(|f| Some(FlowRow::of(f, conversations.get(f.conversation)?)))
            .collect();
        let places = places(&analysis);
        let assets = asset_rows(&analysis, &places);
        let map = Map::of(generation, &analysis, &assets, &findings);
        Self {
            generation,
            summary: Summary::of(generation, &analysis, &findings),
            map: serde_json::to_vec(&map).unwrap_or_default().into(),
            findings_by_id: index(findings.iter().map(|f| &f.id)),
            conversations_by_id: index(conversations.iter().map(|c| &c.id)),
            assets,
            conversations,
            findings,
            advisories,
            access: analysis.access.accounts.iter().map(|a| AccessRow::of(a, name)).collect(),
            accounts,
            flows,
            aliases: aliases(&analysis, &places),
            places,
            analysis,
            threats: Arc::default(),
        }
    }

    /// With what is known of CVEs beyond products.
    #[must_use]
    pub fn with_threats(self, threats: Arc<Threats>) -> Self {
        Self { threats, ..self }
    }

    /// What is known of the CVEs of advisories beyond products.
    pub fn threats(&self) -> &Threats {
        &self.threats
    }

    /// The posture of a site of which nothing is known yet.
    pub fn empty() -> Self {
        Self::new(0, nothing())
    }

    /// Counts up with each posture published.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The whole document.
    pub fn analysis(&self) -> &Analysis {
        &self.analysis
    }

    /// The first page.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The map as JSON.
    pub fn map(&self) -> Bytes {
        self.map.clone()
    }

    /// Assets as rows.
    pub fn assets(&self) -> &[AssetRow] {
        &self.assets
    }

    /// Conversations as rows.
    pub fn conversations(&self) -> &[ConversationRow] {
        &self.conversations
    }

    /// Findings as rows.
    pub fn findings(&self) -> &[FindingRow] {
        &self.findings
    }

    /// Advisory matches as rows.
    pub fn advisories(&self) -> &[AdvisoryRow] {
        &self.advisories
    }

    /// Sign-ins as rows.
    pub fn accounts(&self) -> &[AccountRow] {
        &self.accounts
    }

    /// Flows between zones as rows.
    pub fn flows(&self) -> &[FlowRow] {
        &self.flows
    }

    /// Accounts with their rights and their use, as rows.
    pub fn access(&self) -> &[AccessRow] {
        &self.access
    }

    /// One account, whole.
    pub fn access_account(&self, id: &str) -> Option<&AccessAccountView> {
        self.analysis.access.accounts.iter().find(|a| a.id == id)
    }

    /// Who may reach an asset, and who did: those who did first, then by the right.
    pub fn access_to(&self, asset: &str) -> Vec<AssetAccess<'_>> {
        let Some(at) = self.place(asset).map(|p| p.asset) else { return Vec::new() };
        let Some(id) = self.analysis.assets.get(at).map(|a| a.id.as_str()) else { return Vec::new() };
        let mut all: Vec<_> =
            self.analysis.access.accounts.iter().filter_map(|a| AssetAccess::of(a, at, id)).collect();
        all.sort_by_key(AssetAccess::order);
        all
    }

    /// One asset with every claim.
    pub fn asset(&self, id: &str) -> Option<&AssetView> {
        self.analysis.assets.get(self.place(id)?.asset)
    }

    /// One asset as a row.
    pub fn asset_row(&self, id: &str) -> Option<&AssetRow> {
        self.assets.get(self.place(id)?.asset)
    }

    fn place(&self, id: &str) -> Option<&Places> {
        self.places.get(id).or_else(|| self.places.get(self.aliases.get(id)?))
    }

    /// One finding, whole.
    pub fn finding(&self, id: &str) -> Option<&FindingView> {
        self.analysis.findings.get(*self.findings_by_id.get(id)?)
    }

    /// One finding as a row.
    pub fn finding_row(&self, id: &str) -> Option<&FindingRow> {
        self.findings.get(*self.findings_by_id.get(id)?)
    }

    /// One conversation, whole.
    pub fn conversation(&self, id: &str) -> Option<&ConversationView> {
        self.analysis.conversations.get(*self.conversations_by_id.get(id)?)
    }

    /// One conversation as a row.
    pub fn conversation_row(&self, id: &str) -> Option<&ConversationRow> {
        self.conversations.get(*self.conversations_by_id.get(id)?)
    }

    fn of_asset<'a, T>(&self, id: &str, rows: &'a [T], which: fn(&Places) -> &Vec<usize>) -> Vec<&'a T> {
        let places = self.place(id).map(which);
        places.into_iter().flatten().filter_map(|&i| rows.get(i)).collect()
    }

    /// Findings about an asset.
    pub fn findings_of(&self, asset: &str) -> Vec<&FindingRow> {
        self.of_asset(asset, &self.findings, |p| &p.findings)
    }

    /// Conversations of an asset.
    pub fn conversations_of(&self, asset: &str) -> Vec<&ConversationRow> {
        self.of_asset(asset, &self.conversations, |p| &p.conversations)
    }

    /// Advisory matches of an asset.
    pub fn advisories_of(&self, asset: &str) -> Vec<&AdvisoryRow> {
        self.of_asset(asset, &self.advisories, |p| &p.advisories)
    }

    /// Sign-ins at an asset or from it.
    pub fn accounts_of(&self, asset: &str) -> Vec<&AccountRow> {
        self.of_asset(asset, &self.accounts, |p| &p.accounts)
    }
}

/// Links to an asset must lead to it after it was joined with another.
fn aliases(analysis: &Analysis, places: &HashMap<String, Places>) -> HashMap<String, String> {
    let mut all = HashMap::new();
    for asset in analysis.assets.iter().filter(|a| a.macs.len() + a.ips.len() > 1) {
        let macs = asset.macs.iter().map(|mac| AssetId::of(&["mac", mac]));
        let ips = asset.ips.iter().map(|ip| AssetId::of(&["ip", ip]));
        for id in macs.chain(ips).filter(|id| !places.contains_key(id.as_str())) {
            all.insert(id.to_string(), asset.id.clone());
        }
    }
    all
}

fn index<'a>(ids: impl Iterator<Item = &'a String>) -> HashMap<String, usize> {
    ids.enumerate().map(|(i, id)| (id.clone(), i)).collect()
}

fn places(analysis: &Analysis) -> HashMap<String, Places> {
    let mut all: HashMap<String, Places> = HashMap::with_capacity(analysis.assets.len());
    for (asset, view) in analysis.assets.iter().enumerate() {
        all.insert(view.id.clone(), Places { asset, ..Places::default() });
    }
    let mut note = |ids: [Option<&String>; 2], which: fn(&mut Places) -> &mut Vec<usize>, at: usize| {
        let [first, second] = ids;
        for id in [first, second.filter(|s| Some(*s) != first)].into_iter().flatten() {
            if let Some(places) = all.get_mut(id) {
                which(places).push(at);
            }
        }
    };
    for (i, f) in analysis.findings.iter().enumerate() {
        note([Some(&f.subject.asset), f.subject.peer.as_ref()], |p| &mut p.findings, i);
    }
    for (i, c) in analysis.conversations.iter().enumerate() {
        note([c.client_asset.as_ref(), c.server_asset.as_ref()], |p| &mut p.conversations, i);
    }
    for (i, a) in analysis.advisories.iter().enumerate() {
        note([Some(&a.asset), None], |p| &mut p.advisories, i);
    }
    for (i, a) in analysis.accounts.iter().enumerate() {
        note([a.asset.as_ref(), a.client.as_ref()], |p| &mut p.accounts, i);
    }
    all
}

fn asset_rows(analysis: &Analysis, places: &HashMap<String, Places>) -> Vec<AssetRow> {
    let mut rows: Vec<AssetRow> = analysis.assets.iter().map(AssetRow::of).collect();
    for row in &mut rows {
        let Some(of_asset) = places.get(&row.id) else { continue };
        of_asset.findings.iter().filter_map(|&i| analysis.findings.get(i)).for_each(|f| {
            row.findings.add(f.severity);
        });
        for conversation in of_asset.conversations.iter().filter_map(|&i| analysis.conversations.get(i)) {
            row.add_protocol(&conversation.protocol);
        }
        for advisory in of_asset.advisories.iter().filter_map(|&i| analysis.advisories.get(i)) {
            row.add_advisory(advisory);
        }
        row.worst = row.findings.worst();
    }
    rows
}

fn nothing() -> Analysis {
    Analysis {
        schema: "sightglass.analysis/1",
        tool: Tool { name: "sightglass", version: env!("CARGO_PKG_VERSION") },
        captures: Vec::new(),
        problems: Vec::new(),
        assets: Vec::new(),
        conversations: Vec::new(),
        messages: BTreeMap::new(),
        accounts: Vec::new(),
        advisories: Vec::new(),
        documents: Vec::new(),
        exposures: Vec::new(),
        findings: Vec::new(),
        zones: Vec::new(),
        conduits: Vec::new(),
        flows: Vec::new(),
        decisions: Vec::new(),
        networks: Vec::new(),
        reachability: Vec::new(),
        reconciliation: None,
        access: posture::document::AccessView::default(),
        coverage: posture::document::CoverageView::default(),
    }
}
