//! A router between control centre and cells, written after the command references, and what becomes of it.

use crate::netconfig::{format_of, read};
use model::Text;
use model::network::*;
use std::net::IpAddr;

const ROUTER: &str = include_str!("sample.cfg");

fn device() -> NetworkDevice {
    read("cell-rtr-1.cfg", ROUTER.as_bytes()).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn list<'a>(device: &'a NetworkDevice, name: &str) -> &'a RuleList {
    device.chains.iter().find(|c| c.name.as_str() == name).unwrap()
}

#[test]
fn a_router_is_read_whole() {
    let device = device();
    assert_eq!(device.unknown, vec![]);
    assert_eq!((device.hostname.as_str(), device.version.as_str()), ("CELL-RTR-1", "15.7"));
    let outside = device.interface("GigabitEthernet0/0").unwrap();
    assert_eq!(outside.addresses, [(ip("10.10.1.1"), 24), (ip("10.10.9.1"), 24)]);
    assert_eq!(outside.description.as_str(), "to control centre");
    let cell = device.interface("GigabitEthernet0/1.20").unwrap();
    assert_eq!((cell.vlan, cell.addresses.last()), (Some(20), Some(&(ip("192.168.20.254"), 32))));
    let guest = device.interface("GigabitEthernet0/2").unwrap();
    assert_eq!((guest.enabled, guest.instance.as_ref().map(Text::as_str)), (false, Some("GUEST")));
    let trunk = device.interface("GigabitEthernet0/3").unwrap();
    assert_eq!((trunk.trunk, trunk.trunk_vlans.as_slice()), (true, [(10, 10), (20, 21)].as_slice()));
    assert_eq!(trunk.mac.unwrap().to_string(), "00:11:22:33:44:55");
    assert_eq!(device.vlans.iter().map(|v| v.id).collect::<Vec<_>>(), [10, 20, 21]);
    assert_eq!(device.routes.len(), 3);
    assert!(device.routes[1].discard && device.routes[1].distance == 250);
    assert_eq!(device.routes[2].instance.as_ref().unwrap().as_str(), "GUEST");
    assert_eq!(device.bindings.len(), 3);
    assert_eq!(device.translations.len(), 3);
}

#[test]
fn entries_say_what_the_file_says() {
    let device = device();
    let rules = &list(&device, "FROM-CENTRE").rules;
    // In the order of their numbers, not of the file.
    let numbers: Vec<_> = rules.iter().map(|r| r.text.as_str().split(' ').next().unwrap()).collect();
    assert_eq!(numbers, ["10", "15", "20", "30", "40", "50"]);
    let line = ROUTER.lines().nth(rules[1].line as usize - 1).unwrap();
    assert_eq!(line.trim(), rules[1].text.as_str());
    assert!(rules[0].when.established_only);
    assert_eq!(rules[1].when.services[0].icmp_types, [0]);
    let group = &rules[2].when;
    let sources = group.sources.as_ref().unwrap();
    assert_eq!((sources.nets.len(), sources.unknown.len()), (4, 0));
    assert!(sources.nets.contains(&Net::Prefix(ip("10.10.1.32"), 28)));
    assert_eq!(group.services.len(), 4);
    assert_eq!(group.services[2].source_ports.as_ref().unwrap().ranges, [(1024, 65_535)]);
    let denied = &rules[3];
    assert!(denied.log && denied.action == Action::Deny);
    assert_eq!(denied.when.services[0].destination_ports.as_ref().unwrap().ranges, [(23, 23), (80, 80)]);
    let not = rules[4].when.services[0].destination_ports.as_ref().unwrap();
    assert!(not.negated && not.ranges == [(161, 161)]);
    assert_eq!(rules[5].when.undecided.len(), 1);
    assert!(rules[5].when.destinations.is_some());
    // A wildcard whose zeros are not in front: every even host.
    let even = list(&device, "101").rules[0].when.destinations.as_ref().unwrap();
    assert!(even.nets[0].contains(ip("192.168.20.7")) && !even.nets[0].contains(ip("192.168.20.8")));
    assert_eq!(
        list(&device, "7").rules[1].when.sources.as_ref().unwrap().nets,
        [Net::host(ip("192.168.21.4"))]
    );
}

