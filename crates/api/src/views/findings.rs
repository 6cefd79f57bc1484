//! Findings as rows, and counts by severity.

use model::finding::Severity;
use posture::document::FindingView;
use serde::Serialize;
use utoipa::ToSchema;

/// How many findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeverityCounts {
    /// Act now.
    pub critical: u32,
    /// Fix soon.
    pub high: u32,
    /// Fix in the next outage.
    pub medium: u32,
    /// Fix when convenient.
    pub low: u32,
    /// Worth knowing.
    pub info: u32,
}

impl SeverityCounts {
    /// Counts one more.
    pub fn add(&mut self, severity: &str) {
        if let Some(count) = self.slot(severity) {
            *count += 1;
        }
    }

    fn slot(&mut self, severity: &str) -> Option<&mut u32> {
        match severity {
            "critical" => Some(&mut self.critical),
            "high" => Some(&mut self.high),
            "medium" => Some(&mut self.medium),
            "low" => Some(&mut self.low),
            "info" => Some(&mut self.info),
            _ => None,
        }
    }

    /// How many of that severity.
    pub fn of(mut self, severity: &str) -> u32 {
        self.slot(severity).copied().unwrap_or(0)
    }

    /// The worst severity that occurs.
    pub fn worst(self) -> Option<&'static str> {
        Severity::ALL.iter().map(|s| s.as_str()).find(|s| self.of(s) > 0)
    }

    /// All together.
    pub fn total(self) -> u32 {
        self.critical + self.high + self.medium + self.low + self.info
    }
}

/// 4 for critical down to 0 for info.
pub fn rank(severity: &str) -> u8 {
    match severity {
        "critical" => 4,
        "high" => 3,
        "medium" => 2,
        "low" => 1,
        _ => 0,
    }
}

/// How much an open finding weighs against others: one critical finding counts as much as a hundred informative ones.
pub fn weight(severity: &str) -> u64 {
    match severity {
        "critical" => 100,
        "high" => 40,
        "medium" => 12,
        "low" => 4,
        _ => 1,
    }
}

/// A finding in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingRow {
    /// Stable id.
    pub id: String,
    /// Check that fired.
    pub check: String,
    /// One sentence.
    pub title: String,
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: &'static str,
    /// Asset id.
    pub asset: String,
    /// Its name.
    pub asset_name: Option<String>,
    /// Asset id of the other end, when it is about a conversation.
    pub peer: Option<String>,
    /// Its name.
    pub peer_name: Option<String>,
    /// What was seen, for this subject.
    pub detail: String,
    /// Time of the latest evidence, RFC 3339.
    pub seen: Option<String>,
    /// Facts behind it.
    pub evidence: u32,
    #[serde(skip)]
    #[schema(ignore)]
    search: String,
}

impl FindingRow {
    /// The row of a finding; `name` gives the name of an asset.
    pub fn of<'a>(view: &FindingView, name: impl Fn(&str) -> Option<&'a str>) -> Self {
        let asset_name = name(&view.subject.asset).map(str::to_owned);
        let peer_name = view.subject.peer.as_deref().and_then(&name).map(str::to_owned);
        let names = [&asset_name, &peer_name].map(|n| n.as_deref().unwrap_or_default());
        let words = [view.check.as_str(), &view.title, &view.detail, names[0], names[1]];
        let search = words.join("\n").to_lowercase();
        Self {
            id: view.id.clone(),
            check: view.check.clone(),
            title: view.title.clone(),
            severity: view.severity,
            asset: view.subject.asset.clone(),
            asset_name,
            peer: view.subject.peer.clone(),
            peer_name,
            detail: view.detail.clone(),
            seen: view.evidence.iter().map(|e| &e.time).max().cloned(),
            evidence: super::assets::count(view.evidence.len()),
            search,
        }
    }

    /// It is about that asset, at either end.
    pub fn touches(&self, asset: &str) -> bool {
        self.asset == asset || self.peer.as_deref() == Some(asset)
    }

    /// Lower-case text of everything a person may search it by.
    pub fn haystack(&self) -> &str {
        &self.search
    }
}
