//! Asset lists and configuration management databases, read and written: spreadsheets, NetBox, ServiceNow, JSON over HTTP.
//!
//! An integration is pure about the network: a [`Dialogue`] says what to send and reads what came back; [`crate::transport`] does the
//! sending. So each is tested with recorded replies. What is written comes from `posture::reconcile::plan` and nothing else is; no
//! integration can delete.

pub mod csv;
pub mod json;
pub mod mapping;
pub mod netbox;
mod script;
pub mod servicenow;
mod table;
mod xlsx;

pub(crate) use table::decode as decode_text;

use model::Text;
use model::cmdb::{Change, Field, Record, Target};
use serde_json::Value;
use std::collections::BTreeMap;

/// Records read from one system at most.
pub const RECORDS_MAX: usize = 1_000_000;
/// Requests of one dialogue at most: a server that always has a next page is not followed for ever.
pub const REQUESTS_MAX: usize = 200_000;

/// Why a system or a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file says something that cannot be; nothing of it is taken. All that is wrong, one line each.
    #[error("{}", .0.join("\n"))]
    Malformed(Vec<String>),
    /// The server refused; with what it said.
    #[error("{0}")]
    Refused(String),
    /// An answer does not look as documented.
    #[error("{0}")]
    Unexpected(String),
    /// The server could not be reached, or did not answer in time.
    #[error("{0}")]
    Unreachable(String),
}

impl Error {
    pub(crate) fn one(what: impl Into<String>) -> Self {
        Self::Malformed(vec![what.into()])
    }
}

/// Verbs that are used. There is none that deletes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Read.
    Get,
    /// Make.
    Post,
    /// Change the named fields.
    Patch,
}

impl Method {
    /// As HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// What to send.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    /// Verb.
    pub method: Method,
    /// Path and query, below the address of the system; begins with a slash.
    pub path: String,
    /// JSON, for what is not read.
    pub body: Option<Value>,
    /// Sending it twice does what sending it once does.
    pub repeatable: bool,
}

impl Request {
    /// Reads.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), body: None, repeatable: true }
    }

    /// Makes something.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::Post, path: path.into(), body: Some(body), repeatable: false }
    }

    /// Changes something.
    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::Patch, path: path.into(), body: Some(body), repeatable: true }
    }
}

/// What came back.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers that are looked at, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, bounded by the transport.
    pub body: Vec<u8>,
}

/// Longest piece of a server's words that is shown, in characters.
const SAID_MAX: usize = 300;

impl Reply {
    /// The body as JSON.
    ///
    /// # Errors
    /// It is none, or the status is no success; with what the server said.
    pub fn json(&self, asked: &Request) -> Result<Value, Error> {
        if !(200..300).contains(&self.status) {
            return Err(Error::Refused(self.refusal(asked)));
        }
        serde_json::from_slice(&self.body)
            .map_err(|e| Error::Unexpected(format!("{}: the answer is no JSON: {e}", named(asked))))
    }

    /// Why the server refused, in one line.
    pub fn refusal(&self, asked: &Request) -> String {
        let why = match self.status {
            300..=399 => "the server sends elsewhere, which is not followed: give the address it sends to",
            401 | 403 => "the token is missing, wrong, or may not do this",
            404 => "there is no such thing: is the address that of the system?",
            _ => "the server refused",
        };
        let said: String =
            String::from_utf8_lossy(&self.body).split_whitespace().collect::<Vec<_>>().join(" ");
        let said: String = said.chars().take(SAID_MAX).collect();
        format!("{}: status {}, {why}. It said: {said}", named(asked), self.status)
    }
}

fn named(request: &Request) -> String {
    let path: String = request.path.chars().take(SAID_MAX).collect();
    format!("{} {path}", request.method.as_str())
}

/// The next move of a dialogue.
#[derive(Debug)]
pub enum Step<T> {
    /// Send this, and come back with the reply.
    Send(Request),
    /// Nothing more to send.
    Done(T),
}

/// A sequence of requests in which replies decide what comes next.
pub trait Dialogue {
    /// What it ends with.
    type Out;

    /// Takes the reply to the request before (`None` at the start) and says what comes next.
    ///
    /// # Errors
    /// The dialogue cannot go on.
    fn next(&mut self, reply: Option<Reply>) -> Result<Step<Self::Out>, Error>;
}

/// Leads a dialogue to its end; `send` does the sending.
///
/// # Errors
/// Those of the dialogue and of `send`.
pub fn lead<T>(
    dialogue: &mut (impl Dialogue<Out = T> + ?Sized),
    send: &mut dyn FnMut(&Request) -> Result<Reply, Error>,
) -> Result<T, Error> {
    let mut reply = None;
    for _ in 0..REQUESTS_MAX {
        match dialogue.next(reply.take())? {
            Step::Send(request) => reply = Some(send(&request)?),
            Step::Done(out) => return Ok(out),
        }
    }
    Err(Error::Unexpected(format!("more than {REQUESTS_MAX} requests: the server's pages do not end")))
}

/// What became of changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pushed {
    /// Done, one line each.
    pub done: Vec<String>,
    /// Not done, and why, one line each.
    pub refused: Vec<String>,
}

/// A system of record behind a network.
pub trait Cmdb {
    /// The word on the command line.
    fn kind(&self) -> &'static str;

    /// How a token is shown to the server: header and value.
    fn authorization(&self, token: &str) -> (String, String);

    /// Reads all records.
    fn read(&self) -> Box<dyn Dialogue<Out = Vec<Record>>>;

    /// Writes changes, or asks the server what they would do where it can tell (`dry_run`). One that is refused does not stop the
    /// others.
    ///
    /// # Errors
    /// The system cannot be written at all, or not with these settings.
    fn push(&self, changes: Vec<Change>, dry_run: bool) -> Result<Box<dyn Dialogue<Out = Pushed>>, Error>;
}

/// The changes to one target, by field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Work {
    pub(crate) target: Target,
    pub(crate) fields: BTreeMap<Field, Change>,
}

impl Work {
    /// Changes grouped by target, in the order in which the targets come.
    pub(crate) fn of(changes: Vec<Change>) -> Vec<Self> {
        let mut order: BTreeMap<Target, usize> = BTreeMap::new();
        let mut all: Vec<Self> = Vec::new();
        for change in changes {
            let at = *order.entry(change.target.clone()).or_insert(all.len());
            if at == all.len() {
                all.push(Self { target: change.target.clone(), fields: BTreeMap::new() });
            }
            if let Some(work) = all.get_mut(at) {
                work.fields.insert(change.field, change);
            }
        }
        all
    }

    /// The new value of a field.
    pub(crate) fn after(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).map(|change| change.after.as_str())
    }

    /// What the target is called in messages.
    pub(crate) fn title(&self) -> String {
        match &self.target {
            Target::Record(id) => format!("record {id}"),
            Target::New(asset) => match self.after(Field::Name) {
                Some(name) => format!("new record {name}"),
                None => format!("new record for {asset}"),
            },
        }
    }
}

/// Text of a JSON value that holds one: strings, numbers, booleans.
pub(crate) fn text_of(value: &Value) -> Option<Text> {
    let text = match value {
        Value::String(text) => Text::new(text),
        Value::Number(number) => Text::new(&number.to_string()),
        Value::Bool(flag) => Text::new(if *flag { "true" } else { "false" }),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A value within a query: everything but unreserved characters escaped (RFC 3986 section 2.3).
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
