//! Lists as people like to see them.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::state::State;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::{DecisionView, SavedViewView};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The views that are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Views<'a> {
    /// Views, by name.
    views: Vec<&'a SavedViewView>,
}

/// The views that are kept. They are kept and forgotten by decisions (`save_view`, `remove_view`), and so can be undone.
#[utoipa::path(get, path = "/api/v1/views", operation_id = "list_views", tag = "posture", responses(
    (status = 200, description = "All views", body = Views),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    axum::Json(Views { views: kept(&snapshot.analysis().decisions) }).into_response()
}

fn kept(decisions: &[DecisionView]) -> Vec<&SavedViewView> {
    let mut kept: BTreeMap<&str, &SavedViewView> = BTreeMap::new();
    for decision in decisions.iter().filter(|decision| !decision.undone) {
        if let Some(view) = &decision.view {
            kept.insert(&view.id, view);
        }
        if let Some(gone) = &decision.removed_view {
            kept.remove(gone.as_str());
        }
    }
    let mut views: Vec<_> = kept.into_values().collect();
    views.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    views
}
