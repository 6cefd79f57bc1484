//! Exchange files of EcoStruxure Control Expert and Unity Pro, `.xef`, and those inside archives, `.zef`.
//!
//! Source: Schneider Electric, "EcoStruxure Control Expert, Operating Modes", on exporting and importing. It does not give the elements:
//! those of `FEFExchangeFile` and `ZEFExchangeFile` are from descriptions and samples of others (Unity Pro 8 to Control Expert 15,
//! `DTDVersion` 41); no whole export was at hand. The hardware below `IOConf/PLC` has other elements for each family; in all of them
//! whatever has a `partItem` is a part, and its `equipInfo` says where.

use super::addresses;
use super::fingerprint::{self, Except};
use super::project::{Device, FileError, ModuleOf, Place, Program, ProgramKind, Project};
use super::xml::{Claims, File, Node, attr, child, children, descend};
use model::{Attribute, Confidence, Part, Text};
use std::net::IpAddr;

const EXCEPT: Except = Except { elements: &["comment", "objPosition"], attributes: &["dateTime", "version"] };

/// Whether this is the document element of such a file: the whole project, or a part of one (`STExchangeFile` and the like).
pub(super) fn is(root: Node<'_>) -> bool {
    root.tag_name().name().ends_with("ExchangeFile")
        && (child(root, "fileHeader").is_some() || child(root, "contentHeader").is_some())
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let content = child(root, "contentHeader");
    let title = content.and_then(|c| attr(c, "name")).map(Text::new);
    let plc = descend(root, &["IOConf", "PLC"]);
    let mut claims = file.claims();
    if let Some(content) = content {
        claims.attr(content, "name", Attribute::Program);
    }
    let mut device =
        Device { name: title.clone(), line: file.line(plc.unwrap_or(root)), ..Device::default() };
    if let Some(plc) = plc {
        part(&mut claims, plc);
        device.modules = modules(file, plc);
        device.ips = configured(plc);
    }
    device.ips.extend(connection(root).filter(|ip| !device.ips.contains(ip)));
    device.claims = claims.said;
    device.programs = programs(file, root);
    Ok(Project { format: "xef", title, devices: vec![device], types: Vec::new(), notes: notes(root) })
}

fn notes(root: Node<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(header) = child(root, "fileHeader") {
        let product = attr(header, "product").unwrap_or("an unnamed tool");
        let when = attr(header, "dateTime").map(|d| format!(" ({})", Text::new(d))).unwrap_or_default();
        notes.push(format!("Exported by {}{when}.", Text::new(product)));
    }
    if let Some(version) = child(root, "contentHeader").and_then(|c| attr(c, "version")) {
        notes.push(format!("Version {} of the project.", Text::new(version)));
    }
    if !matches!(root.tag_name().name(), "FEFExchangeFile" | "ZEFExchangeFile") {
        notes.push("Only a part of a project was exported.".into());
    }
    notes
}

/// What a part's entry says.
fn part(claims: &mut Claims<'_>, node: Node<'_>) {
    let Some(item) = child(node, "partItem") else { return };
    claims.attr(item, "vendorName", Attribute::Vendor);
    claims.attr(item, "partNumber", Attribute::OrderNumber);
    // Of the catalogue the project was made with; the part may have a later one.
    claims.attr_as(item, "version", Attribute::Firmware, Confidence::GUESS, |v| Some(v.to_owned()));
    claims.attr(item, "family", Attribute::DeviceType);
    claims.attr(item, "description", Attribute::Description);
    if let Some(info) = child(node, "equipInfo") {
        claims.attr(info, "name", Attribute::Name);
    }
}

/// Everything with a `partItem` below the controller.
fn modules(file: &File<'_>, plc: Node<'_>) -> Vec<ModuleOf> {
    let parts = plc.descendants().filter(|n| *n != plc && n.is_element() && child(*n, "partItem").is_some());
    let module = |node: Node<'_>| {
        let mut claims = file.claims();
        part(&mut claims, node);
        ModuleOf { place: place(node), claims: claims.said }
    };
    parts.map(module).collect()
}

/// The slot, where the part is in the first rack; else what the file calls its place. Supplies stand at -1.
fn place(node: Node<'_>) -> Place {
    let info = child(node, "equipInfo");
    let address = info.and_then(|i| attr(i, "topoAddress"));
    let rack = node.ancestors().skip(1).find(|n| n.tag_name().name().starts_with("rack"));
    let rack_address = rack.and_then(|r| child(r, "equipInfo")).and_then(|i| attr(i, "topoAddress"));
    let position = info.and_then(|i| attr(i, "position"));
    let first = rack_address.is_none_or(|a| matches!(a, r"\0.0\0" | r"\1.1\0" | r"\1.1"));
    if let Some(slot) = position.and_then(|p| p.parse().ok())
        && rack.is_some()
        && first
    {
        return Place::Part(Part::Slot(slot));
    }
    let words =
        [rack_address, address, position].into_iter().flatten().collect::<Vec<_>>().join(" position ");
    let name = node.tag_name().name();
    Place::Path(Text::new(if words.is_empty() { name } else { &words }))
}

