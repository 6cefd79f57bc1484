//! One CSAF 2.0 document to rows: which product text, which versions, which CVEs, what to do.
//!
//! Source: OASIS CSAF 2.0, sections 3.2.1 (document), 3.2.2 (product tree) and 3.2.3 (vulnerabilities).
//! Limits: [`DOCUMENT_BYTES_MAX`] per document, [`DEPTH_MAX`] branches deep, [`ROWS_MAX`] rows. Documents are untrusted: what is broken is
//! an error that names the document, what is merely odd is left out and the rest kept.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// Bytes of a document that are accepted.
pub const DOCUMENT_BYTES_MAX: usize = 10 * 1024 * 1024;
const DEPTH_MAX: usize = 16;
const ROWS_MAX: usize = 20_000;
const TEXT_BYTES_MAX: usize = 2_000;

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Larger than [`DOCUMENT_BYTES_MAX`].
    #[error("advisory {name} is larger than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge {
        /// The document.
        name: String,
    },
    /// Not JSON, or not the JSON of an advisory.
    #[error("cannot read advisory {name}: {why}")]
    Unreadable {
        /// The document.
        name: String,
        /// What the reader says.
        why: String,
    },
}

/// What a document says of a product and a CVE.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stated {
    /// `known_affected`, `first_affected`, `last_affected`.
    Affected,
    /// `fixed`, `first_fixed`.
    Fixed,
    /// `known_not_affected`.
    NotAffected,
    /// `under_investigation`.
    UnderInvestigation,
}

/// One product of one advisory.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Vendor branch.
    pub vendor: String,
    /// Family and product names, outermost first.
    pub product: String,
    /// Version branch as written; empty when there is none.
    pub version: String,
    /// `model_numbers`, `skus` and serials of the identification helper.
    pub model_numbers: Vec<String>,
    /// CVE (index into [`Document::cves`]) and what is stated.
    pub statements: Vec<(usize, Stated)>,
}

/// One vulnerability of an advisory.
#[derive(Clone, PartialEq, Debug)]
pub struct Cve {
    /// CVE number, or the document's own id where it has none.
    pub id: String,
    /// Highest CVSS base score given, any version.
    pub score: Option<f32>,
}

/// One remediation text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remediation {
    /// `vendor_fix`, `mitigation`, `workaround`, `none_available`, `no_fix_planned`.
    pub category: String,
    /// The text, cut at 2,000 bytes.
    pub text: String,
    /// Where to get it.
    pub url: Option<String>,
}

/// An advisory as read.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// Tracking id, such as `ICSA-24-074-01`.
    pub id: String,
    /// Title.
    pub title: String,
    /// Date of the current release as written, for "as of".
    pub released: String,
    /// `tracking.version` as written: `3` or `1.2.0`.
    pub version: String,
    /// Vulnerabilities.
    pub cves: Vec<Cve>,
    /// Products.
    pub rows: Vec<Row>,
    /// Remediations, each text once.
    pub remediations: Vec<Remediation>,
}

/// Which of two documents with the same id is newer: compare.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Revision {
    numbers: Vec<u64>,
    released: String,
}

impl Document {
    /// Its place among the revisions of the same id.
    #[must_use]
    pub fn revision(&self) -> Revision {
        let numbers = self.version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect();
        Revision { numbers, released: self.released.clone() }
    }
}

/// Reads one document; `name` is for the error message.
///
/// # Errors
/// [`Error`] when it is too large, is not JSON or has no tracking id.
pub fn read(name: &str, bytes: &[u8]) -> Result<Document, Error> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(Error::TooLarge { name: name.to_owned() });
    }
    let raw: Raw = serde_json::from_slice(bytes)
        .map_err(|error| Error::Unreadable { name: name.to_owned(), why: error.to_string() })?;
    let statements = raw.statements();
    let mut walk = Walk { rows: Vec::new(), statements };
    for branch in raw.product_tree.branches() {
        walk.branch(branch, &Path::default(), 0);
    }
    walk.relationships(&raw.product_tree.relationships);
    walk.loose(&raw.product_tree.full_product_names);
    Ok(Document {
        id: raw.document.tracking.id.trim().to_owned(),
        title: clean(&raw.document.title),
        released: raw.document.tracking.current_release_date,
        version: raw.document.tracking.version.trim().to_owned(),
        cves: raw.vulnerabilities.iter().map(Vulnerability::cve).collect(),
        remediations: remediations(&raw.vulnerabilities),
        rows: walk.rows.into_iter().map(|(_, row)| row).collect(),
    })
}

