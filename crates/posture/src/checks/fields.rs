//! The tables of fields: name, type, meaning and how to read it, one row each.

use super::expression::Value;
use super::facts::{
    self, AdvisoryFacts, AssetFacts, ClaimFacts, ConversationFacts, OperationFacts, SecretFacts, SignInFacts,
};
use super::schema::{FieldInfo, Item, Record, Scalar, Type, Words};
use crate::inventory::{Asset, Claim, Module, Service};
use crate::view::slot;
use model::advisory::MatchStatus;
use model::conversation::ClientBy;
use model::observation::Mechanism;
use model::{Attribute, Name, OperationClass, Role, Transport};
use std::borrow::Cow;

/// One row: `R` is the function that reads the field.
pub(super) struct Field<R> {
    name: &'static str,
    holds: Type,
    optional: bool,
    meaning: &'static str,
    pub(super) read: R,
}

impl<R> Field<R> {
    /// The row without its function.
    pub(super) fn info(&self) -> FieldInfo {
        FieldInfo { name: self.name, holds: self.holds, optional: self.optional, meaning: self.meaning }
    }
}

/// A field that is always known.
const fn always<R>(name: &'static str, holds: Type, meaning: &'static str, read: R) -> Field<R> {
    Field { name, holds, optional: false, meaning, read }
}

/// A field that may be unknown; `read` then gives [`Value::Unknown`] with the same name.
const fn maybe<R>(name: &'static str, holds: Type, meaning: &'static str, read: R) -> Field<R> {
    Field { name, holds, optional: true, meaning, read }
}

const BOOL: Type = Type::One(Scalar::Bool);
const NUMBER: Type = Type::One(Scalar::Number);
const TEXT: Type = Type::One(Scalar::Text);
const TEXTS: Type = Type::Many(Scalar::Text);
const PROTOCOL: Type = word(Words::Protocol);

const fn word(words: Words) -> Type {
    Type::One(Scalar::Word(words))
}

const fn records(record: Record) -> Type {
    Type::Many(Scalar::Record(record))
}

fn flag<'a>(b: bool) -> Value<'a> {
    Value::Bool(b)
}

fn count<'a>(n: impl TryInto<u32>) -> Value<'a> {
    Value::Number(n.try_into().map_or(f64::from(u32::MAX), f64::from))
}

fn list<'a>(items: impl Iterator<Item = Item<'a>>) -> Value<'a> {
    Value::List(items.map(Value::Item).collect())
}

fn role<'a>(asset: &Asset, field: &'static str) -> Value<'a> {
    Value::known((asset.role != Role::Unknown).then(|| Value::text(asset.role.as_str())), field)
}

fn level<'a>(asset: &Asset, field: &'static str) -> Value<'a> {
    Value::known(asset.level.map(|l| Value::Number(f64::from(l.number()))), field)
}

fn name<'a>(name: Option<&'a Name>, field: &'static str) -> Value<'a> {
    Value::known(name.map(|n| Value::text(n.as_str())), field)
}

fn best<'a>(claims: &'a [Claim], attribute: Attribute) -> Value<'a> {
    let claim = claims.iter().find(|c| c.attribute == attribute);
    Value::known(claim.map(|c| Value::text(c.value.as_str())), attribute.as_str())
}

type AssetField = Field<for<'a> fn(&'a AssetFacts<'a>) -> Value<'a>>;
type ConversationField = Field<for<'a> fn(&'a ConversationFacts<'a>) -> Value<'a>>;
type OperationField = Field<for<'a> fn(&'a OperationFacts<'a>) -> Value<'a>>;
type ServiceField = Field<for<'a> fn(&'a Service) -> Value<'a>>;
type SignInField = Field<for<'a> fn(&'a SignInFacts<'a>) -> Value<'a>>;
type SecretField = Field<for<'a> fn(&'a SecretFacts<'a>) -> Value<'a>>;
type ClaimField = Field<for<'a> fn(&'a ClaimFacts<'a>) -> Value<'a>>;
type AdvisoryField = Field<for<'a> fn(&'a AdvisoryFacts<'a>) -> Value<'a>>;
type ModuleField = Field<for<'a> fn(&'a Module) -> Value<'a>>;

