//! Substation configuration (`.scd`, `.cid`, `.icd`, `.iid`, `.ssd`).
//!
//! Source: IEC 61850-6:2009+A1:2018: clause 9.1 (`Header`), 9.3 (`IED`, `AccessPoint`, `Services`, logical nodes, data sets, control
//! blocks), 9.4 (`Communication`, `ConnectedAP`, `GSE`, `SMV`). Names on the wire: IEC 61850-8-1 (GOOSE control block reference),
//! IEC 61850-9-2 (identifier of sampled values). Name plates: IEC 61850-7-3, common data classes DPL and LPL.

use super::addresses;
use super::fingerprint::{self, Except};
use super::project::{Device, DeviceType, FileError, Program, ProgramKind, Project, Stream, StreamKind};
use super::xml::{self, Claims, File, Node, attr, child, children, descend, flag, text_of};
use model::{Attribute, Confidence, Text};
use std::collections::BTreeMap;

/// The name a device has in a file about its type (IEC 61850-6, `.icd`).
const TEMPLATE: &str = "TEMPLATE";

/// Whether this is the document element of such a file.
pub(super) fn is(root: Node<'_>) -> bool {
    xml::is(root, "SCL")
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let networks: Vec<Node<'_>> =
        child(root, "Communication").into_iter().flat_map(|c| children(c, "SubNetwork")).collect();
    let mut access: BTreeMap<&str, Vec<Node<'_>>> = BTreeMap::new();
    for point in networks.iter().flat_map(|n| children(*n, "ConnectedAP")) {
        access.entry(attr(point, "iedName").unwrap_or_default()).or_default().push(point);
    }
    let (mut devices, mut types) = (Vec::new(), Vec::new());
    for ied in children(root, "IED") {
        let name = attr(ied, "name").unwrap_or_default();
        let device = device(file, ied, &access.remove(name).unwrap_or_default());
        if name == TEMPLATE {
            let name = attr(ied, "type").map(Text::new);
            types.push(DeviceType {
                name,
                claims: device.claims,
                line: device.line,
                ..DeviceType::default()
            });
        } else {
            devices.push(device);
        }
    }
    let title = child(root, "Header").and_then(|h| attr(h, "id")).map(Text::new);
    Ok(Project { format: "scl", title, devices, types, notes: notes(root, networks.len()) })
}

fn notes(root: Node<'_>, networks: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let edition =
        ["version", "revision", "release"].map(|name| attr(root, name).unwrap_or_default()).concat();
    if !edition.is_empty() {
        notes.push(format!("SCL {}.", Text::new(&edition)));
    }
    let header = child(root, "Header");
    if let Some(tool) = header.and_then(|h| attr(h, "toolID")) {
        notes.push(format!("Written by {}.", Text::new(tool)));
    }
    if let Some(version) = header.and_then(|h| attr(h, "version")) {
        let revision = header.and_then(|h| attr(h, "revision"));
        let revision = revision.map(|r| format!(", revision {}", Text::new(r))).unwrap_or_default();
        notes.push(format!("Version {}{revision} of the configuration.", Text::new(version)));
    }
    notes.push(if networks == 1 { "1 subnetwork.".into() } else { format!("{networks} subnetworks.") });
    notes
}

