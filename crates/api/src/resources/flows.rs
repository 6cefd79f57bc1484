//! Flows between zones, with their verdicts.

use crate::error::Problem;
use crate::parameters::Parameters;
use crate::query::{Column, Filter, Key, Listing, Page, Row};
use crate::state::State;
use crate::views::flows::FlowRow;
use axum::extract;
use axum::response::Response;

const STATUSES: &[&str] = &["forbidden", "expired", "undecided", "tolerated", "allowed"];

impl Row for FlowRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column {
            name: "status",
            what: "How it stands, what wants attention first",
            filter: Filter::Words(STATUSES, |f, v| f.flow.status == v),
            sort: Some(|f| {
                let rank = STATUSES.iter().position(|s| *s == f.flow.status);
                rank.map_or(Key::Absent, |at| Key::count(at as u64))
            }),
        },
        Column {
            name: "from",
            what: "Id of the client's zone",
            filter: Filter::Any(|f, v| f.flow.from.as_deref() == Some(v)),
            sort: Some(|f| Key::maybe(f.flow.from.as_deref())),
        },
        Column {
            name: "to",
            what: "Id of the server's zone",
            filter: Filter::Any(|f, v| f.flow.to.as_deref() == Some(v)),
            sort: Some(|f| Key::maybe(f.flow.to.as_deref())),
        },
        Column {
            name: "zone",
            what: "Id of a zone at either end",
            filter: Filter::Any(|f, v| [&f.flow.from, &f.flow.to].into_iter().flatten().any(|z| z == v)),
            sort: None,
        },
        Column {
            name: "asset",
            what: "Id of an asset at either end",
            filter: Filter::Any(|f, v| {
                [&f.flow.client_asset, &f.flow.server_asset].into_iter().flatten().any(|a| a == v)
            }),
            sort: None,
        },
        Column {
            name: "protocol",
            what: "Protocol",
            filter: Filter::Any(|f, v| f.flow.protocol == v),
            sort: Some(|f| Key::text(&f.flow.protocol)),
        },
        Column {
            name: "packets",
            what: "Frames",
            filter: Filter::No,
            sort: Some(|f| Key::count(f.flow.packets)),
        },
        Column {
            name: "last_seen",
            what: "Last frame",
            filter: Filter::No,
            sort: Some(|f| Key::text(&f.flow.last_seen)),
        },
        Column {
            name: "until",
            what: "Until when its ruling holds",
            filter: Filter::No,
            sort: Some(|f| Key::maybe(f.flow.until.as_deref())),
        },
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn haystack(&self) -> &str {
        Self::haystack(self)
    }
}

/// Conversations that cross from one zone to another or were ruled on, filtered, sorted, paged; what wants attention first.
#[utoipa::path(get, path = "/api/v1/flows", operation_id = "list_flows", tag = "posture", params(Parameters<FlowRow>), responses(
    (status = 200, description = "A page", body = Page<FlowRow>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    listing: Listing<FlowRow>,
) -> Response {
    listing.answer(state.snapshot().flows())
}
