//! What was seen beside what is allowed.

use super::lists::Budget;
use super::world::World;
use super::{Answer, Outcome, Protocol};
use model::Text;
use model::network::{Action, Addresses, Match, NetworkDevice, Rule};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Different conversations that are asked about; more are passed over.
const OBSERVED_MAX: usize = 100_000;

/// Rules that are tried for all conversations together; where they are used up, what is left is undecided.
const RULES_MAX: u64 = 500_000_000;

/// A conversation that was seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Observed {
    /// Who asked.
    pub client: IpAddr,
    /// Who answered.
    pub server: IpAddr,
    /// Above IP.
    pub protocol: Protocol,
    /// Port of the server; TCP and UDP only.
    pub port: Option<u16>,
}

/// How the two compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Seen, and yet denied: there is another way, or the configuration is not the one in force.
    ObservedThoughDenied,
    /// Seen, and yet no known device leads there: there is another way.
    ObservedWithoutPath,
    /// A rule that allows what nobody was seen to do.
    NeverObserved,
    /// A rule that is used, and allows far more than what was seen.
    TooWide,
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Comparison {
    /// Which.
    pub verdict: Verdict,
    /// The conversation, for those that were seen.
    pub observed: Option<Observed>,
    /// The answer about it.
    pub answer: Option<Answer>,
    /// The rule, for one that is not used or too wide.
    pub rule: Option<RuleRef>,
    /// One sentence.
    pub why: String,
}

/// A rule of a device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RuleRef {
    /// Which of the devices, by its place in the list.
    pub device: usize,
    /// Its name.
    pub name: Text,
    /// The list.
    pub list: Text,
    /// Line in the file.
    pub line: u32,
    /// As it stands there.
    pub text: Text,
    /// What it asks nothing about: `any source`, `any destination`, `any service`.
    pub any: Vec<&'static str>,
}

/// What the configurations say of each of these conversations, in their order.
pub fn answers(devices: &[NetworkDevice], observed: &[Observed]) -> Vec<Answer> {
    let world = World::new(devices);
    let budget = Budget::new(RULES_MAX);
    let ask = |one: &Observed| world.verdict(one.client, one.server, one.protocol, one.port, &budget);
    observed.iter().map(ask).collect()
}

/// Compares conversations with configurations: first those that should not be, in the order given, then rules in the order of the files.
///
/// A rule counts as used when a conversation surely or possibly was let in by it. Rules for conversations under way, disabled rules and
/// lists that are bound nowhere are left out.
pub fn compare(devices: &[NetworkDevice], observed: &[Observed]) -> Vec<Comparison> {
    let world = World::new(devices);
    let budget = Budget::new(RULES_MAX);
    let mut out = Vec::new();
    let mut used: BTreeSet<(usize, Text, u32)> = BTreeSet::new();
    let mut crossed: BTreeMap<usize, usize> = BTreeMap::new();
    let mut asked = BTreeSet::new();
    for one in observed {
        if asked.len() >= OBSERVED_MAX || !asked.insert(*one) {
            continue;
        }
        let answer = world.verdict(one.client, one.server, one.protocol, one.port, &budget);
        for device in answer.by.iter().map(|s| s.device).collect::<BTreeSet<_>>() {
            *crossed.entry(device).or_default() += 1;
        }
        let counts = answer.by.iter().filter(|s| s.outcome != Outcome::Denied && !s.list.is_empty());
        used.extend(counts.map(|s| (s.device, s.list.clone(), s.line)));
        out.extend(against(*one, answer));
    }
    for (index, device) in devices.iter().enumerate() {
        let crossed = crossed.get(&index).copied().unwrap_or(0);
        out.extend(rules(index, device, &used, crossed));
    }
    out
}

fn against(observed: Observed, answer: Answer) -> Option<Comparison> {
    let (verdict, what) = match answer.outcome {
        Outcome::Denied => (Verdict::ObservedThoughDenied, "seen, though denied"),
        Outcome::NoPath => (Verdict::ObservedWithoutPath, "seen, though no known device leads there"),
        _ => return None,
    };
    let why = format!("{what}: {}; it goes another way, or other rules are in force", answer.why);
    Some(Comparison { verdict, observed: Some(observed), answer: Some(answer), rule: None, why })
}

fn rules(
    index: usize,
    device: &NetworkDevice,
    used: &BTreeSet<(usize, Text, u32)>,
    crossed: usize,
) -> Vec<Comparison> {
    let bound = bound_lists(device);
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for list in device.chains.iter().filter(|l| bound.contains(&l.name)) {
        for rule in list.rules.iter().filter(|r| counts(r)) {
            // One line may have become several rules.
            if !seen.insert((&list.name, rule.line)) {
                continue;
            }
            let is_used = used.contains(&(index, list.name.clone(), rule.line));
            let any = asks_nothing(&rule.when);
            let (verdict, why) = match (is_used, any.len()) {
                (false, _) => (Verdict::NeverObserved, unused(crossed, &any)),
                (true, 2..) => (Verdict::TooWide, format!("used, but too wide: {}", any.join(", "))),
                _ => continue,
            };
            let rule = RuleRef {
                device: index,
                name: device.hostname.clone(),
                list: list.name.clone(),
                line: rule.line,
                text: rule.text.clone(),
                any,
            };
            out.push(Comparison { verdict, observed: None, answer: None, rule: Some(rule), why });
        }
    }
    out
}

fn counts(rule: &Rule) -> bool {
    rule.action == Action::Allow && rule.enabled && !rule.when.established_only
}

fn unused(crossed: usize, any: &[&str]) -> String {
    let wide = if any.is_empty() { String::new() } else { format!("; too wide: {}", any.join(", ")) };
    match crossed {
        0 => format!("no conversation was seen that this device rules on{wide}"),
        n => format!("none of {n} conversations that this device rules on needs it{wide}"),
    }
}

/// Lists that are bound somewhere, with those they jump to.
fn bound_lists(device: &NetworkDevice) -> BTreeSet<&Text> {
    let by_name: BTreeMap<&Text, _> = device.chains.iter().map(|l| (&l.name, l)).collect();
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Text> = device.bindings.iter().map(|b| &b.list).collect();
    while let Some(name) = waiting.pop() {
        if !found.insert(name) {
            continue;
        }
        for rule in by_name.get(name).map(|l| l.rules.as_slice()).unwrap_or_default() {
            if let Action::Jump(to) | Action::Goto(to) = &rule.action {
                waiting.push(to);
            }
        }
    }
    found
}

fn asks_nothing(when: &Match) -> Vec<&'static str> {
    let every = |set: &Option<Addresses>| set.as_ref().is_none_or(Addresses::is_everything);
    let services =
        when.services.is_empty() || when.services.iter().any(model::network::Service::is_everything);
    let parts = [
        (every(&when.sources), "any source"),
        (every(&when.destinations), "any destination"),
        (services, "any service"),
    ];
    parts.into_iter().filter(|(any, _)| *any).map(|(_, name)| name).collect()
}
