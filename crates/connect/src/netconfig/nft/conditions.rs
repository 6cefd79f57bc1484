//! Conditions of a rule, put together from what it looks at.

use super::super::limits::weight;
use super::super::line::net;
use super::super::words;
use super::keys::Key;
use super::sets::{Element, value};
use super::tokens::Token;
use model::Text;
use model::network::{Addresses, Family, Interfaces, Match, Net, Ports, Service};

/// How a field is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compare {
    In,
    NotIn,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Conditions that are still being put together.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    when: Match,
    protocols: Option<Vec<u8>>,
    not_protocol: Option<u8>,
    source_ports: Option<Ports>,
    destination_ports: Option<Ports>,
    icmp_types: Vec<u8>,
}

impl Conditions {
    /// Adds one condition; `None` when it is not understood, and then nothing was added.
    pub(super) fn add(
        &mut self,
        key: Key,
        compare: Compare,
        elements: &[Element<'_, '_>],
        untracked: bool,
    ) -> Option<()> {
        let mut next = self.clone();
        next.add_inner(key, compare, elements, untracked)?;
        *self = next;
        Some(())
    }

    fn add_inner(
        &mut self,
        key: Key,
        compare: Compare,
        elements: &[Element<'_, '_>],
        untracked: bool,
    ) -> Option<()> {
        match key {
            Key::Source(version) => {
                self.version(version);
                once(&mut self.when.sources, addresses(elements, compare)?)
            }
            Key::Destination(version) => {
                self.version(version);
                once(&mut self.when.destinations, addresses(elements, compare)?)
            }
            Key::Protocol(version) => {
                version.into_iter().for_each(|v| self.version(v));
                let numbers: Option<Vec<u8>> = single(elements)?.map(|t| words::protocol(t.text)).collect();
                self.protocols(numbers?, compare)
            }
            Key::Version => self.versions(elements, compare),
            Key::InInterface => once(&mut self.when.in_interfaces, interfaces(elements, compare)?),
            Key::OutInterface => once(&mut self.when.out_interfaces, interfaces(elements, compare)?),
            Key::SourcePort(protocol) => {
                self.only(protocol)?;
                once(&mut self.source_ports, ports(elements, compare)?)
            }
            Key::DestinationPort(protocol) => {
                self.only(protocol)?;
                once(&mut self.destination_ports, ports(elements, compare)?)
            }
            Key::IcmpType(version) => self.icmp(version, elements, compare),
            Key::State => self.state(elements, compare, untracked),
            Key::Flags => None,
        }
    }

    /// The conditions without protocols and ports.
    pub(super) fn so_far(&self) -> &Match {
        &self.when
    }

    /// What a copy costs, in members.
    pub(super) fn weight(&self) -> usize {
        let ports =
            [&self.source_ports, &self.destination_ports].into_iter().flatten().map(|p| p.ranges.len());
        weight(&self.when) + ports.sum::<usize>()
    }

    /// A condition that is not understood.
    pub(super) fn undecided(&mut self, text: &str) {
        self.when.undecided.push(Text::new(text));
    }

    /// Never a first packet.
    pub(super) fn established(&mut self) {
        self.when.established_only = true;
    }

    /// Only TCP.
    pub(super) fn tcp(&mut self) -> Option<()> {
        self.only(Some(6))
    }

    fn version(&mut self, version: Family) {
        // Both versions at once is no packet at all.
        let other = self.when.family.is_some_and(|f| f != version);
        self.when.established_only |= other;
        self.when.family = Some(version);
    }

    fn versions(&mut self, elements: &[Element<'_, '_>], compare: Compare) -> Option<()> {
        let mut words = single(elements)?;
        let (one, None) = (words.next()?, words.next()) else { return None };
        let version = match one.text {
            "ipv4" | "ip" => Family::V4,
            "ipv6" | "ip6" => Family::V6,
            _ => return None,
        };
        match (compare, version) {
            (Compare::In, version) => self.version(version),
            (Compare::NotIn, Family::V4) => self.version(Family::V6),
            (Compare::NotIn, Family::V6) => self.version(Family::V4),
            _ => return None,
        }
        Some(())
    }

    fn only(&mut self, protocol: Option<u8>) -> Option<()> {
        protocol.map_or(Some(()), |p| self.protocols(vec![p], Compare::In))
    }

    fn protocols(&mut self, numbers: Vec<u8>, compare: Compare) -> Option<()> {
        match (compare, numbers.as_slice()) {
            (Compare::In, _) => {
                let kept = match &self.protocols {
                    Some(old) => old.iter().copied().filter(|p| numbers.contains(p)).collect(),
                    None => numbers,
                };
                self.when.established_only |= kept.is_empty();
                self.protocols = Some(kept);
                Some(())
            }
            (Compare::NotIn, [one]) => once(&mut self.not_protocol, *one),
            _ => None,
        }
    }