fn device(file: &File<'_>, ied: Node<'_>, access: &[Node<'_>]) -> Device {
    let mut claims = file.claims();
    claims.attr(ied, "name", Attribute::Name);
    claims.attr(ied, "manufacturer", Attribute::Vendor);
    claims.attr(ied, "type", Attribute::Product);
    claims.attr(ied, "desc", Attribute::Description);
    claims.attr_as(ied, "configVersion", Attribute::Program, Confidence::LIKELY, |version| {
        Some(format!("configuration {version}"))
    });
    services(&mut claims, ied);
    let addresses = Addresses::of(access);
    let mut streams = Vec::new();
    for ld in logical_devices(ied) {
        plates(&mut claims, ld);
        streams.extend(published(file, ied, ld, &addresses));
    }
    counts(&mut claims, ied);
    for stream in &streams {
        let (name, line) = (stream.name.as_str(), stream.line);
        let field = match stream.kind {
            StreamKind::Goose => "IED/AccessPoint/Server/LDevice/LN0/GSEControl/@name",
            StreamKind::SampledValues => "IED/AccessPoint/Server/LDevice/LN0/SampledValueControl/@smvID",
        };
        claims.say(Attribute::Stream, name, line, field.into(), Confidence::LIKELY);
    }
    let mut device = Device { name: attr(ied, "name").map(Text::new), streams, ..Device::default() };
    for point in access {
        claims.attr(*point, "apName", Attribute::PortName);
        let own = child(*point, "Address").into_iter().flat_map(|a| children(a, "P"));
        for p in own {
            match attr(p, "type") {
                Some("IP" | "IPv6") => device.ips.extend(addresses::ip(&text_of(p))),
                Some("MAC-Address") => {
                    device.macs.extend(addresses::mac(&text_of(p)).filter(|m| m.is_station()));
                }
                _ => {}
            }
        }
    }
    device.programs.push(configuration(file, ied));
    Device { claims: claims.said, line: file.line(ied), ..device }
}

/// The whole of what the file says of the device: a change in a relay's configuration is a change of its program.
fn configuration(file: &File<'_>, ied: Node<'_>) -> Program {
    Program {
        name: Text::new(attr(ied, "configVersion").unwrap_or("configuration")),
        kind: ProgramKind::Configuration,
        checksum: Some(fingerprint::of_node(ied, Except { elements: &["Private"], attributes: &[] })),
        line: file.line(ied),
    }
}

fn logical_devices<'a>(ied: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    children(ied, "AccessPoint").flat_map(|p| children(p, "Server")).flat_map(|s| children(s, "LDevice"))
}

/// What the device can do, of itself and through each access point; and how one signs in.
fn services(claims: &mut Claims<'_>, ied: Node<'_>) {
    let points: Vec<Node<'_>> = children(ied, "AccessPoint").collect();
    let lists = std::iter::once(ied).chain(points.iter().copied()).filter_map(|n| child(n, "Services"));
    for service in lists.flat_map(|s| s.children()).filter(Node::is_element) {
        let max = attr(service, "max").map(|max| format!(", max {max}")).unwrap_or_default();
        let word = format!("service {}{max}", service.tag_name().name());
        claims.node(service, Attribute::Capability, &word);
    }
    for point in points {
        let Some(how) = descend(point, &["Server", "Authentication"]) else { continue };
        for word in ["none", "password", "weak", "strong", "certificate"] {
            if flag(how, word) {
                claims
                    .attr_as(how, word, Attribute::SignInOffered, Confidence::LIKELY, |_| Some(word.into()));
            }
        }
    }
}

/// Name plates of the logical device and the physical device.
fn plates(claims: &mut Claims<'_>, ld: Node<'_>) {
    for ln in children(ld, "LN0").chain(children(ld, "LN")) {
        let physical = attr(ln, "lnClass") == Some("LPHD");
        if !physical && attr(ln, "lnClass") != Some("LLN0") {
            continue;
        }
        let plate = if physical { "PhyNam" } else { "NamPlt" };
        for doi in children(ln, "DOI").filter(|d| attr(*d, "name") == Some(plate)) {
            for dai in children(doi, "DAI") {
                let value = child(dai, "Val").map(text_of).unwrap_or_default();
                if let Some(attribute) = attr(dai, "name").and_then(|name| plate_attribute(name, physical)) {
                    claims.node(dai, attribute, &value);
                }
            }
        }
    }
}

/// IEC 61850-7-3: DPL for the physical device, LPL for the logical one.
fn plate_attribute(name: &str, physical: bool) -> Option<Attribute> {
    Some(match (name, physical) {
        ("vendor", _) => Attribute::Vendor,
        ("swRev", _) => Attribute::Firmware,
        ("hwRev", true) => Attribute::Hardware,
        ("serNum", true) => Attribute::Serial,
        ("model", true) => Attribute::Product,
        ("location", true) => Attribute::Location,
        ("d", false) => Attribute::Description,
        _ => return None,
    })
}

