//! Advisories indexed by maker and name, and what they say of an observed product.
//!
//! Invariants: the same documents in the same order give the same answers; an unknown version never gives `affected`; every match
//! quotes both sides. Limits: one answer per advisory and CVE, the strongest; a product that nothing names has no maker and no match.

use crate::intel::claim::{Claim, strength};
use crate::intel::csaf::{self, Cve, Document, Remediation, Revision, Row, Stated};
use crate::intel::family::Families;
use crate::intel::fit::{Grade, fit};
use crate::intel::product::Name;
use crate::intel::profile::Profile;
use crate::intel::qualifier::Qualifier;
use crate::intel::range::Range;
use crate::intel::shelf::Shelf;
use crate::intel::text::{fold, pieces};
use crate::intel::unit::Class;
use crate::intel::vendor::Vendors;
use model::advisory::{Match, MatchStatus, Observed};
use std::collections::BTreeMap;

/// What is kept of a document for display.
#[derive(Clone, Debug)]
pub struct Advisory {
    /// Tracking id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Date of the release that was read, as written.
    pub released: String,
    /// What the advisory recommends, each text once.
    pub remediations: Vec<Remediation>,
    cves: Vec<Cve>,
    revision: Revision,
    /// A newer revision took its place.
    superseded: bool,
}

/// What became of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// The first of its id.
    New,
    /// It replaces an older revision.
    Newer,
    /// The same or a newer revision was there.
    Older,
}

/// A version text that could not be read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unread {
    /// Document id.
    pub advisory: String,
    /// Product as written.
    pub product: String,
    /// The text.
    pub version: String,
}

/// How much is known, for the status page and the reports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Knowledge {
    /// Advisories read.
    pub advisories: usize,
    /// Distinct product names.
    pub products: usize,
    /// Product entries.
    pub entries: usize,
    /// Entries whose version text could not be read; they answer "possible".
    pub unreadable_versions: usize,
    /// Newest release date among the documents: the "as of" of every answer.
    pub as_of: String,
}

/// A product name with everything advisories say of it.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    makers: Vec<String>,
    name: Name,
    pub(crate) text: String,
    entries: Vec<Entry>,
}

/// One product of one advisory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    advisory: usize,
    pub(crate) text: String,
    pub(crate) range: Range,
    pub(crate) qualifier: Option<Qualifier>,
    /// CVEs the entry is limited to by its own text; empty for no limit.
    only: Vec<String>,
    statements: Vec<(usize, Stated)>,
}

/// All advisories, ready to answer. Built once, then only read.
#[derive(Clone, Debug, Default)]
pub struct Intel {
    vendors: Vendors,
    families: Families,
    advisories: Vec<Advisory>,
    by_id: BTreeMap<String, usize>,
    products: Vec<Product>,
    known: BTreeMap<(String, String, Vec<String>), usize>,
    shelves: BTreeMap<String, Shelf>,
}

impl Intel {
    /// Knows the makers and families, but no advisory yet.
    #[must_use]
    pub fn new() -> Intel {
        Intel { vendors: Vendors::embedded(), families: Families::embedded(), ..Intel::default() }
    }

