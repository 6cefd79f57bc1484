//! The remoting of services at port 41100: a client asks for a service by its name, gets a number, and calls methods by that number.

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Input, Probe, Progress};
use crate::reader::{byte, le16};
use model::{Attribute, Operation, OperationClass as Class, Text};

static KIND: Counter = Counter { protocol: "proconos", name: "remoting" };

/// One as a version, kind, zeros, length of the data, service, method, zeros, check word.
const HEADER: usize = 16;
const LENGTH_MAX: usize = 0x4000;
/// With this begin the names of services.
const NAMES: &[u8] = b"Ade.Remoting.Services.";
/// Services that are remembered per connection.
const SERVICES_MAX: usize = 32;

/// Kinds of messages.
mod kind {
    pub(super) const QUERY: u16 = 0;
    pub(super) const QUERY_ANSWER: u16 = 1;
    pub(super) const CALL: u16 = 2;
    pub(super) const CALL_ANSWER: u16 = 3;
}

/// The service a number stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    DeviceInfo,
    Control,
    DataAccess,
    FileAccess,
    Force,
    Debug,
    Other,
}

/// By the beginning of what follows [`NAMES`].
const SERVICES: &[(&[u8], Service)] = &[
    (b"IDeviceInfoService", Service::DeviceInfo),
    (b"IProConOSControlService", Service::Control),
    (b"IDataAccessService", Service::DataAccess),
    (b"ISimpleFileAccessService", Service::FileAccess),
    (b"IForceService", Service::Force),
    (b"IBreakpointService", Service::Debug),
    (b"ICallstackService", Service::Debug),
    (b"IDebugService", Service::Debug),
];

struct Message<'a> {
    kind: u16,
    service: u16,
    method: u16,
    data: &'a [u8],
}

/// Whole length of the message at the front. The check word is the complement of what the header adds up to, or zero.
fn length(data: &[u8]) -> Option<usize> {
    let word = |at| le16(data, at);
    let sum = (0..HEADER - 2).step_by(2).try_fold(0u16, |sum, at| Some(sum.wrapping_add(word(at)?)))?;
    let check = word(14)?;
    let sound = word(0)? == 1 && word(2)? <= kind::CALL_ANSWER && word(4)? == 0 && word(12)? == 0;
    let length = usize::from(word(6)?) + HEADER;
    (sound && (check == 0 || check == !sum) && length <= LENGTH_MAX).then_some(length)
}

fn message(data: &[u8]) -> Option<Message<'_>> {
    Some(Message {
        kind: le16(data, 2)?,
        service: le16(data, 8)?,
        method: le16(data, 10)?,
        data: data.get(HEADER..)?,
    })
}

fn begins(head: &[u8]) -> bool {
    head.iter().zip([1, 0]).all(|(a, b)| *a == b)
        && byte(head, 2).is_none_or(|k| u16::from(k) <= kind::CALL_ANSWER)
        && head.iter().skip(3).take(3).all(|&b| b == 0)
}

/// Away from the usual port only the query for a service counts.
pub(super) fn probe(head: &[u8], usual: bool) -> Probe {
    match length(head) {
        Some(_) if usual => Probe::Yes,
        Some(_) => Probe::when(head.get(HEADER..).is_some_and(|name| name.starts_with(NAMES))),
        None if usual && head.len() < HEADER && begins(head) => Probe::More,
        None => Probe::No,
    }
}

/// What a connection has to remember.
#[derive(Default)]
pub(super) struct Remoting {
    services: Vec<(u16, Service)>,
    /// The service that was asked for.
    queried: Option<Service>,
    /// The operation that was called, and whether its first value is the state of the program.
    called: Option<(u32, bool)>,
}

