//! Feeds on the terminal.

use crate::args::Format;
use crate::text;
use anyhow::Result;
use api::intelligence::{FeedView, feed_view};
use comfy_table::Table;
use model::threat::Provenance;
use store::Store;

/// Prints what is loaded.
///
/// # Errors
/// The store fails.
pub(super) async fn list(store: &Store, format: Format) -> Result<u8> {
    let now = crate::clock::now();
    let feeds: Vec<FeedView> = store.feeds().await?.iter().map(|feed| feed_view(feed, now)).collect();
    match format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&feeds)?),
        Format::Text if feeds.is_empty() => {
            println!("No intelligence is loaded. Load some with: sightglass intel import PATH");
        }
        Format::Text => table(&feeds),
    }
    Ok(0)
}

fn table(feeds: &[FeedView]) {
    let mut table = Table::new();
    table.set_header(["Feed", "As of", "Age", "Records", "Refused", "Verified", "Loaded", "Source"]);
    for feed in feeds {
        let age = feed.age_days.map(|days| format!("{days} d{}", if feed.stale { " (old)" } else { "" }));
        let verified = match &feed.signed_by {
            Some(key) => format!("signed by {key}"),
            None => feed.hash.to_owned(),
        };
        let (records, refused) = (feed.records.to_string(), feed.refused.to_string());
        let day = |date: &str| date.get(..10).unwrap_or(date).to_owned();
        let as_of = feed.as_of.as_deref().map(day).unwrap_or_default();
        let cells = [
            feed.name.clone(),
            as_of,
            age.unwrap_or_default(),
            records,
            refused,
            verified,
            day(&feed.loaded),
            feed.source.clone(),
        ];
        table.add_row(cells.map(|cell| text::inert(&cell)));
    }
    println!("{table}");
}

/// A feed in one line.
pub(super) fn line(feed: &str, about: &Provenance) -> String {
    let as_of = if about.as_of.is_empty() { "unknown date" } else { &about.as_of };
    let signed = about.signed_by.as_ref().map(|key| format!(", signed by {key}")).unwrap_or_default();
    format!("{feed}: as of {as_of}, {} refused{signed}", about.refused)
}