/// How much is configured, of each kind.
fn counts(claims: &mut Claims<'_>, ied: Node<'_>) {
    const COUNTED: [(&str, &str); 3] = [
        ("DataSet", "data set"),
        ("ReportControl", "report control block"),
        ("LogControl", "log control block"),
    ];
    for (element, words) in COUNTED {
        let nodes = logical_devices(ied).flat_map(|ld| children(ld, "LN0").chain(children(ld, "LN")));
        let number = nodes.flat_map(|ln| children(ln, element)).count();
        if number > 0 {
            claims.node(
                ied,
                Attribute::Capability,
                &format!("{number} {words}{}", if number == 1 { "" } else { "s" }),
            );
        }
    }
}

/// Addresses of control blocks, by logical device and name.
struct Addresses<'a>(BTreeMap<(&'static str, &'a str, &'a str), Node<'a>>);

impl<'a> Addresses<'a> {
    fn of(access: &[Node<'a>]) -> Self {
        let mut all = BTreeMap::new();
        for kind in ["GSE", "SMV"] {
            for block in access.iter().flat_map(|p| children(*p, kind)) {
                let names =
                    (attr(block, "ldInst").unwrap_or_default(), attr(block, "cbName").unwrap_or_default());
                all.entry((kind, names.0, names.1)).or_insert(block);
            }
        }
        Self(all)
    }

    fn parameter(&self, key: (&'static str, &str, &str), name: &str) -> Option<String> {
        let address = child(*self.0.get(&key)?, "Address")?;
        children(address, "P").find(|p| attr(*p, "type") == Some(name)).map(text_of)
    }
}

/// GOOSE and sampled values that a logical device publishes.
fn published(file: &File<'_>, ied: Node<'_>, ld: Node<'_>, addresses: &Addresses<'_>) -> Vec<Stream> {
    let instance = attr(ld, "inst").unwrap_or_default();
    let domain = attr(ld, "ldName")
        .map_or_else(|| format!("{}{instance}", attr(ied, "name").unwrap_or_default()), str::to_owned);
    let mut found = Vec::new();
    for ln in children(ld, "LN0") {
        for block in children(ln, "GSEControl").filter(|b| attr(*b, "type") != Some("GSSE")) {
            let Some(name) = attr(block, "name") else { continue };
            let wire = format!("{domain}/LLN0$GO${name}");
            found.push(stream(file, block, (StreamKind::Goose, &wire), ("GSE", instance, name), addresses));
        }
        for block in children(ln, "SampledValueControl") {
            let (Some(name), Some(id)) = (attr(block, "name"), attr(block, "smvID")) else { continue };
            found.push(stream(
                file,
                block,
                (StreamKind::SampledValues, id),
                ("SMV", instance, name),
                addresses,
            ));
        }
    }
    found
}

fn stream(
    file: &File<'_>,
    block: Node<'_>,
    (kind, wire): (StreamKind, &str),
    key: (&'static str, &str, &str),
    addresses: &Addresses<'_>,
) -> Stream {
    // IEC 61850-6 clause 9.4: APPID four and VLAN-ID three hexadecimal digits, the priority a decimal one.
    let hex = |name| addresses.parameter(key, name).and_then(|v| u16::from_str_radix(&v, 16).ok());
    Stream {
        kind,
        name: Text::new(wire),
        mac: addresses.parameter(key, "MAC-Address").and_then(|v| addresses::mac(&v)),
        app_id: hex("APPID"),
        vlan: hex("VLAN-ID").filter(|id| *id < 0x1000),
        priority: addresses.parameter(key, "VLAN-PRIORITY").and_then(|v| v.parse().ok()).filter(|p| *p < 8),
        line: file.line(block),
    }
}

#[cfg(test)]
#[path = "scl_tests.rs"]
mod tests;
#[cfg(test)]
pub(super) use tests::SAMPLE;
