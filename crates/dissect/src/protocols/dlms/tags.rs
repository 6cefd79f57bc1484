//! The tags of APDUs: what each does, who sends it, whether it is encrypted (IEC 62056-5-3:2017, 8).

use crate::emit::Operations;
use crate::reader::{Read, Reader, Short};
use model::{Operation, OperationClass as Class};

/// AARE, RLRE, read and write responses, and the answers of get, set and action, plain or ciphered. What a meter tells unasked counts as
/// an answer: it comes from the server.
pub(super) fn is_answer(tag: u8) -> bool {
    matches!(
        tag,
        0x61 | 0x63
            | 0x08
            | 0x0c..=0x0f
            | 0x18
            | 0x28
            | 0x2c..=0x2e
            | 0x38
            | 0x48
            | 0x4c..=0x4e
            | 0x58
            | 0xc2
            | 0xc4
            | 0xc5
            | 0xc7
            | 0xca
            | 0xcc
            | 0xcd
            | 0xcf
            | 0xd2
            | 0xd4
            | 0xd5
            | 0xd7
            | 0xd8
            | 0xda
    )
}

/// Confirmed service error, plain or ciphered, and exception.
pub(super) fn is_refusal(tag: u8) -> bool {
    matches!(tag, 0x0e | 0x2e | 0x4e | 0xd8)
}

/// General ciphering, signing and block transfer, which tell neither direction nor service.
pub(super) fn is_general(tag: u8) -> bool {
    matches!(tag, 0xdb..=0xdd | 0xdf | 0xe0)
}

/// Whether the octet of security control before the content says that it is encrypted; it may be authenticated only (IEC 62056-5-3, 5.7.2.4).
/// It stands after the length, in the general form after the system title too.
pub(super) fn is_ciphered(apdu: &[u8]) -> bool {
    const ENCRYPTED: u8 = 0x20;
    let mut r = Reader::new(apdu);
    let control = |r: &mut Reader<'_>| {
        match r.u8()? {
            0xdb | 0xdc => {
                let title = length(r)?;
                r.skip(title)?;
            }
            // With a global or a dedicated key.
            0x21..=0x38 | 0x41..=0x58 | 0xc8..=0xcf | 0xd0..=0xd7 => {}
            _ => return Err(Short),
        }
        length(r)?;
        r.u8()
    };
    control(&mut r).is_ok_and(|control| control & ENCRYPTED != 0)
}

/// A length of one octet, or of as many as the first says (A-XDR, IEC 61334-6).
fn length(r: &mut Reader<'_>) -> Read<usize> {
    Ok(match r.u8()? {
        short @ 0..=0x7f => short.into(),
        0x81 => r.u8()?.into(),
        0x82 => r.u16()?.into(),
        _ => return Err(Short),
    })
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Tags of the APDUs (IEC 62056-5-3, 8.3 and 8.4); `ciphered_` are those with global or dedicated key.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "apdu",
    list: &[
        op("initiate", 0x01, Class::Session),
        op("read", 0x05, Class::Read),
        op("write", 0x06, Class::Write),
        op("initiate_response", 0x08, Class::Session),
        op("read_response", 0x0c, Class::Read),
        op("write_response", 0x0d, Class::Write),
        op("confirmed_service_error", 0x0e, Class::Other),
        op("data_notification", 0x0f, Class::Read),
        op("unconfirmed_write", 0x16, Class::Write),
        op("information_report", 0x18, Class::Read),
        op("ciphered_initiate", 0x21, Class::Session),
        op("ciphered_read", 0x25, Class::Read),
        op("ciphered_write", 0x26, Class::Write),
        op("ciphered_initiate_response", 0x28, Class::Session),
        op("ciphered_read_response", 0x2c, Class::Read),
        op("ciphered_write_response", 0x2d, Class::Write),
        op("ciphered_service_error", 0x2e, Class::Other),
        op("ciphered_unconfirmed_write", 0x36, Class::Write),
        op("ciphered_information_report", 0x38, Class::Read),
        op("dedicated_ciphered_initiate", 0x41, Class::Session),
        op("dedicated_ciphered_read", 0x45, Class::Read),
        op("dedicated_ciphered_write", 0x46, Class::Write),
        op("dedicated_ciphered_initiate_response", 0x48, Class::Session),
        op("dedicated_ciphered_read_response", 0x4c, Class::Read),
        op("dedicated_ciphered_write_response", 0x4d, Class::Write),
        op("dedicated_ciphered_service_error", 0x4e, Class::Other),
        op("dedicated_ciphered_unconfirmed_write", 0x56, Class::Write),
        op("dedicated_ciphered_information_report", 0x58, Class::Read),
        op("associate", 0x60, Class::Authentication),
        op("associate_response", 0x61, Class::Authentication),
        op("release", 0x62, Class::Session),
        op("release_response", 0x63, Class::Session),
        op("get", 0xc0, Class::Read),
        op("set", 0xc1, Class::Write),
        op("event_notification", 0xc2, Class::Read),
        op("action", 0xc3, Class::Command),
        op("get_response", 0xc4, Class::Read),
        op("set_response", 0xc5, Class::Write),
        op("action_response", 0xc7, Class::Command),
        op("ciphered_get", 0xc8, Class::Read),
        op("ciphered_set", 0xc9, Class::Write),
        op("ciphered_event_notification", 0xca, Class::Read),
        op("ciphered_action", 0xcb, Class::Command),
        op("ciphered_get_response", 0xcc, Class::Read),
        op("ciphered_set_response", 0xcd, Class::Write),
        op("ciphered_action_response", 0xcf, Class::Command),
        op("dedicated_ciphered_get", 0xd0, Class::Read),
        op("dedicated_ciphered_set", 0xd1, Class::Write),
        op("dedicated_ciphered_event_notification", 0xd2, Class::Read),
        op("dedicated_ciphered_action", 0xd3, Class::Command),
        op("dedicated_ciphered_get_response", 0xd4, Class::Read),
        op("dedicated_ciphered_set_response", 0xd5, Class::Write),
        op("dedicated_ciphered_action_response", 0xd7, Class::Command),
        op("exception", 0xd8, Class::Other),
        op("access", 0xd9, Class::Other),
        op("access_response", 0xda, Class::Other),
        op("general_glo_ciphering", 0xdb, Class::Other),
        op("general_ded_ciphering", 0xdc, Class::Other),
        op("general_ciphering", 0xdd, Class::Other),
        op("general_signing", 0xdf, Class::Other),
        op("general_block_transfer", 0xe0, Class::Other),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// Security control 0x30 is authenticated and encrypted, 0x10 authenticated only; the system title is that of the examples in
    /// the DLMS UA Green Book.
    #[test]
    fn only_what_is_encrypted_is() {
        for (apdu, expected) in [
            ("c8 05 30 00000001 00", true),
            ("c8 05 10 00000001 00", false),
            ("db 08 4d4d4d0000bc614e 8105 20 00000001 00", true),
            ("db 08 4d4d4d0000bc614e 05 10 00000001 00", false),
            ("c0 01 c1 30", false),
            ("db 08 4d", false),
            ("db", false),
        ] {
            assert_eq!(is_ciphered(&hex(apdu)), expected, "{apdu}");
        }
    }
}
