//! Walks a pcap file and keeps one table of flows: the least that any analysis of a capture must do, as a yardstick.
//!
//! For every record: the Ethernet and IPv4 headers, the sum of all bytes of the payload, and the packets and bytes of its
//! 5-tuple in one hash table. Nothing else: little-endian pcap of Ethernet frames only, no VLAN tags, no IPv6, no
//! fragments, no checks of what is read beyond staying within the record. It shares no code with the product.

use hashbrown::HashMap;
use std::fs::File;
use std::io::{self, Read};

/// Bytes read from the file at once.
const BUFFER_BYTES: usize = 1 << 20;
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
/// Destination, source, EtherType.
const ETHERNET_HEADER: usize = 14;

/// Source, destination, both ports, protocol.
#[derive(PartialEq, Eq, Hash)]
struct Flow([u8; 13]);

#[derive(Default)]
struct Totals {
    packets: u64,
    bytes: u64,
}

#[derive(Default)]
struct Walk {
    flows: HashMap<Flow, Totals, foldhash::fast::RandomState>,
    packets: u64,
    others: u64,
    sum: u64,
}

fn main() -> io::Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| io::Error::other("usage: flow_walk CAPTURE.pcap"))?;
    let walk = walk(&mut File::open(path)?)?;
    let bytes: u64 = walk.flows.values().map(|t| t.bytes).sum();
    let packets: u64 = walk.flows.values().map(|t| t.packets).sum();
    println!("{} packets, {} of no flow, sum of payload {}", walk.packets, walk.others, walk.sum);
    println!("{} flows, {packets} packets, {bytes} bytes", walk.flows.len());
    Ok(())
}

fn walk(file: &mut impl Read) -> io::Result<Walk> {
    let (mut walk, mut buffer) = (Walk::default(), vec![0; BUFFER_BYTES]);
    file.read_exact(buffer.get_mut(..FILE_HEADER).unwrap_or_default())?;
    if !buffer.starts_with(&[0xd4, 0xc3, 0xb2, 0xa1]) && !buffer.starts_with(&[0x4d, 0x3c, 0xb2, 0xa1]) {
        return Err(io::Error::other("not a little-endian pcap file"));
    }
    let mut kept = 0;
    loop {
        let n = file.read(buffer.get_mut(kept..).unwrap_or_default())?;
        let end = kept + n;
        let used = walk.records(buffer.get(..end).unwrap_or_default());
        if n == 0 || (used == 0 && end == buffer.len()) {
            return Ok(walk);
        }
        buffer.copy_within(used..end, 0);
        kept = end - used;
    }
}

impl Walk {
    /// Walks the whole records in `bytes` and says how many bytes they were.
    fn records(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while let Some((header, after)) = rest.split_first_chunk::<RECORD_HEADER>() {
            let [.., a, b, c, d, _, _, _, _] = *header;
            let Some((frame, next)) = after.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize)
            else {
                break;
            };
            self.frame(frame);
            rest = next;
        }
        bytes.len() - rest.len()
    }

    #[inline]
    fn frame(&mut self, frame: &[u8]) {
        self.packets += 1;
        let Some((flow, payload)) = flow(frame) else {
            self.others += 1;
            return;
        };
        self.sum += payload.iter().map(|b| u64::from(*b)).sum::<u64>();
        let totals = self.flows.entry(flow).or_default();
        totals.packets += 1;
        totals.bytes += frame.len() as u64;
    }
}

/// The 5-tuple of a frame, and what follows its TCP or UDP header.
#[inline]
fn flow(frame: &[u8]) -> Option<(Flow, &[u8])> {
    let ip = frame.get(ETHERNET_HEADER..)?;
    let (header, _) = ip.split_first_chunk::<20>()?;
    if frame.get(12..14)? != [0x08, 0x00] || header[0] >> 4 != 4 {
        return None;
    }
    let ip = ip.get(..usize::from(u16::from_be_bytes([header[2], header[3]]))).unwrap_or(ip);
    let transport = ip.get(usize::from(header[0] & 0x0f) * 4..)?;
    let header_len = match header[9] {
        6 => usize::from(transport.get(12)? >> 4) * 4,
        17 => 8,
        _ => return None,
    };
    let mut key = [0; 13];
    key[..8].copy_from_slice(&header[12..]);
    key[8..12].copy_from_slice(transport.get(..4)?);
    key[12] = header[9];
    Some((Flow(key), transport.get(header_len..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_flows_across_reads() {
        let mut frame = [0; 14 + 20 + 8 + 3];
        frame[12..16].copy_from_slice(&[8, 0, 0x45, 0]);
        frame[16..18].copy_from_slice(&31_u16.to_be_bytes());
        frame[23] = 17;
        frame[42..].copy_from_slice(&[1, 2, 3]);
        let record = [&[0; 8], &45_u32.to_le_bytes()[..], &45_u32.to_le_bytes(), &frame].concat();
        let file = [&[0xd4, 0xc3, 0xb2, 0xa1][..], &[0; 20], &record.repeat(30_000)].concat();
        let walk = walk(&mut file.as_slice()).unwrap();
        assert_eq!((walk.packets, walk.others, walk.sum, walk.flows.len()), (30_000, 0, 180_000, 1));
        assert_eq!(walk.flows.values().next().map(|t| t.bytes), Some(45 * 30_000));
    }
}
