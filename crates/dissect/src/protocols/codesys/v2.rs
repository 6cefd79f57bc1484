//! CODESYS V2: how the programming system and file tools talk to a controller.
//! Sources: Digital Bond, Redpoint codesys-v2-discover (2013) and Basecamp codesys-transfer and codesys-shell (2012): the three kinds of
//! messages, their lengths, the services, and where the texts of the first answer stand. There is no public specification.

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{be32, byte, le16, le32};
use model::observation::Direction;
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};

/// The protocol.
pub(in super::super) struct CodesysV2;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "codesys-v2",
    title: "CODESYS V2",
    tcp: &[2455, 1200, 1201],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "Digital Bond 2012 and 2013, Basecamp and Redpoint",
    operations: &[&OPERATIONS],
};

static SERVICE: Counter = Counter { protocol: "codesys-v2", name: "service" };

/// A message starts with one octet twice: plain, through the block driver, or its acknowledgement.
const PLAIN: u8 = 0xbb;
const BLOCK: u8 = 0xcc;
const ACKNOWLEDGE: u8 = 0x66;
/// Length of four octets in the controller's byte order.
const PLAIN_HEADER: usize = 6;
/// Length of two octets at 4, the rest is not understood.
const BLOCK_HEADER: usize = 24;
/// Longest message that is waited for: blocks of a file have about a thousand octets.
const LENGTH_MAX: usize = 0x4000;

const LOGIN: u8 = 0x01;

/// Header and whole length.
fn head(data: &[u8]) -> Option<(usize, usize)> {
    let (first, second) = (byte(data, 0)?, byte(data, 1)?);
    let (header, content) = match first {
        PLAIN => (PLAIN_HEADER, le32(data, 2)?.min(be32(data, 2)?)),
        BLOCK | ACKNOWLEDGE => {
            byte(data, BLOCK_HEADER - 1)?;
            (BLOCK_HEADER, u32::from(le16(data, 4)?))
        }
        _ => return None,
    };
    let whole = usize::try_from(content).ok()?.checked_add(header)?;
    let empty = content == 0 && first != ACKNOWLEDGE;
    (first == second && !empty && whole <= LENGTH_MAX).then_some((header, whole))
}

/// The header of a block beside its lengths: a one at 2 and at 16, zeros between.
fn is_block(data: &[u8]) -> bool {
    byte(data, 2) == Some(1)
        && data.get(6..16).is_some_and(|zeros| zeros.iter().all(|&z| z == 0))
        && byte(data, 16) == Some(1)
}

fn begins(data: &[u8]) -> bool {
    byte(data, 0).is_none_or(|b| matches!(b, PLAIN | BLOCK | ACKNOWLEDGE))
        && byte(data, 1).is_none_or(|b| byte(data, 0) == Some(b))
}

impl Protocol for CodesysV2 {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// At a usual port a header that fits; elsewhere only the first message of a programming system: a sign-in and nothing else.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        match (head(data), byte(data, 0)) {
            (Some((_, whole)), Some(PLAIN)) => {
                Probe::when(hint.usual || whole == data.len() && data.get(PLAIN_HEADER..) == Some(&[LOGIN]))
            }
            (Some(_), _) => Probe::when(hint.usual && is_block(data)),
            (None, _) if hint.usual && begins(data) && data.len() < BLOCK_HEADER => {
                if data.len() >= PLAIN_HEADER && byte(data, 0) == Some(PLAIN) {
                    Probe::No
                } else {
                    Probe::More
                }
            }
            _ => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

/// One connection.
#[derive(Default)]
struct Talk {
    /// The service that was asked last: an answer does not say what it answers.
    asked: Option<u8>,
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some((header, whole)) = head(input.data) else {
            let wait = begins(input.data) && input.data.len() < BLOCK_HEADER && !input.cut;
            return if wait { Progress::Need(input.data.len() + 1) } else { Progress::Lost };
        };
        let Some(message) = input.data.get(..whole) else {
            return if input.cut { Progress::Lost } else { Progress::Need(whole) };
        };
        let service = byte(message, header);
        match (emit.direction(), service) {
            // The acknowledgement of a block asks for nothing.
            (_, None) => {}
            (Direction::ToClient, Some(_)) => self.answer(message, emit),
            (_, Some(service)) => {
                emit.count(&SERVICE, service);
                emit.operation(&OPERATIONS, service.into(), Phase::Request);
                self.asked = Some(service);
            }
        }
        Progress::Took(whole)
    }
}

