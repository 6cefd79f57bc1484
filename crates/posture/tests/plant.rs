//! What people decide, over a small plant: names and roles that win, devices joined and parted, zones, conduits and verdicts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::conversation::{ClientBy, ConversationKey, ConversationReport, OperationCount};
use model::journal::Entry;
use model::observation::Binding;
use model::plant::{Act, Decision, Ruling, Selector, Setting, Side, Verdict, Zone};
use model::{
    Attribute, CaptureId, Confidence, Evidence, Fact, Host, Level, Mac, Name, Observation, Operation,
    OperationClass, Role, Subject, Text, Timestamp, Transport,
};
use sightglass_posture::assess::assess;
use sightglass_posture::checks::Checks;
use sightglass_posture::intel::matcher::Intel;
use sightglass_posture::inventory::{Asset, Inventory};
use sightglass_posture::resolve::resolve;
use sightglass_posture::ruling::Status;
use sightglass_posture::site::Site;
use sightglass_posture::view::Posture;

const DAY: i64 = 86_400_000_000_000;

fn mac(n: u8) -> Mac {
    Mac([0, 0x1b, 0x1b, n, 0, 0])
}

fn host(mac_: Option<Mac>, ip: &str) -> Host {
    Host { mac: mac_, ip: Some(ip.parse().unwrap()) }
}

fn evidence(frame: u64) -> Evidence {
    Evidence {
        capture: CaptureId(0),
        frame,
        time: Timestamp(frame as i64),
        field: Name::new("test"),
        bytes: None,
    }
}

fn seen(frame: u64, at: Host, binding: Binding) -> Entry {
    let fact = Fact::Present { binding, vlan: None };
    Entry::Observed(Observation { subject: Subject::from(at), fact, evidence: evidence(frame) })
}

fn said(frame: u64, at: &str, attribute: Attribute, value: &str) -> Entry {
    let fact = Fact::Identity {
        attribute,
        value: Text::new(value),
        protocol: Name::new("enip"),
        confidence: Confidence::CERTAIN,
    };
    Entry::Observed(Observation { subject: host(None, at).into(), fact, evidence: evidence(frame) })
}

fn talk(frame: u64, client: &str, server: &str, protocol: &'static str, class: OperationClass) -> Entry {
    let operation = OperationCount {
        operation: Operation::new(class.as_str(), 1, class),
        requests: 1,
        responses: 1,
        errors: 0,
        first: evidence(frame),
        last: Timestamp(frame as i64),
    };
    let report = ConversationReport {
        key: ConversationKey {
            client: host(None, client),
            server: host(None, server),
            server_port: Some(502),
            transport: Transport::Tcp,
            protocol: Some(Name::new(protocol)),
        },
        client_by: ClientBy::Handshake,
        vlan: None,
        encrypted: false,
        answered: true,
        packets: 10,
        bytes: 1000,
        first: Timestamp(frame as i64),
        last: Timestamp(frame as i64),
        operations: vec![operation],
    };
    let fact = Fact::Conversation(Box::new(report));
    Entry::Observed(Observation { subject: host(None, server).into(), fact, evidence: evidence(frame) })
}

fn decided(number: u64, act: Act) -> Entry {
    Entry::Decided(Decision { number, at: Timestamp(DAY), by: "Jo".into(), why: "walked by".into(), act })
}

fn fold<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Inventory {
    let mut site = Site::default();
    entries.into_iter().for_each(|entry| site.apply(entry));
    resolve(&site)
}

fn posture(entries: &[Entry], now: i64) -> Posture {
    assess(fold(entries), &Intel::new(), &Checks::default(), Timestamp(now))
}

/// A controller, an operator station that reads and writes it, an office computer that reads it.
fn plant() -> Vec<Entry> {
    vec![
        seen(1, host(Some(mac(1)), "10.0.1.5"), Binding::Arp),
        seen(2, host(Some(mac(2)), "10.0.2.7"), Binding::Arp),
        seen(3, host(Some(mac(3)), "10.9.0.9"), Binding::Arp),
        said(4, "10.0.1.5", Attribute::Product, "1756-L71/B LOGIX5571"),
        said(5, "10.0.2.7", Attribute::Hostname, "HMI-01"),
        talk(6, "10.0.2.7", "10.0.1.5", "modbus", OperationClass::Write),
        talk(7, "10.9.0.9", "10.0.1.5", "modbus", OperationClass::Read),
    ]
}

