//! Reads the JSON documents of a folder, an archive or a single file, one after the other, within limits.
//!
//! Formats: folder (with what is below it), `.json`, `.tar`, `.tar.zst`, `.tzst`, `.tar.gz`, `.tgz`, `.zip`.
//! Archives are untrusted. Nothing is ever written, so a path that climbs out (`../`) is only a name; entries, their size and the sum of
//! what is unpacked are capped, whatever the headers claim. Whatever is valid is handed on, and what is not is told in the [`Summary`].

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

const DEPTH_MAX: usize = 32;
const PROBLEMS_MAX: usize = 100;

/// What is read at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one entry; a larger one is skipped and counted.
    pub entry_bytes_max: u64,
    /// Entries looked at, documents or not.
    pub entries_max: usize,
    /// Bytes unpacked in all.
    pub total_bytes_max: u64,
}

impl Default for Limits {
    /// 10 MB an entry, 200,000 entries, 4 GB in all: forty times the public archive of 2024.
    fn default() -> Limits {
        Limits {
            entry_bytes_max: 10 * 1024 * 1024,
            entries_max: 200_000,
            total_bytes_max: 4 * 1024 * 1024 * 1024,
        }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Summary {
    /// Documents handed on.
    pub documents: usize,
    /// Bytes handed on.
    pub bytes: u64,
    /// Entries larger than [`Limits::entry_bytes_max`].
    pub too_large: usize,
    /// Other entries that could not be read.
    pub unreadable: usize,
    /// Why, for the first hundred; also the limit that ended the reading.
    pub problems: Vec<Error>,
    entries: usize,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path itself.
    #[error("cannot read {}: {why}", path.display())]
    Unreadable {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Neither a folder nor a known kind of file.
    #[error("cannot read {}: not a folder, .json, .tar, .tar.zst, .tar.gz or .zip", path.display())]
    UnknownKind {
        /// Which file.
        path: PathBuf,
    },
    /// One entry of an archive.
    #[error("cannot read {entry} in {}: {why}", path.display())]
    Entry {
        /// The archive.
        path: PathBuf,
        /// The entry.
        entry: String,
        /// Why.
        why: String,
    },
    /// A cap was reached; the rest was not read.
    #[error("stopped reading {} after {limit}", path.display())]
    Limit {
        /// Which file or folder.
        path: PathBuf,
        /// Which cap.
        limit: String,
    },
}

/// Hands every JSON document below `path` to `each`, with its name inside the archive or folder; folders in order of their names.
///
/// # Errors
/// When the path cannot be opened at all. Everything later is in the [`Summary`].
pub fn read(path: &Path, limits: &Limits, each: &mut dyn FnMut(&str, &[u8])) -> Result<Summary, Error> {
    let mut reader = Reader { path, limits, each, summary: Summary::default() };
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    if path.is_dir() {
        reader.folder(path, 0)?;
    } else if name.ends_with(".json") {
        reader.file(path, &name);
    } else if name.ends_with(".tar.zst") || name.ends_with(".tzst") {
        let unpacked = zstd::Decoder::new(reader.open()?).map_err(|why| reader.unreadable(&why))?;
        reader.tar(unpacked);
    } else if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
        let unpacked = flate2::read::MultiGzDecoder::new(reader.open()?);
        reader.tar(unpacked);
    } else if name.ends_with(".tar") {
        let plain = reader.open()?;
        reader.tar(plain);
    } else if name.ends_with(".zip") {
        reader.zip()?;
    } else {
        return Err(if path.exists() {
            Error::UnknownKind { path: path.to_owned() }
        } else {
            reader.unreadable(&"no such file or folder")
        });
    }
    Ok(reader.summary)
}

struct Reader<'a> {
    path: &'a Path,
    limits: &'a Limits,
    each: &'a mut dyn FnMut(&str, &[u8]),
    summary: Summary,
}

impl Reader<'_> {
    fn open(&self) -> Result<BufReader<File>, Error> {
        File::open(self.path).map(BufReader::new).map_err(|why| self.unreadable(&why))
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Error> {
        let listing = std::fs::read_dir(folder)
            .map_err(|why| Error::Unreadable { path: folder.to_owned(), why: why.to_string() })?;
        let mut entries: Vec<_> = listing.filter_map(Result::ok).collect();
        entries.sort_by_key(std::fs::DirEntry::path);
        for entry in entries {
            // Links are not followed: they could lead round in circles or out of the folder.
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() && depth < DEPTH_MAX {
                if let Err(error) = self.folder(&path, depth + 1) {
                    self.problem(error);
                }
            } else if kind.is_file() && is_document(&path.to_string_lossy()) {
                if !self.goes_on() {
                    return Ok(());
                }
                let name = path.strip_prefix(self.path).unwrap_or(&path).to_string_lossy().into_owned();
                self.file(&path, &name);
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &str) {
        match File::open(path) {
            Ok(file) => self.entry(name, file),
            Err(why) => self.entry_problem(name, &why),
        }
    }

    fn tar(&mut self, unpacked: impl Read) {
        // The stream is cut at the cap: skipped entries are unpacked too, and a small file may unpack to any size.
        let mut archive = tar::Archive::new(unpacked.take(self.limits.total_bytes_max));
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(why) => return self.entry_problem("the list of entries", &why),
        };
        for entry in entries {
            if !self.goes_on() {
                return;
            }
            let entry = match entry {
                Ok(entry) => entry,
                // The position of the next entry is lost with this one.
                Err(why) => return self.entry_problem("the next entry", &why),
            };
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if entry.header().entry_type().is_file() && is_document(&name) {
                self.entry(&name, entry);
            }
        }
    }

    fn zip(&mut self) -> Result<(), Error> {
        let mut archive = zip::ZipArchive::new(self.open()?).map_err(|why| self.unreadable(&why))?;
        for at in 0..archive.len() {
            if !self.goes_on() {
                return Ok(());
            }
            match archive.by_index(at) {
                Ok(entry) => {
                    let name =
                        entry.name().map_or_else(|_| format!("entry {at}"), std::borrow::Cow::into_owned);
                    if entry.is_file() && is_document(&name) {
                        self.entry(&name, entry);
                    }
                }
                Err(why) => self.entry_problem(&format!("entry {at}"), &why),
            }
        }
        Ok(())
    }

    /// Reads one entry whole, within the cap, and hands it on. The size in a header is not believed.
    fn entry(&mut self, name: &str, content: impl Read) {
        let cap = self.limits.entry_bytes_max;
        let mut bytes = Vec::new();
        match content.take(cap.saturating_add(1)).read_to_end(&mut bytes) {
            Ok(read) if read as u64 > cap => {
                self.summary.too_large += 1;
                self.summary.bytes = self.summary.bytes.saturating_add(cap);
                self.problem(Error::Entry {
                    path: self.path.to_owned(),
                    entry: name.to_owned(),
                    why: format!("larger than {cap} bytes"),
                });
            }
            Ok(read) => {
                self.summary.documents += 1;
                self.summary.bytes = self.summary.bytes.saturating_add(read as u64);
                (self.each)(name, &bytes);
            }
            Err(why) => self.entry_problem(name, &why),
        }
    }

    /// Counts an entry; false, with the reason noted, when a cap is reached.
    fn goes_on(&mut self) -> bool {
        self.summary.entries += 1;
        let limit = if self.summary.entries > self.limits.entries_max {
            format!("{} entries", self.limits.entries_max)
        } else if self.summary.bytes >= self.limits.total_bytes_max {
            format!("{} bytes", self.limits.total_bytes_max)
        } else {
            return true;
        };
        self.problem(Error::Limit { path: self.path.to_owned(), limit });
        false
    }

    fn entry_problem(&mut self, entry: &str, why: &dyn ToString) {
        self.summary.unreadable += 1;
        self.problem(Error::Entry {
            path: self.path.to_owned(),
            entry: entry.to_owned(),
            why: why.to_string(),
        });
    }

    fn problem(&mut self, error: Error) {
        if self.summary.problems.len() < PROBLEMS_MAX {
            self.summary.problems.push(error);
        }
    }

    fn unreadable(&self, why: &dyn ToString) -> Error {
        Error::Unreadable { path: self.path.to_owned(), why: why.to_string() }
    }
}

fn is_document(name: &str) -> bool {
    name.to_lowercase().ends_with(".json")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A folder of its own for each test, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("sightglass-archive-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }

        fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            path
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn tarred(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            // Set raw: the builder would refuse a path that climbs out.
            header.as_mut_bytes().get_mut(..name.len()).unwrap().copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, *bytes).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn names(path: &Path, limits: &Limits) -> (Vec<String>, Summary) {
        let mut names = Vec::new();
        let summary =
            read(path, limits, &mut |name, bytes| names.push(format!("{name}={}", bytes.len()))).unwrap();
        (names, summary)
    }

    #[test]
    fn every_format_gives_the_same_documents() {
        let scratch = Scratch::new("formats");
        let entries: [(&str, &[u8]); 4] =
            [("a/1.json", b"{}"), ("a/x.csv", b"no"), ("../../2.json", b"[1]"), ("3.JSON", b"")];
        let tar = tarred(&entries);
        for (name, bytes) in [
            ("x.tar", tar.clone()),
            ("x.tar.zst", zstd::encode_all(tar.as_slice(), 1).unwrap()),
            ("x.tar.gz", gzipped(&tar)),
            ("x.zip", zipped(&entries)),
        ] {
            let (names, summary) = names(&scratch.file(name, &bytes), &Limits::default());
            assert_eq!(names, ["a/1.json=2", "../../2.json=3", "3.JSON=0"], "{name}");
            assert!(summary.problems.is_empty(), "{name}: {:?}", summary.problems);
        }
    }

    #[test]
    fn folders_are_read_in_order() {
        let scratch = Scratch::new("folder");
        scratch.file("b/2.json", b"{}");
        scratch.file("a/1.json", b"{}");
        scratch.file("a/note.txt", b"{}");
        assert_eq!(names(&scratch.0, &Limits::default()).0, ["a/1.json=2", "b/2.json=2"]);
        assert_eq!(names(&scratch.0.join("a/1.json"), &Limits::default()).0, ["1.json=2"]);
    }

    #[test]
    fn caps_hold_whatever_the_archive_claims() {
        let scratch = Scratch::new("caps");
        let big = vec![b' '; 100_000];
        let bomb = tarred(&[("1.json", b"{}"), ("big.json", &big), ("2.json", b"{}")]);
        let path = scratch.file("x.tar.zst", &zstd::encode_all(bomb.as_slice(), 1).unwrap());
        let limits = Limits { entry_bytes_max: 1000, ..Limits::default() };
        let (read, summary) = names(&path, &limits);
        assert_eq!((read.len(), summary.too_large), (2, 1));
        assert!(summary.problems.iter().any(|problem| problem.to_string().contains("big.json")));
        let (read, summary) = names(&path, &Limits { entries_max: 1, ..limits });
        assert_eq!(read.len(), 1);
        assert!(summary.problems.iter().any(|problem| problem.to_string().contains("after 1 entries")));
        let (read, summary) = names(&path, &Limits { total_bytes_max: 50_000, ..limits });
        assert_eq!(read.len(), 1);
        assert!(!summary.problems.is_empty());
    }

    #[test]
    fn broken_archives_keep_what_is_valid() {
        let scratch = Scratch::new("broken");
        let tar = tarred(&[("1.json", b"{}"), ("2.json", &[b' '; 5000])]);
        let cut = scratch.file("cut.tar", tar.get(..2000).unwrap());
        let (read, summary) = names(&cut, &Limits::default());
        assert_eq!(read.first().map(String::as_str), Some("1.json=2"));
        assert!(read.len() == 1 && summary.unreadable > 0 || !summary.problems.is_empty() || read.len() == 2);
        for name in ["x.zip", "x.tar.zst", "x.tar.gz"] {
            let path = scratch.file(name, b"not an archive at all");
            let told = read_error(&path);
            assert!(told.contains(name), "{told}");
        }
        assert!(read_error(&scratch.file("x.rar", b"")).contains("not a folder"));
        assert!(read_error(&scratch.0.join("absent.json")).contains("absent.json"));
    }

    /// The error of the call or the first problem of the summary.
    fn read_error(path: &Path) -> String {
        match read(path, &Limits::default(), &mut |_, _| {}) {
            Err(error) => error.to_string(),
            Ok(summary) => summary.problems.first().map(ToString::to_string).unwrap_or_default(),
        }
    }
}
