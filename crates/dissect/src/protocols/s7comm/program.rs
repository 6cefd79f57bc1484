//! Blocks that are read out of or written into a controller, and program invocations.

use super::{Class, op};
use crate::emit::{Emit, Operations, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Text};

/// Block types in file names (A5E02789976, "block types"; the same numbers in every block header).
const BLOCK_TYPES: [(&[u8], &str); 7] = [
    (b"08", "OB"),
    (b"0A", "DB"),
    (b"0B", "SDB"),
    (b"0C", "FC"),
    (b"0D", "SFC"),
    (b"0E", "FB"),
    (b"0F", "SFB"),
];

/// `_0A00001P` is data block 1: file identifier, block type, number in five digits, destination file system.
fn block_name(file: &[u8]) -> Text {
    let Some((_, rest)) = file.split_first() else { return Text::new("") };
    let (kind, number) = (rest.get(..2), rest.get(2..7));
    let kind = kind.and_then(|k| BLOCK_TYPES.iter().find(|(code, _)| *code == k)).map(|(_, name)| *name);
    let number = number.and_then(|n| std::str::from_utf8(n).ok()?.parse::<u32>().ok());
    match (kind, number) {
        (Some(kind), Some(number)) => Text::new(&format!("{kind}{number}")),
        _ => Text::from_wire(file),
    }
}

/// A block's name with its size, when known.
pub(super) fn with_size(name: &Text, bytes: Option<u32>) -> Text {
    match bytes {
        Some(n) => Text::new(&format!("{name} ({n} bytes)")),
        None => name.clone(),
    }
}

/// Function, status, error, and an identifier of the transfer; then the file name.
fn file_name<'a>(r: &mut Reader<'a>) -> Read<&'a [u8]> {
    r.skip(8)?;
    let len = r.u8()?;
    r.take(len.into())
}

/// Decimal digits.
fn digits(bytes: &[u8]) -> Option<u32> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}

/// Start upload, request: the block that is wanted.
pub(super) fn upload_name(parameters: &[u8]) -> Read<Option<Text>> {
    let name = block_name(file_name(&mut Reader::new(parameters))?);
    Ok((!name.is_empty()).then_some(name))
}

/// Start upload, answer: the length of the block as text after the identifier of the transfer.
pub(super) fn upload_size(parameters: &[u8]) -> Option<u32> {
    let mut r = Reader::new(parameters);
    let len = r.skip(8).and_then(|()| r.u8()).ok()?;
    digits(r.take(len.into()).ok()?)
}

/// Request download: name, then `1`, six digits of load memory and six of code.
pub(super) fn download(parameters: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(parameters);
    let file = file_name(&mut r)?;
    let len = r.u8().unwrap_or(0);
    let size = r.take(len.into()).ok().and_then(|sizes| digits(sizes.get(1..7)?));
    let text = with_size(&block_name(file), size);
    emit.identity(Whom::Receiver, Attribute::Program, text, file, "s7comm.data.blockcontrol.filename");
    Ok(())
}

/// The operation table of the program invocation service that a request names. Each has function code 0x28, so each is a table.
pub(super) fn invocation(parameters: &[u8]) -> Read<&'static Operations> {
    let mut r = Reader::new(parameters);
    r.skip(8)?;
    let block = r.u16()?;
    r.skip(block.into())?;
    let len = r.u8()?;
    let name = r.take(len.into())?;
    let found = INVOCATIONS.iter().find(|(service, _)| *service == name).map(|(_, table)| *table);
    Ok(found.unwrap_or(if name.starts_with(b"_N_") { &NC } else { &OTHER }))
}

pub(super) static OTHER: Operations =
    Operations { prefix: "function", list: &[op("pi_service", 0x28, Class::Command)] };
pub(super) static NC: Operations =
    Operations { prefix: "function", list: &[op("pi_nc", 0x28, Class::Command)] };
pub(super) static START: Operations =
    Operations { prefix: "function", list: &[op("pi_start", 0x28, Class::ModeChange)] };
