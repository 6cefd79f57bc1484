//! Who made it: names on the wire and names in advisories brought to the same keys.
//!
//! Data: `content/vendors/aliases.yaml`. A name in no list falls back to its words without legal forms, so that an unknown maker still
//! meets itself. Limits: spelling mistakes outside the list stay different makers.

use crate::intel::text::{compact, fold, pieces};
use serde::Deserialize;
use std::collections::BTreeMap;

const ALIASES: &str = include_str!("../../../../content/vendors/aliases.yaml");
const PHRASE_WORDS_MAX: usize = 6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    vendors: Vec<Entry>,
    related: Vec<Vec<String>>,
    legal: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    names: Vec<String>,
    brands: Vec<String>,
}

/// The table of makers.
#[derive(Clone, Debug, Default)]
pub struct Vendors {
    /// Phrase of words to key.
    phrases: BTreeMap<String, String>,
    /// Key to umbrella words.
    brands: BTreeMap<String, Vec<String>>,
    /// Key to the keys it is looked up under besides itself.
    related: BTreeMap<String, Vec<String>>,
    legal: Vec<String>,
}

impl Vendors {
    /// Reads the embedded table. An unreadable table would be a broken build; a test reads it.
    #[must_use]
    pub fn embedded() -> Vendors {
        serde_saphyr::from_str(ALIASES).map(Vendors::build).unwrap_or_default()
    }

    fn build(document: Document) -> Vendors {
        let mut out =
            Vendors { legal: document.legal.iter().map(|word| phrase(word)).collect(), ..Vendors::default() };
        out.legal.sort_unstable();
        for entry in document.vendors {
            for name in entry.names.iter().chain([&entry.id]) {
                out.phrases.insert(phrase(name), entry.id.clone());
            }
            out.brands.insert(entry.id, entry.brands.iter().map(|brand| compact(&fold(brand))).collect());
        }
        for group in document.related {
            for id in &group {
                out.related
                    .entry(id.clone())
                    .or_default()
                    .extend(group.iter().filter(|other| *other != id).cloned());
            }
        }
        out
    }

    /// The keys of a vendor field; several for "ABB, Phoenix Contact and WAGO". Sorted, without duplicates.
    #[must_use]
    pub fn keys(&self, name: &str) -> Vec<String> {
        let mut out = self.mentioned(name);
        if out.is_empty() {
            let folded = fold(name).replace(" and ", ",");
            out.extend(folded.split([',', ';']).filter_map(|part| self.fallback(part)));
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The keys of all makers named in a text, longest names first.
    #[must_use]
    pub fn mentioned(&self, text: &str) -> Vec<String> {
        let words = pieces(&fold(text));
        let mut out = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let found = (1..=PHRASE_WORDS_MAX).rev().find_map(|length| {
                let slice = words.get(at..at + length)?;
                self.phrases.get(&slice.join(" ")).map(|id| (length, id))
            });
            match found {
                Some((length, id)) => {
                    out.push(id.clone());
                    at += length;
                }
                None => at += 1,
            }
        }
        out
    }

    /// A product text without the maker's name of several words at its head: "GE Digital CIMPLICITY".
    #[must_use]
    pub(crate) fn without_maker<'a>(&self, product: &'a str, makers: &[String]) -> &'a str {
        let ends = product.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at).take(PHRASE_WORDS_MAX);
        let named = |end: &usize| {
            product
                .get(..*end)
                .and_then(|head| self.phrases.get(&phrase(head)))
                .is_some_and(|id| makers.contains(id))
        };
        let cut = ends.filter(named).last();
        cut.and_then(|end| product.get(end + 1..)).unwrap_or(product)
    }

    fn fallback(&self, part: &str) -> Option<String> {
        let words = pieces(part);
        let kept: Vec<&str> = words.iter().map(String::as_str).filter(|word| !self.is_legal(word)).collect();
        let kept = if kept.is_empty() { words.iter().map(String::as_str).collect() } else { kept };
        (!kept.is_empty()).then(|| kept.join(" "))
    }

    fn is_legal(&self, word: &str) -> bool {
        self.legal.iter().any(|legal| legal == word)
    }

    /// A key and the keys of firms whose products carry either name.
    #[must_use]
    pub fn with_related(&self, keys: Vec<String>) -> Vec<String> {
        let mut out = keys.clone();
        for key in &keys {
            out.extend(self.related.get(key).into_iter().flatten().cloned());
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Is the key one of the table, and not just words that nobody knows.
    #[must_use]
    pub fn is_known(&self, key: &str) -> bool {
        self.brands.contains_key(key)
    }

    /// The makers whose umbrella words stand in a list of words; a word that several makers share tells nothing.
    #[must_use]
    pub fn of_brands(&self, words: &[String]) -> Vec<String> {
        let mut out = Vec::new();
        for word in words.iter().filter(|word| word.len() >= 5) {
            let mut makers =
                self.brands.iter().filter(|(_, brands)| brands.contains(word)).map(|(key, _)| key);
            if let (Some(maker), None) = (makers.next(), makers.next()) {
                out.push(maker.clone());
            }
        }
        out
    }

    /// Is the word an umbrella word of the maker: seen on many of its products, told by none.
    #[must_use]
    pub fn is_brand(&self, key: &str, word: &str) -> bool {
        self.brands.get(key).is_some_and(|brands| brands.iter().any(|brand| brand == word))
    }
}

fn phrase(name: &str) -> String {
    pieces(&fold(name)).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_and_advisory_names_meet() {
        let vendors = Vendors::embedded();
        for (one, other) in [
            ("Siemens AG", "SIEMENS"),
            ("Rockwell Automation/Allen-Bradley", "Rockwell Automation "),
            ("Schneider Electric Software, LLC", "Schneider Electric"),
            ("GE Multilin", "General Electric (GE)"),
            ("Mitsubishi Electric Corporation", "Mitsubishi Electric"),
            ("GeutebrÃ¼ck GmbH", "Geutebrück"),
            ("Acme Widgets GmbH & Co. KG", "ACME Widgets"),
            ("Axis Communications AB", "Axis Communications"),
        ] {
            assert_eq!(vendors.keys(one), vendors.keys(other), "{one} and {other}");
            assert!(!vendors.keys(one).is_empty(), "{one}");
        }
        assert_ne!(vendors.keys("Delta Controls"), vendors.keys("Delta Electronics"));
        assert_eq!(vendors.of_brands(&["nport".to_owned(), "series".to_owned()]), ["moxa"]);
        assert_ne!(vendors.keys("GE Healthcare"), vendors.keys("GE Digital"));
    }

    #[test]
    fn several_makers_in_one_field() {
        let keys = Vendors::embedded().keys("ABB, Phoenix Contact, Schneider Electric, Siemens, and WAGO");
        assert_eq!(keys, ["abb", "phoenix", "schneider", "siemens", "wago"]);
    }
}
