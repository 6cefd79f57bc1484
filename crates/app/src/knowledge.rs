//! What the judgement rests on: advisories and checks, read from where the user keeps them.

use anyhow::{Context as _, Result};
use posture::checks::{Checks, LoadError};
use posture::intel::matcher::Intel;
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
