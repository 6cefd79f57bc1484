//! Network devices by their configurations, and where what they let pass differs from what was seen.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::{NetworkView, ReachabilityView};
use serde::Serialize;
use utoipa::ToSchema;

/// Allowed beside observed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reachability<'a> {
    /// Network devices whose configuration was read.
    networks: &'a [NetworkView],
    /// Differences, what should not be first.
    differences: &'a [ReachabilityView],
}

/// What network devices let pass beside what was seen: conversations that should not be, rules that nobody uses or that allow too much.
#[utoipa::path(get, path = "/api/v1/reachability", operation_id = "read_reachability", tag = "posture", responses(
    (status = 200, description = "Devices and differences", body = Reachability),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn reachability(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    let analysis = snapshot.analysis();
    let all = Reachability { networks: &analysis.networks, differences: &analysis.reachability };
    axum::Json(all).into_response()
}
