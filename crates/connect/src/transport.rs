//! The only place that opens connections: HTTP here, directories in [`ldap`]; to systems that the user named, never to a watched network.
//!
//! Bounded in everything: time of a call, bytes of a body, repetitions, waiting. The secret goes into one header of requests to one
//! server; it is in no address, no message and no debug output. Redirects are not followed, so the secret goes nowhere else.
//! Sources: RFC 9110 sections 9.2.2 (idempotent methods), 10.2.3 (Retry-After); RFC 6585 section 4 (status 429).

pub mod ldap;

use crate::cmdb::{Error, Method, Reply, Request};
use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime};
use ureq::http;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

/// Longest body that is read, in bytes.
pub const BODY_BYTES_MAX: u64 = 32 << 20;
/// Longest file with a secret, in bytes.
const SECRET_BYTES_MAX: u64 = 16 << 10;
/// Largest file with certificates, in bytes.
const CA_BYTES_MAX: u64 = 4 << 20;

/// A secret that is shown by nothing.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// From text; blanks around it are not part of it.
    ///
    /// # Errors
    /// It is empty, or has characters that no header can carry.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("the secret is empty".into());
        }
        if !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err("the secret has characters other than printable ASCII".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// From an environment variable.
    ///
    /// # Errors
    /// It is not set, or as [`Self::new`]. Never the value.
    pub fn from_env(name: &str) -> Result<Self, String> {
        let value = std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?;
        Self::new(&value).map_err(|e| format!("{name}: {e}"))
    }

    /// From a file.
    ///
    /// # Errors
    /// It cannot be read, or as [`Self::new`]. Never the value.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let bytes = read_file(path, SECRET_BYTES_MAX).map_err(|e| format!("cannot read {name}: {e}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is no text"))?;
        Self::new(&text).map_err(|e| format!("{name}: {e}"))
    }

    /// A password: any text on one line; the line's end alone is no part of it.
    ///
    /// # Errors
    /// It is empty (RFC 4513, 5.1.2: a server would take that for nobody), or has more than one line.
    fn password(text: &str) -> Result<Self, String> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        match text {
            "" => Err("the password is empty".into()),
            _ if text.contains(['\n', '\r', '\0']) => Err("the password has more than one line".into()),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// A password from an environment variable.
    ///
    /// # Errors
    /// It is not set, empty, or of more than one line. Never the value.
    pub fn password_from_env(name: &str) -> Result<Self, String> {
        let value = std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?;
        Self::password(&value).map_err(|e| format!("{name}: {e}"))
    }

    /// A password from a file.
    ///
    /// # Errors
    /// It cannot be read, is no text, empty, or of more than one line. Never the value.
    pub fn password_from_file(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let bytes = read_file(path, SECRET_BYTES_MAX).map_err(|e| format!("cannot read {name}: {e}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is no text"))?;
        Self::password(&text).map_err(|e| format!("{name}: {e}"))
    }

    /// The secret itself, for the header it goes into.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn read_file(path: &Path, max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(std::io::Error::other(format!("it is larger than {max} bytes")));
    }
    Ok(bytes)
}

/// How to reach a system.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address: `https://host[:port][/path]`. Plain `http` is for loopback only, where nobody listens.
    pub url: String,
    /// PEM file with the certificates of who may vouch for it; `None` for the public ones (Mozilla's list).
    pub ca: Option<std::path::PathBuf>,
    /// A call takes at most this long.
    pub timeout: Duration,
    /// A call is made at most this often.
    pub tries: u32,
    /// Longest wait between two of them.
    pub wait_max: Duration,
}

impl Settings {
    /// 30 seconds a call, five tries, at most a minute between them.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ca: None,
            timeout: Duration::from_secs(30),
            tries: 5,
            wait_max: Duration::from_secs(60),
        }
    }
}

