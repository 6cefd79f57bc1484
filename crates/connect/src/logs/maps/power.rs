//! Energy: DNP3 (Zeek, `base/protocols/dnp3`), synchrophasors and GOOSE (icsnpp-synchrophasor, icsnpp-iec61850-goose), and meters
//! that speak C12.22 (icsnpp-c1222).

use super::super::say::{Log, Phase, Say, Whom};
use super::log;
use model::{Attribute, Confidence, Operation, Transport};

const SURE: Confidence = Confidence::CERTAIN;

pub(super) static LOGS: &[Log] = &[
    Log { read: dnp3, ..log("dnp3", "dnp3") },
    Log { ..log("dnp3_control", "dnp3") },
    Log { ..log("dnp3_objects", "dnp3") },
    Log { read: synchrophasor, ..log("synchrophasor_cmd", "synchrophasor") },
    Log { read: synchrophasor, ..log("synchrophasor_cfg", "synchrophasor") },
    Log { read: synchrophasor, ..log("synchrophasor_data", "synchrophasor") },
    Log { read: synchrophasor, ..log("synchrophasor_hdr", "synchrophasor") },
    Log { read: station, ..log("synchrophasor_cfg_detail", "synchrophasor") },
    Log {
        carrier: Transport::Ethernet,
        facts: &[("gocb_ref", Whom::Client, Attribute::Stream, SURE)],
        read: goose,
        ..log("goose", "goose")
    },
    Log { read: c1222, ..log("c1222", "c1222") },
    Log {
        facts: &[("device_class", Whom::Server, Attribute::DeviceType, Confidence::LIKELY)],
        ..log("c1222_identification_service", "c1222")
    },
];

/// IEEE 1815-2012 §4.2.2.5: what an outstation sends unasked.
const UNSOLICITED: u32 = 130;

/// A request and its answer, by name or, from EVE, by number.
fn dnp3(say: &mut Say<'_>) {
    let code = |say: &Say<'_>, field: &str| {
        let word = say.get(field)?;
        Some(match super::super::record::number(&word) {
            Some(code) => say.importer.catalogue.by_code("dnp3", "function", code),
            None => say.named(&word, &[]),
        })
    };
    if let Some(operation) = code(say, "function") {
        return dnp3_message(say, by_object(say, operation));
    }
    let asked = code(say, "fc_request");
    let answered = code(say, "fc_reply");
    if let Some(operation) = &asked {
        say.count(("dnp3", "function"), Phase::Request, operation.code);
        say.operation(operation.clone(), Phase::Request, "fc_request");
    }
    let Some(answer) = answered else { return };
    say.count(("dnp3", "function"), Phase::Response, answer.code);
    match asked {
        Some(operation) if answer.code != UNSOLICITED => {
            say.operation(operation, Phase::Response, "fc_reply")
        }
        _ if answer.code == UNSOLICITED => say.operation(answer, Phase::Request, "fc_reply"),
        _ => say.operation(answer, Phase::Response, "fc_reply"),
    }
}

/// Reads and writes of some objects have names of their own, as the dissector has them (IEEE 1815-2012 annex A): the group of the first object tells.
fn by_object(say: &Say<'_>, operation: Operation) -> Operation {
    let objects = say.get("objects").unwrap_or_default();
    let group = objects.split(',').next().unwrap_or_default();
    let name = match (operation.name.as_str(), group) {
        ("read", "70") => "read_file",
        ("write", "0") => "write_attributes",
        ("write", "34") => "write_deadband",
        ("write", "50") => "write_time",
        ("write", "70") => "write_file",
        ("write", "80") => "write_internal_indications",
        ("write", "112") => "write_virtual_terminal",
        _ => return operation,
    };
    say.importer.catalogue.by_name("dnp3", name).unwrap_or(operation)
}

