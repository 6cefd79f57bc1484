//! The National Vulnerability Database: answers of its API 2.0 and its data feeds, which have the same shape.

use super::probe::Probe;
use super::stream::{self, Items};
use super::vector::cvss;
use super::{Body, Fault, Format, Out};
use model::Text;
use model::threat::{CveId, CveRecord, DESCRIPTION_BYTES_MAX, LIST_MAX, Said, bounded};
use serde::Deserialize;

pub(super) const NAME: &str = "nvd";

/// NVD.
pub(super) struct Nvd;

impl Format for Nvd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "National Vulnerability Database"
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        let head = probe.head();
        probe.has(&["format", "totalResults", "vulnerabilities"])
            || head.starts_with('{') && head.contains("\"NVD_CVE\"")
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name.to_owned();
        stream::items(body, "vulnerabilities", &mut Reading { name, out })
    }
}

struct Reading<'r, 'o> {
    name: String,
    out: &'r mut Out<'o>,
}

impl Items for Reading<'_, '_> {
    fn item(&mut self, json: &str) -> Result<(), Fault> {
        let cve = match serde_json::from_str::<Item>(json) {
            Ok(item) => item.cve,
            Err(e) => return self.out.refuse(NAME, format!("{}: a record: {e}", self.name)),
        };
        let Some(id) = CveId::parse(&cve.id) else {
            return self.out.refuse(NAME, format!("{}: {:?} is no CVE number", self.name, cve.id));
        };
        self.out.said(NAME, id, Said::Record(Box::new(cve.record())))
    }

    fn beside(&mut self, key: &str, json: &str) -> Result<(), Fault> {
        match key {
            "timestamp" => self.out.as_of(NAME, json.trim_matches('"')),
            _ => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Item {
    cve: Cve,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cve {
    id: String,
    #[serde(default)]
    published: String,
    #[serde(default)]
    last_modified: String,
    #[serde(default)]
    vuln_status: String,
    #[serde(default)]
    descriptions: Vec<Words>,
    #[serde(default)]
    metrics: Metrics,
    #[serde(default)]
    weaknesses: Vec<Weakness>,
    #[serde(default)]
    references: Vec<Reference>,
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    lang: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metrics {
    #[serde(rename = "cvssMetricV2")]
    v2: Vec<Metric>,
    #[serde(rename = "cvssMetricV30")]
    v30: Vec<Metric>,
    #[serde(rename = "cvssMetricV31")]
    v31: Vec<Metric>,
    #[serde(rename = "cvssMetricV40")]
    v4: Vec<Metric>,
}

#[derive(Deserialize)]
struct Metric {
    #[serde(rename = "cvssData")]
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "vectorString", default)]
    vector: String,
}

#[derive(Deserialize)]
struct Weakness {
    #[serde(default)]
    description: Vec<Words>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    url: String,
    #[serde(default)]
    tags: Vec<String>,
}

impl Cve {
    fn record(&self) -> CveRecord {
        let english = self.descriptions.iter().find(|d| d.lang == "en").or(self.descriptions.first());
        let mut record = CveRecord {
            published: Text::new(&self.published),
            modified: Text::new(&self.last_modified),
            rejected: self.vuln_status == "Rejected",
            description: english
                .map(|d| bounded(&d.value, DESCRIPTION_BYTES_MAX).to_owned())
                .unwrap_or_default(),
            ..CveRecord::default()
        };
        let Metrics { v2, v30, v31, v4 } = &self.metrics;
        let vectors = [v4, v31, v30, v2].into_iter().flatten();
        let weaknesses = self.weaknesses.iter().flat_map(|w| &w.description);
        let exploits = self.references.iter().filter(|r| r.tags.iter().any(|t| t == "Exploit"));
        record.absorb(CveRecord {
            cvss: vectors.filter_map(|m| cvss(&m.data.vector)).collect(),
            // "NVD-CWE-noinfo" and the like name no weakness.
            cwes: weaknesses.filter(|w| w.value.starts_with("CWE-")).map(|w| Text::new(&w.value)).collect(),
            exploits: exploits.map(|r| Text::new(&r.url)).take(LIST_MAX).collect(),
            ..CveRecord::default()
        });
        record
    }
}
