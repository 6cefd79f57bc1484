//! `sightglass access` on the command line.

use crate::args::Format;
use clap::Subcommand;
use std::num::NonZeroU8;
use std::path::PathBuf;

/// Show who may reach what, and who did: accounts and grants of lists beside the sign-ins that captures and logs show.
///
/// Exit status: 0 done; 1 done, but some input could not be read to its end; 2 wrong usage; 4 nothing could be read or reached.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Access {
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
    /// Captures and logs, as `analyze` takes them; exports of directories (LDIF) and lists of accounts among them are understood as well.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// Accounts and grants: an export of a directory (LDIF) or a list (.csv, .xlsx). May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: Vec<PathBuf>,
    /// What the columns of lists hold, where their header does not tell: a JSON object such as {"account": "Kürzel"}.
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// The plant model (YAML): zones, names, and rights under `access`.
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Days before the end of what was observed over which use is looked at.
    #[arg(long, value_name = "NUMBER", default_value_t = posture::access::PERIOD_DAYS, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// How to print accounts.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Threads that dissect, at most 8 [default: as many as there are cores].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<NonZeroU8>,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Other things to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Read accounts and groups from a directory (LDAP, Active Directory) into a file, which is then imported like a capture.
    Pull(Pull),
}

/// Read accounts and groups from a directory (LDAP, Active Directory) into an LDIF file. Nothing is changed there, and attributes with
/// passwords are not asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Pull {
    /// Address of the directory: ldaps://host[:port], or ldap://host[:port] with --start-tls. Plain ldap is for loopback only.
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// Where to begin, such as dc=plant,dc=example.
    #[arg(long, value_name = "DN")]
    pub(crate) base: String,
    /// Who reads: a distinguished name, or at Active Directory user@realm. Without it, nobody in particular.
    #[arg(long, value_name = "DN")]
    pub(crate) bind_dn: Option<String>,
    /// File with the password, on its first line.
    #[arg(long, value_name = "FILE", requires = "bind_dn")]
    pub(crate) password_file: Option<PathBuf>,
    /// Environment variable with the password.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "SIGHTGLASS_LDAP_PASSWORD",
        conflicts_with = "password_file"
    )]
    pub(crate) password_env: String,
    /// Go over to TLS before anything else is said.
    #[arg(long)]
    pub(crate) start_tls: bool,
    /// PEM file with the certificates that may vouch for the directory [default: the public ones].
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// What to read (RFC 4515), in place of every account and group.
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// Seconds that connecting and each answer may take.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub(crate) timeout: u16,
    /// Where to write; it must not be there yet. `-` is standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
