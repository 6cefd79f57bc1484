//! HTTP/1.x on any TCP port: methods and status codes, software on both sides, and who signs in. Bodies are passed over unread.
//! Sources: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 7617 (Basic), RFC 7616 (Digest), RFC 4559 (Negotiate and NTLM).

mod head;
mod ssdp;

pub(super) use ssdp::Ssdp;

use super::ssh;
use super::tls::TlsSession;
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use head::{Credentials, Head, Start};
use model::observation::Direction;
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};
use std::collections::VecDeque;

/// The protocol.
pub(super) struct Http;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "http",
    title: "HTTP",
    tcp: &[80, 81, 591, 3128, 5985, 8000, 8008, 8080, 8081, 8088, 8888],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 9110; RFC 9112; RFC 7616; RFC 7617; RFC 4559",
    operations: &[&OPERATIONS],
};

static METHOD: Counter = Counter { protocol: "http", name: "method" };
static STATUS: Counter = Counter { protocol: "http", name: "status" };

/// Longest head of a message; servers in use refuse more.
const HEAD_MAX: usize = 64 * 1024;
/// Requests of a pipeline whose answers are waited for.
const ASKED_MAX: usize = 64;
/// Longest line of a chunk's size.
const CHUNK_LINE_MAX: usize = 4096;

impl Protocol for Http {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        head::probe(head, hint.usual)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<HttpSession>::default()
    }
}

/// What comes next in a direction.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Next {
    /// The head of a message.
    #[default]
    Head,
    /// The size of a chunk (RFC 9112 §7.1).
    Chunk,
    /// Fields after the last chunk.
    Trailer,
    /// A page of this many bytes, whose title is worth reading: many devices name themselves nowhere else.
    Page(usize),
    /// Something else until the connection ends.
    Opaque,
}

#[derive(Default)]
struct Way {
    next: Next,
    /// Bytes of an unfinished head that were searched for its end before.
    searched: usize,
    /// A message was seen.
    spoken: bool,
}

/// A request whose answer is awaited.
struct Asked {
    method: u32,
    credentials: Option<Credentials>,
}

#[derive(Default)]
struct HttpSession {
    ways: [Way; 2],
    asked: VecDeque<Asked>,
    /// After CONNECT, an upgrade to TLS, or where there never was HTTP.
    tunnel: Option<Box<dyn Session>>,
}

impl Session for HttpSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(tunnel) = &mut self.tunnel {
            return match tunnel.read(input, emit) {
                Progress::Lost => Progress::Took(usize::MAX),
                progress => progress,
            };
        }
        let at = usize::from(input.direction == Direction::ToClient);
        let next = self.ways.get(at).map_or(Next::Head, |w| w.next);
        match next {
            Next::Head => self.head(at, &input, emit),
            Next::Chunk => self.chunk(at, &input),
            Next::Trailer => self.trailer(at, &input),
            Next::Page(length) => self.page(at, length, &input, emit),
            Next::Opaque => Progress::Took(usize::MAX),
        }
    }

    fn held(&self) -> usize {
        self.tunnel.as_ref().map_or(0, |tunnel| tunnel.held())
    }
}

impl HttpSession {
    fn head(&mut self, at: usize, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(way) = self.ways.get_mut(at) else { return Progress::Lost };
        // Empty lines before a message are to be ignored (RFC 9112 §2.2).
        let blank = input.data.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if blank > 0 {
            return Progress::Took(blank);
        }
        if head::probe(input.data, true) == Probe::No {
            return self.something_else(input, emit);
        }
        let end = match head::end(input.data, way.searched) {
            Some(end) => end,
            None if input.cut => input.data.len(),
            None if input.data.len() > HEAD_MAX => return Progress::Lost,
            None => {
                way.searched = input.data.len().saturating_sub(3);
                return Progress::Need(input.data.len() + 1);
            }
        };
        way.searched = 0;
        way.spoken = true;
        let Some(head) = Head::parse(input.data.get(..end).unwrap_or_default()) else {
            return Progress::Lost;
        };
        let body = match head.start {
            Start::Request { .. } => self.request(&head, emit),
            Start::Response { status } => self.response(status, &head, emit),
        };
        if let (Body::Length(length), Start::Response { status: 200 }, true) =
            (body, head.start, head.is_page())
            && let Some(way) = self.ways.get_mut(at)
        {
            way.next = Next::Page(length);
            return Progress::Took(end);
        }
        self.body(at, end, body)
    }

    /// The beginning of a page, up to its title; the rest is passed over.
    fn page(&mut self, at: usize, length: usize, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let wanted = length.min(PAGE_MAX);
        if input.data.len() < wanted && !input.cut {
            return Progress::Need(wanted);
        }
        if let Some(title) = head::title(input.data.get(..wanted).unwrap_or(input.data)) {
            let text = Text::from_wire(title);
            emit.claim(Whom::Sender, Attribute::Description, text, title, "http.title", Confidence::LIKELY);
        }
        if let Some(way) = self.ways.get_mut(at) {
            way.next = Next::Head;
        }
        Progress::Took(length)
    }

