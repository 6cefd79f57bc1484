//! The first page.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use crate::views::summary::Summary;
use axum::Json;
use axum::extract;
use axum::response::{IntoResponse, Response};

/// Counts, newest findings, coverage, and the three actions with the largest effect.
#[utoipa::path(get, path = "/api/v1/summary", tag = "posture", responses(
    (status = 200, description = "The first page", body = Summary),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn summary(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    Json(state.snapshot().summary()).into_response()
}
