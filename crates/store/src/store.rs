//! Opening, reading, deleting. Writing is in [`crate::Import`] and [`crate::FeedImport`].

use crate::frames::{self, EvidenceFrame};
use crate::{Error, codec, migrations};
use futures_util::Stream;
use futures_util::stream::try_unfold;
use model::journal::Entry;
use model::{CaptureId, Timestamp};
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{AnyConnection, AnyPool, Connection, Row};
use std::path::Path;

/// One import writes while requests read frames and the fold reads the journal.
const CONNECTIONS_MAX: u32 = 4;

/// Durable against a crash of the program; a power cut may lose the last import, never the file.
const PRAGMAS: [&str; 5] = [
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA foreign_keys = ON",
    // What is deleted is gone from the file too, not only from its index.
    "PRAGMA secure_delete = ON",
];

/// A handle to the store; clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: AnyPool,
}

/// A capture as the store knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaptureRecord {
    /// Its id; never used again after it is deleted.
    pub id: CaptureId,
    /// Name for people.
    pub name: String,
    /// When it was imported, to the microsecond.
    pub imported: Timestamp,
}

/// A batch's place in the journal: capture, then number. The default is before all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    capture: i64,
    number: i64,
}

impl Store {
    /// Opens the file, makes it when missing, and brings its schema up to date.
    ///
    /// # Errors
    /// It is no database, cannot be read or written, or a newer program wrote it.
    pub async fn open(file: &Path) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let failed = |cause| Error::Open { path: file.display().to_string(), cause };
        first_look(&url(file)).await.map_err(|e| match e {
            Error::Database(cause) => failed(cause),
            other => other,
        })?;
        let options = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .after_connect(|connection, _| Box::pin(prepare(connection)));
        Ok(Self { pool: options.connect(&url(file)).await.map_err(failed)? })
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// All captures, in the order of import.
    ///
    /// # Errors
    /// The database fails, or a row is damaged.
    pub async fn captures(&self) -> Result<Vec<CaptureRecord>, Error> {
        let rows = sqlx::query("SELECT id, name, imported FROM captures ORDER BY id").fetch_all(&self.pool);
        rows.await?.iter().map(capture).collect()
    }

    /// Removes a capture with its journal and frames, all or nothing.
    ///
    /// # Errors
    /// There is no such capture, or the database fails.
    pub async fn delete_capture(&self, capture: CaptureId) -> Result<(), Error> {
        let id = i64::from(capture.0);
        let mut transaction = self.pool.begin().await?;
        for text in ["DELETE FROM frames WHERE capture = $1", "DELETE FROM batches WHERE capture = $1"] {
            sqlx::query(text).bind(id).execute(&mut *transaction).await?;
        }
        let gone =
            sqlx::query("DELETE FROM captures WHERE id = $1").bind(id).execute(&mut *transaction).await?;
        if gone.rows_affected() == 0 {
            return Err(Error::NoCapture(capture));
        }
        Ok(transaction.commit().await?)
    }

    /// The first batch after a place, with its own place; `None` at the end.
    ///
    /// # Errors
    /// The database fails, or the batch is damaged.
    pub async fn batch_after(&self, place: Place) -> Result<Option<(Place, Vec<Entry>)>, Error> {
        let row = sqlx::query(
            "SELECT capture, number, format, payload FROM batches WHERE (capture, number) > ($1, $2) \
             ORDER BY capture, number LIMIT 1",
        )
        .bind(place.capture)
        .bind(place.number)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(batch).transpose()
    }

    /// The whole journal in order, one batch in memory at a time.
    pub fn journal(&self) -> impl Stream<Item = Result<Vec<Entry>, Error>> + '_ {
        try_unfold(Place::default(), move |place| async move {
            Ok(self.batch_after(place).await?.map(|(place, entries)| (entries, place)))
        })
    }

    /// The journal of one capture, in order, one batch in memory at a time.
    pub fn journal_of(&self, capture: CaptureId) -> impl Stream<Item = Result<Vec<Entry>, Error>> + '_ {
        let capture = i64::from(capture.0);
        let before = Place { capture, number: i64::MIN };
        try_unfold(before, move |place| async move {
            let next = self.batch_after(place).await?.filter(|(place, _)| place.capture == capture);
            Ok(next.map(|(place, entries)| (entries, place)))
        })
    }

    /// A frame that is kept as evidence.
    ///
    /// # Errors
    /// The database fails, or the row is damaged.
    pub async fn frame(&self, capture: CaptureId, number: u64) -> Result<Option<EvidenceFrame>, Error> {
        frames::read(&self.pool, capture, number).await
    }
}

/// Opens the file once and brings its schema up to date. A pool would try for half a minute what cannot work.
async fn first_look(url: &str) -> Result<(), Error> {
    let mut connection = AnyConnection::connect(url).await?;
    prepare(&mut connection).await?;
    migrations::apply(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn prepare(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for pragma in PRAGMAS {
        sqlx::query(pragma).execute(&mut *connection).await?;
    }
    Ok(())
}

fn url(file: &Path) -> String {
    let path: String = file.as_os_str().as_encoded_bytes().iter().map(|&byte| encoded(byte)).collect();
    format!("sqlite://{path}?mode=rwc")
}

/// A byte of a path as a URL carries it: `?`, `%` and all that is not plain would mean something else.
fn encoded(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => char::from(byte).into(),
        other => format!("%{other:02X}"),
    }
}

/// The error for a value that cannot be what it should.
pub(crate) fn damaged(what: &str, cause: impl ToString) -> Error {
    Error::Damaged { what: what.into(), cause: cause.to_string() }
}

fn capture(row: &AnyRow) -> Result<CaptureRecord, Error> {
    let id: i64 = row.try_get("id")?;
    let name = row.try_get("name").map_err(|e| damaged(&format!("capture {id}"), e))?;
    let micros: i64 = row.try_get("imported").map_err(|e| damaged(&format!("capture {id}"), e))?;
    let number = u32::try_from(id).map_err(|e| damaged(&format!("capture {id}"), e))?;
    Ok(CaptureRecord { id: CaptureId(number), name, imported: Timestamp(micros.saturating_mul(1000)) })
}

fn batch(row: &AnyRow) -> Result<(Place, Vec<Entry>), Error> {
    let place = Place { capture: row.try_get("capture")?, number: row.try_get("number")? };
    let what = || format!("batch {} of capture {}", place.number, place.capture);
    let format: i64 = row.try_get("format").map_err(|e| damaged(&what(), e))?;
    let payload: Vec<u8> = row.try_get("payload").map_err(|e| damaged(&what(), e))?;
    let entries = codec::decode(format, &payload).map_err(|e| damaged(&what(), e))?;
    Ok((place, entries))
}
