//! Policies and virtual IPs (FortiOS CLI reference, `config firewall policy`, `vip`, `local-in-policy`).
//!
//! The first policy that fits decides, and after the last one stands a denial. A packet to a virtual IP meets only policies that name it
//! (and denials with `match-vip`); the service of such a policy is that of the mapped port. So these policies are a list of their own.

use super::super::Fault;
use super::super::words;
use super::objects::{Objects, ServiceSet, everything, range};
use super::tree::Node;
use super::{Reader, Scope};
use model::Text;
use model::network::{
    Action, Addresses, Binding, Change, Fallback, Family, Interfaces, Match, Net, Place, Ports, Rule,
    RuleList, Service, Translated, Translation,
};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Settings that tie a policy to people, places and applications.
const IDENTITIES: [&str; 8] = [
    "groups",
    "users",
    "fsso-groups",
    "devices",
    "src-vendor-mac",
    "reputation-minimum",
    "ztna-tags-match-logic",
    "ztna-ems-tag",
];

impl<'a> Reader<'_> {
    /// All policies of a VDOM, as lists.
    pub(super) fn policies(&mut self, scope: &Scope<'_, 'a>, objects: &Objects<'_, 'a>) -> Result<(), Fault> {
        let name = scope.list("policy");
        // A backup has its policies even when there is none; without the block, the file is not whole.
        let whole = scope.node.blocks("firewall policy").next().is_some();
        let end = if whole { Fallback::Deny } else { Fallback::Unknown };
        let mut list = RuleList::new(&name, end, scope.node.line.max(1));
        let mut virtual_list =
            RuleList::new(&scope.list("policy to virtual IPs"), Fallback::Unknown, list.line);
        self.same_zone(scope, &mut list)?;
        for (block, only_v6) in [("firewall policy", false), ("firewall policy6", true)] {
            if let Some(first) = scope.node.blocks(block).next() {
                list.line = first.line;
            }
            for node in scope.node.entries(block) {
                self.policy(scope, objects, node, only_v6, &mut list, &mut virtual_list)?;
            }
        }
        self.virtual_ips(scope, objects, &mut list, &virtual_list)?;
        if list.rules.iter().any(|r| matches!(r.action, Action::Goto(_))) {
            self.device.chains.push(virtual_list);
        }
        self.device.chains.push(list);
        let mut binding = Binding::new(&name, Place::Forward, scope.node.line.max(1));
        binding.instance = scope.instance.clone();
        self.device.bindings.push(binding);
        self.local_in(scope, objects)
    }

    fn policy(
        &mut self,
        scope: &Scope<'_, 'a>,
        objects: &Objects<'_, 'a>,
        node: &Node<'a>,
        only_v6: bool,
        list: &mut RuleList,
        virtual_list: &mut RuleList,
    ) -> Result<(), Fault> {
        let action = match node.value("action") {
            "accept" => Action::Allow,
            "deny" | "" => Action::Deny,
            _ => Action::Unknown,
        };
        let mut base = self.base(scope, node, action);
        base.when.in_interfaces = self.interfaces(scope, node.values("srcintf"));
        base.when.out_interfaces = self.interfaces(scope, node.values("dstintf"));
        let services = objects.services(node.values("service"), self.caps);
        let sides = match only_v6 {
            true => vec![("srcaddr", "dstaddr", true)],
            false => vec![("srcaddr", "dstaddr", false), ("srcaddr6", "dstaddr6", true)],
        };
        for (from, to, v6) in sides {
            let sources = self.side(objects, node, from, "srcaddr-negate", v6);
            let destinations = self.side(objects, node, to, "dstaddr-negate", v6);
            let by_service = |key| node.is(key, "enable");
            if by_service("internet-service")
                || by_service("internet-service-src")
                || by_service("internet-service6")
            {
                base.when.undecided.push(Text::new("internet-service"));
            } else if node.values(from).is_empty() || node.values(to).is_empty() {
                continue;
            }
            let mut rule = base.clone();
            rule.when.family = Some(if v6 { Family::V6 } else { Family::V4 });
            rule.when.sources = sources;
            let mut to_virtual = rule.clone();
            rule.when.destinations = destinations;
            put_services(&mut rule.when, node, &services);
            let virtual_ips = objects.virtual_ips(node.values(to));
            let only_virtual =
                !virtual_ips.is_empty() && rule.when.destinations.as_ref().is_some_and(is_nothing);
            if !only_virtual {
                self.caps.rule(node.line)?;
                list.rules.push(rule);
            }
            if virtual_ips.is_empty() && base.action != Action::Allow && !node.is("match-vip", "disable") {
                if !node.is("match-vip", "enable") {
                    to_virtual.when.undecided.push(Text::new("match-vip"));
                }
                put_services(&mut to_virtual.when, node, &services);
                self.caps.rule(node.line)?;
                virtual_list.rules.push(to_virtual);
                continue;
            }
            for vip in virtual_ips {
                if let Some(rule) = self.virtual_rule(&to_virtual, node, vip, &services)? {
                    virtual_list.rules.push(rule);
                }
            }
        }
        self.source_nat(node, list)
    }