fn asset<'i>(inventory: &'i Inventory, ip: &str) -> &'i Asset {
    let ip = ip.parse().unwrap();
    inventory.assets.iter().find(|a| a.ips.contains(&ip)).unwrap()
}

fn set(number: u64, address: &str, setting: Setting) -> Entry {
    decided(number, Act::Set { asset: address.parse().unwrap(), setting })
}

#[test]
fn what_a_person_says_wins_and_says_who_said_it() {
    let mut entries = plant();
    entries.push(set(1, "10.0.1.5", Setting::Name("Boiler".into())));
    entries.push(set(2, "10.0.1.5", Setting::Role(Role::SafetyController)));
    let inventory = fold(&entries);
    let boiler = asset(&inventory, "10.0.1.5");
    assert_eq!((boiler.name.as_str(), boiler.role), ("Boiler", Role::SafetyController));
    // What follows from a role follows from the one that was said.
    assert_eq!(boiler.safety, Some(true));
    let claim = boiler.best(Attribute::Role).unwrap();
    assert_eq!((claim.protocol.as_str(), claim.evidence.capture), ("person", CaptureId::DECISIONS));
    assert_eq!(claim.reason.as_deref(), Some("set by Jo on 1970-01-02: walked by"));
    // The evidence stays beside it.
    assert!(boiler.claims.iter().filter(|c| c.attribute == Attribute::Role).count() > 1);
    // It stays with the device whatever is learned later, and goes when it is taken back.
    entries.push(seen(9, host(Some(mac(1)), "10.0.1.6"), Binding::Arp));
    assert_eq!(asset(&fold(&entries), "10.0.1.6").name, "Boiler");
    entries.push(decided(3, Act::Undo { decision: 1 }));
    assert_ne!(asset(&fold(&entries), "10.0.1.5").name, "Boiler");
}

#[test]
fn devices_are_joined_parted_and_joined_again() {
    let (a, b) = ("10.0.1.5".parse().unwrap(), "10.0.2.7".parse().unwrap());
    let mut entries = plant();
    entries.push(decided(1, Act::Merge { asset: a, with: b }));
    let inventory = fold(&entries);
    assert_eq!(inventory.assets.len(), 2);
    let joined = asset(&inventory, "10.0.1.5");
    assert_eq!((joined.macs.len(), joined.ips.len()), (2, 2));
    assert!(joined.joined_by.iter().any(|why| why.contains("were joined by Jo")), "{:?}", joined.joined_by);
    entries.push(decided(2, Act::Undo { decision: 1 }));
    assert_eq!(fold(&entries).assets.len(), 3);
    entries.push(decided(3, Act::Undo { decision: 2 }));
    assert_eq!(fold(&entries).assets.len(), 2);
}

#[test]
fn an_address_that_was_parted_stays_apart_whatever_ties_it() {
    let mut entries = plant();
    entries.push(seen(8, host(Some(mac(1)), "10.0.1.6"), Binding::Arp));
    assert_eq!(fold(&entries).assets.len(), 3);
    entries.push(decided(
        1,
        Act::Split { asset: "10.0.1.6".parse().unwrap(), from: "10.0.1.5".parse().unwrap() },
    ));
    let inventory = fold(&entries);
    let gone = asset(&inventory, "10.0.1.6");
    assert_eq!((inventory.assets.len(), gone.macs.len()), (4, 0));
    assert!(gone.joined_by.iter().any(|why| why.contains("parted from 10.0.1.5 by Jo")));
    assert_eq!(asset(&inventory, "10.0.1.5").macs, [mac(1)]);
}

#[test]
fn a_duplicate_address_joins_nothing_and_is_said() {
    let mut entries = plant();
    entries.push(seen(9, host(Some(mac(9)), "10.0.1.5"), Binding::Arp));
    let inventory = fold(&entries);
    // Three devices as before, and the one that has the address now.
    assert_eq!(inventory.assets.len(), 4);
    let now = asset(&inventory, "10.0.1.5");
    assert_eq!(now.macs, [mac(9)]);
    assert!(now.conflicts.iter().any(|c| c.contains("duplicate address")), "{:?}", now.conflicts);
    let before = inventory.assets.iter().find(|a| a.macs == [mac(1)]).unwrap();
    assert!(before.conflicts.iter().any(|c| c.contains("another device has now")));
    // Ports of one card may answer for each other.
    let mut entries = plant();
    entries.push(seen(9, host(Some(Mac([0, 0x1b, 0x1b, 1, 0, 1])), "10.0.1.5"), Binding::Arp));
    assert_eq!(fold(&entries).assets.len(), 3);
}

