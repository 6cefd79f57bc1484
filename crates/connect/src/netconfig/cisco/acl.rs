//! Entries of access lists (Cisco, "Security Command Reference": `ip access-list`, `permit`, `deny`, `access-list`).

use super::super::limits::Caps;
use super::super::line::{Words, net, net_of_care, shown};
use super::super::words;
use super::block::Block;
use super::groups::Groups;
use super::{Fault, Reader, family};
use model::Text;
use model::network::{Action, Addresses, Match, Net, Ports, Rule, Service};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Every address.
pub(super) fn everything() -> [Net; 2] {
    [Net::Prefix(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), Net::Prefix(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0)]
}

/// How an entry is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Standard,
    Extended,
    V6,
}

impl<'a> Reader<'a> {
    /// `ip access-list extended NAME` and its entries.
    pub(super) fn named_list(
        &mut self,
        block: &Block<'a>,
        mut words: Words<'a>,
        v6: bool,
    ) -> Result<(), Fault> {
        let style = match words.peek() {
            Some("standard") if !v6 => Style::Standard,
            Some("extended") if !v6 => Style::Extended,
            Some("resequence" | "logging" | "log-update" | "persistent" | "helper" | "role-based") if !v6 => {
                return Ok(());
            }
            Some("match-local-traffic" | "log-update") => return Ok(()),
            Some(_) if v6 => Style::V6,
            _ => return self.unknown(model::network::Affects::Filtering(None), block.line, block.text),
        };
        if !v6 {
            words.next();
        }
        let name = words.next().unwrap_or_default().to_owned();
        self.list(&name, block.line)?;
        let mut entries = Vec::new();
        let mut next: u32 = 10;
        for (line, text) in &block.children {
            let mut words = Words::new(text);
            // IOS XE shows `sequence N` in IPv6 lists, and a bare number in the others.
            words.eat("sequence");
            if let Some(number) = words.peek().and_then(|w| w.parse().ok()) {
                words.next();
                next = number;
            }
            if let Some(rule) = self.entry(words, style, *line, text)? {
                entries.push((next, rule));
                next = next.saturating_add(10);
            }
        }
        entries.sort_by_key(|(sequence, _): &(u32, Rule)| *sequence);
        self.list(&name, block.line)?.rules.extend(entries.into_iter().map(|(_, rule)| rule));
        Ok(())
    }

    /// `access-list NUMBER permit …`. Numbers tell the kind of list.
    pub(super) fn numbered_entry(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        let name = words.next().unwrap_or_default();
        let style = match name.parse::<u32>() {
            Ok(1..=99 | 1300..=1999) => Style::Standard,
            Ok(100..=199 | 2000..=2699) => Style::Extended,
            // Lists of Ethernet and of protocols long gone.
            _ => return Ok(()),
        };
        self.list(name, block.line)?;
        if let Some(rule) = self.entry(words, style, block.line, block.text)? {
            self.list(name, block.line)?.rules.push(rule);
        }
        Ok(())
    }

    fn entry(
        &mut self,
        mut words: Words<'a>,
        style: Style,
        line: u32,
        text: &str,
    ) -> Result<Option<Rule>, Fault> {
        let action = match words.next() {
            Some("permit") => Action::Allow,
            Some("deny") => Action::Deny,
            Some("remark" | "description" | "statistics") | None => return Ok(None),
            // What a reflexive list lets back in is never the first packet.
            Some("evaluate") => {
                self.caps.rule(line)?;
                let mut rule = Rule::new(Action::Allow, line, shown(text).as_str());
                rule.when.established_only = true;
                return Ok(Some(rule));
            }
            Some(_) => Action::Unknown,
        };
        self.caps.rule(line)?;
        let mut rule = Rule::new(action, line, shown(text).as_str());
        let mut entry = Entry { words, groups: &self.groups, caps: self.caps, style, when: Match::default() };
        let understood = rule.action != Action::Unknown && entry.conditions().is_some();
        rule.when = entry.when;
        rule.when.family = Some(family(style == Style::V6));
        if !understood {
            rule.when.undecided.push(shown(text));
        }
        rule.log = text.split_whitespace().any(|w| w == "log" || w == "log-input");
        Ok(Some(rule))
    }
}

struct Entry<'a, 'g> {
    words: Words<'a>,
    groups: &'g Groups<'a>,
    caps: &'g mut Caps,
    style: Style,
    when: Match,
}

impl Entry<'_, '_> {
    /// Conditions after `permit` or `deny`; `None` when something was not understood. What was read until then counts.
    fn conditions(&mut self) -> Option<()> {
        if self.style == Style::Standard {
            self.when.sources = self.address()?;
            return self.words.rest().iter().all(|w| *w == "log").then_some(());
        }
        let mut service = self.protocol()?;
        self.when.sources = self.address()?;
        let source_ports = ports(&mut self.words)?;
        self.when.destinations = self.address()?;
        let destination_ports = ports(&mut self.words)?;
        if let Some(service) = &mut service {
            service.source_ports = source_ports;
            service.destination_ports = destination_ports;
        }
        let understood = self.options(&mut service);
        self.when.services.extend(service.filter(|s| !s.is_everything()));
        understood
    }

