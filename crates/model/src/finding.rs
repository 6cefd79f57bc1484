//! Findings: what is wrong, where, how bad, and how one knows.

use crate::evidence::Evidence;
use crate::id::{AssetId, FindingId};
use serde::{Deserialize, Serialize};

/// How bad, from harmless to critical.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Fix when convenient.
    Low,
    /// Fix in the next outage.
    Medium,
    /// Fix soon.
    High,
    /// Act now.
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Where the check stands in the standards.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct References {
    /// IEC 62443-3-3 requirements.
    pub iec62443_3_3: Vec<String>,
    /// NIST SP 800-53 controls.
    pub nist_800_53: Vec<String>,
    /// ATT&CK for ICS techniques.
    pub attack_ics: Vec<String>,
}

/// What a finding is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct FindingSubject {
    /// The asset.
    pub asset: AssetId,
    /// The other end, when it is about a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<AssetId>,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// From check and subject: the same fault keeps its id.
    pub id: FindingId,
    /// The check that fired.
    pub check: String,
    /// One sentence.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// Where.
    pub subject: FindingSubject,
    /// What exactly was seen, one sentence for this subject.
    pub detail: String,
    /// The facts behind it; never empty.
    pub evidence: Vec<Evidence>,
    /// Standards.
    pub references: References,
    /// Why it matters.
    pub rationale: String,
    /// What to do, first what needs no outage.
    pub remediation: String,
}
