//! MELSOFT, what GX Works speaks to a controller on the ports of SLMP. It has no public specification: commands are named after what their
//! messages hold in captures of GX Works 2 with Q03UDE and of GX Works 3 with FX5U while programs were read, written and changed. Those for
//! files carry names and offsets; remote stop has number and content of the command of SLMP, and the others of its group are taken to be
//! alike.

use super::controller;
use crate::emit::{Counter, Emit, Operations, Phase};
use crate::reader::{Read, Reader, be16, byte};
use model::{Operation, OperationClass as Class};

static COMMAND: Counter = Counter { protocol: "slmp", name: "melsoft_command" };

const TYPE_NAME: u16 = 0x0101;
const TYPE_NAME_FX5: u16 = 0x0121;
const OPEN_FILE: u16 = 0x1867;
const READ_FILE: u16 = 0x1868;
const WRITE_FILE: u16 = 0x1869;
/// Added to reads and writes of files of the project.
const PROJECT: u32 = 0x1_0000;

/// Where a controller keeps its project, in UTF-16.
const PROJECT_FOLDER: &[u8] = b"$\0M\0E\0L\0P\0R\0J\0$\0";

/// The command of a MELSOFT frame: the second octet of the content tells where its inner header ends.
pub(super) fn command(content: &[u8]) -> Option<(u16, &[u8])> {
    let at = 2 + usize::from(byte(content, 2)?);
    Some((be16(content, at)?, content.get(at + 2..)?))
}

/// What a conversation remembers.
#[derive(Default)]
pub(super) struct Talk {
    /// Whether the file that was opened last is none of the project. GX Works reads and writes hardly any other, and over UDP each exchange has
    /// ports of its own, so that no opening is seen.
    other: bool,
}

impl Talk {
    pub(super) fn read(&mut self, asks: bool, content: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let Some((command, rest)) = command(content) else { return Ok(()) };
        emit.client_is_sender(asks);
        emit.count(&COMMAND, command);
        if asks && command == OPEN_FILE {
            self.other = !rest.windows(PROJECT_FOLDER.len()).take(64).any(|w| w == PROJECT_FOLDER);
        }
        let code = match command {
            READ_FILE | WRITE_FILE if !self.other => PROJECT | u32::from(command),
            _ => command.into(),
        };
        emit.operation(&OPERATIONS, code, if asks { Phase::Request } else { Phase::Response });
        if asks || !matches!(command, TYPE_NAME | TYPE_NAME_FX5) {
            return Ok(());
        }
        let mut r = Reader::new(rest);
        // Sequence number and end code.
        r.skip(4)?;
        controller(&mut r, emit)
    }
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Other commands keep their number.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "melsoft",
    list: &[
        op("read_type_name", TYPE_NAME as u32, Class::Discovery),
        op("read_type_name", TYPE_NAME_FX5 as u32, Class::Discovery),
        op("device_read", 0x0410, Class::Read),
        // Pieces of a program with their addresses, between the beginning and the end of a change.
        op("program_change_data", 0x0b16, Class::ProgramDownload),
        op("monitor", 0x0b2a, Class::Read),
        op("monitor", 0x0b2b, Class::Read),
        op("remote_run", 0x1001, Class::ModeChange),
        op("remote_stop", 0x1002, Class::ModeChange),
        op("remote_pause", 0x1003, Class::ModeChange),
        op("remote_latch_clear", 0x1005, Class::Command),
        op("remote_reset", 0x1006, Class::Restart),
        op("device_write", 0x1410, Class::Write),
        // The names of the programs that are changed; then once more, when their pieces are there.
        op("program_change_begin", 0x1730, Class::ProgramDownload),
        op("program_change_end", 0x1731, Class::ProgramDownload),
        // Names and check sums of the programs.
        op("program_list", 0x1734, Class::Discovery),
        op("file_list", 0x1859, Class::File),
        op("file_information", 0x185f, Class::File),
        op("file_open", OPEN_FILE as u32, Class::File),
        op("file_read", READ_FILE as u32, Class::File),
        op("file_write", WRITE_FILE as u32, Class::File),
        op("file_close", 0x186a, Class::File),
        op("file_attributes", 0x187e, Class::File),
        op("drive_information", 0x18a0, Class::File),
        op("project_file_read", PROJECT | READ_FILE as u32, Class::ProgramUpload),
        op("project_file_write", PROJECT | WRITE_FILE as u32, Class::ProgramDownload),
    ],
};

#[cfg(test)]
mod tests {
    use super::super::Slmp;
    use super::*;
    use crate::testing::{hear, hex};
    use model::Transport;

    /// A frame as GX Works 3 sends it to FX5U: the inner header is eight octets long.
    fn melsoft(answer: bool, command: &str, rest: &str) -> Vec<u8> {
        let content = hex(&format!("0000 08 0a0800000000000000 {command} {rest}"));
        let at = 2 + usize::from(content[2]);
        let content = [&content[..at], &hex(&format!("{command} {rest}"))].concat();
        let length = u16::try_from(content.len()).unwrap().to_le_bytes();
        let head = hex("000000 1111 070000 ffff03 0000 fe03 0000");
        [&[if answer { 0xd7 } else { 0x57 }, 0][..], &head, &length, &content].concat()
    }

    #[test]
    fn files_of_the_project_are_programs() {
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
        // "$MELPRJ$\\MAIN.PRG", then a file of a memory card.
        let project = "0b00 0000 0000000000000400 00000000 3400 24004d0045004c00500052004a0024005c004d00";
        let data = "0c00 0000 0000000000000400 00000000 3400 44004100540041002e00430053005600";
        let lines = hear(
            &Slmp,
            Transport::Udp,
            &[
                ('>', &melsoft(false, "1867", project)),
                ('<', &melsoft(true, "1867", "0b00 0000 9200")),
                ('>', &melsoft(false, "1869", "2100 0000 9200 00000000 0200 0158")),
                ('<', &melsoft(true, "1869", "2100 0000 0200")),
                ('>', &melsoft(false, "1868", "2200 0000 9200 00000000 3001")),
                ('>', &melsoft(false, "1867", data)),
                ('>', &melsoft(false, "1869", "2300 0000 9300 00000000 0200 0158")),
                ('>', &melsoft(false, "1002", "0b00 0000 0100")),
                ('>', &melsoft(false, "1730", "0900 0000 0000")),
            ],
        );
        for expected in [
            "file_open file 2 1 0",
            "project_file_write program_download 1 1 0",
            "project_file_read program_upload 1 0 0",
            "file_write file 1 0 0",
            "remote_stop mode_change 1 0 0",
            "program_change_begin program_download 1 0 0",
        ] {
            let line = format!("operation {expected}");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }
}
