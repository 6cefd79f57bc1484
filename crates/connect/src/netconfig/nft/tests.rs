//! A ruleset as nftables 1.0.6 lists it after loading, and what becomes of it.

use crate::netconfig::read;
use model::Text;
use model::network::*;
use std::net::IpAddr;

const LISTED: &str = include_str!("sample.nft");

fn device() -> NetworkDevice {
    read("fw.nft", LISTED.as_bytes()).unwrap()
}

fn list<'a>(device: &'a NetworkDevice, name: &str) -> &'a RuleList {
    device.chains.iter().find(|c| c.name.as_str() == name).unwrap()
}

fn rules<'a>(device: &'a NetworkDevice, part: &str) -> Vec<&'a Rule> {
    device.chains.iter().flat_map(|c| &c.rules).filter(|r| r.text.as_str().contains(part)).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn chains_policies_and_places() {
    let device = device();
    assert_eq!(device.unknown, vec![]);
    assert_eq!(list(&device, "inet filter forward").default, Fallback::Deny);
    assert_eq!(list(&device, "inet filter web").default, Fallback::Return);
    let places: Vec<_> = device.bindings.iter().map(|b| (b.list.as_str(), b.place, b.family)).collect();
    assert!(places.contains(&("inet filter forward", Place::Forward, None)));
    assert!(places.contains(&("ip nat prerouting", Place::Inbound, Some(Family::V4))));
    assert_eq!(rules(&device, "iif \"lo\"")[0].line, 39);
}

#[test]
fn sets_and_maps_stand_in_the_place_of_their_names() {
    let device = device();
    let plc = rules(&device, "@plcs")[0];
    assert!(plc.log && plc.action == Action::Allow && plc.when.undecided.is_empty());
    let nets = &plc.when.destinations.as_ref().unwrap().nets;
    assert_eq!(
        *nets,
        [Net::Prefix(ip("192.168.20.0"), 28), Net::Range(ip("192.168.20.100"), ip("192.168.20.110"))]
    );
    assert_eq!(plc.when.out_interfaces.as_ref().unwrap().names, [Text::new("eth1"), Text::new("eth3")]);
    assert_eq!(
        plc.when.services[0].destination_ports.as_ref().unwrap().ranges,
        [(502, 502), (44_818, 44_818)]
    );
    let pairs = rules(&device, "@pairs");
    let pair = |r: &Rule| (r.when.destinations.clone().unwrap().nets[0], r.when.services[0].clone());
    assert_eq!(pairs.len(), 2);
    assert_eq!(pair(pairs[1]).0, Net::host(ip("192.168.30.6")));
    assert_eq!(pair(pairs[1]).1.destination_ports.unwrap().ranges, [(4840, 4840)]);
    // What rules add at run time is not in the file.
    assert_eq!(rules(&device, "@banned")[0].when.undecided.len(), 1);
    let zones = rules(&device, "@zones");
    assert_eq!(zones[0].action, Action::Jump(Text::new("inet filter from_office")));
    assert_eq!(zones[1].when.in_interfaces.as_ref().unwrap().names, [Text::new("eth2")]);
}

#[test]
fn conditions_say_what_they_say() {
    let device = device();
    let states = rules(&device, "ct state vmap");
    assert!(states.len() == 3 && states.iter().all(|r| r.when.established_only));
    assert_eq!(states.iter().filter(|r| r.action == Action::Allow).count(), 2);
    let vmap = rules(&device, "tcp dport vmap");
    assert_eq!((vmap[0].action.clone(), vmap[1].action.clone()), (Action::Allow, Action::Deny));
    assert_eq!(vmap[2].when.services[0].destination_ports.as_ref().unwrap().ranges, [(8000, 8080)]);
    let not = rules(&device, "udp dport !=")[0].when.services[0].clone();
    assert!(not.protocol == Some(17) && not.destination_ports.unwrap().negated);
    let syn = rules(&device, "flags syn /")[0];
    assert!(!syn.when.established_only && syn.when.sources.as_ref().unwrap().negated);
    assert_eq!(syn.when.family, Some(Family::V4));
    assert!(rules(&device, "flags != syn")[0].when.established_only);
    let v6 = rules(&device, "ip6 saddr")[0];
    assert_eq!(v6.when.services[0].destination_ports.as_ref().unwrap().ranges, [(1024, 65_535)]);
    let dns = rules(&device, "th dport 53")[0];
    assert_eq!(dns.when.services.iter().map(|s| s.protocol).collect::<Vec<_>>(), [Some(6), Some(17)]);
    assert_eq!(rules(&device, "mark")[0].when.undecided.len(), 1);
    assert_eq!(rules(&device, "limit rate")[0].when.undecided.len(), 1);
    assert_eq!(rules(&device, "icmp type")[0].when.services[0].icmp_types, [0, 8]);
}

#[test]
fn translations() {
    let device = device();
    let to: Vec<_> = device.translations.iter().map(|t| t.change.clone()).collect();
    let destination = |ip: &str, port| Change::Destination {
        to: ip.parse().ok(),
        base: None,
        port,
        seen: Translated::First,
    };
    assert_eq!(
        to,
        [destination("192.168.30.6", Some(4840)), destination("192.168.30.7", None), Change::Source]
    );
}

#[test]
fn a_cut_ruleset_is_refused_or_ends_between_tables() {
    for end in 0..LISTED.len() {
        if read("cut", &LISTED.as_bytes()[..end]).is_ok() {
            assert!(LISTED[..end].trim_end().ends_with("\n}"), "{end}");
        }
    }
}

#[test]
fn scripts_and_broken_files_are_refused() {
    let at = |text: &str| {
        let fault = read("x", text.as_bytes()).unwrap_err();
        (fault.line, fault.column)
    };
    assert_eq!(at("table ip a {\n}\ndefine x = 1\n"), (3, 1));
    assert_eq!(at("table ip a {\n chain b {\n comment \"abc\n }\n}\n"), (3, 10));
    assert_eq!(at("table ip a {\n chain b {\n"), (1, 1));
}

#[test]
fn a_word_that_is_not_known_never_hides_a_verdict() {
    let text = "table inet a {\n chain f {\n  type filter hook forward priority 0; policy accept;\n\
                fib daddr type local drop\n  ip dscp 46 ip saddr 10.0.0.1 accept\n  tcp dport 80 jump gone\n\
                meta mark set ct mark counter\n  ct state untracked notrack\n }\n}\n";
    let device = read("x", text.as_bytes()).unwrap();
    let rules = &device.chains[0].rules;
    assert_eq!(rules.len(), 3);
    assert!(rules[0].action == Action::Deny && !rules[0].when.undecided.is_empty());
    assert!(rules[1].when.sources.is_none() && !rules[1].when.undecided.is_empty());
    assert_eq!(rules[2].action, Action::Unknown);
}
