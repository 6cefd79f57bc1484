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
use sightglass_posture::intel::csaf;
use sightglass_posture::intel::fleet::{Fleet, Memo};
use sightglass_posture::intel::matcher::Intel;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Held by whoever measures time, so that tests do not slow each other down.
static ALONE: Mutex<()> = Mutex::new(());

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
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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

/// Assets of our own, judged by reading the advisories; `not_affected` are look-alikes and versions past the range.
#[test]
fn own_assets_meet_their_advisories() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(root) = shared() else { return };
    let intel = load(&documents(&root));
    let own: Labels = serde_json::from_str(include_str!("data/matching-own.json")).unwrap();
    assert!(own.assets.len() >= 60);
    assert_levels(&intel, &own);
}

/// The share of distinct version texts that are read, as versions or as products. The rest answers "possible" and is listed.
#[test]
fn nearly_all_version_texts_are_read() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(root) = shared() else { return };
    let documents = documents(&root);
    let intel = load(&documents);
    let texts: BTreeSet<String> = documents
        .iter()
        .flat_map(|(name, bytes)| csaf::read(name, bytes).unwrap().rows)
        .map(|row| row.version)
        .collect();
    let unread: BTreeSet<String> = intel.unread().into_iter().map(|unread| unread.version).collect();
    #[allow(clippy::cast_precision_loss)]
    let share = 1.0 - unread.len() as f64 / texts.len() as f64;
    println!("{} distinct version texts, {} unread ({:.2} % read)", texts.len(), unread.len(), share * 100.0);
    assert!(share >= 0.99, "{share:.4}: {unread:?}");
}

/// Compared once per identity, or for new advisories only: the same answers as a full run; the times are printed and, in release, held.
#[test]
fn comparing_less_gives_the_same() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(root) = shared() else { return };
    let documents = documents(&root);
    let intel = load(&documents);
    let labels: Labels =
        serde_json::from_slice(&std::fs::read(root.join("matching-dev.json")).unwrap()).unwrap();
    let own: Labels = serde_json::from_str(include_str!("data/matching-own.json")).unwrap();
    let observed: Vec<Observed> =
        labels.assets.into_iter().chain(own.assets).map(|asset| asset.observed).collect();
    let mut memo = Memo::default();
    for round in 0..3 {
        for one in &observed {
            assert_eq!(memo.matches(&intel, one).to_vec(), intel.matches(one), "round {round}: {one:?}");
        }
        memo.turn();
    }
    let fleet = Fleet::of(observed.clone(), &intel);
    for (name, bytes) in documents.iter().step_by(40) {
        let mut news = intel.blank();
        news.add(name, bytes).unwrap();
        let found = fleet.matches_of(&news);
        let whole = observed.iter().enumerate().map(|(at, one)| (at, news.matches(one)));
        let whole: Vec<_> = whole.filter(|(_, matches)| !matches.is_empty()).collect();
        assert_eq!(found, whole, "{name}");
    }
    time_fleet(&intel, &observed, &documents);
}

fn time_fleet(intel: &Intel, observed: &[Observed], documents: &[(String, Vec<u8>)]) {
    let sizes: &[usize] = if cfg!(debug_assertions) { &[1_000] } else { &[10_000, 100_000] };
    for &size in sizes {
        let assets: Vec<Observed> = observed
            .iter()
            .cycle()
            .take(size)
            .enumerate()
            .map(|(at, one)| Observed { serial: Some(format!("S{at:07}")), ..one.clone() })
            .collect();
        let started = Instant::now();
        let fleet = Fleet::of(assets, intel);
        let prepared = started.elapsed();
        let mut worst = Duration::ZERO;
        for (name, bytes) in documents.iter().step_by(400) {
            let mut news = intel.blank();
            news.add(name, bytes).unwrap();
            let started = Instant::now();
            let _ = fleet.matches_of(&news);
            worst = worst.max(started.elapsed());
        }
        println!("{size} assets: prepared in {prepared:?}, one new advisory at most {worst:?}");
    }
    let started = Instant::now();
    let _ = observed.iter().map(|one| intel.matches(one).len()).sum::<usize>();
    println!("one asset: {:?} on average", started.elapsed() / u32::try_from(observed.len()).unwrap());
}

/// Of two revisions the newer counts, in whichever order they come.
#[test]
fn the_newer_revision_counts() {
    let document = |version: &str, range: &str| {
        format!(
            r#"{{"document":{{"title":"T","tracking":{{"id":"V-1","version":"{version}","current_release_date":"2024-01-01"}}}},
            "product_tree":{{"branches":[{{"category":"vendor","name":"Acme","branches":[{{"category":"product_name","name":"Box 900",
            "branches":[{{"category":"product_version_range","name":"{range}","product":{{"product_id":"P","name":"n"}}}}]}}]}}]}},
            "vulnerabilities":[{{"cve":"CVE-2024-1","product_status":{{"known_affected":["P"]}}}}]}}"#
        )
    };
    let observed = Observed {
        vendor: Some("Acme".to_owned()),
        product: Some("Box 900".to_owned()),
        firmware: Some("2.5".to_owned()),
        ..Observed::default()
    };
    let (old, new) = (document("2", "< 2.0"), document("10", "< 3.0"));
    for order in [[&old, &new], [&new, &old]] {
        let mut intel = Intel::new();
        for text in order {
            intel.add("v", text.as_bytes()).unwrap();
        }
        assert_eq!(intel.knowledge().advisories, 1);
        assert_eq!(claimed(&intel, &observed).len(), 1, "{:?}", intel.matches(&observed));
    }
}

/// An unknown version or nothing known at all must never end in "affected by a bounded range".
#[test]
fn unknown_versions_are_never_affected_by_a_bound() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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
