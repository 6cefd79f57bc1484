//! Hirschmann HiOS: the XML of an exported configuration profile (Hirschmann, "Configuration" user manual, "Managing configuration
//! profiles"; the names are those of its MIBs: SNMPv2-MIB, IF-MIB, Q-BRIDGE-MIB (RFC 4363), HM2-NETCONFIG-MIB, HM2-MGMTACCESS-MIB,
//! HM2-USERMGMT-MIB, HM2-PLATFORM-ROUTING-MIB).
//!
//! A document holds tables and scalars of MIBs as they stand: `Config/MibData/MIB/{Scalar/Attribute, Table/Entry/Attribute}`. Text that is
//! marked `convert="ascii"` is plain, other octets are hexadecimal pairs. A layer 2 device passes no IP packets on; what a layer 3 device
//! routes and filters is not worked out, only that it does.

use super::Fault;
use super::limits::Caps;
use super::line::prefix_of_mask;
use model::Text;
use model::network::{
    Affects, ConfigFormat, Interface, LocalAccount, ManagementKind, ManagementService, NetworkDevice,
    Unknown, Vlan,
};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// Namespace of an exported profile.
const NAMESPACE: &str = "urn:xml:ns:mibconf:base:1.0";
/// Elements, attributes and texts of one file.
const NODES_MAX: u32 = 2_000_000;

/// Whether a text is an exported profile.
pub(super) fn is_hios(text: &str) -> bool {
    let end = (0..=text.len().min(4096)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).is_some_and(|head| head.trim_start().starts_with('<') && head.contains(NAMESPACE))
}

/// Reads a profile.
///
/// # Errors
/// XML that is not well formed or has a document type, or more than the caps allow.
pub(super) fn read(text: &str, caps: &mut Caps) -> Result<NetworkDevice, Fault> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| {
        let at = e.pos();
        Fault::new(at.row, at.col, format!("no XML that is taken: {e}"))
    })?;
    let mut reader =
        Reader { device: NetworkDevice::new(ConfigFormat::HirschmannHiOs), caps, rows: Vec::new() };
    reader.device.vendor = Text::new("Hirschmann");
    reader.device.forwards = false;
    reader.head(document.root_element());
    reader.rows(&document);
    reader.ports()?;
    reader.vlans()?;
    reader.addresses()?;
    reader.management()?;
    Ok(reader.device)
}

/// A scalar group or an entry of a table.
struct Row<'a> {
    name: &'a str,
    line: u32,
    values: BTreeMap<&'a str, String>,
}

impl Row<'_> {
    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// TruthValue and the enabled states of these MIBs: 1 is yes.
    fn on(&self, name: &str) -> bool {
        self.value(name) == "1"
    }
}

fn named<'a, 'i: 'a>(node: Node<'a, 'i>, tag: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |c| c.is_element() && c.tag_name().name() == tag)
}

struct Reader<'a, 'c> {
    device: NetworkDevice,
    caps: &'c mut Caps,
    rows: Vec<Row<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn head(&mut self, root: Node<'a, '_>) {
        let variables: BTreeMap<&str, &str> = named(root, "Header")
            .flat_map(|h| h.children().collect::<Vec<_>>())
            .filter_map(|v| Some((v.attribute("name")?, v.text()?.trim())))
            .collect();
        let get = |name| variables.get(name).copied().unwrap_or_default();
        self.device.model = Text::new(get("productId"));
        let numbers = ["swMajorRelNum", "swMinorRelNum", "swBugfixRelNum"].map(get);
        if !numbers[0].is_empty() {
            self.device.version = Text::new(&numbers.join("."));
        }
    }

