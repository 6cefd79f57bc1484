//! JSON documents out of a folder, an archive (`.tar`, `.tar.gz`, `.tar.zst`, `.zip`) or a single file, also compressed.
//!
//! What a file is follows from its bytes, not from its name. Nothing is ever written to disk, so names with `..` lead nowhere.
//! Hostile archives meet caps: on one document, on their number, and on everything together.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest document in bytes; the largest CSAF advisory known has about 10 MB.
const DOCUMENT_BYTES_MAX: u64 = 32 << 20;
/// Documents read from one source.
const DOCUMENTS_MAX: u64 = 500_000;
/// Bytes of all documents together, after decompression.
const PLAIN_BYTES_MAX: u64 = 8 << 30;
/// Folders inside folders.
const DEPTH_MAX: u32 = 16;

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
    let mut walk = Walk {
        take,
        left_out: Vec::new(),
        documents: 0,
        plain_bytes: 0,
        read: Arc::default(),
        stopped: false,
    };
    let name = path.display().to_string();
    match walk.any(path) {
        Ok(()) => Ok(walk.left_out),
        Err(Trouble::Io(cause)) => Err(Error::Unreadable { name, cause }),
        Err(Trouble::TooMuch(what)) => Err(Error::TooMuch { name, what }),
    }
}

enum Trouble {
    Io(io::Error),
    TooMuch(String),
}

impl From<io::Error> for Trouble {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

impl From<zip::result::ZipError> for Trouble {
    fn from(cause: zip::result::ZipError) -> Self {
        Self::Io(cause.into())
    }
}

struct Walk<'a> {
    take: &'a mut dyn FnMut(Document) -> ControlFlow<()>,
    left_out: Vec<String>,
    documents: u64,
    plain_bytes: u64,
    read: Arc<AtomicU64>,
    stopped: bool,
}

impl Walk<'_> {
    fn any(&mut self, path: &Path) -> Result<(), Trouble> {
        if path.is_dir() {
            return self.folder(path, path, 0);
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let mut file = self.counted(path)?;
        let head = file.fill_buf()?;
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return self.zip(path);
        }
        if head.starts_with(&[0x1f, 0x8b]) {
            return self.plain(&name, BufReader::new(flate2::bufread::MultiGzDecoder::new(file)));
        }
        if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return self.plain(&name, BufReader::new(zstd::stream::read::Decoder::with_buffer(file)?));
        }
        self.plain(&name, file)
    }

    fn counted(&self, path: &Path) -> io::Result<BufReader<Counted>> {
        Ok(BufReader::new(Counted { file: File::open(path)?, read: Arc::clone(&self.read) }))
    }

    /// In the order of names, so that the same folder gives the same documents in the same order.
    fn folder(&mut self, top: &Path, folder: &Path, depth: u32) -> Result<(), Trouble> {
        if depth > DEPTH_MAX {
            return Err(Trouble::TooMuch(format!("folders {DEPTH_MAX} deep")));
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
            } else if kind.is_file() && is_document(&name) {
                let file = self.counted(&path)?;
                self.document(name, file)?;
            }
        }
        Ok(())
    }

    /// A tar archive, or one document.
    fn plain(&mut self, name: &str, mut reader: impl BufRead) -> Result<(), Trouble> {
        let mut head = Vec::new();
        reader.by_ref().take(512).read_to_end(&mut head)?;
        // POSIX.1-1988 ustar: magic at byte 257.
        let is_tar = head.get(257..262) == Some(b"ustar");
        let whole = io::Cursor::new(head).chain(reader);
        if is_tar { self.tar(whole) } else { self.document(name.into(), whole) }
    }

    fn tar(&mut self, reader: impl Read) -> Result<(), Trouble> {
        let mut archive = tar::Archive::new(reader);
        for entry in archive.entries()? {
            let entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if self.stopped {
                return Ok(());
            }
            if entry.header().entry_type().is_file() && is_document(&name) {
                self.document(name, entry)?;
            } else {
                self.count(entry.size())?;
            }
        }
        Ok(())
    }

    fn zip(&mut self, path: &Path) -> Result<(), Trouble> {
        let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?))?;
        for at in 0..archive.len() {
            if self.stopped {
                return Ok(());
            }
            let entry = archive.by_index(at)?;
            self.read.fetch_add(entry.compressed_size(), Ordering::Relaxed);
            let name = entry.name().to_owned();
            if entry.is_file() && is_document(&name) {
                self.document(name, entry)?;
            }
        }
        Ok(())
    }

    fn document(&mut self, name: String, reader: impl Read) -> Result<(), Trouble> {
        self.documents += 1;
        if self.documents > DOCUMENTS_MAX {
            return Err(Trouble::TooMuch(format!("more than {DOCUMENTS_MAX} documents")));
        }
        let mut bytes = Vec::new();
        reader.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        let length = bytes.len() as u64;
        self.count(length)?;
        if length > DOCUMENT_BYTES_MAX {
            self.left_out.push(format!("{name} is larger than {} MiB", DOCUMENT_BYTES_MAX >> 20));
            return Ok(());
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let read_bytes = self.read.load(Ordering::Relaxed);
                self.stopped = (self.take)(Document { name, text, read_bytes }).is_break();
            }
            Err(_) => self.left_out.push(format!("{name} is not UTF-8 text")),
        }
        Ok(())
    }

    fn count(&mut self, bytes: u64) -> Result<(), Trouble> {
        self.plain_bytes = self.plain_bytes.saturating_add(bytes);
        if self.plain_bytes > PLAIN_BYTES_MAX {
            return Err(Trouble::TooMuch(format!("more than {} GiB unpacked", PLAIN_BYTES_MAX >> 30)));
        }
        Ok(())
    }
}

/// Beside the documents there are lists, signatures and hashes.
fn is_document(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
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
