//! ANSI C12.22: electricity meters; tables read and written, registration, log-on.
//! Source: ANSI C12.22-2012 (also IEEE 1703-2012), 5.3.2 (services), 5.3.4 (ACSE and EPSEM).

use super::ber;
use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16, byte, le16};
use model::{Operation, OperationClass as Class, Transport};

/// The protocol.
pub(super) struct C1222;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "c1222",
    title: "ANSI C12.22",
    tcp: &[1153],
    udp: &[1153],
    ethertypes: &[],
    industrial: true,
    sources: "ANSI C12.22-2012",
    operations: &[&OPERATIONS],
};

static COMMAND: Counter = Counter { protocol: "c1222", name: "command" };

/// An ACSE message (5.3.4.1): application tag 0; then elements with context tags.
const MESSAGE: u8 = 0x60;
/// Called and calling title, invocation, user information.
const CALLED_TITLE: u8 = 0xa2;
const USER_INFORMATION: u8 = 0xbe;
const EXTERNAL: u8 = 0x28;
const OCTETS: u8 = 0x81;
/// Longest message that is believed.
const LENGTH_MAX: usize = 0x1_0000;
/// Services of one message that are read.
const SERVICES_MAX: usize = 32;
/// Codes below it are answers (5.3.2.1).
const FIRST_REQUEST: u8 = 0x20;

/// Length of a message with its header.
fn whole(data: &[u8]) -> Option<usize> {
    let long = |count: usize| {
        let bytes = data.get(2..2 + count)?;
        Some(2 + count + bytes.iter().fold(0, |n: usize, &b| n << 8 | usize::from(b)))
    };
    let len = match byte(data, 1)? {
        short @ 0..=0x7f => 2 + usize::from(short),
        0x81 => long(1)?,
        0x82 => long(2)?,
        _ => return Some(usize::MAX),
    };
    Some(len)
}

