//! OPC UA: ICSNPP's `opcua_binary` and the parts it finds in messages (icsnpp-opcua-binary).

use super::super::say::{Log, Phase, Say, Whom};
use super::log;
use model::observation::Mechanism;
use model::{Attribute, Confidence, Text};

const SURE: Confidence = Confidence::CERTAIN;
const LIKELY: Confidence = Confidence::LIKELY;

/// Attributes that a list of endpoints tells of its server.
static ENDPOINT: &[super::super::say::Told] = &[
    ("endpoint_url", Whom::Server, Attribute::Endpoint, SURE),
    ("application_uri", Whom::Server, Attribute::ApplicationUri, SURE),
    ("product_uri", Whom::Server, Attribute::ProductUri, SURE),
    ("application_name", Whom::Server, Attribute::Name, LIKELY),
];

pub(super) static LOGS: &[Log] = &[
    Log { read: message, ..log("opcua_binary", "opcua") },
    Log { facts: ENDPOINT, read: security, ..log("opcua_binary_get_endpoints_description", "opcua") },
    Log { facts: ENDPOINT, read: security, ..log("opcua_binary_create_session_endpoints", "opcua") },
    Log {
        facts: &[
            ("application_uri", Whom::Client, Attribute::ApplicationUri, SURE),
            ("product_uri", Whom::Client, Attribute::ProductUri, SURE),
            ("application_name", Whom::Client, Attribute::Name, LIKELY),
            ("session_name", Whom::Client, Attribute::ClientId, SURE),
        ],
        ..log("opcua_binary_create_session", "opcua")
    },
    Log { read: sign_in, ..log("opcua_binary_activate_session", "opcua") },
];

/// A line is a message or, from HEL to CLO, a request together with its answer.
fn message(say: &mut Say<'_>) {
    let Some(kind) = say.get("msg_type") else { return };
    let kind = kind.to_ascii_uppercase();
    let (asked, answered) = (say.record.number("req_identifier"), say.record.number("res_identifier"));
    match kind.as_str() {
        "HEL" => say.count(("opcua", "message"), Phase::Request, "HEL"),
        "ACK" | "ERR" => {
            say.count(("opcua", "message"), Phase::Response, &kind);
            say.answered = true;
        }
        _ => {
            for (there, phase) in [(asked, Phase::Request), (answered, Phase::Response)] {
                if there.is_some() {
                    say.count(("opcua", "message"), phase, &kind);
                }
            }
        }
    }
    services(say, asked, answered);
    if let Some(policy) = say.get("sec_policy_uri") {
        let none = policy.ends_with("#None");
        say.encrypted |= !none;
        let name = policy.rsplit('#').next().unwrap_or(&policy);
        say.tell(Whom::Server, None, Attribute::SecurityPolicy, Text::new(name), "sec_policy_uri", LIKELY);
    }
}

fn services(say: &mut Say<'_>, asked: Option<u32>, answered: Option<u32>) {
    /// ServiceFault (OPC 10000-6, A.3): the answer that says no.
    const FAULT: u32 = 397;
    if let Some(id) = asked {
        say.count(("opcua", "service"), Phase::Request, id);
        let operation = say.importer.catalogue.by_code("opcua", "service", id);
        say.operation(operation, Phase::Request, "req_identifier");
    }
    if let Some(id) = answered {
        say.count(("opcua", "service"), Phase::Response, id);
        let phase = if id == FAULT { Phase::Error } else { Phase::Response };
        // The encoding id of an answer lies three above that of its request (OPC 10000-6, A.3).
        let code = asked.unwrap_or(id.saturating_sub(3));
        let operation = say.importer.catalogue.by_code("opcua", "service", code);
        say.operation(operation, phase, "res_identifier");
    }
}

/// Mode and policy of an endpoint.
fn security(say: &mut Say<'_>) {
    let Some(policy) = say.any(&["security_policy_uri", "sec_policy_uri"]) else { return };
    let mode = match say.record.number("message_security_mode") {
        Some(1) => "None",
        Some(2) => "Sign",
        Some(3) => "SignAndEncrypt",
        _ => return,
    };
    let text = Text::new(&format!("{} {mode}", policy.rsplit('#').next().unwrap_or(&policy)));
    say.tell(Whom::Server, None, Attribute::SecurityPolicy, text, "security_policy_uri", SURE);
}

fn sign_in(say: &mut Say<'_>) {
    let Some(kind) = say.any(&["ext_obj_type_id_str"]) else { return };
    let mechanism = match kind.as_str() {
        k if k.contains("UserName") => Mechanism::Username,
        k if k.contains("X509") => Mechanism::Certificate,
        k if k.contains("Issued") => Mechanism::Token,
        _ => Mechanism::Anonymous,
    };
    let name = match mechanism {
        Mechanism::Username => Text::new(&say.get("ext_obj_user_name").unwrap_or_default()),
        _ => Text::new(""),
    };
    let encrypted = say.any(&["ext_obj_encryption_algorithom", "ext_obj_encryption_algorithm"]).is_some();
    say.sign_in(name, mechanism, encrypted, None, "ext_obj_user_name");
}
