//! The head of a message: start line and fields (RFC 9112 §2 to §5).

use super::Body;
use crate::emit::{Emit, Whom};
use crate::protocol::Probe;
use crate::protocols::ntlm::{self, Login};
use crate::reader::byte;
use data_encoding::BASE64;
use model::observation::Mechanism;
use model::{Attribute, Confidence, Text};
use std::net::IpAddr;

/// Longest credentials that are decoded.
const CREDENTIALS_MAX: usize = 16 * 1024;
/// Longest method (RFC 9110 §9.1 sets no limit; the longest registered one has 17 letters).
const METHOD_MAX: usize = 24;
/// Bytes of a start line that are waited for when something may be one.
const PROBE_MAX: usize = 400;

/// Methods that begin a request line for sure (IANA "HTTP Method Registry", those in use).
const METHODS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"CONNECT ",
    b"TRACE ",
    b"PATCH ",
    b"PROPFIND ",
    b"NOTIFY ",
    b"SUBSCRIBE ",
    b"UNSUBSCRIBE ",
    b"REPORT ",
    b"MKCOL ",
    b"SEARCH ",
    b"M-SEARCH ",
];

/// The letters of a method, perhaps not all of it yet.
fn is_word(word: &[u8]) -> bool {
    word.len() <= METHOD_MAX && word.iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'))
}

fn is_method(word: &[u8]) -> bool {
    is_word(word) && word.len() >= 3
}

/// Whether these bytes begin a message.
pub(super) fn probe(head: &[u8], usual: bool) -> Probe {
    const VERSION: &[u8] = b"HTTP/1.";
    let common = head.len().min(VERSION.len());
    if head.get(..common) == VERSION.get(..common) {
        return if common < VERSION.len() { Probe::More } else { Probe::Yes };
    }
    let known = METHODS.iter().any(|m| {
        let n = m.len().min(head.len());
        m.get(..n) == head.get(..n)
    });
    if !known && !usual {
        return Probe::No;
    }
    let line = head.split(|&b| b == b'\n').next().unwrap_or_default();
    if line.len() < head.len() {
        return Probe::when(request_line(line).is_some());
    }
    // A long target may fill the whole first segment.
    let target = head.iter().position(|&b| b == b' ').and_then(|at| byte(head, at + 1));
    if known && head.len() > PROBE_MAX {
        return Probe::when(target == Some(b'/') || target.is_some_and(|b| b.is_ascii_alphabetic()));
    }
    let word = head.split(|&b| b == b' ').next().unwrap_or_default();
    if known || is_word(word) && head.len() < PROBE_MAX { Probe::More } else { Probe::No }
}

/// Method of a request line `METHOD SP target SP HTTP/1.x` (RFC 9112 §3).
fn request_line(line: &[u8]) -> Option<&str> {
    let line = line.trim_ascii_end();
    let method = line.split(|&b| b == b' ').next()?;
    let version = line.rsplit(|&b| b == b' ').next()?;
    let long_enough = line.len() >= method.len() + version.len() + 2;
    (is_method(method) && version.starts_with(b"HTTP/1.") && long_enough)
        .then(|| std::str::from_utf8(method).ok())
        .flatten()
}

/// Where the head ends, with its empty line. Everything before `searched` is known not to hold the end.
pub(super) fn end(data: &[u8], searched: usize) -> Option<usize> {
    let mut at = searched;
    loop {
        at += data.get(at..)?.iter().position(|&b| b == b'\n')? + 1;
        match data.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// Size of a chunk: hexadecimal, before blanks and extensions (RFC 9112 §7.1).
pub(super) fn chunk_size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|&b| matches!(b, b';' | b'\r' | b' ' | b'\t')).next()?;
    let digits = std::str::from_utf8(digits).ok().filter(|d| (1..=8).contains(&d.len()))?;
    usize::from_str_radix(digits, 16).ok()
}

/// What stands between `<title>` and the next tag (HTML Living Standard §4.2.2).
pub(super) fn title(page: &[u8]) -> Option<&[u8]> {
    let at = page.windows(6).position(|w| w.eq_ignore_ascii_case(b"<title"))?;
    let rest = page.get(at..)?;
    let text = rest.get(rest.iter().position(|&b| b == b'>')? + 1..)?;
    let text = text.get(..text.iter().position(|&b| b == b'<')?)?.trim_ascii();
    (!text.is_empty()).then_some(text)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Start<'a> {
    Request { method: &'a str },
    Response { status: u16 },
}

/// A head in its bytes.
pub(super) struct Head<'a> {
    pub(super) start: Start<'a>,
    pub(super) whole: &'a [u8],
    fields: &'a [u8],
}

/// Credentials that await their answer.
pub(super) struct Credentials {
    name: Text,
    mechanism: Mechanism,
    protected: bool,
}

