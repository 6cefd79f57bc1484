//! Fortinet FortiGate: a backup of the configuration, or `show` (FortiOS 6 and 7, CLI reference and administration guide).
//!
//! With several VDOMs each is a routing instance with policies of its own. What users, schedules, internet services and dynamic addresses
//! decide is not worked out.

mod interface;
mod objects;
mod policy;
#[cfg(test)]
mod tests;
mod tree;

use super::Fault;
use super::limits::Caps;
use model::Text;
use model::network::{
    Affects, ConfigFormat, Interfaces, LocalAccount, ManagementKind, ManagementService, NetworkDevice, Route,
    Unknown,
};
use objects::{Objects, network};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use tree::Node;

/// Interfaces that one policy may name; the members of one zone more are taken.
const INTERFACES_MAX: usize = 1024;
/// What a static route has unless told otherwise.
const DISTANCE: u32 = 10;

/// Whether lines are those of a FortiGate.
pub(super) fn is_fortigate<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let mut marks = 0;
    for line in lines {
        if line.starts_with("#config-version=FG") || line.starts_with("#config-version=FWF") {
            return true;
        }
        let starts = ["config system ", "config firewall ", "config router ", "config global", "config vdom"];
        marks += u32::from(starts.iter().any(|s| line.starts_with(s)));
    }
    marks >= 2
}

/// Reads a configuration.
///
/// # Errors
/// Blocks or quotes that do not end, or more than the caps allow.
pub(super) fn read(text: &str, caps: &mut Caps) -> Result<NetworkDevice, Fault> {
    let root = tree::read(text)?;
    if root.nodes.is_empty() {
        return Err(Fault::new(1, 1, "a FortiGate configuration without any block"));
    }
    let mut reader = Reader {
        device: NetworkDevice::new(ConfigFormat::FortiGate),
        caps,
        no_redirect: false,
        names: BTreeSet::new(),
    };
    reader.device.vendor = Text::new("Fortinet");
    reader.head(text);
    let vdoms: Vec<&Node<'_>> = root.entries("vdom").filter(|n| !n.nodes.is_empty()).collect();
    let global: Vec<&Node<'_>> = root.blocks("global").collect();
    // Interfaces are global, so they are read before what names them.
    for node in global.iter().copied().chain([&root]) {
        reader.global(node, !vdoms.is_empty())?;
    }
    if vdoms.is_empty() {
        reader.scope(&Scope::new(&root, None))?;
    }
    for node in vdoms {
        reader.scope(&Scope::new(node, Some(Text::new(&node.name))))?;
    }
    Ok(reader.device)
}

/// A VDOM, or the whole device.
struct Scope<'n, 'a> {
    node: &'n Node<'a>,
    instance: Option<Text>,
    zones: BTreeMap<&'n str, &'n Node<'a>>,
}

impl<'n, 'a> Scope<'n, 'a> {
    fn new(node: &'n Node<'a>, instance: Option<Text>) -> Self {
        let zones = node.entries("system zone").map(|z| (z.name.as_str(), z)).collect();
        Self { node, instance, zones }
    }

    fn prefix(&self) -> String {
        self.instance.as_ref().map_or(String::new(), |name| format!("{name} "))
    }

    fn list(&self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }
}

struct Reader<'c> {
    device: NetworkDevice,
    caps: &'c mut Caps,
    /// Packets back out of their interface need a policy as well.
    no_redirect: bool,
    /// Names of the interfaces.
    names: BTreeSet<String>,
}

impl<'a> Reader<'_> {
    /// `#config-version=FGT60F-7.2.5-FW-build1517-…`.
    fn head(&mut self, text: &str) {
        let Some(head) = text.lines().take(10).find_map(|l| l.strip_prefix("#config-version=")) else {
            return;
        };
        let mut parts = head.split('-');
        self.device.model = Text::new(parts.next().unwrap_or_default());
        self.device.version = Text::new(parts.next().unwrap_or_default());
    }

    fn global(&mut self, node: &Node<'a>, vdoms: bool) -> Result<(), Fault> {
        let settings = node.blocks("system global").last();
        if let Some(settings) = settings {
            self.device.hostname = Text::new(settings.value("hostname"));
            self.no_redirect = settings.is("allow-traffic-redirect", "disable");
        }
        let trusted = node.entries("system admin").any(|a| a.any_that_begins("trusthost"));
        let ports = interface::AdminPorts::read(
            settings,
            trusted || node.entries("vpn ssl settings").next().is_some(),
        );
        for entry in node.entries("system interface") {
            self.interface(entry, vdoms, &ports)?;
        }
        for admin in node.entries("system admin") {
            self.caps.thing(admin.line)?;
            let (name, privilege) = (Text::new(&admin.name), Text::new(admin.value("accprofile")));
            self.device.accounts.push(LocalAccount { name, privilege, line: admin.line });
        }
        self.snmp(node)
    }

    fn snmp(&mut self, node: &Node<'a>) -> Result<(), Fault> {
        for community in node.entries("system snmp community").filter(|c| !c.is("status", "disable")) {
            let name = community.value("name");
            let known = matches!(name, "public" | "private");
            let note = if known { format!("community {name}") } else { String::new() };
            self.service(ManagementKind::SnmpV1V2c, &note, community.line)?;
        }
        for user in node.entries("system snmp user") {
            self.service(ManagementKind::SnmpV3, "", user.line)?;
        }
        Ok(())
    }

