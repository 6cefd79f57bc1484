//! PLCopen XML: projects of IEC 61131-3 tools, CODESYS and its relatives among them.
//!
//! Sources: IEC 61131-10:2019 and PLCopen TC6 "XML Formats for IEC 61131-3" 2.01: `fileHeader`, `contentHeader`, `types/pous/pou`,
//! `instances/configurations/configuration/resource/task`. CODESYS puts what the format has no place for into `addData` (names that
//! begin with `http://www.3s-software.com/plcopenxml/`): program units and libraries, as public exports of 3.5 SP10 and SP21 have
//! them; and the identification of a device (type, id, version, the words of its device descriptions), of which none was at hand, so
//! it is read wherever in such data it stands.

use super::fingerprint::{self, Except};
use super::project::{Device, FileError, Program, ProgramKind, Project};
use super::xml::{self, Claims, File, Node, attr, child, children, descend, text_of};
use model::{Attribute, Confidence, Text};

const EXCEPT: Except = Except { elements: &["documentation", "ObjectId"], attributes: &[] };
const CODESYS: &str = "http://www.3s-software.com/plcopenxml/";

/// Whether this is the document element of such a file.
pub(super) fn is(root: Node<'_>) -> bool {
    let own =
        root.tag_name().namespace().is_some_and(|ns| ns.contains("plcopen.org") || ns.contains("61131"));
    xml::is(root, "project")
        && (own || (child(root, "contentHeader").is_some() && child(root, "types").is_some()))
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let content = child(root, "contentHeader");
    let configurations: Vec<Node<'_>> = descend(root, &["instances", "configurations"])
        .into_iter()
        .flat_map(|all| children(all, "configuration"))
        .collect();
    let mut devices: Vec<Device> = configurations.iter().map(|c| configuration(file, *c)).collect();
    let mut common = Vec::new();
    for part in root.children().filter(|n| n.is_element() && !xml::is(*n, "instances")) {
        common.extend(units(file, part));
    }
    if let [only] = devices.as_mut_slice() {
        only.programs.extend(common);
    } else if !common.is_empty() || devices.is_empty() {
        // Units of no device in particular.
        devices.push(Device {
            name: content.and_then(|c| attr(c, "name")).map(Text::new),
            claims: header_claims(file, root),
            programs: common,
            line: file.line(root),
            ..Device::default()
        });
    }
    let title = content.and_then(|c| attr(c, "name")).map(Text::new);
    Ok(Project { format: "plcopen", title, devices, types: Vec::new(), notes: notes(root) })
}

fn notes(root: Node<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(header) = child(root, "fileHeader") {
        let words =
            ["companyName", "productName", "productVersion"].map(|n| attr(header, n).unwrap_or_default());
        let when =
            attr(header, "creationDateTime").map(|d| format!(" on {}", Text::new(d))).unwrap_or_default();
        notes.push(format!("Written by {}{when}.", Text::new(words.join(" ").trim())));
    }
    let content = child(root, "contentHeader");
    if let Some(changed) = content.and_then(|c| attr(c, "modificationDateTime")) {
        notes.push(format!("The project was last changed on {}.", Text::new(changed)));
    }
    if let Some(version) = content.and_then(|c| attr(c, "version")) {
        notes.push(format!("Version {} of the project.", Text::new(version)));
    }
    notes
}

fn header_claims(file: &File<'_>, root: Node<'_>) -> Vec<super::Said> {
    let mut claims = file.claims();
    if let Some(content) = child(root, "contentHeader") {
        claims.attr(content, "name", Attribute::Program);
    }
    claims.said
}

fn configuration(file: &File<'_>, node: Node<'_>) -> Device {
    let mut claims = file.claims();
    claims.attr(node, "name", Attribute::Name);
    identification(&mut claims, node);
    libraries(&mut claims, node);
    let programs = units(file, node);
    for resource in children(node, "resource") {
        claims.attr(resource, "name", Attribute::Program);
    }
    Device {
        name: attr(node, "name").map(Text::new),
        claims: claims.said,
        programs,
        line: file.line(node),
        ..Device::default()
    }
}

/// Tasks and program organisation units, wherever they stand.
fn units(file: &File<'_>, within: Node<'_>) -> Vec<Program> {
    let kinds = [("task", ProgramKind::Task), ("pou", ProgramKind::Pou)];
    let found = kinds.into_iter().flat_map(|(name, kind)| {
        xml::outermost(within, name).into_iter().filter_map(move |node| program(file, node, kind))
    });
    found.collect()
}

fn program(file: &File<'_>, node: Node<'_>, kind: ProgramKind) -> Option<Program> {
    let name = Text::new(attr(node, "name")?);
    Some(Program { name, kind, checksum: Some(fingerprint::of_node(node, EXCEPT)), line: file.line(node) })
}

/// Libraries the application is built with, as CODESYS adds them: with the version that was resolved, else as they were asked for.
fn libraries(claims: &mut Claims<'_>, configuration: Node<'_>) {
    for library in xml::outermost(configuration, "Library") {
        let name = if attr(library, "DefaultResolution").is_some() { "DefaultResolution" } else { "Name" };
        let words = |value: &str| Some(format!("library {value}"));
        claims.attr_as(library, name, Attribute::Software, Confidence::LIKELY, words);
    }
}

