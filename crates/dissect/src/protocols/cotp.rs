//! ISO transport over TCP: TPKT packets, class 0 COTP, and the choice of what rides on them: S7comm, S7comm-plus or MMS.
//!
//! Sources: RFC 1006 §6 (TPKT); ITU-T X.224 (1995) §13 (TPDUs, also as ISO/IEC 8073).
//! A conversation is called after what is carried as soon as that is seen; until then, and where it stays unknown, `cotp`.

use crate::emit::{Counter, Emit};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::{mms, s7comm, s7comm_plus};
use crate::reader::{Read, Reader, be16, byte};
use model::observation::Direction;

/// The transport itself, when nothing better is known.
pub(super) struct Cotp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "cotp",
    title: "ISO transport on TCP (TPKT, COTP)",
    tcp: &[102],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1006; ITU-T X.224 (ISO/IEC 8073)",
    operations: &[],
};

/// Everything but data units, which the protocol above counts.
static TPDU: Counter = Counter { protocol: "cotp", name: "tpdu" };

/// RFC 1006 §6: version, reserved, length of the whole packet.
const TPKT: usize = 4;
/// A user message in pieces grows to at most this; S7 messages stay below 64 KiB, MMS usually too.
const MESSAGE_MAX: usize = 0x1_0000;
/// X.224 §13.3.4: calling and called transport selector.
const CALLING: u8 = 0xc1;
const CALLED: u8 = 0xc2;

/// TPDU codes, without credit (X.224 §13.2.2.2).
mod tpdu {
    pub(super) const ED: u8 = 0x10;
    pub(super) const ER: u8 = 0x70;
    pub(super) const DR: u8 = 0x80;
    pub(super) const DC: u8 = 0xc0;
    pub(super) const CC: u8 = 0xd0;
    pub(super) const CR: u8 = 0xe0;
    pub(super) const DT: u8 = 0xf0;
}

/// Length of a TPKT packet whose TPDU makes sense (X.224 §13.2.1: the length indicator stays within the packet).
fn packet_len(head: &[u8]) -> Probe {
    let start = head.iter().zip([3, 0]).all(|(&a, b)| a == b);
    let (Some(length), Some(indicator), Some(code)) = (be16(head, 2), byte(head, 4), byte(head, 5)) else {
        return if start { Probe::More } else { Probe::No };
    };
    let fits = usize::from(indicator) + 1 + TPKT <= usize::from(length);
    let plausible = match code & 0xf0 {
        tpdu::DT => code == tpdu::DT && indicator == 2,
        tpdu::CR | tpdu::CC => indicator >= 6,
        tpdu::DR => indicator >= 6,
        tpdu::DC | tpdu::ER | tpdu::ED => indicator >= 4,
        _ => false,
    };
    Probe::when(start && fits && plausible)
}

impl Protocol for Cotp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A TPKT with a class 0 TPDU. Elsewhere than at port 102 it must name transport selectors (which RDP does not) or carry S7
    /// or MMS.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        match packet_len(head) {
            Probe::Yes if hint.usual => return Probe::Yes,
            Probe::Yes => {}
            other => return other,
        }
        match byte(head, 5).map(|code| code & 0xf0) {
            Some(tpdu::DT) => {
                let user = head.get(7..).unwrap_or_default();
                let known =
                    s7comm::is_message(user) || s7comm_plus::is_message(user) || mms::is_message(user);
                Probe::when(known)
            }
            Some(tpdu::CR | tpdu::CC) => {
                let mut selectors = 0;
                let _ = options(head.get(11..).unwrap_or_default(), |code, value| {
                    selectors += usize::from(matches!(code, CALLING | CALLED) && !value.is_empty());
                });
                Probe::when(selectors == 2)
            }
            _ => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<IsoTransport>::default()
    }
}

/// What the connection request said, for the protocol above.
#[derive(Default)]
pub(super) struct Selectors {
    /// Transport selector of the server, as bytes; at most 32 are kept.
    pub(super) called: Box<[u8]>,
    /// It was not yet told as a fact.
    pub(super) fresh: bool,
}

/// One ISO-on-TCP conversation.
#[derive(Default)]
pub(super) struct IsoTransport {
    /// Pieces of user messages, by direction.
    pieces: [Vec<u8>; 2],
    selectors: Selectors,
    s7: Option<Box<s7comm::Talk>>,
    plus: s7comm_plus::Talk,
    mms: Option<Box<mms::Talk>>,
}

