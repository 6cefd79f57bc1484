//! pfSense and OPNsense: `config.xml` (pfSense documentation, "Firewall", "Rule processing order", "Network address translation";
//! OPNsense documentation, "Rules", "NAT"; pf.conf(5)).
//!
//! What comes in meets the floating rules, then those of groups of interfaces, then those of its interface; the first one that is `quick`
//! decides, else the last one that fits, else it is dropped. What goes out meets floating rules only, and passes unless they say no. A
//! changed destination is seen by every rule.

mod names;
mod nat;
mod rules;
#[cfg(test)]
mod tests;

use super::Fault;
use super::limits::Caps;
use super::line::{address_and_length, prefix_length};
use model::Text;
use model::network::{
    Affects, ConfigFormat, Interface, LocalAccount, ManagementKind, ManagementService, NetworkDevice, Route,
    Unknown, Vlan,
};
use names::Names;
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Elements, attributes and texts of one file.
const NODES_MAX: u32 = 2_000_000;

/// The format of an XML text; `None` when it is neither.
pub(super) fn kind_of(text: &str) -> Option<ConfigFormat> {
    let end = (0..=text.len().min(4096)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let head = text.get(..end).unwrap_or_default();
    let head = head.trim_start();
    let begins = |name: &str| head.starts_with(name) || head.starts_with("<?xml") && head.contains(name);
    match (begins("<pfsense"), begins("<opnsense")) {
        (true, _) => Some(ConfigFormat::PfSense),
        (_, true) => Some(ConfigFormat::OpnSense),
        _ => None,
    }
}

/// Reads a configuration.
///
/// # Errors
/// XML that is not well formed or has a document type, or more than the caps allow.
pub(super) fn read(text: &str, format: ConfigFormat, caps: &mut Caps) -> Result<NetworkDevice, Fault> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| {
        let at = e.pos();
        Fault::new(at.row, at.col, format!("no XML that is taken: {e}"))
    })?;
    let root = document.root_element();
    let lines = Lines::of(text);
    let mut reader =
        Reader { device: NetworkDevice::new(format), caps, lines, root, names: Names::default() };
    reader.device.vendor = Text::new(if format == ConfigFormat::PfSense { "Netgate" } else { "Deciso" });
    reader.device.version = Text::new(value(root, "version"));
    reader.system()?;
    reader.interfaces()?;
    reader.names = Names::read(root, &reader.device);
    reader.routes()?;
    reader.nat()?;
    reader.filter()?;
    Ok(reader.device)
}

/// Where lines begin, so that a place is found without counting from the top each time.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn line(&self, node: Node<'_, '_>) -> u32 {
        super::line::number(self.0.partition_point(|at| *at < node.range().start))
    }
}

/// The first child of a name.
fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|c| c.has_tag_name(name))
}

/// Children of a name.
fn children<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |c| c.has_tag_name(name))
}

/// Descends by names.
fn at<'a, 'i>(node: Node<'a, 'i>, path: &[&str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(node, |node, name| child(node, name))
}

/// The text of a child; empty when there is none.
fn value<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    child(node, name).and_then(|c| c.text()).unwrap_or_default().trim()
}

/// A switch: the element is there, and does not say no.
fn on(node: Node<'_, '_>, name: &str) -> bool {
    child(node, name).is_some_and(|c| !matches!(c.text().unwrap_or_default().trim(), "0" | "no" | "disabled"))
}

struct Reader<'a, 'i, 'c> {
    device: NetworkDevice,
    caps: &'c mut Caps,
    lines: Lines,
    root: Node<'a, 'i>,
    names: Names<'a>,
}

