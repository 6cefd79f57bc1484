use super::*;

/// RFC 8446 §4.1.2: a ClientHello of TLS 1.2 with the server name `plc`, in one record.
fn client_hello() -> Vec<u8> {
    let name = [0, 0, 0, 8, 0, 6, 0, 0, 3, b'p', b'l', b'c'];
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 0x01, 1, 0, 0, name.len() as u8]);
    body.extend(name);
    let mut message = vec![1, 0, 0, body.len() as u8];
    message.extend(body);
    let mut record = vec![22, 3, 1, 0, message.len() as u8];
    record.extend(message);
    record
}

#[test]
fn records_are_recognised_by_content() {
    let hello = client_hello();
    let old = [&[0x80, 0x2e, 1, 3, 1, 0, 21, 0, 0, 0, 16][..], &[0; 37]].concat();
    let cases: &[(&[u8], bool, Probe)] = &[
        (&hello, false, Probe::Yes),
        (&hello[..3], false, Probe::More),
        (&old, false, Probe::Yes),
        (&[23, 3, 3, 0, 32, 9, 9], true, Probe::Yes),
        (&[20, 3, 3, 0, 1, 1], false, Probe::Yes),
        (&[22, 3, 1, 0, 40, 99], false, Probe::No),
        (b"GET / HTTP/1.1", true, Probe::No),
        (&[23, 3, 3, 0xff, 0xff, 0], true, Probe::No),
    ];
    for (head, usual, expected) in cases {
        assert_eq!(probe(head, *usual), *expected, "{head:02x?}");
    }
}

#[test]
fn only_a_whole_hello_is_readable_after_change_cipher_spec() {
    let hello = client_hello();
    assert!(handshake::is_whole_hello(&hello[5..]));
    assert!(!handshake::is_whole_hello(&hello[5..20]));
    assert!(!handshake::is_whole_hello(&[0; 40]));
}
