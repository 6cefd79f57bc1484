//! Is the server ready.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use axum::Json;
use axum::extract;
use serde::Serialize;
use utoipa::ToSchema;

/// The server's own state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ready`: before that there is no answer.
    status: &'static str,
    /// Version of the server.
    version: &'static str,
    /// Counts up with each posture published since the server started.
    generation: u64,
}

/// Answers 200 when ready.
#[utoipa::path(get, path = "/healthz", tag = "server", responses(
    (status = 200, description = "Ready", body = Health),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn health(extract::State(state): extract::State<State>, _: NoQuery) -> Json<Health> {
    let generation = state.snapshot().generation();
    Json(Health { status: "ready", version: env!("CARGO_PKG_VERSION"), generation })
}
