//! Version texts that name a product instead of versions: `PM554-TP-ETH`, `M221`, `750-82xx/xxx-xxx`.
//!
//! Source: more than 70 entries of the CISA OT archive put a model or order number where the version belongs.

use crate::intel::product::is_order_number;
use crate::intel::profile::Profile;
use crate::intel::range::Range;
use crate::intel::text::{compact, fold, has_digit, shape};
use crate::intel::unit::{Class, Unit};

/// What a version text that names products says of an observed one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Judgement {
    /// It is named.
    This,
    /// Another one is named.
    Other,
    /// The device does not show a number of that kind.
    Open,
    /// The text speaks of versions after all.
    Version,
}

/// A version text that names products.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Qualifier {
    units: Vec<Unit>,
    /// Cannot be a version at all.
    certain: bool,
}

impl Qualifier {
    /// `None` for texts that speak of versions.
    pub(crate) fn read(text: &str) -> Option<Qualifier> {
        if text.is_empty()
            || text.contains(['<', '>', '=', '≤', '≥'])
            || text.to_lowercase().contains("version")
            || text == "vers:all/*"
        {
            return None;
        }
        let readable = Range::parse(text).is_readable();
        let units: Vec<Unit> = text
            .split([' ', '|', ',', ';'])
            .filter_map(|word| Unit::read(word, |_| None))
            .filter(|unit| unit.class == Class::Model)
            .collect();
        let models: Vec<Unit> = units.into_iter().filter(|unit| is_model(&unit.text)).collect();
        let certain = !readable
            || text
                .split([' ', '|', ','])
                .any(|word| is_order_number(word) || is_catalogue(word) || is_hyphened_model(word));
        (!models.is_empty()).then_some(Qualifier { units: models, certain })
    }

    /// The words, for looking the product up.
    pub(crate) fn units(&self) -> &[Unit] {
        &self.units
    }

    pub(crate) fn judge(&self, profile: &Profile) -> Judgement {
        if self.units.iter().any(|unit| unit.is_in(profile.wide())) {
            return Judgement::This;
        }
        // A version that looks like a number of the catalogue: Digi counts its firmware 82000684.
        let firmware = profile.version_shown.as_deref().map(|text| compact(&fold(text))).unwrap_or_default();
        let counted =
            |unit: &Unit| unit.text.len() == firmware.len() && unit.text.bytes().all(|b| b.is_ascii_digit());
        if !self.certain || self.units.iter().any(counted) {
            return Judgement::Version;
        }
        let kin = |unit: &Unit| profile.own().iter().any(|gram| is_kin(gram, &unit.text));
        if !profile.orders.is_empty() || self.units.iter().any(kin) {
            Judgement::Other
        } else {
            Judgement::Open
        }
    }
}

/// Two numbers of one catalogue: the same beginning, or the same letters and as many digits.
fn is_kin(gram: &str, unit: &str) -> bool {
    let same_start =
        gram.len() >= 5 && has_digit(gram) && unit.get(..3).is_some_and(|start| gram.starts_with(start));
    let same_shape = matches!((shape(gram), shape(unit)), (Some((a, m, _)), Some((b, n, _))) if !a.is_empty() && a == b && m.len() == n.len());
    same_start || same_shape
}

/// Letters before digits, not a version prefix: `m221`, `pm554tpeth`.
fn is_model(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let version = letters == 1 && matches!(text.bytes().next(), Some(b'v' | b'r'));
    (letters >= 1 && has_digit(text) && !version && text.len() >= 4) || text.len() >= 8
}

/// `S7-314`: letters, a hyphen and a number without dots; `R302-V1` and `V1-2` are versions.
fn is_hyphened_model(word: &str) -> bool {
    let named = word.starts_with(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'v' | 'V' | 'r' | 'R'));
    named
        && !word.contains('.')
        && word
            .rsplit_once('-')
            .is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit()))
}

/// `1766-L32BXB`, `750-8212`, `1SAP120600R0071`, `2700988`, `PM554-TP-ETH`.
fn is_catalogue(word: &str) -> bool {
    let text = compact(&fold(word));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let hyphened = word
        .split_once('-')
        .is_some_and(|(before, after)| before.len() >= 3 && after.len() >= 2 && !word.contains('.'));
    (hyphened && letters >= 2 && digits >= 2 && !word.starts_with("MX-"))
        || (digits >= 7 && letters == 0 && !word.contains(['.', '-']))
        || (digits >= 8 && letters >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_in_the_version_field() {
        for text in ["PM554-TP-ETH", "1766-L32BXB", "750-82xx/xxx-xxx", "M221"] {
            assert!(Qualifier::read(text).is_some(), "{text}");
        }
        for text in ["V1.2", "< V3", "All versions", "12.3.x", "R302-V1", "2009-2010", "8.00-20140730"] {
            assert!(Qualifier::read(text).is_none_or(|qualifier| !qualifier.certain), "{text}");
        }
    }
}