    fn icmp(&mut self, version: Family, elements: &[Element<'_, '_>], compare: Compare) -> Option<()> {
        let v6 = version == Family::V6;
        if compare != Compare::In || !self.icmp_types.is_empty() {
            return None;
        }
        self.version(version);
        self.only(Some(if v6 { 58 } else { 1 }))?;
        let types: Option<Vec<u8>> = single(elements)?.map(|t| words::icmp_type(t.text, v6)).collect();
        self.icmp_types = types.filter(|t| !t.is_empty())?;
        Some(())
    }

    /// A first packet is new; where some are kept out of tracking, it may be untracked as well.
    fn state(&mut self, elements: &[Element<'_, '_>], compare: Compare, untracked: bool) -> Option<()> {
        let states: Vec<&str> = single(elements)?.map(|t| t.text).collect();
        let known = |s: &&str| matches!(*s, "established" | "related" | "new" | "invalid" | "untracked");
        (states.iter().all(known) && !(untracked && states.contains(&"untracked"))).then_some(())?;
        let new = states.contains(&"new");
        match compare {
            Compare::In => self.when.established_only |= !new,
            Compare::NotIn => self.when.established_only |= new,
            _ => return None,
        }
        Some(())
    }

    /// The conditions as the model has them.
    pub(super) fn finish(self) -> Match {
        let Self { mut when, protocols, not_protocol, source_ports, destination_ports, icmp_types } = self;
        let base = Service { source_ports, destination_ports, icmp_types, ..Service::default() };
        match (protocols, not_protocol) {
            (Some(protocols), not) => {
                let kept = protocols.into_iter().filter(|p| Some(*p) != not);
                when.services = kept.map(|p| Service { protocol: Some(p), ..base.clone() }).collect();
                // No protocol is left: no packet at all.
                when.established_only |= when.services.is_empty();
            }
            (None, Some(not)) => {
                when.services = vec![Service { protocol: Some(not), protocol_negated: true, ..base }];
            }
            (None, None) if base == Service::default() => {}
            (None, None) => when.services = vec![base],
        }
        when
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    if place.is_some() {
        return None;
    }
    *place = Some(value);
    Some(())
}

/// The one word of each element.
fn single<'a, 't, 'e>(
    elements: &'e [Element<'a, 't>],
) -> Option<impl Iterator<Item = Token<'a>> + use<'a, 't, 'e>> {
    let all = elements.iter().all(|e| value(e).len() == 1);
    all.then(|| elements.iter().filter_map(|e| value(e).first().copied()))
}

fn negated(compare: Compare) -> Option<bool> {
    match compare {
        Compare::In => Some(false),
        Compare::NotIn => Some(true),
        _ => None,
    }
}

fn addresses(elements: &[Element<'_, '_>], compare: Compare) -> Option<Addresses> {
    let mut set = Addresses { negated: negated(compare)?, ..Addresses::default() };
    for word in single(elements)? {
        match address(word.text) {
            Some(net) => set.nets.push(net),
            None => set.unknown.push(Text::new(word.text)),
        }
    }
    Some(set)
}

fn address(text: &str) -> Option<Net> {
    if let Some(net) = net(text) {
        return Some(net);
    }
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(Net::Range(first, last))
}

fn ports(elements: &[Element<'_, '_>], compare: Compare) -> Option<Ports> {
    let ranges: Option<Vec<(u16, u16)>> = single(elements)?.map(|t| words::port_range(t.text, '-')).collect();
    let ranges = ranges?;
    let bound = |compare| match (ranges.as_slice(), compare) {
        ([(port, _)], Compare::Below) => port.checked_sub(1).map(|last| (0, last)),
        ([(port, _)], Compare::AtMost) => Some((0, *port)),
        ([(port, _)], Compare::Above) => port.checked_add(1).map(|first| (first, u16::MAX)),
        ([(port, _)], Compare::AtLeast) => Some((*port, u16::MAX)),
        _ => None,
    };
    match negated(compare) {
        Some(negated) => Some(Ports { negated, ..Ports::of(ranges) }),
        None => bound(compare).map(|range| Ports::of(vec![range])),
    }
}

fn interfaces(elements: &[Element<'_, '_>], compare: Compare) -> Option<Interfaces> {
    let names = single(elements)?.map(|t| Text::new(t.text)).collect();
    Some(Interfaces { negated: negated(compare)?, ..Interfaces::of(names) })
}
