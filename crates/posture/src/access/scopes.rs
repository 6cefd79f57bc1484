//! Which devices the scope of a grant means.

use crate::inventory::{Asset, Inventory};
use crate::said::anchors;
use crate::zoning::{Zoning, fits};
use model::access::Scope;
use model::{Attribute, Level};
use std::collections::BTreeSet;

/// The devices that rights can be given on.
pub(super) struct Scopes<'a> {
    inventory: &'a Inventory,
    zoning: &'a Zoning,
}

impl<'a> Scopes<'a> {
    pub(super) fn of(inventory: &'a Inventory, zoning: &'a Zoning) -> Self {
        Self { inventory, zoning }
    }

    /// The devices of any of these, as places in the inventory.
    pub(super) fn assets(&self, on: &[Scope]) -> BTreeSet<usize> {
        let all = self.inventory.assets.iter().enumerate();
        all.filter(|(at, asset)| on.iter().any(|scope| self.means(scope, *at, asset)))
            .map(|(at, _)| at)
            .collect()
    }

    fn means(&self, scope: &Scope, at: usize, asset: &Asset) -> bool {
        match scope {
            // Hosts of others are no devices of the plant.
            Scope::Any => asset.level != Some(Level::EXTERNAL),
            Scope::Zone(id) => self.zoning.zones.get(id).is_some_and(|zone| zone.members.contains(&at)),
            Scope::Role(role) => asset.role == *role,
            Scope::Level(level) => asset.level == Some(*level),
            Scope::Subnet(net) => asset.ips.iter().any(|ip| net.contains(*ip)),
            Scope::Device(anchor) => anchors(asset).contains(anchor),
            Scope::Name(pattern) => {
                let called = |c: &&crate::inventory::Claim| {
                    matches!(c.attribute, Attribute::Name | Attribute::Hostname)
                };
                let claimed = asset.claims.iter().filter(called).map(|c| c.value.as_str());
                claimed.chain([asset.name.as_str()]).any(|name| fits(pattern.as_str(), name))
            }
        }
    }
}