    fn rows<'i>(&mut self, document: &'a Document<'i>) {
        let breaks: Vec<usize> = document.input_text().match_indices('\n').map(|(at, _)| at).collect();
        let mibs =
            named(document.root_element(), "MibData").flat_map(|d| named(d, "MIB").collect::<Vec<_>>());
        for part in mibs.flat_map(|m| m.children().collect::<Vec<_>>()).filter(Node::is_element) {
            let entries = match part.tag_name().name() {
                "Scalar" => vec![part],
                "Table" => named(part, "Entry").collect(),
                _ => continue,
            };
            for entry in entries {
                let attributes =
                    named(entry, "Attribute").filter_map(|a| Some((a.attribute("name")?, decoded(a))));
                let line = super::line::number(breaks.partition_point(|at| *at < entry.range().start));
                let name = part.attribute("name").unwrap_or_default();
                self.rows.push(Row { name, line, values: attributes.collect() });
            }
        }
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Row<'a>> {
        self.rows.iter().filter(move |row| row.name == name)
    }

    fn ports(&mut self) -> Result<(), Fault> {
        let aliases: BTreeMap<String, String> = self
            .of("ifXEntry")
            .map(|row| (row.value("ifIndex").to_owned(), row.value("ifAlias").to_owned()))
            .collect();
        let vlans: BTreeMap<String, u16> = self
            .of("dot1qPortVlanEntry")
            .filter_map(|row| {
                Some((row.value("dot1dBasePort").to_owned(), row.value("dot1qPvid").parse().ok()?))
            })
            .collect();
        let mut ports = Vec::new();
        for row in self.of("ifEntry").filter(|row| !row.value("ifIndex").is_empty()) {
            let name = row.value("ifIndex");
            let mut port = Interface::new(name, row.line);
            port.enabled = row.value("ifAdminStatus") != "2";
            port.description = Text::new(aliases.get(name).map_or("", String::as_str));
            port.vlan = vlans.get(name).copied();
            ports.push(port);
        }
        for port in ports {
            self.caps.thing(port.line)?;
            self.device.interfaces.push(port);
        }
        Ok(())
    }

    /// Ports that carry a VLAN with its tag are trunks.
    fn vlans(&mut self) -> Result<(), Fault> {
        let mut tagged: BTreeMap<String, Vec<(u16, u16)>> = BTreeMap::new();
        let mut vlans = Vec::new();
        for row in self.of("dot1qVlanStaticEntry") {
            let Ok(id) = row.value("dot1qVlanIndex").parse::<u16>() else { continue };
            vlans.push(Vlan { id, name: Text::new(row.value("dot1qVlanStaticName")), line: row.line });
            let list = |name| {
                row.value(name).split(',').map(str::trim).filter(|p| !p.is_empty()).collect::<BTreeSet<_>>()
            };
            let untagged = list("dot1qVlanStaticUntaggedPorts");
            for port in list("dot1qVlanStaticEgressPorts").into_iter().filter(|p| !untagged.contains(p)) {
                tagged.entry(port.to_owned()).or_default().push((id, id));
            }
        }
        for vlan in vlans {
            self.caps.thing(vlan.line)?;
            self.device.vlans.push(vlan);
        }
        for port in &mut self.device.interfaces {
            if let Some(ids) = tagged.remove(port.name.as_str()) {
                (port.trunk, port.trunk_vlans) = (true, ids);
            }
        }
        Ok(())
    }

    /// The address of management, and those of a layer 3 device.
    fn addresses(&mut self) -> Result<(), Fault> {
        let mut found = Vec::new();
        for row in self.of("hm2NetStaticGroup") {
            let length = row.value("hm2NetPrefixLength").parse().ok().filter(|l| *l <= 32);
            if let Some((ip, length)) = address(row.value("hm2NetLocalIPAddr")).zip(length) {
                found.push((
                    row.value("hm2NetVlanID").parse().ok(),
                    "management".to_owned(),
                    ip,
                    length,
                    row.line,
                ));
            }
        }
        let mut routes = None;
        for row in self.of("hm2AgentSwitchIpInterfaceEntry") {
            let name = row.value("hm2AgentSwitchIpInterfaceIfIndex");
            let length = address(row.value("hm2AgentSwitchIpInterfaceNetMask")).and_then(prefix_of_mask);
            if let Some((ip, length)) = address(row.value("hm2AgentSwitchIpInterfaceIpAddress")).zip(length) {
                let vlan = name.strip_prefix("vlan/").and_then(|id| id.parse().ok());
                found.push((vlan, name.to_owned(), ip, length, row.line));
                routes = Some(row.line);
            }
        }
        for (vlan, name, ip, length, line) in found {
            self.caps.thing(line)?;
            let mut interface = Interface::new(&name, line);
            (interface.vlan, interface.addresses) = (vlan, vec![(IpAddr::V4(ip), length)]);
            self.device.interfaces.push(interface);
        }
        if let Some(line) = routes {
            self.device.forwards = true;
            self.caps.unknown(line)?;
            let text = Text::new("interfaces with routing: routes and access lists of HiOS are not read");
            self.device.unknown.push(Unknown { affects: Affects::Everything, line, text });
        }
        Ok(())
    }

    fn management(&mut self) -> Result<(), Fault> {
        let names = self.of("system").find(|row| !row.value("sysName").is_empty());
        self.device.hostname = Text::new(names.map_or("", |row| row.value("sysName")));
        let kinds = [
            ("hm2WebHttpAdminStatus", ManagementKind::Http, ""),
            ("hm2WebHttpsAdminStatus", ManagementKind::Https, ""),
            ("hm2TelnetServerAdminStatus", ManagementKind::Telnet, ""),
            ("hm2SshAdminStatus", ManagementKind::Ssh, ""),
            ("hm2SnmpV1AdminStatus", ManagementKind::SnmpV1V2c, "version 1"),
            ("hm2SnmpV2AdminStatus", ManagementKind::SnmpV1V2c, "version 2c"),
            ("hm2SnmpV3AdminStatus", ManagementKind::SnmpV3, ""),
        ];
        let mut services = Vec::new();
        for (name, kind, note) in kinds {
            if let Some(row) = self.rows.iter().find(|row| row.on(name)) {
                services.push(ManagementService { kind, note: Text::new(note), line: row.line });
            }
        }
        let discovery = self.rows.iter().find(|row| row.on("hm2NetHiDiscoveryOperation"));
        if let Some(row) = discovery {
            let access = if row.value("hm2NetHiDiscoveryMode") == "2" {
                "HiDiscovery, read-only"
            } else {
                "HiDiscovery"
            };
            services.push(ManagementService {
                kind: ManagementKind::Vendor,
                note: Text::new(access),
                line: row.line,
            });
        }
        self.device.services = services;
        let active =
            |row: &&Row<'a>| row.value("hm2UserStatus") != "2" && !row.value("hm2UserName").is_empty();
        let account = |row: &Row<'a>| LocalAccount {
            name: Text::new(row.value("hm2UserName")),
            privilege: Text::new(role(row.value("hm2UserAccessRole"))),
            line: row.line,
        };
        let accounts: Vec<_> = self.of("hm2UserConfigEntry").filter(active).map(account).collect();
        for account in accounts {
            self.caps.thing(account.line)?;
            self.device.accounts.push(account);
        }
        Ok(())
    }
}

