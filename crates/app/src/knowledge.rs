//! What the judgement rests on: advisories and checks, read from where the user keeps them.

use crate::clock;
use crate::intel::reading;
use anyhow::{Context as _, Result};
use connect::feeds::Found;
use model::plant::Decision;
use posture::checks::{Checks, LoadError};
use posture::intel::matcher::Intel;
use posture::intel::threat::Threats;
use posture::plant_file::{self, PlantFile, Said};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Intelligence of every path: advisories, and what feeds say of their CVEs. What could not be read is in the answer, one sentence each.
///
/// # Errors
/// When a path cannot be read, or there is no intelligence in it.
pub(crate) fn intel(paths: &[PathBuf]) -> Result<(Intel, Arc<Threats>, Vec<String>)> {
    let mut intel = Intel::new();
    let mut threats = Threats::default();
    let mut wanted = BTreeSet::new();
    let mut problems = Vec::new();
    for path in paths {
        let mut found = 0_u64;
        reading::read(path, &mut |item| {
            found += u64::from(matches!(item, Found::Said { .. } | Found::Document { .. }));
            match item {
                Found::Said { feed, cve, said } => threats.add(cve, feed, said),
                Found::Document { feed, name, text } if reading::is_advisory(&feed) => {
                    if let Err(error) = intel.add(&name, text.as_bytes()) {
                        problems.push(error.to_string());
                    }
                    wanted.extend(reading::facts(&text, &mut threats));
                }
                Found::Refused { why, .. } => problems.push(why),
                Found::Document { .. } | Found::AsOf { .. } | Found::Progress(_) => {}
            }
            ControlFlow::Continue(())
        })?;
        if found == 0 {
            let why = problems.last().map(|why| format!(" ({why})")).unwrap_or_default();
            anyhow::bail!("{}: no vulnerability intelligence in it{why}", path.display());
        }
    }
    // Of hundreds of thousands of CVEs only those of advisories can match.
    threats.retain(&wanted);
    Ok((intel, Arc::new(threats), problems))
}

/// What people know of the plant, as decisions that the file makes; when it was written, as far as the system tells.
///
/// # Errors
/// Like [`said`].
pub(crate) fn model(path: &Path) -> Result<Vec<Decision>> {
    Ok(plant_file::numbered(&said(path)?, 1, clock::written(path)))
}

/// What a model file says.
///
/// # Errors
/// When the file cannot be read, or something in it is wrong: file, line, column and what.
pub(crate) fn said(path: &Path) -> Result<Vec<Said>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the model {name}"))?;
    let file = PlantFile::parse(&name, &text).map_err(|all| {
        let words: Vec<String> = all.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the model is wrong:\n  {}", words.join("\n  "))
    })?;
    let short = path.file_name().map_or(name, |n| n.to_string_lossy().into_owned());
    Ok(file.acts(&short))
}

/// The shipped checks, and those of a folder on top: a check of the same id replaces the shipped one.
///
/// # Errors
/// When a check does not load: file, line, column and what is wrong.
pub(crate) fn checks(folder: Option<&Path>) -> Result<Checks> {
    let mut checks = Checks::builtin().map_err(mistakes)?;
    if let Some(folder) = folder {
        let files =
            yaml_files(folder).with_context(|| format!("cannot read the checks in {}", folder.display()))?;
        let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        checks.add_files(files).map_err(mistakes)?;
    }
    Ok(checks)
}

fn mistakes(all: Vec<LoadError>) -> anyhow::Error {
    let words: Vec<String> = all.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("a check does not load:\n  {}", words.join("\n  "))
}

fn yaml_files(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, std::fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}
