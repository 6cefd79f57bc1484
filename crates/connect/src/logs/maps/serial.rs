//! Protocols that were serial once and makers' own: HART-IP, FINS, Genisys, ROC Plus, BSAP, GE SRTP, EtherCAT and PROFINET, as ICSNPP
//! logs them.

use super::super::say::{Log, Phase, Say, Whom};
use super::{in_parentheses, log, phase_by_direction, phase_of};
use model::observation::Mechanism;
use model::{Attribute, Confidence, Text, Transport};

pub(super) static LOGS: &[Log] = &[
    Log { carrier: Transport::Udp, read: hart, ..log("hart_ip", "hart-ip") },
    Log { carrier: Transport::Udp, read: hart, ..log("hart_ip_general", "hart-ip") },
    Log { carrier: Transport::Udp, read: fins, ..log("omron_fins_general", "fins") },
    Log { carrier: Transport::Udp, read: fins, ..log("omron_fins", "fins") },
    Log { carrier: Transport::Udp, read: nothing_but_facts, ..log("omron_fins_detail", "fins") },
    Log { read: genisys, ..log("genisys", "genisys") },
    Log { read: roc_plus, ..log("roc_plus", "roc-plus") },
    Log { read: roc_plus_login, ..log("roc_plus_login", "roc-plus") },
    Log { read: roc_plus_system, ..log("roc_plus_sys_cfg", "roc-plus") },
    Log { carrier: Transport::Udp, read: bsap, ..log("bsap_ip_rdb", "bsap") },
    Log { read: srtp, ..log("ge_srtp", "srtp") },
    Log { carrier: Transport::Ethernet, read: ethercat, ..log("ecat_registers", "ethercat") },
    Log { carrier: Transport::Ethernet, rank: 1, read: ethercat, ..log("ecat_log_address", "ethercat") },
    Log { carrier: Transport::Udp, read: profinet, ..log("profinet", "profinet-io") },
];

