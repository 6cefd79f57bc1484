//! Bodies that become files: streamed to disk up to a cap, then handed to the writer.

use super::json;
use crate::error::Problem;
use crate::event::Event;
use crate::job::Job;
use crate::querystring::{pairs, single};
use crate::state::State;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::AsyncWriteExt;
use utoipa::{IntoParams, ToSchema};

/// Longest name of an upload in characters.
const NAME_CHARS_MAX: usize = 255;

/// Number of the next upload of this process.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What an upload says of itself.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Upload {
    /// Name of the file, for people.
    pub(crate) name: String,
}

impl<S: Sync> FromRequestParts<S> for Upload {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = pairs(parts.uri.query().unwrap_or_default())?;
        if let Some((name, _)) = pairs.iter().find(|(name, _)| name != "name") {
            return Err(Problem::unknown_parameter(format!(
                "There is no parameter \"{name}\" here; there is name."
            )));
        }
        let name = single(&pairs, "name")?.unwrap_or_default().trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Problem::bad_value(format!(
                "\"name\" is the name of the file: 1 to {NAME_CHARS_MAX} characters, no control characters."
            )));
        }
        Ok(Self { name: name.to_owned() })
    }
}

/// The bytes of a file, for the API's description.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct FileBytes(#[expect(dead_code, reason = "only described")] Vec<u8>);

/// A received file. Removed when dropped, unless handed over.
pub(super) struct Received {
    path: PathBuf,
    pub(super) bytes: u64,
    kept: bool,
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.kept {
            // A file that cannot be removed now is removed at the next start with all old uploads.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Streams a body into a file of its own.
pub(super) async fn receive(state: &State, body: Body, cap: u64) -> Result<Received, Problem> {
    if body.size_hint().lower() > cap {
        return Err(too_large(cap));
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = state.settings().uploads.join(format!("{number}.upload"));
    let mut file = tokio::fs::File::create(&path).await.map_err(|e| Problem::internal(&e))?;
    let mut received = Received { path, bytes: 0, kept: false };
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_value("The upload broke off; nothing was kept."))?;
        received.bytes += chunk.len() as u64;
        if received.bytes > cap {
            return Err(too_large(cap));
        }
        file.write_all(&chunk).await.map_err(|e| Problem::internal(&e))?;
    }
    file.flush().await.map_err(|e| Problem::internal(&e))?;
    if received.bytes == 0 {
        return Err(Problem::bad_value("The body is empty; send the file itself as the body."));
    }
    Ok(received)
}

fn too_large(cap: u64) -> Problem {
    Problem::too_large(format!("At most {cap} bytes are taken; nothing was kept."))
}

/// Gives a received file to the writer.
pub(super) fn hand_over(
    state: &State,
    mut file: Received,
    job: Arc<Job>,
    event: impl FnOnce(Arc<Job>, PathBuf) -> Event,
) -> Result<Response, Problem> {
    let path = file.path.clone();
    let answer = start(state, job, |job| event(job, path))?;
    file.kept = true;
    Ok(answer)
}

/// Sends an event; answers 202 with the job.
pub(super) fn start(
    state: &State,
    job: Arc<Job>,
    event: impl FnOnce(Arc<Job>) -> Event,
) -> Result<Response, Problem> {
    if let Err(problem) = state.send(event(Arc::clone(&job))) {
        job.fails(problem.detail.clone());
        return Err(problem);
    }
    let view = job.view();
    let body = Bytes::from(serde_json::to_vec(&view).map_err(|e| Problem::internal(&e))?);
    let place =
        HeaderValue::from_str(&format!("/api/v1/jobs/{}", view.id)).map_err(|e| Problem::internal(&e))?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], json(body)).into_response())
}
