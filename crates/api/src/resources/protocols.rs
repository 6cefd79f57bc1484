//! What is understood on the wire.

use crate::error::Problem;
use crate::query::NoQuery;
use crate::views::protocols::{ProtocolView, protocols};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Every protocol that is understood.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Protocols {
    /// The industrial ones first.
    items: Vec<ProtocolView>,
}

/// Protocols that are understood, and how far. Read off the program itself, so it is always what this version does.
#[utoipa::path(get, path = "/api/v1/protocols", operation_id = "list_protocols", tag = "server", responses(
    (status = 200, description = "All of them", body = Protocols),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(_: NoQuery) -> Json<Protocols> {
    Json(Protocols { items: protocols() })
}
