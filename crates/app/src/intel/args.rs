//! `sightglass intel` on the command line.

use crate::args::Format;
use clap::Subcommand;
use std::path::PathBuf;

/// Vulnerability intelligence: what is loaded, loading more, signed bundles for sites without a network.
///
/// A server that runs on the same data folder takes intelligence through its page or its API instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Intel {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show the feeds that are loaded: from where, of what date, how much, verified or not.
    List(List),
    /// Load files, folders, archives or a signed bundle; what each is follows from its content.
    Import(Import),
    /// Write files into one signed bundle, to be carried to a site without a network.
    Bundle(Bundle),
    /// Forget a feed.
    Remove(Remove),
    /// Make a pair of keys for bundles.
    Key(Key),
}

/// The data folder of the server.
#[derive(Debug, clap::Args)]
pub(crate) struct Data {
    /// Folder of the server [default: $XDG_DATA_HOME/sightglass]
    #[arg(long, env = "SIGHTGLASS_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) data: Data,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// What to load.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) data: Data,
    /// Public key whose signed bundles are taken: a file as minisign writes it, or the key itself. May be repeated.
    #[arg(long, env = "SIGHTGLASS_TRUST", value_name = "KEY", value_delimiter = ',')]
    pub(crate) trust: Vec<String>,
    /// Take a bundle although a newer one is loaded.
    #[arg(long)]
    pub(crate) allow_older: bool,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Bundle {
    /// Files and folders to put in.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The bundle.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The secret key that signs (minisign's format; `sightglass intel key new` makes one).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// File with the password of the key, when it has one.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Date of the bundle, RFC 3339 in UTC [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) date: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// The feed, as `intel list` names it.
    pub(crate) feed: String,
    #[command(flatten)]
    pub(crate) data: Data,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    pub(crate) verb: KeyVerb,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make a pair: FILE is the secret key, FILE.pub the public one.
    New {
        /// The secret key.
        #[arg(value_name = "FILE", default_value = "sightglass.key")]
        file: PathBuf,
    },
}
