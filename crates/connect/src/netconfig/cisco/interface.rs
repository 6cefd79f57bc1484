//! Interfaces and VLANs (Cisco, "Interface and Hardware Component", "IP Addressing" and "LAN Switching" command references).

use super::super::line::{Words, address_and_length, prefix_of_mask};
use super::block::Block;
use super::{Fault, Reader};
use model::network::{Affects, Interface, Place, Vlan};
use model::{Mac, Text};
use std::net::{IpAddr, Ipv4Addr};

/// VLAN ids that one line may list.
const VLANS_MAX: usize = 4096;

/// Lists that a switch port has.
#[derive(Debug, Default)]
struct Port {
    switchport: bool,
    lists: Vec<(u32, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn interface(&mut self, block: &Block<'a>, name: String) -> Result<(), Fault> {
        self.caps.thing(block.line)?;
        let mut interface = Interface::new(&name, block.line);
        interface.vlan = name.strip_prefix("Vlan").and_then(|id| id.parse().ok());
        let mut port = Port::default();
        for (line, text) in &block.children {
            self.interface_line(&mut interface, &mut port, *line, text)?;
        }
        if port.switchport && interface.addresses.is_empty() {
            self.port_lists(&interface, &port)?;
        }
        self.device.interfaces.push(interface);
        Ok(())
    }

    /// A list at a switch port filters what comes from the stations behind it. Which these are is not known.
    fn port_lists(&mut self, interface: &Interface, port: &Port) -> Result<(), Fault> {
        for (line, text) in &port.lists {
            let vlan = interface.vlan.filter(|_| !interface.trunk);
            let at = vlan.map(|id| Text::new(&format!("Vlan{id}")));
            self.unknown(Affects::Filtering(at), *line, text)?;
        }
        Ok(())
    }

    fn interface_line(
        &mut self,
        it: &mut Interface,
        port: &mut Port,
        line: u32,
        text: &str,
    ) -> Result<(), Fault> {
        let mut words = Words::new(text);
        match words.next().unwrap_or_default() {
            "description" => it.description = Text::new(&words.rest().join(" ")),
            "shutdown" => it.enabled = false,
            "encapsulation" if words.eat("dot1Q") || words.eat("dot1q") => {
                it.vlan = words.next().and_then(|id| id.parse().ok());
            }
            "switchport" => {
                port.switchport = true;
                switchport(it, words);
            }
            "no" if words.eat_all(&["switchport"]) => port.switchport = false,
            "mac-address" => it.mac = words.next().and_then(dotted_mac),
            "vrf" if words.eat("forwarding") => it.instance = words.next().map(Text::new),
            "ip" if words.eat_all(&["vrf", "forwarding"]) => it.instance = words.next().map(Text::new),
            "ip" => self.interface_ip(it, port, words, line, text)?,
            "ipv6" => self.interface_ipv6(it, words, line, text)?,
            "standby" | "vrrp" | "glbp" => shared_address(it, words),
            "zone-member" | "crypto" | "pppoe-client" | "bridge-group" | "xconnect" | "service-insertion"
            | "utd" => {
                self.unknown(Affects::Filtering(Some(it.name.clone())), line, text)?;
            }
            "mac" if words.eat("access-group") => {
                self.unknown(Affects::Filtering(Some(it.name.clone())), line, text)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn interface_ip(
        &mut self,
        it: &mut Interface,
        port: &mut Port,
        mut words: Words<'_>,
        line: u32,
        text: &str,
    ) -> Result<(), Fault> {
        match words.next().unwrap_or_default() {
            "address" => {
                let address = words.next().and_then(|a| a.parse::<Ipv4Addr>().ok());
                let mask = words.next().and_then(|m| m.parse().ok()).and_then(prefix_of_mask);
                match address.zip(mask) {
                    Some((address, length)) => it.addresses.push((IpAddr::V4(address), length)),
                    None => self.unknown(Affects::Routing(None), line, text)?,
                }
            }
            "unnumbered" => self.unknown(Affects::Routing(None), line, text)?,
            "policy" => self.unknown(Affects::Steering(it.name.clone()), line, text)?,
            "admission" | "ips" | "auth-proxy" => {
                self.unknown(Affects::Filtering(Some(it.name.clone())), line, text)?;
            }
            "access-group" => {
                port.lists.push((line, text.to_owned()));
                self.access_group(it, words, false, line)?;
            }
            "nat" => self.nat.side(&it.name, words.next()),
            _ => {}
        }
        Ok(())
    }

    fn access_group(
        &mut self,
        it: &Interface,
        mut words: Words<'_>,
        v6: bool,
        line: u32,
    ) -> Result<(), Fault> {
        let list = words.next().unwrap_or_default();
        let place = if words.eat("out") { Place::Outbound } else { Place::Inbound };
        self.bind(list, place, it.name.as_str(), v6, line)
    }

    fn interface_ipv6(
        &mut self,
        it: &mut Interface,
        mut words: Words<'_>,
        line: u32,
        text: &str,
    ) -> Result<(), Fault> {
        match words.next().unwrap_or_default() {
            "address" => {
                let address = words.next().unwrap_or_default();
                let link_local = words.eat("link-local");
                match address_and_length(address).filter(|(_, length)| *length < 128 || address.contains('/'))
                {
                    Some(address) if !words.eat("eui-64") => it.addresses.push(address),
                    _ if link_local => {}
                    _ => self.unknown(Affects::Routing(None), line, text)?,
                }
            }
            "traffic-filter" => self.access_group(it, words, true, line)?,
            "policy" => self.unknown(Affects::Steering(it.name.clone()), line, text)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn vlan(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        // `vlan internal allocation policy` and the like have no ids.
        let Some(ids) = words.next().and_then(ranges) else { return Ok(()) };
        let name = block.children.iter().find_map(|(_, text)| text.strip_prefix("name "));
        for id in ids.into_iter().flat_map(|(first, last)| first..=last).take(VLANS_MAX) {
            self.caps.thing(block.line)?;
            self.device.vlans.push(Vlan { id, name: Text::new(name.unwrap_or_default()), line: block.line });
        }
        Ok(())
    }
}

fn switchport(it: &mut Interface, mut words: Words<'_>) {
    match (words.next(), words.next()) {
        (Some("access"), Some("vlan")) => it.vlan = words.next().and_then(|id| id.parse().ok()),
        (Some("mode"), Some("trunk")) => it.trunk = true,
        (Some("trunk"), Some("allowed")) => {
            words.eat("vlan");
            words.eat("add");
            let ids = words.next().and_then(ranges).unwrap_or_default();
            let room = VLANS_MAX.saturating_sub(it.trunk_vlans.len());
            it.trunk_vlans.extend(ids.into_iter().take(room));
        }
        _ => {}
    }
}

/// `1,10,20-30`.
fn ranges(text: &str) -> Option<Vec<(u16, u16)>> {
    let one = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last <= 4095).then_some((first, last))
    };
    text.split(',').take(VLANS_MAX).map(one).collect()
}

/// The address that several routers share, under which stations know their router (HSRP, VRRP, GLBP).
fn shared_address(it: &mut Interface, mut words: Words<'_>) {
    words.next();
    words.eat("address-family");
    words.eat("ip");
    if let Some(address) = words.next().and_then(|a| a.parse::<Ipv4Addr>().ok()) {
        it.addresses.push((IpAddr::V4(address), 32));
    }
}

/// `0011.2233.4455`.
fn dotted_mac(text: &str) -> Option<Mac> {
    let digits: String = text.chars().filter(|c| *c != '.').collect();
    let value = u64::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 12)?;
    let [_, _, a, b, c, d, e, f] = value.to_be_bytes();
    Some(Mac([a, b, c, d, e, f]))
}
