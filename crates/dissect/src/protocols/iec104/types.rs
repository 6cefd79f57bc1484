//! Types of ASDU: what each does and how long its objects are (101, 7.2.1 and 7.3; 104, 6 and 8).

use crate::emit::Operations;
use model::{Operation, OperationClass as Class};
use std::ops::RangeInclusive;

/// Codes of the control functions without ASDU, beyond the octet of types (the project's own numbers).
pub(super) const START_DATA: u32 = 0x100;
pub(super) const STOP_DATA: u32 = 0x101;
pub(super) const TEST: u32 = 0x102;

/// File transfer: either side may begin it.
pub(super) const FILES: RangeInclusive<u8> = 120..=127;

/// Authentication (60870-5-7): either side may challenge the other.
pub(super) const SECURITY: RangeInclusive<u8> = 81..=95;

/// Types that a controlling station sends and a controlled one mirrors.
pub(super) fn control(kind: u8) -> bool {
    matches!(kind, 45..=69 | 100..=119)
}

/// Length of one object without its address (101, 7.3; 104, 8).
fn element_len(kind: u8) -> Option<usize> {
    Some(match kind {
        102 => 0,
        1 | 3 | 45..=47 | 70 | 100 | 101 | 105 | 113 => 1,
        5 | 21 | 104 | 106 => 2,
        9 | 11 | 48 | 49 | 110 | 111 => 3,
        2 | 4 | 51 | 122 | 124 => 4,
        6 | 7 | 13 | 15 | 20 | 50 | 112 | 123 => 5,
        10 | 12 | 17 | 120 => 6,
        18 | 19 | 103 | 121 => 7,
        8 | 14 | 16 | 30 | 31 | 58..=60 => 8,
        32 | 107 => 9,
        34 | 35 | 38 | 61 | 62 => 10,
        39 | 40 | 64 => 11,
        33 | 36 | 37 | 63 => 12,
        126 => 13,
        127 => 16,
        _ => return None,
    })
}

/// Length of `count` objects, each with its own three-octet address or in a row after one (101, 7.2.2).
pub(super) fn objects_len(kind: u8, count: usize, in_a_row: bool) -> Option<usize> {
    const ADDRESS: usize = 3;
    let element = element_len(kind)?;
    Some(if in_a_row { ADDRESS + count * element } else { count * (ADDRESS + element) })
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Types by class. A suffix `_time` means with a time tag.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "type",
    list: &[
        op("single_point", 1, Class::Read),
        op("single_point_time24", 2, Class::Read),
        op("double_point", 3, Class::Read),
        op("double_point_time24", 4, Class::Read),
        op("step_position", 5, Class::Read),
        op("step_position_time24", 6, Class::Read),
        op("bitstring", 7, Class::Read),
        op("bitstring_time24", 8, Class::Read),
        op("measured_normalized", 9, Class::Read),
        op("measured_normalized_time24", 10, Class::Read),
        op("measured_scaled", 11, Class::Read),
        op("measured_scaled_time24", 12, Class::Read),
        op("measured_float", 13, Class::Read),
        op("measured_float_time24", 14, Class::Read),
        op("integrated_totals", 15, Class::Read),
        op("integrated_totals_time24", 16, Class::Read),
        op("protection_event_time24", 17, Class::Read),
        op("protection_start_events_time24", 18, Class::Read),
        op("protection_output_time24", 19, Class::Read),
        op("packed_single_points", 20, Class::Read),
        op("measured_normalized_bare", 21, Class::Read),
        op("single_point_time", 30, Class::Read),
        op("double_point_time", 31, Class::Read),
        op("step_position_time", 32, Class::Read),
        op("bitstring_time", 33, Class::Read),
        op("measured_normalized_time", 34, Class::Read),
        op("measured_scaled_time", 35, Class::Read),
        op("measured_float_time", 36, Class::Read),
        op("integrated_totals_time", 37, Class::Read),
        op("protection_event_time", 38, Class::Read),
        op("protection_start_events_time", 39, Class::Read),
        op("protection_output_time", 40, Class::Read),
        op("security_statistics_time", 41, Class::Diagnostic),
        op("single_command", 45, Class::Command),
        op("double_command", 46, Class::Command),
        op("step_command", 47, Class::Command),
        op("set_point_normalized", 48, Class::Command),
        op("set_point_scaled", 49, Class::Command),
        op("set_point_float", 50, Class::Command),
        op("bitstring_command", 51, Class::Command),
        op("single_command_time", 58, Class::Command),
        op("double_command_time", 59, Class::Command),
        op("step_command_time", 60, Class::Command),
        op("set_point_normalized_time", 61, Class::Command),
        op("set_point_scaled_time", 62, Class::Command),
        op("set_point_float_time", 63, Class::Command),
        op("bitstring_command_time", 64, Class::Command),
        op("end_of_initialization", 70, Class::Session),
        op("authentication_challenge", 81, Class::Authentication),
        op("authentication_reply", 82, Class::Authentication),
        op("aggressive_mode_request", 83, Class::Authentication),
        op("session_key_status_request", 84, Class::Authentication),
        op("session_key_status", 85, Class::Authentication),
        op("session_key_change", 86, Class::Authentication),
        op("authentication_error", 87, Class::Authentication),
        op("user_status_change", 90, Class::Configuration),
        op("update_key_change_request", 91, Class::Configuration),
        op("update_key_change_reply", 92, Class::Configuration),
        op("update_key_change", 93, Class::Configuration),
        op("update_key_change_asymmetric", 94, Class::Configuration),
        op("update_key_change_confirmation", 95, Class::Configuration),
        op("interrogation", 100, Class::Read),
        op("counter_interrogation", 101, Class::Read),
        op("read", 102, Class::Read),
        op("clock_synchronization", 103, Class::Time),
        op("test", 104, Class::Diagnostic),
        op("reset_process", 105, Class::Restart),
        op("delay_acquisition", 106, Class::Time),
        op("test_time", 107, Class::Diagnostic),
        op("parameter_normalized", 110, Class::Configuration),
        op("parameter_scaled", 111, Class::Configuration),
        op("parameter_float", 112, Class::Configuration),
        op("parameter_activation", 113, Class::Configuration),
        op("file_ready", 120, Class::File),
        op("section_ready", 121, Class::File),
        op("call_file", 122, Class::File),
        op("last_section", 123, Class::File),
        op("acknowledge_file", 124, Class::File),
        op("file_segment", 125, Class::File),
        op("file_directory", 126, Class::File),
        op("query_log", 127, Class::File),
        op("start_data_transfer", START_DATA, Class::Session),
        op("stop_data_transfer", STOP_DATA, Class::Session),
        op("test_frame", TEST, Class::Session),
    ],
};
