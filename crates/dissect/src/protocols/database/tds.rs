//! Microsoft SQL Server. Source: MS-TDS.

use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::ntlm::{self, Login};
use crate::reader::{Read, Reader, be16, byte, le16};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Confidence, Text};

/// The protocol.
pub(in super::super) struct Tds;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "tds",
    title: "Microsoft SQL Server",
    tcp: &[1433],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "MS-TDS",
    operations: &[],
};

/// Packets by type.
static PACKET: Counter = Counter { protocol: "tds", name: "packet" };

/// MS-TDS 2.2.3.1.1.
mod kind {
    pub(super) const RESPONSE: u8 = 4;
    pub(super) const LOGIN: u8 = 16;
    pub(super) const SSPI: u8 = 17;
    pub(super) const PRELOGIN: u8 = 18;
}

/// MS-TDS 2.2.3.1.
const HEADER: usize = 8;
/// The packets of a sign-in are read whole; of others only the header.
const WHOLE_MAX: usize = 33_000;

fn header(data: &[u8]) -> Option<(u8, usize)> {
    let (kind, status, length) = (byte(data, 0)?, byte(data, 1)?, usize::from(be16(data, 2)?));
    let known = matches!(kind, 1..=4 | 6..=8 | 14 | kind::LOGIN..=kind::PRELOGIN) && status & 0xe0 == 0;
    (known && (HEADER..=WHOLE_MAX).contains(&length) && byte(data, 7)? == 0).then_some((kind, length))
}

impl Protocol for Tds {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Elsewhere than at its port only the first packet: a PRELOGIN whose first option is the version (MS-TDS 2.2.6.5).
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        match header(head) {
            Some((kind::PRELOGIN, length)) => match head.get(HEADER..HEADER + 5) {
                Some([0, 0, _, 0, 6]) => Probe::when(length > HEADER + 6),
                Some(_) => Probe::when(hint.usual),
                None => Probe::More,
            },
            Some(_) => Probe::when(hint.usual),
            None if head.len() < HEADER
                && (hint.usual || byte(head, 0).is_none_or(|k| k == kind::PRELOGIN)) =>
            {
                Probe::More
            }
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<TdsSession>::default()
    }
}

#[derive(Default)]
struct TdsSession {
    login: Option<(Login, bool)>,
    prelogin: bool,
}

impl Session for TdsSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some((kind, length)) = header(input.data) else {
            return if input.data.len() < HEADER && !input.cut {
                Progress::Need(HEADER)
            } else if input.data.starts_with(&[0x17, 3]) {
                emit.encrypted();
                Progress::Took(usize::MAX)
            } else {
                Progress::Lost
            };
        };
        let answer = kind == kind::RESPONSE && (self.prelogin || self.login.is_some());
        let wanted = if kind >= kind::LOGIN || answer { length } else { HEADER };
        if input.data.len() < wanted && !input.cut {
            return Progress::Need(wanted);
        }
        emit.count(&PACKET, kind);
        let body = input.data.get(HEADER..wanted).or(input.data.get(HEADER..)).unwrap_or_default();
        let read = match (kind, input.direction) {
            (kind::PRELOGIN, _) if body.starts_with(&[0x16, 3]) => {
                // MS-TDS 2.2.6.5: the handshake of TLS travels in such packets.
                emit.encrypted();
                Ok(())
            }
            (kind::PRELOGIN, way) => {
                self.prelogin = way != Direction::ToClient;
                Ok(())
            }
            (kind::LOGIN, _) => self.login(body, emit),
            (kind::SSPI, _) => {
                if let Some(login) = ntlm::read(body, emit) {
                    self.ask(login, true, body, emit);
                }
                Ok(())
            }
            (kind::RESPONSE, _) if std::mem::take(&mut self.prelogin) => version(body, emit),
            (kind::RESPONSE, _) if answer => self.tokens(body, emit),
            _ => Ok(()),
        };
        if read.is_err() {
            emit.malformed();
        }
        Progress::Took(length)
    }
}

/// Options of PRELOGIN (MS-TDS 2.2.6.5): kind, offset, length; 0 is the version.
fn version(body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(body);
    if r.u8()? != 0 {
        return Ok(());
    }
    let (offset, length) = (r.u16()?, r.u16()?);
    let mut value = Reader::new(body);
    value.skip(offset.into())?;
    let witness = value.rest().get(..length.into()).unwrap_or_default();
    let (major, minor, build) = (value.u8()?, value.u8()?, value.u16()?);
    let text = Text::new(&format!("Microsoft SQL Server {major}.{minor}.{build}"));
    emit.identity(Whom::Sender, Attribute::Software, text, witness, "tds.prelogin.option.version");
    Ok(())
}

impl TdsSession {
    fn ask(&mut self, login: Login, protected: bool, witness: &[u8], emit: &mut Emit<'_>) {
        emit.sign_in(login.name.clone(), login.mechanism, protected, None, witness);
        self.login = Some((login, protected));
    }

    /// LOGIN7 (MS-TDS 2.2.6.4): offsets and lengths in characters of host, user, password, application, server. The password is only
    /// disguised there, not encrypted.
    fn login(&mut self, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let field = |at: usize| {
            let (offset, length) = (usize::from(le16(body, at)?), usize::from(le16(body, at + 2)?) * 2);
            body.get(offset..offset + length)
        };
        let (host, user, application) = (field(36), field(40), field(48));
        if let Some(host) = host {
            let (name, sure) = (Text::from_utf16le(host), Confidence::LIKELY);
            emit.claim(Whom::Sender, Attribute::Hostname, name, host, "tds.7login.clientname", sure);
        }
        if let Some(application) = application {
            let (name, sure) = (Text::from_utf16le(application), Confidence::LIKELY);
            emit.claim(Whom::Sender, Attribute::Software, name, application, "tds.7login.appname", sure);
        }
        if let Some(user) = user.filter(|u| !u.is_empty()) {
            let login = Login { name: Text::from_utf16le(user), mechanism: Mechanism::Username };
            self.ask(login, false, user, emit);
        }
        Ok(())
    }

    /// Tokens of the answer (MS-TDS 2.2.4): those before the verdict have a length of two bytes.
    fn tokens(&mut self, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        const ERROR: u8 = 0xaa;
        const INFORMATION: u8 = 0xab;
        const LOGIN_ACCEPTED: u8 = 0xad;
        const ENVIRONMENT: u8 = 0xe3;
        const SSPI: u8 = 0xed;
        let mut r = Reader::new(body);
        while let Ok(token) = r.u8() {
            if !matches!(token, ERROR | INFORMATION | LOGIN_ACCEPTED | ENVIRONMENT | SSPI) {
                return Ok(());
            }
            let length = r.u16_le()?;
            let value = r.take(length.into())?;
            match token {
                SSPI => {
                    ntlm::read(value, emit);
                }
                ERROR | LOGIN_ACCEPTED => {
                    if let Some((login, protected)) = self.login.take() {
                        let accepted = Some(token == LOGIN_ACCEPTED);
                        emit.sign_in(login.name, login.mechanism, protected, accepted, value);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        assert_eq!(header(&[18, 1, 0, 47, 0, 0, 1, 0]), Some((18, 47)));
        for wrong in [[5, 1, 0, 47, 0, 0, 1, 0], [18, 0xff, 0, 47, 0, 0, 1, 0], [18, 1, 0, 7, 0, 0, 1, 0]] {
            assert_eq!(header(&wrong), None);
        }
    }
}
