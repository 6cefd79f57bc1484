//! Captures: where everything comes from.

use super::uploads::{self, FileBytes, Upload};
use crate::error::Problem;
use crate::event::Event;
use crate::job::{JobKind, JobView};
use crate::query::{InPath, NoQuery};
use crate::snapshot::Snapshot;
use crate::state::State;
use axum::Json;
use axum::extract::{self, Request};
use axum::response::{IntoResponse, Response};
use model::CaptureId;
use posture::document::{CaptureView, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

/// A capture and what could not be read of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptureDetail<'a> {
    /// The capture.
    capture: &'a CaptureView,
    /// What could not be read or seen in it.
    problems: Vec<&'a ProblemView>,
}

/// All captures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptureList<'a> {
    /// In the order of their import.
    items: Vec<CaptureDetail<'a>>,
}

fn detail<'a>(snapshot: &'a Snapshot, capture: &'a CaptureView) -> CaptureDetail<'a> {
    let problems = snapshot.analysis().problems.iter().filter(|p| p.capture == capture.path).collect();
    CaptureDetail { capture, problems }
}

/// Captures that were read, with their problems.
#[utoipa::path(get, path = "/api/v1/captures", operation_id = "list_captures", tag = "captures", responses(
    (status = 200, description = "All captures", body = CaptureList),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    let items = snapshot.analysis().captures.iter().map(|c| detail(&snapshot, c)).collect();
    Json(CaptureList { items }).into_response()
}

/// Takes a capture (pcap or pcapng) or a log (Zeek, Suricata EVE, Malcolm export) as the body, plain or compressed with gzip or zstd.
#[utoipa::path(post, path = "/api/v1/captures", operation_id = "import_capture", tag = "captures", params(Upload),
    request_body(content = inline(FileBytes), content_type = "application/octet-stream", description = "The capture itself"),
    responses(
    (status = 202, description = "Taken; the job tells the rest", body = JobView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn import(
    extract::State(state): extract::State<State>,
    upload: Upload,
    request: Request,
) -> Result<Response, Problem> {
    let cap = state.settings().capture_bytes_max;
    let file = uploads::receive(&state, request.into_body(), cap).await?;
    let job = state.jobs().open(JobKind::CaptureImport, &upload.name, file.bytes);
    let name = upload.name;
    uploads::hand_over(&state, file, job, |job, path| Event::ImportCapture { job, path, name })
}

/// One capture with its problems.
#[utoipa::path(get, path = "/api/v1/captures/{id}", operation_id = "read_capture", tag = "captures", params(
    ("id" = u32, Path, description = "Number of the capture")
), responses(
    (status = 200, description = "The capture", body = CaptureDetail),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    let capture = find(&snapshot, &id)?;
    Ok(Json(detail(&snapshot, capture)).into_response())
}

/// Forgets a capture with everything it showed; what other captures showed stays.
#[utoipa::path(delete, path = "/api/v1/captures/{id}", operation_id = "delete_capture", tag = "captures", params(
    ("id" = u32, Path, description = "Number of the capture")
), responses(
    (status = 202, description = "The job tells the rest", body = JobView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn delete(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    let capture = find(&snapshot, &id)?;
    let job = state.jobs().open(JobKind::CaptureDelete, &capture.path, 0);
    job.concerns(CaptureId(capture.id));
    uploads::start(&state, job, |job| Event::DeleteCapture { job, capture: CaptureId(capture.id) })
}

fn find<'a>(snapshot: &'a Snapshot, id: &str) -> Result<&'a CaptureView, Problem> {
    let number = number(id, "capture")?;
    let mut captures = snapshot.analysis().captures.iter();
    captures
        .find(|c| u64::from(c.id) == number)
        .ok_or_else(|| Problem::not_found(format!("There is no capture with number {number}.")))
}

/// The number in a path.
pub(super) fn number(text: &str, of: &str) -> Result<u64, Problem> {
    text.parse()
        .map_err(|_| Problem::not_found(format!("The number of a {of} is a whole number, not \"{text}\".")))
}
