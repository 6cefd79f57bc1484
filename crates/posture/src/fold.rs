//! The fold with what follows from it kept up to date: a site, and the devices in it.

use crate::identity::Identity;
use crate::inventory::Inventory;
use crate::plant::Plant;
use crate::resolve;
use crate::site::Site;
use model::journal::Entry;

/// A site that grows. What is asked of it costs what is new for identity, and the size of the site for the rest.
#[derive(Debug, Default)]
pub struct Fold {
    site: Site,
    identity: Identity,
}

impl Fold {
    /// Folds one entry in.
    pub fn apply(&mut self, entry: &Entry) {
        self.site.apply(entry);
        if let Entry::Observed(observation) = entry {
            self.identity.note(observation);
        }
    }

    /// The inventory as it is now; the same as [`resolve::resolve`] of the site.
    pub fn inventory(&mut self) -> Inventory {
        let plant = Plant::of(self.site.decisions.values());
        self.identity.settle(&self.site, &plant);
        resolve::inventory(&self.site, &self.identity, plant)
    }

    /// What was folded.
    pub fn site(&self) -> &Site {
        &self.site
    }
}
