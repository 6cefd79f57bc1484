//! Rules of the filter.

use super::super::Fault;
use super::super::words;
use super::names::{all, negated};
use super::{Reader, at, child, on, value};
use model::Text;
use model::network::{
    Action, Addresses, Affects, Binding, Fallback, Family, Interfaces, Net, Place, Ports, Rule, RuleList,
    Service,
};
use roxmltree::Node;
use std::net::IpAddr;

/// Interfaces that one rule may name; the members of one group more are taken.
const INTERFACES_MAX: usize = 1024;
/// Names of the two lists.
const IN: &str = "in";
const OUT: &str = "out";

/// Private and shared networks that `blockpriv` drops (RFC 1918, 6598, 4193).
const PRIVATE: [(&str, u8); 6] = [
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("127.0.0.0", 8),
    ("100.64.0.0", 10),
    ("fc00::", 7),
];
/// Networks for special purposes (RFC 6890), which stand for the list of bogons. Addresses that nobody was given are in it as well, and
/// change with time.
const BOGONS: [(&str, u8); 11] = [
    ("0.0.0.0", 8),
    ("127.0.0.0", 8),
    ("169.254.0.0", 16),
    ("192.0.0.0", 24),
    ("192.0.2.0", 24),
    ("198.18.0.0", 15),
    ("198.51.100.0", 24),
    ("203.0.113.0", 24),
    ("224.0.0.0", 3),
    ("100::", 64),
    ("2001:db8::", 32),
];

/// Settings that make a rule depend on more than what is worked out. A gateway of a rule sends packets another way.
const CONDITIONS: [&str; 9] =
    ["sched", "os", "tagged", "dscp", "vlanprio", "tcpflags1", "divert-to", "gateway", "dnpipe"];

/// The order in which rules are tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Floating,
    Group,
    Interface,
}

impl<'a, 'i: 'a> Reader<'a, 'i, '_> {
    pub(super) fn filter(&mut self) -> Result<(), Fault> {
        let system = child(self.root, "system");
        if system.is_some_and(|s| on(s, "disablefilter")) {
            return Ok(());
        }
        let Some(filter) = child(self.root, "filter") else {
            return self.unknown(Affects::Everything, self.root, "no rules in the file");
        };
        let line = self.lines.line(filter);
        let mut inward = RuleList::new(IN, Fallback::Deny, line);
        let mut outward = RuleList::new(OUT, Fallback::Allow, line);
        inward.rules.extend(self.automatic()?);
        let mut sorted: Vec<(Order, Node<'a, 'i>)> =
            all(filter, "rule").into_iter().map(|rule| (self.order(rule), rule)).collect();
        sorted.sort_by_key(|(order, _)| *order);
        for (order, node) in sorted {
            let rules = self.rule(node, order)?;
            let direction = value(node, "direction");
            let floating = order == Order::Floating;
            if !floating || matches!(direction, "" | "in" | "any" | "both") {
                inward.rules.extend(rules.iter().map(|r| side(r, false)));
            }
            if floating && matches!(direction, "out" | "any" | "both" | "") {
                outward.rules.extend(rules.iter().map(|r| side(r, true)));
            }
        }
        self.device.bindings.push(Binding::new(IN, Place::Inbound, line));
        self.device.bindings.push(Binding::new(OUT, Place::Outbound, line));
        self.device.chains.extend([inward, outward]);
        Ok(())
    }

    fn order(&self, rule: Node<'a, 'i>) -> Order {
        let interface = value(rule, "interface");
        if on(rule, "floating") || interface.is_empty() || interface.contains(',') {
            Order::Floating
        } else if self.names.group(interface).is_some() {
            Order::Group
        } else {
            Order::Interface
        }
    }

