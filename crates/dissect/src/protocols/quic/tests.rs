use super::*;
use crate::testing::{hear, hex, probe};
use model::Transport;

/// RFC 9001 appendix A.3: the server's answer to a first packet that was sent to 8394c8f03e515708; ACK, and a ServerHello.
const SERVER: &str = "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb3\
    8cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795\
    d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";

const VERSION_1: u32 = 1;
const VERSION_2: u32 = 0x6b33_43cf;

/// A ClientHello with the server name `plc.example` and the protocol `h3`, which both versions carry alike.
fn hello() -> Vec<u8> {
    let extensions =
        hex("0000 0010 000e 00 000b 706c632e6578616d706c65 0010 0005 0003 02 6833 002b 0003 02 0304");
    let mut body =
        hex("0303 0707070707070707070707070707070707070707070707070707070707070707 00 0002 1301 01 00");
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    [&[1, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat()
}

/// A CRYPTO frame (RFC 9000 §19.6).
fn frame(offset: usize, bytes: &[u8]) -> Vec<u8> {
    [&[6, u8::try_from(offset).unwrap(), 0x40, u8::try_from(bytes.len()).unwrap()][..], bytes].concat()
}

/// A client's Initial packet to 8394c8f03e515708, filled up to the least length.
fn client(version: u32, number: u32, frames: &[u8]) -> Vec<u8> {
    let mut frames = frames.to_vec();
    frames.resize(1162, 0);
    let kind = if version == VERSION_2 { 0xd3 } else { 0xc3 };
    let length = u16::try_from(frames.len() + 4 + 16).unwrap() | 0x4000;
    let mut header = vec![kind];
    header.extend(version.to_be_bytes());
    header.extend(hex("08 8394c8f03e515708 00 00"));
    header.extend(length.to_be_bytes());
    initial::seal(version, &hex("8394c8f03e515708"), &header, number, &frames)
}

fn facts(said: &[String]) -> Vec<&str> {
    said.iter()
        .map(String::as_str)
        .filter(|line| line.starts_with("10.") || line.starts_with("tls"))
        .collect()
}

#[test]
fn a_hello_in_pieces() {
    let hello = hello();
    let (first, last) = hello.split_at(30);
    let one = client(VERSION_1, 0, &[frame(40, &hello[40..]), frame(0, &first[..10])].concat());
    let two = client(VERSION_1, 1, &[frame(30, last), vec![1], frame(5, &first[5..])].concat());
    let said = hear(&Quic, Transport::Udp, &[('>', &one), ('>', &two), ('<', &hex(SERVER))]);
    assert_eq!(
        facts(&said),
        [
            "10.0.0.2 requested_name plc.example",
            "10.0.0.1 ja4 q13d0103h3_0f2cb44170f4_b9a491fefe05",
            "10.0.0.2 protocol_version TLS 1.3",
            "tls.handshake c2s 1 1",
            "tls.handshake s2c 2 1",
        ]
    );
    assert!(said.contains(&"quic.alpn c2s h3 1".into()), "{said:?}");
    // The second packet alone lacks the beginning.
    assert!(facts(&hear(&Quic, Transport::Udp, &[('>', &two)])).is_empty());
}

#[test]
fn version_2() {
    let said = hear(&Quic, Transport::Udp, &[('>', &client(VERSION_2, 0, &frame(0, &hello())))]);
    assert!(said.contains(&"10.0.0.2 requested_name plc.example".into()), "{said:?}");
}

#[test]
fn what_cannot_be_opened_is_no_mistake() {
    let mut one = client(VERSION_1, 0, &frame(0, &hello()));
    *one.last_mut().unwrap() ^= 1;
    let said = hear(&Quic, Transport::Udp, &[('>', &one), ('<', &hex(SERVER))]);
    assert_eq!(said, ["operation tunnel session 2 0 0", "quic.version c2s 1 1", "quic.version s2c 1 1"]);
}

#[test]
fn only_so_many_packets_are_opened() {
    let wrong = client(VERSION_1, 0, &[1]);
    let right = client(VERSION_1, 1, &frame(0, &hello()));
    let mut packets = vec![('>', &wrong[..]); usize::from(OPENED_MAX)];
    packets.push(('>', &right));
    assert!(facts(&hear(&Quic, Transport::Udp, &packets)).is_empty());
    packets.remove(0);
    assert!(!facts(&hear(&Quic, Transport::Udp, &packets)).is_empty());
}

#[test]
fn stretches_are_bounded() {
    let mut crypto = Crypto::default();
    crypto.add(CRYPTO_MAX, &[1]);
    crypto.add(usize::MAX, &[1]);
    assert_eq!(crypto.held(), 0);
    crypto.add(CRYPTO_MAX - 1, &[1]);
    assert_eq!(crypto.held(), 1, "an offset takes no memory");
    for at in 0..2 * STRETCHES_MAX {
        crypto.add(1 + 2 * at, &[1]);
    }
    assert_eq!((crypto.waiting.len(), crypto.held()), (STRETCHES_MAX, STRETCHES_MAX));
    for _ in 0..100 {
        crypto.add(0, &[2; 600]);
    }
    assert!(crypto.held() <= CRYPTO_MAX && crypto.bytes.starts_with(&[2; 600]));
}

#[test]
fn a_long_header_is_told() {
    let mut initial = vec![0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    initial.resize(1200, 5);
    assert_eq!(probe(&Quic, Transport::Udp, false, &initial), Probe::Yes);
    assert_eq!(probe(&Quic, Transport::Udp, false, &initial[..100]), Probe::No);
    initial[4] = 9;
    assert_eq!(probe(&Quic, Transport::Udp, true, &initial), Probe::No);
}
