//! Every resource: one file each, listed here.

mod access;
mod accounts;
mod advisories;
mod analysis;
mod assets;
mod captures;
mod conversations;
mod coverage;
mod decisions;
mod exports;
mod findings;
mod flows;
mod frames;
mod health;
mod intelligence;
mod jobs;
mod map;
mod protocols;
mod reachability;
mod reconciliation;
mod summary;
mod triage;
mod uploads;
mod views;
mod zones;

use crate::error::Problem;
use crate::state::State;
use crate::{guard, web};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Sightglass",
        description = "Passive OT security posture: assets, conversations, findings and their evidence. \
            Lists page with `cursor` and `limit`; unknown parameters are errors; errors are problem+json (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem)),
    tags(
        (name = "posture", description = "What the site is and what is wrong with it"),
        (name = "intelligence", description = "What is known of vulnerabilities, and from where"),
        (name = "captures", description = "Where it comes from: captures, their frames, jobs"),
        (name = "server", description = "The server itself")
    )
)]
struct Description;

fn described() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::health))
        .routes(routes!(summary::summary))
        .routes(routes!(assets::list))
        .routes(routes!(assets::one))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::one))
        .routes(routes!(findings::list))
        .routes(routes!(findings::one))
        .routes(routes!(advisories::list, advisories::import))
        .routes(routes!(intelligence::list, intelligence::import))
        .routes(routes!(intelligence::remove))
        .routes(routes!(intelligence::cve))
        .routes(routes!(advisories::missing))
        .routes(routes!(triage::one))
        .routes(routes!(triage::rules))
        .routes(routes!(accounts::list))
        .routes(routes!(access::list))
        .routes(routes!(access::overview))
        .routes(routes!(access::one))
        .routes(routes!(zones::zones))
        .routes(routes!(flows::list))
        .routes(routes!(decisions::list, decisions::decide))
        .routes(routes!(views::list))
        .routes(routes!(reachability::reachability))
        .routes(routes!(reconciliation::reconciliation))
        .routes(routes!(coverage::coverage))
        .routes(routes!(exports::file))
        .routes(routes!(map::map))
        .routes(routes!(protocols::list))
        .routes(routes!(captures::list, captures::import))
        .routes(routes!(captures::one, captures::delete))
        .routes(routes!(frames::one))
        .routes(routes!(frames::pcap))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::one, jobs::cancel))
        .routes(routes!(analysis::analysis))
}

/// The description of the whole API.
pub fn openapi() -> OpenApi {
    described().into_openapi()
}

/// Everything the server answers: the API, its description, and the web interface, behind the guard.
pub fn router(state: State) -> Router {
    let (routes, description) = described().split_for_parts();
    let description = Bytes::from(serde_json::to_vec(&description).unwrap_or_default());
    routes
        .route("/api/openapi.json", axum::routing::get(move || async move { json(description) }))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(otherwise)
        .with_state(state)
        .layer(axum::middleware::from_fn(guard::guard))
}

/// An answer whose JSON was made before.
fn json(body: Bytes) -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::method(format!("{method} is not possible on {}.", uri.path()))
}

/// What is no resource is a page of the web interface, unless it looks like one of the API.
async fn otherwise(method: Method, uri: Uri) -> Response {
    if uri.path() == "/api" || uri.path().starts_with("/api/") {
        return Problem::not_found(format!("There is nothing at {}.", uri.path())).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return method_not_allowed(method, uri).await.into_response();
    }
    web::page(uri.path())
}