pub(super) static INSERT: Operations =
    Operations { prefix: "function", list: &[op("pi_insert_block", 0x28, Class::ProgramDownload)] };
pub(super) static DELETE: Operations =
    Operations { prefix: "function", list: &[op("pi_delete_block", 0x28, Class::ProgramDownload)] };
pub(super) static TO_ROM: Operations =
    Operations { prefix: "function", list: &[op("pi_copy_ram_to_rom", 0x28, Class::Configuration)] };
pub(super) static COMPRESS: Operations =
    Operations { prefix: "function", list: &[op("pi_compress_memory", 0x28, Class::Configuration)] };
pub(super) static NC_LOGIN: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_login", 0x28, Class::Authentication)] };
pub(super) static NC_LOGOUT: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_logout", 0x28, Class::Authentication)] };
pub(super) static NC_FILE: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_file", 0x28, Class::File)] };
pub(super) static NC_SELECT: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_select_program", 0x28, Class::ModeChange)] };

pub(super) static NC_MODE: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_mode", 0x28, Class::ModeChange)] };
pub(super) static NC_SETTINGS: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_settings", 0x28, Class::Configuration)] };
pub(super) static NC_SAVE: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_save_to_flash", 0x28, Class::Configuration)] };
pub(super) static NC_PASSWORD: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_new_password", 0x28, Class::Configuration)] };
pub(super) static NC_TOOLS: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_tool_data", 0x28, Class::Configuration)] };
pub(super) static NC_MOVE: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_move_tool", 0x28, Class::Command)] };
pub(super) static NC_FIND: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_find_tool", 0x28, Class::Read)] };
pub(super) static NC_COMMAND: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_command", 0x28, Class::Command)] };
pub(super) static NC_SEMAPHORE: Operations =
    Operations { prefix: "function", list: &[op("pi_nc_semaphore", 0x28, Class::Session)] };

