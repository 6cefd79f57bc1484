//! Aliases, gateways and networks of interfaces by name.

use super::super::limits::{Caps, GROUP_DEPTH_MAX};
use super::super::line::{address_and_length, net};
use super::super::words;
use super::{at, children, on, value};
use model::Text;
use model::network::{Addresses, Net, NetworkDevice, Ports};
use roxmltree::Node;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// An alias as it stands in the file.
#[derive(Debug)]
struct Alias<'a> {
    kind: &'a str,
    members: Vec<&'a str>,
}

/// What names stand for.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    aliases: BTreeMap<&'a str, Alias<'a>>,
    gateways: BTreeMap<&'a str, IpAddr>,
    /// Addresses of each interface, with the length of their network.
    interfaces: BTreeMap<String, Vec<(IpAddr, u8)>>,
    /// Members of groups of interfaces.
    groups: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Names<'a> {
    pub(super) fn read<'i: 'a>(root: Node<'a, 'i>, device: &NetworkDevice) -> Self {
        let mut names = Self::default();
        for it in &device.interfaces {
            names.interfaces.insert(it.name.to_string(), it.addresses.clone());
        }
        let old = at(root, &["aliases"]).into_iter();
        for list in old.chain(at(root, &["OPNsense", "Firewall", "Alias", "aliases"])) {
            for alias in list.children().filter(|a| a.has_tag_name("alias")) {
                names.alias(alias);
            }
        }
        for gateway in names.gateways(root) {
            if let Ok(ip) = value(gateway, "gateway").parse() {
                names.gateways.insert(value(gateway, "name"), ip);
            }
        }
        for group in at(root, &["ifgroups"])
            .into_iter()
            .flat_map(|g| g.children())
            .filter(|g| g.has_tag_name("ifgroupentry"))
        {
            let members = value(group, "members").split([' ', ',']).filter(|m| !m.is_empty()).collect();
            names.groups.insert(value(group, "ifname"), members);
        }
        names
    }

    fn alias(&mut self, alias: Node<'a, '_>) {
        let enabled = !matches!(value(alias, "enabled"), "0");
        let content = if value(alias, "content").is_empty() {
            value(alias, "address")
        } else {
            value(alias, "content")
        };
        let members = content.split_whitespace().filter(|_| enabled).collect();
        self.aliases.insert(value(alias, "name"), Alias { kind: value(alias, "type"), members });
    }

    /// Gateways of both places where they may stand.
    pub(super) fn gateways<'i: 'a>(&self, root: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
        let places = at(root, &["gateways"]).into_iter().chain(at(root, &["OPNsense", "Gateways"]));
        places.flat_map(|place| place.children().filter(|g| g.has_tag_name("gateway_item"))).collect()
    }

    /// The address of a gateway.
    pub(super) fn gateway(&self, name: &str) -> Option<IpAddr> {
        self.gateways.get(name).copied()
    }

    /// Interfaces of a group.
    pub(super) fn group(&self, name: &str) -> Option<&[&'a str]> {
        self.groups.get(name).map(Vec::as_slice)
    }

    /// The networks that a route goes to: one, or those of an alias.
    pub(super) fn networks(&self, text: &str) -> Option<Vec<(IpAddr, u8)>> {
        if let Some(one) = address_and_length(text) {
            return Some(vec![one]);
        }
        let alias = self.aliases.get(text)?;
        alias.members.iter().map(|m| address_and_length(m)).collect()
    }

    /// Addresses by the text of a rule: an address, a network, an alias, an interface (`lan`) or its own address (`lanip`).
    pub(super) fn addresses(&self, text: &str, caps: &mut Caps) -> Addresses {
        let mut set = Addresses::default();
        self.add(text, 0, &mut set, caps);
        set
    }

    fn add(&self, text: &str, depth: u32, set: &mut Addresses, caps: &mut Caps) {
        let room = depth <= GROUP_DEPTH_MAX && caps.members(1);
        if !room {
            set.unknown.push(Text::new(text));
        } else if let Some(alias) = self.aliases.get(text) {
            match alias.kind {
                "host" | "network" | "networkgroup" => {
                    alias.members.iter().for_each(|m| self.add(m, depth + 1, set, caps));
                }
                _ => set.unknown.push(Text::new(text)),
            }
        } else if let Some(net) = self.net(text) {
            set.nets.push(net);
        } else if let Some(nets) = self.of_interface(text) {
            set.nets.extend(nets);
        } else {
            set.unknown.push(Text::new(text));
        }
    }

    fn net(&self, text: &str) -> Option<Net> {
        if let Some(net) = net(text) {
            return Some(net);
        }
        let (first, last) = text.split_once('-')?;
        let (first, last): (IpAddr, IpAddr) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(Net::Range(first, last))
    }

    fn of_interface(&self, text: &str) -> Option<Vec<Net>> {
        let own =
            |addresses: &[(IpAddr, u8)]| addresses.iter().map(|(ip, _)| Net::host(*ip)).collect::<Vec<_>>();
        if text == "(self)" {
            return Some(self.interfaces.values().flat_map(|a| own(a)).collect());
        }
        let name = text.strip_prefix("__").and_then(|t| t.strip_suffix("_network")).unwrap_or(text);
        if let Some(addresses) = self.interfaces.get(name).filter(|a| !a.is_empty()) {
            return Some(addresses.iter().map(|(ip, length)| Net::Prefix(*ip, *length)).collect());
        }
        let addresses = self.interfaces.get(text.strip_suffix("ip")?).filter(|a| !a.is_empty())?;
        Some(own(addresses))
    }

    /// Ports by the text of a rule: one, a range, or an alias.
    pub(super) fn ports(&self, text: &str, caps: &mut Caps) -> Ports {
        let mut set = Ports::default();
        self.add_ports(text, 0, &mut set, caps);
        set
    }

    fn add_ports(&self, text: &str, depth: u32, set: &mut Ports, caps: &mut Caps) {
        let room = depth <= GROUP_DEPTH_MAX && caps.members(1);
        let range = words::port_range(text, '-').or_else(|| words::port_range(text, ':'));
        match (self.aliases.get(text).filter(|a| a.kind == "port" && room), range) {
            (Some(alias), _) => alias.members.iter().for_each(|m| self.add_ports(m, depth + 1, set, caps)),
            (None, Some(range)) if room => set.ranges.push(range),
            _ => set.unknown.push(Text::new(text)),
        }
    }
}

/// A side of a rule that is negated.
pub(super) fn negated(side: Node<'_, '_>) -> bool {
    on(side, "not")
}

/// Every element of a name in it, for the few places that hold several.
pub(super) fn all<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> Vec<Node<'a, 'i>> {
    children(node, name).collect()
}
