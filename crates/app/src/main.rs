//! Sightglass: passive OT security posture management.

mod data;
mod demo;
mod engine;
mod import;
mod passive;
mod serve;
mod settings;
mod writer;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::sync::Arc;

/// Passive OT security posture: reads network traffic, says what is there and what is wrong with it.
#[derive(Parser)]
#[command(name = "sightglass", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Keep a site and serve it to a browser
    Serve(settings::Options),
    /// Serve a sample plant, kept apart from your own data
    Demo(settings::Options),
}

fn main() -> ExitCode {
    let engine = Arc::new(passive::Passive);
    match Arguments::parse().command {
        Command::Serve(options) => serve::main(options, engine),
        Command::Demo(options) => serve::main(options.for_demo(), engine),
    }
}
