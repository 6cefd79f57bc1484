//! Userdata messages: programmer commands, cyclic data, block functions, system status lists, passwords, time.

use super::{Class, op, szl};
use crate::emit::{Emit, Operations, Phase, Whom};
use crate::reader::{Read, Reader};
use model::observation::Mechanism;
use model::{Attribute, Text};

/// An answer in several messages grows to at most this.
const ANSWER_MAX: usize = 0x8000;

/// Function groups.
mod group {
    pub(super) const MODE: u8 = 0;
    pub(super) const CPU: u8 = 4;
    pub(super) const SECURITY: u8 = 5;
    /// "Programmable block communication": BSEND to the BRECV of another controller.
    pub(super) const BLOCKS: u8 = 6;
}

/// What a conversation remembers of its userdata.
#[derive(Default)]
pub(super) struct Talk {
    /// A status list in pieces: the reference of its data units, and the bytes so far.
    list: Option<(u8, Vec<u8>)>,
}

impl Talk {
    pub(super) fn held(&self) -> usize {
        self.list.as_ref().map_or(0, |(_, bytes)| bytes.len())
    }
}

/// The parameters of a userdata message.
struct Head {
    /// 0 push, 4 request, 8 response (3, 7 and 11 on numerical controls).
    kind: u8,
    group: u8,
    subfunction: u8,
    /// Identifies the messages of one answer.
    unit: u8,
    more: bool,
    failed: bool,
}

impl Head {
    /// Three bytes of head, length, method; then type and group, subfunction, sequence, and in answers unit, last unit and error.
    fn read(parameters: &[u8]) -> Read<Self> {
        let mut r = Reader::new(parameters);
        r.skip(5)?;
        let (kind_group, subfunction, _sequence) = (r.u8()?, r.u8()?, r.u8()?);
        let (unit, last) = (r.u8().unwrap_or(0), r.u8().unwrap_or(0));
        let failed = r.u16().unwrap_or(0) != 0;
        let (kind, group) = (kind_group >> 4, kind_group & 0x0f);
        Ok(Self { kind, group, subfunction, unit, more: last == 1, failed })
    }

    fn is_response(&self) -> bool {
        self.kind & 0x8 != 0
    }
}

