//! Node sets of OPC UA servers, `.NodeSet2.xml`.
//!
//! Sources: OPC 10000-6 annex F (`UANodeSet`, `Models`, `UAVariable`, `Value`); OPC 10000-100, vendor name plate (`Manufacturer`, `Model`,
//! `SerialNumber`, the revisions); OPC 10000-5, `BuildInfo`. Values of objects are those of a device, values of object types those of a
//! type of devices.

use super::project::{Device, DeviceType, FileError, Project, Said};
use super::xml::{self, Claims, File, Node, attr, child, children, text_of};
use model::{Attribute, Confidence, Text};
use std::collections::{BTreeMap, HashMap};

/// Steps from a property up to what it describes: property, group of identification, device.
const UP_MAX: usize = 4;

/// References of a node that are looked at for the one that leads up.
const REFERENCES_MAX: usize = 256;

/// Whether this is the document element of such a file.
pub(super) fn is(root: Node<'_>) -> bool {
    xml::is(root, "UANodeSet")
}

/// Reads the whole file.
pub(super) fn read(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let mut types: Vec<DeviceType> = child(root, "Models")
        .into_iter()
        .flat_map(|m| children(m, "Model"))
        .map(|m| model(file, m))
        .collect();
    let title = types.first().and_then(|m| m.name.clone());
    let nodes: HashMap<&str, Node<'_>> =
        root.children().filter_map(|n| Some((attr(n, "NodeId")?, n))).collect();
    let mut described: BTreeMap<usize, (Node<'_>, Vec<Said>)> = BTreeMap::new();
    for variable in children(root, "UAVariable") {
        let Some(attribute) = attr(variable, "BrowseName").and_then(meaning) else { continue };
        let Some(value) = child(variable, "Value").and_then(plain).filter(|v| !v.trim().is_empty()) else {
            continue;
        };
        let Some(owner) = owner(&nodes, variable) else { continue };
        let said = &mut described.entry(owner.range().start).or_insert((owner, Vec::new())).1;
        say(file, said, variable, attribute, &value);
    }
    let mut devices = Vec::new();
    for (owner, claims) in described.into_values() {
        let name = child(owner, "DisplayName").map(text_of).filter(|t| !t.is_empty());
        let name = name.or(attr(owner, "BrowseName").map(str::to_owned)).map(|n| Text::new(&n));
        let line = file.line(owner);
        if xml::is(owner, "UAObject") {
            devices.push(Device { name, claims, line, ..Device::default() });
        } else {
            types.push(DeviceType { name, claims, line, ..DeviceType::default() });
        }
    }
    Ok(Project { format: "nodeset", title, devices, types, notes: notes(root) })
}

fn notes(root: Node<'_>) -> Vec<String> {
    let changed = attr(root, "LastModified").map(|d| format!("Last changed on {}.", Text::new(d)));
    changed.into_iter().collect()
}

fn model(file: &File<'_>, node: Node<'_>) -> DeviceType {
    let mut claims: Claims<'_> = file.claims();
    claims.attr(node, "ModelUri", Attribute::ProductUri);
    claims.attr_as(node, "Version", Attribute::Software, Confidence::LIKELY, |version| {
        let date = attr(node, "PublicationDate").map(|d| format!(" of {d}")).unwrap_or_default();
        Some(format!("model {version}{date}"))
    });
    let name = attr(node, "ModelUri").map(Text::new);
    DeviceType { name, claims: claims.said, line: file.line(node), ..DeviceType::default() }
}

/// What a property is about, by its name without the name space.
fn meaning(browse_name: &str) -> Option<Attribute> {
    let name = browse_name.split_once(':').map_or(browse_name, |(_, name)| name);
    Some(match name {
        "Manufacturer" | "ManufacturerName" => Attribute::Vendor,
        "Model" | "ProductName" => Attribute::Product,
        "SerialNumber" => Attribute::Serial,
        "ProductCode" => Attribute::OrderNumber,
        "HardwareRevision" => Attribute::Hardware,
        "SoftwareRevision" | "DeviceRevision" | "SoftwareVersion" => Attribute::Firmware,
        "DeviceClass" => Attribute::DeviceType,
        "ProductUri" | "ProductInstanceUri" => Attribute::ProductUri,
        "AssetId" | "ComponentName" => Attribute::Name,
        "Location" => Attribute::Location,
        _ => return None,
    })
}

/// The text of a value: of a string as it is, of a localised text without its language.
fn plain(value: Node<'_>) -> Option<String> {
    let inner = value.children().find(Node::is_element)?;
    match inner.tag_name().name() {
        "LocalizedText" => child(inner, "Text").map(text_of),
        "String" | "Int32" | "UInt32" | "Int16" | "UInt16" => Some(text_of(inner)),
        _ => None,
    }
}

/// The object or type that a property describes; a group named after identification stands for what it is in.
fn owner<'a>(nodes: &HashMap<&str, Node<'a>>, variable: Node<'a>) -> Option<Node<'a>> {
    let mut node = variable;
    for _ in 0..UP_MAX {
        node = *nodes.get(parent(node)?)?;
        let name = attr(node, "BrowseName").unwrap_or_default();
        let group =
            name.ends_with("Identification") || name.ends_with("BuildInfo") || name.ends_with("ServerStatus");
        let object = xml::is(node, "UAObject") || xml::is(node, "UAObjectType");
        if object && !group {
            return Some(node);
        }
    }
    None
}

fn parent(node: Node<'_>) -> Option<&str> {
    let above = || {
        let mut references = child(node, "References").into_iter().flat_map(|r| children(r, "Reference"));
        let inverse = references.by_ref().take(REFERENCES_MAX).find(|r| {
            attr(*r, "IsForward") == Some("false")
                && matches!(attr(*r, "ReferenceType"), Some("HasProperty" | "HasComponent" | "i=46" | "i=47"))
        });
        inverse.and_then(|r| r.text()).map(str::trim)
    };
    attr(node, "ParentNodeId").or_else(above)
}

fn say(file: &File<'_>, said: &mut Vec<Said>, variable: Node<'_>, attribute: Attribute, value: &str) {
    let mut claims = file.claims();
    claims.said = std::mem::take(said);
    let name: String = attr(variable, "BrowseName").unwrap_or_default().chars().take(48).collect();
    let at = child(variable, "Value").unwrap_or(variable);
    claims.say(attribute, value, file.line(at), format!("UAVariable/{name}"), Confidence::LIKELY);
    *said = claims.said;
}

#[cfg(test)]
pub(super) const SAMPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd" LastModified="2026-01-05T00:00:00Z">
  <NamespaceUris><Uri>http://maker.example/press</Uri></NamespaceUris>
  <Models><Model ModelUri="http://maker.example/press" Version="1.3.0" PublicationDate="2025-11-01T00:00:00Z"><RequiredModel ModelUri="http://opcfoundation.org/UA/"/></Model></Models>
  <UAObject NodeId="ns=1;i=1" BrowseName="1:Press4"><DisplayName>Press 4</DisplayName></UAObject>
  <UAObject NodeId="ns=1;i=2" BrowseName="2:Identification" ParentNodeId="ns=1;i=1"><DisplayName>Identification</DisplayName></UAObject>
  <UAVariable NodeId="ns=1;i=3" BrowseName="2:Manufacturer" ParentNodeId="ns=1;i=2" DataType="LocalizedText"><DisplayName>Manufacturer</DisplayName>
    <Value><LocalizedText xmlns="http://opcfoundation.org/UA/2008/02/Types.xsd"><Locale>en</Locale><Text>Maker</Text></LocalizedText></Value></UAVariable>
  <UAVariable NodeId="ns=1;i=4" BrowseName="2:SerialNumber" DataType="String"><DisplayName>SerialNumber</DisplayName>
    <References><Reference ReferenceType="HasProperty" IsForward="false">ns=1;i=1</Reference></References>
    <Value><String xmlns="http://opcfoundation.org/UA/2008/02/Types.xsd">P4-77</String></Value></UAVariable>
  <UAVariable NodeId="ns=1;i=5" BrowseName="2:Model" ParentNodeId="ns=1;i=5" DataType="String"><Value><String>circle</String></Value></UAVariable>
  <UAObjectType NodeId="ns=1;i=6" BrowseName="1:PressType"><DisplayName>PressType</DisplayName></UAObjectType>
  <UAVariable NodeId="ns=1;i=7" BrowseName="2:Model" ParentNodeId="ns=1;i=6"><Value><String>Press 4000</String></Value></UAVariable>
</UANodeSet>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::{read, tests::values};

    #[test]
    fn models_devices_and_types() {
        let project = read("press.NodeSet2.xml", SAMPLE.as_bytes()).unwrap();
        let [press] = project.devices.as_slice() else { panic!("{:?}", project.devices) };
        assert_eq!(press.name.as_ref().unwrap().as_str(), "Press 4");
        assert_eq!(values(&press.claims, Attribute::Vendor), ["Maker"]);
        assert_eq!(values(&press.claims, Attribute::Serial), ["P4-77"]);
        assert_eq!((press.claims[0].line, press.claims[0].field.as_str()), (8, "UAVariable/2:Manufacturer"));
        let [model, kind] = project.types.as_slice() else { panic!("{:?}", project.types) };
        assert_eq!(values(&model.claims, Attribute::Software), ["model 1.3.0 of 2025-11-01T00:00:00Z"]);
        assert_eq!(values(&kind.claims, Attribute::Product), ["Press 4000"]);
    }
}
