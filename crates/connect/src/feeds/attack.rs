//! MITRE ATT&CK for ICS: a STIX 2.1 bundle. Its techniques are kept as a list of numbers and names; where the description of a technique,
//! or of its use, names a CVE, the technique goes with that CVE.

use super::probe::Probe;
use super::stream::{self, Items};
use super::{Body, Fault, Format, Found, Out};
use model::Name;
use model::threat::{CveId, LIST_MAX, Said, Technique};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "attack-ics";
/// Objects of a bundle that are kept in memory; the ICS matrix has about 1,900, all matrices together about 25,000.
const OBJECTS_MAX: usize = 200_000;

/// ATT&CK for ICS; each release is complete.
pub(super) struct Attack;

impl Format for Attack {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "MITRE ATT&CK for ICS"
    }

    fn complete(&self) -> bool {
        true
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        let long = || probe.head().starts_with('{') && probe.head().contains("\"bundle\"");
        probe.has(&["type", "id", "objects"]) || long()
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name.to_owned();
        let mut reading = Reading { name, ..Reading::default() };
        stream::items(body, "objects", &mut reading)?;
        if reading.techniques.is_empty() {
            return Err(Fault::Refused(format!("{} holds no technique of ATT&CK for ICS", reading.name)));
        }
        reading.tell(out)
    }
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    modified: String,
    #[serde(default)]
    revoked: bool,
    #[serde(default)]
    x_mitre_deprecated: bool,
    #[serde(default)]
    x_mitre_domains: Vec<String>,
    #[serde(default)]
    external_references: Vec<Reference>,
    #[serde(default)]
    relationship_type: String,
    #[serde(default)]
    target_ref: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    source_name: String,
    #[serde(default)]
    external_id: String,
}

#[derive(Default)]
struct Reading {
    name: String,
    techniques: BTreeMap<String, Technique>,
    /// CVE and the object of the technique that goes with it.
    named: BTreeSet<(CveId, String)>,
    newest: String,
    objects: usize,
    refused: Vec<String>,
}

impl Items for Reading {
    fn item(&mut self, json: &str) -> Result<(), Fault> {
        self.objects += 1;
        if self.objects > OBJECTS_MAX {
            return Err(Fault::Refused(format!("{} holds more than {OBJECTS_MAX} objects", self.name)));
        }
        match serde_json::from_str(json) {
            Ok(object) => self.object(object),
            Err(e) => self.refused.push(format!("{}: an object: {e}", self.name)),
        }
        Ok(())
    }
}

impl Reading {
    fn object(&mut self, object: Object) {
        if object.revoked || object.x_mitre_deprecated {
            return;
        }
        if object.modified > self.newest {
            self.newest.clone_from(&object.modified);
        }
        let about = match object.kind.as_str() {
            "attack-pattern" if object.x_mitre_domains.iter().any(|d| d == "ics-attack") => &object.id,
            "relationship" if object.relationship_type == "uses" => &object.target_ref,
            _ => return,
        };
        for cve in cves_in(&object.description) {
            self.named.insert((cve, about.clone()));
        }
        let number = object.external_references.iter().find(|r| r.source_name == "mitre-attack");
        if let Some(reference) = number.filter(|_| object.kind == "attack-pattern") {
            let technique =
                Technique { id: reference.external_id.as_str().into(), name: object.name.as_str().into() };
            self.techniques.insert(object.id, technique);
        }
    }

    fn tell(self, out: &mut Out<'_>) -> Result<(), Fault> {
        let mut all: Vec<&Technique> = self.techniques.values().collect();
        all.sort();
        let text = serde_json::to_string(&all).map_err(|e| Fault::Refused(format!("{}: {e}", self.name)))?;
        out.put(Found::Document { feed: Name::new(NAME), name: "techniques".into(), text })?;
        let mut by_cve: BTreeMap<CveId, BTreeSet<&Technique>> = BTreeMap::new();
        for (cve, object) in &self.named {
            if let Some(technique) = self.techniques.get(object) {
                by_cve.entry(*cve).or_default().insert(technique);
            }
        }
        for (cve, techniques) in by_cve {
            let techniques = techniques.into_iter().take(LIST_MAX).cloned().collect();
            out.said(NAME, cve, Said::Techniques(techniques))?;
        }
        for why in self.refused {
            out.refuse(NAME, why)?;
        }
        out.as_of(NAME, &self.newest)
    }
}

/// CVE numbers in running text.
fn cves_in(text: &str) -> impl Iterator<Item = CveId> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    text.split(ends).filter_map(CveId::parse)
}