impl Talk {
    fn answer(&mut self, message: &[u8], emit: &mut Emit<'_>) {
        let Some(asked) = self.asked.take() else { return };
        emit.operation(&OPERATIONS, asked.into(), Phase::Response);
        if asked == LOGIN {
            identity(message, emit);
        }
    }
}

/// Operating system, its version, and the product that the runtime was made for, each ended by NUL.
fn identity(message: &[u8], emit: &mut Emit<'_>) {
    const SYSTEM: usize = 64;
    const VERSION: usize = 96;
    const PRODUCT: usize = 128;
    let text = |at: usize| {
        let text = message.get(at..)?.split(|&b| b == 0).next()?.trim_ascii();
        text.iter().all(|b| b.is_ascii_graphic() || *b == b' ').then_some(text).filter(|t| !t.is_empty())
    };
    if let (Some(system), Some(version)) = (text(SYSTEM), text(VERSION)) {
        let both = [system, version].map(String::from_utf8_lossy).join(" ");
        emit.identity(Whom::Sender, Attribute::Os, Text::new(&both), system, "codesys.os");
    }
    if let Some(product) = text(PRODUCT) {
        // Many makers leave the name of the runtime's own maker in it.
        let runtime = product.starts_with(b"3S") || product.starts_with(b"CoDeSys");
        let attribute = if runtime { Attribute::Software } else { Attribute::Product };
        let value = Text::from_wire(product);
        emit.claim(Whom::Sender, attribute, value, product, "codesys.product_type", Confidence::LIKELY);
    }
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Services that the sources know; others keep their number.
static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("login", 0x01, Class::Session),
        op("write_file", 0x2f, Class::File),
        op("write_file_continue", 0x30, Class::File),
        op("read_file", 0x31, Class::File),
        op("read_file_continue", 0x32, Class::File),
        op("browser_command", 0x92, Class::Command),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    /// As Redpoint sends it, and the first block of codesys-shell's `pinf`.
    const SIGN_IN: &[u8] = &[0xbb, 0xbb, 1, 0, 0, 0, 1];
    const BROWSE: &[u8] = &[
        0xcc, 0xcc, 1, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x23, 10, 0, 0, 0x92, 0, 0, 0, 0,
        b'p', b'i', b'n', b'f', 0,
    ];
    const ACKNOWLEDGED: &[u8] =
        &[0x66, 0x66, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0];

    fn hint(usual: bool) -> Hint {
        Hint { transport: Transport::Tcp, from_port: 5, to_port: 6, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn recognition() {
        for (message, elsewhere) in [(SIGN_IN, Probe::Yes), (BROWSE, Probe::No), (ACKNOWLEDGED, Probe::No)] {
            assert_eq!(CodesysV2.probe(message, &hint(true)), Probe::Yes);
            assert_eq!(CodesysV2.probe(message, &hint(false)), elsewhere);
            assert_eq!(CodesysV2.probe(&message[..5], &hint(true)), Probe::More);
            assert_eq!(CodesysV2.probe(&message[..5], &hint(false)), Probe::No);
        }
        assert_eq!(CodesysV2.probe(&[0xbb, 0xbb, 0xff, 0xff, 0xff, 0xff, 1], &hint(true)), Probe::No);
        assert_eq!(CodesysV2.probe(b"GET / HTTP", &hint(true)), Probe::No);
        assert_eq!(CodesysV2.probe(&[0xbb, 0xbb, 0, 0, 0, 1, 1], &hint(false)), Probe::Yes);
    }

    #[test]
    fn a_controller_says_what_it_runs_on() {
        let mut answer = vec![0; 170];
        answer[..6].copy_from_slice(&[0xbb, 0xbb, 164, 0, 0, 0]);
        answer[6] = 1;
        answer[64..76].copy_from_slice(b"Nucleus PLUS");
        answer[96..112].copy_from_slice(b"Nucleus PLUS 1.1");
        answer[128..133].copy_from_slice(b"AC500");
        let mut bench = Bench::new(&CodesysV2);
        bench.client(SIGN_IN);
        assert_eq!(bench.server(&answer[..50]), Progress::Need(170));
        bench.server(&answer);
        bench.client(BROWSE);
        bench.server(ACKNOWLEDGED);
        assert_eq!(bench.facts(), ["server os Nucleus PLUS Nucleus PLUS 1.1", "server product AC500"]);
        assert_eq!(bench.operations(), ["browser_command 1/0/0", "login 1/1/0"]);
    }
}