impl Talk {
    /// Reads one message.
    pub(super) fn read(&mut self, parameters: &[u8], data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let head = Head::read(parameters)?;
        let phase = match (head.is_response(), head.failed) {
            (true, true) => Phase::Error,
            (true, false) => Phase::Response,
            _ => Phase::Request,
        };
        // What BSEND sends has no subfunctions.
        let subfunction = if head.group == group::BLOCKS { 0 } else { head.subfunction };
        let code = u32::from(head.group) << 8 | u32::from(subfunction);
        emit.operation(&OPERATIONS, code, phase);
        match (head.group, head.subfunction) {
            (group::CPU, 1) if head.is_response() => self.status_list(&head, data, emit),
            (group::MODE, mode) if head.kind == 0 => {
                emit.identity(
                    Whom::Sender,
                    Attribute::Mode,
                    mode_name(mode),
                    parameters,
                    "s7comm.param.userdata.subfunc",
                );
                Ok(())
            }
            (group::SECURITY, 1) if head.is_response() => {
                sign_in(Some(!head.failed), parameters, emit);
                Ok(())
            }
            (group::SECURITY, 1) => {
                sign_in(None, parameters, emit);
                password(data, emit);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The answer to a request for a system status list, which may come in several messages.
    fn status_list(&mut self, head: &Head, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(data);
        let code = r.u8()?;
        r.skip(1)?;
        let len = r.u16()?;
        let piece = r.up_to(len.into());
        if code != super::ITEM_OK {
            self.list = None;
            return Ok(());
        }
        match &mut self.list {
            Some((unit, bytes)) if *unit == head.unit && bytes.len() + piece.len() <= ANSWER_MAX => {
                bytes.extend_from_slice(piece);
            }
            _ if head.more => self.list = Some((head.unit, piece.to_vec())),
            _ => {
                self.list = None;
                return szl::read(piece, emit);
            }
        }
        if head.more {
            return Ok(());
        }
        let (_, bytes) = self.list.take().unwrap_or_default();
        szl::read(&bytes, emit)
    }
}

/// The password of a controller has no name to it; it is sent with every character merely exclusive-or'ed.
fn sign_in(accepted: Option<bool>, witness: &[u8], emit: &mut Emit<'_>) {
    emit.sign_in(Text::new(""), Mechanism::Password, false, accepted, witness);
}

/// Length of a controller's password.
const PASSWORD: usize = 8;

/// Every character is exclusive-or'ed with 0x55 and, from the third on, with the one sent two before it; blanks fill it up (as open
/// implementations of the protocol do it: Snap7, Wireshark).
fn password(data: &[u8], emit: &mut Emit<'_>) {
    let Some(sent) = data.get(4..4 + PASSWORD) else { return };
    let before = [0, 0].iter().chain(sent);
    let plain: Vec<u8> = sent
        .iter()
        .zip(before)
        .enumerate()
        .map(|(at, (b, two_before))| b ^ 0x55 ^ if at < 2 { 0 } else { *two_before })
        .collect();
    emit.secret(Text::new(""), Mechanism::Password, plain.trim_ascii_end(), sent);
}

/// Operating modes (A5E02789976, SZL 0x0424, and the subfunctions of mode transition messages).
fn mode_name(transition: u8) -> Text {
    Text::new(match transition {
        0 => "STOP",
        1 => "warm restart",
        2 => "RUN",
        3 => "hot restart",
        4 => "HOLD",
        6 => "cold restart",
        9 => "RUN-R",
        11 => "LINK-UP",
        12 => "UPDATE",
        _ => "",
    })
}

/// Whether the controller may be asked the same again without harm is the class; code is group and subfunction.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "userdata",
    list: &[
        op("mode_stop", 0x000, Class::Diagnostic),
        op("mode_warm_restart", 0x001, Class::Diagnostic),
        op("mode_run", 0x002, Class::Diagnostic),
        op("mode_hot_restart", 0x003, Class::Diagnostic),
        op("mode_hold", 0x004, Class::Diagnostic),
        op("mode_cold_restart", 0x006, Class::Diagnostic),
        op("mode_run_redundant", 0x009, Class::Diagnostic),
        op("mode_link_up", 0x00b, Class::Diagnostic),
        op("mode_update", 0x00c, Class::Diagnostic),
        op("block_status", 0x101, Class::Diagnostic),
        op("variable_status", 0x102, Class::Read),
        op("output_istack", 0x103, Class::Diagnostic),
        op("output_bstack", 0x104, Class::Diagnostic),
        op("output_lstack", 0x105, Class::Diagnostic),
        op("time_measurement", 0x106, Class::Diagnostic),
        op("force_selection", 0x107, Class::Force),
        op("modify_variable", 0x108, Class::Write),
        op("force", 0x109, Class::Force),
        op("breakpoint", 0x10a, Class::ModeChange),
        op("exit_hold", 0x10b, Class::ModeChange),
        op("memory_reset", 0x10c, Class::Restart),
        op("disable_job", 0x10d, Class::Diagnostic),
        op("enable_job", 0x10e, Class::Diagnostic),
        op("delete_job", 0x10f, Class::Diagnostic),
        op("read_job_list", 0x110, Class::Diagnostic),
        op("read_job", 0x111, Class::Diagnostic),
        op("replace_job", 0x112, Class::Diagnostic),
        op("block_status_v2", 0x113, Class::Diagnostic),
        op("flash_led", 0x116, Class::Discovery),
        op("cyclic_transfer", 0x201, Class::Read),
        op("cyclic_unsubscribe", 0x204, Class::Session),
        op("change_driven_transfer", 0x205, Class::Read),
        op("change_driven_modify", 0x207, Class::Session),
        op("read_record", 0x208, Class::Read),
        op("list_blocks", 0x301, Class::Discovery),
        op("list_blocks_of_type", 0x302, Class::Discovery),
        op("get_block_info", 0x303, Class::Discovery),
        op("read_szl", 0x401, Class::Discovery),
        op("message_service", 0x402, Class::Session),
        op("diagnostic_message", 0x403, Class::Diagnostic),
        op("alarm_8_indication", 0x405, Class::Diagnostic),
        op("notify_indication", 0x406, Class::Diagnostic),
        op("alarm_8_lock", 0x407, Class::Configuration),
        op("alarm_8_unlock", 0x408, Class::Configuration),
        op("scan_indication", 0x409, Class::Diagnostic),
        op("alarm_ack", 0x40b, Class::Command),
        op("alarm_ack_indication", 0x40c, Class::Diagnostic),
        op("alarm_lock_indication", 0x40d, Class::Diagnostic),
        op("alarm_unlock_indication", 0x40e, Class::Diagnostic),
        op("alarm_sq_indication", 0x411, Class::Diagnostic),
        op("alarm_s_indication", 0x412, Class::Diagnostic),
        op("alarm_query", 0x413, Class::Diagnostic),
        op("notify_8_indication", 0x416, Class::Diagnostic),
        op("password", 0x501, Class::Authentication),
        op("password_reset", 0x502, Class::Authentication),
        op("block_send", 0x600, Class::Write),
        op("read_clock", 0x701, Class::Time),
        op("set_clock", 0x702, Class::Time),
        op("read_clock_following", 0x703, Class::Time),
        op("set_clock_following", 0x704, Class::Time),
        op("nc_request_download", 0xf01, Class::ProgramDownload),
        op("nc_download_block", 0xf02, Class::ProgramDownload),
        op("nc_continue_download", 0xf03, Class::ProgramDownload),
        op("nc_download_ended", 0xf04, Class::ProgramDownload),
        op("nc_start_upload", 0xf06, Class::ProgramUpload),
        op("nc_upload", 0xf07, Class::ProgramUpload),
        op("nc_continue_upload", 0xf08, Class::ProgramUpload),
    ],
};

/// The mode a status list reports in the low half of its "mode transition" byte (A5E02789976, SZL 0x0424).
pub(super) fn current_mode(transition: u8) -> Text {
    Text::new(match transition & 0x0f {
        1..=4 => "STOP",
        5 => "cold restart",
        6 => "warm restart",
        7 => "hot restart",
        8 => "RUN",
        9 => "RUN-R",
        10 => "HOLD",
        11 => "LINK-UP",
        12 => "UPDATE",
        13 => "DEFECTIVE",
        _ => "",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let request = Head::read(b"\x00\x01\x12\x04\x11\x44\x01\x00").unwrap();
        assert!(!request.is_response() && request.group == 4 && request.subfunction == 1);
        let response = Head::read(b"\x00\x01\x12\x08\x12\x84\x01\x05\x02\x01\x00\x00").unwrap();
        assert!(response.is_response() && response.more && response.unit == 2 && !response.failed);
        assert!(Head::read(b"\x00\x01\x12\x08\x12\x85\x01\x00\x00\x00\xd6\x05").unwrap().failed);
        assert!(Head::read(b"\x00\x01").is_err());
    }

    /// Requests of every group, with the head as programming devices send it.
    #[test]
    fn classes_of_subfunctions() {
        use crate::protocols::cotp::Cotp;
        use crate::testing::hear;
        for (group, subfunction, expected) in [
            (0x00, 0x0b, "mode_link_up diagnostic"),
            (0x41, 0x01, "block_status diagnostic"),
            (0x41, 0x02, "variable_status read"),
            (0x41, 0x08, "modify_variable write"),
            (0x41, 0x09, "force force"),
            (0x41, 0x0a, "breakpoint mode_change"),
            (0x41, 0x0c, "memory_reset restart"),
            (0x42, 0x01, "cyclic_transfer read"),
            (0x43, 0x03, "get_block_info discovery"),
            (0x44, 0x02, "message_service session"),
            (0x44, 0x07, "alarm_8_lock configuration"),
            (0x44, 0x0b, "alarm_ack command"),
            (0x45, 0x01, "password authentication"),
            (0x46, 0x27, "block_send write"),
            (0x47, 0x02, "set_clock time"),
            (0x7f, 0x02, "nc_download_block program_download"),
            (0x7f, 0x06, "nc_start_upload program_upload"),
        ] {
            let parameters = [0, 1, 0x12, 4, 0x11, group, subfunction, 0];
            let head = [3, 0, 0, 29, 2, 0xf0, 0x80, 0x32, 7, 0, 0, 0, 1, 0, 8, 0, 4];
            let message = [&head[..], &parameters, &[0x0a, 0, 0, 0]].concat();
            let lines = hear(&Cotp, model::Transport::Tcp, &[('>', &message)]);
            let line = format!("operation {expected} 1 0 0");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }

    #[test]
    fn tables_are_sorted() {
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
        assert!(super::super::OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
