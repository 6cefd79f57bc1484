//! The capture corpus, where it lies: `../shared/corpus` beside the repository, or `$SIGHTGLASS_SHARED/corpus`.

use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::{CaptureId, Fact, Observation, Timestamp};
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use sightglass_dissect::Dissector;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A frame with its own bytes.
#[derive(Clone)]
pub(crate) struct Owned {
    pub(crate) time: Timestamp,
    pub(crate) link: u16,
    pub(crate) wire_len: u32,
    pub(crate) data: Vec<u8>,
}

/// The captures, or nothing with a loud message.
pub(crate) fn files() -> Vec<PathBuf> {
    let shared = std::env::var_os("SIGHTGLASS_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("corpus/pcaps");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!(
            "\n!!! NO CAPTURE CORPUS at {}: the laws were NOT checked. Set SIGHTGLASS_SHARED.\n",
            folder.display()
        );
        return Vec::new();
    };
    let mut files: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    files
}

/// All frames of a capture, as far as it can be read.
pub(crate) fn read(path: &Path) -> Vec<Owned> {
    let mut frames = Vec::new();
    let Ok(file) = std::fs::File::open(path) else { return frames };
    let Ok(mut reader) = pcap_parser::create_reader(1 << 20, file) else { return frames };
    let (mut legacy, mut nanos) = (1, false);
    let mut links: Vec<u16> = Vec::new();
    loop {
        match reader.next() {
            Ok((used, block)) => {
                match &block {
                    PcapBlockOwned::LegacyHeader(h) => {
                        legacy = u16::try_from(h.network.0).unwrap_or(0);
                        nanos = h.is_nanosecond_precision();
                    }
                    PcapBlockOwned::Legacy(b) => {
                        let unit = if nanos { 1 } else { 1000 };
                        let time = Timestamp::from_parts(b.ts_sec.into(), b.ts_usec.saturating_mul(unit));
                        frames.push(Owned { time, link: legacy, wire_len: b.origlen, data: b.data.to_vec() });
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(i)) => {
                        links.push(u16::try_from(i.linktype.0).unwrap_or(0));
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(b)) => {
                        let link = links.get(b.if_id as usize).copied().unwrap_or(1);
                        let micros = (u64::from(b.ts_high) << 32) | u64::from(b.ts_low);
                        let time = Timestamp(i64::try_from(micros).unwrap_or(0).saturating_mul(1000));
                        let data = b.data.get(..b.caplen as usize).unwrap_or(b.data).to_vec();
                        frames.push(Owned { time, link, wire_len: b.origlen, data });
                    }
                    _ => {}
                }
                reader.consume(used);
            }
            Err(PcapError::Incomplete(_)) => {
                if reader.refill().is_err() || (reader.reader_exhausted() && reader.data().is_empty()) {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    frames
}

/// What a dissector says about frames.
pub(crate) fn dissect(frames: &[Owned]) -> Vec<Observation> {
    let mut dissector = Dissector::new(Limits::default());
    for (number, frame) in (1..).zip(frames) {
        dissector.frame(&Frame {
            capture: CaptureId(0),
            number,
            time: frame.time,
            link: LinkType(frame.link),
            wire_len: frame.wire_len,
            data: &frame.data,
        });
    }
    dissector.finish();
    dissector.take()
}

/// Message counts by protocol, counter, direction and code.
pub(crate) fn counts(observations: &[Observation]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for o in observations {
        if let Fact::Messages { protocol, counter, direction, code, count } = &o.fact {
            let key = format!("{protocol}.{counter} {} {code}", direction.as_str());
            *counts.entry(key).or_default() += count;
        }
    }
    counts
}

/// Identity facts, without their evidence.
pub(crate) fn identities(observations: &[Observation]) -> std::collections::BTreeSet<String> {
    let mut facts = std::collections::BTreeSet::new();
    for o in observations {
        if let Fact::Identity { attribute, value, protocol, .. } = &o.fact {
            facts.insert(format!("{} {:?} {protocol} {attribute} {value}", o.subject.host, o.subject.part));
        }
    }
    facts
}
