//! What is known of CVEs beyond the products they affect: exploitation, probability, decision points, vectors.
//!
//! Statements are kept apart by the feed that makes them and never mixed: two feeds may differ, and people see both. Looking one CVE up
//! is logarithmic. Pure: the statements are handed in.

use crate::document::{CvssView, EpssView, KevView, SsvcView, TechniqueView, ThreatView};
use model::Name;
use model::threat::{CveId, CveRecord, Kev, Said};
use std::collections::{BTreeMap, BTreeSet};

/// One statement and who makes it.
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    /// The feed, such as `kev` or `csaf:www.cisa.gov`.
    pub feed: Name,
    /// What it says.
    pub said: Said,
}

/// All statements by CVE, in the order in which they came.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Threats(BTreeMap<CveId, Vec<Statement>>);

impl Threats {
    /// Takes a statement. A later one of the same feed and kind takes the place of the earlier; records of advisories of one publisher
    /// add up, since each advisory speaks of its own products.
    pub fn add(&mut self, cve: CveId, feed: Name, said: Said) {
        let all = self.0.entry(cve).or_default();
        let same = |s: &&mut Statement| s.feed == feed && s.said.kind() == said.kind();
        match (all.iter_mut().find(same), said) {
            (Some(Statement { said: Said::Record(before), feed }), Said::Record(more))
                if feed.as_str().starts_with("csaf:") =>
            {
                before.absorb(*more);
            }
            (Some(before), said) => before.said = said,
            (None, said) => all.push(Statement { feed, said }),
        }
    }

    /// Forgets what is said of other CVEs.
    pub fn retain(&mut self, wanted: &BTreeSet<CveId>) {
        self.0.retain(|cve, _| wanted.contains(cve));
    }

    /// CVEs of which something is said.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Nothing is said of any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The CVEs.
    pub fn cves(&self) -> impl Iterator<Item = CveId> {
        self.0.keys().copied()
    }

    /// All that is said of one.
    pub fn of(&self, cve: CveId) -> &[Statement] {
        self.0.get(&cve).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is said of one, for a row beside a match; the default where nothing is known.
    pub fn view(&self, cve: &str) -> ThreatView {
        CveId::parse(cve).map(|cve| view(self.of(cve))).unwrap_or_default()
    }
}

/// Statements put together: of each kind the first that says something, of lists all.
pub fn view(statements: &[Statement]) -> ThreatView {
    let mut view = ThreatView::default();
    for Statement { feed, said } in statements {
        match said {
            Said::Kev(entry) => view.kev = Some(kev(entry, feed)),
            Said::Epss(e) => {
                let date = e.date.to_string();
                let given =
                    EpssView { score: e.score, percentile: e.percentile, date, source: feed.to_string() };
                view.epss.get_or_insert(given);
            }
            Said::Ssvc(s) => {
                let words = [&s.exploitation, &s.automatable, &s.technical_impact].map(ToString::to_string);
                let [exploitation, automatable, technical_impact] = words;
                let source = feed.to_string();
                view.ssvc.get_or_insert(SsvcView { exploitation, automatable, technical_impact, source });
                if !s.kev_added.is_empty() && view.kev.is_none() {
                    view.kev = Some(kev(&Kev { added: s.kev_added.clone(), ..Kev::default() }, feed));
                }
            }
            Said::Record(record) => add_record(&mut view, record, feed),
            Said::Techniques(all) => view
                .techniques
                .extend(all.iter().map(|t| TechniqueView { id: t.id.to_string(), name: t.name.to_string() })),
        }
    }
    // The newest version first; the feeds in their order.
    view.cvss.sort_by(|a, b| b.version.cmp(a.version));
    view
}

fn add_record(view: &mut ThreatView, record: &CveRecord, feed: &Name) {
    for cvss in &record.cvss {
        let source = feed.to_string();
        let vector = cvss.vector.clone();
        let given = CvssView { version: cvss.version.as_str(), vector, score: cvss.score, source };
        if !view.cvss.iter().any(|c| c.vector == given.vector) {
            view.cvss.push(given);
        }
    }
    for (mine, theirs) in [(&mut view.cwes, &record.cwes), (&mut view.exploits, &record.exploits)] {
        for text in theirs {
            if !mine.iter().any(|known| known == text.as_str()) {
                mine.push(text.to_string());
            }
        }
    }
    view.rejected |= record.rejected;
}

fn kev(kev: &Kev, feed: &Name) -> KevView {
    let some = |text: &model::Text| (!text.is_empty()).then(|| text.to_string());
    KevView {
        added: kev.added.to_string(),
        due: some(&kev.due),
        ransomware: kev.ransomware,
        action: some(&kev.action),
        source: feed.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::threat::{Cvss, CvssVersion, Epss, Ssvc};

    fn record(vector: &str, version: CvssVersion) -> Said {
        let cvss = vec![Cvss { version, vector: vector.into(), score: 5.0 }];
        Said::Record(Box::new(CveRecord { cvss, ..CveRecord::default() }))
    }

    #[test]
    fn statements_of_several_feeds_stand_side_by_side() {
        let cve = CveId::parse("CVE-2024-1234").unwrap();
        let mut threats = Threats::default();
        let csaf = || Name::new("csaf:a.example");
        threats.add(cve, csaf(), record("A", CvssVersion::V31));
        threats.add(cve, csaf(), record("B", CvssVersion::V31));
        threats.add(cve, Name::new("nvd"), record("A", CvssVersion::V31));
        threats.add(cve, Name::new("nvd"), record("D", CvssVersion::V4));
        let epss = |score| Said::Epss(Epss { score, percentile: 0.9, date: "2025-01-01".into() });
        threats.add(cve, Name::new("epss"), epss(0.1));
        threats.add(cve, Name::new("epss"), epss(0.2));
        let ssvc = Ssvc { kev_added: "2024-02-02".into(), exploitation: "active".into(), ..Ssvc::default() };
        threats.add(cve, Name::new("vulnrichment"), Said::Ssvc(Box::new(ssvc)));
        let view = threats.view("cve-2024-1234");
        let vectors: Vec<_> = view.cvss.iter().map(|c| (c.vector.as_str(), c.source.as_str())).collect();
        assert_eq!(vectors, [("D", "nvd"), ("A", "csaf:a.example"), ("B", "csaf:a.example")]);
        assert_eq!(view.epss.map(|e| e.score), Some(0.2), "the later run counts");
        assert_eq!(view.kev.map(|k| (k.added, k.source)), Some(("2024-02-02".into(), "vulnrichment".into())));
        assert_eq!(threats.view("CVE-2024-9999"), ThreatView::default());
        threats.retain(&BTreeSet::new());
        assert!(threats.is_empty());
    }
}
