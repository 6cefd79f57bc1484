//! Configurations after the documentation of both, and what becomes of them. What they let pass is asked in `tests/reach.rs`.

use crate::netconfig::read;
use model::network::*;
use std::net::IpAddr;

const PFSENSE: &str = include_str!("pfsense.xml");
const OPNSENSE: &str = include_str!("opnsense.xml");

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn pfsense_is_read_whole() {
    let device = read("config.xml", PFSENSE.as_bytes()).unwrap();
    assert_eq!(device.format, ConfigFormat::PfSense);
    assert_eq!(device.unknown, vec![]);
    assert_eq!((device.hostname.as_str(), device.version.as_str()), ("ot-fw", "22.9"));
    let cell = device.interface("opt1").unwrap();
    assert_eq!(
        (cell.vlan, cell.description.as_str(), cell.addresses[0]),
        (Some(20), "CELL20", (ip("10.2.20.1"), 24))
    );
    let routes: Vec<_> = device.routes.iter().map(|r| (r.prefix, r.via)).collect();
    assert!(routes.contains(&((ip("0.0.0.0"), 0), Some(ip("203.0.113.1")))));
    assert!(routes.contains(&((ip("10.5.0.0"), 16), Some(ip("10.1.0.9")))));
    let inward = &device.chains[0];
    let rule = |part: &str| inward.rules.iter().find(|r| r.text.as_str().contains(part)).unwrap();
    let operators = rule("operators");
    assert!(operators.quick && operators.log);
    assert_eq!(operators.when.sources.as_ref().unwrap().nets.len(), 3);
    assert_eq!(
        operators.when.services[0].destination_ports.as_ref().unwrap().ranges,
        [(502, 502), (44_818, 44_818), (2000, 2010)]
    );
    assert!(PFSENSE.lines().nth(operators.line as usize - 1).unwrap().contains("<rule>"));
    assert!(!rule("icmp any > any").quick);
    assert_eq!(rule("FEED").when.destinations.as_ref().unwrap().unknown.len(), 1);
    assert!(inward.rules.iter().any(|r| !r.enabled));
    assert_eq!(device.chains[1].rules.len(), 1);
    assert_eq!(device.accounts[0].privilege.as_str(), "admins");
    let kinds: Vec<_> = device.services.iter().map(|s| s.kind).collect();
    assert_eq!(kinds, [ManagementKind::Https, ManagementKind::Ssh, ManagementKind::SnmpV1V2c]);
}

#[test]
fn opnsense_is_read_whole() {
    let device = read("config.xml", OPNSENSE.as_bytes()).unwrap();
    assert_eq!(device.format, ConfigFormat::OpnSense);
    // An address by DHCP, and with it the route to everything.
    assert_eq!(
        device.unknown.iter().map(|u| u.affects.clone()).collect::<Vec<_>>(),
        [Affects::Routing(None)]
    );
    assert!(!device.interface("opt9").unwrap().enabled);
    let inward = &device.chains[0];
    let quick: Vec<_> =
        inward.rules.iter().filter(|r| !r.text.as_str().starts_with("auto")).map(|r| r.quick).collect();
    assert_eq!(quick, [false, false, true]);
}

#[test]
fn secrets_are_not_kept() {
    let all = format!("{:?}{:?}", read("a", PFSENSE.as_bytes()), read("b", OPNSENSE.as_bytes()));
    for secret in ["abcdefghijklmnopqrstuv", "zyxwvutsrqponmlkjihgfe", "gr33nh0use"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn cut_files_and_document_types_are_refused() {
    for text in [PFSENSE, OPNSENSE] {
        let whole = text.trim_end().len();
        for end in (0..whole).step_by(7) {
            assert!(read("cut", &text.as_bytes()[..end]).is_err(), "{end}");
        }
    }
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE pfsense [<!ENTITY a \"b\">]>\n<pfsense>&a;</pfsense>";
    assert!(read("x", bomb.as_bytes()).is_err());
    let fault = read("x", b"<?xml version=\"1.0\"?>\n<pfsense>\n <system></pfsense>").unwrap_err();
    assert_eq!((fault.line, fault.column), (3, 10));
}

#[test]
fn deep_elements_and_endless_aliases_end() {
    let deep = format!("<pfsense>{}{}</pfsense>", "<a>".repeat(200_000), "</a>".repeat(200_000));
    let _ = read("x", deep.as_bytes());
    let text = "<pfsense><interfaces/><aliases><alias><name>A</name><type>host</type><address>B B B</address></alias>\
        <alias><name>B</name><type>host</type><address>A A A</address></alias></aliases><filter><rule><type>pass</type>\
        <interface>lan</interface><source><address>A</address></source><destination><any/></destination></rule></filter></pfsense>";
    let device = read("x", text.as_bytes()).unwrap();
    assert!(!device.chains[0].rules[0].when.sources.as_ref().unwrap().unknown.is_empty());
}
