//! Signed bundles of intelligence, for sites without a network: one file that a trusted key vouches for.
//!
//! A zstd-compressed tar archive. First `manifest.json` ([`Manifest`]), then `manifest.json.minisig`, then the files as they came, in the
//! order of the manifest, called `files/000001` and so on. The manifest has each file's length and SHA-256, so its signature covers
//! everything, and is checked before anything else is unpacked. Nothing is called by a name from the archive. The same files, date and
//! program give the same bytes but for the signature.
//!
//! The signature has the format of minisign (Ed25519 over BLAKE2b-512): it is documented, small, keys are one line, and people can make
//! keys and check bundles with the `minisign` program itself, without trusting this one.

use minisign::{KeyPair, PublicKey, PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Write as _};
use std::path::{Path, PathBuf};

/// Name and version of the format.
pub const SCHEMA: &str = "sightglass.intelligence/1";
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.json.minisig";
/// Longest manifest, in bytes: about 100,000 files.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// Longest signature, in bytes.
const SIGNATURE_BYTES_MAX: u64 = 4 << 10;
/// Bytes of all files of a bundle together.
const FILES_BYTES_MAX: u64 = 16 << 30;
/// Files of a bundle.
const FILES_MAX: usize = 100_000;
/// zstd: the level at which advisories are small and packing is not slow.
const LEVEL: i32 = 9;

/// What a bundle holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// The files, in order.
    pub files: Vec<Listed>,
}

/// A file of a bundle.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// Its path when the bundle was made, for people.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// What is in it.
    pub feeds: Vec<Content>,
}

/// What a file of a bundle has of one feed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Content {
    /// The feed.
    pub feed: String,
    /// Records and documents.
    pub records: u64,
    /// Date of the newest data, as written.
    pub as_of: String,
}

/// Why a bundle is not taken, or cannot be made. Nothing of it counts then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot read or write {name}: {cause}")]
    Io {
        /// Which.
        name: String,
        /// Why.
        cause: io::Error,
    },
    /// The archive ends too early or is damaged.
    #[error("the bundle is damaged or was cut off: {0}")]
    Damaged(String),
    /// No key that is trusted made the signature.
    #[error("the bundle is signed with key {key}, which is not among the trusted ones{known}")]
    UnknownKey {
        /// Number of the key that signed.
        key: String,
        /// The trusted ones.
        known: String,
    },
    /// The signature is wrong.
    #[error(
        "the signature of the bundle is wrong: it was changed after signing, or signed with another key ({0})"
    )]
    BadSignature(String),
    /// A file is not what the manifest says.
    #[error("{name} in the bundle is not what was signed: {what}")]
    WrongFile {
        /// Which.
        name: String,
        /// What differs.
        what: String,
    },
    /// A key that is none.
    #[error("{0}")]
    Key(String),
}

fn io_error(name: &Path) -> impl FnOnce(io::Error) -> Error {
    let name = name.display().to_string();
    |cause| Error::Io { name, cause }
}

/// A key that may vouch for bundles.
#[derive(Clone, Debug)]
pub struct Trusted(PublicKey);

impl Trusted {
    /// From a file as `minisign` writes it, or the one line with the key itself.
    ///
    /// # Errors
    /// It is neither.
    pub fn read(text: &str) -> Result<Self, Error> {
        let wrong = |e| Error::Key(format!("this is no public key of minisign: {e}"));
        let text = text.trim();
        if text.lines().count() > 1 {
            let boxed = PublicKeyBox::from_string(text).map_err(wrong)?;
            return PublicKey::from_box(boxed).map(Self).map_err(wrong);
        }
        PublicKey::from_base64(text).map(Self).map_err(wrong)
    }

    /// From the name of a file with a key, or the key itself.
    ///
    /// # Errors
    /// It is neither.
    pub fn named(word: &str) -> Result<Self, Error> {
        match std::fs::read_to_string(word) {
            Ok(text) => Self::read(&text),
            Err(_) => Self::read(word)
                .map_err(|e| Error::Key(format!("{word} is no file that can be read, and as a key: {e}"))),
        }
    }

    /// Its number, as `minisign` shows it.
    pub fn number(&self) -> String {
        number(self.0.keynum())
    }
}

fn number(bytes: &[u8]) -> String {
    bytes.iter().rev().map(|b| format!("{b:02X}")).collect()
}

/// A new pair of keys: the secret one without a password, and the public one; as the files of `minisign` have them.
///
/// # Errors
/// The system gives no randomness.
pub fn new_keys() -> Result<(String, String), Error> {
    let made = || -> minisign::Result<(String, String)> {
        let pair = KeyPair::generate_unencrypted_keypair()?;
        let secret = pair.sk.to_box(Some("secret key for intelligence bundles of Sightglass"))?.into_string();
        Ok((secret, pair.pk.to_box()?.into_string()))
    };
    made().map_err(|e| Error::Key(format!("cannot make keys: {e}")))
}

