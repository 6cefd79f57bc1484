//! From what was read to the store: which feeds were touched, where they come from, what was refused; all or nothing.

use connect::bundle::{self, Trusted};
use connect::feeds::{Found, format_of};
use model::Timestamp;
use model::threat::{LoadedFeed, Provenance, Verified};
use std::collections::BTreeMap;
use std::path::PathBuf;
use store::{FeedImport, Store};

/// Reasons that are kept of what was refused.
const REASONS_MAX: usize = 20;

/// What is to be loaded.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// File, folder, archive or bundle.
    pub(crate) path: PathBuf,
    /// What the user calls it.
    pub(crate) name: String,
    /// Its advisories take the place of all before.
    pub(crate) replace_advisories: bool,
    /// A bundle may be older than the one that is loaded.
    pub(crate) allow_older: bool,
}

/// Ready to be read.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What to read: the file itself, or the unpacked bundle.
    pub(crate) path: PathBuf,
    /// Where it all comes from.
    pub(crate) about: Provenance,
    /// What people should know.
    pub(crate) warnings: Vec<String>,
    /// The unpacked bundle; gone when this is.
    _folder: Option<tempfile::TempDir>,
}

/// Keys by their files or themselves.
///
/// # Errors
/// One is neither.
pub(crate) fn trusted(words: &[String]) -> Result<Vec<Trusted>, String> {
    words.iter().map(|word| Trusted::named(word).map_err(|e| e.to_string())).collect()
}

/// Checks a bundle and unpacks it; anything else is read as it is.
///
/// # Errors
/// The bundle is not one that is taken; in words.
pub(crate) fn prepare(
    given: Given,
    trust: &[Trusted],
    loaded: &[LoadedFeed],
    now: Timestamp,
) -> Result<Prepared, String> {
    let about = Provenance { source: given.name.clone(), loaded: now, ..Provenance::default() };
    if !bundle::is_bundle(&given.path) {
        return Ok(Prepared { path: given.path, about, warnings: Vec::new(), _folder: None });
    }
    if trust.is_empty() {
        return Err(format!("{} is a signed bundle: say with --trust whose signature counts", given.name));
    }
    let beside = given.path.parent().unwrap_or(&given.path);
    let folder = tempfile::Builder::new().prefix("bundle").suffix(".upload").tempdir_in(beside);
    let folder =
        folder.or_else(|_| tempfile::tempdir()).map_err(|e| format!("cannot unpack the bundle: {e}"))?;
    let opened =
        bundle::open(&given.path, trust, folder.path()).map_err(|e| format!("{}: {e}", given.name))?;
    let created = opened.manifest.created;
    let newest = loaded.iter().filter_map(|feed| feed.about.bundle.as_deref()).max();
    if let Some(newest) = newest.filter(|newest| *newest > created.as_str() && !given.allow_older) {
        return Err(format!(
            "{} was made at {created}, the bundle that is loaded at {newest}: an older one is taken only when older ones are allowed",
            given.name
        ));
    }
    let signed_by = Some(opened.signed_by);
    let about = Provenance {
        hash: Verified::Verified,
        signature: Verified::Verified,
        signed_by,
        bundle: Some(created.clone()),
        ..about
    };
    let warnings = Vec::from_iter(in_future(&created, now));
    Ok(Prepared { path: folder.path().to_owned(), about, warnings, _folder: Some(folder) })
}

/// Says so when a date lies ahead: either clock may be wrong, and both are named.
fn in_future(created: &str, now: Timestamp) -> Option<String> {
    let made = Timestamp::parse(created)?;
    (made > now).then(|| {
        format!("the bundle says that it was made at {made}, but the clock here says {now}: one of the two clocks is wrong")
    })
}

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    /// There was nothing; one sentence.
    #[error("{0}")]
    Nothing(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A loading in progress.
pub(crate) struct Keeping {
    import: FeedImport,
    template: Provenance,
    about: BTreeMap<String, Provenance>,
    loose: Vec<String>,
}

impl Keeping {
    /// Begins; `template` is what is the same for all feeds.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn begin(
        store: &Store,
        template: Provenance,
        replace: bool,
    ) -> Result<Self, store::Error> {
        let mut import = store.begin_feeds().await?;
        if replace {
            import.replace_advisories().await?;
        }
        Ok(Self { import, template, about: BTreeMap::new(), loose: Vec::new() })
    }

    fn about(&mut self, feed: &str) -> &mut Provenance {
        // Looked up first: this happens hundreds of thousands of times.
        if !self.about.contains_key(feed) {
            self.about.insert(feed.to_owned(), self.template.clone());
        }
        self.about.entry(feed.to_owned()).or_default()
    }

    async fn touch(&mut self, feed: &str) -> Result<(), store::Error> {
        if self.import.touched().contains(feed) {
            return Ok(());
        }
        self.about(feed);
        let complete = format_of(feed).is_some_and(|format| format.complete());
        self.import.touch(feed, complete).await
    }

    /// Takes something that was read.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn take(&mut self, found: Found) -> Result<(), store::Error> {
        match found {
            Found::Said { feed, cve, said } => {
                self.touch(feed.as_str()).await?;
                self.import.said(feed.as_str(), cve, said).await
            }
            Found::Document { feed, name, text } => {
                self.touch(feed.as_str()).await?;
                self.import.document(feed.as_str(), &name, &text).await
            }
            Found::AsOf { feed, date } => {
                let about = self.about(feed.as_str());
                if date > about.as_of {
                    about.as_of = date;
                }
                Ok(())
            }
            Found::Refused { feed: Some(feed), why } => {
                refuse(self.about(feed.as_str()), why);
                Ok(())
            }
            Found::Refused { feed: None, why } => {
                self.loose.push(why);
                Ok(())
            }
            Found::Progress(_) => Ok(()),
        }
    }

    /// Makes it all count; answers the feeds that were touched, with what to say of each.
    ///
    /// # Errors
    /// There was no intelligence, or the store fails; what was there before stays then.
    pub(crate) async fn commit(mut self) -> Result<BTreeMap<String, Provenance>, NotKept> {
        let touched = self.import.touched().clone();
        if touched.is_empty() {
            let why = self.loose.into_iter().chain(self.about.into_values().flat_map(|a| a.reasons)).next();
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            self.import.abandon().await?;
            return Err(NotKept::Nothing(format!(
                "{} holds no vulnerability intelligence{why}",
                self.template.source
            )));
        }
        // What belongs to no feed is put down to the first: it must not be lost.
        if let Some(about) = touched.first().and_then(|feed| self.about.get_mut(feed)) {
            self.loose.into_iter().for_each(|why| refuse(about, why));
        }
        self.about.retain(|feed, _| touched.contains(feed));
        self.import.commit(self.about.clone()).await?;
        Ok(self.about)
    }

    /// Gives up; what was there before stays.
    ///
    /// # Errors
    /// The store fails; it stays all the same.
    pub(crate) async fn abandon(self) -> Result<(), store::Error> {
        self.import.abandon().await
    }
}

fn refuse(about: &mut Provenance, why: String) {
    about.refused += 1;
    if about.reasons.len() < REASONS_MAX {
        about.reasons.push(why);
    }
}
