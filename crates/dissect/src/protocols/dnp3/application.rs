//! Application fragments: functions, what answers what, and device attributes.

use super::authentication::{self, Authentication, variation};
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::reader::{Read, Reader, byte};
use model::{Attribute, Operation, OperationClass as Class, Text};

static FUNCTION: Counter = Counter { protocol: "dnp3", name: "function" };

/// Function codes (§4.4.4).
mod function {
    pub(super) const CONFIRM: u8 = 0;
    pub(super) const READ: u8 = 1;
    pub(super) const WRITE: u8 = 2;
    pub(super) const AUTHENTICATION: u8 = 32;
    pub(super) const AUTHENTICATION_NO_ACK: u8 = 33;
    pub(super) const RESPONSE: u8 = 129;
    pub(super) const UNSOLICITED: u8 = 130;
    pub(super) const AUTHENTICATION_RESPONSE: u8 = 131;
}

/// §4.4.5: the second byte of internal indications says that a request was not understood (function, object, parameter).
const REFUSED: u8 = 0x07;

/// Requests that wait for their answer.
const ASKED_MAX: usize = 32;

/// Application control (§4.2.2.4): the sequence number, which an answer repeats.
const SEQUENCE: u8 = 0x0f;

/// Who asked whom what.
struct Asked {
    master: u16,
    outstation: u16,
    sequence: u8,
    table: &'static Operations,
    code: u8,
}

/// What a conversation remembers of its requests.
#[derive(Default)]
pub(super) struct Exchange {
    asked: Vec<Asked>,
    authentication: Authentication,
}

impl Exchange {
    /// A fragment, whole unless `cut`.
    pub(super) fn fragment(
        &mut self,
        fragment: &[u8],
        ends: (u16, u16),
        cut: bool,
        whom: Whom,
        emit: &mut Emit<'_>,
    ) {
        if self.read(fragment, ends, whom, emit).is_err() && !cut {
            emit.malformed();
        }
    }

    /// Application control, function, internal indications in answers, objects (§4.2.2).
    fn read(&mut self, fragment: &[u8], ends: (u16, u16), whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(fragment);
        let sequence = r.u8()? & SEQUENCE;
        let code = r.u8()?;
        emit.count(&FUNCTION, code);
        match code {
            function::RESPONSE | function::UNSOLICITED | function::AUTHENTICATION_RESPONSE => {
                r.skip(1)?;
                let refused = r.u8()? & REFUSED != 0;
                self.told((code, sequence), refused, ends, &mut r, whom, emit)
            }
            function::AUTHENTICATION | function::AUTHENTICATION_NO_ACK => {
                let object = authentication::object(&mut r)?;
                self.authentication.request(code, object, ends, emit)
            }
            _ => {
                if let Some(object) = authentication::object(&mut r)?
                    && object.variation == variation::AGGRESSIVE
                {
                    self.authentication.aggressive(object, ends, emit)?;
                }
                let table = match code {
                    function::WRITE => writes(r.rest()),
                    function::READ if byte(r.rest(), 0) == Some(FILES) => &READ_FILE,
                    _ => &OPERATIONS,
                };
                emit.operation(table, code.into(), Phase::Request);
                if code != function::CONFIRM {
                    self.ask(Asked { master: ends.0, outstation: ends.1, sequence, table, code });
                }
                Ok(())
            }
        }
    }

    fn told(
        &mut self,
        (code, sequence): (u8, u8),
        refused: bool,
        ends: (u16, u16),
        r: &mut Reader<'_>,
        whom: Whom,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        let witness = r.rest();
        let object = authentication::object(r)?;
        match (code, object) {
            (function::AUTHENTICATION_RESPONSE, Some(object)) => {
                return self.authentication.response(object, (ends.1, ends.0), whom, emit);
            }
            (function::AUTHENTICATION_RESPONSE, None) => {
                emit.operation(
                    &OPERATIONS,
                    code.into(),
                    if refused { Phase::Error } else { Phase::Response },
                );
            }
            (function::UNSOLICITED, _) => emit.operation(&OPERATIONS, code.into(), Phase::Request),
            _ => {
                self.authentication.answered((ends.1, ends.0), witness, emit);
                self.answer((code, sequence), ends, refused, emit);
            }
        }
        attributes(r, whom, emit)
    }

