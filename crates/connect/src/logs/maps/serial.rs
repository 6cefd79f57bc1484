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
    Log { carrier: Transport::Udp, rank: 1, read: profinet, ..log("profinet", "profinet-io") },
    Log { carrier: Transport::Udp, read: profinet_cm, ..log("profinet_io_cm", "profinet-io") },
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
    // Servers answer from another port than they were asked at, so the log may have them first.
    let uid = say.get("uid").unwrap_or_default().into_owned();
    let usual = say.is_usual();
    if say.importer.is_turned(&uid, answer && !usual) {
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
    say.answered |= phase != Phase::Request;
    if !name.is_empty() {
        let operation = say.named(name, &[]);
        return say.operation(operation, phase, "header_message_id");
    }
    let fields = ["token_passing_pdu_command_number", "command_number"];
    let Some((field, command)) = say.record.any(&fields).map(|(f, t)| (f, t.into_owned())) else { return };
    let word = super::super::catalogue::snake(&command);
    let listed = HART_COMMANDS.iter().find(|(_, name)| *name == word).map(|(code, _)| *code);
    let unknown = || word.strip_prefix("unknown_").and_then(super::super::record::number);
    let code = super::super::record::number(&command).or(listed).or_else(unknown);
    let operation = match code {
        Some(code) => say.importer.catalogue.by_code("hart-ip", "command", code),
        None => say.named(&command, &[]),
    };
    if let Some(code) = code {
        say.count(("hart-ip", "command"), phase, code.min(255));
    }
    let refused = say
        .any(&["token_passing_pdu_contents_response_response_code"])
        .and_then(|c| super::super::record::number(&c))
        .is_some_and(|c| c & 0x80 != 0 || matches!(c, 2..=7 | 9..=13 | 15..=29 | 32 | 64..=127));
    say.operation(operation, if refused { Phase::Error } else { phase }, field);
}

/// Universal and common practice commands (HCF_SPEC-127, HCF_SPEC-151) in ICSNPP's words.
static HART_COMMANDS: &[(u32, &str)] = &[
    (0, "read_unique_identifier"),
    (1, "read_primary_variable"),
    (2, "read_loop_current"),
    (3, "read_dynamic_variable"),
    (6, "write_polling_address"),
    (7, "read_loop_configuration"),
    (8, "read_dynamic_variable_classifications"),
    (9, "read_device_variable"),
    (11, "read_unique_identifier_tag"),
    (12, "read_message"),
    (13, "read_tag"),
    (14, "read_primary_variable_transducer_information"),
    (15, "read_device_information"),
    (16, "read_final_assembly_number"),
    (17, "write_message"),
    (18, "write_tag_descriptor_date"),
    (19, "write_final_assembly_number"),
    (20, "read_long_tag"),
    (21, "read_unique_identifier_long_tag"),
    (22, "write_long_tag"),
    (33, "read_device_variables"),
    (34, "write_primary_variable_damping_value"),
    (35, "write_primary_variable_range_values"),
    (36, "set_primary_variable_upper_range_value"),
    (37, "set_primary_variable_lower_range_value"),
    (38, "reset_configuration_changed_flag"),
    (39, "eeprom_control"),
    (40, "enter_exit_fixed_current_mode"),
    (41, "perform_self_test"),
    (42, "perform_device_reset"),
    (43, "set_primary_variable_zero"),
    (44, "write_primary_variable_units"),
    (45, "trim_loop_current_zero"),
    (46, "trim_loop_current_gain"),
    (47, "write_primary_variable_transfer_function"),
    (48, "read_additional_device_status"),
    (49, "write_primary_variable_transducer_serial_number"),
    (50, "read_dynamic_variable_assignments"),
    (51, "write_dynamic_variable_assignments"),
    (52, "set_device_variable_zero"),
    (53, "write_device_variable_units"),
    (54, "read_device_variable_information"),
    (55, "write_device_variable_damping_value"),
    (59, "write_number_of_response_preambles"),
    (71, "lock_device"),
    (72, "squawk"),
    (73, "find_device"),
    (74, "read_i_o_system_capabilities"),
    (75, "pull_sub_device"),
    (76, "read_lock_device_state"),
    (77, "send_command_to_sub_device"),
    (78, "read_aggregated_commands"),
    (79, "write_device_variable"),
    (84, "read_sub_device_identity_summary"),
    (85, "read_i_o_channel_statistics"),
    (86, "read_sub_device_statistics"),
    (87, "write_i_o_system_master_mode"),
    (88, "write_i_o_system_retry_count"),
    (89, "set_real_time_clock"),
];

