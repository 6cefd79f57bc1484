//! Feeds: loaded as a whole or not at all, looked up by CVE, removed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use futures_util::TryStreamExt;
use model::threat::{CveId, CveRecord, Epss, Provenance, Said};
use sightglass_store::{FeedImport, Store};
use std::collections::{BTreeMap, BTreeSet};

struct Site {
    _folder: tempfile::TempDir,
    store: Store,
}

async fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.db")).await.unwrap();
    Site { _folder: folder, store }
}

fn cve(number: u32) -> CveId {
    CveId { year: 2024, number }
}

fn epss(score: f32) -> Said {
    Said::Epss(Epss { score, percentile: 0.5, date: "2025-01-01".into() })
}

async fn load(store: &Store, feed: &str, complete: bool, numbers: std::ops::Range<u32>, score: f32) {
    let mut import = store.begin_feeds().await.unwrap();
    import.touch(feed, complete).await.unwrap();
    for number in numbers {
        import.said(feed, cve(number), epss(score)).await.unwrap();
    }
    commit(import, feed, "a.csv").await;
}

async fn commit(import: FeedImport, feed: &str, source: &str) {
    let about = Provenance { source: source.into(), ..Provenance::default() };
    import.commit(BTreeMap::from([(feed.to_owned(), about)])).await.unwrap();
}

async fn scores(store: &Store, numbers: &[u32]) -> Vec<(u32, f32)> {
    let wanted: BTreeSet<CveId> = numbers.iter().map(|n| cve(*n)).collect();
    let all = store.statements(&wanted).await.unwrap();
    let score = |said| if let Said::Epss(e) = said { e.score } else { panic!("{said:?}") };
    all.into_iter().map(|(cve, _, said)| (cve.number, score(said))).collect()
}

#[tokio::test]
async fn a_catalogue_is_replaced_and_a_list_is_added_to() {
    let Site { store, .. } = &site().await;
    load(store, "epss", true, 1000..1300, 0.1).await;
    load(store, "list", false, 1000..1300, 0.1).await;
    assert_eq!(scores(store, &[1000, 1299, 1300]).await.len(), 4);
    load(store, "epss", true, 1299..1301, 0.2).await;
    load(store, "list", false, 1299..1301, 0.3).await;
    assert_eq!(
        scores(store, &[1000, 1299, 1300]).await,
        [(1299, 0.2), (1300, 0.2), (1000, 0.1), (1299, 0.3), (1300, 0.3)],
        "by feed, then number"
    );
    let feeds = store.feeds().await.unwrap();
    let counts: Vec<_> = feeds.iter().map(|f| (f.name.as_str(), f.about.records)).collect();
    assert_eq!(counts, [("epss", 2), ("list", 301)]);
}

#[tokio::test]
async fn what_is_not_whole_is_not_there() {
    let Site { store, .. } = &site().await;
    load(store, "epss", true, 1000..1002, 0.1).await;
    let mut import = store.begin_feeds().await.unwrap();
    import.touch("epss", true).await.unwrap();
    import.said("epss", cve(1000), epss(0.9)).await.unwrap();
    assert_eq!(scores(store, &[1000]).await, [(1000, 0.1)], "the old stays until the new is whole");
    import.abandon().await.unwrap();
    let mut dropped = store.begin_feeds().await.unwrap();
    dropped.touch("other", false).await.unwrap();
    drop(dropped);
    assert_eq!(scores(store, &[1000, 1001]).await, [(1000, 0.1), (1001, 0.1)]);
    assert_eq!(store.feeds().await.unwrap().len(), 1);
}

#[tokio::test]
async fn kinds_of_statements_stand_side_by_side() {
    let Site { store, .. } = &site().await;
    let mut import = store.begin_feeds().await.unwrap();
    import.touch("nvd", false).await.unwrap();
    let record = CveRecord { title: "ü".into(), description: "x".repeat(1000), ..CveRecord::default() };
    for said in [Said::Record(Box::new(record.clone())), Said::Kev(Box::default()), epss(0.4)] {
        import.said("nvd", cve(7), said).await.unwrap();
    }
    commit(import, "nvd", "n").await;
    let said = store.statements(&BTreeSet::from([cve(7), CveId { year: 2023, number: 7 }])).await.unwrap();
    assert_eq!(said.len(), 3);
    assert!(matches!(&said[0], (_, feed, Said::Record(r)) if feed == "nvd" && **r == record));
}

#[tokio::test]
async fn documents_are_by_publisher_and_can_be_removed() {
    let Site { store, .. } = &site().await;
    let put = async |feed: &'static str, name: &'static str, all_go: bool| {
        let mut import = store.begin_feeds().await.unwrap();
        if all_go {
            import.replace_advisories().await.unwrap();
        }
        import.touch(feed, false).await.unwrap();
        assert!(import.document(feed, "", "x").await.is_err());
        import.document(feed, name, "old").await.unwrap();
        import.document(feed, name, "{\"ü\": 1}").await.unwrap();
        commit(import, feed, "a").await;
    };
    put("csaf:b", "b.json", false).await;
    put("csaf:a", "z.json", false).await;
    put("lifecycle", "l.yaml", false).await;
    let all = async || -> Vec<(String, String)> { store.advisories().try_collect().await.unwrap() };
    let text = "{\"ü\": 1}".to_owned();
    assert_eq!(all().await, [("z.json".to_owned(), text.clone()), ("b.json".to_owned(), text.clone())]);
    let lists: Vec<_> = store.documents_of("lifecycle").try_collect().await.unwrap();
    assert_eq!(lists, [("l.yaml".to_owned(), text.clone())]);
    assert!(store.remove_feed("csaf:b").await.unwrap());
    assert!(!store.remove_feed("csaf:b").await.unwrap());
    put("csaf:c", "c.json", true).await;
    assert_eq!(store.advisory_names().await.unwrap(), ["c.json"], "in place of those of every publisher");
    assert_eq!(store.feeds().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_older_list_does_not_replace_what_is_newer() {
    let Site { store, .. } = &site().await;
    for (modified, title) in
        [("2025-06-01T00:00:00Z", "new"), ("2024-01-01T00:00:00Z", "old"), ("", "undated")]
    {
        let mut import = store.begin_feeds().await.unwrap();
        import.touch("cvelist", false).await.unwrap();
        let record = CveRecord { modified: modified.into(), title: title.into(), ..CveRecord::default() };
        import.said("cvelist", cve(7), Said::Record(Box::new(record))).await.unwrap();
        commit(import, "cvelist", "n").await;
    }
    let said = store.statements(&BTreeSet::from([cve(7)])).await.unwrap();
    assert!(matches!(&said[0], (_, _, Said::Record(r)) if r.title.as_str() == "new"), "{said:?}");
}
