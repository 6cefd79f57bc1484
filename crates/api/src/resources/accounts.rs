//! Sign-ins that were seen.

use super::conversations::{YES_NO, says};
use crate::error::Problem;
use crate::parameters::Parameters;
use crate::query::{Column, Filter, Key, Listing, Page, Row};
use crate::state::State;
use crate::views::conversations::AccountRow;
use axum::extract;
use axum::response::Response;

impl Row for AccountRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column { name: "name", what: "Name", filter: Filter::No, sort: Some(|a| Key::text(&a.name)) },
        Column {
            name: "asset",
            what: "Id of the asset it signed in at, or came from",
            filter: Filter::Any(|a, v| a.asset.as_deref() == Some(v) || a.client.as_deref() == Some(v)),
            sort: Some(|a| Key::maybe(a.asset_name.as_deref())),
        },
        Column {
            name: "protocol",
            what: "Protocol",
            filter: Filter::Any(|a, v| a.protocol == v),
            sort: Some(|a| Key::text(&a.protocol)),
        },
        Column {
            name: "mechanism",
            what: "How",
            filter: Filter::Any(|a, v| a.mechanism == v),
            sort: Some(|a| Key::text(&a.mechanism)),
        },
        Column {
            name: "encrypted",
            what: "Secret protected on the wire",
            filter: Filter::Words(YES_NO, |a, v| says(a.encrypted, v)),
            sort: None,
        },
        Column {
            name: "last_seen",
            what: "Last time",
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

/// Sign-ins, filtered, sorted, paged. Secrets are never kept.
#[utoipa::path(get, path = "/api/v1/accounts", operation_id = "list_accounts", tag = "posture", params(Parameters<AccountRow>), responses(
    (status = 200, description = "A page", body = Page<AccountRow>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    listing: Listing<AccountRow>,
) -> Response {
    listing.answer(state.snapshot().accounts())
}
