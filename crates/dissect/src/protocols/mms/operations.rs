//! Services by class (ISO 9506-2:2003, 7.3 to 7.5), with what IEC 61850-8-1 makes of a write to a control object.

use crate::emit::Operations;
use model::{Operation, OperationClass as Class};

/// Services that are looked into.
pub(super) const IDENTIFY: u32 = 2;
pub(super) const READ: u32 = 4;
pub(super) const WRITE: u32 = 5;

/// Added to the numbers of unconfirmed services and of PDUs that are no service.
pub(super) const UNCONFIRMED: u32 = 0x200;
pub(super) const PDU: u32 = 0x300;
/// A write, or a read, to a control object (IEC 61850-8-1, 20.2 to 20.6).
pub(super) const OPERATE: u32 = 0x400 | WRITE;
pub(super) const SELECT: u32 = 0x500 | WRITE;
pub(super) const CANCEL: u32 = 0x600 | WRITE;
pub(super) const SELECT_BY_READ: u32 = 0x500 | READ;
/// A write to a setting, a set point or a configuration (IEC 61850-7-2, functional constraints).
pub(super) const SETTING: u32 = 0x700 | WRITE;

/// The additional services (ISO 9506-2, 7.3, `AdditionalService-Request`): above the number of their tag stands the number within, counted from one.
pub(super) const ADDITIONAL: u32 = 78;
pub(super) const fn additional(number: u32) -> u32 {
    (number + 1) << 16 | ADDITIONAL
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Services, by the number of their tag.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("status", 0, Class::Diagnostic),
        op("get_name_list", 1, Class::Discovery),
        op("identify", 2, Class::Discovery),
        op("rename", 3, Class::Configuration),
        op("read", 4, Class::Read),
        op("write", 5, Class::Write),
        op("get_variable_access_attributes", 6, Class::Discovery),
        op("define_named_variable", 7, Class::Configuration),
        op("define_scattered_access", 8, Class::Configuration),
        op("get_scattered_access_attributes", 9, Class::Discovery),
        op("delete_variable_access", 10, Class::Configuration),
        op("define_named_variable_list", 11, Class::Configuration),
        op("get_named_variable_list_attributes", 12, Class::Discovery),
        op("delete_named_variable_list", 13, Class::Configuration),
        op("define_named_type", 14, Class::Configuration),
        op("get_named_type_attributes", 15, Class::Discovery),
        op("delete_named_type", 16, Class::Configuration),
        op("input", 17, Class::Other),
        op("output", 18, Class::Other),
        op("take_control", 19, Class::Session),
        op("relinquish_control", 20, Class::Session),
        op("define_semaphore", 21, Class::Configuration),
        op("delete_semaphore", 22, Class::Configuration),
        op("report_semaphore_status", 23, Class::Diagnostic),
        op("report_pool_semaphore_status", 24, Class::Diagnostic),
        op("report_semaphore_entry_status", 25, Class::Diagnostic),
        op("initiate_download_sequence", 26, Class::ProgramDownload),
        op("download_segment", 27, Class::ProgramDownload),
        op("terminate_download_sequence", 28, Class::ProgramDownload),
        op("initiate_upload_sequence", 29, Class::ProgramUpload),
        op("upload_segment", 30, Class::ProgramUpload),
        op("terminate_upload_sequence", 31, Class::ProgramUpload),
        op("request_domain_download", 32, Class::ProgramDownload),
        op("request_domain_upload", 33, Class::ProgramUpload),
        op("load_domain_content", 34, Class::ProgramDownload),
        op("store_domain_content", 35, Class::ProgramUpload),
        op("delete_domain", 36, Class::ProgramDownload),
        op("get_domain_attributes", 37, Class::Discovery),
        op("create_program_invocation", 38, Class::Configuration),
        op("delete_program_invocation", 39, Class::Configuration),
        op("start", 40, Class::ModeChange),
        op("stop", 41, Class::ModeChange),
        op("resume", 42, Class::ModeChange),
        op("reset", 43, Class::ModeChange),
        op("kill", 44, Class::ModeChange),
        op("get_program_invocation_attributes", 45, Class::Discovery),
        op("obtain_file", 46, Class::File),
        op("define_event_condition", 47, Class::Configuration),
        op("delete_event_condition", 48, Class::Configuration),
        op("get_event_condition_attributes", 49, Class::Discovery),
        op("report_event_condition_status", 50, Class::Diagnostic),
        op("alter_event_condition_monitoring", 51, Class::Configuration),
        op("trigger_event", 52, Class::Command),
        op("define_event_action", 53, Class::Configuration),
        op("delete_event_action", 54, Class::Configuration),
        op("get_event_action_attributes", 55, Class::Discovery),
        op("report_event_action_status", 56, Class::Diagnostic),
        op("define_event_enrollment", 57, Class::Configuration),
        op("delete_event_enrollment", 58, Class::Configuration),
        op("alter_event_enrollment", 59, Class::Configuration),
        op("report_event_enrollment_status", 60, Class::Diagnostic),
        op("get_event_enrollment_attributes", 61, Class::Discovery),
        op("acknowledge_event_notification", 62, Class::Command),
        op("get_alarm_summary", 63, Class::Diagnostic),
        op("get_alarm_enrollment_summary", 64, Class::Diagnostic),
        op("read_journal", 65, Class::Read),
        op("write_journal", 66, Class::Write),
        op("initialize_journal", 67, Class::Configuration),
        op("report_journal_status", 68, Class::Diagnostic),
        op("create_journal", 69, Class::Configuration),
        op("delete_journal", 70, Class::Configuration),
        op("get_capability_list", 71, Class::Discovery),
        op("file_open", 72, Class::File),
        op("file_read", 73, Class::File),
        op("file_close", 74, Class::File),
        op("file_rename", 75, Class::File),
        op("file_delete", 76, Class::File),
        op("file_directory", 77, Class::File),
        op("additional_service", ADDITIONAL, Class::Other),
        op("get_data_exchange_attributes", 79, Class::Discovery),
        op("exchange_data", 80, Class::Write),
        op("define_access_control_list", 81, Class::Configuration),
        op("get_access_control_list_attributes", 82, Class::Discovery),
        op("report_access_controlled_objects", 83, Class::Discovery),
        op("delete_access_control_list", 84, Class::Configuration),
        op("change_access_control", 85, Class::Configuration),
        op("information_report", UNCONFIRMED, Class::Read),
        op("unsolicited_status", UNCONFIRMED | 1, Class::Diagnostic),
        op("event_notification", UNCONFIRMED | 2, Class::Read),
        op("reject", PDU | 4, Class::Other),
        op("cancel_request", PDU | 5, Class::Other),
        op("initiate", PDU | 8, Class::Session),
        op("conclude", PDU | 11, Class::Session),
        op("operate", OPERATE, Class::Command),
        op("select", SELECT_BY_READ, Class::Command),
        op("select_with_value", SELECT, Class::Command),
        op("cancel", CANCEL, Class::Command),
        op("write_setting", SETTING, Class::Configuration),
        op("vmd_stop", additional(0), Class::ModeChange),
        op("vmd_reset", additional(1), Class::Restart),
        op("select_program_invocation", additional(2), Class::ModeChange),
        op("alter_program_invocation", additional(3), Class::Configuration),
        op("initiate_unit_control_load", additional(4), Class::ProgramDownload),
        op("unit_control_load_segment", additional(5), Class::ProgramDownload),
        op("unit_control_upload", additional(6), Class::ProgramUpload),
        op("start_unit_control", additional(7), Class::ModeChange),
        op("stop_unit_control", additional(8), Class::ModeChange),
        op("create_unit_control", additional(9), Class::Configuration),
        op("add_to_unit_control", additional(10), Class::Configuration),
        op("remove_from_unit_control", additional(11), Class::Configuration),
        op("get_unit_control_attributes", additional(12), Class::Discovery),
        op("load_unit_control_from_file", additional(13), Class::ProgramDownload),
        op("store_unit_control_to_file", additional(14), Class::ProgramUpload),
        op("delete_unit_control", additional(15), Class::ProgramDownload),
        op("define_event_condition_list", additional(16), Class::Configuration),
        op("delete_event_condition_list", additional(17), Class::Configuration),
        op("add_event_condition_list_reference", additional(18), Class::Configuration),
        op("remove_event_condition_list_reference", additional(19), Class::Configuration),
        op("get_event_condition_list_attributes", additional(20), Class::Discovery),
        op("report_event_condition_list_status", additional(21), Class::Diagnostic),
        op("alter_event_condition_list_monitoring", additional(22), Class::Configuration),
    ],
};

