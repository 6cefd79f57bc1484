//! Matches hand-labelled assets against the public OT advisories and holds the result to fixed levels.
//!
//! The archive and the labels are not part of the repository: they are looked for in `../shared/intel`, or where the environment variable
//! `SIGHTGLASS_SHARED` points. Without them the tests say so and pass.
//!
//! Speed is measured here too, because the data is at hand: `cargo test --release -p sightglass-posture --test advisories -- --nocapture`
//! prints the time to load the archive and to match 10,000 assets. Times are asserted in release builds only, with room for a busy machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use model::advisory::{MatchStatus, Observed};
use serde::Deserialize;
use sightglass_posture::intel::matcher::Intel;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(Deserialize)]
struct Labels {
    assets: Vec<Asset>,
}

#[derive(Deserialize)]
struct Asset {
    id: String,
    observed: Observed,
    truth: Vec<Label>,
    #[serde(default)]
    not_affected: Vec<Label>,
    #[serde(default)]
    ignore: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    advisory: String,
}

fn shared() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("SIGHTGLASS_SHARED").map_or(beside, PathBuf::from).join("intel");
    if root.join("csaf-ot.tar.zst").is_file() && root.join("matching-dev.json").is_file() {
        return Some(root);
    }
    println!("NOT TESTED: no advisories and labels in {}; set SIGHTGLASS_SHARED", root.display());
    eprintln!("NOT TESTED: no advisories and labels in {}; set SIGHTGLASS_SHARED", root.display());
    None
}

fn documents(root: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let file = std::fs::File::open(root.join("csaf-ot.tar.zst")).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
    let mut out = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        if name.ends_with(".json") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            out.push((name, bytes));
        }
    }
    out
}

fn load(documents: &[(String, Vec<u8>)]) -> Intel {
    let mut intel = Intel::new();
    for (name, bytes) in documents {
        intel.add(name, bytes).unwrap();
    }
    intel
}

/// Advisories claimed for an asset, as affected or possible.
fn claimed(intel: &Intel, observed: &Observed) -> BTreeSet<String> {
    let claims = intel
        .matches(observed)
        .into_iter()
        .filter(|found| matches!(found.status, MatchStatus::Affected | MatchStatus::Possible));
    claims.map(|found| found.advisory).collect()
}

#[test]
fn labelled_assets_meet_their_advisories() {
    let Some(root) = shared() else { return };
    let documents = documents(&root);
    let started = Instant::now();
    let intel = load(&documents);
    let loading = started.elapsed();
    assert_eq!(intel.knowledge().advisories, documents.len());
    let labels: Labels =
        serde_json::from_slice(&std::fs::read(root.join("matching-dev.json")).unwrap()).unwrap();
    assert_levels(&intel, &labels);
    let matching = time_ten_thousand(&intel, &labels);
    println!("loading {} advisories: {loading:?}; matching 10,000 assets: {matching:?}", documents.len());
    if !cfg!(debug_assertions) {
        assert!(
            loading < Duration::from_secs(9),
            "loading took {loading:?}, meant to stay under 3 s on an idle core"
        );
        assert!(
            matching < Duration::from_secs(6),
            "matching took {matching:?}, meant to stay under 1 s on an idle core"
        );
    }
}

fn assert_levels(intel: &Intel, labels: &Labels) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for asset in &labels.assets {
        let ids =
            |labels: &[Label]| labels.iter().map(|label| label.advisory.clone()).collect::<BTreeSet<_>>();
        let (truth, alike, ignored) = (ids(&asset.truth), ids(&asset.not_affected), ids(&asset.ignore));
        let got: BTreeSet<String> = claimed(intel, &asset.observed).difference(&ignored).cloned().collect();
        *count.entry("right").or_default() += got.intersection(&truth).count();
        *count.entry("claimed").or_default() += got.len();
        *count.entry("true").or_default() += truth.len();
        *count.entry("alike").or_default() += alike.len();
        *count.entry("fooled").or_default() += got.intersection(&alike).count();
        wrong.extend(got.symmetric_difference(&truth).map(|advisory| format!("{} {advisory}", asset.id)));
    }
    #[allow(clippy::cast_precision_loss)]
    let share = |part: &str, whole: &str| {
        count.get(part).copied().unwrap_or(0) as f64 / count.get(whole).copied().unwrap_or(1).max(1) as f64
    };
    let (precision, recall, fooled) =
        (share("right", "claimed"), share("right", "true"), share("fooled", "alike"));
    println!("precision {precision:.3}, recall {recall:.3}, look-alikes claimed {fooled:.4}");
    assert!(
        precision >= 0.98 && recall >= 0.97 && fooled < 0.01,
        "precision {precision:.3}, recall {recall:.3}, fooled {fooled:.4}: {wrong:?}"
    );
}

fn time_ten_thousand(intel: &Intel, labels: &Labels) -> Duration {
    let started = Instant::now();
    let found: usize =
        labels.assets.iter().cycle().take(10_000).map(|asset| intel.matches(&asset.observed).len()).sum();
    assert!(found > 0);
    started.elapsed()
}

/// An unknown version or nothing known at all must never end in "affected by a bounded range".
#[test]
fn unknown_versions_are_never_affected_by_a_bound() {
    let Some(root) = shared() else { return };
    let intel = load(&documents(&root));
    let order = Observed { order_number: Some("6ES7 315-2EH14-0AB0 ".to_owned()), ..Observed::default() };
    let found = intel.matches(&order);
    assert!(!found.is_empty(), "an order number is enough to know the maker");
    let bounded = |reason: &str| reason.contains('<') || reason.contains('≤');
    assert!(
        found
            .iter()
            .filter(|found| found.status == MatchStatus::Affected)
            .all(|found| !bounded(&found.reason))
    );
    assert!(intel.matches(&Observed::default()).is_empty());
    let nonsense = Observed {
        vendor: Some("\u{0}".repeat(1000)),
        product: Some("((((,,,,///".repeat(500)),
        firmware: Some("9.".repeat(5000)),
        ..Observed::default()
    };
    assert!(intel.matches(&nonsense).is_empty());
}
