//! Turns the inventory, matches and findings into the views of [`crate::document`].

use crate::access::Access;
use crate::access_view;
use crate::allowed::Allowed;
use crate::coverage::Coverage;
use crate::document::{
    AccessView, AccountView, AdvisoryView, Analysis, AssetView, CaptureView, ConversationView, Directions,
    DocumentView, EvidenceView, ExposureView, FactView, FindingView, MissingView, ModuleView, OperationView,
    ProblemView, ReferencesView, RemediationView, ServiceView, StatementView, SubjectView, Tool,
};
use crate::exposure::Exposed;
use crate::intel::csaf::Remediation;
use crate::intel::matcher::Advisory;
use crate::intel::threat::Threats;
use crate::inventory::{Account, Asset, Claim, Conversation, Inventory, Module, Service};
use crate::plant_view;
use crate::reach_view;
use crate::reconcile_view;
use crate::stated::Stated;
use crate::triage::Triage;
use crate::zoning::{Membership, Zoning};
use model::advisory::{AssetMatch, MatchStatus};
use model::conversation::{ClientBy, OperationCount};
use model::finding::Finding;
use model::id::{AssetId, digest};
use model::journal::{Capture, ProblemSeverity};
use model::{Attribute, CaptureId, Evidence, Level, Part, Role};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that is known of a site: who is there, which advisories concern them, what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Posture {
    /// Who is there and what they do.
    pub inventory: Inventory,
    /// Zones, conduits and verdicts.
    pub zoning: Zoning,
    /// What cannot be seen.
    pub coverage: Coverage,
    /// What network devices let pass, beside what was seen.
    pub allowed: Allowed,
    /// Who may reach what, and who did.
    pub access: Access,
    /// Advisories that concern assets.
    pub matches: Vec<AssetMatch>,
    /// From where the assets that they concern can be reached.
    pub exposures: BTreeMap<AssetId, Exposed>,
    /// What people said of them, by their place in the list.
    pub stated: BTreeMap<usize, Stated>,
    /// Titles of those advisories, by document id.
    pub titles: BTreeMap<String, String>,
    /// Those advisories, by id.
    pub documents: Vec<Advisory>,
    /// What feeds say of their CVEs.
    pub threats: Arc<Threats>,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// Problems that belong to no capture: unreadable advisories, checks that failed.
    pub problems: Vec<String>,
}

/// Name and version of the document.
const SCHEMA: &str = "sightglass.analysis/1";

/// A list whose items are made one at a time while it is written.
struct Pieces<F>(F);

impl<F, I> Serialize for Pieces<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq((self.0)())
    }
}

/// Makes views; knows the names of captures and the zones of assets.
pub struct Viewer<'a> {
    captures: BTreeMap<CaptureId, &'a Capture>,
    memberships: BTreeMap<&'a str, &'a Membership>,
}

impl<'a> Viewer<'a> {
    /// For a posture.
    pub fn new(posture: &'a Posture) -> Self {
        let Posture { inventory, zoning, .. } = posture;
        let placed = inventory.assets.iter().zip(&zoning.memberships);
        Self {
            captures: inventory.captures.iter().map(|c| (c.id, c)).collect(),
            memberships: placed.filter_map(|(a, m)| Some((a.id.as_str(), m.as_ref()?))).collect(),
        }
    }

    /// For an inventory alone: its zones are not told.
    pub fn of_inventory(inventory: &'a Inventory) -> Self {
        let captures = inventory.captures.iter().map(|c| (c.id, c)).collect();
        Self { captures, memberships: BTreeMap::new() }
    }

    /// The whole document.
    pub fn analysis(&self, posture: &Posture, version: &'static str) -> Analysis {
        let inventory = &posture.inventory;
        Analysis {
            schema: SCHEMA,
            tool: Tool { name: "sightglass", version },
            captures: inventory.captures.iter().map(capture).collect(),
            problems: self.problems(posture),
            assets: inventory.assets.iter().map(|a| self.asset(a)).collect(),
            conversations: inventory.conversations.iter().map(|c| self.conversation(c)).collect(),
            messages: messages(inventory),
            accounts: inventory.accounts.iter().map(|a| self.account(a)).collect(),
            advisories: advisories(posture).collect(),
            documents: documents(posture).collect(),
            exposures: exposures(posture).collect(),
            findings: posture.findings.iter().map(|f| self.finding(f)).collect(),
            zones: plant_view::zones(posture),
            conduits: plant_view::conduits(posture),
            flows: plant_view::flows(posture),
            decisions: plant_view::decisions(posture),
            networks: reach_view::networks(posture),
            reachability: reach_view::comparisons(posture, self),
            reconciliation: reconcile_view::reconciliation(&posture.inventory, self),
            access: access_view::access(posture, self),
            coverage: plant_view::coverage(posture),
        }
    }

