//! What the store promises, whichever database is behind it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod samples;

use futures_util::TryStreamExt;
use model::journal::Entry;
use model::{CaptureId, Timestamp};
use samples::{capture_entry, frame, one_of_each, sql};
use sightglass_store::{Error, Store};
use std::path::{Path, PathBuf};

const IMPORTED: Timestamp = Timestamp(1_700_000_000_123_456_000);

struct Site {
    _folder: tempfile::TempDir,
    file: PathBuf,
    store: Store,
}

async fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    // A path with all that a URL would read as something else.
    let file = folder.path().join("sight glass ü %41?#.db");
    let store = Store::open(&file).await.unwrap();
    Site { _folder: folder, file, store }
}

async fn import(store: &Store, name: &str, batches: usize) -> CaptureId {
    let mut import = store.begin_import(name, IMPORTED).await.unwrap();
    let id = import.capture();
    for _ in 0..batches {
        import.append(&one_of_each(id)).await.unwrap();
    }
    import.keep_frame(&frame(id, 7)).await.unwrap();
    import.commit().await.unwrap()
}

async fn journal(store: &Store) -> Vec<Vec<Entry>> {
    store.journal().try_collect().await.unwrap()
}

#[tokio::test]
async fn what_is_written_is_read_in_order_also_after_reopening() {
    let site = site().await;
    let (a, b) = (import(&site.store, "a.pcap", 2).await, import(&site.store, "b.pcap", 1).await);
    let expected = vec![one_of_each(a), one_of_each(a), one_of_each(b)];
    assert_eq!(journal(&site.store).await, expected);
    site.store.close().await;

    let store = Store::open(&site.file).await.unwrap();
    assert_eq!(journal(&store).await, expected);
    let captures = store.captures().await.unwrap();
    let names: Vec<_> = captures.iter().map(|c| (c.id, c.name.as_str(), c.imported)).collect();
    assert_eq!(names, [(a, "a.pcap", IMPORTED), (b, "b.pcap", IMPORTED)]);
    assert_eq!(store.frame(b, 7).await.unwrap(), Some(frame(b, 7)));
    assert_eq!(store.frame(b, 8).await.unwrap(), None);
    assert_eq!(store.frame(CaptureId(99), 7).await.unwrap(), None);
    assert_eq!(store.frame(b, u64::MAX).await.unwrap(), None);
}

#[tokio::test]
async fn a_kept_frame_stays_as_it_is_and_belongs_to_its_capture() {
    let site = site().await;
    let mut import = site.store.begin_import("x", IMPORTED).await.unwrap();
    let id = import.capture();
    let first = frame(id, 1);
    let mut second = frame(id, 1);
    second.bytes = vec![1];
    import.keep_frame(&first).await.unwrap();
    import.keep_frame(&second).await.unwrap();
    assert!(import.keep_frame(&frame(CaptureId(id.0 + 1), 1)).await.is_err());
    import.append(&[]).await.unwrap();
    import.commit().await.unwrap();
    assert_eq!(site.store.frame(id, 1).await.unwrap(), Some(first));
    assert!(journal(&site.store).await.is_empty());
}

#[tokio::test]
async fn deleting_takes_everything_of_a_capture_and_nothing_else() {
    let site = site().await;
    let (a, b) = (import(&site.store, "a", 2).await, import(&site.store, "b", 1).await);
    site.store.delete_capture(a).await.unwrap();
    assert_eq!(journal(&site.store).await, vec![one_of_each(b)]);
    assert_eq!(site.store.frame(a, 7).await.unwrap(), None);
    assert!(site.store.frame(b, 7).await.unwrap().is_some());
    assert!(matches!(site.store.delete_capture(a).await, Err(Error::NoCapture(id)) if id == a));
    site.store.delete_capture(b).await.unwrap();
    let c = import(&site.store, "c", 1).await;
    assert!(c > b, "an id never comes back");
}

#[tokio::test]
async fn an_import_without_commit_never_was() {
    let site = site().await;
    let a = import(&site.store, "a", 1).await;
    let mut dropped = site.store.begin_import("dropped", IMPORTED).await.unwrap();
    dropped.append(&[capture_entry(dropped.capture())]).await.unwrap();
    assert_eq!(journal(&site.store).await, vec![one_of_each(a)], "not visible before the commit");
    drop(dropped);
    let mut abandoned = site.store.begin_import("abandoned", IMPORTED).await.unwrap();
    abandoned.append(&[capture_entry(abandoned.capture())]).await.unwrap();
    abandoned.abandon().await.unwrap();
    // As after a crash: the handles are gone without a word, only the file remains.
    let mut crashed = site.store.begin_import("crashed", IMPORTED).await.unwrap();
    crashed.append(&[capture_entry(crashed.capture())]).await.unwrap();
    let copy = site.file.with_extension("copy");
    copy_files(&site.file, &copy);
    let store = Store::open(&copy).await.unwrap();
    assert_eq!(journal(&store).await, vec![one_of_each(a)]);
    assert_eq!(store.captures().await.unwrap().len(), 1);
}

/// The database with its write-ahead log, as they lie on the disk at this moment.
fn copy_files(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        std::fs::copy(with(from), with(to)).unwrap();
    }
}

#[tokio::test]
async fn damage_is_named() {
    let site = site().await;
    let id = import(&site.store, "a", 2).await;
    for (damage, says) in [
        ("UPDATE batches SET payload = X'28B52FFD' WHERE number = 2", "batch 2 of capture 1"),
        ("UPDATE batches SET payload = X'' WHERE number = 2", "batch 2 of capture 1"),
        ("UPDATE batches SET format = 99 WHERE number = 2", "format 99"),
        ("UPDATE batches SET payload = 'text', format = 1 WHERE number = 2", "batch 2 of capture 1"),
    ] {
        sql(&site.file, damage).await;
        let error = site.store.journal().try_collect::<Vec<_>>().await.unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. }) && error.to_string().contains(says),
            "{damage}: {error}"
        );
    }
    sql(&site.file, "UPDATE frames SET link = 70000").await;
    let error = site.store.frame(id, 7).await.unwrap_err().to_string();
    assert!(error.contains("frame 7 of capture 1"), "{error}");
    sql(&site.file, "INSERT INTO feeds (name, about) VALUES ('csaf:a', '{}')").await;
    sql(&site.file, "INSERT INTO feed_documents (feed, name, document) VALUES ('csaf:a', 'x', X'00')").await;
    let error = site.store.advisories().try_collect::<Vec<_>>().await.unwrap_err().to_string();
    assert!(error.contains("advisory x"), "{error}");
}

#[tokio::test]
async fn a_flipped_byte_does_not_pass() {
    let site = site().await;
    import(&site.store, "a", 1).await;
    let flip = "UPDATE batches SET payload = CAST(substr(payload, 1, length(payload) - 6) || X'FF' || \
        substr(payload, length(payload) - 4) AS BLOB)";
    sql(&site.file, flip).await;
    assert!(site.store.journal().try_collect::<Vec<_>>().await.is_err());
}

#[tokio::test]
async fn what_is_no_store_or_too_new_is_refused() {
    let site = site().await;
    sql(&site.file, "INSERT INTO schema_migrations (version) VALUES (9999)").await;
    assert!(matches!(Store::open(&site.file).await, Err(Error::TooNew { found: 9999, .. })));
    let other = site.file.with_extension("other");
    std::fs::write(&other, "no database, only text, and long enough to be looked at as a page".repeat(100))
        .unwrap();
    let error = Store::open(&other).await.unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error}");
    assert!(Store::open(&site.file.join("below/a/file")).await.is_err());
}
