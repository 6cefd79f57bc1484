//! AutomationML (CAEX), above all the hardware export of TIA Portal, EPLAN and TwinCAT.
//!
//! Sources: IEC 62424:2016 (CAEX: `InstanceHierarchy`, `InternalElement`, `Attribute`, roles); AutomationML e.V., AR APC "Application
//! Recommendation Automation Project Configuration" 1.4.0 (roles `Device`, `DeviceItem`, `Node`, attributes `TypeIdentifier`, `TypeName`,
//! `PositionNumber`, `BuiltIn`, `FirmwareVersion`, `NetworkAddress`); Siemens, "TIA Portal Openness: Automation of engineering
//! workflows", on CAx data (`OrderNumber:…/V…`, `System:Rack…`, `GSD:…`).
//!
//! A plugged item with an IP node is a device of its own: a communications processor beside its controller has an address of its own,
//! and a name and order number of its own too. What is no such project is read by the common names of attributes (`caex.rs`).

use super::addresses;
use super::caex;
use super::project::{Device, FileError, ModuleOf, Place, Project};
use super::xml::{self, Claims, File, Node, attr, child, children, text_of};
use model::{Attribute, Confidence, Part, Text};
use std::net::IpAddr;

/// Items of one station. The largest racks have some hundred.
const ITEMS_MAX: usize = 5_000;

/// Whether this is the document element of such a file.
pub(super) fn is(root: Node<'_>) -> bool {
    xml::is(root, "CAEXFile")
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let (mut devices, mut title) = (Vec::new(), None);
    let mut open: Vec<Node<'_>> = children(root, "InstanceHierarchy").collect();
    open.reverse();
    while let Some(node) = open.pop() {
        if is_device(node) {
            devices.extend(Station::new(file, node)?.devices());
            continue;
        }
        if role(node) == Some("AutomationProject") {
            title = title.or(attr(node, "Name"));
        }
        let below: Vec<Node<'_>> = children(node, "InternalElement").collect();
        open.extend(below.into_iter().rev());
    }
    if devices.is_empty() {
        devices = caex::devices(file, root);
    }
    let title = title.or(attr(root, "FileName")).map(Text::new);
    Ok(Project { format: "aml", title, devices, types: Vec::new(), notes: notes(root) })
}

fn notes(root: Node<'_>) -> Vec<String> {
    let writer =
        root.descendants().find(|n| xml::is(*n, "WriterHeader") || xml::is(*n, "SourceDocumentInformation"));
    let Some(writer) = writer else { return Vec::new() };
    let of = |name: &'static str, attribute: &str| {
        child(writer, name)
            .map(text_of)
            .filter(|t| !t.is_empty())
            .or(attr(writer, attribute).map(str::to_owned))
    };
    let name = of("WriterName", "OriginName").unwrap_or_default();
    let version = of("WriterVersion", "OriginVersion").unwrap_or_default();
    let words = format!("{} {}", Text::new(&name), Text::new(&version));
    if words.trim().is_empty() { Vec::new() } else { vec![format!("Written by {}.", words.trim())] }
}

/// The last name of the role's path: `AutomationProjectConfigurationRoleClassLib/Device`.
fn role(node: Node<'_>) -> Option<&str> {
    let supported = child(node, "SupportedRoleClass").and_then(|r| attr(r, "RefRoleClassPath"));
    let required = || child(node, "RoleRequirements").and_then(|r| attr(r, "RefBaseRoleClassPath"));
    supported.or_else(required).and_then(|path| path.rsplit('/').next())
}

/// A CAEX attribute, and its value.
pub(super) fn value<'a>(node: Node<'a>, name: &str) -> Option<(Node<'a>, String)> {
    let found = children(node, "Attribute").find(|a| attr(*a, "Name") == Some(name))?;
    let value = child(found, "Value").map(text_of).filter(|v| !v.is_empty())?;
    Some((found, value))
}

fn is_device(node: Node<'_>) -> bool {
    xml::is(node, "InternalElement")
        && (role(node) == Some("Device")
            || value(node, "TypeIdentifier").is_some_and(|(_, v)| v.starts_with("System:Device")))
}

fn is_node(node: Node<'_>) -> bool {
    role(node).is_some_and(|r| r.starts_with("Node")) || value(node, "NetworkAddress").is_some()
}

/// Something that is put in, and not a part of what it is in.
fn is_plugged(node: Node<'_>) -> bool {
    let built_in = value(node, "BuiltIn").is_some_and(|(_, v)| matches!(v.as_str(), "true" | "1"));
    let other = role(node).is_some_and(|r| r != "DeviceItem");
    !built_in && !other && ["TypeIdentifier", "TypeName"].iter().any(|name| value(node, name).is_some())
}

