//! OPC UA PubSub in UADP, over UDP and right in Ethernet: who publishes which streams, and how they are protected.
//! Source: OPC 10000-14, release 1.05, 7.2.4.4 (NetworkMessage) and 7.3.2, 7.3.3 (UDP, Ethernet).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, Short};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(in crate::protocols) struct PubSub;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "opcua-pubsub",
    title: "OPC UA PubSub (UADP)",
    tcp: &[],
    udp: &[4840],
    ethertypes: &[0xb62c],
    industrial: true,
    sources: "OPC 10000-14, release 1.05",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "opcua-pubsub", name: "message" };

/// The only version of the layout (UADPFlags, bits 0 to 3).
const VERSION: u8 = 1;
/// Data sets of one message.
const WRITERS_MAX: usize = 64;
/// Longest name of a publisher that is read, in bytes.
const NAME_MAX: usize = 256;
/// Kinds of message (ExtendedFlags2, bits 2 to 4); between the two is the probe for publishers.
const DATA: u8 = 0;
const ANNOUNCEMENT: u8 = 2;

/// What the head of a NetworkMessage says.
struct Head<'a> {
    kind: u8,
    publisher: Option<Text>,
    /// The bytes that name the publisher.
    witness: &'a [u8],
    group: Option<u16>,
    secured: bool,
}

/// Flags, publisher, class of the data set, group and payload heads (7.2.4.4.2 and .3).
fn head<'a>(r: &mut Reader<'a>) -> Read<Head<'a>> {
    let flags = r.u8()?;
    let extended = if flags & 0x80 != 0 { r.u8()? } else { 0 };
    let second = if extended & 0x80 != 0 { r.u8()? } else { 0 };
    let kind = second >> 2 & 7;
    if flags & 0x0f != VERSION || second & 0xe0 != 0 || kind > ANNOUNCEMENT {
        return Err(Short);
    }
    let (publisher, witness) = publisher(flags, extended, r)?;
    if extended & 0x08 != 0 {
        r.skip(16)?;
    }
    let group = if flags & 0x20 != 0 { group(r)? } else { None };
    if flags & 0x40 != 0 && kind == DATA {
        let writers = usize::from(r.u8()?);
        if writers == 0 || writers > WRITERS_MAX {
            return Err(Short);
        }
        r.skip(writers * 2)?;
    }
    Ok(Head { kind, publisher, witness, group, secured: extended & 0x10 != 0 })
}

/// The publisher's number or name, by the type that the flags tell (ExtendedFlags1, bits 0 to 2).
fn publisher<'a>(flags: u8, extended: u8, r: &mut Reader<'a>) -> Read<(Option<Text>, &'a [u8])> {
    if flags & 0x10 == 0 {
        return Ok((None, &[]));
    }
    let width = match extended & 7 {
        0 => 1,
        1 => 2,
        2 => 4,
        3 => 8,
        4 => {
            let length = usize::try_from(r.u32_le()?).unwrap_or(usize::MAX);
            let name = if length <= NAME_MAX { r.take(length)? } else { return Err(Short) };
            return Ok((Some(Text::from_wire(name)), name));
        }
        _ => return Err(Short),
    };
    let witness = r.take(width)?;
    let number = witness.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
    Ok((Some(Text::new(&number.to_string())), witness))
}

/// Group flags, writer group, version of the group, number of the message, sequence.
fn group(r: &mut Reader<'_>) -> Read<Option<u16>> {
    let flags = r.u8()?;
    if flags & 0xf0 != 0 {
        return Err(Short);
    }
    let writers = if flags & 1 != 0 { Some(r.u16_le()?) } else { None };
    for (bit, width) in [(2, 4), (4, 2), (8, 2)] {
        r.skip(if flags & bit != 0 { width } else { 0 })?;
    }
    Ok(writers)
}

