//! What lists of rules do with a packet.

use super::matching::{At, Packet, Truth, matches, services};
use super::world::Site;
use super::{Outcome, STEPS_MAX, Step};
use model::Text;
use model::network::{Action, Binding, Fallback, Place, Rule, RuleList};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Jumps inside jumps.
const DEPTH_MAX: u32 = 16;

/// What may become of a packet, each of which is possible.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Possible {
    pub(super) allow: bool,
    pub(super) deny: bool,
    /// The list did not decide.
    pass: bool,
    pub(super) by: Vec<Step>,
}

impl Possible {
    fn either() -> Self {
        Self { allow: true, deny: true, ..Self::default() }
    }

    fn add(&mut self, other: Self) {
        self.allow |= other.allow;
        self.deny |= other.deny;
        let room = STEPS_MAX.saturating_sub(self.by.len());
        self.by.extend(other.by.into_iter().take(room));
    }

    /// What it comes to when the packet must pass.
    pub(super) fn outcome(&self) -> Outcome {
        match (self.allow, self.deny) {
            (true, false) => Outcome::Allowed,
            (false, true) => Outcome::Denied,
            _ => Outcome::Undecided,
        }
    }
}

/// Work that may still be done for one question.
#[derive(Debug)]
pub(super) struct Budget(Cell<u64>);

impl Budget {
    pub(super) fn new(rules: u64) -> Self {
        Self(Cell::new(rules))
    }

    /// Takes the work of so many rules; `false` when there is none left.
    pub(super) fn take(&self, work: u64) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(work));
        left >= work
    }
}

/// What the lists bound at a place do; every one of them must allow.
pub(super) fn at_place(
    site: &Site<'_>,
    place: Place,
    instance: Option<&Text>,
    packet: &Packet<'_>,
    budget: &Budget,
) -> Possible {
    let mut all = Possible { allow: true, ..Possible::default() };
    for binding in site.device.bindings.iter().filter(|b| b.place == place) {
        let applies = applies(binding, place, instance, packet);
        if applies == Truth::No {
            continue;
        }
        let mut one = Lists { site, packet, budget, done: BTreeMap::new() }.bound(&binding.list);
        if applies == Truth::Maybe {
            one.allow = true;
        }
        match one.outcome() {
            Outcome::Denied => return one,
            _ => {
                all.allow &= one.allow;
                all.deny |= one.deny;
                let room = STEPS_MAX.saturating_sub(all.by.len());
                all.by.extend(one.by.into_iter().take(room));
            }
        }
    }
    all
}

fn applies(binding: &Binding, place: Place, instance: Option<&Text>, packet: &Packet<'_>) -> Truth {
    if binding.family.is_some_and(|f| f != packet.family())
        || binding.instance.is_some() && binding.instance.as_ref() != instance
    {
        return Truth::No;
    }
    let at = if place == Place::Outbound { packet.out_interface } else { packet.in_interface };
    let here = match (&binding.interface, at) {
        (None, _) => Truth::Yes,
        (Some(_), At::Unknown) => Truth::Maybe,
        (Some(name), At::Named(at)) => Truth::from(name == at),
    };
    here.min(services(&binding.services, packet))
}

struct Lists<'a, 'p> {
    site: &'p Site<'a>,
    packet: &'p Packet<'p>,
    budget: &'p Budget,
    /// A list does the same with the same packet, however often it is jumped to.
    done: BTreeMap<usize, Possible>,
}

impl Lists<'_, '_> {
    /// A list that is bound decides: what passes through it unseen is not decided.
    fn bound(&mut self, name: &Text) -> Possible {
        let mut possible = self.named(name, 0);
        if possible.pass {
            possible.allow = true;
            possible.deny = true;
        }
        possible
    }

    fn named(&mut self, name: &Text, depth: u32) -> Possible {
        let Some((at, list)) = self.site.list(name).filter(|_| depth < DEPTH_MAX) else {
            return Possible { pass: true, ..Possible::either() };
        };
        if let Some(done) = self.done.get(&at) {
            return done.clone();
        }
        if !self.budget.take(list.rules.len() as u64 + 1) {
            return Possible { pass: true, ..Possible::either() };
        }
        let possible = self.list(list, depth);
        self.done.insert(at, possible.clone());
        possible
    }

    fn list(&mut self, list: &RuleList, depth: u32) -> Possible {
        let mut out = Possible::default();
        // What the last rule without `quick` said; the end of the list counts unless one surely fits.
        let mut last: Option<Possible> = None;
        let mut falls_back = true;
        for rule in list.rules.iter().filter(|r| r.enabled) {
            let truth = matches(&rule.when, self.packet);
            if truth == Truth::No {
                continue;
            }
            let (mut does, goes_on, returns) = self.action(list, rule, truth, depth);
            if !rule.quick {
                falls_back &= truth != Truth::Yes;
                if let (Truth::Maybe, Some(before)) = (truth, last.take()) {
                    does.add(before);
                }
                last = Some(does);
                continue;
            }
            out.add(does);
            match (truth, goes_on, returns) {
                (Truth::Yes, false, false) => return out,
                (Truth::Yes, false, true) => break,
                // Whether it goes back here is not known: both the end and the next rule are possible.
                (_, _, true) => self.fall_back(list, &mut out),
                _ => {}
            }
        }
        if let Some(last) = last {
            out.add(last);
        }
        if falls_back {
            self.fall_back(list, &mut out);
        }
        out
    }

    /// What a rule does, whether the next one is tried after it, and whether it goes back to where the list was called.
    fn action(&mut self, list: &RuleList, rule: &Rule, truth: Truth, depth: u32) -> (Possible, bool, bool) {
        let step = |possible: Possible| {
            let outcome = if truth == Truth::Yes { possible.outcome() } else { Outcome::Undecided };
            let step = self.site.step(&list.name, rule.line, &rule.text, outcome);
            Possible { by: vec![step], ..possible }
        };
        match &rule.action {
            Action::Allow => (step(Possible { allow: true, ..Possible::default() }), false, false),
            Action::Deny => (step(Possible { deny: true, ..Possible::default() }), false, false),
            Action::Unknown => (step(Possible::either()), true, false),
            Action::Return => (Possible::default(), false, true),
            Action::Jump(name) => {
                let does = self.named(name, depth + 1);
                let goes_on = does.pass;
                (Possible { pass: false, ..does }, goes_on, false)
            }
            Action::Goto(name) => {
                let does = self.named(name, depth + 1);
                let returns = does.pass;
                (Possible { pass: false, ..does }, false, returns)
            }
        }
    }

    fn fall_back(&mut self, list: &RuleList, out: &mut Possible) {
        let (allow, deny) = match list.default {
            Fallback::Return => {
                out.pass = true;
                return;
            }
            Fallback::Allow => (true, false),
            Fallback::Deny => (false, true),
            Fallback::Unknown => (true, true),
        };
        let text = match list.default {
            Fallback::Allow => "no rule fits: allowed",
            Fallback::Deny => "no rule fits: denied",
            _ => "no rule fits: what happens then is not known",
        };
        let end = Possible { allow, deny, ..Possible::default() };
        let step = self.site.step(&list.name, list.line, &Text::new(text), end.outcome());
        out.add(Possible { by: vec![step], ..end });
    }
}
