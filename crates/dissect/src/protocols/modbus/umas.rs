//! UMAS: Schneider's engineering protocol inside Modbus function 90.
//!
//! The maker publishes no specification. Sub-functions as in Kaspersky ICS CERT, "The secrets of Schneider Electric's UMAS
//! protocol" (2022), the Apache PLC4X protocol description `umas.mspec`, and the dissector to "From Pass-the-Hash to Code Execution on
//! Schneider Electric M340 PLCs" (Black Hat Europe 2024); signed requests and nonces also as Tenable's proof of concept for M340 sends them.

use super::operations::op;
use crate::emit::{Counter, Emit, Operations, Whom};
use crate::reader::{Read, Reader, byte};
use model::{Attribute, Confidence, OperationClass as Class, Text};

static FUNCTION: Counter = Counter { protocol: "modbus", name: "umas_function" };

/// First byte of an answer, after the session key: done, or refused.
const REFUSED: u8 = 0xfd;
const READ_ID: u32 = 0x02;

/// A request that carries another one, signed with what both ends know since they exchanged nonces: a mark, the hash, then function 90, the
/// session key and the sub-function that is meant. The answer is built alike.
pub(super) const SIGNED: u32 = 0x5a38;
const SIGNATURE: usize = 33;

/// Session key and sub-function; of a signed request, that within. Tells whether it was signed.
pub(super) fn request(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<(u8, bool)> {
    r.skip(1)?;
    let sub = r.u8()?;
    emit.count(&FUNCTION, sub);
    if u32::from(sub) != SIGNED & 0xff {
        return Ok((sub, false));
    }
    r.skip(SIGNATURE + 2)?;
    Ok((r.u8()?, true))
}

/// The controller says no.
pub(super) fn is_refused(answer: &[u8], signed: bool) -> bool {
    byte(answer, 1) == Some(REFUSED) || signed && byte(answer, 2 + SIGNATURE + 2) == Some(REFUSED)
}

/// Reads the answer to what was asked.
pub(super) fn answer(asked: u32, whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    r.skip(2)?;
    if asked == READ_ID { identification(whom, r, emit) } else { Ok(()) }
}

/// Range, identifier, model, version and patch of the communication firmware, internal and hardware version, crash code; then the
/// name of the processor with its length.
fn identification(whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    r.skip(8)?;
    let version = r.take(2)?;
    r.skip(12)?;
    let len = r.u8()?;
    let name = r.take(len.into())?;
    emit.text(whom, Attribute::Product, name, "modbus.data");
    if let [minor, major] = *version
        && (minor, major) != (0, 0)
    {
        // Binary coded decimal: 0x0260 is 2.60.
        let text = Text::new(&format!("V{major:x}.{minor:02x}"));
        emit.claim(whom, Attribute::Firmware, text, version, "modbus.data", Confidence::LIKELY);
    }
    Ok(())
}

/// Sub-functions. "Upload" in UMAS goes from the engineer to the controller; the names here follow the controller's view of the
/// classes: what is written into it is a download.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "umas",
    list: &[
        op("umas_init_communication", 0x5a01, Class::Session),
        op("umas_read_id", 0x5a02, Class::Discovery),
        op("umas_read_project_info", 0x5a03, Class::Discovery),
        op("umas_read_plc_info", 0x5a04, Class::Diagnostic),
        op("umas_read_loader_info", 0x5a05, Class::Discovery),
        op("umas_read_card_info", 0x5a06, Class::Discovery),
        op("umas_read_block_info", 0x5a07, Class::Discovery),
        op("umas_repeat", 0x5a0a, Class::Session),
        op("umas_take_reservation", 0x5a10, Class::Authentication),
        op("umas_release_reservation", 0x5a11, Class::Session),
        op("umas_keep_alive", 0x5a12, Class::Session),
        op("umas_read_memory_block", 0x5a20, Class::Read),
        op("umas_write_memory_block", 0x5a21, Class::Write),
        op("umas_read_variables", 0x5a22, Class::Read),
        op("umas_write_variables", 0x5a23, Class::Write),
        op("umas_read_coils_registers", 0x5a24, Class::Read),
        op("umas_write_coils_registers", 0x5a25, Class::Write),
        op("umas_read_variable_names", 0x5a26, Class::Discovery),
        op("umas_preload_variable_names", 0x5a27, Class::Discovery),
        op("umas_read_physical_address", 0x5a28, Class::Read),
        op("umas_write_physical_address", 0x5a29, Class::Write),
        op("umas_browse_events", 0x5a2a, Class::Diagnostic),
        op("umas_initialize_download", 0x5a30, Class::ProgramDownload),
        op("umas_download_block", 0x5a31, Class::ProgramDownload),
        op("umas_end_download", 0x5a32, Class::ProgramDownload),
        op("umas_initialize_upload", 0x5a33, Class::ProgramUpload),
        op("umas_upload_block", 0x5a34, Class::ProgramUpload),
        op("umas_end_upload", 0x5a35, Class::ProgramUpload),
        op("umas_backup", 0x5a36, Class::ProgramUpload),
        op("umas_preload_blocks", 0x5a37, Class::ProgramDownload),
        op("umas_signed_request", SIGNED, Class::Session),
        op("umas_read_ethernet_data", 0x5a39, Class::Read),
        op("umas_start", 0x5a40, Class::ModeChange),
        op("umas_stop", 0x5a41, Class::ModeChange),
        op("umas_initialize", 0x5a42, Class::Restart),
        op("umas_swap_blocks", 0x5a43, Class::ProgramDownload),
        op("umas_monitor", 0x5a50, Class::Read),
        op("umas_get_changes", 0x5a51, Class::Diagnostic),
        op("umas_get_forced_bits", 0x5a52, Class::Read),
        op("umas_get_selected_blocks", 0x5a53, Class::Diagnostic),
        op("umas_check", 0x5a58, Class::Diagnostic),
        op("umas_set_breakpoint", 0x5a60, Class::ModeChange),
        op("umas_delete_breakpoint", 0x5a61, Class::ModeChange),
        op("umas_step_over", 0x5a62, Class::ModeChange),
        op("umas_step_in", 0x5a63, Class::ModeChange),
        op("umas_step_out", 0x5a64, Class::ModeChange),
        op("umas_get_call_stack", 0x5a65, Class::Diagnostic),
        op("umas_check_debug_allowed", 0x5a66, Class::Diagnostic),
        op("umas_process_message", 0x5a6c, Class::Other),
        op("umas_private_message", 0x5a6d, Class::Other),
        op("umas_exchange_nonces", 0x5a6e, Class::Authentication),
        op("umas_read_io_object", 0x5a70, Class::Read),
        op("umas_write_io_object", 0x5a71, Class::Write),
        op("umas_read_rack", 0x5a72, Class::Discovery),
        op("umas_get_status_module", 0x5a73, Class::Diagnostic),
        op("umas_read_device_data", 0x5a74, Class::Diagnostic),
    ],
};