#[test]
fn a_serial_number_joins_interfaces_unless_something_contradicts() {
    let mut entries = plant();
    for (frame, ip) in [(20, "10.0.1.5"), (30, "10.0.2.7")] {
        entries.push(said(frame, ip, Attribute::Product, "1756-L71/B LOGIX5571"));
        entries.push(said(frame + 1, ip, Attribute::Serial, "0x00c2a7f1"));
    }
    let inventory = fold(&entries);
    assert_eq!(inventory.assets.len(), 2);
    let joined = asset(&inventory, "10.0.2.7");
    assert!(joined.joined_by.iter().any(|why| why.contains("same serial number 0x00c2a7f1")));
    entries.push(said(40, "10.0.1.5", Attribute::Hostname, "PLC-01"));
    assert_eq!(fold(&entries).assets.len(), 3, "another name speaks against it");
    for common in ["000000", "123456", "unknown", "77"] {
        let mut entries = plant();
        for ip in ["10.0.1.5", "10.0.2.7"] {
            entries.push(said(20, ip, Attribute::Product, "1756-L71/B LOGIX5571"));
            entries.push(said(21, ip, Attribute::Serial, common));
        }
        assert_eq!(fold(&entries).assets.len(), 3, "{common}");
    }
}

#[test]
fn redundant_routers_stay_two() {
    let group = Mac([0, 0, 0x5e, 0, 1, 7]);
    let entries = [
        seen(1, host(Some(mac(1)), "10.0.1.2"), Binding::Source { ttl: 64 }),
        seen(2, host(Some(mac(2)), "10.0.1.3"), Binding::Source { ttl: 64 }),
        // Each was master for a while: adverts leave from the group's address.
        seen(3, host(Some(group), "10.0.1.2"), Binding::Source { ttl: 255 }),
        seen(4, host(Some(group), "10.0.1.3"), Binding::Source { ttl: 255 }),
        seen(5, host(Some(group), "10.0.1.1"), Binding::Arp),
    ];
    let inventory = fold(&entries);
    let (a, b) = (asset(&inventory, "10.0.1.2"), asset(&inventory, "10.0.1.3"));
    assert_ne!(a.id, b.id);
    assert_eq!(asset(&inventory, "10.0.1.1").macs, [group]);
}

#[test]
fn the_order_of_evidence_and_decisions_changes_nothing() {
    let mut entries = plant();
    entries.push(seen(8, host(Some(mac(1)), "10.0.1.6"), Binding::Arp));
    entries.push(seen(9, host(Some(mac(9)), "10.0.1.5"), Binding::Arp));
    entries.push(set(1, "10.0.1.5", Setting::Name("Boiler".into())));
    entries.push(decided(
        2,
        Act::Merge { asset: "10.0.1.6".parse().unwrap(), with: "10.9.0.9".parse().unwrap() },
    ));
    entries.push(decided(
        3,
        Act::Split { asset: "10.0.1.6".parse().unwrap(), from: mac(1).to_string().parse().unwrap() },
    ));
    entries.push(decided(4, Act::Undo { decision: 1 }));
    let expected = fold(&entries);
    for shift in 1..entries.len() {
        entries.rotate_left(1);
        assert_eq!(fold(&entries), expected, "shift {shift}");
    }
    assert_eq!(fold(entries.iter().rev()), expected);
}

fn zone(id: &str, subnet: &str) -> Zone {
    Zone {
        id: id.into(),
        name: id.into(),
        level: None,
        sl_t: Some(2),
        site: None,
        members: vec![Selector { subnets: vec![subnet.parse().unwrap()], ..Selector::default() }],
        note: None,
    }
}

