//! Frames kept as evidence.

use crate::Error;
use crate::store::damaged;
use model::frame::LinkType;
use model::{CaptureId, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row};

/// One frame that something cites.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvidenceFrame {
    /// Its capture.
    pub capture: CaptureId,
    /// Number in it, from 1.
    pub number: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// What the bytes begin with.
    pub link: LinkType,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// The captured bytes.
    pub bytes: Vec<u8>,
}

/// Keeps a frame; one that is kept already stays as it is.
pub(crate) async fn write(connection: &mut AnyConnection, frame: &EvidenceFrame) -> Result<(), Error> {
    let Ok(number) = i64::try_from(frame.number) else { return Ok(()) };
    sqlx::query(
        "INSERT INTO frames (capture, number, time, link, wire_length, bytes) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (capture, number) DO NOTHING",
    )
    .bind(i64::from(frame.capture.0))
    .bind(number)
    .bind(frame.time.0)
    .bind(i32::from(frame.link.0))
    .bind(i64::from(frame.wire_len))
    .bind(frame.bytes.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn read(
    pool: &AnyPool,
    capture: CaptureId,
    number: u64,
) -> Result<Option<EvidenceFrame>, Error> {
    let Ok(at) = i64::try_from(number) else { return Ok(None) };
    let row =
        sqlx::query("SELECT time, link, wire_length, bytes FROM frames WHERE capture = $1 AND number = $2")
            .bind(i64::from(capture.0))
            .bind(at)
            .fetch_optional(pool)
            .await?;
    row.map(|row| frame(&row, capture, number)).transpose()
}

fn frame(row: &AnyRow, capture: CaptureId, number: u64) -> Result<EvidenceFrame, Error> {
    let what = || format!("frame {number} of capture {}", capture.0);
    let broken = |e: sqlx::Error| damaged(&what(), e);
    let link: i64 = row.try_get("link").map_err(broken)?;
    let wire: i64 = row.try_get("wire_length").map_err(broken)?;
    Ok(EvidenceFrame {
        capture,
        number,
        time: Timestamp(row.try_get("time").map_err(broken)?),
        link: LinkType(u16::try_from(link).map_err(|e| damaged(&what(), e))?),
        wire_len: u32::try_from(wire).map_err(|e| damaged(&what(), e))?,
        bytes: row.try_get("bytes").map_err(broken)?,
    })
}
