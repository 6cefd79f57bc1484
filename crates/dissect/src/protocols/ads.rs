//! Beckhoff ADS in AMS/TCP: variables, states, notifications, device information, files of the system service.
//! Sources: Beckhoff InfoSys "TwinCAT ADS/AMS Specification" (AMS/TCP packet; commands) and "ADS device documentation" (index groups).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, le16, le32};
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Ads;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ads",
    title: "Beckhoff ADS",
    tcp: &[48898],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "Beckhoff InfoSys, TwinCAT ADS/AMS Specification",
    operations: &[&OPERATIONS],
};

static COMMAND: Counter = Counter { protocol: "ads", name: "command" };

/// AMS/TCP header: two reserved octets, length of what follows.
const TCP_HEADER: usize = 6;
/// AMS header: target and source with their ports, command, state flags, length, error, invocation.
const AMS_HEADER: usize = 32;
/// Longest packet that is believed.
const LENGTH_MAX: u32 = 0x40_0000;
/// State flags: an answer; always an ADS command.
const ANSWER: u16 = 0x0001;
const ADS_COMMAND: u16 = 0x0004;
/// Requests that wait for their answer, of those that are told apart by their index group.
const OPEN_MAX: usize = 16;

/// Commands (AMS header, command id).
mod command {
    pub(super) const READ_DEVICE_INFO: u16 = 1;
    pub(super) const READ: u16 = 2;
    pub(super) const WRITE: u16 = 3;
    pub(super) const WRITE_CONTROL: u16 = 5;
    pub(super) const READ_WRITE: u16 = 9;
}

/// Length of the AMS packet, when the headers agree with each other.
fn lengths(head: &[u8]) -> Option<u32> {
    let length = le32(head, 2)?;
    let fits = le16(head, 0)? == 0 && (32..=LENGTH_MAX).contains(&length);
    let command = le16(head, TCP_HEADER + 16);
    let flags = le16(head, TCP_HEADER + 18);
    let data = le32(head, TCP_HEADER + 20);
    let agrees = command.is_none_or(|c| c <= 9)
        && flags.is_none_or(|f| f & ADS_COMMAND != 0 && f & 0xfe00 == 0)
        && data.is_none_or(|d| d.checked_add(32) == Some(length));
    (fits && agrees).then_some(length)
}

impl Protocol for Ads {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Both lengths agree, the command is known, the flags are those of a command. A NetId of zeros is nobody's.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        let Some(start) = head.get(..TCP_HEADER + 24) else {
            let so_far =
                head.iter().take(2).all(|&b| b == 0) && (head.len() < TCP_HEADER || lengths(head).is_some());
            return if so_far { Probe::More } else { Probe::No };
        };
        let named = [6, 14].iter().all(|&at| start.get(at..at + 6).is_some_and(|id| id != [0; 6]));
        let command = le16(start, TCP_HEADER + 16).is_some_and(|c| c != 0);
        Probe::when(named && command && lengths(start).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

/// One connection: requests that wait, and which devices were told.
#[derive(Default)]
struct Talk {
    open: Vec<(u32, u32)>,
    told: [Option<[u8; 6]>; 2],
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if input.data.len() < TCP_HEADER {
            return Progress::Need(TCP_HEADER);
        }
        let (Some(0), Some(length)) = (le16(input.data, 0), le32(input.data, 2)) else {
            return Progress::Lost;
        };
        if length > LENGTH_MAX {
            return Progress::Lost;
        }
        let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(TCP_HEADER);
        // What a large read or write carries is of no interest: its head suffices.
        let enough = whole.min(TCP_HEADER + AMS_HEADER + 64);
        if input.data.len() < enough && !input.cut {
            return Progress::Need(enough);
        }
        let body = input.data.get(TCP_HEADER..whole).or(input.data.get(TCP_HEADER..)).unwrap_or_default();
        if length >= 32 && self.packet(body, emit).is_err() && !input.cut {
            emit.malformed();
        }
        Progress::Took(whole)
    }
}

