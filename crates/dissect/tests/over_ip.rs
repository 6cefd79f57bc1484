//! What stands right over IP, without ports: read where a protocol is known for the number, counted where none is.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::{CaptureId, Fact, Timestamp};
use sightglass_dissect::Dissector;

/// The protocols of the conversations in one IPv4 packet from 192.0.2.1 to the routers' group, and how many facts it gave.
fn heard(protocol: u8, body: &[u8]) -> (Vec<Option<String>>, usize) {
    let length = u16::try_from(20 + body.len()).unwrap().to_be_bytes();
    let mut data = vec![0x45, 0, length[0], length[1], 0, 0, 0, 0, 255, protocol, 0, 0];
    data.extend([192, 0, 2, 1, 224, 0, 0, 18]);
    data.extend_from_slice(body);
    let mut dissector = Dissector::new(Limits::default());
    let wire_len = u32::try_from(data.len()).unwrap();
    let (link, time) = (LinkType::RAW, Timestamp(0));
    dissector.frame(&Frame { capture: CaptureId(0), number: 1, time, link, wire_len, data: &data });
    dissector.finish();
    let (mut names, mut facts) = (Vec::new(), 0);
    for observation in dissector.take() {
        match observation.fact {
            Fact::Conversation(c) => names.push(c.key.protocol.map(|p| p.to_string())),
            Fact::Identity { .. } => facts += 1,
            _ => {}
        }
    }
    (names, facts)
}

/// VRRP version 2 (RFC 3768 §5.1): group 1, priority 100, 192.0.2.254.
const VRRP: [u8; 20] = [0x21, 1, 100, 1, 0, 1, 0xba, 0x52, 192, 0, 2, 254, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn a_protocol_right_over_ip_is_read_under_its_number_only() {
    assert_eq!(heard(112, &VRRP), (vec![Some("vrrp".into())], 1));
    assert_eq!(heard(113, &VRRP), (vec![None], 0));
    assert_eq!(heard(112, &[9; 20]), (vec![None], 0));
    // Too short to hold ports.
    assert_eq!(heard(112, &VRRP[..3]), (vec![None], 0));
}