    /// The whole document, written piece by piece: what [`Self::analysis`] holds is never in memory at once.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn write<S: Serializer>(
        &self,
        posture: &Posture,
        version: &'static str,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let inventory = &posture.inventory;
        let mut document = to.serialize_struct("Analysis", 21)?;
        document.serialize_field("schema", SCHEMA)?;
        document.serialize_field("tool", &Tool { name: "sightglass", version })?;
        document.serialize_field("captures", &Pieces(|| inventory.captures.iter().map(capture)))?;
        document.serialize_field("problems", &self.problems(posture))?;
        document.serialize_field("assets", &Pieces(|| inventory.assets.iter().map(|a| self.asset(a))))?;
        document.serialize_field(
            "conversations",
            &Pieces(|| inventory.conversations.iter().map(|c| self.conversation(c))),
        )?;
        document.serialize_field("messages", &messages(inventory))?;
        document
            .serialize_field("accounts", &Pieces(|| inventory.accounts.iter().map(|a| self.account(a))))?;
        document.serialize_field("advisories", &Pieces(|| advisories(posture)))?;
        document.serialize_field("documents", &Pieces(|| documents(posture)))?;
        document.serialize_field("exposures", &Pieces(|| exposures(posture)))?;
        document.serialize_field("findings", &Pieces(|| posture.findings.iter().map(|f| self.finding(f))))?;
        document.serialize_field("zones", &plant_view::zones(posture))?;
        document.serialize_field("conduits", &plant_view::conduits(posture))?;
        document.serialize_field("flows", &plant_view::flows(posture))?;
        document.serialize_field("decisions", &plant_view::decisions(posture))?;
        document.serialize_field("networks", &reach_view::networks(posture))?;
        document.serialize_field("reachability", &reach_view::comparisons(posture, self))?;
        document
            .serialize_field("reconciliation", &reconcile_view::reconciliation(&posture.inventory, self))?;
        document.serialize_field("access", &access_view::access(posture, self))?;
        document.serialize_field("coverage", &plant_view::coverage(posture))?;
        document.end()
    }

    /// Who may reach what, and who did.
    pub fn access(&self, posture: &Posture) -> AccessView {
        access_view::access(posture, self)
    }

    /// What could not be read or seen.
    pub fn problems(&self, posture: &Posture) -> Vec<ProblemView> {
        let inventory = &posture.inventory;
        let read = inventory.captures.iter().flat_map(|c| c.problems.iter().map(move |p| (c, p)));
        let read = read.map(|(c, p)| ProblemView {
            capture: c.name.clone(),
            frame: p.frame,
            what: p.what.clone(),
            severity: match p.severity {
                ProblemSeverity::Info => "info",
                ProblemSeverity::Warning => "warning",
                ProblemSeverity::Error => "error",
            }
            .into(),
        });
        let unseen = inventory.gaps.iter().map(|(kind, count)| ProblemView {
            capture: String::new(),
            frame: None,
            what: format!("{}: {count}", kind.describe()),
            severity: "info".into(),
        });
        let other = posture.problems.iter().map(|what| ProblemView {
            capture: String::new(),
            frame: None,
            what: what.clone(),
            severity: "warning".into(),
        });
        read.chain(other).chain(unseen).collect()
    }

    /// A witness.
    pub fn evidence(&self, e: &Evidence) -> EvidenceView {
        EvidenceView {
            capture: match self.captures.get(&e.capture) {
                _ if e.capture == CaptureId::DECISIONS => "decisions".to_owned(),
                capture => capture.map(|c| c.name.clone()).unwrap_or_default(),
            },
            capture_id: e.capture.0,
            frame: e.frame,
            time: e.time.to_string(),
            field: e.field.to_string(),
            offset: e.bytes.map(|b| b.start),
            length: e.bytes.map(|b| b.len),
        }
    }

    /// A claim.
    pub fn fact(&self, c: &Claim) -> FactView {
        FactView {
            attribute: c.attribute.as_str(),
            value: c.value.to_string(),
            protocol: c.protocol.to_string(),
            confidence: f64::from(c.confidence.0) / 100.0,
            reason: c.reason.clone(),
            evidence: self.evidence(&c.evidence),
        }
    }

    /// A device.
    pub fn asset(&self, a: &Asset) -> AssetView {
        let best = |attribute| a.best(attribute).map(|c| c.value.to_string());
        // A chassis without a name of its own is known by its processor.
        let module = |attribute| {
            let processor =
                a.modules.iter().find(|m| m.claims.iter().any(|c| c.attribute == Attribute::Product))?;
            processor.claims.iter().find(|c| c.attribute == attribute).map(|c| c.value.to_string())
        };
        let best_or_module = |attribute| best(attribute).or_else(|| module(attribute));
        let mut hostnames: Vec<String> = Vec::new();
        for claim in a.claims.iter().filter(|c| c.attribute == Attribute::Hostname) {
            if !hostnames.iter().any(|h| h == claim.value.as_str()) {
                hostnames.push(claim.value.to_string());
            }
        }
        let membership = self.memberships.get(a.id.as_str());
        AssetView {
            id: a.id.to_string(),
            name: a.name.clone(),
            role: a.role.as_str(),
            level: a.level.map(level_number),
            zone: membership.map(|m| m.zone.to_string()),
            zone_why: membership.map(|m| m.why.clone()),
            criticality: a.criticality.map(|c| c.as_str().to_owned()),
            safety: a.safety,
            owner: best(Attribute::Owner),
            location: best(Attribute::Location),
            macs: a.macs.iter().map(ToString::to_string).collect(),
            ips: a.ips.iter().map(ToString::to_string).collect(),
            vlans: a.vlans.clone(),
            hostnames,
            vendor: best(Attribute::Vendor),
            // A product code is the name of the product where nothing else names it.
            product: best_or_module(Attribute::Product).or_else(|| best_or_module(Attribute::OrderNumber)),
            order_number: best_or_module(Attribute::OrderNumber),
            hardware: best_or_module(Attribute::Hardware),
            firmware: best_or_module(Attribute::Firmware),
            serial: best_or_module(Attribute::Serial),
            first_seen: a.first_seen.to_string(),
            last_seen: a.last_seen.to_string(),
            joined_by: a.joined_by.clone(),
            conflicts: a.conflicts.clone(),
            services: a.services.iter().map(|s| self.service(s)).collect(),
            modules: a.modules.iter().map(|m| self.module(m)).collect(),
            facts: a.claims.iter().map(|c| self.fact(c)).collect(),
        }
    }

    fn module(&self, m: &Module) -> ModuleView {
        let best =
            |attribute| m.claims.iter().find(|c| c.attribute == attribute).map(|c| c.value.to_string());
        ModuleView {
            slot: slot(m.part),
            vendor: best(Attribute::Vendor),
            product: best(Attribute::Product),
            order_number: best(Attribute::OrderNumber),
            firmware: best(Attribute::Firmware),
            serial: best(Attribute::Serial),
            facts: m.claims.iter().map(|c| self.fact(c)).collect(),
        }
    }

    fn service(&self, s: &Service) -> ServiceView {
        ServiceView {
            transport: s.transport.as_str().into(),
            port: s.port,
            protocol: s.protocol.as_ref().map(ToString::to_string),
            encrypted: s.encrypted,
            clients: s.clients,
            evidence: self.evidence(&s.evidence),
        }
    }

    fn operation(&self, o: &OperationCount) -> OperationView {
        OperationView {
            name: o.operation.name.to_string(),
            code: o.operation.code,
            class: o.operation.class.as_str(),
            requests: o.requests,
            responses: o.responses,
            errors: o.errors,
            last_seen: o.last.to_string(),
            evidence: self.evidence(&o.first),
        }
    }

    /// A conversation.
    pub fn conversation(&self, c: &Conversation) -> ConversationView {
        let port = c.server_port.map(|p| p.to_string()).unwrap_or_default();
        let protocol =
            c.protocol.as_ref().map_or_else(|| c.transport.as_str().to_owned(), ToString::to_string);
        ConversationView {
            id: format!(
                "conversation-{}",
                digest(&[&c.client, &c.server, &port, c.transport.as_str(), &protocol])
            ),
            client: c.client.clone(),
            server: c.server.clone(),
            client_asset: c.client_asset.as_ref().map(ToString::to_string),
            server_asset: c.server_asset.as_ref().map(ToString::to_string),
            server_port: c.server_port,
            transport: c.transport.as_str(),
            vlan: c.vlan,
            protocol,
            client_by: match c.client_by {
                ClientBy::Handshake => "handshake",
                ClientBy::Content => "content",
                ClientBy::Port => "port",
                ClientBy::FirstPacket => "first_packet",
                ClientBy::LowerPort => "lower_port",
            },
            encrypted: c.encrypted,
            answered: c.answered,
            packets: c.packets,
            bytes: c.bytes,
            first_seen: c.first_seen.to_string(),
            last_seen: c.last_seen.to_string(),
            evidence: self.evidence(&c.evidence),
            operations: c.operations.iter().map(|o| self.operation(o)).collect(),
        }
    }

    /// A sign-in.
    pub fn account(&self, a: &Account) -> AccountView {
        AccountView {
            name: a.name.to_string(),
            asset: a.asset.as_ref().map(ToString::to_string),
            client: a.client.as_ref().map(ToString::to_string),
            protocol: a.protocol.to_string(),
            mechanism: format!("{:?}", a.mechanism).to_lowercase(),
            encrypted: a.encrypted,
            accepted: a.accepted,
            last_seen: a.last_seen.to_string(),
            evidence: self.evidence(&a.evidence),
        }
    }

    /// A finding.
    pub fn finding(&self, f: &Finding) -> FindingView {
        FindingView {
            id: f.id.to_string(),
            check: f.check.clone(),
            title: f.title.clone(),
            severity: f.severity.as_str(),
            subject: SubjectView {
                asset: f.subject.asset.to_string(),
                peer: f.subject.peer.as_ref().map(ToString::to_string),
            },
            detail: f.detail.clone(),
            evidence: f.evidence.iter().map(|e| self.evidence(e)).collect(),
            references: ReferencesView {
                iec62443_3_3: f.references.iec62443_3_3.clone(),
                nist_800_53: f.references.nist_800_53.clone(),
                attack_ics: f.references.attack_ics.clone(),
            },
            rationale: f.rationale.clone(),
            remediation: f.remediation.clone(),
        }
    }
}