/// Addresses of the application's own network modules: any attribute below the hardware that is named like one.
fn configured(plc: Node<'_>) -> Vec<IpAddr> {
    let named = |name: &str| {
        let small = name.to_ascii_lowercase();
        matches!(small.as_str(), "ipaddress" | "ipaddr" | "ip" | "ipadr" | "addressip")
    };
    let attributes = plc.descendants().filter(Node::is_element).flat_map(|n| n.attributes());
    let mut ips: Vec<IpAddr> =
        attributes.filter(|a| named(a.name())).filter_map(|a| addresses::ip(a.value())).take(64).collect();
    ips.sort_unstable();
    ips.dedup();
    ips
}

/// The address at which the tool reaches the controller; that of the simulator is the workstation itself.
fn connection(root: Node<'_>) -> Option<IpAddr> {
    let parameters = child(root, "commParameters").or(child(root, "comm"))?;
    let plc = parameters.attributes().find(|a| a.name().eq_ignore_ascii_case("PLCAddress"));
    let inner = || parameters.descendants().flat_map(|n| n.attributes().collect::<Vec<_>>());
    let plc = plc.or_else(|| inner().find(|a| a.name().eq_ignore_ascii_case("PLCAddress")))?;
    addresses::ip(plc.value())
}

fn programs(file: &File<'_>, root: Node<'_>) -> Vec<Program> {
    let mut found = Vec::new();
    let resources = child(root, "logicConf").into_iter().flat_map(|l| children(l, "resource"));
    for task in resources.flat_map(|r| children(r, "taskDesc")) {
        found.extend(program(file, task, attr(task, "task").or(attr(task, "name")), ProgramKind::Task));
    }
    for section in children(root, "program").chain(children(root, "SFCProgram")) {
        let name = child(section, "identProgram").and_then(|i| attr(i, "name"));
        found.extend(program(file, section, name, ProgramKind::Program));
    }
    for block in children(root, "FBSource") {
        let name = attr(block, "nameOfFBType").or(attr(block, "name"));
        found.extend(program(file, block, name, ProgramKind::Block));
    }
    found
}

fn program(file: &File<'_>, node: Node<'_>, name: Option<&str>, kind: ProgramKind) -> Option<Program> {
    let checksum = Some(fingerprint::of_node(node, EXCEPT));
    Some(Program { name: Text::new(name?), kind, checksum, line: file.line(node) })
}

#[cfg(test)]
pub(super) const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<FEFExchangeFile>
  <fileHeader company="Schneider Automation" product="Control Expert V15.0" dateTime="date_and_time#2026-1-5-10:0:0" content="Project source file" DTDVersion="41"/>
  <contentHeader name="Station" version="0.0.12" dateTime="date_and_time#2026-1-4-9:0:0"/>
  <IOConf><PLC autoRun="0"><partItem vendorName="Schneider Electric" partNumber="BMX P34 2020" version="02.70" family="Modicon M340"/>
    <equipInfo topoAddress="\0.0"/>
    <configATS><busATS><rackATS><partItem partNumber="BMX XBP 0800"/><equipInfo topoAddress="\0.0\0"/>
      <moduleATS><partItem partNumber="BMX NOE 0100" version="02.00" family="Communication"/><equipInfo position="3"/><net ipAddress="10.3.0.4"/></moduleATS>
      <powerSupply><partItem partNumber="BMX CPS 2000"/><equipInfo position="-1"/></powerSupply>
    </rackATS></busATS></configATS>
  </PLC></IOConf>
  <commParameters SimulatorAddress="127.0.0.1" PLCAddress="10.3.0.9"/>
  <logicConf><resource resName="r"><taskDesc task="MAST" taskType="cyclic" maxExecTime="250"><sectionDesc name="Start"/></taskDesc></resource></logicConf>
  <FBSource nameOfFBType="Valve" version="1.0"><FBProgram name="p"><STSource>OUT := A;</STSource></FBProgram></FBSource>
  <program><identProgram name="Start" type="section" task="MAST"/><STSource>x := 1;</STSource></program>
</FEFExchangeFile>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::{read, tests::values};

    #[test]
    fn a_station_with_rack_and_sections() {
        let project = read("station.xef", SAMPLE.as_bytes()).unwrap();
        let [plc] = project.devices.as_slice() else { panic!("{:?}", project.devices) };
        assert_eq!(values(&plc.claims, Attribute::OrderNumber), ["BMX P34 2020"]);
        assert_eq!(values(&plc.claims, Attribute::DeviceType), ["Modicon M340"]);
        assert_eq!(plc.claims.iter().find(|s| s.attribute == Attribute::Firmware).unwrap().line, 5);
        let ips: Vec<String> = plc.ips.iter().map(ToString::to_string).collect();
        assert_eq!(ips, ["10.3.0.4", "10.3.0.9"], "not the simulator");
        let places: Vec<&Place> = plc.modules.iter().map(|m| &m.place).collect();
        let path = |text| Place::Path(Text::new(text));
        assert_eq!(places, [&path(r"\0.0\0"), &Place::Part(Part::Slot(3)), &path(r"\0.0\0 position -1")]);
        let runs: Vec<(&str, &str)> =
            plc.programs.iter().map(|p| (p.kind.as_str(), p.name.as_str())).collect();
        assert_eq!(runs, [("task", "MAST"), ("program", "Start"), ("block", "Valve")]);
        assert_eq!(project.notes[0], "Exported by Control Expert V15.0 (date_and_time#2026-1-5-10:0:0).");
    }
}
