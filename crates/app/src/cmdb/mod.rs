//! `sightglass cmdb`: what was seen, held against what other systems have on record.

pub(crate) mod args;
mod document;
mod here;
mod report;
mod there;

use crate::args::Format;
use crate::text;
use anyhow::{Context as _, Result};
use args::{Cmdb, Compare, Push, Verb};
use model::cmdb::{Change, Record, Target};
use model::id::AssetId;
use posture::inventory::Inventory;
use posture::reconcile::{self, Reconciliation, Rules};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Done, but not all.
const PARTLY: u8 = 1;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When an input cannot be read, the other system not be reached, or the output not be written.
pub(crate) fn run(options: &Cmdb) -> Result<u8> {
    match &options.verb {
        Verb::Check(check) => {
            let preview = there::preview(&check.from, check.map.as_deref())?;
            print(|out| report::preview(&preview, out)).map(|()| 0)
        }
        Verb::Compare(compare) => self::compare(compare),
        Verb::Push(push) => self::push(push),
    }
}

fn compare(options: &Compare) -> Result<u8> {
    let there = there::There::open(&options.there)?;
    let records = there.records()?;
    let (inventory, status) = here::inventory(&options.here)?;
    let result = reconcile::reconcile(&inventory, &records);
    print(|out| match options.format {
        Format::Json => document::comparison(&inventory, &there.name, &records, &result, out),
        Format::Text => report::comparison(&inventory, &there.name, &records, &result, out),
    })?;
    Ok(status)
}

fn push(options: &Push) -> Result<u8> {
    let there = there::There::open(&options.there)?;
    if there.is_list() && options.write && options.out.is_none() {
        anyhow::bail!("a list is not changed in place: say with --out where the filled-in list goes");
    }
    let records = there.records()?;
    let (inventory, status) = here::inventory(&options.here)?;
    let result = reconcile::reconcile(&inventory, &records);
    let rules = Rules {
        overwrite: options.fields.iter().copied().collect(),
        fill: (!options.fill.is_empty()).then(|| options.fill.iter().copied().collect()),
        create: options.create,
    };
    let changes = reconcile::plan(&result, &rules);
    let could = could_be_made(&result, options.create);
    print(|out| match options.format {
        Format::Json => document::plan(&inventory, &there.name, &changes, out),
        Format::Text => report::plan(&inventory, &changes, could, out),
    })?;
    let pushed = match &options.out {
        Some(out) if there.is_list() && options.write => write_list(out, records, &changes)?,
        _ => there.push(changes, !options.write)?,
    };
    report::pushed(&pushed, options.write);
    Ok(if pushed.refused.is_empty() { status } else { status.max(PARTLY) })
}

/// Assets that `--create` would make records for.
fn could_be_made(result: &Reconciliation<'_>, create: bool) -> usize {
    if create { 0 } else { result.missing_in_cmdb.len() }
}

/// The list with the changes made, as a new file.
fn write_list(path: &Path, mut records: Vec<Record>, changes: &[Change]) -> Result<connect::cmdb::Pushed> {
    let mut new: BTreeMap<&AssetId, Record> = BTreeMap::new();
    let mut places: BTreeMap<_, _> =
        records.iter().enumerate().map(|(at, r)| (r.external_id.clone(), at)).collect();
    for change in changes {
        let record = match &change.target {
            Target::Record(id) => places.get_mut(id).and_then(|at| records.get_mut(*at)),
            Target::New(asset) => Some(new.entry(asset).or_insert_with(|| Record {
                external_id: model::Text::new(asset.as_str()),
                ..Record::default()
            })),
        };
        if let Some(record) = record {
            record.apply(change).map_err(anyhow::Error::msg)?;
        }
    }
    records.extend(new.into_values());
    let workbook = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("xlsx"));
    let bytes = if workbook {
        connect::cmdb::csv::write_workbook(&records)?
    } else {
        connect::cmdb::csv::write(&records).into_bytes()
    };
    let name = path.display();
    let mut file = std::fs::File::create_new(path).with_context(|| format!("cannot make {name}"))?;
    file.write_all(&bytes).with_context(|| format!("cannot write {name}"))?;
    let done = vec![format!("{} records with {} changes in {name}", records.len(), changes.len())];
    Ok(connect::cmdb::Pushed { done, refused: Vec::new() })
}

/// Standard output; that the reader went away (`| head`) is not our fault.
fn print(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the result"),
    }
}

/// Where a value was seen, in words: capture and frame.
fn witness(inventory: &Inventory, evidence: &model::Evidence) -> String {
    let capture = inventory.captures.iter().find(|c| c.id == evidence.capture);
    capture
        .map_or_else(String::new, |c| format!("{} {} of {}", c.unit(), evidence.frame, text::inert(&c.name)))
}
