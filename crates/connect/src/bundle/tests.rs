//! Bundles as they should be, and every way in which one is not.

use super::*;

const CREATED: &str = "2026-01-02T03:04:05Z";

struct Desk {
    folder: tempfile::TempDir,
    secret: SecretKey,
    trusted: Trusted,
}

fn desk() -> Desk {
    let (secret, public) = new_keys().unwrap();
    let (secret, trusted) = (secret_key(&secret, None).unwrap(), Trusted::read(&public).unwrap());
    Desk { folder: tempfile::tempdir().unwrap(), secret, trusted }
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A bundle of two files, the second with a name that wants out.
    fn bundle(&self) -> PathBuf {
        std::fs::write(self.path("a.json"), "{\"a\": 1}").unwrap();
        std::fs::write(self.path("b.csv"), "b".repeat(100_000)).unwrap();
        let listed =
            |name: &str| Listed { name: name.into(), bytes: 0, sha256: String::new(), feeds: Vec::new() };
        let files = vec![
            (self.path("a.json"), listed("in/a.json")),
            (self.path("b.csv"), listed("../../../etc/b c.csv")),
        ];
        let out = self.path("x.bundle");
        write(&out, &self.secret, CREATED, files).unwrap();
        out
    }

    fn open(&self, bundle: &Path) -> Result<Opened, Error> {
        let into = tempfile::tempdir_in(self.folder.path()).unwrap();
        open(bundle, std::slice::from_ref(&self.trusted), into.path())
    }

    /// The plain tar of a bundle.
    fn plain(&self) -> Vec<u8> {
        zstd::decode_all(File::open(self.bundle()).unwrap()).unwrap()
    }

    /// What becomes of a bundle whose tar was changed.
    fn changed(&self, tar: &[u8]) -> String {
        let path = self.path("changed");
        std::fs::write(&path, zstd::encode_all(tar, 1).unwrap()).unwrap();
        self.open(&path).unwrap_err().to_string()
    }
}

#[test]
fn what_is_packed_comes_out_and_nothing_leaves_the_folder() {
    let desk = desk();
    let bundle = desk.bundle();
    assert!(is_bundle(&bundle) && !is_bundle(&desk.path("a.json")) && !is_bundle(&desk.path("none")));
    let into = desk.path("into");
    std::fs::create_dir(&into).unwrap();
    let opened = open(&bundle, std::slice::from_ref(&desk.trusted), &into).unwrap();
    assert_eq!((opened.manifest.created.as_str(), opened.signed_by), (CREATED, desk.trusted.number()));
    assert_eq!(std::fs::read_to_string(into.join("000001-a.json")).unwrap(), "{\"a\": 1}");
    assert_eq!(std::fs::metadata(into.join("000002-b_c.csv")).unwrap().len(), 100_000);
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 2);
}

#[test]
fn the_same_files_give_the_same_bytes_but_for_the_signature() {
    let desk = desk();
    let parts = |tar: &[u8]| -> Vec<(String, Vec<u8>)> {
        let mut archive = tar::Archive::new(tar);
        let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut bytes = entry.header().as_bytes().to_vec();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.path().unwrap().display().to_string(), bytes)
        };
        archive.entries().unwrap().map(read).filter(|(name, _)| name != SIGNATURE).collect()
    };
    let (one, two) = (desk.plain(), desk.plain());
    assert_eq!(parts(&one), parts(&two));
}

#[test]
fn an_unknown_key_a_wrong_signature_and_changed_contents_are_refused() {
    let desk = desk();
    let other = self::desk();
    let error = other.open(&desk.bundle()).unwrap_err();
    assert!(
        matches!(error, Error::UnknownKey { .. }) && error.to_string().contains(&desk.trusted.number()),
        "{error}"
    );
    // The same number, another key: as if someone had copied the number.
    let mut forged = other.trusted.0.to_bytes();
    forged[2..10].copy_from_slice(desk.trusted.0.keynum());
    let forged = Desk { trusted: Trusted(PublicKey::from_bytes(&forged).unwrap()), ..other };
    assert!(matches!(forged.open(&desk.bundle()), Err(Error::BadSignature(_))));
    let tar = desk.plain();
    let at = |needle: &[u8]| tar.windows(needle.len()).position(|w| w == needle).unwrap();
    for (place, says) in
        [(at(CREATED.as_bytes()), "signature of the bundle is wrong"), (at(b"{\"a\": 1}"), "SHA-256 differs")]
    {
        let mut changed = tar.clone();
        changed[place] ^= 1;
        assert!(desk.changed(&changed).contains(says), "{says}");
    }
    // A file more behind the last one.
    let mut longer = tar::Builder::new(tar[..tar.len() - 1024].to_vec());
    let mut header = tar::Header::new_ustar();
    header.set_size(1);
    longer.append_data(&mut header, "extra.json", &b"x"[..]).unwrap();
    assert!(desk.changed(&longer.into_inner().unwrap()).contains("more than the manifest says"));
}

#[test]
fn a_bundle_cut_anywhere_is_refused() {
    let desk = desk();
    let whole = std::fs::read(desk.bundle()).unwrap();
    let path = desk.path("cut");
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(desk.open(&path).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn a_bomb_ends_at_the_cap_of_its_part() {
    let desk = desk();
    let mut archive = tar::Builder::new(zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap());
    let mut header = tar::Header::new_ustar();
    header.set_size(300 << 20);
    archive.append_data(&mut header, MANIFEST, io::repeat(b' ').take(300 << 20)).unwrap();
    let path = desk.path("bomb");
    std::fs::write(&path, archive.into_inner().unwrap().finish().unwrap()).unwrap();
    assert!(desk.open(&path).unwrap_err().to_string().contains("longer than"));
}

#[test]
fn keys_are_read_in_both_forms_and_others_are_not() {
    let (secret, public) = new_keys().unwrap();
    let line = public.lines().nth(1).unwrap();
    assert_eq!(Trusted::read(line).unwrap().number(), Trusted::read(&public).unwrap().number());
    assert!(Trusted::read(&secret).is_err() && Trusted::named("/no/such/file").is_err());
    assert!(secret_key(&public, None).is_err());
}

/// The documented format, held against the program that documents it.
#[test]
fn minisign_itself_agrees() {
    let desk = desk();
    let Ok(version) = std::process::Command::new("minisign").arg("-v").output() else {
        eprintln!("SKIPPED: the program minisign is not installed");
        return;
    };
    assert!(version.status.success());
    let mut archive = tar::Archive::new(Cursor::new(desk.plain()));
    archive.unpack(desk.path("out")).unwrap();
    let key = desk.trusted.0.to_base64();
    let run = std::process::Command::new("minisign")
        .args(["-V", "-P", &key, "-m"])
        .arg(desk.path("out").join(MANIFEST))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