    /// What all forms of a policy have in common.
    fn base(&self, scope: &Scope<'_, 'a>, node: &Node<'a>, action: Action) -> Rule {
        let text = format!(
            "{}policy {} {}: {} > {}, {} > {}, {}, {}",
            scope.prefix(),
            node.name,
            node.value("name"),
            node.values("srcintf").join(" "),
            node.values("dstintf").join(" "),
            node.values("srcaddr").join(" "),
            node.values("dstaddr").join(" "),
            node.values("service").join(" "),
            if node.value("action").is_empty() { "deny" } else { node.value("action") },
        );
        let mut rule = Rule::new(action, node.line, &text);
        rule.enabled = !node.is("status", "disable");
        rule.log = node.is("logtraffic", "all");
        if !matches!(node.value("schedule"), "" | "always") {
            rule.when.undecided.push(Text::new(&format!("schedule {}", node.value("schedule"))));
        }
        let who = IDENTITIES.iter().filter(|s| node.has(s));
        rule.when.undecided.extend(who.map(|s| Text::new(s)));
        rule
    }

    fn side(
        &mut self,
        objects: &Objects<'_, 'a>,
        node: &Node<'a>,
        setting: &str,
        negate: &str,
        v6: bool,
    ) -> Option<Addresses> {
        let mut set = objects.addresses(node.values(setting), v6, self.caps);
        set.negated = node.is(negate, "enable");
        let all = set.nets.contains(&everything(v6)) && !set.negated;
        if all { None } else { Some(set) }
    }

    /// A policy for packets to one virtual IP; `None` when its services do not fit.
    fn virtual_rule(
        &mut self,
        base: &Rule,
        node: &Node<'a>,
        vip: &Node<'a>,
        services: &ServiceSet,
    ) -> Result<Option<Rule>, Fault> {
        self.caps.copy(&base.when, node.line)?;
        let mut rule = base.clone();
        rule.when.destinations = outside(vip);
        match forwarded(vip) {
            Some((outside, mapped)) => {
                rule.when.services = vec![outside];
                match fits(services, &mapped) {
                    Some(true) => {}
                    Some(false) => return Ok(None),
                    None => rule.when.undecided.push(Text::new(&node.values("service").join(" "))),
                }
            }
            None => put_services(&mut rule.when, node, services),
        }
        self.caps.rule(node.line)?;
        Ok(Some(rule))
    }