    /// The newest stand last; a request that is sent again takes the place of the first.
    fn ask(&mut self, asked: Asked) {
        let same = |a: &Asked| (a.master, a.outstation, a.sequence);
        self.asked.retain(|a| same(a) != same(&asked));
        if self.asked.len() >= ASKED_MAX {
            self.asked.remove(0);
        }
        self.asked.push(asked);
    }

    /// An answer belongs to the request with its sequence number, or else to the last one between the two.
    fn answer(
        &mut self,
        (code, sequence): (u8, u8),
        (outstation, master): (u16, u16),
        refused: bool,
        emit: &mut Emit<'_>,
    ) {
        let between = || self.asked.iter().rev().filter(|a| a.master == master && a.outstation == outstation);
        let found = between().find(|a| a.sequence == sequence).or_else(|| between().next());
        let (table, code) = found.map_or((&OPERATIONS, code), |a| (a.table, a.code));
        emit.operation(table, code.into(), if refused { Phase::Error } else { Phase::Response });
    }
}

/// Objects of file transfer (§A.28): blocks of a file are read and written with the functions for values.
const FILES: u8 = 70;

/// A write is named after the first object: device attributes (group 0), time (50), internal indications (80), dead bands (34), blocks of files
/// (70), text for a virtual terminal (112), or anything else.
fn writes(objects: &[u8]) -> &'static Operations {
    match byte(objects, 0) {
        Some(0) => &WRITE_ATTRIBUTES,
        Some(34) => &WRITE_DEADBAND,
        Some(50) => &WRITE_TIME,
        Some(FILES) => &WRITE_FILE,
        Some(80) => &WRITE_INDICATIONS,
        Some(112) => &WRITE_TERMINAL,
        _ => &OPERATIONS,
    }
}

/// Device attributes, group 0 (§A.1): what the outstation says of itself. Nothing else comes beside them.
fn attributes(r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    while byte(r.rest(), 0) == Some(0) {
        r.skip(1)?;
        let (variation, qualifier) = (r.u8()?, r.u8()?);
        let (count, prefix) = match qualifier {
            0x00 => (range(r.u8()?.into(), r.u8()?.into()), 0),
            0x01 => (range(r.u16_le()?, r.u16_le()?), 0),
            0x07 => (r.u8()?.into(), 0),
            0x08 => (r.u16_le()?, 0),
            0x17 => (r.u8()?.into(), 1),
            0x28 => (r.u16_le()?, 2),
            _ => return Ok(()),
        };
        for _ in 0..count {
            r.skip(prefix)?;
            let (kind, len) = (r.u8()?, r.u8()?);
            attribute(variation, kind, r.take(len.into())?, whom, emit);
        }
    }
    Ok(())
}

fn range(start: u16, stop: u16) -> u16 {
    stop.saturating_sub(start).saturating_add(1)
}