#[test]
fn zones_are_proposed_until_people_define_them() {
    let proposed = posture(&plant(), 0).zoning;
    let ids: Vec<&str> = proposed.zones.keys().map(Text::as_str).collect();
    assert_eq!(ids, ["control-10.0.1.0-24", "supervision-10.0.2.0-24", "supervision-10.9.0.0-24"]);
    assert!(proposed.zones.values().all(|z| z.proposed && z.members.len() == 1));
    let mut entries = plant();
    entries.push(decided(1, Act::Zone { zone: zone("cell", "10.0.0.0/16") }));
    let now = posture(&entries, 0).zoning;
    let ids: Vec<&str> = now.zones.keys().map(Text::as_str).collect();
    assert_eq!(ids, ["cell", "supervision-10.9.0.0-24"]);
    assert_eq!(now.zones.get(&Text::new("cell")).unwrap().members.len(), 2);
    // What stays inside a zone is no conduit.
    assert_eq!((now.conduits.len(), now.crossings.len()), (1, 1));
    // A person's word on one device is above all selectors.
    entries.push(decided(2, Act::Zone { zone: zone("office", "10.9.0.0/16") }));
    entries.push(set(3, "10.9.0.9", Setting::Zone("cell".into())));
    assert!(posture(&entries, 0).zoning.crossings.is_empty());
}

fn rule(
    number: u64,
    id: &str,
    from: &str,
    to: &str,
    verdict: Verdict,
    operations: &[OperationClass],
    until: Option<i64>,
) -> Entry {
    let side = |text: &str| text.parse::<Side>().unwrap();
    let ruling = Ruling {
        id: id.into(),
        from: side(from),
        to: side(to),
        protocols: Vec::new(),
        ports: Vec::new(),
        operations: operations.to_vec(),
        verdict,
        until: until.map(Timestamp),
    };
    decided(number, Act::Rule { ruling })
}

fn statuses(entries: &[Entry], now: i64) -> Vec<(String, Status, String)> {
    let posture = posture(entries, now);
    let client = |at: usize| posture.inventory.conversations.get(at).unwrap().client.clone();
    let all = posture.zoning.crossings.iter();
    all.map(|c| (client(c.conversation), c.judged.status, c.judged.why.clone())).collect()
}

fn status(entries: &[Entry], now: i64, client: &str) -> Status {
    statuses(entries, now).into_iter().find(|(c, ..)| c == client).unwrap().1
}

#[test]
fn rulings_judge_flows_and_run_out() {
    let mut entries = plant();
    assert!(statuses(&entries, 0).iter().all(|(_, s, _)| *s == Status::Undecided));
    entries.push(decided(1, Act::Zone { zone: zone("cell", "10.0.1.0/24") }));
    entries.push(decided(2, Act::Zone { zone: zone("hmi", "10.0.2.0/24") }));
    entries.push(rule(3, "no-one", "any", "cell", Verdict::Forbidden, &[], None));
    entries.push(rule(4, "hmi", "hmi", "cell", Verdict::Allowed, &[OperationClass::Read], None));
    // More precise than the prohibition, but it does not speak of writes.
    assert_eq!(status(&entries, 0, "10.0.2.7"), Status::Undecided);
    assert_eq!(status(&entries, 0, "10.9.0.9"), Status::Forbidden);
    entries.push(rule(5, "hmi", "hmi", "cell", Verdict::Allowed, &[], None));
    assert_eq!(status(&entries, 0, "10.0.2.7"), Status::Allowed);
    entries.push(rule(6, "reader", "10.9.0.9", "cell", Verdict::Tolerated, &[], Some(DAY)));
    assert_eq!(status(&entries, DAY, "10.9.0.9"), Status::Tolerated);
    // The date passes: the prohibition below it holds again; without one it is up for review.
    assert_eq!(status(&entries, DAY + 1, "10.9.0.9"), Status::Forbidden);
    entries.push(decided(7, Act::RemoveRuling { ruling: "no-one".into() }));
    assert_eq!(status(&entries, DAY + 1, "10.9.0.9"), Status::Expired);
}

#[test]
fn a_conduit_tells_what_crosses() {
    let zoning = posture(&plant(), 0).zoning;
    let conduit = zoning.conduits.iter().find(|c| c.ends.1.as_str() == "supervision-10.0.2.0-24").unwrap();
    let classes: Vec<_> = conduit.protocols.values().flatten().collect();
    assert_eq!((classes, conduit.packets), (vec![&OperationClass::Write], 10));
    assert_eq!(asset(&fold(&plant()), "10.0.1.5").level, Some(Level::CONTROL));
}
