//! Settling in between, however often, changes nothing; and what it costs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use super::{Device, Identity};
use crate::plant::Plant;
use crate::resolve::resolve;
use crate::site::Site;
use model::observation::Binding;
use model::plant::{Act, Anchor, Decision};
use model::{
    Attribute, CaptureId, Confidence, Evidence, Fact, Host, Mac, Name, Observation, Subject, Text, Timestamp,
};
use proptest::prelude::*;
use std::net::IpAddr;

fn mac(n: u8) -> Mac {
    // Three makers, a card with neighbouring numbers, and an address that redundant routers share.
    match n % 8 {
        0..4 => Mac([0, 0x1b, 0x1b, 0, 0, n]),
        4 | 5 => Mac([0, 0x80, 0xf4, n, 0, 0]),
        6 => Mac([0, 0, 0x5e, 0, 1, 7]),
        _ => Mac([0, 0x0c, 0x29, 0, n, 0]),
    }
}

fn ip(n: u8) -> IpAddr {
    match n % 8 {
        0..6 => IpAddr::from([10, 0, n % 2, n]),
        6 => IpAddr::from([169, 254, 0, n]),
        _ => IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, u16::from(n)]),
    }
}

fn evidence(frame: u64) -> Evidence {
    let (time, field) = (Timestamp(frame as i64), Name::new("test"));
    Evidence { capture: CaptureId(0), frame, time, field, bytes: None }
}

fn observed(host: Host, frame: u64, fact: Fact) -> Observation {
    Observation { subject: Subject::from(host), fact, evidence: evidence(frame) }
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Observed(Observation),
    Decided(Act),
    Settle,
}

fn binding() -> impl Strategy<Value = Binding> {
    prop_oneof![
        4 => prop_oneof![Just(64_u8), Just(63), Just(127), Just(254), Just(90)].prop_map(|ttl| Binding::Source { ttl }),
        2 => Just(Binding::Arp),
        1 => Just(Binding::Dhcp),
        1 => Just(Binding::Declared),
    ]
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        4 => (0..8_u8, 0..8_u8).prop_map(|(m, i)| Host { mac: Some(mac(m)), ip: Some(ip(i)) }),
        1 => (0..8_u8).prop_map(|m| Host::mac(mac(m))),
        1 => (0..8_u8).prop_map(|i| Host::ip(ip(i))),
    ]
}

fn word() -> impl Strategy<Value = (Attribute, String)> {
    prop_oneof![
        1 => (0..8_u8).prop_map(|n| (Attribute::OtherMac, mac(n).to_string())),
        1 => (0..8_u8).prop_map(|n| (Attribute::OtherIp, ip(n).to_string())),
        3 => (0..2_u8).prop_map(|n| (Attribute::Serial, format!("SC-8812{n}"))),
        3 => Just((Attribute::Product, "CPU 315-2 PN/DP".to_owned())),
        1 => (0..2_u8).prop_map(|n| (Attribute::Firmware, format!("V3.{n}"))),
        1 => Just((Attribute::Name, "press-7".to_owned())),
    ]
}

fn anchor() -> impl Strategy<Value = Anchor> {
    prop_oneof![(0..8_u8).prop_map(|n| Anchor::Mac(mac(n))), (0..8_u8).prop_map(|n| Anchor::Ip(ip(n)))]
}

fn step() -> impl Strategy<Value = Step> {
    let present = (host(), binding(), 0..40_u64).prop_map(|(host, binding, frame)| {
        Step::Observed(observed(host, frame, Fact::Present { binding, vlan: None }))
    });
    let told = (host(), word(), 0..40_u64).prop_map(|(host, (attribute, value), frame)| {
        let (value, protocol) = (Text::new(&value), Name::new("lldp"));
        let fact = Fact::Identity { attribute, value, protocol, confidence: Confidence::LIKELY };
        Step::Observed(observed(host, frame, fact))
    });
    let merge = (anchor(), anchor()).prop_map(|(asset, with)| Step::Decided(Act::Merge { asset, with }));
    let split = (anchor(), anchor()).prop_map(|(asset, from)| Step::Decided(Act::Split { asset, from }));
    let undo = (0..6_u64).prop_map(|decision| Step::Decided(Act::Undo { decision }));
    prop_oneof![9 => present, 5 => told, 1 => merge, 1 => split, 1 => undo, 3 => Just(Step::Settle)]
}

fn decided(number: u64, act: Act) -> Decision {
    Decision { number, at: Timestamp(0), by: Text::new("Jo"), why: Text::new(""), act }
}

proptest! {
    #[test]
    fn settling_in_between_changes_nothing(steps in proptest::collection::vec(step(), 0..60)) {
        let (mut site, mut identity, mut decisions) = (Site::default(), Identity::default(), Vec::new());
        for step in steps {
            match step {
                Step::Observed(observation) => {
                    site.observe(&observation);
                    identity.note(&observation);
                }
                Step::Decided(act) => decisions.push(decided(decisions.len() as u64 + 1, act)),
                Step::Settle => {
                    let plant = Plant::of(decisions.iter());
                    identity.settle(&site, &plant);
                    let anew = Identity::of(&site, &plant);
                    prop_assert_eq!(identity.devices().collect::<Vec<_>>(), anew.devices().collect::<Vec<_>>());
                    for device in identity.devices() {
                        prop_assert_eq!(identity.forwards(device), anew.forwards(device));
                    }
                }
            }
        }
    }
}

/// What only other devices speak of must not move the facts of one device to another.
#[test]
fn what_was_only_spoken_of_is_no_device() {
    let mut site = Site::default();
    let declared = Host { mac: Some(mac(0)), ip: Some(ip(0)) };
    site.observe(&observed(declared, 1, Fact::Present { binding: Binding::Declared, vlan: None }));
    let plc = Host { mac: Some(mac(4)), ip: Some(ip(1)) };
    site.observe(&observed(plc, 2, Fact::Present { binding: Binding::Arp, vlan: None }));
    let router = Host { mac: Some(mac(5)), ip: Some(IpAddr::from([8, 8, 8, 8])) };
    site.observe(&observed(router, 3, Fact::Present { binding: Binding::Source { ttl: 57 }, vlan: None }));
    let other = Host { mac: Some(mac(5)), ip: Some(IpAddr::from([9, 9, 9, 9])) };
    site.observe(&observed(other, 4, Fact::Present { binding: Binding::Source { ttl: 50 }, vlan: None }));
    let inventory = resolve(&site);
    let role = |mac: Mac| inventory.assets.iter().find(|a| a.macs.contains(&mac)).map(|a| a.role.as_str());
    assert_eq!(role(mac(0)), None);
    assert_eq!((role(mac(4)), role(mac(5))), (Some("unknown"), Some("router")));
}

#[test]
fn a_router_with_two_legs_says_so_once() {
    let mut site = Site::default();
    for n in 0..50_u8 {
        for (m, ttl) in [(4, 63), (5, 63), (6, 64)] {
            let host = Host { mac: Some(mac(m)), ip: Some(IpAddr::from([10, 9, 0, n])) };
            site.observe(&observed(
                host,
                n.into(),
                Fact::Present { binding: Binding::Source { ttl }, vlan: None },
            ));
        }
    }
    let identity = Identity::of(&site, &Plant::default());
    let router: Vec<&Device> = identity.devices().filter(|d| d.macs.contains(&mac(4))).collect();
    assert_eq!(router.len(), 1);
    assert_eq!(router[0].macs.len(), 2);
    assert_eq!(router[0].reasons.len(), 1, "{:?}", router[0].reasons);
}
