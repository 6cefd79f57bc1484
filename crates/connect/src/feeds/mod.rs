//! Feeds of vulnerability intelligence: what a file is, and what it says.
//!
//! One feed is one file here that implements [`Format`]: it recognises its files by their content and turns them into [`Found`]. Where
//! it can be fetched from a network, the same file has its dialogue ([`online`]). Everything is untrusted: a record that cannot be read
//! is refused by itself, with a reason, and the rest is kept; a file that ends in the middle is refused as a whole.

mod attack;
mod cve5;
mod epss;
mod kev;
mod nvd;
mod osv;
mod ssvc;
mod stream;
mod vector;

pub mod csaf;
pub mod lifecycle;
pub mod probe;

use crate::archive::{self, Entry};
use model::Name;
use model::threat::{CveId, Said};
use probe::Probe;
use std::io::{self, BufRead, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

/// Every kind of feed, those that are recognised most surely first.
pub static FORMATS: &[&dyn Format] = &[
    &cve5::Cve5,
    &csaf::Csaf,
    &nvd::Nvd,
    &kev::Kev,
    &epss::Epss,
    &attack::Attack,
    &osv::Osv,
    &ssvc::Ssvc,
    &lifecycle::Lifecycle,
];

/// One kind of feed.
pub trait Format: Sync {
    /// Its word, which names its feed or begins the names of its feeds.
    fn name(&self) -> &'static str;

    /// Its name for people.
    fn title(&self) -> &'static str;

    /// A file of it holds all there is: what was loaded before goes.
    fn complete(&self) -> bool {
        false
    }

    /// Whether a file is one, by what it begins with and the names at its top.
    fn is(&self, probe: &Probe<'_>) -> bool;

    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read; [`Fault`] says how much that spoils.
    fn read(&self, body: Body<'_>, out: &mut Out<'_>) -> Result<(), Fault>;
}

/// The format of a feed, by the feed's name.
pub fn format_of(feed: &str) -> Option<&'static dyn Format> {
    let kind = feed.split_once(':').map_or(feed, |(kind, _)| kind);
    FORMATS.iter().find(|format| format.name() == kind).copied()
}

/// Something that a file says.
#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    /// A statement about a CVE.
    Said {
        /// The feed.
        feed: Name,
        /// The CVE.
        cve: CveId,
        /// The statement.
        said: Said,
    },
    /// A document that is kept as it is.
    Document {
        /// The feed.
        feed: Name,
        /// Its name within the feed; a later one of the same name replaces it.
        name: String,
        /// Its text.
        text: String,
    },
    /// Something that was not taken, and why; with the feed, where that is known.
    Refused {
        /// The feed.
        feed: Option<Name>,
        /// One sentence that names the file and the place.
        why: String,
    },
    /// How new the data of a feed is.
    AsOf {
        /// The feed.
        feed: Name,
        /// The date as written: RFC 3339 or its date alone.
        date: String,
    },
    /// Bytes of the source that were read so far.
    Progress(u64),
}

/// Why a file cannot be read.
#[derive(Debug)]
pub enum Fault {
    /// Nobody wants more.
    Stopped,
    /// The file is not what it seemed; nothing of it was handed out.
    Refused(String),
    /// It broke in the middle, when part of it was handed out already.
    Broken(String),
}

/// Where what was found goes.
pub struct Out<'a> {
    take: &'a mut dyn FnMut(Found) -> ControlFlow<()>,
}

impl Out<'_> {
    /// Hands something on.
    ///
    /// # Errors
    /// [`Fault::Stopped`].
    pub fn put(&mut self, found: Found) -> Result<(), Fault> {
        if (self.take)(found).is_break() { Err(Fault::Stopped) } else { Ok(()) }
    }

    fn said(&mut self, feed: &'static str, cve: CveId, said: Said) -> Result<(), Fault> {
        self.put(Found::Said { feed: Name::new(feed), cve, said })
    }

    fn refuse(&mut self, feed: &'static str, why: String) -> Result<(), Fault> {
        self.put(Found::Refused { feed: Some(Name::new(feed)), why })
    }

    fn as_of(&mut self, feed: &'static str, date: &str) -> Result<(), Fault> {
        self.put(Found::AsOf { feed: Name::new(feed), date: date.to_owned() })
    }
}

