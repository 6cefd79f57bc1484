//! DLMS/COSEM of meters, in its TCP and UDP wrapper and in HDLC frames: reads, writes and actions on objects, associations.
//! Sources: IEC 62056-47:2006, 5 (wrapper); IEC 62056-46:2002, 6.4 (HDLC frame format type 3); IEC 62056-5-3:2017, 8 (APDU tags), 7.3
//! (authentication mechanisms).

mod tags;

use self::tags::{OPERATIONS, is_answer, is_ciphered, is_general, is_refusal};
use crate::emit::{Counter, Emit, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{be16, byte};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Text};

/// The protocol.
pub(super) struct Dlms;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "dlms",
    title: "DLMS/COSEM (metering)",
    tcp: &[4059],
    udp: &[4059],
    ethertypes: &[],
    industrial: true,
    sources: "IEC 62056-46, 62056-47, 62056-5-3",
    operations: &[&OPERATIONS],
};

static APDU: Counter = Counter { protocol: "dlms", name: "apdu" };

/// Version, source and destination port, length.
const WRAPPER: usize = 8;
const WRAPPER_VERSION: u16 = 1;
/// Opening and closing flag of an HDLC frame; the format field after it has type 10 in its high bits and the length in the low eleven.
const FLAG: u8 = 0x7e;
const FORMAT_TYPE: u16 = 0xa000;
const FORMAT_MASK: u16 = 0xf000;
const LENGTH_MASK: u16 = 0x07ff;
/// LLC header of a command and of a response.
const LLC: [[u8; 3]; 2] = [[0xe6, 0xe6, 0x00], [0xe6, 0xe7, 0x00]];
const AARQ: u8 = 0x60;
const AARE: u8 = 0x61;

/// What stands at the front: the whole length, and where the APDU lies.
struct Framed {
    whole: usize,
    apdu: std::ops::Range<usize>,
}

fn framed(data: &[u8]) -> Option<Framed> {
    if byte(data, 0)? == FLAG {
        let format = be16(data, 1)?;
        let length = usize::from(format & LENGTH_MASK);
        // Format, two addresses, control, check word.
        let sound = format & FORMAT_MASK == FORMAT_TYPE && length >= 7;
        return sound.then_some(Framed { whole: length + 2, apdu: 3..length.saturating_sub(1) });
    }
    let length = usize::from(be16(data, 6)?);
    let sound = be16(data, 0)? == WRAPPER_VERSION && (1..=0x4000).contains(&length);
    sound.then_some(Framed { whole: WRAPPER + length, apdu: WRAPPER..WRAPPER + length })
}

/// The check word of a frame over all between the flags (CRC-16/X.25, IEC 62056-46, 6.4.3.9): what remains when the word itself goes
/// through is always the same.
fn is_checked(frame: &[u8]) -> bool {
    const POLYNOMIAL: u16 = 0x8408;
    const GOOD: u16 = 0xf0b8;
    let inner = frame.get(1..frame.len().saturating_sub(1)).unwrap_or_default();
    let step = |crc: u16| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
    inner.iter().fold(u16::MAX, |crc, &b| (0..8).fold(crc ^ u16::from(b), |crc, _| step(crc))) == GOOD
}

/// An association names its application context, which only COSEM has: 2.16.756.5.8.1 (IEC 62056-5-3, 7.3.7.1).
fn is_association(apdu: &[u8]) -> bool {
    const CONTEXT: &[u8] = &[0x60, 0x85, 0x74, 0x05, 0x08, 0x01];
    matches!(apdu.first(), Some(&(AARQ | AARE))) && apdu.windows(CONTEXT.len()).take(32).any(|w| w == CONTEXT)
}

fn is_known(tag: u8) -> bool {
    OPERATIONS.list.binary_search_by_key(&tag.into(), |o| o.code).is_ok()
}

