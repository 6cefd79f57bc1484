//! Interfaces, and what the device itself answers at them (FortiOS CLI reference, `config system interface`: `allowaccess`).

use super::super::Fault;
use super::super::line::address_and_length;
use super::Reader;
use super::objects::network;
use super::tree::Node;
use model::Text;
use model::network::{
    Action, Affects, Binding, Fallback, Interface, ManagementKind, Place, Ports, Rule, RuleList, Service,
};

/// Ports of the administration.
pub(super) struct AdminPorts {
    http: u16,
    https: u16,
    ssh: u16,
    telnet: u16,
    /// Who may come in depends on more than the interface.
    restricted: bool,
}

impl AdminPorts {
    pub(super) fn read(settings: Option<&Node<'_>>, restricted: bool) -> Self {
        let port = |name, usual| settings.and_then(|s| s.value(name).parse().ok()).unwrap_or(usual);
        Self {
            http: port("admin-port", 80),
            https: port("admin-sport", 443),
            ssh: port("admin-ssh-port", 22),
            telnet: port("admin-telnet-port", 23),
            restricted,
        }
    }

    /// Words of `allowaccess` with what they let in.
    fn services(&self) -> [(&'static str, Service, Option<ManagementKind>); 6] {
        let tcp = |port| Service::ports(6, Ports::of(vec![(port, port)]));
        [
            ("http", tcp(self.http), Some(ManagementKind::Http)),
            ("https", tcp(self.https), Some(ManagementKind::Https)),
            ("ssh", tcp(self.ssh), Some(ManagementKind::Ssh)),
            ("telnet", tcp(self.telnet), Some(ManagementKind::Telnet)),
            ("snmp", Service::ports(17, Ports::of(vec![(161, 161)])), None),
            ("ping", Service { icmp_types: vec![8], ..Service::protocol(1) }, None),
        ]
    }
}

impl<'a> Reader<'_> {
    pub(super) fn interface(
        &mut self,
        node: &Node<'a>,
        vdoms: bool,
        ports: &AdminPorts,
    ) -> Result<(), Fault> {
        self.caps.thing(node.line)?;
        let mut it = Interface::new(&node.name, node.line);
        let words = if node.has("description") { node.value("description") } else { node.value("alias") };
        it.description = Text::new(words);
        it.enabled = !node.is("status", "down");
        it.vlan = node.value("vlanid").parse().ok();
        it.mac = node.value("macaddr").parse().ok();
        it.instance = Some(Text::new(node.value("vdom"))).filter(|v| vdoms && !v.is_empty());
        let secondary = node.entries("secondaryip").map(|s| s.values("ip"));
        for values in [node.values("ip")].into_iter().chain(secondary) {
            it.addresses.extend(network(values).filter(|(ip, _)| !ip.is_unspecified()));
        }
        for v6 in node.blocks("ipv6") {
            it.addresses
                .extend(address_and_length(v6.value("ip6-address")).filter(|(ip, _)| !ip.is_unspecified()));
        }
        if matches!(node.value("mode"), "dhcp" | "pppoe") && it.enabled {
            let text = format!("interface {} mode {}", node.name, node.value("mode"));
            self.unknown(Affects::Routing(it.instance.clone()), node.line_of("mode"), &text)?;
        }
        self.access(node, &it, ports)?;
        self.names.insert(node.name.clone());
        self.device.interfaces.push(it);
        Ok(())
    }

    fn access(&mut self, node: &Node<'a>, it: &Interface, ports: &AdminPorts) -> Result<(), Fault> {
        let line = node.line_of("allowaccess");
        let allowed = node.values("allowaccess");
        // VPN, clusters and management by the maker listen as well, so the rest is not known.
        let mut list = RuleList::new(&format!("allowaccess {}", it.name), Fallback::Unknown, line);
        for (word, service, kind) in ports.services() {
            let on = allowed.iter().any(|a| a == word);
            self.caps.rule(line)?;
            let text = if on { format!("allowaccess {word}") } else { format!("allowaccess without {word}") };
            let mut rule = Rule::new(if on { Action::Allow } else { Action::Deny }, line, &text);
            rule.when.services.push(service);
            if ports.restricted {
                rule.when.undecided.push(Text::new("trusted hosts, or another service at this port"));
            }
            list.rules.push(rule);
            if let Some(kind) = kind.filter(|_| on) {
                self.service(kind, it.name.as_str(), line)?;
            }
        }
        let mut binding = Binding::new(list.name.as_str(), Place::Local, line);
        binding.interface = Some(it.name.clone());
        self.device.bindings.push(binding);
        self.device.chains.push(list);
        Ok(())
    }
}
