//! Prints what the dissector alone sees in a capture, as a bare analysis document: one asset per address. For work on protocols:
//! `score_dissection.py --run 'target/debug/examples/observe {}'` compares it with a reference.

use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::{CaptureId, Fact, Timestamp};
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use serde_json::{Map, Value, json};
use sightglass_dissect::Dissector;
use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: observe CAPTURE")?;
    let mut reader = pcap_parser::create_reader(1 << 20, std::fs::File::open(path)?)?;
    let mut dissector = Dissector::new(Limits::default());
    let (mut number, mut legacy_link, mut nanos) = (0, 1, false);
    let mut interfaces: Vec<(u16, u64)> = Vec::new();
    loop {
        match reader.next() {
            Ok((used, block)) => {
                let one = match &block {
                    PcapBlockOwned::LegacyHeader(h) => {
                        legacy_link = h.network.0 as u16;
                        nanos = h.is_nanosecond_precision();
                        None
                    }
                    PcapBlockOwned::Legacy(b) => {
                        let unit = if nanos { 1 } else { 1000 };
                        let time = Timestamp::from_parts(b.ts_sec.into(), b.ts_usec.saturating_mul(unit));
                        Some((time, legacy_link, b.origlen, b.data))
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(i)) => {
                        interfaces.push((i.linktype.0 as u16, i.ts_resolution().unwrap_or(1_000_000)));
                        None
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(b)) => {
                        let (link, unit) = *interfaces.get(b.if_id as usize).unwrap_or(&(1, 1_000_000));
                        let ticks = (u64::from(b.ts_high) << 32) | u64::from(b.ts_low);
                        let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(unit.max(1));
                        let data = b.data.get(..b.caplen as usize).unwrap_or(b.data);
                        Some((Timestamp(i64::try_from(nanos).unwrap_or(0)), link, b.origlen, data))
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(b)) => {
                        Some((Timestamp(0), interfaces.first().map_or(1, |i| i.0), b.origlen, b.data))
                    }
                    PcapBlockOwned::NG(_) => None,
                };
                if let Some((time, link, wire_len, data)) = one {
                    number += 1;
                    let link = LinkType(link);
                    dissector.frame(&Frame { capture: CaptureId(0), number, time, link, wire_len, data });
                }
                reader.consume(used);
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => {
                if reader.refill().is_err() || reader.reader_exhausted() && reader.data().is_empty() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    dissector.finish();
    println!("{}", document(&mut dissector));
    Ok(())
}

/// Counts by direction and code.
type Directions = BTreeMap<String, Map<String, Value>>;

fn document(dissector: &mut Dissector) -> Value {
    let mut messages: BTreeMap<String, BTreeMap<String, Directions>> = BTreeMap::new();
    let mut assets: BTreeMap<String, Value> = BTreeMap::new();
    let (mut conversations, mut accounts, mut gaps) = (Vec::new(), Vec::new(), Map::new());
    for o in dissector.take() {
        match o.fact {
            Fact::Messages { protocol, counter, direction, code, count } => {
                let by_code =
                    messages.entry(protocol.to_string()).or_default().entry(counter.to_string()).or_default();
                by_code.entry(direction.as_str().into()).or_default().insert(code.to_string(), count.into());
            }
            Fact::Conversation(c) => conversations.push(json!({
                "client": c.key.client.to_string(), "server": c.key.server.to_string(), "server_port": c.key.server_port,
                "transport": c.key.transport, "protocol": c.key.protocol, "packets": c.packets, "encrypted": c.encrypted,
                "operations": c.operations,
            })),
            Fact::Identity { attribute, value, protocol, .. } => {
                let asset = assets.entry(o.subject.host.to_string()).or_insert_with(
                    || json!({ "ips": [], "macs": [], "facts": [] }),
                );
                let (ip, mac) = (o.subject.host.ip, o.subject.host.mac);
                asset["ips"] = ip.map_or(json!([]), |ip| json!([ip]));
                asset["macs"] = mac.map_or(json!([]), |m| json!([m]));
                if let Some(facts) = asset["facts"].as_array_mut() {
                    facts.push(json!({ "attribute": attribute, "value": value, "protocol": protocol,
                        "part": o.subject.part, "evidence": o.evidence }));
                }
            }
            Fact::SignIn(s) => accounts.push(json!(s)),
            Fact::Gap { kind, count } => {
                gaps.insert(kind.describe().into(), count.into());
            }
            Fact::Present { .. } | Fact::Secret(_) => {}
        }
    }
    let assets: Vec<_> = assets.into_values().collect();
    json!({ "messages": messages, "assets": assets, "conversations": conversations, "accounts": accounts, "gaps": gaps })
}
