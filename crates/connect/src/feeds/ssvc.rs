//! Decision points of CISA's SSVC by CVE: `{"CVE-…": {"ssvc": {…}, "kev": "date", "cpes": […]}}`, an extract of the container that CISA
//! adds to records of the CVE list (vulnrichment).

use super::probe::Probe;
use super::{Body, Fault, Format, Out};
use model::Text;
use model::threat::{self, CveId, Said};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const NAME: &str = "vulnrichment";

/// CISA's decisions; also those found in records of the CVE list.
pub(super) struct Ssvc;

impl Format for Ssvc {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "CISA Vulnrichment (SSVC)"
    }

    fn is(&self, probe: &Probe<'_>) -> bool {
        probe.all(|key| CveId::parse(key).is_some())
    }

    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let name = body.name.to_owned();
        let all: BTreeMap<String, Value> =
            serde_json::from_str(&body.text()?).map_err(|e| Fault::Refused(format!("{name}: {e}")))?;
        for (key, value) in all {
            let entry = Entry::deserialize(value);
            match (CveId::parse(&key), entry) {
                (Some(cve), Ok(entry)) => out.said(NAME, cve, Said::Ssvc(Box::new(entry.said())))?,
                (_, Err(e)) => out.refuse(NAME, format!("{name}: {key}: {e}"))?,
                (None, _) => out.refuse(NAME, format!("{name}: {key:?} is no CVE number"))?,
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Entry {
    ssvc: Points,
    #[serde(default)]
    kev: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Points {
    exploitation: String,
    automatable: String,
    #[serde(rename = "Technical Impact")]
    technical_impact: String,
}

impl Entry {
    fn said(self) -> threat::Ssvc {
        threat::Ssvc {
            exploitation: point(&self.ssvc.exploitation),
            automatable: point(&self.ssvc.automatable),
            technical_impact: point(&self.ssvc.technical_impact),
            date: Text::default(),
            kev_added: self.kev.as_deref().unwrap_or_default().into(),
        }
    }
}

/// Sources write the words in either case; `PoC` is `poc`.
pub(super) fn point(word: &str) -> Text {
    Text::new(&word.to_lowercase())
}
