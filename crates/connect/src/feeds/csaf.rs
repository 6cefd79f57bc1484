//! Security advisories in CSAF 2.0 (OASIS): kept as they are, one feed for each publisher.

use super::probe::Probe;
use super::vector::cvss;
use super::{Body, Fault, Format, Found, Out};
use model::threat::{CveId, CveRecord};
use model::{Name, Text};
use serde::Deserialize;

/// Word of the format; its feeds are called `csaf:HOST` after the publisher's namespace.
pub const NAME: &str = "csaf";
/// Longest name of a publisher in the name of a feed, in characters.
const PUBLISHER_CHARS_MAX: usize = 80;

/// CSAF.
pub struct Csaf;

impl Format for Csaf {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "Security advisories (CSAF 2.0)"
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        probe.has(&["document"])
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name.to_owned();
        let text = body.text()?;
        let file: File = match serde_json::from_str(&text) {
            Ok(file) => file,
            Err(e) => return out.refuse(NAME, format!("cannot read advisory {name}: {e}")),
        };
        let feed = file.document.feed();
        let tracking = file.document.tracking;
        if tracking.id.trim().is_empty() {
            return out.refuse(NAME, format!("cannot read advisory {name}: it has no id"));
        }
        let id = format!("{}.json", tracking.id.trim());
        out.put(Found::Document { feed: feed.clone(), name: id, text })?;
        if tracking.current_release_date.is_empty() {
            return Ok(());
        }
        out.put(Found::AsOf { feed, date: tracking.current_release_date })
    }
}

#[derive(Deserialize)]
struct File {
    document: Head,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    publisher: Publisher,
    tracking: Tracking,
}

#[derive(Deserialize, Default)]
struct Publisher {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct Tracking {
    id: String,
    #[serde(default)]
    current_release_date: String,
}

impl Head {
    fn feed(&self) -> Name {
        Name::owned(format!("{NAME}:{}", self.publisher.short()))
    }
}

impl Publisher {
    /// Host of the namespace (CSAF 2.0 section 3.2.1.8.5), else the name, in letters that need no care.
    fn short(&self) -> String {
        let host =
            self.namespace.split_once("://").map(|(_, rest)| rest.split(['/', ':']).next().unwrap_or(rest));
        let from = host.filter(|h| !h.is_empty()).unwrap_or(&self.name).to_lowercase();
        let plain = from.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' });
        let short: String = plain.take(PUBLISHER_CHARS_MAX).collect();
        if short.is_empty() { "unknown".into() } else { short }
    }
}

/// What an advisory says of its CVEs beyond products: its feed, and vectors and weaknesses. One that cannot be read says nothing.
pub fn facts(text: &str) -> Option<(Name, Vec<(CveId, CveRecord)>)> {
    let file = serde_json::from_str::<Facts>(text).ok()?;
    let all = file.vulnerabilities.iter().filter_map(Vulnerability::facts).collect();
    Some((file.document.feed(), all))
}

#[derive(Deserialize)]
struct Facts {
    document: Head,
    #[serde(default)]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    cve: Option<String>,
    #[serde(default)]
    cwe: Option<Cwe>,
    #[serde(default)]
    scores: Vec<Score>,
}

#[derive(Deserialize)]
struct Cwe {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Score {
    #[serde(default)]
    cvss_v2: Option<Vector>,
    #[serde(default)]
    cvss_v3: Option<Vector>,
    #[serde(default)]
    cvss_v4: Option<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    #[serde(rename = "vectorString", default)]
    vector: String,
}

impl Vulnerability {
    fn facts(&self) -> Option<(CveId, CveRecord)> {
        let id = CveId::parse(self.cve.as_deref()?)?;
        let vectors = self.scores.iter().flat_map(|s| [&s.cvss_v4, &s.cvss_v3, &s.cvss_v2]).flatten();
        let mut record = CveRecord::default();
        record.absorb(CveRecord {
            cvss: vectors.filter_map(|v| cvss(&v.vector)).collect(),
            cwes: self.cwe.iter().map(|c| Text::new(&c.id)).filter(|c| !c.is_empty()).collect(),
            ..CveRecord::default()
        });
        Some((id, record))
    }
}
