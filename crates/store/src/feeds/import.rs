//! Loading of feeds: all that one loading touches appears together, or not at all.

use super::{ADVISORIES, BLOCK, Block, EARLIER, FORMAT, block_of, pack, unpack};
use crate::store::{Store, damaged};
use crate::{Error, codec};
use model::threat::{CveId, Provenance, Said};
use sqlx::{Any, Row, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// Statements that wait in memory before they are written: about 100 MB of records with long descriptions.
const WAITING_MAX: usize = 60_000;

/// Feeds that are being loaded. What was there before stays until [`FeedImport::commit`].
#[derive(Debug)]
pub struct FeedImport {
    transaction: Transaction<'static, Any>,
    touched: BTreeSet<String>,
    blocks: BTreeMap<(String, i64), Block>,
    waiting: usize,
}

impl Store {
    /// Begins to load feeds.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_feeds(&self) -> Result<FeedImport, Error> {
        let transaction = self.pool.begin().await?;
        Ok(FeedImport { transaction, touched: BTreeSet::new(), blocks: BTreeMap::new(), waiting: 0 })
    }
}

/// Forgets what a feed says, not the feed itself.
pub(super) async fn clear(transaction: &mut Transaction<'static, Any>, feed: &str) -> Result<(), Error> {
    for text in ["DELETE FROM feed_documents WHERE feed = $1", "DELETE FROM feed_blocks WHERE feed = $1"] {
        sqlx::query(text).bind(feed).execute(&mut **transaction).await?;
    }
    Ok(())
}

impl FeedImport {
    /// Feeds that were touched so far.
    pub fn touched(&self) -> &BTreeSet<String> {
        &self.touched
    }

    /// Says that a feed is loaded; `complete` makes what it said before go. Only the first call for a feed does anything.
    ///
    /// # Errors
    /// The name is empty, or the database fails.
    pub async fn touch(&mut self, feed: &str, complete: bool) -> Result<(), Error> {
        if self.touched.contains(feed) {
            return Ok(());
        }
        if feed.is_empty() {
            return Err(damaged("feed", "it has no name"));
        }
        let insert = "INSERT INTO feeds (name, about) VALUES ($1, '{}') ON CONFLICT (name) DO NOTHING";
        sqlx::query(insert).bind(feed).execute(&mut *self.transaction).await?;
        if complete {
            clear(&mut self.transaction, feed).await?;
        }
        if feed.starts_with(ADVISORIES) && feed != EARLIER {
            self.forget(EARLIER).await?;
        }
        self.touched.insert(feed.to_owned());
        Ok(())
    }

    /// Makes all advisories of every publisher go, so that those of this loading take their place.
    ///
    /// # Errors
    /// The database fails.
    pub async fn replace_advisories(&mut self) -> Result<(), Error> {
        let text = "SELECT name FROM feeds WHERE name >= 'csaf:' AND name < 'csaf;'";
        let rows = sqlx::query(text).fetch_all(&mut *self.transaction).await?;
        for row in rows {
            self.forget(&row.try_get::<String, _>("name")?).await?;
        }
        Ok(())
    }

