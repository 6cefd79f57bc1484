//! Assets: the list, and one with all that belongs to it.

use crate::error::Problem;
use crate::parameters::Parameters;
use crate::query::{Column, Filter, InPath, Key, Listing, NoQuery, Page, Row};
use crate::state::State;
use crate::views::access::AssetAccess;
use crate::views::assets::AssetRow;
use crate::views::conversations::{AccountRow, AdvisoryRow, ConversationRow};
use crate::views::findings::{FindingRow, rank};
use crate::views::summary::level_word;
use axum::Json;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::AssetView;
use serde::Serialize;
use utoipa::ToSchema;

/// Conversations listed with an asset, the largest first; the list of conversations has the rest.
const CONVERSATIONS_MAX: usize = 200;
/// Accounts of an asset that are listed.
const ACCESS_MAX: usize = 200;

const ROLES: &[&str] = &[
    "plc",
    "rtu",
    "ied",
    "safety_controller",
    "remote_io",
    "drive",
    "field_device",
    "hmi",
    "scada_server",
    "engineering_workstation",
    "historian",
    "gateway",
    "switch",
    "router",
    "firewall",
    "access_point",
    "jump_host",
    "server",
    "workstation",
    "printer",
    "camera",
    "phone",
    "mobile",
    "unknown",
];
const CRITICALITIES: &[&str] = &["low", "medium", "high", "critical"];
const LEVELS: &[&str] = &["0", "1", "2", "3", "3.5", "4", "5", "unknown"];
pub(super) const SEVERITIES: &[&str] = &["critical", "high", "medium", "low", "info"];

macro_rules! maybe {
    ($field:ident, $what:literal, $filter:expr) => {
        Column {
            name: stringify!($field),
            what: $what,
            filter: $filter,
            sort: Some(|a| Key::maybe(a.$field.as_deref())),
        }
    };
}

impl Row for AssetRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column { name: "name", what: "Name", filter: Filter::No, sort: Some(|a| Key::text(&a.name)) },
        Column {
            name: "role",
            what: "Role",
            filter: Filter::Words(ROLES, |a, v| a.role == v),
            sort: Some(|a| Key::text(a.role)),
        },
        Column {
            name: "level",
            what: "Purdue level",
            filter: Filter::Words(LEVELS, |a, v| level_word(a.level.as_ref()) == v),
            sort: Some(|a| a.level.as_ref().and_then(|l| l.as_f64()).map_or(Key::Absent, Key::Number)),
        },
        maybe!(zone, "Zone", Filter::Any(|a, v| a.zone.as_deref() == Some(v))),
        Column {
            name: "criticality",
            what: "How much depends on it",
            filter: Filter::Words(CRITICALITIES, |a, v| a.criticality.as_deref() == Some(v)),
            sort: Some(|a| {
                let rank = |word: &str| CRITICALITIES.iter().position(|c| *c == word);
                a.criticality.as_deref().and_then(rank).map_or(Key::Absent, |at| Key::count(at as u64))
            }),
        },
        maybe!(vendor, "Maker; `unknown` where none is known", Filter::Any(vendor_is)),
        maybe!(product, "Product", Filter::Any(|a, v| a.product.as_deref() == Some(v))),
        maybe!(firmware, "Firmware", Filter::Any(|a, v| a.firmware.as_deref() == Some(v))),
        maybe!(serial, "Serial number", Filter::No),
        maybe!(order_number, "Order number", Filter::No),
        Column {
            name: "protocol",
            what: "Protocol it speaks",
            filter: Filter::Any(|a, v| a.protocols.iter().any(|p| p == v)),
            sort: None,
        },
        Column {
            name: "severity",
            what: "Has an open finding of that severity",
            filter: Filter::Words(SEVERITIES, |a, v| a.findings.of(v) > 0),
            sort: Some(|a| a.worst.map_or(Key::Absent, |w| Key::count(rank(w).into()))),
        },
        Column {
            name: "findings",
            what: "Open findings",
            filter: Filter::No,
            sort: Some(|a| Key::count(a.findings.total().into())),
        },
        Column {
            name: "affected",
            what: "CVEs that affect it for certain",
            filter: Filter::No,
            sort: Some(|a| Key::count(a.affected.into())),
        },
        Column {
            name: "address",
            what: "IP address or MAC address",
            filter: Filter::Any(|a, v| a.ips.iter().chain(&a.macs).any(|x| x == v)),
            sort: Some(|a| Key::maybe(a.ips.first().or(a.macs.first()).map(String::as_str))),
        },
        Column {
            name: "first_seen",
            what: "First frame",
            filter: Filter::No,
            sort: Some(|a| Key::text(&a.first_seen)),
        },
        Column {
            name: "last_seen",
            what: "Last frame",
            filter: Filter::No,
            sort: Some(|a| Key::text(&a.last_seen)),
        },
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn haystack(&self) -> &str {
        Self::haystack(self)
    }
}

