//! `sightglass match`: a list of assets against advisories, without any capture.

use crate::args::{Format, Match};
use crate::{knowledge, text};
use anyhow::{Context as _, Result};
use model::advisory::{Match as Found, MatchStatus, Observed};
use posture::intel::fleet::Memo;
use posture::questions::{Open, Question, questions};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;

/// Largest list of assets, in bytes.
const ASSETS_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The list, in one of its two forms. Other keys are ignored.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Bare(Vec<Listed>),
    Under { assets: Vec<Listed> },
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    observed: Observed,
}

/// Runs the command; answers the exit status.
///
/// # Errors
/// When an input cannot be read or the output not be written.
pub(crate) fn run(options: &Match) -> Result<u8> {
    let (intel, _, problems) = knowledge::intel(&options.intel)?;
    for problem in &problems {
        eprintln!("sightglass: {}", text::inert(problem));
    }
    let assets = list(options)?;
    let mut memo = Memo::default();
    let matches: BTreeMap<String, Vec<Found>> = assets
        .iter()
        .map(|asset| (asset.id.clone(), memo.matches(&intel, &asset.observed).to_vec()))
        .collect();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match options.format {
        Format::Json if options.missing => {
            serde_json::to_writer(&mut out, &missing(&assets, &matches))?;
            writeln!(out)?;
        }
        Format::Text if options.missing => {
            for question in missing(&assets, &matches) {
                writeln!(out, "{:6}  {}", question.settles, text::inert(&question.action))?;
            }
        }
        Format::Json => {
            serde_json::to_writer(&mut out, &matches)?;
            writeln!(out)?;
        }
        Format::Text => report(&matches, &mut out)?,
    }
    out.flush().context("cannot write the matches")?;
    Ok(u8::from(!problems.is_empty()))
}

/// What to find out, by product as the list names it.
fn missing(assets: &[Listed], matches: &BTreeMap<String, Vec<Found>>) -> Vec<Question> {
    let named = |asset: &Listed| {
        let words = [&asset.observed.vendor, &asset.observed.product, &asset.observed.order_number];
        words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    let names: BTreeMap<&str, String> =
        assets.iter().map(|asset| (asset.id.as_str(), named(asset))).collect();
    questions(matches.iter().flat_map(|(asset, found)| {
        let product = names.get(asset.as_str()).map_or("", String::as_str);
        found.iter().filter_map(move |m| {
            let missing = m.missing.as_ref()?;
            let (advisory, fact, which) = (m.advisory.as_str(), missing.fact(), missing.which());
            Some(Open { asset, product, advisory, fact, which })
        })
    }))
}

fn list(options: &Match) -> Result<Vec<Listed>> {
    let name = options.assets.display();
    let size = std::fs::metadata(&options.assets).with_context(|| format!("cannot read {name}"))?.len();
    anyhow::ensure!(size <= ASSETS_BYTES_MAX, "{name} is larger than {ASSETS_BYTES_MAX} bytes");
    let json = std::fs::read(&options.assets).with_context(|| format!("cannot read {name}"))?;
    let list = serde_json::from_slice(&json).with_context(|| format!("{name} is not a list of assets"))?;
    Ok(match list {
        List::Bare(assets) | List::Under { assets } => assets,
    })
}

fn report(matches: &BTreeMap<String, Vec<Found>>, out: &mut dyn Write) -> std::io::Result<()> {
    for (asset, found) in matches {
        let open = found
            .iter()
            .filter(|m| matches!(m.status, MatchStatus::Affected | MatchStatus::Possible))
            .count();
        writeln!(out, "{}: {open} open, {} in all", text::inert(asset), found.len())?;
        for m in found {
            let status = format!("{:?}", m.status).to_lowercase();
            writeln!(out, "  {status:12} {:16} {:18} {}", m.advisory, m.cve, text::inert(&m.reason))?;
        }
    }
    Ok(())
}
