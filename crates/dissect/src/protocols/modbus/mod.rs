//! Modbus/TCP and Modbus/UDP: reads and writes of coils and registers, diagnostics, device identification, and UMAS inside.
//! Sources: MODBUS Messaging on TCP/IP V1.0b (MSG); MODBUS Application Protocol V1.1b3 (APP).

mod identity;
mod operations;
mod rtu;
#[cfg(test)]
mod tests;
mod umas;

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, be16, byte};
use model::observation::Direction;
use model::{Attribute, Part, Text};
use operations::OPERATIONS;
pub(super) use rtu::ModbusRtu;

/// The protocol.
pub(super) struct Modbus;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "modbus",
    title: "Modbus/TCP",
    tcp: &[502],
    udp: &[502],
    ethertypes: &[],
    industrial: true,
    sources: "MODBUS Messaging on TCP/IP V1.0b; MODBUS Application Protocol V1.1b3",
    operations: TABLES,
};

/// What both framings count.
static TABLES: &[&Operations] =
    &[&OPERATIONS, &operations::DIAGNOSTICS, &operations::ENCAPSULATED, &umas::OPERATIONS];

static FUNCTION: Counter = Counter { protocol: "modbus", name: "function" };

/// MSG 3.1.3: transaction, protocol, length, unit.
const HEADER: usize = 7;
/// MSG 3.1.3: the length counts the unit and a PDU of at most 253 bytes (APP 4.1); UMAS makes PDUs of up to 1 KiB.
const LENGTH_MAX: u16 = 1100;
/// Requests that wait for their answer, of those functions whose answer does not say what was asked.
const OPEN_MAX: usize = 16;
/// Stations behind one address that are told.
const STATIONS_MAX: usize = 64;

/// Functions that need a closer look (APP 5.1; 90 is Schneider's UMAS).
mod function {
    pub(super) const DIAGNOSTICS: u8 = 8;
    pub(super) const REPORT_SERVER_ID: u8 = 17;
    pub(super) const ENCAPSULATED: u8 = 43;
    pub(super) const UMAS: u8 = 90;
}

impl Protocol for Modbus {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Protocol identifier 0, a length in range. Elsewhere than at port 502 the bytes must be whole messages with public functions,
    /// each as long as its content says.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let (Some(protocol), Some(length)) = (be16(head, 2), be16(head, 4)) else {
            let zero = head.get(2..).is_none_or(|h| h.iter().all(|&b| b == 0));
            return if zero { Probe::More } else { Probe::No };
        };
        if protocol != 0 || !(2..=LENGTH_MAX).contains(&length) {
            return Probe::No;
        }
        if hint.usual {
            return Probe::Yes;
        }
        let (Some(adu), rest) = (head.get(6..6 + usize::from(length)), head.get(6 + usize::from(length)..))
        else {
            return if be16(head, 4).is_some_and(|l| l <= 254) && plausible(head.get(6..).unwrap_or_default())
            {
                Probe::More
            } else {
                Probe::No
            };
        };
        // What follows, if anything, must look like a message as well.
        let more = rest.unwrap_or_default();
        let next = more.is_empty() || be16(more, 2).is_none_or(|protocol| protocol == 0);
        Probe::when(next && plausible(adu) && fits(adu))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Talk::new(&FUNCTION))
    }
}

/// A public function, as far as it is there already.
fn plausible(adu: &[u8]) -> bool {
    byte(adu, 1).is_none_or(|function| matches!(function, 1..=6 | 15 | 16 | 22 | 23 | 43))
}

/// Unit and PDU are as long as the PDU says, as a request or as an answer (APP 6).
fn fits(adu: &[u8]) -> bool {
    let len = adu.len();
    let counted = |at: usize| byte(adu, at).is_some_and(|n| n > 0 && len == at + 1 + usize::from(n));
    let quantity = |max: u16| be16(adu, 4).is_some_and(|n| (1..=max).contains(&n));
    match byte(adu, 1) {
        Some(1 | 2) => (len == 6 && quantity(2000)) || counted(2),
        Some(3 | 4) => (len == 6 && quantity(125)) || counted(2),
        Some(5) => len == 6 && matches!(be16(adu, 4), Some(0 | 0xff00)),
        // Any value is one: too little to go by.
        Some(6) => false,
        Some(15) => quantity(1968) && (len == 6 || counted(6)),
        Some(16) => quantity(123) && (len == 6 || counted(6)),
        Some(22) => len == 8,
        Some(23) => counted(10) || counted(2),
        Some(43) => byte(adu, 2) == Some(14) && matches!(byte(adu, 3), Some(1..=4)),
        _ => false,
    }
}

/// A request whose answer does not say what was asked.
struct Open {
    transaction: u16,
    table: &'static Operations,
    code: u32,
    /// Whether the request came signed (UMAS).
    signed: bool,
}

