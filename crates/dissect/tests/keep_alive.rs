//! A recording that begins in the middle of a connection may begin with keep-alives: their stray byte is not of the stream and must
//! not hide the message behind it (RFC 9293 §3.8.4).

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::{CaptureId, Fact, Name, Timestamp};
use sightglass_dissect::Dissector;

const ACK: u8 = 0x10;
const PSH_ACK: u8 = 0x18;
/// TESTFR act and con (IEC 60870-5-104, 5.1).
const ACT: [u8; 6] = [0x68, 0x04, 0x43, 0, 0, 0];
const CON: [u8; 6] = [0x68, 0x04, 0x83, 0, 0, 0];

/// A segment between port 50000 of .1 and port 2404 of .2.
fn segment(to_server: bool, seq: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(40 + data.len()).unwrap().to_be_bytes();
    let (mut ips, mut ports) = ([[192, 0, 2, 1], [192, 0, 2, 2]], [50_000_u16, 2404]);
    if !to_server {
        ips.reverse();
        ports.reverse();
    }
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, 6, 0, 0]);
    frame.extend(ips.concat());
    frame.extend(ports.iter().flat_map(|p| p.to_be_bytes()));
    frame.extend(seq.to_be_bytes());
    frame.extend([0, 0, 0, 1, 0x50, flags, 4, 0, 0, 0, 0, 0]);
    frame.extend_from_slice(data);
    frame
}

/// How many messages of IEC 104 are counted, one entry for each direction and code.
fn counted(segments: &[Vec<u8>]) -> Vec<u64> {
    let mut dissector = Dissector::new(Limits::default());
    for (number, data) in (1_u64..).zip(segments) {
        let wire_len = u32::try_from(data.len()).unwrap();
        let time = Timestamp(i64::try_from(number).unwrap() * 1_000_000_000);
        dissector.frame(&Frame { capture: CaptureId(0), number, time, link: LinkType(1), wire_len, data });
    }
    dissector.finish();
    let messages = dissector.take().into_iter().filter_map(|o| match o.fact {
        Fact::Messages { protocol, count, .. } if protocol == Name::new("iec104") => Some(count),
        _ => None,
    });
    messages.collect()
}

#[test]
fn a_message_behind_one_stray_byte_counts() {
    let heard = [segment(false, 100, ACK, &[0]), segment(false, 101, PSH_ACK, &ACT)];
    assert_eq!(counted(&heard), [1]);
}

#[test]
fn a_stray_byte_in_both_directions_costs_no_message() {
    let heard = [
        segment(true, 100, ACK, &[0]),
        segment(false, 500, ACK, &[0]),
        segment(false, 501, PSH_ACK, &ACT),
        segment(true, 101, PSH_ACK, &CON),
    ];
    assert_eq!(counted(&heard), [1, 1]);
}
