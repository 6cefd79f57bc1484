//! Comparison and plan as JSON documents: `sightglass.cmdb/1`.

use model::cmdb::{Change, Field, Record, Target};
use posture::inventory::{Asset, Inventory};
use posture::reconcile::{Ambiguous, Pair, Reconciliation, Seen, seen};
use posture::view::Viewer;
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

const SCHEMA: &str = "sightglass.cmdb/1";

/// The whole comparison.
pub(super) fn comparison(
    inventory: &Inventory,
    name: &str,
    records: &[Record],
    result: &Reconciliation<'_>,
    out: &mut dyn Write,
) -> Result<()> {
    let viewer = Viewer::of_inventory(inventory);
    let assets = |all: &[&Asset]| all.iter().map(|a| asset(a, &viewer)).collect::<Vec<_>>();
    let document = json!({
        "schema": SCHEMA,
        "source": name,
        "assets": inventory.assets.len(),
        "records": records.len(),
        "matched": result.matched.iter().map(|p| pair(p, &viewer)).collect::<Vec<_>>(),
        "missing_in_cmdb": assets(&result.missing_in_cmdb),
        "missing_on_wire": result.missing_on_wire,
        "ambiguous": result.ambiguous.iter().map(ambiguous).collect::<Vec<_>>(),
        "outside": assets(&result.outside),
    });
    line(&document, out)
}

/// What would be written.
pub(super) fn plan(inventory: &Inventory, name: &str, changes: &[Change], out: &mut dyn Write) -> Result<()> {
    let viewer = Viewer::of_inventory(inventory);
    let change = |c: &Change| {
        let target = match &c.target {
            Target::Record(id) => json!({"record": id}),
            Target::New(asset) => json!({"new": asset}),
        };
        let evidence = c.evidence.as_ref().map(|e| viewer.evidence(e));
        json!({"target": target, "field": c.field, "before": c.before, "after": c.after, "why": c.why, "evidence": evidence})
    };
    let changes: Vec<Value> = changes.iter().map(change).collect();
    line(&json!({"schema": SCHEMA, "source": name, "changes": changes}), out)
}

fn line(document: &Value, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    writeln!(out)
}

fn value(seen: &Seen, viewer: &Viewer<'_>) -> Value {
    json!({"value": seen.value, "why": seen.why, "evidence": viewer.evidence(&seen.evidence)})
}

/// An asset in the fields of a record, each with its witness.
fn asset(asset: &Asset, viewer: &Viewer<'_>) -> Value {
    let fields =
        Field::ALL.iter().filter_map(|f| Some((f.as_str().to_owned(), value(&seen(asset, *f)?, viewer))));
    json!({"id": asset.id, "name": asset.name, "seen": fields.collect::<Map<_, _>>()})
}

fn pair(pair: &Pair<'_>, viewer: &Viewer<'_>) -> Value {
    let differs = pair
        .differs
        .iter()
        .map(|d| json!({"field": d.field, "ours": value(&d.ours, viewer), "theirs": d.theirs}));
    json!({
        "asset": {"id": pair.asset.id, "name": pair.asset.name},
        "record": pair.record,
        "why": pair.why.iter().map(|s| json!({"by": s.by.as_str(), "value": s.value})).collect::<Vec<_>>(),
        "differs": differs.collect::<Vec<_>>(),
    })
}

fn ambiguous(one: &Ambiguous<'_>) -> Value {
    json!({
        "assets": one.assets.iter().map(|a| json!({"id": a.id, "name": a.name})).collect::<Vec<_>>(),
        "records": one.records,
        "why": one.why,
    })
}
