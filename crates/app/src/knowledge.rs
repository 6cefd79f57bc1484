//! What the judgement rests on: advisories and checks, read from where the user keeps them.

use crate::clock;
use anyhow::{Context as _, Result};
use model::plant::Decision;
use posture::checks::{Checks, LoadError};
use posture::intel::matcher::Intel;
use posture::plant_file::{self, PlantFile, Said};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Advisories of every path; what could not be read is in the answer, one sentence each.
///
/// # Errors
/// When a path cannot be read, or none of its documents is an advisory.
pub(crate) fn intel(paths: &[PathBuf]) -> Result<(Intel, Vec<String>)> {
    let mut intel = Intel::new();
    let mut problems = Vec::new();
    for path in paths {
        let before = intel.knowledge().advisories;
        let left_out = connect::archive::documents(path, &mut |document| {
            if let Err(error) = intel.add(&document.name, document.text.as_bytes()) {
                problems.push(error.to_string());
            }
            ControlFlow::Continue(())
        })?;
        problems.extend(left_out);
        if intel.knowledge().advisories == before {
            anyhow::bail!("{}: no new CSAF advisory in it", path.display());
        }
    }
    Ok((intel, problems))
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