impl Session for IsoTransport {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(length) = be16(input.data, 2) else { return Progress::Need(TPKT) };
        let whole = usize::from(length);
        if !matches!(input.data, [3, 0, ..]) || whole <= TPKT {
            return Progress::Lost;
        }
        if input.data.len() < whole && !input.cut {
            return Progress::Need(whole);
        }
        let cut = input.data.len() < whole;
        let body = input.data.get(TPKT..whole).or(input.data.get(TPKT..)).unwrap_or_default();
        if self.tpdu(body, cut, emit).is_err() {
            emit.malformed();
        }
        Progress::Took(whole)
    }

    fn held(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum::<usize>() + self.s7.as_ref().map_or(0, |s7| s7.held())
    }
}

impl IsoTransport {
    fn tpdu(&mut self, body: &[u8], cut: bool, emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(body);
        let indicator = r.u8()?;
        let mut header = r.sub(indicator.into())?;
        let code = header.u8()?;
        if code & 0xf0 == tpdu::DT {
            // X.224 §13.7.3: the high bit marks the last piece.
            let last = header.u8()? & 0x80 != 0;
            self.data(r.rest(), last, cut, emit);
            return Ok(());
        }
        emit.count(&TPDU, code >> 4);
        match code & 0xf0 {
            tpdu::CR => {
                emit.client_is_sender(true);
                header.skip(5)?;
                options(header.rest(), |code, value| {
                    if code == CALLED {
                        let called = value.get(..32).unwrap_or(value).into();
                        self.selectors = Selectors { called, fresh: true };
                    }
                })?;
            }
            tpdu::CC => emit.client_is_sender(false),
            _ => {}
        }
        Ok(())
    }

    /// User data, perhaps a piece of a message.
    fn data(&mut self, user: &[u8], last: bool, cut: bool, emit: &mut Emit<'_>) {
        let [to_server, to_client] = &mut self.pieces;
        let pieces = if emit.direction() == Direction::ToClient { to_client } else { to_server };
        if last && pieces.is_empty() {
            return self.message(user, emit);
        }
        if pieces.len() + user.len() > MESSAGE_MAX {
            *pieces = Vec::new();
            return emit.malformed();
        }
        pieces.extend_from_slice(user);
        if last || cut {
            let whole = std::mem::take(pieces);
            self.message(&whole, emit);
        }
    }

    /// A whole user message.
    fn message(&mut self, user: &[u8], emit: &mut Emit<'_>) {
        if s7comm::is_message(user) {
            let s7 = self.s7.get_or_insert_default();
            s7.read(user, &mut self.selectors, emit);
        } else if s7comm_plus::is_message(user) {
            self.plus.read(user, &mut self.selectors, emit);
        } else if self.plus.is_begun() && matches!(user, [0x14..=0x17, 3, 0..=4, ..]) {
            // After its `init_ssl` S7comm-plus goes on in TLS records (RFC 8446 §5.1).
            emit.encrypted();
        } else if self.s7.is_none() && (self.mms.is_some() || mms::is_message(user)) {
            self.mms.get_or_insert_default().read(user, emit);
        }
    }
}

/// Code, length and value of each option of a CR or CC (X.224 §13.2.3).
fn options(bytes: &[u8], mut each: impl FnMut(u8, &[u8])) -> Read<()> {
    let mut r = Reader::new(bytes);
    while r.len() >= 2 {
        let (code, len) = (r.u8()?, r.u8()?);
        each(code, r.take(len.into())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Transport;

    fn hint(usual: bool) -> Hint {
        let transport = Transport::Tcp;
        Hint { transport, from_port: 50_000, to_port: 5000, ethertype: 0, usual, from_start: true }
    }

    /// X.224 §13.3: connection request of an S7 client to rack 0, slot 2.
    const CR: &[u8] =
        b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02";
    /// RDP: the same with a cookie and a negotiation request instead of selectors.
    const RDP: &[u8] = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";

    #[test]
    fn recognition() {
        for (head, usual, expected) in [
            (CR, true, Probe::Yes),
            (CR, false, Probe::Yes),
            (RDP, false, Probe::No),
            (b"\x03\x00", true, Probe::More),
            (b"\x03", false, Probe::More),
            (b"\x03\x00\x00\x07\x02\xf0\x80", true, Probe::Yes),
            (b"\x03\x00\x00\x07\x02\xf0\x80", false, Probe::No),
            (b"GET / HTTP/1.1", true, Probe::No),
            (b"\x03\x00\x00\x16\x40\xe0", true, Probe::No),
        ] {
            assert_eq!(Cotp.probe(head, &hint(usual)), expected, "{head:?} {usual}");
        }
    }
}
