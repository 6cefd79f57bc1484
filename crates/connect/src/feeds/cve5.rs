//! Records of the CVE list (CVE Record Format 5.x, JSON), one CVE a file, with CISA's additions (vulnrichment) where they are inside.

use super::probe::Probe;
use super::ssvc::{self, point};
use super::vector::cvss;
use super::{Body, Fault, Format, Out};
use model::Text;
use model::threat::{CveId, CveRecord, DESCRIPTION_BYTES_MAX, LIST_MAX, Said, Ssvc, bounded};
use serde::Deserialize;
use std::borrow::Cow;

const NAME: &str = "cvelist";

/// The CVE list.
pub(super) struct Cve5;

impl Format for Cve5 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "CVE list (CVE Record Format 5)"
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        probe.has(&["dataType", "cveMetadata"])
            || probe.head().starts_with('{') && bounded(probe.head(), 256).contains("\"CVE_RECORD\"")
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name.to_owned();
        let text = body.text()?;
        let file: File<'_> = match serde_json::from_str(&text) {
            Ok(file) => file,
            Err(e) => return out.refuse(NAME, format!("{name}: {e}")),
        };
        let Some(cve) = CveId::parse(&file.about.cve) else {
            return out.refuse(NAME, format!("{name}: {:?} is no CVE number", file.about.cve));
        };
        let record = record(&file);
        let changed = record.modified.clone();
        out.said(NAME, cve, Said::Record(Box::new(record)))?;
        if !changed.is_empty() {
            out.as_of(NAME, changed.as_str())?;
        }
        match decisions(&file.containers.adp) {
            Some(said) => {
                let date = said.date.clone();
                out.said(ssvc::NAME, cve, Said::Ssvc(Box::new(said)))?;
                if date.is_empty() { Ok(()) } else { out.as_of(ssvc::NAME, date.as_str()) }
            }
            None => Ok(()),
        }
    }
}

/// Text that is mostly borrowed from the file.
#[derive(Deserialize, Default, Debug)]
#[serde(transparent)]
struct Words<'t>(#[serde(borrow)] Cow<'t, str>);

#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow, rename = "cveMetadata")]
    about: About<'t>,
    #[serde(borrow, default)]
    containers: Containers<'t>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About<'t> {
    #[serde(borrow, rename = "cveId")]
    cve: Cow<'t, str>,
    #[serde(borrow, default)]
    state: Cow<'t, str>,
    #[serde(borrow, default)]
    date_published: Option<Words<'t>>,
    #[serde(borrow, default)]
    date_updated: Option<Words<'t>>,
}

#[derive(Deserialize, Default)]
struct Containers<'t> {
    #[serde(borrow, default)]
    cna: Container<'t>,
    #[serde(borrow, default)]
    adp: Vec<Container<'t>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Container<'t> {
    #[serde(borrow)]
    title: Option<Words<'t>>,
    #[serde(borrow)]
    descriptions: Vec<Description<'t>>,
    #[serde(borrow)]
    rejected_reasons: Vec<Description<'t>>,
    #[serde(borrow)]
    metrics: Vec<Metric<'t>>,
    #[serde(borrow)]
    problem_types: Vec<Problem<'t>>,
    #[serde(borrow)]
    references: Vec<Reference<'t>>,
}

#[derive(Deserialize)]
struct Description<'t> {
    #[serde(borrow, default)]
    lang: Cow<'t, str>,
    #[serde(borrow, default)]
    value: Cow<'t, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Metric<'t> {
    #[serde(borrow, rename = "cvssV2_0")]
    v2: Option<Vector<'t>>,
    #[serde(borrow, rename = "cvssV3_0")]
    v30: Option<Vector<'t>>,
    #[serde(borrow, rename = "cvssV3_1")]
    v31: Option<Vector<'t>>,
    #[serde(borrow, rename = "cvssV4_0")]
    v4: Option<Vector<'t>>,
    #[serde(borrow)]
    other: Option<Other<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector<'t> {
    #[serde(borrow, default)]
    vector_string: Option<Words<'t>>,
}

#[derive(Deserialize)]
struct Other<'t> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'t, str>,
    #[serde(default)]
    content: serde_json::Value,
}

#[derive(Deserialize)]
struct Problem<'t> {
    #[serde(borrow, default)]
    descriptions: Vec<Weakness<'t>>,
}

#[derive(Deserialize)]
struct Weakness<'t> {
    #[serde(borrow, default, rename = "cweId")]
    cwe: Option<Words<'t>>,
}

#[derive(Deserialize)]
struct Reference<'t> {
    #[serde(borrow, default)]
    url: Cow<'t, str>,
    #[serde(borrow, default)]
    tags: Vec<Words<'t>>,
}

fn record(file: &File<'_>) -> CveRecord {
    let Containers { cna, adp } = &file.containers;
    let all = || std::iter::once(cna).chain(adp);
    let words = if cna.descriptions.is_empty() { &cna.rejected_reasons } else { &cna.descriptions };
    let english = words.iter().find(|d| d.lang.starts_with("en")).or(words.first());
    let mut record = CveRecord {
        published: text(file.about.date_published.as_ref()),
        modified: text(file.about.date_updated.as_ref()),
        rejected: file.about.state == "REJECTED",
        title: text(cna.title.as_ref()),
        description: english.map(|d| bounded(&d.value, DESCRIPTION_BYTES_MAX).to_owned()).unwrap_or_default(),
        ..CveRecord::default()
    };
    let vectors = all().flat_map(|c| &c.metrics).flat_map(|m| [&m.v4, &m.v31, &m.v30, &m.v2]).flatten();
    let cvss = vectors.filter_map(|v| cvss(&v.vector_string.as_ref()?.0)).take(LIST_MAX).collect();
    let weaknesses = all().flat_map(|c| &c.problem_types).flat_map(|p| &p.descriptions);
    let cwes = weaknesses.filter_map(|w| Some(Text::new(&w.cwe.as_ref()?.0))).take(4 * LIST_MAX).collect();
    let marked = all().flat_map(|c| &c.references).filter(|r| r.tags.iter().any(|t| t.0 == "exploit"));
    let exploits = marked.map(|r| Text::new(&r.url)).take(LIST_MAX).collect();
    // Each vector and weakness once, however many containers name it.
    record.absorb(CveRecord { cvss, cwes, exploits, ..CveRecord::default() });
    record
}

fn text(words: Option<&Words<'_>>) -> Text {
    words.map(|w| Text::new(&w.0)).unwrap_or_default()
}

/// What CISA's container decides.
fn decisions(adp: &[Container<'_>]) -> Option<Ssvc> {
    let others = || adp.iter().flat_map(|c| &c.metrics).filter_map(|m| m.other.as_ref());
    let ssvc = &others().find(|o| o.kind == "ssvc")?.content;
    let options = ssvc.get("options")?.as_array()?;
    let option =
        |name: &str| options.iter().find_map(|o| o.get(name)?.as_str()).map(point).unwrap_or_default();
    let kev = others().find(|o| o.kind == "kev").and_then(|o| o.content.get("dateAdded")?.as_str());
    Some(Ssvc {
        exploitation: option("Exploitation"),
        automatable: option("Automatable"),
        technical_impact: option("Technical Impact"),
        date: ssvc.get("timestamp").and_then(|t| t.as_str()).unwrap_or_default().into(),
        kev_added: kev.unwrap_or_default().into(),
    })
}
