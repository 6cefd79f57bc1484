//! Object groups (Cisco, "Object Groups for ACLs"): networks are written with a mask of ones in front, not with a wildcard.

use super::super::limits::{Caps, GROUP_DEPTH_MAX};
use super::super::line::{Words, net, net_of_care, prefix_of_mask, shown};
use super::super::words;
use super::acl;
use super::block::Block;
use model::Text;
use model::network::{Addresses, Net, Service};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Members of a group, as they stand in the file.
type Members<'a> = Vec<&'a str>;

/// Groups by name.
#[derive(Debug, Default)]
pub(super) struct Groups<'a> {
    networks: BTreeMap<&'a str, Members<'a>>,
    services: BTreeMap<&'a str, Members<'a>>,
}

/// Services of a group, and members that were not understood.
#[derive(Debug, Default)]
pub(super) struct ServiceSet {
    pub(super) services: Vec<Service>,
    pub(super) unknown: Vec<Text>,
}

impl<'a> Groups<'a> {
    /// Takes the groups out of a configuration.
    pub(super) fn read(blocks: &[Block<'a>]) -> Self {
        let mut groups = Self::default();
        for block in blocks {
            let mut words = Words::new(block.text);
            if !words.eat("object-group") {
                continue;
            }
            let into = match words.next() {
                Some("network" | "v4-network" | "v6-network") => &mut groups.networks,
                Some("service") => &mut groups.services,
                _ => continue,
            };
            let members = into.entry(words.next().unwrap_or_default()).or_default();
            members.extend(block.children.iter().map(|(_, text)| *text));
        }
        groups
    }

    /// The addresses of a group, with those of the groups in it.
    pub(super) fn addresses(&self, name: &str, caps: &mut Caps) -> Addresses {
        let mut set = Addresses::default();
        self.add_addresses(name, 0, &mut set, caps);
        set
    }

    fn add_addresses(&self, name: &str, depth: u32, set: &mut Addresses, caps: &mut Caps) {
        let Some(members) = self.networks.get(name).filter(|_| depth <= GROUP_DEPTH_MAX) else {
            set.unknown.push(Text::new(name));
            return;
        };
        for member in members {
            if !caps.members(1) {
                set.unknown.push(Text::new(name));
                return;
            }
            let mut words = Words::new(member);
            if words.eat("description") {
                continue;
            }
            if words.eat("group-object") {
                self.add_addresses(words.next().unwrap_or_default(), depth + 1, set, caps);
                continue;
            }
            match network(words) {
                Some(nets) => set.nets.extend(nets),
                None => set.unknown.push(shown(member)),
            }
        }
    }

    /// The services of a group, with those of the groups in it.
    pub(super) fn services(&self, name: &str, caps: &mut Caps) -> ServiceSet {
        let mut set = ServiceSet::default();
        self.add_services(name, 0, &mut set, caps);
        set
    }

    fn add_services(&self, name: &str, depth: u32, set: &mut ServiceSet, caps: &mut Caps) {
        let Some(members) = self.services.get(name).filter(|_| depth <= GROUP_DEPTH_MAX) else {
            set.unknown.push(Text::new(name));
            return;
        };
        for member in members {
            if !caps.members(1) {
                set.unknown.push(Text::new(name));
                return;
            }
            let mut words = Words::new(member);
            if words.eat("description") {
                continue;
            }
            if words.eat("group-object") {
                self.add_services(words.next().unwrap_or_default(), depth + 1, set, caps);
                continue;
            }
            match services(words) {
                Some(services) => set.services.extend(services),
                None => set.unknown.push(shown(member)),
            }
        }
    }
}

/// `host A`, `A MASK`, `A/LENGTH`, `A`, `range A B` or `any`.
fn network(mut words: Words<'_>) -> Option<Vec<Net>> {
    if words.eat("any") {
        return Some(acl::everything().to_vec());
    }
    if words.eat("range") {
        let (first, last) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        return (first <= last).then(|| vec![Net::Range(first, last)]);
    }
    words.eat("host");
    let first = words.next()?;
    match words.next() {
        None => net(first).map(|n| vec![n]),
        Some(mask) => {
            let (address, mask) = (first.parse().ok()?, mask.parse::<Ipv4Addr>().ok()?);
            prefix_of_mask(mask)?;
            Some(vec![net_of_care(address, mask)])
        }
    }
}

/// `tcp eq 80`, `tcp source range 1 9 eq 80`, `tcp-udp eq domain`, `icmp echo`, `ip`, `47`.
fn services(mut words: Words<'_>) -> Option<Vec<Service>> {
    let name = words.next()?;
    let protocols: Vec<Option<u8>> = match name {
        "tcp-udp" => vec![Some(6), Some(17)],
        "ip" => vec![None],
        other => vec![Some(words::protocol(other)?)],
    };
    let mut service = Service::default();
    if words.eat("source") {
        service.source_ports = Some(acl::ports(&mut words)??);
    }
    if protocols == [Some(1)] && !words.is_done() {
        service.icmp_types.push(words::icmp_type(words.next()?, false)?);
    } else if !words.is_done() {
        service.destination_ports = Some(match acl::ports(&mut words)? {
            Some(ports) => ports,
            None => model::network::Ports::of(vec![words::port(words.next()?).map(|p| (p, p))?]),
        });
    }
    let one = |protocol| Service { protocol, ..service.clone() };
    words.is_done().then(|| protocols.into_iter().map(one).collect())
}
