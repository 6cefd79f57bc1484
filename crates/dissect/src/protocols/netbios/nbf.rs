//! NetBIOS frames without IP (NetBEUI), as old Windows stations send them.
//! Source: IBM Local Area Network Technical Reference SC30-3383, chapter 5 (NetBIOS frames).

use super::say;
use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::protocols::smb;
use crate::reader::{Read, Reader, byte};
use model::Confidence;

/// The protocol.
pub(in crate::protocols) struct Nbf;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "netbeui",
    title: "NetBIOS frames",
    tcp: &[],
    udp: &[],
    ethertypes: &[0],
    industrial: false,
    sources: "IBM SC30-3383",
    operations: &[],
};

static COMMAND: Counter = Counter { protocol: "netbeui", name: "command" };

/// LLC of NetBIOS; the last bit of the source tells answers.
const SAP: u8 = 0xf0;
/// Frames with names: up to 0x13 they are sent without a connection.
const NAMED_MAX: u8 = 0x13;
/// Datagrams to one name and to all.
const DATAGRAM: u8 = 0x08;
const BROADCAST: u8 = 0x09;

impl Protocol for Nbf {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(byte(head, 0) == Some(SAP) && byte(head, 1).is_some_and(|s| s & 0xfe == SAP))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            let _ = frame(input.data, emit);
            Progress::Took(input.data.len())
        }))
    }
}

/// LLC, header length, delimiter 0xEFFF, command, data, correlators, receiver's and sender's names.
fn frame(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    r.skip(2)?;
    // Unnumbered information: numbered frames have a second control byte and belong to a session.
    if r.u8()? != 0x03 {
        return Ok(());
    }
    r.skip(2)?;
    if r.u16()? != 0xffef {
        return Ok(());
    }
    let command = r.u8()?;
    emit.count(&COMMAND, command);
    if command > NAMED_MAX {
        return Ok(());
    }
    r.skip(7 + 16)?;
    let witness = r.take(16)?;
    if matches!(command, DATAGRAM | BROADCAST) {
        if let Some(name) = witness.first_chunk::<16>() {
            say(Whom::Sender, name, 0, witness, Confidence::LIKELY, "netbios.nb_name", emit);
        }
        return if r.rest().starts_with(b"\xffSMB") { smb::mailslot(r.rest(), emit) } else { Ok(()) };
    }
    Ok(())
}
