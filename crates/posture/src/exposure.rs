//! From where a device can be reached, as far as that was seen or network devices say so, and what would lessen it.
//!
//! What was not seen is no proof: a device that only its own zone was seen to reach is called exposed to a small degree "as far as was
//! seen". Pure; linear in conversations, and in a bounded number of questions to the configurations.

use crate::inventory::{Asset, Conversation, Inventory};
use crate::levels::is_public;
use crate::reach::{self, Observed, Outcome, Protocol};
use crate::zoning::Zoning;
use model::id::AssetId;
use model::plant::Criticality;
use model::{Level, OperationClass, Text, Transport};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// System exposure (SSVC 2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Exposure {
    /// Only its own zone reaches it.
    #[default]
    Small,
    /// Other zones of the plant do.
    Controlled,
    /// Enterprise networks or the internet do.
    Open,
}

/// From where a device can be reached.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exposed {
    /// How far.
    pub exposure: Exposure,
    /// Why, one sentence.
    pub why: String,
    /// What its loss would mean: `low`, `medium` or `high`.
    pub consequence: &'static str,
    /// Why, one sentence.
    pub weighed: String,
    /// What would lessen it without touching the device, one sentence each.
    pub controls: Vec<String>,
}

/// Services of one device that questions are asked about.
const SERVICES_MAX: usize = 4;
/// Hosts of other zones for which questions are asked.
const ASKERS_MAX: usize = 8;
/// Questions for a whole site.
const QUESTIONS_MAX: usize = 20_000;

/// What reaches a device.
#[derive(Default)]
struct Incoming<'a> {
    exposed: Exposed,
    /// By service: its clients, and whether anything was changed over it.
    services: BTreeMap<(&'static str, u16, &'a str), (BTreeSet<&'a str>, bool)>,
}

/// The exposure of these devices.
pub fn exposures(
    inventory: &Inventory,
    zoning: &Zoning,
    wanted: &BTreeSet<&AssetId>,
) -> BTreeMap<AssetId, Exposed> {
    let places: BTreeMap<&AssetId, usize> =
        inventory.assets.iter().enumerate().map(|(at, asset)| (&asset.id, at)).collect();
    let mut all: BTreeMap<usize, Incoming<'_>> = BTreeMap::new();
    for at in wanted.iter().filter_map(|id| places.get(*id).copied()) {
        let Some(asset) = inventory.assets.get(at) else { continue };
        all.insert(at, Incoming { exposed: alone(asset), ..Incoming::default() });
    }
    for c in inventory.conversations.iter().filter(|c| c.answered) {
        let place = |id: &Option<AssetId>| id.as_ref().and_then(|id| places.get(id)).copied();
        let Some((at, incoming)) = place(&c.server_asset).and_then(|at| Some((at, all.get_mut(&at)?))) else {
            continue;
        };
        incoming.take(inventory, zoning, c, place(&c.client_asset), at);
    }
    ask_configurations(inventory, zoning, &mut all);
    let finish = |(at, incoming): (usize, Incoming<'_>)| {
        Some((inventory.assets.get(at)?.id.clone(), incoming.finish()))
    };
    all.into_iter().filter_map(finish).collect()
}

/// What a device's own addresses say.
fn alone(asset: &Asset) -> Exposed {
    let (consequence, weighed) = consequence(asset);
    let (exposure, why) = match asset.ips.iter().find(|ip| is_public(**ip)) {
        Some(ip) => (Exposure::Open, format!("its address {ip} is one of the internet")),
        None => (Exposure::Small, "as far as was seen, only its own zone reaches it".into()),
    };
    Exposed { exposure, why, consequence, weighed, controls: Vec::new() }
}

fn consequence(asset: &Asset) -> (&'static str, String) {
    if asset.safety == Some(true) {
        return ("high", "it has a part in safety".into());
    }
    let word = |c: Criticality| format!("its criticality is {}", c.as_str());
    match asset.criticality {
        Some(c @ (Criticality::High | Criticality::Critical)) => ("high", word(c)),
        Some(c @ Criticality::Medium) => ("medium", word(c)),
        Some(c @ Criticality::Low) => ("low", word(c)),
        None => ("medium", "how critical it is was not said, nor could it be told".into()),
    }
}

