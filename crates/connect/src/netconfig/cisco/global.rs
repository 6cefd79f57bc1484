//! Routes, accounts and management of a running configuration (Cisco, "IP Routing: Protocol-Independent" and "Configuration
//! Fundamentals" command references).

use super::super::line::{Words, address_and_length, prefix_of_mask};
use super::block::Block;
use super::{Fault, Reader};
use model::Text;
use model::network::{
    Affects, Binding, Fallback, LocalAccount, ManagementKind, ManagementService, Place, Ports, Route,
    RuleList, Service,
};
use std::net::{IpAddr, Ipv4Addr};

/// What a static route has unless told otherwise.
const DISTANCE: u32 = 1;
/// Name of the list that stands for the terminal lines.
const VTY: &str = "line vty";

/// What a block of terminal lines says.
#[derive(Debug)]
pub(super) struct VtyLines {
    line: u32,
    access_class: Option<String>,
    reachable: bool,
}

impl<'a> Reader<'a> {
    /// `ip route [vrf NAME] NETWORK MASK [INTERFACE] [NEXT HOP] [DISTANCE] …`.
    pub(super) fn route(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        let instance = if words.eat("vrf") { words.next().map(Text::new) } else { None };
        let network = words.next().and_then(|n| n.parse::<Ipv4Addr>().ok());
        let mask = words.next().and_then(|m| m.parse().ok()).and_then(prefix_of_mask);
        match network.zip(mask) {
            Some((network, length)) => self.way(block, words, (IpAddr::V4(network), length), instance),
            None => self.unknown(Affects::Routing(instance), block.line, block.text),
        }
    }

    /// `ipv6 route [vrf NAME] NETWORK/LENGTH …`.
    pub(super) fn route_v6(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        let instance = if words.eat("vrf") { words.next().map(Text::new) } else { None };
        match words.next().and_then(address_and_length) {
            Some(prefix) => self.way(block, words, prefix, instance),
            None => self.unknown(Affects::Routing(instance), block.line, block.text),
        }
    }

    fn way(
        &mut self,
        block: &Block<'a>,
        mut words: Words<'a>,
        prefix: (IpAddr, u8),
        instance: Option<Text>,
    ) -> Result<(), Fault> {
        let mut route = Route {
            prefix,
            via: None,
            interface: None,
            discard: false,
            distance: DISTANCE,
            instance,
            line: block.line,
        };
        route.via = words.peek().and_then(|w| w.parse().ok());
        if route.via.is_none() {
            let interface = words.next().unwrap_or_default();
            route.discard = interface.eq_ignore_ascii_case("null0");
            route.interface = Some(Text::new(interface)).filter(|i| !i.is_empty() && !route.discard);
            route.via = words.peek().and_then(|w| w.parse().ok());
        }
        if route.via.is_some() {
            words.next();
        }
        if let Some(distance) = words.peek().and_then(|w| w.parse().ok()) {
            words.next();
            route.distance = distance;
        }
        // Into another routing instance, from DHCP, or only while something else can be reached.
        let conditional = words.rest().iter().any(|w| matches!(*w, "global" | "dhcp" | "track"));
        let nowhere = route.via.is_none() && route.interface.is_none() && !route.discard;
        let dhcp = route.interface.as_ref().is_some_and(|i| i.as_str() == "dhcp");
        if conditional || nowhere || dhcp {
            self.unknown(Affects::Routing(route.instance.clone()), block.line, block.text)?;
        }
        if nowhere || dhcp {
            return Ok(());
        }
        self.caps.thing(block.line)?;
        self.device.routes.push(route);
        Ok(())
    }

    /// `username NAME [privilege LEVEL] {password|secret} …`.
    pub(super) fn account(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        let name = Text::new(words.next().unwrap_or_default());
        let mut privilege = "1";
        while let Some(word) = words.next() {
            match word {
                "privilege" => privilege = words.next().unwrap_or(privilege),
                "password" | "secret" => break,
                _ => {}
            }
        }
        self.caps.thing(block.line)?;
        self.device.accounts.push(LocalAccount { name, privilege: Text::new(privilege), line: block.line });
        Ok(())
    }

    /// `ip http server`, `ip http secure-server`.
    pub(super) fn http(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        match words.next() {
            Some("server") => self.service(ManagementKind::Http, "", block.line),
            Some("secure-server") => self.service(ManagementKind::Https, "", block.line),
            _ => Ok(()),
        }
    }

    /// `snmp-server community NAME [view V] [RO|RW] [LIST]`, `snmp-server group NAME v3 …`.
    pub(super) fn snmp(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        match (words.next(), words.next()) {
            (Some("community"), Some(community)) => {
                let well_known = matches!(community, "public" | "private");
                let writes = words.rest().iter().any(|w| w.eq_ignore_ascii_case("rw"));
                let access = if writes { "read-write" } else { "read-only" };
                let known = if well_known { format!(", community {community}") } else { String::new() };
                self.service(ManagementKind::SnmpV1V2c, &format!("{access}{known}"), block.line)
            }
            (Some("group"), Some(_)) if words.eat("v3") => {
                self.service(ManagementKind::SnmpV3, "", block.line)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn service(&mut self, kind: ManagementKind, note: &str, line: u32) -> Result<(), Fault> {
        self.caps.thing(line)?;
        self.device.services.push(ManagementService { kind, note: Text::new(note), line });
        Ok(())
    }

    pub(super) fn vty(&mut self, block: &Block<'a>) {
        let mut lines = VtyLines { line: block.line, access_class: None, reachable: true };
        for (line, text) in &block.children {
            let mut words = Words::new(text);
            if words.eat_all(&["transport", "input"]) {
                let protocols = words.rest();
                let has = |name| protocols.contains(&name) || protocols.contains(&"all");
                lines.reachable = !protocols.contains(&"none");
                for (name, kind) in [("telnet", ManagementKind::Telnet), ("ssh", ManagementKind::Ssh)] {
                    let there = self.device.services.iter().any(|s| s.kind == kind);
                    if has(name) && !there {
                        // Two at most, so they need no cap.
                        self.device.services.push(ManagementService {
                            kind,
                            note: Text::new(block.text),
                            line: *line,
                        });
                    }
                }
            } else if words.eat("access-class") {
                let list = words.next().unwrap_or_default();
                if words.eat("in") {
                    lines.access_class = Some(list.to_owned());
                }
            }
        }
        self.vty.push(lines);
    }

    /// Telnet and SSH to the device pass the list of the terminal lines. Where the lines differ, any of them may answer.
    pub(super) fn vty_list(&mut self) -> Result<(), Fault> {
        let lines: Vec<VtyLines> =
            std::mem::take(&mut self.vty).into_iter().filter(|l| l.reachable).collect();
        let Some(first) = lines.first() else { return Ok(()) };
        let same = lines.iter().all(|l| l.access_class == first.access_class);
        let name = match (&first.access_class, same) {
            (None, true) => return Ok(()),
            (Some(list), true) => list.clone(),
            _ => {
                let list = RuleList::new(VTY, Fallback::Unknown, first.line);
                self.device.chains.push(list);
                VTY.to_owned()
            }
        };
        let mut binding = Binding::new(&name, Place::Local, first.line);
        binding.services = vec![Service::ports(6, Ports::of(vec![(22, 23)]))];
        binding.family = Some(super::family(false));
        self.caps.thing(first.line)?;
        self.device.bindings.push(binding);
        Ok(())
    }
}
