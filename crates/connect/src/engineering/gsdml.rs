//! PROFINET device descriptions, `GSDML-V….xml`.
//!
//! Source: PROFIBUS & PROFINET International, "GSDML Specification for PROFINET": `DeviceIdentity`, `Family`, `DeviceAccessPointItem`,
//! `ModuleItem`, `ModuleInfo`, `ExternalTextList`. Each access point is a type of devices of its own.

use super::project::{DeviceType, FileError, ModuleOf, Place, Project};
use super::xml::{self, Claims, File, Node, attr, child, children, decimal, descend};
use model::{Attribute, Confidence, Text};
use std::collections::HashMap;

/// Modules told of all access points together.
const MODULES_MAX: usize = 50_000;

/// Whether this is the document element of such a file.
pub(super) fn is(root: Node<'_>) -> bool {
    xml::is(root, "ISO15745Profile") && descend(root, &["ProfileBody", "DeviceIdentity"]).is_some()
}

type Texts<'a> = HashMap<&'a str, &'a str>;

/// Reads the whole file.
pub(super) fn read(file: &File<'_>, root: Node<'_>) -> Result<Project, FileError> {
    let identity = descend(root, &["ProfileBody", "DeviceIdentity"]);
    let process = descend(root, &["ProfileBody", "ApplicationProcess"]);
    let texts = texts(process);
    let modules: HashMap<&str, Node<'_>> = process
        .and_then(|p| child(p, "ModuleList"))
        .into_iter()
        .flat_map(|list| children(list, "ModuleItem"))
        .filter_map(|m| Some((attr(m, "ID")?, m)))
        .collect();
    let points = process.and_then(|p| child(p, "DeviceAccessPointList"));
    let (mut types, mut told) = (Vec::new(), 0);
    for point in points.into_iter().flat_map(|list| children(list, "DeviceAccessPointItem")) {
        let mut claims = file.claims();
        common(&mut claims, root, identity);
        info(&mut claims, point, &texts);
        claims.attr(point, "DNS_CompatibleName", Attribute::Name);
        let fitting: Vec<ModuleOf> = fitting(point, &modules).map(|m| module(file, m, &texts)).collect();
        told += fitting.len();
        if told > MODULES_MAX {
            return Err(file.error(point.range().start, format!("more than {MODULES_MAX} modules")));
        }
        let name = name(point, &texts).or(attr(point, "ID")).map(Text::new);
        types.push(DeviceType { name, claims: claims.said, modules: fitting, line: file.line(point) });
    }
    let title =
        descend(root, &["ProfileBody", "DeviceFunction", "Family"]).and_then(|f| attr(f, "ProductFamily"));
    Ok(Project {
        format: "gsdml",
        title: title.map(Text::new),
        devices: Vec::new(),
        types,
        notes: Vec::new(),
    })
}

fn texts<'a>(process: Option<Node<'a>>) -> Texts<'a> {
    let list = process.and_then(|p| descend(p, &["ExternalTextList", "PrimaryLanguage"]));
    let texts = list.into_iter().flat_map(|l| children(l, "Text"));
    texts.filter_map(|t| Some((attr(t, "TextId")?, attr(t, "Value")?))).collect()
}

/// What holds for every access point of the file.
fn common(claims: &mut Claims<'_>, root: Node<'_>, identity: Option<Node<'_>>) {
    if let Some(identity) = identity {
        claims.attr_as(identity, "VendorID", Attribute::VendorId, Confidence::CERTAIN, decimal);
        claims.attr_as(identity, "DeviceID", Attribute::ProductCode, Confidence::CERTAIN, decimal);
        if let Some(vendor) = child(identity, "VendorName") {
            claims.attr(vendor, "Value", Attribute::Vendor);
        }
    }
    if let Some(family) = descend(root, &["ProfileBody", "DeviceFunction", "Family"]) {
        claims.attr(family, "MainFamily", Attribute::DeviceType);
    }
}

fn name<'a>(item: Node<'a>, texts: &Texts<'a>) -> Option<&'a str> {
    let id = descend(item, &["ModuleInfo", "Name"]).and_then(|n| attr(n, "TextId"))?;
    texts.get(id).copied()
}

