//! Conversations: the list, and one with its operations.

use crate::error::Problem;
use crate::parameters::Parameters;
use crate::query::{Column, Filter, InPath, Key, Listing, NoQuery, Page, Row};
use crate::state::State;
use crate::views::conversations::ConversationRow;
use axum::Json;
use axum::extract;
use axum::response::{IntoResponse, Response};
use posture::document::ConversationView;
use serde::Serialize;
use utoipa::ToSchema;

const TRANSPORTS: &[&str] = &["tcp", "udp", "ethernet", "icmp", "ip"];
pub(super) const YES_NO: &[&str] = &["true", "false"];
const CLASSES: &[&str] = &[
    "read",
    "write",
    "command",
    "force",
    "program_upload",
    "program_download",
    "mode_change",
    "firmware_update",
    "configuration",
    "diagnostic",
    "restart",
    "time",
    "authentication",
    "discovery",
    "session",
    "file",
    "other",
];

pub(super) fn says(flag: bool, word: &str) -> bool {
    flag == (word == "true")
}

impl Row for ConversationRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column { name: "packets", what: "Frames", filter: Filter::No, sort: Some(|c| Key::count(c.packets)) },
        Column { name: "bytes", what: "Bytes", filter: Filter::No, sort: Some(|c| Key::count(c.bytes)) },
        Column {
            name: "asset",
            what: "Id of an asset at either end",
            filter: Filter::Any(|c, v| c.touches(v)),
            sort: None,
        },
        Column {
            name: "client_asset",
            what: "Id of the client's asset",
            filter: Filter::Any(|c, v| c.client_asset.as_deref() == Some(v)),
            sort: Some(|c| Key::maybe(c.client_name.as_deref())),
        },
        Column {
            name: "server_asset",
            what: "Id of the server's asset",
            filter: Filter::Any(|c, v| c.server_asset.as_deref() == Some(v)),
            sort: Some(|c| Key::maybe(c.server_name.as_deref())),
        },
        Column {
            name: "client",
            what: "Address of the client",
            filter: Filter::Any(|c, v| c.client == v),
            sort: Some(|c| Key::text(&c.client)),
        },
        Column {
            name: "server",
            what: "Address of the server",
            filter: Filter::Any(|c, v| c.server == v),
            sort: Some(|c| Key::text(&c.server)),
        },
        Column {
            name: "server_port",
            what: "Port of the server",
            filter: Filter::Any(|c, v| c.server_port.is_some_and(|p| v.parse() == Ok(p))),
            sort: Some(|c| c.server_port.map_or(Key::Absent, |p| Key::count(p.into()))),
        },
        Column {
            name: "transport",
            what: "Transport",
            filter: Filter::Words(TRANSPORTS, |c, v| c.transport == v),
            sort: Some(|c| Key::text(c.transport)),
        },
        Column {
            name: "protocol",
            what: "Protocol",
            filter: Filter::Any(|c, v| c.protocol == v),
            sort: Some(|c| Key::text(&c.protocol)),
        },
        Column {
            name: "class",
            what: "An operation of that class was seen",
            filter: Filter::Words(CLASSES, |c, v| c.classes.contains(&v)),
            sort: None,
        },
        Column {
            name: "encrypted",
            what: "Encrypted",
            filter: Filter::Words(YES_NO, |c, v| says(c.encrypted, v)),
            sort: None,
        },
        Column {
            name: "changes",
            what: "Something was changed: a write, a command or engineering",
            filter: Filter::Words(YES_NO, |c, v| says(c.changes, v)),
            sort: None,
        },
        Column {
            name: "first_seen",
            what: "First frame",
            filter: Filter::No,
            sort: Some(|c| Key::text(&c.first_seen)),
        },
        Column {
            name: "last_seen",
            what: "Last frame",
            filter: Filter::No,
            sort: Some(|c| Key::text(&c.last_seen)),
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

/// Who talks to whom, filtered, sorted, paged; most frames first.
#[utoipa::path(get, path = "/api/v1/conversations", operation_id = "list_conversations", tag = "posture", params(Parameters<ConversationRow>), responses(
    (status = 200, description = "A page", body = Page<ConversationRow>),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    listing: Listing<ConversationRow>,
) -> Response {
    listing.answer(state.snapshot().conversations())
}

/// A conversation with its operations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationDetail<'a> {
    /// The conversation with its operations.
    conversation: &'a ConversationView,
    /// The same as a row, with the names of both ends.
    row: &'a ConversationRow,
}

/// One conversation with its operations and their evidence.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", operation_id = "read_conversation", tag = "posture", params(
    ("id" = String, Path, description = "Id of the conversation")
), responses(
    (status = 200, description = "The conversation", body = ConversationDetail),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(id): InPath<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot();
    match (snapshot.conversation(&id), snapshot.conversation_row(&id)) {
        (Some(conversation), Some(row)) => Ok(Json(ConversationDetail { conversation, row }).into_response()),
        _ => Err(Problem::not_found("There is no conversation with this id.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::conversations::is_change;
    use model::{OperationClass, Transport};

    #[test]
    fn the_words_are_those_of_the_model() {
        for word in CLASSES {
            let class: OperationClass = serde_json::from_value((*word).into()).unwrap();
            assert_eq!((class.as_str(), class.is_change()), (*word, is_change(word)));
        }
        for word in TRANSPORTS {
            let transport: Transport = serde_json::from_value((*word).into()).unwrap();
            assert_eq!(transport.as_str(), *word);
        }
    }
}
