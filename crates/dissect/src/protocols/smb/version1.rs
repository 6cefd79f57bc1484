//! SMB 1 (MS-CIFS, MS-SMB).

use super::Memory;
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::Probe;
use crate::protocols::dcerpc;
use crate::reader::{Read, Reader, byte, le16, le32};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// Commands of every message and of every command that is chained to it; 255 ends a chain.
pub(super) static COMMAND: Counter = Counter { protocol: "smb", name: "command" };

/// MS-CIFS 2.2.3.1.
const HEADER: usize = 32;
/// Chained commands that are followed.
const CHAIN_MAX: usize = 16;

/// MS-CIFS 2.2.2.1.
pub(super) mod command {
    pub(in super::super) const TRANSACTION: u8 = 0x25;
    pub(super) const READ_ANDX: u8 = 0x2e;
    pub(super) const WRITE_ANDX: u8 = 0x2f;
    pub(super) const NEGOTIATE: u8 = 0x72;
    pub(super) const SESSION_SETUP_ANDX: u8 = 0x73;
    pub(super) const NO_FURTHER: u8 = 0xff;
}

/// MS-ERREF 2.3.1: the session setup goes on.
const MORE_PROCESSING: u32 = 0xc000_0016;

/// MS-CIFS 2.2.3.1, `Flags` and `Flags2`.
mod flag {
    pub(super) const RESPONSE: u8 = 0x80;
    pub(super) const UNICODE: u16 = 0x8000;
}

/// Commands whose parameters begin with a link to the next one (MS-CIFS 2.2.3.4).
fn is_chained(command: u8) -> bool {
    matches!(command, 0x24 | 0x2d | 0x2e | 0x2f | 0x73 | 0x74 | 0x75 | 0xa2)
}

struct Header {
    status: u32,
    response: bool,
    unicode: bool,
}

/// A block of parameters and data somewhere in a message.
struct Block<'a> {
    message: &'a [u8],
    words: &'a [u8],
    /// Offset of the data.
    at: usize,
    data: &'a [u8],
}

fn block(message: &[u8], at: usize) -> Read<Block<'_>> {
    let mut r = Reader::new(message);
    r.skip(at)?;
    let words = usize::from(r.u8()?) * 2;
    let words = r.take(words)?;
    let length = r.u16_le()?;
    let at = r.position();
    Ok(Block { message, words, at, data: r.up_to(length.into()) })
}

/// A message that moves contents of a file, not of a pipe.
pub(super) fn is_contents(message: &[u8]) -> bool {
    let response = byte(message, 9).is_some_and(|f| f & flag::RESPONSE != 0);
    let Ok(block) = block(message, HEADER) else { return false };
    let data = match (byte(message, 4), response) {
        (Some(command::READ_ANDX), true) => read_data(&block),
        (Some(command::WRITE_ANDX), false) => write_data(&block),
        _ => return false,
    };
    byte(block.words, 0) == Some(command::NO_FURTHER) && dcerpc::probe(data) != Probe::Yes
}

/// MS-CIFS 2.2.4.42.2.
fn read_data<'a>(block: &Block<'a>) -> &'a [u8] {
    piece(block.message, le16(block.words, 12), le16(block.words, 10))
}

/// MS-CIFS 2.2.4.43.1.
fn write_data<'a>(block: &Block<'a>) -> &'a [u8] {
    piece(block.message, le16(block.words, 22), le16(block.words, 20))
}

fn piece(message: &[u8], offset: Option<u16>, length: Option<u16>) -> &[u8] {
    let (Some(offset), Some(length)) = (offset, length) else { return &[] };
    let rest = message.get(usize::from(offset)..).unwrap_or_default();
    rest.get(..usize::from(length)).unwrap_or(rest)
}

pub(super) fn message(message: &[u8], memory: &mut Memory, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(message);
    r.skip(4)?;
    let mut command = r.u8()?;
    let status = r.u32_le()?;
    let response = r.u8()? & flag::RESPONSE != 0;
    let unicode = r.u16_le()? & flag::UNICODE != 0;
    let header = Header { status, response, unicode };
    emit.client_is_sender(!response);
    emit.count(&COMMAND, command);
    let refused = response && status != 0 && status != MORE_PROCESSING;
    let phase = match (response, refused) {
        (false, _) => Phase::Request,
        (true, false) => Phase::Response,
        (true, true) => Phase::Error,
    };
    emit.operation(&OPERATIONS, command.into(), phase);
    let mut at = HEADER;
    for _ in 0..CHAIN_MAX {
        let block = block(message, at)?;
        parameters(command, &block, &header, memory, emit);
        let next = byte(block.words, 0).zip(le16(block.words, 2));
        let Some((link, offset)) = next.filter(|_| is_chained(command)) else { return Ok(()) };
        emit.count(&COMMAND, link);
        // A link that does not lead forward would lead round in circles.
        if link == command::NO_FURTHER || usize::from(offset) <= at {
            return Ok(());
        }
        emit.operation(&OPERATIONS, link.into(), phase);
        (command, at) = (link, offset.into());
    }
    Ok(())
}