/// One attribute: data type (§A.1, 1 is text, 2 an unsigned number) and value.
fn attribute(variation: u8, kind: u8, value: &[u8], whom: Whom, emit: &mut Emit<'_>) {
    let attribute = match variation {
        206 | 207 | 244 => Attribute::Contact,
        208 | 246 | 247 => Attribute::Name,
        242 => Attribute::Firmware,
        243 => Attribute::Hardware,
        245 => Attribute::Location,
        248 => Attribute::Serial,
        249 => Attribute::ProtocolVersion,
        250 => Attribute::Product,
        252 => Attribute::Vendor,
        _ => return,
    };
    let text = match kind {
        1 => Text::from_wire(value),
        2 if value.len() <= 4 => {
            let number = value.iter().rev().fold(0u32, |n, &b| n << 8 | u32::from(b));
            Text::new(&number.to_string())
        }
        _ => return,
    };
    emit.identity(whom, attribute, text, value, "dnp3.al.da.value");
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

pub(super) static WRITE_TIME: Operations =
    Operations { prefix: "function", list: &[op("write_time", 2, Class::Time)] };
pub(super) static WRITE_INDICATIONS: Operations =
    Operations { prefix: "function", list: &[op("write_internal_indications", 2, Class::Diagnostic)] };
pub(super) static WRITE_DEADBAND: Operations =
    Operations { prefix: "function", list: &[op("write_deadband", 2, Class::Configuration)] };
pub(super) static WRITE_ATTRIBUTES: Operations =
    Operations { prefix: "function", list: &[op("write_attributes", 2, Class::Configuration)] };
pub(super) static WRITE_FILE: Operations =
    Operations { prefix: "function", list: &[op("write_file", 2, Class::File)] };
pub(super) static READ_FILE: Operations =
    Operations { prefix: "function", list: &[op("read_file", 1, Class::File)] };
pub(super) static WRITE_TERMINAL: Operations =
    Operations { prefix: "function", list: &[op("write_virtual_terminal", 2, Class::Command)] };

/// §4.4.4, table 4-2.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("confirm", 0, Class::Session),
        op("read", 1, Class::Read),
        op("write", 2, Class::Write),
        op("select", 3, Class::Command),
        op("operate", 4, Class::Command),
        op("direct_operate", 5, Class::Command),
        op("direct_operate_no_ack", 6, Class::Command),
        op("immediate_freeze", 7, Class::Command),
        op("immediate_freeze_no_ack", 8, Class::Command),
        op("freeze_clear", 9, Class::Command),
        op("freeze_clear_no_ack", 10, Class::Command),
        op("freeze_at_time", 11, Class::Command),
        op("freeze_at_time_no_ack", 12, Class::Command),
        op("cold_restart", 13, Class::Restart),
        op("warm_restart", 14, Class::Restart),
        op("initialize_data", 15, Class::Configuration),
        op("initialize_application", 16, Class::Restart),
        op("start_application", 17, Class::ModeChange),
        op("stop_application", 18, Class::ModeChange),
        op("save_configuration", 19, Class::Configuration),
        op("enable_unsolicited", 20, Class::Configuration),
        op("disable_unsolicited", 21, Class::Configuration),
        op("assign_class", 22, Class::Configuration),
        op("delay_measurement", 23, Class::Time),
        op("record_current_time", 24, Class::Time),
        op("open_file", 25, Class::File),
        op("close_file", 26, Class::File),
        op("delete_file", 27, Class::File),
        op("get_file_info", 28, Class::File),
        op("authenticate_file", 29, Class::Authentication),
        op("abort_file", 30, Class::File),
        op("activate_configuration", 31, Class::Configuration),
        op("authentication_request", 32, Class::Authentication),
        op("authentication_request_no_ack", 33, Class::Authentication),
        op("response", 129, Class::Other),
        op("unsolicited_response", 130, Class::Read),
        op("authentication_response", 131, Class::Authentication),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_named_after_what_they_write() {
        for (objects, name) in [
            (&b"\x32\x01\x07\x01"[..], "write_time"),
            (b"\x50\x01\x00\x07\x07", "write_internal_indications"),
            (b"\x22\x01\x17\x01", "write_deadband"),
            (b"\x00\xf6\x00\x00\x00", "write_attributes"),
            (b"\x46\x05\x5b\x01", "write_file"),
            (b"\x70\x04\x00\x00\x00", "write_virtual_terminal"),
            (b"\x0c\x01\x17\x01", "confirm"),
            (b"", "confirm"),
        ] {
            assert_eq!(writes(objects).list[0].name, name);
        }
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn ranges() {
        assert_eq!((range(0, 0), range(3, 7), range(7, 3)), (1, 5, 1));
    }
}
