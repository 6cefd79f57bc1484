//! The command line.

use crate::settings::Options;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Watches industrial control networks without touching them: who is there, what they run, who talks to whom, and what is wrong.
#[derive(Debug, Parser)]
#[command(name = "sightglass", version, about, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read captures and print the posture they show.
    Analyze(Analyze),
    /// Match a list of assets to advisories, without any capture.
    Match(Match),
    /// Show zones and conduits: which devices belong together, what crosses between them, and what was ruled about it.
    Zones(Zones),
    /// Write the inventory to a file: a table (CSV), a workbook (XLSX), the whole document (JSON) or a bill of materials (CycloneDX).
    Export(Export),
    /// Hold a list of assets or a CMDB against what was seen, and fill in what it lacks.
    Cmdb(Box<crate::cmdb::args::Cmdb>),
    /// Show who may reach what and who did, or read accounts from a directory into a file.
    Access(Box<crate::access::args::Access>),
    /// Vulnerability intelligence: what is loaded, loading more, signed bundles for sites without a network.
    Intel(crate::intel::args::Intel),
    /// List the protocols that are understood, and how far.
    Protocols(Protocols),
    /// Keep a site and serve it to a browser on this machine.
    Serve(Options),
    /// Serve a sample plant, kept apart from your own data.
    Demo(Options),
}

/// Read captures and print the posture they show. No server, no network, nothing is kept.
///
/// Exit status: 0 done; 1 done, but some input could not be read to its end; 2 wrong usage; 3 a finding as severe as
/// --fail-on is open; 4 nothing could be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Analyze {
    /// Captures (pcap or pcapng) and logs (Zeek, Suricata EVE, Malcolm), plain, gzip or zstd; `-` is standard input, a folder stands for
    /// all captures and logs in it.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// How to print the posture.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Vulnerability intelligence (CSAF advisories, NVD, CVE list, KEV, EPSS, ATT&CK, OSV): a directory, an archive or a file. May be repeated.
    #[arg(long, value_name = "PATH")]
    pub(crate) intel: Vec<PathBuf>,
    /// More checks, or other versions of the shipped ones: a directory of YAML files.
    #[arg(long, value_name = "DIR")]
    pub(crate) checks: Option<PathBuf>,
    /// What the plant's people know: zones, names, roles, criticality, rulings on flows (YAML; `sightglass zones --propose` writes one).
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// End with status 3 when a finding of this severity or above is open.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<SeverityArg>,
    /// Threads that dissect, at most 8 [default: as many as there are cores]. The posture is the same for any number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<std::num::NonZeroU8>,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// What the columns of lists of accounts hold.
    #[arg(skip)]
    pub(crate) accounts: connect::directory::Mapping,
    /// Days over which the use of accounts is looked at.
    #[arg(skip = posture::access::PERIOD_DAYS)]
    pub(crate) days: u32,
}

/// Show zones and conduits (IEC 62443-3-2): which devices belong together, what crosses between them, and what was ruled about it.
///
/// Zones that the model defines come first; devices that none of them takes are put into proposed ones.
#[derive(Debug, clap::Args)]
pub(crate) struct Zones {
    /// Captures and logs, as `analyze` takes them.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// The plant model: zones, names, roles, rulings on flows (YAML).
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Write a model with the proposed zones, to be reviewed and given back with --model; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) propose: Option<PathBuf>,
    /// Show every flow that crosses, not only those that want attention.
    #[arg(long)]
    pub(crate) flows: bool,
    /// How to print zones and conduits.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Write the inventory to a file, for other programs and for spreadsheets.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// Captures and logs, as `analyze` takes them.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// The form.
    #[arg(long, value_enum)]
    pub(crate) format: ExportForm,
    /// The table, for CSV: assets, modules, facts, conversations, zones, conduits, flows, accounts, findings, advisories.
    #[arg(long, value_name = "NAME", default_value = "assets")]
    pub(crate) table: String,
    /// Where to write; `-` is standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Advisories (CSAF 2.0), as `analyze` takes them.
    #[arg(long, value_name = "PATH")]
    pub(crate) intel: Vec<PathBuf>,
    /// The plant model (YAML).
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Forms of an export.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExportForm {
    /// One table, comma separated.
    Csv,
    /// All tables, one sheet each.
    Xlsx,
    /// The whole document.
    Json,
    /// Hardware, firmware and vulnerabilities (CycloneDX 1.6).
    Cyclonedx,
    /// Where the devices stand towards vulnerabilities (CSAF 2.0 VEX).
    CsafVex,
}

/// Match a list of assets to advisories, without any capture.
#[derive(Debug, clap::Args)]
pub(crate) struct Match {
    /// JSON: an array of assets, or an object with that array under `assets`; each has `id` and `observed`.
    #[arg(long, value_name = "FILE")]
    pub(crate) assets: PathBuf,
    /// Vulnerability intelligence (CSAF advisories, NVD, CVE list, KEV, EPSS, ATT&CK, OSV): a directory, an archive or a file. May be repeated.
    #[arg(long, required = true, value_name = "PATH")]
    pub(crate) intel: Vec<PathBuf>,
    /// Print what to find out next instead: facts that possible matches wait for, the one that settles most first.
    #[arg(long)]
    pub(crate) missing: bool,
    /// How to print the matches.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// List the protocols that are understood, and how far: read off the program itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Protocols {
    /// The industrial ones only.
    #[arg(long)]
    pub(crate) industrial: bool,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Severities on the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum SeverityArg {
    /// Worth knowing.
    Info,
    /// Fix when convenient.
    Low,
    /// Fix in the next outage.
    Medium,
    /// Fix soon.
    High,
    /// Act now.
    Critical,
}

impl From<SeverityArg> for model::finding::Severity {
    fn from(arg: SeverityArg) -> Self {
        match arg {
            SeverityArg::Info => Self::Info,
            SeverityArg::Low => Self::Low,
            SeverityArg::Medium => Self::Medium,
            SeverityArg::High => Self::High,
            SeverityArg::Critical => Self::Critical,
        }
    }
}

/// Forms of the posture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON document (`sightglass.analysis/1`).
    Json,
}