fn nothing_but_facts(_: &mut Say<'_>) {}

/// Message identifiers (HCF_SPEC-085, 6.2).
static HART_MESSAGES: &[(&str, u32, &str)] = &[
    ("session_initiate", 0, "session_initiate"),
    ("session_close", 1, "session_close"),
    ("keep_alive", 2, "keep_alive"),
    ("token_passing_pdu", 3, ""),
    ("direct_pdu", 4, "direct_commands"),
    ("read_audit_log", 5, "read_audit_log"),
];

fn hart(say: &mut Say<'_>) {
    let fields = ["header_message_type_message_type", "header_message_type", "message_type"];
    let kind = say.any(&fields).unwrap_or_default();
    let answer = kind.eq_ignore_ascii_case("response");
    // Servers answer from another port than they were asked at: what a message is says more than who was heard first.
    if answer != say.is_reply() && say.record.ends().is_some() && answer && !say.is_server_first() {
        say.turn();
    }
    let Some(message) = say.any(&["header_message_id", "message_id"]) else { return };
    let message = super::super::catalogue::snake(&message);
    let known = HART_MESSAGES.iter().find(|(name, ..)| *name == message);
    let failed = kind.eq_ignore_ascii_case("nak");
    let phase = match (answer, failed) {
        (_, true) => Phase::Error,
        (true, _) => Phase::Response,
        _ => Phase::Request,
    };
    let Some((_, id, name)) = known else { return };
    say.count(("hart-ip", "message"), phase, id);
    if !name.is_empty() {
        let operation = say.named(name, &[]);
        return say.operation(operation, phase, "header_message_id");
    }
    let fields = ["token_passing_pdu_command_number", "command_number"];
    let Some((field, command)) = say.record.any(&fields).map(|(f, t)| (f, t.into_owned())) else { return };
    let operation = match super::super::record::number(&command) {
        Some(code) => say.importer.catalogue.by_code("hart-ip", "command", code),
        None => say.named(&command, &[]),
    };
    if operation.code != 0 || operation.name == "read_unique_identifier" {
        say.count(("hart-ip", "command"), phase, operation.code.min(255));
    }
    let refused = say
        .any(&["token_passing_pdu_contents_response_response_code"])
        .and_then(|c| super::super::record::number(&c))
        .is_some_and(|c| c & 0x80 != 0 || matches!(c, 2..=7 | 9..=13 | 15..=29 | 32 | 64..=127));
    say.operation(operation, if refused { Phase::Error } else { phase }, field);
}

/// `Memory Area Read (0x0101)`; `Command (0)`, `Response (1)`.
fn fins(say: &mut Say<'_>) {
    let Some(command) = say.any(&["command_code", "command"]) else { return };
    let Some(code) = in_parentheses(&command) else { return };
    let kind = say.any(&["icf_data_type", "data_type", "icf_command_response"]).unwrap_or_default();
    let answer = if kind.is_empty() { say.is_reply() } else { kind.starts_with("Resp") };
    let phase = match (answer, say.any(&["response_code"]).and_then(|c| in_parentheses(&c))) {
        (false, _) => Phase::Request,
        (true, Some(code)) if code & 0x7f3f != 0 => Phase::Error,
        _ => Phase::Response,
    };
    say.count(("fins", "command"), phase, code);
    let operation = say.importer.catalogue.by_code("fins", "command", code);
    say.operation(operation, phase, "command_code");
}

/// Headers in ICSNPP's words.
static GENISYS: &[(&str, &str)] = &[
    ("acknowledge_client", "acknowledge"),
    ("indication_data", "indications"),
    ("control_data_checkback", "control_checkback"),
    ("control_checkback", "control_checkback"),
    ("common_control_data", "common_control"),
    ("acknowledge_and_poll", "acknowledge_and_poll"),
    ("control_data", "control"),
    ("execute", "execute_controls"),
];

fn genisys(say: &mut Say<'_>) {
    let Some(header) = say.get("header") else { return };
    let operation = say.named(&header, GENISYS);
    let phase = phase_of(say, "direction").unwrap_or_else(|| phase_by_direction(say));
    say.count(("genisys", "header"), phase, operation.code);
    say.operation(operation, phase, "header");
    if phase == Phase::Response {
        say.fact(Whom::Server, Attribute::StationAddress, "server", Confidence::CERTAIN);
    }
}

/// `System Config (006)`.
fn roc_plus(say: &mut Say<'_>) {
    const ERROR: u32 = 255;
    let Some(code) = say.get("opcode").and_then(|o| in_parentheses(&o)) else { return };
    let phase = phase_of(say, "packet_type").unwrap_or_else(|| phase_by_direction(say));
    say.count(("roc-plus", "opcode"), phase, code);
    let phase = if code == ERROR { Phase::Error } else { phase };
    let operation = say.importer.catalogue.by_code("roc-plus", "opcode", code);
    say.operation(operation, phase, "opcode");
}

/// The operator in hexadecimal; the password beside it is not looked at.
fn roc_plus_login(say: &mut Say<'_>) {
    let Some(hex) = say.any(&["operator_id"]) else { return };
    let digits: Vec<u8> = hex.bytes().take(128).collect();
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let name = Text::from_wire(&bytes);
    if !name.is_empty() {
        say.sign_in(name, Mechanism::Password, false, None, "operator_id");
    }
}

fn roc_plus_system(say: &mut Say<'_>) {
    say.fact(Whom::Server, Attribute::DeviceType, "type_of_roc", Confidence::LIKELY);
}

/// Remote data base functions.
fn bsap(say: &mut Say<'_>) {
    let Some(function) = say.any(&["func_code", "app_func_code"]) else { return };
    let names = [
        ("read_by_signal_name", "read_by_name"),
        ("read_signal_by_name", "read_by_name"),
        ("read_signal_by_address", "read_by_address"),
        ("write_signal_by_name", "write_by_name"),
        ("write_signal_by_address", "write_by_address"),
        ("read_signal_by_list_start", "read_list_first"),
        ("read_signal_by_list_continue", "read_list_next"),
    ];
    let operation = match super::super::record::number(&function) {
        Some(code) => say.importer.catalogue.by_code("bsap", "function", code),
        None => say.named(&function, &names),
    };
    let phase = phase_by_direction(say);
    say.operation(operation, phase, "func_code");
}

fn srtp(say: &mut Say<'_>) {
    let Some(service) = say.get("service_request_code") else { return };
    let operation = match super::super::record::number(&service).or_else(|| in_parentheses(&service)) {
        Some(code) => say.importer.catalogue.by_code("srtp", "service", code),
        None => say.named(&service, &[("plc_short_status_request", "plc_status")]),
    };
    let kind = say.any(&["srtp_type"]).unwrap_or_default().to_ascii_lowercase();
    let answer = kind.contains("response") || kind.contains("return") || say.is_reply();
    let failed = say.record.number("minor_status_code").is_some_and(|c| c != 0);
    let phase = match (answer, failed) {
        (true, true) => Phase::Error,
        (true, false) => Phase::Response,
        _ => Phase::Request,
    };
    say.operation(operation, phase, "service_request_code");
}

fn ethercat(say: &mut Say<'_>) {
    let Some(command) = say.any(&["Command", "command"]) else { return };
    let operation = match in_parentheses(&command) {
        Some(code) => say.importer.catalogue.by_code("ethercat", "command", code),
        None => say.named(&command, &[]),
    };
    say.operation(operation, Phase::Request, "command");
}

fn profinet(say: &mut Say<'_>) {
    let Some(operation) = say.get("operation_type") else { return };
    let phase = if operation.to_ascii_lowercase().contains("res") {
        Phase::Response
    } else {
        phase_by_direction(say)
    };
    let word = super::super::catalogue::snake(&operation);
    let name = word
        .trim_end_matches("_req")
        .trim_end_matches("_request")
        .trim_end_matches("_response")
        .trim_end_matches("_res");
    let operation = say.named(name, &[("iod_read", "read"), ("iod_write", "write")]);
    say.operation(operation, phase, "operation_type");
}