impl Protocol for C1222 {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// An ACSE message at the usual port that begins with one of its elements; elsewhere other protocols look the same (LDAP, DLMS).
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if !hint.usual || byte(head, 0).is_some_and(|b| b != MESSAGE) {
            return Probe::No;
        }
        let Some(length) = whole(head) else { return Probe::More };
        if length > LENGTH_MAX || hint.transport == Transport::Udp && length > head.len() {
            return Probe::No;
        }
        let header = match byte(head, 1) {
            Some(0..=0x7f) => 2,
            Some(0x81) => 3,
            _ => 4,
        };
        byte(head, header).map_or(Probe::More, |id| {
            Probe::when(matches!(id, 0xa1 | CALLED_TITLE | 0xa4 | 0xa6..=0xa8 | 0xac | USER_INFORMATION))
        })
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(length) = whole(input.data) else {
        return if input.datagram { Progress::Lost } else { Progress::Need(4) };
    };
    if byte(input.data, 0) != Some(MESSAGE) || length > LENGTH_MAX {
        return Progress::Lost;
    }
    if input.data.len() < length && !input.cut && !input.datagram {
        return Progress::Need(length);
    }
    let message = input.data.get(..length).unwrap_or(input.data);
    if self::message(message, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(length)
}

fn message(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut elements = ber::up_to(&mut Reader::new(data))?.inside();
    while !elements.is_empty() {
        let element = ber::up_to(&mut elements)?;
        if element.id != USER_INFORMATION {
            continue;
        }
        let mut inside = element.inside();
        let mut value = ber::up_to(&mut inside)?;
        if value.id == EXTERNAL {
            value = ber::up_to(&mut value.inside())?;
        }
        if value.id == OCTETS {
            return services(&mut value.inside(), emit);
        }
    }
    Ok(())
}

/// EPSEM (5.3.4.10): control, perhaps the class of the device, then services, each with its length before it.
fn services(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const CLASS_INCLUDED: u8 = 0x10;
    const SECURITY: u8 = 0x0c;
    const CIPHERED: u8 = 0x08;
    const AUTHENTICATED: u8 = 0x04;
    let control = r.u8()?;
    if control & CLASS_INCLUDED != 0 {
        r.skip(4)?;
    }
    if control & SECURITY >= CIPHERED {
        emit.encrypted();
        return Ok(());
    }
    // With authentication four octets of it end the message.
    let end = if control & SECURITY == AUTHENTICATED { 4 } else { 0 };
    let mut r = r.sub(r.len().saturating_sub(end))?;
    for _ in 0..SERVICES_MAX {
        if r.is_empty() {
            break;
        }
        let len = match r.u8()? {
            short @ 0..=0x7f => usize::from(short),
            0x81 => r.u8()?.into(),
            0x82 => r.u16()?.into(),
            _ => return Ok(()),
        };
        let service = r.take(len)?;
        let Some(&code) = service.first() else { continue };
        if code >= FIRST_REQUEST {
            emit.client_is_sender(true);
            emit.count(&COMMAND, code);
            emit.operation(&OPERATIONS, operation(service), Phase::Request);
        } else {
            emit.operation(&OPERATIONS, ANSWER, if code == 0 { Phase::Response } else { Phase::Error });
        }
    }
    Ok(())
}

/// The code of a request: a read or write by index has the number of indices in its code, a negotiation that of its baud rates; a write is
/// named after its table where that tells what it does.
fn operation(service: &[u8]) -> u32 {
    let Some(&code) = service.first() else { return ANSWER };
    match code {
        0x31..=0x39 => 0x31,
        0x60..=0x6b => 0x60,
        0x40..=0x4f => be16(service, 1).map_or(0x40, |table| match (code, table) {
            (0x40, PROCEDURE_TABLE) => procedure(service),
            // The default table needs no number.
            (0x4e, _) => 0x4e,
            (_, 42..=46) => WRITE_SECURITY,
            (_, 52..=54) => WRITE_CLOCK,
            (0x4f, _) => 0x4f,
            (0x41..=0x49, _) => 0x41,
            _ => code.into(),
        }),
        _ => code.into(),
    }
}

/// What table 7 is written with starts a procedure (ANSI C12.19-2008, 9.1.8): eleven bits of number, one that says that it is the maker's own,
/// the selector of the answer. The order of octets is the device's; the usual one, the lower first, is read.
fn procedure(service: &[u8]) -> u32 {
    const OWN: u16 = 0x0800;
    const NUMBER: u16 = 0x07ff;
    // Service, table, length.
    match le16(service, 5) {
        Some(word) if word & OWN == 0 => PROCEDURE | u32::from(word & NUMBER),
        Some(_) => OWN_PROCEDURE,
        None => 0x40,
    }
}

/// Where procedures are started (ANSI C12.19-2008, table 07).
const PROCEDURE_TABLE: u16 = 7;
/// Codes of writes by what they do (the project's own).
const WRITE_SECURITY: u32 = 0x140;
const WRITE_CLOCK: u32 = 0x141;
const OWN_PROCEDURE: u32 = 0x142;
const PROCEDURE: u32 = 0x1000;

/// Code of an answer, which does not say to what (the project's own).
const ANSWER: u32 = 0x100;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Services (5.3.2.4); negotiate and timing setup are those of the optical port (ANSI C12.18, C12.21).
static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("identify", 0x20, Class::Discovery),
        op("terminate", 0x21, Class::Session),
        op("disconnect", 0x22, Class::Session),
        op("deregister", 0x24, Class::Session),
        op("resolve", 0x25, Class::Discovery),
        op("trace", 0x26, Class::Diagnostic),
        op("register", 0x27, Class::Session),
        op("full_read", 0x30, Class::Read),
        op("partial_read_index", 0x31, Class::Read),
        op("default_read", 0x3e, Class::Read),
        op("partial_read_offset", 0x3f, Class::Read),
        op("full_write", 0x40, Class::Write),
        op("partial_write_index", 0x41, Class::Write),
        op("default_write", 0x4e, Class::Write),
        op("partial_write_offset", 0x4f, Class::Write),
        op("logon", 0x50, Class::Authentication),
        op("security", 0x51, Class::Authentication),
        op("logoff", 0x52, Class::Session),
        op("authenticate", 0x53, Class::Authentication),
        op("negotiate", 0x60, Class::Session),
        op("wait", 0x70, Class::Session),
        op("timing_setup", 0x71, Class::Session),
        op("answer", ANSWER, Class::Other),
        // Tables 42 to 46 are passwords, keys and access rights, 52 to 54 the clock (ANSI C12.19-2008).
        op("write_security", WRITE_SECURITY, Class::Configuration),
        op("write_clock", WRITE_CLOCK, Class::Time),
        op("maker_procedure", OWN_PROCEDURE, Class::Other),
        // Procedures (ANSI C12.19-2008, table 07).
        op("cold_start", PROCEDURE, Class::Restart),
        op("warm_start", PROCEDURE | 1, Class::Restart),
        op("save_configuration", PROCEDURE | 2, Class::Configuration),
        op("clear_data", PROCEDURE | 3, Class::Write),
        op("reset_list_pointers", PROCEDURE | 4, Class::Write),
        op("update_last_read_entry", PROCEDURE | 5, Class::Write),
        op("change_mode", PROCEDURE | 6, Class::ModeChange),
        op("clear_standard_status", PROCEDURE | 7, Class::Diagnostic),
        op("clear_maker_status", PROCEDURE | 8, Class::Diagnostic),
        op("remote_reset", PROCEDURE | 9, Class::Command),
        op("set_clock", PROCEDURE | 10, Class::Time),
        op("execute_diagnostics", PROCEDURE | 11, Class::Diagnostic),
        op("activate_all_pending_tables", PROCEDURE | 12, Class::Configuration),
        op("activate_pending_tables", PROCEDURE | 13, Class::Configuration),
        op("clear_all_pending_tables", PROCEDURE | 14, Class::Configuration),
        op("clear_pending_tables", PROCEDURE | 15, Class::Configuration),
        op("start_load_profile", PROCEDURE | 16, Class::Configuration),
        op("stop_load_profile", PROCEDURE | 17, Class::Configuration),
        op("log_in", PROCEDURE | 18, Class::Authentication),
        op("log_out", PROCEDURE | 19, Class::Authentication),
        op("initiate_call", PROCEDURE | 20, Class::Command),
        op("direct_load_control", PROCEDURE | 21, Class::Command),
        op("modify_credit", PROCEDURE | 22, Class::Write),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex};

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 50_000,
            to_port: 5000,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let head = b"\x60\x0a\xa2\x02\x06\x00\xbe\x04\x28\x02\x81\x00";
        assert_eq!(C1222.probe(head, &hint(true)), Probe::Yes);
        assert_eq!(C1222.probe(head, &hint(false)), Probe::No);
        assert_eq!(C1222.probe(&head[..1], &hint(true)), Probe::More);
        assert_eq!(C1222.probe(b"\x60\x0a\x02\x01", &hint(true)), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
        assert_eq!(whole(b"\x60\x82\x01\x00"), Some(260));
    }

    /// A message with one service: user information, external, octets, EPSEM without security, its length.
    fn epsem(service: &str) -> Vec<u8> {
        let service = hex(service);
        let n = u8::try_from(service.len()).unwrap();
        [&[0x60, n + 8, 0xbe, n + 6, 0x28, n + 4, 0x81, n + 2, 0x80, n][..], &service].concat()
    }

    #[test]
    fn classes_of_services() {
        for (service, expected) in [
            ("20", "identify discovery"),
            ("30 0001", "full_read read"),
            ("33 0001 0000 0001 0002", "partial_read_index read"),
            ("40 0015 0001 00 ff", "full_write write"),
            ("43 0015 0000 0001 0002 0001 00 ff", "partial_write_index write"),
            ("4e 0001 00 ff", "default_write write"),
            ("4f 002a 000000 0001 00 ff", "write_security configuration"),
            ("40 0034 0001 00 ff", "write_clock time"),
            ("40 0007 0003 0000 01 ff", "cold_start restart"),
            ("40 0007 0003 0900 01 ff", "remote_reset command"),
            ("40 0007 0003 0a30 01 ff", "set_clock time"),
            ("40 0007 0003 1500 01 ff", "direct_load_control command"),
            ("40 0007 0003 0508 01 ff", "maker_procedure other"),
            ("40 0007", "full_write write"),
            ("50 0001 61646d696e20202020 20", "logon authentication"),
            ("62 0400 ff 06 08", "negotiate session"),
            ("71 14 02 05 03", "timing_setup session"),
        ] {
            let lines = hear(&C1222, Transport::Tcp, &[('>', &epsem(service))]);
            let line = format!("operation {expected} 1 0 0");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }
}
