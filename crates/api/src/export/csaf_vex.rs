//! Where the devices of the site stand towards vulnerabilities, as a VEX document (CSAF 2.0, profile 5: `csaf_vex`).
//!
//! One product per asset or module. Of several advisories on one CVE the gravest word counts, since a product may stand in one group only
//! (mandatory test 6.1.6).

use model::id::digest;
use posture::document::{AdvisoryView, Analysis, AssetView, DocumentView};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Before the first packet, time begins somewhere.
const NEVER: &str = "1970-01-01T00:00:00Z";

/// What is known of a CVE: by product the gravest match.
type ByProduct<'a> = BTreeMap<String, &'a AdvisoryView>;

/// Advisories by id.
type Advisories<'a> = BTreeMap<&'a str, &'a DocumentView>;

/// The whole document.
pub(super) fn document(analysis: &Analysis) -> Value {
    let mut by_cve: BTreeMap<&str, ByProduct<'_>> = BTreeMap::new();
    for view in &analysis.advisories {
        let name = if view.cve.is_empty() { &view.advisory } else { &view.cve };
        let products = by_cve.entry(name).or_default();
        let kept = products.entry(product_id(view)).or_insert(view);
        if gravity(view) > gravity(kept) {
            *kept = view;
        }
    }
    let products: BTreeMap<String, &AdvisoryView> =
        analysis.advisories.iter().map(|view| (product_id(view), view)).collect();
    let mut document = json!({ "document": head(analysis) });
    if let Some(all) = document.as_object_mut() {
        let names = names(analysis, &products);
        all.insert("product_tree".into(), json!({ "full_product_names": names }));
        let advisories = analysis.documents.iter().map(|d| (d.id.as_str(), d)).collect();
        let vulnerabilities: Vec<Value> =
            by_cve.iter().map(|(cve, products)| vulnerability(&advisories, cve, products)).collect();
        all.insert("vulnerabilities".into(), Value::Array(vulnerabilities));
    }
    document
}

fn head(analysis: &Analysis) -> Value {
    let ids: Vec<&str> = analysis.assets.iter().map(|a| a.id.as_str()).collect();
    let last = analysis.captures.iter().filter_map(|c| c.last.as_deref());
    let decided = analysis.decisions.iter().map(|d| d.at.as_str());
    // When what it rests on was seen or said, not when it was written: the same site gives the same document.
    let date = last.chain(decided).max().unwrap_or(NEVER);
    json!({
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "title": "Where the devices of this site stand towards vulnerabilities",
        "publisher": {
            "category": "user",
            "name": "Operator of the site",
            "namespace": "urn:sightglass:operator",
        },
        "tracking": {
            "id": format!("sightglass-{}", digest(&ids)),
            "status": "final",
            "version": "1",
            "initial_release_date": date,
            "current_release_date": date,
            "revision_history": [{ "date": date, "number": "1", "summary": "As it is now" }],
            "generator": {
                "engine": { "name": analysis.tool.name, "version": analysis.tool.version },
            },
        },
    })
}

fn product_id(view: &AdvisoryView) -> String {
    match &view.module {
        Some(module) => format!("{}/{module}", view.asset),
        None => view.asset.clone(),
    }
}

fn gravity(view: &AdvisoryView) -> u8 {
    match view.status {
        "affected" => 3,
        "possible" => 2,
        "not_affected" => 1,
        _ => 0,
    }
}

fn names(analysis: &Analysis, products: &BTreeMap<String, &AdvisoryView>) -> Vec<Value> {
    let assets: BTreeMap<&str, &AssetView> = analysis.assets.iter().map(|a| (a.id.as_str(), a)).collect();
    let name = |(id, view): (&String, &&AdvisoryView)| {
        let asset = assets.get(view.asset.as_str())?;
        let module = view.module.as_ref().and_then(|slot| asset.modules.iter().find(|m| m.slot == *slot));
        let (vendor, product, firmware, serial, order) = match module {
            Some(m) => (&m.vendor, &m.product, &m.firmware, &m.serial, &m.order_number),
            None => (&asset.vendor, &asset.product, &asset.firmware, &asset.serial, &asset.order_number),
        };
        let words = [vendor, product, firmware].into_iter().flatten().map(String::as_str);
        let what: Vec<&str> = words.collect();
        let mut full = json!({ "product_id": id, "name": format!("{}: {}", asset.name, what.join(" ")) });
        let mut helper = Map::new();
        if let Some(serial) = serial {
            helper.insert("serial_numbers".into(), json!([serial]));
        }
        if let Some(order) = order {
            helper.insert("model_numbers".into(), json!([order]));
        }
        if let (false, Some(all)) = (helper.is_empty(), full.as_object_mut()) {
            all.insert("product_identification_helper".into(), Value::Object(helper));
        }
        Some(full)
    };
    products.iter().filter_map(name).collect()
}

