//! Exchanges written out from the specification.

use super::{CipIo, Enip};
use crate::protocol::Probe;
use crate::testing::{hear, hex, probe};
use model::Transport;

/// Header of an encapsulation message with a sender context (CIP volume 2, 2-3.1).
fn encapsulated(command: u16, context: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    let mut out = [command.to_le_bytes(), length.to_le_bytes()].concat();
    out.extend(hex("01000000 00000000"));
    out.extend([context, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend(body);
    out
}

fn item(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

/// SendRRData with an unconnected message.
fn unconnected(context: u8, message: &[u8]) -> Vec<u8> {
    let body = [hex("00000000 0a00 0200"), item(0, &[]), item(0xb2, message)].concat();
    encapsulated(0x6f, context, &body)
}

/// SendUnitData with a connected message.
fn connected(id: u32, sequence: u16, message: &[u8]) -> Vec<u8> {
    let data = [&sequence.to_le_bytes()[..], message].concat();
    let body = [hex("00000000 0000 0200"), item(0xa1, &id.to_le_bytes()), item(0xb1, &data)].concat();
    encapsulated(0x70, 0, &body)
}

/// Vendor 1, device type 14, product 54, revision 16.20, status 0x3160, serial 0x0051823f, name.
const IDENTITY: &str = "0100 0e00 3600 1014 6031 3f825100 0a 313735362d4c36312f42";

fn heard(messages: &[(char, &[u8])]) -> Vec<String> {
    hear(&Enip, Transport::Tcp, messages)
}

fn has(lines: &[String], expected: &[&str]) {
    for line in expected {
        assert!(lines.iter().any(|l| l == line), "{line} is not in {lines:#?}");
    }
}

#[test]
fn list_identity() {
    let address = hex("0100 0002 af12 0a000002 0000000000000000");
    let reply = [hex("0100"), item(0x0c, &[address, hex(IDENTITY), hex("03")].concat())].concat();
    let lines = hear(
        &Enip,
        Transport::Udp,
        &[('>', &encapsulated(0x63, 0, &[])), ('<', &encapsulated(0x63, 0, &reply))],
    );
    let expected = [
        "operation list_identity discovery 1 1 0",
        "10.0.0.2 vendor Rockwell Automation",
        "10.0.0.2 vendor_id 1",
        "10.0.0.2 device_type Programmable Logic Controller",
        "10.0.0.2 product_code 54",
        "10.0.0.2 firmware 16.20",
        "10.0.0.2 serial 0x0051823f",
        "10.0.0.2 product 1756-L61/B",
        "10.0.0.2 mode run",
        "10.0.0.2 protection key switch remote",
        "enip.command c2s 99 1",
        "enip.command s2c 99 1",
    ];
    has(&lines, &expected);
    assert_eq!(lines.len(), expected.len());
}

#[test]
fn identity_behind_a_route() {
    // Unconnected Send: Get_Attributes_All of class 1 instance 1, to port 1, slot 3.
    let request = hex("52 02 2006 2401 0a f0 0600 01 02 2001 2401 01 00 0103");
    let reply = [hex("81 00 00 00"), hex(IDENTITY)].concat();
    let lines = heard(&[('>', &unconnected(7, &request)), ('<', &unconnected(7, &reply))]);
    has(
        &lines,
        &[
            "10.0.0.2/Slot(3) product 1756-L61/B",
            "10.0.0.2/Slot(3) firmware 16.20",
            "operation get_attributes_all read 1 1 0",
            "cip.service c2s 82 1",
            "cip.service c2s 1 1",
            "cip.service s2c 129 1",
        ],
    );
}

#[test]
fn identity_attribute_by_attribute() {
    let single = hex("0e 03 2001 2401 3007");
    let list = hex("03 02 2001 2401 0200 0100 0700");
    let lines = heard(&[
        ('>', &unconnected(1, &single)),
        ('<', &unconnected(1, &hex("8e 00 00 00 03 504c43"))),
        ('>', &unconnected(2, &list)),
        ('<', &unconnected(2, &hex("83 00 00 00 0200 0100 0000 2f00 0600 0000 78563412"))),
    ]);
    has(&lines, &["10.0.0.2 product PLC", "10.0.0.2 vendor Omron", "10.0.0.2 serial 0x12345678"]);
}

#[test]
fn connected_messages_belong_to_the_slot_of_their_connection() {
    let open = hex(
        "54 02 2006 2401 0a 0e 00000000 11000000 0500 0100 44332211 01 000000 80841e00 f843 80841e00 f843 a3 03 0100 2002 2401",
    );
    let opened = hex("d4 00 00 00 22000000 11000000 0500 0100 44332211 80841e00 80841e00 00 00");
    // Two services at once: stop the controller, read a tag of a program.
    let several = hex(
        "0a 02 2002 2401 0200 0600 0c00 07 02 208e 2401 4c 09 910c 50726f6772616d3a4d61696e 9102 5641 0100",
    );
    let answers = hex("8a 00 1e 00 0200 0600 0a00 87 00 00 00 cc 00 05 00");
    let lines = heard(&[
        ('>', &unconnected(1, &open)),
        ('<', &unconnected(1, &opened)),
        ('>', &connected(0x22, 9, &several)),
        ('<', &connected(0x11, 9, &answers)),
    ]);
    has(
        &lines,
        &[
            "operation forward_open session 1 1 0",
            "operation multiple_service_packet session 1 1 0",
            "operation stop_controller mode_change 1 1 0",
            "operation read_tag read 1 1 1",
            "10.0.0.2/Slot(0) program Main",
            "cip.service c2s 10 1",
            "cip.service c2s 7 1",
            "cip.service c2s 76 1",
            "cip.service s2c 135 1",
            "cip.service s2c 204 1",
        ],
    );
}

#[test]
fn pccc() {
    // Requester's id of 7 bytes; change mode (0F/80), then diagnostic status (06/03).
    let change = hex("4b 02 2067 2401 07 0100 78563412 0f 00 0100 80 06");
    let ask = hex("4b 02 2067 2401 07 0100 78563412 06 00 0200 03");
    let tell = hex("cb 00 00 00 07 0100 78563412 46 00 0200 21 ee 00 5b 25 313734372d4c3535322020");
    let lines = heard(&[
        ('>', &unconnected(1, &change)),
        ('>', &unconnected(2, &ask)),
        ('<', &unconnected(2, &tell)),
    ]);
    has(
        &lines,
        &[
            "operation pccc_change_mode mode_change 1 0 0",
            "operation pccc_diagnostic_status discovery 1 1 0",
            "10.0.0.2 product 1747-L552",
        ],
    );
}

/// 1770-6.5.16, chapter 7: size, file, type of file, element, sub-element.
#[test]
fn pccc_files_that_are_no_data() {
    for (command, expected) in [
        ("0f 00 0100 a2 02 07 89 00 00", "pccc_protected_typed_logical_read_3 read"),
        ("0f 00 0100 aa 02 07 89 00 00 0100", "pccc_protected_typed_logical_write_3 write"),
        ("0f 00 0100 aa 02 00 a1 00 00 ffff", "pccc_write_forces force"),
        ("0f 00 0100 aa 02 ff 0001 a2 00 00 ffff", "pccc_write_forces force"),
        ("0f 00 0100 aa 50 02 22 00 00 0000", "pccc_write_program program_download"),
        ("0f 00 0100 a2 50 02 22 00 00", "pccc_read_program program_upload"),
        ("0f 00 0100 aa 10 00 49 00 00 0000", "pccc_write_port_configuration configuration"),
        ("0f 00 0100 41", "pccc_disable_forces force"),
        ("0f 00 0100 52", "pccc_download_completed program_download"),
        ("0f 00 0100 3a 01", "pccc_set_cpu_mode mode_change"),
        ("07 00 0100 00", "pccc_disable_outputs mode_change"),
        ("06 00 0100 08 0001", "pccc_set_data_table_size configuration"),
    ] {
        let message = hex(&format!("4b 02 2067 2401 07 0100 78563412 {command}"));
        has(&heard(&[('>', &unconnected(1, &message))]), &[&format!("operation {expected} 1 0 0")]);
    }
}

#[test]
fn refusals() {
    let reset = hex("05 02 2001 2401");
    let mut refused = encapsulated(0x6f, 3, &[]);
    refused[8] = 8;
    has(
        &heard(&[('>', &unconnected(3, &reset)), ('<', &refused)]),
        &["operation reset restart 1 1 1", "enip.command s2c 111 1"],
    );
    // The router answers for itself: nobody at that slot.
    let routed = hex("52 02 2006 2401 0a f0 0600 05 02 2001 2401 01 00 0109");
    has(
        &heard(&[('>', &unconnected(3, &routed)), ('<', &unconnected(3, &hex("d2 00 01 01 0403")))]),
        &["operation unconnected_send session 0 1 1", "operation reset restart 1 0 0"],
    );
}

#[test]
fn classes_of_operations() {
    for (request, expected) in [
        ("05 02 2001 2401", "operation reset restart 1 0 0"),
        ("06 02 208e 2401", "operation start_controller mode_change 1 0 0"),
        ("4d 02 9101 6100 c300 0100 0000", "operation write_tag write 1 0 0"),
        ("4b 02 20a1 2401", "operation update_firmware firmware_update 1 0 0"),
        ("4c 02 2037 24c8", "operation initiate_download file 1 0 0"),
        ("50 02 206a 2401", "operation download_routine program_download 1 0 0"),
        ("04 02 208b 2401", "operation set_clock time 1 0 0"),
        ("10 03 2004 2465 3003", "operation set_attribute_single write 1 0 0"),
        ("99 00", "cip.service c2s 153 1"),
        // Reset: power cycle, out of the box, the same without the addresses.
        ("05 02 2001 2401 00", "operation reset restart 1 0 0"),
        ("05 02 2001 2401 01", "operation reset_to_factory_defaults restart 1 0 0"),
        ("05 02 2001 2401 02", "operation reset_to_factory_defaults restart 1 0 0"),
        ("05 02 200f 2400", "operation reset_parameters configuration 1 0 0"),
        ("05 02 2005 2401", "operation reset_connection session 1 0 0"),
        ("05 02 2029 2401", "operation reset_drive_fault command 1 0 0"),
        ("10 03 2029 2401 3003 01", "operation set_drive_control command 1 0 0"),
        ("4b 02 20f3 2400", "operation kick_scanner_timer session 1 0 0"),
        ("4f 02 20f3 2400 01", "operation start_scanner_change configuration 1 0 0"),
        ("50 02 20f3 2401", "operation get_scanner_status diagnostic 1 0 0"),
        ("51 02 20f3 2400 01", "operation complete_scanner_change configuration 1 0 0"),
        ("02 02 20f3 2401 00", "operation set_scanner_connection configuration 1 0 0"),
        ("04 02 20f5 2401 0100 0300 02000000", "operation set_tcp_ip configuration 1 0 0"),
        ("04 02 2047 2401 0100 0400 00", "operation set_device_level_ring configuration 1 0 0"),
        ("4c 03 20f6 2401 3005", "operation get_and_clear_counters diagnostic 1 0 0"),
        ("54 02 2039 2401 01", "operation safety_reset restart 1 0 0"),
        ("53 02 2039 2401 00", "operation safety_change_mode mode_change 1 0 0"),
        ("4b 02 203a 2401", "operation safety_reset_errors diagnostic 1 0 0"),
        ("4f 02 2042 2401", "operation run_motor_test command 1 0 0"),
        ("4b 02 2003 2401 01 01", "operation allocate_connection session 1 0 0"),
        ("04 02 2043 2401 0100 0100 01", "operation set_time_sync time 1 0 0"),
        ("4e 02 2006 2401", "operation forward_close session 1 0 0"),
        ("57 02 2006 2401", "operation search_connection_data diagnostic 1 0 0"),
    ] {
        has(&heard(&[('>', &unconnected(1, &hex(request)))]), &[expected]);
    }
}

#[test]
fn recognition() {
    let register = encapsulated(0x65, 0, &hex("0100 0000"));
    let data = unconnected(1, &hex("0e 03 2001 2401 3007"));
    let list = encapsulated(0x63, 0, &[]);
    let mut options = register.clone();
    options[20] = 1;
    for (transport, usual, head, expected) in [
        (Transport::Tcp, true, &register[..], Probe::Yes),
        (Transport::Tcp, false, &register, Probe::Yes),
        (Transport::Tcp, false, &data, Probe::Yes),
        (Transport::Tcp, true, &register[..10], Probe::More),
        (Transport::Tcp, true, b"GET / HTTP/1.1\r\nHost: a\r\n", Probe::No),
        (Transport::Tcp, true, &options, Probe::No),
        (Transport::Udp, true, &list, Probe::Yes),
        (Transport::Udp, false, &list, Probe::No),
        (Transport::Udp, false, &[0; 24], Probe::No),
        (Transport::Udp, true, &[0; 24], Probe::No),
        (Transport::Udp, true, &[0; 600], Probe::No),
    ] {
        assert_eq!(probe(&Enip, transport, usual, head), expected, "{transport:?} {usual} {head:x?}");
    }
    let cyclic = hex("0200 0280 0800 11000000 05000000 b100 0400 01020304");
    assert_eq!(probe(&CipIo, Transport::Udp, false, &cyclic), Probe::Yes);
    assert_eq!(probe(&CipIo, Transport::Udp, true, &cyclic[..20]), Probe::No);
}

#[test]
fn hostile_messages_end_quietly() {
    for message in [
        "",
        "52",
        "52 ff 20",
        "52 02 2006 2401 0a f0 ffff 01",
        "0a 02 2002 2401 ffff 0000 0000",
        "0a 02 2002 2401 0200 ffff 0100",
        "81 00 00 ff",
        "4b 02 2067 2401 ff",
        "54 02 2006 2401",
    ] {
        let lines = heard(&[('>', &unconnected(1, &hex(message)))]);
        assert!(lines.iter().all(|l| !l.starts_with("Need") && !l.starts_with("Lost")), "{lines:?}");
    }
    // An Unconnected Send in an Unconnected Send, many times: followed to a depth only.
    let mut nested = hex("01 02 2001 2401");
    for _ in 0..40 {
        let length = u16::try_from(nested.len()).unwrap().to_le_bytes();
        nested = [hex("52 02 2006 2401 0a f0"), length.to_vec(), nested, hex("01 00 0100")].concat();
    }
    has(&heard(&[('>', &unconnected(1, &nested))]), &["cip.service c2s 82 5"]);
}

#[test]
fn security_objects_tell_whether_they_are_configured() {
    let ask = |context, message: &str| unconnected(context, &hex(message));
    let lines = heard(&[
        ('>', &ask(1, "01 02 205d 2401")),
        ('<', &ask(1, "81 00 0000 00 0200 0000")),
        ('>', &ask(2, "0e 03 205e 2401 3001")),
        ('<', &ask(2, "8e 00 0000 02")),
        ('>', &ask(3, "0e 03 205e 2401 3009")),
        ('<', &ask(3, "8e 00 0000 00")),
        ('>', &ask(4, "4b 02 205e 2401")),
        ('<', &ask(4, "cb 00 0c00")),
        ('>', &ask(5, "4b 02 205f 2401")),
    ]);
    has(
        &lines,
        &[
            "10.0.0.2 security_policy CIP Security: factory default",
            "10.0.0.2 capability EtherNet/IP Confidentiality Profile",
            "10.0.0.2 security_policy EtherNet/IP Security: configured",
            "10.0.0.2 security_policy EtherNet/IP Security: client certificates not verified",
            "operation begin_security_configuration configuration 1 1 1",
            "operation create_certificate_signing_request configuration 1 0 0",
        ],
    );
}

#[test]
fn inside_tls_it_is_still_ethernet_ip() {
    let hello = [hex("16 0301 002d 01 000029 0303"), vec![7; 32], hex("00 0002 c02b 01 00")].concat();
    assert_eq!(probe(&Enip, Transport::Tcp, true, &hello), Probe::Yes);
    assert_eq!(probe(&Enip, Transport::Tcp, false, &hello), Probe::No);
    let lines = heard(&[('>', &hello), ('>', &hex("17 0303 0004 01020304"))]);
    has(&lines, &["tls.handshake c2s 1 1"]);
    // ServerHello of DTLS 1.2, then data.
    let server = [
        hex("16 fefd 0000 000000000001 0032 02 000026 0001 000000 000026 fefd"),
        vec![7; 32],
        hex("00 c02b 00"),
    ]
    .concat();
    assert_eq!(probe(&Enip, Transport::Udp, true, &server), Probe::Yes);
    let lines =
        hear(&Enip, Transport::Udp, &[('<', &server), ('<', &hex("17 fefd 0001 000000000001 0002 0102"))]);
    has(&lines, &["10.0.0.2 protocol_version DTLS 1.2"]);
}
