//! The laws of the fold, on random journals: order and repetition of claims change nothing, and no input makes a conclusion panic.

use model::conversation::{ClientBy, ConversationKey, ConversationReport, OperationCount};
use model::observation::{Binding, Direction, GapKind, Mechanism, SignIn};
use model::{
    Attribute, ByteRange, CaptureId, Confidence, Evidence, Fact, Host, Mac, Name, Observation, Operation,
    OperationClass, Part, Subject, Text, Timestamp, Transport,
};
use proptest::prelude::*;
use sightglass_posture::resolve::resolve;
use sightglass_posture::site::Site;
use std::net::IpAddr;

// Small worlds, so that random facts meet each other.
fn mac() -> impl Strategy<Value = Mac> {
    prop_oneof![(0..4_u8).prop_map(|n| Mac([0, 0x1b, 0x1b, 0, 0, n])), any::<[u8; 6]>().prop_map(Mac)]
}

fn ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0..3_u8, 0..4_u8).prop_map(|(net, host)| IpAddr::from([10, 0, net, host])),
        Just(IpAddr::from([8, 8, 8, 8])),
        (0..3_u16).prop_map(|n| IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, n])),
    ]
}

fn host() -> impl Strategy<Value = Host> {
    (proptest::option::of(mac()), proptest::option::of(ip())).prop_map(|(mac, ip)| Host { mac, ip })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (0..3_u32, 0..50_u64, 0..20_i64, proptest::option::of(0..100_u32)).prop_map(
        |(capture, frame, time, start)| Evidence {
            capture: CaptureId(capture),
            frame,
            time: Timestamp(time),
            field: Name::new("field"),
            bytes: start.map(|start| ByteRange { start, len: 1 }),
        },
    )
}

fn binding() -> impl Strategy<Value = Binding> {
    prop_oneof![
        prop_oneof![Just(64_u8), Just(63), Just(127), Just(128), any::<u8>()]
            .prop_map(|ttl| Binding::Source { ttl }),
        Just(Binding::Arp),
        Just(Binding::Dhcp),
        Just(Binding::Declared),
    ]
}

fn value() -> impl Strategy<Value = Text> {
    prop_oneof![
        Just("CPU 315-2 PN/DP"),
        Just("hmi-01"),
        Just("00:1b:1b:00:00:01"),
        Just("10.0.1.2"),
        Just("6ES7 315"),
        Just("\u{1b}[2J"),
    ]
    .prop_map(Text::new)
}

fn identity() -> impl Strategy<Value = Fact> {
    (0..Attribute::ALL.len(), value(), 0..100_u8).prop_map(|(at, value, confidence)| Fact::Identity {
        attribute: Attribute::ALL[at],
        value,
        protocol: Name::new("lldp"),
        confidence: Confidence(confidence),
    })
}

fn operations() -> impl Strategy<Value = Vec<OperationCount>> {
    let classes = [OperationClass::Read, OperationClass::Write, OperationClass::ProgramDownload];
    proptest::collection::vec((0..3_usize, 0..5_u64, evidence()), 0..3).prop_map(move |all| {
        all.into_iter()
            .map(|(at, n, first)| OperationCount {
                operation: Operation::new("operation", at as u32, classes[at]),
                requests: n,
                responses: n,
                errors: 0,
                last: first.time,
                first,
            })
            .collect()
    })
}

fn conversation() -> impl Strategy<Value = Fact> {
    let protocol = prop_oneof![
        Just(None),
        Just(Some("modbus")),
        Just(Some("rdp")),
        Just(Some("ssh")),
        Just(Some("dnp3"))
    ];
    (host(), host(), protocol, any::<bool>(), 0..30_i64, operations()).prop_map(
        |(client, server, protocol, answered, first, operations)| {
            let transport = Transport::Tcp;
            let key = ConversationKey {
                client,
                server,
                server_port: Some(502),
                transport,
                protocol: protocol.map(Name::new),
            };
            Fact::Conversation(Box::new(ConversationReport {
                key,
                client_by: ClientBy::Port,
                vlan: None,
                encrypted: false,
                answered,
                packets: 3,
                bytes: 200,
                first: Timestamp(first),
                last: Timestamp(first + 5),
                operations,
            }))
        },
    )
}