/// A plugged item of a station.
struct Item<'a> {
    node: Node<'a>,
    /// What it is plugged into.
    parent: Option<usize>,
    /// Its network nodes, those of its built-in interfaces among them.
    nodes: Vec<Node<'a>>,
    /// Something is plugged into it.
    carries: bool,
    /// What the project says it is: `CPU`, `HeadModule`.
    kind: Option<String>,
    position: Option<u16>,
    /// The project says it is a rack.
    typed_rack: bool,
}

impl<'a> Item<'a> {
    fn new(node: Node<'a>, parent: Option<usize>) -> Self {
        let of = |name| value(node, name).map(|(_, v)| v);
        Self {
            node,
            parent,
            nodes: Vec::new(),
            carries: false,
            kind: of("DeviceItemType"),
            position: of("PositionNumber").and_then(|v| v.parse().ok()),
            typed_rack: of("TypeIdentifier").is_some_and(|v| v.starts_with("System:Rack")),
        }
    }

    /// What only carries others: at the top, with something in it and nothing on a network.
    fn is_rack(&self) -> bool {
        let bare = self.parent.is_none() && self.nodes.is_empty() && self.kind.is_none();
        self.typed_rack || (bare && self.carries)
    }

    fn ips(&self) -> Vec<IpAddr> {
        let addresses = self.nodes.iter().filter_map(|n| value(*n, "NetworkAddress"));
        let mut ips: Vec<IpAddr> = addresses.filter_map(|(_, v)| addresses::ip(&v)).collect();
        ips.dedup();
        ips
    }
}

struct Station<'f, 'a> {
    file: &'f File<'f>,
    node: Node<'a>,
    items: Vec<Item<'a>>,
}

impl<'f, 'a> Station<'f, 'a> {
    fn new(file: &'f File<'f>, node: Node<'a>) -> Result<Self, FileError> {
        let mut station = Self { file, node, items: Vec::new() };
        station.collect(node, None)?;
        Ok(station)
    }

    /// The depth of a tree is bounded when it is read.
    fn collect(&mut self, node: Node<'a>, within: Option<usize>) -> Result<(), FileError> {
        for below in children(node, "InternalElement") {
            if is_node(below) {
                if let Some(item) = within.and_then(|at| self.items.get_mut(at)) {
                    item.nodes.push(below);
                }
            } else if is_plugged(below) {
                if self.items.len() >= ITEMS_MAX {
                    let what = format!("more than {ITEMS_MAX} items in one station");
                    return Err(self.file.error(below.range().start, what));
                }
                if let Some(item) = within.and_then(|at| self.items.get_mut(at)) {
                    item.carries = true;
                }
                self.items.push(Item::new(below, within));
                self.collect(below, Some(self.items.len() - 1))?;
            } else {
                self.collect(below, within)?;
            }
        }
        Ok(())
    }