    /// Packets to virtual IPs that a policy names go to the list of these policies, and their destination changes.
    fn virtual_ips(
        &mut self,
        scope: &Scope<'_, 'a>,
        objects: &Objects<'_, 'a>,
        list: &mut RuleList,
        virtual_list: &RuleList,
    ) -> Result<(), Fault> {
        let policies = || scope.node.entries("firewall policy").filter(|n| !n.is("status", "disable"));
        let used: BTreeMap<u32, &Node<'a>> = policies()
            .flat_map(|n| objects.virtual_ips(n.values("dstaddr")))
            .map(|vip| (vip.line, vip))
            .collect();
        let (mut first_rules, mut translations) = (Vec::new(), Vec::new());
        for vip in used.into_values() {
            self.caps.rule(vip.line)?;
            let text = Text::new(&format!("{}virtual IP {}", scope.prefix(), vip.name));
            let mut rule = Rule::new(Action::Goto(virtual_list.name.clone()), vip.line, text.as_str());
            rule.when = Match {
                family: Some(Family::V4),
                destinations: outside(vip),
                services: forwarded(vip).map(|(outside, _)| outside).into_iter().collect(),
                in_interfaces: if matches!(vip.value("extintf"), "any" | "") {
                    None
                } else {
                    self.interfaces(scope, vip.values("extintf"))
                },
                ..Match::default()
            };
            if vip.has("src-filter") || vip.is("status", "disable") {
                rule.when.undecided.push(Text::new("src-filter or status"));
            }
            let when = rule.when.clone();
            first_rules.push(rule);
            translations.push(Translation { when, change: mapped(vip), line: vip.line, text });
        }
        list.rules.splice(0..0, first_rules);
        self.device.translations.splice(0..0, translations);
        Ok(())
    }

    /// `set nat enable`: later devices see another source.
    fn source_nat(&mut self, node: &Node<'a>, list: &RuleList) -> Result<(), Fault> {
        let Some(rule) = list.rules.last().filter(|r| r.line == node.line && node.is("nat", "enable")) else {
            return Ok(());
        };
        self.caps.thing(node.line)?;
        let (when, text) = (rule.when.clone(), rule.text.clone());
        self.device.translations.push(Translation { when, change: Change::Source, line: node.line, text });
        Ok(())
    }

    /// Between interfaces of one zone with `intrazone allow`, no policy is needed; nor, mostly, back out of the interface of entry.
    fn same_zone(&mut self, scope: &Scope<'_, 'a>, list: &mut RuleList) -> Result<(), Fault> {
        for zone in scope.zones.values().filter(|z| z.is("intrazone", "allow")) {
            self.caps.rule(zone.line)?;
            let inside = Interfaces::of(zone.values("interface").iter().map(|i| Text::new(i)).collect());
            let mut rule =
                Rule::new(Action::Allow, zone.line, &format!("zone {}: intrazone allow", zone.name));
            rule.when.in_interfaces = Some(inside.clone());
            rule.when.out_interfaces = Some(inside);
            list.rules.push(rule);
        }
        if self.no_redirect {
            return Ok(());
        }
        for interface in self.device.interfaces.iter().filter(|i| i.instance == scope.instance) {
            self.caps.rule(interface.line)?;
            let mut rule = Rule::new(Action::Unknown, interface.line, "in and out by the same interface");
            rule.when.in_interfaces = Some(Interfaces::of(vec![interface.name.clone()]));
            rule.when.out_interfaces = Some(Interfaces::of(vec![interface.name.clone()]));
            list.rules.push(rule);
        }
        Ok(())
    }

    /// Policies for packets to the device itself; what they do not decide is left to the services of the interface.
    fn local_in(&mut self, scope: &Scope<'_, 'a>, objects: &Objects<'_, 'a>) -> Result<(), Fault> {
        let name = scope.list("local-in policy");
        let mut list = RuleList::new(&name, Fallback::Allow, scope.node.line.max(1));
        for node in scope.node.entries("firewall local-in-policy") {
            self.caps.rule(node.line)?;
            let action = if node.is("action", "accept") { Action::Allow } else { Action::Deny };
            let mut rule = self.base(scope, node, action);
            rule.when.family = Some(Family::V4);
            rule.when.in_interfaces = self.interfaces(scope, node.values("intf"));
            rule.when.sources = self.side(objects, node, "srcaddr", "srcaddr-negate", false);
            rule.when.destinations = self.side(objects, node, "dstaddr", "dstaddr-negate", false);
            let services = objects.services(node.values("service"), self.caps);
            put_services(&mut rule.when, node, &services);
            list.line = node.line;
            list.rules.push(rule);
        }
        if !list.rules.is_empty() {
            let mut binding = Binding::new(&name, Place::Local, list.line);
            binding.instance = scope.instance.clone();
            self.device.bindings.push(binding);
            self.device.chains.push(list);
        }
        Ok(())
    }
}

