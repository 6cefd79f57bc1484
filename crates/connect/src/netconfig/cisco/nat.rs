//! Translation of addresses between inside and outside (Cisco, "IP Addressing: NAT Configuration Guide"). From outside, the inbound list
//! sees the outside address; routing and the outbound list see the inside one.

use super::super::line::{Words, shown};
use super::super::words;
use super::block::Block;
use super::{Fault, Reader};
use model::Text;
use model::network::{
    Addresses, Affects, Change, Family, Interfaces, Match, Net, Ports, Service, Translated, Translation,
};
use std::net::{IpAddr, Ipv4Addr};

/// Which interfaces are inside and outside.
#[derive(Debug, Default)]
pub(super) struct Sides {
    inside: Vec<Text>,
    outside: Vec<Text>,
}

impl Sides {
    /// Takes `ip nat inside` or `ip nat outside` of an interface.
    pub(super) fn side(&mut self, interface: &Text, side: Option<&str>) {
        match side {
            Some("inside") => self.inside.push(interface.clone()),
            Some("outside") => self.outside.push(interface.clone()),
            _ => {}
        }
    }
}

/// One static translation.
struct Static {
    local: IpAddr,
    local_port: Option<u16>,
    global: Addresses,
    global_port: Option<u16>,
    protocol: Option<u8>,
}

impl<'a> Reader<'a> {
    /// All `ip nat` lines; the interfaces are known by now.
    pub(super) fn nat_rules(&mut self, blocks: &[Block<'a>]) -> Result<(), Fault> {
        for block in blocks {
            let mut words = Words::new(block.text);
            if !words.eat_all(&["ip", "nat"]) {
                continue;
            }
            if words.eat_all(&["inside", "source", "static"]) {
                match self.static_nat(words) {
                    Some(nat) => self.static_rules(block, nat)?,
                    None => self.unknown(Affects::Everything, block.line, block.text)?,
                }
            } else if words.eat_all(&["inside", "source"]) {
                self.source_change(block, None)?;
            } else if !words.peek().is_some_and(|w| HARMLESS.contains(&w)) {
                self.unknown(Affects::Everything, block.line, block.text)?;
            }
        }
        Ok(())
    }

    /// `[tcp|udp] LOCAL [PORT] {GLOBAL|interface NAME} [PORT] [extendable]`.
    fn static_nat(&self, mut words: Words<'_>) -> Option<Static> {
        let protocol = words.peek().filter(|w| matches!(*w, "tcp" | "udp")).and_then(words::protocol);
        if protocol.is_some() {
            words.next();
        }
        let local = words.next()?.parse::<Ipv4Addr>().ok()?.into();
        let local_port = if protocol.is_some() { Some(words::port(words.next()?)?) } else { None };
        let global = if words.eat("interface") {
            self.addresses_of(words.next()?)
        } else {
            Addresses::of(vec![Net::host(words.next()?.parse::<Ipv4Addr>().ok()?.into())])
        };
        let global_port = if protocol.is_some() { Some(words::port(words.next()?)?) } else { None };
        let harmless = |w: &&str| matches!(*w, "extendable" | "no-alias" | "no-payload" | "add-route");
        words.rest().iter().all(harmless).then_some(())?;
        Some(Static { local, local_port, global, global_port, protocol })
    }

    fn addresses_of(&self, name: &str) -> Addresses {
        let own = self.device.interface(name).map(|i| i.addresses.as_slice()).unwrap_or_default();
        let nets: Vec<Net> = own.iter().map(|(ip, _)| Net::host(*ip)).collect();
        let unknown = if nets.is_empty() { vec![Text::new(name)] } else { Vec::new() };
        Addresses { nets, unknown, negated: false }
    }

    fn static_rules(&mut self, block: &Block<'a>, nat: Static) -> Result<(), Fault> {
        self.source_change(block, Some(nat.local))?;
        let ports = nat.global_port.map(|p| Ports::of(vec![(p, p)]));
        let service = nat.protocol.map(|p| Service { destination_ports: ports, ..Service::protocol(p) });
        let when = Match {
            family: Some(Family::V4),
            destinations: Some(nat.global),
            services: service.into_iter().collect(),
            in_interfaces: Some(Interfaces::of(self.nat.outside.clone())),
            ..Match::default()
        };
        let change = Change::Destination {
            to: Some(nat.local),
            base: None,
            port: nat.local_port,
            seen: Translated::AfterInbound,
        };
        self.translation(block, when, change)
    }

    /// The source changes on the way from inside to outside; `None` for what a list says, which is not worked out.
    fn source_change(&mut self, block: &Block<'a>, local: Option<IpAddr>) -> Result<(), Fault> {
        let when = Match {
            family: Some(Family::V4),
            sources: local.map(|ip| Addresses::of(vec![Net::host(ip)])),
            in_interfaces: Some(Interfaces::of(self.nat.inside.clone())),
            out_interfaces: Some(Interfaces::of(self.nat.outside.clone())),
            ..Match::default()
        };
        self.translation(block, when, Change::Source)
    }

    fn translation(&mut self, block: &Block<'a>, when: Match, change: Change) -> Result<(), Fault> {
        self.caps.thing(block.line)?;
        self.device.translations.push(Translation {
            when,
            change,
            line: block.line,
            text: shown(block.text),
        });
        Ok(())
    }
}

/// Lines of `ip nat` that translate nothing by themselves.
const HARMLESS: [&str; 8] =
    ["pool", "translation", "log", "service", "settings", "create", "stateful", "piggyback-support"];
