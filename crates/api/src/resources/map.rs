//! The map.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use crate::views::map::Map;
use axum::extract;
use axum::response::Response;

/// Purdue lanes, assets in them, and who talks to whom.
#[utoipa::path(get, path = "/api/v1/map", tag = "posture", responses(
    (status = 200, description = "The whole map", body = Map),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn map(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    super::json(state.snapshot().map())
}
