//! The requests that wait for an answer, and the connections that were opened: what a reply needs to be understood.

use super::path::Target;

/// Requests remembered; older ones are forgotten.
const REQUESTS_MAX: usize = 128;
/// Connections remembered.
const CONNECTIONS_MAX: usize = 32;

/// What the reply is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Topic {
    /// Nothing beyond its success.
    Plain,
    /// All attributes of the Identity object.
    Identity,
    /// One attribute of it.
    IdentityAttribute(u32),
    /// A list of its attributes.
    IdentityList,
    /// All attributes of the Logix program object: the project's name.
    Project,
    /// One attribute of a security object, or all (0): its class and the attribute.
    Security(u32, u32),
    /// A connection.
    Open,
    /// A PCCC command.
    Pccc(u32),
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Sender context, or connection and sequence.
    pub(super) key: u64,
    /// Place in a Multiple Service Packet.
    pub(super) index: u16,
    /// Service code.
    pub(super) service: u8,
    /// Code of the operation.
    pub(super) code: u32,
    /// What the reply tells.
    pub(super) topic: Topic,
    /// Who answers.
    pub(super) target: Target,
}

/// The last requests of a conversation.
#[derive(Default)]
pub(super) struct Requests {
    ring: Vec<Request>,
    next: usize,
    /// Where the next answer is likely to be found: after the last.
    likely: usize,
}

impl Requests {
    pub(super) fn add(&mut self, request: Request) {
        if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = request;
        } else {
            self.ring.push(request);
        }
        self.next = (self.next + 1) % REQUESTS_MAX;
    }

    /// The request that a reply answers; the newest, when several look alike.
    pub(super) fn find(&mut self, key: u64, index: u16, service: u8) -> Option<Request> {
        let is = |r: &Request| r.key == key && r.index == index && r.service == service;
        if let Some(found) = self.ring.get(self.likely).filter(|r| is(r)) {
            self.likely = (self.likely + 1) % REQUESTS_MAX;
            return Some(*found);
        }
        let (at, found) = self.newest(is)?;
        self.likely = (at + 1) % REQUESTS_MAX;
        Some(found)
    }

    /// The innermost request with that key: what a refusal without a message answers.
    pub(super) fn refused(&self, key: u64) -> Option<Request> {
        self.newest(|r| r.key == key && r.index == 0).map(|(_, r)| r)
    }

    fn newest(&self, is: impl Fn(&Request) -> bool) -> Option<(usize, Request)> {
        (1..=self.ring.len())
            .map(|back| (self.next + REQUESTS_MAX - back) % REQUESTS_MAX)
            .find_map(|at| self.ring.get(at).filter(|r| is(r)).map(|r| (at, *r)))
    }
}

/// A connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    /// Serial number, vendor and serial number of the originator: what names a connection (V1 3-5.5.1.5).
    pub(super) name: (u16, u16, u32),
    /// Connection ids, from the originator to the target and back.
    pub(super) ids: [u32; 2],
    /// Who is at its other end.
    pub(super) target: Target,
    /// Carries explicit messages (transport class 3 to the message router).
    pub(super) explicit: bool,
}

/// The connections of a conversation.
#[derive(Default)]
pub(super) struct Connections {
    list: Vec<Connection>,
    next: usize,
}

impl Connections {
    pub(super) fn add(&mut self, connection: Connection) {
        if let Some(known) = self.list.iter_mut().find(|c| c.name == connection.name) {
            *known = connection;
        } else if let Some(oldest) = self.list.get_mut(self.next) {
            *oldest = connection;
            self.next = (self.next + 1) % CONNECTIONS_MAX;
        } else {
            self.list.push(connection);
            self.next = self.list.len() % CONNECTIONS_MAX;
        }
    }

    pub(super) fn opened(&mut self, name: (u16, u16, u32), ids: [u32; 2]) {
        if let Some(connection) = self.list.iter_mut().find(|c| c.name == name) {
            connection.ids = ids;
        }
    }

    /// The connection with that id, and its place.
    pub(super) fn find(&self, id: u32) -> Option<(u64, &Connection)> {
        (0..).zip(&self.list).find(|(_, c)| c.ids.contains(&id))
    }
}
