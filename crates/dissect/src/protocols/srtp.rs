//! GE SRTP (Service Request Transport Protocol) of Series 90 and PACSystems controllers: memory, programs, mode, privileges.
//! Source: Denton, Karpisek, Breitinger, Baggili, "Leveraging the SRTP protocol for over-the-network memory acquisition of a GE Fanuc
//! Series 90-30", Digital Investigation 22 (2017), tables 1 to 4 (header, message types, service requests).

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{byte, le16};
use model::{Operation, OperationClass as Class};

/// The protocol.
pub(super) struct Srtp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "srtp",
    title: "GE SRTP",
    tcp: &[18245],
    udp: &[18246],
    ethertypes: &[],
    industrial: true,
    sources: "Denton et al., Digital Investigation 22 (2017)",
    operations: &[&OPERATIONS],
};

static SERVICE: Counter = Counter { protocol: "srtp", name: "service" };
static MESSAGE: Counter = Counter { protocol: "srtp", name: "message" };

/// Header with its mailbox; text follows.
const HEADER: usize = 56;
/// The first octet.
mod packet {
    pub(super) const INIT: u8 = 0;
    pub(super) const INIT_ACK: u8 = 1;
    pub(super) const REQUEST: u8 = 2;
    pub(super) const RETURN: u8 = 3;
}
/// The message type: requests and answers, each with and without text, and the refusal.
mod mailbox {
    pub(super) const REQUEST_TEXT: u8 = 0x80;
    pub(super) const REQUEST: u8 = 0xc0;
    pub(super) const ANSWER_TEXT: u8 = 0x94;
    pub(super) const ANSWER: u8 = 0xd4;
    pub(super) const REFUSAL: u8 = 0xd1;
}
const TYPE_AT: usize = 31;
const PACKET_NUMBER_AT: usize = 40;
const TOTAL_AT: usize = 41;
const SERVICE_AT: usize = 42;
/// With text the service stands in the second part of the mailbox.
const TEXT_SERVICE_AT: usize = 50;
/// Requests that may be under way; older ones are given up.
const ASKED_MAX: usize = 32;

/// First packet, sequence number, whole length, message type.
struct Head {
    packet: u8,
    sequence: u16,
    whole: usize,
    mailbox: u8,
}

fn head(data: &[u8]) -> Option<Head> {
    let header = data.get(..HEADER)?;
    let (packet, mailbox) = (byte(header, 0)?, byte(header, TYPE_AT)?);
    let text = le16(header, 4)?;
    let numbered = (1..=byte(header, TOTAL_AT)?).contains(&byte(header, PACKET_NUMBER_AT)?);
    let sound = match packet {
        packet::INIT | packet::INIT_ACK => text == 0 && header.get(9..)?.iter().skip(2).all(|&b| b <= 0x0f),
        packet::REQUEST => numbered && matches!(mailbox, mailbox::REQUEST | mailbox::REQUEST_TEXT),
        packet::RETURN => {
            numbered && matches!(mailbox, mailbox::ANSWER | mailbox::ANSWER_TEXT | mailbox::REFUSAL)
        }
        _ => false,
    };
    let whole = HEADER + usize::from(text);
    sound.then_some(Head { packet, sequence: le16(header, 2)?, whole, mailbox })
}

impl Protocol for Srtp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A header whose packet and message type go together. The packets that open a connection are nearly all zeros: they count at the
    /// usual port only.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        if byte(data, 0).is_none_or(|b| b > packet::RETURN) {
            return Probe::No;
        }
        match head(data) {
            Some(head) => Probe::when(hint.usual || head.packet >= packet::REQUEST),
            None if data.len() < HEADER => Probe::More,
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Conversation { asked: Vec::new() })
    }
}

/// Requests without an answer: sequence number and service.
struct Conversation {
    asked: Vec<(u16, u8)>,
}

impl Session for Conversation {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if input.data.len() < HEADER && !input.datagram && !input.cut {
            return Progress::Need(HEADER);
        }
        let Some(head) = head(input.data) else { return Progress::Lost };
        if input.data.len() < head.whole && !input.datagram && !input.cut {
            return Progress::Need(head.whole);
        }
        emit.count(&MESSAGE, head.packet);
        emit.client_is_sender(matches!(head.packet, packet::INIT | packet::REQUEST));
        match head.packet {
            packet::INIT => emit.operation(&OPERATIONS, OPEN, Phase::Request),
            packet::INIT_ACK => emit.operation(&OPERATIONS, OPEN, Phase::Response),
            packet::REQUEST => self.request(&head, input.data, emit),
            _ => self.answer(&head, emit),
        }
        Progress::Took(head.whole)
    }
}

