//! What vulnerability intelligence says of a CVE, and where each statement comes from.
//!
//! A feed states facts ([`Said`]) of CVEs; who wants to know asks for all statements of one CVE. Texts are bounded where they are made,
//! so a record is never larger than a few kilobytes.

use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Longest description kept, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 1_000;
/// CVSS vectors, weaknesses and exploit references kept of one CVE and one source.
pub const LIST_MAX: usize = 8;

/// The number of a CVE: `CVE-YEAR-NUMBER`.
///
/// The CVE list gives at least four digits; a number is never longer than ten (CVE Record Format 5.1, `cveId`, allows nineteen, which
/// nothing has used).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CveId {
    /// Year of reservation.
    pub year: u16,
    /// Number within the year.
    pub number: u32,
}

impl CveId {
    /// Reads `CVE-2024-1234` in any case; blanks around it do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let rest = text.get(..4).filter(|p| p.eq_ignore_ascii_case("CVE-")).and(text.get(4..))?;
        let (year, number) = rest.split_once('-')?;
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || !(4..=10).contains(&number.len()) || !digits(year) || !digits(number) {
            return None;
        }
        Some(Self { year: year.parse().ok()?, number: number.parse().ok()? })
    }
}

impl fmt::Display for CveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CVE-{:04}-{:04}", self.year, self.number)
    }
}

impl Serialize for CveId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CveId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no CVE number")))
    }
}

/// Versions of the Common Vulnerability Scoring System (FIRST).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum CvssVersion {
    /// 2.0
    #[serde(rename = "2.0")]
    V2,
    /// 3.0
    #[serde(rename = "3.0")]
    V30,
    /// 3.1
    #[serde(rename = "3.1")]
    V31,
    /// 4.0
    #[serde(rename = "4.0")]
    V4,
}

impl CvssVersion {
    /// As FIRST writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "2.0",
            Self::V30 => "3.0",
            Self::V31 => "3.1",
            Self::V4 => "4.0",
        }
    }
}

/// A vector, and the score that follows from it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cvss {
    /// Version.
    pub version: CvssVersion,
    /// The vector as FIRST writes it; that of version 2 has no prefix.
    pub vector: String,
    /// Score worked out from the vector, 0 to 10.
    pub score: f32,
}

/// What a list of CVEs says of one: CVE list, NVD, OSV, or an advisory.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CveRecord {
    /// When it was published, as written.
    pub published: Text,
    /// When it was last changed, as written.
    pub modified: Text,
    /// It was withdrawn.
    pub rejected: bool,
    /// Title.
    pub title: Text,
    /// Description in English, at most [`DESCRIPTION_BYTES_MAX`] bytes.
    pub description: String,
    /// Vectors, newest version first, at most [`LIST_MAX`].
    pub cvss: Vec<Cvss>,
    /// Weaknesses, such as `CWE-787`.
    pub cwes: Vec<Text>,
    /// References that the source marks as an exploit.
    pub exploits: Vec<Text>,
}

impl CveRecord {
    /// Takes over what another record of the same source adds: of vectors and weaknesses each once, of single values those that lack.
    pub fn absorb(&mut self, other: Self) {
        for (mine, theirs) in [
            (&mut self.published, other.published),
            (&mut self.modified, other.modified),
            (&mut self.title, other.title),
        ] {
            if mine.is_empty() {
                *mine = theirs;
            }
        }
        if self.description.is_empty() {
            self.description = other.description;
        }
        join(&mut self.cvss, other.cvss);
        join(&mut self.cwes, other.cwes);
        join(&mut self.exploits, other.exploits);
        self.cvss.sort_by(|a, b| b.version.cmp(&a.version).then(b.score.total_cmp(&a.score)));
    }
}

fn join<T: PartialEq>(mine: &mut Vec<T>, theirs: Vec<T>) {
    for item in theirs {
        if mine.len() < LIST_MAX && !mine.contains(&item) {
            mine.push(item);
        }
    }
}

/// An entry of CISA's catalogue of known exploited vulnerabilities.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kev {
    /// Date it was added, `YYYY-MM-DD`.
    pub added: Text,
    /// Date by which US agencies must act.
    pub due: Text,
    /// Known in ransomware campaigns.
    pub ransomware: bool,
    /// What the catalogue asks for.
    pub action: Text,
    /// Name of the vulnerability.
    pub name: Text,
}