impl Remoting {
    pub(super) fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(length) = length(input.data) else {
            let wait = input.data.len() < HEADER && begins(input.data) && !input.cut;
            return if wait { Progress::Need(HEADER) } else { Progress::Lost };
        };
        let Some(message) = input.data.get(..length).and_then(message) else {
            return if input.cut { Progress::Lost } else { Progress::Need(length) };
        };
        emit.count(&KIND, message.kind);
        emit.client_is_sender(matches!(message.kind, kind::QUERY | kind::CALL));
        match message.kind {
            kind::QUERY => self.query(&message, emit),
            kind::QUERY_ANSWER => self.query_answer(&message, emit),
            kind::CALL => self.call(&message, emit),
            _ => self.call_answer(&message, emit),
        }
        Progress::Took(length)
    }

    fn query(&mut self, m: &Message<'_>, emit: &mut Emit<'_>) {
        let name = m.data.strip_prefix(NAMES).unwrap_or_default();
        let known = SERVICES.iter().find(|(prefix, _)| name.starts_with(prefix));
        self.queried = Some(known.map_or(Service::Other, |(_, service)| *service));
        emit.operation(&OPERATIONS, QUERY, Phase::Request);
    }

    /// A number, or zero when there is no such service.
    fn query_answer(&mut self, m: &Message<'_>, emit: &mut Emit<'_>) {
        let none = m.service == 0;
        emit.operation(&OPERATIONS, QUERY, if none { Phase::Error } else { Phase::Response });
        if let (Some(service), false) = (self.queried.take(), none) {
            if let Some(known) = self.services.iter_mut().find(|(number, _)| *number == m.service) {
                known.1 = service;
            } else if self.services.len() < SERVICES_MAX {
                self.services.push((m.service, service));
            }
        }
    }

    fn call(&mut self, m: &Message<'_>, emit: &mut Emit<'_>) {
        let service = self.services.iter().find(|(number, _)| *number == m.service).map(|(_, s)| *s);
        let code = match (service, m.method) {
            (Some(Service::Control), 6) => match le16(m.data, 0) {
                Some(start @ 1..=3) => START + u32::from(start),
                _ => CONTROL,
            },
            (Some(Service::Control), 7) => STOP,
            (Some(Service::Control), _) => CONTROL,
            (Some(Service::DeviceInfo), _) => DEVICE_INFO,
            (Some(Service::DataAccess), _) => DATA_ACCESS,
            (Some(Service::FileAccess), _) => FILE_ACCESS,
            (Some(Service::Force), _) => FORCE,
            (Some(Service::Debug), _) => DEBUG,
            _ => OTHER,
        };
        emit.operation(&OPERATIONS, code, Phase::Request);
        // How many values, then the number of each; this one is the state of the program.
        const STATE: u16 = 0x4002;
        self.called = Some((code, code == DEVICE_INFO && le16(m.data, 4) == Some(STATE)));
    }

    fn call_answer(&mut self, m: &Message<'_>, emit: &mut Emit<'_>) {
        let Some((code, state)) = self.called.take() else { return };
        emit.operation(&OPERATIONS, code, Phase::Response);
        // How many values, what the first one is, its octets.
        let octet = m.data.get(8..9).filter(|_| state).unwrap_or_default();
        let word = match octet {
            [0] => "on",
            [3] => "running",
            [7] => "stopped",
            _ => "",
        };
        emit.identity(Whom::Sender, Attribute::Mode, Text::new(word), octet, "proconos.state");
    }
}

const QUERY: u32 = 0x100;
/// Cold, warm and hot start follow it.
const START: u32 = 0x110;
const STOP: u32 = 0x114;
const CONTROL: u32 = 0x115;
const DEVICE_INFO: u32 = 0x116;
const DATA_ACCESS: u32 = 0x117;
const FILE_ACCESS: u32 = 0x118;
const FORCE: u32 = 0x119;
const DEBUG: u32 = 0x11a;
const OTHER: u32 = 0x11b;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// What the services are used for; the codes are the project's own.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "call",
    list: &[
        op("query_service", QUERY, Class::Session),
        op("cold_start", START + 1, Class::ModeChange),
        op("warm_start", START + 2, Class::ModeChange),
        op("hot_start", START + 3, Class::ModeChange),
        op("stop", STOP, Class::ModeChange),
        op("control", CONTROL, Class::Command),
        op("device_info", DEVICE_INFO, Class::Diagnostic),
        op("data_access", DATA_ACCESS, Class::Read),
        op("file_access", FILE_ACCESS, Class::File),
        op("force", FORCE, Class::Force),
        op("debug", DEBUG, Class::Diagnostic),
        op("call", OTHER, Class::Other),
    ],
};
