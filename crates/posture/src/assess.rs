//! From an inventory to a posture: advisories that concern it, and what the checks say of it.

use crate::access::{Access, PERIOD_DAYS};
use crate::allowed::Allowed;
use crate::checks::Checks;
use crate::coverage::coverage;
use crate::intel::matcher::Intel;
use crate::inventory::{Asset, Claim, Inventory, Module};
use crate::view::{Posture, slot};
use crate::zoning::zoning;
use model::advisory::{AssetMatch, Observed};
use model::{Attribute, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Works the posture out. The same inventory, advisories, checks and point in time give the same posture; `now` decides which rulings
/// have run out. What feeds say of CVEs is not part of it: whoever knows sets [`Posture::threats`].
pub fn assess(inventory: Inventory, intel: &Intel, checks: &Checks, now: Timestamp) -> Posture {
    assess_over(inventory, intel, checks, now, PERIOD_DAYS)
}

/// Like [`assess`], with the use of accounts looked at over so many days.
pub fn assess_over(
    inventory: Inventory,
    intel: &Intel,
    checks: &Checks,
    now: Timestamp,
    days: u32,
) -> Posture {
    let matches = matches(&inventory, intel);
    let titles = matches
        .iter()
        .filter_map(|m| Some((m.found.advisory.clone(), intel.title(&m.found.advisory)?.to_owned())));
    let titles: BTreeMap<String, String> = titles.collect();
    let zoning = zoning(&inventory, now);
    let access = Access::of(&inventory, &zoning, now, days);
    let evaluation = checks.evaluate(&inventory, &matches, &access);
    let coverage = coverage(&inventory, &zoning);
    let allowed = Allowed::of(&inventory, &zoning);
    Posture {
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
fn matches(inventory: &Inventory, intel: &Intel) -> Vec<AssetMatch> {
    let mut all = Vec::new();
    for asset in &inventory.assets {
        let found = observed(asset).map(|o| intel.matches(&o)).unwrap_or_default();
        all.extend(found.into_iter().map(|found| AssetMatch {
            asset: asset.id.clone(),
            module: None,
            found,
        }));
        for module in &asset.modules {
            let found = observed_module(module).map(|o| intel.matches(&o)).unwrap_or_default();
            let place = slot(module.part);
            all.extend(found.into_iter().map(|found| AssetMatch {
                asset: asset.id.clone(),
                module: Some(place.clone()),
                found,
            }));
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
