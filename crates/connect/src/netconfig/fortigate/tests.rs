//! A backup after the CLI reference, and what becomes of it. What it lets pass is asked in `tests/reach.rs`.

use crate::netconfig::read;
use model::network::*;
use std::net::IpAddr;

const BACKUP: &str = include_str!("sample.conf");

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_backup_is_read_whole() {
    let device = read("fgt.conf", BACKUP.as_bytes()).unwrap();
    assert_eq!(device.unknown, vec![]);
    let head = (device.hostname.as_str(), device.model.as_str(), device.version.as_str());
    assert_eq!(head, ("FGT-OT-DMZ", "FGT60F", "7.2.5"));
    let dmz = device.interface("dmz").unwrap();
    assert_eq!(dmz.addresses, [(ip("10.3.0.1"), 24), (ip("10.3.1.1"), 24)]);
    assert!(!device.interface("spare").unwrap().enabled);
    assert_eq!(device.interface("cell20").unwrap().vlan, Some(20));
    assert!(device.routes[0].distance == 10 && device.routes[1].discard);
    let policy = device.chains.iter().find(|c| c.name.as_str() == "policy").unwrap();
    let rule = |line: &str| policy.rules.iter().find(|r| r.text.as_str().contains(line)).unwrap();
    let operators = rule("operators to plcs");
    assert!(operators.log && operators.when.sources.as_ref().unwrap().nets.len() == 2);
    assert_eq!(operators.when.out_interfaces.as_ref().unwrap().names.len(), 2);
    assert_eq!(operators.when.services.len(), 3);
    assert_eq!(BACKUP.lines().nth(operators.line as usize - 1).unwrap().trim(), "edit 1");
    assert!(!rule("policy 5").enabled && !rule("night").when.undecided.is_empty());
    assert!(rule("not to plcs").when.destinations.as_ref().unwrap().negated);
    assert_eq!(rule("updates").when.destinations.as_ref().unwrap().unknown.len(), 1);
    let services: Vec<_> = device.services.iter().map(|s| (s.kind, s.note.as_str())).collect();
    assert!(services.contains(&(ManagementKind::Http, "office")));
    assert_eq!(device.accounts[0].privilege.as_str(), "super_admin");
}

#[test]
fn secrets_are_not_kept() {
    let all = format!("{:?}", read("fgt.conf", BACKUP.as_bytes()).unwrap());
    for secret in ["SH2bN1r4kQ7y0UjYH5oQwF2u", "kG5yQx8dTopSecretValue", "0t-m0nitor"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn a_cut_backup_is_refused_or_ends_between_blocks() {
    for end in 0..BACKUP.len() {
        if read("cut", &BACKUP.as_bytes()[..end]).is_ok() {
            assert!(BACKUP[..end].trim_end().ends_with("\nend"), "{end}");
        }
    }
    assert_eq!(
        read("x", b"config system global\nconfig firewall policy\nedit 1\nset name \"a\nend\n")
            .unwrap_err()
            .line,
        4
    );
}

#[test]
fn vdoms_are_kept_apart() {
    let text = "config vdom\nedit root\nnext\nedit OT\nnext\nend\nconfig global\nconfig system interface\nedit \"a\"\nset vdom \"root\"\n\
                set ip 10.1.0.1/24\nnext\nedit \"b\"\nset vdom \"OT\"\nset ip 10.2.0.1/24\nset mode dhcp\nnext\nend\nend\nconfig vdom\nedit OT\n\
                config router static\nedit 1\nset gateway 10.2.0.9\nset device \"b\"\nnext\nend\nconfig firewall policy\nedit 1\nset srcintf \"b\"\n\
                set dstintf \"gone\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset service \"ALL\"\nset action accept\nnext\nend\nend\n";
    let device = read("x", text.as_bytes()).unwrap();
    let name = |t: &Option<model::Text>| t.as_ref().map(ToString::to_string);
    assert_eq!(name(&device.interface("b").unwrap().instance), Some("OT".into()));
    assert_eq!(name(&device.routes[0].instance), Some("OT".into()));
    assert_eq!(device.unknown[0].affects, Affects::Routing(Some(model::Text::new("OT"))));
    let policy = device.chains.iter().find(|c| c.name.as_str() == "OT policy").unwrap();
    let out = policy.rules.last().unwrap().when.out_interfaces.as_ref().unwrap();
    assert_eq!(out.unknown.len(), 1);
    assert!(device.bindings.iter().any(|b| name(&b.instance) == Some("OT".into())));
}
