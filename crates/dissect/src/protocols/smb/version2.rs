//! SMB 2 and 3 (MS-SMB2).

use super::Memory;
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::Probe;
use crate::protocols::dcerpc;
use crate::reader::{Read, Reader, le16, le32};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// Commands of every message, compounds one by one.
static COMMAND: Counter = Counter { protocol: "smb2", name: "command" };

/// MS-SMB2 2.2.1.2.
const HEADER: usize = 64;

/// MS-SMB2 2.2.1.2, `Command`.
mod command {
    pub(super) const NEGOTIATE: u16 = 0;
    pub(super) const SESSION_SETUP: u16 = 1;
    pub(super) const READ: u16 = 8;
    pub(super) const WRITE: u16 = 9;
    pub(super) const IOCTL: u16 = 11;
}

/// MS-SMB2 2.2.1.2, `Flags`.
const FLAG_RESPONSE: u32 = 1;
/// MS-ERREF 2.3.1: the session setup goes on.
const MORE_PROCESSING: u32 = 0xc000_0016;
/// MS-ERREF 2.3.1: an interim answer.
const PENDING: u32 = 0x0000_0103;

struct Header {
    command: u16,
    status: u32,
    response: bool,
    next: usize,
}

fn header(message: &[u8]) -> Read<Header> {
    let mut r = Reader::new(message);
    r.skip(4 + 2 + 2)?;
    let status = r.u32_le()?;
    let command = r.u16_le()?;
    r.skip(2)?;
    let response = r.u32_le()? & FLAG_RESPONSE != 0;
    let next = usize::try_from(r.u32_le()?).unwrap_or(usize::MAX);
    Ok(Header { command, status, response, next })
}

/// The data of a read or write: where its offset and length stand (MS-SMB2 2.2.20, 2.2.21).
fn data<'a>(message: &'a [u8], header: &Header) -> &'a [u8] {
    let (offset, length) = match (header.command, header.response) {
        (command::READ, true) => (message.get(HEADER + 2).copied().map(u16::from), le32(message, HEADER + 4)),
        (command::WRITE, false) => (le16(message, HEADER + 2), le32(message, HEADER + 4)),
        _ => (None, None),
    };
    slice(message, offset.map(usize::from), length.map(|n| usize::try_from(n).unwrap_or(usize::MAX)))
}

