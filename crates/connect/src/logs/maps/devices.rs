//! Logs about hosts instead of conversations: `software`, `known_*`, `dhcp`, `arp` (Zeek, `base/frameworks/software`,
//! `policy/protocols/conn`, `base/protocols/dhcp`).

use super::super::fold;
use super::super::say::{Log, Say, Whom, is_station};
use super::log;
use model::observation::Binding;
use model::{Attribute, Confidence, Host, Mac, Text, Transport};

pub(super) static LOGS: &[Log] = &[
    Log { read: software, ..log("software", "") },
    Log { read: known, ..log("known_hosts", "") },
    Log { read: known, ..log("known_services", "") },
    Log { read: known, ..log("known_modbus", "") },
    Log {
        facts: &[
            ("subject", Whom::Host, Attribute::CertificateSubject, Confidence::CERTAIN),
            ("issuer_subject", Whom::Host, Attribute::CertificateIssuer, Confidence::CERTAIN),
        ],
        read: known,
        ..log("known_certs", "")
    },
    Log { read: known_device, ..log("known_devices", "") },
    Log { read: arp, ..log("arp", "") },
    Log { carrier: Transport::Udp, read: dhcp, ..log("dhcp", "dhcp") },
];

/// A program that a host runs: what it called itself.
fn software(say: &mut Say<'_>) {
    let Some(name) = say.any(&["unparsed_version", "name"]) else { return };
    let kind = say.get("software_type").unwrap_or_default();
    let attribute = if kind.starts_with("OS") { Attribute::Os } else { Attribute::Software };
    say.tell(Whom::Host, None, attribute, Text::new(&name), "unparsed_version", Confidence::LIKELY);
    known(say);
}

fn known(say: &mut Say<'_>) {
    if let Some(host) = say.host(Whom::Host).filter(|h| is_station(*h)) {
        let evidence = say.evidence("host");
        say.importer.say(host.into(), fold::heard(None), evidence);
    }
}

fn known_device(say: &mut Say<'_>) {
    let Some(mac) = say.record.mac("mac") else { return };
    let host = Host { mac: Some(mac), ip: say.record.ip("host") };
    say.binding(host, Binding::Source { ttl: 0 }, "mac");
}

/// Zeek has no ARP log of its own; Suricata's events and Malcolm's package have.
fn arp(say: &mut Say<'_>) {
    let mac = say.any(&["orig_hw_addr", "src_mac"]).and_then(|t| t.parse::<Mac>().ok());
    let ip = say.any(&["orig_h", "src_ip"]).and_then(|t| t.parse().ok());
    if let (Some(mac), Some(ip)) = (mac, ip) {
        say.binding(Host { mac: Some(mac), ip: Some(ip) }, Binding::Arp, "orig_hw_addr");
    }
}

/// DHCP message types (RFC 2132 §9.6).
static MESSAGES: [&str; 8] = ["DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"];

/// One exchange: who got which address, and what the client called itself.
fn dhcp(say: &mut Say<'_>) {
    use super::super::say::Phase;
    let words = say.any(&["msg_types"]).unwrap_or_default();
    let mut leased = false;
    for word in words.split(',').take(64) {
        let word = word.trim().to_ascii_uppercase();
        let Some(at) = MESSAGES.iter().position(|m| *m == word) else { continue };
        let code = u32::try_from(at + 1).unwrap_or(0);
        let phase = match word.as_str() {
            "OFFER" | "ACK" => Phase::Response,
            "NAK" => Phase::Error,
            _ => Phase::Request,
        };
        leased |= word == "ACK";
        say.count(("dhcp", "message"), phase, code);
        let operation = say.importer.catalogue.by_code("dhcp", "message", code);
        say.operation(operation, phase, "msg_types");
    }
    let mac = say.any(&["mac", "orig_l2_addr"]).and_then(|t| t.parse::<Mac>().ok());
    let ip = say.any(&["assigned_addr", "assigned_ip"]).and_then(|t| t.parse().ok());
    let Some(mac) = mac else { return };
    let host = Host { mac: Some(mac), ip };
    if ip.is_some() && leased {
        say.binding(host, Binding::Dhcp, "assigned_addr");
    }
    // The client has no address before the lease: what it says hangs on the address it gets, else on its interface.
    let whom = if leased && ip.is_some() { Host { mac: None, ip } } else { Host::mac(mac) };
    for (field, attribute) in [
        ("host_name", Attribute::Hostname),
        ("client_fqdn", Attribute::Hostname),
        ("client_software", Attribute::Description),
    ] {
        if let Some(text) =
            say.get(field).map(|t| Text::new(&t)).filter(|t| !t.is_empty() && is_station(whom))
        {
            let evidence = say.evidence(field);
            let fact = fold::identity(attribute, text, model::Name::new("dhcp"), Confidence::LIKELY);
            say.importer.say(whom.into(), fact, evidence);
        }
    }
}
