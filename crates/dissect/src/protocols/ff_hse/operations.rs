//! Services of HSE with what they do.

use crate::emit::Operations;
use model::{Operation, OperationClass as Class};

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Services by protocol (high octet) and service with its confirmed flag (low octet): FF-588 6.5.1 (session management), 6.5.2 (system
/// management), 6.5.3 (Fieldbus Message Specification), 6.5.4 (LAN redundancy).
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("open_session", 0x181, Class::Session),
        op("idle", 0x183, Class::Session),
        op("find_tag_query", 0x201, Class::Discovery),
        op("find_tag_reply", 0x202, Class::Discovery),
        op("device_annunciation", 0x210, Class::Discovery),
        op("sm_identify", 0x283, Class::Discovery),
        op("clear_address", 0x28c, Class::Configuration),
        op("set_assignment_info", 0x28e, Class::Configuration),
        op("clear_assignment_info", 0x28f, Class::Configuration),
        op("information_report", 0x300, Class::Read),
        op("unsolicited_status", 0x301, Class::Diagnostic),
        op("event_notification", 0x302, Class::Read),
        op("information_report_with_subindex", 0x310, Class::Read),
        op("information_report_on_change", 0x311, Class::Read),
        op("information_report_on_change_with_subindex", 0x312, Class::Read),
        op("abort", 0x370, Class::Session),
        op("status", 0x380, Class::Diagnostic),
        op("identify", 0x381, Class::Discovery),
        op("read", 0x382, Class::Read),
        op("write", 0x383, Class::Write),
        op("get_od", 0x384, Class::Discovery),
        op("define_variable_list", 0x387, Class::Configuration),
        op("delete_variable_list", 0x388, Class::Configuration),
        op("initiate_download_sequence", 0x389, Class::ProgramDownload),
        op("download_segment", 0x38a, Class::ProgramDownload),
        op("terminate_download_sequence", 0x38b, Class::ProgramDownload),
        op("initiate_upload_sequence", 0x38c, Class::ProgramUpload),
        op("upload_segment", 0x38d, Class::ProgramUpload),
        op("terminate_upload_sequence", 0x38e, Class::ProgramUpload),
        op("request_domain_download", 0x38f, Class::ProgramDownload),
        op("request_domain_upload", 0x390, Class::ProgramUpload),
        op("create_program_invocation", 0x391, Class::Configuration),
        op("delete_program_invocation", 0x392, Class::Configuration),
        op("start", 0x393, Class::ModeChange),
        op("stop", 0x394, Class::ModeChange),
        op("resume", 0x395, Class::ModeChange),
        op("reset", 0x396, Class::Restart),
        op("kill", 0x397, Class::ModeChange),
        op("alter_event_condition_monitoring", 0x398, Class::Configuration),
        op("acknowledge_event_notification", 0x399, Class::Command),
        op("initiate_put_od", 0x39c, Class::Configuration),
        op("put_od", 0x39d, Class::Configuration),
        op("terminate_put_od", 0x39e, Class::Configuration),
        op("generic_initiate_download_sequence", 0x39f, Class::ProgramDownload),
        op("generic_download_segment", 0x3a0, Class::ProgramDownload),
        op("generic_terminate_download_sequence", 0x3a1, Class::ProgramDownload),
        op("read_with_subindex", 0x3d2, Class::Read),
        op("write_with_subindex", 0x3d3, Class::Write),
        op("initiate", 0x3e0, Class::Session),
        op("lan_redundancy_diagnostic", 0x401, Class::Diagnostic),
        op("lan_redundancy_get_information", 0x481, Class::Diagnostic),
        op("lan_redundancy_put_information", 0x482, Class::Configuration),
        op("lan_redundancy_get_statistics", 0x483, Class::Diagnostic),
    ],
};
