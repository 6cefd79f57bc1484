//! Records of the Open Source Vulnerability format (OpenSSF, OSV schema 1.x): what they say of the CVEs that they are aliases of.

use super::probe::Probe;
use super::vector::cvss;
use super::{Body, Fault, Format, Out};
use model::Text;
use model::threat::{CveId, CveRecord, DESCRIPTION_BYTES_MAX, LIST_MAX, Said, bounded};
use serde::Deserialize;

const NAME: &str = "osv";

/// OSV.
pub(super) struct Osv;

impl Format for Osv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "Open Source Vulnerabilities (OSV)"
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        probe.has(&["id", "modified"])
            && ["affected", "schema_version", "aliases"].iter().any(|key| probe.has(&[key]))
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name.to_owned();
        let file: File = match serde_json::from_str(&body.text()?) {
            Ok(file) => file,
            Err(e) => return out.refuse(NAME, format!("{name}: {e}")),
        };
        // One that has no CVE says nothing of one; that is no fault of it.
        for cve in std::iter::once(&file.id).chain(&file.aliases).filter_map(|id| CveId::parse(id)) {
            out.said(NAME, cve, Said::Record(Box::new(file.record())))?;
        }
        out.as_of(NAME, &file.modified)
    }
}

#[derive(Deserialize)]
struct File {
    id: String,
    modified: String,
    #[serde(default)]
    published: String,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    severity: Vec<Severity>,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    database_specific: serde_json::Value,
}

#[derive(Deserialize)]
struct Severity {
    #[serde(default)]
    score: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    url: String,
}

impl File {
    fn record(&self) -> CveRecord {
        let cwes = self.database_specific.get("cwe_ids").and_then(|ids| ids.as_array());
        // OSV schema 1.6, references: EVIDENCE demonstrates that the vulnerability is real.
        let evidence = self.references.iter().filter(|r| r.kind == "EVIDENCE");
        let mut record = CveRecord {
            published: Text::new(&self.published),
            modified: Text::new(&self.modified),
            rejected: self.withdrawn.is_some(),
            title: Text::new(&self.summary),
            description: bounded(&self.details, DESCRIPTION_BYTES_MAX).to_owned(),
            exploits: evidence.map(|r| Text::new(&r.url)).take(LIST_MAX).collect(),
            ..CveRecord::default()
        };
        record.absorb(CveRecord {
            cvss: self.severity.iter().filter_map(|s| cvss(&s.score)).collect(),
            cwes: cwes.into_iter().flatten().filter_map(|c| c.as_str()).map(Text::new).collect(),
            ..CveRecord::default()
        });
        record
    }
}