/// FIRST's Exploit Prediction Scoring System.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Epss {
    /// Probability of exploitation in the next 30 days, 0 to 1.
    pub score: f32,
    /// Share of CVEs with the same score or less, 0 to 1.
    pub percentile: f32,
    /// Date of the model run, `YYYY-MM-DD`.
    pub date: Text,
}

/// Decision points of CISA's Stakeholder-Specific Vulnerability Categorization, in lower case.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ssvc {
    /// `none`, `poc` or `active`.
    pub exploitation: Text,
    /// `yes` or `no`.
    pub automatable: Text,
    /// `partial` or `total`.
    pub technical_impact: Text,
    /// When it was decided, as written.
    pub date: Text,
    /// Date of the entry in the catalogue of known exploited vulnerabilities, where the source says so.
    pub kev_added: Text,
}

/// A technique of MITRE ATT&CK for ICS.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Technique {
    /// Number, such as `T0803`.
    pub id: Text,
    /// Name.
    pub name: Text,
}

/// What one feed says of one CVE.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// An entry of a list of CVEs.
    Record(Box<CveRecord>),
    /// Exploitation is known.
    Kev(Box<Kev>),
    /// Probability of exploitation.
    Epss(Epss),
    /// Decision points.
    Ssvc(Box<Ssvc>),
    /// Techniques that go with its exploitation.
    Techniques(Vec<Technique>),
}

impl Said {
    /// Number of its kind: a feed says at most one thing of each kind of a CVE.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Record(_) => 0,
            Self::Kev(_) => 1,
            Self::Epss(_) => 2,
            Self::Ssvc(_) => 3,
            Self::Techniques(_) => 4,
        }
    }
}

/// How far something was verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// There was nothing to verify by.
    #[default]
    NotGiven,
    /// There was, but it was not looked at.
    NotChecked,
    /// It was right.
    Verified,
}

impl Verified {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotGiven => "not_given",
            Self::NotChecked => "not_checked",
            Self::Verified => "verified",
        }
    }
}

/// Where the data of a feed comes from, and what became of it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Address or file.
    pub source: String,
    /// Date of the newest data in it, as written.
    pub as_of: String,
    /// When it was loaded.
    pub loaded: Timestamp,
    /// Records and documents kept.
    pub records: u64,
    /// Records and documents refused by the last loading.
    pub refused: u64,
    /// Why, of the first ones.
    pub reasons: Vec<String>,
    /// Hash values.
    pub hash: Verified,
    /// Signature.
    pub signature: Verified,
    /// Key of the signature that was verified.
    pub signed_by: Option<String>,
    /// Date of the signed bundle it came in, RFC 3339.
    pub bundle: Option<String>,
    /// Where an update from the network goes on; JSON of the feed's own making.
    pub cursor: Option<String>,
}

/// A feed that is loaded.
#[derive(Clone, PartialEq, Debug)]
pub struct LoadedFeed {
    /// Its name: the kind, and for advisories the publisher, such as `kev` or `csaf:www.cisa.gov`.
    pub name: String,
    /// Where it comes from.
    pub about: Provenance,
}

/// Cuts text at so many bytes, between characters; blanks around it go.
pub fn bounded(text: &str, max: usize) -> &str {
    let text = text.trim();
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_strictly_and_written_as_the_list_does() {
        for (text, says) in [
            ("CVE-2024-1234", Some("CVE-2024-1234")),
            (" cve-1999-0001 ", Some("CVE-1999-0001")),
            ("CVE-2024-1234567", Some("CVE-2024-1234567")),
            ("CVE-2024-123", None),
            ("CVE-24-1234", None),
            ("CVE-2024-12345678901", None),
            ("CVE-2024-9999999999", None),
            ("CVE-2024-+234", None),
            ("CVÉ-2024-1234", None),
            ("ICSA-24-074-01", None),
        ] {
            assert_eq!(CveId::parse(text).map(|c| c.to_string()).as_deref(), says, "{text}");
        }
    }

    #[test]
    fn a_second_record_adds_and_never_overwrites() {
        let mut first =
            CveRecord { title: "first".into(), cwes: vec!["CWE-1".into()], ..CveRecord::default() };
        let second = CveRecord {
            title: "second".into(),
            cwes: vec!["CWE-1".into(), "CWE-2".into()],
            ..CveRecord::default()
        };
        first.absorb(second);
        assert_eq!((first.title.as_str(), first.cwes.len()), ("first", 2));
    }
}
