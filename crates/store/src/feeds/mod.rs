//! Feeds of vulnerability intelligence: their documents, what they say of CVEs, and where it all comes from.
//!
//! Invariants: a loading is one transaction, so what was there before stays until the new is whole. What a feed says of CVEs lies in
//! blocks of neighbouring numbers, so that a few CVEs are looked up without reading the rest.

mod import;

pub use import::FeedImport;

use crate::store::{Store, damaged};
use crate::{Error, codec};
use futures_util::Stream;
use futures_util::stream::try_unfold;
use model::threat::{CveId, LoadedFeed, Provenance, Said};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

/// The shape of a block's payload written today. Every shape ever written is read for ever.
const FORMAT: i16 = 1;
/// Numbers of CVEs in one block.
const BLOCK: u32 = 64;
/// Blocks asked for with one query.
const BLOCKS_AT_ONCE: usize = 200;
/// Begins the names of feeds whose documents are advisories.
const ADVISORIES: &str = "csaf:";
/// Where the advisories of stores from before feeds are.
const EARLIER: &str = "csaf:earlier";

/// A statement as it lies in a block: number within the year, and what is said.
type Lying = (u32, Said);

/// What a block says, by number and kind of statement.
type Block = BTreeMap<(u32, u8), Said>;

impl Store {
    /// Feeds that are loaded, by name.
    ///
    /// # Errors
    /// The database fails, or a row is damaged.
    pub async fn feeds(&self) -> Result<Vec<LoadedFeed>, Error> {
        let rows = sqlx::query("SELECT name, about FROM feeds ORDER BY name").fetch_all(&self.pool).await?;
        rows.iter().map(loaded).collect()
    }

    /// Forgets a feed with all it said; answers whether there was one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_feed(&self, name: &str) -> Result<bool, Error> {
        let mut transaction = self.pool.begin().await?;
        import::clear(&mut transaction, name).await?;
        let gone = sqlx::query("DELETE FROM feeds WHERE name = $1").bind(name);
        let gone = gone.execute(&mut *transaction).await?.rows_affected() > 0;
        transaction.commit().await?;
        Ok(gone)
    }

    /// All that feeds say of these CVEs, in the order of feeds.
    ///
    /// # Errors
    /// The database fails, or a row is damaged.
    pub async fn statements(&self, cves: &BTreeSet<CveId>) -> Result<Vec<(CveId, String, Said)>, Error> {
        let blocks: BTreeSet<i64> = cves.iter().map(|cve| block_of(*cve)).collect();
        let blocks: Vec<i64> = blocks.into_iter().collect();
        let mut all = Vec::new();
        for some in blocks.chunks(BLOCKS_AT_ONCE) {
            let places: Vec<String> = (1..=some.len()).map(|n| format!("${n}")).collect();
            let text = format!(
                "SELECT feed, block, format, payload FROM feed_blocks WHERE block IN ({}) ORDER BY feed, block",
                places.join(", ")
            );
            let mut query = sqlx::query(AssertSqlSafe(text));
            for block in some {
                query = query.bind(*block);
            }
            for row in query.fetch_all(&self.pool).await? {
                let feed: String = row.try_get("feed")?;
                let block: i64 = row.try_get("block")?;
                let wanted = unpack(&row, &feed, block)?.into_iter().filter_map(|(number, said)| {
                    let cve = CveId { year: year_of(block), number };
                    cves.contains(&cve).then(|| (cve, feed.clone(), said))
                });
                all.extend(wanted);
            }
        }
        Ok(all)
    }

    /// Names of all advisories, sorted.
    ///
    /// # Errors
    /// The database fails.
    pub async fn advisory_names(&self) -> Result<Vec<String>, Error> {
        let text =
            "SELECT name FROM feed_documents WHERE feed >= 'csaf:' AND feed < 'csaf;' ORDER BY feed, name";
        let rows = sqlx::query(text).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
    }

    /// All advisories by feed and name: name and text, one in memory at a time.
    pub fn advisories(&self) -> impl Stream<Item = Result<(String, String), Error>> + '_ {
        // The character after a colon ends the range of names that begin so.
        self.documents(ADVISORIES, "csaf;")
    }

    /// The documents of a feed: name and text, one in memory at a time.
    pub fn documents_of<'s>(
        &'s self,
        feed: &'s str,
    ) -> impl Stream<Item = Result<(String, String), Error>> + 's {
        let end = format!("{feed}\0");
        try_unfold((feed.to_owned(), String::new()), move |last| {
            let end = end.clone();
            async move { self.document_after(&last, &end).await }
        })
    }

    fn documents<'s>(
        &'s self,
        from: &'s str,
        end: &'s str,
    ) -> impl Stream<Item = Result<(String, String), Error>> + 's {
        let first = (from.to_owned(), String::new());
        try_unfold(first, move |last| async move { self.document_after(&last, end).await })
    }

    /// The document after a place, and its own place.
    async fn document_after(
        &self,
        (feed, name): &(String, String),
        end: &str,
    ) -> Result<Option<((String, String), (String, String))>, Error> {
        let text = "SELECT feed, name, document FROM feed_documents WHERE (feed, name) > ($1, $2) AND feed < $3 \
            ORDER BY feed, name LIMIT 1";
        let row = sqlx::query(text).bind(feed).bind(name).bind(end).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let (feed, name): (String, String) = (row.try_get("feed")?, row.try_get("name")?);
        let what = format!("advisory {name}");
        let packed: Vec<u8> = row.try_get("document").map_err(|e| damaged(&what, e))?;
        let plain = codec::unpack(&packed).map_err(|e| damaged(&what, e))?;
        let text = String::from_utf8(plain).map_err(|e| damaged(&what, e))?;
        Ok(Some(((name.clone(), text), (feed, name))))
    }
}

fn loaded(row: &AnyRow) -> Result<LoadedFeed, Error> {
    let name: String = row.try_get("name")?;
    let about: String = row.try_get("about")?;
    let about: Provenance = serde_json::from_str(&about).map_err(|e| damaged(&format!("feed {name}"), e))?;
    Ok(LoadedFeed { name, about })
}

fn block_of(cve: CveId) -> i64 {
    // A year has at most 2^32 / 64 = 67,108,864 blocks.
    i64::from(cve.year) * 100_000_000 + i64::from(cve.number / BLOCK)
}

fn year_of(block: i64) -> u16 {
    u16::try_from(block / 100_000_000).unwrap_or_default()
}

fn unpack(row: &AnyRow, feed: &str, block: i64) -> Result<Vec<Lying>, Error> {
    let what = || format!("block {block} of feed {feed}");
    let format: i64 = row.try_get("format").map_err(|e| damaged(&what(), e))?;
    if format != i64::from(FORMAT) {
        return Err(damaged(&what(), format!("its format {format} is not known to this program")));
    }
    let packed: Vec<u8> = row.try_get("payload").map_err(|e| damaged(&what(), e))?;
    let plain = codec::unpack(&packed).map_err(|e| damaged(&what(), e))?;
    rmp_serde::from_slice(&plain).map_err(|e| damaged(&what(), e))
}

fn pack(feed: &str, number: i64, block: &Block) -> Result<Vec<u8>, Error> {
    let lying: Vec<(u32, &Said)> = block.iter().map(|((number, _), said)| (*number, said)).collect();
    let what = || format!("block {number} of feed {feed}");
    let plain = rmp_serde::to_vec_named(&lying).map_err(|e| damaged(&what(), e))?;
    codec::pack(&plain).map_err(|e| damaged(&what(), e))
}
