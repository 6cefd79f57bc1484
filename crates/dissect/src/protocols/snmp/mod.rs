//! SNMP versions 1, 2c and 3: what devices tell of themselves, and who may ask.
//! Sources: RFC 1157 (v1), RFC 3416 (v2 operations), RFC 3412 and 3414 (v3), RFC 1213 and 3418 (system group), RFC 2863
//! (interfaces), RFC 6933 (entities).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, Short};
use model::observation::Mechanism;
use model::{Attribute, Operation, OperationClass as Class, Text};

mod ber;
mod objects;

/// The protocol.
pub(super) struct Snmp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "snmp",
    title: "SNMP",
    tcp: &[],
    udp: &[161, 162],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1157; RFC 3412; RFC 3414; RFC 3416; RFC 3418; RFC 6933",
    operations: &[&OPERATIONS],
};

static PDU: Counter = Counter { protocol: "snmp", name: "pdu" };

/// Context tags of the PDUs (RFC 3416 §3); the counter's code is the tag's number.
mod pdu {
    pub(super) const GET: u8 = 0;
    pub(super) const RESPONSE: u8 = 2;
    pub(super) const TRAP_V1: u8 = 4;
    pub(super) const GET_BULK: u8 = 5;
    pub(super) const INFORM: u8 = 6;
    pub(super) const TRAP_V2: u8 = 7;
    pub(super) const REPORT: u8 = 8;
}

impl Protocol for Snmp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A sequence that fills the datagram, a version, and what must follow it.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let fits = || -> Read<bool> {
            let mut r = Reader::new(head);
            let content = ber::expect(&mut r, ber::SEQUENCE)?;
            let whole = r.is_empty() || hint.usual;
            let mut r = Reader::new(content);
            let version = ber::integer(&mut r)?;
            let (tag, _) = ber::value(&mut r)?;
            let (next, _) = ber::value(&mut r)?;
            let shape = match version {
                0 | 1 => tag == ber::OCTET_STRING && matches!(next, 0xa0..=0xa8),
                3 => tag == ber::SEQUENCE && next == ber::OCTET_STRING,
                _ => false,
            };
            Ok(whole && shape)
        };
        // A datagram that the capture cut still shows its beginning.
        let begins = hint.usual
            && matches!(head, [0x30, ..])
            && head.windows(3).take(6).any(|w| w == [2, 1, 0] || w == [2, 1, 1] || w == [2, 1, 3]);
        Probe::when(fits().unwrap_or(begins))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Manager::default())
    }
}

/// What one manager and one agent said last, so that it is not said with every message.
#[derive(Default)]
struct Manager {
    /// The last kind of request: a response has none of its own.
    asked: u8,
    /// The community or user of the last message, and whether an answer accepted it.
    who: Vec<u8>,
    accepted: bool,
    version_said: bool,
}

impl Session for Manager {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if self.message(input.data, emit).is_err() && !input.cut {
            emit.malformed();
        }
        Progress::Took(input.data.len())
    }
}

impl Manager {
    fn message(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(ber::expect(&mut Reader::new(data), ber::SEQUENCE)?);
        match ber::integer(&mut r)? {
            version @ (0 | 1) => {
                let community = ber::expect(&mut r, ber::OCTET_STRING)?;
                let (tag, content) = ber::value(&mut r)?;
                let title = if version == 0 { "SNMPv1" } else { "SNMPv2c" };
                self.community(community, emit);
                self.sign_in(community, Mechanism::Community, false, tag & 0x1f, emit);
                self.pdu(tag, content, title, emit)
            }
            3 => self.version_3(&mut r, emit),
            _ => Err(Short),
        }
    }

    /// Header, security parameters, scoped PDU (RFC 3412 §6).
    fn version_3(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let mut header = Reader::new(ber::expect(r, ber::SEQUENCE)?);
        ber::integer(&mut header)?;
        ber::integer(&mut header)?;
        let flags = ber::expect(&mut header, ber::OCTET_STRING)?.first().copied().unwrap_or(0);
        let model = ber::integer(&mut header)?;
        let security = ber::expect(r, ber::OCTET_STRING)?;
        let data = ber::value(r);
        let (authenticated, private) = (flags & 1 != 0, flags & 2 != 0);
        // An encrypted PDU does not show what it is.
        let scoped = match data {
            Ok((ber::SEQUENCE, content)) if !private => scoped_pdu(content).map(Some),
            Ok(_) => {
                emit.encrypted();
                Ok(None)
            }
            Err(short) => Err(short),
        };
        // RFC 3411 §5: security model 3 is the user-based one.
        if model == 3 {
            let mut r = Reader::new(ber::expect(&mut Reader::new(security), ber::SEQUENCE)?);
            for _ in 0..3 {
                ber::value(&mut r)?;
            }
            let user = ber::expect(&mut r, ber::OCTET_STRING)?;
            let kind = scoped.ok().flatten().map_or(0, |(tag, _)| tag & 0x1f);
            if !user.is_empty() {
                self.sign_in(user, Mechanism::Username, authenticated, kind, emit);
            }
        }
        match scoped? {
            Some((tag, content)) => self.pdu(tag, content, "SNMPv3", emit),
            None => Ok(()),
        }
    }

