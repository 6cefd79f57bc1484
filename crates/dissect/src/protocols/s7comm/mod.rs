//! S7comm: reads and writes of variables, programs up and down, start and stop, system status lists of Siemens S7-300/400 and
//! compatible controllers.
//!
//! Siemens publishes no specification. Sources: "System Software for S7-300/400, System and Standard Functions", volume 2,
//! A5E02789976 (SZL); the Snap7 reference manual 1.4 §"Siemens communications"; the names of functions as packet analysers show them.

mod program;
mod szl;
mod userdata;

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Probe, Protocol, ProtocolInfo, Session};
use crate::protocols::cotp::{IsoTransport, Selectors};
use crate::reader::{Read, Reader, be16, byte};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol. It rides on ISO transport, whose session recognises it.
pub(super) struct S7comm;

pub(super) static INFO: ProtocolInfo = ProtocolInfo {
    name: "s7comm",
    title: "Siemens S7 communication",
    tcp: &[102],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "Siemens A5E02789976 (system status lists); Snap7 reference manual 1.4",
    operations: &[
        &OPERATIONS,
        &userdata::OPERATIONS,
        &program::OTHER,
        &program::NC,
        &program::START,
        &program::INSERT,
        &program::DELETE,
        &program::TO_ROM,
        &program::COMPRESS,
        &program::NC_LOGIN,
        &program::NC_LOGOUT,
        &program::NC_FILE,
        &program::NC_SELECT,
        &program::NC_MODE,
        &program::NC_SETTINGS,
        &program::NC_SAVE,
        &program::NC_PASSWORD,
        &program::NC_TOOLS,
        &program::NC_MOVE,
        &program::NC_FIND,
        &program::NC_COMMAND,
        &program::NC_SEMAPHORE,
    ],
};

static ROSCTR: Counter = Counter { protocol: "s7comm", name: "rosctr" };
static FUNCTION: Counter = Counter { protocol: "s7comm", name: "function" };

/// Kinds of message ("remote operating service control").
mod rosctr {
    pub(super) const JOB: u8 = 1;
    pub(super) const ACK: u8 = 2;
    pub(super) const ACK_DATA: u8 = 3;
    pub(super) const USERDATA: u8 = 7;
}

/// Function codes of jobs and their answers.
mod function {
    pub(super) const READ: u8 = 0x04;
    pub(super) const WRITE: u8 = 0x05;
    pub(super) const REQUEST_DOWNLOAD: u8 = 0x1a;
    pub(super) const START_UPLOAD: u8 = 0x1d;
    pub(super) const PI_SERVICE: u8 = 0x28;
    pub(super) const SETUP: u8 = 0xf0;
}

/// An item of a variable service went well.
const ITEM_OK: u8 = 0xff;

/// Protocol identifier 0x32, a known kind, and lengths that fit.
pub(super) fn is_message(user: &[u8]) -> bool {
    matches!(user, [0x32, rosctr::JOB..=rosctr::ACK_DATA | rosctr::USERDATA, _, _, _, _, _, _, _, _, ..])
}

impl Protocol for S7comm {
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
pub(in crate::protocols) struct Talk {
    named: bool,
    /// Reference of the last upload request, and the block it asks for.
    upload: Option<(u16, Text)>,
    /// Reference and table of the last program invocation.
    invocation: Option<(u16, &'static Operations)>,
    userdata: userdata::Talk,
}

/// The parts of a message.
struct Message<'a> {
    reference: u16,
    kind: u8,
    failed: bool,
    parameters: &'a [u8],
    data: &'a [u8],
}

impl Talk {
    /// Bytes of an unfinished status list.
    pub(in crate::protocols) fn held(&self) -> usize {
        self.userdata.held()
    }

    /// Reads one message.
    pub(in crate::protocols) fn read(&mut self, user: &[u8], selectors: &mut Selectors, emit: &mut Emit<'_>) {
        emit.info = &INFO;
        if !self.named {
            self.named = true;
            emit.refine(INFO.name);
        }
        if self.message(user, selectors, emit).is_err() {
            emit.malformed();
        }
    }

    fn message(&mut self, user: &[u8], selectors: &mut Selectors, emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(user);
        r.skip(1)?;
        let kind = r.u8()?;
        emit.count(&ROSCTR, kind);
        r.skip(2)?;
        let reference = r.u16()?;
        let (parameters_len, data_len) = (r.u16()?, r.u16()?);
        let failed = matches!(kind, rosctr::ACK | rosctr::ACK_DATA) && r.u16()? & 0xff00 != 0;
        let parameters = r.up_to(parameters_len.into());
        let data = r.up_to(data_len.into());
        let message = Message { reference, kind, failed, parameters, data };
        match kind {
            rosctr::USERDATA => self.userdata.read(parameters, data, emit)?,
            rosctr::ACK => {}
            _ => self.job(&message, selectors, emit)?,
        }
        if parameters.len() < parameters_len.into() || data.len() < data_len.into() {
            emit.malformed();
        }
        Ok(())
    }

