//! Conversations, accounts and advisories as rows.

use posture::document::{
    AccountView, AdvisoryView, ConversationView, EvidenceView, MissingView, StatementView, ThreatView,
};
use posture::triage::Triage;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The class of an operation changes the process or the controller, or takes its program.
pub fn is_change(class: &str) -> bool {
    matches!(
        class,
        "write"
            | "command"
            | "force"
            | "program_download"
            | "mode_change"
            | "firmware_update"
            | "configuration"
            | "restart"
            | "time"
    )
}

/// A conversation in a list, its operations summed up as classes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConversationRow {
    /// Stable id.
    pub id: String,
    /// Address of the client (MAC outside IP).
    pub client: String,
    /// Address of the server.
    pub server: String,
    /// Asset id of the client, when it was heard.
    pub client_asset: Option<String>,
    /// Its name.
    pub client_name: Option<String>,
    /// Asset id of the server.
    pub server_asset: Option<String>,
    /// Its name.
    pub server_name: Option<String>,
    /// Port of the server.
    pub server_port: Option<u16>,
    /// `tcp`, `udp`, `icmp`, `ip` or `ethernet`.
    pub transport: &'static str,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// Protocol; the transport's name when not recognised.
    pub protocol: String,
    /// Encrypted.
    pub encrypted: bool,
    /// The server answered.
    pub answered: bool,
    /// Frames, both ways.
    pub packets: u64,
    /// Bytes on the wire, both ways.
    pub bytes: u64,
    /// RFC 3339.
    pub first_seen: String,
    /// RFC 3339.
    pub last_seen: String,
    /// Operation classes that were seen, sorted.
    pub classes: Vec<&'static str>,
    /// Something was changed: a write, a command or engineering.
    pub changes: bool,
    /// Distinct operations.
    pub operations: u32,
    #[serde(skip)]
    #[schema(ignore)]
    search: String,
}

impl ConversationRow {
    /// The row of a conversation; `name` gives the name of an asset.
    pub fn of<'a>(view: &ConversationView, name: impl Fn(&str) -> Option<&'a str>) -> Self {
        let name_of = |id: &Option<String>| id.as_deref().and_then(&name).map(str::to_owned);
        let classes: BTreeSet<&'static str> = view.operations.iter().map(|o| o.class).collect();
        let mut row = Self {
            id: view.id.clone(),
            client: view.client.clone(),
            server: view.server.clone(),
            client_asset: view.client_asset.clone(),
            client_name: name_of(&view.client_asset),
            server_asset: view.server_asset.clone(),
            server_name: name_of(&view.server_asset),
            server_port: view.server_port,
            transport: view.transport,
            vlan: view.vlan,
            protocol: view.protocol.clone(),
            encrypted: view.encrypted,
            answered: view.answered,
            packets: view.packets,
            bytes: view.bytes,
            first_seen: view.first_seen.clone(),
            last_seen: view.last_seen.clone(),
            changes: classes.iter().any(|c| is_change(c)),
            classes: classes.into_iter().collect(),
            operations: super::assets::count(view.operations.len()),
            search: String::new(),
        };
        row.search = row.words(view);
        row
    }

    fn words(&self, view: &ConversationView) -> String {
        let mut words = vec![self.client.as_str(), &self.server, &self.protocol, self.transport];
        words.extend([&self.client_name, &self.server_name].into_iter().flatten().map(String::as_str));
        words.extend(view.operations.iter().map(|o| o.name.as_str()));
        let port = self.server_port.map(|p| p.to_string()).unwrap_or_default();
        words.push(&port);
        words.join("\n").to_lowercase()
    }

    /// One end is that asset.
    pub fn touches(&self, asset: &str) -> bool {
        [&self.client_asset, &self.server_asset].into_iter().any(|a| a.as_deref() == Some(asset))
    }

    /// Lower-case text of everything a person may search it by.
    pub fn haystack(&self) -> &str {
        &self.search
    }
}