/// As much of `message` as lies between the bounds.
fn slice(message: &[u8], offset: Option<usize>, length: Option<usize>) -> &[u8] {
    let (Some(offset), Some(length)) = (offset, length) else { return &[] };
    let rest = message.get(offset..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

/// A single message that moves contents of a file, not of a pipe.
pub(super) fn is_contents(message: &[u8]) -> bool {
    let Ok(header) = header(message) else { return false };
    let moves = matches!((header.command, header.response), (command::READ, true) | (command::WRITE, false));
    moves && header.next == 0 && dcerpc::probe(data(message, &header)) != Probe::Yes
}

/// The messages of a compound (MS-SMB2 3.2.4.1.4).
pub(super) fn messages(compound: &[u8], memory: &mut Memory, emit: &mut Emit<'_>) -> Read<()> {
    let mut rest = compound;
    loop {
        let header = header(rest)?;
        let one = if header.next >= HEADER { rest.get(..header.next).unwrap_or(rest) } else { rest };
        emit.client_is_sender(!header.response);
        emit.count(&COMMAND, header.command);
        if !(header.response && header.status == PENDING) {
            let phase = match (header.response, header.status >> 30) {
                (false, _) => Phase::Request,
                (true, 3) if header.status != MORE_PROCESSING => Phase::Error,
                (true, _) => Phase::Response,
            };
            emit.operation(&OPERATIONS, header.command.into(), phase);
            // An answer that says no has a body of its own (MS-SMB2 2.2.2).
            if phase != Phase::Error || header.command == command::SESSION_SETUP {
                body(one, &header, memory, emit)?;
            }
        }
        if header.next < HEADER || header.next >= rest.len() {
            return Ok(());
        }
        rest = rest.get(header.next..).unwrap_or_default();
        if !rest.starts_with(b"\xfeSMB") {
            return Ok(());
        }
    }
}

fn body(message: &[u8], header: &Header, memory: &mut Memory, emit: &mut Emit<'_>) -> Read<()> {
    match (header.command, header.response) {
        (command::NEGOTIATE, true) => negotiated(message, emit),
        (command::SESSION_SETUP, false) => {
            // MS-SMB2 2.2.5.
            memory.asks(blob(message, HEADER + 12), emit);
            Ok(())
        }
        (command::SESSION_SETUP, true) => {
            // MS-SMB2 2.2.6.
            memory.asks(blob(message, HEADER + 4), emit);
            if header.status != MORE_PROCESSING {
                memory.answered(header.status == 0, message.get(..12).unwrap_or_default(), emit);
            }
            Ok(())
        }
        (command::READ, true) | (command::WRITE, false) => {
            memory.pipes.piece(data(message, header), emit);
            Ok(())
        }
        (command::IOCTL, _) => {
            // MS-SMB2 2.2.31 and 2.2.32: input and output buffer; a pipe's request is in the first, its answer in the second.
            let at = HEADER + if header.response { 32 } else { 24 };
            let offset = le32(message, at).and_then(|n| usize::try_from(n).ok());
            let length = le32(message, at + 4).and_then(|n| usize::try_from(n).ok());
            memory.pipes.piece(slice(message, offset, length), emit);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn blob(message: &[u8], at: usize) -> &[u8] {
    slice(message, le16(message, at).map(usize::from), le16(message, at + 2).map(usize::from))
}

/// MS-SMB2 2.2.4.
fn negotiated(message: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(message);
    r.skip(HEADER + 2)?;
    let mode = r.take(2)?;
    let dialect = r.take(2)?;
    let name = match le16(dialect, 0) {
        Some(0x0202) => "SMB 2.0.2",
        Some(0x0210) => "SMB 2.1",
        Some(0x0300) => "SMB 3.0",
        Some(0x0302) => "SMB 3.0.2",
        Some(0x0311) => "SMB 3.1.1",
        // 0x02ff answers an SMB 1 negotiation: the dialect is still to be agreed.
        _ => "",
    };
    emit.identity(Whom::Sender, Attribute::ProtocolVersion, Text::new(name), dialect, "smb2.dialect");
    let policy = match mode.first().map(|m| m & 3) {
        Some(2 | 3) => "SMB signing required",
        Some(1) => "SMB signing not required",
        _ => "SMB signing disabled",
    };
    emit.identity(Whom::Sender, Attribute::SecurityPolicy, Text::new(policy), mode, "smb2.sec_mode");
    Ok(())
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// MS-SMB2 2.2.1.2.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("negotiate", 0, Class::Session),
        op("session_setup", 1, Class::Authentication),
        op("logoff", 2, Class::Authentication),
        op("tree_connect", 3, Class::Session),
        op("tree_disconnect", 4, Class::Session),
        op("create", 5, Class::File),
        op("close", 6, Class::File),
        op("flush", 7, Class::File),
        op("read", 8, Class::File),
        op("write", 9, Class::File),
        op("lock", 10, Class::File),
        op("ioctl", 11, Class::Other),
        op("cancel", 12, Class::Session),
        op("echo", 13, Class::Session),
        op("query_directory", 14, Class::File),
        op("change_notify", 15, Class::File),
        op("query_info", 16, Class::File),
        op("set_info", 17, Class::File),
        op("oplock_break", 18, Class::File),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-SMB2 2.2.1.2: a header.
    fn message(command: u16, flags: u32, next: u32) -> Vec<u8> {
        let mut m = b"\xfeSMB\x40\0\0\0\0\0\0\0".to_vec();
        m.extend(command.to_le_bytes());
        m.extend([0, 0]);
        m.extend(flags.to_le_bytes());
        m.extend(next.to_le_bytes());
        m.resize(HEADER, 0);
        m
    }

    #[test]
    fn contents_of_files_are_told_from_pipes() {
        let mut write = message(command::WRITE, 0, 0);
        write.extend([49, 0, 112, 0, 16, 0, 0, 0]);
        write.resize(112, 0);
        let file = [&write[..], b"some file content"].concat();
        let pipe = [&write[..], &[5, 0, 0, 3, 0x10, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0]].concat();
        assert!(is_contents(&file));
        assert!(!is_contents(&pipe));
        assert!(!is_contents(&message(command::WRITE, FLAG_RESPONSE, 0)));
        assert!(!is_contents(&message(command::READ, FLAG_RESPONSE, 80)));
    }

    #[test]
    fn bounds_outside_the_message_give_what_is_there() {
        assert_eq!(slice(b"abcdef", Some(4), Some(9)), b"ef");
        assert_eq!(slice(b"abcdef", Some(9), Some(9)), b"");
        assert_eq!(slice(b"abcdef", None, Some(9)), b"");
    }
}
