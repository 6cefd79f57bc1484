//! The application layer: kinds of message, services, answers in segments (clauses 5 and 20.1).

use super::operations::{OPERATIONS, UNCONFIRMED};
use super::properties;
use crate::emit::{Counter, Emit, Phase, Whom};
use crate::reader::{Read, Reader};

static APDU: Counter = Counter { protocol: "bacnet", name: "apdu" };
static CONFIRMED_SERVICE: Counter = Counter { protocol: "bacnet", name: "confirmed_service" };
static UNCONFIRMED_SERVICE: Counter = Counter { protocol: "bacnet", name: "unconfirmed_service" };

/// Kinds of message (20.1.1).
mod kind {
    pub(super) const CONFIRMED: u8 = 0;
    pub(super) const UNCONFIRMED: u8 = 1;
    pub(super) const SIMPLE_ACK: u8 = 2;
    pub(super) const COMPLEX_ACK: u8 = 3;
    pub(super) const SEGMENT_ACK: u8 = 4;
    pub(super) const ERROR: u8 = 5;
    pub(super) const REJECT: u8 = 6;
    pub(super) const ABORT: u8 = 7;
}

/// Services that are looked into (21, BACnetConfirmedServiceChoice and BACnetUnconfirmedServiceChoice).
mod service {
    pub(super) const COV_NOTIFICATION: u8 = 1;
    pub(super) const EVENT_NOTIFICATION: u8 = 2;
    pub(super) const READ_PROPERTY: u8 = 12;
    pub(super) const READ_PROPERTY_MULTIPLE: u8 = 14;
    pub(super) const COV_NOTIFICATION_MULTIPLE: u8 = 31;
    pub(super) const I_AM: u8 = 0;
    pub(super) const I_HAVE: u8 = 1;
}

/// The flag of a message in segments (20.1.2.1).
const SEGMENTED: u8 = 0x08;
/// An answer in segments grows to at most this.
const ANSWER_MAX: usize = 0x8000;

/// One conversation: the answer in segments that is being put together.
#[derive(Default)]
pub(super) struct Talk {
    answer: Vec<u8>,
    invoke: u8,
    next: u8,
}

impl Talk {
    /// Bytes of the unfinished answer.
    pub(super) fn held(&self) -> usize {
        self.answer.len()
    }

    /// Reads a message of the device that `whom` names.
    pub(super) fn read(&mut self, r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
        let first = r.u8()?;
        let kind = first >> 4;
        emit.count(&APDU, kind);
        match kind {
            kind::CONFIRMED => {
                r.skip(2)?;
                if first & SEGMENTED != 0 {
                    r.skip(2)?;
                }
                let service = r.u8()?;
                emit.count(&CONFIRMED_SERVICE, service);
                // A notification goes from the device to its subscriber.
                let told = matches!(
                    service,
                    service::COV_NOTIFICATION
                        | service::EVENT_NOTIFICATION
                        | service::COV_NOTIFICATION_MULTIPLE
                );
                emit.client_is_sender(!told);
                emit.operation(&OPERATIONS, service.into(), Phase::Request);
                Ok(())
            }
            kind::UNCONFIRMED => unconfirmed(r, whom, emit),
            kind::SIMPLE_ACK | kind::ERROR => {
                r.skip(1)?;
                let service = r.u8()?;
                emit.count(&CONFIRMED_SERVICE, service);
                let phase = if kind == kind::ERROR { Phase::Error } else { Phase::Response };
                emit.operation(&OPERATIONS, service.into(), phase);
                Ok(())
            }
            kind::COMPLEX_ACK => self.complex(first & SEGMENTED != 0, first & 4 != 0, r, whom, emit),
            kind::SEGMENT_ACK | kind::REJECT | kind::ABORT => Ok(()),
            _ => {
                emit.malformed();
                Ok(())
            }
        }
    }

    /// An answer with content (20.1.5).
    fn complex(
        &mut self,
        segmented: bool,
        more: bool,
        r: &mut Reader<'_>,
        whom: Whom,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        let invoke = r.u8()?;
        let sequence = if segmented { r.u16()?.to_be_bytes()[0] } else { 0 };
        let service = r.u8()?;
        emit.count(&CONFIRMED_SERVICE, service);
        if !segmented {
            emit.operation(&OPERATIONS, service.into(), Phase::Response);
            return answer(service, r, whom, emit);
        }
        if sequence == 0 {
            emit.operation(&OPERATIONS, service.into(), Phase::Response);
            self.answer.clear();
            (self.invoke, self.next) = (invoke, 0);
        }
        if self.invoke != invoke || self.next != sequence || self.answer.len() + r.len() > ANSWER_MAX {
            return Ok(());
        }
        self.next = self.next.wrapping_add(1);
        self.answer.extend_from_slice(r.rest());
        if more {
            return Ok(());
        }
        let whole = std::mem::take(&mut self.answer);
        answer(service, &mut Reader::new(&whole), whom, emit)
    }
}

fn answer(service: u8, r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    match service {
        service::READ_PROPERTY => properties::read_property(r, whom, emit),
        service::READ_PROPERTY_MULTIPLE => properties::read_property_multiple(r, whom, emit),
        _ => Ok(()),
    }
}

fn unconfirmed(r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    let service = r.u8()?;
    emit.count(&UNCONFIRMED_SERVICE, service);
    let phase =
        if matches!(service, service::I_AM | service::I_HAVE) { Phase::Response } else { Phase::Request };
    emit.operation(&OPERATIONS, UNCONFIRMED | u32::from(service), phase);
    match service {
        service::I_AM => properties::i_am(r, whom, emit),
        service::I_HAVE => properties::i_have(r, whom, emit),
        _ => Ok(()),
    }
}
