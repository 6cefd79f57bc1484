//! The schema's history: numbered texts, applied in order, each in one transaction. A text that was released never changes.

use crate::Error;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

/// Texts by version, in order.
const MIGRATIONS: [(i64, &str); 3] = [
    (1, include_str!("../migrations/0001_journal.sql")),
    (2, include_str!("../migrations/0002_decisions.sql")),
    (4, include_str!("../migrations/0004_feeds.sql")),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY)";

/// Brings the schema up to date.
pub(crate) async fn apply(connection: &mut AnyConnection) -> Result<(), Error> {
    sqlx::query(TABLE).execute(&mut *connection).await?;
    let applied = applied(connection).await?;
    let known = MIGRATIONS.iter().map(|(version, _)| *version).max().unwrap_or_default();
    if let Some(&found) = applied.iter().max().filter(|found| **found > known) {
        return Err(Error::TooNew { found, known });
    }
    for (version, text) in MIGRATIONS.into_iter().filter(|(version, _)| !applied.contains(version)) {
        step(connection, version, text).await?;
    }
    Ok(())
}

async fn applied(connection: &mut AnyConnection) -> Result<Vec<i64>, Error> {
    let rows = sqlx::query("SELECT version FROM schema_migrations").fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get("version")?)).collect()
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