/// A device. Also what `client` and `server` are.
pub(super) static ASSET: &[AssetField] = &[
    always("name", TEXT, "what people call it, else its address", |a| Value::text(&a.asset.name)),
    maybe("role", word(Words::Role), "what it is for", |a| role(a.asset, "role")),
    always(
        "controller",
        BOOL,
        "acts on the process: PLC, RTU, IED, safety controller, remote I/O or drive",
        |a| flag(a.asset.role.is_controller()),
    ),
    maybe("level", NUMBER, "Purdue level: 0, 1, 2, 3, 3.5 (DMZ), 4 or 5 (outside)", |a| {
        level(a.asset, "level")
    }),
    always("place", TEXT, "its level in words, for sentences", |a| Value::Text(facts::place(a.asset))),
    always("external", BOOL, "outside: level 5, or no level and a public address", |a| {
        flag(facts::is_external(a.asset))
    }),
    always("public_address", BOOL, "has an address that can be routed on the internet", |a| {
        flag(facts::has_public_address(a.asset))
    }),
    always("identity", TEXT, "maker, product and firmware as far as known, for sentences", |a| {
        Value::Text(Cow::Owned(facts::identity(a.asset)))
    }),
    maybe("vendor", TEXT, "maker", |a| best(&a.asset.claims, Attribute::Vendor)),
    maybe("product", TEXT, "product or model", |a| best(&a.asset.claims, Attribute::Product)),
    maybe("order_number", TEXT, "order or catalogue number", |a| {
        best(&a.asset.claims, Attribute::OrderNumber)
    }),
    maybe("hardware", TEXT, "hardware revision", |a| best(&a.asset.claims, Attribute::Hardware)),
    maybe("firmware", TEXT, "firmware or software version", |a| best(&a.asset.claims, Attribute::Firmware)),
    maybe("serial", TEXT, "serial number", |a| best(&a.asset.claims, Attribute::Serial)),
    maybe("os", TEXT, "operating system", |a| best(&a.asset.claims, Attribute::Os)),
    always("hostnames", TEXTS, "host names", |a| values_of(a, Attribute::Hostname)),
    always("ips", TEXTS, "IP addresses", |a| {
        Value::List(a.asset.ips.iter().map(|ip| Value::Text(Cow::Owned(ip.to_string()))).collect())
    }),
    always("macs", TEXTS, "MAC addresses", |a| {
        Value::List(a.asset.macs.iter().map(|m| Value::Text(Cow::Owned(m.to_string()))).collect())
    }),
    always("vlans", Type::Many(Scalar::Number), "VLANs it was seen in", |a| {
        Value::List(a.asset.vlans.iter().map(|v| count(*v)).collect())
    }),
    always("protocols", Type::Many(Scalar::Word(Words::Protocol)), "protocols of its services", |a| {
        Value::texts(a.asset.services.iter().filter_map(facts::protocol_of))
    }),
    always("services", records(Record::Service), "services it offers", |a| {
        list(a.asset.services.iter().map(Item::Service))
    }),
    always("operations_received", records(Record::Operation), "what others asked it to do", |a| {
        list(a.received.iter().map(Item::Operation))
    }),
    always("operations_sent", records(Record::Operation), "what it asked others to do", |a| {
        list(a.sent.iter().map(Item::Operation))
    }),
    always("writers", TEXTS, "names of the hosts that changed something in it and were not refused", |a| {
        Value::texts(a.writers.values().copied())
    }),
    always("sign_ins", records(Record::SignIn), "who signed in at it, or tried", |a| {
        list(a.sign_ins.iter().map(Item::SignIn))
    }),
    always(
        "secrets",
        records(Record::Secret),
        "secrets shown at it that are a vendor's default or the same as elsewhere",
        |a| list(a.secrets.iter().map(Item::Secret)),
    ),
    always("advisories", records(Record::Advisory), "CVEs of advisories that concern it", |a| {
        list(a.advisories.iter().map(Item::Advisory))
    }),
    always("claims", records(Record::Claim), "everything anyone said of it", |a| {
        list(a.claims.iter().map(Item::Claim))
    }),
    always(
        "values",
        Type::One(Scalar::Record(Record::Values)),
        "the same by attribute: `asset.values.security_policy` is a list of text",
        |a| Value::Item(Item::Values(a)),
    ),
    always("modules", records(Record::Module), "modules and stations behind it", |a| {
        list(a.asset.modules.iter().map(Item::Module))
    }),
    always("first_seen", TEXT, "time of its first frame, RFC 3339 in UTC", |a| {
        Value::Text(Cow::Owned(a.asset.first_seen.to_string()))
    }),
    always("last_seen", TEXT, "time of its last frame, RFC 3339 in UTC", |a| {
        Value::Text(Cow::Owned(a.asset.last_seen.to_string()))
    }),
];