/// A sign-in in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountRow {
    /// Stable id.
    pub id: String,
    /// Name; empty when anonymous or hidden.
    pub name: String,
    /// Asset id it signed in at.
    pub asset: Option<String>,
    /// Its name.
    pub asset_name: Option<String>,
    /// Asset id it came from.
    pub client: Option<String>,
    /// Its name.
    pub client_name: Option<String>,
    /// Protocol.
    pub protocol: String,
    /// How.
    pub mechanism: String,
    /// Secret protected on the wire.
    pub encrypted: bool,
    /// The answer, when seen.
    pub accepted: Option<bool>,
    /// RFC 3339.
    pub last_seen: String,
    /// First sign-in.
    pub evidence: EvidenceView,
    #[serde(skip)]
    #[schema(ignore)]
    search: String,
}

impl AccountRow {
    /// The row of an account; `name` gives the name of an asset.
    pub fn of<'a>(view: &AccountView, name: impl Fn(&str) -> Option<&'a str>) -> Self {
        let name_of = |id: &Option<String>| id.as_deref().and_then(&name).map(str::to_owned);
        let (asset_name, client_name) = (name_of(&view.asset), name_of(&view.client));
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let ends = [text(&view.asset), text(&view.client)];
        let id = model::id::digest(&[&view.name, &ends[0], &ends[1], &view.protocol, &view.mechanism]);
        let search = [&view.name, &view.protocol, &view.mechanism, &text(&asset_name), &text(&client_name)]
            .map(String::as_str)
            .join("\n")
            .to_lowercase();
        Self {
            id: format!("account-{id}"),
            name: view.name.clone(),
            asset: view.asset.clone(),
            asset_name,
            client: view.client.clone(),
            client_name,
            protocol: view.protocol.clone(),
            mechanism: view.mechanism.clone(),
            encrypted: view.encrypted,
            accepted: view.accepted,
            last_seen: view.last_seen.clone(),
            evidence: view.evidence.clone(),
            search,
        }
    }

    /// Lower-case text of everything a person may search it by.
    pub fn haystack(&self) -> &str {
        &self.search
    }
}

/// An advisory's CVE against an asset, in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AdvisoryRow {
    /// Stable id.
    pub id: String,
    /// Asset id.
    pub asset: String,
    /// Its name.
    pub asset_name: Option<String>,
    /// Slot of the module that matches; null for the asset itself.
    pub module: Option<String>,
    /// Document id.
    pub advisory: String,
    /// CVE.
    pub cve: String,
    /// `affected`, `possible`, `fixed` or `not_affected`.
    pub status: &'static str,
    /// One sentence that quotes both sides.
    pub reason: String,
    /// How sure, 0 to 1: evidence of the product times evidence of the version.
    pub confidence: f32,
    /// What would settle a `possible`; null for every other status.
    pub missing: Option<MissingView>,
    /// CVSS base score.
    pub score: Option<f32>,
    /// Title of the advisory.
    pub title: String,
    /// What to do about it, and why; null where nothing is to be done.
    pub triage: Option<Triage>,
    /// What a person said of it.
    pub stated: Option<StatementView>,
    /// What feeds say of the CVE.
    #[serde(flatten)]
    pub threat: ThreatView,
    #[serde(skip)]
    #[schema(ignore)]
    search: String,
}

impl AdvisoryRow {
    /// The row of a match; `name` gives the name of an asset.
    pub fn of<'a>(view: &AdvisoryView, name: impl Fn(&str) -> Option<&'a str>) -> Self {
        let module = view.module.clone().unwrap_or_default();
        let id = model::id::digest(&[&view.asset, &module, &view.advisory, &view.cve]);
        let asset_name = name(&view.asset).map(str::to_owned);
        let words =
            [&view.advisory, &view.cve, &view.title, &view.reason, asset_name.as_ref().unwrap_or(&module)];
        let search = words.map(String::as_str).join("\n").to_lowercase();
        Self {
            id: format!("match-{id}"),
            asset: view.asset.clone(),
            asset_name,
            module: view.module.clone(),
            advisory: view.advisory.clone(),
            cve: view.cve.clone(),
            status: view.status,
            reason: view.reason.clone(),
            confidence: view.confidence,
            missing: view.missing.clone(),
            score: view.score,
            title: view.title.clone(),
            triage: view.triage.clone(),
            stated: view.stated.clone(),
            threat: view.threat.clone(),
            search,
        }
    }

    /// Lower-case text of everything a person may search it by.
    pub fn haystack(&self) -> &str {
        &self.search
    }
}
