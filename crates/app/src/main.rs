//! Sightglass: passive OT security posture management. Nothing is ever sent to a control network.

mod analyze;
mod args;
mod pipeline;
mod text;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let result = match args.command {
        args::Command::Analyze(options) => analyze::run(&options),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("sightglass: {}", text::inert(&format!("{error:#}")));
            ExitCode::from(analyze::NOTHING_READ)
        }
    }
}
