//! The key of the fingerprints of secrets: from the system's randomness, one for each data folder, one for each run without a folder.

use dissect::SecretKey;
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Length in bytes.
const LENGTH: usize = 32;

/// A new key, which is gone with the process.
///
/// # Errors
/// The system has no randomness.
pub(crate) fn fresh() -> Result<SecretKey, String> {
    random().map(SecretKey::new)
}

fn random() -> Result<[u8; LENGTH], String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|e| format!("the system gives no random numbers: {e}"))?;
    Ok(bytes)
}

/// The key of a data folder, made when it has none. Only its owner can read it; nothing exports it, and without it fingerprints of one
/// folder mean nothing to anybody.
///
/// # Errors
/// It cannot be made or read, or is no key.
pub(crate) fn kept(path: &Path) -> Result<SecretKey, String> {
    let cannot = |e: std::io::Error| format!("cannot use the key {}: {e}", path.display());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            let bytes = random()?;
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(cannot)?;
            Ok(SecretKey::new(bytes))
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut bytes = Vec::new();
            let file = std::fs::File::open(path).map_err(cannot)?;
            file.take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(cannot)?;
            let bytes = bytes.try_into();
            bytes.map(SecretKey::new).map_err(|_| format!("{} is no key of {LENGTH} bytes", path.display()))
        }
        Err(e) => Err(cannot(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_key_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.key");
        kept(&path).unwrap();
        let first = std::fs::read(&path).unwrap();
        kept(&path).unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), first.len()), (first.clone(), LENGTH));
        assert_ne!(first, [0; LENGTH]);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&path).unwrap()) & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        assert!(kept(&path).unwrap_err().contains("no key"));
    }
}
