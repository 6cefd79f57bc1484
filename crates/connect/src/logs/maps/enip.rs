//! EtherNet/IP and CIP: ICSNPP's `enip`, `cip`, `cip_identity` and `cip_io` (icsnpp-enip).

use super::super::record::number;
use super::super::say::{Log, Phase, Say, Whom};
use super::{log, phase_by_direction, phase_of};
use model::{Attribute, Confidence, Operation, Text, Transport};

const SURE: Confidence = Confidence::CERTAIN;

pub(super) static LOGS: &[Log] = &[
    Log { read: enip, ..log("enip", "enip") },
    Log { read: cip, ..log("cip", "enip") },
    Log {
        facts: &[
            ("vendor_name", Whom::Sender, Attribute::Vendor, SURE),
            ("vendor_id", Whom::Sender, Attribute::VendorId, SURE),
            ("device_type_name", Whom::Sender, Attribute::DeviceType, SURE),
            ("product_code", Whom::Sender, Attribute::ProductCode, SURE),
            ("revision", Whom::Sender, Attribute::Firmware, SURE),
            ("product_name", Whom::Sender, Attribute::Product, SURE),
        ],
        read: serial,
        ..log("cip_identity", "enip")
    },
    Log { carrier: Transport::Udp, read: io, ..log("cip_io", "cip-io") },
];

/// Send RR Data and Send Unit Data carry CIP, which counts as what it does (CIP Networks Library Volume 2, table 2-3.2).
const CARRIERS: [u32; 2] = [0x6f, 0x70];

fn enip(say: &mut Say<'_>) {
    let code = say.record.any(&["enip_command_code", "command_code"]).and_then(|(_, t)| number(&t));
    let Some(code) = code else { return };
    let failed =
        say.get("enip_status").is_some_and(|s| !s.eq_ignore_ascii_case("success") && number(&s) != Some(0));
    let phase = phase_by_direction(say);
    say.count(("enip", "command"), phase, code);
    say.answered |= phase != Phase::Request;
    if !CARRIERS.contains(&code) {
        let operation = say.importer.catalogue.by_code("enip", "encapsulation", code);
        say.operation(operation, if failed { Phase::Error } else { phase }, "enip_command_code");
    }
}

/// Bit 7 of a service marks its answer (Volume 1, 2-4).
const REPLY: u32 = 0x80;
/// Services from here on belong to the object (Volume 1, table 4-9.7).
const OBJECT_SPECIFIC: u32 = 0x32;
/// Services that read, whatever object they go to.
const READS: [u32; 6] = [0x01, 0x03, 0x0a, 0x0e, 0x11, 0x18];
/// Unconnected Send of the Connection Manager: an envelope, what is in it counts.
const UNCONNECTED_SEND: u32 = 0x652;

fn cip(say: &mut Say<'_>) {
    let Some(service) = say.record.number("cip_service_code").map(|s| s & !REPLY) else { return };
    let phase = phase_of(say, "direction").unwrap_or_else(|| phase_by_direction(say));
    let answer = phase != Phase::Request;
    say.count(("cip", "service"), phase, if answer { service | REPLY } else { service });
    let uid = say.get("uid").unwrap_or_default().into_owned();
    let sequence = say.any(&["cip_sequence_count", "packet_correlation_id"]).unwrap_or_default();
    let exchange = format!("{uid} {sequence} {service}");
    if !answer {
        let operation = operation(say, service);
        say.importer.ask(&exchange, operation.clone());
        if operation.code != UNCONNECTED_SEND {
            say.operation(operation, phase, "cip_service_code");
        }
        return;
    }
    say.answered = true;
    let failed = say.record.number("cip_status_code").is_some_and(|s| s != 0 && s != 6);
    // An answer does not name the object; without its request it is what the service says by itself.
    let asked = say.importer.asked(&exchange);
    let operation = asked.unwrap_or_else(|| operation(say, service));
    if operation.code != UNCONNECTED_SEND || failed {
        say.operation(operation, if failed { Phase::Error } else { phase }, "cip_service_code");
    }
}

/// The service, or class and service where the object decides what the service does; as the dissector decides it.
fn operation(say: &Say<'_>, service: u32) -> Operation {
    let catalogue = &say.importer.catalogue;
    let plain = || catalogue.by_code("enip", "class_service", service);
    let Some(class) = say.record.number("class_id").filter(|c| *c < 1 << 20) else { return plain() };
    let own = class << 8 | service;
    let listed = catalogue.listed("enip", "class_service", own);
    if service < OBJECT_SPECIFIC {
        return listed.filter(|_| !READS.contains(&service)).unwrap_or_else(plain);
    }
    listed.unwrap_or_else(|| catalogue.by_code("enip", "class_service", own))
}

/// In hexadecimal, as labels and engineering tools show it.
fn serial(say: &mut Say<'_>) {
    if let Some(serial) = say.record.number("serial_number").filter(|s| *s != 0) {
        let text = Text::new(&format!("0x{serial:08x}"));
        say.tell(Whom::Sender, None, Attribute::Serial, text, "serial_number", SURE);
    }
    say.answered = true;
}

/// Sequenced address item: what a connection carries all the time.
fn io(say: &mut Say<'_>) {
    const SEQUENCED_ADDRESS: u32 = 0x8002;
    let phase = phase_by_direction(say);
    say.count(("cip-io", "message"), phase, SEQUENCED_ADDRESS);
    let operation = say.importer.catalogue.by_code("cip-io", "item", SEQUENCED_ADDRESS);
    say.operation(operation, Phase::Request, "connection_id");
}
