//! What cannot be seen.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::CoverageView;

/// Devices that must be there and were never heard, zone by zone, and what would close the gaps.
#[utoipa::path(get, path = "/api/v1/coverage", operation_id = "read_coverage", tag = "posture", responses(
    (status = 200, description = "What cannot be seen", body = CoverageView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn coverage(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    axum::Json(&snapshot.analysis().coverage).into_response()
}
