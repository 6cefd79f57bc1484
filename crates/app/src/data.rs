//! The data folder: made when missing, private, used by one server at a time.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder of one running server; the lock is released when this is dropped, or when the process ends.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Takes the folder. Uploads that an earlier server left behind are removed.
    pub(crate) fn take(path: &Path) -> Result<Self, String> {
        let cannot = |e: io::Error| format!("cannot use the data folder {}: {e}", path.display());
        make(path).map_err(cannot)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("lock"));
        let lock = lock.map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "another server uses the data folder {}: stop it, or give this one its own with --data",
                    path.display()
                ));
            }
            Err(TryLockError::Error(e)) => return Err(cannot(e)),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        folder.clear_uploads().map_err(cannot)?;
        Ok(folder)
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("sightglass.db")
    }

    /// The key of the fingerprints of secrets.
    pub(crate) fn key(&self) -> PathBuf {
        self.path.join("secrets.key")
    }

    /// Where uploads wait.
    pub(crate) fn uploads(&self) -> PathBuf {
        self.path.join("uploads")
    }

    fn clear_uploads(&self) -> io::Result<()> {
        let uploads = self.uploads();
        make(&uploads)?;
        for entry in std::fs::read_dir(&uploads)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "upload") {
                if path.is_dir() { std::fs::remove_dir_all(path)? } else { std::fs::remove_file(path)? }
            }
        }
        Ok(())
    }
}

/// Private to the user: captures hold what plants say in the clear.
fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = DataFolder::take(&path).unwrap();
        std::fs::write(first.uploads().join("1.upload"), "left behind").unwrap();
        std::fs::write(first.uploads().join("mine.txt"), "not ours").unwrap();
        assert!(DataFolder::take(&path).unwrap_err().contains("another server"));
        drop(first);
        let second = DataFolder::take(&path).unwrap();
        assert!(!second.uploads().join("1.upload").exists());
        assert!(second.uploads().join("mine.txt").exists());
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataFolder::take(file.path()).unwrap_err();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }
}
