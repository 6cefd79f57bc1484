//! The whole posture as one document, the same that `analyze --format json` prints.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use axum::extract;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use posture::document::Analysis;

/// The whole document. It may be large; for pages use the lists.
#[utoipa::path(get, path = "/api/v1/analysis", tag = "posture", responses(
    (status = 200, description = "The document", body = Analysis),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn analysis(
    extract::State(state): extract::State<State>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    // Large sites make large documents: written beside the threads that answer everyone else.
    let written = tokio::task::spawn_blocking(move || serde_json::to_vec(snapshot.analysis())).await;
    let body = written.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))?;
    let save = HeaderValue::from_static("attachment; filename=\"sightglass-analysis.json\"");
    Ok(([(header::CONTENT_DISPOSITION, save)], super::json(body.into())).into_response())
}
