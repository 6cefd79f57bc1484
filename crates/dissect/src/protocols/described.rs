//! What makers write into the free description of a system, where the form is their own standard: LLDP and SNMP carry it.
//! Seen as `Siemens, SIMATIC S7, CPU 1515-2 PN, 6ES7 515-2AM01-0AB0, HW: Version 3, FW: Version V2.6.0, S C-…`,
//! `Hirschmann MAR - SW: L2P-09.0.00` and `Cisco IOS Software, C3560 Software (…), Version 12.2(44)SE, …`. The station
//! identification in an LLDP chassis id is of IEC 61158-6-10, 4.1 (LLDP_ChassisID of multi-interface stations).

use crate::emit::{Emit, Whom};
use model::{Attribute, Confidence, Text};

/// Says what can be told from a system description.
pub(super) fn system(text: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    if text.starts_with(b"Siemens,") {
        siemens(text, field, emit);
    } else if let Some(rest) = text.strip_prefix(b"Hirschmann ") {
        said(Attribute::Vendor, b"Hirschmann", field, emit);
        if let Some(at) = find(rest, b" - SW: ") {
            said(Attribute::Product, rest.get(..at).unwrap_or_default(), field, emit);
            said(Attribute::Firmware, rest.get(at + 7..).unwrap_or_default(), field, emit);
        }
    } else if text.starts_with(b"Cisco ") {
        said(Attribute::Vendor, b"Cisco", field, emit);
        release(text, field, emit);
    }
}

/// The word after `Version `.
pub(super) fn release(text: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    let Some(at) = find(text, b"Version ") else { return };
    let rest = text.get(at + 8..).unwrap_or_default();
    let len = rest.iter().position(|b| b.is_ascii_whitespace() || *b == b',').unwrap_or(rest.len());
    said(Attribute::Firmware, rest.get(..len).unwrap_or_default(), field, emit);
}

/// Maker, family, product, order number, hardware, firmware, serial number, with commas between.
fn siemens(text: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    said(Attribute::Vendor, b"Siemens", field, emit);
    let (mut before, mut ordered) = (&b""[..], false);
    for part in text.split(|&b| b == b',').skip(1).take(12).map(<[u8]>::trim_ascii) {
        if let Some(version) = part.strip_prefix(b"HW:") {
            said(Attribute::Hardware, version_word(version), field, emit);
        } else if let Some(version) = part.strip_prefix(b"FW:") {
            said(Attribute::Firmware, version_word(version), field, emit);
        } else if is_order_number(part) && !ordered {
            said(Attribute::Product, before, field, emit);
            said(Attribute::OrderNumber, part, field, emit);
            ordered = true;
        } else if ordered && part.first() == Some(&b'S') && part.len() >= 8 {
            said(Attribute::Serial, part, field, emit);
        }
        before = part;
    }
}

fn version_word(version: &[u8]) -> &[u8] {
    let version = version.trim_ascii();
    version.strip_prefix(b"Version").unwrap_or(version).trim_ascii()
}

/// Such as `6ES7 515-2AM01-0AB0`: a digit, two letters, a character, a blank, then groups with hyphens.
fn is_order_number(part: &[u8]) -> bool {
    match part {
        [a, b, c, _, b' ', rest @ ..] => {
            a.is_ascii_digit()
                && b.is_ascii_alphanumeric()
                && c.is_ascii_alphanumeric()
                && rest.contains(&b'-')
                && rest.len() >= 8
        }
        _ => false,
    }
}

/// Station identification of a PROFINET chassis id: device type (25), order number (20), serial number (16), hardware (5),
/// prefix and software revision (1 and 9), with a blank between.
pub(super) fn station(text: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    let piece = |at: usize, len: usize| text.get(at..at + len).map(<[u8]>::trim_ascii).unwrap_or_default();
    let blank = |at: usize| text.get(at) == Some(&b' ');
    if text.len() != 80 || ![25, 46, 63, 69].into_iter().all(blank) {
        return;
    }
    said(Attribute::Product, piece(0, 25), field, emit);
    said(Attribute::OrderNumber, piece(26, 20), field, emit);
    said(Attribute::Serial, piece(47, 16), field, emit);
    said(Attribute::Hardware, piece(64, 5), field, emit);
    let mut words = piece(71, 9).split(|&b| b == b' ').filter(|w| !w.is_empty()).map(<[u8]>::to_vec);
    if let (Some(a), Some(b), Some(c)) = (words.next(), words.next(), words.next()) {
        let version = [piece(70, 1), &a, b".", &b, b".", &c].concat();
        let text = Text::from_wire(&version);
        emit.claim(Whom::Sender, Attribute::Firmware, text, piece(70, 10), field, Confidence::CERTAIN);
    }
}

fn said(attribute: Attribute, value: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    emit.claim(Whom::Sender, attribute, Text::from_wire(value), value, field, Confidence::LIKELY);
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|w| w == word)
}
