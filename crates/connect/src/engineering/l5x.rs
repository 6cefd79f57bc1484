//! Exports of Studio 5000 Logix Designer (RSLogix 5000), `.L5X`.
//!
//! Source: Rockwell Automation 1756-RM084, "Logix 5000 Controllers Import/Export Reference Manual": `RSLogix5000Content`, `Controller`,
//! `SafetyInfo`, `Module` with `EKey` and `Ports`. Numbers of the CIP identity: CIP Networks Library volume 1, chapter 5-2. Compared with
//! public exports of versions 32 to 36.
//!
//! A chassis is what hangs together by ports that are not a network. A module with an address on a network is a device of its own; the
//! others of its chassis answer through it by their slot.

use super::addresses;
use super::l5x_programs::programs;
use super::project::{Device, FileError, ModuleOf, Place, Project, Said};
use super::xml::{self, Claims, File, Node, attr, child, children, decimal, descend};
use model::{Attribute, Confidence, Part, Text};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Steps from a module up to its chassis; a chain that is longer goes in a circle.
const CHAIN_MAX: usize = 32;
/// Modules of one chassis that are told with each of its network modules. The largest chassis has 17 slots, a POINT I/O rack 63.
const CHASSIS_MAX: usize = 128;

/// Whether this is the document element of such a file.
pub(super) fn is(root: Node<'_>) -> bool {
    xml::is(root, "RSLogix5000Content")
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let Some(controller) = child(root, "Controller") else { return alone(file, root) };
    let chassis = Chassis::new(file, controller);
    let mut devices = vec![chassis.controller(controller)];
    devices.extend(chassis.bridges(controller));
    devices.extend(chassis.remotes());
    Ok(Project {
        format: "l5x",
        title: attr(root, "TargetName").or(attr(controller, "Name")).map(Text::new),
        devices,
        types: Vec::new(),
        notes: notes(root, controller),
    })
}

/// Old exports of a part have no controller around it.
fn alone(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let module = |node: Node<'_>| {
        let mut claims = file.claims();
        module_claims(&mut claims, node);
        let name = attr(node, "Name").map(Text::new);
        Device { name, ips: own_ips(node), claims: claims.said, line: file.line(node), ..Device::default() }
    };
    let devices: Vec<Device> = children(root, "Module").map(module).collect();
    if devices.is_empty() {
        return Err(file.error(root.range().start, "neither a controller nor a module in this export"));
    }
    let title = attr(root, "TargetName").map(Text::new);
    Ok(Project { format: "l5x", title, devices, types: Vec::new(), notes: notes(root, root) })
}

fn notes(root: Node<'_>, controller: Node<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(version) = attr(root, "SoftwareRevision") {
        let when = attr(root, "ExportDate").map(|d| format!(" on {}", Text::new(d))).unwrap_or_default();
        notes.push(format!("Exported by Logix Designer {}{when}.", Text::new(version)));
    }
    if let Some(changed) = attr(controller, "LastModifiedDate") {
        notes.push(format!("The project was last changed on {}.", Text::new(changed)));
    }
    if let Some(kind) = attr(root, "TargetType").filter(|t| *t != "Controller") {
        notes.push(format!("Only a part of a project was exported: {}.", Text::new(kind)));
    }
    notes
}

/// A module of the list.
struct Module<'a> {
    node: Node<'a>,
    /// Place in the list of the module it hangs on; the controller hangs on itself.
    parent: Option<usize>,
    /// The port towards its parent.
    up: Option<Node<'a>>,
    /// The module at which its chassis begins.
    root: usize,
}

struct Chassis<'f, 'a> {
    file: &'f File<'f>,
    modules: Vec<Module<'a>>,
    /// The controller's own entry.
    local: Option<usize>,
    members: BTreeMap<usize, Vec<usize>>,
}

fn is_network(port: Node<'_>) -> bool {
    const NETWORKS: [&str; 6] = ["Ethernet", "ControlNet", "DeviceNet", "DH+", "RIO", "DHRIO"];
    attr(port, "Type").is_some_and(|t| NETWORKS.iter().any(|n| t.eq_ignore_ascii_case(n)))
}

