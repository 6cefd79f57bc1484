//! DNP3: reads, controls, events, restarts, configuration and files of outstations, over TCP and UDP.
//!
//! Source: IEEE 1815-2012. Link frames carry checksums and are believed only with a good one; transport segments are joined to
//! application fragments, and a function counts once per fragment.

mod application;
mod authentication;
mod crc;

use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{byte, le16};
use application::Exchange;
use model::observation::Direction;
use model::{Attribute, Part, Text};

/// The protocol.
pub(super) struct Dnp3;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "dnp3",
    title: "DNP3",
    tcp: &[20000],
    udp: &[20000],
    ethertypes: &[],
    industrial: true,
    sources: "IEEE 1815-2012",
    operations: &[
        &application::OPERATIONS,
        &application::WRITE_TIME,
        &application::WRITE_INDICATIONS,
        &application::WRITE_DEADBAND,
        &application::WRITE_ATTRIBUTES,
        &application::WRITE_FILE,
        &application::READ_FILE,
        &application::WRITE_TERMINAL,
        &authentication::CHALLENGE,
        &authentication::CHALLENGE_BY_MASTER,
        &authentication::REPLY,
        &authentication::AGGRESSIVE,
        &authentication::KEY_STATUS,
        &authentication::KEY_CHANGE,
        &authentication::CERTIFICATE,
        &authentication::USER_STATUS,
        &authentication::UPDATE_KEY,
    ],
};

/// Link services; user data counts as what it carries.
static LINK: Counter = Counter { protocol: "dnp3", name: "link" };

/// §9.2.4.3: start, length, control, destination, source, checksum.
const HEADER: usize = 10;
/// §9.2.4.3.2: the length counts control, addresses and user data.
const LENGTH_MIN: u8 = 5;
/// §9.2.4.3: user data comes in blocks of at most 16 bytes, each with a checksum.
const BLOCK: usize = 18;
/// Length 255 leaves so many bytes of user data.
const USER_MAX: usize = 250;

/// Bits of the control byte (§9.2.4.3.2).
mod control {
    /// Sent by a master.
    pub(super) const FROM_MASTER: u8 = 0x80;
    /// Sent by the station that started the transaction.
    pub(super) const PRIMARY: u8 = 0x40;
    pub(super) const FUNCTION: u8 = 0x0f;
    pub(super) const CONFIRMED_DATA: u8 = 3;
    pub(super) const UNCONFIRMED_DATA: u8 = 4;
}

/// §9.2.5.2: these and above are broadcasts or reserved, not a station's own address.
const RESERVED_ADDRESSES: u16 = 0xffef;

/// Bits of the transport header (§8.2.1).
const FINAL: u8 = 0x80;
const FIRST: u8 = 0x40;
const SEQUENCE: u8 = 0x3f;

/// Fragments in reassembly in one conversation: stations behind one address take turns.
const PARTIAL_MAX: usize = 16;
/// Bytes of one fragment; §4.1 recommends 2048, some stations send more.
const FRAGMENT_MAX: usize = 0x4000;
/// Station addresses that are remembered as told, for each end.
const STATIONS_MAX: usize = 128;

impl Protocol for Dnp3 {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Start bytes, and a header whose checksum is right: the same anywhere.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        let start = head.iter().zip([0x05, 0x64]).all(|(&a, b)| a == b);
        match head.get(..HEADER) {
            Some(header) => Probe::when(start && is_header(header)),
            None if start => Probe::More,
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

fn is_header(header: &[u8]) -> bool {
    matches!(header, [0x05, 0x64, length, ..] if *length >= LENGTH_MIN) && crc::is_good(header)
}

/// A fragment in reassembly.
struct Partial {
    source: u16,
    destination: u16,
    sequence: u8,
    bytes: Vec<u8>,
}

/// One conversation.
#[derive(Default)]
struct Talk {
    partial: Vec<Partial>,
    exchange: Exchange,
    /// Addresses that were told, of the server's and the client's end.
    stations: [Vec<u16>; 2],
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(header) = input.data.get(..HEADER) else { return Progress::Need(HEADER) };
        let (Some(length), true) = (byte(header, 2), is_header(header)) else { return Progress::Lost };
        let user = usize::from(length.saturating_sub(LENGTH_MIN));
        let whole = HEADER + user + user.div_ceil(BLOCK - 2) * 2;
        if input.data.len() < whole && !input.cut && !input.datagram {
            return Progress::Need(whole);
        }
        let cut = input.data.len() < whole;
        let blocks = input.data.get(HEADER..whole).or(input.data.get(HEADER..)).unwrap_or_default();
        self.frame(header, blocks, cut, emit);
        Progress::Took(whole)
    }

    fn held(&self) -> usize {
        self.partial.iter().map(|partial| partial.bytes.len()).sum()
    }
}

impl Talk {
    fn frame(&mut self, header: &[u8], blocks: &[u8], cut: bool, emit: &mut Emit<'_>) {
        let (Some(control), Some(destination), Some(source)) =
            (byte(header, 3), le16(header, 4), le16(header, 6))
        else {
            return;
        };
        emit.client_is_sender(control & control::FROM_MASTER != 0);
        let function = control & control::FUNCTION;
        let primary = control & control::PRIMARY;
        let whom = self.station(source, header.get(6..8).unwrap_or_default(), emit);
        let data = matches!(function, control::CONFIRMED_DATA | control::UNCONFIRMED_DATA);
        if primary == 0 || !data {
            return emit.count(&LINK, primary | function);
        }
        let mut buffer = [0; USER_MAX];
        let (user, good) = unblock(blocks, &mut buffer);
        if !good && !cut {
            emit.malformed();
        }
        self.segment((source, destination), user, !good || cut, whom, emit);
    }

