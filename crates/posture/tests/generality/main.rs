//! Does matching work for products that nobody labelled: identities derived from the advisories' own entries.
//!
//! Of every concrete product entry of the archive the test makes the identity a device would show (`derive.rs`), and asks that the
//! advisory is found, that a version past the bound is not claimed, and that the nearest sibling's advisories are not claimed.
//! The archive is not part of the repository; without it the test says so. `SIGHTGLASS_SHOW=50` prints so many misses of each class.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod derive;

use derive::{Bound, Form, Node, has_digit, head, identities, is_concrete};
use model::advisory::{MatchStatus, Observed};
use sightglass_posture::intel::csaf::{self, Stated};
use sightglass_posture::intel::matcher::Intel;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

fn archive() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("SIGHTGLASS_SHARED").map_or(beside, PathBuf::from);
    let file = root.join("intel/csaf-ot.tar.zst");
    if file.is_file() {
        return Some(file);
    }
    eprintln!("NOT TESTED: no advisories in {}; set SIGHTGLASS_SHARED", file.display());
    None
}

/// The advisories, and every entry that is stated to be affected and nothing else.
fn load(file: &std::path::Path) -> (Intel, Vec<Node>) {
    let mut archive = tar::Archive::new(zstd::Decoder::new(std::fs::File::open(file).unwrap()).unwrap());
    let (mut intel, mut nodes) = (Intel::new(), Vec::new());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        if !name.ends_with(".json") {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        intel.add(&name, &bytes).unwrap();
        let document = csaf::read(&name, &bytes).unwrap();
        let affected = document.rows.into_iter().filter(|row| {
            !row.statements.is_empty() && row.statements.iter().all(|(_, stated)| *stated == Stated::Affected)
        });
        nodes.extend(affected.map(|row| Node {
            advisory: document.id.clone(),
            vendor: row.vendor,
            product: row.product,
            version: row.version,
            model_numbers: row.model_numbers,
        }));
    }
    (intel, nodes)
}

fn claimed(intel: &Intel, observed: &Observed) -> BTreeSet<String> {
    let open = |status| matches!(status, MatchStatus::Affected | MatchStatus::Possible);
    intel
        .matches(observed)
        .into_iter()
        .filter(|found| open(found.status))
        .map(|found| found.advisory)
        .collect()
}

