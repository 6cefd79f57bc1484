//! What a project says of devices that have an address, as observations: the same facts as a capture or a log would give.

use super::project::{Device, Place, Project, Said};
use model::{CaptureId, Evidence, Fact, Host, Name, Observation, Part, Subject, Timestamp};

/// The facts of `project`, with the line of the file as the frame that says them. The file is `capture` in the journal, and `time` is
/// when it was written or taken in.
///
/// Devices without an address give nothing: whom they are can be matched only by name, serial number or order number.
pub fn observations(project: &Project, capture: CaptureId, time: Timestamp) -> Vec<Observation> {
    let teller = Teller { protocol: project.format, capture, time };
    project.devices.iter().flat_map(|device| teller.device(device)).collect()
}

struct Teller {
    protocol: &'static str,
    capture: CaptureId,
    time: Timestamp,
}

impl Teller {
    fn device(&self, device: &Device) -> Vec<Observation> {
        let mut out = Vec::new();
        for host in hosts(device) {
            self.claims(host, None, &device.claims, &mut out);
            for module in &device.modules {
                if let Place::Part(part) = module.place {
                    self.claims(host, Some(part), &module.claims, &mut out);
                }
            }
        }
        out
    }

    fn claims(&self, host: Host, part: Option<Part>, claims: &[Said], out: &mut Vec<Observation>) {
        out.extend(claims.iter().map(|said| Observation {
            subject: Subject { host, part },
            fact: Fact::Identity {
                attribute: said.attribute,
                value: said.value.clone(),
                protocol: Name::new(self.protocol),
                confidence: said.confidence,
            },
            evidence: self.evidence(said),
        }));
    }

    fn evidence(&self, said: &Said) -> Evidence {
        let field = Name::owned(format!("{}.{}", self.protocol, said.field));
        Evidence { capture: self.capture, frame: said.line.into(), time: self.time, field, bytes: None }
    }
}

/// Each IP address, and each MAC address: which of them belong together is not for a file to prove.
fn hosts(device: &Device) -> impl Iterator<Item = Host> {
    let macs = device.macs.iter().filter(|m| m.is_station()).map(|m| Host::mac(*m));
    device.ips.iter().map(|ip| Host::ip(*ip)).chain(macs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engineering::read;
    use model::Attribute;

    #[test]
    fn facts_hang_on_addresses_and_slots_and_name_their_line() {
        let text = crate::engineering::l5x::SAMPLE;
        let project = read("plant.L5X", text.as_bytes()).unwrap();
        let all = observations(&project, CaptureId(7), Timestamp(5));
        let serial = |o: &&Observation| {
            matches!(&o.fact, Fact::Identity { attribute: Attribute::Serial, value, protocol, .. }
                if value.as_str() == "0x0012ab56" && *protocol == "l5x")
        };
        let serials: Vec<&Observation> = all.iter().filter(serial).collect();
        let subjects: Vec<String> = serials.iter().map(|o| o.subject.host.to_string()).collect();
        assert_eq!(subjects, ["192.168.1.10", "10.1.0.9"]);
        for o in &serials {
            assert_eq!(o.subject.part, Some(Part::Slot(0)));
            assert_eq!(
                (o.evidence.capture, o.evidence.frame, o.evidence.time),
                (CaptureId(7), 3, Timestamp(5))
            );
            assert_eq!(o.evidence.field.as_str(), "l5x.Controller/@ProjectSN");
        }
        assert!(all.iter().all(|o| o.subject.host.ip.is_some()), "no address, no observation");
    }
}