    fn devices(&self) -> Vec<Device> {
        let modules: Vec<(usize, &Item<'a>)> =
            self.items.iter().enumerate().filter(|(_, item)| !item.is_rack()).collect();
        let heads: Vec<(usize, &Item<'a>)> =
            modules.iter().copied().filter(|(_, item)| !item.ips().is_empty()).collect();
        let Some((main, item)) = leading(&heads).or_else(|| leading(&modules)) else {
            return vec![self.bare()];
        };
        let others = modules.iter().filter(|(at, _)| *at != main);
        let mut device = self.device(item, others.map(|(_, item)| self.module(item)).collect());
        self.station_claims(&mut device);
        let ways = heads.iter().filter(|(at, _)| *at != main);
        let controller = || if item.kind.is_some() { vec![self.module(item)] } else { Vec::new() };
        let ways = ways.map(|(_, way)| self.device(way, controller()));
        std::iter::once(device).chain(ways).collect()
    }

    /// A station without anything in it.
    fn bare(&self) -> Device {
        let mut device = Device {
            name: attr(self.node, "Name").map(Text::new),
            line: self.file.line(self.node),
            ..Device::default()
        };
        self.station_claims(&mut device);
        device
    }

    /// The name of the station is another name of its head.
    fn station_claims(&self, device: &mut Device) {
        let mut claims = self.file.claims();
        claims.said = std::mem::take(&mut device.claims);
        claims.attr(self.node, "Name", Attribute::Name);
        told(&mut claims, self.node, "Comment", Attribute::Description);
        type_identifier(&mut claims, self.node);
        device.claims = claims.said;
    }

    fn device(&self, item: &Item<'a>, modules: Vec<ModuleOf>) -> Device {
        Device {
            name: attr(item.node, "Name").map(Text::new),
            ips: item.ips(),
            claims: self.claims(item),
            modules,
            line: self.file.line(item.node),
            ..Device::default()
        }
    }

    fn module(&self, item: &Item<'a>) -> ModuleOf {
        ModuleOf { place: self.place(item), claims: self.claims(item) }
    }

    /// Its slot where it is in the first rack; else the way in words.
    fn place(&self, item: &Item<'a>) -> Place {
        let name = attr(item.node, "Name").unwrap_or("item");
        let Some(position) = item.position else { return Place::Path(Text::new(name)) };
        let Some(rack) = item.parent.and_then(|at| self.items.get(at)) else {
            return Place::Part(Part::Slot(position));
        };
        match (rack.is_rack(), rack.position.unwrap_or(0)) {
            (true, 0) => Place::Part(Part::Slot(position)),
            (true, rack) => Place::Path(Text::new(&format!("rack {rack} slot {position}"))),
            (false, _) => {
                let within = Text::new(attr(rack.node, "Name").unwrap_or_default());
                Place::Path(Text::new(&format!("{within} position {position}")))
            }
        }
    }

    fn claims(&self, item: &Item<'a>) -> Vec<super::Said> {
        let mut claims = self.file.claims();
        claims.attr(item.node, "Name", Attribute::Name);
        told(&mut claims, item.node, "TypeName", Attribute::Product);
        type_identifier(&mut claims, item.node);
        if let Some((node, version)) = value(item.node, "FirmwareVersion") {
            firmware(&mut claims, node, &version);
        }
        told(&mut claims, item.node, "DeviceItemType", Attribute::DeviceType);
        told(&mut claims, item.node, "Comment", Attribute::Description);
        told(&mut claims, item.node, "LocationIdentifier IEC", Attribute::Location);
        for node in &item.nodes {
            for name in ["ProfinetDeviceName", "PnDeviceName", "DeviceName"] {
                told(&mut claims, *node, name, Attribute::Name);
            }
            if let Some((at, address)) = value(*node, "NetworkAddress")
                && address.parse::<u8>().is_ok()
            {
                said(&mut claims, at, Attribute::StationAddress, &address, Confidence::LIKELY);
            }
        }
        claims.said
    }
}

/// The controller or interface module, as the project names it; else the first.
fn leading<'s, 'a>(of: &[(usize, &'s Item<'a>)]) -> Option<(usize, &'s Item<'a>)> {
    of.iter().find(|(_, item)| item.kind.is_some()).or(of.first()).copied()
}

/// What an attribute of an element says, under the attribute's name.
fn said(claims: &mut Claims<'_>, node: Node<'_>, attribute: Attribute, value: &str, sure: Confidence) {
    let name: String = attr(node, "Name").unwrap_or_default().chars().take(48).collect();
    let within = node.parent_element().map(xml::path).unwrap_or_default();
    let line = claims.file.line(child(node, "Value").unwrap_or(node));
    claims.say(attribute, value, line, format!("{within}/{name}"), sure);
}

pub(super) fn told(claims: &mut Claims<'_>, node: Node<'_>, name: &str, attribute: Attribute) {
    if let Some((node, value)) = value(node, name) {
        said(claims, node, attribute, &value, Confidence::LIKELY);
    }
}

/// `OrderNumber:6ES7 511-1AK02-0AB0/V2.9`, `GSD:GSDML-V2.3-….XML/D`.
fn type_identifier(claims: &mut Claims<'_>, node: Node<'_>) {
    let Some((node, value)) = value(node, "TypeIdentifier") else { return };
    if let Some(order) = value.strip_prefix("OrderNumber:") {
        let (order, version) = order.rsplit_once("/V").unwrap_or((order, ""));
        said(claims, node, Attribute::OrderNumber, order, Confidence::LIKELY);
        if version.starts_with(|c: char| c.is_ascii_digit()) {
            firmware(claims, node, &format!("V{version}"));
        }
    } else if let Some(description) = value.strip_prefix("GSD:") {
        let description = description.split('/').next().unwrap_or(description);
        said(claims, node, Attribute::DeviceType, description, Confidence::LIKELY);
    }
}

/// A device with a later version takes the project too.
fn firmware(claims: &mut Claims<'_>, node: Node<'_>, version: &str) {
    said(claims, node, Attribute::Firmware, version, Confidence::GUESS);
}

#[cfg(test)]
#[path = "aml_tests.rs"]
mod tests;
#[cfg(test)]
pub(super) use tests::SAMPLE;
