//! What the mapping of a log may say of a line. The same acts as a dissector has: count, operate, tell who someone is.

use super::fold::{self, Importer, Source};
use super::record::Record;
use model::conversation::{ConversationKey, OperationCount};
use model::observation::{Binding, Direction, Mechanism, SignIn};
use model::{
    Attribute, CaptureId, Confidence, Evidence, Fact, Host, Name, Operation, Part, Subject, Text, Timestamp,
    Transport,
};
use std::net::{IpAddr, Ipv4Addr};

/// A log and what it means.
pub(super) struct Log {
    /// Zeek's name of it.
    pub(super) name: &'static str,
    /// The protocol of its conversations, as the dissectors name it; empty where lines tell facts only.
    pub(super) protocol: &'static str,
    /// What usually carries it, for logs that do not say.
    pub(super) carrier: Transport,
    /// Logs of one protocol that tell the same messages: the lowest rank counts.
    pub(super) rank: u8,
    /// Fields that say who someone is.
    pub(super) facts: &'static [Told],
    /// What else a line says.
    pub(super) read: fn(&mut Say<'_>),
}

/// A field that tells an attribute of someone.
pub(super) type Told = (&'static str, Whom, Attribute, Confidence);

/// Whom a field is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whom {
    /// Who opened the exchange.
    Client,
    /// Who was asked.
    Server,
    /// Who sent the message of the line.
    Sender,
    /// The host that the field `host` names.
    Host,
}

/// A message's place in an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Asks, or tells unasked.
    Request,
    /// Answers yes.
    Response,
    /// Answers no.
    Error,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) capture: CaptureId,
    pub(super) line: u64,
    pub(super) time: Timestamp,
}

/// A line that speaks.
pub(super) struct Say<'a> {
    pub(super) importer: &'a mut Importer,
    pub(super) record: &'a dyn Record,
    pub(super) log: &'static Log,
    pub(super) place: Place,
    key: Option<ConversationKey>,
    /// The first end of the line, who spoke, is the server.
    turned: bool,
    operations: Vec<(Source, OperationCount)>,
    pub(super) encrypted: bool,
    pub(super) answered: bool,
}

impl<'a> Say<'a> {
    pub(super) fn new(
        importer: &'a mut Importer,
        record: &'a dyn Record,
        log: &'static Log,
        place: Place,
    ) -> Self {
        let (key, turned) = key(importer, record, log).unzip();
        let turned = turned.unwrap_or(false);
        Self {
            importer,
            record,
            log,
            place,
            key,
            turned,
            operations: Vec::new(),
            encrypted: false,
            answered: false,
        }
    }

    /// Says what the log means by this line.
    pub(super) fn line(mut self) {
        for (field, whom, attribute, confidence) in self.log.facts {
            self.fact(*whom, *attribute, field, *confidence);
        }
        (self.log.read)(&mut self);
        self.close();
    }

    fn close(self) {
        let evidence = self.evidence("id.orig_h");
        let Some(key) = self.key else { return };
        if let Some(uid) = self.record.get("uid") {
            self.importer.name(&uid, self.log.protocol);
        }
        let answered = self.answered;
        let spoke = [(!self.turned).then_some(key.client), (self.turned || answered).then_some(key.server)];
        let mut report = fold::silent(key, self.place.time);
        (report.encrypted, report.answered) = (self.encrypted, answered);
        self.importer.add(report, evidence.clone(), self.operations);
        for host in spoke.into_iter().flatten().filter(|h| is_station(*h)) {
            self.importer.say(host.into(), fold::heard(None), evidence.clone());
        }
    }

    /// Evidence for a field of this line.
    pub(super) fn evidence(&self, field: &str) -> Evidence {
        let field = Name::owned(format!("{}.{field}", self.log.name));
        let Place { capture, line, time } = self.place;
        Evidence { capture, frame: line, time, field, bytes: None }
    }