impl<'a> Incoming<'a> {
    fn take(
        &mut self,
        inventory: &'a Inventory,
        zoning: &Zoning,
        c: &'a Conversation,
        client: Option<usize>,
        server: usize,
    ) {
        let protocol = c.protocol.as_ref().map_or("unrecognised", model::Name::as_str);
        if let (Some(port), Transport::Tcp | Transport::Udp) = (c.server_port, c.transport) {
            // Where no operation could be read, any may have been sent.
            let changes = c.operations.is_empty()
                || c.operations.iter().any(|o| o.requests > 0 && is_change(o.operation.class));
            let known = self.services.entry((c.transport.as_str(), port, protocol)).or_default();
            known.0.insert(&c.client);
            known.1 |= changes;
        }
        let asset = client.and_then(|at| inventory.assets.get(at));
        let zone = |at: usize| zoning.memberships.get(at).and_then(|m| m.as_ref()).map(|m| &m.zone);
        let name = asset.map_or(c.client.as_str(), |a| a.name.as_str());
        let outside = asset.and_then(|a| a.level).is_some_and(|level| level >= Level::ENTERPRISE)
            || c.client.parse().is_ok_and(is_public);
        let from = client.and_then(zone);
        let reached = if outside {
            Some((Exposure::Open, format!("{name} reaches it from outside the plant over {protocol}")))
        } else if from.is_some() && from != zone(server) {
            let zone = from.map(Text::as_str).unwrap_or_default();
            Some((Exposure::Controlled, format!("{name} reaches it from the zone {zone} over {protocol}")))
        } else {
            None
        };
        self.raise(reached);
    }

    fn raise(&mut self, reached: Option<(Exposure, String)>) {
        if let Some((exposure, why)) = reached.filter(|(exposure, _)| *exposure > self.exposed.exposure) {
            (self.exposed.exposure, self.exposed.why) = (exposure, why);
        }
    }

    /// What is seen to be needed is what should be let through.
    fn finish(mut self) -> Exposed {
        for ((transport, port, protocol), (clients, changes)) in &self.services {
            let who = match clients.len() {
                1 => format!("only for {}", clients.first().copied().unwrap_or_default()),
                n => format!("only for the {n} hosts that use it"),
            };
            let reads = if *changes || !is_industrial(protocol) {
                ""
            } else {
                ", and only to read: nothing was written over it"
            };
            self.exposed.controls.push(format!("let {transport} {port} ({protocol}) through {who}{reads}"));
        }
        if self.exposed.exposure == Exposure::Open {
            let boundary = "let nothing from enterprise networks and the internet reach it directly; end such connections in a DMZ";
            self.exposed.controls.insert(0, boundary.into());
        }
        self.exposed.controls.truncate(1 + SERVICES_MAX * 2);
        self.exposed
    }
}

/// Protocols in which reading and changing can be told apart and filtered.
fn is_industrial(protocol: &str) -> bool {
    crate::classify::is_control(protocol)
}

fn is_change(class: OperationClass) -> bool {
    use OperationClass::{Authentication, Diagnostic, Discovery, ProgramUpload, Read, Session};
    !matches!(class, Read | Session | Diagnostic | Authentication | Discovery | ProgramUpload)
}

/// Asks configurations of network devices, where there are any, whether hosts outside the plant may reach services that were seen.
fn ask_configurations(inventory: &Inventory, zoning: &Zoning, all: &mut BTreeMap<usize, Incoming<'_>>) {
    if inventory.networks.is_empty() {
        return;
    }
    let askers = outside_hosts(inventory, zoning);
    let mut questions: Vec<(usize, Observed)> = Vec::new();
    for (at, incoming) in all.iter().filter(|(_, i)| i.exposed.exposure < Exposure::Open) {
        let Some(server) = inventory.assets.get(*at).and_then(|a| a.ips.first()).copied() else { continue };
        for (transport, port, _) in incoming.services.keys().take(SERVICES_MAX) {
            let protocol = if *transport == "udp" { Protocol::Udp } else { Protocol::Tcp };
            questions.extend(
                askers
                    .iter()
                    .map(|client| (*at, Observed { client: *client, server, protocol, port: Some(*port) })),
            );
        }
    }
    questions.truncate(QUESTIONS_MAX);
    let devices: Vec<_> = inventory.networks.iter().map(|(_, device)| device.clone()).collect();
    let asked: Vec<Observed> = questions.iter().map(|(_, question)| *question).collect();
    for ((at, question), answer) in questions.iter().zip(reach::answers(&devices, &asked)) {
        if answer.outcome == Outcome::Allowed
            && let Some(incoming) = all.get_mut(at)
        {
            let port = question.port.unwrap_or_default();
            let why =
                format!("network devices let {} outside the plant reach its port {port}", question.client);
            incoming.raise(Some((Exposure::Open, why)));
        }
    }
}

