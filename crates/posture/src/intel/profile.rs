//! An observed product, prepared once for the comparison with many names.

use crate::intel::family::Families;
use crate::intel::product::is_order_number;
use crate::intel::text::{Grams, Source, View, compact, fold, pieces};
use crate::intel::vendor::Vendors;
use crate::intel::version::Labelled;
use model::advisory::Observed;

/// What the comparison needs of an observed product.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    /// Makers it may be from; empty when nothing tells.
    pub(crate) vendors: Vec<String>,
    /// Grams of what the device says of itself, of its families and of what goes with them.
    pub(crate) grams: Grams,
    /// Order numbers of the Siemens kind, compact.
    pub(crate) orders: Vec<String>,
    /// Hardware series.
    pub(crate) series: Option<char>,
    /// Readings of the firmware text.
    pub(crate) versions: Vec<Labelled>,
    pub(crate) serial: Option<String>,
    /// Names in the firmware text: `cpci85`.
    pub(crate) labels: Vec<String>,
    /// Umbrella words of the maker in the product name.
    pub(crate) brands: Vec<String>,
    /// Words of the product name.
    pub(crate) words: Vec<String>,
    /// Every text of the grams written together, a line each: holds each gram.
    pub(crate) together: String,
    /// The product as shown to people.
    pub(crate) shown: String,
    /// The version as shown to people.
    pub(crate) version_shown: Option<String>,
}

impl Profile {
    /// Is the number the release of the firmware: `Niagara 4` and 4.8.0.110.
    pub(crate) fn is_release(&self, number: &str) -> bool {
        self.versions
            .iter()
            .any(|version| version.version.major().is_some_and(|major| major.to_string() == number))
    }

    /// What the device says of itself.
    pub(crate) fn own(&self) -> View<'_> {
        self.grams.up_to(Source::Own)
    }

    /// Its own words and the names of its families: any of them may identify.
    pub(crate) fn solid(&self) -> View<'_> {
        self.grams.up_to(Source::Family)
    }

    /// Everything that may be found of a name.
    pub(crate) fn wide(&self) -> View<'_> {
        self.grams.up_to(Source::Context)
    }

    pub(crate) fn of(observed: &Observed, vendors: &Vendors, families: &Families) -> Profile {
        let text = |field: &Option<String>| {
            field.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (product, order, firmware) =
            (text(&observed.product), text(&observed.order_number), text(&observed.firmware));
        let (product, revision) = product.map_or((None, None), |product| split_revision(&product));
        let firmware = firmware.or(revision);
        let versions = versions(firmware.as_deref(), product.as_deref());
        let labels: Vec<String> = versions.iter().filter_map(|version| version.label.clone()).collect();
        let description = text(&observed.description);
        let named = [&product, &order, &description].into_iter().flatten().map(String::as_str);
        let mut grams =
            Grams::from(named.chain(labels.iter().map(String::as_str)).map(|text| (text, Source::Own)));
        let makers = makers(observed, grams.up_to(Source::Own), vendors, families);
        let words = pieces(&fold(vendors.without_maker(product.as_deref().unwrap_or_default(), &makers)));
        let names = families.names(&makers, grams.up_to(Source::Own));
        let together = [&product, &order, &description]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .chain(labels.iter().map(String::as_str))
            .chain(names.own.iter().chain(&names.context).copied())
            .fold(String::new(), |text, more| text + &compact(&fold(more)) + "\n");
        grams.extend(
            names
                .own
                .into_iter()
                .map(|name| (name, Source::Family))
                .chain(names.context.into_iter().map(|name| (name, Source::Context))),
        );
        Profile {
            labels,
            together,
            orders: orders(&[&product, &order]),
            series: product.as_deref().and_then(series).or_else(|| order.as_deref().and_then(series)),
            serial: text(&observed.serial),
            brands: words
                .iter()
                .filter(|word| makers.iter().any(|maker| vendors.is_brand(maker, word)))
                .cloned()
                .collect(),
            words,
            shown: shown(&[&product, &order]),
            version_shown: firmware,
            vendors: makers,
            grams,
            versions,
        }
    }
}

