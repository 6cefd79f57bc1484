//! What to do about a match: the rule, and one match with all that speaks for it.

use crate::error::Problem;
use crate::query::{InPath, NoQuery};
use crate::state::State;
use crate::views::conversations::AdvisoryRow;
use axum::Json;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::{DocumentView, ExposureView};
use posture::triage::{self, Rule};
use serde::Serialize;
use utoipa::ToSchema;

/// The table by which matches are decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rules {
    /// Its rows.
    rules: &'static [Rule],
}

/// The table by which it is decided what to do about a match, in the manner of SSVC.
#[utoipa::path(get, path = "/api/v1/triage", operation_id = "read_triage", tag = "posture", responses(
    (status = 200, description = "All rows", body = Rules),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn rules(_: NoQuery) -> Json<Rules> {
    Json(Rules { rules: triage::rules() })
}

/// A match with what speaks for it and what can be done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MatchDetail<'a> {
    /// The match.
    row: &'a AdvisoryRow,
    /// Its advisory.
    document: Option<&'a DocumentView>,
    /// How exposed the asset is, and what would lessen that.
    exposure: Option<&'a ExposureView>,
}

/// One match with its advisory and the exposure of its asset.
#[utoipa::path(get, path = "/api/v1/advisories/{id}", operation_id = "read_match", tag = "posture", params(
    ("id" = String, Path, description = "Id of the match")
), responses(
    (status = 200, description = "The match", body = MatchDetail),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    let Some(row) = snapshot.advisories().iter().find(|row| row.id == id) else {
        return Err(Problem::not_found(
            "There is no match with this id; what was known of the device may have changed.",
        ));
    };
    let analysis = snapshot.analysis();
    let document = analysis.documents.iter().find(|document| document.id == row.advisory);
    let exposure = analysis.exposures.iter().find(|exposure| exposure.asset == row.asset);
    Ok(Json(MatchDetail { row, document, exposure }).into_response())
}
