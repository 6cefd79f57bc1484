//! Accounts: what was granted against what was used.

use super::conversations::{YES_NO, says};
use crate::error::Problem;
use crate::parameters::Parameters;
use crate::query::{Column, Filter, InPath, Key, Listing, NoQuery, Page, Row};
use crate::state::State;
use crate::views::access::{AccessRow, RIGHTS};
use axum::response::{IntoResponse, Response};
use axum::{Json, extract};
use posture::document::{AccessAccountView, AmbiguousNameView, SharedSecretView};
use serde::Serialize;
use utoipa::ToSchema;

const VERDICTS: &[&str] = &[
    "disabled_used",
    "expired_used",
    "default_secret",
    "not_granted",
    "unlisted",
    "shared",
    "equal_secret",
    "dormant",
    "unused_grants",
    "generic",
    "not_seen",
];

impl Row for AccessRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column { name: "name", what: "Name", filter: Filter::No, sort: Some(|a| Key::text(&a.name)) },
        Column {
            name: "origin",
            what: "Where it comes from",
            filter: Filter::Words(&["directory", "device", "grant", "seen"], |a, v| a.origin == v),
            sort: Some(|a| Key::text(a.origin)),
        },
        Column {
            name: "kind",
            what: "Who is behind it",
            filter: Filter::Words(&["person", "service", "machine"], |a, v| a.kind == Some(v)),
            sort: Some(|a| Key::maybe(a.kind)),
        },
        Column {
            name: "enabled",
            what: "It can be used, as its list says",
            filter: Filter::Words(YES_NO, |a, v| a.enabled.is_some_and(|enabled| says(enabled, v))),
            sort: None,
        },
        Column {
            name: "right",
            what: "The most that it may do anywhere",
            filter: Filter::Words(RIGHTS, |a, v| a.right == Some(v)),
            sort: Some(|a| {
                RIGHTS
                    .iter()
                    .position(|r| Some(*r) == a.right)
                    .map_or(Key::Absent, |at| Key::count(at as u64))
            }),
        },
        Column {
            name: "verdict",
            what: "What follows for it",
            filter: Filter::Words(VERDICTS, |a, v| a.verdicts.contains(&v)),
            sort: Some(|a| a.verdicts.first().map_or(Key::Absent, |worst| Key::count(rank(worst)))),
        },
        Column {
            name: "granted",
            what: "Devices that it has rights on",
            filter: Filter::No,
            sort: Some(|a| Key::count(a.granted.into())),
        },
        Column {
            name: "used",
            what: "Devices that it used",
            filter: Filter::No,
            sort: Some(|a| Key::count(a.used.into())),
        },
        Column {
            name: "unused",
            what: "Devices that it has rights on and did not use",
            filter: Filter::No,
            sort: Some(|a| Key::count(a.unused.into())),
        },
        Column {
            name: "last_seen",
            what: "Last sign-in",
            filter: Filter::No,
            sort: Some(|a| Key::maybe(a.last_seen.as_deref())),
        },
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn haystack(&self) -> &str {
        Self::haystack(self)
    }
}

/// Place of a verdict, worst first.
fn rank(verdict: &str) -> u64 {
    VERDICTS.iter().position(|v| *v == verdict).unwrap_or(VERDICTS.len()) as u64
}

/// Accounts with the number of devices they may reach and did reach, filtered, sorted, paged.
#[utoipa::path(get, path = "/api/v1/access", operation_id = "list_access", tag = "posture", params(Parameters<AccessRow>), responses(
    (status = 200, description = "A page", body = Page<AccessRow>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    listing: Listing<AccessRow>,
) -> Response {
    listing.answer(state.snapshot().access())
}

/// What holds for all accounts together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessOverview<'a> {
    /// Days over which use is looked at, before the end of what was observed.
    period_days: u32,
    /// Days of these that captures and logs cover, rounded up.
    observed_days: u32,
    /// Beginning of the period, RFC 3339.
    since: &'a str,
    /// End of the period, RFC 3339.
    until: &'a str,
    /// Somebody gave a list of accounts.
    has_lists: bool,
    /// Secrets that are a vendor's default, or were shown in more than one place.
    secrets: &'a [SharedSecretView],
    /// Sign-ins whose name could be of several accounts.
    ambiguous: &'a [AmbiguousNameView],
    /// What of the lists cannot be used, one sentence each.
    problems: &'a [String],
}

/// The period, secrets that were shown, names that could be of several accounts.
#[utoipa::path(get, path = "/api/v1/access/overview", operation_id = "read_access_overview", tag = "posture", responses(
    (status = 200, description = "What holds for all accounts", body = AccessOverview),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn overview(extract::State(state): extract::State<State>, _: NoQuery) -> Response {
    let snapshot = state.snapshot();
    let access = &snapshot.analysis().access;
    Json(AccessOverview {
        period_days: access.period_days,
        observed_days: access.observed_days,
        since: &access.since,
        until: &access.until,
        has_lists: access.has_lists,
        secrets: &access.secrets,
        ambiguous: &access.ambiguous,
        problems: &access.problems,
    })
    .into_response()
}

/// One account with its rights, the devices it may reach and those it did reach.
#[utoipa::path(get, path = "/api/v1/access/{id}", operation_id = "read_access", tag = "posture", params(
    ("id" = String, Path, description = "Id of the account")
), responses(
    (status = 200, description = "The account", body = AccessAccountView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    let account = snapshot.access_account(&id);
    let account = account.ok_or_else(|| {
        Problem::not_found("There is no account with this id; it may have gone with a deleted list.")
    })?;
    Ok(Json(account).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::access::Right;
    use posture::access::VerdictKind;

    #[test]
    fn the_words_are_those_of_the_model() {
        assert_eq!(Right::ALL.iter().map(|r| r.as_str()).collect::<Vec<_>>(), RIGHTS);
        assert_eq!(VerdictKind::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>(), VERDICTS);
    }
}
