//! CIP messages: requests and replies of the message router, whatever carries them.
//! Sources: CIP Networks Library Volume 1 (V1); Rockwell 1756-PM020, Logix 5000 Controllers Data Access (PM020).

use super::operations::{self, class, service};
use super::path::{Path, Target};
use super::requests::{Connection, Connections, Request, Requests, Topic};
use super::{identity, pccc, security};
use crate::emit::{Counter, Emit, Phase, Whom};
use crate::reader::{Read, Reader, le16};
use model::{Attribute, Part, Text};

static SERVICE: Counter = Counter { protocol: "cip", name: "service" };

/// The highest bit of a service marks a reply (V1 2-4.1).
const REPLY: u8 = 0x80;
/// Messages inside messages that are followed: an Unconnected Send may hold a Multiple Service Packet, which may hold another.
const LEVELS_MAX: u8 = 4;
/// Program names of one controller that are remembered as said.
const PROGRAMS_MAX: usize = 64;
/// Marks keys of connected messages.
const CONNECTED: u64 = 1 << 63;

/// What a conversation remembers of CIP.
#[derive(Default)]
pub(super) struct Cip {
    requests: Requests,
    connections: Connections,
    programs: Vec<Box<[u8]>>,
}

/// Where a message stands.
#[derive(Clone, Copy)]
struct Place {
    key: u64,
    index: u16,
    level: u8,
    target: Target,
}

impl Cip {
    /// Message of the unconnected message manager (V1 3-4).
    pub(super) fn unconnected(&mut self, context: u64, data: &[u8], emit: &mut Emit<'_>) {
        let place = Place { key: context & !CONNECTED, index: 0, level: 0, target: Target::Device };
        self.guarded(data, place, emit);
    }

    /// The encapsulation refused the message with that context.
    pub(super) fn refused(&mut self, context: u64, emit: &mut Emit<'_>) {
        if let Some(request) = self.requests.refused(context & !CONNECTED) {
            emit.operation(&operations::CIP, request.code, Phase::Error);
        }
    }

    /// Data of a connection: a sequence count, then the message (V1 3-4.4.1, V2 3-3.2).
    pub(super) fn connected(&mut self, id: u32, data: &[u8], emit: &mut Emit<'_>) {
        let Some(sequence) = le16(data, 0) else { return };
        let (number, target) = match self.connections.find(id) {
            Some((_, connection)) if !connection.explicit => return,
            Some((at, connection)) => (at, connection.target),
            None => (0xffff, Target::Device),
        };
        let key = CONNECTED | (number << 16) | u64::from(sequence);
        let place = Place { key, index: 0, level: 0, target };
        self.guarded(data.get(2..).unwrap_or_default(), place, emit);
    }

    fn guarded(&mut self, data: &[u8], place: Place, emit: &mut Emit<'_>) {
        if !data.is_empty() && self.message(data, place, emit).is_err() {
            emit.malformed();
        }
    }

    /// A request: service, path, data. A reply: service, status, data (V1 2-4).
    fn message(&mut self, data: &[u8], place: Place, emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(data);
        let service = r.u8()?;
        emit.count(&SERVICE, service);
        if service & REPLY != 0 {
            self.reply(service, &mut r, place, emit)
        } else {
            self.request(service, &mut r, place, emit)
        }
    }