#[derive(Deserialize)]
struct Raw {
    document: Head,
    #[serde(default)]
    product_tree: Tree,
    #[serde(default, deserialize_with = "valid_items")]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    title: String,
    tracking: Tracking,
}

#[derive(Deserialize)]
struct Tracking {
    id: String,
    #[serde(default)]
    current_release_date: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize, Default)]
struct Tree {
    #[serde(default)]
    branches: Vec<Value>,
    #[serde(default, deserialize_with = "valid_items")]
    relationships: Vec<Relationship>,
    #[serde(default, deserialize_with = "valid_items")]
    full_product_names: Vec<FullName>,
}

impl Tree {
    fn branches(&self) -> impl Iterator<Item = &Value> {
        self.branches.iter()
    }
}

#[derive(Deserialize)]
struct Relationship {
    product_reference: String,
    relates_to_product_reference: String,
    full_product_name: FullName,
}

#[derive(Deserialize)]
struct FullName {
    product_id: String,
    name: String,
    #[serde(default)]
    product_identification_helper: Option<Value>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    cve: Option<String>,
    #[serde(default)]
    ids: Value,
    #[serde(default)]
    product_status: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    scores: Value,
    #[serde(default, deserialize_with = "valid_items")]
    remediations: Vec<RawRemediation>,
}

#[derive(Deserialize)]
struct RawRemediation {
    #[serde(default)]
    category: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    url: Option<String>,
}