impl Credentials {
    pub(super) fn tell(&self, accepted: Option<bool>, witness: &[u8], emit: &mut Emit<'_>) {
        emit.sign_in(self.name.clone(), self.mechanism, self.protected, accepted, witness);
    }
}

impl<'a> Head<'a> {
    pub(super) fn parse(whole: &'a [u8]) -> Option<Self> {
        let end = whole.iter().position(|&b| b == b'\n').unwrap_or(whole.len());
        let (line, fields) = whole.split_at_checked(end)?;
        let start = match line.strip_prefix(b"HTTP/1.") {
            Some(rest) => {
                let code = rest.get(1..)?.trim_ascii_start().get(..3)?;
                let status = std::str::from_utf8(code).ok()?.parse().ok()?;
                Start::Response { status }
            }
            None => Start::Request { method: request_line(line)? },
        };
        Some(Self { start, whole, fields })
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.fields.split(|&b| b == b'\n').filter_map(|line| {
            let colon = line.iter().position(|&b| b == b':')?;
            Some((line.get(..colon)?.trim_ascii(), line.get(colon + 1..)?.trim_ascii()))
        })
    }

    fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, v)| v)
    }

    /// The body is a plain HTML page.
    pub(super) fn is_page(&self) -> bool {
        let html = |v: &[u8]| v.to_ascii_lowercase().starts_with(b"text/html");
        self.field("content-type").is_some_and(html) && self.field("content-encoding").is_none()
    }

    pub(super) fn has_length(&self) -> bool {
        self.field("content-length").is_some()
    }

    /// RFC 9112 §6.3: chunked wins over a length.
    pub(super) fn body(&self) -> Body {
        let chunked = |v: &[u8]| v.to_ascii_lowercase().ends_with(b"chunked");
        if self.field("transfer-encoding").is_some_and(chunked) {
            return Body::Chunked;
        }
        let length = self.field("content-length").and_then(|v| std::str::from_utf8(v).ok()?.parse().ok());
        length.map_or(Body::None, |n| if n == 0 { Body::None } else { Body::Length(n) })
    }

    /// What a request tells, and the credentials it brings.
    pub(super) fn tell_of_client(&self, emit: &mut Emit<'_>) -> Option<Credentials> {
        let mut credentials = None;
        for (name, value) in self.fields() {
            let text = || Text::from_wire(value);
            if name.eq_ignore_ascii_case(b"user-agent") {
                let (field, sure) = ("http.user_agent", Confidence::LIKELY);
                emit.claim(Whom::Sender, Attribute::Software, text(), value, field, sure);
            } else if name.eq_ignore_ascii_case(b"host") {
                requested(value, emit);
            } else if name.eq_ignore_ascii_case(b"authorization") {
                credentials = sign_in(value, emit);
            }
        }
        if let Some(credentials) = &credentials {
            credentials.tell(None, self.whole, emit);
        }
        credentials
    }

    /// What a response tells.
    pub(super) fn tell_of_server(&self, emit: &mut Emit<'_>) {
        for (name, value) in self.fields() {
            if name.eq_ignore_ascii_case(b"server") {
                emit.text(Whom::Sender, Attribute::Software, value, "http.server");
            } else if name.eq_ignore_ascii_case(b"x-powered-by") {
                let (field, sure) = ("http.x_powered_by", Confidence::LIKELY);
                emit.claim(Whom::Sender, Attribute::Software, Text::from_wire(value), value, field, sure);
            } else if name.eq_ignore_ascii_case(b"www-authenticate") {
                offered(value, emit);
            }
        }
    }
}

/// The name a client asked for; an address is none.
fn requested(host: &[u8], emit: &mut Emit<'_>) {
    let text = Text::from_wire(host);
    let name = match text.as_str().rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => text.as_str(),
    };
    if name.trim_matches(['[', ']']).parse::<IpAddr>().is_err() {
        let (field, sure) = ("http.host", Confidence::LIKELY);
        emit.claim(Whom::Receiver, Attribute::RequestedName, Text::new(name), host, field, sure);
    }
}

/// A challenge (RFC 9110 §11.6.1). The one of NTLM and Negotiate may bring a message with the server's names.
fn offered(value: &[u8], emit: &mut Emit<'_>) {
    let mut witness = value;
    let mut parts = value.splitn(2, |&b| b == b' ');
    let scheme = parts.next().unwrap_or_default();
    if is_negotiation(scheme) {
        witness = scheme;
        decoded(parts.next().unwrap_or_default()).and_then(|token| ntlm::read(&token, emit));
    }
    emit.text(Whom::Sender, Attribute::SignInOffered, witness, "http.www_authenticate");
}

fn is_negotiation(scheme: &[u8]) -> bool {
    scheme.eq_ignore_ascii_case(b"ntlm") || scheme.eq_ignore_ascii_case(b"negotiate")
}

