//! The pcap file format (draft-ietf-opsawg-pcap, "PCAP Capture File Format").

use crate::order::Order;
use crate::step::{Found, Step};
use crate::window::Window;
use model::frame::LinkType;
use model::time::Timestamp;

/// Length of the file header (section 4).
const FILE_HEADER: usize = 24;
/// Length of a record header (section 5).
const RECORD_HEADER: usize = 16;
/// Record header of the format that A. Kuznetzov's patched libpcap wrote: interface index, protocol and packet type
/// follow the usual four fields (wiretap/libpcap.h, `struct pcaprec_modified_hdr`).
const MODIFIED_RECORD_HEADER: usize = 24;
/// The largest record that is believed whatever the snap length says (libpcap, `MAXIMUM_SNAPLEN`).
const RECORD_BYTES_MIN: usize = 262_144;
/// The largest record that is believed when the snap length says so.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// What the file header says.
pub(crate) struct Pcap {
    order: Order,
    nanos_per_tick: i64,
    record_header: usize,
    record_bytes_max: usize,
    lengths: Lengths,
    link: LinkType,
}

/// Order of the two lengths in a record header; old writers swapped them (libpcap, sf-pcap.c, `pcap_check_header`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lengths {
    AsSpecified,
    Swapped,
    /// Version 2.3 had both.
    SwappedWhereGreater,
}

impl Pcap {
    /// Whether these four bytes begin a pcap file.
    pub(crate) fn is_magic(magic: &[u8]) -> bool {
        variant(magic).is_some()
    }

    /// Reads the file header. Fails with what is wrong with it.
    pub(crate) fn begin(window: &mut Window) -> Result<Self, String> {
        if !window.have(FILE_HEADER) {
            return Err("the file ends within its header".into());
        }
        let header = window.bytes();
        let (order, nanos_per_tick, record_header) = variant(header).ok_or("not a pcap file")?;
        let (major, minor) = (order.u16(header, 4), order.u16(header, 6));
        let lengths = match (major, minor) {
            (2, 0..=2) | (543, 0) => Lengths::Swapped,
            (2, 3) => Lengths::SwappedWhereGreater,
            (2, _) => Lengths::AsSpecified,
            _ => return Err(format!("pcap version {major}.{minor} is not known")),
        };
        let record_bytes_max = order.len(header, 16).clamp(RECORD_BYTES_MIN, RECORD_BYTES_MAX);
        // The upper half holds the length of the frame check sequence and reserved bits (section 4, LinkType).
        let link = LinkType(u16::try_from(order.u32(header, 20) & 0xffff).unwrap_or_default());
        window.take(FILE_HEADER);
        Ok(Self { order, nanos_per_tick, record_header, record_bytes_max, lengths, link })
    }

    /// Reads the next record.
    #[inline]
    pub(crate) fn step(&self, window: &mut Window) -> Step {
        if !window.have(self.record_header) {
            return window.shortage("a record header");
        }
        let header = window.bytes();
        let (seconds, ticks) = (self.order.u32(header, 0), self.order.u32(header, 4));
        let (captured, wire_len) = self.lengths(self.order.u32(header, 8), self.order.u32(header, 12));
        let len = usize::try_from(captured).unwrap_or(usize::MAX);
        if len > self.record_bytes_max {
            return absurd(captured);
        }
        let record_len = self.record_header + len;
        if !window.have(record_len) {
            return window.shortage("a frame");
        }
        let start = window.take(record_len) + self.record_header;
        // Not `from_parts`: a broken fraction may exceed a second, and is added as it stands.
        let time = i64::from(seconds) * 1_000_000_000 + i64::from(ticks) * self.nanos_per_tick;
        Step::Frame(Found { start, len, time: Some(Timestamp(time)), link: self.link, wire_len })
    }

    #[inline]
    fn lengths(&self, first: u32, second: u32) -> (u32, u32) {
        match self.lengths {
            Lengths::Swapped => (second, first),
            Lengths::SwappedWhereGreater if first > second => (second, first),
            _ => (first, second),
        }
    }
}

#[cold]
fn absurd(len: u32) -> Step {
    Step::Stop(format!("corrupt record header: a frame of {len} bytes"))
}

/// Byte order, nanoseconds per tick and length of a record header, by the magic number (section 4).
fn variant(magic: &[u8]) -> Option<(Order, i64, usize)> {
    match magic.first_chunk()? {
        [0xd4, 0xc3, 0xb2, 0xa1] => Some((Order::Little, 1000, RECORD_HEADER)),
        [0xa1, 0xb2, 0xc3, 0xd4] => Some((Order::Big, 1000, RECORD_HEADER)),
        [0x4d, 0x3c, 0xb2, 0xa1] => Some((Order::Little, 1, RECORD_HEADER)),
        [0xa1, 0xb2, 0x3c, 0x4d] => Some((Order::Big, 1, RECORD_HEADER)),
        [0x34, 0xcd, 0xb2, 0xa1] => Some((Order::Little, 1000, MODIFIED_RECORD_HEADER)),
        [0xa1, 0xb2, 0xcd, 0x34] => Some((Order::Big, 1000, MODIFIED_RECORD_HEADER)),
        _ => None,
    }
}