    fn request(&mut self, service: u8, r: &mut Reader<'_>, place: Place, emit: &mut Emit<'_>) -> Read<()> {
        let words = r.u8()?;
        let path = Path::read(r.take(usize::from(words) * 2)?);
        let code = match (path.class, service, r.rest().first()) {
            (Some(class::IDENTITY), service::RESET, Some(1)) => operations::FACTORY_DEFAULTS,
            (Some(class::IDENTITY), service::RESET, Some(2)) => operations::FACTORY_DEFAULTS_BUT_NETWORK,
            _ => operations::code(service, &path),
        };
        // An Unconnected Send is an envelope: what is in it is asked and answered.
        if code != operations::UNCONNECTED_SEND {
            emit.operation(&operations::CIP, code, Phase::Request);
        }
        if let Some(symbol) = path.symbol {
            self.program(symbol, place.target, emit);
        }
        let mut request = Request {
            key: place.key,
            index: place.index,
            service,
            code,
            topic: Topic::Plain,
            target: place.target,
        };
        match (path.class, service) {
            (Some(class::CONNECTION_MANAGER), service::UNCONNECTED_SEND) => {
                return self.unconnected_send(r, request, place, emit);
            }
            (Some(class::CONNECTION_MANAGER), service::FORWARD_OPEN | service::LARGE_FORWARD_OPEN) => {
                request.topic = Topic::Open;
                self.forward_open(service, r)?;
            }
            (Some(class::PCCC), service::EXECUTE_PCCC) => {
                if let Some(code) = pccc::request(r, emit)? {
                    request.topic = Topic::Pccc(code);
                }
            }
            (Some(class::IDENTITY), service::GET_ATTRIBUTES_ALL) => request.topic = Topic::Identity,
            (Some(class::IDENTITY), service::GET_ATTRIBUTE_LIST) => request.topic = Topic::IdentityList,
            (Some(class::IDENTITY), service::GET_ATTRIBUTE_SINGLE) => {
                request.topic = Topic::IdentityAttribute(path.attribute.unwrap_or(0));
            }
            (
                Some(class @ (class::CIP_SECURITY | class::ETHERNET_IP_SECURITY)),
                service::GET_ATTRIBUTES_ALL | service::GET_ATTRIBUTE_SINGLE,
            ) => request.topic = Topic::Security(class, path.attribute.unwrap_or(0)),
            (Some(class::LOGIX_PROJECT), service::GET_ATTRIBUTES_ALL) => request.topic = Topic::Project,
            _ => {}
        }
        // V1 5-5: instance 0 is the class itself, not a device.
        if path.instance == Some(0) {
            request.topic = Topic::Plain;
        }
        self.requests.add(request);
        if service == service::MULTIPLE_SERVICE_PACKET {
            self.multiple(r, place, emit)?;
        }
        Ok(())
    }

    /// Priority, ticks, length, message, route (V1 3-5.5.4). The reply is that of the message, or that of the router which failed.
    fn unconnected_send(
        &mut self,
        r: &mut Reader<'_>,
        request: Request,
        place: Place,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        self.requests.add(request);
        r.skip(2)?;
        let len = usize::from(r.u16_le()?);
        let message = r.take(len)?;
        if len & 1 != 0 {
            r.skip(1)?;
        }
        let words = r.u8()?;
        r.skip(1)?;
        let route = Path::read(r.up_to(usize::from(words) * 2));
        if place.level >= LEVELS_MAX {
            return Ok(());
        }
        let target = place.target.then(route.target);
        self.message(message, Place { level: place.level + 1, target, ..place }, emit)
    }

    /// Count, offsets from the count, messages (V1 ).
    fn multiple(&mut self, r: &mut Reader<'_>, place: Place, emit: &mut Emit<'_>) -> Read<()> {
        let whole = r.rest();
        let count = r.u16_le()?;
        if place.level >= LEVELS_MAX {
            return Ok(());
        }
        for index in 1..=count {
            let start = usize::from(r.u16_le()?);
            let end = match le16(r.rest(), 0) {
                Some(next) if index < count => usize::from(next),
                _ => whole.len(),
            };
            let Some(message) = whole.get(start..end).filter(|m| !m.is_empty()) else {
                emit.malformed();
                continue;
            };
            // Messages of a packet inside a packet are told apart by the outer place too.
            let index = index.wrapping_add(place.index.wrapping_mul(0x101));
            let inner = Place { index, level: place.level + 1, ..place };
            if self.message(message, inner, emit).is_err() {
                emit.malformed();
            }
        }
        Ok(())
    }