#[test]
fn management_and_accounts_without_secrets() {
    let device = device();
    let accounts: Vec<_> = device.accounts.iter().map(|a| (a.name.as_str(), a.privilege.as_str())).collect();
    assert_eq!(accounts, [("operator", "15"), ("guest", "1")]);
    let kinds: Vec<_> = device.services.iter().map(|s| (s.kind, s.note.as_str())).collect();
    assert!(kinds.contains(&(ManagementKind::SnmpV1V2c, "read-write")));
    assert!(kinds.contains(&(ManagementKind::SnmpV1V2c, "read-only, community public")));
    assert!(kinds.iter().any(|(k, _)| *k == ManagementKind::Telnet));
    assert!(kinds.iter().any(|(k, _)| *k == ManagementKind::Http));
    let all = format!("{device:?}");
    for secret in ["s3cr3t-C0mm", "0822455D0A16", "hx5rVt7rPNoS4wqbXKX7m0", "X.HsgL6x1il0Rxk"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn what_is_not_understood_is_said() {
    let unknown = |extra: &str| {
        let text = format!("hostname a\nversion 15.1\n{extra}\nline vty 0 4\n transport input ssh\nend\n");
        let device = read("a", text.as_bytes()).unwrap();
        device.unknown.iter().map(|u| u.affects.clone()).collect::<Vec<_>>()
    };
    assert_eq!(unknown("router ospf 1\n network 10.0.0.0 0.255.255.255 area 0"), [Affects::Routing(None)]);
    let zone = unknown("interface Gi0/0\n zone-member security OT");
    assert_eq!(zone, [Affects::Filtering(Some(Text::new("Gi0/0")))]);
    let steering = unknown("interface Gi0/0\n ip policy route-map A");
    assert_eq!(steering, [Affects::Steering(Text::new("Gi0/0"))]);
    assert_eq!(unknown("interface Gi0/0\n ip address dhcp"), [Affects::Routing(None)]);
    assert_eq!(unknown("ip nat outside source static 1.1.1.1 2.2.2.2"), [Affects::Everything]);
    assert_eq!(unknown("interface Vlan5\nip address 10.0.0.1 255.0.0.0"), [Affects::Everything]);
    let port = "interface Gi0/1\n switchport access vlan 7\n ip access-group X in";
    assert!(unknown(port).contains(&Affects::Filtering(Some(Text::new("Vlan7")))));
    assert_eq!(unknown("logging host 10.0.0.1"), []);
}

#[test]
fn a_list_that_is_bound_but_not_there_decides_nothing() {
    let text = "hostname a\nversion 15.1\ninterface Gi0/0\n ip address 10.0.0.1 255.0.0.0\n ip access-group GONE in\nend\n";
    let device = read("a", text.as_bytes()).unwrap();
    assert_eq!(list(&device, "GONE").default, Fallback::Unknown);
}

#[test]
fn a_cut_file_is_never_taken_for_whole() {
    for end in 0..ROUTER.len() {
        let Ok(device) = read("cut", &ROUTER.as_bytes()[..end]) else { continue };
        let whole = ROUTER[..end].ends_with("end");
        let marked = device.unknown.iter().any(|u| u.affects == Affects::Everything);
        assert!(whole || marked, "{end}");
    }
}

#[test]
fn sisters_and_strangers_are_refused() {
    let asa =
        read("fw", b": Saved\nASA Version 9.8(2)\nhostname fw\ninterface Gi0\n nameif out\n").unwrap_err();
    assert_eq!((asa.line, asa.column), (2, 1));
    assert!(asa.to_string().contains("fw, line 2, column 1"));
    assert!(read("x", b"just text").is_err() && read("x", b"").is_err());
    assert_eq!(format_of(ROUTER.as_bytes()), Some(ConfigFormat::CiscoIos));
    let banner = "hostname a\nversion 15\nline vty 0 4\nbanner motd ^C\nabc\n";
    assert_eq!(read("x", banner.as_bytes()).unwrap_err().line, 4);
}

#[test]
fn groups_in_a_circle_end() {
    let text = "hostname a\nversion 15.1\nobject-group network A\n group-object B\nobject-group network B\n group-object A\n\
                ip access-list extended X\n permit ip object-group A any\nend\n";
    let device = read("a", text.as_bytes()).unwrap();
    assert!(!list(&device, "X").rules[0].when.sources.as_ref().unwrap().unknown.is_empty());
}
