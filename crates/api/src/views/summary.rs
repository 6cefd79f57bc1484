//! The first page: what there is, what is new, what to do.

use super::findings::{FindingRow, SeverityCounts, rank, weight};
use posture::document::{Analysis, CaptureView, FindingView, ProblemView};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

const NEWEST: usize = 10;
const ACTIONS: usize = 3;
const PROBLEMS: usize = 100;
/// Assets listed with an action; the rest is counted.
const ACTION_ASSETS: usize = 100;

/// How many of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Count {
    /// Of what: a role, level, vendor; `unknown` where nothing is known.
    pub key: String,
    /// How many.
    pub count: u64,
}

/// A protocol on the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProtocolCount {
    /// Protocol; a transport's name where it is not recognised.
    pub protocol: String,
    /// Conversations in it.
    pub conversations: u64,
    /// Frames.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A remedy and what it would resolve.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Action {
    /// Check whose findings it resolves.
    pub check: String,
    /// What is wrong, one sentence.
    pub title: String,
    /// What to do.
    pub remediation: String,
    /// Worst severity among the findings.
    pub severity: &'static str,
    /// Findings it resolves.
    pub findings: u64,
    /// Effect compared with other actions: severity times count.
    pub weight: u64,
    /// Ids of assets concerned; at most 100.
    pub assets: Vec<String>,
    /// How many assets are concerned.
    pub assets_total: u64,
}

/// Sizes of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// Assets.
    pub assets: u64,
    /// Conversations.
    pub conversations: u64,
    /// Findings.
    pub findings: u64,
    /// Advisory matches of any status.
    pub advisories: u64,
    /// Sign-ins.
    pub accounts: u64,
    /// Captures.
    pub captures: u64,
}

/// The whole first page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Summary {
    /// Counts up with each posture published since the server started; equal numbers mean nothing changed.
    pub generation: u64,
    /// Sizes of the lists.
    pub totals: Totals,
    /// Assets by role, most frequent first.
    pub roles: Vec<Count>,
    /// Assets by Purdue level, enterprise first, `unknown` last.
    pub levels: Vec<Count>,
    /// Assets by vendor, most frequent first.
    pub vendors: Vec<Count>,
    /// Findings by severity.
    pub severities: SeverityCounts,
    /// Protocols, most conversations first.
    pub protocols: Vec<ProtocolCount>,
    /// Latest findings, worst first among equally late ones.
    pub newest: Vec<FindingRow>,
    /// Inputs.
    pub captures: Vec<CaptureView>,
    /// What could not be read or seen: blindness. At most 100.
    pub problems: Vec<ProblemView>,
    /// How many problems there are.
    pub problems_total: u64,
    /// The three actions with the largest effect.
    pub actions: Vec<Action>,
}

impl Summary {
    /// Sums up a posture; `findings` are its rows.
    pub fn of(generation: u64, analysis: &Analysis, findings: &[FindingRow]) -> Self {
        let mut severities = SeverityCounts::default();
        analysis.findings.iter().for_each(|f| severities.add(f.severity));
        Self {
            generation,
            totals: totals(analysis),
            roles: by_count(tally(analysis.assets.iter().map(|a| a.role.to_owned()))),
            levels: levels(analysis),
            vendors: by_count(tally(analysis.assets.iter().map(|a| or_unknown(a.vendor.as_deref())))),
            severities,
            protocols: protocols(analysis),
            newest: newest(findings),
            captures: analysis.captures.clone(),
            problems: analysis.problems.iter().take(PROBLEMS).cloned().collect(),
            problems_total: analysis.problems.len() as u64,
            actions: actions(&analysis.findings),
        }
    }
}

fn totals(analysis: &Analysis) -> Totals {
    Totals {
        assets: analysis.assets.len() as u64,
        conversations: analysis.conversations.len() as u64,
        findings: analysis.findings.len() as u64,
        advisories: analysis.advisories.len() as u64,
        accounts: analysis.accounts.len() as u64,
        captures: analysis.captures.len() as u64,
    }
}

fn or_unknown(word: Option<&str>) -> String {
    word.unwrap_or("unknown").to_owned()
}

fn tally(words: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn by_count(counts: BTreeMap<String, u64>) -> Vec<Count> {
    let mut list: Vec<Count> = counts.into_iter().map(|(key, count)| Count { key, count }).collect();
    list.sort_by_key(|c| std::cmp::Reverse(c.count));
    list
}

/// The level of an asset as a word: `0` to `5`, or `unknown`.
pub fn level_word(level: Option<&serde_json::Number>) -> String {
    or_unknown(level.map(ToString::to_string).as_deref().map(|l| l.strip_suffix(".0").unwrap_or(l)))
}

fn levels(analysis: &Analysis) -> Vec<Count> {
    let counts = tally(analysis.assets.iter().map(|a| level_word(a.level.as_ref())));
    let mut list: Vec<Count> = counts.into_iter().map(|(key, count)| Count { key, count }).collect();
    list.sort_by(|a, b| (a.key == "unknown").cmp(&(b.key == "unknown")).then_with(|| b.key.cmp(&a.key)));
    list
}

fn protocols(analysis: &Analysis) -> Vec<ProtocolCount> {
    let mut counts: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for c in &analysis.conversations {
        let (conversations, packets, bytes) = counts.entry(&c.protocol).or_default();
        *conversations += 1;
        *packets = packets.saturating_add(c.packets);
        *bytes = bytes.saturating_add(c.bytes);
    }
    let mut list: Vec<ProtocolCount> = counts
        .into_iter()
        .map(|(protocol, (conversations, packets, bytes))| ProtocolCount {
            protocol: protocol.into(),
            conversations,
            packets,
            bytes,
        })
        .collect();
    list.sort_by_key(|p| std::cmp::Reverse(p.conversations));
    list
}

fn newest(findings: &[FindingRow]) -> Vec<FindingRow> {
    let mut rows: Vec<&FindingRow> = findings.iter().collect();
    rows.sort_by(|a, b| {
        b.seen.cmp(&a.seen).then(rank(b.severity).cmp(&rank(a.severity))).then_with(|| a.id.cmp(&b.id))
    });
    rows.into_iter().take(NEWEST).cloned().collect()
}

/// One action per check: its findings have one remedy.
fn actions(findings: &[FindingView]) -> Vec<Action> {
    let mut checks: BTreeMap<&str, Vec<&FindingView>> = BTreeMap::new();
    for finding in findings {
        checks.entry(&finding.check).or_default().push(finding);
    }
    let mut actions: Vec<Action> = checks.values().filter_map(|of_check| action(of_check)).collect();
    actions.sort_by_key(|a| std::cmp::Reverse(a.weight));
    actions.truncate(ACTIONS);
    actions
}

fn action(findings: &[&FindingView]) -> Option<Action> {
    let worst = findings.iter().max_by_key(|f| rank(f.severity))?;
    let assets: BTreeSet<&str> = findings.iter().map(|f| f.subject.asset.as_str()).collect();
    Some(Action {
        check: worst.check.clone(),
        title: worst.title.clone(),
        remediation: worst.remediation.clone(),
        severity: worst.severity,
        findings: findings.len() as u64,
        weight: findings.iter().map(|f| weight(f.severity)).sum(),
        assets_total: assets.len() as u64,
        assets: assets.into_iter().take(ACTION_ASSETS).map(str::to_owned).collect(),
    })
}
