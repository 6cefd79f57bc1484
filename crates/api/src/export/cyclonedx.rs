//! A bill of materials of hardware and firmware with the vulnerabilities that concern it (CycloneDX 1.6, ECMA-424).

use model::id::digest;
use posture::document::{AdvisoryView, Analysis, AssetView, ModuleView};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The whole bill.
pub(super) fn bom(analysis: &Analysis) -> Value {
    let components: Vec<Value> = analysis.assets.iter().map(asset).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(analysis),
        "version": 1,
        "metadata": metadata(analysis),
        "components": components,
        "vulnerabilities": vulnerabilities(analysis),
    })
}

/// From the content, so that the same inventory has the same number: an UUID of version 8 (RFC 9562, 5.8).
fn serial_number(analysis: &Analysis) -> String {
    let ids: Vec<&str> = analysis.assets.iter().flat_map(|a| [a.id.as_str(), a.last_seen.as_str()]).collect();
    let (a, b) = (digest(&ids), digest(&[&digest(&ids), "2"]));
    let part = |s: &str, from: usize, to: usize| s.get(from..to).unwrap_or_default().to_owned();
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(&a, 0, 8),
        part(&a, 8, 12),
        part(&a, 13, 16),
        part(&b, 0, 3),
        part(&b, 4, 16)
    )
}

fn metadata(analysis: &Analysis) -> Value {
    let mut metadata = json!({
        "tools": { "components": [{ "type": "application", "name": analysis.tool.name, "version": analysis.tool.version }] },
    });
    // When the last packet was seen: when the file was written says nothing of the plant.
    if let (Some(last), Some(all)) =
        (analysis.captures.iter().filter_map(|c| c.last.as_ref()).max(), metadata.as_object_mut())
    {
        all.insert("timestamp".into(), json!(last));
    }
    metadata
}

fn asset(a: &AssetView) -> Value {
    let mut component = json!({
        "type": "device",
        "bom-ref": a.id,
        "name": a.product.as_ref().unwrap_or(&a.name),
        "properties": properties(a),
    });
    put(&mut component, "version", a.hardware.as_ref());
    maker(&mut component, a.vendor.as_ref());
    let mut inside: Vec<Value> = a.firmware.iter().map(|f| firmware(&a.id, f, a.vendor.as_ref())).collect();
    inside.extend(a.modules.iter().map(|m| module(&a.id, m)));
    if let (false, Some(all)) = (inside.is_empty(), component.as_object_mut()) {
        all.insert("components".into(), Value::Array(inside));
    }
    component
}

fn put(component: &mut Value, key: &str, value: Option<&String>) {
    if let (Some(value), Some(all)) = (value, component.as_object_mut()) {
        all.insert(key.into(), json!(value));
    }
}

fn maker(component: &mut Value, vendor: Option<&String>) {
    if let (Some(vendor), Some(all)) = (vendor, component.as_object_mut()) {
        all.insert("manufacturer".into(), json!({ "name": vendor }));
    }
}

fn firmware(of: &str, version: &str, vendor: Option<&String>) -> Value {
    let mut component = json!({
        "type": "firmware",
        "bom-ref": format!("{of}/firmware"),
        "name": "firmware",
        "version": version,
    });
    maker(&mut component, vendor);
    component
}

fn module(of: &str, m: &ModuleView) -> Value {
    let reference = format!("{of}/{}", m.slot.replace(' ', "-"));
    let name = m.product.as_ref().or(m.order_number.as_ref());
    let pairs =
        [("slot", Some(&m.slot)), ("order_number", m.order_number.as_ref()), ("serial", m.serial.as_ref())];
    let mut component = json!({
        "type": "device",
        "bom-ref": reference,
        "name": name.map_or_else(|| format!("module {}", m.slot), Clone::clone),
        "properties": pairs.into_iter().filter_map(|(key, value)| Some(property(key, value?))).collect::<Vec<_>>(),
    });
    maker(&mut component, m.vendor.as_ref());
    if let (Some(version), Some(all)) = (&m.firmware, component.as_object_mut()) {
        all.insert("components".into(), json!([firmware(&reference, version, m.vendor.as_ref())]));
    }
    component
}

fn property(key: &str, value: &str) -> Value {
    json!({ "name": format!("sightglass:{key}"), "value": value })
}

fn properties(a: &AssetView) -> Vec<Value> {
    let level = a.level.as_ref().map(ToString::to_string);
    let one = [
        ("name", Some(&a.name)),
        ("level", level.as_ref()),
        ("zone", a.zone.as_ref()),
        ("criticality", a.criticality.as_ref()),
        ("order_number", a.order_number.as_ref()),
        ("serial", a.serial.as_ref()),
        ("owner", a.owner.as_ref()),
        ("location", a.location.as_ref()),
        ("first_seen", Some(&a.first_seen)),
        ("last_seen", Some(&a.last_seen)),
    ];
    let many = [("mac", &a.macs), ("ip", &a.ips), ("hostname", &a.hostnames)];
    let one = one.into_iter().filter_map(|(key, value)| Some(property(key, value?)));
    let many = many.into_iter().flat_map(|(key, values)| values.iter().map(move |v| property(key, v)));
    [property("role", a.role)].into_iter().chain(one).chain(many).collect()
}

/// One for each CVE, with every component it may concern; what is certainly not affected is left out.
fn vulnerabilities(analysis: &Analysis) -> Vec<Value> {
    let mut by_cve: BTreeMap<&str, Vec<&AdvisoryView>> = BTreeMap::new();
    for match_ in analysis.advisories.iter().filter(|m| m.status != "not_affected") {
        by_cve.entry(match_.cve.as_str()).or_default().push(match_);
    }
    by_cve.into_iter().map(|(cve, matches)| vulnerability(cve, &matches)).collect()
}

fn vulnerability(cve: &str, matches: &[&AdvisoryView]) -> Value {
    let affects: Vec<Value> = matches
        .iter()
        .map(|m| match &m.module {
            Some(slot) => json!({ "ref": format!("{}/{}", m.asset, slot.replace(' ', "-")) }),
            None => json!({ "ref": m.asset }),
        })
        .collect();
    let worst = matches
        .iter()
        .map(|m| m.status)
        .min_by_key(|s| ["affected", "possible", "fixed"].iter().position(|w| w == s));
    let (state, detail) = match worst {
        Some("affected") => ("exploitable", "affected, as far as its identity on the wire tells"),
        Some("fixed") => ("resolved", "the version on the wire has the fix"),
        _ => ("in_triage", "possibly affected: the wire does not tell the version"),
    };
    let advisories: std::collections::BTreeSet<&str> = matches.iter().map(|m| m.advisory.as_str()).collect();
    let mut all = json!({
        "bom-ref": format!("vulnerability/{cve}"),
        "id": cve,
        "source": { "name": "CSAF advisories" },
        "analysis": { "state": state, "detail": detail },
        "affects": affects,
        "properties": advisories.into_iter().map(|a| property("advisory", a)).collect::<Vec<_>>(),
    });
    let score = matches
        .iter()
        .filter_map(|m| m.score)
        .fold(None, |top: Option<f32>, s| Some(top.map_or(s, |t| t.max(s))));
    if let (Some(score), Some(map)) = (score, all.as_object_mut()) {
        map.insert(
            "ratings".into(),
            json!([{ "score": (f64::from(score) * 10.0).round() / 10.0, "method": "other" }]),
        );
    }
    all
}
