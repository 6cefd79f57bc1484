//! The schema's history: numbered texts, applied in order, each in one transaction. A text that was released never changes.

use crate::Error;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

/// Texts in order; the first is version 1.
const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/0001_journal.sql"), include_str!("../migrations/0002_decisions.sql")];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY)";

/// Brings the schema up to date.
pub(crate) async fn apply(connection: &mut AnyConnection) -> Result<(), Error> {
    sqlx::query(TABLE).execute(&mut *connection).await?;
    let found = version(connection).await?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    for (version, text) in (1..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        step(connection, version, text).await?;
    }
    Ok(())
}

async fn version(connection: &mut AnyConnection) -> Result<i64, Error> {
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations")
        .fetch_one(connection)
        .await?;
    Ok(row.try_get("version")?)
}

async fn step(connection: &mut AnyConnection, version: i64, text: &str) -> Result<(), Error> {
    // The one type without a common name: PostgreSQL says BYTEA.
    let text = text.replace("{{BLOB}}", "BLOB");
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO schema_migrations (version) VALUES ($1)")
        .bind(version)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
