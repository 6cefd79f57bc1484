//! The services of CODESYS V3 in the data of a channel, and who signs in.

use crate::emit::{Emit, Operations, Phase};
use crate::reader::{Read, Reader};
use model::observation::Mechanism;
use model::{Operation, OperationClass as Class, Text};

/// Protocol of a service: as it is, or encrypted (Kaspersky 2019, services layer).
const PLAIN: u16 = 0xcd55;
const SECURE: u16 = 0x7557;
/// The answer to a request carries this in its group.
const ANSWER: u16 = 0x80;
/// The block holds the beginning of a service (Microsoft, CODESYS V3 dissector: channel flags).
const FIRST: u8 = 1;
const LOGIN: u32 = 0x10002;

/// Tags of a sign-in: the credentials with name and password, the answer with session or error (Microsoft, ICS forensics tools).
mod tag {
    pub(super) const CREDENTIALS: u64 = 0x81;
    pub(super) const NAME: u64 = 0x10;
    pub(super) const PASSWORD: u64 = 0x11;
    pub(super) const RESULT: u64 = 0x82;
    pub(super) const SESSION: u64 = 0x21;
}

/// What the services of a conversation have to remember: who signs in.
#[derive(Default)]
pub(super) struct Services {
    login: Option<(Text, Mechanism)>,
}

