//! Messages laid out as FF-588 6.3 and 6.5 have them; the headers of [`HEADERS`] are those of recorded messages.

use super::*;
use crate::protocols::testing::Bench;
use model::Operation;

/// Open Session request, SM Identify request, Device Annunciation, FMS Read response, Put Information error.
const HEADERS: [[u8; 12]; 5] = [
    [0, 0xf8, 0x04, 0x81, 0, 0, 0, 0, 0, 0, 0, 0x54],
    [0, 0xf8, 0x08, 0x83, 0, 0, 0, 0, 0, 0, 0, 0x9a],
    [0, 0xf8, 0x08, 0x10, 0xff, 0xff, 0, 0, 0, 0, 0, 0x9a],
    [0, 0xf8, 0x0d, 0x82, 0, 0, 0, 0, 0, 0, 0, 0x9a],
    [0, 0x08, 0x12, 0x82, 0, 0, 0, 0, 0, 0, 0, 0x9a],
];

fn hint(transport: Transport, usual: bool) -> Hint {
    Hint { transport, from_port: 5, to_port: 6, ethertype: 0, usual, from_start: true }
}

fn message(kind: u8, service: u8, body: &[u8]) -> Vec<u8> {
    let [.., high, low] = (HEADER + body.len()).to_be_bytes();
    let mut out = vec![1, 0, kind, service, 0, 0, 0, 1, 0, 0, high, low];
    out.extend(body);
    out
}

fn padded(text: &str) -> [u8; 32] {
    let mut out = [b' '; 32];
    out[..text.len()].copy_from_slice(text.as_bytes());
    out
}

#[test]
fn recognition() {
    for header in HEADERS {
        let mut datagram = header.to_vec();
        datagram.resize(usize::from(header[11]), 0);
        assert_eq!(FfHse.probe(&datagram, &hint(Transport::Udp, false)), Probe::Yes);
        assert_eq!(FfHse.probe(&datagram[1..], &hint(Transport::Udp, true)), Probe::No);
        datagram.push(0);
        assert_eq!(FfHse.probe(&datagram, &hint(Transport::Udp, false)), Probe::No);
        assert_eq!(FfHse.probe(&header, &hint(Transport::Tcp, true)), Probe::Yes);
        assert_eq!(FfHse.probe(&header, &hint(Transport::Tcp, false)), Probe::No);
        assert_eq!(FfHse.probe(&header[..7], &hint(Transport::Tcp, true)), Probe::More);
    }
    // A service that does not exist, an answer to an unconfirmed one, a version to come.
    for (at, value) in [(3, 0x99), (2, 0x09), (0, 9)] {
        let mut wrong = HEADERS[2];
        wrong[at] = value;
        assert_eq!(FfHse.probe(&wrong, &hint(Transport::Tcp, true)), Probe::No);
    }
}

#[test]
fn a_device_announces_itself() {
    let mut body = vec![0; 24];
    body[1] = 0x80;
    body.extend(padded("5945430009-LD-J1200342"));
    body.extend(padded("LD-AREA-7"));
    body.extend([0; 24]);
    let mut bench = Bench::new(&FfHse);
    let datagram = message(0x08, 0x10, &body);
    assert_eq!(bench.server(&datagram), Progress::Took(datagram.len()));
    assert_eq!(bench.operations(), ["device_annunciation 1/0/0"]);
    assert_eq!(
        bench.facts(),
        [
            "server device_type linking device",
            "server serial 5945430009-LD-J1200342",
            "server vendor_id 594543",
            "server product_code 0009",
            "server name LD-AREA-7",
        ]
    );
}

#[test]
fn an_identity_is_asked_and_a_write_refused() {
    let names = ["Yokogawa", "ALF111", "R1.2"].map(padded).concat();
    let mut bench = Bench::new(&FfHse);
    bench.client(&message(0x0c, 0x81, &[]));
    bench.server(&message(0x0d, 0x81, &names));
    bench.client(&message(0x0c, 0x83, &[0, 0, 1, 0x91, 1]));
    bench.server(&message(0x0e, 0x83, &[5, 1]));
    assert_eq!(
        bench.facts(),
        ["vendor Yokogawa", "product ALF111", "firmware R1.2"].map(|f| format!("server {f}"))
    );
    assert_eq!(bench.operations(), ["identify 1/1/0", "write 1/1/1"]);
    assert_eq!(
        bench.counts(),
        ["ff-hse.fms c2s 129 1", "ff-hse.fms c2s 131 1", "ff-hse.fms s2c 129 1", "ff-hse.fms s2c 131 1"]
    );
}

#[test]
fn whoever_answers_a_query_names_another() {
    let mut body = vec![0; 12];
    body.extend([0; 12]);
    body.extend([192, 0, 2, 9]);
    body.extend([0; 4]);
    body.extend(padded("5945430009X1"));
    body.extend(padded("FIC-101"));
    body.extend([0; 4]);
    let mut bench = Bench::new(&FfHse);
    bench.client(&message(0x08, 0x02, &body));
    // Neither of the two ends: the bench calls everyone who is not the client a server.
    assert_eq!(bench.facts().last().unwrap(), "server name FIC-101");
}

#[test]
fn a_stream_is_cut_anywhere() {
    let whole = message(0x0c, 0x82, &[0, 0, 1, 0x91]);
    let mut bench = Bench::new(&FfHse);
    assert_eq!(bench.client(&whole[..5]), Progress::Need(HEADER));
    assert_eq!(bench.client(&whole[..14]), Progress::Need(16));
    assert_eq!(bench.client(&whole), Progress::Took(16));
    assert!(OPERATIONS.list.is_sorted_by_key(|o: &Operation| o.code));
}
