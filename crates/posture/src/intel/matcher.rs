//! Advisories indexed by maker and name, and what they say of an observed product.
//!
//! Invariants: the same documents in the same order give the same answers; an unknown version never gives `affected`; every match
//! quotes both sides. Limits: one answer per advisory and CVE, the strongest; a product that nothing names has no maker and no match.

use crate::intel::csaf::{self, Cve, Document, Remediation, Row, Stated};
use crate::intel::family::Families;
use crate::intel::fit::{Fit, Grade, fit, lookup_units};
use crate::intel::product::Name;
use crate::intel::profile::Profile;
use crate::intel::qualifier::Qualifier;
use crate::intel::range::{Range, Verdict};
use crate::intel::text::{fold, pieces};
use crate::intel::unit::{Class, Unit};
use crate::intel::vendor::Vendors;
use model::advisory::{Match, MatchStatus, Observed};
use std::collections::{BTreeMap, HashMap};

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
struct Product {
    makers: Vec<String>,
    name: Name,
    text: String,
    entries: Vec<Entry>,
}

/// One product of one advisory.
#[derive(Clone, Debug)]
struct Entry {
    advisory: usize,
    text: String,
    range: Range,
    qualifier: Option<Qualifier>,
    /// CVEs the entry is limited to by its own text; empty for no limit.
    only: Vec<String>,
    statements: Vec<(usize, Stated)>,
}

/// Where products of one maker are found.
#[derive(Clone, Debug, Default)]
struct Shelf {
    /// Only looked up, never walked: the order of a hash map reaches nothing.
    exact: HashMap<String, Vec<usize>>,
    beginnings: BTreeMap<String, Vec<usize>>,
    orders: BTreeMap<String, Vec<usize>>,
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

    /// Reads one CSAF document and adds it. A second document of the same id is ignored: the first one read counts.
    ///
    /// # Errors
    /// As [`csaf::read`]; nothing is added then.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), csaf::Error> {
        let document = csaf::read(name, bytes)?;
        if !self.by_id.contains_key(&document.id) {
            self.insert(document);
        }
        Ok(())
    }

    fn insert(&mut self, document: Document) {
        let at = self.advisories.len();
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
        });
    }

    fn entry(&mut self, advisory: usize, row: Row) {
        let product = self.product(&row);
        let qualifier = Qualifier::read(&row.version);
        let (version, only) = restriction(&row.version);
        let range = if row.version.is_empty() {
            Range::all()
        } else {
            Range::parse(&serial_bound(&row.product, version))
        };
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
            for entry in &product.entries {
                if let Some(claim) = claim(product, entry, &fit, &profile) {
                    claims.entry(entry.advisory).or_default().push(claim);
                }
            }
        }
        let mut out: Vec<Match> =
            claims.into_iter().flat_map(|(at, claims)| self.conclude(at, &claims, &profile)).collect();
        out.sort_by(|a, b| (&a.advisory, &a.cve).cmp(&(&b.advisory, &b.cve)));
        out
    }

    /// Products that share a telling word with the profile, sorted.
    fn candidates(&self, profile: &Profile) -> Vec<usize> {
        let mut out = Vec::new();
        let shelves = profile.vendors.iter().filter_map(|vendor| self.shelves.get(vendor));
        for shelf in shelves {
            shelf.find(profile, &mut out);
        }
        if profile.vendors.is_empty() {
            for shelf in self.shelves.values() {
                shelf.find_orders(profile, &mut out);
            }
        }
        out.sort_unstable();
        out.dedup();
        out
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
                score: cve.score,
            })
        };
        strongest.into_iter().filter_map(found).collect()
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
        let entries = || self.products.iter().flat_map(|product| &product.entries);
        Knowledge {
            advisories: self.advisories.len(),
            products: self.products.len(),
            entries: entries().count(),
            unreadable_versions: entries()
                .filter(|entry| !entry.range.is_readable() && entry.qualifier.is_none())
                .count(),
            as_of: self.advisories.iter().map(|advisory| advisory.released.clone()).max().unwrap_or_default(),
        }
    }
}

/// Once per key, however many options lead there.
fn put(products: &mut Vec<usize>, at: usize) {
    if products.last() != Some(&at) {
        products.push(at);
    }
}

