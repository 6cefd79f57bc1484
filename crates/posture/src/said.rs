//! What people said of a device, as claims that win over all evidence and show who said them.

use crate::inventory::{Asset, Claim};
use crate::plant::{Plant, Witness};
use crate::resolve::best_first;
use model::plant::{Anchor, Setting};
use model::{Attribute, CaptureId, Confidence, Evidence, Name};

/// The protocol name of what a person said.
pub const PERSON: Name = Name::new("person");
/// A person's word: nothing on the wire is as sure.
pub const SURE: Confidence = Confidence(100);

/// The addresses that decisions about a device may name.
pub fn anchors(asset: &Asset) -> Vec<Anchor> {
    let macs = asset.macs.iter().copied().map(Anchor::Mac);
    macs.chain(asset.ips.iter().copied().map(Anchor::Ip)).collect()
}

const FIELDS: &[(&str, Attribute)] = &[
    ("name", Attribute::Name),
    ("role", Attribute::Role),
    ("level", Attribute::Level),
    ("criticality", Attribute::Criticality),
    ("safety", Attribute::Safety),
    ("owner", Attribute::Owner),
    ("location", Attribute::Location),
    ("zone", Attribute::Zone),
    ("note", Attribute::Note),
];

/// Adds what was said, and lets it win.
pub(crate) fn settle(asset: &mut Asset, plant: &Plant, anchors: &[Anchor]) {
    let mut any = false;
    for (field, attribute) in FIELDS {
        let Some((setting, witness)) = plant.said(anchors, field) else { continue };
        any = true;
        match setting {
            Setting::Role(role) => asset.role = *role,
            Setting::Level(level) => asset.level = Some(*level),
            Setting::Criticality(weight) => asset.criticality = Some(*weight),
            Setting::Safety(safety) => asset.safety = Some(*safety),
            _ => {}
        }
        asset.claims.push(claim(*attribute, setting, witness));
    }
    if any {
        asset.claims.sort_by(best_first);
    }
}

fn claim(attribute: Attribute, setting: &Setting, witness: &Witness) -> Claim {
    Claim {
        attribute,
        value: setting.value(),
        protocol: PERSON,
        confidence: SURE,
        evidence: evidence(witness),
        reason: Some(format!("set {}", witness.sentence())),
    }
}

/// A decision as evidence.
pub(crate) fn evidence(witness: &Witness) -> Evidence {
    Evidence {
        capture: CaptureId::DECISIONS,
        frame: witness.decision,
        time: witness.at,
        field: Name::new("decision"),
        bytes: None,
    }
}