/// A client of one system.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    header: Option<(http::HeaderName, http::HeaderValue)>,
    settings: Settings,
    sleep: Box<dyn FnMut(Duration)>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that shows this header (of [`crate::cmdb::Cmdb::authorization`]) to the system.
    ///
    /// # Errors
    /// The address is none, is neither TLS nor loopback, or holds a password; the certificates cannot be read.
    pub fn new(settings: Settings, authorization: Option<(String, String)>) -> Result<Self, String> {
        let base = checked(&settings.url)?;
        let roots = match &settings.ca {
            None => RootCerts::WebPki,
            Some(path) => certificates(path)?,
        };
        let header = authorization.map(|(name, value)| -> Result<_, String> {
            let mut value =
                http::HeaderValue::from_str(&value).map_err(|_| "the secret cannot be a header")?;
            value.set_sensitive(true);
            let name =
                http::HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name} is no header"))?;
            Ok((name, value))
        });
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(settings.timeout))
            .timeout_connect(Some(settings.timeout.min(Duration::from_secs(10))))
            .user_agent(concat!("sightglass/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Ok(Self {
            agent: config.into(),
            base,
            header: header.transpose()?,
            settings,
            sleep: Box::new(std::thread::sleep),
        })
    }

    /// Waits in another way; for tests.
    #[must_use]
    pub fn with_sleep(mut self, sleep: impl FnMut(Duration) + 'static) -> Self {
        self.sleep = Box::new(sleep);
        self
    }

    /// Sends a request and reads the reply, whatever its status.
    ///
    /// Again after 429 and 503, which say that nothing was done, and after a connection that was refused; requests that may be repeated
    /// also after other failures of the server (5xx) or of the connection. The waiting grows from half a second to twice that each
    /// time, unless the server says how long (`Retry-After`).
    ///
    /// # Errors
    /// The server cannot be reached or does not answer in time, as often as was tried; or the body is longer than [`BODY_BYTES_MAX`].
    pub fn send(&mut self, request: &Request) -> Result<Reply, Error> {
        let mut wait = Duration::from_millis(500);
        for attempt in 1.. {
            let outcome = self.once(request);
            let again = match &outcome {
                Ok(reply) => matches!(reply.status, 429 | 503) || (reply.status >= 500 && request.repeatable),
                Err(Failure::Before(_)) => true,
                Err(Failure::Within(_)) => request.repeatable,
                Err(Failure::Final(_)) => false,
            };
            if !again || attempt >= self.settings.tries {
                return outcome.map_err(|failure| self.told(request, &failure, attempt));
            }
            let asked = outcome.ok().and_then(|reply| retry_after(&reply, SystemTime::now()));
            (self.sleep)(asked.unwrap_or(wait).min(self.settings.wait_max));
            wait = wait.saturating_mul(2);
        }
        Err(Error::Unreachable("no attempt was made".into()))
    }

    fn told(&self, request: &Request, failure: &Failure, attempts: u32) -> Error {
        let (Failure::Before(what) | Failure::Within(what) | Failure::Final(what)) = failure;
        let path: String = request.path.chars().take(200).collect();
        let tries = if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
        Error::Unreachable(format!("{} {}{path}: {what} (tried {tries})", request.method.as_str(), self.base))
    }

    fn once(&self, request: &Request) -> Result<Reply, Failure> {
        // Anything else would become part of the host's name.
        if !(request.path.is_empty() || request.path.starts_with(['/', '?'])) {
            return Err(Failure::Final("the path does not begin with a slash".into()));
        }
        let url = format!("{}{}", self.base, request.path);
        let mut builder = http::Request::builder().uri(url).method(request.method.as_str());
        builder = builder.header("accept", "application/json");
        if let Some((name, value)) = &self.header {
            builder = builder.header(name, value);
        }
        let wrong = |e: http::Error| Failure::Final(format!("no possible request: {e}"));
        let response = match &request.body {
            Some(body) if request.method != Method::Get => {
                let sent = builder.header("content-type", "application/json").body(body.to_string());
                self.agent.run(sent.map_err(wrong)?)
            }
            _ => self.agent.run(builder.body(()).map_err(wrong)?),
        };
        let mut response = response.map_err(|e| Failure::of(&e))?;
        let kept = ["link", "retry-after", "x-total-count"];
        let headers = response.headers().iter().filter(|(name, _)| kept.contains(&name.as_str()));
        let headers =
            headers.filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned()))).collect();
        let body = response.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_vec();
        Ok(Reply { status: response.status().as_u16(), headers, body: body.map_err(|e| Failure::of(&e))? })
    }
}

/// Why there is no reply; in words, without the secret.
enum Failure {
    /// Nothing was sent.
    Before(String),
    /// It may have been carried out.
    Within(String),
    /// Trying again is no use.
    Final(String),
}

impl Failure {
    fn of(error: &ureq::Error) -> Self {
        match error {
            ureq::Error::HostNotFound => Self::Before("there is no host of that name".into()),
            ureq::Error::ConnectionFailed => Self::Before("the connection failed".into()),
            ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
                Self::Before("nobody listens there: the connection was refused".into())
            }
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Self::Before("no connection within the time".into())
            }
            ureq::Error::Timeout(_) => Self::Within("no answer within the time".into()),
            ureq::Error::BodyExceedsLimit(_) => {
                Self::Final(format!("the answer is longer than {} MiB", BODY_BYTES_MAX >> 20))
            }
            ureq::Error::Rustls(e) => Self::Final(format!("no secure connection: {e}")),
            ureq::Error::Io(e) if e.get_ref().is_some_and(|e| e.is::<ureq::Error>()) => {
                Self::Within("the connection broke off".into())
            }
            ureq::Error::Io(e) => match e.to_string() {
                // rustls reports through io::Error.
                text if text.contains("certificate") => Self::Final(format!("no secure connection: {text}")),
                text => Self::Within(text),
            },
            other => Self::Within(other.to_string()),
        }
    }
}

/// Seconds, or the date from which on to try again.
fn retry_after(reply: &Reply, now: SystemTime) -> Option<Duration> {
    let text = reply.headers.get("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// The address without a slash at its end.
fn checked(url: &str) -> Result<String, String> {
    let uri: http::Uri =
        url.trim().parse().map_err(|_| "this is no address of a server: https://host/path".to_owned())?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    if authority.contains('@') {
        return Err(
            "the address holds a password, which would show in messages: use the token options".into()
        );
    }
    if uri.query().is_some() {
        return Err("the address has a query: give it without".into());
    }
    let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if loopback => {}
        Some("http") => return Err("over http everybody on the way would read the token: use https".into()),
        _ => return Err("the address must begin with https://".into()),
    }
    Ok(format!("{}://{authority}{}", uri.scheme_str().unwrap_or("https"), uri.path().trim_end_matches('/')))
}

fn certificates(path: &Path) -> Result<RootCerts, String> {
    let name = path.display();
    let pem = read_file(path, CA_BYTES_MAX).map_err(|e| format!("cannot read {name}: {e}"))?;
    let all = certificate_bytes(path, &pem)?;
    let all: Vec<Certificate<'static>> =
        all.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    Ok(RootCerts::new_with_certs(&all))
}

/// The certificates of a PEM file, as DER.
fn certificate_bytes(path: &Path, pem: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let name = path.display();
    let mut all = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => all.push(certificate.der().to_vec()),
            Ok(_) => {}
            Err(_) => return Err(format!("{name} is no PEM file")),
        }
    }
    if all.is_empty() { Err(format!("{name} holds no certificate")) } else { Ok(all) }
}

#[cfg(test)]
mod tests;