/// What CODESYS adds of the device: its type, id and version, as attributes or as elements.
fn identification(claims: &mut Claims<'_>, configuration: Node<'_>) {
    let is_own = |data: Node<'_>| {
        xml::is(data, "data")
            && attr(data, "name").is_some_and(|n| n.starts_with(CODESYS) && n.contains("device"))
    };
    let found = xml::outermost(configuration, "DeviceIdentification").into_iter();
    for node in found.filter(|n| n.ancestors().any(is_own)) {
        for field in ["type", "id", "version"] {
            let given = node
                .attributes()
                .find(|a| a.name().eq_ignore_ascii_case(field))
                .map(|a| a.value().to_owned());
            let inner = || {
                let inner = node.children().find(|n| n.tag_name().name().eq_ignore_ascii_case(field));
                inner.map(text_of)
            };
            let value = given.or_else(inner).unwrap_or_default();
            let (attribute, sure) = match field {
                "type" => (Attribute::DeviceType, Confidence::LIKELY),
                "id" => (Attribute::ProductCode, Confidence::LIKELY),
                _ => (Attribute::Firmware, Confidence::GUESS),
            };
            claims.say(
                attribute,
                &value,
                claims.file.line(node),
                format!("{}/{field}", xml::path(node)),
                sure,
            );
        }
    }
}

#[cfg(test)]
pub(super) const SAMPLE: &str = r##"<?xml version="1.0" encoding="utf-8"?>
<project xmlns="http://www.plcopen.org/xml/tc6_0200">
  <fileHeader companyName="Tool" productName="CODESYS" productVersion="V3.5" creationDateTime="2026-01-05T10:00:00"/>
  <contentHeader name="pump.project" version="1.2" modificationDateTime="2026-01-04T10:00:00"/>
  <types><dataTypes/><pous><pou name="Mixer" pouType="functionBlock"><body><ST><xhtml xmlns="http://www.w3.org/1999/xhtml">a := b;</xhtml></ST></body></pou></pous></types>
  <instances><configurations>
    <configuration name="Controller"><resource name="Application">
      <task name="Main" interval="PT0.02S" priority="1"><pouInstance name="PLC_PRG" typeName=""/></task>
      <addData><data name="http://www.3s-software.com/plcopenxml/pou" handleUnknown="implementation"><pou name="PLC_PRG" pouType="program"><body><ST><xhtml xmlns="http://www.w3.org/1999/xhtml">Run();</xhtml></ST></body></pou></data></addData>
      <addData><data name="http://www.3s-software.com/plcopenxml/libraries" handleUnknown="implementation"><Libraries><Library Name="#Standard" DefaultResolution="Standard, 3.5.10.0 (System)"/><Library Name="Util, * (System)"/></Libraries></data></addData>
    </resource>
    <addData><data name="http://www.3s-software.com/plcopenxml/device" handleUnknown="discard"><Device xmlns=""><DeviceIdentification Type="4096" Id="1006 0001" Version="3.5.17.0"/></Device></data></addData>
    </configuration>
  </configurations></instances>
</project>
"##;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::{read, tests::values};

    #[test]
    fn a_controller_with_tasks_and_units() {
        let project = read("pump.xml", SAMPLE.as_bytes()).unwrap();
        assert_eq!(project.notes[0], "Written by Tool CODESYS V3.5 on 2026-01-05T10:00:00.");
        let [plc] = project.devices.as_slice() else { panic!("{:?}", project.devices) };
        let runs: Vec<(&str, &str)> =
            plc.programs.iter().map(|p| (p.kind.as_str(), p.name.as_str())).collect();
        assert_eq!(runs, [("task", "Main"), ("pou", "PLC_PRG"), ("pou", "Mixer")]);
        assert_eq!(values(&plc.claims, Attribute::DeviceType), ["4096"]);
        assert_eq!(values(&plc.claims, Attribute::Firmware), ["3.5.17.0"]);
        let libraries = ["library Standard, 3.5.10.0 (System)", "library Util, * (System)"];
        assert_eq!(values(&plc.claims, Attribute::Software), libraries);
    }

    #[test]
    fn a_changed_unit_shows_alone() {
        let sums = |text: &str| {
            let project = read("a", text.as_bytes()).unwrap();
            project.devices[0].programs.iter().map(|p| p.checksum.clone()).collect::<Vec<_>>()
        };
        let (before, after) = (sums(SAMPLE), sums(&SAMPLE.replace("a := b", "a := c")));
        let changed: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a != b).collect();
        assert_eq!(changed, [false, false, true]);
    }

    #[test]
    fn units_without_a_controller_are_kept() {
        let text = "<project xmlns='http://www.plcopen.org/xml/tc6_0201'><contentHeader name='lib'/>\
            <types><pous><pou name='F' pouType='function'/></pous></types></project>";
        let project = read("lib.xml", text.as_bytes()).unwrap();
        assert_eq!(project.devices[0].name.as_ref().unwrap().as_str(), "lib");
        assert_eq!(project.devices[0].programs.len(), 1);
    }
}