    /// A job or its answer.
    fn job(&mut self, m: &Message<'_>, selectors: &mut Selectors, emit: &mut Emit<'_>) -> Read<()> {
        let Some(function) = byte(m.parameters, 0) else { return Ok(()) };
        emit.count(&FUNCTION, function);
        let request = m.kind == rosctr::JOB;
        let mut table = &OPERATIONS;
        match function {
            function::SETUP if request => rack_and_slot(selectors, emit),
            function::START_UPLOAD => self.upload(m, request, emit)?,
            function::REQUEST_DOWNLOAD if request => program::download(m.parameters, emit)?,
            function::PI_SERVICE if request => {
                table = program::invocation(m.parameters)?;
                self.invocation = Some((m.reference, table));
            }
            function::PI_SERVICE => {
                let asked = self.invocation.filter(|(reference, _)| *reference == m.reference);
                table = asked.map_or(&program::OTHER, |(_, table)| table);
            }
            _ => {}
        }
        let item = match function {
            _ if request => ITEM_OK,
            function::READ | function::WRITE => byte(m.data, 0).unwrap_or(ITEM_OK),
            _ => ITEM_OK,
        };
        let phase = match (request, m.failed || item != ITEM_OK) {
            (true, _) => Phase::Request,
            (_, true) => Phase::Error,
            _ => Phase::Response,
        };
        emit.operation(table, function.into(), phase);
        Ok(())
    }

