//! Zones and conduits.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::{ConduitView, ZoneView};
use serde::Serialize;
use utoipa::ToSchema;

/// Zones and conduits of the site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Zones<'a> {
    /// Zones, proposed ones included.
    zones: &'a [ZoneView],
    /// What crosses between them.
    conduits: &'a [ConduitView],
}

/// Zones with their devices, and the conduits between them (IEC 62443-3-2).
#[utoipa::path(get, path = "/api/v1/zones", operation_id = "read_zones", tag = "posture", responses(
    (status = 200, description = "Zones and conduits", body = Zones),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn zones(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    let analysis = snapshot.analysis();
    axum::Json(Zones { zones: &analysis.zones, conduits: &analysis.conduits }).into_response()
}
