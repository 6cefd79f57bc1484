//! Laws that hold for every protocol, checked on every capture of the corpus: no input makes a dissector fail, and how TCP cuts a
//! stream into segments does not matter.

#![allow(missing_docs, clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]

mod captures;

use captures::{Owned, counts, dissect, files, identities, read};
use model::observation::GapKind;
use model::{Fact, Observation};
use sightglass_dissect::protocols::PROTOCOLS;

/// Small, and the same everywhere: xorshift64*.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n.max(1)
    }
}

fn gaps(observations: &[Observation], wanted: GapKind) -> u64 {
    let of = |o: &Observation| match o.fact {
        Fact::Gap { kind, count } if kind == wanted => count,
        _ => 0,
    };
    observations.iter().map(of).sum()
}

/// Changes a frame: bits, bytes, numbers at their limits, its end.
fn mutate(frame: &mut Owned, chance: &mut Chance) {
    const EDGES: [u8; 6] = [0x00, 0xff, 0x7f, 0x80, 0x01, 0xfe];
    // Headers up to TCP are mostly left alone: they have their own tests, and a broken address hides the protocol.
    let start = frame.data.len().min(54);
    for _ in 0..=chance.below(4) {
        let len = frame.data.len().saturating_sub(start);
        if len == 0 {
            return;
        }
        let at = start + chance.below(len);
        match chance.below(4) {
            0 => frame.data[at] ^= 1 << chance.below(8),
            1 => frame.data[at] = (chance.next() & 0xff) as u8,
            2 => frame.data[at..].iter_mut().take(4).for_each(|b| *b = EDGES[at % EDGES.len()]),
            _ => frame.data.truncate(at),
        }
    }
}

#[test]
fn nothing_makes_a_dissector_fail() {
    for path in files() {
        let frames = read(&path);
        for seed in 1..=3 {
            let mut chance = Chance(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
            let mut changed = frames.clone();
            for frame in &mut changed {
                if chance.below(3) > 0 {
                    mutate(frame, &mut chance);
                }
            }
            let observations = dissect(&changed);
            let failed = gaps(&observations, GapKind::DissectorFailed);
            assert_eq!(failed, 0, "a dissector failed on {} with seed {seed}", path.display());
        }
    }
}

/// Where the parts of a TCP frame lie.
struct Layout {
    /// Position of the IP length field, and what it counts beside the payload.
    ip_length: (usize, usize),
    sequence: usize,
    flags: usize,
    payload: usize,
    end: usize,
}

fn be16(data: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?])))
}

fn layout(frame: &Owned) -> Option<Layout> {
    let data = &frame.data;
    let (mut ip, kind) = match frame.link {
        1 => (14, be16(data, 12)?),
        0 => (4, if data.first()? == &2 { 0x800 } else { 0x86dd }),
        _ => return None,
    };
    let mut kind = kind;
    while kind == 0x8100 {
        kind = be16(data, ip + 2)?;
        ip += 4;
    }
    let (tcp, end, ip_length) = match kind {
        0x800 if *data.get(ip + 9)? == 6 && be16(data, ip + 6)? & 0x3fff == 0 => {
            let header = usize::from(data.get(ip)? & 15) * 4;
            let total = be16(data, ip + 2)?;
            (ip + header, ip + total, (ip + 2, header))
        }
        0x86dd if *data.get(ip + 6)? == 6 => (ip + 40, ip + 40 + be16(data, ip + 4)?, (ip + 4, 0)),
        _ => return None,
    };
    let header = usize::from(data.get(tcp + 12)? >> 4) * 4;
    let payload = tcp + header;
    let ip_length = (ip_length.0, ip_length.1 + header);
    let whole = end <= data.len() && payload < end && header >= 20;
    whole.then_some(Layout { ip_length, sequence: tcp + 4, flags: tcp + 13, payload, end })
}