fn vendor_is(asset: &AssetRow, word: &str) -> bool {
    asset.vendor.as_deref().unwrap_or("unknown") == word
}

/// Devices, filtered, sorted, paged.
#[utoipa::path(get, path = "/api/v1/assets", operation_id = "list_assets", tag = "posture", params(Parameters<AssetRow>), responses(
    (status = 200, description = "A page", body = Page<AssetRow>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    listing: Listing<AssetRow>,
) -> Response {
    listing.answer(state.snapshot().assets())
}

/// An asset with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetDetail<'a> {
    /// The asset with every claim.
    asset: &'a AssetView,
    /// The same as a row: counts and protocols.
    row: &'a AssetRow,
    /// Findings about it, worst first.
    findings: Vec<&'a FindingRow>,
    /// Advisories that concern it, highest score first.
    advisories: Vec<&'a AdvisoryRow>,
    /// Its conversations, the largest first; at most 200.
    conversations: Vec<&'a ConversationRow>,
    /// How many conversations it has.
    conversations_total: u64,
    /// Sign-ins at it or from it.
    accounts: Vec<&'a AccountRow>,
    /// Who may reach it and who did, those who did first; at most 200.
    access: Vec<AssetAccess<'a>>,
    /// How many these are.
    access_total: u64,
}

/// One device with its claims, findings, advisories, conversations and sign-ins.
#[utoipa::path(get, path = "/api/v1/assets/{id}", operation_id = "read_asset", tag = "posture", params(
    ("id" = String, Path, description = "Id of the asset")
), responses(
    (status = 200, description = "The asset", body = AssetDetail),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    let (Some(asset), Some(row)) = (snapshot.asset(&id), snapshot.asset_row(&id)) else {
        return Err(Problem::not_found(
            "There is no asset with this id; it may have gone with a deleted capture.",
        ));
    };
    let mut findings = snapshot.findings_of(&id);
    findings.sort_by(|a, b| rank(b.severity).cmp(&rank(a.severity)).then_with(|| a.title.cmp(&b.title)));
    let mut advisories = snapshot.advisories_of(&id);
    advisories.sort_by(|a, b| b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0)));
    let mut conversations = snapshot.conversations_of(&id);
    let conversations_total = conversations.len() as u64;
    conversations.sort_by(|a, b| b.packets.cmp(&a.packets).then_with(|| a.id.cmp(&b.id)));
    conversations.truncate(CONVERSATIONS_MAX);
    let accounts = snapshot.accounts_of(&id);
    let mut access = snapshot.access_to(&id);
    let access_total = access.len() as u64;
    access.truncate(ACCESS_MAX);
    let detail = AssetDetail {
        asset,
        row,
        findings,
        advisories,
        conversations,
        conversations_total,
        accounts,
        access,
        access_total,
    };
    Ok(Json(detail).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Role;

    #[test]
    fn the_roles_are_those_of_the_model() {
        let model: Vec<&str> = Role::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(ROLES, model);
    }
}