impl Protocol for Dlms {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// An HDLC frame with a right check word, or a wrapper with an association, at any port; a wrapper with a known APDU at the usual one.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        // Flags between frames are filling.
        let filling = head.iter().take_while(|&&b| b == FLAG).count().saturating_sub(1);
        let head = head.get(filling..).unwrap_or_default();
        let starts = match *head {
            [FLAG] | [0] | [FLAG, 0xa0..=0xa7, ..] | [0, 1, ..] => true,
            _ => head.is_empty(),
        };
        if !starts {
            return Probe::No;
        }
        let Some(framed) = framed(head) else {
            return if head.len() < WRAPPER { Probe::More } else { Probe::No };
        };
        let hdlc = head.first() == Some(&FLAG);
        let tag = byte(head, WRAPPER).filter(|_| !hdlc);
        if tag.is_some_and(|tag| !is_known(tag) || !hint.usual && !matches!(tag, AARQ | AARE)) {
            return Probe::No;
        }
        match head.get(..framed.whole) {
            Some(frame) if hdlc => Probe::when(is_checked(frame)),
            Some(frame) => {
                Probe::when(hint.usual || is_association(frame.get(WRAPPER..).unwrap_or_default()))
            }
            None => Probe::More,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Conversation { hdlc: None })
    }
}

/// Whether the ends use HDLC: after a hole, content can look like a header of the other kind.
struct Conversation {
    hdlc: Option<bool>,
}

impl Session for Conversation {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let hdlc = input.data.first() == Some(&FLAG);
        if self.hdlc.is_some_and(|known| known != hdlc) {
            return Progress::Lost;
        }
        // Flags between frames are filling (IEC 62056-46, 6.4.2.2).
        if input.data.starts_with(&[FLAG, FLAG]) {
            return Progress::Took(1);
        }
        let progress = read(input, emit);
        if matches!(progress, Progress::Took(_)) {
            self.hdlc = Some(hdlc);
        }
        progress
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let wait = !input.cut && !input.datagram;
    let Some(framed) = framed(input.data) else {
        return if wait && input.data.len() < WRAPPER { Progress::Need(WRAPPER) } else { Progress::Lost };
    };
    let Some(frame) = input.data.get(..framed.whole) else {
        return if wait { Progress::Need(framed.whole) } else { Progress::Lost };
    };
    let content = frame.get(framed.apdu).unwrap_or_default();
    if frame.first() == Some(&FLAG) {
        if !is_checked(frame) {
            return Progress::Lost;
        }
        // Frames of the link, and later pieces of a long APDU, have no LLC header.
        if let Some(at) = content.windows(3).take(14).position(|w| LLC.iter().any(|llc| w == llc)) {
            apdu(content.get(at + 3..).unwrap_or_default(), emit);
        }
    } else {
        apdu(content, emit);
    }
    Progress::Took(framed.whole)
}

fn apdu(apdu: &[u8], emit: &mut Emit<'_>) {
    let Some(tag) = byte(apdu, 0) else { return };
    emit.count(&APDU, tag);
    if !is_known(tag) {
        return;
    }
    let answers = if is_general(tag) {
        // Both sides wrap what they say in these.
        emit.direction == Direction::ToClient
    } else {
        emit.client_is_sender(!is_answer(tag));
        is_answer(tag)
    };
    let phase = match answers {
        _ if is_refusal(tag) => Phase::Error,
        true => Phase::Response,
        false => Phase::Request,
    };
    emit.operation(&OPERATIONS, tag.into(), phase);
    if is_ciphered(apdu) {
        emit.encrypted();
    }
    if tag == AARQ {
        association(apdu, emit);
    }
}

