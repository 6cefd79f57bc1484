//! What iptables and nftables have in common: chains of rules, and translation in chains of the kind `nat` (Linux netfilter; iptables(8),
//! nft(8)). A changed destination is what every filter chain sees, as prerouting comes before forward and input.

use super::Fault;
use super::limits::Caps;
use model::Text;
use model::network::{Action, Change, Match, Rule, Translated, Translation};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Chains inside chains that translation is followed into.
const DEPTH_MAX: u32 = 8;

/// A rule with what it translates.
#[derive(Clone, Debug)]
pub(super) struct LinuxRule {
    pub(super) rule: Rule,
    pub(super) change: Option<Change>,
}

/// Rules by the name of their chain.
pub(super) type Chains = BTreeMap<String, Vec<LinuxRule>>;

/// A new destination that holds for all old ones alike.
pub(super) fn destination(to: Option<IpAddr>, port: Option<u16>) -> Change {
    Change::Destination { to, base: None, port, seen: Translated::First }
}

/// The translations of a chain, with those of the chains it jumps to. A condition on the jump counts as not understood.
///
/// # Errors
/// More than the caps allow.
pub(super) fn translations(chains: &Chains, start: &str, caps: &mut Caps) -> Result<Vec<Translation>, Fault> {
    let mut walk = Walk { chains, caps, out: Vec::new() };
    walk.chain(start, &[], 0)?;
    Ok(walk.out)
}

struct Walk<'a> {
    chains: &'a Chains,
    caps: &'a mut Caps,
    out: Vec<Translation>,
}

impl Walk<'_> {
    fn chain(&mut self, name: &str, outer: &[Text], depth: u32) -> Result<(), Fault> {
        let mut undecided = outer.to_vec();
        for LinuxRule { rule, change } in self.chains.get(name).map(Vec::as_slice).unwrap_or_default() {
            match (change, &rule.action) {
                (Some(change), _) => self.push(rule, change.clone(), &undecided)?,
                (None, Action::Jump(to) | Action::Goto(to)) if depth < DEPTH_MAX => {
                    let mut inner = undecided.clone();
                    if rule.when != Match::default() {
                        inner.push(rule.text.clone());
                    }
                    self.chain(to.as_str(), &inner, depth + 1)?;
                }
                (None, Action::Return) if depth > 0 => undecided.push(rule.text.clone()),
                (None, Action::Allow | Action::Deny | Action::Return) => {
                    self.push(rule, Change::Nothing, &undecided)?;
                }
                (None, _) => {
                    let change = destination(None, None);
                    self.push(rule, change, &undecided)?;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, rule: &Rule, change: Change, undecided: &[Text]) -> Result<(), Fault> {
        self.caps.thing(rule.line)?;
        let mut when = rule.when.clone();
        when.undecided.extend_from_slice(undecided);
        self.caps.copy(&when, rule.line)?;
        self.out.push(Translation { when, change, line: rule.line, text: rule.text.clone() });
        Ok(())
    }
}

/// `A`, `A:PORT`, `[A]:PORT`; a range of addresses or ports is not worked out.
pub(super) fn address_and_port(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse() {
        return Some((ip, None));
    }
    let (address, port) = text.rsplit_once(':')?;
    let address = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    Some((address, Some(port.parse().ok()?)))
}
