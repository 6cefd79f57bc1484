//! Many assets: each identity compared once, and new advisories compared only with the assets they may mean.
//!
//! Invariant: both give what [`Intel::matches`] gives; tests compare them on labelled assets.

use crate::intel::matcher::Intel;
use model::advisory::{Match, Observed};
use std::collections::HashMap;
use std::sync::Arc;

/// Matches by identity. Equal identities have equal matches, so a change of one asset compares that asset only.
#[derive(Clone, Debug, Default)]
pub struct Memo {
    /// Only looked up, never walked.
    current: HashMap<Observed, Arc<[Match]>>,
    before: HashMap<Observed, Arc<[Match]>>,
}

impl Memo {
    /// What the advisories say of an identity, compared now or before. One memo belongs to one [`Intel`].
    pub fn matches(&mut self, intel: &Intel, observed: &Observed) -> Arc<[Match]> {
        if let Some(known) = self.current.get(observed) {
            return Arc::clone(known);
        }
        let found = self.before.remove(observed).unwrap_or_else(|| intel.matches(observed).into());
        self.current.insert(observed.clone(), Arc::clone(&found));
        found
    }

    /// Ends a round: identities that nobody asked for since the last one are forgotten.
    pub fn turn(&mut self) {
        self.before = std::mem::take(&mut self.current);
    }
}

/// Observed products prepared for the question whom a new advisory may mean.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    observed: Observed,
    /// Makers of the tables; empty when any maker may be meant.
    makers: Vec<String>,
    together: String,
}

impl Fleet {
    /// Prepares a list of products; answers refer to places in it.
    #[must_use]
    pub fn of(observed: impl IntoIterator<Item = Observed>, intel: &Intel) -> Fleet {
        let member = |observed: Observed| {
            let profile = intel.profile(&observed);
            let known = profile.vendors.iter().all(|key| intel.is_table_maker(key));
            let makers = if known { profile.vendors } else { Vec::new() };
            Member { observed, makers, together: profile.together }
        };
        Fleet { members: observed.into_iter().map(member).collect() }
    }

    /// What new advisories say of the products: place and matches, only of those they say anything of. `news` is read into
    /// [`Intel::blank`]. Linear in the products, and cheap for each that shares no telling word with the advisories.
    #[must_use]
    pub fn matches_of(&self, news: &Intel) -> Vec<(usize, Vec<Match>)> {
        let shelves: Vec<(&str, Vec<&str>)> =
            news.shelves().map(|(maker, shelf)| (maker, shelf.keys().collect())).collect();
        let may_mean = |member: &&(usize, &Member)| {
            let member = member.1;
            let mut of = shelves.iter().filter(|(maker, _)| {
                member.makers.is_empty() || member.makers.iter().any(|own| own == maker)
            });
            of.any(|(_, keys)| keys.iter().any(|key| member.together.contains(key)))
        };
        let found = |(at, member): (usize, &Member)| (at, news.matches(&member.observed));
        let members: Vec<(usize, &Member)> = self.members.iter().enumerate().collect();
        members
            .iter()
            .filter(may_mean)
            .copied()
            .map(found)
            .filter(|(_, matches)| !matches.is_empty())
            .collect()
    }
}