impl Services {
    /// A block of a channel, behind its type: flags, channel, block and acknowledged block, then in a first one length and check value.
    pub(super) fn block(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        if r.u8()? & FIRST == 0 {
            return Ok(());
        }
        r.skip(2 + 4 + 4 + 4 + 4)?;
        match r.u16_le()? {
            PLAIN => self.service(r, emit),
            SECURE => {
                emit.encrypted();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Length of the header from here on, group, service, session, length of the content.
    fn service(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let mut header = r.sub(usize::from(r.clone().u16_le()?).saturating_add(2))?;
        header.skip(2)?;
        let (group, number) = (header.u16_le()?, header.u16_le()?);
        let answer = group & ANSWER != 0;
        emit.client_is_sender(!answer);
        let code = code(group & !ANSWER, number);
        emit.operation(&OPERATIONS, code, if answer { Phase::Response } else { Phase::Request });
        match (code, answer) {
            (LOGIN, false) => self.asks(r.rest(), emit),
            (LOGIN, true) => self.answered(r.rest(), emit),
            _ => {}
        }
        Ok(())
    }

    fn asks(&mut self, content: &[u8], emit: &mut Emit<'_>) {
        let Some(credentials) = find(content, tag::CREDENTIALS) else { return };
        let name = find(credentials, tag::NAME).unwrap_or_default();
        let known = find(credentials, tag::PASSWORD).is_some();
        let mechanism = if known { Mechanism::Username } else { Mechanism::Anonymous };
        let login = (Text::from_wire(name), mechanism);
        emit.sign_in(login.0.clone(), login.1, false, None, name);
        self.login = Some(login);
    }

    fn answered(&mut self, content: &[u8], emit: &mut Emit<'_>) {
        let result = find(content, tag::RESULT);
        if let (Some((name, mechanism)), Some(result)) = (self.login.take(), result) {
            let accepted = find(result, tag::SESSION).is_some();
            emit.sign_in(name, mechanism, false, Some(accepted), result);
        }
    }
}

/// Group in the high half, service in the low one; a service that is not known counts for its group.
fn code(group: u16, number: u16) -> u32 {
    let group = u32::from(group) << 16;
    let code = group | u32::from(number);
    if OPERATIONS.list.iter().any(|o| o.code == code) { code } else { group }
}

/// The content of the first tag with that number. Number and length are seven bits an octet, the lowest first; the high bit says that
/// more follow.
fn find(content: &[u8], wanted: u64) -> Option<&[u8]> {
    let mut r = Reader::new(content);
    while !r.is_empty() {
        let (number, length) = (variable(&mut r)?, variable(&mut r)?);
        let value = r.take(usize::try_from(length).ok()?).ok()?;
        if number == wanted {
            return Some(value);
        }
    }
    None
}

fn variable(r: &mut Reader<'_>) -> Option<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let octet = r.u8().ok()?;
        value |= u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// The layers below, whose codes are the project's own, then the services: component in the high half, service in the low one; zero is
/// any other service of the component (Microsoft, CODESYS V3 dissector: service groups and services).
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("address_notification", super::ADDRESS, Class::Discovery),
        op("name_service", super::NAME, Class::Discovery),
        op("open_channel", super::OPEN, Class::Session),
        op("close_channel", super::CLOSE, Class::Session),
        op("channel_data", super::DATA, Class::Other),
        op("device_service", 0x10000, Class::Other),
        op("device_info", 0x10001, Class::Discovery),
        op("device_login", 0x10002, Class::Authentication),
        op("device_logout", 0x10003, Class::Authentication),
        op("reset_origin_device", 0x10004, Class::Restart),
        op("echo", 0x10005, Class::Diagnostic),
        op("set_operating_mode", 0x10006, Class::ModeChange),
        op("get_operating_mode", 0x10007, Class::Diagnostic),
        op("interactive_login", 0x10008, Class::Authentication),
        op("rename_node", 0x10009, Class::Configuration),
        op("create_session", 0x1000a, Class::Session),
        op("application_service", 0x20000, Class::Other),
        op("application_login", 0x20001, Class::Session),
        op("application_logout", 0x20002, Class::Session),
        op("create_application", 0x20003, Class::ProgramDownload),
        op("delete_application", 0x20004, Class::ProgramDownload),
        op("download", 0x20005, Class::ProgramDownload),
        op("online_change", 0x20006, Class::ProgramDownload),
        op("device_download", 0x20007, Class::ProgramDownload),
        op("create_device_application", 0x20008, Class::ProgramDownload),
        op("start_application", 0x20010, Class::ModeChange),
        op("stop_application", 0x20011, Class::ModeChange),
        op("reset_application", 0x20012, Class::Restart),
        op("set_breakpoint", 0x20013, Class::ModeChange),
        op("get_application_status", 0x20014, Class::Diagnostic),
        op("delete_breakpoint", 0x20015, Class::ModeChange),
        op("read_call_stack", 0x20016, Class::Diagnostic),
        op("get_area_offset", 0x20017, Class::Diagnostic),
        op("application_list", 0x20018, Class::Discovery),
        op("set_next_statement", 0x20019, Class::ModeChange),
        op("release_force_list", 0x20020, Class::Force),
        op("upload_force_list", 0x20021, Class::Diagnostic),
        op("single_cycle", 0x20022, Class::ModeChange),
        op("create_boot_project", 0x20023, Class::ProgramDownload),
        op("reinitialize_application", 0x20024, Class::Restart),
        op("application_state_list", 0x20025, Class::Diagnostic),
        op("load_boot_application", 0x20026, Class::ModeChange),
        op("register_boot_application", 0x20027, Class::ProgramDownload),
        op("check_file_consistency", 0x20028, Class::Diagnostic),
        op("read_application_info", 0x20029, Class::Discovery),
        op("download_compact", 0x20030, Class::ProgramDownload),
        op("read_project_info", 0x20031, Class::Discovery),
        op("define_flow", 0x20032, Class::Diagnostic),
        op("read_flow_values", 0x20033, Class::Diagnostic),
        op("download_encrypted", 0x20034, Class::ProgramDownload),
        op("read_application_content", 0x20035, Class::ProgramUpload),
        op("save_retains", 0x20036, Class::Read),
        op("restore_retains", 0x20037, Class::Write),
        op("get_area_address", 0x20038, Class::Diagnostic),
        op("leave_execution_points_active", 0x20039, Class::Diagnostic),
        op("claim_execution_points", 0x20040, Class::Diagnostic),
        op("visualization", 0x40000, Class::Read),
        op("log_service", 0x50000, Class::Diagnostic),
        op("get_log_entries", 0x50001, Class::Diagnostic),
        op("get_log_components", 0x50002, Class::Diagnostic),
        op("list_loggers", 0x50003, Class::Diagnostic),
        op("settings", 0x60000, Class::Configuration),
        op("ethernet", 0x70000, Class::Configuration),
        op("file_service", 0x80000, Class::File),
        op("file_exists", 0x80001, Class::File),
        op("open_file_for_write", 0x80002, Class::File),
        op("open_file_for_write", 0x80003, Class::File),
        op("write_file", 0x80004, Class::File),
        op("open_file_for_read", 0x80005, Class::File),
        op("open_file_for_read", 0x80006, Class::File),
        op("read_file", 0x80007, Class::File),
        op("close_file", 0x80008, Class::File),
        op("close_file", 0x80009, Class::File),
        op("read_file", 0x8000a, Class::File),
        op("read_file", 0x8000b, Class::File),
        op("list_files", 0x8000c, Class::File),
        op("read_file", 0x8000d, Class::File),
        op("delete_file", 0x8000e, Class::File),
        op("rename_file", 0x8000f, Class::File),
        op("create_directory", 0x80010, Class::File),
        op("delete_directory", 0x80011, Class::File),
        op("rename_directory", 0x80012, Class::File),
        op("variable_access", 0x90000, Class::Other),
        op("io_manager", 0xb0000, Class::Diagnostic),
        op("user_management", 0xc0000, Class::Configuration),
        op("trace", 0xf0000, Class::Diagnostic),
        op("shell_service", 0x110000, Class::Command),
        op("execute_shell_command", 0x110001, Class::Command),
        op("breakpoint_service", 0x120000, Class::ModeChange),
        op("force_service", 0x130000, Class::Force),
        op("alarm_manager", 0x180000, Class::Read),
        op("monitor_service", 0x1b0000, Class::Other),
        op("read_values", 0x1b0001, Class::Read),
        op("write_values", 0x1b0002, Class::Write),
        op("license_service", 0x1d0000, Class::Configuration),
        op("core_dump", 0x1f0000, Class::Diagnostic),
        op("certificate_service", 0x220000, Class::Configuration),
        op("import_certificate", 0x220001, Class::Configuration),
        op("export_certificate", 0x220002, Class::Read),
        op("delete_certificate", 0x220003, Class::Configuration),
        op("move_certificate", 0x220004, Class::Configuration),
        op("list_certificates", 0x220005, Class::Discovery),
        op("list_certificate_uses", 0x220006, Class::Discovery),
        op("create_certificate", 0x220007, Class::Configuration),
        op("get_certificate_status", 0x220009, Class::Diagnostic),
    ],
};
