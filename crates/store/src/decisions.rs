//! What people decided: appended, never changed.

use crate::Error;
use crate::store::{Store, damaged};
use model::plant::Decision;
use sqlx::Row;

impl Store {
    /// Keeps decisions, all or none; their numbers go on from the last one kept.
    ///
    /// # Errors
    /// The database fails, or a number is there already.
    pub async fn decide(&self, decisions: &[Decision]) -> Result<(), Error> {
        let mut transaction = self.pool.begin().await?;
        for decision in decisions {
            let what = || format!("decision {}", decision.number);
            let number = i64::try_from(decision.number).map_err(|e| damaged(&what(), e))?;
            let text = serde_json::to_string(decision).map_err(|e| damaged(&what(), e))?;
            sqlx::query("INSERT INTO decisions (number, made, decision) VALUES ($1, $2, $3)")
                .bind(number)
                .bind(decision.at.0)
                .bind(text)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Every decision, in order.
    ///
    /// # Errors
    /// The database fails, or a row is damaged.
    pub async fn decisions(&self) -> Result<Vec<Decision>, Error> {
        let rows =
            sqlx::query("SELECT number, decision FROM decisions ORDER BY number").fetch_all(&self.pool);
        let read = |row: &sqlx::any::AnyRow| {
            let number: i64 = row.try_get("number")?;
            let text: String = row.try_get("decision")?;
            serde_json::from_str(&text).map_err(|e| damaged(&format!("decision {number}"), e))
        };
        rows.await?.iter().map(read).collect()
    }
}