/// A conversation; its ends are the variables `client` and `server`.
pub(super) static CONVERSATION: &[ConversationField] = &[
    maybe("protocol", PROTOCOL, "protocol, recognised by content", |c| {
        name(c.conversation.protocol.as_ref(), "protocol")
    }),
    always("label", TEXT, "its protocol, else its transport and port, for sentences", |c| {
        Value::Text(facts::label(c.conversation))
    }),
    maybe("port", NUMBER, "port of the server; unknown outside TCP and UDP", |c| {
        Value::known(c.conversation.server_port.map(count), "port")
    }),
    always("transport", word(Words::Transport), "what carries it", |c| {
        Value::text(c.conversation.transport.as_str())
    }),
    always("encrypted", BOOL, "its payload is encrypted", |c| flag(c.conversation.encrypted)),
    always("answered", BOOL, "the server accepted or answered", |c| flag(c.conversation.answered)),
    always("client_by", word(Words::ClientBy), "how the client was decided", |c| {
        Value::text(client_by(c.conversation.client_by))
    }),
    maybe("vlan", NUMBER, "VLAN", |c| Value::known(c.conversation.vlan.map(count), "vlan")),
    always("packets", NUMBER, "frames, both ways", |c| count(c.conversation.packets)),
    always("bytes", NUMBER, "bytes on the wire, both ways (at most 4294967295)", |c| {
        count(c.conversation.bytes)
    }),
    maybe("levels_apart", NUMBER, "difference of the levels of its ends", |c| {
        Value::known(c.levels_apart.map(|n| Value::Number(f64::from(n))), "levels_apart")
    }),
    always("classes", Type::Many(Scalar::Word(Words::Class)), "classes of its operations", |c| {
        Value::texts(c.operations.iter().map(|o| o.count.operation.class.as_str()))
    }),
    always("operations", records(Record::Operation), "what the client asked for", |c| {
        list(c.operations.iter().map(Item::Operation))
    }),
    always(
        "sign_ins",
        records(Record::SignIn),
        "sign-ins of this client at this server in this protocol",
        |c| list(c.sign_ins.iter().map(Item::SignIn)),
    ),
];

/// An operation.
pub(super) static OPERATION: &[OperationField] = &[
    always("name", TEXT, "its name in the protocol's words, snake case", |o| {
        Value::text(o.count.operation.name.as_str())
    }),
    always("code", NUMBER, "function or service code on the wire", |o| count(o.count.operation.code)),
    always("class", word(Words::Class), "what kind of thing it does", |o| {
        Value::text(o.count.operation.class.as_str())
    }),
    always("engineering", BOOL, "changes what a controller does, or reads its program", |o| {
        flag(o.count.operation.class.is_engineering())
    }),
    always("change", BOOL, "changes the process or the controller", |o| {
        flag(o.count.operation.class.is_change())
    }),
    maybe("protocol", PROTOCOL, "protocol", |o| name(o.conversation.protocol.as_ref(), "protocol")),
    always("requests", NUMBER, "requests seen", |o| count(o.count.requests)),
    always("responses", NUMBER, "answers seen, errors included", |o| count(o.count.responses)),
    always("errors", NUMBER, "answers that say no", |o| count(o.count.errors)),
    always("refused", BOOL, "every answer said no; without an answer nothing was refused", |o| {
        flag(facts::is_refused(o.count))
    }),
    always("encrypted", BOOL, "it was encrypted on the wire", |o| flag(o.conversation.encrypted)),
    always("peer", TEXT, "name of the other end", |o| Value::text(&o.peer.name)),
    maybe("peer_role", word(Words::Role), "role of the other end", |o| role(o.peer, "peer_role")),
    maybe("peer_level", NUMBER, "level of the other end", |o| level(o.peer, "peer_level")),
    always("peer_external", BOOL, "the other end is outside", |o| flag(facts::is_external(o.peer))),
];

/// A service.
pub(super) static SERVICE: &[ServiceField] = &[
    maybe("protocol", PROTOCOL, "protocol, recognised by content", |s| name(s.protocol.as_ref(), "protocol")),
    maybe("port", NUMBER, "port; unknown outside TCP and UDP", |s| Value::known(s.port.map(count), "port")),
    always("transport", word(Words::Transport), "what carries it", |s| Value::text(s.transport.as_str())),
    always("encrypted", BOOL, "its payload is encrypted", |s| flag(s.encrypted)),
    always("clients", NUMBER, "distinct clients", |s| count(s.clients)),
];

