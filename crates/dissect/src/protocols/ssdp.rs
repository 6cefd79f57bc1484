//! SSDP: universal plug and play devices that announce themselves or answer a search.
//! Source: UPnP Device Architecture 1.1, 1.2 (advertisement), 1.3 (search).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use model::{Attribute, Operation, OperationClass as Class};

/// The protocol.
pub(super) struct Ssdp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ssdp",
    title: "SSDP",
    tcp: &[],
    udp: &[1900],
    ethertypes: &[],
    industrial: false,
    sources: "UPnP Device Architecture 1.1",
};

static MESSAGE: Counter = Counter { protocol: "ssdp", name: "message" };

/// Start lines: code of the message.
const STARTS: [(&[u8], u8); 3] = [(b"M-SEARCH * HTTP/1.", 0), (b"NOTIFY * HTTP/1.", 1), (b"HTTP/1.", 2)];
/// Lines of one message that are read.
const LINES_MAX: usize = 32;

impl Protocol for Ssdp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && kind(head).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Said::default())
    }
}

fn kind(data: &[u8]) -> Option<u8> {
    STARTS.iter().find(|(start, _)| data.starts_with(start)).map(|(_, code)| *code)
}

/// What was said already: devices repeat themselves for each of their services.
#[derive(Default)]
struct Said {
    server: Vec<u8>,
    location: Vec<u8>,
}

impl Session for Said {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(code) = kind(input.data) {
            emit.count(&MESSAGE, code);
            let (operation, phase) = if code == 2 { (0, Phase::Response) } else { (code, Phase::Request) };
            emit.operation(&OPERATIONS, operation.into(), phase);
            if code != 0 {
                self.headers(input.data, emit);
            }
        }
        Progress::Took(input.data.len())
    }
}

impl Said {
    fn headers(&mut self, data: &[u8], emit: &mut Emit<'_>) {
        for line in data.split(|&b| b == b'\n').take(LINES_MAX) {
            let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let (known, attribute, field) = if name.eq_ignore_ascii_case(b"server") {
                (&mut self.server, Attribute::Software, "http.server")
            } else if name.eq_ignore_ascii_case(b"location") {
                (&mut self.location, Attribute::Endpoint, "http.location")
            } else {
                continue;
            };
            if *known != value && value.len() <= 512 {
                known.clear();
                known.extend_from_slice(value);
                emit.text(Whom::Sender, attribute, value, field);
            }
        }
    }
}

static OPERATIONS: Operations = Operations {
    prefix: "message",
    list: &[Operation::new("search", 0, Class::Discovery), Operation::new("notify", 1, Class::Discovery)],
};
