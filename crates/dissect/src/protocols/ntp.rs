//! NTP: who keeps time for whom.
//! Sources: RFC 5905 §7.3 (header), RFC 9327 (control messages).

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::byte;
use model::{Operation, OperationClass as Class};

/// The protocol.
pub(super) struct Ntp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ntp",
    title: "NTP",
    tcp: &[],
    udp: &[123],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 5905; RFC 9327",
    operations: &[&OPERATIONS],
};

static MODE: Counter = Counter { protocol: "ntp", name: "mode" };

/// RFC 5905 §7.3: the header without extensions.
const HEADER: usize = 48;

impl Protocol for Ntp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Version 1 to 4 and a mode, at its port only: one byte proves nothing elsewhere.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let first = byte(head, 0).unwrap_or(0);
        let (version, mode) = ((first >> 3) & 7, first & 7);
        let long_enough = head.len() >= if mode >= 6 { 4 } else { HEADER };
        Probe::when(hint.usual && (1..=4).contains(&version) && mode != 0 && long_enough)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let mode = byte(input.data, 0).unwrap_or(0) & 7;
    // RFC 5905 §3: a client asks in mode 3, a server answers in mode 4.
    if matches!(mode, 3 | 4) {
        emit.client_is_sender(mode == 3);
    }
    emit.count(&MODE, mode);
    let (code, phase) = match mode {
        4 => (3, Phase::Response),
        // RFC 9327 §2: the highest bit of the second byte marks the answer of a control message; so in mode 7 the first.
        6 if byte(input.data, 1).unwrap_or(0) & 0x80 != 0 => (6, Phase::Response),
        7 if byte(input.data, 0).unwrap_or(0) & 0x80 != 0 => (7, Phase::Response),
        other => (other, Phase::Request),
    };
    emit.operation(&OPERATIONS, code.into(), phase);
    Progress::Took(input.data.len())
}

/// RFC 5905 figure 10.
static OPERATIONS: Operations = Operations {
    prefix: "mode",
    list: &[
        Operation::new("symmetric_active", 1, Class::Time),
        Operation::new("symmetric_passive", 2, Class::Time),
        Operation::new("get_time", 3, Class::Time),
        Operation::new("broadcast", 5, Class::Time),
        Operation::new("control", 6, Class::Diagnostic),
        Operation::new("private", 7, Class::Diagnostic),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, probe};
    use model::Transport;

    #[test]
    fn modes() {
        let packet = |first: u8| [&[first][..], &[0; 47]].concat();
        let (ask, tell, control) = (packet(0x23), packet(0x24), [0x16, 0x81, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(
            hear(&Ntp, Transport::Udp, &[('>', &ask), ('<', &tell), ('<', &control)]),
            [
                "operation control diagnostic 0 1 0",
                "operation get_time time 1 1 0",
                "ntp.mode c2s 3 1",
                "ntp.mode s2c 4 1",
                "ntp.mode s2c 6 1",
            ]
        );
        assert_eq!(probe(&Ntp, Transport::Udp, true, &ask), Probe::Yes);
        assert_eq!(probe(&Ntp, Transport::Udp, false, &ask), Probe::No);
        assert_eq!(probe(&Ntp, Transport::Udp, true, &ask[..40]), Probe::No);
    }
}