impl<'a, 'i: 'a> Reader<'a, 'i, '_> {
    fn system(&mut self) -> Result<(), Fault> {
        let Some(system) = child(self.root, "system") else { return Ok(()) };
        self.device.hostname = Text::new(value(system, "hostname"));
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for group in children(system, "group") {
            for member in children(group, "member").flat_map(|m| m.text().unwrap_or_default().split(',')) {
                groups.entry(member.trim()).or_default().push(value(group, "name"));
            }
        }
        for user in children(system, "user").filter(|u| !on(*u, "disabled")) {
            let groups = groups.get(value(user, "uid")).map(|g| g.join(", ")).unwrap_or_default();
            let line = self.lines.line(user);
            self.caps.thing(line)?;
            let (name, privilege) = (Text::new(value(user, "name")), Text::new(&groups));
            self.device.accounts.push(LocalAccount { name, privilege, line });
        }
        if let Some(gui) = child(system, "webgui") {
            let kind =
                if value(gui, "protocol") == "http" { ManagementKind::Http } else { ManagementKind::Https };
            self.service(kind, value(gui, "port"), gui)?;
        }
        let ssh = child(system, "ssh").filter(|s| on(*s, "enable") || on(*s, "enabled"));
        if let Some(ssh) = ssh.or_else(|| child(system, "enablesshd")) {
            self.service(ManagementKind::Ssh, value(ssh, "port"), ssh)?;
        }
        if let Some(snmp) = child(self.root, "snmpd").filter(|s| on(*s, "enable")) {
            let community = value(snmp, "rocommunity");
            let known = matches!(community, "public" | "private");
            let note =
                if known { format!("read-only, community {community}") } else { "read-only".to_owned() };
            self.service(ManagementKind::SnmpV1V2c, &note, snmp)?;
        }
        Ok(())
    }

    fn service(&mut self, kind: ManagementKind, note: &str, node: Node<'_, '_>) -> Result<(), Fault> {
        let line = self.lines.line(node);
        self.caps.thing(line)?;
        self.device.services.push(ManagementService { kind, note: Text::new(note), line });
        Ok(())
    }

    fn unknown(&mut self, affects: Affects, node: Node<'_, '_>, text: &str) -> Result<(), Fault> {
        let line = self.lines.line(node);
        self.caps.unknown(line)?;
        self.device.unknown.push(Unknown { affects, line, text: Text::new(text) });
        Ok(())
    }

    fn interfaces(&mut self) -> Result<(), Fault> {
        let vlans: Vec<Node<'a, 'i>> =
            at(self.root, &["vlans"]).into_iter().flat_map(|v| v.children()).collect();
        let vlans: Vec<_> = vlans.into_iter().filter(|v| v.has_tag_name("vlan")).collect();
        let mut ids = BTreeMap::new();
        for vlan in vlans {
            let Ok(id) = value(vlan, "tag").parse() else { continue };
            let line = self.lines.line(vlan);
            self.caps.thing(line)?;
            ids.insert(value(vlan, "vlanif"), id);
            self.device.vlans.push(Vlan { id, name: Text::new(value(vlan, "descr")), line });
        }
        let all: Vec<_> = child(self.root, "interfaces").into_iter().flat_map(|i| i.children()).collect();
        for node in all.into_iter().filter(Node::is_element) {
            let line = self.lines.line(node);
            self.caps.thing(line)?;
            let mut it = Interface::new(node.tag_name().name(), line);
            it.description = Text::new(value(node, "descr"));
            it.enabled = on(node, "enable");
            it.vlan = ids.get(value(node, "if")).copied();
            it.mac = value(node, "spoofmac").parse().ok();
            for (address, length) in [("ipaddr", "subnet"), ("ipaddrv6", "subnetv6")] {
                let ip: Option<IpAddr> = value(node, address).parse().ok();
                it.addresses.extend(ip.and_then(|ip| Some((ip, prefix_length(ip, value(node, length))?))));
            }
            if it.enabled && matches!(value(node, "ipaddr"), "dhcp" | "pppoe" | "ppp" | "pptp" | "l2tp") {
                self.unknown(
                    Affects::Routing(None),
                    node,
                    &format!("{} gets its address by {}", it.name, value(node, "ipaddr")),
                )?;
            }
            self.device.interfaces.push(it);
        }
        self.virtual_addresses();
        self.not_worked_out()
    }