/// Keeps the readable items of a list: one broken entry must not cost the document.
fn valid_items<'de, D, T>(input: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: DeserializeOwned,
{
    let items = Vec::<Value>::deserialize(input)?;
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

impl Raw {
    fn statements(&self) -> BTreeMap<String, Vec<(usize, Stated)>> {
        let mut out: BTreeMap<String, Vec<(usize, Stated)>> = BTreeMap::new();
        for (at, vulnerability) in self.vulnerabilities.iter().enumerate() {
            for (group, ids) in &vulnerability.product_status {
                let Some(stated) = stated(group) else { continue };
                for id in ids {
                    out.entry(id.clone()).or_default().push((at, stated));
                }
            }
        }
        out
    }
}

/// CSAF 2.0 section 3.2.3.9; `recommended` says what to install, nothing of what is affected.
fn stated(group: &str) -> Option<Stated> {
    match group {
        "known_affected" | "first_affected" | "last_affected" => Some(Stated::Affected),
        "fixed" | "first_fixed" => Some(Stated::Fixed),
        "known_not_affected" => Some(Stated::NotAffected),
        "under_investigation" => Some(Stated::UnderInvestigation),
        _ => None,
    }
}

impl Vulnerability {
    fn cve(&self) -> Cve {
        let own =
            || self.ids.get(0).and_then(|id| id.get("text")).and_then(Value::as_str).unwrap_or("unnumbered");
        let id = self.cve.as_deref().unwrap_or_else(own).trim().to_owned();
        let scores = self
            .scores
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .flat_map(|score| score.values());
        let best = scores
            .filter_map(|score| score.get("baseScore")?.as_f64())
            .filter(|score| (0.0..=10.0).contains(score))
            .fold(None, highest);
        #[allow(clippy::cast_possible_truncation)]
        Cve { id, score: best.map(|score| score as f32) }
    }
}

fn highest(best: Option<f64>, score: f64) -> Option<f64> {
    Some(best.map_or(score, |best| best.max(score)))
}

fn remediations(vulnerabilities: &[Vulnerability]) -> Vec<Remediation> {
    let mut out: Vec<Remediation> = Vec::new();
    for raw in vulnerabilities.iter().flat_map(|vulnerability| &vulnerability.remediations) {
        let text = clean(&raw.details);
        if !text.is_empty() && !out.iter().any(|have| have.text == text) && out.len() < 100 {
            out.push(Remediation { category: raw.category.clone(), text, url: raw.url.clone() });
        }
    }
    out
}

/// Names on the way from the root to a product.
#[derive(Clone, Default)]
struct Path {
    vendor: String,
    product: String,
    version: String,
}

impl Path {
    fn with(&self, category: &str, name: &str) -> Path {
        let mut out = self.clone();
        match category {
            "vendor" => out.vendor = name.to_owned(),
            "product_family" | "product_name" => join(&mut out.product, name),
            "product_version" | "product_version_range" | "service_pack" | "patch_level" => {
                join(&mut out.version, name)
            }
            _ => {}
        }
        out
    }
}

fn join(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

struct Walk {
    /// Product id and row.
    rows: Vec<(String, Row)>,
    statements: BTreeMap<String, Vec<(usize, Stated)>>,
}

impl Walk {
    fn branch(&mut self, branch: &Value, path: &Path, depth: usize) {
        if depth >= DEPTH_MAX {
            return;
        }
        let text = |key: &str| branch.get(key).and_then(Value::as_str).unwrap_or_default();
        let path = path.with(text("category"), &clean(text("name")));
        if let Some(product) = branch.get("product") {
            let id = product.get("product_id").and_then(Value::as_str).unwrap_or_default();
            self.row(id, &path, product.get("product_identification_helper"));
        }
        for inner in branch.get("branches").and_then(Value::as_array).into_iter().flatten() {
            self.branch(inner, &path, depth + 1);
        }
    }

    fn row(&mut self, id: &str, path: &Path, helper: Option<&Value>) {
        if self.rows.len() >= ROWS_MAX {
            return;
        }
        let row = Row {
            vendor: path.vendor.clone(),
            product: path.product.clone(),
            version: path.version.clone(),
            model_numbers: helper.map(model_numbers).unwrap_or_default(),
            statements: self.statements.get(id).cloned().unwrap_or_default(),
        };
        self.rows.push((id.to_owned(), row));
    }

    /// "Firmware installed on device": what is stated of the pair holds for the device, in the firmware's versions.
    fn relationships(&mut self, relationships: &[Relationship]) {
        for relation in relationships {
            let find = |id: &str| self.rows.iter().find(|(have, _)| have == id).map(|(_, row)| row.clone());
            let Some(device) = find(&relation.relates_to_product_reference) else { continue };
            let part = find(&relation.product_reference);
            let version = part
                .map(|part| part.version)
                .filter(|version| !version.is_empty())
                .unwrap_or_else(|| device.version.clone());
            let path = Path { vendor: device.vendor.clone(), product: device.product.clone(), version };
            self.row(
                &relation.full_product_name.product_id,
                &path,
                relation.full_product_name.product_identification_helper.as_ref(),
            );
        }
    }

    /// Products outside the tree have one name for everything; the vendor is whoever the name mentions.
    fn loose(&mut self, names: &[FullName]) {
        for name in names {
            let text = clean(&name.name);
            let path = Path { vendor: text.clone(), product: text, version: String::new() };
            self.row(&name.product_id, &path, name.product_identification_helper.as_ref());
        }
    }
}

fn model_numbers(helper: &Value) -> Vec<String> {
    let list =
        |key: &str| helper.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    list("model_numbers").chain(list("skus")).map(clean).collect()
}

/// Blanks trimmed and folded, underscores to blanks, cut at a character border.
fn clean(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        join(&mut out, word);
        if out.len() > TEXT_BYTES_MAX {
            break;
        }
    }
    if out.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
        out.truncate(end);
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"document":{"title":"A","tracking":{"id":"X-1","current_release_date":"2024-01-02"}},
        "product_tree":{"branches":[{"category":"vendor","name":"Acme ","branches":[{"category":"product_name","name":"Box  9",
        "branches":[{"category":"product_version_range","name":"<2","product":{"product_id":"P1","name":"n",
        "product_identification_helper":{"model_numbers":["6ES7 1"]}}}]},{"category":5}]}]},
        "vulnerabilities":[{"cve":"CVE-2024-1","product_status":{"known_affected":["P1","P9"],"recommended":["P1"]},
        "scores":[{"cvss_v3":{"baseScore":7.5}},{"cvss_v2":{"baseScore":99}}],
        "remediations":[{"category":"vendor_fix","details":"Update"},{"category":"vendor_fix","details":"Update"}]}, 7]}"#;

    #[test]
    fn reads_what_is_valid() {
        let document = read("small", SMALL.as_bytes()).unwrap();
        assert_eq!(
            (document.id.as_str(), document.rows.len(), document.cves.len(), document.remediations.len()),
            ("X-1", 1, 1, 1)
        );
        let row = document.rows.first().unwrap();
        assert_eq!(
            (row.vendor.as_str(), row.product.as_str(), row.version.as_str()),
            ("Acme", "Box 9", "<2")
        );
        assert_eq!(row.statements, [(0, Stated::Affected)]);
        assert_eq!(document.cves.first().unwrap().score, Some(7.5));
    }

    #[test]
    fn broken_documents_are_named() {
        assert!(read("broken.json", b"{").unwrap_err().to_string().contains("broken.json"));
        assert!(read("empty.json", b"{}").unwrap_err().to_string().contains("empty.json"));
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read("deep.json", deep.as_bytes()).is_err());
        assert!(matches!(read("big", &vec![b' '; DOCUMENT_BYTES_MAX + 1]), Err(Error::TooLarge { .. })));
    }
}