#[cfg(test)]
mod tests {
    /// Requests with invocation 1, each service by its identifier octets (ISO 9506-2, 7.3), and their answers.
    #[test]
    fn classes_of_services() {
        use crate::protocols::cotp::Cotp;
        use crate::testing::{hear, hex};
        for (service, expected) in [
            ("82 00", "identify discovery"),
            ("9f1a 00", "initiate_download_sequence program_download"),
            ("bf1b 00", "download_segment program_download"),
            ("bf1d 00", "initiate_upload_sequence program_upload"),
            ("bf24 00", "delete_domain program_download"),
            ("bf28 00", "start mode_change"),
            ("bf29 00", "stop mode_change"),
            ("bf2c 00", "kill mode_change"),
            ("bf2e 00", "obtain_file file"),
            ("bf43 00", "initialize_journal configuration"),
            ("bf48 00", "file_open file"),
            ("bf4b 00", "file_rename file"),
            ("bf4c 00", "file_delete file"),
            ("bf4e 02 8000", "vmd_stop mode_change"),
            ("bf4e 02 8100", "vmd_reset restart"),
            ("bf4e 02 a500", "unit_control_load_segment program_download"),
            ("bf4e 02 ad00", "load_unit_control_from_file program_download"),
            ("bf4e 00", "additional_service other"),
            ("bf50 00", "exchange_data write"),
            ("bf55 00", "change_access_control configuration"),
        ] {
            let service = hex(service);
            let packet = |pdu: u8| {
                let length = u8::try_from(service.len() + 3).unwrap();
                let mms = [&[pdu, length, 2, 1, 1][..], &service].concat();
                let list = u8::try_from(mms.len() + 5).unwrap();
                let head = [
                    3,
                    0,
                    0,
                    list + 15,
                    2,
                    0xf0,
                    0x80,
                    1,
                    0,
                    1,
                    0,
                    0x61,
                    list + 2,
                    0x30,
                    list,
                    2,
                    1,
                    3,
                    0xa0,
                ];
                [&head[..], &[u8::try_from(mms.len()).unwrap()], &mms].concat()
            };
            let lines = hear(&Cotp, model::Transport::Tcp, &[('>', &packet(0xa0)), ('<', &packet(0xa1))]);
            let line = format!("operation {expected} 1 1 0");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }
}
