//! Files out of a folder, an archive (`.tar`, `.tar.gz`, `.tar.zst`, `.zip`) or a single file, also compressed, also one in another.
//!
//! What a file is follows from its bytes, not from its name. Nothing is ever written to disk under a name from an archive, so names
//! with `..` lead nowhere. Hostile archives meet caps: on one document, on their number, on everything together, on nesting.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest document that is held in memory, in bytes; the largest CSAF advisory known has about 10 MB.
pub const DOCUMENT_BYTES_MAX: u64 = 32 << 20;
/// Files read from one source.
const FILES_MAX: u64 = 1_000_000;
/// Bytes that come out of all decompression together.
const PLAIN_BYTES_MAX: u64 = 8 << 30;
/// Folders inside folders.
const DEPTH_MAX: u32 = 16;
/// Packings inside packings: a zip in a zip with a gzip file is three.
const NESTED_MAX: u32 = 4;

/// Where a document comes from, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// Its path inside the archive or folder, or the file's own name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Bytes of the source read so far, as it lies on disk.
    pub read_bytes: u64,
}

/// A file on its way out of the source: it can be read once, from the front.
pub struct Entry<'r> {
    /// Its path inside the archive or folder, or the file's own name.
    pub name: &'r str,
    /// Its bytes, unpacked.
    pub reader: &'r mut dyn BufRead,
    read: &'r AtomicU64,
}

impl Entry<'_> {
    /// Bytes of the source read so far, as it lies on disk.
    pub fn read_bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// The source cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system or the decompressor says no.
    #[error("cannot read {name}: {cause}")]
    Unreadable {
        /// Path as given.
        name: String,
        /// Why.
        cause: io::Error,
    },
    /// More than is ever taken.
    #[error("{name} holds more than is taken: {what}")]
    TooMuch {
        /// Path as given.
        name: String,
        /// Which cap was hit.
        what: String,
    },
}

/// Hands every `.json` document of `path` to `take` until it breaks; answers what had to be left out, one sentence each.
///
/// # Errors
/// When the source cannot be read to its end. What was handed out before is whole.
pub fn documents(
    path: &Path,
    take: &mut dyn FnMut(Document) -> ControlFlow<()>,
) -> Result<Vec<String>, Error> {
    let mut left_out = Vec::new();
    let more = entries(path, &|name| has_ending(name, &["json"]), &mut |entry| {
        let read_bytes = entry.read_bytes();
        match whole(entry.reader)? {
            Err(why) => left_out.push(format!("{} {why}", entry.name)),
            Ok(text) => return Ok(take(Document { name: entry.name.to_owned(), text, read_bytes })),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    left_out.extend(more);
    Ok(left_out)
}

/// The text of a document, or why it is none that is held in memory.
///
/// # Errors
/// It cannot be read to its end.
pub fn whole(reader: &mut dyn BufRead) -> io::Result<Result<String, String>> {
    let mut bytes = Vec::new();
    reader.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
        return Ok(Err(format!("is larger than {} MiB", DOCUMENT_BYTES_MAX >> 20)));
    }
    Ok(String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned()))
}

/// Takes a file; an error of reading ends the walk.
pub type Take<'a> = dyn FnMut(Entry<'_>) -> io::Result<ControlFlow<()>> + 'a;

/// Hands every file of `path` to `take` until it breaks: of a folder or an archive those that `wanted` picks by name, a single file in
/// any case. Answers what had to be left out, one sentence each.
///
/// # Errors
/// When the source cannot be read to its end. What was handed out before is whole.
pub fn entries(
    path: &Path,
    wanted: &dyn Fn(&str) -> bool,
    take: &mut Take<'_>,
) -> Result<Vec<String>, Error> {
    let mut walk = Walk {
        take,
        wanted,
        left_out: Vec::new(),
        files: 0,
        budget: Rc::new(Cell::new(PLAIN_BYTES_MAX)),
        read: Arc::default(),
        stopped: false,
    };
    let name = path.display().to_string();
    walk.any(path).map_err(|cause| match cause.get_ref().and_then(|e| e.downcast_ref::<TooMuch>()) {
        Some(TooMuch(what)) => Error::TooMuch { name, what: what.clone() },
        None => Error::Unreadable { name, cause },
    })?;
    Ok(walk.left_out)
}

/// Whether a name ends in one of these, in any case.
pub(crate) fn has_ending(name: &str, endings: &[&str]) -> bool {
    Path::new(name).extension().is_some_and(|e| endings.iter().any(|wanted| e.eq_ignore_ascii_case(wanted)))
}

/// A cap was hit; travels inside an [`io::Error`], through decompressors and parsers.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TooMuch(String);

fn too_much(what: String) -> io::Error {
    io::Error::other(TooMuch(what))
}

struct Walk<'a> {
    take: &'a mut Take<'a>,
    wanted: &'a dyn Fn(&str) -> bool,
    left_out: Vec<String>,
    files: u64,
    budget: Rc<Cell<u64>>,
    read: Arc<AtomicU64>,
    stopped: bool,
}

