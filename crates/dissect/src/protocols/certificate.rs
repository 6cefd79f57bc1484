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

    /// A self-signed certificate with an Ed25519 key, made for this test.
    const ED25519: &str = "\
        308201893082013ba0030201020214760669546a30c86ab38bca1d11ca0d7fe0213a8d300506032b6570303a310b3009\
        06035504061302444531133011060355040a0c0a5369676874676c6173733116301406035504030c0d706c632d312e65\
        78616d706c65301e170d3236313132333136343435365a170d3336313132303136343435365a303a310b300906035504\
        061302444531133011060355040a0c0a5369676874676c6173733116301406035504030c0d706c632d312e6578616d70\
        6c65302a300506032b65700321003d4aac294a508d73a1b3adc802fc5251933f2e6b1a4d722284a47ede7b045daea353\
        3051301d0603551d0e04160414750616c6187c23a70a21ee5af5f53259d450d2f7301f0603551d230418301680147506\
        16c6187c23a70a21ee5af5f53259d450d2f7300f0603551d130101ff040530030101ff300506032b6570034100a29bcc\
        477984587fb70a92b170250c17f350cbeb7b9e877ca45e3ab8a2e7081566957756207ccdb6d66e0e2ff31a7fa50d3865\
        a3a2abf5424392ae165a4efd0c";

    fn bytes(hex: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
    }

    #[test]
    fn a_certificate_tells_who_by_whom_and_until_when() {
        let der = bytes(ED25519);
        let first = summary(&der).unwrap();
        assert_eq!(first.subject.as_str(), "C=DE, O=Sightglass, CN=plc-1.example");
        assert_eq!(first.issuer, first.subject);
        assert_eq!(first.common_name.as_str(), "plc-1.example");
        assert_eq!(Timestamp::parse(first.expires.as_str()), Timestamp::parse("2036-11-20T16:44:56Z"));
        assert_eq!(first.algorithm.as_str(), "Ed25519, Ed25519");
        assert!(Rc::ptr_eq(&first, &summary(&der).unwrap()));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let cut = bytes(ED25519);
        for bytes in [&b""[..], b"\x30", b"\x30\x82\xff\xff\x00", &[0x30; 400], &cut[..200]] {
            assert!(summary(bytes).is_none());
        }
        assert!(summary(&vec![0x30; BYTES_MAX + 1]).is_none());
    }

    #[test]
    fn algorithms_have_names() {
        assert_eq!(algorithm("1.2.840.113549.1.1.4"), "md5WithRSAEncryption");
        assert_eq!(algorithm("1.2.3"), "1.2.3");
    }
}
