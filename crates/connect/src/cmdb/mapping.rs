//! Which column of a list means what: by the words of its header, or as the user says.

use super::Error;
use model::cmdb::Field;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Longest mapping file, in bytes.
pub const MAPPING_BYTES_MAX: usize = 1 << 20;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Column {
    /// The list's own id of the device.
    Id,
    /// Where a person can look at it.
    Url,
    /// Last change.
    Updated,
    /// A field of the record.
    Field(Field),
}

impl Column {
    /// Every column, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Id, Self::Url, Self::Updated].into_iter().chain(Field::ALL.iter().copied().map(Self::Field))
    }

    /// The word in mapping files and in lists that are written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Url => "url",
            Self::Updated => "updated",
            Self::Field(field) => field.as_str(),
        }
    }

    /// The column with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::all().find(|c| c.as_str() == word)
    }

    /// By such a column a device can be found again.
    pub fn is_identifying(self) -> bool {
        matches!(self, Self::Field(Field::Ips | Field::Macs | Field::Serial | Field::Name))
    }

    /// May stand in several columns: interfaces side by side.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Field(field) if field.is_list())
    }
}

/// Words of headers; the file says more.
static HEADERS: &str = include_str!("../../../../content/cmdb/headers.tsv");

static WORDS: LazyLock<BTreeMap<&str, Column>> = LazyLock::new(|| words().collect());

fn words() -> impl Iterator<Item = (&'static str, Column)> {
    let rows = HEADERS.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'));
    rows.filter_map(|(column, words)| Some((Column::parse(column)?, words)))
        .flat_map(|(column, words)| words.split(' ').map(move |word| (word, column)))
}

/// Letters and digits, lower case.
fn bare(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(80).collect()
}

/// What a header word means; `None` when it is none of the known ones.
pub fn meaning(header: &str) -> Option<Column> {
    let word = bare(header);
    let exact = |word: &str| WORDS.get(word).copied();
    // `IP 2`, `MAC address 3`: interfaces side by side.
    let counted = || exact(word.trim_end_matches(|c: char| c.is_ascii_digit())).filter(|c| c.is_list());
    exact(&word).or_else(counted)
}

/// How the user wants columns (or parts of a JSON document) to be read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// Names of columns, or pointers, for what they hold. What is not named here is found by its header.
    pub columns: BTreeMap<Column, Vec<String>>,
    /// Sheet of a workbook; `None` for the first with a header that is understood.
    pub sheet: Option<String>,
    /// What is said of a JSON interface.
    pub json: Json,
}

/// Where things are in a JSON interface. Pointers are those of RFC 6901, with `*` for every item of an array.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Json {
    /// Path of the list, below the address.
    pub path: Option<String>,
    /// Pointer to the array of records; `None` when the document is the array.
    pub records: Option<String>,
    /// Pointer to the address of the next page.
    pub next: Option<String>,
    /// Path of one record, with `{id}`: read by GET, changed by PATCH (RFC 7396).
    pub write: Option<String>,
    /// Path to which new records go by POST.
    pub create: Option<String>,
    /// Header with the token, such as `X-API-Key: {token}`; `None` for `Authorization: Bearer {token}`.
    pub header: Option<String>,
}

impl Mapping {
    /// Reads a mapping file: a JSON object with the name of a column (or a list of them) for each word of [`Column`].
    ///
    /// # Errors
    /// It is no JSON, or has a word that is none; with the words that are.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAPPING_BYTES_MAX {
            return Err(Error::one("the mapping is too long"));
        }
        let wrong = |e: serde_json::Error| Error::one(format!("the mapping is no JSON object: {e}"));
        let object: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(wrong)?;
        let mut mapping = Self::default();
        for (word, value) in object {
            let names = names(&word, &value)?;
            let one = || names.first().cloned();
            match word.as_str() {
                "sheet" => mapping.sheet = one(),
                "path" => mapping.json.path = one(),
                "records" => mapping.json.records = one(),
                "next" => mapping.json.next = one(),
                "write" => mapping.json.write = one(),
                "create" => mapping.json.create = one(),
                "header" => mapping.json.header = one(),
                _ => {
                    let column = Column::parse(&word).ok_or_else(|| unknown(&word))?;
                    if names.len() > 1 && !column.is_list() {
                        return Err(Error::one(format!(
                            "the mapping has several columns for {word}, which has one value"
                        )));
                    }
                    mapping.columns.insert(column, names);
                }
            }
        }
        Ok(mapping)
    }
}

fn names(word: &str, value: &Value) -> Result<Vec<String>, Error> {
    let wrong = || Error::one(format!("the mapping of {word} is neither a text nor a list of texts"));
    match value {
        Value::String(name) => Ok(vec![name.clone()]),
        Value::Array(all) if !all.is_empty() => {
            all.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

fn unknown(word: &str) -> Error {
    let known: Vec<&str> = Column::all().map(Column::as_str).collect();
    Error::one(format!("the mapping names {word}, which is none of {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_people_write_them() {
        for (header, wanted) in [
            ("IP Address", Some(Column::Field(Field::Ips))),
            ("IP-Adresse", Some(Column::Field(Field::Ips))),
            ("ip_2", Some(Column::Field(Field::Ips))),
            ("MLFB", Some(Column::Field(Field::OrderNumber))),
            ("Serial No.", Some(Column::Field(Field::Serial))),
            ("Gerätename", Some(Column::Field(Field::Name))),
            ("Version 2", None),
            ("Remarks", None),
            ("", None),
        ] {
            assert_eq!(meaning(header), wanted, "{header}");
        }
    }

    #[test]
    fn no_word_means_two_things_and_our_own_are_understood() {
        let mut seen = BTreeMap::new();
        for (word, column) in words() {
            assert_eq!(bare(word), word);
            assert!(seen.insert(word, column).is_none(), "{word}");
        }
        let rows = HEADERS.lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(rows, Column::all().count(), "every line names a column");
        for column in Column::all() {
            assert_eq!(meaning(column.as_str()), Some(column));
        }
    }

    #[test]
    fn mapping_files() {
        let mapping =
            Mapping::parse(r#"{"ips": ["Port 1", "Port 2"], "name": "KKS", "sheet": "Anlage"}"#).unwrap();
        assert_eq!(mapping.columns[&Column::Field(Field::Ips)], ["Port 1", "Port 2"]);
        assert_eq!(mapping.sheet.as_deref(), Some("Anlage"));
        for (text, what) in [
            ("[]", "no JSON object"),
            (r#"{"colour": "A"}"#, "colour"),
            (r#"{"name": ["A", "B"]}"#, "one value"),
            (r#"{"name": 3}"#, "neither"),
            (r#"{"ips": []}"#, "neither"),
        ] {
            let error = Mapping::parse(text).unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
