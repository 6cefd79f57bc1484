//! What people decide: the list, and new ones.

use crate::error::Problem;
use crate::event::{Decide, Event};
use crate::query::NoQuery;
use crate::state::State;
use axum::body::Bytes;
use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::Text;
use model::plant::Act;
use posture::document::DecisionView;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

/// Largest body in bytes.
const BODY_BYTES_MAX: usize = 4 << 20;
/// Most acts of one request: a whole model fits.
const ACTS_MAX: usize = 20_000;

/// What people decided, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decisions<'a> {
    /// Decisions; those that were undone are marked.
    decisions: &'a [DecisionView],
}

/// New decisions: all are taken or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDecisions {
    /// Who decides.
    #[schema(value_type = String, example = "Jo Miller")]
    by: Text,
    /// Why; may be empty.
    #[serde(default = "nothing")]
    #[schema(value_type = String)]
    why: Text,
    /// What is decided. Each has `act`: `set` (`asset`, `setting` with `field` and `value`), `clear` (`asset`, `field`), `merge` (`asset`, `with`),
    /// `split` (`asset`, `from`), `zone` (`zone`), `remove_zone` (`zone`), `rule` (`ruling`), `remove_ruling` (`ruling`), `save_view` (`view`), `remove_view` (`view`), `state` (`statement`), `remove_statement` (`statement`) or `undo` (`decision`). Assets are
    /// named by an IP or MAC address.
    #[schema(value_type = Vec<Object>, example = json!([{ "act": "set", "asset": "10.0.1.5", "setting": { "field": "role", "value": "plc" } }]))]
    acts: Vec<Act>,
}

fn nothing() -> Text {
    Text::new("")
}

/// The numbers that new decisions got.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Numbers {
    /// Numbers, in the order of the acts.
    numbers: Vec<u64>,
}

/// What people decided, in order, undone ones included.
#[utoipa::path(get, path = "/api/v1/decisions", operation_id = "list_decisions", tag = "posture", responses(
    (status = 200, description = "All decisions", body = Decisions),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    axum::Json(Decisions { decisions: &snapshot.analysis().decisions }).into_response()
}

/// Decides. When this answers, the posture that is served has it.
#[utoipa::path(post, path = "/api/v1/decisions", operation_id = "decide", tag = "posture", request_body = NewDecisions, responses(
    (status = 201, description = "Decided", body = Numbers),
    (status = "default", description = "What went wrong; nothing was decided", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn decide(
    extract::State(state): extract::State<State>,
    _: NoQuery,
    body: Bytes,
) -> Result<Response, Problem> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Problem::too_large(format!(
            "Decisions of one request are at most {BODY_BYTES_MAX} bytes."
        )));
    }
    let new: NewDecisions = serde_json::from_slice(&body)
        .map_err(|e| Problem::bad_value(format!("These are no decisions: {e}.")))?;
    if new.by.is_empty() {
        return Err(Problem::bad_value("Who decides? \"by\" is empty."));
    }
    if new.acts.is_empty() || new.acts.len() > ACTS_MAX {
        return Err(Problem::bad_value(format!("There are 1 to {ACTS_MAX} acts in one request.")));
    }
    let (answer, answered) = oneshot::channel();
    state.send(Event::Decide(Decide { by: new.by, why: new.why, acts: new.acts, answer }))?;
    match answered.await {
        Ok(Ok(numbers)) => Ok((StatusCode::CREATED, axum::Json(Numbers { numbers })).into_response()),
        Ok(Err(why)) => Err(Problem::conflict(format!("Nothing was decided: {why}."))),
        Err(_) => Err(Problem::busy("The server is stopping.")),
    }
}
