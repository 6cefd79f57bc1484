//! Messages written out from OPC 10000-6 and OPC 10000-4.

use super::*;
use crate::protocols::testing::Bench;
use model::Transport;
use model::observation::Mechanism;

#[test]
fn recognition() {
    let hello =
        b"HELF\x38\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\x18\0\0\0opc.tcp://localhost:4840";
    let ack = b"ACKF\x1c\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0";
    let read = b"MSGF\x40\0\0\0\x01\0\0\0\x01\0\0\0\x05\0\0\0\x05\0\0\0\x01\0\x77\x02\0\0";
    for (head, usual, expected) in [
        (&hello[..], false, Probe::Yes),
        (&hello[..30], false, Probe::More),
        (&hello[..8], true, Probe::Yes),
        (ack, false, Probe::Yes),
        (read, false, Probe::Yes),
        (&read[..20], false, Probe::More),
        (b"MSGF\x40\0\0\0\x01\0\0\0\x01\0\0\0\x05\0\0\0\x05\0\0\0\x01\0\x78\x02\0\0", false, Probe::No),
        (b"HELO mail.example.org\r\n", false, Probe::No),
        (b"HELO", true, Probe::No),
        (b"ERRF\xff\xff\xff\xff", true, Probe::No),
        (b"M", false, Probe::More),
        (b"GET / HTTP/1.1\r\n", true, Probe::No),
    ] {
        let transport = Transport::Tcp;
        let hint = Hint { transport, from_port: 5, to_port: 6, ethertype: 0, usual, from_start: true };
        assert_eq!(OpcUa.probe(head, &hint), expected, "{head:?} {usual}");
    }
}

#[test]
fn policies_are_named_by_their_last_part() {
    let name = policy_name(b"http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256");
    assert_eq!(name.as_str(), "Basic256Sha256");
    assert_eq!(policy_name(b"urn:mine").as_str(), "urn:mine");
}

