//! Vulnerability intelligence: the feeds that are loaded, loading and forgetting them, and all that is known of one CVE.

use super::uploads::{self, FileBytes, Upload};
use crate::error::Problem;
use crate::event::Event;
use crate::intelligence::{FeedView, feed_view};
use crate::job::{self, JobKind, JobView};
use crate::query::{InPath, NoQuery};
use crate::state::State;
use axum::Json;
use axum::extract::{self, Request};
use axum::response::Response;
use model::Name;
use model::threat::{CveId, CveRecord, Said};
use posture::document::ThreatView;
use posture::intel::threat::{Statement, view};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// All feeds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedList {
    /// By name.
    items: Vec<FeedView>,
}

/// Feeds that are loaded: where each comes from, how old it is, what was refused.
#[utoipa::path(get, path = "/api/v1/intelligence", operation_id = "list_feeds", tag = "intelligence", responses(
    (status = 200, description = "All feeds", body = FeedList),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    _: NoQuery,
) -> Result<Json<FeedList>, Problem> {
    let feeds = state.store().feeds().await.map_err(|e| Problem::internal(&e))?;
    Ok(Json(FeedList { items: feeds.iter().map(|feed| feed_view(feed, job::now())).collect() }))
}

/// Takes intelligence as the body: CSAF advisories, NVD, CVE list, KEV, EPSS, ATT&CK, OSV, SSVC, alone or in an archive, or a signed bundle.
/// What it is follows from its content. A catalogue takes the place of the one before; of lists, newer records take the place of older ones.
#[utoipa::path(post, path = "/api/v1/intelligence", operation_id = "import_intelligence", tag = "intelligence", params(Upload),
    request_body(content = inline(FileBytes), content_type = "application/octet-stream", description = "The file itself"),
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
    let job = state.jobs().open(JobKind::IntelligenceImport, &upload.name, file.bytes);
    let name = upload.name;
    uploads::hand_over(&state, file, job, |job, path| Event::ImportIntelligence {
        job,
        path,
        name,
        replace_advisories: false,
        allow_older: false,
    })
}

/// Forgets a feed with all it said.
#[utoipa::path(delete, path = "/api/v1/intelligence/{feed}", operation_id = "remove_feed", tag = "intelligence", params(
    ("feed" = String, Path, description = "Name of the feed")
), responses(
    (status = 202, description = "Taken; the job tells the rest", body = JobView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn remove(
    extract::State(state): extract::State<State>,
    InPath(feed): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let feeds = state.store().feeds().await.map_err(|e| Problem::internal(&e))?;
    if !feeds.iter().any(|loaded| loaded.name == feed) {
        return Err(Problem::not_found(format!("There is no feed \"{feed}\".")));
    }
    let job = state.jobs().open(JobKind::FeedDelete, &feed, 0);
    uploads::start(&state, job, |job| Event::RemoveFeed { job, feed })
}

/// All that is known of a CVE.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CveDetail {
    /// The CVE.
    id: String,
    /// What feeds say, put together.
    #[serde(flatten)]
    threat: ThreatView,
    /// What each list of CVEs says of it.
    records: Vec<RecordView>,
    /// Feeds that say something of it.
    sources: Vec<String>,
    /// Assets that advisories match it with.
    assets: Vec<String>,
}

/// What one list of CVEs says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordView {
    /// The feed.
    source: String,
    /// When it was published, as written.
    published: Option<String>,
    /// When it was last changed, as written.
    modified: Option<String>,
    /// Title.
    title: Option<String>,
    /// Description, at most 1,000 bytes.
    description: Option<String>,
    /// It was withdrawn.
    rejected: bool,
}

impl RecordView {
    fn of(feed: &Name, record: &CveRecord) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            source: feed.to_string(),
            published: some(record.published.as_str()),
            modified: some(record.modified.as_str()),
            title: some(record.title.as_str()),
            description: some(&record.description),
            rejected: record.rejected,
        }
    }
}

/// All that is known of one CVE, with who says it.
#[utoipa::path(get, path = "/api/v1/cves/{id}", operation_id = "read_cve", tag = "intelligence", params(
    ("id" = String, Path, description = "Such as CVE-2024-1234")
), responses(
    (status = 200, description = "The CVE", body = CveDetail),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn cve(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Json<CveDetail>, Problem> {
    let cve = CveId::parse(&id).ok_or_else(|| Problem::not_found(format!("\"{id}\" is no CVE number.")))?;
    let snapshot = state.snapshot();
    let advisories =
        snapshot.threats().of(cve).iter().filter(|s| s.feed.as_str().starts_with("csaf:")).cloned();
    let kept = state.store().statements(&BTreeSet::from([cve])).await.map_err(|e| Problem::internal(&e))?;
    let kept = kept.into_iter().map(|(_, feed, said)| Statement { feed: Name::owned(feed), said });
    let statements: Vec<Statement> = advisories.chain(kept).collect();
    if statements.is_empty() {
        return Err(Problem::not_found(format!("No feed that is loaded says anything of {cve}.")));
    }
    let id = cve.to_string();
    let matched = snapshot.advisories().iter().filter(|row| row.cve == id).map(|row| row.asset.clone());
    let records = statements.iter().filter_map(|s| match &s.said {
        Said::Record(record) => Some(RecordView::of(&s.feed, record)),
        _ => None,
    });
    Ok(Json(CveDetail {
        threat: view(&statements),
        records: records.collect(),
        sources: statements.iter().map(|s| s.feed.to_string()).collect::<BTreeSet<_>>().into_iter().collect(),
        assets: matched.collect::<BTreeSet<_>>().into_iter().collect(),
        id,
    }))
}