    /// A block is read out of the controller: the request names it, the answer tells its size.
    fn upload(&mut self, m: &Message<'_>, request: bool, emit: &mut Emit<'_>) -> Read<()> {
        if request {
            self.upload = program::upload_name(m.parameters)?.map(|name| (m.reference, name));
        } else if let Some((reference, name)) = self.upload.take()
            && reference == m.reference
            && !m.failed
        {
            let text = program::with_size(&name, program::upload_size(m.parameters));
            emit.identity(Whom::Sender, Attribute::Program, text, m.parameters, "s7comm.param.blockcontrol");
        }
        Ok(())
    }
}

/// The called transport selector names rack and slot of the module that is talked to: connection type, then rack in three bits and
/// slot in five (Snap7 reference manual, "TSAP").
fn rack_and_slot(selectors: &mut Selectors, emit: &mut Emit<'_>) {
    if !std::mem::take(&mut selectors.fresh) || !matches!(*selectors.called, [1..=3 | 0x10..=0x2f, _]) {
        return;
    }
    let place = be16(&selectors.called, 0).unwrap_or(0) & 0xff;
    let text = Text::new(&format!("rack {}, slot {}", place >> 5, place & 0x1f));
    emit.identity(Whom::Receiver, Attribute::Module, text, &selectors.called, "cotp.dst-tsap");
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("cpu_services", 0x00, Class::Diagnostic),
        op("read_var", 0x04, Class::Read),
        op("write_var", 0x05, Class::Write),
        op("request_download", 0x1a, Class::ProgramDownload),
        op("download_block", 0x1b, Class::ProgramDownload),
        op("download_ended", 0x1c, Class::ProgramDownload),
        op("start_upload", 0x1d, Class::ProgramUpload),
        op("upload", 0x1e, Class::ProgramUpload),
        op("end_upload", 0x1f, Class::ProgramUpload),
        op("plc_stop", 0x29, Class::ModeChange),
        op("setup_communication", 0xf0, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::cotp::Cotp;
    use crate::protocols::testing::Bench;

    /// In a TPKT and a COTP data unit (RFC 1006 §6, X.224 §13.7); `more`: not the last piece.
    fn packet(user: &[u8], more: bool) -> Vec<u8> {
        let mut bytes =
            vec![3, 0, 0, u8::try_from(user.len() + 7).unwrap(), 2, 0xf0, if more { 0 } else { 0x80 }];
        bytes.extend_from_slice(user);
        bytes
    }

    /// A message: kind, parameters, data.
    fn message(kind: u8, parameters: &[u8], data: &[u8]) -> Vec<u8> {
        let len = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
        let mut bytes = vec![0x32, kind, 0, 0, 0x12, 0x34, 0, len(parameters), 0, len(data)];
        if matches!(kind, rosctr::ACK | rosctr::ACK_DATA) {
            bytes.extend([0, 0]);
        }
        bytes.extend_from_slice(parameters);
        bytes.extend_from_slice(data);
        bytes
    }

    #[test]
    fn connection_and_variables() {
        let mut b = Bench::new(&Cotp);
        b.client(b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x22");
        b.client(&packet(&message(1, b"\xf0\0\0\x01\0\x01\x01\xe0", b""), false));
        b.client(&packet(&message(1, b"\x04\x01\x12\x0a\x10\x02\0\x04\0\x01\x84\0\0\0", b""), false));
        b.server(&packet(&message(3, b"\x04\x01", b"\xff\x04\0\x20\0\0\0\x01"), false));
        b.server(&packet(&message(3, b"\x05\x01", b"\x05"), false));
        b.server(&packet(&message(2, b"", b""), false));
        assert_eq!(b.protocol(), Some("s7comm"));
        assert_eq!(b.facts(), ["server module rack 1, slot 2"]);
        assert_eq!(b.operations(), ["read_var 1/1/0", "setup_communication 1/0/0", "write_var 0/1/1"]);
        let counts = b.counts();
        assert!(
            counts.contains(&"s7comm.rosctr s2c 3 2".into())
                && counts.contains(&"s7comm.function c2s 240 1".into())
        );
    }

    #[test]
    fn pieces_are_joined_and_limited() {
        let whole = message(1, b"\x05\x01\x12\x0a\x10\x02\0\x01\0\x01\x84\0\0\0", b"\0\x04\0\x08\x01");
        for cut in 1..whole.len() {
            let mut b = Bench::new(&Cotp);
            b.client(&packet(&whole[..cut], true));
            assert!(b.operations().is_empty());
            b.client(&packet(&whole[cut..], false));
            assert_eq!(b.operations(), ["write_var 1/0/0"]);
        }
        let mut b = Bench::new(&Cotp);
        for _ in 0..2000 {
            b.client(&packet(&[0x32; 200], true));
        }
        assert!(b.malformed() > 0);
    }

    #[test]
    fn programs_by_name() {
        let mut b = Bench::new(&Cotp);
        b.client(&packet(&message(1, b"\x1d\0\0\0\0\0\0\0\x09_0800001A", b""), false));
        b.server(&packet(&message(3, b"\x1d\0\x01\0\0\0\0\x07\x070000142", b""), false));
        b.client(&packet(&message(1, b"\x1a\0\x01\0\0\0\0\0\x09_0A00007P\x0d1000260000132", b""), false));
        b.client(&packet(&message(1, b"\x28\0\0\0\0\0\0\xfd\0\0\x09P_PROGRAM", b""), false));
        b.server(&packet(&message(3, b"\x28", b""), false));
        b.client(&packet(&message(1, b"\x29\0\0\0\0\0\x09P_PROGRAM", b""), false));
        assert_eq!(b.facts(), ["server program OB1 (142 bytes)", "server program DB7 (260 bytes)"]);
        assert_eq!(
            b.operations(),
            ["pi_start 1/1/0", "plc_stop 1/0/0", "request_download 1/0/0", "start_upload 1/1/0"]
        );
    }

    /// Parameters of a userdata answer: status list, data unit 1, more to come.
    fn answer(more: u8) -> Vec<u8> {
        vec![0, 1, 0x12, 8, 0x12, 0x84, 1, 1, 1, more, 0, 0]
    }

    #[test]
    fn status_lists_say_who_it_is() {
        let mut list = b"\x00\x11\x00\x00\x00\x1c\x00\x02".to_vec();
        list.extend(b"\x00\x016ES7 315-2EH14-0AB0 \x00\xc0\x00\x04\x00\x01");
        list.extend(b"\x00\x07                    \x00\xc0V\x03\x02\x06");
        let facts = [
            "server order_number 6ES7 315-2EH14-0AB0",
            "server vendor Siemens",
            "server hardware 4",
            "server firmware V3.2.6",
        ];
        for cut in [list.len(), 20, 8, 1] {
            let mut b = Bench::new(&Cotp);
            let (first, rest) = list.split_at(cut);
            for (piece, more) in [(first, u8::from(!rest.is_empty())), (rest, 0)] {
                let mut data = vec![0xff, 9, 0, u8::try_from(piece.len()).unwrap()];
                data.extend_from_slice(piece);
                if !piece.is_empty() {
                    b.server(&packet(&message(7, &answer(more), &data), false));
                }
            }
            assert_eq!(b.facts(), facts, "cut at {cut}");
        }
    }

    #[test]
    fn passwords_are_never_kept() {
        let mut b = Bench::new(&Cotp);
        let request = message(7, b"\0\x01\x12\x04\x11\x45\x01\0", b"\xff\x09\0\x08secret!!");
        b.client(&packet(&request, false));
        b.server(&packet(&message(7, b"\0\x01\x12\x08\x12\x85\x01\0\0\0\xd6\x05", b"\x0a\0\0\0"), false));
        let accepted: Vec<_> =
            b.sign_ins().iter().map(|s| (s.name.as_str().to_owned(), s.accepted)).collect();
        assert_eq!(accepted, [(String::new(), None), (String::new(), Some(false))]);
        assert_eq!(b.operations(), ["password 1/1/1"]);
    }

    #[test]
    fn anything_short_is_malformed_and_nothing_more() {
        let whole = message(1, b"\x1a\0\x01\0\0\0\0\0\x09_0A00007P\x0d1000260000132", b"");
        for end in 10..whole.len() {
            let mut b = Bench::new(&Cotp);
            b.client(&packet(&whole[..end], false));
            assert!(b.malformed() > 0, "{end}");
        }
    }
}
