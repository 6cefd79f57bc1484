//! A folder as input: the captures, logs and engineering files in it, as one site.

use crate::pipeline;
use capture::reader::CaptureReader;
use connect::logs;
use model::CaptureId;
use std::io;
use std::path::{Path, PathBuf};

/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 16;
/// Files looked at in one folder that was named.
const FILES_MAX: usize = 100_000;

/// What a folder holds.
#[derive(Default)]
pub(crate) struct Contents {
    /// Captures, logs and engineering files by their content, sorted by path.
    pub(crate) inputs: Vec<PathBuf>,
    /// What was passed over and why, one sentence each.
    pub(crate) notes: Vec<String>,
    others: usize,
    seen: usize,
}

/// Looks through a folder and those in it. Hidden files are passed over and so are links to folders: Zeek's `current` is one, and a
/// link may lead back to where it is.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn contents(folder: &Path) -> io::Result<Contents> {
    let mut contents = Contents::default();
    contents.look(folder, 0)?;
    contents.inputs.sort();
    let shown = folder.display();
    if contents.others > 0 {
        let others = contents.others;
        contents.notes.push(format!(
            "{shown}: {others} files are neither captures, logs nor engineering files and were left out"
        ));
    }
    if contents.seen > FILES_MAX {
        contents.notes.push(format!("{shown}: more than {FILES_MAX} files; the others were left out"));
    }
    Ok(contents)
}

impl Contents {
    fn look(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        let mut entries: Vec<_> = std::fs::read_dir(folder)?.filter_map(Result::ok).collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let Some(kind) = entry.file_type().ok().filter(|_| !hidden) else { continue };
            let path = entry.path();
            if !kind.is_dir() {
                self.file(path);
            } else if depth >= DEPTH_MAX {
                self.notes.push(format!("{}: too deep, left out", path.display()));
            } else if let Err(e) = self.look(&path, depth + 1) {
                self.notes.push(format!("{}: cannot be read: {e}", path.display()));
            }
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf) {
        // A link to a file counts as the file; a pipe or device in a folder is nothing to read.
        if !path.is_file() {
            return;
        }
        self.seen += 1;
        if self.seen > FILES_MAX {
            return;
        }
        let readable = || CaptureReader::open(&path, CaptureId(0)).is_ok() || pipeline::is_project(&path);
        if logs::is_log_file(&path) || readable() {
            self.inputs.push(path);
        } else {
            self.others += 1;
        }
    }
}
