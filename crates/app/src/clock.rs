//! The wall clock: the core has none, so whoever composes it says what time it is.

use model::Timestamp;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now.
pub(crate) fn now() -> Timestamp {
    stamp(SystemTime::now())
}

/// When a file was last written; the epoch where the system does not tell.
pub(crate) fn written(path: &Path) -> Timestamp {
    let time = std::fs::metadata(path).and_then(|m| m.modified());
    time.map(stamp).unwrap_or_default()
}

fn stamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_parts(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
