//! The inventory against the records of another system, as the document has it.

use crate::document::EvidenceView;
use crate::inventory::{Asset, Inventory};
use crate::reconcile::{Ambiguous, Pair, reconcile};
use crate::view::Viewer;
use model::cmdb::{Field, Record};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A device as another system has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordView {
    /// The other system's own id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Where it was read: the list, and the row or object.
    pub place: String,
    /// Every field that is filled, by its word.
    pub fields: BTreeMap<&'static str, String>,
}

/// What both sides have.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SharedView {
    /// `serial`, `module_serial`, `mac`, `ip` or `name`.
    pub by: &'static str,
    /// The value.
    pub value: String,
}

/// A field in which a pair differs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DifferenceView {
    /// The field's word.
    pub field: &'static str,
    /// What was seen.
    pub ours: String,
    /// Why it is believed.
    pub why: String,
    /// Who saw it.
    pub evidence: EvidenceView,
    /// What is on record; null where nothing is.
    pub theirs: Option<String>,
}

/// An asset and its record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PairView {
    /// Id of the asset.
    pub asset: String,
    /// Its name.
    pub asset_name: String,
    /// An address of it, for decisions.
    pub address: String,
    /// The record.
    pub record: RecordView,
    /// Which evidence joins them, strongest first.
    pub why: Vec<SharedView>,
    /// Where they differ.
    pub differs: Vec<DifferenceView>,
}

/// Assets and records that may belong together, and why it cannot be told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AmbiguousView {
    /// Ids of assets.
    pub assets: Vec<String>,
    /// Records.
    pub records: Vec<RecordView>,
    /// Reasons, one sentence each.
    pub why: Vec<String>,
}

/// Both lists, taken apart.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReconciliationView {
    /// Records that were read.
    pub records: u64,
    /// Assets with their records.
    pub matched: Vec<PairView>,
    /// Ids of assets that no record names.
    pub missing_in_cmdb: Vec<String>,
    /// Records of devices that were never seen.
    pub missing_on_wire: Vec<RecordView>,
    /// What people must decide.
    pub ambiguous: Vec<AmbiguousView>,
    /// Assets outside the plant, which nobody expects on record.
    pub outside: u64,
}

/// Holds both against each other; none where no list was read.
pub(crate) fn reconciliation(inventory: &Inventory, viewer: &Viewer<'_>) -> Option<ReconciliationView> {
    if inventory.records.is_empty() {
        return None;
    }
    let result = reconcile(inventory, &inventory.records);
    Some(ReconciliationView {
        records: inventory.records.len() as u64,
        matched: result.matched.iter().map(|p| pair(p, viewer)).collect(),
        missing_in_cmdb: ids(&result.missing_in_cmdb),
        missing_on_wire: result.missing_on_wire.iter().map(|r| record(r)).collect(),
        ambiguous: result.ambiguous.iter().map(ambiguous).collect(),
        outside: result.outside.len() as u64,
    })
}

fn ids(assets: &[&Asset]) -> Vec<String> {
    assets.iter().map(|a| a.id.to_string()).collect()
}

fn record(r: &Record) -> RecordView {
    let value = |field: Field| match field {
        Field::Ips => Some(model::cmdb::join(&r.ips)).filter(|text| !text.is_empty()),
        Field::Macs => Some(model::cmdb::join(&r.macs)).filter(|text| !text.is_empty()),
        one => r.text(one).map(ToString::to_string),
    };
    RecordView {
        id: r.external_id.to_string(),
        name: r.name.as_ref().map(ToString::to_string),
        place: r.place.to_string(),
        fields: Field::ALL.iter().filter_map(|f| Some((f.as_str(), value(*f)?))).collect(),
    }
}

fn pair(p: &Pair<'_>, viewer: &Viewer<'_>) -> PairView {
    let differs = p.differs.iter().map(|d| DifferenceView {
        field: d.field.as_str(),
        ours: d.ours.value.clone(),
        why: d.ours.why.clone(),
        evidence: viewer.evidence(&d.ours.evidence),
        theirs: d.theirs.clone(),
    });
    let address = p.asset.macs.first().map(ToString::to_string);
    let address = address.or_else(|| p.asset.ips.first().map(ToString::to_string));
    PairView {
        asset: p.asset.id.to_string(),
        asset_name: p.asset.name.clone(),
        address: address.unwrap_or_default(),
        record: record(p.record),
        why: p.why.iter().map(|s| SharedView { by: s.by.as_str(), value: s.value.clone() }).collect(),
        differs: differs.collect(),
    }
}

fn ambiguous(one: &Ambiguous<'_>) -> AmbiguousView {
    AmbiguousView {
        assets: ids(&one.assets),
        records: one.records.iter().map(|r| record(r)).collect(),
        why: one.why.clone(),
    }
}
