//! Addresses and services by name, with their groups (FortiOS CLI reference, `config firewall address`, `addrgrp`, `service custom`,
//! `service group`, `vip`).

use super::super::limits::{Caps, GROUP_DEPTH_MAX};
use super::super::line::{net, net_of_care, prefix_of_mask};
use super::super::words;
use super::tree::Node;
use model::Text;
use model::network::{Addresses, Net, Ports, Service};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Virtual IPs that one policy or group may name.
const VIRTUAL_IPS_MAX: usize = 1000;

/// Named things of one VDOM.
#[derive(Debug, Default)]
pub(super) struct Objects<'n, 'a> {
    addresses: BTreeMap<(&'n str, bool), &'n Node<'a>>,
    address_groups: BTreeMap<(&'n str, bool), &'n Node<'a>>,
    services: BTreeMap<&'n str, &'n Node<'a>>,
    service_groups: BTreeMap<&'n str, &'n Node<'a>>,
    vips: BTreeMap<&'n str, &'n Node<'a>>,
    vip_groups: BTreeMap<&'n str, &'n Node<'a>>,
}

/// Services, and names that were not understood.
#[derive(Debug, Default)]
pub(super) struct ServiceSet {
    /// One of these; what matches everything is told by `all`.
    pub(super) services: Vec<Service>,
    pub(super) all: bool,
    pub(super) unknown: Vec<Text>,
}

impl<'n, 'a> Objects<'n, 'a> {
    pub(super) fn read(scope: &'n Node<'a>) -> Self {
        let named = |block: &'n str| scope.entries(block).map(|n| (n.name.as_str(), n));
        let of = |block: &'n str, v6: bool| named(block).map(move |(name, n)| ((name, v6), n));
        Self {
            addresses: of("firewall address", false).chain(of("firewall address6", true)).collect(),
            address_groups: of("firewall addrgrp", false).chain(of("firewall addrgrp6", true)).collect(),
            services: named("firewall service custom").collect(),
            service_groups: named("firewall service group").collect(),
            vips: named("firewall vip").collect(),
            vip_groups: named("firewall vipgrp").collect(),
        }
    }

    /// The addresses of names. Virtual IPs are left out: they are asked for with [`Self::virtual_ips`].
    pub(super) fn addresses(&self, names: &[impl AsRef<str>], v6: bool, caps: &mut Caps) -> Addresses {
        let mut set = Addresses::default();
        for name in names.iter().map(AsRef::as_ref).filter(|n| !self.is_virtual(n)) {
            self.address(name, v6, 0, &mut set, caps);
        }
        set
    }

    fn is_virtual(&self, name: &str) -> bool {
        self.vips.contains_key(name) || self.vip_groups.contains_key(name)
    }

    /// The virtual IPs of names, with those of groups.
    pub(super) fn virtual_ips(&self, names: &[impl AsRef<str>]) -> Vec<&'n Node<'a>> {
        let mut out = BTreeMap::new();
        for name in names.iter().map(AsRef::as_ref).take(VIRTUAL_IPS_MAX) {
            let members = self.vip_groups.get(name).map(|g| g.values("member")).unwrap_or_default();
            let members = members.iter().map(AsRef::as_ref).take(VIRTUAL_IPS_MAX);
            let found = members.chain([name]).filter_map(|m| self.vips.get(m));
            out.extend(found.map(|vip| (vip.line, *vip)));
        }
        out.into_values().collect()
    }

    fn address(&self, name: &str, v6: bool, depth: u32, set: &mut Addresses, caps: &mut Caps) {
        let room = depth <= GROUP_DEPTH_MAX && caps.members(1);
        if let Some(group) = self.address_groups.get(&(name, v6)).filter(|_| room) {
            if group.is("exclude", "enable") {
                set.unknown.push(Text::new(name));
            }
            group.values("member").iter().for_each(|m| self.address(m, v6, depth + 1, set, caps));
            return;
        }
        let known = self.addresses.get(&(name, v6)).filter(|_| room);
        let found = match (known, name) {
            (Some(node), _) if v6 => address_v6(node),
            (Some(node), _) => address_v4(node),
            (None, "all") if room => Some(everything(v6)),
            (None, "none") => Some(Net::host(IpAddr::V4(Ipv4Addr::UNSPECIFIED))),
            _ => None,
        };
        match found {
            Some(net) => set.nets.push(net),
            None => set.unknown.push(Text::new(name)),
        }
    }

    /// The services of names.
    pub(super) fn services(&self, names: &[impl AsRef<str>], caps: &mut Caps) -> ServiceSet {
        let mut set = ServiceSet::default();
        names.iter().for_each(|n| self.service(n.as_ref(), 0, &mut set, caps));
        set
    }

    fn service(&self, name: &str, depth: u32, set: &mut ServiceSet, caps: &mut Caps) {
        let room = depth <= GROUP_DEPTH_MAX && caps.members(1);
        if let Some(group) = self.service_groups.get(name).filter(|_| room) {
            group.values("member").iter().for_each(|m| self.service(m, depth + 1, set, caps));
            return;
        }
        let found = match self.services.get(name).filter(|_| room) {
            Some(node) => custom(node),
            None => predefined(name),
        };
        match found {
            Some(services) if services.iter().any(|s| *s == Service::default()) => set.all = true,
            Some(services) => set.services.extend(services),
            None => set.unknown.push(Text::new(name)),
        }
    }
}

/// Every address of a version.
pub(super) fn everything(v6: bool) -> Net {
    match v6 {
        true => Net::Prefix(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
        false => Net::Prefix(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
    }
}

/// Address and mask as two words, or `A/LENGTH`.
pub(super) fn network(values: &[impl AsRef<str>]) -> Option<(IpAddr, u8)> {
    match values {
        [one] => super::super::line::address_and_length(one.as_ref()),
        [address, mask] => {
            let address: Ipv4Addr = address.as_ref().parse().ok()?;
            Some((IpAddr::V4(address), prefix_of_mask(mask.as_ref().parse().ok()?)?))
        }
        _ => None,
    }
}

fn address_v4(node: &Node<'_>) -> Option<Net> {
    match node.value("type") {
        "" | "ipmask" | "interface-subnet" if node.has("subnet") => {
            network(node.values("subnet")).map(|(ip, length)| Net::Prefix(ip, length))
        }
        "" | "ipmask" if !node.has("fqdn") && !node.has("country") => Some(everything(false)),
        "iprange" => range(node.value("start-ip"), node.value("end-ip")),
        "wildcard" => {
            let [address, care] = node.values("wildcard") else { return None };
            Some(net_of_care(address.parse().ok()?, care.parse().ok()?))
        }
        _ => None,
    }
}

fn address_v6(node: &Node<'_>) -> Option<Net> {
    match node.value("type") {
        "" | "ipprefix" if node.has("ip6") => net(node.value("ip6")),
        "" | "ipprefix" => Some(everything(true)),
        "iprange" => range(node.value("start-ip"), node.value("end-ip")),
        _ => None,
    }
}

/// From the first to the last address.
pub(super) fn range(first: &str, last: &str) -> Option<Net> {
    let (first, last): (IpAddr, IpAddr) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(Net::Range(first, last))
}

fn custom(node: &Node<'_>) -> Option<Vec<Service>> {
    if ["fqdn", "iprange", "application", "app-category"].iter().any(|s| node.has(s))
        || node.is("proxy", "enable")
    {
        return None;
    }
    match node.value("protocol") {
        "" | "TCP/UDP/SCTP" | "TCP/UDP/UDP-Lite/SCTP" => {
            let mut services = Vec::new();
            for (name, number) in [
                ("tcp-portrange", 6),
                ("udp-portrange", 17),
                ("sctp-portrange", 132),
                ("udplite-portrange", 136),
            ] {
                for value in node.values(name) {
                    services.push(port_range(value, number)?);
                }
            }
            Some(services)
        }
        "IP" => Some(match node.value("protocol-number") {
            "" | "0" => vec![Service::default()],
            number => vec![Service::protocol(number.parse().ok()?)],
        }),
        "ICMP" => icmp(node, 1),
        "ICMP6" => icmp(node, 58),
        _ => None,
    }
}

fn icmp(node: &Node<'_>, number: u8) -> Option<Vec<Service>> {
    let mut service = Service::protocol(number);
    if node.has("icmptype") {
        service.icmp_types.push(node.value("icmptype").parse().ok()?);
    }
    Some(vec![service])
}

/// `80`, `80-90`, `80:1024-65535`: the receiver's ports, then the sender's.
fn port_range(value: &str, number: u8) -> Option<Service> {
    let (receiver, sender) = value.split_once(':').map_or((value, None), |(r, s)| (r, Some(s)));
    let one = |text: &str| words::port_range(text, '-').map(|range| Ports::of(vec![range]));
    let source_ports = match sender {
        // All ports of a sender are written out.
        Some("0-65535" | "1-65535") | None => None,
        Some(text) => Some(one(text)?),
    };
    Some(Service { source_ports, ..Service::ports(number, one(receiver)?) })
}

/// Services that are there without being written, by the names FortiOS gives them.
fn predefined(name: &str) -> Option<Vec<Service>> {
    let ports = |number, first, last| Service::ports(number, Ports::of(vec![(first, last)]));
    let one = |number, port| vec![ports(number, port, port)];
    Some(match name {
        "ALL" | "ANY" => vec![Service::default()],
        "ALL_TCP" => vec![ports(6, 1, u16::MAX)],
        "ALL_UDP" => vec![ports(17, 1, u16::MAX)],
        "ALL_ICMP" => vec![Service::protocol(1)],
        "ALL_ICMP6" => vec![Service::protocol(58)],
        "PING" => vec![Service { icmp_types: vec![8], ..Service::protocol(1) }],
        "PING6" => vec![Service { icmp_types: vec![128], ..Service::protocol(58) }],
        "HTTP" => one(6, 80),
        "HTTPS" => one(6, 443),
        "SSH" => one(6, 22),
        "TELNET" => one(6, 23),
        "FTP" => one(6, 21),
        "SMTP" => one(6, 25),
        "SMB" => one(6, 445),
        "RDP" => one(6, 3389),
        "NTP" => vec![ports(6, 123, 123), ports(17, 123, 123)],
        "DNS" => vec![ports(6, 53, 53), ports(17, 53, 53)],
        "SNMP" => vec![ports(6, 161, 162), ports(17, 161, 162)],
        "SYSLOG" => one(17, 514),
        "TFTP" => one(17, 69),
        _ => return None,
    })
}