fn ports<'a>(module: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    child(module, "Ports").into_iter().flat_map(|ports| children(ports, "Port"))
}

impl<'f, 'a> Chassis<'f, 'a> {
    fn new(file: &'f File<'f>, controller: Node<'a>) -> Self {
        let nodes: Vec<Node<'a>> = child(controller, "Modules")
            .into_iter()
            .flat_map(|modules| children(modules, "Module"))
            .collect();
        let mut names: HashMap<&str, usize> = HashMap::new();
        for (at, node) in nodes.iter().enumerate() {
            if let Some(name) = attr(*node, "Name") {
                names.entry(name).or_insert(at);
            }
        }
        let modules = nodes.iter().enumerate().map(|(at, &node)| {
            let parent = attr(node, "ParentModule").and_then(|name| names.get(name)).copied();
            let up = ports(node).find(|p| xml::flag(*p, "Upstream"));
            Module { node, parent: parent.filter(|p| *p != at), up, root: at }
        });
        let mut modules: Vec<Module<'a>> = modules.collect();
        let roots: Vec<usize> = (0..modules.len()).map(|at| root(&modules, at)).collect();
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, (module, root)) in modules.iter_mut().zip(roots).enumerate() {
            module.root = root;
            members.entry(root).or_default().push(at);
        }
        let local = modules.iter().position(|m| attr(m.node, "Name") == Some("Local"));
        Self { file, modules, local, members }
    }

    /// What is said of the controller, and what runs on it.
    fn controller(&self, controller: Node<'a>) -> Device {
        let local = self.local.and_then(|at| self.modules.get(at));
        let mut device = Device {
            name: attr(controller, "Name").map(Text::new),
            claims: self.controller_claims(controller),
            programs: programs(self.file, controller),
            modules: self.local.map(|at| self.others(at)).unwrap_or_default(),
            line: self.file.line(controller),
            ..Device::default()
        };
        device.ips = local.map(|m| own_ips(m.node)).unwrap_or_default();
        if let Some((ip, None)) = attr(controller, "CommPath").and_then(way)
            && !device.ips.contains(&ip)
        {
            device.ips.push(ip);
        }
        device
    }

    fn controller_claims(&self, controller: Node<'a>) -> Vec<Said> {
        let mut claims = self.file.claims();
        claims.attr(controller, "Name", Attribute::Name);
        claims.node(controller, Attribute::Vendor, "Rockwell Automation");
        claims.attr(controller, "ProcessorType", Attribute::OrderNumber);
        revision(&mut claims, controller, ["MajorRev", "MinorRev"], Confidence::LIKELY);
        claims.attr_as(controller, "ProjectSN", Attribute::Serial, Confidence::LIKELY, serial);
        claims.attr(controller, "CommPath", Attribute::Endpoint);
        if let Some(description) = child(controller, "Description") {
            claims.text(description, Attribute::Description);
        }
        if let Some(safety) = child(controller, "SafetyInfo") {
            claims.attr_as(safety, "SafetyLocked", Attribute::Protection, Confidence::LIKELY, |locked| {
                let word = if locked.eq_ignore_ascii_case("true") { "locked" } else { "unlocked" };
                Some(format!("safety application {word}"))
            });
            claims.attr_as(safety, "SafetyLevel", Attribute::Capability, Confidence::LIKELY, |level| {
                Some(format!("safety {level}"))
            });
        }
        if let Some(local) = self.local.and_then(|at| self.modules.get(at)) {
            numbers(&mut claims, local.node);
        }
        claims.said
    }

    /// Modules in the controller's chassis that have an address of their own: ways to the controller.
    fn bridges(&self, controller: Node<'a>) -> Vec<Device> {
        let Some(local) = self.local else { return Vec::new() };
        let mut devices: Vec<Device> = self.addressed(local).collect();
        let known = |ip: &IpAddr| devices.iter().any(|d| d.ips.contains(ip));
        if let Some((ip, Some(slot))) = attr(controller, "CommPath").and_then(way)
            && !known(&ip)
        {
            let claims = self.controller_claims(controller);
            devices.push(Device {
                ips: vec![ip],
                modules: vec![ModuleOf { place: Place::Part(Part::Slot(slot)), claims }],
                line: self.file.line(controller),
                ..Device::default()
            });
        }
        let slot = self.modules.get(local).and_then(|m| slot(m.node));
        let claims = self.controller_claims(controller);
        for device in &mut devices {
            // The controller's own entry is poorer than what is known of it.
            let own = device.modules.iter_mut().find(|m| Some(&m.place) == slot.as_ref());
            if let Some(own) = own {
                own.claims.clone_from(&claims);
            }
        }
        devices
    }

    /// Modules on a network, outside the controller's chassis.
    fn remotes(&self) -> Vec<Device> {
        let own = self.local.and_then(|at| self.modules.get(at)).map(|m| m.root);
        let heads = self.members.keys().filter(|at| Some(**at) != own);
        let remote = heads.flat_map(|&at| {
            let head = self.modules.get(at).map(|m| self.device(at, m, own_ips(m.node)));
            head.into_iter().chain(self.addressed(at))
        });
        remote.collect()
    }

    /// The other modules of this one's chassis that have an address of their own.
    fn addressed(&self, own: usize) -> impl Iterator<Item = Device> {
        let others = self.members_of(own).iter().filter(move |at| **at != own);
        let modules = others.filter_map(|&at| self.modules.get(at).map(|m| (at, m, own_ips(m.node))));
        modules.filter(|(.., ips)| !ips.is_empty()).map(|(at, module, ips)| self.device(at, module, ips))
    }

    fn device(&self, at: usize, module: &Module<'a>, ips: Vec<IpAddr>) -> Device {
        let mut claims = self.file.claims();
        module_claims(&mut claims, module.node);
        if let Some(port) = module.up.filter(|p| is_network(*p) && ips.is_empty()) {
            let ethernet = attr(port, "Type").is_some_and(|t| t.eq_ignore_ascii_case("Ethernet"));
            let attribute = if ethernet { Attribute::Hostname } else { Attribute::StationAddress };
            claims.attr(port, "Address", attribute);
        }
        Device {
            name: attr(module.node, "Name").map(Text::new),
            ips,
            claims: claims.said,
            modules: self.others(at),
            line: self.file.line(module.node),
            ..Device::default()
        }
    }

    fn members_of(&self, at: usize) -> &[usize] {
        let root = self.modules.get(at).map(|m| m.root);
        root.and_then(|root| self.members.get(&root)).map_or(&[], Vec::as_slice)
    }

    /// The other modules of a chassis.
    fn others(&self, own: usize) -> Vec<ModuleOf> {
        let members = self.members_of(own);
        if members.len() > CHASSIS_MAX && Some(own) != self.local {
            return Vec::new();
        }
        let others = members.iter().filter(|at| **at != own).filter_map(|&at| self.modules.get(at));
        let module = |m: &Module<'a>| {
            let mut claims = self.file.claims();
            module_claims(&mut claims, m.node);
            let name = attr(m.node, "Name").or(attr(m.node, "CatalogNumber")).unwrap_or("module");
            let place = slot(m.node).unwrap_or_else(|| Place::Path(Text::new(name)));
            ModuleOf { place, claims: claims.said }
        };
        others.map(module).collect()
    }
}

