//! Who takes part: endpoints and applications as servers and clients describe them, and who signs in (OPC 10000-4 §5.5, §5.6, §7).

use super::encoding::{bytes, count, extension, localized, node_id};
use super::policy_name;
use crate::emit::{Emit, Whom};
use crate::protocols::certificate;
use crate::reader::{Read, Reader};
use model::observation::Mechanism;
use model::{Attribute, Confidence, Text};

/// Application description (§7.2): addresses of application and product, name, kind, gateway, discovery profile and addresses.
fn application(r: &mut Reader<'_>, whom: Whom, confidence: Confidence, emit: &mut Emit<'_>) -> Read<()> {
    let (uri, product) = (bytes(r)?, bytes(r)?);
    let name = localized(r)?;
    r.skip(4)?;
    bytes(r)?;
    bytes(r)?;
    for _ in 0..count(r)? {
        bytes(r)?;
    }
    for (attribute, value, field) in [
        (Attribute::ApplicationUri, uri, "opcua.ApplicationUri"),
        (Attribute::ProductUri, product, "opcua.ProductUri"),
        (Attribute::Software, name, "opcua.loctext.Text"),
    ] {
        emit.claim(whom, attribute, Text::from_wire(value), value, field, confidence);
    }
    Ok(())
}

/// `FindServers` response: the server itself, or all that a discovery server knows.
pub(super) fn servers(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let n = count(r)?;
    let confidence = if n == 1 { Confidence::CERTAIN } else { Confidence::GUESS };
    for _ in 0..n {
        application(r, Whom::Sender, confidence, emit)?;
    }
    Ok(())
}

/// How a message is protected (§7.20).
fn mode_name(mode: u32) -> &'static str {
    match mode {
        1 => "None",
        2 => "Sign",
        3 => "SignAndEncrypt",
        _ => "Invalid",
    }
}

/// Endpoint descriptions (§7.14): address, application, certificate, mode, policy, ways to sign in, transport, level.
pub(super) fn endpoints(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    for _ in 0..count(r)? {
        let url = bytes(r)?;
        emit.text(Whom::Sender, Attribute::Endpoint, url, "opcua.EndpointUrl");
        application(r, Whom::Sender, Confidence::CERTAIN, emit)?;
        let shown = bytes(r)?;
        certificate::announce(shown, Whom::Sender, emit, "opcua.ServerCertificate");
        let mode = r.u32_le()?;
        let address = bytes(r)?;
        let policy = policy_name(address);
        let text = match (policy.as_str(), mode) {
            ("None", _) | (_, 1) => policy,
            (name, mode) => Text::new(&format!("{name}/{}", mode_name(mode))),
        };
        emit.identity(Whom::Sender, Attribute::SecurityPolicy, text, address, "opcua.SecurityPolicyUri");
        for _ in 0..count(r)? {
            token_policy(r, emit)?;
        }
        bytes(r)?;
        r.skip(1)?;
    }
    Ok(())
}

/// User token policy (§7.42): id, type, then what issued tokens need, and the policy that protects the secret.
fn token_policy(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let id = bytes(r)?;
    let kind = r.u32_le()?;
    bytes(r)?;
    bytes(r)?;
    bytes(r)?;
    let word = match kind {
        0 => "anonymous",
        1 => "username",
        2 => "certificate",
        3 => "token",
        _ => return Ok(()),
    };
    emit.identity(Whom::Sender, Attribute::SignInOffered, Text::new(word), id, "opcua.UserTokenType");
    Ok(())
}

/// `CreateSession` request: the client describes itself and names the session.
pub(super) fn create_session_request(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    application(r, Whom::Sender, Confidence::CERTAIN, emit)?;
    bytes(r)?;
    bytes(r)?;
    let name = bytes(r)?;
    emit.text(Whom::Sender, Attribute::ClientId, name, "opcua.SessionName");
    bytes(r)?;
    let shown = bytes(r)?;
    certificate::announce(shown, Whom::Sender, emit, "opcua.ClientCertificate");
    Ok(())
}

/// `CreateSession` response: session, token, timeout, nonce, certificate, endpoints.
pub(super) fn create_session_response(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    node_id(r)?;
    node_id(r)?;
    r.skip(8)?;
    bytes(r)?;
    let shown = bytes(r)?;
    certificate::announce(shown, Whom::Sender, emit, "opcua.ServerCertificate");
    endpoints(r, emit)
}

/// A sign-in that waits for its answer.
pub(super) struct Login {
    name: Text,
    mechanism: Mechanism,
    encrypted: bool,
}

/// `ActivateSession` request: signature, certificates, locales, and the token of the user (§7.41). `protected`: the channel is.
pub(super) fn activate_session_request(
    r: &mut Reader<'_>,
    protected: bool,
    emit: &mut Emit<'_>,
) -> Read<Option<Login>> {
    bytes(r)?;
    bytes(r)?;
    for _ in 0..count(r)? {
        bytes(r)?;
        bytes(r)?;
    }
    for _ in 0..count(r)? {
        bytes(r)?;
    }
    let (kind, body) = extension(r)?;
    let mut token = Reader::new(body);
    let policy = if body.is_empty() { &[][..] } else { bytes(&mut token)? };
    let anonymous = Text::new("");
    let (name, mechanism, encrypted) = match kind.standard() {
        // An empty token stands for an anonymous user (§5.6.3).
        Some(0 | 321) => (anonymous, Mechanism::Anonymous, protected),
        Some(324) => {
            let name = Text::from_wire(bytes(&mut token)?);
            let password = bytes(&mut token)?;
            let protected = protected || !bytes(&mut token)?.is_empty();
            if !protected {
                emit.secret(name.clone(), Mechanism::Username, password, password);
            }
            (name, Mechanism::Username, protected)
        }
        Some(327) => {
            let shown = bytes(&mut token)?;
            let subject = certificate::summary(shown).map_or(anonymous, |summary| summary.subject.clone());
            (subject, Mechanism::Certificate, true)
        }
        Some(940) => {
            bytes(&mut token)?;
            let algorithm = bytes(&mut token)?;
            (anonymous, Mechanism::Token, protected || !algorithm.is_empty())
        }
        _ => return Ok(None),
    };
    let login = Login { name, mechanism, encrypted };
    emit.sign_in(login.name.clone(), mechanism, encrypted, None, policy);
    Ok(Some(login))
}

/// The answer to a sign-in.
pub(super) fn signed_in(login: &Login, accepted: Option<bool>, emit: &mut Emit<'_>) {
    emit.sign_in(login.name.clone(), login.mechanism, login.encrypted, accepted, &[]);
}
