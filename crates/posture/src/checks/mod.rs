//! Checks: conditions over the inventory, written as data, that say what is wrong with a plant.
//!
//! A check is a YAML file in `content/checks`; its condition is CEL over the schema that [`schema_manual`] prints. Everything about a check is
//! proven when it is loaded; running it cannot fail. What the captures do not tell stays undecided and is counted.

mod check;
mod evaluate;
mod example;
mod expression;
mod facts;
mod fields;
mod schema;
mod syntax;
mod template;
mod typecheck;

pub use check::{Check, Group, LoadError, Maturity};
pub use evaluate::{Evaluation, Undecided};
pub use example::{Example, Given};
pub(crate) use facts::is_refused;
pub use schema::manual as schema_manual;

use crate::access::{Access, PERIOD_DAYS};
use crate::inventory::Inventory;
use crate::zoning::zoning;
use include_dir::{Dir, include_dir};
use model::Timestamp;
use model::advisory::AssetMatch;
use model::id::AssetId;
use std::collections::BTreeMap;

/// The checks that come with the program.
static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../content/checks");

/// Protocols that a check may name: those that the dissectors read.
pub const PROTOCOLS: &[&str] = &[
    "ads",
    "anydesk",
    "arp",
    "bacnet",
    "bsap",
    "c1222",
    "cdp",
    "cip-io",
    "codesys",
    "codesys-v2",
    "cotp",
    "crimson",
    "dcerpc",
    "dhcp",
    "dhcpv6",
    "dlms",
    "dnp3",
    "dns",
    "dtls",
    "enip",
    "ethercat",
    "ff-hse",
    "fins",
    "fox",
    "ftp",
    "geneve",
    "genisys",
    "goose",
    "hart-ip",
    "hsrp",
    "http",
    "iec104",
    "ike",
    "imap",
    "ipx",
    "kerberos",
    "ldap",
    "lldp",
    "llmnr",
    "mc-1e",
    "mdns",
    "mms",
    "modbus",
    "modbus-rtu",
    "mqtt",
    "mrp",
    "mysql",
    "nbns",
    "netbeui",
    "netbios-dgm",
    "ntp",
    "opcua",
    "opcua-pubsub",
    "openvpn",
    "pcworx",
    "pop3",
    "postgresql",
    "proconos",
    "profinet-dcp",
    "profinet-io",
    "quic",
    "radius",
    "rdp",
    "roc-plus",
    "s7comm",
    "s7comm-plus",
    "slmp",
    "smb",
    "smtp",
    "snmp",
    "srtp",
    "ssdp",
    "ssh",
    "stp",
    "sv",
    "synchrophasor",
    "syslog",
    "tds",
    "teamviewer",
    "telnet",
    "tftp",
    "tls",
    "tristation",
    "tzsp",
    "vnc",
    "vrrp",
    "vxlan",
    "vxlan-gpe",
    "wireguard",
];

/// A set of checks, each id once.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    by_id: BTreeMap<String, Check>,
}

/// A check whose example does not give what it promises.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{check}: example '{example}': expected {expected:?}, found {found:?}")]
pub struct BrokenExample {
    /// The check.
    pub check: String,
    /// The example's name; empty when there is no hit or no miss among them.
    pub example: String,
    /// What the file says.
    pub expected: Vec<String>,
    /// What came out.
    pub found: Vec<String>,
}

impl Checks {
    /// The checks that come with the program, without their examples: these are more than half of the text, and only tests run them.
    ///
    /// # Errors
    ///
    /// A built-in check does not load; a test holds that none is.
    pub fn builtin() -> Result<Self, Vec<LoadError>> {
        let files: Vec<_> = builtin_files().map(|(name, text)| (name, without_examples(text))).collect();
        Self::from_files(files.iter().map(|(name, text)| (*name, text.as_str())))
    }