/// MicroLogix call themselves `1766-L32BWAA B/15.00`: hardware series and firmware revision behind the catalogue number.
fn split_revision(product: &str) -> (Option<String>, Option<String>) {
    let is_revision = |word: &str| {
        word.split_once('/').is_some_and(|(letter, number)| {
            letter.len() == 1
                && letter.bytes().all(|b| b.is_ascii_uppercase())
                && number.contains('.')
                && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        })
    };
    let Some(word) = product.split_whitespace().find(|word| is_revision(word)) else {
        return (Some(product.to_owned()), None);
    };
    let (letter, number) = word.split_once('/').unwrap_or_default();
    let rest: Vec<&str> = product.split_whitespace().filter(|other| *other != word).collect();
    (Some(format!("{}/{letter}", rest.join(" "))), Some(number.to_owned()))
}

/// The firmware text, else a version that stands in the product name ("STEP 7 V16").
fn versions(firmware: Option<&str>, product: Option<&str>) -> Vec<Labelled> {
    match (firmware, product) {
        (Some(firmware), _) => Labelled::all(firmware),
        (None, Some(product)) => {
            // `V16` and `V7.5` are versions, `V700-T20BJ` and `V570` are models.
            let marked = |word: &&str| {
                let first = word.strip_prefix(['V', 'v']).and_then(|rest| rest.split('.').next());
                first.is_some_and(|part| {
                    (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
                })
            };
            product
                .split_whitespace()
                .filter(marked)
                .filter_map(crate::intel::version::Version::read)
                .collect()
        }
        (None, None) => Vec::new(),
    }
}

/// The vendor field; without one, or with one that tells nothing, what the order number looks like and which maker the texts name.
fn makers(observed: &Observed, own: View<'_>, vendors: &Vendors, families: &Families) -> Vec<String> {
    let mut keys = observed.vendor.as_deref().map(|vendor| vendors.keys(vendor)).unwrap_or_default();
    let ordered = orders(&[&observed.product, &observed.order_number]);
    // The first number of the catalogue counts; later blocks may look like another maker's.
    if keys.is_empty() && !ordered.is_empty() {
        keys.push("siemens".to_owned());
    }
    // A name nobody knows may be the maker of the network chip.
    if !keys.iter().any(|key| vendors.is_known(key)) {
        keys.extend(families.makers(own));
    }
    if keys.is_empty() {
        let texts = [&observed.product, &observed.description];
        keys = texts.into_iter().flatten().flat_map(|text| vendors.mentioned(text)).collect();
    }
    if keys.is_empty() {
        let product = observed.product.as_deref().unwrap_or_default();
        keys = vendors.of_brands(&pieces(&fold(product)));
    }
    vendors.with_related(keys)
}

fn orders(texts: &[&Option<String>]) -> Vec<String> {
    let mut out = Vec::new();
    for text in texts.iter().copied().flatten() {
        // With and without the blank after the first block.
        let joined: String = text.split_whitespace().collect();
        let words = text.split([' ', ',', ';', '(', ')']).filter(|word| is_order_number(word));
        out.extend(
            words
                .chain(Some(joined.as_str()).filter(|joined| is_order_number(joined)))
                .map(|word| compact(&fold(word))),
        );
    }
    out.dedup();
    out
}

/// The `B` of `1756-EN2T/B` and of "Series B".
fn series(text: &str) -> Option<char> {
    let letter = |part: &str| part.chars().next().filter(|c| part.len() == 1 && ('A'..='H').contains(c));
    let words: Vec<&str> = text.split_whitespace().collect();
    let slashed = words.iter().find_map(|word| {
        word.rsplit_once('/').filter(|(before, _)| before.contains('-')).and_then(|(_, end)| letter(end))
    });
    let spelled = || {
        words.windows(2).find_map(|pair| {
            pair.first()
                .filter(|word| matches!(fold(word).as_str(), "series" | "ser" | "ser."))
                .and_then(|_| pair.get(1))
                .and_then(|word| letter(word))
        })
    };
    slashed.or_else(spelled)
}

fn shown(texts: &[&Option<String>]) -> String {
    let texts: Vec<&str> = texts.iter().copied().flatten().map(String::as_str).collect();
    if texts.is_empty() { "a product without a name".to_owned() } else { texts.join(" ") }
}
