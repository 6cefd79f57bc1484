//! The command line.

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
}

/// Read captures and print the posture they show. No server, no network, nothing is kept.
///
/// Exit status: 0 done; 1 done, but some input could not be read to its end; 2 wrong usage; 3 a finding as severe as
/// --fail-on is open; 4 nothing could be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Analyze {
    /// Captures: pcap or pcapng, plain, gzip or zstd; `-` is standard input.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// How to print the posture.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Forms of the posture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON document (`sightglass.analysis/1`).
    Json,
}