impl Walk<'_> {
    fn any(&mut self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return self.folder(path, path, 0);
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        self.file(path, &name)
    }

    fn file(&mut self, path: &Path, name: &str) -> io::Result<()> {
        let mut file = BufReader::new(Counted { file: File::open(path)?, read: Arc::clone(&self.read) });
        if is_zip(file.fill_buf()?) {
            return self.zip(File::open(path)?, true, 0);
        }
        self.open(name, Box::new(file), 0)
    }

    /// In the order of names, so that the same folder gives the same documents in the same order.
    fn folder(&mut self, top: &Path, folder: &Path, depth: u32) -> io::Result<()> {
        if depth > DEPTH_MAX {
            return Err(too_much(format!("folders {DEPTH_MAX} deep")));
        }
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            paths.push(entry?.path());
        }
        paths.sort();
        for path in paths {
            if self.stopped {
                return Ok(());
            }
            // A link may lead out of the folder, or round in a circle.
            let kind = path.symlink_metadata()?.file_type();
            let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
            if kind.is_dir() {
                self.folder(top, &path, depth + 1)?;
            } else if kind.is_file() && (self.wanted)(&name) {
                self.file(&path, &name)?;
            }
        }
        Ok(())
    }

    /// Unpacks as far as the bytes say that something is packed, then hands out.
    fn open(&mut self, name: &str, mut reader: Box<dyn BufRead + '_>, nested: u32) -> io::Result<()> {
        if nested > NESTED_MAX {
            return Err(too_much(format!("packed {NESTED_MAX} times over: {name}")));
        }
        let mut head = Vec::new();
        reader.by_ref().take(512).read_to_end(&mut head)?;
        let kind = kind(&head);
        let whole = io::Cursor::new(head).chain(reader);
        match kind {
            Kind::Gzip => {
                let plain = self.metered(flate2::bufread::MultiGzDecoder::new(whole));
                self.open(name, Box::new(plain), nested + 1)
            }
            Kind::Zstd => {
                let plain = self.metered(zstd::stream::read::Decoder::with_buffer(whole)?);
                self.open(name, Box::new(plain), nested + 1)
            }
            Kind::Tar => self.tar(whole, nested),
            Kind::Zip => {
                // Its list of contents is at its end.
                let mut file = tempfile::tempfile()?;
                io::copy(&mut self.metered(whole), &mut file)?;
                file.rewind()?;
                self.zip(file, false, nested + 1)
            }
            Kind::Plain => self.hand_out(name, whole),
        }
    }

    fn metered<R: Read>(&self, inner: R) -> BufReader<Metered<R>> {
        BufReader::with_capacity(64 << 10, Metered { inner, budget: Rc::clone(&self.budget) })
    }

    fn hand_out(&mut self, name: &str, mut reader: impl BufRead) -> io::Result<()> {
        self.files += 1;
        if self.files > FILES_MAX {
            return Err(too_much(format!("more than {FILES_MAX} files")));
        }
        let read = Arc::clone(&self.read);
        self.stopped = (self.take)(Entry { name, reader: &mut reader, read: &read })?.is_break();
        Ok(())
    }

    fn tar(&mut self, reader: impl Read, nested: u32) -> io::Result<()> {
        let mut archive = tar::Archive::new(reader);
        for entry in archive.entries()? {
            let entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if self.stopped {
                return Ok(());
            }
            if entry.header().entry_type().is_file() && (self.wanted)(&name) {
                self.open(&name, Box::new(BufReader::with_capacity(16 << 10, entry)), nested)?;
            }
        }
        Ok(())
    }

    fn zip(&mut self, file: File, on_disk: bool, nested: u32) -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(BufReader::new(file))?;
        for at in 0..archive.len() {
            if self.stopped {
                return Ok(());
            }
            let entry = archive.by_index(at)?;
            if on_disk {
                self.read.fetch_add(entry.compressed_size(), Ordering::Relaxed);
            }
            let name = entry.name().to_owned();
            if entry.is_file() && (self.wanted)(&name) {
                let plain = self.metered(entry);
                self.open(&name, Box::new(plain), nested)?;
            }
        }
        Ok(())
    }
}

enum Kind {
    Gzip,
    Zstd,
    Zip,
    Tar,
    Plain,
}

fn is_zip(head: &[u8]) -> bool {
    // APPNOTE 4.3.7 and 4.3.16: a file, or an archive without any.
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

fn kind(head: &[u8]) -> Kind {
    match head {
        [0x1f, 0x8b, ..] => Kind::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Kind::Zstd,
        head if is_zip(head) => Kind::Zip,
        // POSIX.1-1988 ustar: magic at byte 257.
        head if head.get(257..262) == Some(b"ustar") => Kind::Tar,
        _ => Kind::Plain,
    }
}

/// What comes out of a decompressor, as far as the budget goes.
struct Metered<R> {
    inner: R,
    budget: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        let left = self.budget.get().checked_sub(n as u64);
        self.budget
            .set(left.ok_or_else(|| too_much(format!("more than {} GiB unpacked", PLAIN_BYTES_MAX >> 30)))?);
        Ok(n)
    }
}

/// A file that counts what was read of it.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(into)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