/// All matches.
fn advisories(posture: &Posture) -> impl Iterator<Item = AdvisoryView> {
    posture.matches.iter().enumerate().map(|(at, m)| advisory(m, posture, posture.stated.get(&at)))
}

/// A match.
fn advisory(m: &AssetMatch, posture: &Posture, stated: Option<&Stated>) -> AdvisoryView {
    let threat = posture.threats.view(&m.found.cve);
    let exposed = posture.exposures.get(&m.asset);
    AdvisoryView {
        triage: exposed.and_then(|exposed| Triage::of(m.found.status, &threat, exposed, stated)),
        stated: stated.map(statement),
        asset: m.asset.to_string(),
        module: m.module.clone(),
        advisory: m.found.advisory.clone(),
        cve: m.found.cve.clone(),
        status: match m.found.status {
            MatchStatus::Affected => "affected",
            MatchStatus::Possible => "possible",
            MatchStatus::Fixed => "fixed",
            MatchStatus::NotAffected => "not_affected",
        },
        reason: m.found.reason.clone(),
        confidence: m.found.confidence,
        missing: m
            .found
            .missing
            .as_ref()
            .map(|missing| MissingView { fact: missing.fact(), which: missing.which().map(str::to_owned) }),
        score: m.found.score,
        title: posture.titles.get(&m.found.advisory).cloned().unwrap_or_default(),
        threat,
    }
}