impl Talk {
    fn packet(&mut self, packet: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(packet);
        r.skip(8)?;
        let source = r.take(6)?;
        r.skip(2)?;
        let (command, flags) = (r.u16_le()?, r.u16_le()?);
        let length = r.u32_le()?;
        let (error, invoke) = (r.u32_le()?, r.u32_le()?);
        let answer = flags & ANSWER != 0;
        // A notification is sent unasked by the device.
        const NOTIFICATION: u16 = 8;
        emit.client_is_sender(answer == (command == NOTIFICATION));
        emit.count(&COMMAND, command);
        self.device(source, answer, emit);
        if !answer {
            let code = request(command, &r);
            if code != u32::from(command) {
                if self.open.len() >= OPEN_MAX {
                    self.open.remove(0);
                }
                self.open.push((invoke, code));
            }
            emit.operation(&OPERATIONS, code, Phase::Request);
            return Ok(());
        }
        let at =
            self.open.iter().position(|(waiting, code)| *waiting == invoke && code & 0xff == command.into());
        let code = at.map_or(u32::from(command), |at| self.open.swap_remove(at).1);
        let failed = error != 0 || length >= 4 && le32(r.rest(), 0).is_some_and(|result| result != 0);
        emit.operation(&OPERATIONS, code, if failed { Phase::Error } else { Phase::Response });
        if command == command::READ_DEVICE_INFO && !failed && length >= 24 {
            device_info(&mut r, emit)?;
        }
        Ok(())
    }

    /// The NetId of the sender, told once for each side.
    fn device(&mut self, source: &[u8], answer: bool, emit: &mut Emit<'_>) {
        let Some(id) = source.first_chunk::<6>() else { return };
        if let Some(told) = self.told.get_mut(usize::from(answer))
            && *told != Some(*id)
        {
            *told = Some(*id);
            let [a, b, c, d, e, f] = id;
            let text = Text::new(&format!("{a}.{b}.{c}.{d}.{e}.{f}"));
            emit.identity(Whom::Sender, Attribute::StationAddress, text, source, "ams.sendernetid");
        }
    }
}

/// What a control of the state asks for, by the state it names (InfoSys, "ADSSTATE"): reset and shutdown are restarts, run, stop and config
/// are modes.
fn control(r: &Reader<'_>) -> u32 {
    const RESET: u16 = 2;
    const SHUTDOWN: u16 = 12;
    let plain = u32::from(command::WRITE_CONTROL);
    match le16(r.rest(), 0) {
        Some(RESET | SHUTDOWN) => plain | RESTART,
        _ => plain,
    }
}

/// The code of a request: some index groups mean something else than a variable ("ADS device documentation").
fn request(command: u16, r: &Reader<'_>) -> u32 {
    let plain = u32::from(command);
    if command == command::WRITE_CONTROL {
        return control(r);
    }
    if !matches!(command, command::READ | command::WRITE | command::READ_WRITE) {
        return plain;
    }
    match le32(r.rest(), 0) {
        // System service: open, close, read, write, seek, tell, delete, rename and find files; start a process.
        Some(120..=139) => plain | FILE,
        Some(400) => plain | TIME_SERVICE,
        Some(500) => plain | START_PROCESS,
        // The NetId of the controller; its routes: one more, one less.
        Some(600 | 801 | 802) => plain | ROUTES,
        // Several reads, writes, or both, or notifications, in one.
        Some(0xf080 | 0xf083 | 0xf084) => plain | SUM_READ,
        Some(0xf081 | 0xf082) => plain | SUM_WRITE,
        Some(0xf085 | 0xf086) => plain | SUM_NOTIFICATION,
        // Symbols by name, their information and upload.
        Some(0xf003 | 0xf007 | 0xf009..=0xf00f) => plain | SYMBOL,
        _ => plain,
    }
}

/// Result, version, revision, build, name (command 1, answer).
fn device_info(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    r.skip(4)?;
    let version = r.take(4)?;
    let name = r.take(16)?;
    let name = name.split(|&b| b == 0).next().unwrap_or_default();
    emit.text(Whom::Sender, Attribute::Product, name, "ams.ads_devicename");
    if let (&[major, minor, ..], Some(build)) = (version, le16(version, 2)) {
        let text = Text::new(&format!("{major}.{minor}.{build}"));
        // Of the service that answers; on these controllers all of them come with one TwinCAT.
        emit.claim(Whom::Sender, Attribute::Firmware, text, version, "ams.ads_version", Confidence::LIKELY);
    }
    Ok(())
}

