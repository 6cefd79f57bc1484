//! Files that are ZIP archives: an AutomationML package (`.amlx`, an Open Packaging Conventions file) and a Control Expert archive
//! (`.zef`, with the exchange file beside other things). One entry of each is read.

use super::decode::FILE_BYTES_MAX;
use super::project::FileError;
use std::io::{Cursor, Read as _};

/// Entries that are looked through.
const ENTRIES_MAX: usize = 10_000;
/// Endings of the entry that is read, in order of preference.
const ENDINGS: [&str; 10] = [".aml", ".xef", ".l5x", ".scd", ".cid", ".iid", ".icd", ".eds", ".cfg", ".xml"];

/// The one entry of an archive that is read; `None` when the bytes are no archive.
///
/// # Errors
/// The archive is broken or too large, or nothing in it is known.
pub(super) fn relevant(name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, FileError> {
    if !(bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")) {
        return Ok(None);
    }
    let broken = |e: zip::result::ZipError| FileError::whole(name, format!("cannot be unpacked: {e}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > ENTRIES_MAX {
        return Err(FileError::whole(name, format!("more than {ENTRIES_MAX} entries")));
    }
    let Some(entry) = choose(archive.file_names()) else {
        return Err(FileError::whole(name, "no engineering file in this archive"));
    };
    let entry = archive.by_name(&entry).map_err(broken)?;
    let mut inner = Vec::new();
    let limit = FILE_BYTES_MAX as u64 + 1;
    let got = entry.take(limit).read_to_end(&mut inner);
    got.map_err(|e| FileError::whole(name, format!("cannot be unpacked: {e}")))?;
    if inner.len() > FILE_BYTES_MAX {
        return Err(FileError::whole(name, format!("larger than {} MiB unpacked", FILE_BYTES_MAX >> 20)));
    }
    Ok(Some(inner))
}

/// By ending, then by the shortest way down, then by name: the same archive gives the same entry.
fn choose<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let rank = |name: &str| {
        let small = name.to_ascii_lowercase();
        let ending = ENDINGS.iter().position(|ending| small.ends_with(ending))?;
        // The parts of a package that only describe the package.
        let describes = small.starts_with("_rels/") || small.contains("[content_types]");
        (!describes).then(|| (ending, name.matches('/').count(), name.to_owned()))
    };
    names.filter_map(rank).min().map(|(.., name)| name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;

    pub(in crate::engineering) fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn one_entry_is_read() {
        let entries: [(&str, &[u8]); 3] =
            [("_rels/.rels.xml", b"no"), ("DTM/FDTDTMTopology.xml", b"no"), ("unitpro.xef", b"yes")];
        assert_eq!(relevant("a.zef", &zipped(&entries)).unwrap().unwrap(), b"yes");
        assert_eq!(relevant("a", b"<a/>").unwrap(), None);
    }

    #[test]
    fn broken_archives_are_told() {
        let whole = zipped(&[("a.aml", b"<CAEXFile/>")]);
        for end in 4..whole.len() {
            assert!(relevant("a.amlx", &whole[..end]).is_err(), "{end}");
        }
        assert!(relevant("a.amlx", &zipped(&[("readme.txt", b"x")])).is_err());
    }
}
