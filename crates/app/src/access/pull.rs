//! Accounts from a directory into a file.

use super::args::Pull;
use crate::text::inert;
use anyhow::{Context as _, Result};
use connect::cmdb::Error;
use connect::directory::{ldif, pull};
use connect::transport::{Secret, ldap};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// Done, but something is missing.
const PARTLY: u8 = 1;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When the directory cannot be reached or refuses, or the file cannot be written; then there is no file.
pub(super) fn run(options: &Pull) -> Result<u8> {
    let settings = pull::Settings {
        base: options.base.clone(),
        bind: bind(options)?,
        start_tls: options.start_tls,
        filter: options.filter.clone(),
    };
    let transport = ldap::Settings {
        url: options.url.clone(),
        start_tls: options.start_tls,
        ca: options.ca.clone(),
        timeout: Duration::from_secs(options.timeout.into()),
    };
    let mut connection = ldap::Connection::open(&transport)?;
    let name = options.out.display();
    let pulled = if options.out.as_os_str() == "-" {
        write(&mut connection, &settings, &mut io::stdout().lock())?
    } else {
        let mut file = create(&options.out).with_context(|| format!("cannot make {name}"))?;
        let pulled = write(&mut connection, &settings, &mut file);
        if pulled.is_err() {
            // Half a directory would look like a whole one.
            let _ = std::fs::remove_file(&options.out);
        }
        pulled?
    };
    eprintln!("sightglass: {} entries in {name}", pulled.entries);
    pulled.problems.iter().for_each(|what| eprintln!("sightglass: {}", inert(what)));
    Ok(if pulled.problems.is_empty() { 0 } else { PARTLY })
}

fn bind(options: &Pull) -> Result<Option<(String, Secret)>> {
    let Some(name) = &options.bind_dn else { return Ok(None) };
    let password = match &options.password_file {
        Some(path) => Secret::password_from_file(path),
        None => Secret::password_from_env(&options.password_env),
    };
    let password =
        password.map_err(anyhow::Error::msg).context("no password: --password-file or --password-env")?;
    Ok(Some((name.clone(), password)))
}

/// Only its owner reads it: names of people stand in it.
fn create(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write(
    wire: &mut ldap::Connection,
    settings: &pull::Settings,
    out: &mut dyn Write,
) -> Result<pull::Pulled> {
    let failed = |e: io::Error| Error::Unexpected(format!("cannot write: {e}"));
    let mut out = BufWriter::new(out);
    ldif::begin(&mut out).map_err(failed)?;
    let pulled = pull::pull(wire, settings, &mut |entry| ldif::write(entry, &mut out).map_err(failed))?;
    out.flush().map_err(failed)?;
    Ok(pulled)
}