/// The module at which the chassis of another begins: up as long as the way is no network.
fn root(modules: &[Module<'_>], at: usize) -> usize {
    let mut here = at;
    for _ in 0..CHAIN_MAX {
        let Some(module) = modules.get(here) else { break };
        match (module.parent, module.up) {
            (Some(parent), up) if !up.is_some_and(is_network) => here = parent,
            _ => break,
        }
    }
    here
}

/// IP addresses of a module's ports.
fn own_ips(module: Node<'_>) -> Vec<IpAddr> {
    let mut ips: Vec<IpAddr> =
        ports(module).filter_map(|p| attr(p, "Address")).filter_map(addresses::ip).collect();
    ips.dedup();
    ips
}

/// The slot on the backplane.
fn slot(module: Node<'_>) -> Option<Place> {
    let port = ports(module).find(|p| !is_network(*p))?;
    attr(port, "Address")?.parse().ok().map(|slot| Place::Part(Part::Slot(slot)))
}

/// The last IP address on the way from the workstation to the controller, and the slot behind it:
/// `AB_ETHIP-1\10.0.0.5\Backplane\0`.
fn way(path: &str) -> Option<(IpAddr, Option<u16>)> {
    let hops: Vec<&str> = path.split('\\').take(CHAIN_MAX).collect();
    let at = hops.iter().rposition(|hop| addresses::ip(hop).is_some())?;
    let ip = hops.get(at).and_then(|hop| addresses::ip(hop))?;
    match hops.get(at + 1..).unwrap_or_default() {
        [] => Some((ip, None)),
        [port, slot] if port.eq_ignore_ascii_case("Backplane") => Some((ip, Some(slot.parse().ok()?))),
        _ => None,
    }
}

/// Stand-ins for whatever hangs there; their numbers say nothing of it.
fn is_generic(module: Node<'_>) -> bool {
    attr(module, "CatalogNumber").is_some_and(|c| c.ends_with("-MODULE") || c.ends_with("-BRIDGE"))
}

fn module_claims(claims: &mut Claims<'_>, module: Node<'_>) {
    claims.attr(module, "Name", Attribute::Name);
    if let Some(description) = child(module, "Description") {
        claims.text(description, Attribute::Description);
    }
    if is_generic(module) {
        return;
    }
    claims.attr(module, "CatalogNumber", Attribute::OrderNumber);
    numbers(claims, module);
    let named = |c: &Claims<'_>| c.said.iter().any(|s| s.attribute == Attribute::Vendor);
    if let Some(vendor) =
        descend(module, &["ExtendedProperties", "public", "Vendor"]).filter(|_| !named(claims))
    {
        claims.text(vendor, Attribute::Vendor);
    }
    let exact = child(module, "EKey").and_then(|k| attr(k, "State")) == Some("ExactMatch");
    // Without an exact match another revision may stand there.
    let sure = if exact { Confidence::LIKELY } else { Confidence::GUESS };
    revision(claims, module, ["Major", "Minor"], sure);
}

/// Numbers of the CIP identity.
fn numbers(claims: &mut Claims<'_>, module: Node<'_>) {
    claims.attr_as(module, "Vendor", Attribute::VendorId, Confidence::LIKELY, decimal);
    claims.attr_as(module, "Vendor", Attribute::Vendor, Confidence::LIKELY, |id| {
        (xml::number(id) == Some(1)).then(|| "Rockwell Automation".to_owned())
    });
    claims.attr_as(module, "ProductType", Attribute::DeviceType, Confidence::LIKELY, |id| {
        super::cip::device_type(xml::number(id)?)
    });
    claims.attr_as(module, "ProductCode", Attribute::ProductCode, Confidence::LIKELY, decimal);
}

fn revision(claims: &mut Claims<'_>, node: Node<'_>, [major, minor]: [&str; 2], sure: Confidence) {
    if let Some(minor) = attr(node, minor).and_then(decimal) {
        let both = |major: &str| Some(format!("{}.{minor}", decimal(major)?));
        claims.attr_as(node, major, Attribute::Firmware, sure, both);
    }
}

/// `16#0012_3456`, as the network tells it: `0x00123456`. Zero stands for none.
fn serial(text: &str) -> Option<String> {
    let serial = u32::try_from(xml::number(text)?).ok()?;
    (serial != 0).then(|| format!("0x{serial:08x}"))
}

#[cfg(test)]
#[path = "l5x_tests.rs"]
mod tests;
#[cfg(test)]
pub(super) use tests::SAMPLE;