/// A sign-in.
pub(super) static SIGN_IN: &[SignInField] = &[
    always("name", TEXT, "who; empty when anonymous or hidden", |s| Value::text(s.account.name.as_str())),
    always("protocol", PROTOCOL, "protocol", |s| Value::text(s.account.protocol.as_str())),
    always("mechanism", word(Words::Mechanism), "how", |s| Value::text(mechanism(s.account.mechanism))),
    always("encrypted", BOOL, "the secret was protected on the wire", |s| flag(s.account.encrypted)),
    maybe("accepted", BOOL, "the answer", |s| Value::known(s.account.accepted.map(flag), "accepted")),
    maybe("client", TEXT, "name of the host it came from", |s| {
        Value::known(s.client.map(|c| Value::text(&c.name)), "client")
    }),
    maybe("client_role", word(Words::Role), "role of that host", |s| {
        s.client.map_or(Value::Unknown("client_role"), |c| role(c, "client_role"))
    }),
    maybe("client_level", NUMBER, "level of that host", |s| {
        s.client.map_or(Value::Unknown("client_level"), |c| level(c, "client_level"))
    }),
    maybe(
        "listed",
        BOOL,
        "a list of accounts has it; unknown without a list, or where the name could be of several accounts",
        |s| Value::known(s.standing.listed.map(flag), "listed"),
    ),
    maybe("disabled", BOOL, "its list has it as disabled", |s| {
        Value::known(s.standing.disabled.map(flag), "disabled")
    }),
    maybe("expired", BOOL, "it had run out by its list", |s| {
        Value::known(s.standing.expired.map(flag), "expired")
    }),
    maybe("granted", BOOL, "it has a right on the asset; unknown where nobody wrote down who has", |s| {
        Value::known(s.standing.granted.map(flag), "granted")
    }),
];

/// A secret that was shown.
pub(super) static SECRET: &[SecretField] = &[
    always("name", TEXT, "whose it is; empty where there is no name to it", |s| {
        Value::text(s.secret.name.as_str())
    }),
    always("protocol", PROTOCOL, "protocol", |s| Value::text(s.secret.protocol.as_str())),
    always("mechanism", word(Words::Mechanism), "what it is for", |s| {
        Value::text(mechanism(s.secret.mechanism))
    }),
    maybe("default_of", TEXT, "vendor and product whose published default it is", |s| {
        Value::known(s.secret.default_of.as_ref().map(|d| Value::text(d.as_str())), "default_of")
    }),
    always(
        "elsewhere",
        TEXT,
        "names of other devices at which the same one was shown, with commas; empty where there are none",
        |s| Value::Text(Cow::Owned(s.elsewhere.join(", "))),
    ),
];

/// A claim.
pub(super) static CLAIM: &[ClaimField] = &[
    always("attribute", word(Words::Attribute), "what about", |c| Value::text(c.claim.attribute.as_str())),
    always("value", TEXT, "what was said", |c| Value::text(c.claim.value.as_str())),
    always("protocol", TEXT, "protocol that said so; `sightglass` for a conclusion", |c| {
        Value::text(c.claim.protocol.as_str())
    }),
    always("field", TEXT, "field of the frame that says so, by its display-filter name", |c| {
        Value::text(c.claim.evidence.field.as_str())
    }),
    always("confidence", NUMBER, "how sure, 0 to 1", |c| {
        Value::Number(f64::from(c.claim.confidence.0) / 100.0)
    }),
    always("best", BOOL, "the claim that counts for its attribute", |c| flag(c.best)),
];

/// A CVE of an advisory.
pub(super) static ADVISORY: &[AdvisoryField] = &[
    always("advisory", TEXT, "id of the document", |a| Value::text(&a.found.found.advisory)),
    always("cve", TEXT, "CVE", |a| Value::text(&a.found.found.cve)),
    always("status", word(Words::Status), "conclusion", |a| Value::text(status(a.found.found.status))),
    maybe("score", NUMBER, "CVSS base score", |a| {
        Value::known(
            a.found.found.score.map(|s| Value::Number((f64::from(s) * 10.0).round() / 10.0)),
            "score",
        )
    }),
    maybe("module", TEXT, "slot of the module it concerns", |a| {
        Value::known(a.found.module.as_deref().map(Value::text), "module")
    }),
];