fn is_nothing(set: &Addresses) -> bool {
    set.nets.is_empty() && set.unknown.is_empty()
}

fn put_services(when: &mut Match, node: &Node<'_>, set: &ServiceSet) {
    if node.is("service-negate", "enable") {
        when.undecided.push(Text::new("service-negate"));
    } else if !set.all {
        when.services = set.services.clone();
        when.undecided.extend(set.unknown.iter().cloned());
        // Nothing that was understood: the conditions in words must not pass for «any».
        if set.services.is_empty() && set.unknown.is_empty() {
            when.undecided.push(Text::new("no service"));
        }
    }
}

/// Whether a set of services holds one of a single port; `None` when that is not known.
fn fits(set: &ServiceSet, one: &Service) -> Option<bool> {
    let port = one.destination_ports.as_ref().and_then(|p| p.ranges.first()).map(|(first, _)| *first)?;
    let holds = |s: &Service| {
        let inside = |p: &Ports| p.ranges.iter().any(|(a, b)| (*a..=*b).contains(&port));
        s.protocol == one.protocol && s.destination_ports.as_ref().is_none_or(inside)
    };
    match (set.all || set.services.iter().any(holds), set.unknown.is_empty()) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// The outside addresses of a virtual IP.
fn outside(vip: &Node<'_>) -> Option<Addresses> {
    let text = vip.value("extip");
    let net = span(text).map(|(first, last)| Net::Range(first, last));
    Some(match net {
        Some(net) => Addresses::of(vec![net]),
        None => Addresses {
            unknown: vec![Text::new(&format!("virtual IP {}", vip.name))],
            ..Addresses::default()
        },
    })
}

/// `A` or `A-B`.
fn span(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match range(first, last)? {
        Net::Range(first, last) => Some((first, last)),
        _ => None,
    }
}

/// Services outside and inside of a virtual IP that forwards one port; `None` when it forwards all, or several.
fn forwarded(vip: &Node<'_>) -> Option<(Service, Service)> {
    if !vip.is("portforward", "enable") {
        return None;
    }
    let number = match vip.value("protocol") {
        "" => 6,
        name => words::protocol(name).unwrap_or(6),
    };
    let outside = words::port_range(vip.value("extport"), '-')?;
    let inside = match vip.value("mappedport") {
        "" => outside,
        text => words::port_range(text, '-')?,
    };
    let service = |range| Service::ports(number, Ports::of(vec![range]));
    Some((service(outside), service(inside)))
}

/// The change that a virtual IP makes.
fn mapped(vip: &Node<'_>) -> Change {
    let static_nat = matches!(vip.value("type"), "" | "static-nat");
    let inside = vip.values("mappedip");
    let first = match inside {
        [one] if static_nat => span(one).map(|(first, _)| first),
        _ => None,
    };
    let base = span(vip.value("extip")).map(|(first, _)| first);
    let port = forwarded(vip).and_then(|(_, inside)| {
        let ranges = inside.destination_ports?.ranges;
        ranges.first().filter(|(a, b)| a == b).map(|(port, _)| *port)
    });
    // Ports that are shifted by ranges are not worked out.
    let shifted = vip.is("portforward", "enable") && port.is_none();
    let to = if shifted { None } else { first };
    Change::Destination { to, base, port, seen: Translated::AfterForward }
}
