//! `sightglass cmdb` on the command line.

use crate::args::Format;
use clap::{Subcommand, ValueEnum};
use model::cmdb::Field;
use std::num::NonZeroU8;
use std::path::PathBuf;

/// Hold a list of assets or a CMDB against what was seen, and fill in what it lacks.
///
/// Exit status: 0 done; 1 done, but some input could not be read to its end or something was not written; 2 wrong usage; 4 nothing
/// could be read or reached.
#[derive(Debug, clap::Args)]
pub(crate) struct Cmdb {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do with it.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show how a list is understood: what each column is taken for, and the first rows. Nothing else is read.
    Check(Check),
    /// Print what matches, what is missing on either side, and where they differ.
    Compare(Compare),
    /// Print what would be written to the other system; with --write, write it.
    Push(Push),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The list.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// What the columns hold, where their header does not tell: a JSON object such as {"name": "KKS", "ips": ["Port 1", "Port 2"]}.
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) there: There,
    #[command(flatten)]
    pub(crate) here: Here,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) there: There,
    #[command(flatten)]
    pub(crate) here: Here,
    /// Write. Without it only what would be written is printed.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) write: bool,
    /// Write nothing: the default, said aloud.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Fields that may be changed although they hold a value, separated by commas. Empty ones are filled without it.
    #[arg(long, value_delimiter = ',', value_parser = field, value_name = "FIELD")]
    pub(crate) fields: Vec<Field>,
    /// Fill these empty fields only.
    #[arg(long, value_delimiter = ',', value_parser = field, value_name = "FIELD")]
    pub(crate) fill: Vec<Field>,
    /// Make records for assets that are on none.
    #[arg(long)]
    pub(crate) create: bool,
    /// Where the filled-in list goes, for lists: .csv or .xlsx. The list itself is never changed.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How to print the plan.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// The other system.
#[derive(Debug, clap::Args)]
pub(crate) struct There {
    /// A list (CSV or Excel), or the address of a system (https://…).
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) from: String,
    /// What that is [default: csv for files].
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// What columns or JSON values hold, where their names do not tell: a JSON object.
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Environment variable with the token; for ServiceNow user:password or an OAuth token.
    #[arg(long, value_name = "NAME", default_value = "SIGHTGLASS_CMDB_TOKEN", conflicts_with = "token_file")]
    pub(crate) token_env: String,
    /// File with the token.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// PEM file with the certificates that may vouch for the system [default: the public ones].
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Seconds that a call to the system may take.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub(crate) timeout: u16,
    /// NetBox: site of new devices, by name.
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// ServiceNow: data source under which values are written, one of the choices of discovery_source.
    #[arg(long, value_name = "NAME", default_value = "Sightglass")]
    pub(crate) data_source: String,
    /// ServiceNow: table that is read, with all that extend it.
    #[arg(long, value_name = "NAME", default_value = "cmdb_ci_hardware")]
    pub(crate) table: String,
}

/// What was seen.
#[derive(Debug, clap::Args)]
pub(crate) struct Here {
    /// Captures and logs, as for analyze.
    #[arg(value_name = "CAPTURE", required_unless_present = "data")]
    pub(crate) captures: Vec<PathBuf>,
    /// Data folder of `sightglass serve`, in place of captures. The server must not run meanwhile.
    #[arg(long, value_name = "DIR", conflicts_with = "captures")]
    pub(crate) data: Option<PathBuf>,
    /// Threads that dissect, at most 8 [default: as many as there are cores].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<NonZeroU8>,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Kinds of systems.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// A list: CSV or an Excel workbook.
    Csv,
    /// NetBox.
    Netbox,
    /// ServiceNow.
    Servicenow,
    /// Any other that gives JSON; --map says where things are. Also a file.
    Json,
}

fn field(word: &str) -> Result<Field, String> {
    Field::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Field::ALL.iter().map(|f| f.as_str()).collect();
        format!("there is no such field; there are {}", known.join(", "))
    })
}
