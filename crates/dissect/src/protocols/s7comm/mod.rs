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
