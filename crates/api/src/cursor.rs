//! Cursors: where a page ended, as an opaque text that only the same question accepts.

use crate::error::Problem;
use crate::hex;
use crate::query::Key;
use serde::{Deserialize, Serialize};

/// The last row of a page, by its place in the order rather than its number: rows that come or go do not shift the next page.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Digest of filters, sort and order.
    pub(crate) question: String,
    /// Sort value of that row.
    pub(crate) key: Key<'static>,
    /// Its id.
    pub(crate) id: String,
}

impl Cursor {
    pub(crate) fn encode(&self) -> String {
        hex::encode(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cursor that was made for the same `question`.
    pub(crate) fn decode(text: &str, question: &str) -> Result<Self, Problem> {
        let broken = || Problem::bad_value("This cursor was not made here; begin again without one.");
        let bytes = hex::decode(text).ok_or_else(broken)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| broken())?;
        if cursor.question == question {
            Ok(cursor)
        } else {
            Err(Problem::bad_value(
                "This cursor belongs to other filters or another order; begin again without one.",
            ))
        }
    }
}