    /// Addresses that two firewalls share, or that an interface has beside its own.
    fn virtual_addresses(&mut self) {
        let names = self.device.interfaces.iter().enumerate();
        let places: BTreeMap<String, usize> = names.map(|(at, it)| (it.name.to_string(), at)).collect();
        let all: Vec<_> = at(self.root, &["virtualip"]).into_iter().flat_map(|v| v.children()).collect();
        for vip in all.into_iter().filter(|v| v.has_tag_name("vip")) {
            let Ok(ip) = value(vip, "subnet").parse::<IpAddr>() else { continue };
            let single = if ip.is_ipv4() { 32 } else { 128 };
            let length = match value(vip, "mode") {
                "ipalias" => prefix_length(ip, value(vip, "subnet_bits")).unwrap_or(single),
                "carp" => single,
                _ => continue,
            };
            let it = places.get(value(vip, "interface")).and_then(|at| self.device.interfaces.get_mut(*at));
            if let Some(it) = it {
                it.addresses.push((ip, length));
            }
        }
    }

    /// Parts that decide reachability and are not worked out.
    fn not_worked_out(&mut self) -> Result<(), Fault> {
        if let Some(bridge) = at(self.root, &["bridges", "bridged"]) {
            self.unknown(Affects::Filtering(None), bridge, "a bridge of interfaces")?;
        }
        let portals: Vec<_> =
            at(self.root, &["captiveportal"]).into_iter().flat_map(|c| c.children()).collect();
        for zone in portals.into_iter().filter(|z| z.is_element() && on(*z, "enable")) {
            for name in value(zone, "interface").split(',').take(64) {
                self.unknown(Affects::Filtering(Some(Text::new(name))), zone, "captive portal")?;
            }
        }
        let packages = at(self.root, &["installedpackages"]);
        for name in ["frr", "quaggaospfd", "openbgpd", "frrbgp", "frrospfd"] {
            let config = packages.and_then(|p| at(p, &[name, "config"])).filter(|c| on(*c, "enable"));
            if let Some(config) = config {
                self.unknown(Affects::Routing(None), config, name)?;
            }
        }
        let quagga =
            at(self.root, &["OPNsense", "quagga", "general"]).filter(|g| value(*g, "enabled") == "1");
        if let Some(general) = quagga {
            self.unknown(Affects::Routing(None), general, "dynamic routing")?;
        }
        let new_rules = at(self.root, &["OPNsense", "Firewall", "Filter", "rules", "rule"]);
        if let Some(rule) = new_rules {
            self.unknown(Affects::Everything, rule, "rules of the new automation interface")?;
        }
        Ok(())
    }

    fn routes(&mut self) -> Result<(), Fault> {
        self.default_routes()?;
        let routes: Vec<_> =
            at(self.root, &["staticroutes"]).into_iter().flat_map(|r| r.children()).collect();
        for node in routes.into_iter().filter(|r| r.has_tag_name("route") && !on(*r, "disabled")) {
            let gateway = self.names.gateway(value(node, "gateway"));
            let prefixes = self.names.networks(value(node, "network"));
            match (prefixes, gateway) {
                (Some(prefixes), Some(via)) => {
                    for prefix in prefixes {
                        self.route(prefix, Some(via), None, node)?;
                    }
                }
                (Some(prefixes), None) if value(node, "gateway").starts_with("Null") => {
                    for prefix in prefixes {
                        self.route(prefix, None, None, node)?;
                        if let Some(last) = self.device.routes.last_mut() {
                            last.discard = true;
                        }
                    }
                }
                _ => self.unknown(
                    Affects::Routing(None),
                    node,
                    &format!("route to {}", value(node, "network")),
                )?,
            }
        }
        self.tunnels()
    }

