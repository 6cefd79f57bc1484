//! What CIP services do: common ones by their number, those of an object by class and number.
//! Sources: CIP Networks Library Volume 1, Appendix A (common services), 3-5 (Connection Manager), chapter 5 (objects); Volume 8, CIP
//! Security (V8), as the OpENer stack has its services and attributes; Rockwell
//! 1756-PM020 (Logix 5000 Data Access); Rockwell 1770-6.5.16 chapter 7 (PCCC commands). Classes of Logix controllers that no
//! document describes are named after what they do in captures of uploads, downloads and mode changes.

use super::path::Path;
use crate::emit::Operations;
use model::{Operation, OperationClass as Class};

/// Object classes (V1 5-1; PM020).
pub(super) mod class {
    pub(in super::super) const IDENTITY: u32 = 0x01;
    pub(in super::super) const MESSAGE_ROUTER: u32 = 0x02;
    pub(in super::super) const CONNECTION_MANAGER: u32 = 0x06;
    pub(in super::super) const CIP_SECURITY: u32 = 0x5d;
    pub(in super::super) const ETHERNET_IP_SECURITY: u32 = 0x5e;
    pub(in super::super) const LOGIX_PROJECT: u32 = 0x64;
    pub(in super::super) const PCCC: u32 = 0x67;
}

/// Services (V1 Appendix A, 3-5.5; PM020).
pub(super) mod service {
    pub(in super::super) const GET_ATTRIBUTES_ALL: u8 = 0x01;
    pub(in super::super) const GET_ATTRIBUTE_LIST: u8 = 0x03;
    pub(in super::super) const MULTIPLE_SERVICE_PACKET: u8 = 0x0a;
    pub(in super::super) const GET_ATTRIBUTE_SINGLE: u8 = 0x0e;
    pub(in super::super) const EXECUTE_PCCC: u8 = 0x4b;
    pub(in super::super) const UNCONNECTED_SEND: u8 = 0x52;
    pub(in super::super) const FORWARD_OPEN: u8 = 0x54;
    pub(in super::super) const LARGE_FORWARD_OPEN: u8 = 0x5b;
}

/// Unconnected Send of the Connection Manager (V1 3-5.5.4): answered under its own name only when the router fails.
pub(super) const UNCONNECTED_SEND: u32 = 0x652;

/// Services from here on belong to the object (V1 table 4-9.7).
const OBJECT_SPECIFIC: u8 = 0x32;

/// The code of an operation: the service, or class and service where the object decides what the service does.
pub(super) fn code(service: u8, path: &Path<'_>) -> u32 {
    let plain = u32::from(service);
    let Some(class) = path.class else { return plain };
    let own = (class << 8) | plain;
    if service < OBJECT_SPECIFIC {
        // Reading is reading everywhere.
        let reads = matches!(service, 0x01 | 0x03 | 0x0a | 0x0e | 0x11 | 0x18);
        return if !reads && is_listed(own) { own } else { plain };
    }
    // Tag services go to a symbol by name or by its instance (PM020).
    if path.symbol.is_some() && !is_listed(own) { plain } else { own }
}

/// The code of a PCCC command and its function.
pub(super) const fn pccc(command: u8, function: u8) -> u32 {
    0x0067_0000 | (command as u32) << 8 | function as u32
}

