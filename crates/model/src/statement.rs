//! What a person says of a vulnerability at devices: it does not concern them, it was dealt with, or it is accepted for a time.

use crate::plant::Anchor;
use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a device stands towards a vulnerability, in a person's judgement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// It does not concern the device.
    NotAffected,
    /// It was dealt with.
    Fixed,
    /// It concerns the device, and is borne with until a date.
    Accepted,
}

impl Stance {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
            Self::Accepted => "accepted",
        }
    }
}

/// Why a device is not affected: the machine-readable flags of a VEX document (CSAF 2.0, 3.2.3.5, `flags[].label`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Justification {
    /// The vulnerable component is not in the product.
    ComponentNotPresent,
    /// The component is there, its vulnerable code is not.
    VulnerableCodeNotPresent,
    /// An adversary cannot reach the code.
    VulnerableCodeCannotBeControlledByAdversary,
    /// The code is never run.
    VulnerableCodeNotInExecutePath,
    /// Something in the product or around it already prevents exploitation.
    InlineMitigationsAlreadyExist,
}

impl Justification {
    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeCannotBeControlledByAdversary => {
                "vulnerable_code_cannot_be_controlled_by_adversary"
            }
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }
}

/// A statement on one CVE. Who makes it, when and why is with the decision that holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its id: stable, short.
    pub id: Text,
    /// The CVE; the id of the advisory where that names none.
    pub cve: Text,
    /// The devices, by one address each; empty for every device that the CVE may concern.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<Anchor>,
    /// Where they stand.
    pub status: Stance,
    /// Why they are not affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<Justification>,
    /// Until when it holds; then the matter comes back for review. What is accepted is accepted until a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}