    fn route(
        &mut self,
        prefix: (IpAddr, u8),
        via: Option<IpAddr>,
        interface: Option<Text>,
        node: Node<'_, '_>,
    ) -> Result<(), Fault> {
        let line = self.lines.line(node);
        self.caps.thing(line)?;
        let (discard, distance, instance) = (false, 1, None);
        self.device.routes.push(Route { prefix, via, interface, discard, distance, instance, line });
        Ok(())
    }

    fn default_routes(&mut self) -> Result<(), Fault> {
        let gateways = self.names.gateways(self.root);
        let chosen = [
            at(self.root, &["gateways"]).map_or("", |g| value(g, "defaultgw4")),
            at(self.root, &["gateways"]).map_or("", |g| value(g, "defaultgw6")),
        ];
        for (v6, chosen) in [(false, chosen[0]), (true, chosen[1])] {
            let of_version =
                |g: &&Node<'a, 'i>| (value(**g, "ipprotocol") == "inet6") == v6 && !on(**g, "disabled");
            let all: Vec<_> = gateways.iter().filter(of_version).copied().collect();
            let named = all.iter().filter(|g| {
                if chosen.is_empty() { on(**g, "defaultgw") } else { value(**g, "name") == chosen }
            });
            let named: Vec<_> = named.copied().collect();
            match (named.as_slice(), all.as_slice()) {
                ([one], _) | ([], [one]) if chosen != "-" => match value(*one, "gateway").parse() {
                    Ok(via) => self.route(everything(v6), Some(via), None, *one)?,
                    Err(_) => self.unknown(Affects::Routing(None), *one, "a gateway that is not fixed")?,
                },
                ([], []) => {}
                _ if chosen == "-" => {}
                (_, [first, ..]) => {
                    self.unknown(Affects::Routing(None), *first, "several gateways for everything")?
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Networks behind tunnels: what happens there is not worked out.
    fn tunnels(&mut self) -> Result<(), Fault> {
        let lists = [("openvpn", "openvpn-server"), ("openvpn", "openvpn-client")];
        for (block, name) in lists {
            let all: Vec<_> = at(self.root, &[block]).into_iter().flat_map(|b| b.children()).collect();
            for node in all.into_iter().filter(|n| n.has_tag_name(name) && !on(*n, "disable")) {
                for field in ["tunnel_network", "remote_network", "tunnel_networkv6", "remote_networkv6"] {
                    for prefix in
                        value(node, field).split(',').take(64).filter_map(|t| address_and_length(t.trim()))
                    {
                        self.route(prefix, None, Some(Text::new(block)), node)?;
                    }
                }
            }
        }
        let phases: Vec<_> = at(self.root, &["ipsec"]).into_iter().flat_map(|b| b.children()).collect();
        for node in phases.into_iter().filter(|n| n.has_tag_name("phase2") && !on(*n, "disabled")) {
            let remote = child(node, "remoteid");
            let prefix = remote.and_then(|r| {
                let ip: IpAddr = value(r, "address").parse().ok()?;
                let length = prefix_length(ip, value(r, "netbits"));
                Some((ip, length.unwrap_or(if ip.is_ipv4() { 32 } else { 128 })))
            });
            match prefix {
                Some(prefix) => self.route(prefix, None, Some(Text::new("ipsec")), node)?,
                None => self.unknown(Affects::Routing(None), node, "an IPsec tunnel")?,
            }
        }
        for path in
            [&["OPNsense", "wireguard", "general"][..], &["OPNsense", "Swanctl", "Connections", "Connection"]]
        {
            let found = at(self.root, path).filter(|n| value(*n, "enabled") == "1");
            if let Some(node) = found {
                self.unknown(Affects::Routing(None), node, "a tunnel")?;
            }
        }
        Ok(())
    }
}

fn everything(v6: bool) -> (IpAddr, u8) {
    match v6 {
        true => (IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED), 0),
        false => (IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0),
    }
}