    /// No HTTP. A server that answers a request with its own protocol's banner is what the banner says (seen: `GET` sent to an SSH
    /// server); a scanner's request must not hide it.
    fn something_else(&mut self, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let answered = self.ways.get(1).is_some_and(|way| way.spoken);
        let may = input.direction == Direction::ToClient && !answered;
        if may && input.data.len() < 5 && b"SSH-".starts_with(input.data.get(..4).unwrap_or(input.data)) {
            return if input.cut { Progress::Lost } else { Progress::Need(5) };
        }
        if may && ssh::is_banner(input.data) {
            emit.refine("ssh");
            let mut ssh = Box::<ssh::SshSession>::default();
            let progress = ssh.read(*input, emit);
            self.tunnel = Some(ssh);
            return progress;
        }
        Progress::Lost
    }

    fn request(&mut self, head: &Head<'_>, emit: &mut Emit<'_>) -> Body {
        let Start::Request { method } = head.start else { return Body::None };
        emit.client_is_sender(true);
        emit.count(&METHOD, crate::emit::Code::Word(method));
        let code = method_code(method);
        emit.operation(&OPERATIONS, code, Phase::Request);
        let credentials = head.tell_of_client(emit);
        if self.asked.len() < ASKED_MAX {
            self.asked.push_back(Asked { method: code, credentials });
        }
        head.body()
    }

    fn response(&mut self, status: u16, head: &Head<'_>, emit: &mut Emit<'_>) -> Body {
        emit.client_is_sender(false);
        emit.count(&STATUS, status);
        head.tell_of_server(emit);
        // Interim answers are followed by the final one (RFC 9110 §15.2).
        let asked = if status >= 200 || status == 101 { self.asked.pop_front() } else { None };
        let method = asked.as_ref().map_or(0, |a| a.method);
        if let Some(asked) = &asked {
            let phase = if status >= 400 { Phase::Error } else { Phase::Response };
            emit.operation(&OPERATIONS, asked.method, phase);
        }
        if let Some(credentials) = asked.and_then(|a| a.credentials) {
            credentials.tell(Some(!matches!(status, 401 | 403 | 407)), head.whole, emit);
        }
        match status {
            101 => Body::Upgrade,
            200..300 if method == CONNECT => Body::Upgrade,
            100..200 | 204 | 304 => Body::None,
            _ if method == HEAD => Body::None,
            _ => match head.body() {
                Body::None if !head.has_length() => Body::UntilClose,
                body => body,
            },
        }
    }

    fn body(&mut self, at: usize, end: usize, body: Body) -> Progress {
        let (next, length) = match body {
            Body::None => (Next::Head, 0),
            Body::Length(n) => (Next::Head, n),
            Body::Chunked => (Next::Chunk, 0),
            Body::UntilClose => (Next::Opaque, usize::MAX),
            Body::Upgrade => {
                self.tunnel = Some(Box::<TlsSession>::default());
                (Next::Opaque, 0)
            }
        };
        if let Some(way) = self.ways.get_mut(at) {
            way.next = next;
        }
        Progress::Took(end.saturating_add(length))
    }

    fn chunk(&mut self, at: usize, input: &Input<'_>) -> Progress {
        let Some(way) = self.ways.get_mut(at) else { return Progress::Lost };
        let Some(end) = input.data.iter().position(|&b| b == b'\n') else {
            return if input.data.len() > CHUNK_LINE_MAX || input.cut {
                way.next = Next::Head;
                Progress::Lost
            } else {
                Progress::Need(input.data.len() + 1)
            };
        };
        match head::chunk_size(input.data.get(..end).unwrap_or_default()) {
            Some(0) => {
                way.next = Next::Trailer;
                Progress::Took(end + 1)
            }
            Some(size) => Progress::Took((end + 1).saturating_add(size).saturating_add(2)),
            None => {
                way.next = Next::Head;
                Progress::Lost
            }
        }
    }

    fn trailer(&mut self, at: usize, input: &Input<'_>) -> Progress {
        let Some(way) = self.ways.get_mut(at) else { return Progress::Lost };
        match input.data.iter().position(|&b| b == b'\n') {
            Some(end) => {
                if matches!(input.data.get(..end), Some(b"" | b"\r")) {
                    way.next = Next::Head;
                }
                Progress::Took(end + 1)
            }
            None if input.data.len() > CHUNK_LINE_MAX || input.cut => {
                way.next = Next::Head;
                Progress::Lost
            }
            None => Progress::Need(input.data.len() + 1),
        }
    }
}

/// How the body of a message ends (RFC 9112 §6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Body {
    None,
    Length(usize),
    Chunked,
    UntilClose,
    Upgrade,
}

/// Bytes of a page in which its title is looked for.
const PAGE_MAX: usize = 1024;

const HEAD: u32 = 2;
const CONNECT: u32 = 6;

fn method_code(method: &str) -> u32 {
    match method {
        "GET" => 1,
        "HEAD" => HEAD,
        "POST" => 3,
        "PUT" => 4,
        "DELETE" => 5,
        "CONNECT" => CONNECT,
        "OPTIONS" => 7,
        "TRACE" => 8,
        "PATCH" => 9,
        _ => 10,
    }
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// RFC 9110 §9.3, RFC 5789; the codes are the project's own, HTTP has words.
static OPERATIONS: Operations = Operations {
    prefix: "method",
    list: &[
        op("get", 1, Class::Read),
        op("head", 2, Class::Read),
        op("post", 3, Class::Other),
        op("put", 4, Class::File),
        op("delete", 5, Class::File),
        op("connect", 6, Class::Session),
        op("options", 7, Class::Discovery),
        op("trace", 8, Class::Diagnostic),
        op("patch", 9, Class::File),
        op("other", 10, Class::Other),
    ],
};