/// Which authentication the client wants: the object identifier 2.16.756.5.8.2.n (IEC 62056-5-3, 7.3.7). The secret is not read.
fn association(apdu: &[u8], emit: &mut Emit<'_>) {
    const MECHANISM: &[u8] = &[0x60, 0x85, 0x74, 0x05, 0x08, 0x02];
    let at = apdu.windows(MECHANISM.len()).take(128).position(|w| w == MECHANISM);
    let (mechanism, protected) = match at.and_then(|at| byte(apdu, at + MECHANISM.len())) {
        None | Some(0) => (Mechanism::Anonymous, false),
        // Low level: the password goes in clear.
        Some(1) => (Mechanism::Password, false),
        Some(_) => (Mechanism::Key, true),
    };
    emit.sign_in(Text::new(""), mechanism, protected, None, apdu);
    let name = match at.and_then(|at| byte(apdu, at + MECHANISM.len())) {
        None | Some(0) => "DLMS: no authentication",
        Some(1) => "DLMS: low level, password in clear",
        Some(2) => "DLMS: high level, the maker's own",
        Some(3) => "DLMS: high level, MD5",
        Some(4) => "DLMS: high level, SHA-1",
        Some(5) => "DLMS: high level, GMAC",
        Some(6) => "DLMS: high level, SHA-256",
        Some(7) => "DLMS: high level, ECDSA",
        Some(_) => return,
    };
    let witness = at.and_then(|at| apdu.get(at..=at + MECHANISM.len())).unwrap_or_default();
    emit.identity(Whom::Receiver, Attribute::SecurityPolicy, Text::new(name), witness, "dlms.mechanism_name");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use crate::testing::{hear, hex};
    use model::Transport;

    /// Set normal response mode, as a reader sent it (IEC 62056-46, 6.4).
    const SNRM: [u8; 9] = [0x7e, 0xa0, 0x07, 0x03, 0x21, 0x93, 0x0f, 0x01, 0x7e];

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        assert_eq!(Dlms.probe(&SNRM, &hint(false)), Probe::Yes);
        let mut broken = SNRM;
        broken[5] ^= 1;
        assert_eq!(Dlms.probe(&broken, &hint(true)), Probe::No);
        let release = [0, 1, 0, 16, 0, 1, 0, 2, 0x62, 0];
        assert_eq!(Dlms.probe(&release, &hint(true)), Probe::Yes);
        assert_eq!(Dlms.probe(&release[..7], &hint(true)), Probe::More);
        assert_eq!(Dlms.probe(&release, &hint(false)), Probe::No);
        assert_eq!(Dlms.probe(&SNRM[..4], &hint(false)), Probe::More);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn the_strength_of_an_association_is_told() {
        let mut bench = Bench::new(&Dlms);
        let mut aarq = vec![0x60, 18, 0x8b, 7, 0x60, 0x85, 0x74, 5, 8, 2, 1, 0xac, 7, 0x80, 5];
        aarq.extend(b"12345");
        let mut message = vec![0, 1, 0, 1, 0, 16, 0, u8::try_from(aarq.len()).unwrap()];
        message.extend(&aarq);
        assert_eq!(bench.client(&message), Progress::Took(message.len()));
        let sign_ins = bench.sign_ins();
        assert_eq!((sign_ins[0].mechanism, sign_ins[0].encrypted), (Mechanism::Password, false));
        let policy = "server security_policy DLMS: low level, password in clear";
        assert_eq!(bench.facts(), [policy], "the password is not read");
    }

    /// In a wrapper between client 16 and the management of the meter (IEC 62056-47, 5).
    fn wrapped(apdu: &str) -> Vec<u8> {
        let apdu = hex(apdu);
        let length = u8::try_from(apdu.len()).unwrap();
        [&[0, 1, 0, 16, 0, 1, 0, length][..], &apdu].concat()
    }

    #[test]
    fn classes_of_apdus() {
        for (way, apdu, expected) in [
            ('>', "21 05 30 00000001 00", "ciphered_initiate session 1 0 0"),
            ('<', "28 05 30 00000001 00", "ciphered_initiate_response session 0 1 0"),
            ('>', "46 05 30 00000001 00", "dedicated_ciphered_write write 1 0 0"),
            ('>', "c3 01 c1 00", "action command 1 0 0"),
            ('>', "cb 05 30 00000001 00", "ciphered_action command 1 0 0"),
            ('<', "d7 05 30 00000001 00", "dedicated_ciphered_action_response command 0 1 0"),
            ('<', "d8 01 02", "exception other 0 1 1"),
            ('<', "0e 01 00 00", "confirmed_service_error other 0 1 1"),
            ('>', "db 08 4d4d4d0000bc614e 05 30 00000001 00", "general_glo_ciphering other 1 0 0"),
            ('<', "db 08 4d4d4d0000bc614e 05 30 00000001 00", "general_glo_ciphering other 0 1 0"),
        ] {
            let lines = hear(&Dlms, Transport::Tcp, &[(way, &wrapped(apdu))]);
            let line = format!("operation {expected}");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }
}
