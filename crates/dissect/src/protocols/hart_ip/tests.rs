//! Exchanges written out from the specifications.

use super::*;
use crate::testing::{hear, hex};

#[test]
fn recognition() {
    let hint = |transport, usual| Hint {
        transport,
        from_port: 50_000,
        to_port: 5000,
        ethertype: 0,
        usual,
        from_start: true,
    };
    let initiate = b"\x01\x00\x00\x00\x00\x01\x00\x0d\x01\x00\x00\x75\x30";
    assert_eq!(HartIp.probe(initiate, &hint(Transport::Udp, true)), Probe::Yes);
    assert_eq!(HartIp.probe(initiate, &hint(Transport::Udp, false)), Probe::Yes);
    assert_eq!(HartIp.probe(&initiate[..12], &hint(Transport::Udp, true)), Probe::No);
    assert_eq!(HartIp.probe(&initiate[..5], &hint(Transport::Tcp, true)), Probe::More);
    assert_eq!(
        HartIp.probe(b"\x01\x00\x00\x00\x00\x01\x00\x09\x01", &hint(Transport::Tcp, false)),
        Probe::No
    );
    assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
}

/// A message of version 1 with a frame in it: request (2) or answer (6) with a short address, command, data; then the check octet.
fn framed(answer: bool, command: u8, data: &str) -> Vec<u8> {
    let data = hex(data);
    let mut frame = vec![if answer { 0x06 } else { 0x02 }, 0x80, command, u8::try_from(data.len()).unwrap()];
    frame.extend(&data);
    frame.push(frame.iter().fold(0, |sum, b| sum ^ b));
    message(answer.into(), id::TOKEN_PASSING, &frame)
}

fn message(kind: u8, id: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(HEADER + body.len()).unwrap();
    [&[1, kind, id, 0, 0, 1, 0, length][..], body].concat()
}

fn heard(messages: &[(char, &[u8])]) -> Vec<String> {
    hear(&HartIp, Transport::Tcp, messages)
}

#[test]
fn classes_of_commands() {
    for (command, data, expected) in [
        (0, "", "read_unique_identifier discovery"),
        (3, "", "read_dynamic_variables read"),
        (6, "01 00", "write_polling_address configuration"),
        (40, "41200000", "fix_loop_current force"),
        (41, "", "self_test diagnostic"),
        (42, "", "reset_device restart"),
        (51, "00 01 02 03", "write_variable_assignments configuration"),
        (66, "00 3c 41200000", "fix_analog_channel force"),
        (71, "01", "lock_device configuration"),
        (76, "", "read_lock_state diagnostic"),
        (79, "00 01 20 41200000 c0", "write_device_variable force"),
        (83, "00", "reset_trim configuration"),
        (89, "00 010101 00000000 0000", "set_clock time"),
        (109, "01", "burst_control configuration"),
        (111, "00", "transfer_control file"),
        (119, "00", "acknowledge_event command"),
        (130, "", "device_specific_130 other"),
        // The number stands in the data (HCF_SPEC-099): write country code, simulate status bit, write join key.
        (31, "0201 555300", "write_country_code configuration"),
        (31, "020f 0001", "simulate_status_bit force"),
        (31, "0300 00112233445566778899aabbccddeeff", "write_join_key configuration"),
    ] {
        let lines = heard(&[('>', &framed(false, command, data))]);
        assert!(
            lines.contains(&format!("operation {expected} 1 0 0")),
            "{command} is not {expected}: {lines:#?}"
        );
    }
}

#[test]
fn an_answer_tells_whether_it_was_done() {
    let (ask, done) = (framed(false, 71, "01"), framed(true, 71, "00 00 01"));
    let refused = framed(true, 71, "10 00");
    let lines = heard(&[('>', &ask), ('<', &done), ('>', &ask), ('<', &refused)]);
    assert!(lines.contains(&"operation lock_device configuration 2 2 1".to_owned()), "{lines:#?}");
}

#[test]
fn commands_without_a_frame() {
    // Write range and read the identity in one message; the first is refused for write protection (7).
    let ask = message(0, id::DIRECT, &hex("00 00 0023 09 39 42c80000 00000000 0000 00"));
    let identity = "fe 2606 05 07 01 0a 10 00 123456 05 04 0001 00 0026 0026 01";
    let told = [hex("00 00 0023 01 07 0000 17 00"), hex(identity)].concat();
    let lines = heard(&[('>', &ask), ('<', &message(1, id::DIRECT, &told))]);
    for expected in [
        "operation direct_pdu session 1 1 0",
        "operation write_range configuration 1 1 1",
        "operation read_unique_identifier discovery 1 1 0",
        "10.0.0.2 vendor Rosemount",
        "10.0.0.2 serial 123456",
    ] {
        assert!(lines.iter().any(|l| l == expected), "{expected} is not in {lines:#?}");
    }
    // A length past the end is no command.
    let lines = heard(&[('>', &message(0, id::DIRECT, &hex("00 00 0023 ff 39")))]);
    assert!(!lines.iter().any(|l| l.contains("write_range")), "{lines:#?}");
}

#[test]
fn what_is_passed_on_counts() {
    // Card 1, channel 2, five preambles, a request with a long address: write the range.
    let ask = framed(false, 77, "01 02 05 82 a606123456 23 09 39 42c80000 00000000");
    let done = framed(true, 77, "00 00 01 02 86 a606123456 23 0b 00 00 39 42c80000 00000000");
    let lines = heard(&[('>', &ask), ('<', &done)]);
    for expected in
        ["operation send_to_sub_device session 1 1 0", "operation write_range configuration 1 1 0"]
    {
        assert!(lines.iter().any(|l| l == expected), "{expected} is not in {lines:#?}");
    }
    let tag = "50542d313031".to_owned() + &"00".repeat(26);
    let told = framed(true, 84, &format!("00 00 0001 01 02 0026 2606 123456 07 {tag}"));
    let lines = heard(&[('<', &told)]);
    for expected in ["name PT-101", "vendor_id 38", "product_code 9734", "serial 123456"] {
        let line = format!("10.0.0.2/Unit({}) {expected}", 0x0612_3456);
        assert!(lines.contains(&line), "{line} is not in {lines:#?}");
    }
}
