//! CISA's catalogue of known exploited vulnerabilities (JSON, `known_exploited_vulnerabilities_schema.json`).

use super::probe::Probe;
use super::stream::{self, Items};
use super::{Body, Fault, Format, Out};
use model::threat::{self, CveId, Said};
use serde::Deserialize;

pub(super) const NAME: &str = "kev";

/// The catalogue; each issue of it is complete.
pub(super) struct Kev;

impl Format for Kev {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "CISA Known Exploited Vulnerabilities"
    }

    fn complete(&self) -> bool {
        true
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        probe.has(&["catalogVersion", "vulnerabilities"])
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
    #[serde(default)]
    vulnerability_name: String,
    date_added: String,
    #[serde(default)]
    due_date: String,
    #[serde(default)]
    required_action: String,
    #[serde(default)]
    known_ransomware_campaign_use: String,
}

impl Items for Reading<'_, '_> {
    fn item(&mut self, json: &str) -> Result<(), Fault> {
        let entry: Entry = match serde_json::from_str(json) {
            Ok(entry) => entry,
            Err(e) => return self.out.refuse(NAME, format!("{}: an entry: {e}", self.name)),
        };
        let Some(cve) = CveId::parse(&entry.cve) else {
            return self.out.refuse(NAME, format!("{}: {:?} is no CVE number", self.name, entry.cve));
        };
        let kev = threat::Kev {
            added: entry.date_added.as_str().into(),
            due: entry.due_date.as_str().into(),
            ransomware: entry.known_ransomware_campaign_use.eq_ignore_ascii_case("known"),
            action: entry.required_action.as_str().into(),
            name: entry.vulnerability_name.as_str().into(),
        };
        self.out.said(NAME, cve, Said::Kev(Box::new(kev)))
    }

    fn beside(&mut self, key: &str, json: &str) -> Result<(), Fault> {
        match key {
            "dateReleased" => self.out.as_of(NAME, json.trim_matches('"')),
            _ => Ok(()),
        }
    }
}
