//! Functions and sub-functions by class (APP 5.1 and 6).

use crate::emit::Operations;
use model::{Operation, OperationClass as Class};

pub(super) const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Functions (APP 6.1 to 6.21). 9, 10, 13, 14, 18 and 19 are those of old controllers and their programming panels (Modicon PI-MBUS-300,
/// "Function codes supported by controllers"). 125 and 126 replace firmware and programs of Modicon controllers (seen in captures of Quantum).
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("read_coils", 1, Class::Read),
        op("read_discrete_inputs", 2, Class::Read),
        op("read_holding_registers", 3, Class::Read),
        op("read_input_registers", 4, Class::Read),
        op("write_single_coil", 5, Class::Write),
        op("write_single_register", 6, Class::Write),
        op("read_exception_status", 7, Class::Diagnostic),
        op("diagnostics", 8, Class::Diagnostic),
        op("program_484", 9, Class::ProgramDownload),
        op("poll_484", 10, Class::Session),
        op("get_comm_event_counter", 11, Class::Diagnostic),
        op("get_comm_event_log", 12, Class::Diagnostic),
        op("program_controller", 13, Class::ProgramDownload),
        op("poll_controller", 14, Class::Session),
        op("write_multiple_coils", 15, Class::Write),
        op("write_multiple_registers", 16, Class::Write),
        op("report_server_id", 17, Class::Discovery),
        op("program_884", 18, Class::ProgramDownload),
        op("reset_comm_link", 19, Class::Restart),
        op("read_file_record", 20, Class::File),
        op("write_file_record", 21, Class::File),
        op("mask_write_register", 22, Class::Write),
        op("read_write_multiple_registers", 23, Class::Write),
        op("read_fifo_queue", 24, Class::Read),
        op("encapsulated_interface_transport", 43, Class::Discovery),
        op("umas", 90, Class::Other),
        op("modicon_firmware", 125, Class::FirmwareUpdate),
        op("modicon_program", 126, Class::Configuration),
    ],
};

/// Sub-functions of function 8 (APP 6.8.1).
pub(super) static DIAGNOSTICS: Operations = Operations {
    prefix: "diagnostics",
    list: &[
        op("return_query_data", 0x800, Class::Diagnostic),
        op("restart_communications", 0x801, Class::Restart),
        op("return_diagnostic_register", 0x802, Class::Diagnostic),
        op("change_ascii_delimiter", 0x803, Class::Configuration),
        op("force_listen_only", 0x804, Class::ModeChange),
        op("clear_counters", 0x80a, Class::Configuration),
        op("return_bus_message_count", 0x80b, Class::Diagnostic),
        op("return_bus_error_count", 0x80c, Class::Diagnostic),
        op("return_bus_exception_count", 0x80d, Class::Diagnostic),
        op("return_server_message_count", 0x80e, Class::Diagnostic),
        op("return_server_no_response_count", 0x80f, Class::Diagnostic),
        op("return_server_nak_count", 0x810, Class::Diagnostic),
        op("return_server_busy_count", 0x811, Class::Diagnostic),
        op("return_bus_overrun_count", 0x812, Class::Diagnostic),
        op("clear_overrun_counter", 0x814, Class::Configuration),
        // PI-MBUS-300, "Get/clear Modbus Plus statistics".
        op("modbus_plus_statistics", 0x815, Class::Diagnostic),
    ],
};

/// Interfaces of function 43 (APP 6.19).
pub(super) static ENCAPSULATED: Operations = Operations {
    prefix: "encapsulated",
    list: &[
        op("canopen_general_reference", 0x2b0d, Class::Other),
        op("read_device_identification", 0x2b0e, Class::Discovery),
    ],
};
