//! The protection of QUIC's Initial packets: its keys come from a connection id that stands in the clear, so anyone on the way can work
//! them out. They keep nothing secret, and nothing later in a connection is protected with them.
//! Sources: RFC 9001 §5 (version 1), RFC 9369 §3.3 (version 2), RFC 8446 §7.1 (HKDF-Expand-Label).

use super::header::Packet;
use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{Aead, Payload};
use hkdf::Hkdf;
use sha2::Sha256;

/// Whose packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// The client's.
    Client,
    /// The server's.
    Server,
}

/// RFC 9001 §5.2; RFC 9369 §3.3.1; the drafts 29 to 32 had another salt (draft-ietf-quic-tls-29 §5.2).
const SALT_1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc,
    0xbb, 0x7f, 0x0a,
];
const SALT_2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9,
    0xbd, 0x2e, 0xd9,
];
const SALT_DRAFT: [u8; 20] = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43,
    0x90, 0xa8, 0x99,
];
/// Octets of the ciphertext that header protection is taken from, and where they begin behind the packet number's place (RFC 9001 §5.4.2).
const SAMPLE: usize = 16;
const SAMPLE_AT: usize = 4;

/// What one side protects its Initial packets with.
struct Keys {
    key: [u8; 16],
    iv: [u8; 12],
    header: [u8; 16],
}

impl Keys {
    /// RFC 9001 §5.2 and §5.1: from the connection id that the client's first Initial packet is sent to.
    fn derive(version: u32, connection: &[u8], side: Side) -> Option<Self> {
        let (salt, labels) = match version {
            0x6b33_43cf => (&SALT_2, ["quicv2 key", "quicv2 iv", "quicv2 hp"]),
            0xff00_001d..=0xff00_0020 => (&SALT_DRAFT, ["quic key", "quic iv", "quic hp"]),
            _ => (&SALT_1, ["quic key", "quic iv", "quic hp"]),
        };
        let initial = Hkdf::<Sha256>::new(Some(salt), connection);
        let label = if side == Side::Client { "client in" } else { "server in" };
        let secret = Hkdf::<Sha256>::from_prk(&expand::<32>(&initial, label)?).ok()?;
        let [key, iv, header] = labels;
        Some(Self { key: expand(&secret, key)?, iv: expand(&secret, iv)?, header: expand(&secret, header)? })
    }

    /// Header protection (RFC 9001 §5.4.1): what the first octet and the packet number are masked with.
    fn mask(&self, packet: &Packet<'_>) -> Option<[u8; SAMPLE]> {
        let at = packet.number_at.checked_add(SAMPLE_AT)?;
        let sample = packet.bytes.get(at..)?.first_chunk::<SAMPLE>()?;
        let mut block = aes::Block::from(*sample);
        Aes128::new(&self.header.into()).encrypt_block(&mut block);
        Some(block.into())
    }

    /// RFC 9001 §5.3 and §5.4: the frames, when the packet was protected with these keys.
    fn open(&self, packet: &Packet<'_>) -> Option<Vec<u8>> {
        let [first_mask, number_mask @ ..] = self.mask(packet)?;
        let mut head: Vec<u8> = packet.bytes.get(..packet.number_at.checked_add(4)?)?.to_vec();
        let first = head.first_mut()?;
        *first ^= first_mask & 0x0f;
        let number_len = usize::from(*first & 3) + 1;
        let body_at = packet.number_at.checked_add(number_len)?;
        head.truncate(body_at);
        let mut nonce = self.iv;
        let number = head.get_mut(packet.number_at..)?;
        for (octet, mask) in number.iter_mut().zip(number_mask) {
            *octet ^= mask;
        }
        // The numbers of Initial packets are small: what is left out in front is zero.
        for (octet, number) in nonce.iter_mut().rev().zip(number.iter().rev()) {
            *octet ^= number;
        }
        let sealed = Payload { msg: packet.bytes.get(body_at..)?, aad: &head };
        Aes128Gcm::new(&self.key.into()).decrypt(&nonce.into(), sealed).ok()
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 §7.1).
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &str) -> Option<[u8; N]> {
    let full = ["tls13 ", label].concat();
    let mut info = u16::try_from(N).ok()?.to_be_bytes().to_vec();
    info.push(u8::try_from(full.len()).ok()?);
    info.extend_from_slice(full.as_bytes());
    info.push(0);
    let mut out = [0; N];
    secret.expand(&info, &mut out).ok()?;
    Some(out)
}

/// The frames of an Initial packet that one side sent, when `connection` is the id that the keys come from.
pub(super) fn open(packet: &Packet<'_>, connection: &[u8], side: Side) -> Option<Vec<u8>> {
    Keys::derive(packet.version, connection, side)?.open(packet)
}

/// The other way round, for tests: a header that ends before the packet number, which is written in four octets.
#[cfg(test)]
pub(super) fn seal(version: u32, connection: &[u8], header: &[u8], number: u32, frames: &[u8]) -> Vec<u8> {
    let keys = Keys::derive(version, connection, Side::Client).unwrap();
    let mut nonce = keys.iv;
    nonce.iter_mut().rev().zip(number.to_be_bytes().iter().rev()).for_each(|(octet, n)| *octet ^= n);
    let head = [header, &number.to_be_bytes()].concat();
    let sealed = Payload { msg: frames, aad: &head };
    let body = Aes128Gcm::new(&keys.key.into()).encrypt(&nonce.into(), sealed).unwrap();
    let mut bytes = [head, body].concat();
    let number_at = header.len();
    let mask = keys.mask(&Packet { version, to: &[], initial: true, number_at, bytes: &bytes }).unwrap();
    bytes[0] ^= mask[0] & 0x0f;
    bytes[number_at..number_at + 4].iter_mut().zip(&mask[1..]).for_each(|(octet, mask)| *octet ^= mask);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// RFC 9001 appendix A.1 and RFC 9369 appendix A.1.
    #[test]
    fn the_keys_of_the_specifications() {
        let connection = hex("8394c8f03e515708");
        let keys = |version, side| {
            let keys = Keys::derive(version, &connection, side).unwrap();
            (keys.key.to_vec(), keys.iv.to_vec(), keys.header.to_vec())
        };
        let told = |key, iv, header| (hex(key), hex(iv), hex(header));
        assert_eq!(
            keys(1, Side::Client),
            told(
                "1f369613dd76d5467730efcbe3b1a22d",
                "fa044b2f42a3fd3b46fb255c",
                "9f50449e04a0e810283a1e9933adedd2"
            )
        );
        assert_eq!(
            keys(1, Side::Server),
            told(
                "cf3a5331653c364c88f0f379b6067e37",
                "0ac1493ca1905853b0bba03e",
                "c206b8d9b9f0f37644430b490eeaa314"
            )
        );
        assert_eq!(
            keys(0x6b33_43cf, Side::Client),
            told(
                "8b1a0bc121284290a29e0971b5cd045d",
                "91f73e2351d8fa91660e909f",
                "45b95e15235d6f45a6b19cbcb0294ba9"
            )
        );
    }
}
