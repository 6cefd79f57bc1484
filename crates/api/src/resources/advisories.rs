//! Advisories that concern an asset, and the import of an archive of them.

use super::uploads::{self, FileBytes, Upload};
use crate::error::Problem;
use crate::event::Event;
use crate::job::{JobKind, JobView};
use crate::parameters::Parameters;
use crate::query::{Column, Filter, Key, Listing, Page, Row};
use crate::state::State;
use crate::views::conversations::AdvisoryRow;
use axum::Json;
use axum::extract::{self, Request};
use axum::response::Response;
use posture::questions::Question;
use serde::Serialize;
use utoipa::ToSchema;

const STATUSES: &[&str] = &["affected", "possible", "fixed", "not_affected"];

/// The most urgent first.
const DECISIONS: &[&str] = &["now", "find_out", "next_outage", "accepted", "never"];

const YES_NO: &[&str] = &["yes", "no"];

impl Row for AdvisoryRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column {
            name: "score",
            what: "CVSS base score",
            filter: Filter::No,
            sort: Some(|a| a.score.map_or(Key::Absent, |s| Key::Number(s.into()))),
        },
        Column {
            name: "epss",
            what: "Probability of exploitation in the next 30 days",
            filter: Filter::No,
            sort: Some(|a| a.threat.epss.as_ref().map_or(Key::Absent, |e| Key::Number(e.score.into()))),
        },
        Column {
            name: "kev",
            what: "Exploitation is known",
            filter: Filter::Words(YES_NO, |a, v| a.threat.kev.is_some() == (v == "yes")),
            sort: Some(|a| a.threat.kev.as_ref().map_or(Key::Absent, |k| Key::text(&k.added))),
        },
        Column {
            name: "decision",
            what: "What to do about it",
            filter: Filter::Words(DECISIONS, |a, v| a.triage.as_ref().is_some_and(|t| t.decision == v)),
            sort: Some(|a| {
                let decision = a.triage.as_ref().map(|t| t.decision);
                let place = DECISIONS.iter().rev().position(|word| decision == Some(*word));
                place.map_or(Key::Absent, |place| Key::count(place as u64))
            }),
        },
        Column {
            name: "asset",
            what: "Id of the asset",
            filter: Filter::Any(|a, v| a.asset == v),
            sort: Some(|a| Key::maybe(a.asset_name.as_deref())),
        },
        Column {
            name: "status",
            what: "Conclusion",
            filter: Filter::Words(STATUSES, |a, v| a.status == v),
            sort: Some(|a| {
                STATUSES.iter().position(|s| *s == a.status).map_or(Key::Absent, |p| Key::count(p as u64))
            }),
        },
        Column {
            name: "advisory",
            what: "Document id",
            filter: Filter::Any(|a, v| a.advisory == v),
            sort: Some(|a| Key::text(&a.advisory)),
        },
        Column {
            name: "cve",
            what: "CVE",
            filter: Filter::Any(|a, v| a.cve == v),
            sort: Some(|a| Key::text(&a.cve)),
        },
    ];
    const DESCENDING: bool = true;

    fn id(&self) -> &str {
        &self.id
    }

    fn haystack(&self) -> &str {
        Self::haystack(self)
    }
}

/// CVEs of advisories against assets, filtered, sorted, paged; highest score first.
#[utoipa::path(get, path = "/api/v1/advisories", operation_id = "list_advisories", tag = "posture", params(Parameters<AdvisoryRow>), responses(
    (status = 200, description = "A page", body = Page<AdvisoryRow>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    listing: Listing<AdvisoryRow>,
) -> Response {
    listing.answer(state.snapshot().advisories())
}

/// What to find out next.
#[derive(Serialize, ToSchema)]
pub(crate) struct Questions {
    /// The one that settles most first.
    items: Vec<Question>,
}

/// What to find out next: facts that possible matches wait for, by product, the one that settles most first.
#[utoipa::path(get, path = "/api/v1/advisories/missing", operation_id = "list_missing_facts", tag = "posture", responses(
    (status = 200, description = "All of them", body = Questions),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn missing(extract::State(state): extract::State<State>) -> Json<Questions> {
    Json(Questions { items: posture::questions::of_analysis(state.snapshot().analysis()) })
}

/// Takes an archive of CSAF documents (`.tar.zst`, `.tar.gz`, `.zip`) as the body; they replace those kept before once all are read.
#[utoipa::path(post, path = "/api/v1/advisories", operation_id = "import_advisories", tag = "posture", params(Upload),
    request_body(content = inline(FileBytes), content_type = "application/octet-stream", description = "The archive itself"),
    responses(
    (status = 202, description = "Taken; the job tells the rest", body = JobView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn import(
    extract::State(state): extract::State<State>,
    upload: Upload,
    request: Request,
) -> Result<Response, Problem> {
    let cap = state.settings().archive_bytes_max;
    let file = uploads::receive(&state, request.into_body(), cap).await?;
    let job = state.jobs().open(JobKind::AdvisoryImport, &upload.name, file.bytes);
    let name = upload.name;
    uploads::hand_over(&state, file, job, |job, path| Event::ImportIntelligence {
        job,
        path,
        name,
        replace_advisories: true,
        allow_older: false,
    })
}