/// One conversation.
struct Talk {
    /// Where its functions are counted.
    functions: &'static Counter,
    open: Vec<Open>,
    /// Units that answered, the device itself left out.
    stations: Vec<u8>,
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let (Some(transaction), Some(protocol), Some(length)) =
            (be16(input.data, 0), be16(input.data, 2), be16(input.data, 4))
        else {
            return Progress::Need(HEADER + 1);
        };
        if protocol != 0 || !(2..=LENGTH_MAX).contains(&length) {
            return Progress::Lost;
        }
        let whole = usize::from(length) + 6;
        if input.data.len() < whole && !input.cut && !input.datagram {
            return Progress::Need(whole);
        }
        let cut = input.data.len() < whole;
        let adu = input.data.get(6..whole).or(input.data.get(6..)).unwrap_or_default();
        if self.message(transaction, adu, input.direction, emit).is_err() && !cut {
            emit.malformed();
        }
        Progress::Took(whole)
    }
}

impl Talk {
    fn new(functions: &'static Counter) -> Self {
        Self { functions, open: Vec::new(), stations: Vec::new() }
    }

    /// Unit and PDU (APP 4.1). The high bit of the function marks an exception (APP 7).
    fn message(
        &mut self,
        transaction: u16,
        adu: &[u8],
        direction: Direction,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        let mut r = Reader::new(adu);
        let unit = r.u8()?;
        let code = r.u8()?;
        let function = code & 0x7f;
        emit.count(self.functions, function);
        let phase = match (direction, code & 0x80 != 0) {
            (_, true) => Phase::Error,
            (Direction::ToClient, _) => Phase::Response,
            _ => Phase::Request,
        };
        if phase == Phase::Response {
            self.station(unit, adu, emit);
        }
        if !matches!(function, function::DIAGNOSTICS | function::ENCAPSULATED | function::UMAS) {
            emit.operation(&OPERATIONS, function.into(), phase);
            if function == function::REPORT_SERVER_ID && phase == Phase::Response {
                identity::server_id(self.whom(unit), &mut r, emit)?;
            }
            return Ok(());
        }
        match phase {
            Phase::Request => self.ask(transaction, function, &mut r, emit),
            _ => self.answer(transaction, unit, function, phase, &mut r, emit),
        }
    }

    /// A request that is told apart by what follows its function.
    fn ask(&mut self, transaction: u16, function: u8, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let mut signed = false;
        let (table, sub) = match function {
            function::DIAGNOSTICS => (&operations::DIAGNOSTICS, r.u16()?),
            function::ENCAPSULATED => (&operations::ENCAPSULATED, r.u8()?.into()),
            _ => {
                let (sub, is_signed) = umas::request(r, emit)?;
                signed = is_signed;
                (&umas::OPERATIONS, sub.into())
            }
        };
        if signed {
            emit.operation(table, umas::SIGNED, Phase::Request);
        }
        let code = u32::from(function) << 8 | u32::from(sub & 0xff);
        emit.operation(table, code, Phase::Request);
        if self.open.len() >= OPEN_MAX {
            self.open.remove(0);
        }
        self.open.push(Open { transaction, table, code, signed });
        Ok(())
    }

    fn answer(
        &mut self,
        transaction: u16,
        unit: u8,
        function: u8,
        phase: Phase,
        r: &mut Reader<'_>,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        let at =
            self.open.iter().position(|o| o.transaction == transaction && o.code >> 8 == function.into());
        let asked = at.map(|at| self.open.remove(at));
        let signed = asked.as_ref().is_some_and(|o| o.signed);
        let (table, code) = asked.map_or((&OPERATIONS, function.into()), |o| (o.table, o.code));
        let refused = function == function::UMAS && umas::is_refused(r.rest(), signed);
        let phase = if refused { Phase::Error } else { phase };
        emit.operation(table, code, phase);
        if signed {
            emit.operation(table, umas::SIGNED, phase);
        }
        if phase == Phase::Error || signed {
            return Ok(());
        }
        match function {
            function::ENCAPSULATED => identity::device(self.whom(unit), r, emit),
            function::UMAS => umas::answer(code & 0xff, self.whom(unit), r, emit),
            _ => Ok(()),
        }
    }

    /// A station that answers through this address, told once.
    fn station(&mut self, unit: u8, adu: &[u8], emit: &mut Emit<'_>) {
        if matches!(unit, 0 | 255) || self.stations.contains(&unit) || self.stations.len() >= STATIONS_MAX {
            return;
        }
        if self.stations == [1] {
            // Unit 1 is not alone any more: its next answer tells it as a station.
            self.stations.clear();
        }
        self.stations.push(unit);
        if let whom @ Whom::SenderPart(_) = self.whom(unit) {
            let witness = adu.get(..1).unwrap_or_default();
            emit.identity(
                whom,
                Attribute::StationAddress,
                Text::new(&unit.to_string()),
                witness,
                "mbtcp.unit_id",
            );
        }
    }

    /// Unit 0 and 255 are the device itself (MSG 4.4.2.1), 1 is what most say for it, as long as no other unit answers beside it;
    /// others are stations, usually behind a gateway.
    fn whom(&self, unit: u8) -> Whom {
        match unit {
            0 | 255 => Whom::Sender,
            1 if self.stations.iter().all(|s| *s == 1) => Whom::Sender,
            _ => Whom::SenderPart(Part::Unit(unit.into())),
        }
    }
}
