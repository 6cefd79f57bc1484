//! Keys and bundles.

use super::args::Bundle;
use super::reading;
use crate::{clock, text};
use anyhow::{Context as _, Result, anyhow};
use connect::bundle::{self, Content, Listed, Trusted};
use connect::feeds::Found;
use model::Timestamp;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Makes a pair of keys; nothing is overwritten, and the secret one is for its owner only.
///
/// # Errors
/// A file is there already or cannot be written.
pub(super) fn keys(file: &Path) -> Result<()> {
    let public = PathBuf::from(format!("{}.pub", file.display()));
    let (secret, shown) = bundle::new_keys()?;
    write_new(file, &secret, 0o600)?;
    write_new(&public, &shown, 0o644)?;
    println!(
        "secret key {}, public key {} ({})",
        file.display(),
        public.display(),
        Trusted::read(&shown)?.number()
    );
    Ok(())
}

fn write_new(file: &Path, what: &str, mode: u32) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut opened = options.open(file).with_context(|| format!("cannot write {}", file.display()))?;
    opened.write_all(what.as_bytes()).with_context(|| format!("cannot write {}", file.display()))
}

/// Writes a bundle of what the paths hold; files in which there is no intelligence are named and left out.
///
/// # Errors
/// A file or the key cannot be read, or the bundle cannot be written.
pub(super) fn bundle(options: &Bundle) -> Result<()> {
    let cannot = |path: &Path| format!("cannot read {}", path.display());
    let password = options.password_file.as_deref().map(|path| {
        std::fs::read_to_string(path).with_context(|| cannot(path)).map(|text| text.trim_end().to_owned())
    });
    let secret = std::fs::read_to_string(&options.key).with_context(|| cannot(&options.key))?;
    let key = bundle::secret_key(&secret, password.transpose()?)?;
    let created = match &options.date {
        None => clock::now(),
        Some(date) => {
            Timestamp::parse(date).ok_or_else(|| anyhow!("{date} is no time such as 2026-01-31T12:00:00Z"))?
        }
    };
    let mut files = Vec::new();
    for path in &options.paths {
        let (base, mut all) = (path.parent().unwrap_or(path), Vec::new());
        collect(path, &mut all, 0).with_context(|| cannot(path))?;
        for file in all {
            let name = file.strip_prefix(base).unwrap_or(&file).to_string_lossy().into_owned();
            match contents(&file) {
                Ok(feeds) if !feeds.is_empty() => {
                    files.push((file, Listed { name, bytes: 0, sha256: String::new(), feeds }));
                }
                Ok(_) => eprintln!("sightglass: {}: no intelligence in it, left out", text::inert(&name)),
                Err(e) => anyhow::bail!("{e:#}"),
            }
        }
    }
    anyhow::ensure!(!files.is_empty(), "there is no intelligence in what was given");
    let manifest = bundle::write(&options.out, &key, &created.to_string(), files)?;
    println!("{}: {} files, {}", options.out.display(), manifest.files.len(), manifest.created);
    Ok(())
}

/// All files below a path, in the order of their names; links are not followed.
fn collect(path: &Path, into: &mut Vec<PathBuf>, depth: u32) -> std::io::Result<()> {
    if !path.is_dir() {
        into.push(path.to_owned());
        return Ok(());
    }
    let mut inside = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    inside.sort();
    for path in inside {
        let kind = path.symlink_metadata()?.file_type();
        if kind.is_file() || kind.is_dir() && depth < 16 {
            collect(&path, into, depth + 1)?;
        }
    }
    Ok(())
}

/// What a file says, counted by feed.
fn contents(path: &Path) -> Result<Vec<Content>> {
    let mut feeds: BTreeMap<String, Content> = BTreeMap::new();
    reading::read(path, &mut |found| {
        let (feed, records, date) = match found {
            Found::Said { feed, .. } | Found::Document { feed, .. } => (feed, 1, String::new()),
            Found::AsOf { feed, date } => (feed, 0, date),
            Found::Refused { .. } | Found::Progress(_) => return ControlFlow::Continue(()),
        };
        let name = feed.as_str().to_owned();
        let content =
            feeds.entry(name.clone()).or_insert(Content { feed: name, records: 0, as_of: String::new() });
        content.records += records;
        if date > content.as_of {
            content.as_of = date;
        }
        ControlFlow::Continue(())
    })?;
    Ok(feeds.into_values().collect())
}
