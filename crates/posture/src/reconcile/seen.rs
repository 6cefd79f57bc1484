//! What was seen of an asset, in the fields of a record, with its witness.
//!
//! Only claims as sure as [`TRUSTED`] count: a maker guessed from an address block is not held against what people wrote.

use crate::inventory::{Asset, Claim};
use crate::vendors;
use crate::view::role_words;
use model::cmdb::{Field, join};
use model::{Attribute, Confidence, Evidence, Role};

/// Claims that are less sure are not compared and never written elsewhere.
pub const TRUSTED: Confidence = Confidence::LIKELY;

/// A value that was seen, and why it is believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// The value; a list as [`join`] writes it.
    pub value: String,
    /// Why, half a sentence.
    pub why: String,
    /// Who saw it.
    pub evidence: Evidence,
}

/// What was seen of a field; `None` when nothing was, or nothing sure.
pub fn seen(asset: &Asset, field: Field) -> Option<Seen> {
    let list = |value: String, why: &str| Seen { value, why: why.into(), evidence: asset.evidence.clone() };
    match field {
        Field::Ips if asset.ips.is_empty() => None,
        Field::Ips => Some(list(join(&asset.ips), "seen on the wire")),
        Field::Macs if asset.macs.is_empty() => None,
        Field::Macs => Some(list(join(&asset.macs), "seen on the wire")),
        Field::Name => named(asset),
        Field::Role => role(asset),
        Field::Vendor => vendor(asset),
        Field::Product => claim(asset, Attribute::Product).map(said),
        Field::OrderNumber => claim(asset, Attribute::OrderNumber).map(said),
        Field::Hardware => claim(asset, Attribute::Hardware).map(said),
        Field::Firmware => claim(asset, Attribute::Firmware).map(said),
        Field::Serial => claim(asset, Attribute::Serial).map(said),
        Field::Location => claim(asset, Attribute::Location).map(said),
        // Only what people said of these is sure enough.
        Field::Zone => claim(asset, Attribute::Zone).map(said),
        Field::Criticality => claim(asset, Attribute::Criticality).map(said),
        Field::Owner => claim(asset, Attribute::Owner).map(said),
        Field::Site | Field::Status => None,
    }
}

/// The maker as people say it: without its legal form.
fn vendor(asset: &Asset) -> Option<Seen> {
    let said = said(claim(asset, Attribute::Vendor)?);
    Some(Seen { value: vendors::common_name(&said.value), ..said })
}

/// The names an asset goes by.
pub(super) fn names(asset: &Asset) -> impl Iterator<Item = &Claim> {
    let is_name = |c: &&Claim| matches!(c.attribute, Attribute::Name | Attribute::Hostname);
    asset.claims.iter().filter(is_name).filter(|c| c.confidence >= TRUSTED)
}

fn named(asset: &Asset) -> Option<Seen> {
    let same = names(asset).find(|c| c.value.as_str() == asset.name);
    same.or_else(|| names(asset).next()).map(said)
}

fn role(asset: &Asset) -> Option<Seen> {
    let claim = claim(asset, Attribute::Role).filter(|_| asset.role != Role::Unknown)?;
    Some(Seen { value: role_words(asset.role).into(), ..said(claim) })
}

/// The best claim; a chassis without one of its own is known by its processor, as in the views.
pub(super) fn claim(asset: &Asset, attribute: Attribute) -> Option<&Claim> {
    let wanted = |c: &&Claim| c.attribute == attribute && c.confidence >= TRUSTED;
    let processor =
        || asset.modules.iter().find(|m| m.claims.iter().any(|c| c.attribute == Attribute::Product));
    asset.claims.iter().find(wanted).or_else(|| processor()?.claims.iter().find(wanted))
}

fn said(claim: &Claim) -> Seen {
    let why = match &claim.reason {
        Some(reason) => reason.clone(),
        None => format!("said over {}", claim.protocol),
    };
    Seen { value: claim.value.to_string(), why, evidence: claim.evidence.clone() }
}
