//! Cisco IOS and IOS XE: the output of `show running-config` (Cisco, "Cisco IOS Configuration Fundamentals Command Reference"; "Security
//! Command Reference" for access lists and object groups; "IP Addressing: NAT Configuration Guide").
//!
//! A line without indentation opens a block, indented lines belong to it. Access lists end with an implicit `deny`; a list that is bound
//! but not in the file could be anything. ASA, NX-OS and IOS XR are other languages and are refused.

mod acl;
mod block;
mod global;
mod groups;
mod interface;
mod nat;
#[cfg(test)]
mod tests;

use super::Fault;
use super::limits::Caps;
use super::line::{Words, shown};
use block::Block;
use groups::Groups;
use model::Text;
use model::network::{Affects, ConfigFormat, NetworkDevice, Place, RuleList, Unknown};
use std::collections::BTreeMap;

/// Whether lines are those of an IOS configuration.
///
/// # Errors
/// They are of a sister that looks like it.
pub(super) fn is_ios<'a>(lines: impl Iterator<Item = &'a str>) -> Result<bool, Fault> {
    let mut kinds = [false; MARKS.len()];
    let (mut certain, mut feature) = (false, false);
    for (index, line) in lines.enumerate() {
        let sister = SISTERS.iter().find(|(mark, _)| line.starts_with(mark));
        feature |= line.starts_with("feature ");
        let nexus = (feature && line.starts_with("vdc ")).then_some(&("", "Cisco NX-OS"));
        if let Some((_, name)) = sister.or(nexus) {
            let what = format!("{name} is another language than Cisco IOS and is not read");
            return Err(Fault::new(super::line::number(index), 1, what));
        }
        certain |=
            line.starts_with("Current configuration :") || line.starts_with("Building configuration...");
        for (seen, mark) in kinds.iter_mut().zip(MARKS) {
            *seen |= line.starts_with(mark);
        }
    }
    let count = kinds.iter().filter(|seen| **seen).count();
    Ok(count >= 3 || certain && count >= 1)
}

/// Beginnings of lines that an IOS configuration has; three kinds of them are enough.
const MARKS: [&str; 12] = [
    "hostname ",
    "interface ",
    "line vty ",
    "line con ",
    "ip access-list ",
    "access-list ",
    "service ",
    "no service ",
    "ip route ",
    "version ",
    "boot-start-marker",
    "end",
];

const SISTERS: [(&str, &str); 5] = [
    ("ASA Version", "Cisco ASA"),
    ("PIX Version", "Cisco PIX"),
    ("!! IOS XR", "Cisco IOS XR"),
    ("!Command: show running-config", "Cisco NX-OS"),
    ("! device: ", "Arista EOS"),
];

/// Reads a running configuration.
///
/// # Errors
/// A banner that does not end, or more than the caps allow.
pub(super) fn read(text: &str, caps: &mut Caps) -> Result<NetworkDevice, Fault> {
    let blocks = block::divide(text)?;
    let mut reader = Reader {
        device: NetworkDevice::new(ConfigFormat::CiscoIos),
        groups: Groups::read(&blocks),
        caps,
        numbered: BTreeMap::new(),
        nat: nat::Sides::default(),
        vty: Vec::new(),
        switch: Switch::default(),
    };
    reader.device.vendor = Text::new("Cisco");
    for block in &blocks {
        reader.block(block)?;
    }
    reader.nat_rules(&blocks)?;
    reader.finish(&blocks)?;
    Ok(reader.device)
}

/// What tells a switch that does not route.
#[derive(Debug, Default)]
struct Switch {
    spanning_tree: bool,
    ip_routing: Option<bool>,
    default_gateway: bool,
}

struct Reader<'a> {
    device: NetworkDevice,
    groups: Groups<'a>,
    caps: &'a mut Caps,
    /// Place of each list in `device.chains`, by name.
    numbered: BTreeMap<String, usize>,
    nat: nat::Sides,
    vty: Vec<global::VtyLines>,
    switch: Switch,
}

impl<'a> Reader<'a> {
    fn block(&mut self, block: &Block<'a>) -> Result<(), Fault> {
        let mut words = Words::new(block.text);
        let Some(first) = words.next() else { return Ok(()) };
        match first {
            "hostname" => self.device.hostname = Text::new(words.next().unwrap_or_default()),
            "version" => self.device.version = Text::new(words.next().unwrap_or_default()),
            "interface" => self.interface(block, interface_name(words))?,
            "vlan" => self.vlan(block, words)?,
            "access-list" => self.numbered_entry(block, words)?,
            "username" => self.account(block, words)?,
            "line" if words.eat("vty") => self.vty(block),
            "snmp-server" => self.snmp(block, words)?,
            "tftp-server" => self.service(model::network::ManagementKind::Tftp, "", block.line)?,
            "ip" => self.ip(block, words)?,
            "ipv6" => self.ipv6(block, words)?,
            "no" if words.eat_all(&["ip", "routing"]) => self.switch.ip_routing = Some(false),
            "spanning-tree" => self.switch.spanning_tree = true,
            _ => self.other(block)?,
        }
        Ok(())
    }

