//! CAEX files that follow no recommendation we know: elements with attributes whose names are common ones for identity and addresses.
//! Sources: IEC 62424:2016; names of attributes: the digital nameplate of the Asset Administration Shell (IDTA 02006), AR APC.

use super::addresses;
use super::project::Device;
use super::xml::{self, File, Node, attr, child, children, text_of};
use model::{Attribute, Confidence, Text};

/// Attributes inside attributes that are looked into.
const DEPTH_MAX: usize = 6;

/// Every element that says who it is or where.
pub(super) fn devices(file: &File<'_>, root: Node<'_>) -> Vec<Device> {
    let hierarchies = children(root, "InstanceHierarchy");
    let elements = hierarchies.flat_map(|h| h.descendants()).filter(|n| xml::is(*n, "InternalElement"));
    elements.filter_map(|element| device(file, element)).collect()
}

fn device(file: &File<'_>, element: Node<'_>) -> Option<Device> {
    let mut claims = file.claims();
    let mut device = Device { line: file.line(element), ..Device::default() };
    let mut open: Vec<(Node<'_>, usize)> = children(element, "Attribute").map(|a| (a, 0)).collect();
    open.reverse();
    while let Some((node, depth)) = open.pop() {
        let name = attr(node, "Name").unwrap_or_default();
        let value = child(node, "Value").map(text_of).unwrap_or_default();
        match meaning(name) {
            Some(Meaning::Ip) => device.ips.extend(addresses::ip(&value)),
            Some(Meaning::Mac) => device.macs.extend(addresses::mac(&value).filter(|m| m.is_station())),
            Some(Meaning::Says(attribute)) => {
                let field = format!("{}/{}", xml::path(element), name.chars().take(48).collect::<String>());
                claims.say(attribute, &value, file.line(node), field, Confidence::LIKELY);
            }
            None => {}
        }
        if depth < DEPTH_MAX {
            open.extend(children(node, "Attribute").map(|a| (a, depth + 1)));
        }
    }
    if device.ips.is_empty() && device.macs.is_empty() && claims.said.is_empty() {
        return None;
    }
    claims.attr(element, "Name", Attribute::Name);
    device.name = attr(element, "Name").map(Text::new);
    device.claims = claims.said;
    Some(device)
}

enum Meaning {
    Ip,
    Mac,
    Says(Attribute),
}

/// By the letters and digits of the name alone.
fn meaning(name: &str) -> Option<Meaning> {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(48).collect();
    Some(match name.to_ascii_lowercase().as_str() {
        "ip" | "ipaddress" | "ipv4address" | "ipv6address" | "networkaddress" => Meaning::Ip,
        "mac" | "macaddress" | "physicaladdress" => Meaning::Mac,
        "manufacturer" | "manufacturername" | "vendor" | "vendorname" => Meaning::Says(Attribute::Vendor),
        "model" | "typename" | "producttype" | "manufacturerproductdesignation" => {
            Meaning::Says(Attribute::Product)
        }
        "ordernumber" | "articlenumber" | "ordercode" | "partnumber" | "manufacturerordercode" => {
            Meaning::Says(Attribute::OrderNumber)
        }
        "serialnumber" => Meaning::Says(Attribute::Serial),
        "hardwareversion" | "hardwarerevision" => Meaning::Says(Attribute::Hardware),
        "softwareversion" | "softwarerevision" | "firmwareversion" | "firmwarerevision" => {
            Meaning::Says(Attribute::Firmware)
        }
        "hostname" => Meaning::Says(Attribute::Hostname),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::{read, tests::values};

    #[test]
    fn elements_that_say_who_they_are() {
        let text = r#"<CAEXFile FileName="cell.aml"><InstanceHierarchy Name="Cell"><InternalElement Name="Cell 4">
<InternalElement Name="Camera" ID="1"><Attribute Name="Nameplate"><Attribute Name="Serial Number"><Value>77</Value></Attribute></Attribute>
<Attribute Name="ManufacturerName"><Value>Optics</Value></Attribute><Attribute Name="IPAddress"><Value>10.0.0.7</Value></Attribute>
<Attribute Name="MAC_Address"><Value>00-1C-06-00-00-01</Value></Attribute></InternalElement>
</InternalElement></InstanceHierarchy></CAEXFile>"#;
        let project = read("cell.aml", text.as_bytes()).unwrap();
        let [camera] = project.devices.as_slice() else { panic!("{:?}", project.devices) };
        assert_eq!((camera.ips.len(), camera.macs.len(), camera.line), (1, 1, 2));
        assert_eq!(values(&camera.claims, Attribute::Serial), ["77"]);
        assert_eq!(values(&camera.claims, Attribute::Vendor), ["Optics"]);
        assert_eq!(values(&camera.claims, Attribute::Name), ["Camera"]);
    }
}
