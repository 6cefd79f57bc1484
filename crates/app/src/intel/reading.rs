//! Reading of intelligence, with the matcher's own check of advisories.

use connect::archive::Error;
use connect::feeds::{self, Found, csaf};
use model::Name;
use model::threat::{CveId, Said};
use posture::intel::threat::Threats;
use std::ops::ControlFlow;
use std::path::Path;

/// Reads a file, a folder or an archive. An advisory that the matcher cannot read is refused here.
///
/// # Errors
/// The source cannot be read to its end; what was handed out before must not count.
pub(crate) fn read(path: &Path, take: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<(), Error> {
    feeds::read(path, &mut |found| match found {
        Found::Document { feed, name, text } if is_advisory(&feed) => {
            match posture::intel::csaf::read(&name, text.as_bytes()) {
                Ok(_) => take(Found::Document { feed, name, text }),
                Err(error) => take(Found::Refused { feed: Some(feed), why: error.to_string() }),
            }
        }
        other => take(other),
    })
}

/// Whether the documents of a feed are advisories.
pub(crate) fn is_advisory(feed: &Name) -> bool {
    feed.as_str().split(':').next() == Some(csaf::NAME)
}

/// Adds what an advisory says of its CVEs beyond products; answers those CVEs.
pub(crate) fn facts(text: &str, threats: &mut Threats) -> Vec<CveId> {
    let Some((feed, records)) = csaf::facts(text) else { return Vec::new() };
    let cves = records.iter().map(|(cve, _)| *cve).collect();
    for (cve, record) in records {
        threats.add(cve, feed.clone(), Said::Record(Box::new(record)));
    }
    cves
}
