//! The inventory as a file.

use crate::error::Problem;
use crate::export::{Form, TABLES, export};
use crate::querystring::{pairs, single};
use crate::state::State;
use axum::extract::{self, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// What is exported.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `json` (when not said), `csv`, `xlsx`, `cyclonedx` or `csaf-vex`.
    #[param(value_type = Option<String>, example = "xlsx")]
    format: Form,
    /// For CSV: `assets` (when not said), `modules`, `facts`, `conversations`, `zones`, `conduits`, `flows`, `accounts`, `findings` or `advisories`.
    #[param(value_type = Option<String>)]
    table: String,
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = pairs(parts.uri.query().unwrap_or_default())?;
        if let Some((name, _)) = pairs.iter().find(|(name, _)| name != "format" && name != "table") {
            return Err(Problem::unknown_parameter(format!(
                "There is no parameter \"{name}\" here; there are format and table."
            )));
        }
        let words: Vec<&str> = Form::ALL.iter().map(|f| f.as_str()).collect();
        let format = single(&pairs, "format")?
            .map_or(Some(Form::Json), Form::parse)
            .ok_or_else(|| Problem::bad_value(format!("\"format\" is one of {}.", words.join(", "))))?;
        let table = single(&pairs, "table")?.unwrap_or("assets");
        if !TABLES.contains(&table) {
            return Err(Problem::bad_value(format!("\"table\" is one of {}.", TABLES.join(", "))));
        }
        Ok(Self { format, table: table.to_owned() })
    }
}

/// The inventory as a file: a table, a workbook, the whole document, or a bill of materials.
#[utoipa::path(get, path = "/api/v1/export", operation_id = "export", tag = "posture", params(Wanted), responses(
    (status = 200, description = "The file", content_type = "application/octet-stream"),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn file(
    extract::State(state): extract::State<State>,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let Wanted { format, table } = wanted;
    let (name, kind) = (format.file_name(&table), format.media_type());
    let snapshot = state.snapshot();
    // A large site takes a while: other requests must not wait for it.
    let made = tokio::task::spawn_blocking(move || export(snapshot.analysis(), format, &table)).await;
    let bytes = made.map_err(|e| Problem::internal(&e))?.map_err(Problem::conflict)?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, disposition)],
        bytes,
    )
        .into_response())
}
