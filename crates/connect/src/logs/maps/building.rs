//! BACnet: ICSNPP's `bacnet` and what devices tell in it (icsnpp-bacnet).

use super::super::say::{Log, Phase, Say, Told, Whom};
use super::log;
use model::{Attribute, Confidence, Text, Transport};

const SURE: Confidence = Confidence::CERTAIN;
static VENDOR: &[Told] = &[("vendor", Whom::Sender, Attribute::Vendor, Confidence::LIKELY)];

pub(super) static LOGS: &[Log] = &[
    Log { carrier: Transport::Udp, read: bacnet, ..log("bacnet", "bacnet") },
    Log { carrier: Transport::Udp, facts: VENDOR, read: discovery, ..log("bacnet_discovery", "bacnet") },
    Log { carrier: Transport::Udp, read: property, ..log("bacnet_property", "bacnet") },
    Log { carrier: Transport::Udp, ..log("bacnet_device_control", "bacnet") },
];

/// Kinds of application messages (ASHRAE 135, 20.1) in ICSNPP's words.
static KINDS: &[(&str, u32)] = &[
    ("confirmed_request", 0),
    ("unconfirmed_request", 1),
    ("simple_ack", 2),
    ("complex_ack", 3),
    ("segment_ack", 4),
    ("error", 5),
    ("reject", 6),
    ("abort", 7),
];

fn bacnet(say: &mut Say<'_>) {
    let Some(word) = say.get("pdu_type") else { return };
    let word = super::super::catalogue::snake(&word);
    let kind = KINDS.iter().find(|(name, _)| word == *name || word.strip_suffix("_pdu") == Some(name));
    let Some((_, kind)) = kind else { return };
    // In BACnet/IP both ends use one port: who asks is the client of that exchange.
    let phase = match kind {
        0 | 1 => Phase::Request,
        2 | 3 => Phase::Response,
        5..=7 => Phase::Error,
        _ => return say.count(("bacnet", "apdu"), Phase::Response, kind),
    };
    let reply = say.is_reply();
    let direction = if reply { Phase::Response } else { Phase::Request };
    say.count(("bacnet", "apdu"), direction, kind);
    let Some(service) = say.get("pdu_service") else { return };
    let operation = say.named(&service, &[]);
    // Unconfirmed services are numbered from 0x100 in the table of operations.
    match (say.known(&service, &[]).map(|o| o.code), kind) {
        (Some(code), 1) => say.count(("bacnet", "unconfirmed_service"), direction, code & 0xff),
        (Some(code), 0 | 2 | 3 | 5) => say.count(("bacnet", "confirmed_service"), direction, code),
        _ => {}
    }
    say.operation(operation, phase, "pdu_service");
}

fn is_device(say: &Say<'_>, field: &str) -> bool {
    say.get(field).is_some_and(|t| t.eq_ignore_ascii_case("device"))
}

/// I-Am and I-Have name the device and its instance.
fn discovery(say: &mut Say<'_>) {
    let said = say.get("pdu_service").map(|s| super::super::catalogue::snake(&s));
    let field = match said.as_deref() {
        Some("i_am") if is_device(say, "object_type") => "instance_number",
        Some("i_have") => "device_id_number",
        _ => return,
    };
    say.fact(Whom::Sender, Attribute::StationAddress, field, SURE);
}

/// Properties of the device object that say what it is (ASHRAE 135, 12.11).
static PROPERTIES: &[(&str, Attribute)] = &[
    ("model_name", Attribute::Product),
    ("vendor_name", Attribute::Vendor),
    ("vendor_identifier", Attribute::VendorId),
    ("firmware_revision", Attribute::Firmware),
    ("application_software_version", Attribute::Software),
    ("serial_number", Attribute::Serial),
    ("object_name", Attribute::Name),
    ("location", Attribute::Location),
    ("description", Attribute::Description),
];

fn property(say: &mut Say<'_>) {
    let service = say.get("pdu_service").map(|s| super::super::catalogue::snake(&s)).unwrap_or_default();
    let read = service.contains("read_property") && (service.contains("ack") || say.get("value").is_some());
    if !read || !is_device(say, "object_type") {
        return;
    }
    let Some(name) = say.get("property").map(|p| super::super::catalogue::snake(&p)) else { return };
    let known = PROPERTIES.iter().find(|(property, _)| *property == name);
    if let (Some((_, attribute)), Some(value)) = (known, say.get("value")) {
        say.tell(Whom::Sender, None, *attribute, Text::new(&value), "value", SURE);
    }
}