    /// `None` inside when a group of services was put into the conditions.
    fn protocol(&mut self) -> Option<Option<Service>> {
        let name = self.words.next()?;
        if name == "object-group" {
            let set = self.groups.services(self.words.next()?, self.caps);
            if set.services.is_empty() || !set.unknown.is_empty() {
                self.when.undecided.extend(set.unknown);
            }
            self.when.services = set.services;
            return Some(None);
        }
        if name == "ip" || name == "ipv6" && self.style == Style::V6 {
            return Some(Some(Service::default()));
        }
        let number = if name == "icmp" && self.style == Style::V6 { 58 } else { words::protocol(name)? };
        Some(Some(Service::protocol(number)))
    }

    /// `None` inside for any address.
    fn address(&mut self) -> Option<Option<Addresses>> {
        let first = self.words.next()?;
        match first {
            "any" => return Some(None),
            "object-group" => {
                return Some(Some(self.groups.addresses(self.words.next()?, self.caps)));
            }
            "host" => {
                let name = self.words.next()?;
                return Some(Some(match name.parse() {
                    Ok(ip) => Addresses::of(vec![Net::host(ip)]),
                    Err(_) => Addresses { unknown: vec![Text::new(name)], ..Addresses::default() },
                }));
            }
            _ => {}
        }
        if self.style == Style::V6 || first.contains('/') {
            return net(first).map(|n| Some(Addresses::of(vec![n])));
        }
        let address: Ipv4Addr = first.parse().ok()?;
        // A standard list may leave the wildcard out, which then is that of one host.
        let wildcard = self.words.peek().and_then(|w| w.trim_end_matches(',').parse::<Ipv4Addr>().ok());
        let care = match wildcard {
            Some(wildcard) => {
                self.words.next();
                Ipv4Addr::from_bits(!wildcard.to_bits())
            }
            None if self.style == Style::Standard => Ipv4Addr::BROADCAST,
            None => return None,
        };
        Some(Some(Addresses::of(vec![net_of_care(address, care)])))
    }

    fn options(&mut self, service: &mut Option<Service>) -> Option<()> {
        let icmp = service.as_ref().and_then(|s| s.protocol).filter(|p| matches!(p, 1 | 58));
        if let (Some(protocol), Some(service)) = (icmp, service.as_mut())
            && let Some(number) = self.words.peek().and_then(|w| words::icmp_type(w, protocol == 58))
        {
            self.words.next();
            service.icmp_types.push(number);
            // The code.
            if self.words.peek().is_some_and(|w| w.parse::<u8>().is_ok()) {
                self.words.next();
            }
        }
        let mut understood = Some(());
        while let Some(word) = self.words.next() {
            match word {
                // The bits ACK or RST; a first packet has neither. No fragment but the first is a first packet.
                "established" | "ack" | "rst" | "fin" | "psh" | "urg" | "fragments" => {
                    self.when.established_only = true
                }
                "log" | "log-input" => self.skip_tag(),
                "syn" => {}
                "match-all" => self.flags(),
                "match-any" => self.any_flag(),
                // What goes out is remembered for the way back.
                "reflect" => {
                    self.words.next();
                    if self.words.eat("timeout") {
                        self.words.next();
                    }
                }
                _ => understood = None,
            }
        }
        understood
    }

    /// A word of the user after `log`.
    fn skip_tag(&mut self) {
        if let [last] = self.words.rest()
            && !matches!(*last, "fragments" | "established")
        {
            self.words.next();
        }
    }

    /// A first packet has SYN and nothing else; all of these must be so.
    fn flags(&mut self) {
        while let Some(flag) = self.words.peek().filter(|w| w.starts_with(['+', '-'])) {
            self.words.next();
            let fits = flag == "+syn" || flag.starts_with('-') && flag != "-syn";
            self.when.established_only |= !fits;
        }
    }

    /// One of these is enough.
    fn any_flag(&mut self) {
        let mut fits = false;
        while let Some(flag) = self.words.peek().filter(|w| w.starts_with(['+', '-'])) {
            self.words.next();
            fits |= flag == "+syn" || flag.starts_with('-') && flag != "-syn";
        }
        self.when.established_only |= !fits;
    }
}

/// `eq A [B …]`, `neq A`, `gt A`, `lt A`, `range A B`. `None` when it begins so and is not understood, `None` inside when there is no
/// condition on ports.
pub(super) fn ports(words: &mut Words<'_>) -> Option<Option<Ports>> {
    let operator = match words.peek() {
        Some(word @ ("eq" | "neq" | "gt" | "lt" | "range")) => word,
        Some("object-group") | None | Some(_) => return Some(None),
    };
    words.next();
    let first = words::port(words.next()?)?;
    let mut ports = Ports::of(vec![(first, first)]);
    match operator {
        "gt" => ports.ranges = first.checked_add(1).map(|a| (a, u16::MAX)).into_iter().collect(),
        "lt" => ports.ranges = first.checked_sub(1).map(|b| (0, b)).into_iter().collect(),
        "range" => {
            let last = words::port(words.next()?)?;
            ports.ranges = vec![(first.min(last), first.max(last))];
        }
        _ => {
            while let Some(port) = words.peek().and_then(words::port) {
                words.next();
                ports.ranges.push((port, port));
            }
            ports.negated = operator == "neq";
        }
    }
    Some(Some(ports))
}