/// A module.
pub(super) static MODULE: &[ModuleField] = &[
    always("slot", TEXT, "slot, or `unit N` for a station behind a gateway", |m| {
        Value::Text(Cow::Owned(slot(m.part)))
    }),
    maybe("vendor", TEXT, "maker", |m| best(&m.claims, Attribute::Vendor)),
    maybe("product", TEXT, "product or model", |m| best(&m.claims, Attribute::Product)),
    maybe("order_number", TEXT, "order or catalogue number", |m| best(&m.claims, Attribute::OrderNumber)),
    maybe("firmware", TEXT, "firmware version", |m| best(&m.claims, Attribute::Firmware)),
    maybe("serial", TEXT, "serial number", |m| best(&m.claims, Attribute::Serial)),
];

/// One list of text for each attribute.
pub(super) fn values() -> Vec<FieldInfo> {
    let field = |a: &Attribute| FieldInfo {
        name: a.as_str(),
        holds: TEXTS,
        optional: false,
        meaning: "every value claimed, best first",
    };
    Attribute::ALL.iter().map(field).collect()
}

/// The values of the attribute at `index`.
pub(super) fn read_value<'a>(asset: &'a AssetFacts<'a>, index: usize) -> Option<Value<'a>> {
    Attribute::ALL.get(index).map(|attribute| values_of(asset, *attribute))
}

fn values_of<'a>(asset: &'a AssetFacts<'a>, attribute: Attribute) -> Value<'a> {
    let claims = asset.asset.claims.iter().filter(|c| c.attribute == attribute);
    Value::texts(claims.map(|c| c.value.as_str()))
}

/// The words of a closed list.
pub(super) fn words(words: Words) -> Vec<&'static str> {
    match words {
        Words::Role => Role::ALL.iter().filter(|r| **r != Role::Unknown).map(|r| r.as_str()).collect(),
        Words::Class => CLASSES.iter().map(|c| c.as_str()).collect(),
        Words::Mechanism => MECHANISMS.iter().map(|m| mechanism(*m)).collect(),
        Words::Status => STATUSES.iter().map(|s| status(*s)).collect(),
        Words::Transport => TRANSPORTS.iter().map(|t| t.as_str()).collect(),
        Words::ClientBy => CLIENT_BY.iter().map(|c| client_by(*c)).collect(),
        Words::Attribute => Attribute::ALL.iter().map(|a| a.as_str()).collect(),
        Words::Protocol => super::PROTOCOLS.to_vec(),
    }
}

const CLASSES: [OperationClass; 17] = [
    OperationClass::Read,
    OperationClass::Write,
    OperationClass::Command,
    OperationClass::Force,
    OperationClass::ProgramUpload,
    OperationClass::ProgramDownload,
    OperationClass::ModeChange,
    OperationClass::FirmwareUpdate,
    OperationClass::Configuration,
    OperationClass::Diagnostic,
    OperationClass::Restart,
    OperationClass::Time,
    OperationClass::Authentication,
    OperationClass::Discovery,
    OperationClass::Session,
    OperationClass::File,
    OperationClass::Other,
];

const MECHANISMS: [Mechanism; 9] = [
    Mechanism::Anonymous,
    Mechanism::Username,
    Mechanism::Password,
    Mechanism::Certificate,
    Mechanism::Key,
    Mechanism::Community,
    Mechanism::Ntlm,
    Mechanism::Kerberos,
    Mechanism::Token,
];

const STATUSES: [MatchStatus; 4] =
    [MatchStatus::Affected, MatchStatus::Possible, MatchStatus::Fixed, MatchStatus::NotAffected];

const TRANSPORTS: [Transport; 5] =
    [Transport::Tcp, Transport::Udp, Transport::Ethernet, Transport::Icmp, Transport::Ip];

const CLIENT_BY: [ClientBy; 5] =
    [ClientBy::Handshake, ClientBy::Content, ClientBy::Port, ClientBy::FirstPacket, ClientBy::LowerPort];

fn mechanism(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Anonymous => "anonymous",
        Mechanism::Username => "username",
        Mechanism::Password => "password",
        Mechanism::Certificate => "certificate",
        Mechanism::Key => "key",
        Mechanism::Community => "community",
        Mechanism::Ntlm => "ntlm",
        Mechanism::Kerberos => "kerberos",
        Mechanism::Token => "token",
    }
}

fn status(status: MatchStatus) -> &'static str {
    match status {
        MatchStatus::Affected => "affected",
        MatchStatus::Possible => "possible",
        MatchStatus::Fixed => "fixed",
        MatchStatus::NotAffected => "not_affected",
    }
}

fn client_by(by: ClientBy) -> &'static str {
    match by {
        ClientBy::Handshake => "handshake",
        ClientBy::Content => "content",
        ClientBy::Port => "port",
        ClientBy::FirstPacket => "first_packet",
        ClientBy::LowerPort => "lower_port",
    }
}