fn parameters(command: u8, block: &Block<'_>, header: &Header, memory: &mut Memory, emit: &mut Emit<'_>) {
    match (command, header.response) {
        (command::NEGOTIATE, true) => negotiated(block, emit),
        (command::SESSION_SETUP_ANDX, false) => session_setup(block, header, memory, emit),
        (command::SESSION_SETUP_ANDX, true) => session_answer(block, header, memory, emit),
        (command::READ_ANDX, true) => memory.pipes.piece(read_data(block), emit),
        (command::WRITE_ANDX, false) => memory.pipes.piece(write_data(block), emit),
        (command::TRANSACTION, _) => {
            let data = transaction_data(block.message, block.words, header.response);
            memory.pipes.piece(data, emit);
        }
        _ => {}
    }
}

/// Data of a transaction (MS-CIFS 2.2.4.33): where its length and offset stand.
pub(super) fn transaction_data<'a>(message: &'a [u8], words: &[u8], response: bool) -> &'a [u8] {
    let at = if response { 12 } else { 22 };
    piece(message, le16(words, at + 2), le16(words, at))
}

/// MS-CIFS 2.2.4.52.2: the answer that chooses `NT LM 0.12` has 17 words, others 1 or 13.
fn negotiated(block: &Block<'_>, emit: &mut Emit<'_>) {
    let choice = block.words.get(..2).unwrap_or_default();
    if choice.is_empty() || choice == [0xff, 0xff] {
        return;
    }
    emit.identity(Whom::Sender, Attribute::ProtocolVersion, Text::new("SMB 1"), choice, "smb.dialect.index");
    if block.words.len() != 34 {
        return;
    }
    let mode = byte(block.words, 2).unwrap_or(0);
    let policy = match mode & 0x0c {
        0x08 | 0x0c => "SMB signing required",
        0x04 => "SMB signing not required",
        _ => "SMB signing disabled",
    };
    let witness = block.words.get(2..3).unwrap_or_default();
    emit.identity(Whom::Sender, Attribute::SecurityPolicy, Text::new(policy), witness, "smb.sm");
    // Without extended security domain and server name follow the challenge (MS-CIFS 2.2.4.52.2).
    const EXTENDED_SECURITY: u32 = 0x8000_0000;
    let capabilities = block.words.get(19..).and_then(|w| le32(w, 0)).unwrap_or(0);
    let challenge = usize::from(byte(block.words, 33).unwrap_or(0));
    if capabilities & EXTENDED_SECURITY == 0 && block.data.len() > challenge {
        let mut strings = Strings { block, at: challenge, unicode: true, aligned: false };
        strings.tell(Attribute::Domain, "smb.primary_domain", emit);
        strings.tell(Attribute::Hostname, "smb.server", emit);
    }
}

/// Null-terminated strings in the data of a block (MS-CIFS 2.2.1.1); those in Unicode begin at an even offset in the message.
struct Strings<'a> {
    block: &'a Block<'a>,
    at: usize,
    unicode: bool,
    aligned: bool,
}

impl<'a> Strings<'a> {
    fn next(&mut self) -> (Text, &'a [u8]) {
        if self.unicode && self.aligned && !(self.block.at + self.at).is_multiple_of(2) {
            self.at += 1;
        }
        let rest = self.block.data.get(self.at..).unwrap_or_default();
        let (end, zero) = if self.unicode {
            (rest.chunks_exact(2).position(|c| c == [0, 0]).map(|n| n * 2), 2)
        } else {
            (rest.iter().position(|&b| b == 0), 1)
        };
        let end = end.unwrap_or(rest.len());
        self.at = self.at.saturating_add(end + zero);
        let bytes = rest.get(..end).unwrap_or_default();
        (if self.unicode { Text::from_utf16le(bytes) } else { Text::from_wire(bytes) }, bytes)
    }

