//! Fingerprints of secrets that pass in clear, and whether they are a vendor's published default. The secret itself goes no further
//! than this file.

use hmac::{Hmac, KeyInit as _, Mac as _};
use model::access::SecretMark;
use model::{Name, Text};
use sha2::Sha256;
use std::fmt;
use std::sync::LazyLock;

/// The key of a site's fingerprints: 32 bytes from chance. Whoever has it can try passwords on a fingerprint, so it is shown by nothing.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// From random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first 64 bits of HMAC-SHA-256 (RFC 2104, RFC 6234): enough to tell the secrets of a plant apart, too few to be of use
    /// where another key is.
    pub(crate) fn mark(&self, secret: &[u8]) -> Option<SecretMark> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(secret);
        let digest = mac.finalize().into_bytes();
        Some(SecretMark(u64::from_be_bytes(digest.get(..8)?.try_into().ok()?)))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// A published default: who ships it, where it is accepted, user and password.
struct Default {
    maker: &'static str,
    product: &'static str,
    protocols: &'static str,
    user: &'static str,
    password: &'static str,
}

/// Vendor, product, protocols, user, password, source.
static TABLE: &str = include_str!("../../../content/credentials/defaults.tsv");

static DEFAULTS: LazyLock<Vec<Default>> = LazyLock::new(|| TABLE.lines().filter_map(row).collect());

fn row(line: &'static str) -> Option<Default> {
    if line.starts_with('#') {
        return None;
    }
    let mut cells = line.split('\t');
    let mut next = || cells.next();
    let (maker, product, protocols, user, password) = (next()?, next()?, next()?, next()?, next()?);
    Some(Default { maker, product, protocols, user, password })
}

/// Whose published default it is, when it is one. `*` in the table stands for any protocol, and for any user where there are none.
pub(crate) fn default_of(protocol: &Name, user: &Text, secret: &[u8]) -> Option<Text> {
    let fits = |d: &&Default| {
        d.password.as_bytes() == secret
            && (d.user == "*" || d.user.eq_ignore_ascii_case(user.as_str()))
            && (d.protocols == "*" || d.protocols.split(' ').any(|p| *protocol == p))
    };
    let found = DEFAULTS.iter().find(fits)?;
    Some(Text::new(&format!("{} {}", found.maker, found.product)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_of_key_and_secret() {
        // RFC 4231, 4.2: the key is padded with zeros within HMAC.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        assert_eq!(SecretKey::new(key).mark(b"Hi There").unwrap().to_string(), "b0344c61d8db3853");
        let other = SecretKey::new([1; 32]);
        assert_ne!(other.mark(b"Hi There"), SecretKey::new(key).mark(b"Hi There"));
        assert!(!format!("{other:?}").contains('1'));
    }

    /// What a client sends, after what a server sent, and what is told of it: name, mechanism, the bytes that show the secret.
    #[test]
    fn the_same_secret_is_the_same_in_every_protocol() {
        use crate::protocols::testing::Bench;
        let wanted = SecretKey::new([7; 32]).mark(b"s3cret");
        let basic = b"GET / HTTP/1.1\r\nAuthorization: Basic am86czNjcmV0\r\n\r\n";
        let ldap = b"\x30\x13\x02\x01\x01\x60\x0e\x02\x01\x03\x04\x01x\x80\x06s3cret";
        let mqtt = b"\x10\x18\x00\x04MQTT\x04\xc0\x00\x3c\x00\x00\x00\x02jo\x00\x06s3cret";
        let cases: [(&str, &[&[u8]], &str); 6] = [
            ("ftp", &[b"USER jo\r\n", b"PASS s3cret\r\n"], "jo Username s3cret"),
            ("http", &[basic], "jo Username am86czNjcmV0"),
            ("ldap", &[ldap], "x Username s3cret"),
            ("mqtt", &[mqtt], "jo Username s3cret"),
            ("pop3", &[b"USER jo\r\n", b"PASS s3cret\r\n"], "jo Username s3cret"),
            ("smtp", &[b"AUTH PLAIN AGpvAHMzY3JldA==\r\n"], "jo Username AGpvAHMzY3JldA=="),
        ];
        for (name, sent, told) in cases {
            let protocol = crate::protocols::PROTOCOLS.iter().find(|p| p.info().name == name).unwrap();
            let mut bench = Bench::new(*protocol).keyed();
            for bytes in sent {
                bench.client(bytes);
            }
            assert_eq!(bench.secrets(sent[sent.len() - 1]), [told], "{name}");
            assert_eq!(bench.mark(), (wanted, None), "{name}");
        }
    }

    #[test]
    fn secrets_typed_key_by_key() {
        use crate::protocols::testing::Bench;
        let of = |name: &str| {
            let protocol = crate::protocols::PROTOCOLS.iter().find(|p| p.info().name == name).unwrap();
            Bench::new(*protocol).keyed()
        };
        let mut telnet = of("telnet");
        telnet.server(b"\xff\xfd\x18login: ");
        telnet.client(b"root\r\n");
        telnet.server(b"Password: ");
        telnet.client(b"wa");
        telnet.client(b"x\x08go\r");
        telnet.server(b"\r\n# ");
        assert_eq!(telnet.secrets(b""), ["root Username "], "key by key it lies in no frame");
        assert_eq!(telnet.mark().1.as_deref(), Some("WAGO PFC controllers"));
    }

    #[test]
    fn every_row_of_the_table_is_whole_and_found() {
        let rows = TABLE.lines().filter(|l| !l.starts_with('#'));
        for line in rows {
            assert_eq!(line.split('\t').filter(|cell| !cell.trim().is_empty()).count(), 6, "{line}");
            let d = row(line).unwrap();
            let protocol =
                Name::new(d.protocols.split(' ').next().map(|p| if p == "*" { "ftp" } else { p }).unwrap());
            let user = if d.user == "*" { "anyone" } else { d.user };
            let found = default_of(&protocol, &Text::new(&user.to_uppercase()), d.password.as_bytes());
            assert!(found.is_some(), "{line}");
            let known = |p: &str| p == "*" || crate::protocols::PROTOCOLS.iter().any(|k| k.info().name == p);
            assert!(d.protocols.split(' ').all(known), "{line}");
        }
        assert_eq!(default_of(&Name::new("ftp"), &"admin".into(), b""), None);
        assert_eq!(default_of(&Name::new("snmp"), &"admin".into(), b"moxa"), None, "another protocol");
    }
}
