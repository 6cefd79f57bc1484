//! UMAS: Schneider's engineering protocol inside Modbus function 90.
//!
//! The maker publishes no specification. Sub-functions as in Kaspersky ICS CERT, "The secrets of Schneider Electric's UMAS
//! protocol" (2022), and the Apache PLC4X protocol description `umas.mspec`.

use super::operations::op;
use crate::emit::{Counter, Emit, Operations, Whom};
use crate::reader::{Read, Reader, byte};
use model::{Attribute, Confidence, OperationClass as Class, Text};

static FUNCTION: Counter = Counter { protocol: "modbus", name: "umas_function" };

/// First byte of an answer, after the session key: done, or refused.
const REFUSED: u8 = 0xfd;
const READ_ID: u32 = 0x02;

/// Session key and sub-function.
pub(super) fn request(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<u8> {
    r.skip(1)?;
    let sub = r.u8()?;
    emit.count(&FUNCTION, sub);
    Ok(sub)
}

/// The controller says no.
pub(super) fn is_refused(answer: &[u8]) -> bool {
    byte(answer, 1) == Some(REFUSED)
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
        op("umas_read_card_info", 0x5a06, Class::Discovery),
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
        op("umas_initialize_download", 0x5a30, Class::ProgramDownload),
        op("umas_download_block", 0x5a31, Class::ProgramDownload),
        op("umas_end_download", 0x5a32, Class::ProgramDownload),
        op("umas_initialize_upload", 0x5a33, Class::ProgramUpload),
        op("umas_upload_block", 0x5a34, Class::ProgramUpload),
        op("umas_end_upload", 0x5a35, Class::ProgramUpload),
        op("umas_backup", 0x5a36, Class::ProgramUpload),
        op("umas_signed_request", 0x5a38, Class::Authentication),
        op("umas_read_ethernet_data", 0x5a39, Class::Read),
        op("umas_start", 0x5a40, Class::ModeChange),
        op("umas_stop", 0x5a41, Class::ModeChange),
        op("umas_monitor", 0x5a50, Class::Read),
        op("umas_check", 0x5a58, Class::Diagnostic),
        op("umas_exchange_nonces", 0x5a6e, Class::Authentication),
        op("umas_read_io_object", 0x5a70, Class::Read),
        op("umas_write_io_object", 0x5a71, Class::Write),
        op("umas_get_status_module", 0x5a73, Class::Diagnostic),
    ],
};
