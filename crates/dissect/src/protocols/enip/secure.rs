//! EtherNet/IP inside TLS and DTLS: what the handshake tells, and that the rest is encrypted.
//! Sources: CIP Networks Library Volume 8, CIP Security, chapter 3.

use crate::emit::Emit;
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, Session};
use crate::protocols::tls::{self, Dtls, TlsSession};
use crate::reader::byte;
use model::Transport;

/// Whether the bytes begin with a record; a TLS record has three as its major version, a command of EtherNet/IP zero.
pub(super) fn probe(head: &[u8], hint: &Hint) -> Probe {
    match hint.transport {
        Transport::Tcp if byte(head, 1) == Some(3) => tls::probe(head, false),
        Transport::Udp => Dtls.probe(head, hint),
        _ => Probe::No,
    }
}

/// The security layer of a conversation, once it showed itself.
#[derive(Default)]
pub(super) struct Secure {
    layer: Option<Box<dyn Session>>,
}

impl Secure {
    /// Takes what belongs to the security layer; `None` when the conversation has none. The first message tells: a command of
    /// EtherNet/IP never begins like a record.
    pub(super) fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Option<Progress> {
        if self.layer.is_none() {
            self.layer = match input.data {
                [20..=26, 3, ..] if !input.datagram => Some(Box::<TlsSession>::default()),
                [20..=26, 0xfe, ..] if input.datagram => Some(Dtls.open()),
                _ => return None,
            };
        }
        self.layer.as_mut().map(|layer| layer.read(input, emit))
    }

    pub(super) fn held(&self) -> usize {
        self.layer.as_ref().map_or(0, |layer| layer.held())
    }
}
