//! Modbus: `modbus.log` (Zeek, `base/protocols/modbus`), and ICSNPP's, which tell the same messages once more in detail.

use super::super::record::number;
use super::super::say::{Log, Phase, Say, Whom};
use super::{log, phase_by_direction, phase_of};
use model::{Attribute, Confidence, Operation, OperationClass, Part, Text};

pub(super) static LOGS: &[Log] = &[
    // In detail there are sub-functions; so where both logs are there, that one counts.
    Log { rank: 1, read: modbus, ..log("modbus", "modbus") },
    Log { read: detailed, ..log("modbus_detailed", "modbus") },
    Log { read: apart, ..log("modbus_mask_write_register", "modbus") },
    Log { read: apart, ..log("modbus_read_write_multiple_registers", "modbus") },
    Log { read: identification, ..log("modbus_read_device_identification", "modbus") },
];

/// Zeek's names (`base/protocols/modbus/consts.zeek`) where they are not those of the specification.
static NAMES: &[(&str, &str)] = &[
    ("report_slave_id", "report_server_id"),
    ("encap_interface_transport", "encapsulated_interface_transport"),
    ("firmware_replacement", "modicon_firmware"),
    ("program_584_984_2", "modicon_program"),
];

fn modbus(say: &mut Say<'_>) {
    let failed = say.get("exception").is_some();
    let answer = if failed { Phase::Error } else { Phase::Response };
    let said = say.any(&["pdu_type", "network_direction"]);
    match said.as_deref() {
        Some(word) if word.eq_ignore_ascii_case("REQ") || word.eq_ignore_ascii_case("request") => {
            message(say, &[Phase::Request]);
        }
        Some(_) => message(say, &[answer]),
        // EVE has both in one event; Zeek before 4.2 logs a function when it is answered.
        None => {
            let eve = say.get("asked").is_some() || say.get("answered").is_some();
            let asked = !eve || say.get("asked").is_some();
            let answered = !eve || say.get("answered").is_some();
            let phases = [asked.then_some(Phase::Request), answered.then_some(answer)];
            message(say, &phases.into_iter().flatten().collect::<Vec<_>>());
        }
    }
}

fn detailed(say: &mut Say<'_>) {
    let failed = say.get("exception_code").is_some();
    let answer = if failed { Phase::Error } else { Phase::Response };
    if let Some(phase) = phase_of(say, "request_response") {
        return message(say, &[if phase == Phase::Request { phase } else { answer }]);
    }
    match say.record.flag("matched") {
        Some(true) => message(say, &[Phase::Request, answer]),
        Some(false) => {
            let told = ["response_values", "response_data", "response_subfunction_code", "exception_code"];
            let answered = say.any(&told).is_some();
            message(say, if answered { &[Phase::Response] } else { &[Phase::Request] });
        }
        None => {
            let phase = turn(say, answer);
            message(say, &[phase]);
        }
    }
}

/// Functions that ICSNPP does not follow have a line for the request and one for the answer, which differ in nothing.
fn turn(say: &mut Say<'_>, answer: Phase) -> Phase {
    let part = |field: &'static str| say.get(field).unwrap_or_default();
    let exchange = format!("{} modbus {} {}", part("uid"), part("tid"), part("func"));
    if say.importer.asked(&exchange).is_some() {
        return answer;
    }
    say.importer.ask(&exchange, Operation::new("", 0, OperationClass::Other));
    Phase::Request
}

/// Where these lines belong to one of the detailed log, that one counts.
fn apart(say: &mut Say<'_>) {
    if say.get("modbus_detailed_link_id").is_none() {
        let phase = phase_of(say, "request_response").unwrap_or_else(|| phase_by_direction(say));
        message(say, &[phase]);
    }
}

/// Objects of the device identification (APP 6.21) in ICSNPP's words.
static OBJECTS: &[(&str, Attribute)] = &[
    ("vendorname", Attribute::Vendor),
    ("productcode", Attribute::OrderNumber),
    ("majorminorrevision", Attribute::Firmware),
    ("productname", Attribute::Product),
    ("modelname", Attribute::Product),
    ("userapplicationname", Attribute::Name),
];

fn identification(say: &mut Say<'_>) {
    apart(say);
    let Some(object) = say.any(&["object_id", "object_id_code"]) else { return };
    let word: String = object.chars().filter(char::is_ascii_alphabetic).take(32).collect();
    let known = OBJECTS.iter().find(|(theirs, _)| word.eq_ignore_ascii_case(theirs));
    if let (Some((_, attribute)), Some(value)) = (known, say.get("object_value")) {
        let value = Text::new(&value);
        let (part, _) = unit(say);
        say.tell(Whom::Server, part, *attribute, value, "object_value", Confidence::CERTAIN);
    }
}

fn message(say: &mut Say<'_>, phases: &[Phase]) {
    let Some(func) = say.get("func") else { return };
    let func = func.strip_suffix("_EXCEPTION").unwrap_or(&func).to_owned();
    let code = number(&func).or_else(|| func.strip_prefix("unknown-").and_then(number));
    let function = match code {
        Some(code) => say.importer.catalogue.by_code("modbus", "function", code & 0x7f),
        None => say.named(&func, NAMES),
    };
    let detail = say.any(&["request_subfunction_code", "response_subfunction_code", "mei_type"]);
    let operation = detail.and_then(|words| say.importer.catalogue.by_name("modbus", &words));
    let operation = operation.or_else(|| numbered(say, function.code)).unwrap_or_else(|| function.clone());
    for phase in phases {
        // Zeek names some functions for which there is no number here.
        if function.code != 0 {
            say.count(("modbus", "function"), *phase, function.code);
        }
        say.operation(operation.clone(), *phase, "func");
    }
    if phases.contains(&Phase::Response) {
        station(say);
    }
}

/// A sub-function by its number: of diagnostics (8) and of the encapsulated interface (43).
fn numbered(say: &Say<'_>, function: u32) -> Option<Operation> {
    let table = match function {
        8 => "diagnostics",
        43 => "encapsulated",
        _ => return None,
    };
    let sub = number(&say.get("sub_function")?)?;
    say.importer.catalogue.listed("modbus", table, function << 8 | sub)
}

/// Unit 0, 1 and 255 are the device itself; others are stations behind it (as in the dissector).
fn unit(say: &Say<'_>) -> (Option<Part>, &'static str) {
    let found = say.record.any(&["unit", "unit_id"]);
    let unit = found.as_ref().and_then(|(_, unit)| number(unit)).filter(|u| !matches!(u, 0 | 1 | 255));
    (unit.map(Part::Unit), found.map_or("unit", |(field, _)| field))
}

fn station(say: &mut Say<'_>) {
    if let (Some(Part::Unit(unit)), field) = unit(say) {
        let text = Text::new(&unit.to_string());
        let part = Some(Part::Unit(unit));
        say.tell(Whom::Server, part, Attribute::StationAddress, text, field, Confidence::CERTAIN);
    }
}