    /// Reads one CSAF document and adds it. Of two documents with the same id the newer revision counts, in whichever order they come:
    /// the higher `tracking.version`, then the later release.
    ///
    /// # Errors
    /// As [`csaf::read`]; nothing is added then.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<Added, csaf::Error> {
        let document = csaf::read(name, bytes)?;
        let known = self.by_id.get(&document.id).and_then(|at| self.advisories.get_mut(*at));
        let added = match known {
            None => Added::New,
            Some(known) if known.revision >= document.revision() => return Ok(Added::Older),
            Some(known) => {
                known.superseded = true;
                Added::Newer
            }
        };
        self.insert(document);
        Ok(added)
    }

    fn insert(&mut self, document: Document) {
        let (at, revision) = (self.advisories.len(), document.revision());
        self.by_id.insert(document.id.clone(), at);
        for row in document.rows {
            // Named without a status says nothing of being affected.
            if !row.statements.is_empty() {
                self.entry(at, row);
            }
        }
        self.advisories.push(Advisory {
            id: document.id,
            title: document.title,
            released: document.released,
            remediations: document.remediations,
            cves: document.cves,
            revision,
            superseded: false,
        });
    }

    fn entry(&mut self, advisory: usize, row: Row) {
        let product = self.product(&row);
        let qualifier = Qualifier::read(&row.version);
        let (version, only) = restriction(&row.version);
        let range =
            if row.version.is_empty() { Range::all() } else { Range::parse(&serial_bound(&row, version)) };
        let Some(product_at) = self.products.get_mut(product) else { return };
        if let Some(qualifier) = &qualifier {
            for maker in &product_at.makers {
                self.shelves.entry(maker.clone()).or_default().put_units(qualifier.units().iter(), product);
            }
        }
        product_at.entries.push(Entry {
            advisory,
            range,
            qualifier,
            only,
            statements: row.statements,
            text: row.version,
        });
    }

    /// The product of a row, indexed when it is new.
    fn product(&mut self, row: &Row) -> usize {
        let key = (row.vendor.clone(), row.product.clone(), row.model_numbers.clone());
        if let Some(at) = self.known.get(&key) {
            return *at;
        }
        let mut makers = self.vendors.keys(&row.vendor);
        // "multiple" as a vendor: the product name says whose it is.
        let several = row.vendor.to_lowercase().starts_with("multiple");
        makers.extend(self.vendors.mentioned(&row.product).into_iter().filter(|_| several));
        let own = pieces(&fold(&row.vendor));
        let class_of = |word: &str| {
            let named =
                own.iter().any(|name| name == word) || (several && !self.vendors.mentioned(word).is_empty());
            let brand = makers.iter().any(|maker| self.vendors.is_brand(maker, word));
            if named { Some(Class::Noise) } else { brand.then_some(Class::Brand) }
        };
        let name =
            Name::read(self.vendors.without_maker(&row.product, &makers), &row.model_numbers, &class_of);
        let at = self.products.len();
        for maker in &makers {
            self.shelves.entry(maker.clone()).or_default().put(&name, at);
        }
        self.products.push(Product { makers, name, text: row.product.clone(), entries: Vec::new() });
        self.known.insert(key, at);
        at
    }

    /// What all advisories say of a product, sorted by advisory and CVE. Empty when nothing names it.
    #[must_use]
    pub fn matches(&self, observed: &Observed) -> Vec<Match> {
        let profile = Profile::of(observed, &self.vendors, &self.families);
        let mut claims: BTreeMap<usize, Vec<Claim<'_>>> = BTreeMap::new();
        for at in self.candidates(&profile) {
            let Some(product) = self.products.get(at) else { continue };
            let Some(fit) = fit(&product.name, &profile) else { continue };
            for entry in product.entries.iter().filter(|entry| self.counts(entry.advisory)) {
                if let Some(claim) = Claim::of(product, entry, &fit, &profile) {
                    claims.entry(entry.advisory).or_default().push(claim);
                }
            }
        }
        let mut out: Vec<Match> =
            claims.into_iter().flat_map(|(at, claims)| self.conclude(at, &claims, &profile)).collect();
        out.sort_by(|a, b| (&a.advisory, &a.cve).cmp(&(&b.advisory, &b.cve)));
        out
    }

    fn counts(&self, advisory: usize) -> bool {
        self.advisories.get(advisory).is_some_and(|advisory| !advisory.superseded)
    }

    /// Products that share a telling word with the profile, sorted.
    fn candidates(&self, profile: &Profile) -> Vec<usize> {
        let mut out = Vec::new();
        for vendor in &profile.vendors {
            self.shelves.get(vendor).into_iter().for_each(|shelf| shelf.find(profile, &mut out));
            if !self.vendors.is_known(vendor) {
                self.shelves_like(vendor).for_each(|shelf| shelf.find(profile, &mut out));
            }
        }
        if profile.vendors.is_empty() {
            // No maker of the tables is named: one that only advisories name may stand at the head of the product.
            let heads = (1..=3).filter_map(|length| profile.words.get(..length));
            for key in heads.flat_map(|words| self.vendors.keys(&words.join(" "))) {
                self.shelves.get(&key).into_iter().for_each(|shelf| shelf.find(profile, &mut out));
            }
            for shelf in self.shelves.values() {
                shelf.find_orders(profile, &mut out);
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Makers in no table meet by the beginning of their names: `FATEK` and `FATEK Automation`.
    fn shelves_like<'a>(&'a self, vendor: &'a str) -> impl Iterator<Item = &'a Shelf> {
        let begins = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.starts_with(' ')) && short.len() >= 4
        };
        let first = vendor.split(' ').next().unwrap_or_default();
        self.shelves
            .range(first.to_owned()..)
            .take_while(move |(key, _)| key.starts_with(first))
            .filter(move |(key, _)| begins(key, vendor) || begins(vendor, key))
            .map(|(_, shelf)| shelf)
    }

    /// The strongest claim per CVE. An entry found by its order number is about this very product: then names do not count.
    fn conclude(&self, advisory: usize, claims: &[Claim<'_>], profile: &Profile) -> Vec<Match> {
        let Some(advisory) = self.advisories.get(advisory) else { return Vec::new() };
        let best = claims.iter().map(|claim| claim.grade).max();
        let mut strongest: BTreeMap<usize, (MatchStatus, &Claim<'_>)> = BTreeMap::new();
        for claim in claims.iter().filter(|claim| best != Some(Grade::Order) || claim.grade == Grade::Order) {
            for (cve, stated) in &claim.entry.statements {
                let named = advisory
                    .cves
                    .get(*cve)
                    .is_some_and(|cve| claim.entry.only.is_empty() || claim.entry.only.contains(&cve.id));
                let Some(status) = claim.status(*stated).filter(|_| named) else { continue };
                let kept = strongest.entry(*cve).or_insert((status, claim));
                if strength(status) > strength(kept.0) {
                    *kept = (status, claim);
                }
            }
        }
        let found = |(cve, (status, claim)): (usize, (MatchStatus, &Claim<'_>))| {
            let cve = advisory.cves.get(cve)?;
            let reason = claim.reason(status, profile);
            Some(Match {
                advisory: advisory.id.clone(),
                cve: cve.id.clone(),
                status,
                reason,
                confidence: claim.confidence(),
                missing: claim.missing(status).cloned(),
                score: cve.score,
            })
        };
        strongest.into_iter().filter_map(found).collect()
    }

    /// The same tables of makers and families without any advisory: for reading new documents apart from the rest.
    #[must_use]
    pub fn blank(&self) -> Intel {
        let (vendors, families) = (self.vendors.clone(), self.families.clone());
        Intel { vendors, families, ..Intel::default() }
    }

    pub(crate) fn profile(&self, observed: &Observed) -> Profile {
        Profile::of(observed, &self.vendors, &self.families)
    }

    pub(crate) fn is_table_maker(&self, key: &str) -> bool {
        self.vendors.is_known(key)
    }

    pub(crate) fn shelves(&self) -> impl Iterator<Item = (&str, &Shelf)> {
        self.shelves.iter().map(|(key, shelf)| (key.as_str(), shelf))
    }

    /// Title of an advisory.
    #[must_use]
    pub fn title(&self, advisory: &str) -> Option<&str> {
        self.advisory(advisory).map(|advisory| advisory.title.as_str())
    }

    /// What is kept of an advisory.
    #[must_use]
    pub fn advisory(&self, id: &str) -> Option<&Advisory> {
        self.by_id.get(id).and_then(|at| self.advisories.get(*at))
    }

    /// How much is known.
    #[must_use]
    pub fn knowledge(&self) -> Knowledge {
        let current = || self.advisories.iter().filter(|advisory| !advisory.superseded);
        let told = |product: &&Product| product.entries.iter().any(|entry| self.counts(entry.advisory));
        Knowledge {
            advisories: current().count(),
            products: self.products.iter().filter(told).count(),
            entries: self.entries().count(),
            unreadable_versions: self.unread().len(),
            as_of: current().map(|advisory| advisory.released.clone()).max().unwrap_or_default(),
        }
    }

    /// Every version text that could not be read, with where it stands; such entries answer "possible". Sorted, each once.
    #[must_use]
    pub fn unread(&self) -> Vec<Unread> {
        let unread = |(product, entry): (&Product, &Entry)| {
            let readable = entry.range.is_readable() || entry.qualifier.is_some();
            Some(Unread {
                advisory: self.advisories.get(entry.advisory)?.id.clone(),
                product: product.text.clone(),
                version: entry.text.clone(),
            })
            .filter(|_| !readable)
        };
        let mut out: Vec<Unread> = self.entries().filter_map(unread).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    fn entries(&self) -> impl Iterator<Item = (&Product, &Entry)> {
        let all = self
            .products
            .iter()
            .flat_map(|product| product.entries.iter().map(move |entry| (product, entry)));
        all.filter(|(_, entry)| self.counts(entry.advisory))
    }
}

/// "The first 5 digits of serial No." may stand in the product name and only the number in the version; Mitsubishi also leaves it out:
/// `<= 21081` of a MELSEC-Q is a serial number.
fn serial_bound(row: &Row, version: &str) -> String {
    let digits = version.trim_start_matches(['<', '=', ' ']);
    let bare = digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit());
    let melsec = bare && row.vendor.to_lowercase().contains("mitsubishi");
    if melsec || row.product.to_lowercase().contains("digits of serial") {
        format!("serial {version}")
    } else {
        version.to_owned()
    }
}

/// "(only affected by CVE-2019-10943)" limits an entry to what it names and is no condition on the version.
fn restriction(text: &str) -> (&str, Vec<String>) {
    let Some((before, after)) = text.split_once("only affected by") else { return (text, Vec::new()) };
    let cves = after
        .split([' ', ',', ')', '('])
        .filter(|word| word.starts_with("CVE-"))
        .map(str::to_owned)
        .collect();
    (before.trim_end_matches([' ', '(']), cves)
}
