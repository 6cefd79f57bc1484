//! Messages of ILC 131 ETH, ILC 191 ETH and of the scripts for ILC 390.

use super::*;
use crate::protocols::testing::Bench;
use model::Transport;

const IDENTIFY_390: &[u8] = &[0xcc, 1, 0, 0x0b, 0x40, 2, 0, 0, 0x47, 0xee];
const STOP_390: &[u8] = &[0xcc, 1, 0, 1, 0x40, 0x0e, 0, 0, 0x4c, 7];
const READ_390: &[u8] = &[
    0xcc, 1, 0, 0x5b, 0x40, 3, 0x1c, 0, 1, 0, 0, 0, 0x1c, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0xd7, 0x9a,
];
const FOUND: &[u8] = &[1, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0xfb, 0xff];
const ABSENT: &[u8] = &[1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfd, 0xff];
const STOP: &[u8] = &[1, 0, 2, 0, 0, 0, 0, 0, 2, 0, 7, 0, 0, 0, 0, 0];
const COLD_START: &[u8] = &[1, 0, 2, 0, 0, 0, 2, 0, 2, 0, 6, 0, 0, 0, 0, 0, 1, 0];

fn hint(usual: bool) -> Hint {
    Hint { transport: Transport::Tcp, from_port: 5, to_port: 6, ethertype: 0, usual, from_start: true }
}

fn query(service: &str, check: [u8; 2]) -> Vec<u8> {
    let name = format!("Ade.Remoting.Services.{service}\0");
    let mut out = vec![1, 0, 0, 0, 0, 0, u8::try_from(name.len()).unwrap(), 0, 0, 0, 0, 0, 0, 0];
    out.extend(check);
    out.extend(name.as_bytes());
    out
}

#[test]
fn recognition() {
    let query = query("IDeviceInfoService2", [0xd4, 0xff]);
    for message in [IDENTIFY_390, STOP_390, READ_390, &query] {
        assert_eq!(ProConOs.probe(message, &hint(false)), Probe::Yes);
        assert_eq!(ProConOs.probe(&message[..7], &hint(true)), Probe::More);
        assert_eq!(ProConOs.probe(&message[..7], &hint(false)), Probe::No);
        let mut wrong = message.to_vec();
        wrong[4] ^= 1;
        assert_eq!(ProConOs.probe(&wrong, &hint(true)), Probe::No);
    }
    assert_eq!(ProConOs.probe(STOP, &hint(true)), Probe::Yes);
    assert_eq!(ProConOs.probe(STOP, &hint(false)), Probe::No);
}

#[test]
fn an_older_controller_says_what_it_is_and_is_stopped() {
    let mut answer = b"\xcc\x000000000000\0".to_vec();
    answer.truncate(12);
    answer.extend(b"ProConOS V3.0.1040 Oct 29 2002\0\0ADAM5510KW 1.24 Build 005\0\0\0\0\0\0\0\0");
    answer.extend(b"510-projec\x00510-projec\0Exist\0");
    let mut bench = Bench::new(&ProConOs);
    bench.client(IDENTIFY_390);
    assert_eq!(bench.server(&answer), Progress::Took(answer.len()));
    bench.client(STOP_390);
    let facts = [
        "software ProConOS V3.0.1040 Oct 29 2002",
        "product ADAM5510KW 1.24 Build 005",
        "program 510-projec",
    ];
    assert_eq!(bench.facts(), facts.map(|f| format!("server {f}")));
    assert_eq!(bench.operations(), ["identify 1/1/0", "stop 1/0/0"]);
}

#[test]
fn a_service_is_found_by_name_and_called_by_number() {
    let mut bench = Bench::new(&ProConOs);
    bench.client(&query("IProConOSControlService2", [0xcf, 0xff]));
    bench.server(ABSENT);
    bench.client(&query("IProConOSControlService", [0, 0]));
    bench.server(FOUND);
    assert_eq!(bench.client(&STOP[..9]), Progress::Need(16));
    bench.client(STOP);
    bench.client(COLD_START);
    assert_eq!(bench.operations(), ["cold_start 1/0/0", "query_service 2/2/1", "stop 1/0/0"]);
}

#[test]
fn the_state_of_the_program_is_polled() {
    let mut found = FOUND.to_vec();
    (found[8], found[14]) = (1, 0xfc);
    let mut bench = Bench::new(&ProConOs);
    bench.client(&query("IDeviceInfoService", [0, 0]));
    bench.server(&found);
    for answer in [[3, 0x10, 0, 1], [7, 0x14, 0, 1]] {
        bench.client(&[1, 0, 2, 0, 0, 0, 6, 0, 1, 0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x40]);
        let head = [1, 0, 3, 0, 0, 0, 12, 0, 1, 0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 9, 0, 0];
        bench.server(&[head.as_slice(), &answer].concat());
    }
    assert_eq!(bench.facts(), ["server mode running", "server mode stopped"]);
    assert_eq!(bench.operations(), ["device_info 2/2/0", "query_service 1/1/0"]);
}