    async fn forget(&mut self, feed: &str) -> Result<(), Error> {
        clear(&mut self.transaction, feed).await?;
        sqlx::query("DELETE FROM feeds WHERE name = $1").bind(feed).execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Adds a document to a touched feed; a second one of the same name replaces the first.
    ///
    /// # Errors
    /// The name is empty, or the database fails.
    pub async fn document(&mut self, feed: &str, name: &str, text: &str) -> Result<(), Error> {
        if name.is_empty() {
            return Err(damaged("document", "it has no name"));
        }
        let packed = codec::pack(text.as_bytes()).map_err(|e| damaged(&format!("document {name}"), e))?;
        let insert = "INSERT INTO feed_documents (feed, name, document) VALUES ($1, $2, $3) \
            ON CONFLICT (feed, name) DO UPDATE SET document = excluded.document";
        sqlx::query(insert).bind(feed).bind(name).bind(packed).execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Adds what a touched feed says of a CVE, in place of what it said of that kind before; an older record does not replace a newer one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn said(&mut self, feed: &str, cve: CveId, said: Said) -> Result<(), Error> {
        let block = self.blocks.entry((feed.to_owned(), block_of(cve))).or_default();
        let before = block.len();
        put(block, (cve.number, said.kind()), said);
        self.waiting += block.len() - before;
        if self.waiting >= WAITING_MAX { self.write().await } else { Ok(()) }
    }

    /// Writes what waits, each block with what it held before.
    async fn write(&mut self) -> Result<(), Error> {
        self.waiting = 0;
        for ((feed, number), news) in std::mem::take(&mut self.blocks) {
            let select = "SELECT format, payload FROM feed_blocks WHERE feed = $1 AND block = $2";
            let before = sqlx::query(select).bind(&feed).bind(number);
            let mut block = Block::new();
            if let Some(row) = before.fetch_optional(&mut *self.transaction).await? {
                block.extend(
                    unpack(&row, &feed, number)?.into_iter().map(|(n, said)| ((n, said.kind()), said)),
                );
            }
            news.into_iter().for_each(|(key, said)| put(&mut block, key, said));
            debug_assert!(block.keys().all(|(n, _)| i64::from(n / BLOCK) == number % 100_000_000));
            let insert = "INSERT INTO feed_blocks (feed, block, format, records, payload) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (feed, block) DO UPDATE SET format = excluded.format, records = excluded.records, \
                payload = excluded.payload";
            sqlx::query(insert)
                .bind(&feed)
                .bind(number)
                .bind(i64::from(FORMAT))
                .bind(block.len() as i64)
                .bind(pack(&feed, number, &block)?)
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(())
    }

    /// Publishes the feeds that were touched, with where each comes from; the number of records is counted here.
    ///
    /// # Errors
    /// The database fails; what was there before stays then.
    pub async fn commit(mut self, mut about: BTreeMap<String, Provenance>) -> Result<(), Error> {
        self.write().await?;
        for feed in std::mem::take(&mut self.touched) {
            let mut about = about.remove(&feed).unwrap_or_default();
            about.records = self.records(&feed).await?;
            let text = serde_json::to_string(&about).map_err(|e| damaged(&format!("feed {feed}"), e))?;
            let update = sqlx::query("UPDATE feeds SET about = $1 WHERE name = $2");
            update.bind(text).bind(&feed).execute(&mut *self.transaction).await?;
        }
        Ok(self.transaction.commit().await?)
    }

    async fn records(&mut self, feed: &str) -> Result<u64, Error> {
        let mut all = 0;
        for text in [
            "SELECT COUNT(*) AS n FROM feed_documents WHERE feed = $1",
            "SELECT CAST(COALESCE(SUM(records), 0) AS BIGINT) AS n FROM feed_blocks WHERE feed = $1",
        ] {
            let row = sqlx::query(text).bind(feed).fetch_one(&mut *self.transaction).await?;
            all += u64::try_from(row.try_get::<i64, _>("n")?).unwrap_or_default();
        }
        Ok(all)
    }

    /// Gives up; what was there before stays.
    ///
    /// # Errors
    /// The database fails; what was there before stays all the same.
    pub async fn abandon(self) -> Result<(), Error> {
        Ok(self.transaction.rollback().await?)
    }
}

/// Takes a statement into a block, unless what is there is newer: lists are loaded in any order.
fn put(block: &mut Block, key: (u32, u8), said: Said) {
    let newer = |known: &Said| match (known, &said) {
        // One feed writes all its dates in one way, the year first.
        (Said::Record(known), Said::Record(said)) => said.modified.as_str() < known.modified.as_str(),
        _ => false,
    };
    if !block.get(&key).is_some_and(newer) {
        block.insert(key, said);
    }
}