/// Added to a command by what its index group means.
const FILE: u32 = 0x100;
const START_PROCESS: u32 = 0x200;
const SUM_READ: u32 = 0x300;
const SUM_WRITE: u32 = 0x400;
const SYMBOL: u32 = 0x500;
const TIME_SERVICE: u32 = 0x600;
const ROUTES: u32 = 0x700;
const SUM_NOTIFICATION: u32 = 0x800;
const RESTART: u32 = 0x900;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Commands ("AMS header", command id), some by their index group.
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("read_device_info", 1, Class::Discovery),
        op("read", 2, Class::Read),
        op("write", 3, Class::Write),
        op("read_state", 4, Class::Diagnostic),
        op("write_control", 5, Class::ModeChange),
        op("add_notification", 6, Class::Session),
        op("delete_notification", 7, Class::Session),
        op("notification", 8, Class::Read),
        op("read_write", 9, Class::Read),
        op("file_read", FILE | 2, Class::File),
        op("file_write", FILE | 3, Class::File),
        op("file", FILE | 9, Class::File),
        op("start_process", START_PROCESS | 3, Class::Command),
        op("sum_read", SUM_READ | 9, Class::Read),
        op("sum_write", SUM_WRITE | 9, Class::Write),
        op("symbol_read", SYMBOL | 2, Class::Discovery),
        op("symbol_write", SYMBOL | 3, Class::Write),
        op("symbol_by_name", SYMBOL | 9, Class::Discovery),
        op("time_read", TIME_SERVICE | 2, Class::Time),
        op("time_write", TIME_SERVICE | 3, Class::Time),
        op("routes_read", ROUTES | 2, Class::Discovery),
        op("routes_write", ROUTES | 3, Class::Configuration),
        op("sum_notification", SUM_NOTIFICATION | 9, Class::Session),
        op("write_control_restart", RESTART | 5, Class::Restart),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex};
    use model::Transport;

    #[test]
    fn recognition() {
        let hint = Hint {
            transport: Transport::Tcp,
            from_port: 50_000,
            to_port: 5000,
            ethertype: 0,
            usual: false,
            from_start: true,
        };
        let head = b"\0\0\x20\0\0\0\x05\x01\xcc\xa0\x01\x01\x21\x03\xc0\xa8\x01\x07\x01\x01\x01\x80\x01\0\x04\0\0\0\0\0\0\0\0\0\x01\0\0\0";
        assert_eq!(Ads.probe(head, &hint), Probe::Yes);
        assert_eq!(Ads.probe(&head[..20], &hint), Probe::More);
        assert_eq!(Ads.probe(&[0; 40], &hint), Probe::No);
        assert_eq!(Ads.probe(b"GET / HTTP/1.1", &hint), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    /// AMS/TCP header, AMS header between 5.1.204.160.1.1:801 and 192.168.1.7.1.1:32769, command, data.
    fn packet(command: u8, data: &str) -> Vec<u8> {
        let data = hex(data);
        let n = u8::try_from(data.len()).unwrap();
        let head = hex(&format!(
            "0000 {:02x}000000 0501cca00101 2103 c0a801070101 0180 {command:02x}00 0400 {n:02x}000000 00000000 01000000",
            n + 32
        ));
        [head, data].concat()
    }

    #[test]
    fn the_index_group_and_the_state_decide() {
        for (command, data, expected) in [
            (2, "05f00000 01000000 04000000", "read read"),
            (3, "20400000 00000000 01000000 01", "write write"),
            (3, "20030000 00000000 00000000", "write write"),
            (3, "21030000 00000000 00000000", "routes_write configuration"),
            (3, "90010000 01000000 00000000", "time_write time"),
            (3, "f4010000 00000000 00000000", "start_process command"),
            (9, "81f00000 01000000 00000000 00000000", "sum_write write"),
            (9, "85f00000 01000000 00000000 00000000", "sum_notification session"),
            (5, "0500 0000 00000000", "write_control mode_change"),
            (5, "0600 0000 00000000", "write_control mode_change"),
            (5, "0200 0000 00000000", "write_control_restart restart"),
            (5, "0c00 0000 00000000", "write_control_restart restart"),
        ] {
            let lines = hear(&Ads, Transport::Tcp, &[('>', &packet(command, data))]);
            let line = format!("operation {expected} 1 0 0");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }
}
