//! Capture files made by hand, and what a reader gets out of them.

#![allow(dead_code)]

use model::evidence::CaptureId;
use model::journal::Capture;
use sightglass_capture::reader::CaptureReader;
use std::io::{Cursor, Write};

/// Byte order of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Little,
    Big,
}

pub(crate) const ORDERS: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    pub(crate) fn u16(self, n: u16) -> [u8; 2] {
        if self == Order::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }

    pub(crate) fn u32(self, n: u32) -> [u8; 4] {
        if self == Order::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }

    pub(crate) fn u64(self, n: u64) -> [u8; 8] {
        if self == Order::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }

    pub(crate) fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| self.u32(*w)).collect()
    }
}

/// A frame as the tests compare it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Read {
    pub(crate) number: u64,
    pub(crate) time: i64,
    pub(crate) link: u16,
    pub(crate) wire_len: u32,
    pub(crate) data: Vec<u8>,
}

pub(crate) fn reader(file: &[u8]) -> Result<CaptureReader, sightglass_capture::error::Error> {
    CaptureReader::from_reader(Cursor::new(file.to_vec()), "test".into(), CaptureId(7))
}

/// All frames and the summary; none when the file cannot be opened.
pub(crate) fn read(file: &[u8]) -> Option<(Vec<Read>, Capture)> {
    let mut reader = reader(file).ok()?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame() {
        frames.push(Read {
            number: frame.number,
            time: frame.time.0,
            link: frame.link.0,
            wire_len: frame.wire_len,
            data: frame.data.to_vec(),
        });
    }
    assert!(reader.next_frame().is_none(), "nothing comes after the end");
    let summary = reader.summary();
    assert_eq!(summary.packets, frames.len() as u64);
    assert_eq!(summary.bytes, frames.iter().map(|f| f.data.len() as u64).sum::<u64>());
    Some((frames, summary))
}

pub(crate) fn pcap_header(order: Order, magic: u32, version: (u16, u16), link: u32) -> Vec<u8> {
    let mut file = order.u32(magic).to_vec();
    file.extend([order.u16(version.0), order.u16(version.1)].as_flattened());
    file.extend(order.words(&[0, 0, 65_535, link]));
    file
}

/// Three frames: 4 bytes of 4, 2 bytes of 1500, 0 bytes of 60.
pub(crate) fn pcap(order: Order, magic: u32) -> Vec<u8> {
    let mut file = pcap_header(order, magic, (2, 4), 1);
    file.extend(order.words(&[100, 5, 4, 4]));
    file.extend([1, 2, 3, 4]);
    file.extend(order.words(&[101, 6, 2, 1500]));
    file.extend([5, 6]);
    file.extend(order.words(&[4_000_000_000, 999_999, 0, 60]));
    file
}

pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let total = order.u32(padded as u32 + 12);
    let mut block = [&order.u32(kind), &total, body].concat();
    block.resize(8 + padded, 0);
    block.extend(total);
    block
}

pub(crate) fn section(order: Order) -> Vec<u8> {
    let comment = [order.u16(1), order.u16(2), [b'h', b'i'], [0; 2], [0; 2], [0; 2]];
    let version = [order.u16(1), order.u16(0)];
    let magic = order.u32(0x1a2b_3c4d);
    block(order, 0x0a0d_0d0a, &[&magic, version.as_flattened(), &[0xff; 8], comment.as_flattened()].concat())
}

pub(crate) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut option = [&order.u16(code), &order.u16(value.len() as u16), value].concat();
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

pub(crate) fn interface(order: Order, link: u16, snap_len: u32, options: &[u8]) -> Vec<u8> {
    block(order, 1, &[&order.u16(link), &[0, 0], &order.u32(snap_len)[..], options].concat())
}

pub(crate) fn enhanced(
    order: Order,
    interface: u32,
    ticks: u64,
    wire_len: u32,
    data: &[u8],
    options: &[u8],
) -> Vec<u8> {
    let numbers = [interface, (ticks >> 32) as u32, ticks as u32, data.len() as u32, wire_len];
    let mut body = [order.words(&numbers), data.to_vec()].concat();
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(options);
    block(order, 6, &body)
}

pub(crate) fn obsolete(order: Order, interface: u16, ticks: u64, wire_len: u32, data: &[u8]) -> Vec<u8> {
    let times = order.words(&[(ticks >> 32) as u32, ticks as u32, data.len() as u32, wire_len]);
    block(order, 2, &[&order.u16(interface), &order.u16(3), &times[..], data].concat())
}

pub(crate) fn simple(order: Order, wire_len: u32, data: &[u8]) -> Vec<u8> {
    block(order, 3, &[&order.u32(wire_len), data].concat())
}

/// A section with everything in it: three interfaces with clocks of their own, all kinds of packet blocks, blocks
/// to be skipped. Seven frames are numbered, six can be read.
pub(crate) fn pcapng(order: Order) -> Vec<u8> {
    let comment = [option(order, 1, b"seen"), option(order, 0, b"")].concat();
    let nanos = option(order, 9, &[9]);
    let binary = [option(order, 9, &[0x80 | 10]), option(order, 14, &order.u64((-3_i64) as u64))].concat();
    [
        section(order),
        interface(order, 1, 6, &[]),
        interface(order, 113, 0, &nanos),
        interface(order, 101, 0, &binary),
        enhanced(order, 0, 1_000_007, 4, &[1, 2, 3, 4], &[]),
        enhanced(order, 1, 1_700_000_000_123_456_789, 99, &[5], &comment),
        block(order, 4, &[0; 4]),
        enhanced(order, 2, 5 * 1024 + 512, 0, &[], &[]),
        block(order, 0x7777, b"unknown"),
        simple(order, 9, &[1, 2, 3, 4, 5, 6, 0, 0, 0]),
        block(order, 9, b"__REALTIME_TIMESTAMP=1\n\n"),
        simple(order, 3, &[7, 8, 9]),
        obsolete(order, 0, 2_000_000, 2, &[8, 9]),
        block(order, 5, &[&order.words(&[0, 0, 0])[..], &option(order, 5, &order.u64(12))].concat()),
    ]
    .concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// SplitMix64 (S. Vigna): the same seed gives the same tests.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}
