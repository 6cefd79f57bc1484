//! Caps on what one configuration may hold.

use super::Fault;
use model::network::Match;

/// Rules of all lists together.
pub(super) const RULES_MAX: usize = 100_000;
/// Members of groups and sets, after each was put in place of its name, together.
pub(super) const MEMBERS_MAX: usize = 500_000;
/// Groups inside groups.
pub(super) const GROUP_DEPTH_MAX: u32 = 8;
/// Interfaces, routes, VLANs, translations, accounts, services: each.
const THINGS_MAX: usize = 100_000;
/// Notes on what was not understood.
const UNKNOWN_MAX: usize = 10_000;

/// What may still be taken.
#[derive(Debug)]
pub(super) struct Caps {
    rules: usize,
    members: usize,
    things: usize,
    unknown: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self { rules: RULES_MAX, members: MEMBERS_MAX, things: THINGS_MAX, unknown: UNKNOWN_MAX }
    }
}

impl Caps {
    /// Takes one more rule.
    pub(super) fn rule(&mut self, line: u32) -> Result<(), Fault> {
        take(&mut self.rules, line, "rules", RULES_MAX)
    }

    /// Takes one more interface, route or the like.
    pub(super) fn thing(&mut self, line: u32) -> Result<(), Fault> {
        take(&mut self.things, line, "interfaces, routes and the like", THINGS_MAX)
    }

    /// Takes one more note on what was not understood.
    pub(super) fn unknown(&mut self, line: u32) -> Result<(), Fault> {
        take(&mut self.unknown, line, "lines that are not understood", UNKNOWN_MAX)
    }

    /// Takes a copy of conditions.
    ///
    /// # Errors
    /// There is no place for it.
    pub(super) fn copy(&mut self, when: &Match, line: u32) -> Result<(), Fault> {
        let room = self.members(weight(when));
        room.then_some(()).ok_or_else(|| {
            Fault::new(line, 1, format!("more than {MEMBERS_MAX} members of sets and groups: not taken"))
        })
    }

    /// Takes members of a group; `false` when there is no place, and the group must count as not understood.
    pub(super) fn members(&mut self, count: usize) -> bool {
        match self.members.checked_sub(count) {
            Some(rest) => {
                self.members = rest;
                true
            }
            None => false,
        }
    }
}

/// What conditions hold, in members: what a copy of them costs.
pub(super) fn weight(when: &Match) -> usize {
    let addresses =
        [&when.sources, &when.destinations].into_iter().flatten().map(|a| a.nets.len() + a.unknown.len());
    let interfaces = [&when.in_interfaces, &when.out_interfaces].into_iter().flatten().map(|i| i.names.len());
    let ports = |p: &Option<model::network::Ports>| p.as_ref().map_or(0, |p| p.ranges.len());
    let services = when.services.iter().map(|s| 1 + ports(&s.source_ports) + ports(&s.destination_ports));
    addresses.chain(interfaces).chain(services).sum::<usize>() + when.undecided.len()
}

fn take(places: &mut usize, line: u32, what: &str, max: usize) -> Result<(), Fault> {
    *places = places
        .checked_sub(1)
        .ok_or_else(|| Fault::new(line, 1, format!("more than {max} {what}: not taken")))?;
    Ok(())
}