fn vulnerability(advisories: &Advisories<'_>, cve: &str, products: &ByProduct<'_>) -> Value {
    let with = |status: &str| -> Vec<&str> {
        products.iter().filter(|(_, view)| view.status == status).map(|(id, _)| id.as_str()).collect()
    };
    let groups = [
        ("known_affected", with("affected")),
        ("under_investigation", with("possible")),
        ("known_not_affected", with("not_affected")),
        ("fixed", with("fixed")),
    ];
    let status: Map<String, Value> = groups
        .into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(group, ids)| (group.to_owned(), json!(ids)))
        .collect();
    let title = products.values().next().map(|view| view.title.as_str()).unwrap_or_default();
    let mut out = json!({
        "notes": [{ "category": "description", "text": if title.is_empty() { cve } else { title } }],
        "product_status": status,
    });
    let Some(all) = out.as_object_mut() else { return out };
    if is_cve(cve) {
        all.insert("cve".into(), json!(cve));
    } else {
        all.insert("ids".into(), json!([{ "system_name": "advisory", "text": cve }]));
    }
    let mut put = |key: &str, values: Vec<Value>| {
        if !values.is_empty() {
            all.insert(key.into(), Value::Array(values));
        }
    };
    put("flags", products.iter().filter_map(flag).collect());
    put("threats", products.iter().filter_map(impact).collect());
    put(
        "remediations",
        products
            .iter()
            .filter(|(_, v)| v.status == "affected")
            .map(|(id, view)| action(advisories, id, view))
            .collect(),
    );
    out
}

/// `CVE-` year `-` four digits or more (CSAF 2.0, 3.2.3.2).
fn is_cve(text: &str) -> bool {
    text.starts_with("CVE-") && text.trim() == text && model::threat::CveId::parse(text).is_some()
}

/// Why a person says that a product is not affected.
fn flag((id, view): (&String, &&AdvisoryView)) -> Option<Value> {
    let stated = view.stated.as_ref().filter(|s| !s.expired && view.status == "not_affected")?;
    Some(json!({ "label": stated.justification?, "product_ids": [id], "date": stated.at }))
}

/// Why a product is not affected otherwise: a VEX document says so for every one of them (profile 5, 4.5).
fn impact((id, view): (&String, &&AdvisoryView)) -> Option<Value> {
    (view.status == "not_affected")
        .then(|| json!({ "category": "impact", "details": view.reason, "product_ids": [id] }))
}

/// What is done about a product that is affected: a VEX document says so for every one of them (profile 5, 4.5).
fn action(advisories: &Advisories<'_>, id: &str, view: &AdvisoryView) -> Value {
    if let Some(stated) = view.stated.as_ref().filter(|s| !s.expired && s.status == "accepted") {
        let until = stated.until.as_deref().unwrap_or_default();
        let details = format!("Accepted by {} until {until}. {}", stated.by, stated.why);
        return json!({ "category": "no_fix_planned", "details": details.trim(), "product_ids": [id] });
    }
    let fix = advisories.get(view.advisory.as_str()).and_then(|d| {
        let of = |wanted: &str| d.remediations.iter().find(|r| r.category == wanted);
        of("vendor_fix").or_else(|| of("mitigation")).or_else(|| of("workaround"))
    });
    match fix {
        Some(fix) => json!({ "category": fix.category, "details": fix.text, "product_ids": [id] }),
        None => {
            let details = format!("{} names no fix.", view.advisory);
            json!({ "category": "none_available", "details": details, "product_ids": [id] })
        }
    }
}