    fn tell(&mut self, attribute: Attribute, field: &'static str, emit: &mut Emit<'_>) {
        let (text, witness) = self.next();
        emit.identity(Whom::Sender, attribute, text, witness, field);
    }
}

/// MS-CIFS 2.2.4.53.1 (13 words: passwords and an account name) and MS-SMB 2.2.4.6.1 (12 words: a security blob).
fn session_setup(block: &Block<'_>, header: &Header, memory: &mut Memory, emit: &mut Emit<'_>) {
    use crate::protocols::ntlm::Login;
    use model::observation::Mechanism;
    let length = |at| usize::from(le16(block.words, at).unwrap_or(0));
    let strings = |at| Strings { block, at, unicode: header.unicode, aligned: true };
    let mut strings = match block.words.len() {
        24 => {
            memory.asks(block.data.get(..length(14)).unwrap_or(block.data), emit);
            strings(length(14))
        }
        26 => {
            let mut strings = strings(length(14) + length(16));
            let (account, witness) = strings.next();
            let (domain, _) = strings.next();
            let name = match (account.is_empty(), domain.is_empty()) {
                (false, false) => Text::new(&format!("{domain}\\{account}")),
                _ => account,
            };
            let mechanism = if name.is_empty() { Mechanism::Anonymous } else { Mechanism::Ntlm };
            let login = Login { name, mechanism };
            login.tell(None, witness, emit);
            memory.login = Some(login);
            strings
        }
        _ => return,
    };
    strings.tell(Attribute::Os, "smb.native_os", emit);
    strings.tell(Attribute::Software, "smb.native_lanman", emit);
}

/// MS-CIFS 2.2.4.53.2 (3 words) and MS-SMB 2.2.4.6.2 (4 words, a security blob).
fn session_answer(block: &Block<'_>, header: &Header, memory: &mut Memory, emit: &mut Emit<'_>) {
    if header.status != MORE_PROCESSING {
        memory.answered(header.status == 0, block.message.get(5..9).unwrap_or_default(), emit);
    }
    let blob = match block.words.len() {
        6 => 0,
        8 => usize::from(le16(block.words, 6).unwrap_or(0)),
        _ => return,
    };
    memory.asks(block.data.get(..blob).unwrap_or(block.data), emit);
    let mut strings = Strings { block, at: blob, unicode: header.unicode, aligned: true };
    strings.tell(Attribute::Os, "smb.native_os", emit);
    strings.tell(Attribute::Software, "smb.native_lanman", emit);
    strings.tell(Attribute::Domain, "smb.primary_domain", emit);
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// MS-CIFS 2.2.2.1, those in use.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("close", 0x04, Class::File),
        op("delete", 0x06, Class::File),
        op("rename", 0x07, Class::File),
        op("read", 0x0a, Class::File),
        op("write", 0x0b, Class::File),
        op("check_directory", 0x10, Class::File),
        op("transaction", 0x25, Class::Other),
        op("echo", 0x2b, Class::Session),
        op("open_andx", 0x2d, Class::File),
        op("read_andx", 0x2e, Class::File),
        op("write_andx", 0x2f, Class::File),
        op("transaction2", 0x32, Class::File),
        op("tree_disconnect", 0x71, Class::Session),
        op("negotiate", 0x72, Class::Session),
        op("session_setup_andx", 0x73, Class::Authentication),
        op("logoff_andx", 0x74, Class::Authentication),
        op("tree_connect_andx", 0x75, Class::Session),
        op("nt_transact", 0xa0, Class::Other),
        op("nt_transact_secondary", 0xa1, Class::Other),
        op("nt_create_andx", 0xa2, Class::File),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_unicode_are_aligned_to_the_message() {
        let mut message = vec![0; HEADER];
        message.extend([0, 9, 0, 0, b'W', 0, b'x', 0, 0, 0, b'L', 0]);
        let block = block(&message, HEADER).unwrap();
        let mut strings = Strings { block: &block, at: 0, unicode: true, aligned: true };
        assert_eq!(strings.next().0.as_str(), "Wx");
        assert_eq!(strings.next().0.as_str(), "L");
        assert_eq!(strings.next().0.as_str(), "");
    }

    #[test]
    fn blocks_stay_inside_the_message() {
        assert!(block(&[0; HEADER], HEADER).is_err());
        assert!(block(&[0; HEADER], usize::MAX).is_err());
        assert_eq!(piece(b"abcdef", Some(4), Some(9)), b"ef");
    }
}
