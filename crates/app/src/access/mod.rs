//! `sightglass access`: who may reach what and who did; and accounts from a directory into a file.

pub(crate) mod args;
mod pull;
mod report;

use crate::analyze;
use crate::args::{Analyze, Format};
use anyhow::{Context as _, Result};
use args::{Access, Verb};
use connect::directory::Mapping;
use posture::view::Viewer;
use std::io::{self, Write as _};
use std::path::Path;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When an input cannot be read, the directory not be reached, or the output not be written.
pub(crate) fn run(options: &Access) -> Result<u8> {
    if let Some(Verb::Pull(options)) = &options.verb {
        return pull::run(options);
    }
    let (posture, status) = analyze::posture(&as_analyze(options)?)?;
    let document = Viewer::new(&posture).access(&posture);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = match options.format {
        Format::Json => serde_json::to_writer_pretty(&mut out, &document)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        Format::Text => report::report(&document, &mut out),
    };
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(status),
        other => other.context("cannot write the accounts").map(|()| status),
    }
}

fn as_analyze(options: &Access) -> Result<Analyze> {
    Ok(Analyze {
        captures: options.captures.iter().chain(&options.accounts).cloned().collect(),
        format: options.format,
        intel: Vec::new(),
        checks: None,
        model: options.model.clone(),
        fail_on: None,
        threads: options.threads,
        quiet: options.quiet,
        accounts: options.map.as_deref().map(mapping).transpose()?.unwrap_or_default(),
        days: options.days,
    })
}

fn mapping(path: &Path) -> Result<Mapping> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the mapping {name}"))?;
    Mapping::parse(&text).with_context(|| format!("{name} cannot be used"))
}