    /// Rules that are there without being written: against lock-out, private networks and bogons, for port forwards that pass by themselves.
    fn automatic(&mut self) -> Result<Vec<Rule>, Fault> {
        let mut rules = self.passing_forwards()?;
        let system = child(self.root, "system");
        let gui = system.and_then(|s| child(s, "webgui"));
        let locked = gui.is_some_and(|g| on(g, "noantilockout"))
            || system.is_some_and(|s| at(s, &["webgui", "noantilockout"]).is_some());
        let first = self.device.interfaces.iter().find(|i| i.name.as_str() == "lan" && i.enabled);
        if let Some(lan) = first.filter(|_| !locked) {
            let own = Addresses::of(lan.addresses.iter().map(|(ip, _)| Net::host(*ip)).collect());
            let port = gui.and_then(|g| value(g, "port").parse().ok()).unwrap_or(443);
            let mut rule = Rule::new(Action::Allow, lan.line, "automatic: against locking out");
            rule.when.in_interfaces = Some(Interfaces::of(vec![lan.name.clone()]));
            rule.when.destinations = Some(own);
            rule.when.services = vec![Service::ports(6, Ports::of(vec![(port, port), (80, 80), (22, 22)]))];
            rules.push(rule);
        }
        let all: Vec<Node<'a, 'i>> =
            child(self.root, "interfaces").into_iter().flat_map(|i| i.children()).collect();
        for interface in all.into_iter().filter(|i| i.is_element() && on(*i, "enable")) {
            for (name, nets) in [("blockpriv", &PRIVATE[..]), ("blockbogons", &BOGONS[..])] {
                if on(interface, name) {
                    let line = self.lines.line(interface);
                    self.caps.rule(line)?;
                    let nets = nets
                        .iter()
                        .filter_map(|(ip, length)| Some(Net::Prefix(ip.parse::<IpAddr>().ok()?, *length)));
                    let mut rule = Rule::new(Action::Deny, line, &format!("automatic: {name}"));
                    rule.when.in_interfaces =
                        Some(Interfaces::of(vec![Text::new(interface.tag_name().name())]));
                    rule.when.sources = Some(Addresses::of(nets.collect()));
                    rules.push(rule);
                }
            }
        }
        Ok(rules)
    }

    fn rule(&mut self, node: Node<'a, 'i>, order: Order) -> Result<Vec<Rule>, Fault> {
        let action = match value(node, "type") {
            "pass" | "" => Action::Allow,
            "block" | "reject" => Action::Deny,
            // `match` only marks and queues.
            "match" => return Ok(Vec::new()),
            _ => Action::Unknown,
        };
        let line = self.lines.line(node);
        self.caps.rule(line)?;
        let mut rule = Rule::new(action, line, &self.spelled(node));
        rule.enabled = !on(node, "disabled");
        rule.log = on(node, "log");
        // Rules of interfaces are quick unless they say no; floating ones are when they say so (OPNsense: unless they say no).
        let says = child(node, "quick").map(|_| on(node, "quick"));
        let opnsense = self.device.format == model::network::ConfigFormat::OpnSense;
        rule.quick = says.unwrap_or(order != Order::Floating || opnsense);
        rule.when.in_interfaces = self.interface_set(value(node, "interface"));
        rule.when.family = match value(node, "ipprotocol") {
            "inet6" => Some(Family::V6),
            "inet46" => None,
            _ => Some(Family::V4),
        };
        rule.when.sources = self.addresses(child(node, "source"));
        rule.when.destinations = self.addresses(child(node, "destination"));
        self.services(node, &mut rule);
        let more = CONDITIONS.iter().filter(|c| !matches!(value(node, c), "" | "default"));
        rule.when.undecided.extend(more.map(|c| Text::new(&format!("{c} {}", value(node, c)))));
        Ok(vec![rule])
    }

    fn spelled(&self, node: Node<'a, 'i>) -> String {
        let side = |name| {
            let Some(side) = child(node, name) else { return "any".to_owned() };
            let not = if negated(side) { "! " } else { "" };
            let who = [value(side, "address"), value(side, "network")]
                .into_iter()
                .find(|v| !v.is_empty())
                .unwrap_or("any");
            let port = value(side, "port");
            if port.is_empty() { format!("{not}{who}") } else { format!("{not}{who} port {port}") }
        };
        let or_any = |name| if value(node, name).is_empty() { "any" } else { value(node, name) };
        let (kind, protocol) = (value(node, "type"), or_any("protocol"));
        format!(
            "{kind} on {}: {protocol} {} > {} «{}»",
            or_any("interface"),
            side("source"),
            side("destination"),
            value(node, "descr")
        )
    }

