//! Findings: the list, and one with its evidence and remedy.

use super::assets::SEVERITIES;
use crate::error::Problem;
use crate::parameters::Parameters;
use crate::query::{Column, Filter, InPath, Key, Listing, NoQuery, Page, Row};
use crate::state::State;
use crate::views::findings::{FindingRow, rank};
use axum::Json;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::FindingView;
use serde::Serialize;
use utoipa::ToSchema;

impl Row for FindingRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column {
            name: "severity",
            what: "Severity",
            filter: Filter::Words(SEVERITIES, |f, v| f.severity == v),
            sort: Some(|f| Key::count(rank(f.severity).into())),
        },
        Column {
            name: "asset",
            what: "Id of an asset at either end",
            filter: Filter::Any(|f, v| f.touches(v)),
            sort: Some(|f| Key::maybe(f.asset_name.as_deref())),
        },
        Column {
            name: "check",
            what: "Check that fired",
            filter: Filter::Any(|f, v| f.check == v),
            sort: Some(|f| Key::text(&f.check)),
        },
        Column { name: "title", what: "Title", filter: Filter::No, sort: Some(|f| Key::text(&f.title)) },
        Column {
            name: "seen",
            what: "Time of the latest evidence",
            filter: Filter::No,
            sort: Some(|f| Key::maybe(f.seen.as_deref())),
        },
    ];
    const DESCENDING: bool = true;

    fn id(&self) -> &str {
        &self.id
    }

    fn haystack(&self) -> &str {
        Self::haystack(self)
    }
}

/// What is wrong, filtered, sorted, paged; worst first.
#[utoipa::path(get, path = "/api/v1/findings", operation_id = "list_findings", tag = "posture", params(Parameters<FindingRow>), responses(
    (status = 200, description = "A page", body = Page<FindingRow>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    listing: Listing<FindingRow>,
) -> Response {
    listing.answer(state.snapshot().findings())
}

/// A finding with everything behind it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingDetail<'a> {
    /// The finding with evidence, standards, rationale and remedy.
    finding: &'a FindingView,
    /// The same as a row, with the names of the assets.
    row: &'a FindingRow,
}

/// One finding with its evidence, standards and remedy.
#[utoipa::path(get, path = "/api/v1/findings/{id}", operation_id = "read_finding", tag = "posture", params(
    ("id" = String, Path, description = "Id of the finding")
), responses(
    (status = 200, description = "The finding", body = FindingDetail),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    match (snapshot.finding(&id), snapshot.finding_row(&id)) {
        (Some(finding), Some(row)) => Ok(Json(FindingDetail { finding, row }).into_response()),
        _ => Err(Problem::not_found("There is no finding with this id; it may have been resolved.")),
    }
}
