//! Stores of every earlier version can still be read: one text per version, written once and kept for ever.
//!
//! For a new version: `SIGHTGLASS_UPDATE=1 cargo test -p sightglass-store --test history` writes its text beside the others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod samples;

use futures_util::TryStreamExt;
use model::{CaptureId, Timestamp};
use samples::{frame, one_of_each, sql};
use sightglass_store::Store;
use sqlx::{AnyConnection, Connection, Row};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const VERSION: u32 = 1;

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/v{version}.sql"))
}

#[tokio::test]
async fn every_earlier_version_is_read() {
    if std::env::var_os("SIGHTGLASS_UPDATE").is_some() && !fixture(VERSION).exists() {
        std::fs::write(fixture(VERSION), dump().await).unwrap();
    }
    for version in 1..=VERSION {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("old.db");
        sql(&file, &std::fs::read_to_string(fixture(version)).unwrap()).await;
        let store = Store::open(&file).await.unwrap();
        let id = CaptureId(1);
        let journal: Vec<_> = store.journal().try_collect().await.unwrap();
        assert_eq!(journal, [one_of_each(id)], "version {version}");
        assert_eq!(store.frame(id, 7).await.unwrap(), Some(frame(id, 7)));
        assert_eq!(store.captures().await.unwrap().len(), 1);
        let advisories: Vec<_> = store.advisories().try_collect().await.unwrap();
        assert_eq!(advisories, [("a.json".to_owned(), "{}".to_owned())]);
        assert_eq!(store.feeds().await.unwrap().len(), 1);
    }
}

/// A store of today as SQL text.
async fn dump() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    let store = Store::open(&file).await.unwrap();
    let mut import = store.begin_import("plant.pcapng", Timestamp(1_700_000_000_000_000_000)).await.unwrap();
    let id = import.capture();
    import.append(&one_of_each(id)).await.unwrap();
    import.keep_frame(&frame(id, 7)).await.unwrap();
    import.commit().await.unwrap();
    let mut feeds = store.begin_feeds().await.unwrap();
    feeds.touch("csaf:a.example", false).await.unwrap();
    feeds.document("csaf:a.example", "a.json", "{}").await.unwrap();
    feeds.commit(std::collections::BTreeMap::new()).await.unwrap();
    store.close().await;

    let mut connection = AnyConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid";
    let mut text = format!("-- A store of schema version {VERSION}. Never change this file.\n");
    for table in sqlx::query(tables).fetch_all(&mut connection).await.unwrap() {
        let (name, create): (String, String) = (table.get("name"), table.get("sql"));
        writeln!(text, "{create};").unwrap();
        for row in rows(&mut connection, &name).await {
            writeln!(text, "INSERT INTO {name} VALUES ({row});").unwrap();
        }
    }
    text
}

async fn rows(connection: &mut AnyConnection, table: &str) -> Vec<String> {
    let columns = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
    let columns = sqlx::query(sqlx::AssertSqlSafe(columns)).fetch_all(&mut *connection).await.unwrap();
    let quoted: Vec<String> =
        columns.iter().map(|c| format!("quote({})", c.get::<String, _>("name"))).collect();
    let select = format!("SELECT {} AS row FROM {table}", quoted.join(" || ', ' || "));
    let found = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(&mut *connection).await.unwrap();
    found.iter().map(|r| r.get("row")).collect()
}