impl Conversation {
    fn request(&mut self, head: &Head, data: &[u8], emit: &mut Emit<'_>) {
        let at = if head.mailbox == mailbox::REQUEST_TEXT { TEXT_SERVICE_AT } else { SERVICE_AT };
        let Some(service) = byte(data, at) else { return };
        emit.count(&SERVICE, service);
        emit.operation(&OPERATIONS, service.into(), Phase::Request);
        if self.asked.len() >= ASKED_MAX {
            self.asked.remove(0);
        }
        self.asked.push((head.sequence, service));
    }

    fn answer(&mut self, head: &Head, emit: &mut Emit<'_>) {
        let Some(at) = self.asked.iter().position(|(sequence, _)| *sequence == head.sequence) else { return };
        let (_, service) = self.asked.remove(at);
        let refused = head.mailbox == mailbox::REFUSAL;
        emit.count(&SERVICE, service);
        emit.operation(&OPERATIONS, service.into(), if refused { Phase::Error } else { Phase::Response });
    }
}

/// Code of the opening of a connection (the project's own).
const OPEN: u32 = 0x100;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Service requests (Denton et al., table 4).
static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("plc_status", 0x00, Class::Diagnostic),
        op("return_program_names", 0x03, Class::Discovery),
        op("read_system_memory", 0x04, Class::Read),
        op("read_task_memory", 0x05, Class::Read),
        op("read_program_memory", 0x06, Class::ProgramUpload),
        op("write_system_memory", 0x07, Class::Write),
        op("write_task_memory", 0x08, Class::Write),
        op("write_program_memory", 0x09, Class::ProgramDownload),
        op("programmer_logon", 0x20, Class::Authentication),
        op("change_privilege_level", 0x21, Class::Authentication),
        op("set_control_id", 0x22, Class::Configuration),
        op("set_plc_state", 0x23, Class::ModeChange),
        op("set_time", 0x24, Class::Time),
        op("return_time", 0x25, Class::Time),
        op("return_fault_table", 0x38, Class::Diagnostic),
        op("clear_fault_table", 0x39, Class::Diagnostic),
        op("program_store", 0x3f, Class::ProgramUpload),
        op("program_load", 0x40, Class::ProgramDownload),
        op("return_controller_type", 0x43, Class::Discovery),
        op("toggle_force", 0x44, Class::Force),
        op("open", OPEN, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    fn message(packet: u8, sequence: u16, mailbox: u8, service: u8, text: &[u8]) -> Vec<u8> {
        let mut m = vec![0; HEADER];
        m[0] = packet;
        m[2..4].copy_from_slice(&sequence.to_le_bytes());
        m[4..6].copy_from_slice(&u16::try_from(text.len()).unwrap().to_le_bytes());
        m[TYPE_AT] = mailbox;
        (m[PACKET_NUMBER_AT], m[TOTAL_AT]) = (1, 1);
        m[SERVICE_AT] = service;
        m.extend_from_slice(text);
        m
    }

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let read = message(2, 7, 0xc0, 4, &[]);
        assert_eq!(Srtp.probe(&read, &hint(false)), Probe::Yes);
        assert_eq!(Srtp.probe(&read[..20], &hint(true)), Probe::More);
        assert_eq!(Srtp.probe(&[0; 56], &hint(false)), Probe::No);
        assert_eq!(Srtp.probe(&message(3, 7, 0xc0, 4, &[]), &hint(true)), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn an_answer_belongs_to_the_request_with_its_number() {
        let mut bench = Bench::new(&Srtp);
        bench.client(&message(2, 7, 0xc0, 4, &[]));
        bench.client(&message(2, 8, 0xc0, 0x23, &[]));
        bench.server(&message(3, 8, 0xd1, 0, &[]));
        bench.server(&message(3, 7, 0x94, 0, &[1; 8]));
        bench.server(&message(3, 9, 0xd4, 0, &[]));
        assert_eq!(bench.operations(), ["read_system_memory 1/1/0", "set_plc_state 1/1/1"]);
    }
}
