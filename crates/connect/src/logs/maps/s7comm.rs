//! S7comm and S7comm-plus: ICSNPP's `cotp`, `s7comm`, `s7comm_plus` and what they find in them (icsnpp-s7comm).

use super::super::say::{Log, Phase, Say, Whom};
use super::{log, phase_by_direction};
use model::{Attribute, Confidence, OperationClass, Text};

const SURE: Confidence = Confidence::CERTAIN;

pub(super) static LOGS: &[Log] = &[
    Log { read: s7comm, ..log("s7comm", "s7comm") },
    Log { read: plus, ..log("s7comm_plus", "s7comm-plus") },
    Log { read: program, ..log("s7comm_upload_download", "s7comm") },
    Log { ..log("s7comm_read_szl", "s7comm") },
    Log {
        facts: &[
            ("automation_system_name", Whom::Server, Attribute::Name, SURE),
            ("module_name", Whom::Server, Attribute::Product, SURE),
            ("plant_name", Whom::Server, Attribute::Location, Confidence::LIKELY),
            ("module_serial", Whom::Server, Attribute::Serial, SURE),
        ],
        ..log("s7comm_known_devices", "s7comm")
    },
];

/// Kinds of messages (ROSCTR).
mod rosctr {
    pub(super) const JOB: u32 = 1;
    pub(super) const ACK: u32 = 2;
    pub(super) const USERDATA: u32 = 7;
}
/// Program invocation: what it does is in the name of the service (`subfunction_name`).
const PI_SERVICE: u32 = 0x28;

fn s7comm(say: &mut Say<'_>) {
    let Some(kind) = say.record.number("rosctr_code") else { return };
    let direction = phase_by_direction(say);
    say.count(("s7comm", "rosctr"), direction, kind);
    say.answered |= direction != Phase::Request;
    let function = say.record.number("function_code");
    match (kind, function) {
        (rosctr::USERDATA, _) => userdata(say),
        (rosctr::ACK, _) | (_, None) => {}
        (_, Some(function)) => {
            say.count(("s7comm", "function"), direction, function);
            let failed = say.record.number("error_code").is_some_and(|e| e != 0)
                || say.get("error_class").is_some_and(|c| !c.eq_ignore_ascii_case("no error"));
            let phase = match (kind == rosctr::JOB, failed) {
                (true, _) => Phase::Request,
                (_, true) => Phase::Error,
                _ => Phase::Response,
            };
            let operation = if function == PI_SERVICE { invocation(say, phase) } else { None };
            let operation =
                operation.unwrap_or_else(|| say.importer.catalogue.by_code("s7comm", "function", function));
            say.operation(operation, phase, "function_code");
        }
    }
}

/// Which program invocation; the answer does not say, its number leads to the request.
fn invocation(say: &mut Say<'_>, phase: Phase) -> Option<model::Operation> {
    let uid = say.get("uid").unwrap_or_default().into_owned();
    let exchange = format!("{uid} pi {}", say.get("pdu_reference").unwrap_or_default());
    if phase != Phase::Request {
        return say.importer.asked(&exchange);
    }
    let name = say.any(&["subfunction_code", "subfunction_name"])?;
    let word = name.to_ascii_uppercase();
    let ours = [
        ("P_PROGRAM", "pi_start"),
        ("_INSE", "pi_insert_block"),
        ("_DELE", "pi_delete_block"),
        ("_GARB", "pi_compress_memory"),
        ("_MODU", "pi_copy_ram_to_rom"),
    ];
    let (_, ours) = ours.iter().find(|(theirs, _)| word.contains(theirs))?;
    let operation = say.importer.catalogue.by_name("s7comm", ours)?;
    say.importer.ask(&exchange, operation.clone());
    Some(operation)
}

/// ICSNPP gives the function group as function and the function in it as subfunction, both by name; the code is group and function.
fn userdata(say: &mut Say<'_>) {
    let group = say.record.number("function_code").unwrap_or(0);
    let function = say.record.number("subfunction_code").unwrap_or(0);
    let code = (group & 0x0f) << 8 | (function & 0xff);
    // Bits 6 and 7 of the type say whether a message asks or answers; older versions leave them out.
    let answer = if group > 0x0f { group & 0x80 != 0 } else { say.is_reply() };
    let operation = say.importer.catalogue.by_code("s7comm", "userdata", code);
    say.operation(operation, if answer { Phase::Response } else { Phase::Request }, "subfunction_code");
}

/// Opcodes of S7comm-plus.
mod opcode {
    pub(super) const RESPONSE: u32 = 0x32;
    pub(super) const NOTIFICATION: u32 = 0x33;
}

fn plus(say: &mut Say<'_>) {
    let direction = phase_by_direction(say);
    say.answered |= direction != Phase::Request;
    if let Some(version) = say.record.number("version") {
        say.count(("s7comm-plus", "version"), direction, version);
    }
    let Some(opcode) = say.record.number("opcode") else { return };
    say.count(("s7comm-plus", "opcode"), direction, opcode);
    if opcode == opcode::NOTIFICATION {
        let operation = say.importer.catalogue.by_code("s7comm-plus", "opcode", opcode);
        return say.operation(operation, Phase::Request, "opcode");
    }
    let Some(function) = say.record.number("function_code") else { return };
    say.count(("s7comm-plus", "function"), direction, function);
    let phase = if opcode == opcode::RESPONSE { Phase::Response } else { Phase::Request };
    // Several acts share a function; what the function says by itself is listed first that is none of engineering.
    let operation = general(say, function);
    say.operation(operation, phase, "function_code");
}

fn general(say: &Say<'_>, function: u32) -> model::Operation {
    let catalogue = &say.importer.catalogue;
    let names = [(0x04ca, "create_object"), (0x04f2, "set_variable")];
    let named = names.iter().find(|(code, _)| *code == function);
    let operation = named.and_then(|(_, name)| catalogue.by_name("s7comm-plus", name));
    operation.unwrap_or_else(|| catalogue.by_code("s7comm-plus", "function", function))
}

/// The block that is read out of the controller or written into it.
fn program(say: &mut Say<'_>) {
    let Some(name) = say.get("filename") else { return };
    let operation = say.get("function_name").map(|f| say.named(&f, &[("download", "request_download")]));
    if operation
        .is_some_and(|o| matches!(o.class, OperationClass::ProgramUpload | OperationClass::ProgramDownload))
    {
        let text = Text::new(&name);
        say.tell(Whom::Server, None, Attribute::Program, text, "filename", Confidence::LIKELY);
    }
}
