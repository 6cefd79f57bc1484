//! Advisories as the matcher keeps them, and what it says of an asset.

use crate::id::AssetId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is known of a product, from the wire or from a list.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// Maker.
    pub vendor: Option<String>,
    /// Product or model name.
    pub product: Option<String>,
    /// Order, catalogue or part number.
    pub order_number: Option<String>,
    /// Firmware or software version.
    pub firmware: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Free text the device says of itself (system description, banner).
    pub description: Option<String>,
    /// Kind of device, when known.
    pub kind: Option<String>,
    /// Where this comes from.
    pub source: Option<String>,
}

/// What the matcher concludes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchStatus {
    /// Product certain, version in range.
    Affected,
    /// Product certain or likely; a fact is missing to decide.
    Possible,
    /// Product certain, version past every affected range.
    Fixed,
    /// The advisory says so.
    NotAffected,
}

/// The fact that would settle whether an asset is affected.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "fact", content = "which", rename_all = "snake_case")]
pub enum Missing {
    /// Firmware or software version.
    Version,
    /// Serial number, or its first digits.
    Serial,
    /// Hardware revision or series.
    HardwareRevision,
    /// Which variant of the product it is.
    Variant(String),
    /// Whether a condition of the advisory holds: an option, an add-on, a setting.
    Option(String),
}

impl Missing {
    /// The fact's word, as in JSON.
    #[must_use]
    pub fn fact(&self) -> &'static str {
        match self {
            Missing::Version => "version",
            Missing::Serial => "serial",
            Missing::HardwareRevision => "hardware_revision",
            Missing::Variant(_) => "variant",
            Missing::Option(_) => "option",
        }
    }

    /// The variant or condition in question.
    #[must_use]
    pub fn which(&self) -> Option<&str> {
        match self {
            Missing::Variant(which) | Missing::Option(which) => Some(which),
            _ => None,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Version => f.write_str("version"),
            Missing::Serial => f.write_str("serial number"),
            Missing::HardwareRevision => f.write_str("hardware revision"),
            Missing::Variant(which) => write!(f, "variant “{which}”"),
            Missing::Option(which) => write!(f, "whether “{which}” holds"),
        }
    }
}

/// One CVE of one advisory against one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Match {
    /// Document id, such as `ICSA-24-074-01`.
    pub advisory: String,
    /// CVE.
    pub cve: String,
    /// Conclusion.
    pub status: MatchStatus,
    /// One sentence that quotes both sides.
    pub reason: String,
    /// How sure, 0 to 1: evidence of the product times evidence of the version.
    #[serde(default)]
    pub confidence: f32,
    /// What would settle a `possible`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// Highest CVSS base score of the CVE in the advisory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
}

/// A match of an asset in the inventory.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AssetMatch {
    /// The asset.
    pub asset: AssetId,
    /// The module's slot, when it is a module that matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The match.
    #[serde(flatten)]
    pub found: Match,
}