/// HM2-USERMGMT-MIB, `hm2UserAccessRole`.
fn role(number: &str) -> &str {
    match number {
        "0" => "unauthorized",
        "1" => "guest",
        "2" => "auditor",
        "13" => "operator",
        "15" => "administrator",
        other => other,
    }
}

/// The text of an attribute. Octets in hexadecimal pairs become text where all of them are printable.
fn decoded(attribute: Node<'_, '_>) -> String {
    let text = attribute.text().unwrap_or_default().trim();
    if attribute.attribute("convert").is_some() {
        return text.to_owned();
    }
    let printable =
        octets(text).filter(|o| o.len() > 1 && o.iter().all(|b| b.is_ascii_graphic() || *b == b' '));
    match printable {
        // Four octets may as well be an address.
        Some(octets) if octets.len() != 4 => octets.into_iter().map(char::from).collect(),
        _ => text.to_owned(),
    }
}

/// `AC 12 20 C3`.
fn octets(text: &str) -> Option<Vec<u8>> {
    let pair = |p: &str| (p.len() == 2).then(|| u8::from_str_radix(p, 16).ok()).flatten();
    text.split_whitespace().map(pair).collect()
}

fn address(text: &str) -> Option<Ipv4Addr> {
    let plain = text.parse().ok();
    let pairs = || octets(text).and_then(|o| <[u8; 4]>::try_from(o).ok()).map(Ipv4Addr::from);
    plain.or_else(pairs).filter(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    const PROFILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Config xmlns="urn:xml:ns:mibconf:base:1.0" version="1.0">
  <Header>
    <Variable name="productId">BRS50</Variable>
    <Variable name="swMajorRelNum">10</Variable>
    <Variable name="swMinorRelNum">3</Variable>
    <Variable name="swBugfixRelNum">04</Variable>
  </Header>
  <MibData>
    <MIB name="SNMPv2-MIB">
      <Scalar name="system"><Attribute name="sysName" convert="ascii">sw-cell-20</Attribute></Scalar>
    </MIB>
    <MIB name="IF-MIB">
      <Table name="ifEntry">
        <Entry><Attribute name="ifIndex" convert="ifname">1/1</Attribute><Attribute name="ifAdminStatus">1</Attribute></Entry>
        <Entry><Attribute name="ifIndex" convert="ifname">1/2</Attribute><Attribute name="ifAdminStatus">2</Attribute></Entry>
      </Table>
      <Table name="ifXEntry">
        <Entry><Attribute name="ifIndex" convert="ifname">1/1</Attribute><Attribute name="ifAlias" convert="ascii">uplink</Attribute></Entry>
      </Table>
    </MIB>
    <MIB name="Q-BRIDGE-MIB">
      <Table name="dot1qVlanStaticEntry">
        <Entry><Attribute name="dot1qVlanIndex">20</Attribute><Attribute name="dot1qVlanStaticName">63 65 6C 6C 20 32 30</Attribute>
          <Attribute name="dot1qVlanStaticEgressPorts" convert="portlist">1/1,1/2</Attribute>
          <Attribute name="dot1qVlanStaticUntaggedPorts" convert="portlist">1/2</Attribute></Entry>
      </Table>
      <Table name="dot1qPortVlanEntry">
        <Entry><Attribute name="dot1dBasePort" convert="ifname">1/2</Attribute><Attribute name="dot1qPvid">20</Attribute></Entry>
      </Table>
    </MIB>
    <MIB name="HM2-NETCONFIG-MIB">
      <Scalar name="hm2NetStaticGroup"><Attribute name="hm2NetLocalIPAddr">0A 02 14 05</Attribute>
        <Attribute name="hm2NetPrefixLength">24</Attribute><Attribute name="hm2NetVlanID">20</Attribute></Scalar>
    </MIB>
    <MIB name="HM2-MGMTACCESS-MIB">
      <Scalar name="hm2MgmtAccessWebGroup"><Attribute name="hm2WebHttpAdminStatus">1</Attribute>
        <Attribute name="hm2WebHttpsAdminStatus">2</Attribute></Scalar>
      <Scalar name="hm2MgmtAccessSnmpGroup"><Attribute name="hm2SnmpV2AdminStatus">1</Attribute></Scalar>
    </MIB>
    <MIB name="SNMP-COMMUNITY-MIB">
      <Table name="snmpCommunityEntry"><Entry><Attribute name="snmpCommunityName" convert="ascii">n0tpublic</Attribute></Entry></Table>
    </MIB>
    <MIB name="HM2-USERMGMT-MIB">
      <Table name="hm2UserConfigEntry">
        <Entry><Attribute name="hm2UserName" convert="ascii">admin</Attribute><Attribute name="hm2UserAccessRole">15</Attribute>
          <Attribute name="hm2UserPassword" convert="scrambled">c2NyYW1ibGVk</Attribute><Attribute name="hm2UserStatus">1</Attribute></Entry>
      </Table>
    </MIB>
  </MibData>
</Config>
"#;

    #[test]
    fn a_switch_is_read_whole_and_without_secrets() {
        let device = read("sw.xml", PROFILE.as_bytes()).unwrap();
        assert_eq!(device.format, ConfigFormat::HirschmannHiOs);
        let head = (device.hostname.as_str(), device.model.as_str(), device.version.as_str());
        assert_eq!(head, ("sw-cell-20", "BRS50", "10.3.04"));
        assert!(!device.forwards && device.unknown.is_empty());
        let uplink = device.interface("1/1").unwrap();
        assert_eq!(
            (uplink.trunk, uplink.trunk_vlans.as_slice(), uplink.description.as_str()),
            (true, &[(20, 20)][..], "uplink")
        );
        let port = device.interface("1/2").unwrap();
        assert_eq!((port.enabled, port.trunk, port.vlan), (false, false, Some(20)));
        assert_eq!((device.vlans[0].id, device.vlans[0].name.as_str()), (20, "cell 20"));
        assert_eq!(device.interface("management").unwrap().addresses, [("10.2.20.5".parse().unwrap(), 24)]);
        let kinds: Vec<_> = device.services.iter().map(|s| s.kind).collect();
        assert_eq!(kinds, [ManagementKind::Http, ManagementKind::SnmpV1V2c]);
        assert_eq!(
            (device.accounts[0].name.as_str(), device.accounts[0].privilege.as_str()),
            ("admin", "administrator")
        );
        let all = format!("{device:?}");
        assert!(!all.contains("n0tpublic") && !all.contains("c2NyYW1ibGVk"));
    }

    #[test]
    fn a_device_that_routes_is_not_worked_out() {
        let routing = "<MIB name=\"HM2-PLATFORM-ROUTING-MIB\"><Table name=\"hm2AgentSwitchIpInterfaceEntry\"><Entry>\
            <Attribute name=\"hm2AgentSwitchIpInterfaceIfIndex\" convert=\"ifname\">vlan/20</Attribute>\
            <Attribute name=\"hm2AgentSwitchIpInterfaceIpAddress\">0A 02 14 01</Attribute>\
            <Attribute name=\"hm2AgentSwitchIpInterfaceNetMask\">FF FF FF 00</Attribute></Entry></Table></MIB></MibData>";
        let device = read("sw.xml", PROFILE.replace("</MibData>", routing).as_bytes()).unwrap();
        assert!(device.forwards);
        assert_eq!(device.unknown[0].affects, Affects::Everything);
        assert_eq!(device.interface("vlan/20").unwrap().addresses, [("10.2.20.1".parse().unwrap(), 24)]);
    }

    #[test]
    fn a_cut_profile_is_refused() {
        for end in (0..PROFILE.trim_end().len()).step_by(11) {
            assert!(read("cut", &PROFILE.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
