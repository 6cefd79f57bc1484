//! What a new observation costs, from a thousand devices to a million:
//! `cargo run --release -p sightglass-posture --example identity_scale [LARGEST]`.

use model::journal::Entry;
use model::observation::Binding;
use model::{
    Attribute, CaptureId, Confidence, Evidence, Fact, Host, Mac, Name, Observation, Subject, Text, Timestamp,
};
use sightglass_posture::identity::Identity;
use sightglass_posture::plant::Plant;
use sightglass_posture::site::Site;
use std::net::IpAddr;
use std::time::Instant;

/// Observations that come after the site is there, in batches like those of a sensor.
const MORE: u32 = 20_000;
const BATCH: usize = 200;

fn host(n: u32) -> Host {
    let [_, b, c, d] = n.to_be_bytes();
    Host { mac: Some(Mac([0, 0x1b, 0x1b, b, c, d])), ip: Some(IpAddr::from((0x0a00_0000 + n).to_be_bytes())) }
}

fn observed(n: u32, fact: Fact) -> Entry {
    let (time, field) = (Timestamp(n.into()), Name::new("test"));
    let evidence = Evidence { capture: CaptureId(0), frame: n.into(), time, field, bytes: None };
    Entry::Observed(Observation { subject: Subject::from(host(n)), fact, evidence })
}

fn told(n: u32, attribute: Attribute, value: &str) -> Entry {
    let (value, protocol) = (Text::new(value), Name::new("enip"));
    observed(n, Fact::Identity { attribute, value, protocol, confidence: Confidence::CERTAIN })
}

/// A device that is heard, bound to its address, and says what it is.
fn device(n: u32) -> [Entry; 4] {
    [
        observed(n, Fact::Present { binding: Binding::Source { ttl: 64 }, vlan: Some(1) }),
        observed(n, Fact::Present { binding: Binding::Arp, vlan: Some(1) }),
        told(n, Attribute::Product, "1756-EN2T/D"),
        told(n, Attribute::Serial, &format!("{n:08X}")),
    ]
}

fn note(site: &mut Site, identity: &mut Identity, entry: &Entry) {
    site.apply(entry);
    if let Entry::Observed(observation) = entry {
        identity.note(observation);
    }
}

fn main() {
    let largest: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let plant = Plant::default();
    println!("{:>10} {:>12} {:>16} {:>16}", "devices", "all at once", "a new device", "a known device");
    let mut devices = 1_000;
    while devices <= largest {
        let (mut site, mut identity) = (Site::default(), Identity::default());
        (0..devices).flat_map(device).for_each(|entry| note(&mut site, &mut identity, &entry));
        let begin = Instant::now();
        identity.settle(&site, &plant);
        let all = begin.elapsed();
        let mut more = |entries: Vec<Entry>| {
            let begin = Instant::now();
            for batch in entries.chunks(BATCH) {
                batch.iter().for_each(|entry| note(&mut site, &mut identity, entry));
                identity.settle(&site, &plant);
            }
            begin.elapsed().as_nanos() / entries.len() as u128
        };
        let new = more((devices..devices + MORE / 4).flat_map(device).collect());
        let step = (devices / MORE).max(1);
        let firmware = |n| told(n * step % devices, Attribute::Firmware, &format!("{}.{}", n % 30, n % 7));
        let known = more((0..MORE).map(firmware).collect());
        println!("{devices:>10} {:>9} ms {new:>10} ns/obs {known:>10} ns/obs", all.as_millis());
        devices *= 10;
    }
}