/// "The first 5 digits of serial No." may stand in the product name and only the number in the version.
fn serial_bound(product: &str, version: &str) -> String {
    if product.to_lowercase().contains("digits of serial") {
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

impl Shelf {
    fn put(&mut self, name: &Name, at: usize) {
        for order in &name.orders {
            self.orders.entry(crate::intel::text::literal(order).to_owned()).or_default().push(at);
        }
        self.put_units(
            name.alternatives.iter().flat_map(|units| lookup_units(units)).chain(&name.choices),
            at,
        );
        for pair in name.alternatives.iter().flat_map(|units| units.windows(2)) {
            let [first, second] = pair else { continue };
            for option in &first.options {
                put(self.exact.entry(format!("{option}{}", second.text)).or_default(), at);
            }
        }
    }

    fn put_units<'a>(&mut self, units: impl Iterator<Item = &'a Unit>, at: usize) {
        for (key, beginning) in units.flat_map(Unit::keys) {
            let products = if beginning {
                self.beginnings.entry(key).or_default()
            } else {
                self.exact.entry(key).or_default()
            };
            put(products, at);
        }
    }

    fn find(&self, profile: &Profile, out: &mut Vec<usize>) {
        for gram in profile.wide().iter() {
            out.extend(self.exact.get(gram).into_iter().flatten());
            // Numbers may have lost a character at the front.
            if gram.len() > 4 && gram.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                out.extend(gram.get(1..).and_then(|rest| self.exact.get(rest)).into_iter().flatten());
            }
        }
        let starts = profile.wide().starts();
        for (beginning, products) in
            self.beginnings.iter().filter(|(beginning, _)| starts.may_hold(beginning))
        {
            if profile.wide().starting(beginning).next().is_some() {
                out.extend(products);
            }
        }
        self.find_orders(profile, out);
    }

    fn find_orders(&self, profile: &Profile, out: &mut Vec<usize>) {
        for order in &profile.orders {
            for end in 4..=order.len() {
                out.extend(order.get(..end).and_then(|key| self.orders.get(key)).into_iter().flatten());
            }
        }
    }
}

/// One entry that means the product, and what it means for it.
struct Claim<'a> {
    product: &'a Product,
    entry: &'a Entry,
    grade: Grade,
    verdict: Verdict,
    /// Older than everything the entry names.
    early: bool,
    missing: Option<String>,
}

/// `None` when the version text names another product.
fn claim<'a>(product: &'a Product, entry: &'a Entry, fit: &Fit, profile: &Profile) -> Option<Claim<'a>> {
    let mut missing = fit.missing.clone();
    let verdict = match entry.qualifier.as_ref().map(|qualifier| qualifier.judge(profile)) {
        Some(Some(true)) => Verdict::Inside,
        Some(Some(false)) => return None,
        _ => entry.range.verdict(&profile.versions, profile.serial.as_deref()),
    };
    let early =
        verdict == Verdict::Outside && entry.range.is_after(&profile.versions, profile.serial.as_deref());
    if verdict == Verdict::Unsure && missing.is_none() {
        let unknown = if profile.version_shown.is_none() {
            "version was not observed"
        } else {
            "version cannot be compared"
        };
        missing = Some(unknown.to_owned());
    } else {
        missing = missing.map(|what| format!("{what} was not observed"));
    }
    Some(Claim { product, entry, grade: fit.grade, verdict, early, missing })
}

impl Claim<'_> {
    fn status(&self, stated: Stated) -> Option<MatchStatus> {
        let certain = self.missing.is_none();
        match (stated, self.verdict) {
            (Stated::Affected, Verdict::Inside) if certain => Some(MatchStatus::Affected),
            (Stated::Affected, Verdict::Outside) if self.early => Some(MatchStatus::NotAffected),
            (Stated::Affected, Verdict::Outside) => Some(MatchStatus::Fixed),
            (Stated::Affected | Stated::UnderInvestigation, Verdict::Inside | Verdict::Unsure) => {
                Some(MatchStatus::Possible)
            }
            (Stated::Fixed, Verdict::Inside) if certain => Some(MatchStatus::Fixed),
            (Stated::NotAffected, Verdict::Inside) if certain => Some(MatchStatus::NotAffected),
            _ => None,
        }
    }

    fn reason(&self, status: MatchStatus, profile: &Profile) -> String {
        let seen = match &profile.version_shown {
            Some(version) => format!("“{}” with version “{version}”", profile.shown),
            None => format!("“{}”", profile.shown),
        };
        let versions = if self.entry.text.is_empty() { "all versions" } else { self.entry.text.as_str() };
        let verb = match status {
            MatchStatus::Affected => "is meant by",
            MatchStatus::Possible => "may be meant by",
            MatchStatus::Fixed => "is outside",
            MatchStatus::NotAffected if self.early => "is older than",
            MatchStatus::NotAffected => "is declared not affected by",
        };
        let missing = self
            .missing
            .as_deref()
            .filter(|_| status == MatchStatus::Possible)
            .map(|what| format!("; {what}"))
            .unwrap_or_default();
        format!("{seen} {verb} “{}”, “{versions}”{missing}.", self.product.text)
    }
}

/// "Not affected" outweighs a version past the range, nothing else.
fn strength(status: MatchStatus) -> u8 {
    match status {
        MatchStatus::Affected => 3,
        MatchStatus::Possible => 2,
        MatchStatus::NotAffected => 1,
        MatchStatus::Fixed => 0,
    }
}