    fn service(&mut self, kind: ManagementKind, note: &str, line: u32) -> Result<(), Fault> {
        self.caps.thing(line)?;
        self.device.services.push(ManagementService { kind, note: Text::new(note), line });
        Ok(())
    }

    fn scope(&mut self, scope: &Scope<'_, 'a>) -> Result<(), Fault> {
        let objects = Objects::read(scope.node);
        self.routes(scope, &objects)?;
        self.not_worked_out(scope)?;
        self.policies(scope, &objects)
    }

    fn routes(&mut self, scope: &Scope<'_, 'a>, objects: &Objects<'_, 'a>) -> Result<(), Fault> {
        for (block, v6) in [("router static", false), ("router static6", true)] {
            for node in scope.node.entries(block).filter(|n| !n.is("status", "disable")) {
                let named = [node.value("dstaddr")];
                let prefix = match (node.has("dst"), node.has("dstaddr")) {
                    (true, _) => network(node.values("dst")),
                    (false, true) => single(&objects.addresses(&named, v6, self.caps)),
                    _ => single(&model::network::Addresses::of(vec![objects::everything(v6)])),
                };
                let dynamic = node.is("dynamic-gateway", "enable")
                    || node.has("internet-service")
                    || node.has("sdwan-zone");
                let Some(prefix) = prefix.filter(|_| !dynamic) else {
                    self.unknown(Affects::Routing(scope.instance.clone()), node.line, "static route")?;
                    continue;
                };
                self.caps.thing(node.line)?;
                self.device.routes.push(Route {
                    prefix,
                    via: node.value("gateway").parse().ok(),
                    interface: Some(Text::new(node.value("device"))).filter(|d| !d.is_empty()),
                    discard: node.is("blackhole", "enable"),
                    distance: node.value("distance").parse().unwrap_or(DISTANCE),
                    instance: scope.instance.clone(),
                    line: node.line,
                });
            }
        }
        Ok(())
    }

    /// Parts that decide reachability and are not worked out.
    fn not_worked_out(&mut self, scope: &Scope<'_, 'a>) -> Result<(), Fault> {
        let routing = || Affects::Routing(scope.instance.clone());
        for block in
            ["router ospf", "router ospf6", "router bgp", "router rip", "router ripng", "router isis"]
        {
            // A backup lists them even when nothing is set up.
            let active = |n: &&Node<'a>| {
                ["network", "neighbor", "ospf-interface", "isis-interface", "interface", "isis-net"]
                    .iter()
                    .any(|b| n.entries(b).next().is_some())
            };
            if let Some(node) = scope.node.blocks(block).find(active) {
                self.unknown(routing(), node.line, block)?;
            }
        }
        for block in ["system sdwan", "system virtual-wan-link"] {
            if let Some(node) = scope.node.blocks(block).find(|n| n.is("status", "enable")) {
                self.unknown(routing(), node.line, block)?;
            }
        }
        for node in scope.node.entries("router policy").filter(|n| !n.is("status", "disable")) {
            let by = node.values("input-device").iter().map(|d| Affects::Steering(Text::new(d)));
            let by: Vec<Affects> = by.collect();
            let all = if by.is_empty() { vec![Affects::Everything] } else { by };
            all.into_iter().try_for_each(|affects| self.unknown(affects, node.line, "policy route"))?;
        }
        for (setting, value) in
            [("opmode", "transparent"), ("ngfw-mode", "policy-based"), ("central-nat", "enable")]
        {
            if let Some(node) = scope.node.blocks("system settings").find(|n| n.is(setting, value)) {
                self.unknown(Affects::Everything, node.line_of(setting), &format!("{setting} {value}"))?;
            }
        }
        for block in ["firewall vip6", "firewall vip46", "firewall vip64", "firewall interface-policy"] {
            if let Some(node) = scope.node.entries(block).next() {
                self.unknown(Affects::Filtering(None), node.line, block)?;
            }
        }
        Ok(())
    }

    fn unknown(&mut self, affects: Affects, line: u32, text: &str) -> Result<(), Fault> {
        self.caps.unknown(line)?;
        self.device.unknown.push(Unknown { affects, line, text: Text::new(text) });
        Ok(())
    }

    /// Interfaces by name, zones taken apart; `None` for any.
    fn interfaces(&self, scope: &Scope<'_, 'a>, names: &[Cow<'a, str>]) -> Option<Interfaces> {
        let mut set = Interfaces::default();
        for name in names {
            if name == "any" {
                return None;
            }
            if set.names.len() > INTERFACES_MAX {
                set.unknown.push(Text::new(name));
                break;
            }
            if let Some(zone) = scope.zones.get(name.as_ref()) {
                set.names.extend(zone.values("interface").iter().map(|i| Text::new(i)));
            } else if self.names.contains(name.as_ref()) {
                set.names.push(Text::new(name));
            } else {
                set.unknown.push(Text::new(name));
            }
        }
        Some(set)
    }
}

/// The one network of a set.
fn single(set: &model::network::Addresses) -> Option<(std::net::IpAddr, u8)> {
    match (set.nets.as_slice(), set.unknown.is_empty()) {
        ([model::network::Net::Prefix(ip, length)], true) => Some((*ip, *length)),
        _ => None,
    }
}
