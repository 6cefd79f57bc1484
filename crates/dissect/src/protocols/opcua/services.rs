//! Requests and responses: what is asked, what answers it, and who says what in them.

use super::build_info::{self, Wanted};
use super::encoding::{bytes, diagnostics, extension, node_id};
use super::parties::{self, Login};
use crate::emit::{Counter, Emit, Operations, Phase};
use crate::reader::{Read, Reader};
use model::{Operation, OperationClass as Class};

static SERVICE: Counter = Counter { protocol: "opcua", name: "service" };

/// Requests that wait for their answer; clients keep a handful of publish requests open.
const PENDING_MAX: usize = 64;

/// `ServiceFault`: answers any request with a no.
const FAULT: u32 = 397;

/// Services whose content is read (ids of the default binary encoding).
mod id {
    pub(super) const FIND_SERVERS_RESPONSE: u32 = 425;
    pub(super) const GET_ENDPOINTS_RESPONSE: u32 = 431;
    pub(super) const CREATE_SESSION_REQUEST: u32 = 461;
    pub(super) const CREATE_SESSION_RESPONSE: u32 = 464;
    pub(super) const ACTIVATE_SESSION_REQUEST: u32 = 467;
    pub(super) const READ_REQUEST: u32 = 631;
    pub(super) const READ_RESPONSE: u32 = 634;
}

/// What must be remembered of a request until its answer.
enum Remembered {
    Nothing,
    Login(Box<Login>),
    Nodes(Wanted),
}

struct Pending {
    request: u32,
    service: u32,
    remembered: Remembered,
}

/// The open requests of a conversation.
#[derive(Default)]
pub(super) struct Services {
    pending: Vec<Pending>,
}

/// What a type id stands for: the request's id, and whether it is the request.
fn exchange(id: u32) -> Option<(u32, bool)> {
    let known = |request| OPERATIONS.list.binary_search_by_key(&request, |o: &Operation| o.code).is_ok();
    if known(id) {
        return Some((id, true));
    }
    // The answer's id is three above the request's; two services that came later have consecutive ids.
    let apart = if matches!(id, 12_209 | 12_212) { 1 } else { 3 };
    let request = id.checked_sub(apart)?;
    known(request).then_some((request, false))
}

/// A request, an answer, or a fault.
pub(super) fn is_known(id: u32) -> bool {
    id == FAULT || exchange(id).is_some()
}

impl Services {
    /// Reads a service message. Answers whether it was readable: with `doubtful` the bytes may be encrypted, and only a known
    /// service is believed.
    pub(super) fn read(
        &mut self,
        request: u32,
        body: &[u8],
        open: bool,
        doubtful: bool,
        emit: &mut Emit<'_>,
    ) -> Read<bool> {
        let mut r = Reader::new(body);
        let Some(id) = node_id(&mut r).ok().and_then(|id| id.service()) else { return Ok(false) };
        if !is_known(id) {
            if open {
                emit.count(&SERVICE, id);
            }
            return Ok(open);
        }
        emit.count(&SERVICE, id);
        let read = match exchange(id) {
            Some((service, true)) => self.request(request, service, &mut r, doubtful, emit),
            answer => self.response(request, id, answer.map(|(service, _)| service), &mut r, emit),
        };
        read.map(|()| true)
    }

    fn request(
        &mut self,
        request: u32,
        service: u32,
        r: &mut Reader<'_>,
        protected: bool,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        emit.client_is_sender(true);
        emit.operation(&OPERATIONS, service, Phase::Request);
        let remembered = match service {
            id::CREATE_SESSION_REQUEST => {
                request_header(r)?;
                parties::create_session_request(r, emit)?;
                Remembered::Nothing
            }
            id::ACTIVATE_SESSION_REQUEST => {
                request_header(r)?;
                parties::activate_session_request(r, protected, emit)?
                    .map_or(Remembered::Nothing, |login| Remembered::Login(Box::new(login)))
            }
            id::READ_REQUEST => {
                request_header(r)?;
                build_info::wanted(r)?.map_or(Remembered::Nothing, Remembered::Nodes)
            }
            _ => Remembered::Nothing,
        };
        let before = self.pending.iter_mut().find(|p| p.request == request);
        let new = Pending { request, service, remembered };
        match before {
            Some(before) => *before = new,
            None => {
                if self.pending.len() >= PENDING_MAX {
                    self.pending.remove(0);
                }
                self.pending.push(new);
            }
        }
        Ok(())
    }