/// A file on its way to a reader.
pub struct Body<'b> {
    /// Name for people.
    pub name: &'b str,
    data: Data<'b>,
}

enum Data<'b> {
    Text(String),
    Long(&'b mut dyn BufRead),
}

impl Body<'_> {
    /// The whole text.
    ///
    /// # Errors
    /// It is longer than is held in memory.
    fn text(self) -> Result<String, Fault> {
        match self.data {
            Data::Text(text) => Ok(text),
            Data::Long(_) => Err(Fault::Refused(format!(
                "{} is larger than {} MiB",
                self.name,
                archive::DOCUMENT_BYTES_MAX >> 20
            ))),
        }
    }
}

/// Endings of files that may hold intelligence; beside them lie lists, hashes and signatures.
const ENDINGS: &[&str] = &["json", "csv", "yaml", "yml", "gz", "zst", "zip", "tar", "tgz"];
/// Files that writers of archives put beside the records: lists of changes.
const COMPANIONS: &[&str] = &["delta.json", "deltaLog.json", "recent_activities.json", "package.json"];

pub(crate) fn wanted(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    archive::has_ending(file, ENDINGS) && !COMPANIONS.contains(&file)
}

/// Reads a file, a folder or an archive; what each file in it is follows from its content.
///
/// # Errors
/// The source cannot be read to its end. What was handed out before must then not count.
pub fn read(path: &Path, take: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<(), archive::Error> {
    let mut out = Out { take };
    let left_out = archive::entries(path, &wanted, &mut |entry| {
        let progress = out.put(Found::Progress(entry.read_bytes()));
        match progress.and_then(|()| file(entry, &mut out)) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(Fault::Stopped) => Ok(ControlFlow::Break(())),
            Err(Fault::Refused(why)) => {
                let refused = out.put(Found::Refused { feed: None, why });
                Ok(if refused.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            }
            Err(Fault::Broken(why)) => Err(io::Error::other(why)),
        }
    })?;
    for why in left_out {
        // Nobody may want to hear it.
        let _ = out.put(Found::Refused { feed: None, why });
    }
    Ok(())
}

/// Reads one file.
fn file(entry: Entry<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let name = entry.name;
    let broken = |e: io::Error| Fault::Broken(format!("{name}: {e}"));
    let mut bytes = Vec::new();
    entry.reader.take(archive::DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() as u64 <= archive::DOCUMENT_BYTES_MAX {
        let text =
            String::from_utf8(bytes).map_err(|_| Fault::Refused(format!("{name} is not UTF-8 text")))?;
        let probe = Probe::of(name, &text)?;
        let Some(format) = FORMATS.iter().find(|format| format.is(&probe)) else { return unknown(name) };
        return format.read(Body { name, data: Data::Text(text) }, out);
    }
    let head = String::from_utf8_lossy(bytes.get(..probe::HEAD_BYTES).unwrap_or_default()).into_owned();
    let probe = Probe::of_head(name, &head);
    let Some(format) = FORMATS.iter().find(|format| format.is(&probe)) else { return unknown(name) };
    let mut whole = io::Cursor::new(bytes).chain(entry.reader);
    format.read(Body { name, data: Data::Long(&mut whole) }, out)
}

/// Files of other kinds are passed over; a JSON document that is nothing known is named.
fn unknown(name: &str) -> Result<(), Fault> {
    if archive::has_ending(name, &["csv", "yaml", "yml"]) {
        return Ok(());
    }
    Err(Fault::Refused(format!("{name} is no kind of intelligence that is known")))
}

#[cfg(test)]
mod tests;