    /// A field as text.
    pub(super) fn get(&self, field: &str) -> Option<std::borrow::Cow<'a, str>> {
        self.record.get(field)
    }

    /// Its first value of several names.
    pub(super) fn any(&self, fields: &[&'static str]) -> Option<String> {
        self.record.any(fields).map(|(_, text)| text.into_owned())
    }

    /// The message of this line goes from the server to the client.
    pub(super) fn is_reply(&self) -> bool {
        self.record.flag("is_orig") == Some(false)
    }

    /// The line is turned round: its first end is the server.
    pub(super) fn turn(&mut self) {
        if let Some(key) = &mut self.key {
            fold::turn(key, self.record.port("id.orig_p"));
            self.turned = !self.turned;
        }
    }

    /// The server listens where that protocol is usually found.
    pub(super) fn is_usual(&self) -> bool {
        let usual = |key: &ConversationKey| {
            let port = key.server_port?;
            Some(self.importer.catalogue.is_usual(self.log.protocol, key.transport, port))
        };
        self.key.as_ref().and_then(usual).unwrap_or(false)
    }

    /// The host meant.
    pub(super) fn host(&self, whom: Whom) -> Option<Host> {
        let ends = || match &self.key {
            Some(key) => Some([key.client, key.server]),
            None => self.record.ends(),
        };
        match whom {
            Whom::Client => ends().map(|[client, _]| client),
            Whom::Server => ends().map(|[_, server]| server),
            Whom::Sender => match self.record.ip("source_h") {
                Some(ip) => Some(Host::ip(ip)),
                None => ends().map(|[client, server]| if self.is_reply() { server } else { client }),
            },
            Whom::Host => self.record.ip("host").map(Host::ip),
        }
    }

    /// Tells a field as it stands.
    pub(super) fn fact(&mut self, whom: Whom, attribute: Attribute, field: &str, confidence: Confidence) {
        if let Some(text) = self.record.get(field) {
            self.tell(whom, None, attribute, Text::new(&text), field, confidence);
        }
    }

    /// Tells a value that was made out of a field.
    pub(super) fn tell(
        &mut self,
        whom: Whom,
        part: Option<Part>,
        attribute: Attribute,
        value: Text,
        field: &str,
        confidence: Confidence,
    ) {
        let Some(host) = self.host(whom).filter(|h| is_station(*h) && !value.is_empty()) else { return };
        let protocol = if self.log.protocol.is_empty() { self.log.name } else { self.log.protocol };
        let evidence = self.evidence(field);
        let fact = fold::identity(attribute, value, Name::new(protocol), confidence);
        self.importer.say(Subject { host, part }, fact, evidence);
    }

    /// Two addresses that belong together.
    pub(super) fn binding(&mut self, host: Host, binding: Binding, field: &str) {
        if is_station(host) {
            let evidence = self.evidence(field);
            self.importer.say(host.into(), Fact::Present { binding, vlan: None }, evidence);
        }
    }

    /// Someone signs in at the server.
    pub(super) fn sign_in(
        &mut self,
        name: Text,
        mechanism: Mechanism,
        encrypted: bool,
        accepted: Option<bool>,
        field: &str,
    ) {
        let (Some(client), Some(server)) = (self.host(Whom::Client), self.host(Whom::Server)) else { return };
        let protocol = if self.log.protocol.is_empty() { self.log.name } else { self.log.protocol };
        let sign_in = SignIn { name, client, protocol: Name::new(protocol), mechanism, encrypted, accepted };
        let evidence = self.evidence(field);
        self.importer.say(server.into(), Fact::SignIn(Box::new(sign_in)), evidence);
    }

    fn source(&self, family: &'static str) -> Source {
        (family, self.log.rank)
    }

    /// Counts a message of `messages.PROTOCOL.COUNTER`.
    pub(super) fn count(&mut self, counter: (&'static str, &'static str), phase: Phase, code: impl ToString) {
        let link = self.key.as_ref().is_some_and(|k| k.transport == Transport::Ethernet);
        let direction = match phase {
            _ if link => Direction::Link,
            Phase::Request => Direction::ToServer,
            Phase::Response | Phase::Error => Direction::ToClient,
        };
        let evidence = self.evidence("");
        let source = self.source(counter.0);
        self.importer.count(source, counter, direction, Text::new(&code.to_string()), &evidence);
    }

    /// Counts an operation of the conversation.
    pub(super) fn operation(&mut self, operation: Operation, phase: Phase, field: &str) {
        let answer = phase != Phase::Request;
        self.answered |= answer;
        let count = OperationCount {
            operation,
            requests: u64::from(!answer),
            responses: u64::from(answer),
            errors: u64::from(phase == Phase::Error),
            first: self.evidence(field),
            last: self.place.time,
        };
        let source = self.source(self.log.protocol);
        self.operations.push((source, count));
    }

    /// The operation that a log's words name, as the dissector names it; `aliases` are words and our names for them.
    pub(super) fn known(&self, words: &str, aliases: &[(&str, &str)]) -> Option<Operation> {
        let snake = super::catalogue::snake(words);
        let alias = aliases.iter().find(|(theirs, _)| *theirs == snake).map(|(_, ours)| *ours);
        self.importer.catalogue.by_name(self.log.protocol, alias.unwrap_or(&snake))
    }

    /// The same; by the words themselves where the dissector has no name for it.
    pub(super) fn named(&self, words: &str, aliases: &[(&str, &str)]) -> Operation {
        self.known(words, aliases).unwrap_or_else(|| Operation {
            name: Name::owned(super::catalogue::snake(words)),
            code: 0,
            class: model::OperationClass::Other,
        })
    }
}

/// The conversation of a line, its ends put right by the usual port of its protocol, and whether they had to be.
fn key(importer: &Importer, record: &dyn Record, log: &Log) -> Option<(ConversationKey, bool)> {
    if log.protocol.is_empty() {
        return None;
    }
    let [client, server] = record.ends()?;
    let transport = record.transport(log.carrier);
    let (from, to) = (record.port("id.orig_p"), record.port("id.resp_p"));
    let usual =
        |port: Option<u16>| port.is_some_and(|p| importer.catalogue.is_usual(log.protocol, transport, p));
    let turned = usual(from) && (!usual(to) || from < to);
    let (client, server, port) = if turned { (server, client, from) } else { (client, server, to) };
    let ported = matches!(transport, Transport::Tcp | Transport::Udp);
    let protocol = Some(Name::new(log.protocol));
    let key = ConversationKey { client, server, server_port: port.filter(|_| ported), transport, protocol };
    Some((key, turned))
}

/// Names one interface: no group, no broadcast, not "no address yet".
pub(super) fn is_station(host: Host) -> bool {
    let ip = |ip: IpAddr| !ip.is_unspecified() && !ip.is_multicast() && ip != IpAddr::V4(Ipv4Addr::BROADCAST);
    host.ip.is_none_or(ip)
        && host.mac.is_none_or(model::Mac::is_station)
        && (host.ip.is_some() || host.mac.is_some())
}
