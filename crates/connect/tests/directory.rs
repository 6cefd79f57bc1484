//! Accounts read from real directories: OpenLDAP's slapd and Samba's domain controller, started by `lab/directory.sh`.
//!
//! Where they are not installed the tests say so and prove nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use model::access::{Account, AccountFlag, AccountKind, Group, Listed};
use sightglass_connect::cmdb::Error;
use sightglass_connect::directory::pull::{Pulled, Settings, pull};
use sightglass_connect::directory::{Directory, Form, Mapping, ldif, read};
use sightglass_connect::transport::Secret;
use sightglass_connect::transport::ldap::{self, Connection};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const READER: &str = "cn=reader,dc=plant,dc=example";

/// A server that is ended with the test.
struct Server {
    id: String,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(&self.id).status();
    }
}

impl Server {
    /// Starts one; none where its programs are missing, or where nobody may start it.
    fn start(kind: &str, needs: &[&str], ports: &[u16]) -> Option<Self> {
        let there = |program: &&str| {
            ["/usr/sbin", "/usr/bin"].iter().any(|dir| Path::new(dir).join(program).exists())
        };
        let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
        if !root || !needs.iter().all(there) {
            eprintln!(
                "NOT TESTED: {kind} needs root and {needs:?}; apt-get install slapd ldap-utils samba samba-ad-dc openssl"
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lab/directory.sh");
        let ports = ports.iter().map(u16::to_string);
        let mut command = Command::new("sh");
        command
            .arg(script)
            .arg(kind)
            .arg(folder.path())
            .args(ports)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        // The server keeps the script's output open, so it goes to a file.
        let told = folder.path().join("told");
        command.stdout(Stdio::from(std::fs::File::create(&told).unwrap())).stdin(Stdio::null());
        assert!(command.status().unwrap().success(), "{kind} did not start: see {}", folder.keep().display());
        let id = std::fs::read_to_string(&told).unwrap().trim().to_owned();
        Some(Self { id, folder })
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The password in a file, as the command line wants it.
    fn password(&self, text: &str) -> Secret {
        let path = self.folder.path().join("password");
        std::fs::write(&path, format!("{text}\n")).unwrap();
        Secret::password_from_file(&path).unwrap()
    }
}

fn open(url: &str, start_tls: bool, ca: Option<PathBuf>) -> Result<Connection, Error> {
    let settings = ldap::Settings { url: url.into(), start_tls, ca, timeout: Duration::from_secs(20) };
    let began = Instant::now();
    loop {
        match Connection::open(&settings) {
            // It takes a moment until it listens.
            Err(Error::Unreachable(what))
                if what.contains("nobody listens") && began.elapsed().as_secs() < 60 =>
            {
                std::thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
}

/// Reads a directory as the command does: through an export.
fn pulled(mut connection: Connection, settings: &Settings) -> Result<(Pulled, Directory), Error> {
    let mut export = Vec::new();
    ldif::begin(&mut export).unwrap();
    let pulled = pull(&mut connection, settings, &mut |entry| {
        ldif::write(entry, &mut export).unwrap();
        Ok(())
    })?;
    assert!(
        !String::from_utf8_lossy(&export).to_lowercase().contains("password:"),
        "no password leaves the directory"
    );
    Ok((pulled, read(&export, "export.ldif", Form::Ldif, &Mapping::default()).unwrap()))
}

fn account<'d>(directory: &'d Directory, name: &str) -> &'d Account {
    let found = directory.listed.iter().find_map(|l| match l {
        Listed::Account(a) if a.name.as_str() == name => Some(a.as_ref()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn group<'d>(directory: &'d Directory, name: &str) -> &'d Group {
    let found = directory.listed.iter().find_map(|l| match l {
        Listed::Group(g) if g.name.as_str() == name => Some(g.as_ref()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn openldap() {
    let (plain, tls) = (13_891, 16_361);
    let Some(server) = Server::start("slapd", &["slapd", "openssl"], &[plain, tls]) else { return };
    let settings = Settings {
        base: "dc=plant,dc=example".into(),
        bind: Some((READER.into(), server.password("lösbar geheim"))),
        ..Settings::default()
    };
    let secure = format!("ldaps://127.0.0.1:{tls}");
    let clear = format!("ldap://127.0.0.1:{plain}");

    let (first, directory) = pulled(open(&secure, false, Some(server.ca())).unwrap(), &settings).unwrap();
    assert_eq!(first.entries, 1204, "more than two pages");
    assert_eq!(first.problems, ["1 referrals to other servers were not followed"]);
    let last = account(&directory, "u1200");
    assert_eq!((last.kind, last.domain.as_str()), (AccountKind::Person, "plant.example"));
    assert_eq!(last.expires.unwrap().to_string(), "2026-12-02T00:00:00.000000Z");
    let engineers = group(&directory, "engineers");
    assert!(engineers.members.iter().any(|m| m.as_str() == "uid=u1,dc=plant,dc=example"));
    assert!(group(&directory, "ops").members.iter().any(|m| m.as_str() == "u7"));

    let start_tls = Settings { start_tls: true, ..settings.clone() };
    let (second, same) = pulled(open(&clear, true, Some(server.ca())).unwrap(), &start_tls).unwrap();
    assert_eq!((second, &same), (first, &directory), "StartTLS reads the same");

    let error = open(&secure, false, None).unwrap_err().to_string();
    assert!(error.contains("no secure connection"), "nobody public vouches for it: {error}");
    let mut plain = open(&clear, true, None).unwrap();
    let error = pull(&mut plain, &start_tls, &mut |_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("no secure connection"), "{error}");

    let refused =
        |settings: &Settings| pulled(open(&clear, false, None).unwrap(), settings).unwrap_err().to_string();
    let wrong = Settings { bind: Some((READER.into(), server.password("wrong"))), ..settings.clone() };
    let error = refused(&wrong);
    assert!(
        error.contains("does not accept this name with this password") && !error.contains("wrong"),
        "{error}"
    );
    let error = refused(&Settings { base: "dc=nowhere".into(), ..settings.clone() });
    assert!(error.contains("is the base right?"), "{error}");
    let error = refused(&Settings { filter: Some("((".into()), ..settings.clone() });
    assert!(error.contains("RFC 4515"), "{error}");
}

#[test]
fn active_directory() {
    let needs = ["samba", "samba-tool", "openssl"];
    let Some(server) = Server::start("samba", &needs, &[]) else { return };
    let settings = Settings {
        base: "dc=plant,dc=example".into(),
        bind: Some(("j.bauer@plant.example".into(), server.password("J0-secret-1"))),
        ..Settings::default()
    };
    let error = pulled(open("ldap://127.0.0.1", false, None).unwrap(), &settings).unwrap_err().to_string();
    assert!(error.contains("use ldaps:// or --start-tls"), "{error}");

    let (_, directory) =
        pulled(open("ldaps://127.0.0.1", false, Some(server.ca())).unwrap(), &settings).unwrap();
    let jo = account(&directory, "j.bauer");
    assert_eq!(
        (jo.display_name.as_str(), jo.domain.as_str(), jo.enabled),
        ("Jo Bauer", "plant.example", true)
    );
    assert!(
        jo.flags.contains(&AccountFlag::PasswordNeverExpires)
            && jo.password_set.is_some()
            && jo.expires.is_none()
    );
    assert!(
        jo.aliases
            .iter()
            .any(|a| a.as_str() == "j.bauer@PLANT.EXAMPLE" || a.as_str() == "j.bauer@plant.example")
    );
    assert!(!account(&directory, "gone").enabled);
    let temp = account(&directory, "temp").expires.unwrap();
    let month = temp.since(account(&directory, "temp").password_set.unwrap()) / 86_400_000_000_000;
    assert!((29..=31).contains(&month), "{temp}");
    assert!(account(&directory, "Administrator").flags.contains(&AccountFlag::Protected));
    assert_eq!(account(&directory, "pc7$").kind, AccountKind::Machine);
    let (engineers, staff, users) =
        (group(&directory, "Engineers"), group(&directory, "Staff"), group(&directory, "Domain Users"));
    assert!(jo.groups.iter().any(|g| engineers.ids.contains(g)), "by name");
    assert!(
        jo.groups.iter().any(|g| users.ids.contains(g)),
        "by the number of the primary group: {:?} {:?}",
        jo.groups,
        users.ids
    );
    assert!(engineers.groups.iter().any(|g| staff.ids.contains(g)), "a group in a group");
}