    /// The same with their examples.
    ///
    /// # Errors
    ///
    /// Like [`Self::builtin`].
    pub fn builtin_with_examples() -> Result<Self, Vec<LoadError>> {
        Self::from_files(builtin_files())
    }

    /// Checks from (file name, text). Names that do not end in `.yaml` or `.yml` are passed over.
    ///
    /// # Errors
    ///
    /// Every mistake in every file, each with its place.
    pub fn from_files<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Self, Vec<LoadError>> {
        let mut checks = Self::default();
        checks.add_files(files)?;
        Ok(checks)
    }

    /// Adds more checks; one with a known id takes the place of the earlier one.
    ///
    /// # Errors
    ///
    /// Every mistake in every file; then nothing is added.
    pub fn add_files<'f>(
        &mut self,
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<(), Vec<LoadError>> {
        let (mut read, mut mistakes) = (Vec::new(), Vec::new());
        for (name, text) in files {
            if !(name.ends_with(".yaml") || name.ends_with(".yml")) {
                continue;
            }
            match Check::parse(name, text) {
                Ok(check) => read.push((check.id.clone(), check)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() {
            self.by_id.extend(read);
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// All checks, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Check> {
        self.by_id.values()
    }

    /// The check with that id.
    pub fn get(&self, id: &str) -> Option<&Check> {
        self.by_id.get(id)
    }

    /// What is wrong with the plant, and what could not be decided. The same input gives the same output, to the byte.
    pub fn evaluate(&self, inventory: &Inventory, matches: &[AssetMatch], access: &Access) -> Evaluation {
        evaluate::evaluate(self.iter(), inventory, matches, access)
    }

    /// Runs the examples of every check, whatever its maturity, and says which are broken.
    pub fn test(&self) -> Vec<BrokenExample> {
        self.iter().flat_map(broken).collect()
    }
}

fn builtin_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILTIN.files().filter_map(|f| Some((f.path().to_str()?, f.contents_utf8()?)))
}

/// In the shipped files the examples come last.
fn without_examples(text: &str) -> String {
    let head = text.split_once("\nexamples:").map_or(text, |(head, _)| head);
    format!("{head}\nexamples: []\n")
}

fn broken(check: &Check) -> Vec<BrokenExample> {
    let complain = |example: &str, expected: &[String], found: Vec<String>| BrokenExample {
        check: check.id.clone(),
        example: example.to_owned(),
        expected: expected.to_vec(),
        found,
    };
    let mut all = Vec::new();
    for (wanted, empty) in [("at least one hit", false), ("at least one miss", true)] {
        if !check.examples.iter().any(|e| e.expect.is_empty() == empty) {
            all.push(complain("", &[wanted.to_owned()], Vec::new()));
        }
    }
    for example in &check.examples {
        let mut expected = example.expect.clone();
        expected.sort();
        let found = outcome(check, &example.given);
        if found != expected {
            all.push(complain(&example.name, &expected, found));
        }
    }
    all
}

/// The findings of one check in an example's plant, by name: `asset`, or `asset / peer`.
fn outcome(check: &Check, given: &Given) -> Vec<String> {
    let (inventory, matches) = given.inventory();
    let names: BTreeMap<_, _> = inventory.assets.iter().map(|a| (a.id.as_str(), a.name.as_str())).collect();
    let mut check = check.clone();
    check.maturity = Maturity::Stable;
    let now = Timestamp::default();
    let access = Access::of(&inventory, &zoning(&inventory, now), now, PERIOD_DAYS);
    let findings = evaluate::evaluate(std::iter::once(&check), &inventory, &matches, &access).findings;
    let name = |id: &AssetId| names.get(id.as_str()).copied().unwrap_or("?");
    let show = |s: &model::finding::FindingSubject| match &s.peer {
        Some(peer) => format!("{} / {}", name(&s.asset), name(peer)),
        None => name(&s.asset).to_owned(),
    };
    let mut found: Vec<_> = findings.iter().map(|f| show(&f.subject)).collect();
    found.sort();
    found
}