/// Right and asked, and what went wrong.
#[derive(Default)]
struct Tally {
    asked: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn note(&mut self, right: bool, what: impl FnOnce() -> String) {
        self.asked += 1;
        if !right {
            self.wrong.push(what());
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn share(&self) -> f64 {
        1.0 - self.wrong.len() as f64 / self.asked.max(1) as f64
    }
}

fn print(name: &str, tally: &Tally) {
    println!(
        "{name:24} {:6} of {:6} right ({:.2} %)",
        tally.asked - tally.wrong.len(),
        tally.asked,
        100.0 * tally.share()
    );
    let show: usize = std::env::var("SIGHTGLASS_SHOW").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let step = (tally.wrong.len() / show.max(1)).max(1);
    tally.wrong.iter().step_by(step).take(show).for_each(|line| println!("    {line}"));
}

fn shown(observed: &Observed, node: &Node) -> String {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    format!(
        "{} [{} | {} | {}] for {} | {} | {}",
        node.advisory,
        text(&observed.vendor),
        text(&observed.product),
        text(&observed.order_number) + &text(&observed.firmware),
        node.vendor,
        node.product,
        node.version
    )
}

/// Every second product of the archive, each under one of its advisories.
fn sample(nodes: &[Node]) -> Vec<&Node> {
    let mut seen = BTreeSet::new();
    nodes.iter().filter(|node| seen.insert((&node.vendor, &node.product))).step_by(2).collect()
}

#[test]
fn derived_identities_meet_their_advisories() {
    let Some(file) = archive() else { return };
    let (intel, nodes) = load(&file);
    let sample = sample(&nodes);
    let mut found: BTreeMap<Form, Tally> = BTreeMap::new();
    let (mut inside, mut at_bound, mut outside) = (Tally::default(), Tally::default(), Tally::default());
    for node in &sample {
        for (form, observed) in identities(node) {
            let hit = claimed(&intel, &observed).contains(&node.advisory);
            found.entry(form).or_default().note(hit, || shown(&observed, node));
        }
        let Some(bound) = Bound::read(&node.version).filter(|_| is_alone(node, &nodes)) else { continue };
        for (_, observed) in identities(node).into_iter().take(2) {
            let at = |firmware: String| Observed { firmware: Some(firmware), ..observed.clone() };
            let has = |observed: &Observed| claimed(&intel, observed).contains(&node.advisory);
            if let Some(older) = bound.inside().map(at) {
                inside.note(has(&older), || shown(&older, node));
            }
            let (same, included) = bound.at();
            let same = at(same);
            at_bound.note(has(&same) == included, || shown(&same, node));
            let newer = at(bound.outside());
            outside.note(!has(&newer), || shown(&newer, node));
        }
    }
    println!("{} products", sample.len());
    for (form, tally) in &found {
        print(&format!("found, {form:?}"), tally);
    }
    print("inside the bound", &inside);
    print("at the bound", &at_bound);
    print("past the bound", &outside);
    let siblings = siblings(&intel, &nodes);
    print("siblings not claimed", &siblings);
    for (form, tally) in &found {
        assert!(tally.share() >= 0.97, "{form:?}: {:.4}", tally.share());
    }
    for (name, tally) in [("inside", inside), ("at", at_bound), ("past", outside)] {
        assert!(tally.share() >= 0.98, "{name}: {:.4}", tally.share());
    }
    assert!(siblings.share() >= 0.99, "siblings: {:.4}", siblings.share());
}

/// The advisory names the product once, and nothing else of the same beginning: then its bound is the whole truth.
fn is_alone(node: &Node, nodes: &[Node]) -> bool {
    let first = |product: &str| product.split([' ', '-']).next().unwrap_or_default().to_lowercase();
    let own = first(&node.product);
    nodes.iter().filter(|other| other.advisory == node.advisory && first(&other.product) == own).count() == 1
}

/// Names that differ in one digit-bearing word: the advisories of the one, where they do not name the other, are not claimed for it.
fn siblings(intel: &Intel, nodes: &[Node]) -> Tally {
    let mut groups: BTreeMap<(String, String), BTreeMap<String, BTreeSet<&str>>> = BTreeMap::new();
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for node in nodes {
        named.entry(&node.advisory).or_default().push(head(&node.product).to_lowercase());
        let name = head(&node.product);
        if !is_concrete(&name) {
            continue;
        }
        let words: Vec<&str> = name.split(' ').collect();
        for (at, _) in words.iter().enumerate().filter(|(_, word)| has_digit(word)) {
            let rest: Vec<&str> =
                words.iter().enumerate().map(|(i, w)| if i == at { "#" } else { w }).collect();
            let key = (node.vendor.trim().to_owned(), rest.join(" "));
            groups.entry(key).or_default().entry(words[at].to_owned()).or_default().insert(&node.advisory);
        }
    }
    let mut out = Tally::default();
    for ((vendor, rest), members) in groups.iter().filter(|(_, members)| members.len() > 1) {
        for word in members.keys() {
            let name = rest.replace('#', word);
            let observed =
                Observed { vendor: Some(vendor.clone()), product: Some(name.clone()), ..Observed::default() };
            let got = claimed(intel, &observed);
            let strangers: BTreeSet<&str> = members
                .iter()
                .filter(|(other, _)| *other != word)
                .flat_map(|(_, ids)| ids.iter().copied())
                .collect();
            for advisory in strangers {
                // Only where all names of the advisory are of the same kind: otherwise another entry may mean the device.
                let names = named.get(advisory).map(Vec::as_slice).unwrap_or_default();
                let pure =
                    names.iter().all(|other| is_concrete(other) && !other.contains(&word.to_lowercase()));
                if pure {
                    out.note(!got.contains(advisory), || {
                        format!("{vendor} | {name} claims {advisory}: {names:?}")
                    });
                }
            }
        }
    }
    out
}
