//! Taking a capture in: journal batches and frames in one transaction.

use crate::Error;
use crate::codec::{self, FORMAT};
use crate::frames::{self, EvidenceFrame};
use crate::store::{Store, damaged};
use model::journal::Entry;
use model::{CaptureId, Timestamp};
use sqlx::{Any, Row, Transaction};

/// Ids are counted here, so that a deleted capture's id never comes back.
const NEXT_ID: &str = "INSERT INTO meta (key, value) VALUES ('last_capture', '1') \
    ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) RETURNING value";

/// A capture that is being taken in. Nothing of it is there for anyone else until [`Import::commit`]; dropped, it never was.
#[derive(Debug)]
pub struct Import {
    transaction: Transaction<'static, Any>,
    capture: CaptureId,
    batches: i64,
}

impl Store {
    /// Begins to take a capture in.
    ///
    /// # Errors
    /// The database fails, or another import is under way for longer than ten seconds.
    pub async fn begin_import(&self, name: &str, imported: Timestamp) -> Result<Import, Error> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(NEXT_ID).fetch_one(&mut *transaction).await?;
        let text: String = row.try_get("value")?;
        let id: u32 = text.parse().map_err(|e| damaged("the counter of captures", e))?;
        sqlx::query("INSERT INTO captures (id, name, imported) VALUES ($1, $2, $3)")
            .bind(i64::from(id))
            .bind(name)
            .bind(imported.0.div_euclid(1000))
            .execute(&mut *transaction)
            .await?;
        Ok(Import { transaction, capture: CaptureId(id), batches: 0 })
    }
}

impl Import {
    /// The id the capture gets.
    pub fn capture(&self) -> CaptureId {
        self.capture
    }

    /// Appends a batch; an empty one is not written.
    ///
    /// # Errors
    /// The database fails.
    pub async fn append(&mut self, entries: &[Entry]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        self.batches += 1;
        let what = format!("batch {} of capture {}", self.batches, self.capture.0);
        let payload = codec::encode(entries).map_err(|e| damaged(&what, e))?;
        sqlx::query(
            "INSERT INTO batches (capture, number, format, entries, payload) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(i64::from(self.capture.0))
        .bind(self.batches)
        .bind(FORMAT)
        .bind(entries.len() as i64)
        .bind(payload)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Keeps a frame as evidence, under this capture; one kept already stays as it is.
    ///
    /// # Errors
    /// The database fails.
    pub async fn keep_frame(&mut self, frame: &EvidenceFrame) -> Result<(), Error> {
        if frame.capture == self.capture {
            frames::write(&mut self.transaction, frame).await
        } else {
            Err(damaged("frame", format!("it belongs to capture {}", frame.capture.0)))
        }
    }

    /// Makes everything visible at once.
    ///
    /// # Errors
    /// The database fails; nothing of the import is kept then.
    pub async fn commit(self) -> Result<CaptureId, Error> {
        self.transaction.commit().await?;
        Ok(self.capture)
    }

    /// Gives up; nothing is kept. Dropping does the same, a little later.
    ///
    /// # Errors
    /// The database fails; nothing is kept all the same.
    pub async fn abandon(self) -> Result<(), Error> {
        Ok(self.transaction.rollback().await?)
    }
}