/// `Memory Area Read (0x0101)`; `Command (0)`, `Response (1)`.
fn fins(say: &mut Say<'_>) {
    let Some(command) = say.any(&["command_code", "command"]) else { return };
    // The name before the number: ICSNPP numbers program area services in its own way.
    let name = command.split('(').next().unwrap_or_default();
    let known = say.known(name, &[]);
    let Some(code) = known.map(|o| o.code).or(in_parentheses(&command)) else { return };
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
    ("recall_header", "recall"),
    ("acknowledge_and_poll", "acknowledge_and_poll"),
    ("control_data", "control"),
    ("execute", "execute_controls"),
];

fn genisys(say: &mut Say<'_>) {
    let Some(header) = say.get("header") else { return };
    let phase = phase_of(say, "direction").unwrap_or_else(|| phase_by_direction(say));
    if let Some(known) = say.known(&header, GENISYS) {
        say.count(("genisys", "header"), phase, known.code);
    }
    let operation = say.named(&header, GENISYS);
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
        None => say.named(function.strip_prefix("RSP_").unwrap_or(&function), &names),
    };
    let answer = function.starts_with("RSP_") || say.is_reply();
    let phase = if answer { Phase::Response } else { Phase::Request };
    say.operation(operation, phase, "func_code");
}

/// Services in ICSNPP's words.
static SRTP: &[(&str, &str)] = &[
    ("plc_short_status_request", "plc_status"),
    ("return_control_program_names", "return_program_names"),
    ("write_program_block_memory", "write_program_memory"),
    ("change_plc_cpu_privilege_level", "change_privilege_level"),
    ("set_control_id_cpu_id", "set_control_id"),
    ("set_plc_run_vs_stop", "set_plc_state"),
    ("set_plc_time_date", "set_time"),
    ("return_plc_time_date", "return_time"),
    ("program_store_upload_from_plc", "program_store"),
    ("program_load_download_to_plc", "program_load"),
    ("return_controller_type_and_id_information", "return_controller_type"),
    ("toggle_force_system_memory", "toggle_force"),
];

fn srtp(say: &mut Say<'_>) {
    let Some(service) = say.get("service_request_code") else { return };
    let operation = match super::super::record::number(&service).or_else(|| in_parentheses(&service)) {
        Some(code) => say.importer.catalogue.by_code("srtp", "service", code),
        None => say.named(&service, SRTP),
    };
    let kind = say.any(&["srtp_type"]).unwrap_or_default().to_ascii_lowercase();
    let answer = kind.contains("repl") || kind.contains("response") || say.is_reply();
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

/// One remote procedure call or answer (icsnpp-profinet-io-cm); services by number (IEC 61158-6-10, PNIOServices).
fn profinet_cm(say: &mut Say<'_>) {
    let phase = match say.get("packet_type").as_deref() {
        Some("Request") => Phase::Request,
        Some("Response") => Phase::Response,
        Some("Fault" | "Reject") => Phase::Error,
        _ => return,
    };
    let Some(word) = say.get("operation_num") else { return };
    let services = ["connect", "release", "read", "write", "control", "read_implicit"];
    let word = super::super::catalogue::snake(&word);
    let Some(code) = services.iter().zip(0..).find_map(|(name, code)| (*name == word).then_some(code)) else {
        return;
    };
    say.count(("profinet-io", "opnum"), phase, code);
    let operation = say.importer.catalogue.by_code("profinet-io", "opnum", code);
    say.operation(operation, phase, "operation_num");
}