fn decoded(token: &[u8]) -> Option<Vec<u8>> {
    let token = token.trim_ascii();
    if token.is_empty() || token.len() > CREDENTIALS_MAX { None } else { BASE64.decode(token).ok() }
}

/// Who signs in. What follows the colon of Basic credentials (RFC 7617, 2) is fingerprinted.
fn sign_in(value: &[u8], emit: &mut Emit<'_>) -> Option<Credentials> {
    let mut parts = value.splitn(2, |&b| b == b' ');
    let (scheme, rest) = (parts.next()?, parts.next()?.trim_ascii());
    if scheme.eq_ignore_ascii_case(b"basic") {
        let pair = decoded(rest)?;
        let colon = pair.iter().position(|&b| b == b':').unwrap_or(pair.len());
        let name = Text::from_wire(pair.get(..colon)?);
        emit.secret(name.clone(), Mechanism::Username, pair.get(colon + 1..).unwrap_or_default(), rest);
        Some(Credentials { name, mechanism: Mechanism::Username, protected: false })
    } else if scheme.eq_ignore_ascii_case(b"digest") {
        Some(Credentials {
            name: parameter(rest, "username=")?,
            mechanism: Mechanism::Username,
            protected: true,
        })
    } else if scheme.eq_ignore_ascii_case(b"bearer") {
        Some(Credentials { name: Text::new(""), mechanism: Mechanism::Token, protected: false })
    } else if is_negotiation(scheme) {
        let token = decoded(rest)?;
        if ntlm::find(&token).is_none() {
            return Some(Credentials {
                name: Text::new(""),
                mechanism: Mechanism::Kerberos,
                protected: true,
            });
        }
        let Login { name, mechanism } = ntlm::read(&token, emit)?;
        Some(Credentials { name, mechanism, protected: true })
    } else {
        None
    }
}

/// A quoted parameter (RFC 9110 §11.2).
fn parameter(list: &[u8], name: &str) -> Option<Text> {
    let text = std::str::from_utf8(list).ok()?;
    let value = text.split(',').find_map(|p| p.trim_start().strip_prefix(name))?;
    Some(Text::new(value.trim().trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_lines_are_recognised() {
        for (head, usual, expected) in [
            (&b"GET / HTTP/1.1\r\n"[..], false, Probe::Yes),
            (b"HTTP/1.0 200 OK\r\n", false, Probe::Yes),
            (b"HTT", false, Probe::More),
            (b"GET /a/long/path", false, Probe::More),
            (b"VERSION-CONTROL / HTTP/1.1\r\n", true, Probe::Yes),
            (b"VERSION-CONTROL / HTTP/1.1\r\n", false, Probe::No),
            (b"VE", true, Probe::More),
            (b"EHLO plc\r\n", true, Probe::No),
            (b"RTSP/1.0 200 OK\r\n", true, Probe::No),
            (b"\x16\x03\x01\x00", true, Probe::No),
        ] {
            assert_eq!(probe(head, usual), expected, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn the_end_of_a_head_is_found_from_anywhere() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n";
        for searched in 0..24 {
            assert_eq!(end(head, searched), Some(27));
        }
        assert_eq!(end(b"GET / HTTP/1.1\n\nbody", 0), Some(16));
        assert_eq!(end(b"GET / HTTP/1.1\r\n", 0), None);
    }

    #[test]
    fn bodies_end_as_the_head_says() {
        for (fields, expected) in [
            ("", Body::None),
            ("Content-Length: 5\r\n", Body::Length(5)),
            ("content-length: 0\r\n", Body::None),
            ("Transfer-Encoding: gzip, Chunked\r\nContent-Length: 5\r\n", Body::Chunked),
        ] {
            let whole = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
            let head = Head::parse(whole.as_bytes()).unwrap();
            assert_eq!((head.start, head.body()), (Start::Response { status: 200 }, expected));
        }
    }

    #[test]
    fn chunk_sizes() {
        for (line, expected) in [
            (&b"1a;x=y\r"[..], Some(26)),
            (b"0\r", Some(0)),
            (b"-1", None),
            (b"fffffffff", None),
            (b"", None),
        ] {
            assert_eq!(chunk_size(line), expected);
        }
    }

    #[test]
    fn parameters_are_unquoted() {
        let list = b"realm=\"plant\", username=\"anna\", uri=\"/\"";
        assert_eq!(parameter(list, "username=").unwrap().as_str(), "anna");
        assert!(parameter(list, "nonce=").is_none());
    }

    #[test]
    fn titles_of_pages() {
        let page = b"<html><head><TITLE lang=en> NPort 5110 </TITLE></head>";
        assert_eq!(title(page), Some(&b"NPort 5110"[..]));
        for none in [&b"<title></title>"[..], b"<title>cut", b"<title", b"", b"no page"] {
            assert_eq!(title(none), None, "{none:?}");
        }
    }
}
