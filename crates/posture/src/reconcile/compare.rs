//! Where an asset and its record differ, field by field.

use super::Difference;
use super::normal::{self, Makers, makers_differ};
use super::seen::{self, Seen, seen};
use crate::intel::text::fold;
use crate::inventory::Asset;
use model::cmdb::{Field, Record, join};

/// Every field in which something was seen that the record does not have.
pub(super) fn differences(asset: &Asset, record: &Record, makers: &mut Makers) -> Vec<Difference> {
    let fields = Field::ALL.iter().copied();
    fields.filter_map(|field| difference(asset, record, field, makers)).collect()
}

fn difference(asset: &Asset, record: &Record, field: Field, makers: &mut Makers) -> Option<Difference> {
    let ours = seen(asset, field)?;
    let theirs = record.value(field);
    let ours = match (field, &theirs) {
        (Field::Ips | Field::Macs, _) => lacking(asset, record, field, ours)?,
        (_, Some(text)) if same(asset, record, field, &ours.value, text, makers) => return None,
        _ => ours,
    };
    Some(Difference { field, ours, theirs })
}

/// Of a list, what the record lacks. What it has more was not seen, which contradicts nothing.
fn lacking(asset: &Asset, record: &Record, field: Field, ours: Seen) -> Option<Seen> {
    let value = match field {
        Field::Ips => {
            join(asset.ips.iter().filter(|ip| !record.ips.contains(ip) && normal::is_telling(**ip)))
        }
        _ => join(asset.macs.iter().filter(|mac| !record.macs.contains(mac))),
    };
    Some(Seen { value, ..ours }).filter(|s| !s.value.is_empty())
}

fn same(asset: &Asset, record: &Record, field: Field, ours: &str, text: &str, makers: &mut Makers) -> bool {
    match field {
        Field::Vendor => !makers_differ(&makers.keys(ours), &makers.keys(text)),
        Field::Serial => match (normal::serial(ours), normal::serial(text)) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => normal::same_number(ours, text),
        },
        Field::Hardware | Field::Firmware => normal::same_version(ours, text),
        Field::Product => product_named(asset, text) || order_number_there(asset, record, text),
        Field::OrderNumber => normal::same_number(ours, text),
        Field::Name => seen::names(asset).any(|c| same_name(c.value.as_str(), text)),
        // A word that means no role of ours can not be held against it.
        Field::Role => normal::role(text).is_none_or(|role| role == asset.role),
        _ => fold(ours.trim()) == fold(text.trim()),
    }
}

fn product_named(asset: &Asset, text: &str) -> bool {
    let claim = seen::claim(asset, model::Attribute::Product);
    claim.is_some_and(|c| normal::same_product(c.value.as_str(), text))
}

/// Many lists have the order number in place of the product's name.
fn order_number_there(asset: &Asset, record: &Record, text: &str) -> bool {
    let claim = seen::claim(asset, model::Attribute::OrderNumber);
    let in_its_place = record.order_number.as_ref().is_none_or(|n| n.as_str() == text);
    in_its_place && claim.is_some_and(|c| normal::same_number(c.value.as_str(), text))
}

fn same_name(ours: &str, theirs: &str) -> bool {
    match (normal::name(ours), normal::name(theirs)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => fold(ours.trim()) == fold(theirs.trim()),
    }
}
