//! The same documents out of every kind of source, and what is no source.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use flate2::Compression;
use sightglass_connect::archive::{Document, Error, documents};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

const FILES: [(&str, &str); 4] = [
    ("a/one.json", "{\"n\": 1}"),
    ("a/changes.csv", "no"),
    ("b/two.JSON", "{}"),
    ("b/../../three.json", "[]"),
];

/// Documents by name and text, and what was left out.
type Found = (Vec<(String, String)>, Vec<String>);

fn read(path: &Path) -> Result<Found, Error> {
    let mut all = Vec::new();
    let left_out = documents(path, &mut |Document { name, text, .. }| {
        all.push((name, text));
        ControlFlow::Continue(())
    })?;
    Ok((all, left_out))
}

fn tar() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in FILES {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in FILES {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn every_kind_of_archive_gives_the_same_documents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    for bytes in [tar(), gzip(&tar()), zstd::encode_all(&tar()[..], 1).unwrap(), zip()] {
        std::fs::write(&path, bytes).unwrap();
        let (found, left_out) = read(&path).unwrap();
        let names: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(names, [("a/one.json", "{\"n\": 1}"), ("b/two.JSON", "{}"), ("b/../../three.json", "[]")]);
        assert!(left_out.is_empty());
    }
    assert!(!folder.path().join("three.json").exists());
}

#[test]
fn a_folder_is_read_in_order_and_a_file_is_a_document() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("b/2.json", "2"), ("a.json", "1"), ("b/x.csv", "no"), ("c.json", "3")] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
    let (found, _) = read(folder.path()).unwrap();
    assert_eq!(found.iter().map(|(_, text)| text.as_str()).collect::<String>(), "123");
    assert_eq!(read(&folder.path().join("a.json")).unwrap().0, [("a.json".to_owned(), "1".to_owned())]);
    let packed = folder.path().join("one.json.gz");
    std::fs::write(&packed, gzip(b"{}")).unwrap();
    assert_eq!(read(&packed).unwrap().0, [("one.json.gz".to_owned(), "{}".to_owned())]);
}

#[test]
fn broken_sources_are_errors_and_odd_documents_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    let (tar, zip) = (tar(), zip());
    let packed = gzip(&tar);
    for bytes in
        [&packed[..packed.len() / 2], &zip[..zip.len() / 2], &[0x28, 0xb5, 0x2f, 0xfd, 9], &[0x1f, 0x8b]]
    {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(read(&path), Err(Error::Unreadable { .. })));
    }
    assert!(read(&folder.path().join("absent")).is_err());
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert_eq!(read(&path).unwrap().1, ["upload is not UTF-8 text"]);
    // 64 MiB of blanks in a few kilobytes.
    std::fs::write(&path, gzip(&vec![b' '; 64 << 20])).unwrap();
    let (found, left_out) = read(&path).unwrap();
    assert!(found.is_empty() && left_out[0].contains("larger than 32 MiB"), "{left_out:?}");
}

#[test]
fn reading_stops_when_nobody_wants_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    for bytes in [tar(), zip()] {
        std::fs::write(&path, bytes).unwrap();
        let mut count = 0;
        documents(&path, &mut |_| {
            count += 1;
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(count, 1);
    }
}
