//! X.509 certificates: what a host shows of itself. Source: RFC 5280; names of algorithms as in RFC 8017, RFC 5758 and RFC 8410.
//!
//! A server shows the same certificate again and again, so the last few that were read are remembered by their bytes.

use crate::emit::{Emit, Whom};
use model::{Attribute, Confidence, Text, Timestamp};
use std::cell::RefCell;
use std::rc::Rc;
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

/// Certificates that are remembered.
const KEPT: usize = 16;
/// Longest certificate that is read (a Certificate message of TLS may hold 2^24 bytes; real ones stay below 16 KiB).
const BYTES_MAX: usize = 32 * 1024;

/// What is said of a certificate.
pub(super) struct Summary {
    der: Box<[u8]>,
    /// Distinguished name of the subject.
    pub(super) subject: Text,
    /// Distinguished name of the issuer.
    pub(super) issuer: Text,
    /// Common name of the subject; empty when there is none.
    pub(super) common_name: Text,
    /// End of validity, RFC 3339.
    pub(super) expires: Text,
    /// Key and signature algorithm, such as `RSA 2048, sha256WithRSAEncryption`.
    pub(super) algorithm: Text,
}

thread_local! {
    static READ: RefCell<Vec<Rc<Summary>>> = const { RefCell::new(Vec::new()) };
}

/// Reads a certificate; `None` when it is none.
pub(super) fn summary(der: &[u8]) -> Option<Rc<Summary>> {
    if der.len() > BYTES_MAX {
        return None;
    }
    READ.with_borrow_mut(|known| {
        if let Some(at) = known.iter().position(|s| *s.der == *der) {
            // Most recent last, so that the least recent goes first.
            let hit = known.remove(at);
            known.push(Rc::clone(&hit));
            return Some(hit);
        }
        let fresh = Rc::new(parse(der)?);
        if known.len() >= KEPT {
            known.remove(0);
        }
        known.push(Rc::clone(&fresh));
        Some(fresh)
    })
}

/// Says what a host's own certificate tells. `field` names the field that holds it.
pub(super) fn announce(
    der: &[u8],
    whom: Whom,
    emit: &mut Emit<'_>,
    field: &'static str,
) -> Option<Rc<Summary>> {
    let summary = summary(der)?;
    let facts = [
        (Attribute::CertificateSubject, &summary.subject),
        (Attribute::CertificateIssuer, &summary.issuer),
        (Attribute::CertificateExpires, &summary.expires),
        (Attribute::CertificateAlgorithm, &summary.algorithm),
    ];
    for (attribute, value) in facts {
        emit.claim(whom, attribute, value.clone(), der, field, Confidence::CERTAIN);
    }
    Some(summary)
}

fn parse(der: &[u8]) -> Option<Summary> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let key = match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
        Ok(PublicKey::DSA(_)) => "DSA".into(),
        _ => algorithm(&certificate.public_key().algorithm.algorithm.to_id_string()),
    };
    let signature = algorithm(&certificate.signature_algorithm.algorithm.to_id_string());
    let common_name = certificate.subject().iter_common_name().find_map(|cn| cn.as_str().ok());
    let expires = Timestamp::from_parts(certificate.validity().not_after.timestamp(), 0);
    Some(Summary {
        der: der.into(),
        subject: Text::new(&certificate.subject().to_string()),
        issuer: Text::new(&certificate.issuer().to_string()),
        common_name: Text::new(common_name.unwrap_or_default()),
        expires: Text::new(&expires.to_string()),
        algorithm: Text::new(&format!("{key}, {signature}")),
    })
}

/// The name of an algorithm, or its object identifier.
fn algorithm(oid: &str) -> String {
    let name = match oid {
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10040.4.3" => "dsa-with-sha1",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed certificate with an Ed25519 key: RFC 8410 §10.2.
    pub(crate) const RFC_8410: &str = "3082012c3081dfa003020102020856\
        010f0c1a0e0f0c300506032b6570301931173015060355040303130e";

    #[test]
    fn what_is_no_certificate_is_refused() {
        for bytes in [&b""[..], b"\x30", b"\x30\x82\xff\xff\x00", &[0x30; 400]] {
            assert!(summary(bytes).is_none());
        }
        assert!(RFC_8410.starts_with("3082"));
        assert!(summary(&vec![0x30; BYTES_MAX + 1]).is_none());
    }

    #[test]
    fn algorithms_have_names() {
        assert_eq!(algorithm("1.2.840.113549.1.1.4"), "md5WithRSAEncryption");
        assert_eq!(algorithm("1.2.3"), "1.2.3");
    }
}
