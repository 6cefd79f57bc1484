//! Sightglass: passive OT security posture management. Nothing is ever sent to a control network.

mod access;
mod analyze;
mod args;
mod clock;
mod cmdb;
mod crew;
mod data;
mod decisions;
mod demo;
mod engine;
mod export;
mod folder;
mod import;
mod intel;
mod key;
mod knowledge;
mod matching;
mod passive;
mod pipeline;
mod protocols;
mod serve;
mod settings;
mod text;
mod writer;
mod zones;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let result = match args.command {
        args::Command::Analyze(options) => analyze::run(&options),
        args::Command::Match(options) => matching::run(&options),
        args::Command::Zones(options) => zones::run(&options),
        args::Command::Export(options) => export::run(&options),
        args::Command::Cmdb(options) => cmdb::run(&options),
        args::Command::Access(options) => access::run(&options),
        args::Command::Intel(options) => intel::run(&options),
        args::Command::Protocols(options) => protocols::run(&options),
        args::Command::Serve(options) => Ok(serve::run(options)),
        args::Command::Demo(options) => Ok(serve::run(options.for_demo())),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("sightglass: {}", text::inert(&format!("{error:#}")));
            ExitCode::from(analyze::NOTHING_READ)
        }
    }
}
