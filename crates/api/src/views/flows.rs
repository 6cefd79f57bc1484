//! A flow between zones as a row.

use super::conversations::ConversationRow;
use posture::document::FlowView;
use serde::Serialize;
use utoipa::ToSchema;

/// A flow in a list: its verdict, with the names of both ends.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowRow {
    /// Id of its conversation.
    pub id: String,
    /// Name of the client, where it is known.
    pub client_name: Option<String>,
    /// Name of the server.
    pub server_name: Option<String>,
    /// The flow and its verdict.
    #[serde(flatten)]
    pub flow: FlowView,
    #[serde(skip)]
    #[schema(ignore)]
    search: String,
}

impl FlowRow {
    /// The row of a flow and its conversation.
    pub fn of(flow: &FlowView, conversation: &ConversationRow) -> Self {
        let names = [&conversation.client_name, &conversation.server_name];
        let mut words = vec![flow.client.as_str(), &flow.server, &flow.protocol, flow.status];
        words.extend([&flow.from, &flow.to, &flow.by].into_iter().flatten().map(String::as_str));
        words.extend(names.into_iter().flatten().map(String::as_str));
        Self {
            id: conversation.id.clone(),
            client_name: conversation.client_name.clone(),
            server_name: conversation.server_name.clone(),
            search: words.join("\n").to_lowercase(),
            flow: flow.clone(),
        }
    }

    /// Lower-case text of everything a person may search it by.
    pub fn haystack(&self) -> &str {
        &self.search
    }
}
