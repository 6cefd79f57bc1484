//! What a protocol is to the dissector: recognise, open, read.

use crate::emit::{Emit, Operations};
use model::Transport;
use model::observation::Direction;

/// What the project knows of a protocol before seeing it.
#[derive(Debug)]
pub struct ProtocolInfo {
    /// Name in documents: lower case, stable for ever.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Usual TCP ports. A port is a hint, never a proof.
    pub tcp: &'static [u16],
    /// Usual UDP ports.
    pub udp: &'static [u16],
    /// EtherTypes; 0 stands for LLC.
    pub ethertypes: &'static [u16],
    /// Industrial protocol: spoken by controllers and those who supervise them.
    pub industrial: bool,
    /// The documents the dissector follows.
    pub sources: &'static str,
    /// What it tells apart: every table that its sessions count operations by. Empty: messages and facts only.
    pub operations: &'static [&'static Operations],
}

/// Where the bytes come from, for recognition.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    /// TCP, UDP, Ethernet or IP.
    pub transport: Transport,
    /// Port of the sender of these bytes.
    pub from_port: u16,
    /// Port of the receiver.
    pub to_port: u16,
    /// EtherType outside IP; the IP protocol number of what stands right over IP.
    pub ethertype: u16,
    /// One of the ports (or the EtherType) is a usual one of the protocol that is asked.
    pub usual: bool,
    /// The stream was seen from its first byte (or it is a datagram).
    pub from_start: bool,
}

/// Whether bytes are of a protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Probe {
    /// They are.
    Yes,
    /// They are not.
    No,
    /// Too few to tell, nothing against it so far.
    More,
}

impl Probe {
    /// `Yes` or `No`.
    pub fn when(condition: bool) -> Self {
        if condition { Self::Yes } else { Self::No }
    }
}

/// A protocol.
pub trait Protocol: Sync {
    /// What is known of it.
    fn info(&self) -> &'static ProtocolInfo;
    /// IP protocol numbers (IANA) under which it stands right over IP.
    fn ip_protocols(&self) -> &'static [u8] {
        &[]
    }
    /// Looks at the first bytes of one direction, or of a datagram. Strict where the port is not usual.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe;
    /// Starts a conversation.
    fn open(&self) -> Box<dyn Session>;
}

/// Bytes of one direction, in order.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The bytes: all that was not taken before. One datagram or frame payload outside TCP.
    pub data: &'a [u8],
    /// Which way they go.
    pub direction: Direction,
    /// A whole datagram or frame: no more will follow.
    pub datagram: bool,
    /// The bytes that should follow are lost (snap length, gap, end of the stream): take from an unfinished message what its
    /// visible head tells, there will not be more of it.
    pub cut: bool,
}

/// What became of the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// This many bytes are done with. More than the input has: the rest is passed over as it comes, unread.
    Took(usize),
    /// At least this many bytes are needed in all before it is worth asking again.
    Need(usize),
    /// Not of this protocol, or out of step: look for the next message at the start of a later segment.
    Lost,
}

/// The state of one conversation.
pub trait Session: Send {
    /// Takes whole messages from the front of the input. Called again with what is left until it asks for more.
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress;
    /// Bytes of unfinished messages that it keeps: they count in [`model::limits::Limits::reassembly_bytes_max`], and a session that
    /// keeps some is opened afresh when there is no more room. What is bounded to a few hundred bytes need not be said.
    fn held(&self) -> usize {
        0
    }
}

/// A session that keeps nothing between messages.
pub struct Stateless(pub fn(Input<'_>, &mut Emit<'_>) -> Progress);

impl Session for Stateless {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        (self.0)(input, emit)
    }
}