/// `ModuleInfo`: name, order number and releases.
fn info(claims: &mut Claims<'_>, item: Node<'_>, texts: &Texts<'_>) {
    let Some(info) = child(item, "ModuleInfo") else { return };
    for (element, attribute) in [("Name", Attribute::Product), ("InfoText", Attribute::Description)] {
        let text = |id: &str| texts.get(id).map(|t| (*t).to_owned());
        if let Some(node) = child(info, element) {
            claims.attr_as(node, "TextId", attribute, Confidence::LIKELY, text);
        }
    }
    for (element, attribute) in [
        ("VendorName", Attribute::Vendor),
        ("OrderNumber", Attribute::OrderNumber),
        ("HardwareRelease", Attribute::Hardware),
        ("SoftwareRelease", Attribute::Firmware),
    ] {
        if let Some(node) = child(info, element) {
            claims.attr(node, "Value", attribute);
        }
    }
}

/// Modules that an access point may carry.
fn fitting<'a>(point: Node<'a>, modules: &HashMap<&str, Node<'a>>) -> impl Iterator<Item = Node<'a>> {
    let references = child(point, "UseableModules").into_iter().flat_map(|u| children(u, "ModuleItemRef"));
    references.filter_map(|r| attr(r, "ModuleItemTarget").and_then(|id| modules.get(id)).copied())
}

fn module(file: &File<'_>, item: Node<'_>, texts: &Texts<'_>) -> ModuleOf {
    let mut claims = file.claims();
    info(&mut claims, item, texts);
    let place = name(item, texts).or(attr(item, "ID")).unwrap_or("module");
    ModuleOf { place: Place::Path(Text::new(place)), claims: claims.said }
}

#[cfg(test)]
pub(super) const SAMPLE: &str = r#"<?xml version="1.0" encoding="iso-8859-1"?>
<ISO15745Profile xmlns="http://www.profibus.com/GSDML/2003/11/DeviceProfile">
  <ProfileHeader><ProfileIdentification>PROFINET Device Profile</ProfileIdentification></ProfileHeader>
  <ProfileBody>
    <DeviceIdentity VendorID="0x0493" DeviceID="0x0002"><InfoText TextId="T_Info"/><VendorName Value="Acme"/></DeviceIdentity>
    <DeviceFunction><Family MainFamily="I/O" ProductFamily="Blocks"/></DeviceFunction>
    <ApplicationProcess>
      <DeviceAccessPointList><DeviceAccessPointItem ID="DAP 1" DNS_CompatibleName="block" ModuleIdentNumber="0x00000001">
        <UseableModules><ModuleItemRef ModuleItemTarget="M1"/><ModuleItemRef ModuleItemTarget="none"/></UseableModules>
        <ModuleInfo><Name TextId="T_Dap"/><VendorName Value="Acme"/><OrderNumber Value="AC-100"/><HardwareRelease Value="2"/><SoftwareRelease Value="V1.4.0"/></ModuleInfo>
      </DeviceAccessPointItem></DeviceAccessPointList>
      <ModuleList><ModuleItem ID="M1" ModuleIdentNumber="0x30"><ModuleInfo><Name TextId="T_M1"/><OrderNumber Value="AC-8DI"/></ModuleInfo></ModuleItem></ModuleList>
      <ExternalTextList><PrimaryLanguage><Text TextId="T_Dap" Value="Block coupler"/><Text TextId="T_M1" Value="8 inputs"/></PrimaryLanguage></ExternalTextList>
    </ApplicationProcess>
  </ProfileBody>
</ISO15745Profile>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::{read, tests::values};

    #[test]
    fn an_access_point_and_its_modules() {
        let project = read("GSDML-V2.4.xml", SAMPLE.as_bytes()).unwrap();
        let [point] = project.types.as_slice() else { panic!("{:?}", project.types) };
        assert_eq!(point.name.as_ref().unwrap().as_str(), "Block coupler");
        let told = [
            (Attribute::VendorId, "1171"),
            (Attribute::ProductCode, "2"),
            (Attribute::Vendor, "Acme"),
            (Attribute::OrderNumber, "AC-100"),
            (Attribute::Hardware, "2"),
            (Attribute::Firmware, "V1.4.0"),
            (Attribute::DeviceType, "I/O"),
        ];
        for (attribute, value) in told {
            assert_eq!(values(&point.claims, attribute), [value]);
        }
        let [inputs] = point.modules.as_slice() else { panic!("{:?}", point.modules) };
        assert_eq!(inputs.place, Place::Path(Text::new("8 inputs")));
        assert_eq!(values(&inputs.claims, Attribute::OrderNumber), ["AC-8DI"]);
    }
}
