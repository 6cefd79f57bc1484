//! Feeds of intelligence as clients see them.

use model::Timestamp;
use model::threat::LoadedFeed;
use serde::Serialize;
use utoipa::ToSchema;

/// Data older than this is marked, in days.
pub const STALE_DAYS: u64 = 30;
/// Nanoseconds of a day.
const DAY: u64 = 86_400_000_000_000;

/// A feed that is loaded.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FeedView {
    /// Its name, such as `kev` or `csaf:www.cisa.gov`.
    pub name: String,
    /// Address or file.
    pub source: String,
    /// Date of the newest data in it, as written; null where it does not tell.
    pub as_of: Option<String>,
    /// Whole days since then, or since it was loaded where it does not tell; null where that lies ahead.
    pub age_days: Option<u64>,
    /// It is older than 30 days.
    pub stale: bool,
    /// When it was loaded, RFC 3339.
    pub loaded: String,
    /// Records and documents.
    pub records: u64,
    /// Records and documents that were refused when it was last loaded.
    pub refused: u64,
    /// Why, of the first ones.
    pub reasons: Vec<String>,
    /// Hash values: `not_given`, `not_checked` or `verified`.
    pub hash: &'static str,
    /// Signature: `not_given`, `not_checked` or `verified`.
    pub signature: &'static str,
    /// Key that signed it.
    pub signed_by: Option<String>,
    /// Date of the signed bundle it came in.
    pub bundle: Option<String>,
}

/// A feed, looked at now.
pub fn feed_view(feed: &LoadedFeed, now: Timestamp) -> FeedView {
    let about = &feed.about;
    let as_of = (!about.as_of.is_empty()).then(|| about.as_of.clone());
    let since = as_of.as_deref().and_then(day).unwrap_or(about.loaded);
    let age_days = (since <= now).then(|| now.since(since) / DAY);
    FeedView {
        name: feed.name.clone(),
        source: about.source.clone(),
        as_of,
        age_days,
        stale: age_days.is_some_and(|days| days > STALE_DAYS),
        loaded: about.loaded.to_string(),
        records: about.records,
        refused: about.refused,
        reasons: about.reasons.clone(),
        hash: about.hash.as_str(),
        signature: about.signature.as_str(),
        signed_by: about.signed_by.clone(),
        bundle: about.bundle.clone(),
    }
}

/// The day of a date, whatever follows it.
fn day(date: &str) -> Option<Timestamp> {
    Timestamp::parse(&format!("{}T00:00:00Z", date.get(..10)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::threat::Provenance;

    #[test]
    fn age_is_that_of_the_data() {
        let now = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
        let of = |as_of: &str, loaded: &str| {
            let loaded = Timestamp::parse(loaded).unwrap();
            let about = Provenance { as_of: as_of.into(), loaded, ..Provenance::default() };
            let view = feed_view(&LoadedFeed { name: "kev".into(), about }, now);
            (view.age_days, view.stale)
        };
        let loaded = "2026-03-01T11:00:00Z";
        assert_eq!(of("2026-02-28", loaded), (Some(1), false));
        assert_eq!(of("2025-08-25T17:04:19.9796Z", loaded), (Some(188), true));
        assert_eq!(of("", "2026-01-01T00:00:00Z"), (Some(59), true));
        assert_eq!(of("2026-04-01", loaded), (None, false));
    }
}
