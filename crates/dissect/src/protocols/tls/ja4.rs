//! JA4: one line that tells clients of TLS apart by what they offer, whatever the order they offer it in.
//! Sources: FoxIO, "JA4: TLS Client Fingerprinting" (technical_details/JA4.md; JA4 alone is under the BSD licence); RFC 8701 §2 (GREASE).

use crate::reader::{be16, byte};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Extensions of a hello that are kept. More than these have no fingerprint.
pub(super) const EXTENSIONS_MAX: usize = 256;
/// Hexadecimal digits that are left of a hash, and what stands for a hash of nothing ("Cipher hash").
const DIGITS: usize = 12;
const NOTHING: &str = "000000000000";

/// What carries the hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Carrier {
    /// TLS over TCP.
    Tls,
    /// DTLS.
    Dtls,
    /// QUIC.
    Quic,
}

/// What a client offers.
#[derive(Default)]
pub(super) struct Offer<'a> {
    /// The version in the fixed part.
    pub(super) version: u16,
    /// Two octets each.
    pub(super) ciphers: &'a [u8],
    /// Types, in the order of the hello.
    pub(super) extensions: Vec<u16>,
    /// The list of supported_versions, two octets each.
    pub(super) versions: &'a [u8],
    /// The list of signature_algorithms, two octets each.
    pub(super) signatures: &'a [u8],
    /// The first name of application_layer_protocol_negotiation.
    pub(super) alpn: &'a [u8],
}

/// Extensions that the first part tells of, and so the last does not ("Extension hash").
const SERVER_NAME: u16 = 0x0000;
const ALPN: u16 = 0x0010;

impl Offer<'_> {
    /// The fingerprint.
    pub(super) fn ja4(&self, carrier: Carrier) -> Option<String> {
        if self.extensions.len() > EXTENSIONS_MAX {
            return None;
        }
        let mut ciphers: Vec<u16> = pairs(self.ciphers).collect();
        ciphers.sort_unstable();
        let offered: Vec<u16> = self.extensions.iter().copied().filter(|&e| !is_grease(e)).collect();
        let mut sorted: Vec<u16> =
            offered.iter().copied().filter(|e| ![SERVER_NAME, ALPN].contains(e)).collect();
        sorted.sort_unstable();
        let mut extensions = listed(sorted);
        let signatures = listed(pairs(self.signatures));
        if !extensions.is_empty() && !signatures.is_empty() {
            extensions = format!("{extensions}_{signatures}");
        }
        let (first, last) = self.alpn_ends();
        Some(format!(
            "{}{}{}{:02}{:02}{first}{last}_{}_{}",
            match carrier {
                Carrier::Tls => 't',
                Carrier::Dtls => 'd',
                Carrier::Quic => 'q',
            },
            self.newest(),
            if self.extensions.contains(&SERVER_NAME) { 'd' } else { 'i' },
            ciphers.len().min(99),
            offered.len().min(99),
            hash(&listed(ciphers)),
            hash(&extensions),
        ))
    }

    /// "TLS and DTLS Version": the newest on the list, else the one in the fixed part. The numbers of DTLS count down.
    fn newest(&self) -> &'static str {
        let age = |v: &u16| if v >> 8 == 0xfe { !v } else { *v };
        match pairs(self.versions).max_by_key(age).unwrap_or(self.version) {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            0x0002 => "s2",
            0xfeff => "d1",
            0xfefd => "d2",
            0xfefc => "d3",
            _ => "00",
        }
    }

    /// "ALPN Extension Value": the first and the last letter or digit, else the ends of its hexadecimal form.
    fn alpn_ends(&self) -> (char, char) {
        let (Some(&first), Some(&last)) = (self.alpn.first(), self.alpn.last()) else { return ('0', '0') };
        if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
            return (first.into(), last.into());
        }
        let digit = |n: u8| char::from_digit(n.into(), 16).unwrap_or('0');
        (digit(first >> 4), digit(last & 0x0f))
    }
}

/// RFC 8701 §2: both octets alike, each ending in `a`.
fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).filter_map(|pair| be16(pair, 0)).filter(|&v| !is_grease(v))
}

fn listed(values: impl IntoIterator<Item = u16>) -> String {
    let mut out = String::new();
    for value in values {
        let comma = if out.is_empty() { "" } else { "," };
        let _ = write!(out, "{comma}{value:04x}");
    }
    out
}

fn hash(text: &str) -> String {
    if text.is_empty() {
        return NOTHING.into();
    }
    let digest = Sha256::digest(text.as_bytes());
    let mut out = String::with_capacity(DIGITS);
    for at in 0..DIGITS / 2 {
        let _ = write!(out, "{:02x}", byte(&digest, at).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// The example of FoxIO's description, in the order of the hello, with GREASE put in.
    #[test]
    fn the_published_example() {
        let ciphers = hex("0a0a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035");
        let extensions =
            "2a2a 001b 0000 0033 0010 4469 0017 002d 000d 0005 0023 0012 002b ff01 000b 000a 0015";
        let signatures = hex("0403 0804 0401 0503 0805 0501 0806 0601");
        let versions = hex("6a6a 0304 0303");
        let mut offer = Offer {
            version: 0x0303,
            ciphers: &ciphers,
            extensions: hex(extensions).chunks(2).filter_map(|c| be16(c, 0)).collect(),
            versions: &versions,
            signatures: &signatures,
            alpn: b"h2",
        };
        assert_eq!(offer.ja4(Carrier::Tls).unwrap(), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(offer.ja4(Carrier::Quic).unwrap(), "q13d1516h2_8daaf6152771_e5627efa2ab1");
        offer.signatures = &[];
        assert!(
            offer.ja4(Carrier::Tls).unwrap().ends_with("_6d807ffa2a79"),
            "no underscore without signatures"
        );
        offer.extensions = vec![0; EXTENSIONS_MAX + 1];
        assert_eq!(offer.ja4(Carrier::Tls), None);
    }

    #[test]
    fn what_is_not_there() {
        let dtls = hex("feff fefc fefd");
        let mut offer = Offer { version: 0xfefd, ..Offer::default() };
        assert_eq!(offer.ja4(Carrier::Dtls).unwrap(), "dd2i000000_000000000000_000000000000");
        offer.versions = &dtls;
        assert_eq!(offer.ja4(Carrier::Dtls).unwrap(), "dd3i000000_000000000000_000000000000");
    }

    /// The table under "ALPN Extension Value".
    #[test]
    fn names_of_protocols() {
        let cases: &[(&[u8], &str)] = &[
            (b"http/1.1", "h1"),
            (b"", "00"),
            (b"a", "aa"),
            (&[0xab], "ab"),
            (&[0x20], "20"),
            (&[0xab, 0xcd], "ad"),
            (&[0x20, 0x61], "21"),
            (&[0x30, 0xab], "3b"),
            (&[0x61, 0x20], "60"),
            (&[0x30, 0x31, 0xab, 0xcd], "3d"),
            (&[0x30, 0xab, 0xcd, 0x31], "01"),
        ];
        for (alpn, expected) in cases {
            let (first, last) = Offer { alpn, ..Offer::default() }.alpn_ends();
            assert_eq!(format!("{first}{last}"), *expected, "{alpn:02x?}");
        }
    }
}