/// The services by name: those of controllers, then those of numerical controls (SINUMERIK 840D, "Programming guide: PI services", as Wireshark
/// has their names).
static INVOCATIONS: [(&[u8], &Operations); 67] = [
    (b"P_PROGRAM", &START),
    (b"_INSE", &INSERT),
    (b"_INS2", &INSERT),
    (b"_DELE", &DELETE),
    (b"_MODU", &TO_ROM),
    (b"_GARB", &COMPRESS),
    (b"_N_LOGIN_", &NC_LOGIN),
    (b"_N_LOGOUT", &NC_LOGOUT),
    (b"_N_NEWPWD", &NC_PASSWORD),
    (b"_N_F_OPEN", &NC_FILE),
    (b"_N_F_OPER", &NC_FILE),
    (b"_N_F_CLOS", &NC_FILE),
    (b"_N_F_SEEK", &NC_FILE),
    (b"_N_F_DELE", &NC_FILE),
    (b"_N_F_DELR", &NC_FILE),
    (b"_N_F_XFER", &NC_FILE),
    (b"_N_F_COPY", &NC_FILE),
    (b"_N_F_RENA", &NC_FILE),
    (b"_N_F_PROT", &NC_FILE),
    (b"_N_F_PROR", &NC_FILE),
    (b"_N_F_DMDA", &NC_FILE),
    (b"_N_LOCKE_", &NC_FILE),
    (b"_N_SRTEXT", &NC_FILE),
    (b"_N_SELECT", &NC_SELECT),
    (b"_N_EXTERN", &NC_SELECT),
    (b"_N_EXTMOD", &NC_SELECT),
    (b"_N_ENDEXT", &NC_SELECT),
    (b"_N_NCKMOD", &NC_MODE),
    (b"_N_STRTLK", &NC_MODE),
    (b"_N_STRTUL", &NC_MODE),
    (b"_N_OST_ON", &NC_MODE),
    (b"_N_OST_OF", &NC_MODE),
    (b"_N_IBN_SS", &NC_MODE),
    (b"_N_CONFIG", &NC_SETTINGS),
    (b"_N_SCALE_", &NC_SETTINGS),
    (b"_N_SETUFR", &NC_SETTINGS),
    (b"_N_ASUP__", &NC_SETTINGS),
    (b"_N_DELVAR", &NC_SETTINGS),
    (b"_N_DASAVE", &NC_SAVE),
    (b"_N_CRCEDN", &NC_TOOLS),
    (b"_N_CREACE", &NC_TOOLS),
    (b"_N_CREATO", &NC_TOOLS),
    (b"_N_CRTOCE", &NC_TOOLS),
    (b"_N_DELECE", &NC_TOOLS),
    (b"_N_DELETO", &NC_TOOLS),
    (b"_N_DZERO_", &NC_TOOLS),
    (b"_N_SETTST", &NC_TOOLS),
    (b"_N_TMAWCO", &NC_TOOLS),
    (b"_N_TMCRTC", &NC_TOOLS),
    (b"_N_TMCRTO", &NC_TOOLS),
    (b"_N_TMPCIT", &NC_TOOLS),
    (b"_N_TMRASS", &NC_TOOLS),
    (b"_N_TRESMO", &NC_TOOLS),
    (b"_N_TMMVTL", &NC_MOVE),
    (b"_N_TMPOSM", &NC_MOVE),
    (b"_N_CHEKDM", &NC_FIND),
    (b"_N_CHKDNO", &NC_FIND),
    (b"_N_TMFDPL", &NC_FIND),
    (b"_N_TMFPBP", &NC_FIND),
    (b"_N_TMGETT", &NC_FIND),
    (b"_N_TSEARC", &NC_FIND),
    (b"_N_CANCEL", &NC_COMMAND),
    (b"_N_FINDBL", &NC_COMMAND),
    (b"_N_SEL_BL", &NC_COMMAND),
    (b"_N_DIGION", &NC_COMMAND),
    (b"_N_DIGIOF", &NC_COMMAND),
    (b"_N_MMCSEM", &NC_SEMAPHORE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sizes_of_blocks() {
        for (file, name) in [
            (&b"_0800001P"[..], "OB1"),
            (b"_0A01234A", "DB1234"),
            (b"_0B00000B", "SDB0"),
            (b"$MPF/1", "$MPF/1"),
            (b"_0Zxxxxx", "_0Zxxxxx"),
            (b"", ""),
        ] {
            assert_eq!(block_name(file).as_str(), name);
        }
        assert_eq!(upload_size(b"\x1d\x00\x01\x00\x00\x00\x00\x07\x070000142"), Some(142));
        assert_eq!(upload_size(b"\x1d\x00\x01"), None);
    }

    #[test]
    fn invocations_by_name() {
        let start = b"\x28\0\0\0\0\0\0\xfd\x00\x00\x09P_PROGRAM";
        assert!(invocation(start).is_ok_and(|t| std::ptr::eq(t, &START)));
        let insert = b"\x28\0\0\0\0\0\0\xfd\x00\x0a\x01\x000800001P\x05_INSE";
        assert!(invocation(insert).is_ok_and(|t| std::ptr::eq(t, &INSERT)));
        for (name, table) in [
            (b"_N_F_RENA", &NC_FILE),
            (b"_N_NCKMOD", &NC_MODE),
            (b"_N_STRTLK", &NC_MODE),
            (b"_N_EXTERN", &NC_SELECT),
            (b"_N_DASAVE", &NC_SAVE),
            (b"_N_NEWPWD", &NC_PASSWORD),
            (b"_N_CREATO", &NC_TOOLS),
            (b"_N_TMMVTL", &NC_MOVE),
            (b"_N_TSEARC", &NC_FIND),
            (b"_N_CANCEL", &NC_COMMAND),
            (b"_N_______", &NC),
            (b"_UNKNOWN_", &OTHER),
        ] {
            let request = [&b"\x28\0\0\0\0\0\0\xfd\x00\x00\x09"[..], name].concat();
            assert!(invocation(&request).is_ok_and(|t| std::ptr::eq(t, table)), "{name:?}");
        }
        assert!(invocation(b"\x28\0\0").is_err());
    }
}