    fn ip(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        match words.next().unwrap_or_default() {
            "access-list" => self.named_list(block, words, false)?,
            "route" => self.route(block, words)?,
            "routing" => self.switch.ip_routing = Some(true),
            "default-gateway" => self.switch.default_gateway = true,
            "http" => self.http(block, words)?,
            "address" => {
                let what = "lines of an interface without indentation";
                self.unknown(Affects::Everything, block.line, what)?;
            }
            // `nat` is read once the interfaces are known.
            "nat" => {}
            _ => self.other(block)?,
        }
        Ok(())
    }

    fn ipv6(&mut self, block: &Block<'a>, mut words: Words<'a>) -> Result<(), Fault> {
        match words.next().unwrap_or_default() {
            "access-list" => self.named_list(block, words, true),
            "route" => self.route_v6(block, words),
            _ => self.other(block),
        }
    }

    /// Lines that decide reachability and are not worked out. All others have nothing to do with it.
    fn other(&mut self, block: &Block<'a>) -> Result<(), Fault> {
        let starts = |mark: &&(&str, Affects)| block.text.starts_with(mark.0);
        if let Some((_, affects)) = OTHERS.iter().find(starts) {
            return self.unknown(affects.clone(), block.line, block.text);
        }
        let drops = |(_, text): &&(u32, &str)| text.trim() == "drop";
        if block.text.starts_with("policy-map ")
            && let Some((line, _)) = block.children.iter().find(drops)
        {
            return self.unknown(Affects::Filtering(None), *line, block.text);
        }
        Ok(())
    }

    fn unknown(&mut self, affects: Affects, line: u32, text: &str) -> Result<(), Fault> {
        self.caps.unknown(line)?;
        self.device.unknown.push(Unknown { affects, line, text: shown(text) });
        Ok(())
    }

    /// The list of a name, made when it is not there yet.
    fn list(&mut self, name: &str, line: u32) -> Result<&mut RuleList, Fault> {
        let next = self.device.chains.len();
        let at = *self.numbered.entry(name.to_owned()).or_insert(next);
        if at == next {
            self.caps.thing(line)?;
            self.device.chains.push(RuleList::new(name, model::network::Fallback::Deny, line));
        }
        self.device.chains.get_mut(at).ok_or_else(|| Fault::new(line, 1, "a list that is not there"))
    }

    fn finish(&mut self, blocks: &[Block<'a>]) -> Result<(), Fault> {
        self.vty_list()?;
        self.missing_lists()?;
        self.forwarding()?;
        let last = blocks.last().map_or(1, |b| b.line);
        if !blocks.iter().any(|b| b.text == "end") {
            let what = "the file does not end with «end»: the rest of the configuration may be missing";
            self.unknown(Affects::Everything, last, what)?;
        }
        Ok(())
    }

    /// IOS lets everything pass a list that does not exist or is empty; here it may as well be missing in the file.
    fn missing_lists(&mut self) -> Result<(), Fault> {
        let bound: Vec<(String, u32)> =
            self.device.bindings.iter().map(|b| (b.list.as_str().to_owned(), b.line)).collect();
        for (name, line) in bound {
            let empty = self.list(&name, line)?;
            if empty.rules.is_empty() {
                empty.default = model::network::Fallback::Unknown;
            }
        }
        Ok(())
    }

    /// A router routes unless told otherwise; a switch (one with spanning tree) mostly does not unless told to.
    fn forwarding(&mut self) -> Result<(), Fault> {
        let addressed = self.device.interfaces.iter().filter(|i| !i.addresses.is_empty()).count();
        match self.switch {
            Switch { ip_routing: Some(on), .. } => self.device.forwards = on,
            Switch { default_gateway: true, .. } if self.device.routes.is_empty() => {
                self.device.forwards = false
            }
            Switch { spanning_tree: true, .. } if addressed > 1 => {
                let what = "a switch without «ip routing»: whether it routes depends on its model";
                self.unknown(Affects::Everything, 1, what)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn bind(&mut self, list: &str, place: Place, interface: &str, v6: bool, line: u32) -> Result<(), Fault> {
        self.caps.thing(line)?;
        let mut binding = model::network::Binding::new(list, place, line);
        binding.interface = Some(Text::new(interface));
        binding.family = Some(family(v6));
        self.device.bindings.push(binding);
        Ok(())
    }
}

/// `GigabitEthernet0/1`; also with a blank before the number, as people type it.
fn interface_name(mut words: Words<'_>) -> String {
    let name = words.next().unwrap_or_default();
    let number = words.next().filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    format!("{name}{}", number.unwrap_or_default())
}

fn family(v6: bool) -> model::network::Family {
    if v6 { model::network::Family::V6 } else { model::network::Family::V4 }
}

/// Beginnings of blocks that decide reachability and are not worked out.
const OTHERS: &[(&str, Affects)] = &[
    ("router ", Affects::Routing(None)),
    ("ipv6 router ", Affects::Routing(None)),
    ("ip local policy ", Affects::Routing(None)),
    ("ip default-network ", Affects::Routing(None)),
    ("zone-pair ", Affects::Filtering(None)),
    ("vlan filter ", Affects::Filtering(None)),
    ("vlan access-map ", Affects::Filtering(None)),
    ("ip admission ", Affects::Filtering(None)),
    ("ip ips ", Affects::Filtering(None)),
    ("ip tcp intercept ", Affects::Filtering(None)),
    ("service-insertion ", Affects::Filtering(None)),
    ("utd ", Affects::Filtering(None)),
];
