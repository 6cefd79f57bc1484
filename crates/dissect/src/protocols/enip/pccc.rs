//! PCCC commands of PLC-5, SLC 500 and MicroLogix inside CIP (class 0x67).
//! Source: Rockwell 1770-6.5.16, DF1 Protocol and Command Set (DF1), chapters 6, 7 and 10; 1756-PM020 for the requester's id.

use super::operations;
use crate::emit::{Emit, Phase, Whom};
use crate::reader::{Read, Reader};
use model::Attribute;

/// Commands that have a function code (DF1 chapter 7).
fn has_function(command: u8) -> bool {
    matches!(command, 0x06 | 0x07 | 0x0f)
}

/// The command whose function may be a typed one.
const TYPED: u8 = 0x0f;

/// Command 6, function 3: diagnostic status (DF1 7-6).
const DIAGNOSTIC_STATUS: u32 = operations::pccc(0x06, 0x03);

/// Requester's id, command, status, transaction, function. Answers the code of the operation.
pub(super) fn request(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<Option<u32>> {
    requester(r)?;
    let command = r.u8()?;
    r.skip(3)?;
    let function = if has_function(command) { r.u8()? } else { 0 };
    let special =
        if command == TYPED { operations::typed(function, file_type(r).unwrap_or(0)) } else { None };
    let code = special.unwrap_or(operations::pccc(command, function));
    emit.operation(&operations::CIP, code, Phase::Request);
    Ok(Some(code))
}

/// Protected typed commands (DF1 7-14 and on): size, number of the file, in one octet or after 0xFF in two, its type.
fn file_type(r: &mut Reader<'_>) -> Read<u8> {
    r.skip(1)?;
    if r.u8()? == 0xff {
        r.skip(2)?;
    }
    r.u8()
}

/// The reply has bit 6 of the command set and no function.
pub(super) fn reply(code: u32, whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    requester(r)?;
    r.skip(1)?;
    let status = r.u8()?;
    r.skip(2)?;
    let phase = if status == 0 { Phase::Response } else { Phase::Error };
    emit.operation(&operations::CIP, code, phase);
    if code == DIAGNOSTIC_STATUS && status == 0 {
        // DF1 10-3: mode, type extender 0xEE, interface, processor, series and revision, then the bulletin number.
        r.skip(1)?;
        if r.u8()? != 0xee {
            return Ok(());
        }
        r.skip(3)?;
        let bulletin = r.take(11)?;
        if bulletin.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            emit.text(whom, Attribute::Product, bulletin, "cip.pccc.data");
        }
    }
    Ok(())
}

/// Its length counts itself (PM020, "CIP Data Table Read and Write": requestor id of 7 bytes).
fn requester(r: &mut Reader<'_>) -> Read<()> {
    let len = r.u8()?;
    r.skip(usize::from(len).saturating_sub(1))
}