/// A chunk: type, kind, size, body.
fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_vec();
    bytes.extend(u32::try_from(body.len() + HEADER).unwrap().to_le_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn number(n: u32) -> [u8; 4] {
    n.to_le_bytes()
}

fn text(text: &str) -> Vec<u8> {
    [&number(u32::try_from(text.len()).unwrap())[..], text.as_bytes()].concat()
}

const NULL: [u8; 4] = [0xff; 4];

/// Channel, policy, certificates, sequence, request.
fn open(policy: &str, request: u32, body: &[u8]) -> Vec<u8> {
    let policy = text(&format!("http://opcfoundation.org/UA/SecurityPolicy#{policy}"));
    chunk(b"OPNF", &[&number(1), &policy[..], &NULL, &NULL, &number(1), &number(request), body].concat())
}

/// Channel, token, sequence, request, type id of the service, and what follows.
fn service(kind: &[u8; 4], request: u32, id: u16, body: &[u8]) -> Vec<u8> {
    let id = [&[1, 0][..], &id.to_le_bytes()].concat();
    chunk(kind, &[&number(1), &number(1), &number(1), &number(request), &id[..], body].concat())
}

/// Token, time, handle, diagnostics, audit entry, timeout, additional header.
fn request_header() -> Vec<u8> {
    [&[0, 0][..], &[0; 16], &NULL, &[0; 4], &[0, 0, 0]].concat()
}

/// Time, handle, result, diagnostics, strings, additional header.
fn response_header(result: u32) -> Vec<u8> {
    [&[0; 12][..], &number(result), &[0], &NULL, &[0, 0, 0]].concat()
}

/// Address, product, name, kind, gateway, profile, addresses.
fn application(uri: &str) -> Vec<u8> {
    let name = [&[2][..], &text("An application")].concat();
    [&text(uri)[..], &text("urn:product"), &name, &number(0), &NULL, &NULL, &NULL].concat()
}

fn endpoint(policy: &str, mode: u32, tokens: &[u32]) -> Vec<u8> {
    let mut bytes =
        [&text("opc.tcp://plc:4840")[..], &application("urn:server"), &NULL, &number(mode)].concat();
    bytes.extend(text(&format!("http://opcfoundation.org/UA/SecurityPolicy#{policy}")));
    bytes.extend(number(u32::try_from(tokens.len()).unwrap()));
    for &token in tokens {
        bytes.extend([&text("id")[..], &number(token), &NULL, &NULL, &NULL].concat());
    }
    bytes.extend([&text("uatcp")[..], &[1]].concat());
    bytes
}

#[test]
fn endpoints_and_applications() {
    let mut b = Bench::new(&OpcUa);
    b.client(&open("None", 1, &[&[1, 0, 190, 1][..], &request_header(), &number(0)].concat()));
    b.server(&open("None", 1, &[&[1, 0, 193, 1][..], &response_header(0)].concat()));
    b.client(&service(b"MSGF", 2, 428, &request_header()));
    let list = [&number(2)[..], &endpoint("None", 1, &[0, 1]), &endpoint("Basic256Sha256", 3, &[2])].concat();
    b.server(&service(b"MSGF", 2, 431, &[&response_header(0)[..], &list].concat()));
    let session =
        [&request_header()[..], &application("urn:client"), &NULL, &NULL, &text("s1"), &NULL, &NULL].concat();
    b.client(&service(b"MSGF", 3, 461, &session));
    assert_eq!(
        b.facts(),
        [
            "server security_policy None",
            "server endpoint opc.tcp://plc:4840",
            "server application_uri urn:server",
            "server product_uri urn:product",
            "server software An application",
            "server sign_in_offered anonymous",
            "server sign_in_offered username",
            "server security_policy Basic256Sha256/SignAndEncrypt",
            "server sign_in_offered certificate",
            "client application_uri urn:client",
            "client product_uri urn:product",
            "client software An application",
            "client client_id s1",
        ]
    );
    assert_eq!(b.operations(), ["create_session 1/0/0", "get_endpoints 1/1/0", "open_secure_channel 1/1/0"]);
    assert_eq!(b.malformed(), 0);
}

/// Signature, certificates, locales, and a token of a user with a password.
fn activate(algorithm: &[u8]) -> Vec<u8> {
    let token = [&text("policy")[..], &text("operator"), &text("secret"), algorithm].concat();
    let token = [&[1, 0, 68, 1, 1][..], &number(u32::try_from(token.len()).unwrap()), &token].concat();
    [&request_header()[..], &NULL, &NULL, &NULL, &NULL, &token].concat()
}

#[test]
fn sign_ins() {
    for (algorithm, encrypted) in [(NULL.to_vec(), false), (text("http://rsa-oaep"), true)] {
        for (answer, result, accepted) in
            [(470, 0, true), (470, 0x8020_0000, false), (397, 0x801f_0000, false)]
        {
            let mut b = Bench::new(&OpcUa);
            b.client(&service(b"MSGF", 7, 467, &activate(&algorithm)));
            b.server(&service(b"MSGF", 7, answer, &response_header(result)));
            let seen: Vec<_> = b.sign_ins();
            assert!(seen.iter().all(|s| s.name.as_str() == "operator" && s.mechanism == Mechanism::Username));
            assert!(seen.iter().all(|s| s.encrypted == encrypted));
            assert_eq!(seen.iter().map(|s| s.accepted).collect::<Vec<_>>(), [None, Some(accepted)]);
            assert_eq!(b.operations(), [format!("activate_session 1/1/{}", u8::from(!accepted))]);
        }
    }
}

#[test]
fn build_information() {
    let mut b = Bench::new(&OpcUa);
    let mut nodes = number(2).to_vec();
    for id in [2263u16, 2264] {
        nodes.extend([&[1, 0][..], &id.to_le_bytes(), &number(13), &NULL, &[0, 0], &NULL].concat());
    }
    b.client(&service(b"MSGF", 9, 631, &[&request_header()[..], &[0; 12], &nodes].concat()));
    let values = [&number(2)[..], &[1, 12], &text("Maker"), &[1, 12], &text("1.2.3"), &NULL].concat();
    b.server(&service(b"MSGF", 9, 634, &[&response_header(0)[..], &values].concat()));
    assert_eq!(b.facts(), ["server vendor Maker", "server firmware 1.2.3"]);
}

#[test]
fn chunks_are_joined() {
    let whole = [&response_header(0)[..], &number(1), &endpoint("None", 1, &[0])].concat();
    for cut in 0..whole.len() {
        let mut b = Bench::new(&OpcUa);
        b.server(&service(b"MSGC", 5, 431, &whole[..cut]));
        assert_eq!(b.facts().len(), 0);
        b.server(&chunk(b"MSGF", &[&number(1), &number(1), &number(2), &number(5), &whole[cut..]].concat()));
        assert_eq!((b.facts().len(), b.malformed()), (6, 0), "cut at {cut}");
        assert_eq!(b.counts(), ["opcua.message s2c MSG 2", "opcua.service s2c 431 1"]);
    }
    let mut b = Bench::new(&OpcUa);
    b.server(&service(b"MSGC", 5, 431, &whole[..9]));
    b.server(&chunk(b"MSGA", &[&number(1)[..], &number(1), &number(2), &number(5), &[0; 8]].concat()));
    assert_eq!(b.counts(), ["opcua.message s2c MSG 2"]);
}

#[test]
fn protected_channels() {
    let mut signed = Bench::new(&OpcUa);
    signed.server(&open("Basic256Sha256", 1, &[7; 256]));
    signed.server(&service(b"MSGF", 2, 634, &response_header(0)));
    assert_eq!(
        signed.facts(),
        ["server security_policy Basic256Sha256", "server security_policy Basic256Sha256/Sign"]
    );
    let mut encrypted = Bench::new(&OpcUa);
    encrypted.server(&open("Basic256Sha256", 1, &[7; 256]));
    encrypted.server(&chunk(b"MSGF", &[0x5a; 96]));
    assert_eq!(
        encrypted.facts(),
        ["server security_policy Basic256Sha256", "server security_policy Basic256Sha256/SignAndEncrypt"]
    );
    assert_eq!(encrypted.counts(), ["opcua.message s2c MSG 1", "opcua.message s2c OPN 1"]);
    assert_eq!(encrypted.malformed(), 0);
}

#[test]
fn every_cut_is_survived() {
    let list = [&number(1)[..], &endpoint("None", 1, &[0])].concat();
    let whole = [&response_header(0)[..], &list].concat();
    for end in 0..whole.len() {
        let mut b = Bench::new(&OpcUa);
        b.server(&service(b"MSGF", 2, 431, &whole[..end]));
        assert_eq!(b.malformed(), 1, "{end}");
    }
}
