//! A connection to a directory that the user named: LDAP over TLS, or plain with StartTLS, or plain on loopback.
//!
//! The certificate is always checked. Bounded: the time of connecting and of each answer, the size of a message.

use super::{certificate_bytes, read_file};
use crate::cmdb::Error;
use crate::directory::pull::Wire;
use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::LdapMsg;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::codec::{Decoder as _, Encoder as _};

/// Largest message, in bytes: a group with some ten thousand members.
const MESSAGE_BYTES_MAX: usize = 8 << 20;
/// Deepest nesting of a message; an entry has six levels, a control in an answer fewer.
const DEPTH_MAX: usize = 16;
/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// How to reach a directory.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address: `ldaps://host[:port]` or `ldap://host[:port]`.
    pub url: String,
    /// The connection goes over to TLS before anything else is sent.
    pub start_tls: bool,
    /// PEM file with the certificates of who may vouch for it; `None` for the public ones (Mozilla's list).
    pub ca: Option<PathBuf>,
    /// Connecting, and each answer, take at most this long.
    pub timeout: Duration,
}

/// Where a directory is.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Address {
    host: String,
    port: u16,
    tls: bool,
}

impl Address {
    /// # Errors
    /// It is no such address, holds more than host and port, or would send a password that everybody on the way can read.
    fn parse(url: &str, start_tls: bool) -> Result<Self, String> {
        let wrong = || "this is no address of a directory: ldaps://host or ldap://host".to_owned();
        let (scheme, rest) = url.trim().split_once("://").ok_or_else(wrong)?;
        let rest = rest.trim_end_matches('/');
        let (tls, usual) = match scheme.to_ascii_lowercase().as_str() {
            "ldaps" => (true, 636),
            "ldap" => (false, 389),
            _ => return Err(wrong()),
        };
        if rest.contains(['/', '?', '#', '@']) {
            return Err(
                "the address is more than a host and a port: say the rest by --base, --bind-dn and --filter"
                    .into(),
            );
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong())?)
            }
            _ => (rest, usual),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(wrong());
        }
        if tls && start_tls {
            return Err(
                "ldaps:// is under TLS from its first byte: leave --start-tls out, or use ldap://".into()
            );
        }
        let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if !tls && !start_tls && !loopback {
            return Err(
                "over plain ldap everybody on the way would read the password: use ldaps:// or --start-tls"
                    .into(),
            );
        }
        Ok(Self { host, port, tls })
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// On the way from one to the other, or broken.
    Gone,
}

impl Stream {
    fn socket(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(socket) => Some(socket),
            Self::Tls(stream) => Some(stream.get_ref()),
            Self::Gone => None,
        }
    }

    fn both(&mut self) -> io::Result<&mut dyn ReadWrite> {
        match self {
            Self::Plain(socket) => Ok(socket),
            Self::Tls(stream) => Ok(stream.as_mut()),
            Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

/// A connection.
pub struct Connection {
    address: Address,
    config: Arc<ClientConfig>,
    stream: Stream,
    codec: LdapCodec,
    buffer: BytesMut,
    timeout: Duration,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects; under TLS at once where the address says so.
    ///
    /// # Errors
    /// The address or the certificates cannot be used, nobody answers there, or the server's certificate is not vouched for.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let address = Address::parse(&settings.url, settings.start_tls).map_err(Error::one)?;
        let config = Arc::new(tls(settings).map_err(Error::one)?);
        let socket = connect(&address, settings.timeout)?;
        let mut connection = Self {
            config,
            stream: Stream::Plain(socket),
            codec: LdapCodec::new(Some(MESSAGE_BYTES_MAX), Some(DEPTH_MAX)),
            buffer: BytesMut::new(),
            timeout: settings.timeout,
            address,
        };
        if connection.address.tls {
            connection.secure()?;
        }
        Ok(connection)
    }

    fn told(&self, what: impl fmt::Display) -> Error {
        Error::Unreachable(format!("{}:{}: {what}", self.address.host, self.address.port))
    }

    fn failed(&self, error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.told("no answer within the time"),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                self.told("the connection broke off")
            }
            io::ErrorKind::InvalidData => self.told(format!("no secure connection: {error}")),
            _ => self.told(error),
        }
    }

    /// The next bytes, within what is left of the time.
    fn more(&mut self, until: Instant) -> io::Result<usize> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if let Some(socket) = self.stream.socket() {
            socket.set_read_timeout(Some(left))?;
        }
        let mut chunk = [0; CHUNK];
        let read = self.stream.both()?.read(&mut chunk)?;
        self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl Wire for Connection {
    fn send(&mut self, message: LdapMsg) -> Result<(), Error> {
        let mut bytes = BytesMut::new();
        let sent = self.codec.encode(message, &mut bytes).and_then(|()| {
            let stream = self.stream.both()?;
            stream.write_all(&bytes)?;
            stream.flush()
        });
        sent.map_err(|e| self.failed(&e))
    }

    fn receive(&mut self) -> Result<LdapMsg, Error> {
        let until = Instant::now() + self.timeout;
        loop {
            match self.codec.decode(&mut self.buffer) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(e) if e.kind() == io::ErrorKind::OutOfMemory => {
                    return Err(Error::Unexpected(format!(
                        "an answer is larger than {} MiB",
                        MESSAGE_BYTES_MAX >> 20
                    )));
                }
                Err(_) => return Err(Error::Unexpected("the answer is no LDAP".into())),
            }
            match self.more(until) {
                Ok(0) => return Err(self.told("the connection broke off")),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed(&e)),
            }
        }
    }

    fn secure(&mut self) -> Result<(), Error> {
        // What came before the handshake was said by anybody (RFC 4513, 3.1.1, warns of it).
        if !self.buffer.is_empty() {
            return Err(Error::Unexpected("the directory says more before the connection is secure".into()));
        }
        let name = ServerName::try_from(self.address.host.clone());
        let name = name.map_err(|_| self.told("this is no name of a host"))?;
        let client = ClientConnection::new(Arc::clone(&self.config), name);
        let client = client.map_err(|e| self.told(format!("no secure connection: {e}")))?;
        let Stream::Plain(socket) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err(self.told("the connection is secure already"));
        };
        let mut stream = StreamOwned::new(client, socket);
        // Shakes hands now, so that a wrong certificate is told before anything is sent.
        let shaken = stream.conn.complete_io(&mut stream.sock);
        shaken.map_err(|e| self.failed(&e))?;
        self.stream = Stream::Tls(Box::new(stream));
        Ok(())
    }
}