fn statement(stated: &Stated) -> StatementView {
    let Stated { statement, by, expired } = stated;
    StatementView {
        id: statement.id.to_string(),
        status: statement.status.as_str(),
        justification: statement.justification.map(|j| j.as_str()),
        until: statement.until.map(|until| until.to_string()),
        expired: *expired,
        by: by.by.to_string(),
        at: by.at.to_string(),
        why: by.why.to_string(),
    }
}

/// The advisories that concern an asset, by id.
fn documents(posture: &Posture) -> impl Iterator<Item = DocumentView> {
    posture.documents.iter().map(|document| DocumentView {
        id: document.id.clone(),
        title: document.title.clone(),
        released: document.released.clone(),
        remediations: document.remediations.iter().map(remediation).collect(),
    })
}

fn remediation(remediation: &Remediation) -> RemediationView {
    let Remediation { category, text, url } = remediation.clone();
    RemediationView { category, text, url }
}

fn exposures(posture: &Posture) -> impl Iterator<Item = ExposureView> {
    posture.exposures.iter().map(|(asset, exposed)| ExposureView {
        asset: asset.to_string(),
        exposure: exposed.exposure.as_str(),
        why: exposed.why.clone(),
        consequence: exposed.consequence,
        weighed: exposed.weighed.clone(),
        controls: exposed.controls.clone(),
    })
}

