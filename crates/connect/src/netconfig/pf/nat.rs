//! Port forwards, one-to-one and outbound translation.

use super::super::Fault;
use super::super::words;
use super::names::all;
use super::{Reader, at, child, on, value};
use model::Text;
use model::network::{
    Action, Addresses, Change, Family, Interfaces, Match, Net, Ports, Rule, Service, Translated, Translation,
};
use roxmltree::Node;
use std::net::IpAddr;

impl<'a, 'i: 'a> Reader<'a, 'i, '_> {
    pub(super) fn nat(&mut self) -> Result<(), Fault> {
        let Some(nat) = child(self.root, "nat") else { return Ok(()) };
        for node in self.forwards() {
            let when = self.forward_match(node);
            let change = if on(node, "nordr") { Change::Nothing } else { self.forward_change(node) };
            self.translation(node, when, change, "port forward")?;
        }
        for node in all(nat, "onetoone").into_iter().filter(|n| !on(*n, "disabled")) {
            self.one_to_one(node)?;
        }
        self.outbound(nat)
    }

    /// Port forwards that are switched on.
    fn forwards(&self) -> Vec<Node<'a, 'i>> {
        let nat = child(self.root, "nat");
        nat.map(|n| all(n, "rule")).unwrap_or_default().into_iter().filter(|r| !on(*r, "disabled")).collect()
    }

    fn translation(
        &mut self,
        node: Node<'a, 'i>,
        when: Match,
        change: Change,
        what: &str,
    ) -> Result<(), Fault> {
        let line = self.lines.line(node);
        self.caps.thing(line)?;
        let text = Text::new(&format!(
            "{what} on {}: {} «{}»",
            value(node, "interface"),
            value(node, "target"),
            value(node, "descr")
        ));
        self.device.translations.push(Translation { when, change, line, text });
        Ok(())
    }

    fn forward_match(&mut self, node: Node<'a, 'i>) -> Match {
        let mut when = Match {
            family: Some(if value(node, "ipprotocol") == "inet6" { Family::V6 } else { Family::V4 }),
            in_interfaces: self.interface_set(value(node, "interface")),
            sources: self.addresses(child(node, "source")),
            destinations: self.addresses(child(node, "destination")),
            ..Match::default()
        };
        when.services =
            self.forward_services(node, child(node, "destination").map_or("", |d| value(d, "port")));
        if when.services.is_empty() && !matches!(value(node, "protocol"), "" | "any") {
            when.undecided.push(Text::new(value(node, "protocol")));
        }
        when
    }

    fn forward_services(&mut self, node: Node<'a, 'i>, port: &str) -> Vec<Service> {
        let protocols = match value(node, "protocol").to_ascii_lowercase().as_str() {
            "tcp/udp" => vec![6, 17],
            name => words::protocol(name).into_iter().collect(),
        };
        let ports: Option<Ports> = (!matches!(port, "" | "any")).then(|| self.names.ports(port, self.caps));
        protocols
            .into_iter()
            .map(|p| Service { destination_ports: ports.clone(), ..Service::protocol(p) })
            .collect()
    }

    /// The one address that a target stands for.
    fn target(&mut self, node: Node<'a, 'i>) -> Option<IpAddr> {
        let set = self.names.addresses(value(node, "target"), self.caps);
        match (set.nets.as_slice(), set.unknown.is_empty()) {
            ([Net::Prefix(ip, 32 | 128)], true) => Some(*ip),
            _ => None,
        }
    }

    fn forward_change(&mut self, node: Node<'a, 'i>) -> Change {
        let outside = child(node, "destination").map_or("", |d| value(d, "port"));
        let local = value(node, "local-port");
        let one = |text: &str| words::port(text);
        let (to, port) = match (one(outside), one(local)) {
            (_, Some(port)) if one(outside).is_some() => (self.target(node), Some(port)),
            _ if local.is_empty() || local == outside => (self.target(node), None),
            // A range whose first port stays stays as a whole.
            (None, Some(port)) if words::port_range(outside, '-').is_some_and(|(first, _)| first == port) => {
                (self.target(node), None)
            }
            _ => (None, None),
        };
        Change::Destination { to, base: None, port, seen: Translated::First }
    }

    /// Forwards that need no rule of the filter.
    pub(super) fn passing_forwards(&mut self) -> Result<Vec<Rule>, Fault> {
        let mut rules = Vec::new();
        for node in self
            .forwards()
            .into_iter()
            .filter(|n| value(*n, "associated-rule-id") == "pass" && !on(*n, "nordr"))
        {
            let line = self.lines.line(node);
            self.caps.rule(line)?;
            let mut rule = Rule::new(Action::Allow, line, "automatic: port forward that passes by itself");
            rule.when = self.forward_match(node);
            let local = value(node, "local-port");
            rule.when.destinations = Some(self.names.addresses(value(node, "target"), self.caps));
            rule.when.services = self.forward_services(node, local);
            rules.push(rule);
        }
        Ok(rules)
    }

    /// An outside address, or a network of them, for inside ones of the same number.
    fn one_to_one(&mut self, node: Node<'a, 'i>) -> Result<(), Fault> {
        let outside: Option<IpAddr> = value(node, "external").split('/').next().and_then(|t| t.parse().ok());
        let inside = self.addresses(child(node, "source"));
        let inside = inside.as_ref().and_then(|set| set.nets.first()).and_then(|net| match net {
            Net::Prefix(ip, length) => Some((*ip, *length)),
            _ => None,
        });
        let destinations = match outside.zip(inside) {
            Some((outside, (_, length))) => Addresses::of(vec![Net::Prefix(outside, length)]),
            None => Addresses { unknown: vec![Text::new(value(node, "external"))], ..Addresses::default() },
        };
        let interface = self.interface_set(value(node, "interface"));
        let when =
            Match { destinations: Some(destinations), in_interfaces: interface.clone(), ..Match::default() };
        let change = Change::Destination {
            to: inside.map(|(ip, _)| ip),
            base: outside,
            port: None,
            seen: Translated::First,
        };
        self.translation(node, when, change, "one to one")?;
        let when = Match { out_interfaces: interface, ..Match::default() };
        self.translation(node, when, Change::Source, "one to one")
    }

    /// By itself, whatever leaves by an interface with a gateway gets another source.
    fn outbound(&mut self, nat: Node<'a, 'i>) -> Result<(), Fault> {
        let outbound = child(nat, "outbound");
        let mode = outbound.map_or("automatic", |o| value(o, "mode"));
        if mode == "disabled" {
            return Ok(());
        }
        let rules = outbound.map(|o| all(o, "rule")).unwrap_or_default();
        for node in rules.into_iter().filter(|r| !on(*r, "disabled") && !on(*r, "nonat")) {
            let when =
                Match { out_interfaces: self.interface_set(value(node, "interface")), ..Match::default() };
            self.translation(node, when, Change::Source, "outbound translation")?;
        }
        if mode == "advanced" {
            return Ok(());
        }
        let all: Vec<_> = at(self.root, &["interfaces"]).into_iter().flat_map(|i| i.children()).collect();
        for node in all.into_iter().filter(|i| i.is_element()) {
            let outside = !value(node, "gateway").is_empty() || value(node, "ipaddr") == "dhcp";
            if outside {
                let name = Text::new(node.tag_name().name());
                let when = Match { out_interfaces: Some(Interfaces::of(vec![name])), ..Match::default() };
                self.translation(node, when, Change::Source, "automatic outbound translation")?;
            }
        }
        Ok(())
    }
}
