//! `sightglass export`: the inventory as a file.

use crate::analyze;
use crate::args::{Analyze, Export, ExportForm, Format};
use anyhow::{Context as _, Result};
use api::export::{Form, export};
use posture::view::Viewer;
use std::io::Write as _;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When the table does not exist or the file cannot be written.
pub(crate) fn run(options: &Export) -> Result<u8> {
    let (posture, status) = analyze::posture(&as_analyze(options))?;
    let document = Viewer::new(&posture).analysis(&posture, env!("CARGO_PKG_VERSION"));
    let form = match options.format {
        ExportForm::Csv => Form::Csv,
        ExportForm::Xlsx => Form::Xlsx,
        ExportForm::Json => Form::Json,
        ExportForm::Cyclonedx => Form::CycloneDx,
        ExportForm::CsafVex => Form::CsafVex,
    };
    let bytes = export(&document, form, &options.table).map_err(anyhow::Error::msg)?;
    if options.out.as_os_str() == "-" {
        std::io::stdout().lock().write_all(&bytes).context("cannot write the export")?;
    } else {
        std::fs::write(&options.out, bytes)
            .with_context(|| format!("cannot write {}", options.out.display()))?;
    }
    Ok(status)
}

fn as_analyze(options: &Export) -> Analyze {
    Analyze {
        captures: options.captures.clone(),
        format: Format::Json,
        intel: options.intel.clone(),
        checks: None,
        model: options.model.clone(),
        fail_on: None,
        threads: None,
        quiet: options.quiet,
        accounts: connect::directory::Mapping::default(),
        days: posture::access::PERIOD_DAYS,
    }
}
