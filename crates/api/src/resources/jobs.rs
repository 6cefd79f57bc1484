//! Jobs: how far they are, and how to stop them.

use crate::error::Problem;
use crate::job::{Job, JobView};
use crate::query::{InPath, NoQuery};
use crate::state::State;
use axum::Json;
use axum::extract;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Jobs since the server started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    /// Newest first; old finished ones are forgotten.
    items: Vec<JobView>,
}

/// Jobs since the server started, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", operation_id = "list_jobs", tag = "captures", responses(
    (status = 200, description = "All jobs", body = JobList),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(extract::State(state): extract::State<State>, _: NoQuery) -> Json<JobList> {
    Json(JobList { items: state.jobs().views() })
}

/// How far a job is.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", operation_id = "read_job", tag = "captures", params(
    ("id" = u64, Path, description = "Number of the job")
), responses(
    (status = 200, description = "The job", body = JobView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Json<JobView>, Problem> {
    Ok(Json(find(&state, &id)?.view()))
}

/// Stops a job at its next step; what was kept before it is unchanged.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", operation_id = "cancel_job", tag = "captures", params(
    ("id" = u64, Path, description = "Number of the job")
), responses(
    (status = 200, description = "It will stop", body = JobView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn cancel(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Json<JobView>, Problem> {
    let job = find(&state, &id)?;
    if job.is_over() {
        return Err(Problem::conflict("This job is over already."));
    }
    job.cancel();
    Ok(Json(job.view()))
}

fn find(state: &State, id: &str) -> Result<Arc<Job>, Problem> {
    let number = super::captures::number(id, "job")?;
    state
        .jobs()
        .find(number)
        .ok_or_else(|| Problem::not_found("There is no job with this number; old ones are forgotten."))
}
