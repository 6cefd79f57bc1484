//! What a sender can invent must not make conclusions cost its square: stations that answer for addresses of others, devices without
//! an address that talk to each other, neighbours that lists name.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use model::cmdb::Record;
use model::conversation::{ClientBy, ConversationKey, ConversationReport};
use model::journal::Entry;
use model::observation::Binding;
use model::{CaptureId, Evidence, Fact, Host, Mac, Name, Observation, Subject, Text, Timestamp, Transport};
use sightglass_posture::assess::assess;
use sightglass_posture::checks::Checks;
use sightglass_posture::intel::matcher::Intel;
use sightglass_posture::resolve::resolve;
use sightglass_posture::site::Site;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Of each kind.
const MANY: u32 = 20_000;
/// A square of that many takes minutes; what is nearly linear takes a few seconds, in a build that is not optimised too.
const ENOUGH: Duration = Duration::from_secs(30);

fn evidence(frame: u32) -> Evidence {
    let (time, field) = (Timestamp(frame.into()), Name::new("test"));
    Evidence { capture: CaptureId(0), frame: frame.into(), time, field, bytes: None }
}

fn mac(kind: u8, n: u32) -> Mac {
    let [_, a, b, c] = n.to_be_bytes();
    Mac([0, 0x1b, kind, a, b, c])
}

fn present(site: &mut Site, n: u32, host: Host, binding: Binding) {
    let fact = Fact::Present { binding, vlan: None };
    site.apply(&Entry::Observed(Observation { subject: Subject::from(host), fact, evidence: evidence(n) }));
}

fn talk(site: &mut Site, n: u32, client: Host, server: Host) {
    let report = ConversationReport {
        key: ConversationKey {
            client,
            server,
            server_port: None,
            transport: Transport::Ethernet,
            protocol: Some(Name::new("goose")),
        },
        client_by: ClientBy::FirstPacket,
        vlan: None,
        encrypted: false,
        answered: true,
        packets: 30,
        bytes: 3000,
        first: Timestamp(n.into()),
        last: Timestamp(n.into()),
        operations: Vec::new(),
    };
    let fact = Fact::Conversation(Box::new(report));
    site.apply(&Entry::Observed(Observation { subject: server.into(), fact, evidence: evidence(n) }));
}

#[test]
fn a_flood_of_contradictions_costs_no_square() {
    let mut site = Site::default();
    for n in 0..MANY {
        // Two stations far apart answer for one address, each time others.
        let ip = IpAddr::from((0x0a00_0000 + n).to_be_bytes());
        for kind in [1, 99] {
            present(&mut site, n, Host { mac: Some(mac(kind, n)), ip: Some(ip) }, Binding::Arp);
        }
        // Devices without an address, which talk to the next.
        present(&mut site, n, Host::mac(mac(200, n)), Binding::Source { ttl: 0 });
        talk(&mut site, n, Host::mac(mac(200, n)), Host::mac(mac(200, (n + 1) % MANY)));
    }
    // Neighbours on record that nobody heard.
    let silent = |n: u32| Record {
        external_id: Text::new(&n.to_string()),
        ips: [IpAddr::from((0x0a10_0000 + n).to_be_bytes())].into(),
        ..Record::default()
    };
    site.apply(&Entry::Recorded { capture: CaptureId(1), records: (0..MANY).map(silent).collect() });
    let begin = Instant::now();
    let posture = assess(resolve(&site), &Intel::new(), &Checks::default(), Timestamp(0));
    let took = begin.elapsed();
    assert!(posture.inventory.assets.len() >= 2 * MANY as usize);
    assert!(posture.coverage.silent_total >= MANY as usize);
    assert!(took < ENOUGH, "{took:?}");
}