/// A secret key out of its file; `password` for one that has a password.
///
/// # Errors
/// It is none, or the password is wrong or missing.
pub fn secret_key(text: &str, password: Option<String>) -> Result<SecretKey, Error> {
    let boxed = |text: &str| {
        SecretKeyBox::from_string(text.trim())
            .map_err(|e| Error::Key(format!("this is no secret key of minisign: {e}")))
    };
    match password {
        None => boxed(text)?.into_unencrypted_secret_key().map_err(|e| {
            Error::Key(format!("the secret key cannot be used as it is (does it have a password?): {e}"))
        }),
        Some(_) => boxed(text)?
            .into_secret_key(password)
            .map_err(|e| Error::Key(format!("the secret key cannot be opened with this password: {e}"))),
    }
}

/// Writes a bundle of these files; the manifest's lengths and hashes are filled in here. It appears under its name once it is whole.
///
/// # Errors
/// A file cannot be read, the bundle cannot be written, or the key cannot sign.
pub fn write(
    out: &Path,
    key: &SecretKey,
    created: &str,
    files: Vec<(PathBuf, Listed)>,
) -> Result<Manifest, Error> {
    let filled = files.iter().map(|(path, file)| {
        let (bytes, sha256) = hash(path)?;
        Ok(Listed { bytes, sha256, ..file.clone() })
    });
    let listed = filled.collect::<Result<Vec<_>, Error>>()?;
    let manifest = Manifest { schema: SCHEMA.into(), created: created.into(), files: listed };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::Damaged(e.to_string()))?;
    let comment = format!("{SCHEMA} {created}");
    let signature =
        minisign::sign(None, key, Cursor::new(&text), Some(&comment), Some("intelligence bundle"));
    let signature = signature.map_err(|e| Error::Key(format!("cannot sign: {e}")))?.into_string();
    let folder = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(io_error(out))?;
    pack(file.as_file(), &text, signature.as_bytes(), &files, &manifest)?;
    file.as_file().sync_all().map_err(io_error(out))?;
    file.persist(out).map_err(|e| Error::Io { name: out.display().to_string(), cause: e.error })?;
    Ok(manifest)
}

fn pack(
    file: &File,
    manifest: &[u8],
    signature: &[u8],
    files: &[(PathBuf, Listed)],
    signed: &Manifest,
) -> Result<(), Error> {
    let name = Path::new("the bundle");
    let mut packed =
        zstd::stream::write::Encoder::new(BufWriter::new(file), LEVEL).map_err(io_error(name))?;
    packed.include_checksum(true).map_err(io_error(name))?;
    let mut archive = tar::Builder::new(packed);
    let mut add = |name: &str, bytes: u64, data: &mut dyn Read| -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, name, data)
    };
    add(MANIFEST, manifest.len() as u64, &mut Cursor::new(manifest)).map_err(io_error(name))?;
    add(SIGNATURE, signature.len() as u64, &mut Cursor::new(signature)).map_err(io_error(name))?;
    for (at, ((path, _), listed)) in files.iter().zip(&signed.files).enumerate() {
        let data = File::open(path).map_err(io_error(path))?;
        add(&place(at), listed.bytes, &mut BufReader::new(data.take(listed.bytes)))
            .map_err(io_error(path))?;
    }
    let packed = archive.into_inner().map_err(io_error(name))?;
    packed.finish().and_then(|mut rest| rest.flush()).map_err(io_error(name))
}

fn place(at: usize) -> String {
    format!("files/{:06}", at + 1)
}

fn hash(path: &Path) -> Result<(u64, String), Error> {
    let mut file = File::open(path).map_err(io_error(path))?;
    let (mut sum, mut bytes) = (Sha256::new(), 0);
    copy(&mut file, |read| {
        sum.update(read);
        bytes += read.len() as u64;
        Ok(())
    })
    .map_err(io_error(path))?;
    Ok((bytes, hex(&sum.finalize())))
}

