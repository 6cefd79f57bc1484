//! Comparison and plan as text for a terminal.

use super::witness;
use crate::text::{inert, table};
use connect::cmdb::Pushed;
use connect::cmdb::csv::Preview;
use model::cmdb::{Change, Field, Record, Target};
use model::id::AssetId;
use posture::inventory::{Asset, Inventory};
use posture::reconcile::{Ambiguous, Pair, Reconciliation, seen};
use posture::view::role_words;
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// Names listed of one ambiguity.
const NAMES_MAX: usize = 10;

/// How a list is understood.
pub(super) fn preview(preview: &Preview, out: &mut dyn Write) -> Result<()> {
    let sheet = preview.sheet.as_ref().map(|s| format!("Sheet {}, ", inert(s))).unwrap_or_default();
    let cells = match preview.separator {
        Some('\t') => ", cells separated by tabs".to_owned(),
        Some(c) => format!(", cells separated by {c}"),
        None => String::new(),
    };
    writeln!(out, "{sheet}header in row {}{cells}\n", preview.header_row)?;
    let mut rows = table(&["column", "header", "taken for"]);
    for (title, letters, column) in &preview.columns {
        rows.add_row(vec![
            letters.clone(),
            inert(title),
            column.map_or("(not used)", |c| c.as_str()).to_owned(),
        ]);
    }
    writeln!(out, "{rows}\n")?;
    for (number, cells) in &preview.rows {
        let cells: Vec<String> = cells.iter().map(|c| inert(c)).collect();
        writeln!(out, "row {number}: {}", cells.join(" | "))?;
    }
    Ok(())
}

/// The whole comparison.
pub(super) fn comparison(
    inventory: &Inventory,
    name: &str,
    records: &[Record],
    result: &Reconciliation<'_>,
    out: &mut dyn Write,
) -> Result<()> {
    let differing = result.matched.iter().filter(|p| !p.differs.is_empty()).count();
    writeln!(out, "{} assets, {} records of {}", inventory.assets.len(), records.len(), inert(name))?;
    writeln!(
        out,
        "{} matched ({differing} differ), {} not on record, {} on record and not seen, {} to decide, {} outside the plant",
        result.matched.len(),
        result.missing_in_cmdb.len(),
        result.missing_on_wire.len(),
        result.ambiguous.len(),
        result.outside.len()
    )?;
    matched(inventory, &result.matched, out)?;
    not_on_record(&result.missing_in_cmdb, out)?;
    not_seen(&result.missing_on_wire, out)?;
    to_decide(&result.ambiguous, out)
}

fn title(record: &Record) -> String {
    let name = record.name.as_ref().map(|n| format!(" {n}")).unwrap_or_default();
    inert(&format!("{}{name}", record.external_id))
}

fn matched(inventory: &Inventory, pairs: &[Pair<'_>], out: &mut dyn Write) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nMATCHED")?;
    for pair in pairs {
        let mut by: Vec<&str> = pair.why.iter().map(|s| s.by.words()).collect();
        by.dedup();
        writeln!(out, "{} = {} by {}", inert(&pair.asset.name), title(pair.record), by.join(", "))?;
        for d in &pair.differs {
            let theirs = d.theirs.as_ref().map_or("nothing".into(), |t| inert(t));
            writeln!(
                out,
                "    {}: seen {} ({}; {}), on record {theirs}",
                d.field,
                inert(&d.ours.value),
                inert(&d.ours.why),
                witness(inventory, &d.ours.evidence)
            )?;
        }
    }
    Ok(())
}

fn not_on_record(assets: &[&Asset], out: &mut dyn Write) -> Result<()> {
    if assets.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nSEEN, NOT ON RECORD")?;
    let mut rows = table(&["role", "name", "address", "vendor", "product", "firmware"]);
    for asset in assets {
        let cell = |field| seen(asset, field).map(|s| inert(&s.value)).unwrap_or_default();
        let address = asset.ips.first().map(ToString::to_string);
        let address = address.or_else(|| asset.macs.first().map(ToString::to_string)).unwrap_or_default();
        rows.add_row(vec![
            role_words(asset.role).to_owned(),
            inert(&asset.name),
            address,
            cell(Field::Vendor),
            cell(Field::Product),
            cell(Field::Firmware),
        ]);
    }
    writeln!(out, "{rows}")
}

fn not_seen(records: &[&Record], out: &mut dyn Write) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nON RECORD, NOT SEEN (silence is no proof of absence)")?;
    let mut rows = table(&["id", "name", "address", "vendor", "product", "place"]);
    for record in records {
        let cell = |field| record.value(field).map(|v| inert(&v)).unwrap_or_default();
        let address = record.value(Field::Ips).or_else(|| record.value(Field::Macs)).unwrap_or_default();
        rows.add_row(vec![
            inert(record.external_id.as_str()),
            cell(Field::Name),
            address,
            cell(Field::Vendor),
            cell(Field::Product),
            inert(&record.place.to_string()),
        ]);
    }
    writeln!(out, "{rows}")
}

fn to_decide(all: &[Ambiguous<'_>], out: &mut dyn Write) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nTO DECIDE")?;
    for one in all {
        let assets = one.assets.iter().map(|a| inert(&a.name)).collect();
        let records = one.records.iter().map(|r| title(r)).collect();
        writeln!(out, "seen {}; on record {}", some(assets), some(records))?;
        for why in &one.why {
            writeln!(out, "    {}", inert(why))?;
        }
    }
    Ok(())
}

fn some(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if names.is_empty() { "nothing".into() } else { format!("{}{more}", names.join(", ")) }
}

/// What would be written.
pub(super) fn plan(
    inventory: &Inventory,
    changes: &[Change],
    could: usize,
    out: &mut dyn Write,
) -> Result<()> {
    let names: BTreeMap<&AssetId, &str> = inventory.assets.iter().map(|a| (&a.id, a.name.as_str())).collect();
    let mut last = None;
    for change in changes {
        if last != Some(&change.target) {
            last = Some(&change.target);
            match &change.target {
                Target::Record(id) => writeln!(out, "record {}", inert(id.as_str()))?,
                Target::New(asset) => {
                    writeln!(out, "new record for {}", inert(names.get(asset).copied().unwrap_or_default()))?;
                }
            }
        }
        let before = change.before.as_ref().map_or("nothing".into(), |b| inert(b));
        let seen = change.evidence.as_ref().map(|e| witness(inventory, e)).unwrap_or_default();
        writeln!(
            out,
            "    {}: {before} -> {} ({}; {seen})",
            change.field,
            inert(&change.after),
            inert(&change.why)
        )?;
    }
    writeln!(out, "{} changes", changes.len())?;
    if could > 0 {
        writeln!(
            out,
            "{could} assets are on no record: --create makes records for those that can be told apart"
        )?;
    }
    Ok(())
}

/// What became of it, on standard error: the plan on standard output stays the same.
pub(super) fn pushed(pushed: &Pushed, written: bool) {
    for line in &pushed.done {
        eprintln!("sightglass: {}", inert(line));
    }
    for line in &pushed.refused {
        eprintln!("sightglass: not written: {}", inert(line));
    }
    if !written {
        eprintln!("sightglass: nothing was written; --write does it");
    }
}