fn connect(address: &Address, timeout: Duration) -> Result<TcpStream, Error> {
    let told = |what: String| Error::Unreachable(format!("{}:{}: {what}", address.host, address.port));
    let found = (address.host.as_str(), address.port).to_socket_addrs();
    let found = found.map_err(|_| told("there is no host of that name".into()))?;
    let mut last = told("there is no host of that name".into());
    for place in found.take(4) {
        match TcpStream::connect_timeout(&place, timeout) {
            Ok(socket) => {
                let set = socket.set_read_timeout(Some(timeout)).and(socket.set_write_timeout(Some(timeout)));
                return set.map(|()| socket).map_err(|e| told(e.to_string()));
            }
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
                last = told("nobody listens there: the connection was refused".into());
            }
            Err(e) if e.kind() == io::ErrorKind::TimedOut => {
                last = told("no connection within the time".into())
            }
            Err(e) => last = told(e.to_string()),
        }
    }
    Err(last)
}

fn tls(settings: &Settings) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match &settings.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let pem = read_file(path, super::CA_BYTES_MAX);
            let pem = pem.map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            for der in certificate_bytes(path, &pem)? {
                let added = roots.add(CertificateDer::from(der));
                added.map_err(|e| format!("{}: a certificate in it cannot be used: {e}", path.display()))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(config.map_err(|e| e.to_string())?.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_directories() {
        let parse = |url| Address::parse(url, false).map(|a| (a.host, a.port, a.tls));
        assert_eq!(parse("ldaps://dc1.plant.example"), Ok(("dc1.plant.example".into(), 636, true)));
        assert_eq!(parse("LDAPS://10.0.0.1:3269/"), Ok(("10.0.0.1".into(), 3269, true)));
        assert_eq!(parse("ldap://127.0.0.1:3890"), Ok(("127.0.0.1".into(), 3890, false)));
        assert_eq!(parse("ldaps://[fd00::1]:6360"), Ok(("fd00::1".into(), 6360, true)));
        assert_eq!(parse("ldap://[::1]"), Ok(("::1".into(), 389, false)));
        for (url, what) in [
            ("dc1", "no address"),
            ("https://dc1", "no address"),
            ("ldaps://", "no address"),
            ("ldaps://dc1:x", "no address"),
            ("ldap://dc1", "read the password"),
            ("ldaps://jo:secret@dc1", "more than a host"),
            ("ldaps://dc1/dc=plant??sub", "more than a host"),
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.contains(what), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(Address::parse("ldap://dc1", true).is_ok());
        assert!(Address::parse("ldaps://dc1", true).is_err());
    }
}