fn is_listed(code: u32) -> bool {
    CIP.list.binary_search_by_key(&code, |o| o.code).is_ok()
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Sorted by code.
pub(super) static CIP: Operations = Operations {
    prefix: "class_service",
    list: &[
        op("get_attributes_all", 0x01, Class::Read),
        op("set_attributes_all", 0x02, Class::Write),
        op("get_attribute_list", 0x03, Class::Read),
        op("set_attribute_list", 0x04, Class::Write),
        op("reset", 0x05, Class::Restart),
        op("start", 0x06, Class::ModeChange),
        op("stop", 0x07, Class::ModeChange),
        op("create", 0x08, Class::Configuration),
        op("delete", 0x09, Class::Configuration),
        op("multiple_service_packet", 0x0a, Class::Session),
        op("apply_attributes", 0x0d, Class::Configuration),
        op("get_attribute_single", 0x0e, Class::Read),
        op("set_attribute_single", 0x10, Class::Write),
        op("find_next_object_instance", 0x11, Class::Discovery),
        op("restore", 0x15, Class::Configuration),
        op("save", 0x16, Class::Configuration),
        op("no_operation", 0x17, Class::Session),
        op("get_member", 0x18, Class::Read),
        op("set_member", 0x19, Class::Write),
        op("insert_member", 0x1a, Class::Configuration),
        op("remove_member", 0x1b, Class::Configuration),
        op("group_sync", 0x1c, Class::Time),
        // Tag services (PM020).
        op("read_tag", 0x4c, Class::Read),
        op("write_tag", 0x4d, Class::Write),
        op("read_modify_write_tag", 0x4e, Class::Write),
        op("read_tag_fragmented", 0x52, Class::Read),
        op("write_tag_fragmented", 0x53, Class::Write),
        op("get_instance_attribute_list", 0x55, Class::Read),
        // Identity object (V1 5-2.3.3).
        op("set_identity_attribute", 0x110, Class::Configuration),
        op("flash_leds", 0x14b, Class::Diagnostic),
        // Message router: symbols by instance (PM020).
        op("get_instance_attribute_list", 0x255, Class::Read),
        // Connection Manager (V1 3-5.5).
        op("forward_close", 0x64e, Class::Session),
        op("unconnected_send", UNCONNECTED_SEND, Class::Session),
        op("forward_open", 0x654, Class::Session),
        op("get_connection_data", 0x656, Class::Diagnostic),
        op("search_connection_data", 0x657, Class::Diagnostic),
        op("get_connection_owner", 0x65a, Class::Diagnostic),
        op("large_forward_open", 0x65b, Class::Session),
        // Parameter object (V1 chapter 5).
        op("set_parameter", 0xf10, Class::Configuration),
        // File object (V1 5-42).
        op("create_file", 0x3708, Class::File),
        op("delete_file", 0x3709, Class::File),
        op("initiate_upload", 0x374b, Class::File),
        op("initiate_download", 0x374c, Class::File),
        op("initiate_partial_read", 0x374d, Class::File),
        op("initiate_partial_write", 0x374e, Class::File),
        op("upload_transfer", 0x374f, Class::File),
        op("download_transfer", 0x3750, Class::File),
        op("clear_file", 0x3751, Class::File),
        // Safety Supervisor object (volume 5, CIP Safety).
        op("safety_recover", 0x394c, Class::Restart),
        op("safety_diagnostics", 0x394e, Class::Diagnostic),
        op("safety_configure", 0x394f, Class::Configuration),
        op("safety_validate_configuration", 0x3950, Class::Configuration),
        op("safety_set_password", 0x3951, Class::Configuration),
        op("safety_lock_configuration", 0x3952, Class::Configuration),
        op("safety_change_mode", 0x3953, Class::ModeChange),
        op("safety_reset", 0x3954, Class::Restart),
        op("safety_reset_password", 0x3955, Class::Configuration),
        op("safety_propose_network_number", 0x3956, Class::Configuration),
        op("safety_apply_network_number", 0x3957, Class::Configuration),
        // Time Sync (V1 chapter 5) and Modbus (volume 7) objects.
        op("set_time_sync", 0x4310, Class::Time),
        op("read_discrete_inputs", 0x444b, Class::Read),
        op("read_coils", 0x444c, Class::Read),
        op("read_input_registers", 0x444d, Class::Read),
        op("read_holding_registers", 0x444e, Class::Read),
        op("write_coils", 0x444f, Class::Write),
        op("write_holding_registers", 0x4450, Class::Write),
        op("modbus_passthrough", 0x4451, Class::Other),
        // CIP Security (V8 5-3.7), EtherNet/IP Security (V8 5-4.7) and Certificate Management objects (V8 5-5.7).
        op("reset_security", 0x5d05, Class::Configuration),
        op("set_security", 0x5d10, Class::Configuration),
        op("begin_security_configuration", 0x5d4b, Class::Configuration),
        op("kick_security_timer", 0x5d4c, Class::Session),
        op("end_security_configuration", 0x5d4d, Class::Configuration),
        op("clean_up_security_objects", 0x5d4e, Class::Configuration),
        op("reset_security", 0x5e05, Class::Configuration),
        op("set_security", 0x5e10, Class::Configuration),
        op("begin_security_configuration", 0x5e4b, Class::Configuration),
        op("kick_security_timer", 0x5e4c, Class::Session),
        op("apply_security_configuration", 0x5e4d, Class::Configuration),
        op("abort_security_configuration", 0x5e4e, Class::Configuration),
        op("create_certificate", 0x5f08, Class::Configuration),
        op("delete_certificate", 0x5f09, Class::Configuration),
        op("set_certificate", 0x5f10, Class::Configuration),
        op("create_certificate_signing_request", 0x5f4b, Class::Configuration),
        op("verify_certificate", 0x5f4c, Class::Configuration),
        // Logix controllers: project, PCCC, program, module, routine, symbol, template, task.
        op("set_project_attributes", 0x6404, Class::Configuration),
        op("read_project", 0x644c, Class::Read),
        op("execute_pccc", 0x674b, Class::Session),
        op("set_program_attributes", 0x6804, Class::ProgramDownload),
        op("create_program", 0x6808, Class::ProgramDownload),
        op("delete_program", 0x6809, Class::ProgramDownload),
        op("set_io_module_attributes", 0x6904, Class::Configuration),
        op("create_io_module", 0x6908, Class::ProgramDownload),
        op("delete_io_module", 0x6909, Class::ProgramDownload),
        op("create_routine", 0x6a08, Class::ProgramDownload),
        op("delete_routine", 0x6a09, Class::ProgramDownload),
        op("upload_routine", 0x6a4f, Class::ProgramUpload),
        op("download_routine", 0x6a50, Class::ProgramDownload),
        op("set_symbol_attributes", 0x6b04, Class::ProgramDownload),
        op("create_symbol", 0x6b08, Class::ProgramDownload),
        op("delete_symbol", 0x6b09, Class::ProgramDownload),
        op("read_tag", 0x6b4c, Class::Read),
        op("write_tag", 0x6b4d, Class::Write),
        op("read_modify_write_tag", 0x6b4e, Class::Write),
        op("read_tag_fragmented", 0x6b52, Class::Read),
        op("write_tag_fragmented", 0x6b53, Class::Write),
        op("get_instance_attribute_list", 0x6b55, Class::Read),
        op("create_template", 0x6c08, Class::ProgramDownload),
        op("delete_template", 0x6c09, Class::ProgramDownload),
        op("read_template", 0x6c4c, Class::Read),
        op("get_instance_attribute_list", 0x6c55, Class::Read),
        op("create_task", 0x7008, Class::ProgramDownload),
        op("delete_task", 0x7009, Class::ProgramDownload),
        op("read_data_table", 0x724c, Class::Read),
        op("acquire_lock", 0x744b, Class::Session),
        op("release_lock", 0x744c, Class::Session),
        op("set_clock", 0x8b04, Class::Time),
        op("set_controller_attributes", 0x8e04, Class::Configuration),
        op("start_controller", 0x8e06, Class::ModeChange),
        op("stop_controller", 0x8e07, Class::ModeChange),
        // Non-volatile storage of Rockwell devices, which their firmware update tool writes.
        op("update_firmware", 0xa14b, Class::FirmwareUpdate),
        op("transfer_firmware", 0xa14d, Class::FirmwareUpdate),
        op("set_change_log", 0xac04, Class::Configuration),
        op("read_trend", 0xb24c, Class::Read),
        // TCP/IP Interface and Ethernet Link objects (volume 2, chapter 5): addresses and speed of a device.
        op("set_tcp_ip", 0xf502, Class::Configuration),
        op("set_tcp_ip", 0xf504, Class::Configuration),
        op("set_tcp_ip", 0xf510, Class::Configuration),
        op("set_ethernet_link", 0xf610, Class::Configuration),
        // PCCC (1770-6.5.16 chapter 7).
        op("pccc_protected_write", pccc(0x00, 0), Class::Write),
        op("pccc_unprotected_read", pccc(0x01, 0), Class::Read),
        op("pccc_protected_bit_write", pccc(0x02, 0), Class::Write),
        op("pccc_unprotected_bit_write", pccc(0x05, 0), Class::Write),
        op("pccc_echo", pccc(0x06, 0x00), Class::Diagnostic),
        op("pccc_read_diagnostic_counters", pccc(0x06, 0x01), Class::Diagnostic),
        op("pccc_set_variables", pccc(0x06, 0x02), Class::Configuration),
        op("pccc_diagnostic_status", pccc(0x06, 0x03), Class::Discovery),
        op("pccc_set_timeout", pccc(0x06, 0x04), Class::Configuration),
        op("pccc_set_naks", pccc(0x06, 0x05), Class::Configuration),
        op("pccc_set_enqs", pccc(0x06, 0x06), Class::Configuration),
        op("pccc_reset_diagnostic_counters", pccc(0x06, 0x07), Class::Diagnostic),
        op("pccc_read_link_parameters", pccc(0x06, 0x09), Class::Diagnostic),
        op("pccc_set_link_parameters", pccc(0x06, 0x0a), Class::Configuration),
        op("pccc_disable_outputs", pccc(0x07, 0x00), Class::ModeChange),
        op("pccc_enable_outputs", pccc(0x07, 0x01), Class::ModeChange),
        op("pccc_enable_scanning", pccc(0x07, 0x03), Class::ModeChange),
        op("pccc_enter_download_mode", pccc(0x07, 0x04), Class::ProgramDownload),
        op("pccc_exit_load_mode", pccc(0x07, 0x05), Class::ModeChange),
        op("pccc_enter_upload_mode", pccc(0x07, 0x06), Class::ProgramUpload),
        op("pccc_unprotected_write", pccc(0x08, 0), Class::Write),
        op("pccc_word_range_write", pccc(0x0f, 0x00), Class::Write),
        op("pccc_word_range_read", pccc(0x0f, 0x01), Class::Read),
        op("pccc_bit_write", pccc(0x0f, 0x02), Class::Write),
        op("pccc_file_write", pccc(0x0f, 0x03), Class::Write),
        op("pccc_file_read", pccc(0x0f, 0x04), Class::Read),
        op("pccc_download_request", pccc(0x0f, 0x05), Class::ProgramDownload),
        op("pccc_upload", pccc(0x0f, 0x06), Class::ProgramUpload),
        op("pccc_shutdown", pccc(0x0f, 0x07), Class::ModeChange),
        op("pccc_physical_write", pccc(0x0f, 0x08), Class::ProgramDownload),
        op("pccc_physical_read", pccc(0x0f, 0x09), Class::ProgramUpload),
        op("pccc_restart_request", pccc(0x0f, 0x0a), Class::Restart),
        op("pccc_get_edit_resource", pccc(0x0f, 0x11), Class::Session),
        op("pccc_return_edit_resource", pccc(0x0f, 0x12), Class::Session),
        op("pccc_read_bytes_physical", pccc(0x0f, 0x17), Class::ProgramUpload),
        op("pccc_write_bytes_physical", pccc(0x0f, 0x18), Class::ProgramDownload),
        op("pccc_read_modify_write", pccc(0x0f, 0x26), Class::Write),
        op("pccc_read_section_size", pccc(0x0f, 0x29), Class::Read),
        op("pccc_set_cpu_mode", pccc(0x0f, 0x3a), Class::ModeChange),
        op("pccc_disable_forces", pccc(0x0f, 0x41), Class::Force),
        op("pccc_download_all_request", pccc(0x0f, 0x50), Class::ProgramDownload),
        op("pccc_download_completed", pccc(0x0f, 0x52), Class::ProgramDownload),
        op("pccc_upload_all_request", pccc(0x0f, 0x53), Class::ProgramUpload),
        op("pccc_upload_completed", pccc(0x0f, 0x55), Class::ProgramUpload),
        op("pccc_initialize_memory", pccc(0x0f, 0x57), Class::ProgramDownload),
        op("pccc_modify_plc2_compatibility_file", pccc(0x0f, 0x5e), Class::Configuration),
        op("pccc_typed_write", pccc(0x0f, 0x67), Class::Write),
        op("pccc_typed_read", pccc(0x0f, 0x68), Class::Read),
        op("pccc_read_modify_write_n", pccc(0x0f, 0x79), Class::Write),
        op("pccc_change_mode", pccc(0x0f, 0x80), Class::ModeChange),
        op("pccc_open_file", pccc(0x0f, 0x81), Class::File),
        op("pccc_close_file", pccc(0x0f, 0x82), Class::File),
        op("pccc_execute_multiple", pccc(0x0f, 0x88), Class::Other),
        op("pccc_apply_port_configuration", pccc(0x0f, 0x8f), Class::Configuration),
        op("pccc_protected_typed_logical_read_2", pccc(0x0f, 0xa1), Class::Read),
        op("pccc_protected_typed_logical_read_3", pccc(0x0f, 0xa2), Class::Read),
        op("pccc_protected_typed_file_read", pccc(0x0f, 0xa7), Class::File),
        op("pccc_protected_typed_logical_write_2", pccc(0x0f, 0xa9), Class::Write),
        op("pccc_protected_typed_logical_write_3", pccc(0x0f, 0xaa), Class::Write),
        op("pccc_protected_typed_logical_write_mask", pccc(0x0f, 0xab), Class::Write),
        op("pccc_protected_typed_file_write", pccc(0x0f, 0xaf), Class::File),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted() {
        assert!(CIP.list.windows(2).all(|w| w[0].code < w[1].code));
    }

    #[test]
    fn the_object_decides() {
        let path = |bytes: &'static [u8]| Path::read(bytes);
        assert_eq!(code(0x54, &path(&[0x20, 0x06, 0x24, 0x01])), 0x654);
        assert_eq!(code(0x07, &path(&[0x20, 0x8e, 0x24, 0x01])), 0x8e07);
        assert_eq!(code(0x01, &path(&[0x20, 0x01, 0x24, 0x01])), 0x01);
        assert_eq!(code(0x4c, &path(&[0x91, 0x01, b'a', 0])), 0x4c);
        assert_eq!(code(0x05, &path(&[0x20, 0x01, 0x24, 0x01])), 0x05);
    }
}
