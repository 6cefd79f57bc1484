//! From a model or order number to the families it belongs to.
//!
//! Data: `content/vendors/families.yaml`, whose head explains the patterns. Limits: a model that the table does not know is matched by
//! its own words only.

use crate::intel::text::{Starts, View, glob, literal};
use serde::Deserialize;

const FAMILIES: &str = include_str!("../../../../content/vendors/families.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    families: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    vendor: String,
    #[serde(default)]
    order: Vec<String>,
    #[serde(default)]
    model: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    is: Vec<String>,
    #[serde(default)]
    context: Vec<String>,
}

/// The other names of a product.
#[derive(Default)]
pub(crate) struct Names<'a> {
    /// Names of their own right.
    pub(crate) own: Vec<&'a str>,
    /// Names that only accompany a model.
    pub(crate) context: Vec<&'a str>,
}

/// The table of families.
#[derive(Clone, Debug, Default)]
pub struct Families {
    entries: Vec<Entry>,
}

impl Families {
    /// Reads the embedded table; a test reads it too.
    #[must_use]
    pub fn embedded() -> Families {
        let mut entries = serde_saphyr::from_str::<Document>(FAMILIES)
            .map(|document| document.families)
            .unwrap_or_default();
        for entry in &mut entries {
            for text in entry.order.iter_mut().chain(&mut entry.model).chain(&mut entry.unless) {
                text.make_ascii_lowercase();
            }
        }
        Families { entries }
    }

    /// The other names of a product, for the makers it may be from.
    pub(crate) fn names(&self, vendors: &[String], grams: View<'_>) -> Names<'_> {
        let starts = grams.starts();
        let mut out = Names::default();
        for entry in self
            .entries
            .iter()
            .filter(|entry| vendors.contains(&entry.vendor) && entry.holds(grams, &starts, true))
        {
            out.own.extend(entry.is.iter().map(String::as_str));
            out.context.extend(entry.context.iter().map(String::as_str));
        }
        out
    }

    /// The makers whose order numbers look like one of these.
    pub(crate) fn makers(&self, grams: View<'_>) -> Vec<String> {
        let starts = grams.starts();
        let mut out: Vec<String> = self
            .entries
            .iter()
            .filter(|entry| entry.holds(grams, &starts, false))
            .map(|entry| entry.vendor.clone())
            .collect();
        out.sort_unstable();
        out.dedup();
        out
    }
}

impl Entry {
    fn holds(&self, grams: View<'_>, starts: &Starts, models: bool) -> bool {
        let model: &[String] = if models { &self.model } else { &[] };
        let found = self.order.iter().chain(model).any(|pattern| {
            let stem = literal(pattern);
            starts.may_hold(stem) && grams.starting(stem).any(|gram| glob(pattern, gram))
        });
        found && !self.unless.iter().any(|word| grams.iter().any(|gram| gram.contains(word.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intel::text::{Grams, Source};

    fn names(vendor: &str, text: &str) -> Vec<String> {
        let families = Families::embedded();
        families
            .names(&[vendor.to_owned()], Grams::of([text]).up_to(Source::Own))
            .own
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn order_numbers_tell_the_family() {
        assert!(names("siemens", "6ES7 315-2EH14-0AB0").contains(&"SIMATIC S7-300 CPU".to_owned()));
        assert!(names("siemens", "SCALANCE X204IRT").contains(&"SCALANCE X-200IRT".to_owned()));
        assert!(!names("siemens", "SCALANCE X204IRT").contains(&"SCALANCE X-200".to_owned()));
        assert!(names("rockwell", "1756-L83E/B").contains(&"ControlLogix 5580".to_owned()));
        assert!(names("schneider", "BMX P34 2020").contains(&"Modicon M340".to_owned()));
        assert!(names("mitsubishi", "FX3U-ENET").is_empty());
    }

    #[test]
    fn order_numbers_tell_the_maker() {
        let families = Families::embedded();
        assert_eq!(families.makers(Grams::of(["6ES7 315-2EH14-0AB0"]).up_to(Source::Own)), ["siemens"]);
        assert_eq!(families.makers(Grams::of(["1769-L33ER/A"]).up_to(Source::Own)), ["rockwell"]);
        assert!(families.makers(Grams::of(["NPort 5110"]).up_to(Source::Own)).is_empty());
    }
}
