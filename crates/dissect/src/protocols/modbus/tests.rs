//! Exchanges written out from the specifications.

use super::*;
use crate::protocols::testing::Bench;
use model::Transport;

fn hint(usual: bool) -> Hint {
    let transport = Transport::Tcp;
    Hint { transport, from_port: 50_000, to_port: 10_502, ethertype: 0, usual, from_start: true }
}

#[test]
fn recognition() {
    for (head, usual, expected) in [
        (&b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01"[..], true, Probe::Yes),
        (b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01", false, Probe::Yes),
        (b"\x00\x01\x00\x00\x00\x06\x01\x03\x00", false, Probe::More),
        (b"\x00\x01\x00\x00\x00\x05\x01\x03\x02\x00\x07", false, Probe::Yes),
        (b"\x00\x01\x00\x00\x00\x05\x01\x03\x04\x00\x07", false, Probe::No),
        (b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x00", false, Probe::No),
        (b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\xff\xff", false, Probe::No),
        (b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01junk", false, Probe::No),
        (b"\x00\x01\x00\x00\x00\x03\x01\x63\x00", true, Probe::Yes),
        (b"\x00\x01\x00\x00\x00\x03\x01\x63\x00", false, Probe::No),
        (b"\x00\x01\x00\x01\x00\x06\x01\x03\x00\x00\x00\x01", true, Probe::No),
        (b"\x00\x01\x00", false, Probe::More),
        (b"GET / HTTP/1.1", true, Probe::No),
    ] {
        assert_eq!(Modbus.probe(head, &hint(usual)), expected, "{head:?} {usual}");
    }
}

/// Transaction, protocol, length, then unit and PDU.
fn adu(transaction: u8, content: &[u8]) -> Vec<u8> {
    [&[0, transaction, 0, 0, 0, u8::try_from(content.len()).unwrap()][..], content].concat()
}

/// Stop, signed: the message that Tenable's proof of concept for M340 sends, with another hash; the controller does it, then refuses.
#[test]
fn what_is_signed_counts() {
    let mut b = Bench::new(&Modbus);
    let signed =
        |key: u8, inner: &[u8]| [&[0, 0x5a, key, 0x38, 1][..], &[0xab; 32], &[0x5a, key], inner].concat();
    let answer = |code: u8| [&[0, 0x5a, 7, 0xfe, 1][..], &[0xcd; 32], &[0x5a, 7, code]].concat();
    b.client(&adu(1, &signed(7, b"\x41\xff\x00")));
    b.server(&adu(1, &answer(0xfe)));
    b.client(&adu(2, &signed(7, b"\x41\xff\x00")));
    b.server(&adu(2, &answer(0xfd)));
    b.client(&adu(3, &signed(7, b"\x11")));
    b.server(&adu(3, b"\x00\x5a\x07\xfd\x00"));
    // Cut short: no function is made up.
    b.client(&adu(4, &signed(7, b"")));
    assert_eq!(
        b.operations(),
        ["umas_release_reservation 1/1/1", "umas_signed_request 3/3/2", "umas_stop 2/2/1"]
    );
    assert_eq!(b.malformed(), 1);
}

#[test]
fn what_is_asked_decides_the_class() {
    let mut b = Bench::new(&Modbus);
    for (at, request, answer) in [
        (1, &b"\x01\x03\0\0\0\x01"[..], &b"\x01\x03\x02\0\x07"[..]),
        (2, b"\x01\x08\0\x01\0\0", b"\x01\x08\0\x01\0\0"),
        (3, b"\x01\x08\0\x04\0\0", b"\x01\x88\x01"),
        (4, b"\x00\x5a\x00\x40\xff\x00", b"\x00\x5a\x00\xfe"),
        (5, b"\x00\x5a\x00\x41\xff\x00", b"\x00\x5a\x00\xfd\x80"),
        (6, b"\x00\x5a\x00\x30\x00\x01", b"\x00\x5a\x00\xfe"),
        (7, b"\x00\x5a\x00\x33\x00\x01", b"\x00\x5a\x00\xfe"),
        (8, b"\x00\x5a\x00\x6e\x00\x01", b"\x00\x5a\x00\xfe"),
        (9, b"\x01\x13", b"\x01\x93\x01"),
    ] {
        b.client(&adu(at, request));
        b.server(&adu(at, answer));
    }
    assert_eq!(
        b.operations(),
        [
            "force_listen_only 1/1/1",
            "read_holding_registers 1/1/0",
            "reset_comm_link 1/1/1",
            "restart_communications 1/1/0",
            "umas_exchange_nonces 1/1/0",
            "umas_initialize_download 1/1/0",
            "umas_initialize_upload 1/1/0",
            "umas_start 1/1/0",
            "umas_stop 1/1/1",
        ]
    );
}

#[test]
fn identities() {
    let mut b = Bench::new(&Modbus);
    b.client(&adu(1, b"\x07\x2b\x0e\x01\0"));
    b.server(&adu(1, b"\x07\x2b\x0e\x01\x01\xff\x02\x02\0\x05Maker\x01\x04X-12"));
    b.client(&adu(2, b"\x07\x2b\x0e\x01\x02"));
    b.server(&adu(2, b"\x07\x2b\x0e\x01\x01\0\0\x01\x02\x04V1.0"));
    b.client(&adu(3, b"\xff\x11"));
    b.server(&adu(3, b"\xff\x11\x0a\x01\xff\x00Server\x01"));
    b.client(&adu(4, b"\x00\x5a\x00\x02"));
    let ident = [&[0, 0x5a, 0, 0xfe][..], &[0; 8], &[0x60, 2], &[0; 12], b"\x0cBMX P34 2000"].concat();
    b.server(&adu(4, &ident));
    assert_eq!(
        b.facts(),
        [
            "server Unit(7) station_address 7",
            "server Unit(7) vendor Maker",
            "server Unit(7) order_number X-12",
            "server Unit(7) firmware V1.0",
            "server description Server",
            "server product BMX P34 2000",
            "server firmware V2.60",
        ]
    );
    for end in 3..ident.len() {
        let mut short = Bench::new(&Modbus);
        short.client(&adu(4, b"\x00\x5a\x00\x02"));
        short.server(&adu(4, &ident[..end]));
        assert_eq!(short.malformed(), 1, "{end}");
    }
}

#[test]
fn tables_are_sorted() {
    for table in [&OPERATIONS, &operations::DIAGNOSTICS, &operations::ENCAPSULATED, &umas::OPERATIONS] {
        assert!(table.list.is_sorted_by_key(|o| o.code), "{}", table.prefix);
    }
}
