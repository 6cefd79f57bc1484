//! Accounts with their rights and their use, as rows; and those of one asset.

use posture::document::{AccessAccountView, AccessUseView};
use serde::Serialize;
use std::cmp::Reverse;
use utoipa::ToSchema;

/// An account in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessRow {
    /// Stable id.
    pub id: String,
    /// The name it signs in with.
    pub name: String,
    /// What people call it.
    pub display_name: Option<String>,
    /// DNS name of its domain.
    pub domain: Option<String>,
    /// `directory`, `device`, `grant` or `seen`.
    pub origin: &'static str,
    /// Id of the device that it is an account of.
    pub device: Option<String>,
    /// Its name.
    pub device_name: Option<String>,
    /// `person`, `service` or `machine`.
    pub kind: Option<&'static str>,
    /// Whether it can be used, as its list says.
    pub enabled: Option<bool>,
    /// The most that it may do anywhere.
    pub right: Option<&'static str>,
    /// Devices that it has rights on.
    pub granted: u32,
    /// Devices that it used within the period.
    pub used: u32,
    /// Devices that it has rights on and did not use.
    pub unused: u32,
    /// Devices that it used without a right, where rights are written down.
    pub not_granted: u32,
    /// Last sign-in that was seen, RFC 3339.
    pub last_seen: Option<String>,
    /// Words of what follows, worst first.
    pub verdicts: Vec<&'static str>,
    /// The same in sentences.
    pub why: Vec<String>,
    #[serde(skip)]
    #[schema(ignore)]
    search: String,
}

impl AccessRow {
    /// The row of an account; `name` gives the name of an asset.
    pub fn of<'a>(view: &AccessAccountView, name: impl Fn(&str) -> Option<&'a str>) -> Self {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let groups = view.grants.iter().flat_map(|g| g.via.iter()).cloned().collect::<Vec<_>>().join("\n");
        let search = [view.name.clone(), text(&view.display_name), text(&view.domain), groups]
            .join("\n")
            .to_lowercase();
        Self {
            id: view.id.clone(),
            name: view.name.clone(),
            display_name: view.display_name.clone(),
            domain: view.domain.clone(),
            origin: view.origin,
            device: view.device.clone(),
            device_name: view.device.as_deref().and_then(name).map(str::to_owned),
            kind: view.kind,
            enabled: view.enabled,
            right: view.right,
            granted: view.granted,
            used: view.used,
            unused: view.unused,
            not_granted: view.not_granted,
            last_seen: view.last_seen.clone(),
            verdicts: view.verdicts.iter().map(|v| v.kind).collect(),
            why: view.verdicts.iter().map(|v| v.what.clone()).collect(),
            search,
        }
    }

    /// Lower-case text of everything a person may search it by.
    pub fn haystack(&self) -> &str {
        &self.search
    }
}

/// An account that may reach an asset, or did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssetAccess<'a> {
    /// Id of the account.
    pub account: &'a str,
    /// Its name.
    pub name: &'a str,
    /// `person`, `service` or `machine`.
    pub kind: Option<&'static str>,
    /// Whether it can be used, as its list says.
    pub enabled: Option<bool>,
    /// Somebody gave it a right on the asset.
    pub granted: bool,
    /// The right; null without one, or where a device's profile is not understood.
    pub right: Option<&'static str>,
    /// Groups on the way to it.
    pub via: Vec<&'a str>,
    /// What was seen; null where nothing was.
    pub used: Option<&'a AccessUseView>,
}

impl<'a> AssetAccess<'a> {
    /// Of an account and the asset at a place; none where they have nothing to do with each other.
    pub(crate) fn of(view: &'a AccessAccountView, at: usize, asset: &str) -> Option<Self> {
        let order = |right: Option<&str>| RIGHTS.iter().position(|r| Some(*r) == right);
        let best = view.grants.iter().filter(|g| g.places.contains(&at)).max_by_key(|g| order(g.right));
        let used = view.devices.iter().find(|d| d.asset == asset).and_then(|d| d.used.as_ref());
        (best.is_some() || used.is_some()).then(|| Self {
            account: &view.id,
            name: &view.name,
            kind: view.kind,
            enabled: view.enabled,
            granted: best.is_some(),
            right: best.and_then(|g| g.right),
            via: best.map(|g| g.via.iter().map(String::as_str).collect()).unwrap_or_default(),
            used,
        })
    }

    pub(crate) fn order(&self) -> (Reverse<bool>, Reverse<Option<usize>>, String) {
        let right = RIGHTS.iter().position(|r| Some(*r) == self.right);
        (Reverse(self.used.is_some()), Reverse(right), self.name.to_lowercase())
    }
}

/// Rights, from little to much.
pub const RIGHTS: &[&str] = &["view", "operate", "engineer", "administer"];
