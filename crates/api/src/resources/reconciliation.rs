//! The inventory against the records of another system.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::ReconciliationView;

/// What was seen against what another system has on record: matched, missing on either side, to be decided; null where no list was read.
#[utoipa::path(get, path = "/api/v1/reconciliation", operation_id = "read_reconciliation", tag = "posture", responses(
    (status = 200, description = "Both lists, taken apart", body = Option<ReconciliationView>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn reconciliation(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    axum::Json(&snapshot.analysis().reconciliation).into_response()
}
