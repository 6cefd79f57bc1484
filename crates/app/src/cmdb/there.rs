//! The other system: a list in a file, or a server.

use super::args::{self, Kind};
use anyhow::{Context as _, Result};
use connect::cmdb::csv::{self, FILE_BYTES_MAX, Preview};
use connect::cmdb::mapping::Mapping;
use connect::cmdb::{Cmdb, Pushed, json, lead, netbox, servicenow};
use connect::transport::{Client, Secret, Settings};
use model::cmdb::{Change, Record};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The other system, ready to be asked.
pub(super) struct There {
    /// What it is called in reports.
    pub(super) name: String,
    system: System,
}

enum System {
    List(PathBuf, Mapping),
    /// JSON in a file.
    Document(PathBuf, Mapping),
    Server(Box<dyn Cmdb>, std::cell::RefCell<Client>),
}

impl There {
    /// Makes ready; nothing is sent yet.
    ///
    /// # Errors
    /// The options do not go together, or a file they name cannot be read.
    pub(super) fn open(options: &args::There) -> Result<Self> {
        let is_url = options.from.starts_with("https://") || options.from.starts_with("http://");
        let mapping = mapping(options.map.as_deref())?;
        let name = options.from.trim_end_matches('/').to_owned();
        let system: Box<dyn Cmdb> = match (options.kind, is_url) {
            (None | Some(Kind::Csv), false) => {
                return Ok(Self { system: System::List(options.from.clone().into(), mapping), name });
            }
            (Some(Kind::Netbox), true) => {
                let site = options.site.clone();
                Box::new(netbox::NetBox::new(netbox::Settings { site, ..netbox::Settings::new(&name) }))
            }
            (Some(Kind::Servicenow), true) => {
                let table = options.table.clone();
                let settings = servicenow::Settings::new(&name, &options.data_source);
                Box::new(servicenow::ServiceNow::new(servicenow::Settings { table, ..settings }))
            }
            (Some(Kind::Json), true) => Box::new(json::JsonApi::new(&name, mapping)),
            (Some(Kind::Json), false) => {
                return Ok(Self { system: System::Document(options.from.clone().into(), mapping), name });
            }
            (None, true) => anyhow::bail!("say with --kind what system is at that address"),
            (Some(Kind::Csv), true) => anyhow::bail!("a list is read from a file, not from an address"),
            (Some(_), false) => anyhow::bail!("--from must be the address of the system: https://…"),
        };
        let client = client(options, system.as_ref())?;
        Ok(Self { name, system: System::Server(system, client.into()) })
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.system, System::List(..) | System::Document(..))
    }

    /// All records.
    ///
    /// # Errors
    /// They cannot be read, or are malformed.
    pub(super) fn records(&self) -> Result<Vec<Record>> {
        match &self.system {
            System::List(path, mapping) => {
                let name = path.display().to_string();
                let list = csv::read(&file(path)?, &name, mapping)
                    .with_context(|| format!("{name} cannot be used"))?;
                Ok(list.records)
            }
            System::Document(path, mapping) => {
                let name = path.display().to_string();
                json::read(&file(path)?, &name, mapping).with_context(|| format!("{name} cannot be used"))
            }
            System::Server(system, client) => {
                let mut client = client.borrow_mut();
                Ok(lead(&mut *system.read(), &mut |request| client.send(request))?)
            }
        }
    }

    /// Writes, or asks what writing would do.
    ///
    /// # Errors
    /// The system cannot be written, or not be reached.
    pub(super) fn push(&self, changes: Vec<Change>, dry_run: bool) -> Result<Pushed> {
        match &self.system {
            System::List(..) | System::Document(..) => Ok(Pushed::default()),
            System::Server(system, client) => {
                let mut client = client.borrow_mut();
                Ok(lead(&mut *system.push(changes, dry_run)?, &mut |request| client.send(request))?)
            }
        }
    }
}

fn client(options: &args::There, system: &dyn Cmdb) -> Result<Client> {
    let secret = match &options.token_file {
        Some(path) => Secret::from_file(path),
        None => Secret::from_env(&options.token_env),
    };
    let secret = match secret {
        // Some interfaces want none.
        Err(_) if system.kind() == "json" && options.token_file.is_none() => None,
        other => Some(other.map_err(anyhow::Error::msg).context("no token: --token-env or --token-file")?),
    };
    let settings = Settings {
        ca: options.ca.clone(),
        timeout: Duration::from_secs(options.timeout.into()),
        ..Settings::new(&options.from)
    };
    let authorization = secret.map(|secret| system.authorization(secret.expose()));
    Client::new(settings, authorization).map_err(anyhow::Error::msg)
}

/// How a list is understood.
///
/// # Errors
/// It cannot be read, or no header is found.
pub(super) fn preview(path: &Path, map: Option<&Path>) -> Result<Preview> {
    let name = path.display();
    csv::preview(&file(path)?, &mapping(map)?).with_context(|| format!("{name} cannot be used"))
}

fn mapping(path: Option<&Path>) -> Result<Mapping> {
    let Some(path) = path else { return Ok(Mapping::default()) };
    let name = path.display();
    let text = String::from_utf8(file(path)?).with_context(|| format!("{name} is no text"))?;
    Mapping::parse(&text).with_context(|| format!("{name} cannot be used"))
}

fn file(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?;
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {name}"))?;
    Ok(bytes)
}
