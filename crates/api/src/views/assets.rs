//! An asset as a row.

use super::findings::SeverityCounts;
use posture::document::{AdvisoryView, AssetView, ModuleView};
use serde::Serialize;
use utoipa::ToSchema;

/// An asset in a list: what is known of it without the claims behind, and how it fares.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssetRow {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// One of the documented roles.
    pub role: &'static str,
    /// Purdue level: 0, 1, 2, 3, 3.5, 4, 5 or null.
    #[schema(value_type = Option<f32>)]
    pub level: Option<serde_json::Number>,
    /// Zone, where one is defined.
    pub zone: Option<String>,
    /// Criticality, where one is set.
    pub criticality: Option<String>,
    /// MAC addresses.
    pub macs: Vec<String>,
    /// IP addresses.
    pub ips: Vec<String>,
    /// VLANs it was seen in.
    pub vlans: Vec<u16>,
    /// Host names.
    pub hostnames: Vec<String>,
    /// Best claim, or null.
    pub vendor: Option<String>,
    /// Best claim, or null.
    pub product: Option<String>,
    /// Best claim, or null.
    pub order_number: Option<String>,
    /// Best claim, or null.
    pub hardware: Option<String>,
    /// Best claim, or null.
    pub firmware: Option<String>,
    /// Best claim, or null.
    pub serial: Option<String>,
    /// RFC 3339.
    pub first_seen: String,
    /// RFC 3339.
    pub last_seen: String,
    /// Modules and stations behind it.
    pub modules: u32,
    /// Services it offers.
    pub services: u32,
    /// Protocols it speaks, as client or server, sorted.
    pub protocols: Vec<String>,
    /// Open findings about it.
    pub findings: SeverityCounts,
    /// The worst of them, or null.
    pub worst: Option<&'static str>,
    /// CVEs that affect it for certain.
    pub affected: u32,
    /// CVEs that may affect it.
    pub possible: u32,
    #[serde(skip)]
    #[schema(ignore)]
    search: String,
}

impl AssetRow {
    /// The row of an asset without findings, protocols and advisories, which are counted later.
    pub fn of(asset: &AssetView) -> Self {
        Self {
            id: asset.id.clone(),
            name: asset.name.clone(),
            role: asset.role,
            level: asset.level.clone(),
            zone: asset.zone.clone(),
            criticality: asset.criticality.clone(),
            macs: asset.macs.clone(),
            ips: asset.ips.clone(),
            vlans: asset.vlans.clone(),
            hostnames: asset.hostnames.clone(),
            vendor: asset.vendor.clone(),
            product: asset.product.clone(),
            order_number: asset.order_number.clone(),
            hardware: asset.hardware.clone(),
            firmware: asset.firmware.clone(),
            serial: asset.serial.clone(),
            first_seen: asset.first_seen.clone(),
            last_seen: asset.last_seen.clone(),
            modules: count(asset.modules.len()),
            services: count(asset.services.len()),
            protocols: Vec::new(),
            findings: SeverityCounts::default(),
            worst: None,
            affected: 0,
            possible: 0,
            search: search(asset),
        }
    }

    /// Counts an advisory's CVE.
    pub fn add_advisory(&mut self, advisory: &AdvisoryView) {
        match advisory.status {
            "affected" => self.affected += 1,
            "possible" => self.possible += 1,
            _ => {}
        }
    }

    /// Notes a protocol; the list stays sorted.
    pub fn add_protocol(&mut self, protocol: &str) {
        if let Err(place) = self.protocols.binary_search_by(|p| p.as_str().cmp(protocol)) {
            self.protocols.insert(place, protocol.into());
        }
    }

    /// Lower-case text of everything a person may search it by.
    pub fn haystack(&self) -> &str {
        &self.search
    }
}

/// A count for people; a list longer than the type can say is said to be that long.
pub fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn search(asset: &AssetView) -> String {
    let claims = [
        &asset.vendor,
        &asset.product,
        &asset.order_number,
        &asset.hardware,
        &asset.firmware,
        &asset.serial,
        &asset.zone,
    ];
    let mut words = vec![asset.id.as_str(), &asset.name, asset.role];
    words.extend(claims.into_iter().flatten().map(String::as_str));
    words.extend([&asset.macs, &asset.ips, &asset.hostnames].into_iter().flatten().map(String::as_str));
    words.extend(asset.modules.iter().flat_map(module_words));
    words.join("\n").to_lowercase()
}

fn module_words(module: &ModuleView) -> impl Iterator<Item = &str> {
    [&module.vendor, &module.product, &module.order_number, &module.firmware, &module.serial]
        .into_iter()
        .flatten()
        .map(String::as_str)
}