    fn response(
        &mut self,
        request: u32,
        id: u32,
        service: Option<u32>,
        r: &mut Reader<'_>,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        emit.client_is_sender(false);
        let at = self.pending.iter().position(|p| p.request == request);
        let pending = at.map(|at| self.pending.swap_remove(at));
        let asked = service.or(pending.as_ref().map(|p| p.service));
        let result = response_result(r);
        let failed = id == FAULT || result.is_ok_and(|code| code & 0x8000_0000 != 0);
        let phase = if failed { Phase::Error } else { Phase::Response };
        match asked {
            Some(asked) => emit.operation(&OPERATIONS, asked, phase),
            None => emit.operation(&FAULTS, FAULT, phase),
        }
        result?;
        match pending.map(|p| p.remembered) {
            Some(Remembered::Login(login)) => parties::signed_in(&login, Some(!failed), emit),
            Some(Remembered::Nodes(nodes)) if id == id::READ_RESPONSE && !failed => {
                response_header(r)?;
                return build_info::read(&nodes, r, emit);
            }
            _ => {}
        }
        match id {
            _ if failed => Ok(()),
            id::FIND_SERVERS_RESPONSE => response_header(r).and_then(|()| parties::servers(r, emit)),
            id::GET_ENDPOINTS_RESPONSE => response_header(r).and_then(|()| parties::endpoints(r, emit)),
            id::CREATE_SESSION_RESPONSE => {
                response_header(r).and_then(|()| parties::create_session_response(r, emit))
            }
            _ => Ok(()),
        }
    }
}

/// OPC 10000-4 §7.33: token, time, handle, diagnostics wanted, audit entry, timeout, additional header.
fn request_header(r: &mut Reader<'_>) -> Read<()> {
    node_id(r)?;
    r.skip(16)?;
    bytes(r)?;
    r.skip(4)?;
    extension(r).map(|_| ())
}

/// OPC 10000-4 §7.34: time, handle, and the result.
fn response_result(r: &mut Reader<'_>) -> Read<u32> {
    r.skip(12)?;
    r.u32_le()
}

/// The rest of that header: diagnostics, their strings, additional header.
fn response_header(r: &mut Reader<'_>) -> Read<()> {
    diagnostics(r)?;
    for _ in 0..super::encoding::count(r)? {
        bytes(r)?;
    }
    extension(r).map(|_| ())
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

pub(super) static FAULTS: Operations =
    Operations { prefix: "service", list: &[op("service_fault", FAULT, Class::Other)] };

/// OPC 10000-4 §5; codes are those of the requests.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("test_stack", 410, Class::Diagnostic),
        op("test_stack_ex", 416, Class::Diagnostic),
        op("find_servers", 422, Class::Discovery),
        op("get_endpoints", 428, Class::Discovery),
        op("register_server", 437, Class::Discovery),
        op("open_secure_channel", 446, Class::Session),
        op("close_secure_channel", 452, Class::Session),
        op("create_session", 461, Class::Session),
        op("activate_session", 467, Class::Authentication),
        op("close_session", 473, Class::Session),
        op("cancel", 479, Class::Session),
        op("add_nodes", 488, Class::Configuration),
        op("add_references", 494, Class::Configuration),
        op("delete_nodes", 500, Class::Configuration),
        op("delete_references", 506, Class::Configuration),
        op("browse", 527, Class::Discovery),
        op("browse_next", 533, Class::Discovery),
        op("translate_browse_paths", 554, Class::Discovery),
        op("register_nodes", 560, Class::Session),
        op("unregister_nodes", 566, Class::Session),
        op("query_first", 615, Class::Discovery),
        op("query_next", 621, Class::Discovery),
        op("read", 631, Class::Read),
        op("history_read", 664, Class::Read),
        op("write", 673, Class::Write),
        op("history_update", 700, Class::Write),
        op("call", 712, Class::Command),
        op("create_monitored_items", 751, Class::Session),
        op("modify_monitored_items", 763, Class::Session),
        op("set_monitoring_mode", 769, Class::Session),
        op("set_triggering", 775, Class::Session),
        op("delete_monitored_items", 781, Class::Session),
        op("create_subscription", 787, Class::Session),
        op("modify_subscription", 793, Class::Session),
        op("set_publishing_mode", 799, Class::Session),
        op("publish", 826, Class::Read),
        op("republish", 832, Class::Read),
        op("transfer_subscriptions", 841, Class::Session),
        op("delete_subscriptions", 847, Class::Session),
        op("find_servers_on_network", 12_208, Class::Discovery),
        op("register_server_2", 12_211, Class::Discovery),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_belong_together() {
        for (id, expected) in [
            (631, Some((631, true))),
            (634, Some((631, false))),
            (12_209, Some((12_208, false))),
            (12_212, Some((12_211, false))),
            (419, Some((416, false))),
            (397, None),
            (0, None),
        ] {
            assert_eq!(exchange(id), expected, "{id}");
        }
        assert!(is_known(FAULT) && !is_known(632));
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
