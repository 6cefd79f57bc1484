//! Advisory documents: kept as they came, replaced as a whole.

use crate::store::{Store, damaged};
use crate::{Error, codec};
use futures_util::Stream;
use futures_util::stream::try_unfold;
use sqlx::{Any, Row, Transaction};

/// Advisories that are being taken in. The old ones stay until [`AdvisoryImport::commit`].
#[derive(Debug)]
pub struct AdvisoryImport {
    transaction: Transaction<'static, Any>,
}

impl Store {
    /// Begins to replace all advisory documents.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_advisories(&self) -> Result<AdvisoryImport, Error> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("DELETE FROM advisories").execute(&mut *transaction).await?;
        Ok(AdvisoryImport { transaction })
    }

    /// Names of all documents, sorted.
    ///
    /// # Errors
    /// The database fails.
    pub async fn advisory_names(&self) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("SELECT name FROM advisories ORDER BY name").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
    }

    /// All documents by name: name and text, one in memory at a time.
    pub fn advisories(&self) -> impl Stream<Item = Result<(String, String), Error>> + '_ {
        try_unfold(String::new(), move |last| async move {
            Ok(self.advisory_after(&last).await?.map(|(name, text)| ((name.clone(), text), name)))
        })
    }

    async fn advisory_after(&self, last: &str) -> Result<Option<(String, String)>, Error> {
        let row = sqlx::query("SELECT name, document FROM advisories WHERE name > $1 ORDER BY name LIMIT 1")
            .bind(last)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let name: String = row.try_get("name")?;
        let what = format!("advisory {name}");
        let packed: Vec<u8> = row.try_get("document").map_err(|e| damaged(&what, e))?;
        let plain = codec::unpack(&packed).map_err(|e| damaged(&what, e))?;
        let text = String::from_utf8(plain).map_err(|e| damaged(&what, e))?;
        Ok(Some((name, text)))
    }
}

impl AdvisoryImport {
    /// Adds a document; a second one of the same name replaces the first.
    ///
    /// # Errors
    /// The name is empty, or the database fails.
    pub async fn put(&mut self, name: &str, text: &str) -> Result<(), Error> {
        if name.is_empty() {
            return Err(damaged("advisory", "it has no name"));
        }
        let packed = codec::pack(text.as_bytes()).map_err(|e| damaged(&format!("advisory {name}"), e))?;
        sqlx::query(
            "INSERT INTO advisories (name, document) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET document = excluded.document",
        )
        .bind(name)
        .bind(packed)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Replaces the old documents by these.
    ///
    /// # Errors
    /// The database fails; the old ones stay then.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }

    /// Gives up; the old ones stay.
    ///
    /// # Errors
    /// The database fails; the old ones stay all the same.
    pub async fn abandon(self) -> Result<(), Error> {
        Ok(self.transaction.rollback().await?)
    }
}
