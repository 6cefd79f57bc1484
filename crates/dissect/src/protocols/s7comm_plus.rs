//! S7comm-plus: the protocol of S7-1200 and S7-1500. Counts what is done and reads what is readable; much of it is protected.
//!
//! Siemens publishes no specification. Function codes and numbers of objects as the open "S7comm-plus" packet analyser plugin and
//! S7CommPlusDriver of T. Wiens list them; structure as in "The Spear to Break the Security Wall of S7CommPlus" (Lei et al., Black
//! Hat Europe 2017).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Probe, Protocol, ProtocolInfo, Session};
use crate::protocols::cotp::{IsoTransport, Selectors};
use crate::reader::{Read, Reader, be16};
use model::observation::Direction;
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};

/// The protocol. It rides on ISO transport, whose session recognises it.
pub(super) struct S7commPlus;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "s7comm-plus",
    title: "Siemens S7 communication plus",
    tcp: &[102],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "no published specification; function codes as packet analysers name them",
    operations: &[&OPERATIONS, &NOTIFICATIONS, &CREATE_BLOCK, &STOP, &START, &MODE],
};

static VERSION: Counter = Counter { protocol: "s7comm-plus", name: "version" };
static OPCODE: Counter = Counter { protocol: "s7comm-plus", name: "opcode" };
static FUNCTION: Counter = Counter { protocol: "s7comm-plus", name: "function" };

/// Version of a message that carries a keep-alive or a system event.
const SYSTEM: u8 = 0xfe;
/// Identifier, version, length.
const HEADER: usize = 4;

/// What kind of message it is.
mod opcode {
    pub(super) const RESPONSE_2: u8 = 0x02;
    pub(super) const REQUEST: u8 = 0x31;
    pub(super) const RESPONSE: u8 = 0x32;
    pub(super) const NOTIFICATION: u8 = 0x33;
}

/// Requests that are remembered until they are answered.
const ASKED_MAX: usize = 16;

const CREATE_OBJECT: u16 = 0x04ca;
const SET_VARIABLE: u16 = 0x04f2;

/// Objects every controller has (S7CommPlusDriver, `Ids`).
mod object {
    /// The program: a block that is created in it is downloaded.
    pub(super) const PROGRAM: u32 = 3;
    /// What runs it.
    pub(super) const EXECUTION: u32 = 52;
    /// Where sessions are created.
    pub(super) const SESSIONS: u32 = 285;
}

/// Identifier 0x72, a known version, and a length that fits.
pub(super) fn is_message(user: &[u8]) -> bool {
    let version = matches!(user, [0x72, 0..=3 | SYSTEM | 0xff, ..]);
    version && be16(user, 2).is_some_and(|len| usize::from(len) + HEADER <= user.len() || len <= 0x0fff)
}

impl Protocol for S7commPlus {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Never on its own: the transport below is recognised and tells them apart.
    fn probe(&self, _: &[u8], _: &Hint) -> Probe {
        Probe::No
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<IsoTransport>::default()
    }
}

/// What one conversation remembers.
#[derive(Default)]
pub(super) struct Talk {
    named: bool,
    /// The message of this direction goes on in the next one.
    continues: [bool; 2],
    /// Sequence number and table of requests that are more than their function says, until they are answered.
    asked: Vec<(u16, &'static Operations)>,
}

impl Talk {
    /// A message was read.
    pub(super) fn is_begun(&self) -> bool {
        self.named
    }

    /// Reads one message.
    pub(super) fn read(&mut self, user: &[u8], selectors: &mut Selectors, emit: &mut Emit<'_>) {
        emit.info = &INFO;
        if !self.named {
            self.named = true;
            emit.refine(INFO.name);
        }
        if std::mem::take(&mut selectors.fresh) && selectors.called.len() > 2 {
            // `SIMATIC-ROOT-HMI`, `SIMATIC-ROOT-ES`: as what the client comes.
            let name = Text::from_wire(&selectors.called);
            let whom = if emit.direction() == Direction::ToClient { Whom::Sender } else { Whom::Receiver };
            emit.identity(whom, Attribute::RequestedName, name, &selectors.called, "cotp.dst-tsap");
        }
        if self.message(user, emit).is_err() {
            emit.malformed();
        }
    }

    fn message(&mut self, user: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(user);
        r.skip(1)?;
        let version = r.u8()?;
        let len = r.u16()?;
        emit.count(&VERSION, version);
        if version == SYSTEM || version == 0xff || len == 0 {
            return Ok(());
        }
        let mut body = Reader::new(r.up_to(len.into()));
        // The last piece of a message is followed by an empty header.
        let [to_server, to_client] = &mut self.continues;
        let continues = if emit.direction() == Direction::ToClient { to_client } else { to_server };
        if std::mem::replace(continues, r.is_empty()) {
            return Ok(());
        }
        if version == 3 {
            // Protected with a digest, which comes first, with its length.
            let digest = body.u8()?;
            body.skip(digest.into())?;
        }
        self.operation(&mut body, emit)
    }

