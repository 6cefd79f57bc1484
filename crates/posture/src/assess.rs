//! From an inventory to a posture: advisories that concern it, and what the checks say of it.

use crate::access::{Access, PERIOD_DAYS};
use crate::allowed::Allowed;
use crate::checks::Checks;
use crate::coverage::coverage;
use crate::exposure::exposures;
use crate::intel::fleet::Memo;
use crate::intel::matcher::Intel;
use crate::inventory::{Asset, Claim, Inventory, Module};
use crate::stated;
use crate::view::{Posture, slot};
use crate::zoning::zoning;
use model::advisory::{AssetMatch, Match, Observed};
use model::id::AssetId;
use model::{Attribute, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Works the posture out. The same inventory, advisories, checks and point in time give the same posture; `now` decides which rulings
/// have run out. What feeds say of CVEs is not part of it: whoever knows sets [`Posture::threats`].
pub fn assess(inventory: Inventory, intel: &Intel, checks: &Checks, now: Timestamp) -> Posture {
    assess_over(inventory, intel, &mut Memo::default(), checks, now, PERIOD_DAYS)
}

/// Like [`assess`], with what was compared before: only identities that are new are matched. The memo belongs to the advisories.
/// The use of accounts is looked at over so many days.
pub fn assess_over(
    inventory: Inventory,
    intel: &Intel,
    memo: &mut Memo,
    checks: &Checks,
    now: Timestamp,
    days: u32,
) -> Posture {
    let mut matches = matches(&inventory, intel, memo);
    let stated = stated::settle(&inventory, &mut matches, now);
    memo.turn();
    let titles = matches
        .iter()
        .filter_map(|m| Some((m.found.advisory.clone(), intel.title(&m.found.advisory)?.to_owned())));
    let titles: BTreeMap<String, String> = titles.collect();
    let zoning = zoning(&inventory, now);
    let access = Access::of(&inventory, &zoning, now, days);
    let evaluation = checks.evaluate(&inventory, &matches, &access);
    let coverage = coverage(&inventory, &zoning);
    let allowed = Allowed::of(&inventory, &zoning);
    let documents = titles.keys().filter_map(|id| intel.advisory(id).cloned()).collect();
    let concerned: BTreeSet<&AssetId> = matches.iter().map(|m| &m.asset).collect();
    let exposures = exposures(&inventory, &zoning, &concerned);
    Posture {
        exposures,
        stated,
        documents,
        findings: evaluation.findings,
        problems: access.problems.clone(),
        access,
        inventory,
        zoning,
        coverage,
        allowed,
        matches,
        titles,
        threats: Arc::default(),
    }
}

/// Every asset and every module against the advisories, in the order of the inventory.
fn matches(inventory: &Inventory, intel: &Intel, memo: &mut Memo) -> Vec<AssetMatch> {
    let mut all = Vec::new();
    for asset in &inventory.assets {
        let modules = asset.modules.iter().map(|module| (Some(slot(module.part)), observed_module(module)));
        for (module, observed) in std::iter::once((None, observed(asset))).chain(modules) {
            let Some(observed) = observed else { continue };
            let of = |found: &Match| AssetMatch {
                asset: asset.id.clone(),
                module: module.clone(),
                found: found.clone(),
            };
            all.extend(memo.matches(intel, &observed).iter().map(of));
        }
    }
    all
}

/// What the matcher needs of an asset; `None` when nothing names its product.
pub fn observed(asset: &Asset) -> Option<Observed> {
    let mut observed = identity(&asset.claims)?;
    observed.kind = Some(asset.role.as_str().into());
    Some(observed)
}

fn observed_module(module: &Module) -> Option<Observed> {
    identity(&module.claims)
}

fn identity(claims: &[Claim]) -> Option<Observed> {
    let best = |attribute| claims.iter().find(|c| c.attribute == attribute).map(|c| c.value.to_string());
    let (product, order_number) = (best(Attribute::Product), best(Attribute::OrderNumber));
    if product.is_none() && order_number.is_none() {
        return None;
    }
    Some(Observed {
        vendor: best(Attribute::Vendor),
        product,
        order_number,
        firmware: best(Attribute::Firmware),
        serial: best(Attribute::Serial),
        description: None,
        kind: None,
        source: None,
    })
}
