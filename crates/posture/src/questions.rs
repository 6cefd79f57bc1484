//! What to find out next: facts that "possible" matches wait for, grouped by product, the one that settles most first.

use crate::document::Analysis;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// A match that waits for a fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open<'a> {
    /// Asset id.
    pub asset: &'a str,
    /// What the asset is.
    pub product: &'a str,
    /// Document id.
    pub advisory: &'a str,
    /// `version`, `serial`, `hardware_revision`, `variant` or `option`.
    pub fact: &'a str,
    /// The variant or condition in question.
    pub which: Option<&'a str>,
}

/// A fact to find out, and what depends on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Question {
    /// `version`, `serial`, `hardware_revision`, `variant` or `option`.
    pub fact: String,
    /// The variant or condition in question, as the advisory writes it.
    pub which: Option<String>,
    /// The product that is asked about.
    pub product: String,
    /// Ids of the assets.
    pub assets: Vec<String>,
    /// Advisories that depend on it.
    pub advisories: Vec<String>,
    /// How many pairs of asset and advisory it would settle.
    pub settles: usize,
    /// What to do, in one sentence.
    pub action: String,
}

/// Groups what is open; most settled first, then by product.
pub fn questions<'a>(open: impl IntoIterator<Item = Open<'a>>) -> Vec<Question> {
    type Group<'a> = BTreeSet<(&'a str, &'a str)>;
    let mut groups: BTreeMap<(&str, &str, Option<&str>), Group<'a>> = BTreeMap::new();
    for o in open {
        groups.entry((o.product, o.fact, o.which)).or_default().insert((o.asset, o.advisory));
    }
    let mut out: Vec<Question> = groups.into_iter().map(|(key, pairs)| question(key, &pairs)).collect();
    out.sort_by(|a, b| b.settles.cmp(&a.settles).then_with(|| a.product.cmp(&b.product)));
    out
}

fn question((product, fact, which): (&str, &str, Option<&str>), pairs: &BTreeSet<(&str, &str)>) -> Question {
    let assets: BTreeSet<&str> = pairs.iter().map(|(asset, _)| *asset).collect();
    let advisories: BTreeSet<&str> = pairs.iter().map(|(_, advisory)| *advisory).collect();
    let what = match (fact, which) {
        ("serial", _) => "Read the serial number".to_owned(),
        ("hardware_revision", _) => "Read the hardware revision".to_owned(),
        ("variant", Some(which)) => format!("Find out whether it is “{which}”"),
        ("option", Some(which)) => format!("Find out whether “{which}” holds"),
        _ => "Read the version".to_owned(),
    };
    let (devices, depend) = (count(assets.len(), "device"), count(advisories.len(), "advisory"));
    let verb = if advisories.len() == 1 { "depends" } else { "depend" };
    Question {
        fact: fact.to_owned(),
        which: which.map(str::to_owned),
        product: product.to_owned(),
        settles: pairs.len(),
        action: format!("{what}: {product}, {devices}; {depend} {verb} on it."),
        assets: assets.into_iter().map(str::to_owned).collect(),
        advisories: advisories.into_iter().map(str::to_owned).collect(),
    }
}

fn count(n: usize, what: &str) -> String {
    match (n, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        _ => format!("{n} {what}s"),
    }
}

/// The questions of a whole analysis.
#[must_use]
pub fn of_analysis(analysis: &Analysis) -> Vec<Question> {
    let named = |a: &crate::document::AssetView| {
        let words = [a.vendor.as_deref(), a.product.as_deref()];
        let name = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if name.is_empty() { a.name.clone() } else { name }
    };
    let names: HashMap<&str, String> = analysis.assets.iter().map(|a| (a.id.as_str(), named(a))).collect();
    questions(analysis.advisories.iter().filter_map(|m| {
        let missing = m.missing.as_ref()?;
        Some(Open {
            asset: &m.asset,
            product: names.get(m.asset.as_str()).map_or("", String::as_str),
            advisory: &m.advisory,
            fact: missing.fact,
            which: missing.which.as_deref(),
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_settles_most_comes_first_and_pairs_count_once() {
        let open = |asset, advisory, fact| Open { asset, product: "Box 9", advisory, fact, which: None };
        let all = [
            open("a", "X-1", "serial"),
            open("a", "X-1", "version"),
            open("a", "X-1", "version"),
            open("b", "X-1", "version"),
            open("b", "X-2", "version"),
        ];
        let asked = questions(all);
        let got: Vec<_> = asked.iter().map(|q| (q.fact.as_str(), q.settles, q.assets.len())).collect();
        assert_eq!(got, [("version", 3, 2), ("serial", 1, 1)]);
        assert_eq!(
            asked.first().map(|q| q.action.as_str()),
            Some("Read the version: Box 9, 2 devices; 2 advisories depend on it.")
        );
    }
}