/// The same bytes in segments of at most `piece` bytes.
fn recut(frame: &Owned, piece: usize) -> Vec<Owned> {
    const SYN_OR_RST: u8 = 6;
    let Some(l) = layout(frame).filter(|l| frame.data[l.flags] & SYN_OR_RST == 0) else {
        return vec![frame.clone()];
    };
    let sequence = u32::from_be_bytes(frame.data[l.sequence..l.sequence + 4].try_into().unwrap());
    let payload = &frame.data[l.payload..l.end];
    let last = payload.len().div_ceil(piece) - 1;
    let cut = |(at, part): (usize, &[u8])| {
        let mut data = frame.data[..l.payload].to_vec();
        data.extend_from_slice(part);
        let total = u16::try_from(l.ip_length.1 + part.len()).unwrap();
        data[l.ip_length.0..l.ip_length.0 + 2].copy_from_slice(&total.to_be_bytes());
        let offset = u32::try_from(at * piece).unwrap();
        data[l.sequence..l.sequence + 4].copy_from_slice(&sequence.wrapping_add(offset).to_be_bytes());
        if at != last {
            data[l.flags] &= !1;
        }
        Owned { wire_len: u32::try_from(data.len()).unwrap(), data, ..frame.clone() }
    };
    payload.chunks(piece).enumerate().map(cut).collect()
}

#[test]
fn how_a_stream_is_cut_does_not_matter() {
    const BYTES_MAX: usize = 400_000;
    let (mut checked, mut broken) = (0, Vec::new());
    for path in files() {
        let frames = read(&path);
        let bytes: usize = frames.iter().map(|f| f.data.len()).sum();
        let whole = dissect(&frames);
        // Where bytes are missing it matters which segments are; there the law says nothing.
        let complete = [GapKind::StreamGap, GapKind::TruncatedFrame, GapKind::ReassemblyOverflow]
            .iter()
            .all(|&kind| gaps(&whole, kind) == 0);
        if bytes > BYTES_MAX || !complete {
            continue;
        }
        checked += 1;
        for piece in [1, 7] {
            let cut: Vec<_> = frames.iter().flat_map(|frame| recut(frame, piece)).collect();
            let pieces = dissect(&cut);
            // Smaller pieces out of order are more segments than wait for a hole to be filled: bytes are given up, and said so.
            let gaps_made = [GapKind::StreamGap, GapKind::ReassemblyOverflow];
            if gaps_made.iter().any(|&kind| gaps(&pieces, kind) > 0) {
                continue;
            }
            let (a, b) = (counts(&whole), counts(&pieces));
            let (known, seen) = (identities(&whole), identities(&pieces));
            let differ: Vec<_> = a
                .iter()
                .filter(|(key, count)| b.get(*key) != Some(*count))
                .map(|(key, count)| format!("{key}: {count}, then {:?}", b.get(key)))
                .chain(
                    b.keys().filter(|key| !a.contains_key(*key)).map(|key| format!("{key}: only when cut")),
                )
                .chain(known.symmetric_difference(&seen).cloned())
                .collect();
            if !differ.is_empty() {
                broken.push(format!("{} in pieces of {piece}: {differ:#?}", path.display()));
            }
        }
    }
    eprintln!("{checked} captures re-cut");
    assert!(broken.is_empty(), "{} captures differ:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn names_are_unique_and_ports_are_told() {
    let mut names: Vec<_> = PROTOCOLS.iter().map(|p| p.info().name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for protocol in PROTOCOLS {
        let info = protocol.info();
        assert!(!info.sources.is_empty() && !info.title.is_empty(), "{}", info.name);
        let name = info.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(name, "{}: lower case, digits and hyphens", info.name);
    }
}

/// What `sightglass protocols` lists is what dissectors do: an operation that is counted stands in a declared table. One conversation
/// may hold several protocols (DCE/RPC in SMB, S7comm before S7comm-plus), so any protocol's table will do.
#[test]
fn what_is_counted_is_declared() {
    let declared = |operation: &model::Operation| {
        let unlisted = |prefix: &str| operation.name.to_string() == format!("{prefix}_{}", operation.code);
        let mut tables = PROTOCOLS.iter().flat_map(|p| p.info().operations);
        operation.name == "more_0" || tables.any(|t| t.list.contains(operation) || unlisted(t.prefix))
    };
    let mut undeclared = std::collections::BTreeSet::new();
    for path in files() {
        for observation in dissect(&read(&path)) {
            let Fact::Conversation(report) = observation.fact else { continue };
            let new = report.operations.iter().filter(|o| !declared(&o.operation));
            undeclared.extend(new.map(|o| format!("{:?} {}", report.key.protocol, o.operation.name)));
        }
    }
    assert!(undeclared.is_empty(), "{undeclared:#?}");
}