impl Protocol for PubSub {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Few bits are fixed, so only at the usual port or EtherType, and only from who says who it is.
    fn probe(&self, bytes: &[u8], hint: &Hint) -> Probe {
        let head = head(&mut Reader::new(bytes));
        Probe::when(hint.usual && head.is_ok_and(|head| head.publisher.is_some()))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if message(&mut Reader::new(input.data), emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(input.data.len())
}

fn message(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let flags = r.rest();
    let head = head(r)?;
    emit.count(&MESSAGE, head.kind);
    emit.operation(&OPERATIONS, head.kind.into(), Phase::Request);
    if let Some(publisher) = head.publisher {
        let stream = match head.group {
            Some(group) => Text::new(&format!("publisher {publisher}, group {group}")),
            None => Text::new(&format!("publisher {publisher}")),
        };
        emit.identity(Whom::Sender, Attribute::Stream, stream, head.witness, "opcua.pubsub.publisher_id");
    }
    if !head.secured {
        return Ok(());
    }
    // Time, a part of it and promoted fields may come first (7.2.4.4.2, ExtendedNetworkMessageHeader).
    let (first, second) = (flags.get(1).copied().unwrap_or(0), flags.get(2).copied().unwrap_or(0));
    r.skip(usize::from(first & 0x20 != 0) * 8 + usize::from(first & 0x40 != 0) * 2)?;
    if first & 0x80 != 0 && second & 2 != 0 {
        let promoted = r.u16_le()?;
        r.skip(promoted.into())?;
    }
    security(r, emit)
}

/// SecurityFlags (7.2.4.4.3): signed, encrypted.
fn security(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let witness = r.take(1)?;
    let mode = match witness.first().map(|flags| flags & 3) {
        Some(1) => "Sign",
        Some(2 | 3) => "SignAndEncrypt",
        _ => return Ok(()),
    };
    if mode == "SignAndEncrypt" {
        emit.encrypted();
    }
    emit.identity(
        Whom::Sender,
        Attribute::SecurityPolicy,
        Text::new(mode),
        witness,
        "opcua.pubsub.security_flags",
    );
    Ok(())
}

/// Kinds of message; a subscriber reads what is published.
static OPERATIONS: Operations = Operations {
    prefix: "message",
    list: &[
        Operation::new("publish", 0, Class::Read),
        Operation::new("discovery_probe", 1, Class::Discovery),
        Operation::new("discovery_announcement", 2, Class::Discovery),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    /// Version 1 with publisher, group and payload head; publisher 5 in sixteen bits; group 100 with its version, number and sequence; one writer, 1; a key frame.
    const PLAIN: &str = "f1 01 0500 0f 6400 01000000 0100 0700 01 0100 01 2a";

    fn said(text: &str) -> Vec<String> {
        hear(&PubSub, Transport::Udp, &[('>', &hex(text))])
    }

    #[test]
    fn who_publishes_what() {
        assert_eq!(
            said(PLAIN),
            [
                "operation publish read 1 0 0",
                "10.0.0.1 stream publisher 5, group 100",
                "opcua-pubsub.message c2s 0 1"
            ]
        );
        // A publisher with a name, encrypted, with a time before the security head.
        let lines = said("91 34 04000000 6d697831 0000000000000000 03 01000000 08 0102030405060708 ff");
        assert!(lines.contains(&"10.0.0.1 stream publisher mix1".into()), "{lines:#?}");
        assert!(lines.contains(&"10.0.0.1 security_policy SignAndEncrypt".into()), "{lines:#?}");
        // A probe for publishers, and an announcement of one.
        assert!(said("91 80 04 05 01")[0].starts_with("operation discovery_probe"));
        assert!(said("91 80 08 05 01 0100")[0].starts_with("operation discovery_announcement"));
    }

    #[test]
    fn only_what_fits_at_its_place() {
        for (usual, text, expected) in [
            (true, PLAIN, Probe::Yes),
            (false, PLAIN, Probe::No),
            (true, "f2 01 0500 0f 6400 01000000 0100 0700 01 0100", Probe::No),
            (true, "f1 07 0500 0f 6400 01000000 0100 0700 01 0100", Probe::No),
            (true, "f1 01 0500 ff 6400 01000000 0100 0700 01 0100", Probe::No),
            (true, "f1 01 0500 0f 6400 01000000 0100 0700 01", Probe::No),
            (true, "01 2a", Probe::No),
            (true, "91 80 40 05", Probe::No),
            (true, "91 04 ffffffff 00", Probe::No),
        ] {
            assert_eq!(probe(&PubSub, Transport::Udp, usual, &hex(text)), expected, "{text}");
        }
    }
}