    /// Most messages show the community of the one before.
    fn community(&mut self, community: &[u8], emit: &mut Emit<'_>) {
        if self.who == community {
            emit.secret_again(community);
        } else {
            emit.secret(Text::new(""), Mechanism::Community, community, community);
        }
    }

    /// Says who asks when that changes. A community is a password: only those that everyone knows are named.
    fn sign_in(&mut self, who: &[u8], mechanism: Mechanism, protected: bool, kind: u8, emit: &mut Emit<'_>) {
        let answered = kind == pdu::RESPONSE;
        let same = self.who == who;
        if same && (self.accepted || !answered) || kind == pdu::REPORT {
            return;
        }
        if !same {
            self.who.clear();
            self.who.extend_from_slice(who.get(..64).unwrap_or(who));
        }
        self.accepted = answered;
        let name = match (mechanism, who) {
            (Mechanism::Community, b"public") => Text::new("public"),
            (Mechanism::Community, b"private") => Text::new("private"),
            (Mechanism::Community, _) => Text::new("(community)"),
            _ => Text::from_wire(who),
        };
        emit.sign_in(name, mechanism, protected, answered.then_some(true), &[]);
    }

    /// Request id, error status and index, bindings (RFC 3416 §3); a version 1 trap has a head of its own (RFC 1157 §4.1.6).
    fn pdu(&mut self, tag: u8, content: &[u8], version: &'static str, emit: &mut Emit<'_>) -> Read<()> {
        let kind = tag & 0x1f;
        if tag & 0xe0 != 0xa0 || kind > pdu::REPORT {
            return Err(Short);
        }
        emit.count(&PDU, kind);
        let mut r = Reader::new(content);
        let mut status = 0;
        if kind == pdu::TRAP_V1 {
            for _ in 0..5 {
                ber::value(&mut r)?;
            }
        } else {
            ber::value(&mut r)?;
            status = ber::integer(&mut r)?;
            ber::value(&mut r)?;
        }
        let answer = kind == pdu::RESPONSE;
        if answer {
            let phase = if status == 0 { Phase::Response } else { Phase::Error };
            emit.operation(&OPERATIONS, self.asked.into(), phase);
        } else {
            emit.operation(&OPERATIONS, kind.into(), Phase::Request);
        }
        if matches!(kind, pdu::GET..=1 | 3 | pdu::GET_BULK) {
            self.asked = kind;
        }
        if !answer && !matches!(kind, pdu::TRAP_V1 | pdu::INFORM | pdu::TRAP_V2 | pdu::REPORT) {
            return Ok(());
        }
        if !self.version_said {
            self.version_said = true;
            let text = Text::new(version);
            emit.identity(Whom::Sender, Attribute::ProtocolVersion, text, &[], "snmp.version");
        }
        if status == 0 { objects::bindings(&mut r, emit) } else { Ok(()) }
    }
}

/// Context engine, context name, PDU (RFC 3412 §6).
fn scoped_pdu(content: &[u8]) -> Read<(u8, &[u8])> {
    let mut r = Reader::new(content);
    ber::value(&mut r)?;
    ber::value(&mut r)?;
    ber::value(&mut r)
}

