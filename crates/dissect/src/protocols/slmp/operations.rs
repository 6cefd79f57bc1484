//! The commands of SLMP by class.

use crate::emit::Operations;
use model::{Operation, OperationClass as Class};

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Commands (080956ENG, 5.1; 080008, 3.2, with those of serial modules; CC-Link Partner Association, "SLMP Specification (Services)"
/// BAP-C2006ENG-001, for nodes, parameters and their state, as the association's sample code has their numbers).
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("read_type_name", 0x0101, Class::Discovery),
        op("device_read", 0x0401, Class::Read),
        op("device_read_random", 0x0403, Class::Read),
        op("device_read_block", 0x0406, Class::Read),
        op("label_read_array", 0x041a, Class::Read),
        op("label_read_random", 0x041c, Class::Read),
        op("unit_read", 0x0601, Class::Read),
        op("user_frame_read", 0x0610, Class::Read),
        op("memory_read", 0x0613, Class::Read),
        op("self_test", 0x0619, Class::Diagnostic),
        op("register_cpu_monitoring", 0x0630, Class::Session),
        op("cancel_cpu_monitoring", 0x0631, Class::Session),
        op("entry_monitor_device", 0x0801, Class::Read),
        op("execute_monitor", 0x0802, Class::Read),
        op("device_identification_get", 0x0e28, Class::Discovery),
        op("node_search", 0x0e30, Class::Discovery),
        op("ip_address_set", 0x0e31, Class::Configuration),
        op("device_info_compare", 0x0e32, Class::Discovery),
        op("parameter_get", 0x0e33, Class::Discovery),
        op("parameter_set", 0x0e34, Class::Configuration),
        op("parameter_set_start", 0x0e35, Class::Configuration),
        op("parameter_set_end", 0x0e36, Class::Configuration),
        op("parameter_set_cancel", 0x0e3a, Class::Configuration),
        op("status_read", 0x0e44, Class::Diagnostic),
        op("communication_setting_get", 0x0e45, Class::Discovery),
        op("status_read_2", 0x0e53, Class::Diagnostic),
        op("remote_run", 0x1001, Class::ModeChange),
        op("remote_stop", 0x1002, Class::ModeChange),
        op("remote_pause", 0x1003, Class::ModeChange),
        op("remote_latch_clear", 0x1005, Class::Command),
        op("remote_reset", 0x1006, Class::Restart),
        op("device_write", 0x1401, Class::Write),
        op("device_write_random", 0x1402, Class::Write),
        op("device_write_block", 0x1406, Class::Write),
        op("label_write_array", 0x141a, Class::Write),
        op("label_write_random", 0x141b, Class::Write),
        op("unit_write", 0x1601, Class::Write),
        op("user_frame_register", 0x1610, Class::Configuration),
        op("switch_mode", 0x1612, Class::Configuration),
        op("memory_write", 0x1613, Class::Write),
        op("initialize_transmission", 0x1615, Class::Command),
        op("clear_error", 0x1617, Class::Diagnostic),
        op("global_signal", 0x1618, Class::Command),
        op("clear_error_history", 0x1619, Class::Diagnostic),
        op("password_unlock", 0x1630, Class::Authentication),
        op("password_lock", 0x1631, Class::Authentication),
        op("file_read_directory", 0x1810, Class::File),
        op("file_search_directory", 0x1811, Class::File),
        op("file_new", 0x1820, Class::File),
        op("file_delete", 0x1822, Class::File),
        op("file_copy", 0x1824, Class::File),
        op("file_change_state", 0x1825, Class::File),
        op("file_change_date", 0x1826, Class::File),
        op("file_open", 0x1827, Class::File),
        op("file_read", 0x1828, Class::File),
        op("file_write", 0x1829, Class::File),
        op("file_close", 0x182a, Class::File),
        op("on_demand", 0x2101, Class::Read),
    ],
};