fn capture(c: &Capture) -> CaptureView {
    CaptureView {
        id: c.id.0,
        path: c.name.clone(),
        kind: match (c.is_file(), c.is_log()) {
            (true, _) => "file",
            (_, true) => "log",
            _ => "capture",
        },
        format: c.format.clone(),
        packets: c.packets,
        bytes: c.bytes,
        first: c.first.map(|t| t.to_string()),
        last: c.last.map(|t| t.to_string()),
    }
}

fn messages(inventory: &Inventory) -> BTreeMap<String, BTreeMap<String, Directions>> {
    let mut all: BTreeMap<String, BTreeMap<String, Directions>> = BTreeMap::new();
    for ((protocol, counter, direction, code), count) in &inventory.messages {
        let counters = all.entry(protocol.to_string()).or_default();
        let directions = counters.entry(counter.to_string()).or_default();
        directions.entry(direction.as_str().into()).or_default().insert(code.to_string(), *count);
    }
    all
}

/// A level as the document writes it: a whole number, or 3.5.
pub(crate) fn level_number(level: Level) -> serde_json::Number {
    let n = level.number();
    if n.fract() == 0.0 {
        serde_json::Number::from(n as u8)
    } else {
        serde_json::Number::from_f64(f64::from(n)).unwrap_or_else(|| serde_json::Number::from(0))
    }
}

/// A part's place in words.
pub fn slot(part: Part) -> String {
    match part {
        Part::Slot(n) => n.to_string(),
        Part::Unit(n) => format!("unit {n}"),
    }
}

/// The role's word for people.
pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::Plc => "PLC",
        Role::Rtu => "RTU",
        Role::Ied => "IED",
        Role::SafetyController => "Safety controller",
        Role::RemoteIo => "Remote I/O",
        Role::Drive => "Drive",
        Role::FieldDevice => "Field device",
        Role::Hmi => "HMI",
        Role::ScadaServer => "SCADA server",
        Role::EngineeringWorkstation => "Engineering workstation",
        Role::Historian => "Historian",
        Role::Gateway => "Gateway",
        Role::Switch => "Switch",
        Role::Router => "Router",
        Role::Firewall => "Firewall",
        Role::AccessPoint => "Access point",
        Role::JumpHost => "Jump host",
        Role::Server => "Server",
        Role::Workstation => "Workstation",
        Role::Printer => "Printer",
        Role::Camera => "Camera",
        Role::Phone => "Phone",
        Role::Mobile => "Mobile device",
        Role::Unknown => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::journal::Capture;

    #[test]
    fn the_document_is_the_same_however_it_is_written() {
        let capture = Capture {
            id: CaptureId(0),
            name: "a.pcap".into(),
            format: "pcap".into(),
            packets: 1,
            bytes: 60,
            first: None,
            last: None,
            problems: Vec::new(),
        };
        let inventory = Inventory { captures: vec![capture], ..Inventory::default() };
        let posture = Posture { inventory, problems: vec!["one".into()], ..Posture::default() };
        let viewer = Viewer::new(&posture);
        let mut written = Vec::new();
        viewer.write(&posture, "0", &mut serde_json::Serializer::new(&mut written)).unwrap();
        let whole = serde_json::to_vec(&viewer.analysis(&posture, "0")).unwrap();
        assert_eq!(String::from_utf8(written), String::from_utf8(whole));
    }
}