/// One host of each zone outside the plant.
fn outside_hosts(inventory: &Inventory, zoning: &Zoning) -> Vec<IpAddr> {
    let outside =
        zoning.zones.values().filter(|z| z.zone.level.is_some_and(|level| level >= Level::ENTERPRISE));
    let first = |z: &crate::zoning::ZoneState| {
        z.members.iter().find_map(|at| inventory.assets.get(*at)?.ips.first().copied())
    };
    outside.filter_map(first).take(ASKERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::resolve;
    use crate::site::Site;
    use crate::zoning::zoning;
    use model::conversation::{ClientBy, ConversationKey, ConversationReport, OperationCount};
    use model::observation::Binding;
    use model::{CaptureId, Evidence, Fact, Host, Mac, Name, Observation, Operation, Subject, Timestamp};

    fn observe(site: &mut Site, host: Host, fact: Fact) {
        let evidence = Evidence {
            capture: CaptureId(0),
            frame: 1,
            time: Timestamp(0),
            field: Name::new("test"),
            bytes: None,
        };
        site.observe(&Observation { subject: Subject::from(host), fact, evidence });
    }

    fn host(ip: [u8; 4]) -> Host {
        Host { mac: Some(Mac([0, 0x80, 0xf4, 0, 0, ip[3]])), ip: Some(ip.into()) }
    }

    fn talk(site: &mut Site, client: [u8; 4], server: [u8; 4], class: OperationClass) {
        for ip in [client, server] {
            observe(site, host(ip), Fact::Present { binding: Binding::Arp, vlan: None });
        }
        let first = Evidence {
            capture: CaptureId(0),
            frame: 1,
            time: Timestamp(0),
            field: Name::new("test"),
            bytes: None,
        };
        let (requests, responses, errors, last) = (1, 1, 0, Timestamp(0));
        let operation = Operation::new("operation", 3, class);
        let report = ConversationReport {
            key: ConversationKey {
                client: Host::ip(client.into()),
                server: Host::ip(server.into()),
                server_port: Some(502),
                transport: Transport::Tcp,
                protocol: Some(Name::new("modbus")),
            },
            client_by: ClientBy::Port,
            vlan: None,
            encrypted: false,
            answered: true,
            packets: 2,
            bytes: 120,
            first: Timestamp(0),
            last: Timestamp(0),
            operations: vec![OperationCount { operation, requests, responses, errors, first, last }],
        };
        observe(site, host(server), Fact::Conversation(Box::new(report)));
    }

    fn exposed(site: &Site, ip: [u8; 4]) -> Exposed {
        let inventory = resolve(site);
        let zoning = zoning(&inventory, Timestamp(0));
        let asset = inventory.assets.iter().find(|a| a.ips.contains(&ip.into())).unwrap();
        exposures(&inventory, &zoning, &BTreeSet::from([&asset.id])).remove(&asset.id).unwrap()
    }

    #[test]
    fn who_reaches_a_device_says_how_exposed_it_is() {
        let (plc, hmi) = ([10, 0, 1, 5], [10, 0, 1, 9]);
        let mut site = Site::default();
        talk(&mut site, hmi, plc, OperationClass::Read);
        let near = exposed(&site, plc);
        assert!(near.exposure < Exposure::Open, "{near:?}");
        assert_eq!(
            near.controls,
            ["let tcp 502 (modbus) through only for 10.0.1.9, and only to read: nothing was written over it"]
        );
        talk(&mut site, [8, 8, 8, 8], plc, OperationClass::Write);
        let open = exposed(&site, plc);
        assert_eq!(open.exposure, Exposure::Open);
        assert!(open.why.contains("from outside the plant over modbus"), "{}", open.why);
        assert!(open.controls[1].ends_with("only for the 2 hosts that use it"), "{:?}", open.controls);
    }
}