/// One message, as EVE has them: its type says the direction, its sequence number what it answers (IEEE 1815-2012 §4.2.2.3).
fn dnp3_message(say: &mut Say<'_>, operation: Operation) {
    let part = |field: &'static str| say.get(field).unwrap_or_default();
    let exchange = format!("{} dnp3 {}", part("uid"), part("sequence"));
    let request = part("direction") == "request";
    let phase = if request { Phase::Request } else { Phase::Response };
    say.count(("dnp3", "function"), phase, operation.code);
    if request {
        say.importer.ask(&exchange, operation.clone());
        return say.operation(operation, phase, "function");
    }
    if operation.code == UNSOLICITED {
        return say.operation(operation, Phase::Request, "function");
    }
    let asked = say.importer.asked(&exchange).unwrap_or(operation);
    say.operation(asked, phase, "function");
}

/// Frame types (IEEE C37.118.2-2011, table 2) and commands (table 15), in ICSNPP's words.
fn synchrophasor(say: &mut Say<'_>) {
    let Some(kind) = say.get("frame_type") else { return };
    let (code, name) = match kind.to_ascii_uppercase().as_str() {
        "DATA" => (0, "data"),
        "HEADER" | "HDR" => (1, "header"),
        "CFG1" | "CFG-1" => (2, "configuration_1"),
        "CFG2" | "CFG-2" => (3, "configuration_2"),
        "CFG3" | "CFG-3" => (5, "configuration_3"),
        "COMMAND" | "CMD" => return command(say),
        _ => return,
    };
    say.count(("synchrophasor", "frame"), Phase::Response, code);
    let operation = say.named(name, &[]);
    say.operation(operation, Phase::Response, "frame_type");
}

fn command(say: &mut Say<'_>) {
    const COMMAND: u32 = 4;
    say.count(("synchrophasor", "frame"), Phase::Request, COMMAND);
    let Some(words) = say.get("command") else { return };
    let names = [
        ("send_cfg_1", "send_configuration_1"),
        ("send_cfg_2", "send_configuration_2"),
        ("send_cfg_3", "send_configuration_3"),
        ("send_hdr", "send_header"),
    ];
    let operation = say.named(&words, &names);
    say.operation(operation, Phase::Request, "command");
}

/// Measuring units by the names and numbers of the configuration.
fn station(say: &mut Say<'_>) {
    say.fact(Whom::Server, Attribute::Name, "station_name", SURE);
    say.fact(Whom::Server, Attribute::StationAddress, "data_source_id", SURE);
    say.answered = true;
}

/// Published by the source of the frame; nobody answers.
fn goose(say: &mut Say<'_>) {
    if say.get("parse_status").is_some_and(|s| s != "ok") {
        return;
    }
    say.count(("goose", "message"), Phase::Request, 1);
    let operation = say.named("publish_event", &[]);
    say.operation(operation, Phase::Request, "gocb_ref");
}

/// `REQ:Ident`, `RESP:OK` (ANSI C12.22, 5.3.2.4).
static SERVICES: &[(&str, &str)] = &[
    ("ident", "identify"),
    ("full_read", "full_read"),
    ("partial_read_1", "partial_read_index"),
    ("partial_read_default", "default_read"),
    ("default_read", "default_read"),
    ("partial_read_offset", "partial_read_offset"),
    ("full_write", "full_write"),
    ("partial_write_offset", "partial_write_offset"),
    ("register", "register"),
    ("deregister", "deregister"),
];

fn c1222(say: &mut Say<'_>) {
    say.encrypted |= say.record.flag("is_encrypted_epsem") == Some(true);
    let Some(services) = say.get("services") else { return };
    for service in services.split(',').take(64) {
        let (way, name) = service.split_once(':').unwrap_or(("", service));
        if way.trim().eq_ignore_ascii_case("RESP") {
            let operation = say.named("answer", &[]);
            let ok = name.trim().eq_ignore_ascii_case("OK");
            say.operation(operation, if ok { Phase::Response } else { Phase::Error }, "services");
            continue;
        }
        if let Some(known) = say.known(name, SERVICES) {
            say.count(("c1222", "command"), Phase::Request, known.code);
        }
        let operation = say.named(name, SERVICES);
        say.operation(operation, Phase::Request, "services");
    }
}