/// RFC 3416 §3 and RFC 1157 §4.1.
static OPERATIONS: Operations = Operations {
    prefix: "pdu",
    list: &[
        Operation::new("get", 0, Class::Read),
        Operation::new("get_next", 1, Class::Read),
        Operation::new("response", 2, Class::Read),
        Operation::new("set", 3, Class::Write),
        Operation::new("trap_v1", 4, Class::Diagnostic),
        Operation::new("get_bulk", 5, Class::Read),
        Operation::new("inform", 6, Class::Diagnostic),
        Operation::new("trap", 7, Class::Diagnostic),
        Operation::new("report", 8, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    /// A value with a short or a two-byte length.
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let head =
            if content.len() < 128 { vec![tag, length[1]] } else { vec![tag, 0x82, length[0], length[1]] };
        [head, content.to_vec()].concat()
    }

    fn community(version: u8, name: &[u8], pdu: u8, status: u8, bindings: &[u8]) -> Vec<u8> {
        let pdu =
            tlv(pdu, &[hex("0201 05"), vec![2, 1, status], hex("0201 00"), tlv(0x30, bindings)].concat());
        tlv(0x30, &[vec![2, 1, version], tlv(4, name), pdu].concat())
    }

    fn binding(object: &str, tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(0x30, &[tlv(6, &hex(object)), tlv(tag, value)].concat())
    }

    #[test]
    fn the_system_group() {
        let ask = community(1, b"public", 0xa1, 0, &binding("2b06010201", 5, b""));
        let bindings = [
            binding("2b060102010101 00", 4, b"Cisco IOS Software, Version 12.1, x"),
            binding("2b060102010102 00", 6, &hex("2b0601040109 01")),
            binding("2b060102010105 00", 4, b"sw-1"),
            binding("2b060102010106 00", 4, b"hall 3"),
            binding("2b0601020102020106 02", 4, &hex("020000000008")),
            binding("2b060102012f010101010b 01", 4, b"SN9"),
        ]
        .concat();
        let tell = community(1, b"public", 0xa2, 0, &bindings);
        let said = hear(&Snmp, Transport::Udp, &[('>', &ask), ('<', &tell)]);
        for line in [
            "operation get_next read 1 1 0",
            "10.0.0.2 sign-in public Community false None",
            "10.0.0.2 sign-in public Community false Some(true)",
            "10.0.0.2 protocol_version SNMPv2c",
            "10.0.0.2 description Cisco IOS Software, Version 12.1, x",
            "10.0.0.2 firmware 12.1",
            "10.0.0.2 product_code 1.3.6.1.4.1.9.1",
            "10.0.0.2 name sw-1",
            "10.0.0.2 location hall 3",
            "10.0.0.2 other_mac 02:00:00:00:00:08",
            "10.0.0.2 serial SN9",
            "snmp.pdu c2s 1 1",
            "snmp.pdu s2c 2 1",
        ] {
            assert!(said.iter().any(|s| s == line), "{line} is not in {said:#?}");
        }
    }

    #[test]
    fn a_community_is_a_secret() {
        for (name, shown) in [
            (&b"public"[..], "public"),
            (b"private", "private"),
            (b"s3cret", "(community)"),
            (b"Public", "(community)"),
        ] {
            let said = hear(&Snmp, Transport::Udp, &[('>', &community(0, name, 0xa3, 0, &[]))]);
            assert!(said.contains(&format!("10.0.0.2 sign-in {shown} Community false None")), "{said:#?}");
            assert!(said.contains(&"operation set write 1 0 0".to_owned()));
        }
    }

    #[test]
    fn version_three() {
        let user = tlv(
            0x30,
            &[tlv(4, b"engine"), hex("0201 01 0201 01"), tlv(4, b"admin"), hex("0400 0400")].concat(),
        );
        let message = |flags: &str, data: Vec<u8>| {
            let header = tlv(0x30, &[hex("0201 01 0202 05c0 0401"), hex(flags), hex("0201 03")].concat());
            tlv(0x30, &[hex("0201 03"), header, tlv(4, &user), data].concat())
        };
        let pdu = tlv(0xa0, &hex("0201 01 0201 00 0201 00 3000"));
        let plain = message("05", tlv(0x30, &[tlv(4, b"engine"), tlv(4, b""), pdu].concat()));
        let hidden = message("07", tlv(4, &[0x5a; 40]));
        assert_eq!(
            hear(&Snmp, Transport::Udp, &[('>', &plain), ('>', &hidden)]),
            ["operation get read 1 0 0", "10.0.0.2 sign-in admin Username true None", "snmp.pdu c2s 0 1"]
        );
    }

    #[test]
    fn recognition_and_damage() {
        let ask = community(1, b"public", 0xa0, 0, &[]);
        assert_eq!(probe(&Snmp, Transport::Udp, false, &ask), Probe::Yes);
        assert_eq!(probe(&Snmp, Transport::Udp, false, &ask[..ask.len() - 1]), Probe::No);
        assert_eq!(probe(&Snmp, Transport::Udp, true, &ask[..12]), Probe::Yes);
        assert_eq!(probe(&Snmp, Transport::Udp, true, &[0; 40]), Probe::No);
        for end in 0..ask.len() {
            assert!(
                hear(&Snmp, Transport::Udp, &[('>', &ask[..end])]).contains(&"malformed message".to_owned())
            );
        }
    }
}
