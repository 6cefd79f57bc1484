//! SSH: software, version and the messages of the key exchange; the rest is encrypted and passed over.
//! Sources: RFC 4253 (transport), RFC 4250 (numbers).

use super::lines;
use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{be32, byte};
use model::observation::Direction;
use model::{Attribute, Text};

/// The protocol.
pub(super) struct Ssh;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ssh",
    title: "SSH",
    tcp: &[22, 830],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 4253; RFC 4250",
    operations: &[],
};

/// Messages that are not encrypted, by number.
static MESSAGE: Counter = Counter { protocol: "ssh", name: "message" };

/// RFC 4253 §12: the keys are taken into use, what follows is encrypted.
const NEW_KEYS: u8 = 21;
/// RFC 4253 §6.1 asks for at least 35000; implementations allow 256 KiB.
const PACKET_MAX: usize = 256 * 1024;
/// Lines a server may send before its version (RFC 4253 §4.2 gives no number).
const LINES_MAX: u8 = 50;

impl Protocol for Ssh {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        const BANNER: &[u8] = b"SSH-";
        let n = head.len().min(BANNER.len());
        match head.get(..n) == BANNER.get(..n) {
            true if n == BANNER.len() => Probe::when(byte(head, n).is_none_or(|b| b.is_ascii_digit())),
            true => Probe::More,
            false => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<SshSession>::default()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Next {
    #[default]
    Banner,
    Packets,
    Encrypted,
}

#[derive(Default)]
struct Way {
    next: Next,
    lines: u8,
}

/// Whether bytes begin with a banner.
pub(super) fn is_banner(data: &[u8]) -> bool {
    data.starts_with(b"SSH-") && byte(data, 4).is_some_and(|b| b.is_ascii_digit())
}

/// One connection.
#[derive(Default)]
pub(super) struct SshSession {
    ways: [Way; 2],
}

impl Session for SshSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(way) = self.ways.get_mut(usize::from(input.direction == Direction::ToClient)) else {
            return Progress::Lost;
        };
        match way.next {
            Next::Banner => way.banner(&input, emit),
            Next::Packets => way.packet(&input, emit),
            Next::Encrypted => Progress::Took(usize::MAX),
        }
    }
}

impl Way {
    /// RFC 4253 §4.2: `SSH-protoversion-softwareversion SP comments`.
    fn banner(&mut self, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let (line, took) = match lines::first(input) {
            Ok(line) => line,
            Err(progress) => return progress,
        };
        let Some(rest) = line.strip_prefix(b"SSH-") else {
            self.lines += 1;
            return if self.lines > LINES_MAX { Progress::Lost } else { Progress::Took(took) };
        };
        emit.text(Whom::Sender, Attribute::Software, line, "ssh.protocol");
        let version = rest.split(|&b| b == b'-').next().unwrap_or_default();
        let name = Text::new(&format!("SSH {}", Text::from_wire(version)));
        emit.identity(Whom::Sender, Attribute::ProtocolVersion, name, version, "ssh.protocol");
        // Version 1 has packets of another form (draft-ylonen-ssh-protocol-00); it was encrypted, badly.
        self.next =
            if version.starts_with(b"1.") && version != b"1.99" { Next::Encrypted } else { Next::Packets };
        if self.next == Next::Encrypted {
            emit.encrypted();
        }
        Progress::Took(took)
    }

    /// RFC 4253 §6: length, padding length, message.
    fn packet(&mut self, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let (Some(length), Some(code)) = (be32(input.data, 0), byte(input.data, 5)) else {
            return if input.cut { Progress::Took(input.data.len()) } else { Progress::Need(6) };
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // 1 to 19 transport, 20 and 21 key exchange, 30 to 49 its method (RFC 4250 §4.1.2).
        if !(2..=PACKET_MAX).contains(&length) || !matches!(code, 1..=21 | 30..=49) {
            self.next = Next::Encrypted;
            emit.encrypted();
            return Progress::Took(usize::MAX);
        }
        emit.count(&MESSAGE, code);
        if code == NEW_KEYS {
            self.next = Next::Encrypted;
            emit.encrypted();
        }
        Progress::Took(length + 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banners_are_recognised() {
        let hint = Hint {
            transport: model::Transport::Tcp,
            from_port: 40_000,
            to_port: 2022,
            ethertype: 0,
            usual: false,
            from_start: true,
        };
        for (head, expected) in [
            (&b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"[..], Probe::Yes),
            (b"SS", Probe::More),
            (b"SSH-x", Probe::No),
            (b"SMB", Probe::No),
        ] {
            assert_eq!(Ssh.probe(head, &hint), expected);
        }
    }
}