/// Hands on all that a reader gives, piece by piece.
fn copy(reader: &mut dyn Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut chunk = vec![0; 256 << 10];
    loop {
        let n = reader.read(&mut chunk)?;
        match chunk.get(..n).filter(|read| !read.is_empty()) {
            Some(read) => take(read)?,
            None => return Ok(()),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether a file is a bundle, by its beginning.
pub fn is_bundle(path: &Path) -> bool {
    let look = || -> io::Result<bool> {
        let mut head = [0; 4];
        let mut file = File::open(path)?;
        file.read_exact(&mut head)?;
        if head != [0x28, 0xb5, 0x2f, 0xfd] {
            return Ok(false);
        }
        let packed = zstd::stream::read::Decoder::new(File::open(path)?)?;
        let mut archive = tar::Archive::new(packed);
        let Some(first) = archive.entries()?.next() else { return Ok(false) };
        let first = first?;
        let named = first.path_bytes().as_ref() == MANIFEST.as_bytes();
        let mut text = String::new();
        first.take(256).read_to_string(&mut text)?;
        Ok(named && text.contains("sightglass.intelligence/"))
    };
    look().unwrap_or(false)
}

/// A bundle that was found good, unpacked.
#[derive(Debug)]
pub struct Opened {
    /// What it holds.
    pub manifest: Manifest,
    /// Number of the key that signed it.
    pub signed_by: String,
}

/// Checks a bundle and unpacks it into a folder: first the signature, then each file against the manifest.
///
/// # Errors
/// [`Error`]; what was unpacked so far must not be used.
pub fn open(path: &Path, trusted: &[Trusted], into: &Path) -> Result<Opened, Error> {
    let damaged = |e: io::Error| Error::Damaged(e.to_string());
    let file = File::open(path).map_err(io_error(path))?;
    let packed = zstd::stream::read::Decoder::new(file).map_err(damaged)?;
    let mut archive = tar::Archive::new(packed);
    let mut entries = archive.entries().map_err(damaged)?;
    let mut next = |name: &str| match entries.next() {
        Some(Ok(entry))
            if entry.path_bytes().as_ref() == name.as_bytes() && entry.header().entry_type().is_file() =>
        {
            Ok(entry)
        }
        Some(Ok(_)) => Err(Error::Damaged(format!("{name} is not where it must be"))),
        Some(Err(e)) => Err(Error::Damaged(e.to_string())),
        None => Err(Error::Damaged(format!("it ends before {name}"))),
    };
    let text = bounded(next(MANIFEST)?, MANIFEST_BYTES_MAX)?;
    let signature = bounded(next(SIGNATURE)?, SIGNATURE_BYTES_MAX)?;
    let signed_by = verified(&text, &signature, trusted)?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|e| Error::Damaged(format!("{MANIFEST}: {e}")))?;
    if manifest.schema != SCHEMA {
        return Err(Error::Damaged(format!("its format {:?} is not known to this program", manifest.schema)));
    }
    let all: u64 = manifest.files.iter().fold(0, |sum, f| sum.saturating_add(f.bytes));
    if all > FILES_BYTES_MAX || manifest.files.len() > FILES_MAX {
        return Err(Error::Damaged(format!(
            "it holds {} files of {all} bytes, more than is taken",
            manifest.files.len()
        )));
    }
    for (at, listed) in manifest.files.iter().enumerate() {
        unpack(next(&place(at))?, listed, &into.join(file_name(at, &listed.name)))?;
    }
    match entries.next() {
        None => Ok(Opened { manifest, signed_by }),
        Some(_) => Err(Error::Damaged("it holds more than the manifest says".into())),
    }
}

fn bounded(entry: impl Read, max: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    entry.take(max + 1).read_to_end(&mut bytes).map_err(|e| Error::Damaged(e.to_string()))?;
    if bytes.len() as u64 > max {
        Err(Error::Damaged(format!("a part is longer than {max} bytes")))
    } else {
        Ok(bytes)
    }
}

/// Who signed the manifest.
fn verified(text: &[u8], signature: &[u8], trusted: &[Trusted]) -> Result<String, Error> {
    let bad = |e: minisign::PError| Error::BadSignature(e.to_string());
    let signature = String::from_utf8_lossy(signature).into_owned();
    let signature = SignatureBox::from_string(&signature).map_err(bad)?;
    let key = number(signature.keynum());
    let Some(trust) = trusted.iter().find(|t| t.0.keynum() == signature.keynum()) else {
        let names: Vec<String> = trusted.iter().map(Trusted::number).collect();
        let known = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        return Err(Error::UnknownKey { key, known });
    };
    minisign::verify(&trust.0, &signature, Cursor::new(text), true, false, false).map_err(bad)?;
    Ok(key)
}

/// A plain name, with the ending of the file's own: what it is is seen from its content.
fn file_name(at: usize, name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' }).collect();
    let plain = plain.get(plain.len().saturating_sub(100)..).unwrap_or_default();
    let ending = if crate::feeds::wanted(plain) { "" } else { ".json" };
    format!("{:06}-{plain}{ending}", at + 1)
}

fn unpack(entry: impl Read, listed: &Listed, path: &Path) -> Result<(), Error> {
    let wrong = |what: String| Error::WrongFile { name: listed.name.clone(), what };
    let mut file = BufWriter::new(File::create(path).map_err(io_error(path))?);
    let (mut sum, mut bytes) = (Sha256::new(), 0_u64);
    let copied = copy(&mut entry.take(listed.bytes + 1), |read| {
        bytes += read.len() as u64;
        sum.update(read);
        file.write_all(read)
    });
    copied.map_err(|e| Error::Damaged(e.to_string()))?;
    file.flush().map_err(io_error(path))?;
    if bytes != listed.bytes {
        return Err(wrong(format!("it should have {} bytes", listed.bytes)));
    }
    if hex(&sum.finalize()) != listed.sha256 {
        return Err(wrong("its SHA-256 differs".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
