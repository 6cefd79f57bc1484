//! Messages as the recorded traffic of the plug-in has them, shortened where only zeros follow; what it has not is built by [`answer`].

use super::*;
use crate::protocols::testing::Bench;
use model::{Operation, Transport};

const CONNECT: &[u8] = &[1, 0, 0, 0, 0x01, 0xfc];
const CONNECTED: &[u8] = &[2, 0, 0, 0, 0x01, 0xb8];
const GET_STATUS: &[u8] = &[5, 0, 10, 0, 0, 0, 0x13, 0, 0, 0, 0x27, 0, 10, 0, 0x50, 0x10];
const UPLOAD: &[u8] =
    &[5, 0, 0x12, 0, 0, 0, 0x41, 4, 0, 0, 0x6c, 0, 0x12, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xf7];
const REJECTED: &[u8] = &[5, 0, 12, 0, 1, 1, 0x64, 4, 0, 0, 0x52, 1, 12, 0, 0xd0, 0, 0x28, 0x29];
const RUN: &[u8] = &[5, 0, 10, 0, 0, 0, 0x14, 0xc0, 0, 0, 0xe8, 0, 10, 0, 0xee, 0xee];

fn hint() -> Hint {
    Hint { transport: Transport::Udp, from_port: 5, to_port: 6, ethertype: 0, usual: false, from_start: true }
}

/// A message of the controller, with its sum and its check word (both as the plug-in's honeypot works them out).
fn answer(function: u8, sequence: u8, data: &[u8]) -> Vec<u8> {
    let [low, high] = u16::try_from(FUNCTION_HEADER + data.len()).unwrap().to_le_bytes();
    let mut out = vec![5, 0, low, high, 1, 1, function, sequence, 0, 0, 0, 0, low, high];
    out.extend(data);
    let check = crc16_arc(&out).to_le_bytes();
    out.extend(check);
    out
}

#[test]
fn recognition_wants_lengths_and_check_word() {
    for message in [CONNECT, CONNECTED, GET_STATUS, UPLOAD, REJECTED, RUN] {
        assert_eq!(TriStation.probe(message, &hint()), Probe::Yes);
        assert_eq!(TriStation.probe(&message[..message.len() - 1], &hint()), Probe::No);
        for at in 0..message.len() {
            let mut wrong = message.to_vec();
            wrong[at] ^= 0x10;
            assert_eq!(TriStation.probe(&wrong, &hint()), Probe::No, "octet {at}");
        }
    }
}

#[test]
fn a_rejection_is_an_error_of_what_was_asked() {
    let mut bench = Bench::new(&TriStation);
    bench.client(CONNECT);
    bench.server(CONNECTED);
    bench.client(UPLOAD);
    bench.server(REJECTED);
    bench.client(RUN);
    bench.server(&answer(109, 0xc0, &[]));
    assert_eq!(bench.operations(), ["connect 1/1/0", "run_program 1/1/0", "upload_program 1/1/1"]);
}

#[test]
fn the_state_of_the_program_is_told() {
    let mut data = vec![0; 186];
    data[..9].copy_from_slice(&[1, 0, 0, 0, 0x0d, 0, 1, 1, 0]);
    data[66..72].copy_from_slice(b"NOZOMI");
    let mut bench = Bench::new(&TriStation);
    bench.client(GET_STATUS);
    bench.server(&answer(108, 0, &data));
    let facts = ["vendor Triconex", "product Tricon", "protection program", "mode running", "program NOZOMI"];
    assert_eq!(bench.facts(), facts.map(|f| format!("server {f}")));
    assert_eq!(bench.operations(), ["get_cp_status 1/1/0"]);
    bench.server(&answer(106, 1, &[3, 0, 0x33, 0x0a, 4, 0]));
    assert_eq!(bench.facts().last().unwrap(), "server firmware 10.4");
}

#[test]
fn modules_are_parts() {
    let mut chassis = vec![0; 166 + 16 * 32];
    chassis[3..5].copy_from_slice(&[1, 2]);
    chassis[166 + 2] = 0xf0;
    chassis[166 + 3 * 32 + 2] = 55;
    chassis[166 + 4 * 32 + 2] = 20;
    let mut bench = Bench::new(&TriStation);
    bench.server(&answer(119, 0, &chassis));
    assert_eq!(
        bench.facts()[2..],
        [
            "server protection run",
            "server mode stopped",
            "server Slot(3) product 4329 network communication module",
            "server Slot(3) order_number 4329",
            "server Slot(4) product 3604 discrete output",
            "server Slot(4) order_number 3604",
        ]
    );
    let mut versions = vec![0; 130];
    versions[1] = 0xff;
    versions[2 + 5 * 8..][..4].copy_from_slice(&[0x21, 0, 0x10, 0x17]);
    let mut bench = Bench::new(&TriStation);
    bench.server(&answer(151, 0, &versions));
    assert_eq!(bench.facts()[4], "server Slot(5) firmware 5904");
}

#[test]
fn tables_are_sorted_and_agree() {
    assert!(OPERATIONS.list.is_sorted_by_key(|o: &Operation| o.code));
    for response in 100..=u8::MAX {
        let named = |request: u8| OPERATIONS.list.iter().any(|o| o.code == u32::from(request));
        assert!(answered(response).is_none_or(named));
    }
    assert_eq!(modules::module(57), Some(("4351B", "communication module")));
    assert_eq!(modules::module(255), Some(("3008", "main processor")));
}