    fn reply(&mut self, service: u8, r: &mut Reader<'_>, place: Place, emit: &mut Emit<'_>) -> Read<()> {
        let asked = self.requests.find(place.key, place.index, service & !REPLY);
        r.skip(1)?;
        let status = r.u8()?;
        let words = r.u8()?;
        r.skip(usize::from(words) * 2)?;
        let Some(request) = asked else {
            if service & !REPLY == service::MULTIPLE_SERVICE_PACKET && !r.is_empty() {
                self.multiple(r, place, emit)?;
            }
            return Ok(());
        };
        // V1 B-1: 0x06 is an answer in parts; 0x1E says that a service of several failed.
        let ok = matches!(status, 0x00 | 0x06 | 0x1e);
        emit.operation(&operations::CIP, request.code, if ok { Phase::Response } else { Phase::Error });
        let place = Place { target: request.target, ..place };
        if service & !REPLY == service::MULTIPLE_SERVICE_PACKET {
            return if r.is_empty() { Ok(()) } else { self.multiple(r, place, emit) };
        }
        if !ok {
            return Ok(());
        }
        let whom = sender(request.target);
        match request.topic {
            Topic::Plain => Ok(()),
            Topic::Open => self.opened(r),
            Topic::Pccc(code) => pccc::reply(code, whom, r, emit),
            Topic::Identity => identity::object(whom, r, emit),
            Topic::IdentityAttribute(id) => identity::attribute(whom, id, r, emit),
            Topic::IdentityList => identity::list(whom, r, emit),
            Topic::Security(class, attribute) => security::read(class, attribute, whom, r, emit),
            Topic::Project => {
                let len = r.u16_le()?;
                let name = r.take(len.into())?;
                emit.text(whom, Attribute::Program, name, "cip.data");
                Ok(())
            }
        }
    }

    /// Forward Open and its large form (V1 3-5.5.2).
    fn forward_open(&mut self, service: u8, r: &mut Reader<'_>) -> Read<()> {
        r.skip(2)?;
        let ids = [r.u32_le()?, r.u32_le()?];
        let name = (r.u16_le()?, r.u16_le()?, r.u32_le()?);
        r.skip(4)?;
        r.skip(if service == service::LARGE_FORWARD_OPEN { 16 } else { 12 })?;
        let transport = r.u8()?;
        let words = r.u8()?;
        let path = Path::read(r.up_to(usize::from(words) * 2));
        // V1 3-4.4.3.3: the low bits are the transport class; explicit messages go to the message router in class 3.
        let explicit = transport & 0x0f == 3 && matches!(path.class, Some(class::MESSAGE_ROUTER) | None);
        self.connections.add(Connection { name, ids, target: path.target, explicit });
        Ok(())
    }

    /// Reply to Forward Open (V1 3-5.5.2): the connection ids are final.
    fn opened(&mut self, r: &mut Reader<'_>) -> Read<()> {
        let ids = [r.u32_le()?, r.u32_le()?];
        self.connections.opened((r.u16_le()?, r.u16_le()?, r.u32_le()?), ids);
        Ok(())
    }

    /// Tags of a program are addressed as `Program:NAME` and the tag (PM020, "Program-scoped tags").
    fn program(&mut self, symbol: &[u8], target: Target, emit: &mut Emit<'_>) {
        let Some(name) = symbol.strip_prefix(b"Program:") else { return };
        if self.programs.len() < PROGRAMS_MAX && !self.programs.iter().any(|p| **p == *name) {
            self.programs.push(name.into());
            emit.identity(receiver(target), Attribute::Program, Text::from_wire(name), name, "cip.symbol");
        }
    }
}

fn part(target: Target) -> Option<Part> {
    match target {
        Target::Device => None,
        Target::Slot(slot) => Some(Part::Slot(slot)),
        Target::Beyond(way) => Some(Part::Unit(way)),
    }
}

fn sender(target: Target) -> Whom {
    part(target).map_or(Whom::Sender, Whom::SenderPart)
}

fn receiver(target: Target) -> Whom {
    part(target).map_or(Whom::Receiver, Whom::ReceiverPart)
}