    /// Interfaces of a rule, groups taken apart; `None` for any.
    pub(super) fn interface_set(&self, text: &str) -> Option<Interfaces> {
        if matches!(text, "" | "any") {
            return None;
        }
        let mut set = Interfaces::default();
        for name in text.split(',').map(str::trim) {
            if set.names.len() > INTERFACES_MAX {
                set.unknown.push(Text::new(name));
                break;
            }
            match self.names.group(name) {
                Some(members) => set.names.extend(members.iter().map(|m| Text::new(m))),
                None => set.names.push(Text::new(name)),
            }
        }
        Some(set)
    }

    /// A side of a rule; `None` for any address.
    pub(super) fn addresses(&mut self, side: Option<Node<'a, 'i>>) -> Option<Addresses> {
        let side = side?;
        let text = [value(side, "address"), value(side, "network")].into_iter().find(|v| !v.is_empty());
        let text = text.filter(|t| *t != "any");
        let Some(text) = text else {
            // Neither any nor a name: not understood.
            let nothing = Addresses { unknown: vec![Text::new("no address")], ..Addresses::default() };
            let any = child(side, "any").is_some()
                || value(side, "network") == "any"
                || value(side, "address") == "any"
                || !side.children().any(|c| c.is_element() && !c.has_tag_name("port"));
            return if any { None } else { Some(nothing) };
        };
        let set = self.names.addresses(text, self.caps);
        Some(Addresses { negated: negated(side), ..set })
    }

    fn services(&mut self, node: Node<'a, 'i>, rule: &mut Rule) {
        let port = |name| child(node, name).map_or("", |side| value(side, "port"));
        let (from, to) = (port("source"), port("destination"));
        let names = value(node, "protocol").to_ascii_lowercase();
        let v6 = rule.when.family == Some(Family::V6);
        let protocols: Vec<u8> = match names.as_str() {
            "" | "any" => Vec::new(),
            "tcp/udp" => vec![6, 17],
            "icmp" if v6 => vec![58],
            "icmp" if rule.when.family.is_none() => vec![1, 58],
            name => match words::protocol(name) {
                Some(number) => vec![number],
                None => {
                    rule.when.undecided.push(Text::new(&names));
                    Vec::new()
                }
            },
        };
        let ports = |text: &str, reader: &mut Self| {
            (!matches!(text, "" | "any")).then(|| reader.names.ports(text, reader.caps))
        };
        let (source_ports, destination_ports) = (ports(from, self), ports(to, self));
        for protocol in protocols {
            let mut service = Service::protocol(protocol);
            service.source_ports = source_ports.clone();
            service.destination_ports = destination_ports.clone();
            if matches!(protocol, 1 | 58)
                && !icmp_types(value(node, "icmptype"), protocol == 58, &mut service.icmp_types)
            {
                rule.when.undecided.push(Text::new(&format!("icmptype {}", value(node, "icmptype"))));
            }
            rule.when.services.push(service);
        }
    }
}

/// A rule at the way out looks at the interface of leaving.
fn side(rule: &Rule, out: bool) -> Rule {
    let mut rule = rule.clone();
    if out {
        rule.when.out_interfaces = rule.when.in_interfaces.take();
    }
    rule
}

/// ICMP types by the names of pf; `false` when one is not known.
fn icmp_types(text: &str, v6: bool, types: &mut Vec<u8>) -> bool {
    if matches!(text, "" | "any") {
        return true;
    }
    for name in text.split(',').map(str::trim) {
        let long = match name {
            "echoreq" => "echo-request",
            "echorep" => "echo-reply",
            "unreach" => "destination-unreachable",
            "timex" => "time-exceeded",
            "redir" => "redirect",
            "paramprob" => "parameter-problem",
            "toobig" => "packet-too-big",
            other => other,
        };
        match words::icmp_type(long, v6) {
            Some(number) => types.push(number),
            None => return false,
        }
    }
    true
}