    /// Tells a station's address once: the first at an end is the host itself, others are stations behind it.
    fn station(&mut self, source: u16, witness: &[u8], emit: &mut Emit<'_>) -> Whom {
        let [server, client] = &mut self.stations;
        let known = if emit.direction() == Direction::ToClient { server } else { client };
        let own = known.first().is_none_or(|&first| first == source);
        let whom = if own { Whom::Sender } else { Whom::SenderPart(Part::Unit(source.into())) };
        if source < RESERVED_ADDRESSES && !known.contains(&source) && known.len() < STATIONS_MAX {
            known.push(source);
            let text = Text::new(&source.to_string());
            emit.identity(whom, Attribute::StationAddress, text, witness, "dnp3.src");
        }
        whom
    }

    /// A transport segment. `cut`: what follows is lost or spoiled.
    fn segment(&mut self, ends: (u16, u16), user: &[u8], cut: bool, whom: Whom, emit: &mut Emit<'_>) {
        let Some((&transport, piece)) = user.split_first() else { return };
        let (first, last) = (transport & FIRST != 0, transport & FINAL != 0);
        if first && last {
            return self.exchange.fragment(piece, ends, cut, whom, emit);
        }
        let at = self.partial.iter().position(|p| (p.source, p.destination) == ends);
        if first {
            let at = at.or_else(|| (self.partial.len() >= PARTIAL_MAX).then_some(0));
            at.map(|at| self.partial.remove(at));
            let (source, destination) = ends;
            let sequence = transport & SEQUENCE;
            self.partial.push(Partial { source, destination, sequence, bytes: piece.to_vec() });
            return;
        }
        let Some(at) = at else { return };
        let Some(partial) = self.partial.get_mut(at) else { return };
        let expected = (partial.sequence + 1) & SEQUENCE;
        // The same segment again, as a link that was not acknowledged sends it.
        if transport & SEQUENCE == partial.sequence {
            return;
        }
        if transport & SEQUENCE != expected || partial.bytes.len() + piece.len() > FRAGMENT_MAX {
            self.partial.remove(at);
            return emit.malformed();
        }
        partial.sequence = expected;
        partial.bytes.extend_from_slice(piece);
        if last {
            let whole = self.partial.remove(at).bytes;
            self.exchange.fragment(&whole, ends, cut, whom, emit);
        }
    }
}

/// Takes the checksums out. What lies behind a wrong one is left out.
fn unblock<'b>(blocks: &[u8], buffer: &'b mut [u8; USER_MAX]) -> (&'b [u8], bool) {
    let mut len = 0;
    let mut good = true;
    for block in blocks.chunks(BLOCK) {
        good = crc::is_good(block);
        let data = block.split_last_chunk::<2>().map_or(&[][..], |(data, _)| data);
        let Some(room) = buffer.get_mut(len..len + data.len()).filter(|_| good) else { break };
        room.copy_from_slice(data);
        len += data.len();
    }
    (buffer.get(..len).unwrap_or_default(), good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;

    /// A link frame with user data, checksums in place (§9.2.4.3).
    fn frame(control: u8, destination: u16, source: u16, user: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x05, 0x64, u8::try_from(user.len() + 5).unwrap(), control];
        bytes.extend(destination.to_le_bytes());
        bytes.extend(source.to_le_bytes());
        bytes.extend(crc::crc(&bytes).to_le_bytes());
        for block in user.chunks(16) {
            bytes.extend_from_slice(block);
            bytes.extend(crc::crc(block).to_le_bytes());
        }
        bytes
    }

    pub(super) fn master(user: &[u8]) -> Vec<u8> {
        frame(0xc4, 10, 1, user)
    }

    pub(super) fn outstation(user: &[u8]) -> Vec<u8> {
        frame(0x44, 1, 10, user)
    }

    #[test]
    fn requests_and_answers() {
        let mut b = Bench::new(&Dnp3);
        b.client(&frame(0xc0, 10, 1, b""));
        b.server(&frame(0x00, 1, 10, b""));
        b.client(&master(b"\xc0\xc0\x01\x3c\x02\x06"));
        b.server(&outstation(b"\xc0\xc0\x81\x00\x00"));
        b.client(&master(b"\xc1\xc1\x0d"));
        b.server(&outstation(b"\xc1\xc1\x81\x00\x01"));
        b.client(&master(b"\xc2\xc2\x02\x32\x01\x07\x01\0\0\0\0\0\0"));
        b.server(&outstation(b"\xc3\xf0\x82\x00\x00"));
        assert_eq!(
            b.operations(),
            ["cold_restart 1/1/1", "read 1/1/0", "unsolicited_response 1/0/0", "write_time 1/0/0"]
        );
        assert_eq!(b.facts(), ["client station_address 1", "server station_address 10"]);
        let counts = b.counts();
        assert!(
            counts.contains(&"dnp3.function s2c 129 2".into())
                && counts.contains(&"dnp3.link c2s 64 1".into())
        );
    }

    #[test]
    fn answers_belong_to_the_request_with_their_number() {
        let mut b = Bench::new(&Dnp3);
        b.client(&master(b"\xc0\xc1\x03\x0c\x01\x28\x00\x00"));
        b.client(&master(b"\xc1\xc2\x04\x0c\x01\x28\x00\x00"));
        b.server(&outstation(b"\xc0\xc1\x81\x00\x00"));
        b.server(&outstation(b"\xc1\xc2\x81\x00\x00"));
        assert_eq!(b.operations(), ["operate 1/1/0", "select 1/1/0"]);
    }

    #[test]
    fn fragments_are_joined_per_station() {
        let fragment = [&b"\xc0\x81\x00\x00"[..], &[0x55; 600]].concat();
        let pieces: Vec<_> = fragment.chunks(249).collect();
        let segment = |at: usize| {
            let bits = if at == 0 { FIRST } else { 0 } | if at + 1 == pieces.len() { FINAL } else { 0 };
            [&[bits | u8::try_from(at + 5).unwrap()][..], pieces[at]].concat()
        };
        let mut b = Bench::new(&Dnp3);
        for at in [0, 1, 1, 2] {
            b.server(&frame(0x44, 1, 10, &segment(at)));
            // Another station behind the same address, whose second segment is lost.
            if at != 1 {
                b.server(&frame(0x44, 1, 11, &segment(at)));
            }
        }
        assert_eq!(b.counts(), ["dnp3.function s2c 129 1"]);
        assert_eq!(b.operations(), ["response 0/1/0"]);
        assert_eq!(b.facts(), ["server station_address 10", "server Unit(11) station_address 11"]);
        assert_eq!(b.malformed(), 1);
    }

    #[test]
    fn attributes_name_the_device() {
        let mut b = Bench::new(&Dnp3);
        b.client(&master(b"\xc0\xc0\x01\x00\xfe\x06"));
        let mut answer = b"\xc0\xc0\x81\x00\x00".to_vec();
        for (variation, text) in [(252, "Maker"), (250, "RTU 5"), (242, "1.07"), (248, "A-77")] {
            answer.extend([0, variation, 0, 0, 0, 1, u8::try_from(text.len()).unwrap()]);
            answer.extend(text.as_bytes());
        }
        b.server(&outstation(&answer));
        let facts = b.facts();
        for fact in
            ["server vendor Maker", "server product RTU 5", "server firmware 1.07", "server serial A-77"]
        {
            assert!(facts.contains(&fact.into()), "{fact} in {facts:?}");
        }
    }

    #[test]
    fn wrong_checksums_are_not_believed() {
        let good = master(b"\xc0\xc0\x01\x3c\x02\x06");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            let mut b = Bench::new(&Dnp3);
            let progress = b.client(&bad);
            assert!(b.operations().is_empty(), "{at}");
            assert!(progress == Progress::Lost || b.malformed() == 1, "{at}");
        }
        let mut cut = Bench::new(&Dnp3);
        assert_eq!(cut.client(&good[..12]), Progress::Need(good.len()));
        assert_eq!(cut.client(&good[..9]), Progress::Need(HEADER));
    }
}
