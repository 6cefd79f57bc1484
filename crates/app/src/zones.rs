//! `sightglass zones`: zones, conduits and verdicts of captures, and a model with the proposed zones to begin with.

use crate::analyze;
use crate::args::{Analyze, Format, Zones};
use crate::text::{inert, table};
use anyhow::{Context as _, Result};
use posture::document::{ConduitView, FlowView, ZoneView};
use posture::plant_file::PlantFile;
use posture::view::{Posture, Viewer};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// Runs the command; answers the exit status.
///
/// # Errors
/// When the model cannot be read or the output cannot be written.
pub(crate) fn run(options: &Zones) -> Result<u8> {
    let (posture, status) = analyze::posture(&as_analyze(options))?;
    if let Some(path) = &options.propose {
        propose(&posture, path)?;
        return Ok(status);
    }
    let document = Viewer::new(&posture).analysis(&posture, env!("CARGO_PKG_VERSION"));
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = match options.format {
        Format::Json => {
            let parts = serde_json::json!({
                "zones": document.zones, "conduits": document.conduits, "flows": document.flows,
            });
            writeln!(out, "{parts:#}")
        }
        Format::Text => zones(&document.zones, &mut out)
            .and_then(|()| conduits(&document.conduits, &mut out))
            .and_then(|()| flows(&document.flows, options.flows, &mut out)),
    };
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(status),
        other => other.context("cannot write the zones").map(|()| status),
    }
}

fn as_analyze(options: &Zones) -> Analyze {
    Analyze {
        captures: options.captures.clone(),
        format: options.format,
        intel: Vec::new(),
        checks: None,
        model: options.model.clone(),
        fail_on: None,
        threads: None,
        quiet: options.quiet,
        accounts: connect::directory::Mapping::default(),
        days: posture::access::PERIOD_DAYS,
    }
}

/// Writes what the model says already, with the proposed zones added.
fn propose(posture: &Posture, path: &Path) -> Result<()> {
    let zones = posture.zoning.zones.values().map(|state| state.zone.clone()).collect();
    let rulings = posture.inventory.plant.rulings.values();
    let flows = rulings.map(|(ruling, witness)| posture::plant_file::FlowEntry {
        ruling: ruling.clone(),
        by: Some(witness.by.clone()),
        why: (!witness.why.is_empty()).then(|| witness.why.clone()),
    });
    let file = PlantFile { zones, flows: flows.collect(), ..PlantFile::default() };
    let text = file.to_yaml().map_err(anyhow::Error::msg)?;
    let text = format!(
        "# Zones proposed by Sightglass: review them, then give this file back with --model.\n{text}"
    );
    if path.as_os_str() == "-" {
        return io::stdout().write_all(text.as_bytes()).context("cannot write the model");
    }
    // A model that people have worked on must not be lost to a slip.
    let mut out = std::fs::File::create_new(path)
        .with_context(|| format!("cannot write {}: it must not be there yet", path.display()))?;
    out.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

fn zones(zones: &[ZoneView], out: &mut dyn Write) -> io::Result<()> {
    if zones.is_empty() {
        return writeln!(out, "No zone: nothing seen yet tells where devices belong.");
    }
    writeln!(out, "ZONES")?;
    let mut rows = table(&["zone", "name", "level", "SL-T", "assets", ""]);
    for zone in zones {
        let contested = zone.contested.len();
        let note = match (zone.proposed, contested) {
            (true, _) => "proposed".to_owned(),
            (false, 0) => String::new(),
            (false, n) => format!("{n} also fit other zones"),
        };
        rows.add_row(vec![
            inert(&zone.id),
            inert(&zone.name),
            zone.level.as_ref().map(ToString::to_string).unwrap_or_default(),
            zone.sl_t.map(|sl| sl.to_string()).unwrap_or_default(),
            zone.assets.len().to_string(),
            note,
        ]);
    }
    writeln!(out, "{rows}")
}

fn conduits(conduits: &[ConduitView], out: &mut dyn Write) -> io::Result<()> {
    if conduits.is_empty() {
        return writeln!(out, "\nNothing crosses between zones.");
    }
    writeln!(out, "\nCONDUITS")?;
    let mut rows = table(&["between", "and", "protocols", "flows", "verdicts"]);
    for conduit in conduits {
        let protocols: Vec<String> = conduit
            .protocols
            .iter()
            .map(|p| match p.operations.is_empty() {
                true => p.protocol.clone(),
                false => format!("{} ({})", p.protocol, p.operations.join(", ")),
            })
            .collect();
        let v = conduit.verdicts;
        let verdicts = [
            ("forbidden", v.forbidden),
            ("expired", v.expired),
            ("undecided", v.undecided),
            ("tolerated", v.tolerated),
            ("allowed", v.allowed),
        ];
        let verdicts: Vec<String> =
            verdicts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
        rows.add_row(vec![
            inert(&conduit.from),
            inert(&conduit.to),
            inert(&protocols.join("; ")),
            conduit.flows.to_string(),
            verdicts.join(", "),
        ]);
    }
    writeln!(out, "{rows}")
}

/// Flows, what wants attention first. Undecided ones are counted where nobody ruled on anything yet: they are all of them.
fn flows(flows: &[FlowView], all: bool, out: &mut dyn Write) -> io::Result<()> {
    let rank = |f: &FlowView| posture::ruling::Status::ALL.iter().position(|s| s.as_str() == f.status);
    let mut by_rank: BTreeMap<_, Vec<&FlowView>> = BTreeMap::new();
    for flow in
        flows.iter().filter(|f| all || matches!(f.status, "forbidden" | "expired") || f.ruling.is_some())
    {
        by_rank.entry(rank(flow)).or_default().push(flow);
    }
    if by_rank.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFLOWS")?;
    let mut rows = table(&["verdict", "client", "server", "protocol", "operations", "why"]);
    for flow in by_rank.into_values().flatten() {
        rows.add_row(vec![
            flow.status.to_owned(),
            inert(&flow.client),
            inert(&flow.server),
            inert(&flow.protocol),
            flow.operations.join(", "),
            inert(&flow.why),
        ]);
    }
    writeln!(out, "{rows}")
}