fn sign_in() -> impl Strategy<Value = Fact> {
    (value(), host(), proptest::option::of(any::<bool>())).prop_map(|(name, client, accepted)| {
        let protocol = Name::new("ftp");
        let mechanism = Mechanism::Username;
        Fact::SignIn(Box::new(SignIn { name, client, protocol, mechanism, encrypted: false, accepted }))
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        4 => (binding(), proptest::option::of(0..3_u16)).prop_map(|(binding, vlan)| Fact::Present { binding, vlan }),
        4 => identity(),
        3 => conversation(),
        1 => sign_in(),
        1 => (1..5_u64).prop_map(|count| Fact::Gap { kind: GapKind::StreamGap, count }),
        1 => (1..5_u64).prop_map(|count| Fact::Messages {
            protocol: Name::new("modbus"),
            counter: Name::new("function"),
            direction: Direction::ToServer,
            code: Text::new("3"),
            count,
        }),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let part = prop_oneof![4 => Just(None), 1 => (0..3_u16).prop_map(|n| Some(Part::Slot(n))), 1 => (0..3_u32).prop_map(|n| Some(Part::Unit(n)))];
    (host(), part, fact(), evidence()).prop_map(|(host, part, fact, evidence)| Observation {
        subject: Subject { host, part },
        fact,
        evidence,
    })
}

fn fold<'o>(journal: impl IntoIterator<Item = &'o Observation>) -> Site {
    let mut site = Site::default();
    journal.into_iter().for_each(|o| site.observe(o));
    site
}

/// A claim, as opposed to a count: said twice, it changes nothing.
fn is_claim(o: &Observation) -> bool {
    matches!(o.fact, Fact::Present { .. } | Fact::Identity { .. } | Fact::SignIn(_))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_claims_changes_nothing(journal in proptest::collection::vec(observation(), 0..60), seed in any::<u64>()) {
        let claims: Vec<_> = journal.into_iter().filter(is_claim).collect();
        let mut shuffled: Vec<_> = claims.iter().collect();
        let len = shuffled.len();
        for i in 0..len {
            shuffled.swap(i, (seed.wrapping_mul(i as u64 + 7) % len as u64) as usize);
        }
        prop_assert_eq!(fold(&claims), fold(shuffled));
    }

    #[test]
    fn repeated_claims_change_nothing(journal in proptest::collection::vec(observation(), 0..60)) {
        let claims: Vec<_> = journal.iter().filter(|o| is_claim(o)).collect();
        let twice = journal.iter().chain(claims);
        prop_assert_eq!(fold(&journal), fold(twice));
    }

    #[test]
    fn the_order_of_reports_changes_no_total(journal in proptest::collection::vec(observation(), 0..60)) {
        let forward = resolve(&fold(&journal));
        let backward = resolve(&fold(journal.iter().rev()));
        prop_assert_eq!(&forward.messages, &backward.messages);
        prop_assert_eq!(&forward.gaps, &backward.gaps);
        let totals = |i: &sightglass_posture::inventory::Inventory| i.conversations.iter().map(|c| (c.client.clone(), c.packets, c.operations.len())).collect::<Vec<_>>();
        prop_assert_eq!(totals(&forward), totals(&backward));
    }

    #[test]
    fn the_same_journal_gives_the_same_inventory(journal in proptest::collection::vec(observation(), 0..80)) {
        let inventory = resolve(&fold(&journal));
        prop_assert_eq!(&inventory, &resolve(&fold(&journal)));
        // Every address belongs to exactly one asset, and every asset has a witness.
        let mut ips: Vec<_> = inventory.assets.iter().flat_map(|a| &a.ips).collect();
        let count = ips.len();
        ips.sort();
        ips.dedup();
        prop_assert_eq!(ips.len(), count);
        let mut ids: Vec<_> = inventory.assets.iter().map(|a| &a.id).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), inventory.assets.len());
    }
}