    /// Opcode, reserved, function, reserved, sequence.
    fn operation(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let opcode = r.u8()?;
        let phase = match opcode {
            opcode::REQUEST => Phase::Request,
            opcode::RESPONSE | opcode::RESPONSE_2 => Phase::Response,
            opcode::NOTIFICATION => {
                emit.count(&OPCODE, opcode);
                emit.operation(&NOTIFICATIONS, opcode.into(), Phase::Request);
                return Ok(());
            }
            _ => return Ok(()),
        };
        r.skip(2)?;
        let function = r.u16()?;
        emit.count(&OPCODE, opcode);
        emit.count(&FUNCTION, function);
        r.skip(2)?;
        let sequence = r.u16()?;
        let table = if phase == Phase::Request {
            let special = special(function, r, emit);
            if let Some(table) = special {
                self.ask(sequence, table);
            }
            special
        } else {
            let at = self.asked.iter().position(|(asked, _)| *asked == sequence);
            at.map(|at| self.asked.swap_remove(at).1)
        };
        emit.operation(table.unwrap_or(&OPERATIONS), function.into(), phase);
        if function == CREATE_OBJECT && phase == Phase::Response {
            session_version(r.rest(), emit);
        }
        Ok(())
    }

    fn ask(&mut self, sequence: u16, table: &'static Operations) {
        if self.asked.len() >= ASKED_MAX {
            self.asked.remove(0);
        }
        self.asked.push((sequence, table));
    }
}

/// Requests whose object says more than their function: session, flags, object, and for a variable its number, type and value.
fn special(function: u16, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Option<&'static Operations> {
    r.skip(5).ok()?;
    let object = r.u32().ok()?;
    match (function, object) {
        (CREATE_OBJECT, object::PROGRAM) => Some(&CREATE_BLOCK),
        (CREATE_OBJECT, object::SESSIONS) => {
            client_name(r.rest(), emit);
            None
        }
        // One address: 2167, the requested mode; then a signed number (type 8), 1 for STOP and 3 for RUN.
        (SET_VARIABLE, object::EXECUTION) => match r.rest() {
            [1, 0x90, 0x77, _, 8, 1, ..] => Some(&STOP),
            [1, 0x90, 0x77, _, 8, 3, ..] => Some(&START),
            [1, 0x90, 0x77, ..] => Some(&MODE),
            _ => None,
        },
        _ => None,
    }
}

/// Attribute 298 of a new session: computer and process of the client (seen with every engineering tool).
fn client_name(body: &[u8], emit: &mut Emit<'_>) {
    const ATTRIBUTE: [u8; 5] = [0xa3, 0x82, 0x2a, 0x00, 0x15];
    let Some(at) = body.windows(5).position(|w| w == ATTRIBUTE) else { return };
    let mut r = Reader::new(body.get(at + ATTRIBUTE.len()..).unwrap_or_default());
    if let Ok(len @ 1..0x80) = r.u8()
        && let Ok(name) = r.take(len.into())
    {
        emit.text(Whom::Sender, Attribute::ClientId, name, "s7comm-plus.session_client");
    }
}

/// The answer to the first request names the controller: `1;6ES7 212-1BE40-0XB0 ;V4.2` (seen on S7-1200 and S7-1500).
fn session_version(body: &[u8], emit: &mut Emit<'_>) {
    let Some(start) = body.windows(4).position(|w| matches!(w, [b';', b'6', b'A'..=b'Z', b'A'..=b'Z']))
    else {
        return;
    };
    let text = body.get(start + 1..).unwrap_or_default();
    let end = text.iter().position(|b| !(b.is_ascii_graphic() || *b == b' ')).unwrap_or(text.len());
    let mut parts = text.get(..end).unwrap_or_default().split(|&b| b == b';');
    let (number, firmware) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let field = "s7comm-plus.session_version";
    emit.text(Whom::Sender, Attribute::OrderNumber, number, field);
    emit.claim(Whom::Sender, Attribute::Vendor, Text::new("Siemens"), number, field, Confidence::LIKELY);
    if let [b'V', rest @ ..] = firmware {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let version = firmware.get(..=digits).unwrap_or_default();
        if digits > 0 {
            emit.text(Whom::Sender, Attribute::Firmware, version, field);
        }
    }
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

static NOTIFICATIONS: Operations =
    Operations { prefix: "opcode", list: &[op("notification", 0x33, Class::Read)] };

static CREATE_BLOCK: Operations =
    Operations { prefix: "function", list: &[op("create_block", 0x04ca, Class::ProgramDownload)] };
static STOP: Operations =
    Operations { prefix: "function", list: &[op("plc_stop", 0x04f2, Class::ModeChange)] };
static START: Operations =
    Operations { prefix: "function", list: &[op("plc_start", 0x04f2, Class::ModeChange)] };
static MODE: Operations =
    Operations { prefix: "function", list: &[op("set_mode", 0x04f2, Class::ModeChange)] };

/// Functions. Which objects they touch decides what they do; creating and deleting objects is sessions, subscriptions and programs.
static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("error", 0x04b1, Class::Diagnostic),
        op("explore", 0x04bb, Class::Discovery),
        op("create_object", 0x04ca, Class::Session),
        op("delete_object", 0x04d4, Class::Session),
        op("set_variable", 0x04f2, Class::Write),
        op("get_variable", 0x04fc, Class::Read),
        op("add_link", 0x0506, Class::Configuration),
        op("remove_link", 0x051a, Class::Configuration),
        op("get_link", 0x0524, Class::Read),
        op("set_multi_variables", 0x0542, Class::Write),
        op("get_multi_variables", 0x054c, Class::Read),
        op("begin_sequence", 0x0556, Class::Session),
        op("end_sequence", 0x0560, Class::Session),
        op("invoke", 0x056b, Class::Command),
        op("set_var_sub_streamed", 0x057c, Class::Write),
        op("get_var_sub_streamed", 0x0586, Class::Read),
        op("get_variables_address", 0x0590, Class::Read),
        op("abort", 0x059a, Class::Other),
        op("error_2", 0x05a9, Class::Diagnostic),
        op("init_ssl", 0x05b3, Class::Authentication),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::cotp::Cotp;
    use crate::protocols::testing::Bench;

    fn packet(user: &[u8]) -> Vec<u8> {
        let mut bytes = vec![3, 0, 0, u8::try_from(user.len() + 7).unwrap(), 2, 0xf0, 0x80];
        bytes.extend_from_slice(user);
        bytes
    }

    /// Header, body, and the empty header that ends a message.
    fn message(version: u8, body: &[u8]) -> Vec<u8> {
        let len = u8::try_from(body.len()).unwrap();
        [&[0x72, version, 0, len][..], body, &[0x72, version, 0, 0]].concat()
    }

    #[test]
    fn functions_and_the_name_of_the_controller() {
        let mut b = Bench::new(&Cotp);
        b.client(b"\x03\x00\x00\x22\x1d\xe0\x00\x00\x00\x01\x00\xc1\x02\x06\x00\xc2\x0fSIMATIC-ROOT-ES\xc0\x01\x0a");
        b.client(&packet(&message(1, b"\x31\0\0\x04\xca\0\0\0\x01")));
        b.server(&packet(&message(
            1,
            b"\x32\0\0\x04\xca\0\0\0\x01\x15\x1c1;6ES7 212-1BE40-0XB0 ;V4.2\xa2\0",
        )));
        // Protected: a digest of 32 bytes comes first. In pieces: only the last is followed by an empty header.
        let protected = [&[32][..], &[9; 32], b"\x31\0\0\x05\x42\0\0\0\x02\0"].concat();
        let len = u8::try_from(protected.len()).unwrap();
        b.client(&packet(&[&[0x72, 3, 0, len][..], &protected].concat()));
        b.client(&packet(&message(3, b"\x31\0\0\x05\x42")));
        assert_eq!(b.protocol(), Some("s7comm-plus"));
        assert_eq!(
            b.facts(),
            [
                "server requested_name SIMATIC-ROOT-ES",
                "server order_number 6ES7 212-1BE40-0XB0",
                "server vendor Siemens",
                "server firmware V4.2",
            ]
        );
        assert_eq!(b.operations(), ["create_object 1/1/0", "set_multi_variables 1/0/0"]);
    }

    #[test]
    fn objects_say_what_a_request_does() {
        let mut b = Bench::new(&Cotp);
        let request = |rest: &[u8]| packet(&message(1, &[b"\x31\0\0", rest].concat()));
        b.client(&request(b"\x04\xf2\0\0\0\x05\x70\0\x0e\x4c\x34\0\0\0\x34\x01\x90\x77\0\x08\x03\0"));
        b.server(&packet(&message(1, b"\x32\0\0\x04\xf2\0\0\0\x05\x34\0")));
        b.client(&request(b"\x04\xf2\0\0\0\x06\x70\0\x0e\x4c\x34\0\0\0\x34\x01\x90\x77\0\x08\x01\0"));
        b.client(&request(b"\x04\xf2\0\0\0\x07\x70\0\x0e\x4c\x34\0\0\0\x35\x01\x90\x77\0\x08\x01\0"));
        b.client(&request(b"\x04\xca\0\0\0\x08\0\0\x03\xb5\x36\0\0\0\x03\0\x04"));
        b.client(&request(
            b"\x04\xca\0\0\0\x09\0\0\x01\x20\x36\0\0\x01\x1d\0\xa3\x82\x2a\0\x15\x05ES_77\xa3",
        ));
        assert_eq!(b.facts(), ["client client_id ES_77"]);
        assert_eq!(
            b.operations(),
            [
                "create_block 1/0/0",
                "create_object 1/0/0",
                "plc_start 1/1/0",
                "plc_stop 1/0/0",
                "set_variable 1/0/0"
            ]
        );
    }

    #[test]
    fn recognition() {
        for (user, expected) in [
            (&b"\x72\x01\x00\x02\x31\x00\x72\x01\x00\x00"[..], true),
            (b"\x72\x03\x00\x00", true),
            (b"\x72\x04\x00\x00", false),
            (b"\x72\x01\xff\xff\x00", false),
            (b"\x72", false),
            (b"\x32\x01\x00\x00", false),
        ] {
            assert_eq!(is_message(user), expected, "{user:?}");
        }
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
